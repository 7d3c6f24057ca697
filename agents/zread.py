"""Z-read: after each close and daily, holds the till against what a connection has booked, and names what differs.

Reads: documents, outbox     Writes: reconciliation, notices     Talks to: ERPNext (reads only)
If it fails: the last verdicts stand, with the reason beside them; the next round looks again.
"""

from __future__ import annotations

from pos.actions import line, reconcile
from pos.runner import Agent, Run, every


def run(job: Run) -> str:
    """One round on one connection."""
    if job.kind is not None and not job.kind.compares:
        return "The hub holds what it booked against the books."
    work = line.job_of(job, limit=reconcile.SCOPES_MAX) or line.mailbox_job(job, limit=reconcile.SCOPES_MAX)
    if work is None:
        return "Nothing to compare with."
    done = reconcile.round_on(work)
    job.again_in(done.again_in)
    if done.match or done.mismatch:
        job.ring("reconciled")
    return done.sentence()


AGENT = Agent(
    name="zread",
    title="Hold the till against the books",
    run=run,
    when=every(minutes=10),
    rings=("z", "line", "reconcile"),
    per="connection",
)
