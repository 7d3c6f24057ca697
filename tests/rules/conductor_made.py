"""Records of QuickBooks Desktop made up by hypothesis, and what QuickBooks would say of a body it was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from pos.rules import conductor_tables as tables
from pos.rules.conductor_body import Refs
from pos.rules.conductor_tables import ADDRESS, FIELDS, ITEM_FIELDS, LINES, Field

#: (kind, resource) of everything that goes there.
WRITTEN = [
    ("qbd_customer", "customers"), ("qbd_vendor", "vendors"), *(("qbd_item", one) for one in ITEM_FIELDS),
    ("qbd_sales_order", "sales_orders"), ("qbd_purchase_order", "purchase_orders"),
    ("qbd_adjustment", "inventory_adjustments"),
]  # fmt: skip
OURS = ("R1", "R2", "R3")
REFS = Refs(
    {kind: {key: f"80-{key}" for key in OURS} for kind in ("qbd_customer", "qbd_vendor", "qbd_item")},
    {kind: {f"80-{key}": key for key in OURS} for kind in ("qbd_customer", "qbd_vendor", "qbd_item")},
)

_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters=":"), max_size=40)
_day = st.dates().map(lambda one: one.isoformat())
_figure = st.decimals(-99999, 99999, places=2).map(lambda one: f"{one:f}")
_ref = st.sampled_from([{"id": "T1", "fullName": "Net 30"}, {"id": "T2"}])


def _cut(most: int, text: str) -> str:
    return text[:most]


def _value(one: Field) -> st.SearchStrategy[Any]:
    if one.sort == "flag":
        return st.booleans()
    if one.sort == "choice":
        return st.sampled_from(one.choices)
    if one.sort in ("money", "number"):
        return _figure
    if one.sort == "party":
        return st.sampled_from([*OURS, f"{tables.THERE}90-X"])
    if one.sort == "address":
        return st.fixed_dictionaries({}, optional={
            part: _text.map(partial(_cut, most)) for part, most in ADDRESS.items()
        })  # fmt: skip
    if one.sort in ("day", "ref"):
        return _day if one.sort == "day" else _ref
    return _text.map(lambda text: text[: one.chars])


def _given(fields: Mapping[str, Field]) -> st.SearchStrategy[dict[str, Any]]:
    mine = {name: one for name, one in fields.items() if one.on in ("both", "create") and name != "type"}
    full = {name: _value(one).filter(lambda v: bool(v) and str(v).strip() != "") if one.needed else _value(one)
            for name, one in mine.items()}  # fmt: skip
    needed = {name: made for name, made in full.items() if mine[name].needed}
    return st.fixed_dictionaries(needed, optional={k: v for k, v in full.items() if k not in needed})


def given_fields(kind: str, resource: str) -> st.SearchStrategy[dict[str, Any]]:
    """What a person could give of a new record."""
    if kind != "qbd_item":
        return _given(FIELDS[kind])
    fields = {name: one for name, one in ITEM_FIELDS[resource].items() if not one.within}
    made = _given(fields).map(lambda given: {"type": resource, **given})
    if not any(one.within for one in ITEM_FIELDS[resource].values()):
        return made
    halves = []
    for within, needed in tables.DETAILS_NEEDED.items():
        half = {name: one for name, one in ITEM_FIELDS[resource].items() if one.within == within}
        halves.append(st.builds(lambda rest, *refs, needed=needed: {**rest, **dict(zip(needed, refs, strict=True))},
                                _given(half), *([_ref] * len(needed))))  # fmt: skip
    return st.builds(lambda whole, half: {**whole, **half}, made, st.one_of(halves))


def given_lines(kind: str, resource: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Lines a person could give of it."""
    if kind == "qbd_adjustment":
        line = st.builds(
            lambda item, change: {"item": item, **change}, st.sampled_from(OURS),
            st.sampled_from([
                {"quantityDifference": "2.50", "lotNumber": "L 1", "inventorySiteLocation": {"id": "B1"}},
                {"quantityDifference": "-3"}, {"valueDifference": "12.10", "quantityDifference": "1"},
                {"serialNumber": "S/1", "serialNumberAction": "added", "expirationDate": "2027-01-31"},
            ]),
        )  # fmt: skip
        return st.lists(line, min_size=1, max_size=4)
    if kind == "qbd_item":
        line = st.fixed_dictionaries({"item": st.sampled_from(OURS), "quantity": _figure})
        return st.lists(line, max_size=4) if resource == "inventory_assembly_items" else st.just([])
    if kind not in LINES:
        return st.just([])
    fields = {name: one for name, one in LINES[kind].items() if name not in ("rate", "ratePercent", "amount")}
    priced = st.sampled_from([{"rate": "12.50"}, {"amount": "9.99"}, {"rate": "0.333330", "amount": ""}, {}])
    named = st.sampled_from([{"item": "R1"}, {"item": "R2", "description": "two"}, {"description": "Only words"}])
    line = st.builds(lambda *parts: {k: v for part in parts for k, v in part.items()}, _given(fields), priced, named)
    return st.lists(line, min_size=1, max_size=4)


