"""The overview of runs: how the last trading day that is over came out, how each company stands, what runs did, and
what was reconciled over the last days. Everything of a day is of the one canonical target trading date.

Amounts of different currencies stand beside each other and are never added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pos import clock
from pos.actions import run_health
from pos.actions.outbox_views import moment
from pos.actions.run_health import Health
from pos.config import Config
from pos.errors import NotFound
from pos.rules import trading_day, wording
from pos.rules.money import digits_of
from pos.said import Said, nsaid, said
from pos.store import run_choices, run_figures
from pos.store.companies import Company
from pos.store.db import Store
from pos.store.reach import EVERYWHERE, Reach
from pos.store.run_artifacts import Artifact
from pos.store.run_figures import MATCH, MISMATCH, NOT_RUN, DaySum, Event, Figure, Part

EVENTS_MAX = 10
#: Period -> days of the chart, the last one being yesterday's.
PERIODS = {"yesterday": 1, "7d": 7, "30d": 30, "90d": 90}
PERIOD_WORDS = {
    "yesterday": said("Yesterday"),
    "7d": said("Last 7 days"),
    "30d": said("Last 30 days"),
    "90d": said("Last 90 days"),
}
RUN_STATES = {
    "queued": ("waiting", said("Queued")),
    "running": ("waiting", said("Running")),
    "succeeded": ("saved", said("Succeeded")),
    "failed": ("needs", said("Failed")),
    "cancelled": ("offline", said("Cancelled")),
}
SYSTEM_TONES = {"operational": "saved", "warning": "check", "degraded": "needs"}
#: Days the reliability of runs is told for.
RELIABLE_DAYS = (7, 30)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the chart is about. company: an id, "" = all of them; period: a key of PERIODS."""

    company: str
    period: str


def target(config: Config, now: datetime) -> date:
    """The canonical target trading date."""
    return trading_day.target_date(now, *trading_day.portal(config.runs, config.shop))


def shown_day(config: Config, now: datetime) -> str:
    """It as the page shows it."""
    return wording.short_day(target(config, now), config.shop.locale)


def asked(store: Store, who: str, reach: Reach, company: str | None, period: str | None) -> Asked:
    """What somebody asked for, else what they chose to see first. NotFound for a company outside of their reach."""
    own = run_choices.of_person(store, who)
    known = {one.id for one in run_figures.companies_in(store, reach, active=True)}
    if company and company not in known:
        raise NotFound(said("There is no company {name} here.", name=company[:30]), field="company")
    chosen = (own.company if own.company in known else "") if company is None else company
    return Asked(chosen, period if period in PERIODS else own.period)


