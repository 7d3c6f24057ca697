"""Events of stock on their way to QuickBooks Desktop; questions to it; the archive of what went over the wire."""

from __future__ import annotations

import pytest

from pos import clock
from pos.errors import Conflict, NotFound
from pos.rules.inventory import Line
from pos.store import inventory, inventory_places, notices, qbd_archive, qbd_asks, qbd_outcome, qbd_queue, qbd_rows
from pos.store.inventory_places import Location, Reason
from tests.desktop_queue import HERE, Queue

# -- events ------------------------------------------------------------------------------------------------------------


def test_an_event_is_applied_when_every_part_of_it_is(queue: Queue) -> None:
    queue.furnish("COLA", "MUG")
    event = queue.post("adjustment", Line("COLA", -1000, destination="SHOP", reason="damage"),
                       Line("MUG", -1000, destination="SHOP", reason="gift"))  # fmt: skip
    assert queue.status(event) == ("pending", "")
    ticket = queue.session()
    handed = queue.taken(ticket)
    assert queue.status(event)[0] == "in_flight"
    queue.book(ticket, handed.n)
    assert queue.status(event) == ("pending", "1 of 2 parts are in QuickBooks.")
    other = queue.taken(ticket)
    qbd_queue.refused(queue.store, queue.held(ticket, other.n), "3140", "There is no account Gifts.", queue.now,
                      again=False)  # fmt: skip
    assert queue.status(event) == ("error", "1 of 2 parts are in QuickBooks. There is no account Gifts.")
    with pytest.raises(Conflict, match="counter-event"):
        inventory.void(queue.store, event, by="7", reason="", now=queue.now)
    qbd_queue.retry(queue.store, event, "7", queue.now)
    queue.drained(ticket)
    assert queue.status(event) == ("applied", "")
    assert [row.remote_id for row in qbd_queue.work_of(queue.store, event)] == [f"TXN-{handed.n}", f"TXN-{other.n}"]
    with pytest.raises(Conflict, match="waits"):
        qbd_queue.retry(queue.store, event, "7", queue.now)
    with pytest.raises(NotFound):
        qbd_queue.retry(queue.store, "no such event", "7", queue.now)


def test_an_event_that_cannot_be_told_says_why_and_goes_on_in_its_turn_once_it_can(queue: Queue) -> None:
    queue.furnish("COLA", "MUG")
    waits = queue.post("transfer", Line("COLA", 1000, source="SHOP", destination="VAN"))
    later = queue.post("transfer", Line("COLA", 1000, source="SHOP", destination="BACK"))
    free = queue.post("transfer", Line("MUG", 1000, source="SHOP", destination="BACK"))
    assert queue.status(waits) == ("not_ready", "Place VAN has no QuickBooks site.")
    assert qbd_queue.left(queue.store, HERE, queue.now) == (1, 2)
    ticket = queue.session()
    assert len(queue.drained(ticket)) == 1 and queue.status(free)[0] == "applied"
    inventory_places.put_location(queue.store, Location("VAN", "main", "Van", qb_site_name="Van 7"), "7")
    assert queue.status(waits) == ("pending", "")
    queue.drained(ticket)
    numbers = [qbd_queue.work_of(queue.store, one)[0] for one in (waits, later)]
    assert [row.state for row in numbers] == ["applied", "applied"]
    asked = [one.work for one in reversed(qbd_archive.found(queue.store, HERE)) if one.direction == "ask"]
    assert asked[1:] == [row.n for row in numbers]


def test_what_is_handed_out_says_what_is_mapped_then_not_when_it_was_entered(queue: Queue) -> None:
    queue.furnish("COLA")
    event = queue.post("transfer", Line("COLA", 1000, source="SHOP", destination="BACK"))
    inventory_places.put_location(queue.store, Location("BACK", "main", "Back", qb_site_name="Annex"), "7")
    ticket = queue.session()
    queue.taken(ticket)
    (row,) = qbd_queue.work_of(queue.store, event)
    assert row.payload["to"] == {"name": "Annex"}
    qbd_queue.release(queue.store, ticket, queue.now)
    inventory_places.put_location(queue.store, Location("BACK", "main", "Back", qb_site_name="Elsewhere"), "7")
    queue.taken(ticket)
    assert qbd_queue.work_of(queue.store, event)[0].payload["to"] == {"name": "Annex"}  # these bytes are out
    other = queue.post("transfer", Line("COLA", 1000, source="SHOP", destination="BACK"))
    inventory_places.put_location(queue.store, Location("BACK", "main", "Back"), "7")
    queue.book(ticket, row.n)
    assert queue.take(ticket) is None
    assert queue.status(other) == ("not_ready", "Place BACK has no QuickBooks site.")


