"""Records of QuickBooks Desktop as bodies of Conductor's requests and answers, and back. Pure.

No number passes through a float: in a body an amount is text, a quantity an exact number (int or Decimal). What only
QuickBooks says never stands in a body that goes there. Lines of an update are always all lines: one that is left out is
deleted there, one that is new has the id "-1".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from pos.errors import Invalid
from pos.rules.conductor import type_of_resource
from pos.rules.conductor_fields import plain, seen, seen_lines
from pos.rules.conductor_tables import ADDRESS, LINES, THERE, Field, details_of, has_lines, of
from pos.rules.money import exact
from pos.said import said

NEW_LINE = "-1"
_NAMESPACE = uuid.UUID("6f0c2a1e-7a3b-5d0e-9a54-0c6a4f1d9b27")
#: Of these a line has one.
_PRICES = ("rate", "ratePercent", "amount")
#: An assembly names what a line of it is made of so.
_ITEM_OF_LINE = {"inventory_assembly_items": "inventoryItem"}


@dataclass(frozen=True, slots=True)
class Refs:
    """Ids of what records name, by kind of record. there: ours -> theirs; here: theirs -> ours."""

    there: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    here: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paper:
    """A record, as far as a body needs it."""

    kind: str
    id: str
    fields: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]] = ()


class NotThere(Invalid):
    """What it names is not in QuickBooks yet. kind, key: which record here that is."""

    code = "not_there_yet"

    def __init__(self, name: str, kind: str, key: str) -> None:
        super().__init__(said("{field} is {id}, which is not in QuickBooks yet.", field=name, id=key), field=name)
        self.kind = kind
        self.key = key


def external_id(connection: str, kind: str, key: str) -> str:
    """The GUID a record of ours carries there: the same one however often it is asked for."""
    return str(uuid.uuid5(_NAMESPACE, f"{connection}/{kind}/{key}"))


# -- from there --------------------------------------------------------------------------------------------------------


def from_there(resource: str, body: Mapping[str, Any], refs: Refs) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An object of theirs as fields and lines of a record. TypeError for a float."""
    kind = type_of_resource(resource).kind
    fields: dict[str, Any] = {"type": resource} if kind == "qbd_item" else {}
    for name, one in of(kind, fields).items():
        if name != "type":
            held = body.get(one.within) or {} if one.within else body
            fields[name] = _read(one, held.get(name), refs)
    if not has_lines(kind, fields):
        return fields, []
    return fields, [_read_line(kind, resource, line, refs) for line in body.get("lines") or ()]


def _read_line(kind: str, resource: str, line: Mapping[str, Any], refs: Refs) -> dict[str, Any]:
    found: dict[str, Any] = {} if kind == "qbd_item" else {"id": str(line.get("id") or "")}
    for name, one in LINES[kind].items():
        called = _ITEM_OF_LINE.get(resource, name) if name == "item" else name
        found[name] = _read(one, line.get(called), refs)
    return found


def _read(one: Field, held: Any, refs: Refs) -> Any:
    if held is None:
        return one.empty
    if one.sort == "party":
        key = str(held.get("id") or "")
        return refs.here.get(one.to, {}).get(key) or (f"{THERE}{key}" if key else "")
    if one.sort == "ref":
        key, name = str(held.get("id") or ""), str(held.get("fullName") or "")
        return {"id": key, **({"fullName": name} if name else {})} if key else {}
    if one.sort == "address":
        return {part: str(held[part]) for part in ADDRESS if held.get(part)}
    if one.sort == "custom":
        return sorted((_kept(row) for row in held), key=lambda row: (str(row["ownerId"]), str(row["name"])))
    if one.sort == "kept":
        return _kept(held)
    if one.sort == "number":
        return plain(held)
    return bool(held) if one.sort == "flag" else str(held)


def _kept(held: Any) -> Any:
    """The same with its figures as texts, so that it can be kept."""
    if isinstance(held, Mapping):
        return {str(name): _kept(inside) for name, inside in held.items()}
    if isinstance(held, list | tuple):
        return [_kept(inside) for inside in held]
    if isinstance(held, Decimal | float) or (isinstance(held, int) and not isinstance(held, bool)):
        return plain(held)
    return held


# -- there -------------------------------------------------------------------------------------------------------------


def to_create(resource: str, paper: Paper, refs: Refs) -> dict[str, Any]:
    """The body that makes it, without its external id. NotThere for what it names; Invalid."""
    known = of(paper.kind, {**paper.fields, "type": resource})
    body: dict[str, Any] = {}
    for name, one in known.items():
        if name == "type" or one.on not in ("both", "create") or _is_empty(one, paper.fields.get(name)):
            continue
        if not one.within:
            body[one.sent or name] = _sent(name, one, paper.fields[name], refs)
    if details := _details(paper, refs, {}):
        body[details_of(paper.fields)] = details
    if has_lines(paper.kind, paper.fields):
        lines = [_new_line(paper.kind, line, f"lines[{at}].", refs) for at, line in enumerate(paper.lines)]
        if lines:
            body["lines"] = lines
    return body


