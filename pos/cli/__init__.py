"""The sub-commands of pos_server.py: one file per group, each with `arguments(parser)` and `run(args, root)`.

Exit codes: 0 done, 1 it failed or differences were found, 2 wrong arguments or settings, 3 the folder is in use.
"""

from __future__ import annotations

import argparse
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

OK, FAILED, BAD, IN_USE = 0, 1, 2, 3
#: How a command ends when the terminal (Ctrl-C) stops it; what shells expect.
INTERRUPTED = 130


class Group(Protocol):
    """What each module below pos/cli offers."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""

    def run(self, args: argparse.Namespace, root: Path) -> int:
        """Do it, and answer the exit code. Raises PosError with a sentence for the person."""


@dataclass(frozen=True, slots=True)
class Command:
    """One word after `pos_server.py`. Its module is imported only when it was asked for, so that starting is quick."""

    name: str
    module: str
    help: str


COMMANDS = (
    Command("serve", "pos.cli.serve", "start the till (also without any word)"),
    Command("agents", "pos.cli.agents", "run the agents in a process of their own"),
    Command("check", "pos.cli.check", "show the effective settings and where each came from; secrets hidden"),
    Command("verify", "pos.cli.verify", "compare receipts, chain, sequence and database; changes nothing"),
    Command("rebuild", "pos.cli.rebuild", "make the database's ledger anew from invoices/ alone"),
    Command("replay", "pos.cli.replay", "take in receipt files again; harmless when repeated"),
    Command("import", "pos.cli.imports", "bring in items or customers from CSV files"),
    Command("user", "pos.cli.users", "cashiers and their PINs"),
    Command("token", "pos.cli.tokens", "keys for programs that talk to the till"),
    Command("device", "pos.cli.devices", "browsers that may sign in with a PIN"),
    Command("erpnext", "pos.cli.erpnext", "prepare an ERPNext site for the till"),
)

EPILOG = "exit codes: 0 done, 1 failed or differences found, 2 wrong arguments or settings, 3 the folder is in use"


def main(argv: list[str], here: Path) -> int:
    """Find the command, read its options, run it. `here` is the folder used when --root is not given."""
    command, words = split(argv)
    parser = argparse.ArgumentParser(
        prog="pos_server.py", description="Tillkeep, a till.", epilog=EPILOG, allow_abbrev=False
    )
    parser.add_argument(
        "--root", type=Path, help="folder of config.ini, data/ and invoices/ (default: the program's own)"
    )
    below = parser.add_subparsers(dest="command", metavar="COMMAND")
    group: Group | None = None
    for entry in COMMANDS:
        sub = below.add_parser(
            entry.name, help=entry.help, description=_sentence(entry.help), epilog=EPILOG, allow_abbrev=False
        )
        if entry.name == command:
            sub.add_argument("--root", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
            group = importlib.import_module(entry.module)
            group.arguments(sub)
    args = parser.parse_args(words)
    if group is None:
        parser.print_help()
        return BAD
    return group.run(args, (args.root or here).absolute())


def split(argv: list[str]) -> tuple[str, list[str]]:
    """The command meant and the full list of words; `serve` is put in where no command stands."""
    names = {command.name for command in COMMANDS}
    at = 0
    while at < len(argv) and (argv[at] == "--root" or argv[at].startswith("--root=")):
        at += 2 if argv[at] == "--root" else 1
    word = argv[at] if at < len(argv) else ""
    if word in names:
        return word, argv
    if word in ("-h", "--help") or (word and not word.startswith("-")):
        return "", argv
    return "serve", [*argv[:at], "serve", *argv[at:]]


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
