"""Schedules of runs, what became of each of their moments, and when somebody last looked for one.

A moment is fired by whoever moves `next_fire_at` on from it, which only one can: any number of processes may look.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from peewee import fn

from pos import clock
from pos.errors import Conflict, NotFound
from pos.said import packed, said, unpacked
from pos.store import audit, listing
from pos.store.db import Store
from pos.store.listing import Asked, Page, Source
from pos.store.models import Meta, RunJob, RunPart
from pos.store.models import RunSchedule as Schedules
from pos.store.models import RunScheduleEvent as Events
from pos.store.reach import EVERYWHERE, Reach
from pos.store.run_rows import ENDED, OPEN, inside

#: What became of a schedule's last moment.
RESULTS = ("queued", "skipped_overlap", "skipped_invalid", "error", "missed")
KINDS = (
    *RESULTS, "run_succeeded", "run_failed", "run_cancelled", "clock_set_back", "fallback_on", "fallback_off",
)  # fmt: skip
#: The schedule of the settings, for as long as there is no other.
FALLBACK = "00000000-0000-4000-8000-000000000001"
LISTED_MAX = 500
#: What one starts.
RUNS, CONDUCTOR = "runs", "conductor"
#: Where the moment of the last look is kept.
LOOKED = "schedules.looked_at"
_COLUMNS = ("n", "schedule", "company", "at", "fire_at", "kind", "job", "words", "made_of")
_SOURCE = Source(tuple(f"e.{name}" for name in _COLUMNS), "run_schedule_event e", "e.n", {"at": "e.n"})


@dataclass(frozen=True, slots=True)
class Form:
    """What a person chooses of a schedule. company: "" = all. date_mode: trading_date or yesterday. what: RUNS, or
    CONDUCTOR for a session with QuickBooks Desktop, of the types `objects`, () = all."""

    name: str
    company: str
    cron: str
    time_zone: str
    date_mode: str
    parallel: int
    stagger_seconds: int
    continue_on_failure: bool
    what: str = field(default=RUNS, kw_only=True)
    objects: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Schedule(Form):
    """One schedule. Moments are clock.stamp() text, "" = never or none. version: given back with a change."""

    id: str
    enabled: bool
    is_system: bool
    next_fire_at: str
    last_fire_at: str
    last_result: str
    version: int
    made_by: str
    made_at: str


@dataclass(frozen=True, slots=True)
class Event:
    """What a schedule did at a moment it was due, or why it did not. job: the run's id, "" = none."""

    n: int
    schedule: str
    company: str
    at: str
    fire_at: str
    kind: str
    job: str
    words: str


# -- looked at ---------------------------------------------------------------------------------------------------------


def listed(store: Store, reach: Reach = EVERYWHERE) -> list[Schedule]:
    """All schedules somebody may see, those that are on first, then by name. One of all companies is of no company."""
    with store.reading():
        mine = inside(store, reach)
        found = Schedules.select()
        if mine is not None:
            found = found.where(Schedules.company.in_(mine))
        rows = [_schedule(row) for row in found.order_by(Schedules.n).limit(LISTED_MAX)]
    return sorted(rows, key=lambda row: (not row.enabled, row.is_system, row.name.casefold()))


def one(store: Store, key: str, reach: Reach = EVERYWHERE) -> Schedule:
    """One schedule. NotFound, also for one outside."""
    with store.reading():
        row = Schedules.get_or_none(Schedules.id == key)
        mine = inside(store, reach)
    if row is None or (mine is not None and row.company not in mine):
        raise NotFound(said("There is no such schedule here."))
    return _schedule(row)


def events(
    store: Store, reach: Reach = EVERYWHERE, *, schedule: str = "", kind: str = "", asked: Asked | None = None
) -> tuple[list[Event], Page]:
    """A page of what schedules did, the newest first; of one schedule, or of one kind."""
    where, facts = list[str](), list[str]()
    with store.reading():
        mine = inside(store, reach)
        if mine is not None:
            where.append(f"e.company IN ({', '.join('?' * len(mine)) or 'NULL'})")
            facts += mine
        for column, value in (("schedule", schedule), ("kind", kind)):
            if value:
                where.append(f"e.{column} = ?")
                facts.append(value)
        page = listing.page(store, _SOURCE, where, facts, asked or Asked())
    return [_event(row) for row in page.rows], page