def overview(store: Store, config: Config, wanted: Asked, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """All the page shows of what lies within a reach."""
    now = clock.now()
    day = target(config, now)
    companies = run_figures.companies_in(store, reach, active=True)
    ids = [one.id for one in companies]
    health = run_health.of_companies(store, config, companies, now)
    word = run_health.label(health)
    return {
        "target": day.isoformat(),
        "target_text": shown_day(config, now),
        "system": {"key": word, "tone": SYSTEM_TONES[word], "text": run_health.SYSTEM[word]},
        "kpis": _kpis(store, config, ids, day, health),
        "companies": [_company(store, config, one) for one in health],
        "counted": _counted(health),
        "events": _events(store, config, companies),
        "reliability": _reliability(store, ids, day),
        "chart": chart(store, config, wanted, companies, now),
    }


# -- figures of the day ------------------------------------------------------------------------------------------------


def _kpis(store: Store, config: Config, ids: list[str], day: date, health: Sequence[Health]) -> list[dict[str, Any]]:
    """Success and run time of the runs about the day, what is in the books of it, and what needs a person."""
    parts = run_figures.parts_of_day(store, ids, day.isoformat())
    figures = run_figures.of_day(store, ids, day.isoformat())
    critical = sum(one.level == "critical" for one in health)
    look = sum(one.level == "warning" for one in health)
    needs = {
        "key": "needs",
        "tone": "needs" if critical else "check" if look else "saved",
        "title": said("Needs a person"),
        "figures": [str(critical)],
        "note": nsaid("{n} more to look at", "{n} more to look at", look),
    }
    return [_success(parts), _runtime(parts), _synced(config, figures), needs]


def _success(parts: Sequence[Part]) -> dict[str, Any]:
    """How many of the companies that ran for the day did so well: the last run of each counts."""
    last = {part.company: part.status for part in parts if part.status in ("succeeded", "failed")}
    good, still = (
        sum(one == "succeeded" for one in last.values()),
        sum(one.status in ("queued", "running") for one in parts),
    )
    share = good * 100 // len(last) if last else None
    note = (
        nsaid("{good} of {n} company", "{good} of {n} companies", len(last), good=good)
        if last
        else said("no run ended")
    )
    return {
        "key": "success",
        "tone": "offline" if share is None else "saved" if share == 100 else "needs",
        "title": said("Run success"),
        "figures": ["–" if share is None else f"{share}%"],
        "note": said("{what}, {n} under way", what=note, n=still) if still else note,
    }


def _runtime(parts: Sequence[Part]) -> dict[str, Any]:
    """How long the runs of the day took on average, of one company each."""
    took = [
        clock.parse(one.ended_at) - clock.parse(one.started_at)
        for one in parts
        if one.status in ("succeeded", "failed") and one.started_at and one.ended_at
    ]
    return {
        "key": "runtime",
        "tone": "plain",
        "title": said("Average run time"),
        "figures": [duration(sum(took, timedelta()) // len(took)) if took else "–"],
        "note": nsaid("{n} run", "{n} runs", len(took)),
    }


def _synced(config: Config, figures: Sequence[Figure]) -> dict[str, Any]:
    """What is in the books of the day, one figure a currency."""
    sums: dict[str, int] = {}
    for one in figures:
        sums[one.currency] = sums.get(one.currency, 0) + one.booked_total
    many = sum(one.booked_count for one in figures)
    return {
        "key": "synced",
        "tone": "plain",
        "title": said("Sales synced"),
        "figures": [wording.money(sums[key], key, config.shop.locale) for key in sorted(sums)] or ["–"],
        "note": nsaid("{n} document", "{n} documents", many),
    }


def duration(took: timedelta) -> str:
    """ "0:42", "12:05" or "1:02:05": hours, minutes, seconds."""
    minutes, seconds = divmod(max(int(took.total_seconds()), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


# -- companies ---------------------------------------------------------------------------------------------------------


def _company(store: Store, config: Config, health: Health) -> dict[str, Any]:
    good = health.good
    return {
        "id": health.company.id,
        "name": health.company.name,
        "level": health.level,
        "tone": health.tone,
        "label": health.label,
        "issues": [
            {
                "kind": one.kind,
                "level": one.level,
                "tone": run_health.TONES[one.level],
                "text": one.text,
                "way": one.way,
            }
            for one in health.issues
        ],
        "synced": synced_words(config, good),
        "synced_at": moment(store, config, good.processed_at) if good else "",
        "job": health.last.job if health.last else "",
    }


def synced_words(config: Config, good: Figure | None) -> Said:
    """ "412 receipts from latest sync (Fri 20 Nov 2026)", "16 rows …" of an export, or that there was none."""
    if good is None:
        return said("No sync yet")
    day = wording.short_day(date.fromisoformat(good.day), config.shop.locale)
    if good.source == "csv":
        return nsaid("{n} row from latest sync ({day})", "{n} rows from latest sync ({day})", good.raw_rows, day=day)
    return nsaid(
        "{n} receipt from latest sync ({day})", "{n} receipts from latest sync ({day})", good.raw_count, day=day
    )


def sold_words(one: Figure | Artifact) -> str:
    """How much was sold, for a column of receipts: exports number none, so of them it is rows, and says so."""
    return nsaid("{n} row", "{n} rows", one.raw_rows) if one.source == "csv" else str(one.raw_count)


def _counted(health: Sequence[Health]) -> list[Said]:
    """How many stand how, in words."""
    found = [(run_health.LABELS[level], sum(one.level == level for one in health)) for level in run_health.LEVELS]
    return [said("{state}: {n}", state=words, n=many) for words, many in found if many]


# -- what runs did -----------------------------------------------------------------------------------------------------


def _events(store: Store, config: Config, companies: Sequence[Company]) -> list[dict[str, Any]]:
    names = {one.id: one.name for one in companies}
    found = []
    for one in run_figures.events(store, list(names), EVENTS_MAX):
        status = _status(one)
        tone, words = RUN_STATES.get(status, RUN_STATES["queued"])
        found.append(
            {
                "job": one.job,
                "at_text": moment(store, config, one.created_at, seconds=True),
                "company": _whose(one, names),
                "run": run_label(one.day_from, one.day_to, config.shop.locale),
                "tone": tone,
                "status": status,
                "status_text": words,
                "ingested": one.ingested,
            }
        )
    return found


def _status(event: Event) -> str:
    """How a run stands as far as somebody may see it: of the parts they see, the one that matters most."""
    mine = {status for _, status in event.parts}
    if event.status not in run_figures.ENDED or len(mine) == 0:
        return event.status
    return next((one for one in ("failed", "cancelled", "succeeded") if one in mine), event.status)


def _whose(event: Event, names: dict[str, str]) -> str:
    if len(event.parts) == 1:
        return names.get(event.parts[0][0], event.parts[0][0])
    return nsaid("{n} company", "{n} companies", len(event.parts))


def run_label(day_from: str, day_to: str, locale: str) -> Said:
    """ "Run of Fri 20 Nov 2026", or from one day to another."""
    first = wording.short_day(date.fromisoformat(day_from), locale)
    if day_from == day_to:
        return said("Run of {day}", day=first)
    return said("Run of {first} to {last}", first=first, last=wording.short_day(date.fromisoformat(day_to), locale))


def _reliability(store: Store, ids: list[str], day: date) -> list[dict[str, Any]]:
    """How runs ended over the last days, up to the target trading date."""
    longest = max(RELIABLE_DAYS)
    rows = run_figures.ended_by_day(store, ids, (day - timedelta(days=longest - 1)).isoformat(), day.isoformat())
    found = []
    for days in RELIABLE_DAYS:
        first = (day - timedelta(days=days - 1)).isoformat()
        mine = [row for row in rows if row[0] >= first]
        good = sum(many for _, status, warned, many in mine if status == "succeeded" and not warned)
        warned = sum(many for _, status, warns, many in mine if status == "succeeded" and warns)
        failed = sum(many for _, status, _, many in mine if status == "failed")
        ended = good + warned + failed
        share = (good + warned) * 100 // ended if ended else None
        found.append(
            {
                "days": nsaid("Last {n} day", "Last {n} days", days),
                "share": share,
                "share_text": "–" if share is None else f"{share}%",
                "good": good,
                "warned": warned,
                "failed": failed,
                "cancelled": sum(many for _, status, _, many in mine if status == "cancelled"),
            }
        )
    return found


# -- the chart ---------------------------------------------------------------------------------------------------------


def chart(store: Store, config: Config, wanted: Asked, companies: Sequence[Company], now: datetime) -> dict[str, Any]:
    """What was reconciled over completed days that end at the target trading date, a picture for each currency."""
    last = target(config, now)
    first = last - timedelta(days=PERIODS[wanted.period] - 1)
    days = [first + timedelta(days=n) for n in range(PERIODS[wanted.period])]
    mine = [one for one in companies if wanted.company in ("", one.id)]
    sums = run_figures.window(store, [one.id for one in mine], first.isoformat(), last.isoformat())
    begun = run_figures.first_days(store, [one.id for one in mine])
    currencies = sorted({one.currency for one in sums} | {one.currency for one in mine if one.id in begun})
    return {
        "company": wanted.company,
        "period": wanted.period,
        "periods": [{"key": key, "text": words, "here": key == wanted.period} for key, words in PERIOD_WORDS.items()],
        "choices": [{"id": one.id, "name": one.name, "here": one.id == wanted.company} for one in companies],
        "from_text": wording.short_day(first, config.shop.locale),
        "to_text": wording.short_day(last, config.shop.locale),
        "pictures": [_picture(config, key, days, sums, mine, begun) for key in currencies],
    }


def _picture(
    config: Config,
    currency: str,
    days: Sequence[date],
    sums: Sequence[DaySum],
    companies: Sequence[Company],
    begun: dict[str, str],
) -> dict[str, Any]:
    """Bars of one currency: what matches solid, what differs and what was not compared beside it and marked."""
    locale = config.shop.locale
    by_day: dict[str, dict[str, DaySum]] = {}
    for one in sums:
        if one.currency == currency:
            by_day.setdefault(one.day, {})[one.status] = one
    ran = [begun[one.id] for one in companies if one.currency == currency and one.id in begun]
    bars = []
    for day in days:
        key = day.isoformat()
        found = by_day.get(key, {})
        absent = max(sum(first <= key for first in ran) - sum(one.companies for one in found.values()), 0)
        bars.append(_bar(day, found, absent, currency, locale))
    return {
        "currency": currency,
        "digits": digits_of(currency),
        "bars": bars,
        "total_text": wording.money(sum(bar["match"] for bar in bars), currency, locale),
        "marked": sum(bar["marked"] for bar in bars),
    }


def _bar(day: date, found: dict[str, DaySum], absent: int, currency: str, locale: str) -> dict[str, Any]:
    """One day: minor units to draw, texts to read."""
    match, differs, idle = (found.get(status) for status in (MATCH, MISMATCH, NOT_RUN))
    words: list[str] = []
    if differs:
        amount = wording.money(abs(differs.difference), currency, locale)
        words.append(
            nsaid("{n} differs, by {amount}", "{n} differ, by {amount} together", differs.companies, amount=amount)
        )
    if idle:
        words.append(nsaid("{n} not compared", "{n} not compared", idle.companies))
    if absent:
        words.append(nsaid("{n} without a run", "{n} without a run", absent))
    texts = {
        f"{name}_text": wording.money(one.total, currency, locale) if one else ""
        for name, one in (("match", match), ("differs", differs), ("idle", idle))
    }
    return {
        "day": day.isoformat(),
        "text": wording.short_day(day, locale),
        "match": match.total if match else 0,
        "differs": differs.total if differs else 0,
        "idle": idle.total if idle else 0,
        "is_differing": bool(differs),
        "is_idle": bool(idle or absent),
        "marked": bool(differs or idle or absent),
        **texts,
        "words": words or [said("All equal") if match else said("Closed") if found else said("No run")],
    }
