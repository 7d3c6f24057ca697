"""How each company stands with its runs: every reason there is, in a fixed order, and the worst of them as its level.

The order is that of the dashboard before: nothing is set up, the sign-in does not work, the last run failed, the
sign-in ends soon, documents were not taken, sums differ, no run yet; then that nothing was booked for too long. There
the first one was shown alone; here all are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from pos import clock
from pos.actions import qbo_standing, token_health
from pos.actions.token_health import TokenHealth
from pos.config import Config
from pos.rules import wording
from pos.rules.money import exact, major
from pos.said import Said, nsaid, said
from pos.store import companies as companies_of
from pos.store import connections, qbo_tokens, run_choices, run_figures
from pos.store.companies import Company
from pos.store.db import Store
from pos.store.run_choices import Defaults
from pos.store.run_figures import MISMATCH, NOT_RUN, Figure, Part

#: Levels from worst to best; "note" is told and makes nothing worse.
LEVELS = ("critical", "warning", "unknown", "healthy")
NOTE = "note"
#: So many things wrong with the days of one run are told each.
ISSUES_MAX = 5
LABELS = {
    "critical": said("Needs a person"),
    "warning": said("Look today"),
    "unknown": said("No run yet"),
    "healthy": said("Fine"),
}
TONES = {"critical": "needs", "warning": "check", "unknown": "offline", "healthy": "saved", NOTE: "saved"}
SYSTEM = {
    "operational": said("Operational"),
    "warning": said("Warning"),
    "degraded": said("Degraded"),
}
#: Kinds of issues in the order they are told.
ORDER = (
    "config_missing", "token_critical", "last_run_failed", "token_ends", "failed_uploads", "recon_difference",
    "not_compared", "no_run", "stale",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Issue:
    """One reason. level: critical, warning, unknown or note. way: where a person acts, below the screens of runs where
    it begins with "./", "" = nowhere."""

    kind: str
    level: str
    text: str
    way: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is asked of one company. token: how its sign-in stands, None = its books need none. missing: what is not
    set up, in words; "" = nothing. days: what the run of `latest` came to, day by day; named: documents that differ, by
    number of the day's artifact."""

    company: Company
    missing: str = ""
    token: TokenHealth | None = None
    last: Part | None = None
    latest: Figure | None = None
    good: Figure | None = None
    days: tuple[Figure, ...] = ()
    named: Mapping[int, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on something is told. difference: in money, as text; now: the moment that counts."""

    difference: str
    stale_hours: int
    now: datetime
    locale: str


@dataclass(frozen=True, slots=True)
class Health:
    """How one company stands. issues: all of them, in ORDER."""

    company: Company
    level: str
    label: Said
    issues: tuple[Issue, ...] = ()
    good: Figure | None = None
    last: Part | None = None
    tone: str = field(default="saved")


def of_company(facts: Facts, limits: Limits) -> Health:
    """Every issue of a company, and the level they come to."""
    issues = tuple(sorted(_issues(facts, limits), key=lambda one: ORDER.index(one.kind)))
    found = {one.level for one in issues}
    level = next((level for level in LEVELS if level in found), "healthy")
    return Health(facts.company, level, LABELS[level], issues, facts.good, facts.last, TONES[level])


def label(health: Sequence[Health]) -> str:
    """The system's one word, a key of SYSTEM: degraded while any company is critical; of companies none of which ever
    ran nothing good is known."""
    levels = {one.level for one in health}
    if "critical" in levels:
        return "degraded"
    return "warning" if "warning" in levels or levels == {"unknown"} else "operational"


def of_companies(store: Store, config: Config, companies: Sequence[Company], now: datetime) -> list[Health]:
    """How companies stand, the worst first, then by name; asked of the database at once for all of them."""
    runs = run_choices.effective(store, config)
    limits = limits_of(runs, config, now)
    found = [of_company(one, limits) for one in facts_of(store, config, companies, now, runs)]
    return sorted(found, key=lambda one: (LEVELS.index(one.level), one.company.name.casefold(), one.company.id))


def limits_of(runs: Defaults, config: Config, now: datetime) -> Limits:
    """The limits as they hold now."""
    return Limits(runs.recon_diff_warning, runs.stale_hours_warning, now, config.shop.locale)


def facts_of(store: Store, config: Config, companies: Sequence[Company], now: datetime, runs: Defaults) -> list[Facts]:
    """What is asked of each company, in their order."""
    ids = [one.id for one in companies]
    kept, lines = run_figures.set_up(store, ids), connections.lines(store, ids)
    kinds = {key: {line.kind for line in lines if line.company == key} for key in ids}
    latest, good = run_figures.latest(store, ids), run_figures.latest(store, ids, good=True)
    last = run_figures.last_parts(store, ids)
    opened = qbo_tokens.all_tokens(store)
    signed = {row.connection: (row, opened.get(row.connection)) for row in qbo_tokens.rows(store)}
    days = run_figures.of_runs(store, latest.values())
    named = run_figures.differing(store, [one.n for some in days.values() for one in some if one.status == MISMATCH])
    found = []
    for one in companies:
        mine = kept.get(one.id, {})
        books = _books(kinds[one.id], mine)
        found.append(
            Facts(
                company=one,
                missing=_missing(books, mine),
                token=_token(store, config, one.id, signed, mine, now, runs) if qbo_standing.KIND in books else None,
                last=last.get(one.id),
                latest=latest.get(one.id),
                good=good.get(one.id),
                days=tuple(days.get(one.id, ())),
                named=named,
            )
        )
    return found


# -- one company -------------------------------------------------------------------------------------------------------


def _issues(facts: Facts, limits: Limits) -> Iterable[Issue]:
    if facts.missing:
        yield Issue("config_missing", "warning", facts.missing, f"./companies/{facts.company.id}/advanced")
    yield from _of_token(facts)
    if facts.last is not None and facts.last.status == "failed":
        words = said(
            "The last run failed: {why}", why=facts.last.words or said("exit code {code}", code=facts.last.exit_code)
        )
        yield Issue("last_run_failed", "critical", words, f"./runs/{facts.last.job}/")
    if facts.latest is None:
        yield Issue("no_run", "unknown", said("No run yet."))
    else:
        yield from _of_days(facts, facts.days or (facts.latest,), limits)
    yield from _stale(facts, limits)


def _of_token(facts: Facts) -> Iterable[Issue]:
    token, way = facts.token, f"/settings/integrations?company={facts.company.id}"
    if token is None or token.level == "healthy":
        return
    kind = "token_critical" if token.level == "critical" else "token_ends"
    yield Issue(kind, token.level, said("{what} {remedy}", what=token.why or token.label, remedy=token.guidance), way)


def _of_days(facts: Facts, days: Sequence[Figure], limits: Limits) -> Iterable[Issue]:
    """What is wrong with the days of the last run; of a long one the latest days are told and the others counted."""
    found = [one for figure in reversed(days) for one in _of_day(facts, figure, limits)]
    yield from found[:ISSUES_MAX]
    for kind in ("failed_uploads", "recon_difference", "not_compared"):
        rest = [one for one in found[ISSUES_MAX:] if one.kind == kind]
        if rest:
            level = next(level for level in (*LEVELS, NOTE) if level in {one.level for one in rest})
            words = nsaid("And {n} more like it in this run.", "And {n} more like it in this run.", len(rest))
            yield Issue(kind, level, words, rest[0].way)


def _of_day(facts: Facts, figure: Figure, limits: Limits) -> Iterable[Issue]:
    """What is wrong with one day."""
    day, way = wording.short_day(date.fromisoformat(figure.day), limits.locale), f"./runs/{figure.job}/"
    if figure.failed:
        words = nsaid(
            "{n} document of {day} was not taken.", "{n} documents of {day} were not taken.", figure.failed, day=day
        )
        yield Issue("failed_uploads", "critical", words, way)
    if figure.status == MISMATCH:
        yield Issue("recon_difference", _level_of(figure, limits), _differs(facts, figure, day, limits), way)
    elif figure.status == NOT_RUN and figure.raw_count:
        why = figure.reason or said("no reason was given")
        yield Issue("not_compared", "warning", said("{day} was not compared: {why}", day=day, why=why), way)


def _level_of(figure: Figure, limits: Limits) -> str:
    """Sums that differ by less than people want to be warned of are told all the same. Documents that differ while
    their sums agree are always looked at."""
    if not figure.difference:
        return "warning"
    above = abs(major(figure.difference, figure.currency)) > exact(limits.difference)
    return "warning" if above else NOTE


def _differs(facts: Facts, figure: Figure, day: str, limits: Limits) -> Said:
    amount = wording.money(abs(figure.difference), figure.currency, limits.locale)
    named = facts.named.get(figure.n, ())
    if not named:
        return said("{day} differs by {amount}.", day=day, amount=amount)
    shown = ", ".join(named[: run_figures.NAMED_MAX])
    more = len(named) - run_figures.NAMED_MAX
    if more > 0:
        return said("{day} differs by {amount}: {names} and {n} more.", day=day, amount=amount, names=shown, n=more)
    return said("{day} differs by {amount}: {names}.", day=day, amount=amount, names=shown)


def _stale(facts: Facts, limits: Limits) -> Iterable[Issue]:
    if facts.latest is None or limits.stale_hours <= 0:
        return
    since = facts.good.processed_at if facts.good else ""
    if since and limits.now - clock.parse(since) <= timedelta(hours=limits.stale_hours):
        return
    words = (
        nsaid("No good run for over {n} hour.", "No good run for over {n} hours.", limits.stale_hours)
        if since
        else said("No run was good yet.")
    )
    yield Issue("stale", "warning", words, "./runs/")


# -- set-up and sign-in ------------------------------------------------------------------------------------------------


def _books(kinds: set[str], kept: Mapping[str, Any]) -> set[str]:
    """Kinds of the books a company has, or is to have."""
    chosen = str((kept.get("runs") or {}).get("books", ""))
    return kinds | {chosen} if chosen else kinds


def _missing(books: set[str], kept: Mapping[str, Any]) -> str:
    """What a company lacks before a run can come to anything; "" = nothing."""
    if not books:
        return said("No books are set up.")
    if qbo_standing.KIND in books and not (kept.get("quickbooks") or {}).get("mapping"):
        return said("Nothing is mapped to QuickBooks yet.")
    return ""


def _token(
    store: Store,
    config: Config,
    company: str,
    signed: Mapping[str, tuple[qbo_tokens.Row, Any]],
    kept: Mapping[str, Any],
    now: datetime,
    runs: Defaults,
) -> TokenHealth:
    connection = companies_of.connection_id(qbo_standing.KIND, company)
    row, opened = signed.get(connection, (None, None))
    stands = qbo_standing.judged(store, config, (connection, company), row, kept, now, opened)
    return token_health.judged(store, config, stands, now, runs)