def going(store: Store, schedule: Schedule) -> str:
    """The run that is in the way of this schedule: one it began itself, one of its company, for all companies one of
    all. "" = none."""
    with store.reading():
        mine = RunJob.status.in_(OPEN)
        if schedule.company:
            part = RunPart.select(RunPart.job).where(
                (RunPart.company == schedule.company) & RunPart.status.in_(OPEN)
            )  # fmt: skip
            mine &= (RunJob.schedule == schedule.id) | RunJob.id.in_(part)
        else:
            mine &= (RunJob.schedule == schedule.id) | (RunJob.scope == "all")
        return str(RunJob.select(RunJob.id).where(mine).order_by(RunJob.n).limit(1).scalar() or "")


# -- changed by people -------------------------------------------------------------------------------------------------


def add(
    store: Store, form: Form, by: str, now: datetime, next_fire_at: str, *, enabled: bool = True, key: str = ""
) -> str:
    """One more schedule; its id, which is `key` where one is given. Conflict when that is there."""
    key = key or str(uuid.UUID(clock.uuid7()))
    with store.transaction():
        if Schedules.select().where(Schedules.id == key).exists():
            raise Conflict(said("There is a schedule with this id already."), field="id", code="taken")
        Schedules.create(
            id=key, **_plain(form), enabled=enabled, next_fire_at=next_fire_at, version=1, made_by=by,
            made_at=clock.stamp(now),
        )  # fmt: skip
        audit.record(store, by, "schedule.add", key, {**_plain(form), "enabled": enabled})
    return key


def change(store: Store, old: Schedule, form: Form, by: str, next_fire_at: str) -> None:
    """Put what was chosen in its place. Conflict, code "changed", when somebody else changed it since `old` was read;
    that it fired meanwhile is no such change."""
    before, after = _plain(old), _plain(form)
    told = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    moved = {"next_fire_at": next_fire_at} if next_fire_at != old.next_fire_at else {}
    _put(store, old, {**after, **moved}, by, "schedule.change", told)


def switch(store: Store, old: Schedule, enabled: bool, by: str, next_fire_at: str) -> None:
    """Switch it on or off. Conflict as `change`."""
    _put(store, old, {"enabled": enabled, "next_fire_at": next_fire_at}, by, "schedule.switch", {"enabled": enabled})


def remove(store: Store, old: Schedule, by: str) -> None:
    """Take it away; what it did stays. Conflict as `change`."""
    with store.transaction():
        if not Schedules.delete().where(_same(old)).execute():
            raise _changed()
        audit.record(store, by, "schedule.remove", old.id, _plain(old))


def _put(store: Store, old: Schedule, values: dict[str, Any], by: str, act: str, told: dict[str, Any]) -> None:
    with store.transaction():
        if not Schedules.update(**values, version=Schedules.version + 1).where(_same(old)).execute():
            raise _changed()
        audit.record(store, by, act, old.id, {"name": old.name, **told})


def _same(old: Schedule) -> Any:
    return (Schedules.id == old.id) & (Schedules.version == old.version)


def _changed() -> Conflict:
    words = said("Somebody changed or deleted this schedule meanwhile. Look again, then change it.")
    return Conflict(words, code="changed")


# -- fired -------------------------------------------------------------------------------------------------------------


def due(store: Store, now: datetime) -> list[Schedule]:
    """Schedules a moment of which has come, the one that waits longest first."""
    with store.reading():
        asked = (Schedules.enabled == 1) & (Schedules.next_fire_at != "") & (Schedules.next_fire_at <= clock.stamp(now))
        return [_schedule(row) for row in Schedules.select().where(asked).order_by(Schedules.next_fire_at)]


def next_at(store: Store) -> str:
    """The moment the next one of all is due, "" = none is."""
    with store.reading():
        asked = (Schedules.enabled == 1) & (Schedules.next_fire_at != "")
        first = Schedules.select(Schedules.next_fire_at).where(asked).order_by(Schedules.next_fire_at).limit(1)
        return str(first.scalar() or "")


def planned(store: Store) -> list[Schedule]:
    """Those that are on and have a next moment."""
    with store.reading():
        return [
            _schedule(row)
            for row in Schedules.select().where((Schedules.enabled == 1) & (Schedules.next_fire_at != ""))
        ]


def claim(store: Store, schedule: Schedule, next_fire_at: str, fired_at: str = "") -> bool:
    """Move it on from the moment it was planned for; False when somebody else did, or it was changed. Whoever gets True
    may act on that moment. fired_at: which one that is, "" = none."""
    asked = (
        _same(schedule) & (Schedules.enabled == 1) & (Schedules.next_fire_at == schedule.next_fire_at)
    )  # fmt: skip
    fired = {"last_fire_at": fired_at} if fired_at else {}
    with store.transaction():
        return bool(Schedules.update(next_fire_at=next_fire_at, **fired).where(asked).execute() == 1)


