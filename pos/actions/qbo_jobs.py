"""The worker of pushes and pulls: takes one job at a time, works on it under a lease, and puts it off where nobody
answers. One bounded round; whoever dies in the middle leaves a job that goes on from its cursor."""

from __future__ import annotations

from datetime import datetime, timedelta

from pos import clock
from pos.actions import qbo_alive, qbo_pull, qbo_push, qbo_records, qbo_sync
from pos.actions.qbo_standing import settings_of
from pos.agent import Run
from pos.errors import ConnectorError, SignInNeeded, Unavailable, UserError
from pos.store import connections, qbo_tokens, sync_jobs
from pos.store.sync_jobs import Job

#: Jobs of one round, at most.
ROUND_JOBS = 10
#: While they cannot be reached, and while nobody is signed in.
AWAY_SECONDS, SIGNED_OUT_SECONDS = 60, 300
KEPT_DAYS, SKIPPED_DAYS = 180, 7
#: What is brought in by itself; documents are pulled when somebody asks.
REGULARLY = ("customers", "items")


def work(job: Run) -> str:
    """One round. "" = there was nothing to do."""
    count, owner = 0, f"{job.owner}:sync"
    ask_again(job)
    while count < ROUND_JOBS and not job.stopping():
        taken = sync_jobs.claim(job.store, owner, clock.now())
        if taken is None:
            break
        with job.keeping(lambda now, held=taken: sync_jobs.beat(job.store, held, now)):  # type: ignore[misc]
            done(job, taken)
        count += 1
    if count == ROUND_JOBS and sync_jobs.waits(job.store, clock.now()):
        job.again_in(1)
    if not count:
        if job.memory.get("thinned") != clock.now().date():
            job.memory["thinned"] = clock.now().date()
            now = clock.now()
            sync_jobs.thin(job.store, now - timedelta(days=KEPT_DAYS), now - timedelta(days=SKIPPED_DAYS))
        return ""
    job.ring("status")
    return f"Jobs of QuickBooks worked on: {count}."


def ask_again(job: Run) -> None:
    """Customers and items are pulled every pull_minutes, once somebody began to; without a sign-in nothing is asked."""
    store, now = job.store, clock.now()
    for row in qbo_tokens.rows(store):
        minutes = settings_of(store, job.config, row.company).pull_minutes
        if minutes < 1 or not row.has_tokens or row.reauth:
            continue
        due = clock.stamp(now - timedelta(minutes=minutes))
        for resource in REGULARLY:
            mark = connections.mark(store, row.connection, qbo_pull.feed(resource))
            if mark.value and mark.moved_at <= due:
                sync_jobs.ask(store, row.company, row.connection, "pull", resource, qbo_sync.NAME, now)


def done(job: Run, taken: Job) -> None:
    """Work on one job: it is ended, put off, or let go."""
    store, now = job.store, clock.now()
    try:
        client = qbo_alive.client(store, job.config, taken.connection)
        on = qbo_records.side(store, job.config, taken.company, taken.connection, client)
        try:
            run = qbo_pull.run if taken.direction == "pull" else qbo_push.run
            after = run(on, taken, job.stopping, job.breathe)
        finally:
            client.close()
    except qbo_pull.Lost:
        return
    except SignInNeeded as error:
        _later(job, taken, now + timedelta(seconds=SIGNED_OUT_SECONDS), error)
    except Unavailable as error:
        _later(job, taken, error.retry_at or now + timedelta(seconds=AWAY_SECONDS), error)
    except ConnectorError as error:
        sync_jobs.end(store, taken, clock.now(), error.code, error.message)
    except (UserError, ValueError) as error:  # the mapping cannot be read
        sync_jobs.end(store, taken, clock.now(), "not_mapped", str(error))
    else:
        if after is True:
            sync_jobs.end(store, taken, clock.now())
        elif isinstance(after, datetime):
            sync_jobs.put_off(store, taken, after, "asking", "An answer was lost; it is looked for.")
        else:
            sync_jobs.let_go(store, taken)


def _later(job: Run, taken: Job, at: datetime, error: ConnectorError) -> None:
    """They cannot be asked: no record is failed for that."""
    sync_jobs.put_off(job.store, taken, max(at, clock.now() + timedelta(seconds=1)), error.code, error.message)
