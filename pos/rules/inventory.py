"""What may happen to stock that is kept here: a draft of an event is held against goods, places and levels.

Quantities are thousandths. A line with a `source` moves goods between two places; any other changes what is at its
`destination`. What is refused is refused whole, with the field and the reason.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from pos.errors import Invalid
from pos.rules import money
from pos.said import said

KINDS = ("transfer", "adjustment", "receipt", "count", "opening", "counter")
#: Largest quantity of one line, thousandths: far above any shop, far below what a column holds.
QTY_MAX = 10**12
_ID = re.compile(r"[A-Za-z0-9_~:-][A-Za-z0-9._~:-]{0,63}")
_PLAIN = frozenset("0123456789.")
TEXT_MAX = {"memo": 4000, "reference": 140, "reason": 60, "account": 200, "id": 64}


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is asked for. qty: transfer, receipt: above nothing; else the change, signed. set_to: what is to
    be there after it, instead of a change. level: on hand when `set_to` was found by counting; None = as it is now."""

    item: str
    qty: int = 0
    source: str = ""
    destination: str = ""
    set_to: int | None = None
    level: int | None = None
    account: str = ""
    reason: str = ""
    cost: str = ""  # of one unit, exact decimal text, major units
    order_line: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it is one. id: lasting, made by whoever asks. effective_date: ISO day in the company's zone."""

    id: str
    company: str
    kind: str
    effective_date: str
    lines: tuple[Line, ...]
    memo: str = ""
    reason: str = ""
    reference: str = ""
    purchase_order: str = ""
    count: str = ""
    counters: str = ""  # the event it takes back


@dataclass(frozen=True, slots=True)
class Good:
    """What an item must be to be moved."""

    code: str
    stocked: bool = True
    template: bool = False
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A location as the rules see it."""

    code: str
    company: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """today: the company's day. closed_until: last day of a closed period, ISO; "" = none."""

    today: str
    closed_until: str = ""
    future_days: int = 7
    lines_max: int = 500


@dataclass(frozen=True, slots=True)
class Move:
    """What a line does at one place. level_after: on hand there once it is done."""

    position: int
    item: str
    location: str
    qty: int
    level_after: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft that may happen. lines: with every change worked out, in order; moves: what they do at each place."""

    draft: Draft
    lines: tuple[Line, ...]
    moves: tuple[Move, ...]


def fingerprint(draft: Draft) -> str:
    """SHA-256 over all that was asked for: the same id with another one is a conflict."""
    text = json.dumps(asdict(draft), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def thousandths(value: object, field: str, *, signed: bool = False) -> int:
    """A quantity sent as text (or a whole number) in thousandths. Invalid for what is not finite, or is finer."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Invalid("Send a quantity as plain text, like 12.5.", field=field)
    text = str(value).strip()
    try:
        if not text or len(text) > 20 or not set(text) <= set("0123456789.-+"):
            raise ValueError
        number = money.exact(text).scaleb(3)
    except ValueError:
        raise Invalid(said("{value} is no quantity; write it like 12.5.", value=text[:20]), field=field) from None
    if number != number.to_integral_value():
        raise Invalid(said("{value} has more than three decimals.", value=text), field=field)
    if abs(number) > QTY_MAX:
        raise Invalid(said("{value} is too much.", value=text), field=field)
    if number < 0 and not signed:
        raise Invalid(said("{value} is below nothing.", value=text), field=field)
    return int(number)


def check_id(text: str) -> None:
    """Invalid for what is no id of an event: it is part of addresses, where it is asked for, agreed to or voided."""
    if not _ID.fullmatch(text):
        raise Invalid("An event needs an id of its own, of at most 64 plain characters.", field="id")


def text_of(qty: int) -> str:
    """Thousandths as plain text: 12500 is "12.5"."""
    return f"{Decimal(qty).scaleb(-3).normalize():f}"


def places_of(draft: Draft) -> set[str]:
    """Codes of every place a draft names."""
    return {code for line in draft.lines for code in (line.source, line.destination) if code}


