"""A return that comes to the hub before its sale: it waits for one that is on its way, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.actions import hub_intake
from pos.rules import documents, hub
from pos.store import coming, hub_tills, notices, outbox, unblock
from pos.store.db import Store
from pos.store.hub_tills import Joining, Till
from pos.store.journal import Journal
from pos.store.models import Document, HubTill, Outbox
from tests import receipts
from tests.actions.test_hub_intake import journal as journal
from tests.books import Time


@pytest.fixture
def time() -> Iterator[Time]:
    now = Time()
    with clock.set_to(now):
        yield now


def joined(store: Store, till: str) -> Till:
    told = Joining(till, (till,), f"folder of {till}", hub.digest(till), "1.0")
    return hub_tills.join(store, hub_tills.add(store, f"Till {till}", "ann"), told)


def made(
    till: str, sequence: int, doc: dict[str, Any], before: str = documents.GENESIS
) -> tuple[dict[str, Any], bytes]:
    numbers = {
        **receipts.NUMBERS, "till": till, "sequence": sequence, "mode": "hub", "prev_hash": before,
        "invoice_name": f"{till}-{sequence:06d}", "session": f"{till}-S000001",
        "created_at": clock.now().isoformat(timespec="milliseconds"),
    }  # fmt: skip
    return documents.stamp(doc, **numbers)


def back(doc: dict[str, Any]) -> dict[str, Any]:
    against = {"id": doc["id"], "invoice_name": doc["invoice_name"], "line": doc["items"][0]["line"]}
    return receipts.sale(receipts.line(qty=-1, return_against=against))


def row(doc: dict[str, Any]) -> Any:
    return Outbox.get(Outbox.document == doc["id"])


def due(store: Store) -> list[str]:
    unblock.say_why_held_up(store, "erpnext", clock.now())
    found = outbox.due(store, "erpnext", clock.now(), 50)
    return [Document.get(Document.id == Outbox.get(Outbox.n == n).document).number for n in found]


@pytest.mark.both_engines
@pytest.mark.parametrize("seller", ["T1", "T2"])
def test_it_waits_for_a_sale_that_is_still_on_its_way_up(journal: Journal, time: Time, seller: str) -> None:
    """Its own till's, with a gap between (a rung after a broken request), or another till's that was cut off."""
    store, tills = journal.store, {name: joined(journal.store, name) for name in ("T1", "T2")}
    sold, sale = made(seller, 1, receipts.sale())
    gave, its = made("T1", 2, back(sold), sold["hash"] if seller == "T1" else "a" * 64)
    hub_intake.take_in(journal, tills["T1"], gave["id"], its)
    assert due(store) == []
    assert row(gave).message == f"Waits for its sale {seller}-000001, which Till {seller} has not sent yet. " \
        "It follows by itself."  # fmt: skip

    hub_intake.take_in(journal, tills[seller], sold["id"], sale)
    assert due(store) == [f"{seller}-000001"], "the sale first"
    Outbox.update(state="booked").where(Outbox.document == sold["id"]).execute()
    assert due(store) == ["T1-000002"]


def test_of_one_that_does_not_come_a_person_hears_and_decides(journal: Journal, time: Time) -> None:
    store, one = journal.store, joined(journal.store, "T1")
    joined(store, "T2")
    gave, its = made("T1", 1, back(made("T2", 7, receipts.sale())[0]))
    hub_intake.take_in(journal, one, gave["id"], its)
    assert (due(store), row(gave).code, notices.open_notices(store)) == ([], coming.WAITS, [])
    unblock.retry(store, row(gave).n, "ann")
    assert due(store) == [], "nobody lets it go while its sale may come any moment"

    time.passes((coming.OVERDUE + timedelta(minutes=1)).total_seconds())
    assert (due(store), due(store), row(gave).code) == ([], [], coming.OVERDUE_CODE)
    (told,) = notices.open_notices(store)
    assert (told.level, told.text) == ("needs", "T1-000001: Waits for its sale T2-000007, which Till T2 still has not "
                                       "sent.")  # fmt: skip
    unblock.retry(store, row(gave).n, "ann")
    assert (due(store), notices.open_notices(store)) == (["T1-000001"], [])


def test_a_till_that_was_withdrawn_is_not_waited_for_in_silence(journal: Journal, time: Time) -> None:
    store, one = journal.store, joined(journal.store, "T1")
    joined(store, "T2")
    gave, its = made("T1", 1, back(made("T2", 7, receipts.sale())[0]))
    hub_intake.take_in(journal, one, gave["id"], its)
    hub_tills.revoke(store, "Till T2", "ann")
    assert (due(store), row(gave).code) == ([], coming.OVERDUE_CODE)
    assert [n.subject for n in notices.open_notices(store)] == ["T1-000001"]


@pytest.mark.parametrize("number", ["T2-000003", "T9-000001", "OLD-7", "T2-7"])
def test_what_no_till_of_this_hub_still_owes_holds_nothing_up(journal: Journal, time: Time, number: str) -> None:
    """A number that is here already, of another till, or no number of a till: as goods of an unknown receipt."""
    store, one = journal.store, joined(journal.store, "T1")
    joined(store, "T2")
    HubTill.update(top_sequence=5).where(HubTill.till == "T2").execute()
    gave, its = made("T1", 1, back({**made("T2", 7, receipts.sale())[0], "invoice_name": number}))
    hub_intake.take_in(journal, one, gave["id"], its)
    assert due(store) == ["T1-000001"]
