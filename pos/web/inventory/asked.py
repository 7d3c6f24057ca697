"""What requests to /api/inventory say: whose stock, drafts of events, pages of lists.

Who asks is who is signed in or whose key it is; `createdBy` and `X-Inventory-User` are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import request

from pos import clock
from pos.actions.receiving import day_of
from pos.errors import Invalid
from pos.rules import inventory as rules
from pos.rules.inventory import Draft, Line
from pos.said import said
from pos.store import inventory_places
from pos.store.listing import ROWS_MAX
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.integrations import reached
from pos.web.inventory import frame
from pos.web.parts import parts

LIMIT = 50
_AT = re.compile(r"lines\[(\d+)\]\.(\w+)\Z")


def body() -> dict[str, Any]:
    """The request's object; {} when nothing was sent."""
    return json_object() if request.content_length or request.mimetype == "application/json" else {}


def company(given: str = "") -> str:
    """Whose stock: the company named, else ?company=, else the first within reach. 403 outside of it."""
    name = given or request.args.get("company", "")
    if name:
        return reached.named(name)
    return frame.companies()[0].id


def company_of(sent: dict[str, Any], *places: str) -> str:
    """Whose stock a body is about: the company it names, else that of a place it names."""
    named = text(sent, "company", 40).strip()
    if named:
        return company(named)
    known = {one.code: one.company for one in inventory_places.locations(parts().store, "", auth.reach_of())}
    return company(next((known[one] for one in places if one in known), ""))


def transfer(sent: dict[str, Any]) -> Draft:
    """Goods from a place to another one."""
    source, destination = _place(sent, "fromLocation"), _place(sent, "toLocation")
    lines = [replace(line, source=source, destination=destination) for line in _lines(sent)]
    return _draft(sent, "transfer", company_of(sent, source, destination), lines)


def adjustment(sent: dict[str, Any]) -> Draft:
    """A change at one place, by so much or to a level."""
    place, mode = _place(sent, "location"), text(sent, "mode", 10) or "delta"
    if mode not in ("delta", "set"):
        raise Invalid(said("mode is delta or set."), field="mode")
    lines = [replace(line, destination=place) for line in _lines(sent, signed=True)]
    if mode == "set":
        lines = [replace(line, qty=0, set_to=line.qty) for line in lines]
    return _draft(sent, "adjustment", company_of(sent, place), lines)


@contextmanager
def named(kind: str, sent: dict[str, Any]) -> Iterator[None]:
    """Faults inside name the fields as they were sent."""
    try:
        yield
    except Invalid as error:
        found = _AT.match(error.field or "")
        if found:
            names = {"source": "fromLocation", "destination": "toLocation" if kind == "transfer" else "location"}
            name = names.get(found[2], found[2])
            one = name in names.values() or "lines" not in sent
            error.field = name if one else f"lines[{found[1]}].{name}"
        elif error.field == "effective_date":
            error.field = "effectiveDate"
        raise


def limit() -> int:
    """Rows of a page: ?limit=, at most ROWS_MAX."""
    return _whole("limit", LIMIT, 1, ROWS_MAX)


def before() -> int:
    """n of the last row seen: ?before=; 0 = from the newest."""
    return _whole("before", 0, 0, (1 << 63) - 1)


def choice(name: str, allowed: tuple[str, ...]) -> str:
    """One of these words, or ""."""
    given = request.args.get(name, "")
    if given and given not in allowed:
        raise Invalid(said("{name} is one of: {list}.", name=name, list=", ".join(allowed)), field=name)
    return given


def yes(name: str) -> bool:
    """Whether ?name= says so."""
    return request.args.get(name, "") in ("1", "true", "yes")


def via() -> str:
    """How it was asked for, for the audit: by a program with a key, or by a person at a screen."""
    return "api" if auth.actor().via == "token" else "screen"


def order_line(line: dict[str, Any], at: str) -> int:
    """The line of an order that a line is about; 0 = not said. at: what stands before its fields in a refusal."""
    found = line.get("orderLine", 0)
    if type(found) is not int or found < 0:
        raise Invalid(said("{name} is a whole number.", name="orderLine"), field=f"{at}orderLine")
    return found


def flag(sent: dict[str, Any], name: str, default: bool) -> bool:
    value = sent.get(name, default)
    if not isinstance(value, bool):
        raise Invalid(said("{name} is true or false.", name=name), field=name)
    return value


def _whole(name: str, default: int, least: int, most: int) -> int:
    given = request.args.get(name, "")
    if not given:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 20) or int(given) < least:
        raise Invalid(said("{name} is a whole number.", name=name), field=name)
    return min(int(given), most)


def _draft(sent: dict[str, Any], kind: str, owner: str, lines: list[Line]) -> Draft:
    key = text(sent, "id", 64) or clock.uuid7()
    return Draft(
        id=key,
        company=owner,
        kind=kind,
        effective_date=text(sent, "effectiveDate", 10) or day_of(parts().store, owner, key, clock.now()),
        lines=tuple(lines),
        memo=text(sent, "memo", rules.TEXT_MAX["memo"]),
        reason=text(sent, "reason", rules.TEXT_MAX["reason"]),
        reference=text(sent, "reference", rules.TEXT_MAX["reference"]),
    )


def _lines(sent: dict[str, Any], *, signed: bool = False) -> list[Line]:
    """The lines a body has; one that has `sku` itself is one line."""
    given = sent.get("lines")
    if given is None:
        return [_line(sent, "", signed=signed, whole=False)]
    most = parts().config.inventory.lines_max
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise Invalid("lines is a list of objects, each with sku and quantity.", field="lines")
    if len(given) > most:
        raise Invalid(said("At most {n} lines an event; make several.", n=most), field="lines")
    return [_line(one, f"lines[{at}].", signed=signed, whole=True) for at, one in enumerate(given)]


def _line(one: dict[str, Any], at: str, *, signed: bool, whole: bool) -> Line:
    try:
        sku, account, cost = (text(one, name, 200) for name in ("sku", "account", "cost"))
        reason = text(one, "reason", rules.TEXT_MAX["reason"]) if whole else ""
    except Invalid as error:
        error.field = f"{at}{error.field}"
        raise
    if not sku:
        raise Invalid("Say which item.", field=f"{at}sku")
    given = one.get("quantity")
    given = format(given, "f") if isinstance(given, Decimal) else given
    qty = rules.thousandths(given, f"{at}quantity", signed=signed)
    return Line(sku, qty, account=account, reason=reason, cost=cost, order_line=order_line(one, at))


def _place(sent: dict[str, Any], name: str) -> str:
    place = text(sent, name, inventory_places.CODE_MAX).strip()
    if not place:
        raise Invalid("Say at which place.", field=name)
    return place