def checked(
    draft: Draft,
    levels: Mapping[tuple[str, str], int],
    places: Mapping[str, Place],
    goods: Mapping[str, Good],
    limits: Limits,
    *,
    owners: Mapping[tuple[str, str], str] | None = None,
) -> Checked:
    """The draft with its changes worked out on these levels ((item, place) -> thousandths; missing = nothing).

    owners: (item, place) -> who keeps that stock instead of us. Invalid names the field, as `lines[2].quantity`.
    """
    _header(draft, limits)
    now = dict(levels)
    lines, moves = list[Line](), list[Move]()
    set_already = set[tuple[str, str]]()
    for at, line in enumerate(draft.lines):
        where = f"lines[{at}]"
        _good(line, where, goods, draft.kind)
        _places(draft, line, where, places)
        for place in filter(None, (line.source, line.destination)):
            _ours(line, place, where, owners or {})
        line = _resolved(draft, line, where, now, set_already)
        steps = (
            [(line.source, -line.qty), (line.destination, line.qty)] if line.source else [(line.destination, line.qty)]
        )
        for place, qty in steps:
            after = now.get((line.item, place), 0) + qty
            _not_below(draft, line, place, qty, after, where)
            now[line.item, place] = after
            if qty:  # a count that found what was to be there moves nothing
                moves.append(Move(at + 1, line.item, place, qty, after))
        lines.append(line)
    return Checked(draft, tuple(lines), tuple(moves))


