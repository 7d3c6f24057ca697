"""office import customers|invoices FILE: a CSV file into a company's office records; without --apply only looked at."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.actions import office_csv
from pos.actions.office_csv import Found, How, Outcome
from pos.cli import opened
from pos.errors import Invalid, NotFound
from pos.rules.csv_records import DELIMITERS
from pos.rules.epos_csv import ORDERS
from pos.rules.office_csv import DUE_DAYS, DUE_DAYS_MAX, KINDS
from pos.store import companies, identity
from pos.store.db import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="import", required=True)
    sub = acts.add_parser("import", help="a CSV file of customers or invoices; without --apply only looked at")
    sub.add_argument("kind", choices=sorted(KINDS), help="what the file lists")
    sub.add_argument("file", type=Path, metavar="FILE", help="CSV with a first line that names the columns")
    sub.add_argument("--company", default="", metavar="K", help="whose records, by id or name (default: the first)")
    sub.add_argument("--apply", action="store_true", help="write what is new")
    words = "with --apply: also this changed record, by the word the preview gives it; may come again"
    sub.add_argument("--overwrite", action="append", default=[], metavar="TOKEN", help=words)
    words = "whom the file means: id, name or e-mail address of a customer here; may come again"
    sub.add_argument("--alias", action="append", default=[], type=_alias, metavar="NAME=CUSTOMER", help=words)
    words = f"days until an invoice without a due date is due (default: {DUE_DAYS})"
    sub.add_argument("--due-days", type=_days, default=DUE_DAYS, metavar="N", help=words)
    sub.add_argument("--date-order", choices=ORDERS, default="", help="of day, month and year, where dates do not tell")
    sub.add_argument("--decimal", choices=(".", ","), default=".", help="what stands before the decimals (default: .)")
    sub.add_argument("--delimiter", choices=(*DELIMITERS, "tab"), default="", help="default: by the first line")
    sub.add_argument("--encoding", default="", help="default: UTF-8, or what the file's mark says")


def run(args: argparse.Namespace, root: Path) -> int:
    """One line a record that is not the same; 1 when any was refused."""
    if not args.file.is_file():
        raise Invalid(f"There is no file {args.file}.", field="file")
    body = args.file.read_bytes()
    delimiter = "\t" if args.delimiter == "tab" else args.delimiter
    how = How(
        args.encoding, delimiter, args.decimal, args.date_order, args.due_days, dict(args.alias),
        frozenset(args.overwrite),
    )  # fmt: skip
    with opened.till(root) as store:
        company = _company(store, args.company)
        if args.apply:
            identity.refuse_moved(store)
            by = opened.operator()
            outcome = office_csv.take_in(store, store.config, company, args.kind, args.file.name, body, how, by)
        else:
            outcome = office_csv.look(store, store.config, company, args.kind, body, how)
    _say(outcome, applied=args.apply)
    return cli.FAILED if outcome.counts["refused"] else cli.OK


def _company(store: Store, name: str) -> str:
    try:
        return companies.one(store, name or companies.MAIN).id
    except NotFound as error:  # an argument that is wrong; 1 is for rows that were refused
        raise Invalid(error.message, field="company") from None


def _say(outcome: Outcome, *, applied: bool) -> None:
    if outcome.ignored:
        print(f"Columns that are not read: {', '.join(outcome.ignored)}.")
    for one in outcome.found:
        if one.state != "same" or one.link:
            _say_one(one)
    counts = ", ".join(f"{count} {state}" for state, count in outcome.counts.items())
    written = sum(bool(one.done) for one in outcome.found)
    print(f"{counts}. " + (f"{written} written." if applied else "Nothing was written: add --apply."))


def _say_one(one: Found) -> None:
    rows = ", ".join(str(row) for row in one.entry.rows[:5]) + (" …" if len(one.entry.rows) > 5 else "")
    more = f" ({one.total})" if one.total else ""
    more += f", to be linked to {one.link} of QuickBooks" if one.link and not one.done else ""
    more += f": {one.reason}" if one.reason else f", {one.done}" if one.done else ""
    print(f"line {rows}: {one.entry.key} {one.state}{more}")
    for field, here, file in one.differences:
        print(f"    {field}: here {here!r}, in the file {file!r}")
    if one.differences and not one.done:
        print(f"    as in the file after all: --overwrite {one.token}")
    for who in one.proposals:
        print(f"    similar: {who.id}  {who.name}  {who.email}".rstrip())


def _alias(text: str) -> tuple[str, str]:
    name, mark, meant = text.partition("=")
    if not (name.strip() and mark and meant.strip()):
        raise argparse.ArgumentTypeError("like 'ACME Limited=C7'")
    return name.strip(), meant.strip()


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= DUE_DAYS_MAX):
        raise argparse.ArgumentTypeError(f"a whole number of days from 0 to {DUE_DAYS_MAX}")
    return int(text)
