"""Words for shapes: JSON Schema in few letters, for the declarations of routes."""

from __future__ import annotations

from typing import Any

from pos.web.describe import Shape

#: Shapes with a name, each listed once under components/schemas.
NAMED: dict[str, Shape] = {}

TEXT: Shape = {"type": "string"}
FLAG: Shape = {"type": "boolean"}
WHOLE: Shape = {"type": "integer"}
ANY: Shape = {}
NULL: Shape = {"type": "null"}
#: An amount, quantity or rate as exact text, in major units: "12.50".
FIGURE: Shape = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
#: Made by whoever starts an act and kept until it is answered.
ID: Shape = {"type": "string", "format": "uuid"}
#: A moment with its offset.
MOMENT: Shape = {"type": "string", "format": "date-time"}
DAY: Shape = {"type": "string", "format": "date"}


def words(*allowed: str) -> Shape:
    """One of these words."""
    return {"type": "string", "enum": list(allowed)}


def or_null(shape: Shape) -> Shape:
    return {"anyOf": [shape, NULL]}


def many(shape: Shape) -> Shape:
    return {"type": "array", "items": shape}


def by_name(shape: Shape) -> Shape:
    """An object whose keys are names of things."""
    return {"type": "object", "additionalProperties": shape}


def shown(*names: str) -> dict[str, Shape]:
    """Figures, each with its text beside it, ready to show: total and total_text."""
    return {key: shape for name in names for key, shape in ((name, FIGURE), (f"{name}_text", TEXT))}


def texts(*names: str) -> dict[str, Shape]:
    return dict.fromkeys(names, TEXT)


def wholes(*names: str) -> dict[str, Shape]:
    return dict.fromkeys(names, WHOLE)


def flags(*names: str) -> dict[str, Shape]:
    return dict.fromkeys(names, FLAG)


def thing(_needs: dict[str, Shape] | None = None, _may: dict[str, Shape] | None = None, *, more: bool = False) -> Shape:
    """An object with these keys, further ones that may be left out, and no others unless `more`."""
    needs, may = _needs or {}, _may or {}
    shape: dict[str, Any] = {"type": "object", "properties": {**needs, **may}}
    if needs:
        shape["required"] = sorted(needs)
    if not more:
        shape["additionalProperties"] = False
    return shape


def ok(_needs: dict[str, Shape] | None = None, _may: dict[str, Shape] | None = None, *, more: bool = False) -> Shape:
    """An answer of success with these keys."""
    return thing({"ok": {"const": True}, **(_needs or {})}, _may, more=more)


def named(name: str, shape: Shape) -> Shape:
    """Give a shape a name; what is answered refers to it."""
    assert NAMED.get(name, shape) == shape, f"two shapes are called {name}"
    NAMED[name] = shape
    return {"$ref": f"#/components/schemas/{name}"}


PERSON = named("Person", thing(texts("code", "name")))
#: A receipt as its file in invoices/ has it: docs/receipt.schema.json.
DOCUMENT = named(
    "Document",
    {
        "type": "object",
        "description": "As the file in invoices/ holds it: docs/receipt.schema.json.",
        "properties": {"schema": TEXT, "id": TEXT, "kind": TEXT, "invoice_name": TEXT, "hash": TEXT, "prev_hash": TEXT},
        "required": ["schema", "id", "kind", "invoice_name", "hash"],
    },
)
APPROVALS = {"approvals": many(ID)}
