"""The queue to QuickBooks Desktop: each change of state, who may make it, what holds what back, and how quick it is."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.errors import Conflict, Invalid
from pos.store import notices, qbd_archive, qbd_queue, qbd_rows
from pos.store import qbd_tickets as tickets
from pos.store.models import Audit, QbdCompany, QbdTicket, QbdWork, QbdWorkItem
from pos.store.qbd_outcome import Answer
from tests.desktop_queue import HERE, VERSION, Queue, built

OUTCOMES = {
    "booked": lambda s, w, now: qbd_queue.booked(s, w, Answer("TXN-1"), now),
    "refused": lambda s, w, now: qbd_queue.refused(s, w, "3140", "no", now, again=False),
    "refused for now": lambda s, w, now: qbd_queue.refused(s, w, "3175", "busy", now, again=True),
    "lost": lambda s, w, now: qbd_queue.lost(s, w, "LOST", "?", now),
    "probe": lambda s, w, now: qbd_queue.probe(s, w, "9001", "?", now),
    "absent": lambda s, w, now: qbd_queue.absent(s, w, "not there", now),
    "given up": lambda s, w, now: qbd_queue.given_up(s, w, "DIFFERS", "!", now),
}
#: Outcome -> state, in doubt, asked for first, message set id kept, bytes kept.
CHANGES = {
    "booked": ("applied", False, False, True, True),
    "refused": ("error", False, False, False, False),
    "refused for now": ("pending", False, False, False, False),
    "lost": ("unknown", True, True, True, True),
    "probe": ("unknown", True, True, True, False),
    "absent": ("unknown", True, False, True, True),
    "given up": ("error", True, True, True, True),
}


# -- one message -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", CHANGES)
def test_each_outcome_changes_only_what_this_session_holds(queue: Queue, outcome: str) -> None:
    n = queue.tell("COLA")
    mine = queue.session()
    handed = queue.taken(mine)
    held = queue.held(mine, n)
    for state in qbd_rows.STATES:
        if state != "in_flight":
            queue.put_in(n, state=state)
            assert not OUTCOMES[outcome](queue.store, held, queue.now), state
            assert queue.work(n).state == state
    queue.put_in(n, state="in_flight")
    foreign = replace(held, ticket="somebody")
    assert not OUTCOMES[outcome](queue.store, foreign, queue.now)
    assert queue.work(n) == held
    assert OUTCOMES[outcome](queue.store, held, queue.now)
    after = queue.work(n)
    kept = (after.set_id == handed.set_id, after.body == handed.body)
    assert (after.state, after.doubt, after.probing, *kept) == CHANGES[outcome]
    assert kept[0] or not after.set_id
    assert queue.opened(mine).outstanding == 0 and after.ticket == ""
    assert not OUTCOMES[outcome](queue.store, held, queue.now)  # a second time changes nothing


def test_bytes_and_set_id_are_kept_before_they_are_handed_out_and_resent_unchanged(queue: Queue) -> None:
    n = queue.tell("COLA")
    ticket = queue.session()
    first = queue.taken(ticket)
    kept = queue.work(n)
    assert (kept.state, kept.body, kept.set_id, kept.doubt) == ("in_flight", first.body, first.set_id, True)
    assert len(first.set_id) <= 23 and first.set_id.isalnum()
    (asked,) = qbd_archive.found(queue.store, HERE, first.set_id)
    assert (asked.direction, asked.body) == ("ask", first.body)
    for _ in range(3):  # no answer: is it there? no: the same bytes
        qbd_queue.release(queue.store, ticket, queue.now)
        assert queue.work(n).state == "unknown"
        ticket = queue.session()
        asks = queue.taken(ticket)
        assert asks.probing and asks.set_id == "" and asks.body != first.body and queue.work(n).body == first.body
        assert qbd_queue.absent(queue.store, queue.held(ticket, n), "", queue.now)
        again = queue.taken(ticket)
        assert (again.body, again.set_id, again.again) == (first.body, first.set_id, True)


def test_nothing_is_handed_out_when_it_cannot_be_kept_or_built(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    n, other = queue.tell("COLA"), queue.tell("MUG")
    ticket = queue.session()

    def refuses(work: Any, *_: str) -> str:
        if work.n == n:
            raise Invalid("Its name is too long for QuickBooks.", field="lines[0].item")
        return "<x/>"

    handed = qbd_queue.take(queue.store, HERE, ticket, VERSION, queue.now, refuses)
    assert handed is not None and handed.n == other
    assert (queue.work(n).state, queue.work(n).code) == ("error", "BUILD_ERROR")
    assert queue.work(n).message == "Its name is too long for QuickBooks." and not queue.work(n).doubt
    third = queue.tell("TEA")
    monkeypatch.setattr(qbd_archive, "keep", lambda *_, **__: 1 / 0)  # the power goes before the commit
    with pytest.raises(ZeroDivisionError):
        queue.take(ticket)
    assert (queue.work(third).state, queue.work(other).state) == ("pending", "in_flight")  # nothing was changed


def test_a_ticket_that_is_not_open_is_handed_nothing(queue: Queue) -> None:
    queue.tell("COLA")
    closed, silent, other = queue.session(), queue.session(), queue.session()
    with queue.store.transaction():
        tickets.end(queue.opened(closed), "closed", queue.now)
        QbdTicket.update(connection="quickbooks_desktop:b").where(QbdTicket.ticket == other).execute()
    assert [queue.take(one) for one in ("made-up", closed, other)] == [None, None, None]
    queue.passes(hours=2)
    assert queue.take(silent) is None
    assert queue.take(queue.session()) is not None


def test_a_claim_dies_with_its_session_and_is_in_doubt_never_pending(queue: Queue) -> None:
    n = queue.tell("COLA")
    silent = queue.session()
    first = queue.taken(silent)
    assert qbd_queue.left(queue.store, HERE, queue.now) == (0, 0)
    assert queue.take(queue.session()) is None  # the other one is alive
    queue.passes(hours=2)
    assert qbd_queue.left(queue.store, HERE, queue.now) == (1, 0)  # whoever signs in is let in for it
    heir = queue.session()
    assert queue.taken(heir).probing and queue.work(n).body == first.body
    assert not qbd_queue.booked(queue.store, replace(queue.work(n), ticket=silent), Answer("TXN-1"), queue.now)
    assert queue.book(heir, n) and queue.work(n).remote_id == "TXN-1"


def test_a_definite_no_goes_up_the_ladder_under_new_ids_and_then_waits_for_a_person(queue: Queue) -> None:
    n = queue.tell("COLA")
    ids, waits = [], []
    for _ in range(queue.store.config.qbwc.tries_max):
        ticket = queue.session()
        handed = queue.taken(ticket)
        ids.append(handed.set_id)
        assert qbd_queue.refused(queue.store, queue.held(ticket, n), "3175", "locked", queue.now, again=True)
        row = queue.work(n)
        if row.state == "pending":
            waits.append((clock.parse(row.next_at) - queue.now).total_seconds())
            assert queue.take(ticket) is None  # not before its moment
            queue.passes(seconds=waits[-1])
    assert waits == [60, 300, 900] + [3600] * 6 and len(set(ids)) == len(ids) == 10
    assert (queue.work(n).state, queue.work(n).attempt) == ("error", 11)
    assert notices.is_open(queue.store, f"qbd:{HERE}")
    (again,) = qbd_queue.retry(queue.store, queue.work(n).source, "7", queue.now)
    assert (again.state, again.tries) == ("pending", 0)  # all its tries anew
    assert not notices.is_open(queue.store, f"qbd:{HERE}")
    assert queue.taken(queue.session()).set_id not in ids
    assert Audit.select().where(Audit.act == "qbd.retry").count() == 1


def test_what_nobody_knows_the_end_of_is_never_sent_under_a_new_id_and_ends_with_a_person(queue: Queue) -> None:
    n = queue.tell("COLA")
    tries = queue.store.config.qbwc.tries_max
    first = queue.taken(queue.session())
    for at in range(1, tries):
        qbd_queue.lost(queue.store, qbd_rows.one(queue.store, n), "LOST", "", queue.now)  # type: ignore[arg-type]
        queue.passes(hours=2)
        handed = queue.taken(queue.session())
        assert handed.probing and queue.work(n).tries == at + 1
    assert qbd_queue.lost(queue.store, queue.work(n), "LOST", "no answer", queue.now)
    row = queue.work(n)
    assert (row.state, row.doubt, row.set_id, row.body) == ("error", True, first.set_id, first.body)
    assert row.ref_number in row.message and "no answer" in row.message
    with queue.store.transaction(), pytest.raises(Conflict):
        qbd_queue.cancel(queue.store, _Event(row.source))  # it may be there
    qbd_queue.retry(queue.store, row.source, "7", queue.now)
    assert queue.taken(queue.session()).probing


def test_what_its_id_protects_no_longer_goes_under_a_new_one_only_when_it_is_not_there(queue: Queue) -> None:
    n = queue.tell("COLA")
    ticket = queue.session()
    first = queue.taken(ticket)
    qbd_queue.probe(queue.store, queue.held(ticket, n), "9001", "", queue.now)
    assert queue.taken(ticket).probing
    qbd_queue.absent(queue.store, queue.held(ticket, n), "", queue.now)
    again = queue.taken(ticket)
    assert again.set_id not in ("", first.set_id) and not again.again


def test_the_first_lost_answer_is_made_good_at_once_and_the_next_ones_by_the_ladder(queue: Queue) -> None:
    n = queue.tell("COLA")
    ticket = queue.session()
    queue.taken(ticket)
    qbd_queue.lost(queue.store, queue.held(ticket, n), "LOST", "", queue.now, at_once=True)
    assert queue.taken(ticket).probing
    qbd_queue.lost(queue.store, queue.held(ticket, n), "LOST", "", queue.now, at_once=True)
    assert queue.take(ticket) is None
    queue.passes(seconds=300)
    assert queue.taken(ticket).probing


def test_a_session_that_always_dies_on_one_message_ends_with_a_person_to_look(queue: Queue) -> None:
    n = queue.tell("COLA")
    for _ in range(queue.store.config.qbwc.tries_max):
        assert queue.taken(queue.session())
        queue.passes(hours=2)
    assert queue.take(queue.session()) is None
    assert (queue.work(n).state, queue.work(n).doubt) == ("error", True)


def test_a_clock_that_was_set_back_holds_up_nothing(queue: Queue) -> None:
    n = queue.tell("COLA")
    queue.put_in(n, next_at=clock.stamp(queue.now + timedelta(days=300)))
    assert qbd_queue.left(queue.store, HERE, queue.now) == (1, 0)
    assert queue.taken(queue.session()).n == n


def test_each_booked_set_is_cleared_once_with_a_later_one_and_never_one_in_doubt(queue: Queue) -> None:
    numbers = [queue.tell(item) for item in ("A", "B", "C", "D")]
    ticket = queue.session()
    first = queue.taken(ticket)
    assert "old=''" in first.body
    queue.book(ticket, numbers[0])
    second = queue.taken(ticket)
    assert f"old='{first.set_id}'" in second.body
    qbd_queue.lost(queue.store, queue.held(ticket, numbers[1]), "LOST", "", queue.now)
    third = queue.taken(ticket)
    assert "old=''" in third.body  # the second may be there, the first is named already
    qbd_queue.refused(queue.store, queue.held(ticket, numbers[2]), "3140", "", queue.now, again=False)
    assert f"old='{third.set_id}'" in queue.taken(ticket).body  # a no is kept there, too
    assert QbdCompany.get().last_set == ""


# -- late answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", qbd_rows.STATES)
def test_a_late_yes_is_booked_once_whoever_holds_it(queue: Queue, state: str) -> None:
    n = queue.tell("COLA")
    dead = queue.session()
    handed = queue.taken(dead)
    work = queue.held(dead, n)
    doubt = state in ("in_flight", "unknown", "error")
    queue.put_in(n, state=state, ticket="another" if state == "in_flight" else "", doubt=doubt)
    assert qbd_queue.booked(queue.store, work, Answer("TXN-1"), queue.now, late=True) is doubt
    assert not qbd_queue.booked(queue.store, work, Answer("TXN-2"), queue.now, late=True)
    assert queue.work(n).remote_id == ("TXN-1" if doubt else "")
    assert qbd_queue.of_set(queue.store, handed.set_id) is not None


def test_a_late_yes_to_bytes_that_were_given_up_is_none(queue: Queue) -> None:
    n = queue.tell("COLA")
    dead = queue.session()
    queue.taken(dead)
    work = queue.held(dead, n)
    qbd_queue.refused(queue.store, work, "3175", "", queue.now, again=True)
    queue.passes(hours=1)
    queue.taken(queue.session())
    assert not qbd_queue.booked(queue.store, work, Answer("TXN-1"), queue.now, late=True)
    assert queue.work(n).state == "in_flight"


def test_nothing_is_applied_without_an_id_of_theirs(queue: Queue) -> None:
    n = queue.tell("COLA")
    ticket = queue.session()
    queue.taken(ticket)
    with pytest.raises(ValueError, match="without an id"):
        qbd_queue.booked(queue.store, queue.held(ticket, n), Answer(""), queue.now)
    assert queue.work(n).state == "in_flight"


# -- the order of items ------------------------------------------------------------------------------------------------


def test_what_is_open_on_an_item_holds_back_later_ones_of_the_same_and_nothing_else(queue: Queue) -> None:
    one, two, three, four = queue.tell("A"), queue.tell("A", "B"), queue.tell("B"), queue.tell("C")
    ticket = queue.session()
    assert queue.taken(ticket).n == one
    qbd_queue.refused(queue.store, queue.held(ticket, one), "3140", "no", queue.now, again=False)
    assert queue.taken(ticket).n == four and queue.book(ticket, four)
    assert queue.take(ticket) is None and qbd_queue.left(queue.store, HERE, queue.now) == (0, 2)
    qbd_queue.retry(queue.store, queue.work(one).source, "7", queue.now)
    assert [queue.work(n).blocked for n in (one, two, three)] == [0, 1, 1]
    assert [body.split("n='")[1][0] for body in queue.drained(ticket)] == [str(n) for n in (one, two, three)]


@pytest.mark.parametrize("seed", range(3))
def test_the_chain_is_what_a_look_at_all_rows_says_whatever_happens(queue: Queue, seed: int) -> None:
    import random

    rng, open_ones = random.Random(seed), dict[int, set[str]]()
    for _ in range(120):
        if rng.random() < 0.6 or not open_ones:
            items = {f"I{rng.randrange(5)}" for _ in range(rng.randint(1, 3))}
            open_ones[queue.tell(*sorted(items))] = items
        else:
            n = rng.choice(sorted(open_ones))
            with queue.store.transaction():
                qbd_rows.let_go(queue.store, HERE, n)
            del open_ones[n]
        for n, items in open_ones.items():
            ahead = {item for other, theirs in open_ones.items() if other < n for item in theirs & items}
            assert queue.work(n).blocked == len(ahead)
    assert not QbdWorkItem.select().where((QbdWorkItem.first == 1) & (QbdWorkItem.open == 0)).exists()


@pytest.mark.sqlite
def test_ten_thousand_held_back_and_100000_in_all_cost_nothing(queue: Queue) -> None:
    """By the index alone: neither taking nor counting reads what is held back."""
    held, free = 10_000, 500
    stamp = clock.stamp(queue.now)
    for item in ("HELD", "HELD", "LAST"):
        queue.tell(item)
    columns = [name for name in QbdWork._meta.sorted_field_names if name != "n"]
    asked = f"SELECT {', '.join(columns)} FROM qbd_work WHERE n = 2"
    row = dict(zip(columns, queue.store.execute(asked).fetchone(), strict=True))
    with queue.store.transaction():
        marks = ", ".join("?" * len(columns))
        queue.store.execute_many(
            f"INSERT INTO qbd_work ({', '.join(columns)}) VALUES ({marks})",
            [tuple((row | {"source": f"s{at}", "blocked": int(at < held), "next_at": stamp}).values())
             for at in range(held + free)],
        )  # fmt: skip
    queue.put_in(1, state="error")
    steps, connection = list[int](), queue.store.database.connection()
    connection.set_progress_handler(lambda: steps.append(1), 100)  # each is 100 steps of SQLite's machine
    try:
        assert qbd_queue._next(queue.store, HERE, queue.now) is not None
        looked = len(steps)
    finally:
        connection.set_progress_handler(None, 0)
    assert looked <= 3
    plan = queue.store.execute(
        "EXPLAIN QUERY PLAN SELECT 1 FROM qbd_work WHERE connection = ? AND state = ? AND blocked = 0 AND next_at <= ?",
        (HERE, "pending", stamp),
    ).fetchone()[3]
    assert "COVERING INDEX qbd_work_connection_state_blocked_next_at_n" in plan
    assert qbd_queue.left(queue.store, HERE, queue.now) == (
        free + 1,
        held + 1 - 1 if held < qbd_queue.COUNT_MAX else held,
    )


# -- many at once ------------------------------------------------------------------------------------------------------


def test_many_threads_take_and_void_at_once_and_nothing_is_held_twice(queue: Queue) -> None:
    sources = [clock.uuid7() for _ in range(24)]
    for at, source in enumerate(sources):
        queue.tell(f"I{at}", source=source)
    sessions = [queue.session() for _ in range(4)]
    taken, voided, gate = list[int](), list[str](), threading.Barrier(6)

    def work(ticket: str) -> None:
        gate.wait(30)
        while (handed := qbd_queue.take(queue.store, HERE, ticket, VERSION, queue.now, built)) is not None:
            taken.append(handed.n)
            held = qbd_queue.held(queue.store, ticket, handed.n)
            assert held is not None and qbd_queue.booked(queue.store, held, Answer(f"T{handed.n}"), queue.now)
        queue.store.release()

    def void(mine: list[str]) -> None:
        gate.wait(30)
        for source in mine:
            try:
                with queue.store.transaction():
                    qbd_queue.cancel(
                        queue.store, qbd_queue.work_of(queue.store, source)[0].__class__ and _Event(source)
                    )
                voided.append(source)
            except Conflict:
                pass
        queue.store.release()

    threads = [threading.Thread(target=work, args=(one,)) for one in sessions]
    threads += [threading.Thread(target=void, args=(sources[at::2],)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    states = [qbd_queue.work_of(queue.store, source)[0].state for source in sources]
    assert len(taken) == len(set(taken)) and len(taken) + len(voided) == len(sources)
    assert states == ["cancelled" if source in voided else "applied" for source in sources]


class _Event:
    def __init__(self, key: str) -> None:
        self.id = key
