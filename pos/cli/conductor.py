"""conductor test|companies|rules|status: QuickBooks Desktop through Conductor, from the terminal."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pos import cli
from pos.actions import conductor_setup
from pos.cli import opened
from pos.errors import Invalid
from pos.store import companies, conductor_companies, conductor_sessions
from pos.store.db import Store

_ACTS = "list|add|on|off|user"


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="test|companies|rules|status", required=True)
    test = acts.add_parser("test", help="ask QuickBooks, through Conductor, whether it answers")
    which = acts.add_parser("companies", help="company files: whose computer, on or off")
    which.add_argument("do", nargs="?", default="list", choices=_ACTS.split("|"), help=_ACTS)
    rules = acts.add_parser("rules", help="which way each type of records goes and who wins; or set it from a file")
    status = acts.add_parser("status", help="the session that is running, or the last one")
    for one in (test, which, rules, status):
        one.add_argument("company", nargs="?", default=companies.MAIN, help="the company's id; the first when left out")
    which.add_argument("end_user", nargs="?", default="", help="add, user: Conductor's id of the computer, end_usr_...")
    which.add_argument("--same-file", action="store_true", help="user: it is the same company file as before")
    rules.add_argument(
        "--set", type=Path, dest="given", metavar="FILE", help="from a JSON file; what it lacks is as usual"
    )
    for one in (test, rules, status):
        one.add_argument("--json", action="store_true", help="one JSON object, for programs")


def run(args: argparse.Namespace, root: Path) -> int:
    """test: 0 only when QuickBooks answered now."""
    with opened.till(root) as store:
        conductor_companies.begin(store, store.config)
        if args.act == "test":
            return _test(store, args)
        if args.act == "companies":
            return _companies(store, args)
        if args.act == "rules":
            return _rules(store, args)
        return _status(store, args)


def _test(store: Store, args: argparse.Namespace) -> int:
    found = conductor_setup.test(store, store.config, args.company, opened.operator())
    if args.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    elif found["ok"]:
        name = f" {found['company_name']}:" if found["company_name"] else ""
        print(f"OK:{name} QuickBooks answered within {found['milliseconds']} ms.")
    else:
        print(f"NO ANSWER: {found['message']}" + (f"\n    {found['remedy']}" if found["remedy"] else ""))
    return cli.OK if found["ok"] else cli.FAILED


def _companies(store: Store, args: argparse.Namespace) -> int:
    who = opened.operator()
    if args.do == "add":
        conductor_companies.add(store, args.company, args.end_user, who)
    elif args.do in ("on", "off"):
        conductor_companies.set_enabled(store, args.company, args.do == "on", who)
    elif args.do == "user":
        conductor_companies.set_end_user(store, args.company, args.end_user, who, same_file=args.same_file)
    else:
        for row in conductor_companies.every(store):
            user = conductor_companies.end_user_of(store.config, row) or "no end user"
            good = f", last good session {row.last_good_at}" if row.last_good_at else ""
            error = f"\n    {row.last_error_at}: {row.last_error}" if row.last_error else ""
            print(f"{row.company}: {'on' if row.enabled else 'OFF'}, {user}{good}{error}")
    return cli.OK


def _rules(store: Store, args: argparse.Namespace) -> int:
    found = conductor_setup.settings(store, store.config, args.company)
    if args.given is not None:
        given = {conductor_setup.RULES: _read(args.given)}
        found = conductor_setup.save(store, store.config, args.company, given, found.mark, opened.operator())
    if args.json:
        plain = {name: {"direction": one.direction, "winner": one.winner, "fields": dict(one.fields)}
                 for name, one in found.rules.items()}  # fmt: skip
        print(json.dumps(plain, indent=1))
        return cli.OK
    for name, one in found.rules.items():
        apart = "".join(f"\n    {field}: {owner}" for field, owner in one.fields.items())
        print(f"{name}: {one.direction}, {one.winner}{apart}")
    return cli.OK


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(f"{path} is no JSON file that can be read: {error}") from error


def _status(store: Store, args: argparse.Namespace) -> int:
    row = conductor_companies.of_company(store, args.company)
    session = conductor_sessions.current(store, row.connection)
    steps = conductor_sessions.steps(store, session.n) if session is not None else []
    if args.json:
        plain = [{"type": one.object_type, "direction": one.direction, "state": one.state, "total": one.total,
                  "synced": one.synced, "failed": one.failed} for one in steps]  # fmt: skip
        head = {"status": session.status, "started_at": session.started_at, "ended_at": session.ended_at,
                "next_at": session.next_at, "message": session.message} if session is not None else None  # fmt: skip
        print(json.dumps({"session": head, "steps": plain}, ensure_ascii=False, indent=1))
        return cli.OK
    if session is None:
        print(f"{row.company}: no session yet.")
        return cli.OK
    waits = f", waits until {session.next_at}: {session.message}" if session.next_at else ""
    print(f"{row.company}: {session.status}, started {session.started_at}{waits}")
    for one in steps:
        print(f"    {one.object_type} {one.direction}: {one.state}, {one.synced} of {one.total}, {one.failed} failed")
    return cli.OK
