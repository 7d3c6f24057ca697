"""What a schedule starts, and what differs by it: a run of a company's sales, or a session with its QuickBooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pos import clock
from pos.actions import conductor_manager, run_settings
from pos.actions.conductor_manager import SyncManager
from pos.config import Config
from pos.errors import Invalid, NotFound
from pos.rules import conductor, trading_day
from pos.rules import schedule as rule
from pos.said import said
from pos.store import companies, conductor_companies, conductor_sessions, schedules
from pos.store import runs as kept_runs
from pos.store.db import Store
from pos.store.schedules import CONDUCTOR, RUNS, Form, Schedule

KINDS = (RUNS, CONDUCTOR)
#: What a session's schedule begins with.
HOURLY = "0 * * * *"


def checked(store: Store, form: Form) -> Form:
    """Invalid names the field at fault. objects: in their order; () = all types."""
    if form.what not in KINDS:
        raise Invalid(said("{field} is one of: {ways}.", field="what", ways=", ".join(KINDS)), field="what")
    if form.what == RUNS:
        return replace(form, objects=())
    if not form.company:
        raise Invalid(said("A schedule of QuickBooks Desktop is of one company: choose it."), field="company")
    if conductor_companies.by_company(store, form.company) is None:
        raise Invalid(said("This company has no QuickBooks Desktop through Conductor."), field="company")
    for name in form.objects:
        if name not in conductor.TYPES:
            raise Invalid(said("There is no type {name}.", name=name[:40]), field="objects")
    return replace(form, objects=tuple(name for name in conductor.TYPES if name in form.objects))


def going(store: Store, schedule: Schedule) -> str:
    """What is in the way of it, as its events name it; "" = nothing."""
    if schedule.what == RUNS:
        return schedules.going(store, schedule)
    found = conductor_sessions.running(store, conductor_companies.connection_of(schedule.company))
    return job_of(found.n) if found else ""


def still(schedule: Schedule) -> str:
    """In words, that something is in its way."""
    if schedule.what == RUNS:
        return said("A run of the same was still going.")
    return said("A session was still running.")


def refusal(store: Store, config: Config, schedule: Schedule) -> str:
    """Why it cannot start what it starts; "" = it can."""
    if not schedule.company:
        return ""  # whether any company can is found when it is asked for
    try:
        if schedule.what == CONDUCTOR:
            return conductor_manager.refusal(store, config, companies.one(store, schedule.company).id)
        own = run_settings.of(store, schedule.company)
    except NotFound as error:
        return error.message
    if not own.active:
        return said("{name} is inactive.", name=own.name)
    if not kept_runs.books_of(store, own.company, own.books):
        return said("{name} has no books to post to.", name=own.name)
    return ""


def session(store: Store, config: Config, schedule: Schedule, by: str, ring: Callable[[str], None]) -> str:
    """Start its session; as events name it."""
    made = SyncManager(store, config, schedule.company).start_sync(
        schedule.objects or tuple(conductor.TYPES), by=by, cause="schedule"
    )
    ring(conductor_manager.BELL)
    return job_of(made.n)


def job_of(session: int) -> str:
    """How what a schedule did names a session."""
    return f"{CONDUCTOR}:{session}"


# -- where a company's QuickBooks Desktop is switched on ---------------------------------------------------------------


def of_company(store: Store, company: str) -> list[Schedule]:
    """Schedules of a company's QuickBooks Desktop."""
    return [one for one in schedules.listed(store) if one.what == CONDUCTOR and one.company == company]


def follow(store: Store, config: Config, company: str, enabled: bool, by: str) -> Schedule | None:
    """A person switched QuickBooks Desktop of a company on: every full hour all types, where it has no schedule yet;
    the new one. Off: its schedules are, too, so that none tells every hour that it could not start."""
    mine, now = of_company(store, company), clock.now()
    with store.transaction():
        if not enabled:
            for one in mine:
                if one.enabled:
                    schedules.switch(store, one, False, by, "")
            return None
        if mine:
            return None
        zone = trading_day.portal(config.runs, config.shop)[0]
        name = said("QuickBooks Desktop of {company}, hourly", company=companies.one(store, company).name)
        form = Form(str(name), company, HOURLY, zone, trading_day.DATE_MODES[0], 1, 0, False, what=CONDUCTOR)
        planned = clock.stamp(rule.next_after(form.cron, form.time_zone, now))
        return schedules.one(store, schedules.add(store, form, by, now, planned))
