"""What a document says of gift vouchers: its rows for the ledger, held against its lines and payments; how they are
turned round by a void."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pos.errors import Corrupt
from pos.rules.money import digits_of, minor
from pos.rules.voucher import ACTS, BY_HAND, KIND, Wanted


def ledger_rows(doc: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The ledger's rows of a stamped document, in the order of `ledger.VOUCHER`.

    Documents from before the ledger, and imported ones, name code and amount alone: whoever issued those vouchers was
    told then, so they make no rows and nothing counts twice.
    """
    if doc["series"] != "till":
        return []
    digits = digits_of(doc["currency"])
    at = datetime.fromisoformat(doc["created_at"]).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return [
        (row["id"], row["code"], row["act"], _units(row["amount"], digits), at, row.get("expires") or "", doc["till"],
         doc["id"], position, _units(row.get("exposure"), digits))
        for position, row in enumerate(doc.get("vouchers") or (), start=1)
        if row.get("act")
    ]  # fmt: skip


def units(value: Decimal, currency: str) -> int:
    """Minor units of a figure of a document."""
    return _units(value, digits_of(currency))


def _units(value: Any, digits: int) -> int:
    if value is None:
        return 0
    scaled = value.scaleb(digits)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{value} has more than {digits} decimals")
    return whole


def check(doc: Mapping[str, Any]) -> None:
    """Prove what a document says of vouchers. Corrupt says what is wrong."""
    rows, cur = doc.get("vouchers") or [], doc["currency"]
    if not any(row.get("act") for row in rows):
        if doc["kind"] == KIND:
            raise Corrupt("it does nothing to a voucher", field="vouchers")
        return
    sums: dict[tuple[str, str], int] = {}
    for position, row in enumerate(rows, start=1):
        act, amount = row.get("act"), minor(row["amount"], cur)
        if act not in ACTS or not amount or ACTS[act] * amount < 0 or not row["code"]:
            raise Corrupt(f"voucher {row['code']}: {act} of {amount} is no act on a voucher", field="vouchers")
        if row["id"] != f"{doc['id']}:{position}":
            raise Corrupt(f"voucher row {position} is not called by its document and place", field="vouchers")
        key = (row["code"], "in" if amount > 0 else "out")
        sums[key] = sums.get(key, 0) + amount
        if doc["kind"] == KIND and act not in BY_HAND:
            raise Corrupt(f"a document without a sale cannot {act} a voucher", field="vouchers")
    if doc["kind"] == KIND:
        block = doc[KIND]
        if not isinstance(block["reason"], str) or not block["reason"]:
            raise Corrupt("it gives no reason", field=KIND)
    elif sums != _moved(doc, cur):
        raise Corrupt("its voucher rows are not its lines and payments", field="vouchers")


def _moved(doc: Mapping[str, Any], cur: str) -> dict[tuple[str, str], int]:
    """What lines and payments say went onto vouchers ("in") and off them ("out"), by code."""
    found: dict[tuple[str, str], int] = {}
    sold = [(i["voucher"]["code"], minor(i["amount"], cur)) for i in doc["items"] if i.get("voucher")]
    paid = [(p["reference"], -minor(p["amount"], cur)) for p in doc["payments"] if p["kind"] == "voucher"]
    for code, amount in (*sold, *paid):
        key = (code, "in" if amount > 0 else "out")
        found[key] = found.get(key, 0) + amount
    return found


def asked_code(doc: Mapping[str, Any], code: str) -> str:
    """The code somebody must have typed to get this one: nothing where it was made here."""
    made = any(row.get("made") and row["code"] == code for row in doc.get("vouchers") or ())
    return "" if made else code


def turned(doc: Mapping[str, Any], cur: str) -> list[Wanted]:
    """What voiding a sale does to its vouchers: sold ones lose what was put on them, used value comes back."""
    found = []
    for row in doc.get("vouchers") or ():
        if row.get("act"):
            amount = -minor(row["amount"], cur)
            found.append(Wanted("refund" if amount > 0 else "adjust", row["code"], amount))
    return found


def block(reason: str, note: str) -> dict[str, str]:
    """What a document without a sale says of itself, under `voucher`."""
    return {"reason": reason, "note": note}


def same_asked(doc: Mapping[str, Any], act: str, code: str, amount: Decimal, reason: str) -> bool:
    """Whether a saved document is what is asked for now. code: "" where it was to be made."""
    if doc["kind"] != KIND or len(doc["vouchers"]) != 1 or doc[KIND]["reason"] != reason:
        return False
    row = doc["vouchers"][0]
    asked_code = "" if row.get("made") else row["code"]
    return bool((row["act"], asked_code, row["amount"]) == (act, code, amount))
