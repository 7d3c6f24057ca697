"""The sub-commands of pos_server.py: one file per group, each with `arguments(parser)` and `run(args, root)`.

Exit codes: 0 done, 1 it failed or differences were found, 2 wrong arguments or settings, 3 the folder is in use.
"""

from __future__ import annotations

import argparse
import importlib
import sys
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
    Command("setup", "pos.cli.setup", "the first questions of a new till, on the terminal"),
    Command("agents", "pos.cli.agents", "run the agents in a process of their own"),
    Command("check", "pos.cli.check", "show the effective settings and where each came from; secrets hidden"),
    Command("doctor", "pos.cli.doctor", "look at everything a till needs and say what to do; changes nothing"),
    Command("verify", "pos.cli.verify", "compare receipts, chain, sequence and database; changes nothing"),
    Command("rebuild", "pos.cli.rebuild", "make the database's ledger anew from invoices/ alone"),
    Command("backup", "pos.cli.backup", "copies of the till: make one now, list them, prove them"),
    Command("restore", "pos.cli.restore", "make the till anew from a snapshot, under a new id"),
    Command("recover", "pos.cli.recover", "sales the books hold and that are missing here, as read-only copies"),
    Command("anonymise", "pos.cli.anonymise", "take a customer out of everything the till holds"),
    Command("move-to", "pos.cli.move_to", "take a hub from its SQLite file to PostgreSQL, compared row by row"),
    Command("archive", "pos.cli.archive", "put the receipts of months that are over into one file each"),
    Command("autostart", "pos.cli.autostart", "start the till when this user signs in; no more rights are needed"),
    Command("kiosk", "pos.cli.kiosk", "open the till's screen over everything, in this machine's browser"),
    Command("upgrade", "pos.cli.upgrade", "put another version beside this one and go over to it, or back"),
    Command("reconcile", "pos.cli.reconcile", "hold the till against what its connections have booked"),
    Command("runs", "pos.cli.runs", "a company's sales of a day into its books: start, list, show, cancel"),
    Command("reconcile-runs", "pos.cli.reconcile_runs", "runs nobody works on: they go on, or have failed"),
    Command("schedules", "pos.cli.schedules", "when runs start by themselves; look for what is due"),
    Command("quickbooks", "pos.cli.quickbooks", "QuickBooks Online: how the sign-in stands, the keys that seal it"),
    Command("inventory", "pos.cli.inventory", "approvals of changes of stock, tokens, a trial of the whole way"),
    Command("qbwc", "pos.cli.qbwc", "QuickBooks Desktop: the .qwc file, a look at the whole way, company files"),
    Command("conductor", "pos.cli.conductor", "QuickBooks Desktop through Conductor: a test, company files, who wins"),
    Command("replay", "pos.cli.replay", "take in receipt files again; harmless when repeated"),
    Command("import", "pos.cli.imports", "bring in items, customers, vouchers, or receipts of an older till"),
    Command("office", "pos.cli.office", "customers and invoices of a CSV file into a company's office records"),
    Command("user", "pos.cli.users", "cashiers and their PINs"),
    Command("token", "pos.cli.tokens", "keys for programs that talk to the till"),
    Command("till", "pos.cli.tills", "on a hub: the tills that send it what they sold"),
    Command("company", "pos.cli.companies", "on a hub: companies whose tills it has"),
    Command("companies", "pos.cli.companies", "the same, and set-ups of companies as files: import, export, drift"),
    Command("shop", "pos.cli.shops", "on a hub: the shops of each company"),
    Command("hub", "pos.cli.hub", "on a till: join a hub, make a new key, ask how it stands"),
    Command("device", "pos.cli.devices", "browsers that may sign in with a PIN"),
    Command("outbox", "pos.cli.outbox", "what waits for the books; try again or settle what they refused"),
    Command("printer", "pos.cli.printer", "test the receipt printer and the drawer"),
    Command("ingest-history", "pos.cli.history", "take in what runs of another program came to"),
    Command("erpnext", "pos.cli.erpnext", "prepare an ERPNext site for the till"),
)

EPILOG = "exit codes: 0 done, 1 failed or differences found, 2 wrong arguments or settings, 3 the folder is in use"


def main(argv: list[str], here: Path) -> int:
    """Find the command, read its options, run it. `here` is the folder used when --root is not given."""
    root, words = take_root(argv)
    command, words = split(words)
    parser = argparse.ArgumentParser(
        prog="pos_server.py",
        usage="pos_server.py [--root DIR] COMMAND …",
        description="Tillkeep, a till. --root DIR names the folder of config.ini, data/ and invoices/.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    below = parser.add_subparsers(dest="command", metavar="COMMAND", prog="pos_server.py")
    group: Group | None = None
    for entry in COMMANDS:
        sub = below.add_parser(
            entry.name, help=entry.help, description=_sentence(entry.help), epilog=EPILOG, allow_abbrev=False
        )
        if entry.name == command:
            group = importlib.import_module(entry.module)
            group.arguments(sub)
        # Only for --help: take_root took it out of the words, wherever it stood.
        sub.add_argument("--root", metavar="DIR", help="folder of config.ini, data/ and invoices/")
    args = parser.parse_args(words)
    if group is None:
        parser.print_help()
        return BAD
    return group.run(args, (root or here).absolute())


def take_root(argv: list[str]) -> tuple[Path | None, list[str]]:
    """The folder named by --root, wherever it stands, and the words without it."""
    root, words, at = None, [], 0
    while at < len(argv):
        word = argv[at]
        if word == "--root" and at + 1 < len(argv):
            root, at = Path(argv[at + 1]), at + 2
        elif word.startswith("--root="):
            root, at = Path(word[7:]), at + 1
        else:
            words.append(word)
            at += 1
    return root, words


def split(words: list[str]) -> tuple[str, list[str]]:
    """The command meant and the words to read; `serve` is put in where no command stands."""
    first = words[0] if words else ""
    if first in {command.name for command in COMMANDS}:
        return first, words
    if first in ("-h", "--help") or (first and not first.startswith("-")):
        return "", words
    return "serve", ["serve", *words]


def warn(sentence: str) -> None:
    """One line on stderr about something that does not hinder the command; none when there is nothing to say."""
    if sentence:
        print(f"Note: {sentence}", file=sys.stderr)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
