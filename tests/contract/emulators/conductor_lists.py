"""Listings: filters, pages behind a cursor, exact filters that answer with an error, what was deleted."""

from __future__ import annotations

import datetime as dt
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.contract.emulators.conductor_file import (
    SORTS,
    TRANSACTIONS,
    CompanyFile,
    Refused,
    Row,
    shown_as,
)

EXACT = ("ids", "fullNames", "names", "refNumbers")
PAGE = 150
CURSOR_SECONDS = 10.0
KEPT_DAYS = 90


class Invalid(Exception):
    """400: what was asked cannot be."""


@dataclass
class Listing:
    resource: str
    keys: list[str]
    filters: Row
    at: int = 0
    touched: float = field(default_factory=time.monotonic)


class Listings:
    """clock: seconds; the next page has to be asked for within ten of the last."""

    def __init__(self, file: CompanyFile) -> None:
        self.file = file
        self.clock: Callable[[], float] = time.monotonic
        self.open: dict[str, Listing] = {}
        self._numbers = itertools.count(1)

    def listed(self, resource: str, asked: Row, *, paged: bool) -> Row:
        """`data`, and where it is paged the three that say what is left."""
        body: Row = {"objectType": "list", "url": f"/v1/quickbooks-desktop/{resource}"}
        if resource == "item-sites":
            return self._page_of(body, _item_sites(self.file, asked), asked)
        cursor = asked.get("cursor")
        if paged and cursor:
            return body | self._next(resource, cursor, asked)
        keys, exact = self._keys(resource, asked)
        limit = asked.get("limit")
        if not paged:
            return body | {"data": self._data(resource, keys[:limit], asked)}
        if exact:
            data = self._data(resource, keys, asked)
            return body | {"data": data, "nextCursor": None, "remainingCount": None, "hasMore": False}
        token = f"00000000-0000-4000-8000-{next(self._numbers):012x}"
        self.open[token] = Listing(resource, keys, asked, touched=self.clock())
        return body | self._next(resource, token, asked)

    def _next(self, resource: str, token: str, asked: Row) -> Row:
        """The next page each time it is asked, whether the last one came to anybody or not."""
        listing = self.open.get(token)
        if listing is None or listing.resource != resource:
            raise Invalid("The cursor is invalid or has expired.")
        if self.clock() - listing.touched > CURSOR_SECONDS:
            del self.open[token]
            raise Invalid("The cursor is invalid or has expired.")
        limit = asked.get("limit") or PAGE
        keys = listing.keys[listing.at : listing.at + limit]
        listing.at += limit
        listing.touched = self.clock()
        left = max(len(listing.keys) - listing.at, 0)
        if not left:
            del self.open[token]
        data = self._data(resource, keys, listing.filters)
        return {"data": data, "nextCursor": token if left else None, "remainingCount": left, "hasMore": left > 0}

    def _page_of(self, body: Row, rows: list[Row], asked: Row) -> Row:
        limit = asked.get("limit") or PAGE
        cursor = asked.get("cursor") or "0"
        if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
            raise Invalid("The cursor is invalid or has expired.")
        start = int(cursor)
        left = max(len(rows) - start - limit, 0)
        more = {"nextCursor": str(start + limit) if left else None, "remainingCount": left, "hasMore": left > 0}
        return body | {"data": rows[start : start + limit]} | more

    def _data(self, resource: str, keys: list[str], asked: Row) -> list[Row]:
        table = self.file.table(resource)
        rows = [self.file.shown(resource, table[key]) for key in keys if key in table]
        if resource in TRANSACTIONS and asked.get("includeLineItems") is False:
            rows = [row | {"lines": [], **({"lineGroups": []} if "lineGroups" in row else {})} for row in rows]
        return rows

    def _keys(self, resource: str, asked: Row) -> tuple[list[str], bool]:
        table = self.file.table(resource)
        for name in EXACT:
            if asked.get(name):
                return self._exact(resource, name, asked[name]), True
        tests = _tests(self.file, resource, asked)
        rows = [row for row in table.values() if all(test(row) for test in tests)]
        if resource in TRANSACTIONS:
            rows.sort(key=lambda row: (row["transactionDate"], row["id"]))
        else:
            rows.sort(key=lambda row: self.file.full_name(row).casefold())
        return [row["id"] for row in rows], False

    def _exact(self, resource: str, name: str, wanted: list[str]) -> list[str]:
        """Ignores every other filter; one that is not there fails the whole request."""
        table = self.file.table(resource)
        found: list[str] = []
        for one in wanted:
            hits = [one] if name == "ids" and one in table else []
            if name == "refNumbers":
                hits = [key for key, row in table.items() if row["refNumber"].casefold() == one.casefold()]
            elif name != "ids":
                hits = [key for key, row in table.items() if self.file.full_name(row).casefold() == one.casefold()]
            if not hits:
                raise not_there(name, one, some=bool(found))
            found += [key for key in hits if key not in found]
        return found


def not_there(name: str, one: str, *, some: bool) -> Refused:
    if name == "refNumbers" and not some:
        return Refused(1, "A query request did not find a matching object in QuickBooks")
    return Refused(
        500,
        f'The query request has not been fully completed. There was a required element ("{one}") that could not be '
        "found in QuickBooks.",
    )


