"""What the till said of its customers and items when their records said the same: whatever it says otherwise by now was
changed at the till. The till's rows tell no moment of a change that could be asked for instead."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pos.rules.money import exact, major, round_minor
from pos.store.db import Store

PAGE_ROWS = 100
_LISTED = "(SELECT value FROM json_each(?))"
_COLUMNS = ("name", "description", "phone", "email", "disabled", "price_list", "amount")
_PUT = (
    f"INSERT INTO conductor_till (sort, code, {', '.join(_COLUMNS)})",
    f" ON CONFLICT (sort, code) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS)}",
)
_PRICED = "LEFT JOIN price p ON p.item = i.code AND p.price_list = ? AND p.currency = ? AND p.valid_from = ''"
#: A price that was taken away is no change of it: the record's stays, as the till's does where the record has none.
_OTHER_PRICE = "(p.amount IS NOT NULL AND a.price_list = ? AND (a.amount IS NULL OR a.amount <> p.amount))"


@dataclass(frozen=True, slots=True)
class Change:
    """One customer or item. was, now: what the till said and says: name, active, and phone and email, or description
    and price (exact text, "" = none)."""

    code: str
    was: dict[str, Any]
    now: dict[str, Any]


def changed(
    store: Store, sort: str, after: str = "", codes: Iterable[str] | None = None, limit: int = PAGE_ROWS
) -> list[Change]:  # fmt: skip
    """What was changed at the till, in the order of the codes. Told apart by the database: what is the same is not
    read. codes: only of these, wherever they are."""
    which, fact = ("a.code > ?", after) if codes is None else (f"a.code IN {_LISTED}", json.dumps(sorted(codes)))
    ask = _customers if sort == "customer" else _items
    with store.reading():
        return ask(store, which, fact, limit)


def _customers(store: Store, which: str, fact: str, limit: int) -> list[Change]:
    rows = store.execute(
        "SELECT a.code, a.name, a.phone, a.email, a.disabled, i.name, i.phone, i.email, i.disabled"
        f" FROM conductor_till a JOIN customer i ON i.code = a.code WHERE a.sort = 'customer' AND {which}"
        " AND (i.name <> a.name OR i.phone <> a.phone OR i.email <> a.email OR i.disabled <> a.disabled)"
        " ORDER BY a.code LIMIT ?",
        (fact, limit),
    ).fetchall()

    def said(name: str, phone: str, email: str, off: Any) -> dict[str, Any]:
        return {"name": name, "phone": phone, "email": email, "active": not off}

    return [Change(code, said(*both[:4]), said(*both[4:])) for code, *both in rows]


def _items(store: Store, which: str, fact: str, limit: int) -> list[Change]:
    listed, currency = store.config.till.price_list, store.config.shop.currency
    rows = store.execute(
        "SELECT a.code, a.name, a.description, a.disabled, i.name, i.description, i.disabled, a.amount, p.amount,"
        f" a.price_list FROM conductor_till a JOIN item i ON i.code = a.code {_PRICED}"
        f" WHERE a.sort = 'item' AND {which} AND i.has_variants = 0"
        f" AND (i.name <> a.name OR i.description <> a.description OR i.disabled <> a.disabled OR {_OTHER_PRICE})"
        " ORDER BY a.code LIMIT ?",
        (listed, currency, fact, listed, limit),
    ).fetchall()

    def said(name: str, description: str, off: Any, amount: int | None) -> dict[str, Any]:
        price = "" if amount is None else f"{major(amount, currency):f}"
        return {"name": name, "description": description, "active": not off, "price": price}

    found = []
    for code, name, words, off, name_now, words_now, off_now, amount, amount_now, whose in rows:
        before = amount if whose == listed and amount_now is not None else amount_now
        found.append(Change(code, said(name, words, off, before), said(name_now, words_now, off_now, amount_now)))
    return found


def agree(store: Store, sort: str, codes: Iterable[str]) -> None:
    """These records say what the till says now. Inside the transaction that made it so."""
    listed = json.dumps(sorted(codes))
    if sort == "customer":
        store.execute(
            f"{_PUT[0]} SELECT 'customer', i.code, i.name, '', i.phone, i.email, i.disabled, '', NULL FROM customer i"
            f" WHERE i.code IN {_LISTED}{_PUT[1]}",
            (listed,),
        )
        return
    mine, currency = store.config.till.price_list, store.config.shop.currency
    store.execute(
        f"{_PUT[0]} SELECT 'item', i.code, i.name, i.description, '', '', i.disabled, ?, p.amount FROM item i {_PRICED}"
        f" WHERE i.code IN {_LISTED}{_PUT[1]}",
        (mine, mine, currency, listed),
    )


def agreed(store: Store, sort: str, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """These records, (code, fields), were made of what the till said when it was read (`office_catalogue.page`)."""
    mine, currency = store.config.till.price_list, store.config.shop.currency
    marks = ", ".join("?" * (2 + len(_COLUMNS)))
    for code, given in rows:
        price = str(given.get("price") or "")
        store.execute(
            f"{_PUT[0]} VALUES ({marks}){_PUT[1]}",
            (
                sort, code, given["name"], given.get("description", ""), given.get("phone", ""), given.get("email", ""),
                int(not given["active"]), mine if sort == "item" else "",
                round_minor(exact(price), currency) if price else None,
            ),
        )  # fmt: skip


def forget(store: Store, customer: str) -> None:
    """Nothing is known of this customer any more. Inside a transaction."""
    store.execute("DELETE FROM conductor_till WHERE sort = 'customer' AND code = ?", (customer,))
