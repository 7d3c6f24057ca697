"""outbox list|show|retry|resolve: what waits for the books, and what a person does about what they refused."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from pos import cli
from pos.cli import opened
from pos.errors import Invalid, PosError
from pos.store import companies, connections, standing, unblock
from pos.store.db import Store
from pos.store.standing import Row
from pos.store.tally import NEEDS, WAITING

_CHOICES = {"needs": NEEDS, "waiting": WAITING, "all": standing.STATES, **{s: (s,) for s in standing.STATES}}
_ROW = "a row's number from the list, a receipt's number (T1-000123) or a document's id"


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="list|show|retry|resolve", required=True)
    listing = acts.add_parser("list", help="what was refused or differs, oldest first; 1 when there is any")
    listing.add_argument("--state", choices=_CHOICES, default="needs", help="which rows (default: those for a person)")
    listing.add_argument("--code", default="", help="only with this reason, as the list shows it")
    listing.add_argument("--company", default="", help="on a hub: only for the books of this company, by id or name")
    listing.add_argument("--json", action="store_true", help="as JSON, one row an object")
    show = acts.add_parser(
        "show", help="everything about one, with the remedy and what was done so far; moments in UTC"
    )
    show.add_argument("row", help=_ROW)
    retry = acts.add_parser("retry", help="try again what was refused or differs; harmless when repeated")
    retry.add_argument("rows", nargs="*", metavar="ROW", help=_ROW)
    retry.add_argument("--all", action="store_true", help="everything that waits for a person")
    retry.add_argument("--code", default="", help="with --all: only with this reason")
    retry.add_argument("--reason", default="", help="what was put right, for the audit")
    resolve = acts.add_parser("resolve", help="it was settled by other means, such as booked by hand; it is not sent")
    resolve.add_argument("rows", nargs="+", metavar="ROW", help=_ROW)
    resolve.add_argument("--reason", required=True, help="how it was settled, for whoever reads it later")


def run(args: argparse.Namespace, root: Path) -> int:
    """0 done; 1 something waits for a person (list), or a row was not changed (retry, resolve)."""
    with opened.till(root) as store:
        if args.act == "list":
            rows = standing.listed(store, _CHOICES[args.state], code=args.code, connections=_of(store, args.company))
            return _list(store, rows, args.state, as_json=args.json)
        if args.act == "show":
            for row in standing.named(store, args.row):
                _show(store, row)
            return cli.OK
        return _act(store, args)


def _of(store: Store, company: str) -> list[str] | None:
    """Ids of the connections of a company; None = of all."""
    key = companies.one(store, company).id if company else ""
    return [line.id for line in connections.every(store) if line.company == key] if key else None


def _list(store: Store, rows: list[Row], state: str, *, as_json: bool) -> int:
    whose = {line.id: line.company for line in connections.every(store)} if companies.are_several(store) else {}
    to = max([10, *(len(row.connection) for row in rows)])
    wide = max([8, *(len(one) for one in whose.values())]) if whose else 0
    if as_json:
        told = [asdict(row) | ({"company": whose.get(row.connection, "")} if whose else {}) for row in rows]
        print(json.dumps(told, default=str, indent=1))
    elif not rows:
        print("Nothing needs a person." if state == "needs" else "Nothing is in that state.")
    else:
        head = f"{'company':<{wide}} " if whose else ""
        print(
            f"{'row':>6} {'number':<12} {'what':<9} {'total':>10} {head}{'to':<{to}} {'state':<9} "
            f"{'since (UTC)':<16} reason"
        )
        for row in rows:
            total = "" if row.total is None or row.kind == "z" else f"{row.total}"
            state = "settled" if row.settled else row.state
            mine = f"{whose.get(row.connection, ''):<{wide}} " if whose else ""
            what = row.part if row.part != "cash" else row.kind
            print(
                f"{row.n:>6} {row.number[:12]:<12} {what[:9]:<9} {total:>10} {mine}{row.connection:<{to}} {state:<9} "
                f"{_moment(row.created_at):<16} {row.code}"
            )
            if row.needs:
                print(f"       {row.message}")
        if len(rows) == standing.LIST_ROWS_MAX:
            print(f"The first {standing.LIST_ROWS_MAX} are shown.")
    return cli.FAILED if any(row.needs for row in rows) else cli.OK


def _show(store: Store, row: Row) -> None:
    line = next((line for line in connections.every(store) if line.id == row.connection), None)
    to = f"{row.connection} ({line.title})" if line is not None and companies.are_several(store) else row.connection
    print(f"{row.number}, {row.part} for {to}: {'settled by hand' if row.settled else row.state}")
    total = "" if row.total is None else f"{row.total} {row.currency}"
    facts = (
        ("row", str(row.n)), ("document", row.document), ("kind", row.kind), ("total", total),
        ("there as", row.remote_id), ("tries", str(row.tries)), ("reason", row.code), ("in words", row.message),
        ("difference", row.difference), ("settled", row.resolved), ("since", _moment(row.created_at)),
        ("changed", _moment(row.updated_at)), ("next try", _moment(row.next_at) if row.state in WAITING else ""),
        ("booked", _moment(row.booked_at)),
    )  # fmt: skip
    for name, value in facts:
        if value:
            print(f"  {name:<11} {value}")
    for at, who, act, detail in standing.history(store, row.document):
        if detail.get("part") == row.part and detail.get("connection") == row.connection:
            why = f": {detail['reason']}" if detail.get("reason") else ""
            print(f"  {_moment(at)}  {who} {'tried again' if act == 'outbox.retry' else 'settled it'}{why}")


def _moment(stamp: str) -> str:
    """A stamp of the database to the minute, in UTC."""
    return stamp[:16].replace("T", " ")


def _act(store: Store, args: argparse.Namespace) -> int:
    rows = _meant(store, args)
    failed = 0
    for row in rows:
        try:
            if args.act == "retry":
                unblock.retry(store, row.n, opened.operator(), args.reason)
                print(f"{row.number} {row.part}: goes again, within a minute while the till runs.")
            else:
                unblock.resolve(store, row.n, args.reason, opened.operator())
                print(f"{row.number} {row.part}: settled by hand; it is not sent.")
        except PosError as error:
            failed += 1
            print(f"{row.number} {row.part}: {error.message}")
    if not rows:
        print("Nothing needs a person.")
    return cli.FAILED if failed else cli.OK


def _meant(store: Store, args: argparse.Namespace) -> list[Row]:
    """The rows named. Of a receipt with several, those that need a person when there are any."""
    if args.act == "retry" and args.all:
        if args.rows:
            raise Invalid("Name rows, or say --all; not both.", field="rows")
        return standing.listed(store, NEEDS, code=args.code)
    if not args.rows:
        raise Invalid("Name a row, or say --all.", field="rows")
    if args.act == "retry" and args.code:
        raise Invalid("--code goes with --all.", field="code")
    meant: dict[int, Row] = {}
    for word in args.rows:
        found = standing.named(store, word)
        meant |= {row.n: row for row in ([row for row in found if row.needs] or found)}
    return list(meant.values())