# -- what QuickBooks says of it ----------------------------------------------------------------------------------------


def answered(resource: str, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The object QuickBooks makes of a body, as its description names things: not by our own tables."""
    found = {name: _answer(name, held) for name, held in body.items() if name not in ("lines", tables.OR, tables.AND)}
    found = {_called(name, body[name]): held for name, held in found.items()}
    for within in (tables.OR, tables.AND):
        if within in body:
            found[within] = {_called(name, held): _answer(name, held) for name, held in body[within].items()}
    if "lines" in body:
        found["lines"] = [_line(kind, at, line) for at, line in enumerate(body["lines"])]
    return found


def _called(name: str, held: Any) -> str:
    return name[:-2] if name.endswith("Id") and isinstance(held, str) and name != "externalId" else name


def _answer(name: str, held: Any) -> Any:
    if name == "barcode":
        return held["value"]
    if name.endswith("Id") and isinstance(held, str):
        return {"id": held, "fullName": "As it is called there"} if held else {"id": None, "fullName": None}
    return {**dict.fromkeys(ADDRESS), **held} if name.endswith("Address") else held


def _line(kind: str, at: int, line: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, held in line.items():
        flat |= held if name.startswith("adjust") else {name: held}
    for name, word in (("addSerialNumber", "added"), ("removeSerialNumber", "removed")):
        if name in flat:
            flat |= {"serialNumber": flat.pop(name), "serialNumberAction": word, "quantityDifference": None}
    made = {_called(name, held): _answer(name, held) for name, held in flat.items()}
    return made if kind == "qbd_item" else {**made, "id": f"L{at}"}


# -- their description -------------------------------------------------------------------------------------------------


class Description:
    """Conductor's own description of what it takes and says."""

    def __init__(self, shared: Path) -> None:
        self.whole = json.loads((shared / "contracts" / "conductor" / "openapi.json").read_bytes())

    def body(self, resource: str, write: str) -> dict[str, Any]:
        """The schema of what a request to make or change one carries."""
        path = f"/quickbooks-desktop/{resource.replace('_', '-')}" + ("/{id}" if write == "update" else "")
        schema: dict[str, Any] = self.whole["paths"][path]["post"]["requestBody"]["content"]["application/json"][
            "schema"
        ]
        return schema

    def object(self, resource: str) -> dict[str, Any]:
        """The schema of one as it is answered."""
        name = "qbd_" + resource.removesuffix("s")
        schema: dict[str, Any] = self.whole["components"]["schemas"][name]
        return schema

    def named(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema itself, where only its name stands."""
        if "$ref" not in schema:
            return schema
        found: Mapping[str, Any] = self.whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        return found

    def refused(self, resource: str, write: str, body: Mapping[str, Any]) -> list[str]:
        """What is wrong with a body, in words."""
        validator = Draft202012Validator(
            {**self.body(resource, write), "components": self.whole["components"]},
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        return [error.message for error in validator.iter_errors(body)]


def floats(held: Any) -> list[Any]:
    """Floats anywhere inside."""
    if isinstance(held, Mapping):
        return [one for inside in held.values() for one in floats(inside)]
    if isinstance(held, list):
        return [one for inside in held for one in floats(inside)]
    return [held] if isinstance(held, float) else []
