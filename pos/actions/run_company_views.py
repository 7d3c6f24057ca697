"""Companies as the screens of runs show them: how each stands, what its last good run brought, what its mapping lacks.

Speaks to nobody. A company is shown to who sees all of it: a run is of a whole company.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pos import clock
from pos.actions import company_setup, qbo_change, qbo_lists, qbo_mapping, run_health, run_settings
from pos.actions.outbox_views import moment
from pos.actions.run_health import Health
from pos.actions.run_overview import sold_words, synced_words
from pos.actions.token_health import TokenHealth
from pos.config import Config
from pos.errors import NotFound
from pos.rules import company_file, wording
from pos.said import nsaid, said
from pos.store import companies, company_runs, connections, qbo_tokens, run_choices, run_figures
from pos.store import qbo_lists as kept_lists
from pos.store.companies import MAIN, Company
from pos.store.db import Store
from pos.store.reach import Reach
from pos.store.run_artifacts import Artifact

SHOWS = {
    "all": said("All"),
    "active": said("Active"),
    "inactive": said("Inactive"),
    "attention": said("Needs attention"),
    "never": said("Never synced"),
}
SORTS = {"name": said("Name"), "sync": said("Latest sync"), "health": said("Health")}
BOOKS = {"quickbooks": said("QuickBooks Online"), "erpnext": said("ERPNext"), "": said("None yet")}
SOURCES = {"journal": said("Tills of this system"), "csv": said("EPOS Now CSV")}
ACCESS = {
    "valid": said("valid"),
    "expired": said("expired, renewed when it is needed"),
    "missing": said("none"),
}
#: The parts of a mapping in the order they are checked, and what people call them.
MAPPING = {
    "": said("The mapping as a whole"),
    "lists": said("Lists of QuickBooks"),
    "company": said("Company there"),
    "prefix": said("Receipt prefix"),
    "tax": said("Tax mode"),
    "tenders": said("Ways to pay"),
    "shops": said("Shops"),
    "taxes": said("Taxes"),
    "items": said("Items"),
    "groups": said("Item groups"),
    "customers": said("Customers"),
    "categories": said("New items"),
}
_FOLDED = {"tax_group": "tax", "tax_rounding": "tax", "default_item": "items", "rounding": "items", "voucher": "items",
           "walk_in": "customers", "quarantine": "items", "aside": "items"}  # fmt: skip
DAYS_SHOWN, CHANGES_SHOWN = 10, 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the list. show: a key of SHOWS; words: in name or key; sort: a key of SORTS; down: the other
    way round."""

    show: str = "all"
    words: str = ""
    sort: str = "name"
    down: bool = False


def listed(store: Store, config: Config, wanted: Wanted, reach: Reach) -> dict[str, Any]:
    """{rows, cards}: companies that fit, in order; the cards count all that may be seen."""
    rows = _rows(store, config, run_figures.companies_in(store, reach))
    cards = {name: sum(_fits(row, name) for row in rows) for name in SHOWS}
    chosen = [row for row in rows if _fits(row, wanted.show) and _has(row, wanted.words)]
    chosen.sort(key=lambda row: (row["name"].casefold(), row["id"]))
    if wanted.sort == "sync":  # those that never ran stand last, whichever way
        chosen.sort(key=lambda row: row["synced_at"], reverse=not wanted.down)
        chosen.sort(key=lambda row: not row["synced_at"])
    elif wanted.sort == "health":
        chosen.sort(key=lambda row: run_health.LEVELS.index(row["level"]), reverse=wanted.down)
    elif wanted.down:
        chosen.reverse()
    return {"rows": chosen, "cards": cards}


def one(store: Store, config: Config, key: str, reach: Reach) -> dict[str, Any]:
    """All about one company. NotFound for one that is not here or not theirs."""
    owner = seen(store, key, reach)
    (row,) = _rows(store, config, [owner])
    return {
        **row,
        "first": owner.id == MAIN,
        "setup": company_setup.read(store, config, owner.id),
        "settings": run_settings.of(store, owner.id),
        "checks": checks(store, owner.id, row["books"]),
        "days": [_day(config, figure) for figure in company_runs.latest(store, owner.id, DAYS_SHOWN)],
        "history": _history(store, config, owner.id),
    }


def seen(store: Store, key: str, reach: Reach) -> Company:
    """A company somebody may see all of. NotFound."""
    found = next((one for one in run_figures.companies_in(store, reach) if one.id == key), None)
    if found is None:
        raise NotFound(said("There is no company {name} here.", name=key[:30]), field="company")
    return found


