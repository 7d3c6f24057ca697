"""Where goods are, why stock is changed by hand, and what the books have to know of an item."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pos import clock
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import inventory as rules
from pos.said import said
from pos.store import audit, companies, qbd_ready
from pos.store.db import Store
from pos.store.reach import EVERYWHERE, Reach, whole

_LISTED = "(SELECT value FROM json_each(?))"
CODE_MAX = 140


@dataclass(frozen=True, slots=True)
class Location:
    """A place of a company. qb_site_name, qb_site_id: FullName and ListID of its site in QuickBooks Desktop."""

    code: str
    company: str
    display_name: str
    active: bool = True
    is_virtual: bool = False
    qb_site_name: str = ""
    qb_site_id: str = ""
    made_at: str = ""
    changed_at: str = ""
    changed_by: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why stock is changed by hand; account: where that goes in the books, "" = the part's or the connection's."""

    company: str
    code: str
    words: str
    account: str = ""
    active: bool = True
    changed_at: str = ""
    changed_by: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What a company's books know of an item. cost: exact decimal text, major units; "" = not known."""

    company: str
    item: str
    income_account: str = ""
    cogs_account: str = ""
    asset_account: str = ""
    adjustment_account: str = ""
    cost: str = ""
    vendor: str = ""
    mpn: str = ""
    qb_name: str = ""
    qb_id: str = ""
    qb_type: str = ""
    changed_at: str = ""
    changed_by: str = ""


_LOCATION, _REASON, _PART = (tuple(one.__dataclass_fields__) for one in (Location, Reason, Part))
#: What is kept of a row's own making, not of what it says.
_STAMPS = {"made_at", "changed_at", "changed_by"}


# -- locations ---------------------------------------------------------------------------------------------------------


def locations(store: Store, company: str = "", reach: Reach = EVERYWHERE, *, active: bool = False) -> list[Location]:
    """All places, or those of a company, that lie inside a reach; by code. active: only those in use."""
    rows = store.execute(f"SELECT {', '.join(_LOCATION)} FROM inventory_location ORDER BY code").fetchall()
    found = [one for one in map(_location, rows) if company in ("", one.company) and (one.active or not active)]
    seen = {key: sees(store, reach, key) for key in {one.company for one in found}}
    return [one for one in found if seen[one.company]]


def sees(store: Store, reach: Reach, company: str) -> bool:
    """Whether a company lies inside of a reach with all its shops: its stock is one thing."""
    inside = reach.companies is None or company in reach.companies
    return reach.is_all or (inside and whole(store, reach, company))


def location(store: Store, code: str, reach: Reach = EVERYWHERE) -> Location:
    """One place. NotFound, also for one outside of the reach."""
    row = store.execute(f"SELECT {', '.join(_LOCATION)} FROM inventory_location WHERE code = ?", (code,)).fetchone()
    if row is None or not sees(store, reach, row[1]):
        raise NotFound(said("There is no place {code}.", code=code[:CODE_MAX]), field="location")
    return _location(row)


