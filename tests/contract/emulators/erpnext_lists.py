"""Queries: /api/resource/<DocType> and frappe.client.get_list, as recorded in the list-* exchanges."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.contract.emulators.erpnext_site import STANDARD, Doc, Refusal, Site

_CHILD = re.compile(r"^(?:`tab(?P<doctype>[^`]+)`|(?P<table>\w+))\.`?(?P<field>\w+)`?$")
_ORDER = re.compile(r"^(?:`tab[^`]+`\.)?`?(\w+)`?(?:\s+(asc|desc))?$", re.IGNORECASE)


def parsed(value: Any, default: Any) -> Any:
    """A parameter that is JSON in a query string and may be plain in a JSON body. Bad JSON is a 500 (list-13)."""
    if value is None or value == "":
        return default
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise Refusal(500, "JSONDecodeError", "Expecting value") from None


def query(site: Site, doctype: str, asked: Mapping[str, Any], rows: Iterable[Doc] | None = None) -> list[Doc]:
    """The rows asked for. Twenty, with only their name, unless told otherwise; limit 0 is all of them."""
    fields = parsed(asked.get("fields"), ["name"])
    wanted = [_field(site, doctype, f) for f in (["*"] if fields == "*" else fields)]
    filters = _filters(site, doctype, asked)
    found = [d for d in (site.docs[doctype].values() if rows is None else rows) if _matches(d, filters)]
    for name, down in reversed(_order(site, doctype, str(asked.get("order_by") or "modified desc"))):
        found.sort(key=lambda d: _sortable(d.get(name)), reverse=down)
    joined = [shown for d in found for shown in _joined(d, wanted)]
    start = int(asked.get("limit_start") or asked.get("start") or 0)
    limit = asked.get("limit_page_length", asked.get("limit"))
    limit = 20 if limit is None or limit == "" else int(limit)
    return joined[start : start + limit] if limit else joined[start:]


def children(site: Site, doctype: str, parent: str) -> list[Doc]:
    """The rows of a child table over all its parents (list-11c)."""
    tables = [t for t, child in site.doctypes[parent].children.items() if child == doctype]
    return [row for doc in site.docs[parent].values() for t in tables for row in doc[t]]


def _field(site: Site, doctype: str, text: str) -> tuple[str, str]:
    """(child table or "", field); 417 DataError for one the doctype has not (list-12)."""
    text = text.strip("`")
    child = _CHILD.match(text if "." not in text else _requoted(text))
    if child:
        tables = site.doctypes[doctype].children
        table = child["table"] or next((t for t, d in tables.items() if d == child["doctype"]), "")
        if table in tables and child["field"] in site.known_fields(tables[table]):
            return table, child["field"]
        raise Refusal(417, "DataError", f"Field not permitted in query: {text}")
    if text != "*" and text not in site.known_fields(doctype):
        raise Refusal(417, "DataError", f"Field not permitted in query: {text}")
    return "", text


def _requoted(text: str) -> str:
    """`strip` took the opening back-tick off `tabItem Barcode`.barcode."""
    return f"`{text}" if text.startswith("tab") and "`" in text else text


def _joined(doc: Doc, wanted: list[tuple[str, str]]) -> list[Doc]:
    """One row, or with child fields one per child: a LEFT JOIN (list-21)."""
    table = next((t for t, _ in wanted if t), "")
    kids: list[Doc] = doc.get(table) or [{}] if table else [{}]
    shown = []
    for kid in kids:
        row: Doc = {}
        for t, f in wanted:
            if f == "*":
                row |= {k: v for k, v in doc.items() if not isinstance(v, list)}
            else:
                row[f] = kid.get(f) if t else doc.get(f)
        shown.append(row)
    return shown


def _order(site: Site, doctype: str, text: str) -> list[tuple[str, bool]]:
    order = []
    for part in text.split(","):
        found = _ORDER.match(part.strip())
        if not found:
            raise Refusal(417, "ValidationError", "Illegal SQL Query")
        if found[1] not in site.known_fields(doctype):
            raise Refusal(417, "DataError", f"Field not permitted in query: {found[1]}")
        order.append((found[1], (found[2] or "").lower() == "desc"))
    return order


def _sortable(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, "")
    return (1, float(value)) if isinstance(value, int | float) else (2, str(value).casefold())


def _filters(site: Site, doctype: str, asked: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """[["field", "op", value]] or {"field": value} or {"field": ["op", value]}."""
    filters = parsed(asked.get("filters"), [])
    if isinstance(filters, dict):
        filters = [[k, *(v if isinstance(v, list) else ["=", v])] for k, v in filters.items()]
    known = {*STANDARD, *site.known_fields(doctype)}
    for one in filters:
        if one[-3] not in known:
            raise Refusal(417, "DataError", f"Field not permitted in query: {one[-3]}")
    return [(one[-3], str(one[-2]).lower(), one[-1]) for one in filters]


def _matches(doc: Doc, filters: list[tuple[str, str, Any]]) -> bool:
    return all(_holds(doc.get(name), operator, value) for name, operator, value in filters)


def _holds(have: Any, operator: str, value: Any) -> bool:
    if operator == "in":
        wanted = value.split(",") if isinstance(value, str) else value
        if isinstance(have, str) and all(isinstance(v, str) for v in wanted):
            return have.casefold() in {v.casefold() for v in wanted}
        return any(_holds(have, "=", v) for v in wanted)
    if operator == "not in":
        return not _holds(have, "in", value)
    if operator == "like":
        pattern = re.escape(str(value)).replace("%", ".*")
        return re.fullmatch(pattern, str(have or ""), re.IGNORECASE) is not None
    if operator == "is":
        return (have not in (None, "")) == (str(value).lower() == "set")
    a, b = _alike(have, value)
    table: dict[str, Callable[[], bool]] = {
        "=": lambda: a == b,
        "!=": lambda: a != b,
        ">": lambda: a > b,
        ">=": lambda: a >= b,
        "<": lambda: a < b,
        "<=": lambda: a <= b,
    }
    if operator not in table:
        raise Refusal(417, "ValidationError", f"Operator must be one of {', '.join(table)}")
    return bool(table[operator]())


def _alike(have: Any, value: Any) -> tuple[Any, Any]:
    """MariaDB compares numbers as numbers and text case-insensitively; null sorts below everything."""
    if isinstance(have, int | float) or isinstance(value, int | float):
        try:
            return float(have or 0), float(value or 0)
        except (TypeError, ValueError):
            return 0.0, 1.0
    return str(have or "").casefold(), str(value or "").casefold()
