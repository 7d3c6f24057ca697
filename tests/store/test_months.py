"""Documents by month on PostgreSQL: unique whatever the month, months made as they come, let go into archives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from peewee import IntegrityError

import agents
from pos.actions import archive
from pos.actions import months as actions
from pos.errors import Conflict, Corrupt
from pos.rules import documents, ledger
from pos.sections import Storage
from pos.store import entries, foreign, intake, migrate, outbox, partitions, receipts, whereabouts
from pos.store.db import Store
from tests.receipts import refund, sale, stamped

pytestmark = pytest.mark.postgresql
WHY = "pg_dump of last night"


@pytest.fixture
def engine() -> str:
    return "postgresql"


def taken_in(store: Store, days: list[str]) -> list[tuple[dict[str, Any], bytes]]:
    """A chain of a till's sales, one on each of these days."""
    found, before = [], documents.GENESIS
    for i, day in enumerate(days, 1):
        doc, body = stamped(
            sale(), i, till="T7", invoice_name=ledger.number_of("T7", i), business_day=day,
            created_at=f"{day}T09:00:00.000+00:00", prev_hash=before,
        )  # fmt: skip
        with store.transaction():
            entries.put(store, ledger.rows(doc, body))
        before = doc["hash"]
        found.append((doc, body))
    store.execute("UPDATE session SET open = 0")
    return found


def months(store: Store) -> list[str]:
    return [part.month for part in partitions.parts(store)]


def put_away(store: Store, before: str, **more: Any) -> list[archive.Month]:
    planned = archive.planned(store, before, without_backup=WHY)
    return [archive.put_away(store, month, "me", WHY, **more) for month in planned]


def in_months(store: Store) -> int:
    return int(store.execute("SELECT count(*) FROM document_body").fetchone()[0])


def test_keys_are_unique_whatever_the_month_and_months_are_made_ahead(store: Store) -> None:
    partitions.make_ahead(store, date(2026, 11, 30))
    assert months(store) == ["2026-11", "2026-12", "2027-01"]
    given = taken_in(store, ["2026-11-30", "2026-12-01", "2026-12-02", "2027-01-01"])
    assert [row[1].encode() for row in store.execute("SELECT n, body FROM document ORDER BY n")] == [
        b for _, b in given
    ]
    assert in_months(store) == 4
    for other in ({"sequence": 9}, {"id": "another"}):  # its id is there in another month; its number is
        doc = {**given[0][0], "business_day": "2026-12-03", **other}
        doc.pop("hash")
        number = ledger.number_of("T7", doc["sequence"])
        doc, body = documents.stamp({**doc, "invoice_name": number}, prev_hash="")
        with pytest.raises(IntegrityError), store.transaction():
            entries.put(store, ledger.rows(doc, body))
    assert in_months(store) == 4


def test_bytes_that_lie_in_no_month_are_read_where_they_are_and_move_bit_by_bit(store: Store, monkeypatch: Any) -> None:
    given = taken_in(store, ["2026-01-05", "2026-01-06", "2026-02-07"])  # as those of a hub of before
    monkeypatch.setattr(partitions, "MOVE_ROWS", 2)
    read = "SELECT body FROM document ORDER BY n"
    assert partitions.unmoved(store) == ["2026-01", "2026-02"]
    for moved in (0, 2, 3, 3):
        assert in_months(store) == moved
        assert [row[0].encode() for row in store.execute(read)] == [body for _, body in given]
        partitions.move_some(store)
    assert (months(store), partitions.unmoved(store)) == (["2026-01", "2026-02"], [])
    assert store.execute("SELECT count(*) FROM document_head WHERE body IS NOT NULL").fetchone() == (0,)


class Killed(BaseException):
    pass


def test_a_month_is_let_go_once_it_is_proven_wherever_it_was_ended(store: Store, monkeypatch: Any) -> None:
    given = taken_in(store, ["2026-01-05", "2026-01-06", "2026-01-07", "2026-02-07"])
    monkeypatch.setattr(archive, "ROWS_OF_ONE", 2)
    assert "--without-backup" in archive.planned(store, "2026-02")[0].why_not
    for end in ("begin", "written", "proven", "placed", "removing"):

        def step(name: str, end: str = end) -> None:
            if name == end:
                raise Killed

        with pytest.raises(Killed):
            put_away(store, "2026-02", step=step)
        assert store.execute("SELECT count(*) FROM document WHERE substr(body, 1, 1) = '{'").fetchone() == (4,)
    assert [month.removed for month in put_away(store, "2026-02")] == [3]
    assert months(store) == []  # February has not been moved yet
    assert [one.name for one in archive.listed(store.config)] == ["receipts-2026-01.zip", "receipts-2026-01-2.zip"]
    for one in archive.listed(store.config):
        assert archive.proven(store, one.name) == ""
    # Found as before: by number, in the trace, as a duplicate, with every byte.
    for doc, body in given:
        assert receipts.body(store, doc["invoice_name"]) == body == outbox.body(store, doc["id"])
        assert whereabouts.of(store, whereabouts.find(store, doc["invoice_name"])[0].id).whole
        assert intake.adopt(store, doc, body, "x", "me").duplicate
    assert put_away(store, "2026-02") == []
    # One that comes in later has a month again, and goes into a file of its own.
    doc, body = stamped(sale(), 5, till="T7", invoice_name=ledger.number_of("T7", 5), business_day="2026-01-09")
    with store.transaction():
        entries.put(store, ledger.rows(doc, body))
    assert [month.removed for month in put_away(store, "2026-02")] == [1]
    assert receipts.body(store, doc["invoice_name"]) == body
    assert receipts.body(store, given[0][0]["invoice_name"]) == given[0][1]


