"""The hub keeps the gift vouchers of its tills: rows they send, and who is told when more was used than was there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pos.actions import voucher_notices
from pos.errors import Invalid
from pos.rules import voucher
from pos.store import hub_vouchers, vouchers
from pos.store.db import Store
from pos.store.hub_tills import Till

TEXT_CHARS_MAX = 100
AMOUNT_MAX = 10**15
_TEXTS = ("id", "code", "act", "at", "expires", "till", "document")
_WHOLE = ("amount", "held", "position")


def put(store: Store, till: Till, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep rows of a till: all or none. Invalid for one that is not its own or is no row; Conflict as
    `hub_vouchers.put`."""
    good = [_row(till, row) for row in rows]
    with store.transaction():
        for row in good:
            hub_vouchers.put(store, row)
    used = {row["code"] for row in good if row["amount"] < 0}
    if used and not vouchers.issuer(store):
        voucher_notices.overdrawn(store, only=used)


def _row(till: Till, row: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in _TEXTS:
        value = row.get(name)
        if not isinstance(value, str) or len(value) > TEXT_CHARS_MAX or not value.isprintable():
            raise Invalid("A row of a voucher has short texts.", field=name)
        told[name] = value
    for name in _WHOLE:
        value = row.get(name)
        if type(value) is not int or abs(value) > AMOUNT_MAX:
            raise Invalid("A row of a voucher has whole numbers.", field=name)
        told[name] = value
    if told["till"] not in till.ids:
        raise Invalid("This row is another till's.", field="till", code="other_till")
    if not told["id"] or voucher.code_of(told["code"], "code") != told["code"]:
        raise Invalid("A row of a voucher has an id and a code.", field="code")
    return told
