"""Companies of a hub as the console shows them: state, shops, tills, books they post to, people. Speaks to nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pos.actions import hub_views
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.connectors import KINDS
from pos.errors import NotFound
from pos.said import Said, said
from pos.store import companies, company_list, connections, gauges
from pos.store import reach as within
from pos.store.companies import Company
from pos.store.company_list import Counts
from pos.store.connections import Line
from pos.store.db import Store
from pos.store.listing import Asked, Page
from pos.store.reach import EVERYWHERE, Reach
from pos.store.tally import NEEDS, WAITING

CSV = ("id", "name", "active", "time_zone", "currency", "shops", "tills", "connections", "people", "made_at")
#: So many tills of a company stand on its page; all of them at Tills.
TILLS_MAX = 50


def listed(
    store: Store, config: Config, show: str, words: str, asked: Asked, reach: Reach = EVERYWHERE
) -> tuple[list[dict[str, Any]], Page]:
    """A page of companies somebody may see anything of."""
    found, page = company_list.page(store, show, words, asked, reach)
    return _rows(store, config, found, reach), page


def every(
    store: Store, config: Config, show: str, words: str, asked: Asked, reach: Reach = EVERYWHERE
) -> Iterator[dict[str, Any]]:
    """All that fit, for an export: names of shops and connections in one cell each."""
    found = list(company_list.everything(store, show, words, asked, reach))
    for row in _rows(store, config, found, reach):
        shops = "; ".join(shop["name"] for shop in row["shops"])
        yield {**row, "shops": shops, "connections": "; ".join(line["title"] for line in row["connections"])}


def one(store: Store, config: Config, key: str, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """All about one company within a reach, with its tills. NotFound."""
    found = [one for one in within.companies_in(store, reach) if one.id == key]
    if not found:
        raise NotFound(said("There is no company {name} here.", name=key[:30]), field="company")
    row = _rows(store, config, found, reach)[0]
    inside = Reach(frozenset({key}), reach.shops)
    is_hub = config.server.role != "till"
    return {
        **row,
        "tills_there": hub_views.listed(store, config, reach=inside)[:TILLS_MAX] if is_hub else [],
        "everywhere": company_list.everywhere(store) if reach.is_all else None,
        "first": key == companies.MAIN,
        "own_time_zone": row["time_zone"] != config.shop.timezone,
        "own_currency": row["currency"] != config.shop.currency,
    }


def _rows(store: Store, config: Config, found: list[Company], reach: Reach) -> list[dict[str, Any]]:
    ids = [one.id for one in found]
    counts = company_list.counts(store, ids, reach)
    shops, lines = within.shops_in(store, reach), connections.lines(store, ids)
    waiting = _waiting(store) if lines else {}
    rows = []
    for one in found:
        whole = within.whole(store, reach, one.id)
        mine, known = [shop for shop in shops if shop.company == one.id], counts[one.id]
        rows.append(
            {
                "id": one.id,
                "name": one.name,
                "active": one.active,
                "time_zone": one.time_zone,
                "currency": one.currency,
                "made_at": one.made_at,
                "made_text": moment(store, config, one.made_at),
                "shops": [_shop(shop.id, shop.name, known) for shop in mine],
                "tills": sum(known.tills.values()),
                "doubled": sum(known.doubled.values()),
                "people": known.people,
                "connections": [
                    _connection(store, config, line, waiting.get(line.id, (0, 0)) if whole else None)
                    for line in lines
                    if line.company == one.id
                ],
                "whole": whole,
            }
        )
    return rows


def _shop(key: str, name: str, known: Counts) -> dict[str, Any]:
    return {"id": key, "name": name, "tills": known.tills.get(key, 0)}


def _waiting(store: Store) -> dict[str, tuple[int, int]]:
    """How much waits for each connection, and how much of it needs a person."""
    found: dict[str, tuple[int, int]] = {}
    for one in gauges.outbox(store):
        waits, needs = found.get(one.connection, (0, 0))
        waits += one.rows if one.state in (*WAITING, "parked") else 0
        found[one.connection] = (waits, needs + (one.rows if one.state in NEEDS else 0))
    return found


def _connection(store: Store, config: Config, line: Line, counts: tuple[int, int] | None) -> dict[str, Any]:
    """counts: waiting, needing a person; None for who sees a part of the company alone."""
    words, tone = _state(line, counts)
    return {
        "id": line.id,
        "title": line.name,
        "kind": line.kind,
        "kind_title": next((kind.title for kind in KINDS if kind.name == line.kind), line.kind),
        "tone": tone,
        "state_text": words,
        "why": line.paused_reason or (line.last_error if line.offline_since else ""),
        "last_contact": line.last_contact_at,
        "last_contact_text": moment(store, config, line.last_contact_at),
        "waiting": counts[0] if counts else None,
        "needs": counts[1] if counts else None,
    }


def _state(line: Line, counts: tuple[int, int] | None) -> tuple[Said, str]:
    if line.paused_reason:
        return said("Paused"), "needs"
    if line.offline_since:
        return said("No line"), "offline"
    if counts and counts[1]:
        return said("Needs a person"), "needs"
    if not line.last_contact_at:
        return said("Not heard of yet"), "waiting"
    return said("There"), "saved"
