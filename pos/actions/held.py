"""Setting a basket aside and taking it up again, whole: lines, discounts, notes and customer as sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from pos import clock
from pos.config import Config
from pos.errors import Invalid
from pos.rules import basket as baskets
from pos.rules import wording
from pos.rules.money import major, minor
from pos.rules.tender import has_card_number
from pos.said import nsaid, said
from pos.store import held, intake
from pos.store.db import Store

TITLE_CHARS_MAX = 80
REASON_CHARS_MAX = 140
#: What a basket carries that is for one moment only.
_PASSING = frozenset({"approvals", "payments", "typed", "total"})


class Person(Protocol):
    """Who does it."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...


def hold(store: Store, config: Config, raw: Mapping[str, Any], title: str, total: Any, by: Person) -> dict[str, Any]:
    """Set a basket aside. Invalid when it is none or empty; Conflict as `store.held.put`. Prices are not looked at:
    what cannot be sold just now can still be set aside."""
    if not isinstance(raw, Mapping):
        raise Invalid("Send the basket that is set aside.", field="basket")
    kept = {key: value for key, value in raw.items() if key not in _PASSING}
    basket = baskets.parse(kept, walk_in=config.till.walk_in, currency=config.shop.currency, final=False)
    if not basket.id:
        raise Invalid("A basket needs an id of its own: a UUID in small letters.", field="basket.id")
    if not basket.lines:
        raise Invalid("The basket is empty.", code="empty", field="basket.lines")
    cur = config.shop.currency
    shown = "" if total in (None, "") else f"{major(baskets.money(total, 'total', cur), cur):f}"
    aside, again = held.put(
        store,
        basket.id,
        _json(kept),
        title=spoken(title, TITLE_CHARS_MAX, "title"),
        lines=len(basket.lines),
        total=shown,
        by=by.code,
        name=by.name,
    )
    return {"held": view(store, config, aside), "count": held.count(store), "duplicate": again}


def listed(store: Store, config: Config) -> dict[str, Any]:
    """What is held in the shop, and what was taken up and came to no end. hub_away: other tills' are missing."""
    return {
        "held": [view(store, config, x) for x in held.listed(store)],
        "taken": [view(store, config, x) for x in held.taken_up(store)],
        "count": held.count(store),
        "hub_away": False,
    }


def resume(store: Store, config: Config, key: str, act: str, by: Person, *, again: bool = False) -> dict[str, Any]:
    """Take a basket up on this screen. Taken when another one has it. The basket as it was set aside."""
    if not baskets.UUID.match(act):
        raise Invalid("Send an id for this press: a UUID in small letters.", field="act")
    found = held.resume(store, key, act, by.code, again=again)
    return {"basket": json.loads(found.basket), "held": view(store, config, found)}


def discard(store: Store, config: Config, key: str, reason: str, by: Person) -> dict[str, Any]:
    """It is not wanted any more. Invalid without a reason."""
    words = spoken(reason, REASON_CHARS_MAX, "reason")
    if not words:
        raise Invalid("Say why it is discarded.", code="reason", field="reason")
    return {"held": view(store, config, held.discard(store, key, words, by.code)), "count": held.count(store)}


def view(store: Store, config: Config, x: held.Aside) -> dict[str, Any]:
    """One of them as the page lists it."""
    cur, loc = config.shop.currency, config.shop.locale
    total = "" if not x.total else wording.money(minor(Decimal(x.total), cur), cur, loc)
    return {
        "id": x.id,
        "title": x.title,
        "lines": x.lines,
        "lines_text": nsaid("{n} line", "{n} lines", x.lines),
        "total_text": total,
        "by": {"code": x.by_code, "name": x.by_name},
        "at": x.at,
        "at_text": _when(store, config, x.at),
        "till": x.till,
        "state": x.state,
        "changed_by": x.changed_by,
        "changed_text": _when(store, config, x.changed_at) if x.changed_at else "",
    }


def _when(store: Store, config: Config, stamp: str) -> str:
    local = intake.local(store, clock.parse(stamp))
    now = intake.local(store, clock.now())
    same_day = local.date() == now.date()
    return wording.clock_time(local, config.shop.locale) if same_day else wording.moment(local, config.shop.locale)


def spoken(text: Any, longest: int, field: str) -> str:
    """Words a person typed: of bounded length, without a card number."""
    if not isinstance(text, str) or len(text.strip()) > longest or not text.replace("\n", " ").isprintable():
        raise Invalid(said("At most {longest} characters of plain text fit here.", longest=longest), field=field)
    if has_card_number(text):
        raise Invalid("That is a whole card number; keep only its last four digits.", code="card_number", field=field)
    return " ".join(text.split())


def _json(kept: Mapping[str, Any]) -> str:
    """Exactly what was sent; a figure that came as a number stays one as text, never a float."""

    def text(value: Any) -> str:
        if isinstance(value, Decimal):
            return f"{value:f}"
        raise TypeError(f"{value!r} came in no request")

    return json.dumps(kept, ensure_ascii=False, default=text)
