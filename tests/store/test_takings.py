"""The sums behind the sales: always those of the documents, wherever the watermark stands."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.config import Config
from pos.rules import documents, zread
from pos.rules import takings as rules
from pos.rules.takings import Sums
from pos.store import intake, shifts, takings
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.rebuild import rebuild
from tests import days, receipts


def decoded(store: Store, session: str) -> list[tuple[dict[str, Any], bytes]]:
    """The documents of a session from their files' bytes alone, without its Z."""
    rows = store.execute(
        "SELECT body FROM document WHERE session = ? AND kind <> 'z' ORDER BY sequence", (session,)
    ).fetchall()
    bodies = [body.encode() for (body,) in rows]
    return [(documents.decode(body), body) for body in bodies]


def close(journal: Journal) -> dict[str, Any]:
    """A Z without a count, as far as the store is concerned."""
    from pos.rules import shift

    def complete(tx: Store) -> dict[str, Any]:
        session = shifts.current(tx, "T1")
        assert session is not None
        given = zread.with_count(shifts.given(tx, session), shifts.next_z(tx, "T1"), {"id": "c"}, ())
        return {"z": zread.report(shifts.facts(tx, session), given)}

    doc = shift.blank("z", receipts.clock.uuid7(), days.MAKER)
    return journal.commit(doc, complete=complete).doc


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 50_000), days.events, st.integers(0, 15))
def test_sql_and_the_decoded_documents_give_the_same_report(
    journal: Journal, store: Store, size: int, happened: list[Any], rolled: int
) -> None:
    """Whatever happened, and wherever in it the sums were rolled."""
    for i, doc in enumerate(days.day(size, happened).documents):
        journal.commit(doc)
        if i == rolled:
            takings.roll(store)
    session = shifts.current(store, "T1")
    assert session is not None
    from_documents = zread.facts_of(decoded(store, session.id))
    assert shifts.facts(store, session) == from_documents
    z = close(journal)
    report = zread.report(from_documents, zread.given_of(z["z"], "GBP"))
    assert documents.encode({**z, "z": report}) == documents.encode(z)
    takings.roll(store)
    assert takings.wrong(store) == []


def test_rolling_twice_adds_nothing_twice(journal: Journal, store: Store) -> None:
    for _ in range(5):
        journal.commit(receipts.sale())
    assert takings.roll(store) == 5
    before = takings.of_session(store, "T1-S000001")
    assert takings.roll(store) == 0
    assert takings.of_session(store, "T1-S000001") == before
    journal.commit(receipts.sale())
    assert takings.roll(store) == 1
    assert takings.wrong(store) == []


def test_the_thread_that_makes_files_durable_rolls_when_it_is_worth_it(
    journal: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takings, "ROLL_DOCUMENTS", 5)
    for _ in range(4):
        journal.commit(receipts.sale())
    journal.flush()
    assert store.execute("SELECT count(*) FROM takings_people").fetchone()[0] == 0
    journal.commit(receipts.sale())
    journal.flush()
    assert store.execute("SELECT sum(documents) FROM takings_people").fetchone()[0] == 5


def test_a_sale_that_is_refused_leaves_no_trace_in_the_sums(journal: Journal, store: Store) -> None:
    def refuse(_tx: Store) -> None:
        raise shifts.Conflict("no")

    with pytest.raises(shifts.Conflict):
        journal.commit(receipts.sale(), refuse)
    takings.roll(store)
    assert takings.of_session(store, "T1-S000001") == Sums()


def test_days_are_summed_over_sessions_and_tills_are_kept_apart(journal: Journal, store: Store) -> None:
    journal.commit(receipts.sale(receipts.line("A", 1, "12.00")))
    close(journal)
    journal.commit(receipts.sale(receipts.line("A", 2, "12.00")))
    other, body = receipts.stamped(
        receipts.sale(), till="T2", invoice_name="T2-000001", session="T2-S000001", business_day=_today(store)
    )
    journal.adopt(body, "replay", "ann")
    day = _today(store)
    for _ in range(2):
        sums = takings.of_days(store, ("T1",), day, day)
        assert rules.figures(sums, {}, "GBP")["gross"] == receipts.amount(36)
        assert takings.of_days(store, ("T2",), day, day).people != {}
        assert takings.of_days(store, ("T1",), "2020-01-01", "2020-12-31") == Sums()
        takings.roll(store)
    assert other["till"] == "T2"


def _today(store: Store) -> str:
    return str(store.execute("SELECT max(business_day) FROM document").fetchone()[0])


def test_imported_receipts_are_in_no_session_and_in_no_day(journal: Journal, store: Store) -> None:
    made, _ = receipts.stamped(receipts.sale(), invoice_name="OLD-1", series="imported", session="")
    older = {k: v for k, v in made.items() if k not in ("till", "series", "sequence", "prev_hash", "hash")}
    journal.adopt_imported(older, "older till", "ann")
    takings.roll(store)
    assert store.execute("SELECT count(*) FROM takings_people").fetchone()[0] == 0


@pytest.mark.sqlite
def test_a_rebuilt_database_has_the_sums_and_the_sessions_of_the_old_one(shop: Config) -> None:
    store = open_store(shop)
    journal, rng = Journal(store), random.Random(7)
    try:
        for _ in range(3):
            happened = [
                (rng.choice(["sale", "return", "exchange", "paid_in", "drop"]), rng.randint(1, 9999), 1, "cash")
                for _ in range(8)
            ]
            for doc in days.day(10_000, happened).documents:
                journal.commit(doc)
            close(journal)
        journal.commit(receipts.sale())
        takings.roll(store)
        before = _everything(store)
    finally:
        journal.close()
        store.close()
    rebuild(shop)
    again = open_store(shop)
    try:
        assert _everything(again) == before
        assert takings.wrong(again) == []
        assert intake.find(again, str(shifts.by_z(again, "T1", 2).z_document)) is not None
    finally:
        again.close()


def _everything(store: Store) -> dict[str, list[Any]]:
    tables = ("session", "takings_people", "takings_goods", "takings_tenders")
    return {name: store.execute(f"SELECT * FROM {name} ORDER BY 1, 2, 3, 4, 5, 6, 7").fetchall() for name in tables}
