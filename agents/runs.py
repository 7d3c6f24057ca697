"""Runs: works on runs that were asked for, phase by phase, several companies at once.

Reads: runs, receipts, exports     Writes: runs, their logs and what they came to     Talks to: the books of a company
If it fails: the part of the run is taken up again by another worker, at the phase it was in; after three deaths in one
phase it has failed. Selling goes on.
"""

from __future__ import annotations

from pos.actions import run_round, runs
from pos.runner import Agent, Run, every


def run(job: Run) -> str:
    """One round: as long as there is something to do."""
    return run_round.go(job)


AGENT = Agent(
    name="runs",
    title="Work on runs",
    run=run,
    when=every(seconds=run_round.SLEEP_SECONDS),
    rings=(runs.BELL, "line"),
)
