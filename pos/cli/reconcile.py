"""reconcile: hold the till against what its connections have booked, here and now. Changes nothing over there."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos.actions import line, reconcile, verdicts
from pos.cli import opened
from pos.config import Config
from pos.connectors import configured
from pos.store import connections, reconciliations
from pos.store.db import Store
from pos.store.reconciliations import Brief
from pos.store.scopes import Scope

MATCH, MISMATCH, NOT_RUN = 0, 1, 2
SHOWN_MAX = 20
HELP = """\
Reads what the connections hold now and compares it with the till's documents: every document, way to pay, tax and day.
Without an option: everything the daily look reads, and every old difference. Exit codes of its own: 0 all match,
1 something differs, 2 something could not be compared."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = HELP
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--session", metavar="NAME", help="one session, like T1-S000004")
    which.add_argument("--day", metavar="DAY", help="one business day, like 2026-11-21")


def run(args: argparse.Namespace, root: Path) -> int:
    """Print one line per session or day, and each receipt that differs."""
    with opened.till(root) as store:
        config = store.config
        connections.sync(store, configured(config))
        if not connections.lines(store):
            print("NOT RUN   No connection is set up.")
            return NOT_RUN
        legs = verdicts.legs(store)
        found = [brief for leg in legs if leg.id for brief in _looked(store, config, leg.id, args)]
        for leg in legs:
            if not leg.id:
                print(f"NOT RUN   {leg.title}: {leg.missing}")
    if not found:
        print("NOT RUN   Nothing to compare yet: no closed session, no day that is over.")
    return _code(found)


def _code(found: list[Brief]) -> int:
    if any(one.open for one in found):
        return MISMATCH
    return NOT_RUN if not found or any(one.outcome == "not_run" for one in found) else MATCH


def _looked(store: Store, config: Config, connection: str, args: argparse.Namespace) -> list[Brief]:
    job = line.job_by_hand(store, config, connection, owner=opened.operator())
    if args.session or args.day:
        wanted = [verdicts.scope_of(store, "session" if args.session else "day", args.session or args.day)]
    else:
        wanted = verdicts.all_of(store, config, connection)
    seen, found = reconcile.Seen(), []
    for scope in wanted:
        brief = reconcile.look(job, scope, seen)
        if brief is not None:
            found.append(brief)
            _print(store, connection, scope, brief)
    return found


def _print(store: Store, connection: str, scope: Scope, brief: Brief) -> None:
    words = "NOT RUN" if brief.outcome == "not_run" else "MISMATCH" if brief.open else "MATCH"
    told = brief.reason if brief.outcome == "not_run" else f"{brief.here} here, {brief.there} there"
    print(f"{words:<9} {connection}: {scope.scope} {scope.name}: {told}")
    if not brief.open:
        return
    items, _ = reconciliations.items(store, connection, scope, SHOWN_MAX)
    for item in items:
        if item.state == "open":
            print(f"            {item.number or item.remote_id}: {verdicts.WHAT[item.what]}. {item.words}".rstrip())
    if brief.open > SHOWN_MAX:
        print(f"            and {brief.open - SHOWN_MAX} more")
