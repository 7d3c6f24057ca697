"""Schedules: starts runs at the moments they are due.

Reads: schedules, companies     Writes: schedules, what they did, runs     Talks to: nobody
If it fails: moments that went by meanwhile are told as missed; the latest starts once when it is at work again.
"""

from __future__ import annotations

from datetime import timedelta

from pos import clock
from pos.actions import run_keep, schedules
from pos.runner import Agent, Run, every
from pos.store import run_choices
from pos.store import schedules as kept

#: The longest between two looks; [runs] poll_seconds asks for less.
LOOK_SECONDS = 600
THIN_SECONDS = 3600.0


def run(job: Run) -> str:
    """One look; the next one in time for what is due next."""
    looked = schedules.look(job.store, job.config, ring=job.ring)
    _thin(job)
    ahead = (looked.next_at - clock.now()).total_seconds() if looked.next_at else LOOK_SECONDS
    job.again_in(min(job.config.runs.poll_seconds, max(ahead, 0.0)))
    return looked.sentence()


def _thin(job: Run) -> None:
    """Once an hour: what they did, logs of runs and files of exports are kept as long as was chosen."""
    if job.memory.get("thin_at", 0.0) > clock.monotonic():
        return
    job.memory["thin_at"] = clock.monotonic() + THIN_SECONDS
    days = run_choices.effective(job.store, job.config).keep_event_days
    if days:
        kept.thin(job.store, clock.now() - timedelta(days=days))
    run_keep.tidy(job.store, job.config, clock.now())


AGENT = Agent(
    name=schedules.NAME,
    title="Start runs on schedule",
    run=run,
    when=every(seconds=LOOK_SECONDS),
    rings=(schedules.BELL,),
)