def instant(text: str, file: CompanyFile, *, end: bool = False) -> dt.datetime:
    """A day, a local time or a time with an offset: without one it is the clock of the computer there."""
    try:
        if len(text) == 10:
            day = dt.date.fromisoformat(text)
            return dt.datetime.combine(day, dt.time(23, 59, 59) if end else dt.time(), file.zone)
        said = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f'"{text}" is no date or time.') from None
    return said if said.tzinfo else said.replace(tzinfo=file.zone)


def _tests(file: CompanyFile, resource: str, asked: Row) -> list[Callable[[Row], bool]]:
    tests: list[Callable[[Row], bool]] = []
    status = asked.get("status")
    if status in ("active", "inactive"):
        tests.append(lambda row: bool(row.get("isActive", True)) == (status == "active"))
    for name, value in asked.items():
        made = _test(file, resource, name, value)
        if made is not None:
            tests.append(made)
    return tests


def _test(file: CompanyFile, resource: str, name: str, value: Any) -> Callable[[Row], bool] | None:
    if name in ("updatedAfter", "updatedBefore"):
        limit = instant(value, file, end=name == "updatedBefore")
        if name == "updatedAfter":
            return lambda row: dt.datetime.fromisoformat(row["updatedAt"]) >= limit
        return lambda row: dt.datetime.fromisoformat(row["updatedAt"]) <= limit
    if name in ("transactionDateFrom", "transactionDateTo"):
        if name == "transactionDateFrom":
            return lambda row: bool(row["transactionDate"] >= value)
        return lambda row: bool(row["transactionDate"] <= value)
    if name.startswith(("name", "refNumber")) and name not in EXACT:
        part = "refNumber" if name.startswith("refNumber") else "name"
        return _of_text(part, name.removeprefix(part), str(value).casefold())
    if name.startswith("totalBalance"):
        return _of_balance(name.removeprefix("totalBalance"), value)
    if name == "paymentStatus" and value != "all":
        return lambda row: bool(row.get("isPaid")) == (value == "paid")
    if name == "accountType":
        return lambda row: row["accountType"] == value
    if name in ("customerIds", "vendorIds", "accountIds", "classIds", "currencyIds"):
        return lambda row: row.get(name[:-3]) in value
    if name == "itemIds":
        return lambda row: any(line.get("item") in value for line in row.get("lines", ()))
    return None


def _of_text(part: str, how: str, wanted: str) -> Callable[[Row], bool] | None:
    def of(row: Row) -> str:
        return str(row.get(part, "")).casefold()

    return {
        "Contains": lambda row: wanted in of(row),
        "StartsWith": lambda row: of(row).startswith(wanted),
        "EndsWith": lambda row: of(row).endswith(wanted),
        "From": lambda row: of(row) >= wanted,
        "To": lambda row: of(row) <= wanted,
    }.get(how)


def _of_balance(how: str, wanted: str) -> Callable[[Row], bool]:
    try:
        limit = Decimal(wanted)
    except ArithmeticError:
        raise Invalid(f'"{wanted}" is no amount.') from None

    def of(row: Row) -> Decimal:
        return Decimal(row.get("totalBalance") or row.get("balance") or 0)

    return {
        "GreaterThan": lambda row: of(row) > limit,
        "GreaterThanOrEqualTo": lambda row: of(row) >= limit,
        "LessThan": lambda row: of(row) < limit,
        "LessThanOrEqualTo": lambda row: of(row) <= limit,
    }.get(how, lambda row: of(row) == limit)


def _item_sites(file: CompanyFile, asked: Row) -> list[Row]:
    """What is where: one row an item and site, made from the stock."""
    blank = {name: None for name in shown_as("item-sites").parts}
    rows = []
    for (item, site), level in file.stock.items():
        if not site or item not in file.where:
            continue
        if item not in (asked.get("itemIds") or [item]) or site not in (asked.get("siteIds") or [site]):
            continue
        at = file.now().isoformat()
        part = "inventoryItem" if file.where[item] == "inventory-items" else "inventoryAssemblyItem"
        rows.append(
            blank
            | {"id": f"{item}@{site}"[:36], "objectType": "qbd_item_site", "createdAt": at, "updatedAt": at}
            | {"revisionNumber": "1", part: file.shown_ref(item), "inventorySite": file.shown_ref(site)}
            | {"quantityOnHand": level}
        )
    return rows


def deleted(file: CompanyFile, resource: str, asked: Row) -> Row:
    """Of the last ninety days, of the sorts asked for."""
    lists = resource == "deleted-list-objects"
    wanted = asked["objectTypes" if lists else "transactionTypes"]
    since = file.now() - dt.timedelta(days=KEPT_DAYS)
    if asked.get("deletedAfter"):
        since = max(since, instant(asked["deletedAfter"], file))
    until = instant(asked["deletedBefore"], file, end=True) if asked.get("deletedBefore") else None
    data = []
    for gone in file.gone:
        sort = SORTS.get(gone.resource, "")
        if sort not in wanted or gone.at < since or (until and gone.at > until):
            continue
        row: Row = {"id": gone.id, "createdAt": gone.made_at, "deletedAt": gone.at.isoformat()}
        if lists:
            row |= {"listType": sort, "objectType": "qbd_deleted_list_object", "fullName": gone.name}
        else:
            row |= {"transactionType": sort, "objectType": "qbd_deleted_transaction", "refNumber": gone.name}
        data.append(row)
    return {"objectType": "list", "url": f"/v1/quickbooks-desktop/{resource}", "data": data}