def to_update(
    resource: str, paper: Paper, there: Mapping[str, Any], push: Iterable[str], refs: Refs
) -> dict[str, Any]:  # fmt: skip
    """The body that makes the fields in `push` there what they are here, without the revision number. there: the object
    as it is. What is said of a price goes as a whole: the rest of it as it stands there, since nobody agreed on ours.
    Nothing to send = {}. NotThere; Invalid where QuickBooks has no way to say it."""
    known, body, wanted = of(paper.kind, paper.fields), dict[str, Any](), set(push)
    before, _ = from_there(resource, there, refs)
    for name in sorted(wanted - {"lines"}):
        one = known.get(name)
        if one is None or one.on not in ("both", "update") or one.within:
            continue
        held, theirs = paper.fields.get(name, one.empty), before.get(name, one.empty)
        if seen(one, held) != seen(one, theirs):
            body[one.sent or name] = _changed(name, one, held, theirs, refs)
    if any(known[name].within for name in wanted & set(known)):
        stands = {name: before.get(name, one.empty) for name, one in known.items() if one.within and name not in wanted}
        details = _details(replace(paper, fields={**paper.fields, **stands}), refs, before)
        if details:
            body[details_of(paper.fields)] = details
    if "lines" in wanted and has_lines(paper.kind, paper.fields):
        body |= _lines(resource, paper, there, refs)
    return body


def _is_empty(one: Field, held: Any) -> bool:
    return held is None or held == one.empty or (one.sort != "flag" and not held)


def _sent(name: str, one: Field, held: Any, refs: Refs) -> Any:
    """A value that holds something, as it goes there."""
    if one.sort == "party":
        return _party(name, one, str(held), refs)
    if one.sort == "ref":
        return str(held if isinstance(held, str) else held["id"])
    if one.sort == "address":
        return {part: held[part] for part in ADDRESS if held.get(part)}
    if one.sort == "number":
        return _number(held)
    return {"value": held} if name == "barcode" else held


def _party(name: str, one: Field, key: str, refs: Refs) -> str:
    if key.startswith(THERE):
        return key.removeprefix(THERE)
    remote = refs.there.get(one.to, {}).get(key)
    if not remote:
        raise NotThere(name, one.to, key)
    return remote


def _number(held: Any) -> int | Decimal:
    number = exact(held)
    return int(number) if number == number.to_integral_value() else number.normalize()


def _changed(name: str, one: Field, held: Any, theirs: Any, refs: Refs) -> Any:
    """A value that is another there; what is to be taken away is said to be empty."""
    if one.sort == "address":
        return {part: held.get(part, "") for part in ADDRESS if held.get(part) or theirs.get(part)}
    if one.sort == "flag":
        return held is True
    if not _is_empty(one, held):
        return _sent(name, one, held, refs)
    if one.sort in ("number", "day", "choice", "money"):
        raise Invalid(
            said("{field} cannot be emptied in QuickBooks from here: give it another value, or empty it there.",
                 field=name), code="cannot_empty", field=name,
        )  # fmt: skip
    return {"value": ""} if name == "barcode" else ""


def _details(paper: Paper, refs: Refs, before: Mapping[str, Any]) -> dict[str, Any]:
    """What stands inside of the price of a service or non-inventory item: all of it, and what was taken away. before:
    {} = it is new."""
    within, found = details_of(paper.fields), dict[str, Any]()
    for name, one in of(paper.kind, paper.fields).items():
        if one.within != within:
            continue
        held, theirs = paper.fields.get(name, one.empty), before.get(name, one.empty)
        if not _is_empty(one, held):
            found[one.sent or name] = _sent(name, one, held, refs)
        elif not _is_empty(one, theirs):
            found[one.sent or name] = _changed(name, one, held, theirs, refs)
    return found


# -- lines there -------------------------------------------------------------------------------------------------------


def _new_line(kind: str, line: Mapping[str, Any], where: str, refs: Refs, write: str = "create") -> dict[str, Any]:
    if kind == "qbd_adjustment" and write == "create":
        return _new_adjustment(line, where, refs)
    found: dict[str, Any] = {}
    for name, one in LINES[kind].items():
        held = line.get(name, one.empty)
        if one.on not in ("both", write) or _is_empty(one, held):
            continue
        if name == "amount" and (line.get("rate") or line.get("ratePercent")):
            continue  # what it comes to is worked out there
        found[one.sent or name] = _sent(where + name, one, held, refs)
    return found


