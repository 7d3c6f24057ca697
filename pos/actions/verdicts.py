"""Verdicts: what is known of till and books, as screens and the command line show it. Reads, and asks for another look.

A leg is one connection. A shop without an accounting connection is told so: books not compared are no match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pos import clock
from pos.actions import counting, figures, import_books
from pos.config import Config
from pos.connectors import KINDS
from pos.connectors.base import Kind
from pos.errors import Conflict, NotFound
from pos.rules import reconcile, wording, zread
from pos.said import nsaid, psaid, said
from pos.store import bundle_days, bundles, companies, connections, intake, people, reconciliations, scopes
from pos.store import reach as within
from pos.store.db import Store
from pos.store.reach import EVERYWHERE, Reach
from pos.store.reconciliations import Brief, Item
from pos.store.scopes import Scope

PAGE_ROWS = 50
ITEMS_MAX = 200
#: Receipts of a document that are named beside it.
NAMED_MAX = 12
#: The worst first; what could not be looked at is worse than what was and is known.
RANK = {"mismatch": 0, "not_run": 1, "stale": 2, "settled": 3, "match": 4}
#: What is wrong with a document, as `rules.reconcile.WHAT` names it, for people.
WHAT = {
    "differs": said("booked otherwise"),
    "cancelled": said("cancelled there"),
    "draft": said("there as a draft only"),
    "missing": said("not there"),
    "unqueued": said("never queued to be sent"),
    "only_there": said("only in the books"),
}
_STATES = {"open": said("open"), "settled": said("settled"), "matched": said("matches again")}


@dataclass(frozen=True, slots=True)
class Leg:
    """What the till is compared with. id: of the connection, "" = there is none, and `missing` says so."""

    id: str
    title: str
    missing: str
    company: str = ""


def legs(store: Store, kinds: Sequence[Kind] = KINDS, reach: Reach = EVERYWHERE) -> list[Leg]:
    """Every connection, and what no connection stands for yet: the shop's system, the accounts behind it."""
    accounting = {kind.name for kind in kinds if kind.accounting}
    elsewhere = {kind.name for kind in kinds if not kind.compares}
    lines = connections.lines(store, reach.companies)
    if any(line.kind in elsewhere for line in lines):
        return [Leg("", said("Hub"), said("The hub holds what it booked against the books; look there."))]
    found = [
        Leg(line.id, line.title, "", line.company) for line in sorted(lines, key=lambda line: line.kind in accounting)
    ]
    if all(line.kind in accounting for line in lines):
        found.insert(0, Leg("", said("Shop system"), said("No connection is set up.")))
    if not any(line.kind in accounting for line in lines):
        found.append(Leg("", said("Books"), said("No accounting connection is set up.")))
    return found


# -- the list ----------------------------------------------------------------------------------------------------------


