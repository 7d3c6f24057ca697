"""The outbox in pages: whatever the plan, the same rows; parked ones stay where they are; a story keeps its end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pos import clock
from pos.errors import Invalid
from pos.rules import documents, ledger
from pos.store import connections, entries, listing, outbound, outbox, parking, stories, tally, unblock
from pos.store.db import Store
from pos.store.listing import Asked
from pos.store.outbound import Filter
from tests import receipts

ROWS = 12


@pytest.fixture
def filled(store: Store) -> Store:
    """Twelve sales: of each three one is booked, one refused, one waits."""
    connections.sync(store, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:9")])
    now, last = clock.now(), documents.GENESIS
    with store.transaction():
        for i in range(1, ROWS + 1):
            facts = {
                "till": "T1", "store": "main", "series": "till", "sequence": i,
                "invoice_name": ledger.number_of("T1", i),
                "created_at": "2026-11-21T14:32:07.123+00:00", "business_day": "2026-11-21",
                "session": ledger.session_id("T1", 1), "mode": "erpnext", "prev_hash": last,
            }  # fmt: skip
            doc, body = documents.stamp(receipts.sale(receipts.line(qty=i)), **facts)
            last = doc["hash"]
            entries.put(store, ledger.rows(doc, body))
            entries.put_outbox(store, doc, "queued", now)
        store.execute("UPDATE outbox SET state = 'booked', remote_id = 'SINV-' || n WHERE n % 3 = 0")
        store.execute("UPDATE outbox SET state = 'rejected', code = 'item_missing', message = 'no' WHERE n % 3 = 1")
    return store


def numbers(store: Store, wanted: Filter, asked: Asked | None = None) -> list[int]:
    return [row.n for row in outbound.listed(store, wanted, asked or Asked(limit=100)).rows]


@pytest.mark.parametrize("most", [0, 2, 10_000])
@pytest.mark.parametrize("show", outbound.SHOWS)
def test_many_rows_and_few_are_read_by_other_ways_and_are_the_same(
    filled: Store, monkeypatch: pytest.MonkeyPatch, most: int, show: str
) -> None:
    monkeypatch.setattr(outbound, "COUNT_MAX", most)
    parking.park(filled, 2, "waits for a reason", "ann")
    unblock.resolve(filled, 4, "booked by hand", "ann", "ben")
    mine = {
        "needs": [10, 7, 1], "waiting": [11, 8, 5], "parked": [2], "settled": [4], "booked": [12, 9, 6, 3],
        "all": list(range(ROWS, 0, -1)),
    }  # fmt: skip
    assert numbers(filled, Filter(show)) == mine[show]
    assert numbers(filled, Filter(show, connection="erpnext")) == mine[show]
    assert numbers(filled, Filter(show, connection="elsewhere")) == []


def test_too_many_to_sort_stand_in_their_order_and_it_is_said(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    by_total = Asked(sort="total", down=False, limit=3)
    found = outbound.listed(filled, Filter("all"), by_total)
    assert ([row.n for row in found.rows], found.unsorted) == ([1, 2, 3], False)
    monkeypatch.setattr(outbound, "COUNT_MAX", 5)
    found = outbound.listed(filled, Filter("all"), Asked(sort="total", limit=3))
    assert ([row.n for row in found.rows], found.unsorted) == ([12, 11, 10], True)


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("sort", ["since", "total", "number", "tries", "next", "changed"])
def test_a_walk_through_the_pages_meets_every_row_once_also_when_one_comes_in(
    filled: Store, sort: str, down: bool
) -> None:
    seen, mark = list[int](), ""
    for turn in range(ROWS):
        found = outbound.listed(filled, Filter("all"), Asked(sort=sort, down=down, after=mark, limit=5))
        seen += [row.n for row in found.rows]
        mark = found.page.after
        if turn == 0 and sort == "since" and down:  # a sale in between goes to the front and moves no page
            filled.execute(
                "INSERT INTO outbox (document, connection, part, state, tries, next_at, lease_until, owner, after,"
                " settle_at, booked_at, resolved, remote_id, remote, code, message, difference, created_at, updated_at)"
                " SELECT 'x', connection, part, 'queued', 0, next_at, '', '', '', '', '', '', '', '', '', '', '',"
                " created_at, updated_at FROM outbox WHERE n = 1"
            )
        if not mark:
            break
    assert sorted(seen) == list(range(1, ROWS + 1))
    before = outbound.listed(filled, Filter("all"), Asked(sort=sort, down=down, before=found.page.before, limit=5))
    assert before.rows[-1].n == seen[seen.index(found.rows[0].n) - 1]


@pytest.mark.parametrize("mark", ["!", "bm9uZQ", "W10", "W3t9LDFd", "WzEsMiwzXQ"])
def test_a_mark_that_is_none_is_refused(filled: Store, mark: str) -> None:
    with pytest.raises(Invalid, match="no place in the list"):
        outbound.listed(filled, Filter("all"), Asked(after=mark))


def test_counting_stops_where_it_is_told(filled: Store) -> None:
    assert listing.count(filled, "outbox", ["state = ?"], ["queued"], most=2) == 3
    assert listing.count(filled, "outbox", ["state = ?"], ["queued"], most=9) == 4


def test_what_is_parked_waits_and_does_not_wake_the_agent(filled: Store) -> None:
    for n in (2, 5, 8, 11):
        parking.park(filled, n, "the stock is counted", "ann")
    now = clock.now()
    assert outbox.claim(filled, "erpnext", "me", 10, now) == []
    assert tally.waiting(filled, "erpnext") == 0
    assert tally.next_due(filled, "erpnext", now) == ""
    assert tally.counts(filled).waiting == 4, "people still see that it is not in the books"
    unblock.retry(filled, 5, "ann")
    assert [row.n for row in outbox.claim(filled, "erpnext", "me", 10, clock.now())] == [5]


def test_a_story_keeps_its_end_however_often_it_is_tried(filled: Store) -> None:
    (n,) = outbox.due(filled, "erpnext", clock.now(), 1)
    for turn in range(60):
        row = outbox.take(filled, n, "me", clock.now())
        assert row is not None
        outbox.again(filled, row, clock.now(), "busy", f"turn {turn} " + "x" * 250, after_seconds=0)
    story = filled.execute("SELECT story FROM outbox WHERE n = ?", (n,)).fetchone()[0]
    lines: list[Any] = [json.loads(line) for line in story.splitlines()]
    assert len(story) < stories.STORY_CHARS_MAX + 500
    assert lines[-1][1:3] == ["queued", "busy"]
    assert lines[-1][3].startswith("turn 59 ")
    assert [line[3].split()[1] for line in lines] == [str(n) for n in range(60 - len(lines), 60)]


def test_the_last_reply_stays_until_another_one_comes(filled: Store) -> None:
    (n,) = outbox.due(filled, "erpnext", clock.now(), 1)
    row = outbox.take(filled, n, "me", clock.now())
    assert row is not None
    outbox.again(filled, row, clock.now(), "deadlock", "Busy.", after_seconds=0, reply="HTTP 500\n" + "y" * 9000)
    row = outbox.take(filled, n, "me", clock.now())
    assert row is not None
    outbox.again(filled, row, clock.now(), "unavailable", "No line.", after_seconds=0)
    reply = filled.execute("SELECT reply FROM outbox WHERE n = ?", (n,)).fetchone()[0]
    assert reply.startswith("HTTP 500")
    assert len(reply) == outbox.REPLY_CHARS_MAX
