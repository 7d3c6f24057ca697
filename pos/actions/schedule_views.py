"""Schedules as people read them: when each is due in its own zone, what became of its last moment, what all did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pos import clock
from pos.actions import schedule_kinds, schedules
from pos.actions.conductor_views import TITLES as TYPES
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.errors import Invalid
from pos.rules import schedule as rule
from pos.rules import trading_day, wording
from pos.said import said
from pos.store import conductor_companies, run_figures
from pos.store import schedules as kept
from pos.store.db import Store
from pos.store.reach import Reach
from pos.store.schedules import Event, Schedule

#: What it did -> the tone of its badge and its words.
KINDS = {
    "queued": ("waiting", said("Run started")),
    "run_succeeded": ("saved", said("Run succeeded")),
    "run_failed": ("needs", said("Run failed")),
    "run_cancelled": ("check", said("Run cancelled")),
    "skipped_overlap": ("check", said("Skipped: a run was going")),
    "skipped_invalid": ("needs", said("Skipped: it cannot run")),
    "missed": ("check", said("Missed")),
    "error": ("needs", said("Error")),
    "clock_set_back": ("check", said("Clock set back")),
    "fallback_on": ("offline", said("Schedule of the settings on")),
    "fallback_off": ("offline", said("Schedule of the settings off")),
}
DATE_MODES = {
    "trading_date": said("Last trading day"),
    "yesterday": said("Yesterday"),
}
WHAT = {kept.RUNS: said("Runs"), kept.CONDUCTOR: said("QuickBooks Desktop")}
#: Next moments shown while a schedule is typed.
NEXT_SHOWN = 3


def page(store: Store, config: Config, reach: Reach) -> dict[str, Any]:
    """Every schedule within the reach, who looks for what is due, and what a new one begins with."""
    companies = {one.id: one.name for one in run_figures.companies_in(store, reach)}
    rows = [shown(config, one, companies) for one in kept.listed(store, reach)]
    return {
        "rows": rows,
        "companies": companies,
        "worker": worker(store, config),
        "form": schedules.defaults(store, config),
        "date_modes": DATE_MODES,
        "whole": reach.is_all,
        "desktop": [one.company for one in conductor_companies.every(store) if one.company in companies],
        "what": WHAT,
        "types": TYPES,
        "hourly": schedule_kinds.HOURLY,
    }


def shown(config: Config, one: Schedule, companies: Mapping[str, str]) -> dict[str, Any]:
    """One schedule."""
    tone, result = KINDS.get(one.last_result, ("offline", said("nothing yet")))
    return {
        "id": one.id,
        "name": said("Schedule of the settings") if one.is_system else one.name,
        "company": one.company,
        "company_name": companies.get(one.company, one.company) if one.company else said("All companies"),
        "cron": one.cron,
        "words": rule.words(one.cron),
        "time_zone": one.time_zone,
        "date_mode": one.date_mode,
        "date_mode_text": DATE_MODES.get(one.date_mode, one.date_mode),
        "parallel": one.parallel,
        "stagger_seconds": one.stagger_seconds,
        "continue_on_failure": one.continue_on_failure,
        "what": one.what,
        "what_text": _what(one),
        "objects": list(one.objects),
        "enabled": one.enabled,
        "is_system": one.is_system,
        "version": one.version,
        "next_at": one.next_fire_at if one.enabled else "",
        "next_text": _in_zone(config, one.next_fire_at, one.time_zone) if one.enabled else "",
        "last_at": one.last_fire_at,
        "last_text": _in_zone(config, one.last_fire_at, one.time_zone),
        "result": one.last_result,
        "result_text": result,
        "tone": tone,
        "made_by": one.made_by,
    }


def events(store: Store, config: Config, found: list[Event], reach: Reach) -> list[dict[str, Any]]:
    """What schedules did, one row for each event."""
    companies = {one.id: one.name for one in run_figures.companies_in(store, reach)}
    names = {one.id: one for one in kept.listed(store, reach)}
    return [_event(store, config, one, names, companies) for one in found]


def worker(store: Store, config: Config) -> dict[str, Any]:
    """Who looks for what is due: when last, and whether that is too long ago."""
    found = schedules.worker(store, config)
    stamp = clock.stamp(found.looked_at) if found.looked_at else ""
    words = said("Nobody has looked for what is due yet. It begins within {n} seconds of the server's start.",
                 n=found.poll_seconds)  # fmt: skip
    text = moment(store, config, stamp, seconds=True)
    if stamp and found.stale:
        words = said(
            "Nobody has looked for what is due since {moment}. Start the server, its agents, or schedules run.",
            moment=text,
        )  # fmt: skip
    elif stamp:
        words = said("Last looked at {moment}, every {n} seconds.", moment=text, n=found.poll_seconds)
    return {"at": stamp, "text": text, "stale": found.stale, "words": words}


def preview(config: Config, cron: str, zone: str) -> dict[str, Any]:
    """What a schedule that is being typed comes to: its words and its next moments; or why it is none."""
    moments, at = list[datetime](), clock.now()
    try:
        for _ in range(NEXT_SHOWN):
            at = rule.next_after(cron, zone, at)
            moments.append(at)
    except Invalid as error:
        return {"fine": False, "words": error.message, "field": error.field or "cron", "next": []}
    return {
        "fine": True,
        "words": rule.words(cron),
        "field": "",
        "next": [_in_zone(config, clock.stamp(one), zone) for one in moments],
    }


def _event(
    store: Store, config: Config, one: Event, names: Mapping[str, Schedule], companies: Mapping[str, str]
) -> dict[str, Any]:
    tone, kind = KINDS.get(one.kind, ("offline", said("Something else")))
    of = names.get(one.schedule)
    return {
        "n": one.n,
        "schedule": one.schedule,
        "name": (said("Schedule of the settings") if of.is_system else of.name) if of else said("deleted since"),
        "company": one.company,
        "company_name": companies.get(one.company, one.company) if one.company else said("All companies"),
        "at": one.at,
        "at_text": moment(store, config, one.at, seconds=True),
        "due_at": one.fire_at,
        "due_text": _in_zone(config, one.fire_at, of.time_zone) if of else moment(store, config, one.fire_at),
        "kind": one.kind,
        "kind_text": kind,
        "tone": tone,
        "job": one.job,
        "link": _link(config, one.job),
        "words": one.words,
    }


def _what(one: Schedule) -> str:
    """What it starts: of QuickBooks Desktop the types, where not all of them."""
    if one.what == kept.CONDUCTOR and one.objects:
        return f"{WHAT[one.what]}: {', '.join(str(TYPES.get(name, name)) for name in one.objects)}"
    return WHAT.get(one.what, one.what)


def _link(config: Config, job: str) -> str:
    """Where what it began is looked at; "" = nowhere."""
    kind, _, number = job.partition(":")
    if kind == kept.CONDUCTOR and number:
        return f"/conductor/history/{number}"
    return f"{config.runs.prefix}/runs/{job}/" if job else ""


def _in_zone(config: Config, stamp: str, zone: str) -> str:
    if not stamp:
        return ""
    try:
        there = trading_day.zone_of(zone)
    except Invalid:  # put there by hand; the schedule tells of it when it is due
        there = ZoneInfo("UTC")
    return wording.moment(clock.parse(stamp).astimezone(there), config.shop.locale)
