"""A round of the runs' agent: workers in threads, each at one part, as many as there is work for.

What a worker holds is its own by a lease; a thread that ends without a word (a disk that is full) leaves it to run out,
and whoever comes next counts that as a death.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta

from pos import clock, trail
from pos.actions import line, run_notices, run_phases, runs, schedules
from pos.agent import Agent, Run
from pos.config import Config
from pos.connectors import KINDS
from pos.errors import CannotSave, NotFound
from pos.store import connections, run_work
from pos.store import runs as rows
from pos.store.db import Store
from pos.store.runs import ENDED, Part

log = logging.getLogger(__name__)

#: Parts worked on at once in one process.
WORKERS_MAX = runs.PARALLEL_MAX
#: How often it is looked for more while some are at work.
LOOK_SECONDS = 0.5
#: The longest between two rounds; [runs] poll_seconds asks for less.
SLEEP_SECONDS = 600


def go(run: Run) -> str:
    """Work on what there is until nothing can be worked on now. "" = there was nothing. What ended a worker without a
    word is raised when the others are done: none of them waits for it."""
    told(run.store, run.config, sweep(run.store, run.config), run.ring)
    going: dict[Future[str], Part] = {}
    count, failed = 0, list[BaseException]()
    with ThreadPoolExecutor(WORKERS_MAX, thread_name_prefix="run") as pool:
        while not run.stopping():
            while len(going) < WORKERS_MAX and (claimed := claim(run)) is not None:
                going[pool.submit(_hold, run, claimed)] = claimed
                count += 1
            if not going:
                break
            for future in wait(going, LOOK_SECONDS, FIRST_COMPLETED).done:
                going.pop(future)
                failed += filter(None, [future.exception()])
            told(run.store, run.config, sweep(run.store, run.config), run.ring)
    if failed:
        raise failed[0]
    due = run_work.waits(run.store, clock.now())
    seconds = SLEEP_SECONDS if due is None else max((due - clock.now()).total_seconds(), 1.0)
    run.again_in(min(seconds, run.config.runs.poll_seconds))
    return f"Parts of runs worked on: {count}." if count else ""


def by_hand(
    store: Store, config: Config, agent: Agent, owner: str, stopping: Callable[[], bool] = bool,
    work: Callable[[Run], str] | None = None,
) -> str:  # fmt: skip
    """Work on what there is, beside any server: a part is its worker's alone, whoever else looks for parts. As `go`,
    or as `work`, of another agent that holds what it works on by a lease."""
    run = Run(
        agent=agent, connection=None, kind=None, cause="person", now=clock.now(), store=store, config=config,
        owner=f"{owner}:{os.getpid()}:{clock.uuid7()}", memory={}, ring=runs.nobody, journal=None, _stopping=stopping,
        beats=True,
    )  # fmt: skip
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(run_phases.BEAT_SECONDS):
            try:
                run.beat(clock.now())
            except CannotSave as error:  # the lease outlives a few of them
                log.warning("what is worked on could not be held longer: %s", error.message)
        store.release()

    beater = threading.Thread(target=beat, name="beat", daemon=True)
    beater.start()
    try:
        return (work or go)(run)
    finally:
        ended.set()
        beater.join()


def sweep(store: Store, config: Config) -> list[str]:
    """Bring what nobody works on up to the truth; the runs that changed."""
    return run_work.sweep(store, clock.now(), timedelta(minutes=config.runs.lock_wait_minutes))


def claim(run: Run) -> Part | None:
    """The next part for a worker of this round; who wants to be told that a run began is."""
    taken = run_work.claim(run.store, f"{run.owner}:{clock.uuid7()}", clock.now())
    if taken is None:
        return None
    part, begins = taken
    if begins:
        job = rows.job(run.store, part.job)
        run_notices.started(run.store, run.config, job)
        run.ring(f"{runs.EVENT}:{job.id}:{job.status}")
    return part


def told(store: Store, config: Config, ids: list[str], ring: runs.Ring) -> None:
    """Tell of each of these runs how it stands now, and who wants to know that it ended; first how those ended of which
    nobody told, because whoever ended them was killed at that moment."""
    for key in dict.fromkeys([*rows.untold(store), *ids]):
        job = rows.job(store, key)
        if job.status in ENDED:
            try:
                run_notices.end(store, config, job)
            except (NotFound, LookupError, ValueError):  # what one cannot be told by holds up no other
                log.exception("nobody could be told how the run %s ended", key)
                rows.tell(store, key)
            schedules.ended(store, job)
        ring(f"{runs.EVENT}:{job.id}:{job.status}")


def _hold(run: Run, part: Part) -> str:
    """A worker's thread: one part, until it is over or waits."""
    own = replace(
        run, memory=run.memory.setdefault(part.connection, {}), lost=False, _stopping=run.stopping,
        _cpu=time.thread_time(),
    )  # fmt: skip
    job = rows.job(run.store, part.job)
    hold = run_phases.Work(run.store, run.config, job, part, lambda: send(own, part), stopping=run.stopping)
    try:
        with trail.following(agent="runs", connection=part.connection, run=job.id), run.keeping(hold.beat):
            status = run_phases.work(hold)
        if status:
            told(run.store, run.config, [job.id], run.ring)
            run.ring("status")
        return status
    finally:
        run.store.release()


def send(run: Run, part: Part) -> line.Job:
    """The job of the part's connection."""
    name = connections.line(run.store, part.connection).kind
    kind = {kind.name: kind for kind in KINDS}[name]
    return line.job_with(run, part.connection, kind, run_phases.DOCUMENTS_MAX)
