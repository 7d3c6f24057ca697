"""Schedules of runs, and of sessions with QuickBooks Desktop: made and changed by people, and looked at by whoever is
there for what has fallen due.

One look fires each schedule at most once: the latest of its moments that went by. Those before it, and one that is
older than `[runs] catch_up_hours`, are told as missed. Any number of processes may look at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from pos import clock
from pos.actions import run_settings, runs, schedule_kinds, schedule_notices
from pos.config import Config
from pos.errors import CannotSave, Conflict, Invalid, NotFound, PosError
from pos.rules import schedule as rule
from pos.rules import trading_day
from pos.said import Said, nsaid, said
from pos.store import companies, run_choices, schedules
from pos.store import reach as within
from pos.store import runs as kept_runs
from pos.store.db import Store
from pos.store.keys import clean_name
from pos.store.reach import EVERYWHERE, Reach
from pos.store.runs import Job
from pos.store.schedules import Form, Schedule

NAME = "schedules"
#: Rings whoever looks for what is due.
BELL = "schedules"
#: Nobody looked for so many polls: it is told.
STALE_POLLS = 3
#: A moment fired later than this was missed; until then it only waited for the next look.
LATE_SECONDS_MIN = 60
#: The clock of another machine may differ by so much; a clock further back than the last look was set back.
CLOCKS_DIFFER = timedelta(minutes=2)
#: What fired up to so far ahead of a clock that was set back does not fire again; further ahead, that clock was wrong.
FIRED_AHEAD = timedelta(hours=26)
#: Runs asked for so long ago are looked at for how they ended.
UNSEEN = timedelta(days=2)
_ENDED = {"succeeded": "run_succeeded", "failed": "run_failed", "cancelled": "run_cancelled"}


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look came to. next_at: when the next moment of all is due, None = there is none."""

    queued: int
    others: int
    next_at: datetime | None

    def sentence(self) -> str:
        """For the list of agents."""
        if not self.queued and not self.others:
            return "Nothing was due."
        return f"{self.queued} runs were started, {self.others} schedules were passed over."


@dataclass(frozen=True, slots=True)
class Worker:
    """Whoever looks. looked_at: when last, None = never; stale: too long ago."""

    looked_at: datetime | None
    stale: bool
    poll_seconds: int


# -- made and changed --------------------------------------------------------------------------------------------------


def create(
    store: Store, form: Form, by: str, *, enabled: bool = True, reach: Reach = EVERYWHERE, key: str = ""
) -> Schedule:
    """One more schedule. key: its id, "" = a new one. Invalid names the field at fault; NotFound for a company outside
    the reach; Conflict for an id that is there."""
    form, now = _checked(store, form, reach), clock.now()
    planned = clock.stamp(rule.next_after(form.cron, form.time_zone, now)) if enabled else ""
    return schedules.one(store, schedules.add(store, form, by, now, planned, enabled=enabled, key=key))


def update(store: Store, key: str, version: int, form: Form, by: str, *, reach: Reach = EVERYWHERE) -> Schedule:
    """Change a schedule that was read at `version`. Another cron or zone plans its next moment anew. Conflict when
    somebody changed it meanwhile, and for one of the settings."""
    old = _own(store, key, reach)
    form = _checked(store, form, reach)
    planned = old.next_fire_at
    if (form.cron, form.time_zone) != (old.cron, old.time_zone) or not planned:
        planned = clock.stamp(rule.next_after(form.cron, form.time_zone, clock.now())) if old.enabled else ""
    schedules.change(store, replace(old, version=version), form, by, planned)
    return schedules.one(store, key)


def toggle(
    store: Store, key: str, by: str, *, enabled: bool | None = None, version: int | None = None,
    reach: Reach = EVERYWHERE,
) -> Schedule:  # fmt: skip
    """Switch it on or off, None = the other way. What went by while it was off was not missed."""
    old = _own(store, key, reach)
    on = not old.enabled if enabled is None else enabled
    planned = clock.stamp(rule.next_after(old.cron, old.time_zone, clock.now())) if on else ""
    with store.transaction():
        schedules.switch(store, replace(old, version=old.version if version is None else version), on, by, planned)
        if not on:
            schedule_notices.over(store, old)
    return schedules.one(store, key)


