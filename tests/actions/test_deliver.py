"""Deliver: each document exactly once, whatever the other side does."""

from __future__ import annotations

from typing import Any

import pytest

from pos.actions import deliver
from pos.actions.line import Job
from pos.connectors.base import Context
from pos.store import notices, outbox, unblock
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Outbox
from tests import books as other
from tests import receipts
from tests.books import Books, Time, give_back, row, sell, states


def test_everything_queued_is_booked_in_the_order_it_was_sold(journal: Journal, books: Books, job: Job) -> None:
    sold = sell(journal, 3)
    done = deliver.queued(job)
    assert (done.booked, done.left) == (3, 0)
    assert books.names() == sold
    assert states(*sold) == ["booked"] * 3
    assert row(sold[0]).remote_id == "SINV-00001"
    assert done.sentence() == "3 booked, 0 waiting"


def test_an_empty_outbox_speaks_to_nobody(journal: Journal, books: Books, job: Job) -> None:
    assert deliver.queued(job).idle
    assert books.pings == 0


def test_a_round_is_bounded_and_asks_for_the_next_at_once(journal: Journal, books: Books, store: Store) -> None:
    sell(journal, 5)
    done = deliver.queued(other.job(store, books, limit=2))
    assert (done.booked, done.left, done.again_in) == (2, 3, 0)


@pytest.mark.parametrize("fault", [other.refused, other.deadlock, other.no_answer])
def test_one_bad_receipt_never_delays_the_others(journal: Journal, books: Books, job: Job, fault: Any) -> None:
    first, bad, last = sell(journal, 3)
    books.poison[bad] = fault
    deliver.queued(job)
    assert [row(first).state, row(last).state] == ["booked", "booked"]
    assert row(bad).state != "booked"


def test_a_refusal_waits_for_a_person_and_says_what_to_do(
    journal: Journal, books: Books, job: Job, store: Store
) -> None:
    (bad,) = sell(journal)
    books.before = [other.refused]
    done = deliver.queued(job)
    found = row(bad)
    assert (done.rejected, found.state, found.code) == (1, "rejected", "out_of_stock")
    assert found.message == "Not enough stock. Book the missing stock in."
    (told,) = notices.open_notices(store, level="needs")
    assert (told.text, told.remedy) == ("T1-000001: Not enough stock.", "Book the missing stock in.")
    assert outbox.counts(store) == outbox.Counts(saved=1, booked=0, waiting=0, needs=1)


def test_a_refused_one_goes_after_a_persons_retry_and_the_notice_is_settled(
    journal: Journal, books: Books, job: Job, store: Store
) -> None:
    (bad,) = sell(journal)
    books.before = [other.refused]
    deliver.queued(job)
    unblock.retry(store, row(bad).n, "M1")
    deliver.queued(job)
    assert row(bad).state == "booked"
    assert notices.open_notices(store) == []


def test_a_refusal_that_hides_a_duplicate_is_found_out(journal: Journal, books: Books, job: Job, time: Time) -> None:
    (sold,) = sell(journal)
    books.after = [other.no_answer]
    books.finding = [other.nothing_sent]  # the answer is lost, and so is the first question
    deliver.queued(job)
    assert row(sold).state == "unknown"
    Outbox.update(state="queued", next_at="").execute()  # as after a power cut that took the last states along
    deliver.queued(job)
    assert row(sold).state == "booked"
    assert (books.posts, len(books.booked)) == ([sold, sold], 1)


def test_a_lost_answer_after_the_booking_is_found_at_once(journal: Journal, books: Books, job: Job) -> None:
    (sold,) = sell(journal)
    books.after = [other.no_answer]
    deliver.queued(job)
    assert row(sold).state == "booked"
    assert books.posts == [sold]


def test_a_lost_answer_before_the_booking_is_posted_again_only_when_it_has_settled(
    journal: Journal, books: Books, job: Job, time: Time
) -> None:
    (sold,) = sell(journal)
    books.before = [other.no_answer]
    deliver.queued(job)
    assert (row(sold).state, row(sold).next_at, row(sold).tries) == ("unknown", time.stamp(150), 1)
    time.passes(149)
    deliver.queued(job)
    assert (row(sold).state, books.posts) == ("unknown", [sold])
    time.passes(2)
    deliver.queued(job)  # asked: not there
    assert row(sold).state == "queued"
    deliver.queued(job)
    assert (row(sold).state, books.posts) == ("booked", [sold, sold])


