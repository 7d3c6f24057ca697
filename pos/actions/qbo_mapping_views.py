"""The mapping screen: what the till says, what QuickBooks has to choose from, what does not fit, what waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pos import clock
from pos.actions import qbo_change, qbo_items, qbo_lists, qbo_mapping, qbo_missing, qbo_starts
from pos.actions.outbox_views import moment
from pos.actions.qbo_items import Proposal
from pos.actions.qbo_missing import Wanting
from pos.config import Config
from pos.connectors.qbo import fit, mapping
from pos.connectors.qbo.lists import Entry, Lists
from pos.connectors.qbo.mapping import OWN_TENDERS
from pos.errors import Conflict
from pos.rules import daybook
from pos.said import nsaid, said
from pos.store import catalog, companies, qbo_tokens
from pos.store import qbo_lists as kept
from pos.store.db import Store

SHOWN_MAX = 100
FOUND_MAX = 30
WAYS = {
    "inclusive": said("Outside the US, prices include tax"),
    "exclusive": said("Outside the US, tax comes on top"),
    "us": said("In the US"),
    "none": said("Without tax"),
}
KINDS = {
    "Service": said("Service"),
    "NonInventory": said("Goods not kept in stock there"),
    "Inventory": said("Goods kept in stock there"),
}
_NOTHING = Lists()


def page(store: Store, config: Config, company: str) -> dict[str, Any]:
    """Everything the page shows. Asks nobody; the lists are those that were fetched last."""
    connection = companies.connection_id("quickbooks", companies.one(store, company).id)
    signed, loaded, before = qbo_tokens.row(store, connection), None, qbo_mapping.read(store, company)
    if signed and signed.realm:
        loaded = qbo_lists.cached(store, company)
    lists, plain = loaded.lists if loaded else _NOTHING, before.values
    tables = mapping.read(plain)
    waiting = qbo_missing.waiting(store, connection, tables)
    named = {"items": _labels(lists.items), "customers": _labels(lists.customers)}
    return {
        "company": company,
        "company_name": companies.one(store, company).name,
        "connection": connection,
        "realm_name": (signed.name or signed.realm) if signed else "",
        "bound": bool(signed and signed.realm),
        "loaded": loaded is not None,
        "loaded_text": moment(store, config, loaded.loaded_at) if loaded else "",
        "loaded_by": loaded.loaded_by if loaded else "",
        "age": _age(loaded.loaded_at) if loaded else "",
        "about": lists.about,
        "mark": qbo_change.mark_of(before),
        "plain": plain,
        "ways": WAYS,
        "kinds": KINDS,
        "faults": qbo_change.faults(store, company, plain, lists) if loaded and plain else [],
        "unfit": qbo_mapping.check(plain) if plain else [],
        "stuck": kept.count_stuck(store, connection, "unmapped"),
        "waiting": waiting[:SHOWN_MAX],
        "offered": _choices(lists),
        "tenders": _tenders(store, plain, lists, waiting),
        "shops": _shops(store, company, plain, lists, waiting),
        "taxes": _taxes(store, plain, lists, waiting),
        "groups": _groups(store, plain, lists),
        "singles": _singles(plain, named["items"]),
        "walk_in": _picked(str(plain.get("walk_in") or ""), named["customers"]),
        "items": _mapped(plain, "items", named["items"], ()),
        "customers": _mapped(plain, "customers", named["customers"], waiting, lists.customers),
        "new": _new(store, company, loaded, waiting) if loaded else {"rows": [], "total": 0, "ready": 0},
        "starts": qbo_starts.blocked(store, company) if loaded else None,
        "aside": plain.get("aside") or {},
    }


def found(store: Store, company: str, kind: str, words: str) -> dict[str, Any]:
    """Entries of one list in which every word stands, by name; those that may not be chosen are left out."""
    parts = words.casefold().split()
    rows = [
        one
        for one in qbo_lists.needed(store, company).lists.of(kind)
        if one.active
        and (kind != "items" or one.kind in fit.SELLABLE)
        and all(part in f"{one.name} {one.sku}".casefold() for part in parts)
    ]
    rows.sort(key=lambda one: (one.name.casefold(), one.id))
    return {
        "rows": [{"id": one.id, "name": one.name, "note": " · ".join(filter(None, (one.kind, one.sku)))}
                 for one in rows[:FOUND_MAX]],
        "total": len(rows),
    }  # fmt: skip


# -- the parts of the page ---------------------------------------------------------------------------------------------


def _choices(lists: Lists) -> dict[str, list[Entry]]:
    def of(entries: Iterable[Entry], *kinds: str) -> list[Entry]:
        rows = [one for one in entries if one.active and (not kinds or one.kind in kinds)]
        return sorted(rows, key=lambda one: (one.name.casefold(), one.id))

    return {
        "methods": of(lists.methods),
        "deposits": of(lists.accounts, *fit.DEPOSITS),
        "income": of(lists.accounts, *fit.INCOME),
        "costs": of(lists.accounts, *fit.COSTS),
        "stock": of(lists.accounts, *fit.STOCK),
        "departments": of(lists.departments),
        "classes": of(lists.classes),
        "taxes": of(lists.taxes),
    }


def _tenders(store: Store, plain: dict[str, Any], lists: Lists, waiting: list[Wanting]) -> list[dict[str, Any]]:
    mapped = plain.get("tenders") or {}
    kinds = {mode.name: mode.kind for mode in catalog.payment_modes(store)}
    names = [name for name, kind in kinds.items() if kind != "account"]
    names += [one.name for one in waiting if one.part == "tenders"]
    names = list(dict.fromkeys([*names, *mapped, daybook.EXCHANGE, daybook.NOTHING]))
    codes = _codes({name: (mapped.get(name) or {}).get("code", "") for name in names}, 2)
    labels = _labels(lists.items)
    return [
        {
            "name": name,
            "title": OWN_TENDERS.get(name, name),
            "new": name not in mapped,
            "code": codes[name],
            "method": _of(mapped, name, "method"),
            "account": _of(mapped, name, "account"),
            "item": _picked(_of(mapped, name, "item"), labels),
            "voucher": kinds.get(name) == "voucher" or bool(_of(mapped, name, "item")),
            "alike": _alike(_of(mapped, name, "method"), [name], lists.methods),
        }
        for name in names
    ]


def _shops(
    store: Store, company: str, plain: dict[str, Any], lists: Lists, waiting: list[Wanting]
) -> list[dict[str, Any]]:
    mapped, here = plain.get("shops") or {}, {one.id: one.name for one in companies.shops(store, company)}
    told = [one.name for one in waiting if one.part == "shops"]  # places of another till's exports among them
    names = list(dict.fromkeys([*here, *told, *mapped]))
    codes = _codes({name: (mapped.get(name) or {}).get("code", "") for name in names}, 3, here)
    return [
        {
            "name": name,
            "title": here.get(name, name),
            "new": name not in mapped,
            "code": codes[name],
            "department": _of(mapped, name, "department"),
            "class": _of(mapped, name, "class"),
            "alike": _alike(_of(mapped, name, "department"), [here.get(name, name)], lists.departments),
        }
        for name in names
    ]


def _taxes(store: Store, plain: dict[str, Any], lists: Lists, waiting: list[Wanting]) -> list[dict[str, Any]]:
    mapped = plain.get("taxes") or {}
    rows = {code: (title, rate) for code, title, rate in kept.tax_codes(store)}
    for one in waiting:
        code, _, rate = one.name.rpartition("@")
        if one.part == "taxes" and (code not in rows or rows[code][1] != rate):
            rows[one.name] = (said("{code} at {rate}%", code=code or "–", rate=rate), rate)
    for name in mapped:
        rows.setdefault(name, (name, name.partition("@")[2]))
    return [
        {
            "name": name,
            "title": title if title != name else "",
            "rate": rate,
            "code": str((mapped.get(name) or {}).get("code") or ""),
            "alike": _alike(str((mapped.get(name) or {}).get("code") or ""), [name, title], lists.taxes),
        }
        for name, (title, rate) in rows.items()
    ]


def _groups(store: Store, plain: dict[str, Any], lists: Lists) -> list[dict[str, Any]]:
    mapped, ways, labels = plain.get("groups") or {}, plain.get("categories") or {}, _labels(lists.items)
    names = list(dict.fromkeys([*kept.groups(store), *mapped, *(name for name in ways if name)]))
    rows = [
        {
            "name": name,
            "item": _picked(str(mapped.get(name) or ""), labels),
            "alike": _alike(str(mapped.get(name) or ""), [name], _sellable(lists)),
            "way": ways.get(name) or {},
        }
        for name in names
    ]
    return [*rows, {"name": "", "item": None, "alike": None, "way": ways.get("") or {}}]


def _singles(plain: dict[str, Any], labels: dict[str, str]) -> dict[str, dict[str, str]]:
    rounding, voucher = plain.get("rounding") or {}, plain.get("voucher") or {}
    return {
        "default_item": _picked(str(plain.get("default_item") or ""), labels),
        "tax_rounding": _picked(str(plain.get("tax_rounding") or ""), labels),
        "quarantine": _picked(str(plain.get("quarantine") or ""), labels),
        "rounding": {**_picked(str(rounding.get("item") or ""), labels), "tax": str(rounding.get("tax") or "")},
        "voucher": {**_picked(str(voucher.get("item") or ""), labels), "tax": str(voucher.get("tax") or "")},
    }


def _mapped(
    plain: dict[str, Any], part: str, labels: dict[str, str], waiting: Iterable[Wanting], entries: Iterable[Entry] = ()
) -> dict[str, Any]:
    mapped = dict(plain.get(part) or {})
    for one in waiting:
        if one.part == part and one.name:
            mapped.setdefault(one.name, "")
    names = sorted(mapped, key=lambda name: (bool(mapped[name]), name))
    rows = [
        {"name": name, **_picked(str(mapped[name]), labels), "alike": _alike(str(mapped[name]), [name], entries)}
        for name in names[:SHOWN_MAX]
    ]
    return {"rows": rows, "total": len(mapped)}


def _new(store: Store, company: str, loaded: qbo_lists.Loaded, waiting: list[Wanting]) -> dict[str, Any]:
    try:
        rows = qbo_items.proposals(store, company, qbo_items.tables_of(store, company), loaded.lists, waiting)
    except Conflict:  # signed out meanwhile
        rows = []
    return {
        "rows": [_proposal(one) for one in rows[: qbo_items.SHOWN_MAX]],
        "total": len(rows),
        "ready": sum(is_ready(one) for one in rows),
    }


def _proposal(one: Proposal) -> dict[str, Any]:
    made = one.made
    return {
        "code": one.code,
        "name": one.name,
        "title": one.title,
        "group": one.group,
        "kind": KINDS.get(one.category.kind, "") if one.category else "",
        "lack": one.lack,
        "waiting": one.waiting,
        "alike": {"id": one.alike.id, "name": one.alike.name} if one.alike else None,
        "state": made.state if made else "",
        "message": made.message if made else "",
        "taken": bool(made and made.state == "refused" and made.code == "name_taken"),
        "other": made.other_id if made else "",
        "ready": is_ready(one),
    }


def is_ready(one: Proposal) -> bool:
    """Whether *create all* means it: not what is on its way, was refused, or seems to be there under the same name."""
    return not one.lack and not one.alike and (one.made is None or one.made.state == "mapped")


# -- small pieces ------------------------------------------------------------------------------------------------------


def _of(mapped: dict[str, Any], name: str, column: str) -> str:
    return str((mapped.get(name) or {}).get(column) or "")


def _labels(entries: Iterable[Entry]) -> dict[str, str]:
    return {one.id: one.name for one in entries}


def _picked(key: str, labels: dict[str, str]) -> dict[str, str]:
    return {"id": key, "label": labels.get(key, key)}


def _sellable(lists: Lists) -> list[Entry]:
    return [one for one in lists.items if one.kind in fit.SELLABLE]


def _alike(chosen: str, names: list[str], entries: Iterable[Entry]) -> dict[str, str] | None:
    """What is called the same there, where nothing is chosen yet."""
    entries = list(entries)
    key = "" if chosen else fit.same_name(names, entries)
    return {"id": key, "name": next(one.name for one in entries if one.id == key)} if key else None


def _codes(codes: dict[str, str], letters: int, titles: dict[str, str] | None = None) -> dict[str, str]:
    """The codes there are, and for names without one the first letters that are still free: a proposal."""
    found = dict(codes)
    for name in (name for name, code in codes.items() if not code):
        word = "".join(one for one in (titles or {}).get(name, name).upper() if one.isascii() and one.isalnum()) or "X"
        tries = [word[:letters], *(f"{word[: letters - 1]}{n}" for n in "123456789"), *(f"X{n}" for n in range(1, 99))]
        found[name] = next(one for one in tries if one not in found.values())
    return found


def _age(stamp: str) -> str:
    minutes = int((clock.now() - clock.parse(stamp)).total_seconds() // 60)
    if minutes < 1:
        return said("just now")
    if minutes < 60:
        return nsaid("{n} minute old", "{n} minutes old", minutes)
    if minutes < 48 * 60:
        return nsaid("{n} hour old", "{n} hours old", minutes // 60)
    return nsaid("{n} day old", "{n} days old", minutes // (24 * 60))