def delete(store: Store, key: str, by: str, *, reach: Reach = EVERYWHERE) -> Schedule:
    """Take it away; what it did stays listed. Conflict for one of the settings."""
    old = _own(store, key, reach)
    with store.transaction():
        schedules.remove(store, old, by)
        schedule_notices.over(store, old)
    return old


def run_now(
    store: Store, config: Config, key: str, by: str, *, reach: Reach = EVERYWHERE, ring: runs.Ring = runs.nobody
) -> str:
    """Start its run at once, also of one that is off; its own moments stay as they are. The run, as its events name it.
    Conflict while one is in its way; Invalid when it cannot run."""
    schedule, now = schedules.one(store, key, reach), clock.now()
    _may(store, schedule.company, reach)
    if reason := schedule_kinds.refusal(store, config, schedule):
        raise Invalid(reason, code="bad_arguments")
    rings = list[str]()
    with store.transaction():  # so that a second click finds the first one's run
        if other := schedule_kinds.going(store, schedule):
            raise Conflict(
                said("A run of the same is still going. Wait until it has ended."), facts={"job": other}, code="overlap"
            )
        job = _trigger(store, config, schedule, now, by, rings.append)
        schedules.note(store, schedule, "queued", now, job=job, words=said("Started by {who}.", who=by))
        schedule_notices.came_to(store, schedule, "queued", "")
    for event in rings:
        ring(event)
    return job


def defaults(store: Store, config: Config) -> Form:
    """What a new schedule begins with."""
    chosen = run_choices.effective(store, config)
    zone = trading_day.portal(config.runs, config.shop)[0]
    return Form(
        "", "", config.runs.fallback_cron, zone, trading_day.DATE_MODES[0], chosen.default_parallel,
        chosen.default_stagger_seconds, False,
    )  # fmt: skip


def _own(store: Store, key: str, reach: Reach) -> Schedule:
    schedule = schedules.one(store, key, reach)
    _may(store, schedule.company, reach)
    if schedule.is_system:
        raise Conflict(
            said("This schedule comes from the settings: change or end it there, [runs] fallback."), code="system"
        )
    return schedule


def _may(store: Store, company: str, reach: Reach) -> None:
    if not (within.whole(store, reach, company) if company else reach.is_all):
        raise NotFound(said("There is no company {name} here.", name=company or "-"), field="company")


def _checked(store: Store, form: Form, reach: Reach) -> Form:
    company = companies.one(store, form.company).id if form.company else ""
    _may(store, company, reach)
    cron = " ".join(form.cron.split())
    rule.check(cron, form.time_zone)
    if form.date_mode not in trading_day.DATE_MODES:
        raise Invalid(said("Choose trading_date or yesterday."), field="date_mode")
    for name, low, high in (("parallel", 1, runs.PARALLEL_MAX), ("stagger_seconds", 0, runs.STAGGER_MAX)):
        if not low <= getattr(form, name) <= high:
            raise Invalid(said("Write a whole number from {low} to {high}.", low=low, high=high), field=name)
    return schedule_kinds.checked(store, replace(form, name=clean_name(form.name), company=company, cron=cron))


# -- looked at for what is due -----------------------------------------------------------------------------------------


def look(store: Store, config: Config, *, ring: runs.Ring = runs.nobody) -> Looked:
    """Fire what has fallen due, and keep how runs of schedules ended where nobody told."""
    now, counts = clock.now(), {"queued": 0}
    _clock_set_back(store, now)
    _fallback(store, config, now)
    for schedule in schedules.due(store, now):
        rings = list[str]()
        came_to = _fire(store, config, schedule, now, rings.append)
        for event in rings:  # what they are told of is kept by now
            ring(event)
        if came_to:
            counts[came_to] = counts.get(came_to, 0) + 1
    ended_unseen(store)
    schedules.looked(store, now)
    following = schedules.next_at(store)
    others = sum(count for kind, count in counts.items() if kind != "queued")
    return Looked(counts["queued"], others, clock.parse(following) if following else None)


