"""The line: away, back, told to wait, refused; and the leases of senders that died."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.actions import deliver, line
from pos.actions.line import Job
from pos.connectors.base import Context, key_of
from pos.errors import BadSettings
from pos.rules import documents
from pos.store import claims, connections, notices, outbox, unblock
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Meta, Outbox
from tests import books as other
from tests.books import Books, Time, row, sell, states


def test_nothing_sent_burns_no_try_and_stops_the_round(journal: Journal, books: Books, job: Job, store: Store) -> None:
    sold = sell(journal, 2)
    deliver.queued(other.job(store, Books()))  # set-up was looked at, the line was there
    Outbox.update(state="queued", next_at="").execute()
    books.away = True
    done = deliver.queued(job)
    assert (done.booked, done.line_is_away, done.again_in) == (0, True, 5)
    assert [(row(d).state, row(d).tries) for d in sold] == [("queued", 0)] * 2
    assert connections.line(store, "erpnext").offline_since


def test_the_line_back_lets_everything_go_whatever_rung_it_is_on(
    journal: Journal, books: Books, job: Job, store: Store, time: Time
) -> None:
    on_rung, unknown, fresh = sell(journal, 3)
    Outbox.update(tries=4, next_at=time.stamp(3600)).where(Outbox.document == on_rung).execute()
    Outbox.update(state="unknown", next_at=time.stamp(3600), settle_at=time.stamp(-1)).where(
        Outbox.document == unknown
    ).execute()
    books.away = True
    assert deliver.queued(job).again_in == 5
    time.passes(5)
    assert deliver.queued(job).again_in == 5
    books.away = False
    time.passes(5)
    deliver.queued(job)
    assert (row(on_rung).state, row(fresh).state) == ("booked", "booked")
    assert row(unknown).state == "queued"  # asked for, and not there
    deliver.queued(job)
    assert row(unknown).state == "booked"
    assert connections.line(store, "erpnext").offline_since == ""


def test_the_line_back_does_not_ask_too_early_for_a_lost_answer(
    journal: Journal, books: Books, job: Job, time: Time
) -> None:
    (sold,) = sell(journal)
    books.before, books.finding = [other.no_answer], [other.nothing_sent]
    deliver.queued(job)
    Outbox.update(next_at=time.stamp(3600)).execute()
    books.away = True
    sold_later = sell(journal)[0]
    deliver.queued(job)
    books.away = False
    time.passes(10)
    deliver.queued(job)
    assert row(sold_later).state == "booked"
    assert (row(sold).state, row(sold).next_at, books.posts.count(sold)) == ("unknown", time.stamp(140), 1)


def test_while_they_asked_to_wait_nobody_asks(
    journal: Journal, books: Books, job: Job, store: Store, time: Time
) -> None:
    (sold,) = sell(journal)

    def busy() -> None:
        raise deliver.Unavailable("too many requests", retry_at=clock.now() + deliver.timedelta(seconds=29))

    books.before = [busy]
    done = deliver.queued(job)
    assert done.again_in == pytest.approx(29)
    pings = books.pings
    time.passes(20)
    deliver.queued(job)
    assert books.pings == pings
    time.passes(10)
    deliver.queued(job)
    assert row(sold).state == "booked"


def test_a_refused_key_pauses_the_connection_and_keeps_the_queue(
    journal: Journal, books: Books, job: Job, store: Store, time: Time
) -> None:
    sold = sell(journal, 2)
    books.before = [other.key_refused]
    done = deliver.queued(job)
    assert done.stopped == "The key is not accepted."
    assert [(row(d).state, row(d).tries) for d in sold] == [("queued", 0)] * 2
    (told,) = notices.open_notices(store, level="needs")
    assert told.text == "Books: The key is not accepted."
    books.signed_out = True
    posts = len(books.posts)
    time.passes(61)
    deliver.queued(job)
    assert len(books.posts) == posts
    books.signed_out = False
    time.passes(61)
    deliver.queued(job)
    assert states(*sold) == ["booked", "booked"]
    assert notices.open_notices(store) == []


def test_why_a_paused_line_is_not_used_is_what_stops_it_now(store: Store, job: Job) -> None:
    """A key was refused yesterday; today nobody answers, and that is what a person must put right first."""
    connections.pause(store, job.connection, "They refuse the key.", "Make another.")
    assert line.why_not(job) == "They refuse the key."
    store.execute("UPDATE connection SET offline_since = '2026-01-01', last_error = 'Nobody answers.'")
    assert line.why_not(job) == "Nobody answers."


def test_a_sender_that_died_in_the_middle_leaves_an_unknown_that_is_asked_for(
    journal: Journal, books: Books, job: Job, store: Store, time: Time
) -> None:
    (sold,) = sell(journal)
    assert outbox.take(store, row(sold).n, "server:9:killed", clock.now())
    assert row(sold).state == "sending"
    deliver.queued(job)
    assert row(sold).state == "sending"  # its lease runs
    time.passes(301)
    deliver.queued(job)
    assert (row(sold).state, row(sold).owner, books.posts) == ("unknown", "", [])
    time.passes(151)
    deliver.queued(job)
    deliver.queued(job)
    assert (row(sold).state, books.posts) == ("booked", [sold])


def test_a_sender_whose_lease_was_taken_does_not_post(journal: Journal, books: Books, store: Store, time: Time) -> None:
    (sold,) = sell(journal)
    held = outbox.take(store, row(sold).n, "agents:7:slow", clock.now())
    assert held is not None
    time.passes(301)
    unblock.lapse(store, "erpnext", clock.now(), 150)
    with pytest.raises(outbox.LostLease):
        outbox.hold(store, held, clock.now())
    with pytest.raises(outbox.LostLease):
        outbox.booked(store, held, clock.now(), {})
    assert row(sold).state == "unknown"


def test_a_question_that_never_gets_an_answer_delays_no_other(
    journal: Journal, books: Books, job: Job, time: Time
) -> None:
    hanging, fresh = sell(journal, 2)
    Outbox.update(state="unknown", settle_at=time.stamp(-1)).where(Outbox.document == hanging).execute()
    books.finding = [other.nothing_sent] * 3
    deliver.queued(job)
    assert row(fresh).state == "booked"
    assert (row(hanging).state, row(hanging).next_at) == ("unknown", time.stamp(60))


def test_the_clock_set_back_a_year_holds_nothing_up(journal: Journal, books: Books, job: Job, time: Time) -> None:
    (on_rung, held) = sell(journal, 2)
    Outbox.update(next_at=time.stamp(3600)).where(Outbox.document == on_rung).execute()
    Outbox.update(state="unknown", owner="x", lease_until=time.stamp(300), settle_at=time.stamp(150)).where(
        Outbox.document == held
    ).execute()
    time.passes(-365 * 86400)
    deliver.queued(job)
    assert row(on_rung).state == "booked"
    assert row(held).state == "unknown"  # asked, and asked for again after the settle time, not in a year
    time.passes(151)
    deliver.queued(job)
    deliver.queued(job)
    assert row(held).state == "booked"


def test_a_demo_shop_speaks_to_no_other_machine(journal: Journal, store: Store, books: Books) -> None:
    sell(journal)
    Meta.create(key="demo", value="yes")
    real = other.Job(**{**_fields(other.job(store, books)), "address": "https://erp.example.com"})
    with pytest.raises(BadSettings, match=r"demo shop; it does not speak to erp\.example\.com"):
        deliver.queued(real)
    assert books.posts == []
    assert deliver.queued(other.job(store, books)).booked == 1  # loopback is fine


def _fields(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in Job.__dataclass_fields__}


def test_a_row_is_held_as_long_as_somebody_keeps_it_and_soon_taken_over_once_nobody_does(
    journal: Journal, books: Books, job: Job, store: Store, time: Time
) -> None:
    (sold,) = sell(journal)
    held = outbox.take(store, row(sold).n, "agents:7:killed", clock.now(), claims.KEPT_SECONDS)
    assert held is not None
    doc = documents.decode(outbox.body(store, sold))
    other.Wire(books).post(doc, "sale", key_of(sold, "sale", documents.parts(doc)), Context())
    most = clock.now() + timedelta(seconds=outbox.LEASE_SECONDS)
    for _ in range(4):
        time.passes(20)
        assert claims.keep(store, held, most, clock.now())
        deliver.queued(job)
        assert row(sold).state == "sending"
    time.passes(claims.KEPT_SECONDS + 1)
    assert not claims.keep(store, held, most, clock.now()), "a late one takes nothing back"
    deliver.queued(job)
    assert (row(sold).state, books.posts) == ("booked", [sold]), "it was asked for at once, and it was there"
    assert not claims.keep(store, held, clock.now(), clock.now())


def test_what_a_round_holds_is_kept_while_it_works_on_it_and_not_afterwards(
    journal: Journal, books: Books, store: Store, time: Time
) -> None:
    (sold,) = sell(journal)
    seen: list[Any] = []
    kept: list[Any] = []

    @contextmanager
    def keeping(keep: Any) -> Iterator[None]:
        kept.append(keep)
        yield
        kept.remove(keep)

    def slow() -> None:
        for _ in range(3):
            time.passes(20)
            seen.append([keep(clock.now()) for keep in kept])
        assert row(sold).state == "sending"

    books.before = [slow]
    deliver.queued(replace(other.job(store, books), keeping=keeping, lease_seconds=claims.KEPT_SECONDS))
    assert (row(sold).state, seen, kept) == ("booked", [[True, True]] * 3, [])