def test_what_comes_in_meanwhile_keeps_the_month_and_a_file_that_is_away_is_named(store: Store) -> None:
    given = taken_in(store, ["2026-01-05", "2026-01-06"])

    def late(name: str) -> None:
        if name == "removing" and store.execute("SELECT count(*) FROM document").fetchone() == (2,):
            doc, body = stamped(sale(), 3, till="T7", invoice_name=ledger.number_of("T7", 3), business_day="2026-01-09")
            with store.transaction():
                entries.put(store, ledger.rows(doc, body))
            store.execute("UPDATE session SET open = 0")

    with pytest.raises(Conflict):
        put_away(store, "2026-02", step=late)
    assert months(store) == ["2026-01"]
    assert [month.removed for month in put_away(store, "2026-02")] == [3]
    moved = store.config.archive / "receipts-2026-01.zip"
    moved.rename(moved.with_suffix(".away"))
    with pytest.raises(Corrupt, match=r"2026-01-05/T7-000001.json is archived"):
        receipts.body(store, given[0][0]["invoice_name"])
    moved.with_suffix(".away").rename(moved)
    # Goods of it come back at another till against its very bytes.
    back, _ = stamped(refund(given[0][0]), 1, till="T8", invoice_name="T8-000001")
    with store.transaction():
        entries.put(store, ledger.rows(back, b"{}"))
    told = foreign.told(store, given[0][0]["invoice_name"])
    assert told == (given[0][0]["id"], given[0][1], [b"{}"])
    # Blanked, it is here again with what is left of it.
    with store.transaction():
        store.execute("UPDATE document SET body = '{}', customer = 'x' WHERE id = ?", (given[0][0]["id"],))
        store.execute("UPDATE document SET customer = 'y' WHERE id = ?", (given[1][0]["id"],))
    assert receipts.body(store, given[0][0]["invoice_name"]) == b"{}"
    assert receipts.body(store, given[1][0]["invoice_name"]) == given[1][1]
    partitions.move_month(store, "2026-01")
    assert in_months(store) == 1
    store.execute("DELETE FROM document WHERE id = ?", (given[0][0]["id"],))
    assert in_months(store) == 0


def test_a_hub_of_before_keeps_its_rows_and_its_old_processes_go_on(store: Store, monkeypatch: Any) -> None:
    given = taken_in(store, ["2026-01-05", "2026-02-06"])
    # The tables of the version before, with the same rows.
    store.execute("CREATE TABLE plain AS SELECT * FROM document")
    store.execute("DROP VIEW document")
    for name in ("document_month(text)", "document_keep(text, bigint, text)", "document_put()", "document_change()"):
        store.execute(f"DROP FUNCTION {name}")
    store.execute("DROP FUNCTION document_remove()")
    store.execute("DROP TABLE document_body, document_away")
    store.execute("ALTER TABLE document_head RENAME TO document")
    store.execute("UPDATE document d SET body = p.body FROM plain p WHERE p.n = d.n")
    store.execute("DROP TABLE plain")
    store.execute("ALTER TABLE document ALTER COLUMN body SET NOT NULL")
    store.execute("DELETE FROM schema_version WHERE version = 23")
    held = store.execute("SELECT pg_relation_filenode('document')").fetchone()
    assert migrate.migrate(store.database) == ["0023_months"]
    assert store.execute("SELECT pg_relation_filenode('document_head')").fetchone() == held  # nothing was copied
    assert [receipts.body(store, doc["invoice_name"]) for doc, _ in given] == [body for _, body in given]
    # What a process of before sends is its own statement, to the same name.
    doc, body = stamped(sale(), 3, till="T7", invoice_name=ledger.number_of("T7", 3), business_day="2026-02-07")
    names = ", ".join(ledger.DOCUMENT)
    marks = ", ".join("?" * len(ledger.DOCUMENT))
    with store.transaction():
        sql = f"INSERT INTO document ({names}) VALUES ({marks}) RETURNING n"
        assert store.execute(sql, ledger.rows(doc, body).document).fetchone() == (3,)
    while partitions.move_some(store):
        pass
    assert in_months(store) == 3
    assert receipts.body(store, doc["invoice_name"]) == body


def test_the_agent_makes_moves_and_lets_go_by_the_setting(store: Store) -> None:
    given = taken_in(store, ["2025-01-05", "2025-02-06"])
    config = replace(store.config, storage=replace(store.config.storage, keep_months=1))
    assert not any(agent.name == "months" for agent in agents.of(replace(config, storage=Storage())))
    assert any(agent.name == "months" for agent in agents.of(config))
    assert actions.make_and_move(store, config, lambda: False, lambda: None) == 2
    assert len(months(store)) == 5
    store.execute("UPDATE session SET open = 1")
    done, why = actions.put_away_one(store, config, "months")
    assert (done, "not closed" in why) == (None, True)
    store.execute("UPDATE session SET open = 0")
    for month in ("2025-01", "2025-02"):
        done, why = actions.put_away_one(store, config, "months")
        assert (done is not None and done.month, why) == (month, "")
    assert actions.put_away_one(store, config, "months") == (None, "")
    assert len(months(store)) == 3
    assert [receipts.body(store, doc["invoice_name"]) for doc, _ in given] == [body for _, body in given]
