"""Records of QuickBooks Desktop: what a person or program gives, checked, and how both sides are compared. Pure.

What the fields are stands in `conductor_tables`. Nothing is ever cut to a length: it is refused, with the field and the
limit in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pos.errors import Invalid
from pos.rules.conductor_tables import (
    ADDRESS,
    AND,
    CHARS,
    DETAILS,
    DETAILS_NEEDED,
    FIELDS,
    ITEM_FIELDS,
    LINES,
    LINES_MAX,
    OR,
    THERE,
    Field,
    details_of,
    has_lines,
    merged,
    of,
)
from pos.rules.money import exact
from pos.said import said

__all__ = [
    "FIELDS",
    "ITEM_FIELDS",
    "LINES",
    "THERE",
    "Field",
    "cleaned",
    "cleaned_lines",
    "has_lines",
    "merged",
    "of",
    "plain",
    "seen",
    "seen_field",
    "seen_lines",
    "value",
    "view",
]


# -- what a person gives -----------------------------------------------------------------------------------------------


def cleaned(kind: str, given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record with what is given put in; what is not given stays. before: {} = it is new. A field nobody
    here may write is taken only as it stood. Invalid names the field, and the limit."""
    whole = {"type": given.get("type", before.get("type"))} if kind == "qbd_item" else {}
    known = of(kind, whole)
    found = dict(before)
    for name, one in known.items():
        if name not in given:
            found.setdefault(name, True if name == "isActive" else one.empty)
        elif _may(name, one, given[name], before):
            found[name] = value(name, one, given[name])
        if one.needed and not found[name] and (name in given or not before):
            raise Invalid(said("{field} is needed.", field=name), field=name)
    for name in given:
        if name not in known:
            raise Invalid(said("A {kind} has no field {field}.", kind=kind, field=str(name)[:40]), field=str(name)[:40])
    if kind == "qbd_item" and known.get("postingAccount"):
        _refuse_both(found, new=not before)
    return found


def _may(name: str, one: Field, given: Any, before: Mapping[str, Any]) -> bool:
    """Whether it is to be put in. Invalid where it is not this side's to say."""
    there = bool(before.get("createdAt"))
    if one.on != "never" and not (one.on == "create" and (there or (before and name == "type"))):
        return True
    if seen(one, given) == seen(one, before.get(name, one.empty)):
        return False
    if name == "type":
        raise Invalid(said("An item stays of the type it was made as."), field=name)
    raise Invalid(said("{field} is said in QuickBooks alone.", field=name), field=name)


def _refuse_both(fields: Mapping[str, Any], *, new: bool) -> None:
    filled = {one.within: name for name, one in reversed(DETAILS.items()) if fields.get(name)}
    if len(filled) > 1:
        raise Invalid(
            said("An item has one price and account, or those of buying and selling, not both: leave {one} or {other} "
                 "empty.", one=filled[OR], other=filled[AND]), field=filled[OR],
        )  # fmt: skip
    for name in DETAILS_NEEDED[details_of(fields)] if new else ():
        if not fields.get(name):
            raise Invalid(said("{field} is needed.", field=name), field=name)


def value(name: str, one: Field, given: Any) -> Any:
    """One value as it is kept. Invalid names the field; `name` is how it is called in that."""
    if given is None:
        given = one.empty
    if one.sort == "flag":
        if not isinstance(given, bool) and given != "":
            raise Invalid(said("{name} is yes or no.", name=name), field=name)
        return given
    if one.sort == "ref":
        return _reference(name, one, given)
    if one.sort == "address":
        return _address(name, given)
    if one.sort in ("custom", "kept"):
        raise Invalid(said("{field} is said in QuickBooks alone.", field=name), field=name)
    text = _text(name, one.chars, given)
    if ":" in text and name == "name":
        raise Invalid(said("{field} holds no colon: QuickBooks puts one between a name and what is above it.",
                           field=name), field=name)  # fmt: skip
    if not text:
        return text
    if one.sort == "choice" and text not in one.choices:
        raise Invalid(
            said("{field} is one of these: {choices}.", field=name, choices=", ".join(one.choices)), field=name
        )
    if one.sort == "day":
        return _day(name, text)
    return _figure(name, text) if one.sort in ("money", "number") else text


def _text(name: str, chars: int, given: Any) -> str:
    text = given.strip() if isinstance(given, str) else None
    if text is None or len(text) > chars or "\x00" in text:
        raise Invalid(
            said("{field} must be text of at most {chars_max} characters.", field=name, chars_max=chars), field=name
        )
    return text


def _reference(name: str, one: Field, given: Any) -> dict[str, str]:
    if isinstance(given, str):
        given = {"id": given}
    if not isinstance(given, Mapping) or set(given) - {"id", "fullName"}:
        raise Invalid(said("{field} names an entry of a list in QuickBooks by its id.", field=name), field=name)
    key = _text(name, one.chars, given.get("id") or "")
    full = _text(name, CHARS, given.get("fullName") or "")
    return {"id": key, **({"fullName": full} if full else {})} if key else {}


def _address(name: str, given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping) or set(given) - set(ADDRESS):
        raise Invalid(
            said("{field} is an address of these parts: {parts}.", field=name, parts=", ".join(ADDRESS)), field=name
        )
    parts = {part: _text(f"{name}.{part}", chars, given.get(part) or "") for part, chars in ADDRESS.items()}
    return {part: text for part, text in parts.items() if text}


