"""runs start|list|show|cancel: a company's sales of a day, or of several, into its books."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from agents import runs as agent
from pos import cli
from pos.actions import run_round, runs
from pos.cli import opened
from pos.cli.signals import stopped_by_signals
from pos.errors import Invalid, NotFound
from pos.store import identity
from pos.store import runs as rows
from pos.store.db import Store
from pos.store.listing import Asked
from pos.store.runs import Filter, Job

#: How often somebody who waits looks again.
LOOK_SECONDS = 0.5


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "exit codes of start --wait and show: 0 it went well, 1 it failed or was cancelled, 2 lock_held or "
        "bad_arguments, 255 (-1) its worker died three times; see docs/runs.md"
    )
    acts = parser.add_subparsers(dest="act", metavar="start|list|show|cancel", required=True)
    start = acts.add_parser("start", help="ask for a run; without --wait the server works on it")
    start.add_argument("--company", action="append", default=[], help="by id or name, several times; none = all")
    start.add_argument("--from", dest="day_from", default="", metavar="DAY", help="first day (default: the last over)")
    start.add_argument("--to", dest="day_to", default="", metavar="DAY", help="last day (default: the first one)")
    start.add_argument("--parallel", type=int, default=None, metavar="N", help="companies at once (default: [runs])")
    start.add_argument("--stagger", type=int, default=None, metavar="N", help="seconds between starts")
    start.add_argument("--continue-on-failure", action="store_true", help="start the others all the same")
    start.add_argument("--wait", action="store_true", help="work on it here, too, and end with its exit code")
    listing = acts.add_parser("list", help="runs, the newest first")
    listing.add_argument("--status", choices=rows.STATUSES, default="", help="only these")
    listing.add_argument("--company", default="", help="only of this company, by id")
    listing.add_argument("--limit", type=_some, default=20, metavar="N", help="how many, 1 to 1000 (20)")
    show = acts.add_parser("show", help="one run: its parts, its days, its log; ends with its exit code")
    show.add_argument("run")
    show.add_argument("--log", action="store_true", help="with its log")
    cancel = acts.add_parser("cancel", help="stop a run at its next safe point")
    cancel.add_argument("run")


def run(args: argparse.Namespace, root: Path) -> int:
    """The exit code of the run it is about, where there is one; 2 for one that cannot be asked for."""
    with opened.till(root) as store:
        if args.act == "list":
            return _list(store, Filter(company=args.company, status=args.status), args.limit)
        if args.act == "show":
            return _show(store, rows.job(store, args.run), log=args.log)
        if args.act == "cancel":
            job = runs.cancel(store, args.run, opened.operator())
            print("It stops at its next safe point." if not job.ended else f"It has {job.status}.")
            return cli.OK
        identity.refuse_moved(store)
        try:
            job = _start(store, args)
        except (Invalid, NotFound) as error:
            print(f"bad_arguments: {error.message}", file=sys.stderr)
            return cli.BAD
        print(job.id, flush=True)
        return _wait(store, job.id) if args.wait else cli.OK


def _start(store: Store, args: argparse.Namespace) -> Job:
    return runs.trigger(
        store, store.config, companies=args.company, day_from=args.day_from, day_to=args.day_to,
        parallel=args.parallel, stagger_seconds=args.stagger, continue_on_failure=args.continue_on_failure,
        by=opened.operator(),
    )  # fmt: skip


def _wait(store: Store, job_id: str) -> int:
    """Follow its log to its end, and work on it wherever no other process does."""
    offset, over = 0, threading.Event()
    worker = threading.Thread(target=_work, args=(store, over), name="runs")
    with stopped_by_signals(over.set):
        worker.start()
        while not over.is_set():
            ended = rows.job(store, job_id).ended
            text, offset = rows.tail(store, job_id, offset)
            print(text, end="", flush=True)
            if (ended and not text) or not worker.is_alive():
                over.set()
            over.wait(LOOK_SECONDS)
    worker.join()
    job = rows.job(store, job_id)
    if not job.ended:
        print("It goes on with the server, or with reconcile-runs.")
        return cli.INTERRUPTED
    return code_of(job)


def _work(store: Store, over: threading.Event) -> None:
    """Rounds until somebody says so."""
    while not over.is_set():
        run_round.by_hand(store, store.config, agent.AGENT, "cli", over.is_set)
        over.wait(LOOK_SECONDS)
    store.release()


def _some(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1000):
        raise argparse.ArgumentTypeError("a whole number from 1 to 1000")
    return int(text)


def code_of(job: Job) -> int:
    """A run's exit code as a process ends with it: 0 while it goes on, below nothing counted from 256."""
    return int(job.exit_code or 0) % 256


def _list(store: Store, which: Filter, limit: int) -> int:
    for job in rows.listed(store, which=which, asked=Asked(limit=limit))[0]:
        about = f"{job.days:<24} {job.company or 'all':<14} {job.status:<10} {_code(job):<18} {job.words}"
        print(f"{job.id}  {job.created_at[:19]}Z  {about}".rstrip())
    return cli.OK


def _show(store: Store, job: Job, *, log: bool) -> int:
    print(f"{job.id}: {job.days}, {job.company or 'all'}, {job.status} {_code(job)}".rstrip())
    print(f"asked for by {job.requested_by} at {job.created_at[:19]}Z. {job.words}".rstrip())
    for part in rows.parts(store, job.id):
        print(f"  {part.company:<16}{part.status:<11}{part.phase:<11}{part.words}".rstrip())
    for one in rows.artifacts(store, job.id):
        told = f"uploaded {one.uploaded}, skipped {one.skipped}, failed {one.failed}"
        print(f"  {one.company:<16}{one.day:<11} {one.status or '-':<9} {told} {one.reason}".rstrip())
    offset = 0
    while log:
        text, offset = rows.tail(store, job.id, offset)
        if not text:
            break
        print(text, end="")
    return code_of(job)


def _code(job: Job) -> str:
    return f"{job.exit_code} {job.reason}".strip()
