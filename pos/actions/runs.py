"""Runs: started and cancelled, by people, schedules and the command line; who is told of each change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, time, timedelta

from pos import clock
from pos.actions import run_notices, run_settings
from pos.config import Config
from pos.errors import Invalid, NotAllowed, NotFound
from pos.rules import trading_day
from pos.said import said
from pos.store import companies as owners
from pos.store import reach as within
from pos.store import run_choices, runs
from pos.store.db import Store
from pos.store.reach import EVERYWHERE, Reach
from pos.store.runs import Job

#: What rings the agent that works on runs; and what screens are told, as "run:ID:STATUS".
BELL, EVENT = "runs", "run"
#: Days of one run, at most.
DAYS_MAX = 366
PARALLEL_MAX = 8
STAGGER_MAX = 3600

Ring = Callable[[str], None]


def nobody(_event: str) -> None:
    """Rings nothing: whoever works on runs finds them at its next look."""


def trigger(
    store: Store,
    config: Config,
    *,
    companies: Sequence[str] | None = None,
    day_from: str = "",
    day_to: str = "",
    parallel: int | None = None,
    stagger_seconds: int | None = None,
    continue_on_failure: bool = False,
    by: str,
    schedule: str = "",
    reach: Reach = EVERYWHERE,
    ring: Ring = nobody,
    key: str = "",
) -> Job:
    """Ask for a run. key: its id, made by whoever asks, so that one asked for twice is one run. companies: ids or
    names, None or none = all of the reach that are on and have books. Days as YYYY-MM-DD; "" = the last trading day
    that is over, of the company, for several the portal's. parallel, stagger_seconds: None = as chosen. Invalid, code
    "bad_arguments"; NotFound for a company that is not there or not wholly in the reach."""
    now, chosen = clock.now(), run_choices.effective(store, config)
    named = list(dict.fromkeys(_inside(store, reach, key) for key in companies or ()))
    books = {key: _books(store, key) for key in named} or _everybody(store, reach)
    first, last = _days(store, config, list(books), day_from, day_to)
    at_once = chosen.default_parallel if parallel is None else parallel
    apart = chosen.default_stagger_seconds if stagger_seconds is None else stagger_seconds
    _refuse(not 1 <= at_once <= PARALLEL_MAX, "parallel", said("From 1 to {max} at once.", max=PARALLEL_MAX))
    _refuse(not 0 <= apart <= STAGGER_MAX, "stagger_seconds", said("From 0 to {max} seconds.", max=STAGGER_MAX))
    single = len(named) == 1
    job_id = runs.ask(
        store, "single" if single else "all", named[0] if single else "", first, last, parallel=at_once,
        stagger_seconds=apart, continue_on_failure=continue_on_failure, by=by, schedule=schedule, now=now, books=books,
        key=key,
    )  # fmt: skip
    ring(f"{EVENT}:{job_id}:queued")
    ring(BELL)
    return runs.job(store, job_id)


def cancel(store: Store, job_id: str, by: str, *, reach: Reach = EVERYWHERE, ring: Ring = nobody) -> Job:
    """Ask a run to stop at its next safe point: no document is left half sent. NotFound, also for one outside a reach;
    NotAllowed for one that is about further companies; for one that ended nothing changes."""
    runs.job(store, job_id, reach)
    if len(runs.parts(store, job_id, reach)) < len(runs.parts(store, job_id)):
        raise NotAllowed(said("This run is about further companies, which your rights do not reach."), code="reach")
    status = runs.cancel(store, job_id, by, clock.now())
    job = runs.job(store, job_id, reach)
    if job.ended:  # else whoever works on it tells
        run_notices.end(store, store.config, job)
    ring(f"{EVENT}:{job_id}:{status}")
    ring(BELL)
    return job


def target(store: Store, config: Config, companies: Sequence[str]) -> date:
    """The last trading day that is over: one company's by its own zone and cut-off, of several the portal's."""
    if len(companies) == 1:
        own = run_settings.of(store, companies[0])
        cutoff = time.fromisoformat(own.cutoff) if own.trading_day else trading_day.MIDNIGHT
        return trading_day.target_date(clock.now(), own.time_zone, cutoff)
    return trading_day.target_date(clock.now(), *trading_day.portal(config.runs, config.shop))


def _inside(store: Store, reach: Reach, key: str) -> str:
    found = owners.one(store, key).id
    if not within.whole(store, reach, found):
        raise NotFound(said("There is no company {name} here.", name=key[:30]), field="company")
    return found


def _everybody(store: Store, reach: Reach) -> dict[str, str]:
    inside = [one for one in owners.every(store, active=True) if within.whole(store, reach, one.id)]
    found = {one.id: _books(store, one.id) for one in inside}
    found = {key: connection for key, connection in found.items() if connection}
    _refuse(not found, "companies", said("No active company has books to post to."))
    return found


def _books(store: Store, company: str) -> str:
    own = run_settings.of(store, company)
    return runs.books_of(store, own.company, own.books)


def _days(store: Store, config: Config, companies: Sequence[str], first: str, last: str) -> tuple[str, str]:
    if not first and not last:
        day = target(store, config, companies).isoformat()
        return day, day
    begin, end = _day(first or last, "day_from"), _day(last or first, "day_to")
    _refuse(end < begin, "day_to", said("The last day is before the first one."))
    words = said("A run is of {max} days at most.", max=DAYS_MAX)
    _refuse(end - begin >= timedelta(days=DAYS_MAX), "day_to", words)
    ahead = max(trading_day.trading_day(clock.now(), owners.one(store, key).time_zone, time(0)) for key in companies)
    _refuse(end > ahead, "day_to", said("{day} has not begun.", day=end.isoformat()))
    return begin.isoformat(), end.isoformat()


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(said("Write a day like 2026-11-20."), field=field, code="bad_arguments") from None


def _refuse(wrong: bool, field: str, words: str) -> None:
    if wrong:
        raise Invalid(words, field=field, code="bad_arguments")
