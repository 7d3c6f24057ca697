"""Backup: copies each receipt to every place within seconds, and makes, proves and thins out snapshots.

Reads: documents, the whole database     Writes: places, snapshots, notices     Talks to: folders, another till, S3
If it fails: the till keeps selling; the status bar says since when there is no copy, and what waits is copied later.
A snapshot is made in a process of its own, with the lowest priority, while copying goes on.
"""

from __future__ import annotations

from collections.abc import Callable

from pos import clock
from pos.actions import backup, snapshots
from pos.config import Config
from pos.places import words_of
from pos.runner import Agent, Run, every
from pos.store import aside

#: Under load receipts are copied this often, so that sales keep the disk.
REST_SECONDS = 1.0
#: How often to see whether a snapshot is done.
LOOK_SECONDS = 2.0


def run(job: Run) -> str:
    """One round of copying, and a look at whether a snapshot is due or done."""
    if not words_of(job.config):
        return "No place for copies is named."
    done = backup.copy(job.store, job.config, job.memory.setdefault("places", {}), job.stopping)
    said = _snapshot(job)
    if job.cause != "ring":
        backup.tell_when_late(job.store, job.config)
    if done.receipts or done.failed:
        job.ring("status")
    if done.more:
        job.again_in(0)
    elif done.receipts:
        job.silent_for(REST_SECONDS)
    elif "snapshot" in job.memory:
        job.again_in(LOOK_SECONDS)
    else:
        job.again_in(done.again_in)
    return " ".join(part for part in (done.sentence(), said) if part) or "Nothing to copy."


def _snapshot(job: Run) -> str:
    under_way: aside.Aside | None = job.memory.get("snapshot")
    if under_way is not None:
        if under_way.runs:
            return "A snapshot is being made."
        del job.memory["snapshot"]
        job.ring("status")
        return "The snapshot is done."
    if not job.store.keeps_files:
        return ""  # a hub's database is copied by PostgreSQL's own tools
    tried_at = job.memory.get("tried_at")
    if job.stopping() or not snapshots.is_due(job.store, job.config, job.now, tried_at):
        return ""
    job.memory["tried_at"] = clock.now()
    job.memory["snapshot"] = aside.Aside(snapshots.scheduled, job.config)
    return "A snapshot was begun."


def listen(_config: Config, _ring: Callable[[str], None]) -> Callable[[], None]:
    """Nothing outside is listened to; a snapshot under way ends with the program."""
    return aside.end_all


AGENT = Agent(
    name="backup",
    title="Copy receipts and make snapshots",
    run=run,
    when=every(minutes=1),
    rings=(
        "sale", "return", "void", "float", "paid_in", "paid_out", "drop", "no_sale", "voucher", "z",
    ),
    listen=listen,
)  # fmt: skip