def test_a_slow_server_that_books_after_we_gave_up_is_not_posted_to_twice(
    journal: Journal, books: Books, job: Job, time: Time
) -> None:
    (sold,) = sell(journal)
    books.before = [other.no_answer]
    deliver.queued(job)
    assert row(sold).state == "unknown"
    books.booked[sold] = other.Booked("SINV-00009", sold, "submitted", "12.20", Context())
    time.passes(151)
    deliver.queued(job)
    assert (row(sold).state, row(sold).remote_id, books.posts) == ("booked", "SINV-00009", [sold])


def test_a_deadlock_goes_again_on_its_rung(journal: Journal, books: Books, job: Job, time: Time) -> None:
    (sold,) = sell(journal)
    for tries, seconds in enumerate((60, 300, 900, 3600, 3600), 1):
        books.before = [other.deadlock]
        deliver.queued(job)
        assert (row(sold).state, row(sold).tries, row(sold).next_at) == ("queued", tries, time.stamp(seconds))
        time.passes(seconds - 1)
        assert deliver.queued(job).idle
        time.passes(1)
    deliver.queued(job)
    assert row(sold).state == "booked"


def test_a_person_is_told_of_what_keeps_failing_and_it_keeps_trying(
    journal: Journal, books: Books, job: Job, store: Store, time: Time
) -> None:
    (sold,) = sell(journal)
    books.poison[sold] = other.deadlock
    for _ in range(5):
        assert notices.open_notices(store, level="needs") == []
        deliver.queued(job)
        time.passes(3600)
    (told,) = notices.open_notices(store, level="needs")
    assert told.text == "T1-000001 could not be booked in 5 tries: busy"
    books.poison.clear()
    deliver.queued(job)
    assert row(sold).state == "booked"
    assert notices.open_notices(store) == []


def test_a_draft_left_over_is_submitted(journal: Journal, books: Books, job: Job, time: Time) -> None:
    (sold,) = sell(journal)
    books.leave_drafts, books.after = True, [other.no_answer]
    deliver.queued(job)
    assert row(sold).state == "unknown"  # it may be being submitted at this moment
    time.passes(151)
    deliver.queued(job)
    assert row(sold).state == "booked"
    assert books.booked[sold].state == "submitted"


def test_one_cancelled_in_the_back_office_is_not_posted_again(
    journal: Journal, books: Books, job: Job, time: Time
) -> None:
    (sold,) = sell(journal)
    books.after, books.finding = [other.no_answer], [other.nothing_sent]
    deliver.queued(job)
    books.booked[sold].state = "cancelled"
    time.passes(151)
    deliver.queued(job)
    assert (row(sold).state, row(sold).code) == ("rejected", "cancelled")
    assert row(sold).message.startswith("It was cancelled in the back office, so it was not posted again.")
    assert books.posts == [sold]


def test_what_is_booked_otherwise_says_the_difference_in_words(
    journal: Journal, books: Books, job: Job, store: Store
) -> None:
    (sold,) = sell(journal)
    books.wrong_totals = True
    done = deliver.queued(job)
    assert (done.differs, row(sold).state) == (1, "differs")
    assert row(sold).difference == "total 0.01 there, 12.20 here"
    assert outbox.counts(store).needs == 1


def test_a_return_goes_after_its_sale_and_knows_its_rows(journal: Journal, books: Books, job: Job) -> None:
    sale = journal.commit(receipts.sale())
    back = give_back(journal, sale.doc)
    books.poison[sale.doc["id"]] = other.deadlock
    deliver.queued(job)
    assert row(back, "return").state == "queued"
    assert back not in books.posts
    books.poison.clear()
    Outbox.update(next_at="").execute()
    deliver.queued(job)
    deliver.queued(job)
    assert row(back, "return").state == "booked"
    original = books.booked[back].context.originals[sale.doc["id"]]
    assert original.posted.rows == ({"name": "SINV-00001-row-1"},)
    assert original.document["invoice_name"] == "T1-000001"