def put_location(store: Store, given: Location, by: str, *, new: bool | None = None) -> tuple[Location, bool]:
    """Keep a place as it is given; whether it is new. new: it must (True) or must not (False) be. Invalid; Conflict
    where the code is another company's, or goods are at a place that is switched off."""
    code, name = _code(given.code, "code"), given.display_name.strip() or given.code
    if len(name) > CODE_MAX or not name.isprintable():
        raise Invalid("The name is too long, or holds a control character.", field="displayName")
    for field, text in (("qbSiteFullName", given.qb_site_name), ("qbSiteListId", given.qb_site_id)):
        if len(text) > CODE_MAX or not text.isprintable():
            raise Invalid(said("{field} is too long, or holds a control character.", field=field), field=field)
    with store.transaction():
        owner = companies.one(store, given.company).id
        row = store.execute(f"SELECT {', '.join(_LOCATION)} FROM inventory_location WHERE code = ?", (code,)).fetchone()
        before = _location(row) if row else None
        if before is not None and (new or before.company != owner):
            raise Conflict(said("{name} is taken already. Choose another.", name=code), field="code", code="taken")
        if before is None and new is False:
            raise NotFound(said("There is no place {code}.", code=code), field="code")
        if before is not None and before.active and not given.active and _holds_goods(store, code):
            raise Conflict(
                said("There are goods at {place}; move them first.", place=before.display_name), field="active",
                code="holds_goods",
            )  # fmt: skip
        now = clock.stamp(clock.now())
        after = Location(
            code, owner, name, given.active, given.is_virtual, given.qb_site_name.strip(),
            given.qb_site_id.strip(), before.made_at if before else now, now, by,
        )  # fmt: skip
        changed = _changed(before, after)
        if before is not None and not changed:
            return before, False
        _put(store, "inventory_location", ("code",), asdict(after))
        audit.record(store, by, "inventory.location", code, {"company": owner, **changed})
        qbd_ready.mapped(store, owner, clock.now())
        return after, before is None


def _holds_goods(store: Store, code: str) -> bool:
    """Whether anything is on hand at a place that we keep."""
    asked = (
        "SELECT 1 FROM stock s LEFT JOIN movement_total t ON t.item = s.item AND t.warehouse = s.warehouse"
        " WHERE s.warehouse = ? AND s.own_at_set IS NOT NULL AND s.qty - s.own_at_set + coalesce(t.qty, 0) <> 0 LIMIT 1"
    )
    return store.execute(asked, (code,)).fetchone() is not None


def _location(row: Any) -> Location:
    values = dict(zip(_LOCATION, row, strict=True))
    return Location(**{**values, "active": bool(values["active"]), "is_virtual": bool(values["is_virtual"])})


def rules_places(store: Store, codes: Iterable[str]) -> dict[str, rules.Place]:
    """What the rules want to know of some places."""
    asked = f"SELECT code, company, active FROM inventory_location WHERE code IN {_LISTED}"
    rows = store.execute(asked, (json.dumps(sorted(set(codes))),)).fetchall()
    return {code: rules.Place(code, company, bool(active)) for code, company, active in rows}


# -- reasons -----------------------------------------------------------------------------------------------------------


def reasons(store: Store, company: str, *, active: bool = False) -> dict[str, Reason]:
    """A company's reasons by code. active: only those people may choose now."""
    asked = f"SELECT {', '.join(_REASON)} FROM inventory_reason WHERE company = ? ORDER BY code"
    rows = store.execute(asked, (company,)).fetchall()
    named = (dict(zip(_REASON, row, strict=True)) for row in rows)
    found = [Reason(**{**values, "active": bool(values["active"])}) for values in named]
    return {one.code: one for one in found if one.active or not active}


def put_reason(store: Store, given: Reason, by: str, *, new: bool = False) -> tuple[Reason, bool]:
    """Keep a reason as it is given; whether it is new. new: it must be. Invalid; Conflict where it must and is not."""
    code = _code(given.code, "code", rules.TEXT_MAX["reason"])
    words = given.words.strip()
    if not words or len(words) > CODE_MAX or not words.isprintable():
        raise Invalid("Say the reason in a few words.", field="words")
    account = given.account.strip()
    if len(account) > rules.TEXT_MAX["account"] or not account.isprintable():
        raise Invalid("That is no name of an account.", field="account")
    with store.transaction():
        owner = companies.one(store, given.company).id
        before = reasons(store, owner).get(code)
        if before is not None and new:
            raise Conflict(said("{name} is taken already. Choose another.", name=code), field="code", code="taken")
        after = Reason(owner, code, words, account, given.active, clock.stamp(clock.now()), by)
        changed = _changed(before, after)
        if before is not None and not changed:
            return before, False
        _put(store, "inventory_reason", ("company", "code"), asdict(after))
        audit.record(store, by, "inventory.reason", code, {"company": owner, **changed})
        qbd_ready.mapped(store, owner, clock.now())
        return after, before is None


