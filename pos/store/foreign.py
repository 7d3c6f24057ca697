"""Receipts of other tills as the hub has them, and what any till gave back of a receipt. Copies to read: no document of
this till, so they are in no list, no sum and no chain here, and go nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from pos import clock
from pos.rules import documents, ledger
from pos.said import said
from pos.store import intake, leases
from pos.store import reach as within
from pos.store.db import Store
from pos.store.models import ForeignCopy, Lease
from pos.store.reach import EVERYWHERE, Reach

#: A copy is kept so long; who needs it again asks the hub again.
KEPT_DAYS = 30
#: A till that was given a receipt's goods to give back, and whose document does not come, is waited for so long.
CLAIM_SECONDS = 30
_RETURN = "return:"
#: To the till that has to wait for another one.
BEING_RETURNED = said("Another till is giving goods of this receipt back. Try again in a moment.")


class Copy(NamedTuple):
    """One document of the hub, proven whole: its bytes, and what they say."""

    doc: dict[str, Any]
    body: bytes


def keep(store: Store, original: Copy, back: Iterable[Copy]) -> None:
    """Keep a receipt and everything that was given back of it, in place of what was known of that before."""
    now = clock.now()
    rows = {copy.doc["id"]: copy for copy in (original, *back)}
    with store.transaction():
        ForeignCopy.delete().where(ForeignCopy.original == original.doc["id"]).execute()
        for key, copy in rows.items():
            ForeignCopy.put(
                original=original.doc["id"], id=key, number=copy.doc["invoice_name"],
                body=copy.body.decode("utf-8"), fetched_at=clock.stamp(now),
            )  # fmt: skip


def let_go(store: Store) -> None:
    """Delete copies nobody asked for in a long time."""
    old = ForeignCopy.fetched_at < clock.stamp(clock.now() - timedelta(days=KEPT_DAYS))
    with store.reading():
        found = ForeignCopy.select().where(old).exists()
    if found:
        with store.transaction():
            ForeignCopy.delete().where(old).execute()


def find(store: Store, key: str) -> dict[str, Any] | None:
    """Another till's receipt by its id or its number; None when there is no copy."""
    row = store.execute(
        "SELECT body FROM foreign_copy WHERE id = original AND (id = ? OR number IN (?, ?)) LIMIT 1",
        (key, key, key.upper()),
    ).fetchone()
    return None if row is None else documents.decode(row[0].encode("utf-8"))


def given_back(store: Store, original: str) -> list[Copy]:
    """What other tills gave back of a receipt, oldest first; what is a document of this till is left out."""
    rows = store.execute(
        "SELECT body FROM foreign_copy f WHERE original = ? AND id <> original"
        " AND NOT EXISTS (SELECT 1 FROM document d WHERE d.id = f.id)",
        (original,),
    ).fetchall()
    found = [Copy(documents.decode(body.encode("utf-8")), body.encode("utf-8")) for (body,) in rows]
    return sorted(found, key=lambda copy: (copy.doc["created_at"], copy.doc["id"]))


class Line(NamedTuple):
    """One line another till gave back, as its document has it. qty: thousandths; all of them negative."""

    number: str
    created_at: str
    kind: str
    against_line: str
    item_code: str
    item_name: str
    qty: int
    net: int
    tax: int
    amount: int


def lines_back(store: Store, original: str) -> list[Line]:
    """Every line other tills gave back of a receipt."""
    found = []
    for copy in given_back(store, original):
        for values in ledger.rows(copy.doc, copy.body).lines:
            row = dict(zip(ledger.LINE, values, strict=True))
            if row["against_document"] == original:
                found.append(Line(
                    copy.doc["invoice_name"], copy.doc["created_at"], copy.doc["kind"], row["against_line"],
                    row["item_code"], row["item_name"], row["qty"], row["net"], row["tax"], row["amount"],
                ))  # fmt: skip
    return found


# -- at the hub --------------------------------------------------------------------------------------------------------


def told(store: Store, key: str, reach: Reach = EVERYWHERE) -> tuple[str, bytes, list[bytes]] | None:
    """The receipt within a reach that has this number or id: its id, its bytes, and those of every document that gave
    something back of it; None when nothing was sold under it here."""
    where, facts = within.tills(reach, "till")
    also = f" AND {where[0]}" if where else ""
    with store.reading():
        row = store.execute(
            "SELECT id, body FROM document WHERE (id = ? OR number IN (?, ?)) AND kind IN ('sale', 'return')"
            f" AND series = 'till'{also} ORDER BY n DESC LIMIT 1",
            (key, key, key.upper(), *facts),
        ).fetchone()
        if row is None:
            return None
        ids = store.execute("SELECT DISTINCT document FROM line WHERE against_document = ?", (row[0],)).fetchall()
        back = [found.body for (one,) in ids if one != row[0] and (found := intake.find(store, one)) is not None]
    return row[0], row[1].encode("utf-8"), back


def claim(store: Store, original: str, till: str) -> bool:
    """Let one till alone give goods of a receipt back for a moment, until its document is here. False while another
    one does."""
    now = clock.now()
    if leases.take(store, f"{_RETURN}{original}", till, CLAIM_SECONDS, now) is None:
        return False
    with store.transaction():
        stale = Lease.name.startswith(_RETURN) & (Lease.until < clock.stamp(now - timedelta(days=1)))
        Lease.delete().where(stale).execute()
    return True


def returned(store: Store, doc: Mapping[str, Any]) -> None:
    """A document that gives something back is here: the next till may, and sees it. A till that was let at the receipt
    meanwhile keeps it: this is not the document it is waited for."""
    originals = {item["return_against"]["id"] for item in doc["items"] if item.get("return_against")}
    if originals:
        names = [f"{_RETURN}{key}" for key in originals]
        with store.transaction():
            Lease.delete().where(Lease.name.in_(names) & (Lease.holder == doc["till"])).execute()
