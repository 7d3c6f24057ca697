"""What each request of Conductor may carry and each answer does: the facts of its description, written short.

A shape is a text, a list or an object. "string<41" is a text of at most 41 characters, "string/date" one of a form,
"string:a|b" one of these, "=customer" always this, "integer[1,150]" a number within bounds, "ref" a reference (id and
fullName, each may be empty), "@qbd_note" a named schema; "!x" is what it is where nothing is said, "?" that it may be
null. A list holds what its entries are and, where it may not be empty, how many there are at least. Of an object a name
with "*" has to be there, and no other name may be.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_suffix(".json")
REF = {"id*": "string?", "fullName*": "string?"}
_TEXT = re.compile(
    r"(?P<type>string|integer|number|boolean)(/(?P<form>\w+))?(<(?P<most>\d+))?(\[(?P<low>\d*),(?P<high>\d*)\])?"
    r"(:(?P<one_of>[\w|]+))?(!(?P<default>\w+))?"
)


@dataclass(frozen=True)
class Shape:
    """kind: string, integer, number, boolean, const, ref, object, array. needed: names that have to be there."""

    kind: str
    null: bool = False
    named: str = ""
    form: str = ""
    most: int | None = None
    least: int | None = None
    high: int | None = None
    one_of: tuple[str, ...] = ()
    default: Any = None
    parts: dict[str, Shape] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()
    entry: Shape | None = None


@dataclass(frozen=True)
class Operation:
    """What may be asked (`query`, `body`) and what comes back."""

    query: Shape
    body: Shape | None
    answer: Shape


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


@cache
def operations() -> dict[str, Operation]:
    """ "get customers", "post customers/{id}", … -> what it is."""
    return {
        name: Operation(read(row.get("query", {})), read(row["body"]) if "body" in row else None, read(row["answer"]))
        for name, row in _table()["paths"].items()
    }


@cache
def schema(name: str) -> Shape:
    return read(_table()["schemas"][name], named=name)


def read(said: Any, *, named: str = "") -> Shape:
    if isinstance(said, str):
        return _of_text(said)
    if isinstance(said, list):
        least = next((n for n in said[1:] if isinstance(n, int)), None)
        return Shape("array", null="?" in said[1:], entry=read(said[0]), least=least)
    parts = {name.rstrip("*"): read(inner) for name, inner in said.items() if name != "?"}
    needed = frozenset(name[:-1] for name in said if name.endswith("*"))
    return Shape("object", null="?" in said, named=named, parts=parts, needed=needed)


def _of_text(said: str) -> Shape:
    null = said.endswith("?")
    said = said.removesuffix("?")
    if said == "ref":
        shape = read(REF)
        return Shape("ref", null=null, parts=shape.parts, needed=shape.needed)
    if said.startswith("@"):
        known = schema(said[1:])
        return Shape("object", null=null, named=known.named, parts=known.parts, needed=known.needed)
    if said.startswith("="):
        return Shape("const", null=null, one_of=(said[1:],))
    found = _TEXT.fullmatch(said)
    if found is None:
        raise ValueError(f"no shape: {said}")
    kind, low, high = found["type"], found["low"], found["high"]
    default = found["default"]
    return Shape(
        kind,
        null=null,
        form=found["form"] or "",
        most=int(found["most"]) if found["most"] else None,
        least=int(low) if low else None,
        high=int(high) if high else None,
        one_of=tuple(found["one_of"].split("|")) if found["one_of"] else (),
        default=default if kind == "string" or default is None else json.loads(default),
    )


def problems(shape: Shape, value: Any, where: str = "") -> list[str]:
    """What is wrong with it, each with its place; nothing = it is as described."""
    found: list[str] = []
    _look(shape, value, where, found)
    return found


def _look(shape: Shape, value: Any, where: str, found: list[str]) -> None:
    if value is None:
        if not shape.null:
            found.append(f"{where}: expected {shape.kind}, got null")
    elif shape.kind in ("object", "ref"):
        _look_inside(shape, value, where, found)
    elif shape.kind == "array":
        if not isinstance(value, list | tuple) or shape.entry is None:
            found.append(f"{where}: expected array")
            return
        if shape.least is not None and len(value) < shape.least:
            found.append(f"{where}: must contain at least {shape.least} element(s)")
        for i, one in enumerate(value):
            _look(shape.entry, one, f"{where}[{i}]", found)
    elif shape.kind == "const":
        if value != shape.one_of[0]:
            found.append(f"{where}: must be {shape.one_of[0]}")
    elif (said := _wrong(shape, value)) != "":
        found.append(f"{where}: {said}")


def _look_inside(shape: Shape, value: Any, where: str, found: list[str]) -> None:
    if not isinstance(value, dict):
        found.append(f"{where}: expected object")
        return
    parts = shape.parts
    for name, inner in value.items():
        if name not in parts:
            found.append(f"{where}.{name}: unrecognized key" if where else f"{name}: unrecognized key")
        else:
            _look(parts[name], inner, f"{where}.{name}" if where else name, found)
    if not shape.needed <= value.keys():
        found += [f"{where}.{name}: required" if where else f"{name}: required" for name in shape.needed - value.keys()]


def _wrong(shape: Shape, value: Any) -> str:
    if shape.kind == "string":
        return _wrong_text(shape, value)
    if shape.kind == "boolean":
        return "" if isinstance(value, bool) else "expected boolean"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return f"expected {shape.kind}"
    if shape.kind == "integer" and value != int(value):
        return "expected integer"
    if shape.least is not None and value < shape.least:
        return f"must be greater than or equal to {shape.least}"
    if shape.high is not None and value > shape.high:
        return f"must be less than or equal to {shape.high}"
    return ""


def _wrong_text(shape: Shape, value: Any) -> str:
    if not isinstance(value, str):
        return "expected string"
    if shape.one_of and value not in shape.one_of:
        return f"must be one of {', '.join(shape.one_of)}"
    if shape.most is not None and len(value) > shape.most:
        return f"must contain at most {shape.most} character(s)"
    try:
        if shape.form == "date":
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                return "must be a date, YYYY-MM-DD"
            dt.date.fromisoformat(value)
        elif shape.form == "uuid":
            uuid.UUID(value)
    except ValueError:
        return f"must be a {shape.form}"
    return ""


def expanded(said: Any) -> dict[str, Any]:
    """The same in the words of JSON Schema."""
    if isinstance(said, list):
        inner: dict[str, Any] = {"type": "array", "items": expanded(said[0])}
        for least in said[1:]:
            if least != "?":
                inner["minItems"] = least
        return _or_null(inner, "?" in said[1:])
    if isinstance(said, dict):
        inner = {
            "type": "object",
            "properties": {name.rstrip("*"): expanded(one) for name, one in said.items() if name != "?"},
            "additionalProperties": False,
        }
        needed = [name[:-1] for name in said if name.endswith("*")]
        return _or_null(inner | ({"required": needed} if needed else {}), "?" in said)
    if said.rstrip("?").startswith("@"):
        return _or_null({"$ref": f"#/components/schemas/{said.rstrip('?')[1:]}"}, said.endswith("?"))
    if said.rstrip("?") == "ref":
        return _or_null(expanded(REF), said.endswith("?"))
    return _or_null(_text_expanded(_of_text(said)), said.endswith("?"))


def _text_expanded(shape: Shape) -> dict[str, Any]:
    if shape.kind == "const":
        return {"type": "string", "const": shape.one_of[0]}
    given = {
        "type": shape.kind, "format": shape.form or None, "maxLength": shape.most, "minimum": shape.least,
        "maximum": shape.high, "enum": list(shape.one_of) or None, "default": shape.default,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def _or_null(inner: dict[str, Any], null: bool) -> dict[str, Any]:
    return {"anyOf": [inner, {"type": "null"}]} if null else inner
