"""Another company of QuickBooks took the old one's place: what was made of the old one's ids is forgotten.

Our own words stay (codes that numbers are made of, the way of working with tax); every id of theirs goes, so that the
mapping is asked for anew and nothing is posted before. Bytes made for the old company are never sent to the new one,
and what may stand in the old one is not tried again before a person looked there.
"""

from __future__ import annotations

from typing import Any

from pos import clock
from pos.said import said
from pos.store import companies, sync_jobs
from pos.store.companies import Kept
from pos.store.db import Store
from pos.store.models import Bundle, Meta, Outbox, QboList, QboNewItem, RecordConflict, RecordLink, SyncJob

PART, KEY = "quickbooks", "mapping"
SINCE = "books_since."
#: On its way, or there already, as far as anybody knows.
_MAY_STAND = ("sending", "unknown", "sent", "differs")


def forget(store: Store, company: str, connection: str, old: str, by: str) -> None:
    """In the transaction that takes the other one. old: what the company before was called."""
    kept = companies.kept(store, company, PART)
    mapped = kept.values.get(KEY)
    if mapped:
        companies.keep(store, company, PART, {**kept.values, KEY: without_ids(mapped)}, Kept({}, kept.mark), by)
    for table in (QboList, QboNewItem, RecordLink, RecordConflict):
        table.delete().where(table.connection == connection).execute()
    sync_jobs.other_company(connection, clock.now())
    SyncJob.update(
        state="error", code="other_company", ended_at=clock.stamp(clock.now()), owner="", lease="",
        message=said("It was asked for while another company was connected. Ask for it again."),
    ).where((SyncJob.connection == connection) & SyncJob.state.in_(("pending", "processing"))).execute()  # fmt: skip
    _documents(connection, old)
    Meta.put(key=SINCE + connection, value=clock.stamp(clock.now()))


def since(store: Store, connection: str) -> str:
    """Since when a connection's books are those of the company that is connected now; "" = always."""
    with store.reading():
        kept = Meta.get_or_none(Meta.key == SINCE + connection)
    return str(kept.value) if kept else ""


def without_ids(mapping: dict[str, Any]) -> dict[str, Any]:
    """A mapping in which no id of theirs is left."""
    return {
        "prefix": mapping.get("prefix", ""),
        "tax": mapping.get("tax", ""),
        "tenders": {
            name: {"code": one.get("code", ""), "method": "", "account": ""}
            for name, one in (mapping.get("tenders") or {}).items()
        },
        "shops": {
            name: {"code": one.get("code", ""), "department": "", "class": ""}
            for name, one in (mapping.get("shops") or {}).items()
        },
        "items": {},
        "groups": {},
        "taxes": {},
        "customers": {},
        "walk_in": "",
    }


def _documents(connection: str, old: str) -> None:
    now = clock.stamp(clock.now())
    words = said(
        "It may stand in {company}, which was connected before. Look there: settle it by hand when it does, try it "
        "again when it belongs into the company that is connected now.",
        company=old or "–",
    )
    mine = (Outbox.connection == connection) & (Outbox.resolved == "")
    Outbox.update(
        state="rejected", code="other_company", message=words, owner="", lease_until="", settle_at="", updated_at=now
    ).where(mine & Outbox.state.in_(_MAY_STAND)).execute()
    open_ones = Outbox.select(Outbox.document).where(mine & (Outbox.state != "booked") & (Outbox.part == "book"))
    Bundle.update(sent="", request_id="").where(
        (Bundle.connection == connection) & Bundle.number.in_(open_ones)
    ).execute()
