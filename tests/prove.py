"""The long runs behind docs/proof.md: `python3 tasks.py prove [--only NAME …] [--share 0.01] [--write]`.

Each is a command of its own with a seed, so that anybody can repeat one. Its words go to the terminal, and with
--write into docs/proof.md, also when it fails.
"""

from __future__ import annotations

import argparse
import platform
import re
import subprocess
import sys
import time
from dataclasses import dataclass

from pos import clock
from tests.till_process import REPO

PAGE = REPO / "docs" / "proof.md"
HEAD = """\
# Proof

What was done to the till to make it lose or double a sale, and what came of it. Each block is what one command printed;
the seed makes it the same run again, up to the machine's own timing. `python3 tasks.py prove --write` makes this page.

Every run is judged the same way: no acknowledged sale missing, none doubled, the chain whole, the sequence gapless,
every file byte for byte what the database says, the outbox complete, and the server starts by itself. Kills and power
cuts have a control that must fail: with the protection taken out the same run has to find losses, or it proves nothing.
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One long run: `count` is how many times its command does its worst, given behind `option`; more: other words."""

    name: str
    title: str
    module: str
    option: str
    count: int
    more: tuple[str, ...] = ()

    def words(self, share: float) -> list[str]:
        """The command's words, for a share of the full count."""
        return [self.module, *self.more, self.option, str(max(1, int(self.count * share))), "--seed", "1"]


RUNS = (
    Run("kills", "Kills of a process that runs the journal alone", "tests.crash.journal_kills", "--runs", 10_000),
    Run("server", "Kills of the whole server under four clients", "tests.crash.kills", "--runs", 500),
    Run("power", "Power cuts", "tests.crash.power", "--cuts", 200),
    Run("faults", "Faults between the till and ERPNext", "tests.contract.faults", "--runs", 1_000),
    Run("qbo", "Faults between the till and QuickBooks Online", "tests.contract.qbo_faults", "--runs", 100),
    Run(
        "desktop",
        "Faults between the till and QuickBooks Desktop",
        "tests.contract.desktop_faults",
        "--sessions",
        1_000,
    ),
    Run(
        "conductor",
        "Both sides of QuickBooks Desktop edited while everything fails",
        "tests.contract.conductor_two_sides",
        "--runs",
        40,
    ),
    Run(
        "hub",
        "A hub on SQLite and three tills while everything fails",
        "tests.contract.hub_faults",
        "--minutes",
        10,
        ("--engine", "sqlite", "--tills", "3"),
    ),
    Run(
        "hubs",
        "A hub on PostgreSQL and Redis and twenty tills while everything fails",
        "tests.contract.hub_faults",
        "--minutes",
        10,
        ("--engine", "postgresql", "--tills", "20", "--webs", "2", "--workers", "2"),
    ),
    Run("offline", "A month without a line, then drained", "tests.runbook.offline", "--days", 30),
    Run("load", "Eight clients for a while, with screens open", "tests.load", "--minutes", 10),
)


def main() -> int:
    """0 when every run ended well."""
    parser = argparse.ArgumentParser(prog="tasks.py prove", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[run.name for run in RUNS], help="these runs, not all")
    parser.add_argument("--share", type=float, default=1.0, help="a share of each run's full count, to try it out")
    parser.add_argument("--write", action="store_true", help="write what these runs said into docs/proof.md")
    args = parser.parse_args()
    if args.write and args.share != 1.0:
        parser.error("--write goes with the full count")
    failed = []
    for run in RUNS:
        if args.only and run.name not in args.only:
            continue
        code, said = one(run, args.share)
        failed += [run.name] if code else []
        if args.write:
            PAGE.write_text(page(run, code, said), encoding="utf-8", newline="\n")
    print(f"FAILED: {', '.join(failed)}" if failed else "all ok")
    return 1 if failed else 0


def one(run: Run, share: float) -> tuple[int, str]:
    """Its exit code, and what it printed without the lines that only show that it still goes on."""
    command = [sys.executable, "-m", *run.words(share)]
    print(f"\n== {run.title}: python -m {' '.join(command[2:])}", flush=True)
    began = time.monotonic()
    kept: list[str] = []
    process = subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        if not re.match(r"  \d", line):  # "  1200 kills, …" only shows that it goes on
            kept.append(line)
    code = process.wait()
    print(f"== {run.name}: {'ok' if code == 0 else 'FAILED'} after {time.monotonic() - began:.0f} s", flush=True)
    return code, "".join(kept)


def page(run: Run, code: int, said: str) -> str:
    """docs/proof.md with this run's section made anew and the others as they are."""
    there = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", there, re.MULTILINE | re.DOTALL))
    box = f"{platform.platform()}, Python {platform.python_version()}, {clock.now():%Y-%m-%d}"
    verdict = "passed" if code == 0 else "**failed**"
    command = f"python -m {' '.join(run.words(1.0))}"
    sections[run.title] = f"\n`{command}`: {verdict} ({box})\n\n```text\n{said}```\n\n"
    ordered = [one.title for one in RUNS if one.title in sections]
    ordered += [title for title in sections if title not in ordered]  # what a person wrote below
    return (HEAD + "".join(f"\n## {title}\n{sections[title]}".rstrip() + "\n" for title in ordered)).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