def checks(store: Store, company: str, books: str) -> list[dict[str, Any]]:
    """Each part of the mapping to QuickBooks with what does not fit; [] where the books need no mapping.
    Each {title, count, tone, words: [sentence]}."""
    if books != "quickbooks":
        return []
    plain = qbo_mapping.read(store, company).values
    if not plain:
        return [_check("", 0, "needs", [said("Nothing is mapped yet.")])]
    found: dict[str, list[str]] = {}
    for words in qbo_mapping.check(plain):
        found.setdefault("", []).append(words)
    loaded = _lists(store, company)
    if loaded is not None:
        for fault in qbo_change.faults(store, company, plain, loaded.lists):
            found.setdefault(_FOLDED.get(fault.part, fault.part), []).append(fault.words)
    stuck = kept_lists.count_stuck(store, companies.connection_id("quickbooks", company), "unmapped")
    if stuck:
        found.setdefault("", []).append(
            nsaid("{n} document waits for a mapping.", "{n} documents wait for a mapping.", stuck)
        )
    names = [name for name in MAPPING if name in found or (name in plain and name)]
    names += [name for name in found if name not in MAPPING]
    rows = [_check(name, _size(plain, name), _tone(name, found, loaded), found.get(name, [])) for name in names]
    if loaded is None:
        words = said("They were not loaded yet, so nothing was compared with them.")
        rows.insert(0, _check("lists", 0, "waiting", [words]))
    return rows


# -- inside ------------------------------------------------------------------------------------------------------------


def _rows(store: Store, config: Config, found: Sequence[Company]) -> list[dict[str, Any]]:
    """Companies in their order, asked of the database at once for all of them."""
    ids, now, runs = [one.id for one in found], clock.now(), run_choices.effective(store, config)
    facts, limits = run_health.facts_of(store, config, found, now, runs), run_health.limits_of(runs, config, now)
    kept, lines = run_figures.set_up(store, ids), connections.lines(store, ids)
    rows = []
    for one in facts:
        key = one.company.id
        plain = kept.get(key, {}).get(run_settings.PART) or {}
        books = run_settings.books_of(plain, [line.kind for line in lines if line.company == key])
        rows.append(_row(store, config, run_health.of_company(one, limits), one.token, books, plain))
    return rows


def _row(
    store: Store, config: Config, health: Health, token: TokenHealth | None, books: str, plain: Mapping[str, Any]
) -> dict[str, Any]:
    one, good = health.company, health.good
    source = plain.get("source") if plain.get("source") in SOURCES else "journal"
    return {
        "id": one.id,
        "name": one.name,
        "active": one.active,
        "time_zone": one.time_zone,
        "currency": one.currency,
        "books": books,
        "books_text": BOOKS.get(books, books),
        "source": source,
        "source_text": SOURCES[str(source)],
        "level": health.level,
        "tone": health.tone,
        "label": health.label,
        "issues": health.issues,
        "token": token,
        "token_access": ACCESS[token.access] if token else "",
        "synced_at": good.processed_at if good else "",
        "synced_text": moment(store, config, good.processed_at) if good else "",
        "sync_text": synced_words(config, good),
    }


def _fits(row: Mapping[str, Any], show: str) -> bool:
    if show == "active":
        return bool(row["active"])
    if show == "inactive":
        return not row["active"]
    if show == "attention":
        return bool(row["active"]) and row["level"] in ("critical", "warning")
    return show != "never" or not row["synced_at"]


def _has(row: Mapping[str, Any], words: str) -> bool:
    return words.casefold() in f"{row['name']} {row['id']}".casefold()


def _lists(store: Store, company: str) -> Any:
    signed = qbo_tokens.row(store, companies.connection_id("quickbooks", company))
    return qbo_lists.cached(store, company) if signed and signed.realm else None


def _size(plain: Mapping[str, Any], name: str) -> int:
    value = plain.get(name)
    return len(value) if isinstance(value, dict) else int(bool(value))


def _tone(name: str, found: Mapping[str, list[str]], loaded: Any) -> str:
    if found.get(name):
        return "needs"
    return "saved" if loaded is not None else "waiting"


def _check(name: str, count: int, tone: str, words: list[str]) -> dict[str, Any]:
    return {"name": name, "title": MAPPING.get(name, name), "count": count, "tone": tone, "words": words}


def _day(config: Config, figure: Artifact) -> dict[str, Any]:
    locale = config.shop.locale
    return {
        "day": figure.day,
        "day_text": wording.short_day(date.fromisoformat(figure.day), locale),
        "job": figure.job,
        "count": sold_words(figure),
        "total_text": wording.money(figure.raw_total, figure.currency, locale),
        "booked_text": wording.money(figure.booked_total, figure.currency, locale),
        "difference_text": wording.money(figure.difference, figure.currency, locale),
        "status": figure.status,
        "reason": figure.reason,
    }


def _history(store: Store, config: Config, company: str) -> list[dict[str, Any]]:
    """The last changes of its set-up, with what each field said before and after."""
    rows = []
    for at, by, changed in company_runs.changes(store, company, CHANGES_SHOWN):
        told = [_changed(name, values) for name, values in changed.items()]
        rows.append({"at_text": moment(store, config, at), "by": by, "fields": told})
    return rows


def _changed(name: str, values: Any) -> dict[str, Any]:
    title = company_file.BY_NAME[name].title if name in company_file.BY_NAME else name
    if name == "mapping":
        return {"title": title, "before": "", "after": ", ".join(values)}
    return {"title": title, "before": _shown(values[0]), "after": _shown(values[1])}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return said("yes") if value else said("no")
    if value == "\t":
        return said("tab")
    return "" if value is None else str(value)
