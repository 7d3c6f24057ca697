"""Working on runs: a part is one worker's at a time, by a lease; a company has one running part at a time, of all runs.

How far a part came is one word in its row (`phase`). Whoever dies lets go by itself: the next one begins the same phase
again, and after three deaths in one phase the part has failed. Nothing here knows what a phase does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.rules import run_codes
from pos.said import packed, said
from pos.store import run_artifacts, run_logs, runs
from pos.store.db import Store
from pos.store.models import RunJob, RunPart
from pos.store.run_rows import PHASES, Part, part_of

LEASE_SECONDS = 30
#: So many workers dead in one phase are no accident.
TRIES_MAX = 3
#: A lease that ends further ahead than this, and a wait that does, are of before the clock was set back.
AHEAD_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class End:
    """How a part ends. status: succeeded, failed or cancelled."""

    status: str
    exit_code: str
    reason: str
    words: str
    warnings: int = 0


def claim(store: Store, owner: str, now: datetime) -> tuple[Part, bool] | None:
    """The next part that may be worked on, for this worker alone, and whether its run begins with it; None when there
    is none. What was begun goes first, then what was asked for first, as far as its run may start one more now and no
    other run has its company."""
    stamp, ahead = clock.stamp(now), _ahead(now)
    with store.reading():  # nobody who writes waits for a look that finds nothing
        if not RunPart.select().where(RunPart.status.in_(runs.OPEN) & (RunPart.owner == "")).exists():
            return None
    with store.transaction():
        due = (RunPart.next_at <= stamp) | (RunPart.next_at > ahead)
        begun = (RunPart.status == "running") & (RunPart.owner == "") & due
        for row in RunPart.select().where(begun).order_by(RunPart.n):
            job = RunJob.get(RunJob.id == row.job)
            if job.cancel_at or _at_work(store, row.job) < job.parallel:
                since = {"started_at": stamp} if row.started_at > ahead else {}
                RunPart.update(owner=owner, lease_until=_until(now), next_at="", **since).where(
                    RunPart.n == row.n
                ).execute()
                return part_of(RunPart.get(RunPart.n == row.n)), False
        taken, turns = _taken(), _Turns(store, now)
        for row in RunPart.select().where(RunPart.status == "queued").order_by(RunPart.n):
            if row.company not in taken and turns.come(row.job) and _begin(store, row, owner, now):
                before = RunJob.select(RunJob.status).where(RunJob.id == row.job).scalar()
                return part_of(RunPart.get(RunPart.n == row.n)), runs.settle(store, row.job, now) != before
    return None


class _Turns:
    """Which runs may start one more part now: so many at once, so far apart, and none after a failure. Each is looked
    at once, however many of its parts wait: nobody who sells may write meanwhile."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store, self._now, self._known = store, now, dict[str, bool]()

    def come(self, job: str) -> bool:
        """Whether this one may."""
        if job not in self._known:
            self._known[job] = self._may(RunJob.get(RunJob.id == job))
        return self._known[job]

    def changed(self, job: str) -> None:
        """One of its parts ended meanwhile."""
        self._known.pop(job, None)

    def _may(self, job: Any) -> bool:
        last, failed = self._store.execute(
            "SELECT max(started_at), count(CASE WHEN status = 'failed' THEN 1 END) FROM run_part WHERE job = ?",
            (job.id,),
        ).fetchone()
        busy = _at_work(self._store, job.id) >= job.parallel
        if job.cancel_at or busy or (failed and not job.continue_on_failure):
            return False
        soonest = clock.stamp(self._now - timedelta(seconds=job.stagger_seconds))
        return not last or last <= soonest or last > clock.stamp(self._now)


def _taken() -> dict[str, str]:
    """Companies that have a running part, each with its run."""
    rows = RunPart.select(RunPart.company, RunPart.job).where(RunPart.status == "running")
    return {row.company: row.job for row in rows}


def _at_work(store: Store, job: str) -> int:
    """How many parts of a run are worked on. One that waits for its books takes no other company's turn."""
    asked = "SELECT count(*) FROM run_part WHERE job = ? AND status = 'running' AND owner <> ''"
    return int(store.execute(asked, (job,)).fetchone()[0])


def _begin(store: Store, row: Any, owner: str, now: datetime) -> bool:
    changed = store.execute(
        "UPDATE run_part SET status = 'running', owner = ?, lease_until = ?, started_at = ?, next_at = '', cursor = ?,"
        " words = '', made_of = '' WHERE n = ? AND status = 'queued'"
        " AND NOT EXISTS (SELECT 1 FROM run_part o WHERE o.company = ? AND o.status = 'running')",
        (owner, _until(now), clock.stamp(now), "{}", row.n, row.company),
    )
    return changed.rowcount == 1


