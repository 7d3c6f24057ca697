"""recover erpnext --from --to: sales of this till that ERPNext holds and that are missing here. Shows them first."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.actions import recovered
from pos.actions.recovered import Found
from pos.cli import opened
from pos.errors import Invalid
from pos.store import lost
from pos.store.journal import Journal

SHOWN_MAX = 20
HELP = """\
For the day no backup is left. Lists sales and returns of this till that ERPNext holds and that are missing here, and
changes nothing. With --take they become read-only copies: good for returns and to look things up, in no session, Z or
takings, never posted again. The till's own numbers then go on above the highest one seen there. docs/archive.md"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = HELP
    parser.add_argument("books", choices=("erpnext",), help="which books are asked")
    parser.add_argument("--from", dest="first", metavar="DAY", required=True, help="the first day, like 2026-03-01")
    parser.add_argument("--to", dest="last", metavar="DAY", required=True, help="the last day")
    parser.add_argument("--take", action="store_true", help="take them in; refused while a server runs")
    parser.add_argument("--all", action="store_true", help="print every one, not only the first")
    parser.add_argument("--last-z", type=int, default=0, metavar="N", help="number of the last Z on paper, when known")


def run(args: argparse.Namespace, root: Path) -> int:
    """1 when something cannot be told as a sale, 3 when a server runs and --take was given."""
    first, last = recovered.days(args.first, args.last)
    if args.last_z < 0:
        raise Invalid("The number of a Z is nought or above.", field="last_z")
    with opened.till(root, make=True) as store:
        journal = Journal(store) if args.take else None
        try:
            job = recovered.connected(store, store.config, args.books)
            found = recovered.look(job, first, last)
            _print(found, every=args.all)
            wanted = recovered.needed(store, found, args.last_z)
            if journal is None:
                if wanted:
                    print(f"The next number of this till must be above {wanted.sequence}; --take sees to it.")
                if found.missing or wanted:
                    print("Nothing was changed. Give --take to take them in.")
                return cli.OK
            done = recovered.take(job, journal, found, opened.operator(), args.last_z)
        finally:
            if journal is not None:
                journal.close()
        till = store.config.till.id
        print(f"{done.taken} taken in as read-only copies. {_next(lost.given_out(store, till).sequence, till, done)}")
    for sentence in done.refused:
        print(f"LEFT: {sentence}")
    return cli.FAILED if done.refused else cli.OK


def _next(sequence: int, till: str, done: recovered.Taken) -> str:
    by = f" (recorded as {done.record})" if done.record else ""
    return f"The next receipt of {till} has a number above {sequence}{by}."


def _print(found: Found, *, every: bool) -> None:
    shown = found.missing if every else found.missing[:SHOWN_MAX]
    for one in shown:
        print(f"{one.day}  {one.number:<16} {one.remote_id}")
    if len(found.missing) > len(shown):
        print(f"and {len(found.missing) - len(shown)} more; --all prints them.")
    print(f"{len(found.missing)} sales and returns are known there and missing here; {found.known} are here.")
    if found.others:
        print(f"{found.others} entries of cash and Zs are there as well; they are no sales and stay there.")
    for number in found.twice[:SHOWN_MAX]:
        print(f"NOTE: {number} was given out twice: another sale here has that number too.")
