"""Whether what QuickBooks Desktop has is what it was sent. Pure.

`theirs` finds a piece of work among documents a question brought back; `difference` holds a document against the
payload it was built from. What an answer does not tell (ErrorRecovery has no lines) is not compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from pos.connectors.qbd.answers import Ret, Rs
from pos.said import said

#: What the quantity of a line is called in an answer, by the kind of work.
_QUANTITY = {
    "transfer": "QuantityTransferred",
    "adjustment": "QuantityDifference",
    "sale": "Quantity",
    "refund": "Quantity",
    "invoice": "Quantity",
}
#: What an answer to a piece of work holds, by the request's name.
RETS = {
    "TransferInventoryAdd": "TransferInventory",
    "InventoryAdjustmentAdd": "InventoryAdjustment",
    "SalesReceiptAdd": "SalesReceipt",
    "CreditMemoAdd": "CreditMemo",
    "InvoiceAdd": "Invoice",
    "ARRefundCreditCardAdd": "ARRefundCreditCard",
    "CheckAdd": "Check",
    "ItemInventoryAdd": "ItemInventory",
    "AccountAdd": "Account",
}
LIST_OBJECTS = ("ItemInventoryAdd", "AccountAdd")


def complete(name: str, rs: Rs) -> bool:
    """Whether the answer to a request that posts names what came of it: of its own type, with the id of its sort, a
    TxnID or of list objects a ListID."""
    if not rs.remote_id or rs.is_list != (name in LIST_OBJECTS):
        return False
    return rs.recovered or (len(rs.rows) == 1 and rs.rows[0].kind == RETS.get(name))


def theirs(rows: Iterable[Ret], payload: Mapping[str, Any]) -> list[Ret]:
    """Of what stands there under this number, what is ours: the same GUID, or where they keep none our mark in the
    memo. More than one means that it was booked twice."""
    guid, tail = str(payload.get("guid") or "").lower(), str(payload.get("tail") or "")
    found = []
    for row in rows:
        if row.get("RefNumber").casefold() != str(payload.get("ref") or "").casefold():
            continue
        stated = row.get("ExternalGUID").lower()
        if (stated and stated == guid) or (tail and row.get("Memo").endswith(tail)):
            found.append(row)
    return found


def difference(kind: str, payload: Mapping[str, Any], row: Ret) -> str:
    """What a document of theirs says otherwise than it was asked to, in words; "" = nothing."""
    found: list[str] = []
    _same(found, "RefNumber", payload.get("ref"), row)
    _same(found, "TxnDate", payload.get("date"), row)
    for key, path in (("from", "FromInventorySiteRef"), ("to", "ToInventorySiteRef"), ("site", "InventorySiteRef"),
                      ("account", "AccountRef")):  # fmt: skip
        if kind in ("transfer", "adjustment"):
            _ref(found, path, payload.get(key), row)
    lines = [line for line in row.lines if line.kind.endswith("Line")]
    if kind in _QUANTITY and lines and not any("new" in line for line in payload["lines"]):
        _lines(found, kind, payload["lines"], lines)
    total, wanted = total_of(row) or row.get("Amount"), payload.get("amount" if kind == "payout" else "total")
    if wanted not in (None, "") and total:
        mine, there = _decimal(wanted), _decimal(total)
        if mine != there:
            found.append(said("QuickBooks has {theirs} in total, not {ours}.", theirs=there, ours=mine))
    return " ".join(found)


def total_of(row: Ret) -> str:
    """What a document of theirs comes to; "" where they do not say. An invoice says what is net, and the tax on it."""
    if row.kind != "Invoice" or not row.get("Subtotal"):
        return row.get("TotalAmount")
    return f"{_decimal(row.get('Subtotal')) + _decimal(row.get('SalesTaxTotal') or '0'):f}"


def _same(found: list[str], path: str, wanted: Any, row: Ret) -> None:
    there = row.get(path)
    if wanted and there and there.casefold() != str(wanted).casefold():
        found.append(said("QuickBooks has {theirs}, not {ours}.", theirs=there, ours=wanted))


def _ref(found: list[str], path: str, wanted: Any, row: Ret) -> None:
    given = {"name": wanted} if isinstance(wanted, str) else wanted or {}
    key, there = ("id", row.get(f"{path}.ListID")) if given.get("id") else ("name", row.get(f"{path}.FullName"))
    if given.get(key) and there and there.casefold() != str(given[key]).casefold():
        found.append(said("QuickBooks has {theirs}, not {ours}.", theirs=there, ours=given[key]))


def _lines(found: list[str], kind: str, wanted: Sequence[Mapping[str, Any]], lines: Sequence[Ret]) -> None:
    """Quantities item by item, however the lines are cut there."""
    if len(lines) < len(wanted):
        words = said("QuickBooks has {theirs} lines of {ours}.", theirs=len(lines), ours=len(wanted))
        found.append(words)
    mine: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for asked, line in zip(wanted, lines, strict=False):
        item = {"name": asked["item"]} if isinstance(asked["item"], str) else asked["item"]
        path = "ItemRef.ListID" if item.get("id") else "ItemRef.FullName"
        name = str(item.get("id") or item.get("name")).casefold()
        qty = asked.get("quantity") or asked.get("difference")
        if qty in (None, "") or not line.get(_QUANTITY[kind]):
            continue
        mine[name] += _scaled(qty)
        there[line.get(path).casefold()] += _scaled(line.get(_QUANTITY[kind]))
    off = [name for name in sorted(set(mine) | set(there)) if mine[name] != there[name]]
    found += [said("QuickBooks has another quantity of {item}.", item=name) for name in off]


def _decimal(text: Any) -> Decimal:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return Decimal("NaN")


def _scaled(text: Any) -> int:
    found = _decimal(text)
    return int(found.scaleb(5)) if found.is_finite() else 0
