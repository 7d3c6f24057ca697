"""Sync in: brings items, barcodes, prices, stock, customers, ways to pay, tax codes and cashiers; prepares thumbnails.

Reads: cursors     Writes: catalogue, people, cursors, data/thumbs, notices     Talks to: ERPNext, or the hub
If it fails: the till sells with what it last heard; the next round goes on where this one stopped.
Once a day it reads full lists of names, because what was removed there shows in no pull.
"""

from __future__ import annotations

from pos import clock
from pos.actions import line, pictures, refresh
from pos.rules import hub
from pos.runner import Agent, Run, every

#: Pages and pictures of one round; a first pull of a big catalogue takes several rounds, one right after the other.
PAGES_MAX = 20
PICTURES_MAX = 20
#: A hub says what changed; should its nudge be lost, it is asked this often.
HUB_SECONDS = 60
#: Stock that was pulled while something of ours was being booked may hold that twice; it alone is asked for again then.
UNSETTLED_SECONDS = 60


def run(job: Run) -> str:
    """One round on one connection."""
    work = line.job_of(job, limit=PAGES_MAX)
    if work is None or job.kind is None:
        return "Nothing to bring in."
    whole_in = job.memory.get("whole_at", 0.0) - clock.monotonic()
    if job.cause == "schedule" and job.memory.get("unsettled") and whole_in > 0:
        done = refresh.pull(work, job.kind, only="stock")
    else:
        whole_in = HUB_SECONDS if job.kind.name == hub.KIND else 60 * job.config.erpnext.pull_minutes
        done = refresh.pull(work, job.kind)
        job.memory["whole_at"] = 0.0 if done.more or done.stopped else clock.monotonic() + whole_in
    job.memory["unsettled"] = done.unsettled
    job.again_in(min(whole_in, UNSETTLED_SECONDS) if done.unsettled else whole_in)
    if done.changed:
        job.ring("catalog")
    if done.more:
        job.again_in(0)
    elif not done.stopped and not job.stopping():
        made = pictures.prepare(work, job.memory, limit=PICTURES_MAX)
        if made.changed:
            job.ring("catalog")
        if made.left:
            job.again_in(1)
        return f"{done.sentence()} {made.sentence()}".strip()
    return done.sentence()


AGENT = Agent(
    name="sync_in",
    title="Bring items, prices, stock and people",
    run=run,
    when=every(minutes=60),  # [erpnext] pull_minutes brings it round sooner
    rings=("line", "feeds"),
    per="connection",
)
