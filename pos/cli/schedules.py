"""schedules list|run: when runs start by themselves, and the looking for it in a process of its own."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

from pos import cli, clock
from pos.actions import schedules
from pos.cli import opened
from pos.cli.signals import stopped_by_signals
from pos.errors import CannotSave
from pos.rules import schedule as rule
from pos.store import identity
from pos.store import schedules as kept
from pos.store.db import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="list|run", required=True)
    acts.add_parser("list", help="every schedule, when it is due next and what became of its last moment")
    run_them = acts.add_parser(
        "run", help="start what is due, until Ctrl-C; also beside a server: each moment starts one run"
    )
    run_them.add_argument("--poll-seconds", type=_seconds, metavar="N", help="between looks (default: [runs])")
    run_them.add_argument("--once", action="store_true", help="look once and end")


def run(args: argparse.Namespace, root: Path) -> int:
    with opened.till(root) as store:
        if args.act == "list":
            _list(store)
            return cli.OK
        identity.refuse_moved(store)
        if args.once:
            print(schedules.look(store, store.config).sentence())
            return cli.OK
        return _run(store, args.poll_seconds or store.config.runs.poll_seconds)


def _run(store: Store, poll_seconds: int) -> int:
    done = threading.Event()
    with stopped_by_signals(done.set):
        print(f"Schedules are looked at every {poll_seconds} seconds. Stop with Ctrl-C.", flush=True)
        while not done.is_set():
            try:
                looked = schedules.look(store, store.config)
                if looked.queued or looked.others:
                    print(looked.sentence(), flush=True)
            except CannotSave as error:  # what was due is due still
                cli.warn(error.message)
            until = clock.monotonic() + poll_seconds
            while not done.is_set() and clock.monotonic() < until:
                done.wait(1.0)  # in slices, so that Windows lets a signal through
    return cli.OK


def _list(store: Store) -> None:
    print(f"{'schedule':<38}{'due next, in its zone':<28}{'last':<17}name")
    for one in kept.listed(store):
        due = "off"
        if one.enabled:
            due = "never" if not one.next_fire_at else _in_zone(one)
        whose = one.company or "all"
        print(f"{one.id:<38}{due:<28}{one.last_result or '-':<17}{one.name}: {whose}, {rule.words(one.cron)}")
    print(f"The clock here says {clock.stamp(clock.now())[:19]}Z.")


def _in_zone(one: kept.Schedule) -> str:
    return f"{clock.parse(one.next_fire_at).astimezone(ZoneInfo(one.time_zone)):%Y-%m-%d %H:%M %Z}"


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 3600):
        raise argparse.ArgumentTypeError("a whole number of seconds from 1 to 3600")
    return int(text)
