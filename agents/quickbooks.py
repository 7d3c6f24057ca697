"""QuickBooks: keeps the sign-ins to QuickBooks Online alive, and tells people in time before one ends.

Reads: sign-ins     Writes: sign-ins, notices     Talks to: Intuit
If it fails: a sign-in that nobody uses ends after 100 days, and somebody connects it again; selling goes on.
"""

from __future__ import annotations

from pos.actions import qbo_standing, qbo_worker
from pos.config import Config
from pos.runner import Agent, Run, every


def run(job: Run) -> str:
    """One look."""
    return qbo_worker.look(job)


def wanted(config: Config) -> bool:
    """Only where the app's keys are set."""
    return qbo_standing.configured(config)


AGENT = Agent(
    name=qbo_worker.NAME,
    title="Keep the sign-in to QuickBooks",
    run=run,
    when=every(seconds=qbo_worker.POLL_SECONDS),
)