def _day(name: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid(said("{field} is a day, like 2026-11-20.", field=name), field=name) from None


def _figure(name: str, text: str) -> str:
    try:
        number = exact(text)
        if abs(number) >= Decimal(10) ** 12 or number.as_tuple().exponent < -9:  # type: ignore[operator]
            raise ValueError(name)
    except (TypeError, ValueError, ArithmeticError):
        raise Invalid(said("{field} is a figure, like 12.50.", field=name), field=name) from None
    return f"{number:f}"


# -- lines -------------------------------------------------------------------------------------------------------------


def cleaned_lines(kind: str, given: Any, before: Iterable[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Lines as they were given. A line with the id of one before keeps what is not given and what only QuickBooks says
    of it; one that is not given any more is taken away there, too. Invalid names what is wrong."""
    if kind not in LINES or kind == "qbd_invoice":
        if given:
            raise Invalid(said("A {kind} has no lines.", kind=kind), field="lines")
        return []
    if not isinstance(given, list) or len(given) > LINES_MAX or not all(isinstance(one, Mapping) for one in given):
        raise Invalid(said("Lines are a list of at most {most} objects.", most=LINES_MAX), field="lines")
    if kind != "qbd_item" and not given:
        raise Invalid(said("There is nothing on it: give it lines."), field="lines")
    known = {str(one["id"]): one for one in before if one.get("id")}
    return [_line(kind, one, known.pop(str(one.get("id") or ""), {}), f"lines[{at}].") for at, one in enumerate(given)]


def _line(kind: str, given: Mapping[str, Any], before: Mapping[str, Any], where: str) -> dict[str, Any]:
    fields = LINES[kind]
    for name in given:
        if name not in fields and name != "id":
            raise Invalid(said("A line has no field {field}.", field=str(name)[:40]), field=f"{where}{str(name)[:40]}")
    found = dict(before)
    if kind != "qbd_item":
        found["id"] = str(before.get("id") or "")
    for name, one in fields.items():
        if name not in given:
            found.setdefault(name, one.empty)
        elif one.on != "never" and not (one.on == "create" and before):
            found[name] = value(where + name, one, given[name])
        elif seen(one, given[name]) != seen(one, found.setdefault(name, one.empty)):
            raise Invalid(said("{field} is said in QuickBooks alone.", field=where + name), field=where + name)
        if one.needed and not found[name]:
            raise Invalid(said("{field} is needed.", field=where + name), field=where + name)
    _refuse_odd(kind, found, where)
    if before and _worth(found) != _worth(before) and "amount" not in given:
        found["amount"] = ""
    return found


def _worth(line: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(plain(line.get(name) or "") for name in ("quantity", "rate", "ratePercent"))


def _refuse_odd(kind: str, line: Mapping[str, Any], where: str) -> None:
    if kind == "qbd_adjustment":
        if not _moves(line):
            raise Invalid(
                said("A line changes a quantity or a value; one of a serial number says whether it was added."),
                field=f"{where}quantityDifference",
            )
        if line.get("serialNumber") and (line.get("quantityDifference") or line.get("valueDifference")) and not (
            line.get("id")
        ):  # fmt: skip
            raise Invalid(
                said("A line of a serial number is added or removed; it has no quantity."),
                field=f"{where}quantityDifference",
            )
    elif kind != "qbd_item" and not line.get("item") and not line.get("description"):
        raise Invalid(said("A line has an item or a description."), field=f"{where}item")
    if line.get("rate") and line.get("ratePercent"):
        raise Invalid(said("A line has a price or a percent, not both."), field=f"{where}rate")


def _moves(line: Mapping[str, Any]) -> bool:
    if line.get("serialNumber") and line.get("serialNumberAction"):
        return True
    return any(plain(line.get(name) or "0") != "0" for name in ("quantityDifference", "valueDifference"))


# -- compared ----------------------------------------------------------------------------------------------------------


def plain(figure: Any) -> str:
    """A figure as the same text however it was written: "2.00" and "2" are "2". Text that is none stays as it is; a
    float is a TypeError."""
    if figure == "":
        return ""
    try:
        number = exact(figure)
    except ValueError:
        return str(figure)
    return f"{number.normalize():f}" if number else "0"


def seen(one: Field, held: Any) -> Any:
    """One value as it is compared."""
    if one.sort == "flag":
        return held is True
    if held is None or held == one.empty:
        return one.empty
    if one.sort == "ref":
        key = held if isinstance(held, str) else str(held.get("id") or "")
        return {"id": key} if key else {}
    if one.sort == "address":
        return {part: _flat(held[part]) for part in ADDRESS if _flat(held.get(part))}
    if one.sort in ("money", "number"):
        return plain(held if isinstance(held, Decimal | int) else str(held).strip())
    return _flat(held) if isinstance(held, str) else held


def _flat(text: Any) -> str:
    return str(text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def seen_lines(kind: str, lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lines as they are compared: what is in each, without their ids and without what only QuickBooks says. An amount
    that a price and a quantity come to says nothing more."""
    found = []
    for line in lines:
        row = {name: seen(one, line.get(name, one.empty)) for name, one in LINES[kind].items() if one.merged}
        if row.get("rate") or row.get("ratePercent"):
            row.pop("amount", None)
        found.append({name: held for name, held in row.items() if held not in ("", {}, [], False)})
    return found


def view(kind: str, fields: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A record as both sides are compared by."""
    known = of(kind, fields)
    found = {name: seen(one, fields.get(name, one.empty)) for name, one in known.items() if one.merged}
    if has_lines(kind, fields):
        found["lines"] = seen_lines(kind, lines)
    return found


def seen_field(kind: str, fields: Mapping[str, Any], lines: Iterable[Mapping[str, Any]], name: str) -> Any:
    """What `view` says of one field."""
    if name == "lines":
        return seen_lines(kind, lines)
    one = of(kind, fields).get(name)
    return fields.get(name) if one is None else seen(one, fields.get(name, one.empty))
