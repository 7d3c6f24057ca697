"""Receipts that goods came back of, and that are still on their way to this hub from the till that made them.

A return goes into the books behind its sale, and refers to it there. Where the sale is not even here yet, its number
says whether it will come: its till is one of this hub, and has not sent that number. Until then the return waits, and
says so; after OVERDUE, or when that till was withdrawn, a person is told, who can let it go without its sale (`retry`).
A number that no till of this hub still owes will not come, and holds nothing up. A lone till has no such tills.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pos import clock
from pos.rules import documents, ledger
from pos.said import Said, said
from pos.store import notices
from pos.store.db import Store
from pos.store.models import Document, HubGap, HubTill, Outbox

#: Codes of a row of the outbox: it waits for a receipt that is on its way; it did so for too long, and waits on.
WAITS, OVERDUE_CODE = "waits_for_sale_to_come", "sale_does_not_come"
#: A till may be off over a night and a Sunday; then somebody should look where it is.
OVERDUE = timedelta(hours=36)
_BITE = 500
REMEDY = said(
    "Let that till send what it has; this one follows by itself. If it never will, press Try again: it is booked "
    "without its sale then, like goods of a receipt nobody knows."
)


class Coming(NamedTuple):
    """A receipt on its way. withdrawn: its till may send nothing any more."""

    number: str
    till: str
    withdrawn: bool


def originals(store: Store, ties: Mapping[str, Sequence[str]]) -> dict[str, Coming]:
    """Of these returns' originals, those that are on their way here. ties: a document -> the ids it gives back."""
    wanted = sorted({key for ids in ties.values() for key in ids})
    with store.reading():
        if not wanted or not HubTill.select().exists():
            return {}
        missing = set(wanted)
        for at in range(0, len(wanted), _BITE):
            asked: Any = Document.select(Document.id).where(Document.id.in_(wanted[at : at + _BITE]))
            missing.difference_update(key for (key,) in asked.tuples())
        if not missing:
            return {}
        found: dict[str, Coming] = {}
        tills: dict[str, HubTill | None] = {}
        for document, ids in ties.items():
            if missing.intersection(ids):
                for key, number in _numbers(store, document):
                    if key in missing and (one := _coming(store, number, tills)) is not None:
                        found[key] = one
        return found


def say(store: Store, connection: str, now: datetime) -> int:
    """Write on each return what it waits for, and tell people of one that waits too long; how many were told now."""
    with store.reading():
        tied = (Outbox.connection == connection) & (Outbox.state == "queued") & (Outbox.after != "")
        rows = list(Outbox.select().where(tied).order_by(Outbox.n).limit(_BITE))
    found = originals(store, {row.document: row.after.split() for row in rows})
    told = 0
    for row in rows:
        one = next((found[key] for key in row.after.split() if key in found), None)
        if one is None:
            continue
        late = one.withdrawn or clock.parse(row.created_at) + OVERDUE < now
        code = OVERDUE_CODE if late else WAITS
        if row.code != code:
            told += _tell(store, row, one, code, now)
    return told


def _tell(store: Store, row: Outbox, one: Coming, code: str, now: datetime) -> int:
    words = _words(one, code)
    with store.transaction():
        changed = (
            Outbox.update(code=code, message=f"{words} {REMEDY}" if code == OVERDUE_CODE else words,
                          updated_at=clock.stamp(now))
            .where((Outbox.n == row.n) & (Outbox.state == "queued") & (Outbox.code == row.code))
            .execute()
        )  # fmt: skip
        if changed and code == OVERDUE_CODE:
            number = Document.select(Document.number).where(Document.id == row.document).scalar() or row.document
            text = said("{number}: {why}", number=number, why=words)
            notices.raise_notice(store, f"outbox:{row.n}", "needs", text, REMEDY, number)
    return int(changed)


def _words(one: Coming, code: str) -> Said:
    facts = {"number": one.number, "till": one.till}
    if one.withdrawn:
        return said("Waits for its sale {number}, which {till} had not sent when it was withdrawn.", **facts)
    if code == OVERDUE_CODE:
        return said("Waits for its sale {number}, which {till} still has not sent.", **facts)
    return said("Waits for its sale {number}, which {till} has not sent yet. It follows by itself.", **facts)


def _till(name: str) -> HubTill | None:
    """The till that goes or went by this id; of two the one that was not withdrawn."""
    rows = list(HubTill.select().where(HubTill.till == name)) or [
        row for row in HubTill.select().where(HubTill.ids.contains(name)) if name in row.ids.split()
    ]
    return min(rows, key=lambda row: row.revoked_at != "", default=None)


def _coming(store: Store, number: str, tills: dict[str, HubTill | None]) -> Coming | None:
    """tills: those looked up before."""
    till, _, digits = number.rpartition("-")
    if not till or len(digits) > 18 or not (digits.isascii() and digits.isdigit()):
        return None
    sequence = int(digits)
    if till not in tills:
        tills[till] = _till(till)
    row = tills[till]
    if row is None or ledger.number_of(till, sequence) != number:
        return None
    asked = "SELECT max(sequence) FROM document WHERE till = ? AND series = 'till'"
    top = max(store.execute(asked, (till,)).fetchone()[0] or 0, row.top_sequence if row.till == till else 0)
    gap = (HubGap.till == till) & (HubGap.first <= sequence) & (HubGap.last >= sequence)
    if sequence <= top and not HubGap.select().where(gap).exists():
        return None
    return Coming(number, row.name, bool(row.revoked_at))


def _numbers(store: Store, document: str) -> Iterator[tuple[str, str]]:
    """What a return says of the receipts it gives back: their ids and numbers."""
    row = store.execute("SELECT body FROM document WHERE id = ?", (document,)).fetchone()
    for item in documents.decode(row[0].encode("utf-8"))["items"] if row else ():
        if against := item.get("return_against"):
            yield against["id"], str(against.get("invoice_name") or "")