def worker(store: Store, config: Config) -> Worker:
    """When somebody last looked."""
    poll = config.runs.poll_seconds
    last = schedules.looked_at(store)
    stale = last is None or clock.now() - last > timedelta(seconds=STALE_POLLS * poll)
    return Worker(last, stale, poll)


def ended(store: Store, job: Job) -> None:
    """A run is over: where a schedule began it, that stands in what the schedule did."""
    if job.schedule and job.status in _ENDED and not job.ingested:
        schedules.ended(store, job.schedule, job.company, _ENDED[job.status], job.id, job.words, clock.now())


def ended_unseen(store: Store) -> int:
    """Keep how runs ended of which nobody told: cancelled before they began, or by who was killed at that moment; how
    many."""
    found = schedules.untold(store, clock.now() - UNSEEN)
    for key in found:
        ended(store, kept_runs.job(store, key))
    return len(found)


def _fire(store: Store, config: Config, schedule: Schedule, now: datetime, ring: Callable[[str], None]) -> str:
    """What became of its moment; "" when somebody else had it."""
    try:
        fell = rule.due(schedule.cron, schedule.time_zone, clock.parse(schedule.next_fire_at), now)
        planned = clock.stamp(rule.next_after(schedule.cron, schedule.time_zone, now))
    except Invalid as error:  # it was put there by hand
        return _invalid(store, schedule, now, error)
    assert fell is not None
    due_at = clock.stamp(fell.latest)
    late = (now - fell.latest).total_seconds() > max(LATE_SECONDS_MIN, STALE_POLLS * config.runs.poll_seconds)
    gone = late and now - fell.latest > timedelta(hours=config.runs.catch_up_hours)
    with store.transaction():
        if not schedules.claim(store, schedule, planned, due_at):
            return ""
        missed = fell.before + gone
        if missed:
            schedules.note(store, schedule, "missed", now, fire_at=due_at, words=_missed(missed))
        if gone:
            schedule_notices.came_to(store, schedule, "missed", _missed(missed))
            return "missed"
        kind, job, words = _begin(store, config, schedule, fell.latest, ring)
        schedules.note(store, schedule, kind, now, fire_at=due_at, job=job, words=words)
        schedule_notices.came_to(store, schedule, kind, words)
        return kind


def _begin(
    store: Store, config: Config, schedule: Schedule, due_at: datetime, ring: Callable[[str], None]
) -> tuple[str, str, str]:
    """What became of it, the run's id and why."""
    if other := schedule_kinds.going(store, schedule):
        return "skipped_overlap", other, schedule_kinds.still(schedule)
    if reason := schedule_kinds.refusal(store, config, schedule):
        return "skipped_invalid", "", reason
    try:
        job = _trigger(store, config, schedule, due_at, f"schedule:{schedule.name}", ring)
    except CannotSave:
        raise  # nothing of this was kept, so it is due still
    except (Invalid, NotFound) as error:
        return "skipped_invalid", "", error.message
    except (PosError, ValueError) as error:
        return "error", "", str(error)
    return "queued", job, ""


def _trigger(
    store: Store, config: Config, schedule: Schedule, moment: datetime, by: str, ring: Callable[[str], None]
) -> str:
    if schedule.what == schedules.CONDUCTOR:
        return schedule_kinds.session(store, config, schedule, by, ring)
    day = _day(store, config, schedule, moment).isoformat()
    job = runs.trigger(
        store, config, companies=[schedule.company] if schedule.company else None, day_from=day, day_to=day,
        parallel=schedule.parallel, stagger_seconds=schedule.stagger_seconds,
        continue_on_failure=schedule.continue_on_failure, by=by, schedule=schedule.id, ring=ring,
    )  # fmt: skip
    return job.id