def waits(store: Store, now: datetime) -> datetime | None:
    """When there is next something to do: now, the moment a part waits for, None when no run is open. A part that waits
    for others is looked at when they end."""
    with store.reading():
        rows = list(RunPart.select(RunPart.status, RunPart.owner, RunPart.next_at).where(RunPart.status == "running"))
        queued = RunPart.select().where(RunPart.status == "queued").exists()
    moments = [clock.parse(row.next_at) if row.next_at else now for row in rows if row.owner == ""]
    if queued or any(row.owner for row in rows):
        moments.append(now + timedelta(seconds=5))
    return max(min(moments), now) if moments else None


# -- the holder's own --------------------------------------------------------------------------------------------------


def beat(store: Store, part: Part, now: datetime) -> bool:
    """Hold it longer. False when it is another worker's by now. From any thread."""
    with store.rows():
        return bool(RunPart.update(lease_until=_until(now)).where(_mine(part)).execute() == 1)


def keep(store: Store, part: Part, cursor: Mapping[str, Any], now: datetime) -> bool:
    """Keep how far the phase came. False when it is another worker's by now."""
    with store.rows():
        text = json.dumps(dict(cursor))
        return bool(
            RunPart.update(cursor=text, lease_until=_until(now)).where(_mine(part)).execute() == 1
        )  # fmt: skip


def next_phase(store: Store, part: Part, now: datetime) -> Part | None:
    """The phase is over: the next one begins, and its count of deaths. None when it is another worker's by now."""
    after = PHASES[PHASES.index(part.phase) + 1]
    with store.transaction():
        changed = RunPart.update(
            phase=after, tries=0, cursor="{}", lease_until=_until(now), words="", made_of=""
        ).where(_mine(part) & (RunPart.phase == part.phase)).execute()  # fmt: skip
        return part_of(RunPart.get(RunPart.n == part.n)) if changed else None


def put_off(store: Store, part: Part, until: datetime, words: str) -> bool:
    """It goes on later, from where it is; at once where somebody cancelled meanwhile. until: AHEAD_SECONDS from now at
    most. words say what it waits for. Its company stays taken. False when it is another worker's by now."""
    with store.transaction():
        cancel = RunJob.select(RunJob.cancel_at).where(RunJob.id == part.job).scalar()
        changed = RunPart.update(
            owner="", lease_until="", next_at="" if cancel else clock.stamp(until), words=words, made_of=packed(words)
        ).where(_mine(part)).execute()  # fmt: skip
        return bool(changed == 1)


def let_go(store: Store, part: Part) -> None:
    """It goes on at once, with whoever takes it next: this program stops."""
    with store.transaction():
        RunPart.update(owner="", lease_until="").where(_mine(part)).execute()


def finish(store: Store, part: Part, end: End, now: datetime) -> str:
    """It is over. The status of its run now; "" when it is another worker's by now: nothing happened."""
    with store.transaction():
        if not _end(store, part.n, end, now, owner=part.owner):
            return ""
        return runs.settle(store, part.job, now)


def holds(store: Store, part: Part) -> bool:
    """Whether it is this worker's still. What is written in the same transaction is so until that ends."""
    with store.transaction():
        return bool(RunPart.select().where(_mine(part)).exists())


def cancelled(store: Store, job_id: str) -> bool:
    """Whether somebody asked this run to stop."""
    with store.reading():
        return bool(RunJob.select(RunJob.cancel_at).where(RunJob.id == job_id).scalar())


# -- what nobody works on ----------------------------------------------------------------------------------------------


def sweep(store: Store, now: datetime, lock_wait: timedelta) -> list[str]:
    """Bring up to the truth what nobody works on: workers that died, parts that waited too long for another run of
    their company, parts nobody will start because one before them failed. The runs that changed."""
    touched: list[str] = []
    with store.reading():
        if not RunPart.select().where(_over(now) | (RunPart.status == "queued")).exists():
            return touched
    with store.transaction():
        for step in (_dead, _never, lambda store, now: _blocked(store, now, lock_wait)):
            touched += step(store, now)
        for key in dict.fromkeys(touched):
            runs.settle(store, key, now)
    return list(dict.fromkeys(touched))


