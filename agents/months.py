"""Months: makes the partitions of a hub on PostgreSQL ahead, and puts months away that are older than keep_months.

Reads: documents     Writes: partitions, archives, audit, notices     Talks to: nobody
If it fails: documents of a month without a partition are kept beside the others and move later; old months stay.
"""

from __future__ import annotations

from pos.actions import months
from pos.config import Config
from pos.runner import Agent, Run, every
from pos.store import notices
from pos.store.db import is_postgresql

NOTICE = "months"


def wanted(config: Config) -> bool:
    """Only PostgreSQL has months."""
    return is_postgresql(config)


def run(job: Run) -> str:
    """One round; nothing where there are no months, whoever asked for it."""
    if not wanted(job.config):
        return "Only a hub on PostgreSQL has months."
    moved = months.make_and_move(job.store, job.config, job.stopping, job.breathe)
    if job.stopping():
        return f"{moved} receipts moved into their months; stopped."
    done, why = months.put_away_one(job.store, job.config, "months")
    if why:
        notices.raise_once(
            job.store, NOTICE, "check", f"A month is not put away. {why}", "docs/hub-operations.md: Months."
        )
    else:
        notices.settle(job.store, NOTICE)
    if done is not None:
        job.again_in(1)
        return f"{done.month}: {done.removed} receipts put away."
    return f"{moved} receipts moved into their months."


AGENT = Agent(
    name="months",
    title="Months of a hub on PostgreSQL",
    run=run,
    when=every(minutes=60),
)