def _day(store: Store, config: Config, schedule: Schedule, moment: datetime) -> date:
    """The day a run due at this moment is about: yesterday in the schedule's zone; or the last trading day that is
    over, of its company, of all companies as the overview counts it."""
    zone, cutoff = schedule.time_zone, trading_day.MIDNIGHT
    if schedule.date_mode == "trading_date" and schedule.company:
        own = run_settings.of(store, schedule.company)
        zone, cutoff = own.time_zone, time.fromisoformat(own.cutoff) if own.trading_day else trading_day.MIDNIGHT
    elif schedule.date_mode == "trading_date":
        zone, cutoff = trading_day.portal(config.runs, config.shop)
    return trading_day.of_mode(schedule.date_mode, moment, zone, cutoff)


def _missed(count: int) -> Said:
    if count >= rule.COUNT_MAX:
        return said("{n} moments or more went by while nobody looked.", n=rule.COUNT_MAX)
    return nsaid("One moment went by while nobody looked.", "{n} moments went by while nobody looked.", count)


def _invalid(store: Store, schedule: Schedule, now: datetime, error: Invalid) -> str:
    with store.transaction():
        if not schedules.claim(store, schedule, ""):
            return ""
        schedules.note(store, schedule, "skipped_invalid", now, fire_at=schedule.next_fire_at, words=error.message)
        schedule_notices.came_to(store, schedule, "skipped_invalid", error.message)
    return "skipped_invalid"


def _clock_set_back(store: Store, now: datetime) -> None:
    """Moments planned by a clock that was ahead come too late by this one: they are planned anew. What fired by it not
    long ahead does not fire again."""
    last = schedules.looked_at(store)
    if last is None or last <= now + CLOCKS_DIFFER:
        return
    for schedule in schedules.planned(store):
        try:
            planned = rule.next_after(schedule.cron, schedule.time_zone, _begun(schedule, now))
        except Invalid:
            continue  # told when it is due
        if clock.stamp(planned) == schedule.next_fire_at:
            continue
        with store.transaction():
            if schedules.claim(store, schedule, clock.stamp(planned)):
                words = said("The clock was set back; its next moment was worked out anew.")
                schedules.note(store, schedule, "clock_set_back", now, fire_at=clock.stamp(planned), words=words)


def _begun(schedule: Schedule, now: datetime) -> datetime:
    fired = clock.parse(schedule.last_fire_at) if schedule.last_fire_at else now
    return fired if now < fired <= now + FIRED_AHEAD else now


# -- while nobody made one ---------------------------------------------------------------------------------------------


def _fallback(store: Store, config: Config, now: datetime) -> None:
    """The schedule of the settings: on while it is wanted there and no schedule of anybody's is on."""
    before = schedules.fallback(store)
    if not config.runs.fallback and (before is None or not before.enabled):
        return
    on = config.runs.fallback and not schedules.of_people(store)
    if not on and (before is None or not before.enabled):
        return
    form = _fallback_form(store, config)
    same = before is not None and on == before.enabled
    if same and before is not None and (form.cron, form.time_zone) == (before.cron, before.time_zone):
        return
    try:
        planned, wrong = clock.stamp(rule.next_after(form.cron, form.time_zone, now)) if on else "", ""
    except Invalid as error:
        planned, wrong = "", error.message
    with store.transaction():
        if schedules.fallback(store) != before:
            return  # somebody else was first
        after = schedules.set_fallback(store, form, now, planned, enabled=on)
        if not same:
            schedules.note(store, after, "fallback_on" if on else "fallback_off", now)
        if wrong:
            schedules.note(store, after, "skipped_invalid", now, words=wrong)


def _fallback_form(store: Store, config: Config) -> Form:
    chosen = defaults(store, config)
    zone = config.runs.fallback_timezone or chosen.time_zone
    return replace(chosen, name="[runs] fallback", time_zone=zone, continue_on_failure=True)
