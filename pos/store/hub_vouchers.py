"""The hub as the issuer of its tills' gift vouchers: rows by id in the order in which they became readable.

Rows that count lie in the one ledger there is (`store.vouchers`), whether a document or its till's voucher agent came
first; what tills set aside lies beside it, and is let go of when nobody used it in time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pos import clock
from pos.errors import Conflict, Invalid
from pos.rules.voucher import ACTS
from pos.store import companies, hub_changes, vouchers
from pos.store import reach as within
from pos.store.db import Store
from pos.store.models import Document, VoucherHold, VoucherRow
from pos.store.reach import EVERYWHERE, Reach

#: What the id of a row that ends a hold adds to the hold's.
RELEASED = ":released"
#: Where a row came from that a till sent before its document was here.
TILL = "till"
_INSERT = (
    "INSERT INTO voucher_row (id, code, act, amount, at, expires, till, document, position, origin, exposure, sent_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT (id) DO NOTHING"
)
_HOLD = (
    "INSERT INTO voucher_hold (id, code, amount, till, basket, at, released_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO NOTHING"
)

Row = dict[str, Any]


def put(store: Store, row: Mapping[str, Any]) -> None:
    """Keep a row of a till, each id once. Conflict, code "id_taken", when it says otherwise than the one that is here.

    Invalid for an act there is not, or an amount with the wrong sign."""
    act, amount, held = row["act"], row["amount"], row["held"]
    now = clock.stamp(clock.now())
    with store.transaction():
        if act == "hold":
            if held <= 0:
                raise Invalid("What is set aside is above nothing.", field="held")
            store.execute(_HOLD, (row["id"], row["code"], held, row["till"], row["document"], now, ""))
            there = VoucherHold.get(VoucherHold.id == row["id"])
            _same(there.code == row["code"] and there.amount == held)
        elif act == "release":
            key = row["id"].removesuffix(RELEASED)
            store.execute(_HOLD, (key, row["code"], 0, row["till"], row["document"], now, now))
            store.execute("UPDATE voucher_hold SET released_at = ? WHERE id = ? AND released_at = ''", (now, key))
        else:
            sign = ACTS.get(act)
            if sign is None or not amount or sign * amount < 0:
                raise Invalid("This is no change of a voucher.", field="act")
            sent = "" if _issuer(store, row["till"]) else now
            told = (row["id"], row["code"], act, amount, row["at"], row["expires"], row["till"], row["document"],
                    row["position"], TILL, sent)  # fmt: skip
            store.execute(_INSERT, told)
            here = VoucherRow.get(VoucherRow.id == row["id"])
            _same((here.code, here.act, here.amount) == (row["code"], act, amount))
            if sent:
                vouchers.mark_sent(store, [here.id])


def _same(same: bool) -> None:
    if not same:
        raise Conflict("The hub has another row under the id of this voucher row.", code="id_taken", field="id")


def _issuer(store: Store, till: str) -> str:
    """Who keeps the vouchers of a till: the first company's books where they do, of any other this hub."""
    return vouchers.issuer(store) if companies.of_till(store, till).company == companies.MAIN else ""


def documents_came(store: Store, document: str) -> None:
    """The rows of a document that was just taken in are with their issuer, where that is this hub itself."""
    rows = vouchers.of_document(store, document)
    vouchers.mark_sent(store, [row.id for row in rows if not _issuer(store, row.till)])


def of_code(store: Store, code: str, reach: Reach = EVERYWHERE) -> list[Row]:
    """Every row within a reach of one voucher and what is set aside of it now, in the order in which they became
    readable."""
    with store.reading():
        found = _told(store, list(VoucherRow.select().where(VoucherRow.code == code, *_mine(reach))))
        since = clock.stamp(clock.now() - timedelta(minutes=vouchers.HOLD_MINUTES))
        standing = (VoucherHold.code == code) & (VoucherHold.released_at == "") & (VoucherHold.at > since)
        holds = list(VoucherHold.select().where(standing, *_mine(reach)))
        marks = hub_changes.marks(store, "holds", [hold.id for hold in holds])
        for hold in holds:
            row = {"id": hold.id, "code": code, "act": "hold", "amount": 0, "held": hold.amount, "at": hold.at}
            more = {"expires": "", "till": hold.till, "document": hold.basket, "position": 0, "receipt": ""}
            found.append({**row, **more, "order": _order(marks.get(hold.id, 0)), "made_at": hold.at})
    return sorted(found, key=lambda row: str(row["order"]))


def short(store: Store, only: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Company and code of each voucher of which tills of that company used more than was on it there. only: of these
    codes. Two companies may have given out one code: neither's rows count for the other."""
    if only is not None and not only:
        return []
    asked = "" if only is None else f" WHERE r.code IN ({', '.join('?' * len(only))})"
    rows = store.execute(
        f"SELECT coalesce(p.company, '{companies.MAIN}') AS whose, r.code FROM voucher_row r LEFT JOIN till_place p"
        f" ON p.till = r.till{asked} GROUP BY coalesce(p.company, '{companies.MAIN}'), r.code HAVING sum(r.amount) < 0"
        " ORDER BY whose, r.code",
        tuple(only or ()),
    ).fetchall()
    return [(whose, code) for whose, code in rows]


def with_ids(store: Store, ids: Collection[str], reach: Reach = EVERYWHERE) -> list[Row]:
    """Which of these rows are here, within a reach."""
    with store.reading():
        return _told(store, list(VoucherRow.select().where(VoucherRow.id.in_(list(ids)), *_mine(reach))))


def _mine(reach: Reach) -> list[Any]:
    """A row is its till's company's; one that came from the books is the first company's, whose books they are."""
    return within.terms(within.tills(reach, '"t1"."till"'))


def _told(store: Store, rows: Sequence[Any]) -> list[Row]:
    marks = hub_changes.marks(store, "vouchers", [row.id for row in rows])
    of = list({row.document for row in rows if row.document})
    numbers = {d.id: d.number for d in Document.select(Document.id, Document.number).where(Document.id.in_(of))}
    return [
        {
            "id": row.id,
            "code": row.code,
            "act": row.act,
            "amount": row.amount,
            "held": 0,
            "at": row.at,
            "expires": row.expires,
            "till": row.till,
            "document": row.document,
            "position": row.position,
            "receipt": numbers.get(row.document, ""),
            "order": _order(marks.get(row.id, 0)),
            "made_at": "",
        }
        for row in rows
    ]


def _order(change: int) -> str:
    """Texts in the order of their numbers."""
    return f"{change:018d}"
