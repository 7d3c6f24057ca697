#!/usr/bin/env python3
"""The switch: reads the command line and hands over to one command in pos/cli. `serve` when none is named.

This file is read by whatever Python the machine has, so its syntax stays that of Python 3.6.
"""

import sys

NEEDED = (3, 11)
if sys.version_info < NEEDED:
    found = sys.version.split()[0]
    sys.stderr.write(f"pos_server.py: Tillkeep needs Python 3.11 or newer, and this is {found}: install a newer one.\n")
    sys.exit(2)

import traceback  # noqa: E402 - what an old Python lacks comes after the question which one it is
from pathlib import Path  # noqa: E402
from types import TracebackType  # noqa: E402

HERE = Path(__file__).resolve().parent


def main(argv: list[str]) -> int:
    """Run one command; a person's mistake ends in one line on stderr and an exit code, never in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a Windows console may lack a letter
    try:
        from pos import cli, errors, launch
    except ModuleNotFoundError as error:
        return missing(error)
    root, words = cli.take_root(argv)
    root = (root or HERE).absolute()
    newer = launch.successor(root, HERE, words)
    try:
        if newer is not None:
            return launch.hand_over(newer, root, words)
        return cli.main(argv, HERE)
    except ModuleNotFoundError as error:
        return missing(error)
    except errors.FolderInUse as error:
        return say(error.message, cli.IN_USE)
    except (errors.BadSettings, errors.Invalid) as error:
        return say(error.message, cli.BAD)
    except errors.PosError as error:
        return say(f"{error.message} {getattr(error, 'remedy', '')}".rstrip(), cli.FAILED)
    except BrokenPipeError:
        return cli.FAILED  # the reader of our output has gone
    except OSError as error:
        return say(f"{error.filename or 'the machine'}: {error.strerror or error}", cli.FAILED)
    except KeyboardInterrupt:
        return cli.INTERRUPTED


def missing(error: ModuleNotFoundError) -> int:
    """A library is not installed. A module of our own that is not found is a bug, and is shown as one."""
    if (error.name or "").split(".")[0] in ("pos", "agents"):
        raise error
    return say(f"The library {error.name} is not installed for this Python. Start with: python3 tasks.py run", 2)


def say(message: str, code: int) -> int:
    """One line on stderr; answers the exit code."""
    print(f"pos_server.py: {message}", file=sys.stderr)
    return code


def keep_trace(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An error nobody foresaw: the trace goes into data/crash-….log, one line to the person."""
    from pos.cli import take_root
    from pos.clock import now

    text = "".join(traceback.format_exception(kind, error, trace))
    folder = (take_root(sys.argv[1:])[0] or HERE) / "data"
    path = folder / f"crash-{now():%Y%m%dT%H%M%S}.log"
    try:
        folder.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError:
        sys.stderr.write(text)
        return
    say(f"This is a mistake in the program: {kind.__name__}: {error}. The details are in {path}", 1)


if __name__ == "__main__":
    sys.excepthook = keep_trace
    sys.exit(main(sys.argv[1:]))