def _new_adjustment(line: Mapping[str, Any], where: str, refs: Refs) -> dict[str, Any]:
    """A line is one of three things there: a quantity, a value, or a serial number."""
    fields = LINES["qbd_adjustment"]
    item = _party(f"{where}item", fields["item"], str(line.get("item") or ""), refs)
    sent = {
        fields[name].sent or name: _sent(where + name, fields[name], line[name], refs)
        for name in ("expirationDate", "inventorySiteLocation") if not _is_empty(fields[name], line.get(name))
    }  # fmt: skip
    if line.get("serialNumberAction"):
        key = "addSerialNumber" if line["serialNumberAction"] == "added" else "removeSerialNumber"
        return {"itemId": item, "adjustSerialNumber": {key: line["serialNumber"], **sent}}
    numbers = {
        name: _number(line[name]) for name in ("quantityDifference", "valueDifference") if line.get(name)
    }  # fmt: skip
    if "valueDifference" in numbers:
        return {"itemId": item, "adjustValue": numbers}
    lot = {"lotNumber": line["lotNumber"]} if line.get("lotNumber") else {}
    return {"itemId": item, "adjustQuantity": {**numbers, **lot, **sent}}


def _lines(resource: str, paper: Paper, there: Mapping[str, Any], refs: Refs) -> dict[str, Any]:
    """All lines, those that stay under their ids."""
    if there.get("lineGroups"):
        raise Invalid(
            said("It has groups of lines in QuickBooks, which cannot be sent from here: change its lines there."),
            code="line_groups", field="lines",
        )  # fmt: skip
    kind = paper.kind
    if kind == "qbd_item":
        rows = [_new_line(kind, line, f"lines[{at}].", refs) for at, line in enumerate(paper.lines)]
        return {"lines": rows} if rows else {"clearItemLines": True}
    theirs = [_read_line(kind, resource, line, refs) for line in there.get("lines") or ()]
    ids = line_ids(kind, paper.lines, theirs)
    known = {line["id"]: line for line in theirs}
    return {
        "lines": [
            _kept_line(kind, line, known.get(key), key, f"lines[{at}].", refs)
            for at, (line, key) in enumerate(zip(paper.lines, ids, strict=True))
        ]
    }


def line_ids(kind: str, ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Whose line of theirs each of ours is, by their ids; "-1" = it is new. One that says its id is that one; of the
    others first the same content counts, then the same item, in their order."""
    left = {str(line["id"]): line for line in theirs}
    found = [str(line.get("id") or "") for line in ours]
    found = [key if key in left and key not in found[:at] else "" for at, key in enumerate(found)]
    for key in filter(None, found):
        left.pop(key)
    mine, others = seen_lines(kind, ours), {key: seen_lines(kind, [line])[0] for key, line in left.items()}
    for whole in (True, False):
        for at, line in enumerate(mine):
            said_so = (key for key, row in others.items() if row == line or (not whole and _item(row) == _item(line)))
            key = "" if found[at] else next(said_so, "")
            if key:
                found[at] = key
                others.pop(key)
    return [key or NEW_LINE for key in found]


def _item(line: Mapping[str, Any]) -> str:
    return str(line.get("item") or "")


def _kept_line(
    kind: str, line: Mapping[str, Any], theirs: Mapping[str, Any] | None, key: str, where: str, refs: Refs
) -> dict[str, Any]:  # fmt: skip
    row = {"id": key, **_new_line(kind, line, where, refs, "update")}
    if line.get("serialNumberAction") and theirs is None:
        raise Invalid(
            said("A line of a serial number cannot be added to an adjustment that is in QuickBooks: make a new one."),
            code="serial_number", field=f"{where}serialNumber",
        )  # fmt: skip
    before: Mapping[str, Any] = (
        theirs if theirs and line.get("id") == key else {}
    )  # else it says less, and takes nothing
    priced = any(line.get(name) for name in _PRICES)
    for name, one in LINES[kind].items():
        if one.on not in ("both", "update") or (priced and name in _PRICES):
            continue
        held, other = line.get(name, one.empty), before.get(name, one.empty)
        if _is_empty(one, held) and not _is_empty(one, other):
            row[one.sent or name] = _changed(where + name, one, held, other, refs)
    return row


# -- whether two are one -----------------------------------------------------------------------------------------------


def same_one(kind: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether a record here and one of theirs that nobody linked are the same person or thing: of the same name, and
    nothing says otherwise. For lists; a document is told by its external id alone."""
    if _name(ours) != _name(theirs):
        return False
    if kind == "qbd_item":
        return ours.get("type") == theirs.get("type") and not _differ(ours, theirs, "sku", "barcode")
    if kind in ("qbd_customer", "qbd_vendor"):
        return not _differ(ours, theirs, "email", "accountNumber")
    return False


def _name(fields: Mapping[str, Any]) -> str:
    return " ".join(str(fields.get("name") or "").casefold().split())


def _differ(ours: Mapping[str, Any], theirs: Mapping[str, Any], *names: str) -> bool:
    pairs = [[str(one.get(name) or "").strip().casefold() for one in (ours, theirs)] for name in names]
    return any(mine and other and mine != other for mine, other in pairs)
