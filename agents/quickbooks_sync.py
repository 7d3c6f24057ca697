"""QuickBooks sync: works on pushes and pulls of customers, items, invoices, orders and payments that were asked for.

Reads: jobs, records     Writes: records, links, conflicts, jobs, the catalogue     Talks to: QuickBooks Online
If it fails: jobs wait and go on from where they were; nothing is sent twice; selling and booking go on.
"""

from __future__ import annotations

from pos.actions import qbo_jobs, qbo_sync, qbo_worker
from pos.runner import Agent, Run, every


def run(job: Run) -> str:
    """One round."""
    return qbo_jobs.work(job)


AGENT = Agent(
    name=qbo_sync.NAME,
    title="Bring records together with QuickBooks",
    run=run,
    when=every(seconds=qbo_worker.POLL_SECONDS),
    rings=(qbo_sync.BELL, "line"),
)
