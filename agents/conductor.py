"""QuickBooks Desktop through Conductor: works on sessions that were started, a company file at a time by one worker.

Reads: sessions, records     Writes: records, links, conflicts, sessions, notices     Talks to: Conductor
If it fails: a session goes on from where it was, under another worker; nothing is sent twice; selling goes on.
"""

from __future__ import annotations

from pos.actions import conductor_jobs, conductor_manager
from pos.config import Config
from pos.runner import Agent, Run, every


def run(job: Run) -> str:
    """One round."""
    return conductor_jobs.work(job)


def wanted(config: Config) -> bool:
    """Only where there is a secret key."""
    return bool(config.conductor.secret_key)


AGENT = Agent(
    name=conductor_manager.NAME,
    title="Bring records together with QuickBooks Desktop",
    run=run,
    when=every(seconds=conductor_jobs.POLL_SECONDS),
    rings=(conductor_manager.BELL,),
)