def reversed_lines(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """What takes these back: goods go the other way, changes have the other sign."""
    return tuple(
        replace(line, source=line.destination, destination=line.source, set_to=None, level=None)
        if line.source
        else replace(line, qty=-line.qty, set_to=None, level=None)
        for line in lines
    )


def day(text: str, field: str = "effective_date") -> date:
    """A day as ISO text. Invalid."""
    try:
        found = date.fromisoformat(text)
        if found.isoformat() != text:  # 2026-W47-7 is one, too, and no day the books could read
            raise ValueError
        return found
    except ValueError:
        raise Invalid(said("{value} is no day; write it like 2026-09-30.", value=text[:20]), field=field) from None


def refuse_date(text: str, limits: Limits) -> None:
    """Invalid for a day in a closed period, or too far ahead."""
    when = day(text)
    if limits.closed_until and when <= day(limits.closed_until):
        raise Invalid(
            said("The books are closed up to {day}; date it after that.", day=limits.closed_until),
            field="effective_date", code="closed_period",
        )  # fmt: skip
    if when > day(limits.today) + timedelta(days=limits.future_days):
        raise Invalid(
            said("{day} is more than {n} days ahead.", day=text, n=limits.future_days), field="effective_date"
        )


def _header(draft: Draft, limits: Limits) -> None:
    if draft.kind not in KINDS:
        raise Invalid(said("kind is one of: {list}.", list=", ".join(KINDS)), field="kind")
    check_id(draft.id)
    if draft.purchase_order and draft.kind != "receipt":
        raise Invalid("Only goods that come in belong to an order.", field="purchase_order")
    for name in ("memo", "reference", "reason"):
        _text(getattr(draft, name), name)
    refuse_date(draft.effective_date, limits)
    if not draft.lines:
        raise Invalid("An event needs at least one line.", field="lines")
    if draft.kind not in ("opening", "counter") and len(draft.lines) > limits.lines_max:
        raise Invalid(said("At most {n} lines an event; make several.", n=limits.lines_max), field="lines")
    if draft.kind == "transfer" and len({(line.source, line.destination) for line in draft.lines}) > 1:
        raise Invalid("A transfer goes from one place to one other; make one for each pair.", field="lines")


def _text(value: str, field: str) -> None:
    name = field.rpartition(".")[2]
    if len(value) > TEXT_MAX.get(name, 140):
        raise Invalid(
            said("{field} is longer than {n} characters.", field=name, n=TEXT_MAX.get(name, 140)), field=field
        )
    if any(not (letter.isprintable() or letter in "\n\r\t") for letter in value):
        raise Invalid(said("{field} holds a control character.", field=name), field=field)


def _good(line: Line, where: str, goods: Mapping[str, Good], kind: str) -> None:
    good = goods.get(line.item)
    field = f"{where}.sku"
    if good is None:
        raise Invalid(said("There is no item {code}.", code=line.item[:140]), field=field, code="unknown_item")
    if good.template:
        raise Invalid(said("{code} is a template; name one of its variants.", code=line.item), field=field)
    if not good.stocked and kind != "counter":
        raise Invalid(said("No stock is kept of {code}.", code=line.item), field=field)
    if good.disabled and kind not in ("counter", "opening", "count"):
        raise Invalid(said("{code} is switched off.", code=line.item), field=field)
    for name in ("account", "reason"):
        _text(getattr(line, name), f"{where}.{name}")
    if line.cost and not is_cost(line.cost):
        raise Invalid(said("{value} is no cost; write it like 12.50.", value=line.cost[:20]), field=f"{where}.cost")


def is_cost(text: str) -> bool:
    """Whether a text is an amount of money at or above nothing, written out in plain digits."""
    try:
        return len(text) <= 20 and _PLAIN.issuperset(text) and money.exact(text) >= 0
    except ValueError:
        return False


def _places(draft: Draft, line: Line, where: str, places: Mapping[str, Place]) -> None:
    if draft.kind == "transfer" and not line.source:
        raise Invalid("Say where the goods come from.", field=f"{where}.source")
    if not line.destination:
        raise Invalid("Say at which place.", field=f"{where}.destination")
    if line.source and draft.kind not in ("transfer", "counter"):
        raise Invalid("Only a transfer has two places.", field=f"{where}.source")
    if line.source == line.destination:
        raise Invalid("Goods go to another place than the one they are at.", field=f"{where}.destination")
    for name, code in (("source", line.source), ("destination", line.destination)):
        if not code:
            continue
        place = places.get(code)
        if place is None or place.company != draft.company:
            raise Invalid(said("There is no place {code}.", code=code[:140]), field=f"{where}.{name}")
        if not place.active and (draft.kind != "counter" or (name == "destination" and line.qty > 0)):
            raise Invalid(said("The place {code} is switched off.", code=code), field=f"{where}.{name}")


def _ours(line: Line, place: str, where: str, owners: Mapping[tuple[str, str], str]) -> None:
    owner = owners.get((line.item, place))
    if owner:
        raise Invalid(
            said("The stock of {code} at {place} is kept by {owner}; change it there.", code=line.item, place=place,
                 owner=owner),
            field=f"{where}.{'source' if place == line.source else 'destination'}", code="kept_elsewhere",
        )  # fmt: skip


def _resolved(
    draft: Draft, line: Line, where: str, now: Mapping[tuple[str, str], int], set_already: set[tuple[str, str]]
) -> Line:
    """The line with the change it makes. What is set is set once, and never below nothing by a person."""
    field = f"{where}.quantity"
    for name, value in (("quantity", line.qty), ("set_to", line.set_to or 0)):
        if type(value) is not int or abs(value) > QTY_MAX:
            raise Invalid("A quantity is a whole number of thousandths.", field=f"{where}.{name}")
    if line.set_to is None:
        if line.qty == 0:
            raise Invalid("A line moves something; nought is no quantity.", field=field)
        if line.qty < 0 and (line.source or draft.kind == "receipt"):
            raise Invalid("A quantity is above nothing.", field=field)
        return replace(line, level=None)
    if draft.kind not in ("adjustment", "count", "opening"):
        raise Invalid("Only an adjustment, a count or an opening sets a level.", field=field)
    if line.set_to < 0 and draft.kind != "opening":
        raise Invalid("There is never less than nothing at a place.", field=field)
    key = (line.item, line.destination)
    if key in set_already:
        raise Invalid(said("{code} stands further up already.", code=line.item), field=f"{where}.sku")
    set_already.add(key)
    level = now.get(key, 0) if line.level is None else line.level
    return replace(line, qty=line.set_to - level, level=level)


def _not_below(draft: Draft, line: Line, place: str, qty: int, after: int, where: str) -> None:
    if qty >= 0 or after >= 0 or draft.kind == "opening":
        return
    facts = {"code": line.item, "place": place, "level": text_of(after - qty), "qty": text_of(-qty)}
    raise Invalid(
        said("{place} has {level} of {code}, so {qty} cannot go.", **facts),
        field=f"{where}.quantity", code="below_zero",
    )  # fmt: skip
