"""A mapping as a person changes it on its page: part by part, held to the lists, saved against what was read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pos.actions import qbo_lists, qbo_mapping
from pos.connectors.qbo import fit, mapping
from pos.connectors.qbo.fit import Fault
from pos.connectors.qbo.lists import Lists, Rate
from pos.errors import Conflict, Invalid
from pos.said import said
from pos.store import companies
from pos.store import qbo_lists as kept
from pos.store.companies import Kept
from pos.store.db import Store

#: Parts that are one text, and parts that are something by name.
TEXTS = ("prefix", "tax", "tax_group", "tax_rounding", "default_item", "walk_in", "quarantine")
PAIRS = ("rounding", "voucher")
IDS = ("groups", "items", "customers", "aside")
ROWS = {
    "tenders": ("code", "method", "account", "item"),
    "shops": ("code", "department", "class"),
    "categories": ("type", "income", "costs", "stock", "starts"),
}
#: A row without this is no row: it is not mapped.
NEEDED = {"tenders": "account", "shops": "code", "categories": "type"}
CHANGES_MAX = 2000
TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Saved:
    """mark: of what stands now. released: documents that were refused for want of a mapping and go again."""

    mark: str
    released: int


def mark_of(found: Kept) -> str:
    """What a change gives back, so that none is lost."""
    return hashlib.sha256(found.mark.encode()).hexdigest()[:32]


def save(store: Store, company: str, mark: str, changes: Mapping[str, Any], by: str) -> Saved:
    """Put changes into a company's mapping. changes: of TEXTS a text; of IDS name -> id, "" = not mapped any more; of
    ROWS name -> its columns, None = not mapped any more; taxes: name -> the id of a tax code there; of PAIRS {item,
    tax}. Conflict ("changed", "no_lists"); Invalid has a sentence for each thing that is wrong with what changed."""
    before, lists = qbo_mapping.read(store, company), qbo_lists.needed(store, company).lists
    if mark != mark_of(before):
        raise Conflict(said("Somebody changed this mapping meanwhile. Look again, then change it."), code="changed")
    plain = merged(before.values, changes, lists)
    wrong = [fault.words for fault in faults(store, company, plain, lists) if _is_about(fault, changes)]
    if wrong := list(dict.fromkeys([*qbo_mapping.check(plain), *wrong])):
        raise Invalid(" ".join(wrong), field="changes", code="mapping")
    connection = companies.connection_id("quickbooks", company)
    with store.transaction():
        waiting = kept.count_stuck(store, connection, "unmapped") if qbo_mapping.releases(before.values, plain) else 0
        made = qbo_mapping.write(store, company, plain, before, by)
    return Saved(mark_of(made), waiting)


def faults(store: Store, company: str, plain: Mapping[str, Any], lists: Lists) -> list[Fault]:
    """Everything of a mapping that does not fit its company there."""
    rates = {code: rate for code, _title, rate in kept.tax_codes(store)}
    return fit.faults(mapping.read(plain), lists, rates, companies.one(store, company).currency)


def merged(before: Mapping[str, Any], changes: Mapping[str, Any], lists: Lists) -> dict[str, Any]:
    """A mapping with changes in it. Invalid names what is none."""
    plain = dict(before)
    for part, value in changes.items():
        if part in TEXTS:
            plain[part] = _text(value, part)
        elif part in PAIRS:
            plain[part] = {name: _text(_object(value, part).get(name, ""), part) for name in ("item", "tax")}
        elif part in IDS:
            plain[part] = _ids(plain.get(part) or {}, _object(value, part), part)
        elif part in ROWS:
            plain[part] = _rows(plain.get(part) or {}, _object(value, part), part)
        elif part == "taxes":
            way = _text(changes.get("tax", before.get("tax", "")), "tax")
            plain[part] = _taxes(plain.get(part) or {}, _object(value, part), lists, way)
        else:
            raise Invalid(said("{name} is no part of a mapping.", name=part[:40]), field="changes")
    if "tax_group" in changes or "tax" in changes:
        plain["group_rates"] = _group_rates(plain, lists)
    return plain


def _group_rates(plain: Mapping[str, Any], lists: Lists) -> list[dict[str, Any]]:
    """The rates of the sales tax of a US company that keeps its own."""
    if plain.get("tax") != "us" or lists.about.automated:
        return []
    return [_rate(rate) for one in lists.taxes if one.id == plain.get("tax_group") for rate in one.rates]


def _rate(one: Rate) -> dict[str, Any]:
    return {"id": one.id, "percent": one.percent, "on_tax": one.on_tax}


def _ids(old: Mapping[str, Any], new: Mapping[str, Any], part: str) -> dict[str, Any]:
    found = {**old, **{_text(name, part): _text(value, part) for name, value in new.items()}}
    return {name: value for name, value in found.items() if value}


def _rows(old: Mapping[str, Any], new: Mapping[str, Any], part: str) -> dict[str, Any]:
    found = dict(old)
    for name, row in new.items():
        columns = {column: _text(_object(row or {}, part).get(column, ""), part) for column in ROWS[part]}
        if columns[NEEDED[part]]:
            found[_text(name, part)] = columns
        else:
            found.pop(name, None)
    return found


def _taxes(old: Mapping[str, Any], new: Mapping[str, Any], lists: Lists, way: str) -> dict[str, Any]:
    found, there = dict(old), {one.id: one for one in lists.taxes}
    for name, value in new.items():
        code = _text(value, "taxes")
        rates = there[code].rates if code in there and way not in ("us", "none") else ()
        if code:
            found[_text(name, "taxes")] = {
                "code": code,
                "rates": [_rate(one) for one in rates],
            }
        else:
            found.pop(name, None)
    return found


def _is_about(fault: Fault, changes: Mapping[str, Any]) -> bool:
    part = changes.get(fault.part)
    return fault.part in changes and (not isinstance(part, dict) or not fault.name or fault.name in part)


def _object(value: Any, part: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or len(value) > CHANGES_MAX:
        raise Invalid(
            said("{name} is an object of at most {max} entries.", name=part, max=CHANGES_MAX), field="changes"
        )
    return value


def _text(value: Any, part: str) -> str:
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise Invalid(said("{name} is text of at most {max} characters.", name=part, max=TEXT_MAX), field="changes")
    return value.strip()
