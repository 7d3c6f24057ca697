"""What the till sells, and to whom, and records of the office: whichever books bring the records, and whatever those
call their fields."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from pos import clock
from pos.config import Config
from pos.rules.money import exact, round_minor
from pos.store import companies, connections, feeds, office_catalogue, records
from pos.store.db import Store

#: Who writes what the till sells, and to whom.
TILL = "till"
#: Those that bring the till its items and customers themselves.
BOOKS = ("erpnext", "hub")
#: The fields of a record, from what the till knows and the record so far (None = it is new); None = leave it.
Made = Callable[[Mapping[str, Any], Mapping[str, Any] | None], dict[str, Any] | None]
#: Codes of records that are new, with what the till said of them.
Noted = Callable[[Sequence[tuple[str, Mapping[str, Any]]]], None]


def owns(store: Store, company: str, others: Collection[str] = BOOKS) -> bool:
    """Whether records may make customers and items of the till: of the first company, where no others bring them."""
    return company == companies.MAIN and not any(line.kind in others for line in connections.lines(store))


def put(store: Store, config: Config, currency: str, sort: str, rows: Iterable[Mapping[str, Any]], system: str) -> None:
    """Customers or items, `sort` of them, as the till is to have them. `price` of an item: exact text, "" = none.
    Inside the transaction that wrote the records."""
    given = [dict(row) for row in rows]
    if sort == "customer":
        feeds.put_customers(store, given, system)
        return
    prices = {row["code"]: row.pop("price", "") for row in given}
    feeds.put_items(store, given, system)
    feeds.put_prices(store, [
        {"price_list": config.till.price_list, "item": code, "currency": currency,
         "amount": round_minor(exact(price), currency)}
        for code, price in prices.items() if price
    ])  # fmt: skip


def take(
    store: Store, company: str, kind: str, sort: str, walk_in: str, made: Made, *, new_only: bool = False,
    noted: Noted | None = None,
) -> int:  # fmt: skip
    """Customers or items of the till as records of the first company; how many were new or changed. The walk-in
    customer, and what is disabled and was none yet, are none. new_only: those that are records are not looked at.
    noted: told of what is new, a page at a time, inside the transaction that made the records."""
    if company != companies.MAIN:
        return 0
    now, count, after = clock.now(), 0, ""
    without = (company, kind) if new_only else None
    while page := office_catalogue.page(store, sort, after, without):
        after = page[-1][0]
        known = records.several(store, company, kind, [key for key, _ in page])
        new = list[tuple[str, Mapping[str, Any]]]()
        with store.transaction():
            for key, fields in page:
                before = known.get(key)
                if before is None and (key == walk_in or not fields["active"]):
                    continue
                if before is not None and before.deleted:
                    continue
                full = made(fields, before.fields if before else None)
                if full is None or (before is not None and full == before.fields):
                    continue
                if before is None:
                    records.create(store, company, kind, key, full, [], TILL, now)
                    new.append((key, fields))
                else:
                    records.edit(store, company, kind, key, before.version, full, before.lines, TILL, now)
                count += 1
            if noted is not None:
                noted(new)
    return count
