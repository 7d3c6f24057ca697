"""Requests for changes of stock as people read them: who asked for what and why it waits, how much there was then, how
much there is now, and what would be there after it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pos import clock
from pos.actions.inventory import draft_of
from pos.actions.inventory_words import APPROVALS, ASKED, WHY, exact, quantity
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.errors import NotFound
from pos.rules import inventory as rules
from pos.rules import wording
from pos.rules.inventory import Draft, Line
from pos.rules.inventory_approval import are_one, becomes
from pos.said import said
from pos.store import inventory, inventory_kept, listing, people, rights
from pos.store import reach as within
from pos.store.db import Store
from pos.store.inventory_approvals import STATES
from pos.store.listing import Asked, Page, Source
from pos.store.people import Actor

_NAMES = (
    "n", "id", "kind", "payload", "why", "words", "state", "asked_by", "asked_name", "asked_at", "until",
    "decided_name", "decided_at", "note", "event",
)  # fmt: skip
_SOURCE = Source(tuple(f"a.{name}" for name in _NAMES), "inventory_approval a", "a.n", {"n": "a.n"})
#: So many names of who may answer are shown.
NAMES_MAX = 12
#: Facts of a proposal that are shown as they stand.
FACTS_MAX = 40


@dataclass(frozen=True, slots=True)
class Filter:
    """Which requests. state: one of STATES. words: an id, an item, or anywhere in what was asked, by whom. "" = any."""

    company: str
    state: str = ""
    words: str = ""


def listed(store: Store, config: Config, wanted: Filter, asked: Asked) -> tuple[list[dict[str, Any]], Page]:
    """One page, the newest first."""
    where, facts = ["a.company = ?"], list[Any]([wanted.company])
    if wanted.state:
        where.append("a.state = ?")
        facts.append(wanted.state)
    if wanted.words:
        where.append(
            "(a.id = ? OR instr(lower(a.payload), lower(?)) > 0 OR instr(lower(a.words), lower(?)) > 0"
            " OR instr(lower(a.asked_name), lower(?)) > 0)"
        )
        facts += [wanted.words] * 4
    with store.reading():
        found = listing.page(store, _SOURCE, where, facts, asked)
        total = listing.count(store, "inventory_approval a", where, facts)
    rows = [_row(store, config, row) for row in found.rows]
    return rows, Page(found.rows, found.after, found.before, total)


def counted(store: Store, company: str) -> dict[str, int]:
    """How many requests are in each state."""
    asked = "SELECT state, count(*) FROM inventory_approval WHERE company = ? GROUP BY state"
    found = dict(store.execute(asked, (company,)).fetchall())
    return {state: found.get(state, 0) for state in STATES}


def one(store: Store, config: Config, key: str, company: str) -> dict[str, Any]:
    """A request with the stock it is about. NotFound, also for another company's."""
    where = ["a.id = ?", "a.company = ?"]
    with store.reading():
        found = listing.page(store, _SOURCE, where, [key, company], Asked(limit=1)).rows
        if not found:
            raise NotFound(said("There is no request {id}.", id=repr(key[:40])), field="id")
        row = _row(store, config, found[0])
        draft = row["draft"]
        lines = _standing(store, config, row, draft) if draft else []
        day = draft.effective_date if draft else ""
    day_text = wording.short_day(date.fromisoformat(day), config.shop.locale) if day else ""
    return {**row, "line_rows": lines, "day_text": day_text, "facts": [] if draft else _facts(row["payload"])}


def acts(row: dict[str, Any], who: Actor) -> tuple[list[str], str]:
    """What somebody may do with a request as it stands: approve, reject, withdraw; and in words why they may not
    answer it."""
    if row["state"] != "pending":
        return [], ""
    mine = bool(who.person) and who.person == row["asked_by"]
    if not who.may("stock_approve"):
        return ["withdraw"] if mine else [], said("Somebody with the right to agree to changes of stock answers this.")
    if are_one(row["asked_by"], who.person):
        return ["withdraw"] if mine else [], said("You asked for it yourself; somebody else answers.")
    return ["approve", "reject"], ""


def who_may(store: Store, asked_by: str, company: str) -> list[str]:
    """Names of people who may answer a request: with the right, all of the company within reach, not who asked. Some of
    them, where they are many."""
    table = rights.of(store)
    found = [
        one.name
        for one in people.people(store)
        if one.active
        and table.allowed(one.role, "stock_approve")
        and not are_one(asked_by, one.code)
        and within.whole(store, within.of_person(store, one.code), company)
    ]
    return found[:NAMES_MAX]