def overview(store: Store, config: Config, page: int = 1, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """A page of sessions and days, the worst first, each with one cell per leg."""
    columns = legs(store, reach=reach)
    known = {(b.scope.scope, b.scope.name, b.connection): b for b in reconciliations.briefs(store, reach=reach)}
    listed = dict.fromkeys([*(b.scope for b in known.values()), *_recent(store, config, reach)])
    rows = [_row(store, scope, columns, known, config) for scope in listed]
    rows.sort(key=lambda row: (row["day"], row["scope"] == "session", row["name"]), reverse=True)
    rows.sort(key=lambda row: row["rank"])
    pages = max(1, -(-len(rows) // PAGE_ROWS))
    page = min(max(page, 1), pages)
    states = [cell["state"] for row in rows for cell in row["cells"] if cell["leg"]]
    return {
        "legs": [{"id": leg.id, "title": leg.title} for leg in columns],
        "rows": rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS],
        "page": page,
        "pages": pages,
        "total": len(rows),
        "wanted": sum(bool(b.wanted_at) for b in known.values()),
        "counts": {name: states.count(name) for name in ("mismatch", "not_run", "settled", "match")},
        "days": config.reconcile.days,
    }


def _recent(store: Store, config: Config, reach: Reach = EVERYWHERE) -> list[Scope]:
    """What should have been looked at: closed sessions and days that are over."""
    today = clock.business_day(clock.now(), config.shop.timezone, config.shop.day_starts)
    behind = _behind(config)
    closed = scopes.closed_since(store, config.till.id, behind, reach)
    if reach.shops is not None:  # a day holds all shops of a company
        return closed
    return [*closed, *scopes.days_since(store, behind, today.isoformat(), reach)]


def _behind(config: Config) -> str:
    """The first of the days behind."""
    today = clock.business_day(clock.now(), config.shop.timezone, config.shop.day_starts)
    return (today - timedelta(days=config.reconcile.days)).isoformat()


def _row(
    store: Store, scope: Scope, columns: list[Leg], known: dict[tuple[str, str, str], Brief], config: Config
) -> dict[str, Any]:
    columns = [_of_company(store, scope, leg) for leg in columns]
    cells = [_cell(store, leg, known.get((scope.scope, scope.name, leg.id)), config) for leg in columns]
    real = [cell for cell in cells if cell["leg"]] or cells
    seen = next((cell for cell in real if cell["compared"]), None)
    return {
        **_named(store, scope, config),
        "cells": cells,
        "rank": min(RANK["stale" if cell["stale"] else cell["state"]] for cell in real),
        "total_text": seen["here_text"] if seen else "",
        "documents": seen["here"] if seen else None,
    }


def _of_company(store: Store, scope: Scope, leg: Leg) -> Leg:
    """Books a session is compared with are those of its company alone."""
    till = scope.name.rpartition("-S")[0]
    if scope.scope == "day" or not leg.id or companies.of_till(store, till).company == leg.company:
        return leg
    return Leg("", leg.title, said("Books of another company."))


def _named(store: Store, scope: Scope, config: Config) -> dict[str, Any]:
    z = scopes.z_of(store, scope.name) if scope.scope == "session" else None
    return {
        "scope": scope.scope,
        "name": scope.name,
        "day": scope.day,
        "day_text": wording.short_day(date.fromisoformat(scope.day), config.shop.locale),
        "title": said("Session {name}", name=scope.name) if scope.scope == "session" else said("Whole day"),
        "z": z,
        "z_name": zread.name_of(z) if z is not None else "",
    }


def state_of(found: Brief | None) -> str:
    """match, mismatch, settled (every difference explained by a person), not_run."""
    if found is None or found.verdict == "not_run":
        return "not_run"
    if found.open:
        return "mismatch"
    return "settled" if found.verdict == "mismatch" and found.settled else "match"


def _cell(store: Store, leg: Leg, found: Brief | None, config: Config) -> dict[str, Any]:
    state = state_of(found)
    cell: dict[str, Any] = {
        "leg": leg.id, "title": leg.title, "state": state, "state_text": _state_text(state, found), "open": 0,
        "compared": False, "stale": False, "why": leg.missing or said("Not looked at yet."), "wanted": False,
        "tried_at": "", "here": None, "there": None, "here_text": "", "there_text": "", "when_text": "",
    }  # fmt: skip
    if found is None:
        return cell
    compared = found.verdict != "not_run"
    cell |= {
        "open": found.open, "compared": compared, "stale": compared and found.outcome == "not_run",
        "why": reason_of(found), "wanted": bool(found.wanted_at), "tried_at": found.tried_at,
        "when_text": _moment(store, found.compared_at or found.tried_at, config),
    }  # fmt: skip
    if compared:
        cell |= {"here": found.here, "there": found.there}
        config = counting.of_connection(store, config, leg.id)
        cell |= {"here_text": figures.money(found.total_here, config)}
        cell |= {"there_text": figures.money(found.total_there, config)}
    return cell


def _state_text(state: str, found: Brief | None) -> str:
    if state == "mismatch" and found is not None:
        return nsaid("{n} differs", "{n} differ", found.open)
    texts = {"match": said("Match"), "settled": said("Settled"), "not_run": said("Not run")}
    return texts[state]


def reason_of(found: Brief) -> str:
    """Why the last try was no comparison, in words; "" when it was one."""
    if found.code == "waiting":
        count = int(found.reason.split(" ", 1)[0])
        return nsaid("{n} document is not sent yet.", "{n} documents are not sent yet.", count)
    known = {
        "open": said("The session is still open."),
        "nothing": said("Nothing of it goes there."),
        "new": said("Not looked at yet."),
    }
    return known.get(found.code, found.reason)


def _moment(store: Store, stamp: str, config: Config) -> str:
    return wording.moment(intake.local(store, clock.parse(stamp)), config.shop.locale) if stamp else ""


# -- one of them -------------------------------------------------------------------------------------------------------


def detail(store: Store, config: Config, scope: str, name: str, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """One session or day: every sum on both sides, and every document that differs. NotFound."""
    here = scope_of(store, scope, name, reach)
    columns = legs(store, reach=reach)
    found = []
    for leg in columns:
        counts = counting.of_connection(store, config, leg.id)
        brief = reconciliations.brief(store, leg.id, here) if leg.id else None
        standing = reconciliations.standing(store, leg.id, here) if leg.id else None
        items, total = reconciliations.items(store, leg.id, here, ITEMS_MAX) if leg.id else ([], 0)
        found.append(
            {
                **_cell(store, leg, brief, config),
                "sums": [_sum(row, counts) for row in standing.rows] if standing else [],
                "within": standing.within if standing else 0,
                "note": standing.note if standing else "",
                "items": [{**shown(store, item, counts), **_made_of(store, leg.id, item)} for item in items],
                "more": max(0, total - len(items)),
            }
        )
    return {**_named(store, here, config), "legs": found}


def scope_of(store: Store, scope: str, name: str, reach: Reach = EVERYWHERE) -> Scope:
    """The scope of an address. NotFound."""
    if scope not in reconcile.SCOPES:
        raise NotFound("There are sessions and days.", field="scope")
    if scope == "day" and reach.shops is not None:
        raise NotFound("A whole day holds all shops of a company; look at its sessions.", field="scope")
    return scopes.session_of(store, name, reach) if scope == "session" else scopes.day_of(store, name, reach)


def _sum(row: reconcile.Row, config: Config) -> dict[str, Any]:
    return {
        "of": row.of,
        "of_text": _of(row.of),
        "name": said("Total") if row.of == "total" else row.name,
        "here_text": figures.money(row.ours, config),
        "there_text": figures.money(row.theirs, config),
        "difference_text": figures.money(row.theirs - row.ours, config),
        "equal": row.ours == row.theirs,
    }


def _of(of: str) -> str:
    texts = {
        "total": said("All documents"),
        "tenders": psaid("reconciliation", "Tender"),
        "taxes": psaid("reconciliation", "Tax"),
        "goods": said("Goods by tax rate"),
    }
    return texts[of]


def shown(store: Store, item: Item, config: Config) -> dict[str, Any]:
    """One difference, with both figures of everything that is not the same."""
    return {
        "n": item.n,
        "number": item.number or item.remote_id,
        "document": item.document,
        "part": item.part,
        "remote_id": item.remote_id,
        "what": item.what,
        "what_text": WHAT[item.what],
        "words": item.words,
        "here_text": figures.money(item.here["total"], config) if item.here else "",
        "there_text": figures.money(item.there["total"], config) if item.there else "",
        "figures": _unequal(item, config),
        "found_text": _moment(store, item.found_at, config),
        "state": item.state,
        "state_text": _STATES[item.state],
        "closed_text": _moment(store, item.closed_at, config),
        "closed_by": _name(store, item.closed_by),
        "reason": item.reason,
    }


def _made_of(store: Store, connection: str, item: Item) -> dict[str, Any]:
    """The receipts behind a document of several: their numbers, and how many there are; of one that has none, what it
    is made of."""
    names, count = list[str](), 0
    if item.part == bundles.PART:
        names, count = bundle_days.receipts(store, connection, item.number, NAMED_MAX)
    rows = import_books.words_of(store, connection, item.number) if item.part == bundles.PART and not count else ""
    return {"receipts": names, "receipts_more": count - len(names), "rows": rows}


def _name(store: Store, code: str) -> str:
    return next((person.name for person in people.people(store) if person.code == code), code) if code else ""


def _unequal(item: Item, config: Config) -> list[dict[str, Any]]:
    """The figures that differ; nothing there counts as none."""
    counts = item.what in ("differs", "only_there")
    here, there = item.here or {}, (item.there or {}) if counts else {}
    found = []
    for of in ("total", *reconcile.PARTS):
        ours, theirs = ({"": side.get(of, 0)} if of == "total" else side.get(of, {}) for side in (here, there))
        for name in dict.fromkeys((*ours, *theirs)):
            a, b = ours.get(name, 0), theirs.get(name, 0)
            if a != b:
                found.append(_sum(reconcile.Row(of, name, a, b), config))
    return found


# -- asking ------------------------------------------------------------------------------------------------------------


def want(store: Store, config: Config, by: str, scope: str = "", name: str = "", reach: Reach = EVERYWHERE) -> int:
    """Ask for another look: at one session or day, or at all of the days behind and what is open. How many.

    Conflict no_connection when there is nothing to compare with.
    """
    connected = [leg.id for leg in legs(store, reach=reach) if leg.id]
    if not connected:
        raise Conflict("There is no connection to compare with.", code="no_connection")
    now, count = clock.now(), 0
    for connection in connected:
        asked = [scope_of(store, scope, name, reach)] if scope else all_of(store, config, connection, reach)
        for one in asked:
            reconciliations.want(store, connection, one, by, now)
        count += len(asked)
    return count


def all_of(store: Store, config: Config, connection: str, reach: Reach = EVERYWHERE) -> list[Scope]:
    """The sessions and days of the days behind, and older ones that are not settled."""
    mine = within.of_connection(store, connection)
    behind, briefs = _behind(config), reconciliations.briefs(store, connection, reach)
    known = [b.scope for b in briefs if b.open or b.outcome == "not_run" or b.scope.day >= behind]
    return list(dict.fromkeys([*_recent(store, config, mine if reach.shops is None else reach), *known]))
