"""conductor test|companies|rules|status|sync|cancel|history: QuickBooks Desktop by Conductor, from the terminal."""

from __future__ import annotations

import argparse
import json
import threading
from pathlib import Path
from typing import Any

from agents import conductor as agent
from pos import cli, clock
from pos.actions import conductor_jobs, conductor_pull, conductor_setup, run_round, schedule_kinds
from pos.actions.conductor_manager import SyncManager
from pos.cli import opened
from pos.cli.signals import stopped_by_signals
from pos.errors import Invalid
from pos.rules import conductor
from pos.store import companies, conductor_companies, conductor_sessions
from pos.store.db import Store

_ACTS = "list|add|on|off|user"


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="test|companies|rules|status|sync|cancel|history", required=True)
    test = acts.add_parser("test", help="ask QuickBooks, through Conductor, whether it answers")
    which = acts.add_parser("companies", help="company files: whose computer, on or off")
    which.add_argument("do", nargs="?", default="list", choices=_ACTS.split("|"), help=_ACTS)
    rules = acts.add_parser("rules", help="which way each type of records goes and who wins; or set it from a file")
    status = acts.add_parser("status", help="the session that is running, or the last one")
    sync = acts.add_parser("sync", help="start a session of these types; the agent of a server works on it")
    stop = acts.add_parser("cancel", help="stop the session that is running, at a safe point")
    past = acts.add_parser("history", help="the last sessions, the newest first")
    for one in (test, which, rules, status, sync, stop, past):
        one.add_argument("company", nargs="?", default=companies.MAIN, help="the company's id; the first when left out")
    which.add_argument("end_user", nargs="?", default="", help="add, user: Conductor's id of the computer, end_usr_...")
    which.add_argument("--same-file", action="store_true", help="user: it is the same company file as before")
    rules.add_argument(
        "--set", type=Path, dest="given", metavar="FILE", help="from a JSON file; what it lacks is as usual"
    )
    sync.add_argument("--objects", nargs="+", default=list(conductor.TYPES), metavar="TYPE",
                      help=f"of these: {', '.join(conductor.TYPES)}; all when left out")  # fmt: skip
    sync.add_argument("--here", action="store_true", help="work on it here until it is over or waits, without a server")
    sync.add_argument("--anew", action="store_true", help="read these types from their beginning, whatever changed")
    for one in (test, rules, status, past):
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
        if args.act in ("sync", "cancel", "history"):
            return _session(store, args)
        return _status(store, args)


def _test(store: Store, args: argparse.Namespace) -> int:
    found = conductor_setup.test(store, store.config, args.company, opened.operator())
    if args.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    elif found["ok"]:
        name = f" {found['company_name']}:" if found["company_name"] else ""
        print(f"OK:{name} QuickBooks answered within {found['milliseconds']} ms.")
        if found["message"]:
            print(f"    {found['message']} {found['remedy']}")
    else:
        print(f"NO ANSWER: {found['message']}" + (f"\n    {found['remedy']}" if found["remedy"] else ""))
    return cli.OK if found["ok"] else cli.FAILED


def _companies(store: Store, args: argparse.Namespace) -> int:
    who = opened.operator()
    if args.do == "add":
        conductor_companies.add(store, args.company, args.end_user, who)
        _hourly(store, args.company, True)
    elif args.do in ("on", "off"):
        conductor_companies.set_enabled(store, args.company, args.do == "on", who)
        _hourly(store, args.company, args.do == "on")
    elif args.do == "user":
        conductor_companies.set_end_user(store, args.company, args.end_user, who, same_file=args.same_file)
    else:
        for row in conductor_companies.every(store):
            user = conductor_companies.end_user_of(store.config, row) or "no end user"
            good = f", last good session {row.last_good_at}" if row.last_good_at else ""
            error = f"\n    {row.last_error_at}: {row.last_error}" if row.last_error else ""
            print(f"{row.company}: {'on' if row.enabled else 'OFF'}, {user}{good}{error}")
    return cli.OK


def _hourly(store: Store, company: str, enabled: bool) -> None:
    made = schedule_kinds.follow(store, store.config, company, enabled, opened.operator())
    if made is not None:
        print(f"A schedule was made: {made.name}. Change it at {store.config.runs.prefix}/schedules/.")


def _session(store: Store, args: argparse.Namespace) -> int:
    manager = SyncManager(store, store.config, conductor_companies.of_company(store, args.company).company)
    if args.act == "cancel":
        print("It stops at a safe point." if manager.cancel_sync(opened.operator()) else "No session is running.")
        return cli.OK
    if args.act == "sync":
        if args.anew:
            connection = conductor_companies.connection_of(manager.company)
            conductor_pull.read_all(store, connection, args.objects, opened.operator())
        made = manager.start_sync(args.objects, by=opened.operator())
        print(f"Session {made.n} was started: {', '.join(made.objects)}.")
        return _worked(store, args.company) if args.here else cli.OK
    found = manager.get_sync_history()
    if args.json:
        print(json.dumps(found, ensure_ascii=False, indent=1, default=clock.stamp))
        return cli.OK
    for one in found:
        ended = f"{one['end_time']:%Y-%m-%d %H:%M:%S}" if one["end_time"] else "-"
        print(
            f"{one['session']:>6}  {one['start_time']:%Y-%m-%d %H:%M:%S}  {ended:<19}  {one['status']:<9}"
            f"  {one['synced_objects']} of {one['total_objects']}, {one['failed_objects']} failed  {one['message']}"
        )
    return cli.OK


def _worked(store: Store, company: str) -> int:
    """Until it is over or waits; Ctrl-C stops it at a safe point, and whoever comes next goes on with it."""
    over = threading.Event()
    with stopped_by_signals(over.set):
        run_round.by_hand(store, store.config, agent.AGENT, "cli", over.is_set, conductor_jobs.work)
    return _status(store, argparse.Namespace(company=company, json=False))


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