def owner_is_dead(store: Store, owners: str, now: datetime) -> int:
    """What owners whose name starts so hold is free as of now, and counts as a death. Only for a process that knows."""
    with store.transaction():
        held = RunPart.owner.startswith(owners) & (RunPart.status == "running")
        return int(RunPart.update(lease_until=clock.stamp(now)).where(held).execute())


def _dead(store: Store, now: datetime) -> list[str]:
    found = list(RunPart.select().where(_over(now)))
    for row in found:
        tries = row.tries + 1
        words = f"{run_logs.DIED}{tries} of {TRIES_MAX})."
        run_logs.say(store, row.job, row.company, row.phase, "warning", words, now)
        if tries < TRIES_MAX:
            RunPart.update(owner="", lease_until="", next_at="", tries=tries).where(RunPart.n == row.n).execute()
            continue
        phase = run_codes.PHASES.get(row.phase, row.phase)
        words = said("Its worker died {n} times in the phase {phase}.", n=tries, phase=phase)
        RunPart.update(tries=tries).where(RunPart.n == row.n).execute()
        _end(store, row.n, End("failed", "-1", "stale", words), now, owner=row.owner)
    return [row.job for row in found]


def _never(store: Store, now: datetime) -> list[str]:
    rows = store.execute(
        "SELECT p.n, p.job FROM run_part p JOIN run_job j ON j.id = p.job WHERE p.status = 'queued'"
        " AND j.continue_on_failure = ? AND EXISTS (SELECT 1 FROM run_part f WHERE f.job = p.job"
        " AND f.status = 'failed')",
        (0,),
    ).fetchall()
    words = said("Not started: another company's part of this run failed.")
    for n, _ in rows:
        _end(store, n, End("cancelled", "1", "not_started", words), now, owner="")
    return [job for _, job in rows]


def _blocked(store: Store, now: datetime, wait: timedelta) -> list[str]:
    touched, taken, turns = list[str](), _taken(), _Turns(store, now)
    for row in RunPart.select().where(RunPart.status == "queued").order_by(RunPart.n):
        holder = taken.get(row.company)
        if holder is None or not turns.come(row.job):
            continue
        since = json.loads(row.cursor).get("blocked_at", "")
        if not since or since > clock.stamp(now):  # not yet, or by a clock that was set back
            words = said("Waits for another run of the same company.")
            RunPart.update(
                cursor=json.dumps({"blocked_at": clock.stamp(now)}), words=words, made_of=packed(words)
            ).where(RunPart.n == row.n).execute()  # fmt: skip
            run_logs.say(store, row.job, row.company, "", "info", f"Waits for run {holder} of the same company.", now)
            touched.append(row.job)
        elif clock.parse(since) + wait <= now:
            minutes = int(wait.total_seconds() // 60)
            words = said("Another run of the same company went on for {minutes} minutes.", minutes=minutes)
            _end(store, row.n, End("failed", "2", "lock_held", words), now, owner="")
            turns.changed(row.job)
            touched.append(row.job)
    return touched


def _end(store: Store, n: int, end: End, now: datetime, *, owner: str) -> bool:
    """Inside a transaction."""
    row = RunPart.get_or_none((RunPart.n == n) & (RunPart.owner == owner) & RunPart.status.in_(runs.OPEN))
    if row is None:
        return False
    RunPart.update(
        status=end.status, exit_code=end.exit_code, reason=end.reason, words=end.words, made_of=packed(end.words),
        warnings=end.warnings, ended_at=clock.stamp(now), owner="", lease_until="", next_at="",
        phase="done" if end.status == "succeeded" else row.phase,
    ).where(RunPart.n == n).execute()  # fmt: skip
    run_artifacts.close(store, row.job, row.company, end.status, now)
    level = "error" if end.status == "failed" else "warning" if end.status == "cancelled" or end.warnings else "info"
    run_logs.say(store, row.job, row.company, row.phase, level, end.words, now)
    return True


def _over(now: datetime) -> Any:
    """That somebody holds it and does not any more."""
    over = (RunPart.lease_until <= clock.stamp(now)) | (RunPart.lease_until > _ahead(now))
    return (RunPart.status == "running") & (RunPart.owner != "") & over


def _ahead(now: datetime) -> str:
    return clock.stamp(now + timedelta(seconds=AHEAD_SECONDS))


def _mine(part: Part) -> Any:
    return (RunPart.n == part.n) & (RunPart.owner == part.owner) & (RunPart.status == "running")


def _until(now: datetime) -> str:
    return clock.stamp(now + timedelta(seconds=LEASE_SECONDS))