def _row(store: Store, config: Config, row: Sequence[Any]) -> dict[str, Any]:
    found = dict(zip(_NAMES, row, strict=True))
    found["payload"] = json.loads(found["payload"])
    is_late = found["state"] == "pending" and clock.parse(found["until"]) <= clock.now()
    state, tone = APPROVALS["expired" if is_late else found["state"]]
    draft = draft_of(found["payload"]) if found["kind"] in rules.KINDS and "draft" in found["payload"] else None
    lines = draft.lines if draft else ()
    return {
        **found,
        "draft": draft,
        "kind_text": ASKED.get(found["kind"], found["kind"]),
        "state_text": state,
        "tone": tone,
        "late": is_late,
        "why_words": [WHY.get(code, code) for code in json.loads(found["why"])],
        "asked_text": moment(store, config, found["asked_at"]),
        "until_text": moment(store, config, found["until"]),
        "decided_text": moment(store, config, found["decided_at"]),
        "item": lines[0].item if lines else "",
        "lines": len(lines),
        "source": lines[0].source if lines else "",
        "destination": lines[0].destination if lines else "",
        "change_text": _change(lines[0], config, draft) if lines and draft else "",
    }


def _change(line: Line, config: Config, draft: Draft) -> str:
    if line.set_to is not None:
        return said("set to {level}", level=quantity(line.set_to, config))
    return quantity(line.qty, config, signed=draft.kind not in ("transfer", "receipt"))


def _standing(store: Store, config: Config, row: dict[str, Any], draft: Draft) -> list[dict[str, Any]]:
    """Each line at each of its places: how much was there when it was asked for, is there now, would be after it. What
    was decided shows no after."""
    pairs = [(line.item, place) for line in draft.lines for place in (line.source, line.destination) if place]
    now = inventory.levels(store, draft.company, {item for item, _ in pairs}, {place for _, place in pairs})
    since = _moved_since(store, {item for item, _ in pairs}, clock.parse(row["asked_at"]))
    names = inventory_kept.names(store, {item for item, _ in pairs})
    waits, level = row["state"] == "pending", dict(now)
    found = []
    for line in draft.lines:
        for place, sign in ((line.source, -1), (line.destination, 1)) if line.source else ((line.destination, 1),):
            key = (line.item, place)
            there = now.get(key, 0)
            then = line.level if line.level is not None else there - since.get(key, 0)
            before = level.get(key, 0)
            after = before + sign * line.qty if line.set_to is None else becomes(line.set_to, then, before)
            level[key] = after
            found.append(
                {
                    "item": line.item,
                    "name": names.get(line.item, ""),
                    "location": place,
                    "change_text": said("set to {level}", level=quantity(line.set_to, config))
                    if line.set_to is not None
                    else quantity(sign * line.qty, config, signed=True),
                    "then": exact(then),
                    "then_text": quantity(then, config),
                    "now": exact(there),
                    "now_text": quantity(there, config),
                    "moved": then != there,
                    "after": exact(after) if waits else "",
                    "after_text": quantity(after, config) if waits else "",
                    "short": waits and after < 0,
                    "reason": line.reason or draft.reason,
                }
            )
    return found


def _moved_since(store: Store, items: set[str], then: datetime) -> dict[tuple[str, str], int]:
    """What moved these items at each place after a moment, people's events and documents of tills alike."""
    listed = json.dumps(sorted(items))
    found = defaultdict[tuple[str, str], int](int)
    asked = (
        "SELECT item, location, sum(qty) FROM inventory_move WHERE item IN (SELECT value FROM json_each(?)) AND at > ?"
        " GROUP BY item, location"
    )
    for item, place, qty in store.execute(asked, (listed, clock.stamp(then))).fetchall():
        found[item, place] += qty
    # A document bears its till's own wall clock: days narrow it, the moment decides.
    asked = (
        "SELECT m.item_code, m.warehouse, m.qty, d.created_at FROM movement m JOIN document d ON d.id = m.document"
        " WHERE m.item_code IN (SELECT value FROM json_each(?)) AND d.created_at >= ?"
    )
    day = (then - timedelta(days=2)).date().isoformat()
    for item, place, qty, at in store.execute(asked, (listed, day)).fetchall():
        if clock.parse(at) > then:
            found[item, place] += qty
    return found


def _facts(payload: dict[str, Any]) -> list[dict[str, str]]:
    """A proposal's own facts, as they stand."""
    return [
        {"name": name, "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}
        for name, value in list(payload.items())[:FACTS_MAX]
    ]
