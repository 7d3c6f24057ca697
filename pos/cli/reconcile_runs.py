"""reconcile-runs: runs nobody works on, such as after a crash: they go on here, or are said to have failed."""

from __future__ import annotations

import argparse
from pathlib import Path

from agents import runs as agent
from pos import cli, clock
from pos.actions import run_round
from pos.cli import opened
from pos.store import identity, run_work
from pos.store import runs as rows


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Bring runs up to the truth: what a dead worker left is free again, or has failed (-1) after the third death "
        "in one phase; what waited too long for another run of its company has failed (2). Then what is free is worked "
        "on, here. The server does the same by itself. Exit code 1 when a run failed by this."
    )
    parser.add_argument("--mark-only", action="store_true", help="change what is written and work on nothing")


def run(args: argparse.Namespace, root: Path) -> int:
    """One line a run that is open or became over."""
    with opened.till(root) as store:
        identity.refuse_moved(store)
        before = rows.open_ids(store)
        run_round.told(store, store.config, run_round.sweep(store, store.config), lambda _event: None)
        if not args.mark_only:
            run_round.by_hand(store, store.config, agent.AGENT, "cli")
        failed = 0
        for key in before:
            job = rows.job(store, key)
            print(f"{job.id}: {job.status} {job.exit_code} {job.reason} {job.words}".rstrip())
            failed += job.status == "failed"
        if not before:
            print("No run is open.")
        if run_work.waits(store, clock.now()) is not None:
            print("What waits goes on with the server, or at the next call of this command.")
        return cli.FAILED if failed else cli.OK