# -- parts -------------------------------------------------------------------------------------------------------------


def parts(store: Store, company: str, items: Iterable[str]) -> dict[str, Part]:
    """What a company's books know of these items; those nothing was said of are left out."""
    asked = f"SELECT {', '.join(_PART)} FROM inventory_part WHERE company = ? AND item IN {_LISTED}"
    rows = store.execute(asked, (company, json.dumps(sorted(set(items))))).fetchall()
    return {row[1]: Part(*row) for row in rows}


def put_parts(store: Store, company: str, rows: Iterable[Mapping[str, str]], by: str) -> tuple[set[str], set[str]]:
    """What the books know of items: mappings with `item` and any of a part's other fields; what is missing stays as it
    is. Codes of those that are new, and of those that changed. Invalid for a cost that is no number."""
    given = {str(row["item"]): row for row in rows}
    fields = [name for name in _PART if name not in ("company", "item", *_STAMPS)]
    now, new, changed = clock.stamp(clock.now()), set[str](), set[str]()
    with store.transaction():
        before = parts(store, company, given)
        for item, row in given.items():
            old = before.get(item)
            values = {name: str(row[name]).strip() for name in fields if name in row}
            _check_part(item, values)
            after = Part(**{**asdict(old or Part(company, item)), **values, "changed_at": now, "changed_by": by})
            if old is not None and not _changed(old, after):
                continue
            if old is None and not any(values.values()):
                continue
            _put(store, "inventory_part", ("company", "item"), asdict(after))
            (changed if old else new).add(item)
        if new or changed:
            qbd_ready.mapped(store, company, clock.now())
    return new, changed


def put_part(store: Store, given: Part, by: str) -> Part:
    """One item's, with a row of the audit. NotFound for an item that is not there."""
    with store.transaction():
        if store.execute("SELECT 1 FROM item WHERE code = ?", (given.item,)).fetchone() is None:
            raise NotFound(said("There is no item {code}.", code=given.item[:CODE_MAX]), field="sku")
        before = parts(store, given.company, [given.item]).get(given.item)
        put_parts(store, given.company, [{k: v for k, v in asdict(given).items() if k not in _STAMPS}], by)
        after = parts(store, given.company, [given.item]).get(given.item) or given
        changed = _changed(before, after)
        if changed:
            audit.record(store, by, "inventory.part", given.item, {"company": given.company, **changed})
        return after


def _check_part(item: str, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if len(value) > rules.TEXT_MAX["account"] or not value.isprintable():
            raise Invalid(said("{field} of {code} is too long, or holds a control character.", field=name, code=item),
                          field=name)  # fmt: skip
    cost = values.get("cost", "")
    if cost and not rules.is_cost(cost):
        raise Invalid(said("{value} is no cost; write it like 12.50.", value=cost[:20]), field="cost")


# -- what the above is made of -----------------------------------------------------------------------------------------


def _code(text: str, field: str, longest: int = CODE_MAX) -> str:
    code = text.strip()
    if not code or len(code) > longest or not code.isprintable():
        raise Invalid(said("A code has 1 to {n} letters.", n=longest), field=field)
    return code


def _changed(before: Any, after: Any) -> dict[str, Any]:
    """Name -> [before, after] of what differs."""
    new = {k: v for k, v in asdict(after).items() if k not in _STAMPS}
    old = asdict(before) if before is not None else dict.fromkeys(new, "")
    return {k: [old[k], v] for k, v in new.items() if old[k] != v}


def _put(store: Store, table: str, keys: tuple[str, ...], values: Mapping[str, Any]) -> None:
    sets = ", ".join(f"{name} = excluded.{name}" for name in values if name not in keys)
    facts = tuple(int(v) if isinstance(v, bool) else v for v in values.values())
    store.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}",
        facts,
    )