def note(
    store: Store, schedule: Schedule, kind: str, now: datetime, *, fire_at: str = "", job: str = "", words: str = ""
) -> None:
    """Keep what it did; a result is shown with the schedule, too. words: why, "" = nothing to say."""
    assert kind in KINDS
    with store.transaction():
        if kind in RESULTS:
            Schedules.update(last_result=kind).where(Schedules.id == schedule.id).execute()
        Events.create(
            schedule=schedule.id, company=schedule.company, at=clock.stamp(now), fire_at=fire_at, kind=kind, job=job,
            words=words, made_of=packed(words),
        )  # fmt: skip


def ended(store: Store, schedule: str, company: str, kind: str, job: str, words: str, now: datetime) -> None:
    """A run that a schedule began is over; the schedule may be gone by now. Told twice it is kept once."""
    with store.transaction():
        same = (Events.schedule == schedule) & (Events.job == job) & (Events.kind == kind)
        if Events.select().where(same).exists():
            return
        Events.create(
            schedule=schedule, company=company, at=clock.stamp(now), kind=kind, job=job, words=words,
            made_of=packed(words),
        )  # fmt: skip


def of_job(store: Store, job: str) -> str:
    """The schedule that began it, "" = none did."""
    with store.reading():
        asked = (Events.job == job) & (Events.kind == "queued")
        return str(Events.select(Events.schedule).where(asked).order_by(Events.n.desc()).limit(1).scalar() or "")


def untold(store: Store, since: datetime) -> list[str]:
    """Runs of schedules, asked for since then, that are over and whose end nobody has kept yet."""
    with store.reading():
        told = Events.select(Events.job).where(
            (Events.schedule == RunJob.schedule) & (Events.job == RunJob.id) & Events.kind.startswith("run_")
        )  # fmt: skip
        asked = (RunJob.created_at >= clock.stamp(since)) & (RunJob.schedule != "") & RunJob.status.in_(ENDED)
        return [row.id for row in RunJob.select(RunJob.id).where(asked & ~fn.EXISTS(told)).order_by(RunJob.n)]


def thin(store: Store, before: datetime) -> int:
    """Take out what happened before; how many."""
    with store.transaction():
        return int(Events.delete().where(Events.at < clock.stamp(before)).execute())


# -- the schedule of the settings --------------------------------------------------------------------------------------


def of_people(store: Store) -> bool:
    """Whether any schedule of runs of somebody's is on."""
    with store.reading():
        mine = (Schedules.enabled == 1) & (Schedules.is_system == 0) & (Schedules.what == RUNS)
        return bool(Schedules.select().where(mine).exists())


def fallback(store: Store) -> Schedule | None:
    """The one of the settings as it stands, on or off."""
    with store.reading():
        row = Schedules.get_or_none(Schedules.id == FALLBACK)
    return _schedule(row) if row else None


def set_fallback(store: Store, form: Form, now: datetime, next_fire_at: str, *, enabled: bool) -> Schedule:
    """Make it so."""
    values = {**_plain(form), "enabled": enabled, "next_fire_at": next_fire_at}
    with store.transaction():
        if not Schedules.update(**values, version=Schedules.version + 1).where(Schedules.id == FALLBACK).execute():
            Schedules.create(
                id=FALLBACK, **values, is_system=True, version=1, made_by="settings", made_at=clock.stamp(now)
            )  # fmt: skip
        return _schedule(Schedules.get(Schedules.id == FALLBACK))


# -- who looks ---------------------------------------------------------------------------------------------------------


def looked(store: Store, now: datetime) -> None:
    """Somebody looked for moments that have come."""
    with store.rows():
        Meta.put(key=LOOKED, value=json.dumps(clock.stamp(now)))


def looked_at(store: Store) -> datetime | None:
    """When somebody last did; None = never."""
    with store.reading():
        row = Meta.get_or_none(Meta.key == LOOKED)
    return clock.parse(json.loads(row.value)) if row else None


def _plain(form: Form) -> dict[str, Any]:
    values = {one.name: getattr(form, one.name) for one in fields(Form)}
    return values | {"objects": json.dumps(form.objects) if form.objects else ""}


def _schedule(row: Any) -> Schedule:
    return Schedule(
        row.name, row.company, row.cron, row.time_zone, row.date_mode, row.parallel, row.stagger_seconds,
        bool(row.continue_on_failure), row.id, bool(row.enabled), bool(row.is_system), row.next_fire_at,
        row.last_fire_at, row.last_result, row.version, row.made_by, row.made_at, what=row.what,
        objects=tuple(json.loads(row.objects or "[]")),
    )  # fmt: skip


def _event(values: Any) -> Event:
    n, schedule, company, at, fire_at, kind, job, words, made_of = values
    return Event(n, schedule, company, at, fire_at, kind, job, unpacked(words, made_of))
