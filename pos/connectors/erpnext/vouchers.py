"""Gift vouchers in ERPNext: one Gift Voucher Entry per row of the ledger, never a balance.

An entry carries our row's id in a unique field and gets its name from a numbered series. ERPNext hands numbers of one
series out one at a time and holds the series until the row is committed, so a row with a greater number was committed
later: that is the order in which two tills who ask for the same value are told apart. What a voucher is worth there is
the sum of its entries' amounts; value held for a basket stands in a field of its own.

A Gift Voucher somebody made by hand there is read, never written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pos import clock
from pos.connectors.base import EntryPage, MadePage, VoucherEntry, VoucherMade
from pos.connectors.erpnext import feeds
from pos.connectors.erpnext.client import Erpnext
from pos.connectors.erpnext.doctypes import ENTRY, VOUCHER
from pos.errors import Rejected, Unknown
from pos.rules.money import exact, major, round_minor

#: Rows of one voucher that are looked at; one with more is no gift voucher.
ROWS_OF_ONE_MAX = 2000

ENTRY_FIELDS = [
    "name", "entry_id", "voucher_code", "act", "amount", "held_amount", "made_at", "expires_on", "till", "document",
    "position", "receipt", "creation", "modified",
]  # fmt: skip
MADE_FIELDS = ["name", "initial_amount", "status", "issued_on", "expires_on", "creation", "modified"]

#: act -> the signs its amount may have.
SIGNS = {"issue": (1,), "refund": (1,), "redeem": (-1,), "expire": (-1,), "adjust": (1, -1), "hold": (), "release": ()}
#: How the id of the row begins that a Gift Voucher made by hand counts as.
MADE_HERE = "erpnext:"
#: Statuses of a Gift Voucher that keep it from being used. Nobody is asked about a date that has passed anyway.
_STATUS = {"Inactive": "inactive", "Expired": "inactive"}

Read = TypeVar("Read")


class Vouchers:
    """The VoucherBook of an ERPNext site that `erpnext setup` made ready. Used by one thread at a time."""

    def __init__(self, erpnext: Erpnext) -> None:
        self._erpnext = erpnext
        self._currency = erpnext.facts.currency
        self._zone = ZoneInfo(erpnext.facts.site_zone)

    @property
    def clock_off(self) -> float | None:
        return self._erpnext.clock_off

    def put_voucher(self, entry: VoucherEntry) -> None:
        body = {
            "entry_id": entry.id,
            "voucher_code": entry.code,
            "act": entry.act,
            "amount": major(entry.amount, self._currency),
            "held_amount": major(entry.held, self._currency),
            "made_at": entry.at,
            "expires_on": entry.expires or None,
            "till": entry.till,
            "document": entry.document,
            "position": entry.position,
            "receipt": entry.receipt,
        }
        try:
            made = self._erpnext.create(ENTRY, body)
        except Unknown as error:
            if error.code != "already_there":
                raise
            there = self.find_vouchers([entry.id]).get(entry.id)
            if there is None:
                raise
        else:
            there = self._entry(made)
        if entry.says != there.says:
            raise Rejected(
                f"ERPNext has another row under the id of this voucher row ({there.act} {there.code}).",
                code="id_taken",
                remedy=f"Look at {ENTRY} {there.order} there; it must not be changed by hand.",
            )

    def find_vouchers(self, ids: Collection[str]) -> dict[str, VoucherEntry]:
        if not ids:
            return {}
        rows = self._erpnext.rows(ENTRY, ENTRY_FIELDS, [["entry_id", "in", sorted(ids)]], limit=len(ids))
        return {entry.id: entry for entry in map(self._entry, rows)}

    def voucher_entries(self, code: str) -> tuple[VoucherEntry, ...]:
        rows = self._erpnext.rows(
            ENTRY, ENTRY_FIELDS, [["voucher_code", "=", code]], order_by="name asc", limit=ROWS_OF_ONE_MAX
        )
        if len(rows) >= ROWS_OF_ONE_MAX:
            raise Rejected(f"Voucher {code} has more than {ROWS_OF_ONE_MAX} rows in ERPNext.", code="too_many_rows")
        return tuple(entry for entry in map(self._entry, rows) if not fault(entry))

    def pull_vouchers(self, since: str) -> EntryPage:
        found = feeds.changed(self._erpnext, ENTRY, ENTRY_FIELDS, [], since)
        rows, refused = _read(found, self._entry)
        good = []
        for entry in rows:
            if why := fault(entry):
                refused.append((entry.order, why))
            else:
                good.append(entry)
        return EntryPage(tuple(good), _cursor(found), len(found) >= feeds.PAGE_ROWS, tuple(refused))

    def voucher_made(self, code: str) -> VoucherMade | None:
        if not self._erpnext.facts.vouchers_by_hand:
            return None
        rows = self._erpnext.rows(VOUCHER, MADE_FIELDS, [["name", "=", code]], limit=1)
        return self._made(rows[0]) if rows else None

    def pull_made(self, since: str) -> MadePage:
        if not self._erpnext.facts.vouchers_by_hand:
            return MadePage((), "", more=False)
        found = feeds.changed(self._erpnext, VOUCHER, MADE_FIELDS, [], since)
        rows, refused = _read(found, self._made)
        return MadePage(tuple(rows), _cursor(found), len(found) >= feeds.PAGE_ROWS, tuple(refused))

    # -- rows --

    def _entry(self, row: dict[str, Any]) -> VoucherEntry:
        """Unknown when what came back is no entry: whether it was kept is not known then."""
        try:
            return VoucherEntry(
                id=str(row["entry_id"]),
                code=str(row["voucher_code"]).strip().upper(),
                act=str(row["act"] or ""),
                amount=self._minor(row.get("amount")),
                held=self._minor(row.get("held_amount")),
                at=str(row.get("made_at") or "") or self._utc(row["creation"]),
                expires=str(row.get("expires_on") or ""),
                till=str(row.get("till") or ""),
                document=str(row.get("document") or ""),
                position=int(row.get("position") or 0),
                receipt=str(row.get("receipt") or ""),
                order=str(row["name"]),
                made_at=self._utc(row["creation"]),
            )
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise Unknown(f"ERPNext answered with something that is no {ENTRY} ({error!r}).", code="garbage") from error

    def _made(self, row: dict[str, Any]) -> VoucherMade:
        issued = str(row.get("issued_on") or "")
        code = str(row["name"]).strip().upper()
        return VoucherMade(
            id=f"{MADE_HERE}{code}",
            code=code,
            amount=self._minor(row.get("initial_amount")),
            at=f"{issued}T00:00:00.000000Z" if issued else self._utc(row["creation"]),
            expires=str(row.get("expires_on") or ""),
            status=_STATUS.get(str(row.get("status") or ""), ""),
        )

    def _minor(self, value: Any) -> int:
        number = exact(value if isinstance(value, Decimal | int) else str(value or 0))
        return round_minor(number, self._currency)

    def _utc(self, stamp: Any) -> str:
        """Their naive stamp in the site's zone as one of ours."""
        local = datetime.fromisoformat(str(stamp)).replace(tzinfo=self._zone)
        return clock.stamp(local.astimezone(UTC))


def fault(entry: VoucherEntry) -> str:
    """Why an entry, perhaps made by hand there, cannot count; "" when it can."""
    if entry.act not in SIGNS:
        return f"{entry.act or 'nothing'} is no act on a voucher"
    if not entry.code or not entry.id:
        return "it has no voucher code or no id"
    signs = SIGNS[entry.act]
    if signs and (entry.amount > 0) - (entry.amount < 0) not in signs:
        return f"{entry.act} cannot have the amount {entry.amount} (minor units)"
    return ""


def _cursor(found: list[dict[str, Any]]) -> str:
    return f"{found[-1]['modified']}|{found[-1]['name']}" if found else ""


def _read(
    found: list[dict[str, Any]], read: Callable[[dict[str, Any]], Read]
) -> tuple[list[Read], list[tuple[str, str]]]:
    rows, refused = [], []
    for row in found:
        try:
            rows.append(read(row))
        except (KeyError, TypeError, ValueError, InvalidOperation, Unknown) as error:
            refused.append((str(row.get("name")), f"it cannot be read: {error}"))
    return rows, refused