def test_a_return_of_a_refused_sale_says_what_it_waits_for_and_follows(
    journal: Journal, books: Books, job: Job, store: Store
) -> None:
    sale = journal.commit(receipts.sale())
    back = give_back(journal, sale.doc)
    books.before = [other.refused]
    deliver.queued(job)
    deliver.queued(job)
    assert row(back, "return").message.startswith("Waits for its sale T1-000001, which was refused.")
    unblock.retry(store, row(sale.doc["id"]).n, "M1")
    deliver.queued(job)
    deliver.queued(job)
    assert states(sale.doc["id"]) == ["booked"]
    assert row(back, "return").state == "booked"


def test_a_return_of_what_was_never_sent_waits_for_nothing(journal: Journal, books: Books, job: Job) -> None:
    sale = journal.commit(receipts.sale())
    Outbox.delete().execute()  # sold before there was a connection
    back = give_back(journal, sale.doc)
    deliver.queued(job)
    assert row(back, "return").state == "booked"
    assert books.booked[back].context.originals == {}


def test_a_receipt_taken_in_is_asked_for_and_posted_once_it_has_settled(
    journal: Journal, books: Books, job: Job, time: Time
) -> None:
    landed, never = sell(journal, 2)
    Outbox.update(state="unknown", created_at=time.stamp()).execute()  # as a rebuild leaves them
    books.booked[landed] = other.Booked("SINV-00007", landed, "submitted", "12.20", Context())
    deliver.queued(job)
    assert (row(landed).state, row(landed).remote_id) == ("booked", "SINV-00007")
    assert (row(never).state, books.posts) == ("unknown", [])
    time.passes(151)
    deliver.queued(job)
    deliver.queued(job)
    assert (row(never).state, books.posts) == ("booked", [never])


def test_reading_back_that_fails_is_tried_again_and_never_posted_again(
    journal: Journal, books: Books, job: Job, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sold,) = sell(journal)
    with monkeypatch.context() as patch:
        patch.setattr(other.Wire, "fetch", lambda self, remote_id: other.nothing_sent())
        deliver.queued(job)
    assert (row(sold).state, row(sold).remote_id) == ("sent", "SINV-00001")
    time.passes(60)
    deliver.queued(job)
    assert (row(sold).state, books.posts) == ("booked", [sold])


def test_a_document_we_stumble_over_ourselves_delays_no_other_and_is_told(
    journal: Journal, books: Books, job: Job, store: Store, time: Time
) -> None:
    odd, fine = sell(journal, 2)

    def stumble() -> None:
        raise KeyError("a field nobody thought of")

    books.poison[odd] = stumble
    deliver.queued(job)
    assert (row(fine).state, row(odd).state, row(odd).tries) == ("booked", "unknown", 1)
    for _ in range(12):
        time.passes(3600)
        deliver.queued(job)
    (told,) = notices.open_notices(store, level="needs")
    assert told.text.startswith("T1-000001 could not be handled")
    books.poison.clear()
    for _ in range(2):  # asked for, then posted
        time.passes(3600)
        deliver.queued(job)
    assert row(odd).state == "booked"
    assert notices.open_notices(store) == []


def test_one_that_is_lost_again_and_again_climbs_the_ladder(
    journal: Journal, books: Books, job: Job, time: Time
) -> None:
    (sold,) = sell(journal)
    books.poison[sold] = other.no_answer
    for wait in (0, 60, 300, 900, 3600, 3600):
        deliver.queued(job)
        assert row(sold).state == "unknown"
        time.passes(150)
        deliver.queued(job)
        assert (row(sold).state, row(sold).next_at) == ("queued", time.stamp(wait))
        time.passes(wait)


def test_refusals_all_alike_make_it_look_at_the_set_up(
    journal: Journal, books: Books, job: Job, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = sell(journal, 6)
    books.before = [other.refused] * 6
    job.memory.checked_at = time()
    monkeypatch.setattr(other.Wire, "check", lambda self: other.refused())
    done = deliver.queued(job)
    assert (done.rejected, done.stopped) == (3, "Not enough stock.")
    assert states(*sold) == ["rejected"] * 3 + ["queued"] * 3
