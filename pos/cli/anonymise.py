"""anonymise CUSTOMER --reason WHY: take a customer out of everything the till holds. Refused while a server runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.actions import anonymise
from pos.cli import opened
from pos.errors import Invalid
from pos.store.journal import Journal

HELP = """\
Takes a customer's code, name, phone, e-mail and the notes of their receipts out of the database, the receipt files and
the archives. Figures stay, and so does the chain: a record in it names each receipt with the hash it had. It cannot be
taken back. Ask the same of ERPNext and QuickBooks, which keep their own data. docs/archive.md says what is not
reached."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = HELP
    parser.add_argument("customer", nargs="?", default="", help="the customer's code, as receipts have it")
    parser.add_argument("--reason", default="", help="why; it stays for ever, so it must not say who")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--copies", action="store_true", help="blank copies at places that were away the last time")


def run(args: argparse.Namespace, root: Path) -> int:
    """1 when a copy could not be reached, 3 while a server runs."""
    with opened.till(root) as store:
        journal = Journal(store)
        try:
            if args.copies:
                return _told(anonymise.again(store))
            if not args.customer:
                raise Invalid("Name the customer: anonymise CUSTOMER --reason WHY.")
            plan = anonymise.planned(store, args.customer)
            listed = "in the list of customers" if plan.listed else "not in the list of customers"
            exported = f"; {plan.rows} rows of exports" if plan.rows else ""
            print(f"{len(plan.receipts)} receipts; {listed}{exported}.")
            if args.dry_run:
                return cli.OK
            done = anonymise.take_out(journal, plan, args.reason, opened.operator())
        finally:
            journal.close()
    by = f" Recorded as {', '.join(done.records)}." if done.records else ""
    print(f"{done.receipts} receipts blanked.{by}")
    return _told(done.left)


def _told(left: list[str]) -> int:
    for sentence in left:
        print(f"LEFT: {sentence}")
    return cli.FAILED if any("could not be blanked" in sentence for sentence in left) else cli.OK