def test_a_void_takes_back_what_was_not_handed_out_or_was_refused_for_certain(queue: Queue) -> None:
    queue.furnish("COLA", "MUG", "TEA")
    ticket = queue.session()
    pending = queue.post("transfer", Line("COLA", 1000, source="SHOP", destination="BACK"))
    inventory.void(queue.store, pending, by="7", reason="", now=queue.now)
    assert [row.state for row in qbd_queue.work_of(queue.store, pending)] == ["cancelled"]
    behind = queue.post("transfer", Line("COLA", 1000, source="SHOP", destination="BACK"))
    handed = queue.taken(ticket)  # the voided one holds nothing back
    assert handed.source == behind
    with pytest.raises(Conflict):
        inventory.void(queue.store, behind, by="7", reason="", now=queue.now)
    qbd_queue.refused(queue.store, queue.held(ticket, handed.n), "3210", "", queue.now, again=False)
    assert queue.status(behind)[0] == "error" and notices.is_open(queue.store, f"qbd:{HERE}")
    inventory.void(queue.store, behind, by="7", reason="", now=queue.now)
    assert queue.status(behind)[0] == "none" and not notices.is_open(queue.store, f"qbd:{HERE}")
    lost = queue.post("transfer", Line("TEA", 1000, source="SHOP", destination="BACK"))
    queue.taken(ticket)
    qbd_queue.release(queue.store, ticket, queue.now)
    with pytest.raises(Conflict):
        inventory.void(queue.store, lost, by="7", reason="", now=queue.now)
    assert queue.status(lost)[0] == "unknown"


def test_a_part_that_waits_for_a_person_does_so_when_something_is_mapped_anew(queue: Queue) -> None:
    queue.furnish("COLA", "MUG")
    event = queue.post("adjustment", Line("COLA", -1000, destination="SHOP", reason="damage"),
                       Line("MUG", -1000, destination="SHOP", reason="gift"))  # fmt: skip
    ticket = queue.session()
    first = queue.taken(ticket)
    qbd_queue.refused(queue.store, queue.held(ticket, first.n), "3250", "off", queue.now, again=False)
    inventory_places.put_reason(queue.store, Reason("main", "gift", "gift", "Presents"), "7")
    inventory_places.put_reason(queue.store, Reason("main", "damage", "damage", "Broken"), "7")
    second = queue.taken(ticket)
    refused, other = qbd_queue.work_of(queue.store, event)
    assert (refused.state, other.n, other.payload["account"]) == ("error", second.n, "Presents")
    queue.book(ticket, second.n)
    assert qbd_queue.retry_all(queue.store, HERE, "7", queue.now, code="3140") == 0
    assert qbd_queue.retry_all(queue.store, HERE, "7", queue.now, code="3250") == 1
    assert queue.taken(ticket).n == refused.n
    assert qbd_queue.work_of(queue.store, event)[0].payload["account"] == "Broken"  # written anew by what is mapped


@pytest.mark.parametrize("state", ["unknown", "pending"])
def test_once_more_lets_what_is_on_the_ladder_go_at_once(queue: Queue, state: str) -> None:
    n = queue.tell("COLA", source="0190-e")
    ticket = queue.session()
    first = queue.taken(ticket)
    with pytest.raises(Conflict):
        qbd_queue.retry(queue.store, "0190-e", "7", queue.now)  # it is out
    if state == "unknown":
        qbd_queue.lost(queue.store, queue.held(ticket, n), "LOST", "", queue.now)
    else:
        qbd_queue.refused(queue.store, queue.held(ticket, n), "3175", "", queue.now, again=True)
    assert queue.take(ticket) is None
    qbd_queue.retry(queue.store, "0190-e", "7", queue.now)
    again = queue.taken(ticket)
    assert again.probing is (state == "unknown") and (queue.work(n).set_id == first.set_id) is (state == "unknown")
    assert queue.work(n).tries == 1


