"""agents: run what happens by itself in a process of its own, beside the server. Set [queue] in_server = no there."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from agents import AGENTS, of
from pos import cli
from pos.cli import opened
from pos.cli.signals import stopped_by_signals
from pos.runner import Runner
from pos.store import hub_copy, identity, notices
from pos.web import logs


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--list", action="store_true", help="print the agents and end")


def run(args: argparse.Namespace, root: Path) -> int:
    """Run until Ctrl-C or SIGTERM. The store is shared with servers and other such processes by leases."""
    if args.list:
        for agent in AGENTS:
            print(f"{agent.name:<12} {agent.title}")
        return cli.OK
    loaded = opened.settings(root)
    with opened.till(root) as store:
        identity.refuse_moved(store)
        if loaded.server.role != "till":
            hub_copy.came_back(store)
        logs.install(loaded, "agents")
        at_work = of(loaded)
        runner = Runner(store, loaded, at_work, role="agents")
        notices.on_change(store, lambda: runner.ring("notice"))
        done = threading.Event()
        with stopped_by_signals(done.set):
            runner.start(work=True)
            print(f"{len(at_work)} agents at work on {root}. Stop with Ctrl-C.", flush=True)
            while not done.wait(1.0):  # in slices, so that Windows lets a signal through
                pass
        runner.stop()
    return cli.OK
