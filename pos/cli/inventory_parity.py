"""inventory parity: our stock held against the books; what stands out as a list; proposals of what puts it right.

What QuickBooks Desktop has comes with its Web Connector, so the first call asks and a later one shows what came of it.
Proposals are somebody's: they prove it by their PIN or password, and another person agrees on the screen.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pos import cli, clock
from pos.actions import parity, parity_views
from pos.cli import inventory_approvals, opened
from pos.cli.inventory_cleanup import Operator
from pos.errors import Invalid, NotFound
from pos.rules import parity as rules
from pos.store import companies, people, rights
from pos.store import parity as kept
from pos.store.db import Store
from pos.store.parity import Run
from pos.web.console import lists

#: A comparison that is no older is shown, and not made again.
FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks for proposals, with their own rights."""

    code: str
    name: str
    role: str
    table: rights.Rights

    @property
    def person(self) -> str:
        return self.code

    def may(self, right: str) -> bool:
        return self.table.allowed(self.role, right)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--company", default=companies.MAIN, help="a company's id; the first one when left out")
    parser.add_argument("--side", default=rules.DESKTOP, choices=parity.SIDES, help="what stock is compared with")
    parser.add_argument("--loose", action="store_true", help="names are one without case and blanks; each row says so")
    parser.add_argument("--again", action="store_true", help="compare anew, however fresh the last comparison is")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write what stands out into this file")
    parser.add_argument("--propose", action="store_true", help="ask another person to agree to what puts it right")
    parser.add_argument("--what", default=parity.WHATS[0], choices=parity.WHATS, help="what is proposed")
    parser.add_argument("--max", type=int, metavar="N", help="for so many items at most; --propose needs it")
    parser.add_argument("--by", default="", metavar="CODE", help="who proposes; asked for their PIN or password")


def run(args: argparse.Namespace, root: Path) -> int:
    """0 when nothing stands out, or what was asked for is done; 1 when something does, or it could not be compared."""
    if args.propose and args.max is None:
        raise Invalid("Say for how many items at most: --max N.", field="max")
    if args.propose and not args.by:
        raise Invalid("Name the person who proposes: --by CODE.", field="by")
    with opened.till(root) as store:
        company = companies.one(store, args.company).id
        if args.propose:
            return _propose(store, args, company)
        found = _compared(store, args, company)
        if found.state in kept.OPEN:
            print(f"Comparison {found.n}: {parity_views.RUNS[found.state]}")
            return cli.OK
        _tell(found)
        if args.csv is not None:
            print(f"{_write(store, args.csv, company, args.side)} rows in {args.csv}")
        stands_out = kept.counted(store, company, args.side).get("open", 0)
        return cli.OK if found.state == "done" and not stands_out else cli.FAILED


def _compared(store: Store, args: argparse.Namespace, company: str) -> Run:
    """The comparison that is under way or fresh, else a new one; as far as it goes now."""
    last = kept.last(store, company, args.side)
    under_way = kept.under_way(store, company, args.side)
    is_fresh = last is not None and clock.now() - clock.parse(last.ended_at) < FRESH
    if last is not None and under_way is None and is_fresh and not args.again and last.strict is not args.loose:
        return last
    begun = parity.begin(store, company, args.side, Operator(opened.operator()), loose=args.loose)
    return parity.step(store, store.config, begun)


def _tell(found: Run) -> None:
    names = "names as they are" if found.strict else "names without case and blanks"
    print(f"Comparison {found.n} with {found.side}, {found.ended_at[:16]} UTC, {names}: {found.state}")
    for name, count in found.counts.items():
        print(f"  {name}: {count}")
    if found.words:
        print(found.words)


def _write(store: Store, path: Path, company: str, side: str) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(parity_views.CSV)
        for row in parity_views.every(store, parity_views.Filter(company, side, "open")):
            writer.writerow(lists.cells(parity_views.CSV, row))
            count += 1
    return count


def _propose(store: Store, args: argparse.Namespace, company: str) -> int:
    if args.side != rules.DESKTOP:
        raise NotFound("Only QuickBooks Desktop is put right by proposals.")
    found: people.Person = inventory_approvals.owner(store, args.by)
    who = Person(found.code, found.name, found.role, rights.of(store))
    done = parity.propose(store, store.config, company, args.what, args.max, who)
    for one in done.requests:
        print(f"Asked for: {one.words} ({one.id})")
    for left in done.left:
        print(f"Left out: {left.item}{f', {left.location}' if left.location else ''}: {left.why}")
    print(
        f"{len(done.requests)} asked for, {len(done.left)} left out. Somebody else agrees under Inventory, Approvals."
    )
    return cli.OK