# -- questions ---------------------------------------------------------------------------------------------------------


def test_a_question_is_asked_once_page_by_page_and_from_the_start_in_another_session(queue: Queue) -> None:
    n = qbd_asks.ask(queue.store, HERE, "ask_items", "7")
    assert qbd_asks.ask(queue.store, HERE, "ask_items", "8") == n
    one, other = queue.session(), queue.session()
    handed = queue.taken(one)
    assert (handed.writes, handed.set_id, queue.work(n).doubt) == (False, "", False)
    work = queue.held(one, n)
    payload = work.payload | {"iterator_id": "{1}", "rows": 2}
    assert qbd_queue.asked(queue.store, work, payload, queue.now, more=True)
    queue.taken(one)
    assert queue.work(n).payload["iterator_id"] == "{1}"
    qbd_queue.release(queue.store, one, queue.now)
    assert queue.work(n).state == "pending"  # a question is simply asked again
    queue.taken(other)
    assert "iterator_id" not in queue.work(n).payload and queue.work(n).payload["rows"] == 0
    assert qbd_queue.asked(queue.store, queue.held(other, n), {"rows": 3}, queue.now, more=False)
    found = qbd_asks.asked(queue.store, HERE, "ask_items")
    assert (found.state, found.rows, found.done_at) == ("applied", 3, clock.stamp(queue.now))
    assert qbd_asks.ask(queue.store, HERE, "ask_items", "7") == n and queue.work(n).state == "pending"
    with pytest.raises(ValueError, match="no such question"):
        qbd_asks.ask(queue.store, HERE, "ask_the_way", "7")


# -- the archive -------------------------------------------------------------------------------------------------------


def test_the_archive_is_searched_by_event_set_and_words_and_thinned(queue: Queue) -> None:
    n = queue.tell("COLA", source="0190-event")
    ticket = queue.session()
    handed = queue.taken(ticket)
    qbd_archive.keep(queue.store, queue.held(ticket, n), "answer", "<QBXML>Höfer &amp; Söhne</QBXML>" + "x" * 300_000,
                     queue.now, ticket=ticket)  # fmt: skip
    queue.book(ticket, n)
    for words in ("0190-event", handed.set_id, "Höfer", "%", "nothing of the kind"):
        found = len(qbd_archive.found(queue.store, HERE, words))
        assert found == {"0190-event": 2, "%": 0, "Höfer": 1, handed.set_id: 1}.get(words, 0), words
    assert [one.direction for one in qbd_archive.found(queue.store, HERE, work=n)] == ["answer", "ask"]
    assert len(qbd_archive.found(queue.store, HERE)[0].body) < 201_000
    assert qbd_archive.found(queue.store, "quickbooks_desktop:b") == []
    assert qbd_archive.thin(queue.store, queue.now, 0) == 0
    queue.passes(days=91)
    assert qbd_archive.thin(queue.store, queue.now, 0) == 0 and queue.work(n).body
    assert qbd_archive.thin(queue.store, queue.now, 90) == 2
    assert (queue.work(n).body, queue.work(n).remote_id) == ("", f"TXN-{n}")  # what it became is kept for ever


def test_states_are_all_told_of(queue: Queue) -> None:
    assert set(qbd_rows.STATES) == {"not_ready", "pending", "in_flight", "unknown", "applied", "error", "cancelled"}
    for state in qbd_rows.OPEN:
        queue.put_in(queue.tell(state), state=state)
    found = qbd_queue.summary(queue.store, "main")
    assert found.counts == dict.fromkeys(qbd_rows.OPEN, 1) and (found.ready, found.held) == (3, 1)
    assert qbd_queue.summary(queue.store, "other") == qbd_queue.Summary(dict.fromkeys(qbd_rows.OPEN, 0), 0, 0, "")
    assert qbd_outcome.UNANSWERED == ("in_flight", "unknown", "error")
