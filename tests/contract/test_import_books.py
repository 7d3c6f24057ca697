"""A day of another till's export, booked in the emulated QuickBooks and compared: sums by hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from pos.actions import imports, outbox_views, qbo_missing, reconcile, run_settings, verdicts
from pos.connectors.qbo import mapping, pace
from pos.store import companies
from pos.store.scopes import Scope
from tests.actions.run_corner import artifact, asked, log, worked
from tests.contract import qbo_books
from tests.contract.qbo_books import DAY, MAPPING, Shop

DATA = Path(__file__).parents[1] / "data" / "epos_now"


@pytest.fixture
def corner(tmp_path: Path) -> Iterator[Shop]:
    with qbo_books.shop(tmp_path, {**MAPPING, "default_item": "20"}) as made:
        companies.rename_shop(made.store, "main", "Harbour", "T")
        yield made


def put(corner: Shop, body: bytes) -> None:
    place = imports.folder(corner.config, "main")
    place.mkdir(parents=True, exist_ok=True)
    (place / "day.csv").write_bytes(body)
    os.utime(place / "day.csv", (1_700_000_000, 1_700_000_000))


def drop(corner: Shop, body: bytes) -> list[str]:
    put(corner, body)
    return imports.warnings(corner.store, imports.take_in(corner.store, corner.config, "main", "T"))


def book(corner: Shop) -> int:
    made = imports.make_bundles(corner.job(), corner.books, "main", [DAY])
    assert corner.round().booked == made
    return made


def verdict(corner: Shop) -> tuple[str, list[str]]:
    seen = reconcile.Seen()
    found = reconcile.look(corner.job(), Scope("day", DAY, DAY), seen)
    assert found is not None
    return found.outcome, [pair.words for pair in seen.pairs.values() if pair.words]


def test_a_day_of_an_export_is_booked_once_and_equal_and_what_is_gone_from_it_is_named(corner: Shop) -> None:
    body = (DATA / "day.csv").read_bytes()
    assert drop(corner, body) == []
    corner.next_day()
    assert book(corner) == 3
    # Cash: 3.00 + 1.50 + 1.50 + 1.20 with tax of 0.50 + 0.25 + 0.25; card: 4.80 twice, 4.80 given back; the sale at
    # 01:30 is of the next day.
    there = {doc["DocNumber"]: (doc["TotalAmt"], doc["TxnTaxDetail"]["TotalTax"]) for doc in corner.there()}
    notes = {doc["DocNumber"]: doc["PrivateNote"] for doc in corner.there()}
    assert there == {
        "TK-261120-LON-CA": (Decimal("7.20"), Decimal("1.00")),
        "TK-261120-LON-CD": (Decimal("9.60"), Decimal("1.60")),
        "TK-261120R-LON-CD": (Decimal("4.80"), Decimal("0.80")),
    }
    assert [doc["DocNumber"] for doc in corner.there("RefundReceipt")] == ["TK-261120R-LON-CD"]
    assert notes["TK-261120-LON-CA"].endswith("main Cash, 4 rows of day.csv")
    assert verdict(corner) == ("match", [])

    assert drop(corner, body) == []
    assert book(corner) == 0  # once more, and nothing changed
    assert len(corner.there()) == 3

    lines = body.splitlines(keepends=True)
    warned = drop(corner, b"".join(one for one in lines if b"Bread roll" not in one))
    assert warned[0].startswith("day.csv: 1 row of day.csv (2026-11-20) is gone from it; what is booked stays booked")
    assert warned[1].endswith("were in day.csv already and count once")
    assert book(corner) == 0
    outcome, words = verdict(corner)
    assert outcome == "mismatch"
    assert any("6.00" in told and "7.20" in told for told in words), words


def test_a_run_of_a_company_of_exports_takes_them_in_books_and_compares(
    corner: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "APART_SECONDS", 0.0)
    before = companies.kept(corner.store, "main", run_settings.PART)
    companies.keep(corner.store, "main", run_settings.PART, {**before.values, "source": "csv"}, before, "T")
    body = (DATA / "day.csv").read_bytes()
    put(corner, body.replace(b",Card,", b",Karte,", 1))
    corner.passes(hours=24)
    job = worked(corner, asked(corner))
    # A way to pay nobody mapped waits, and is named: 4.80 of what was sold is in no document.
    assert (job.status, job.exit_code) == ("succeeded", "0")
    first = artifact(corner, job)
    assert (first.status, first.source, first.raw_rows, first.raw_total, first.uploaded) == (
        "MISMATCH", "csv", 7, 1200, 3,
    )  # fmt: skip
    assert first.raw_count == 6  # two rows of one moment are one receipt
    assert f"{DAY}: 1 row waits for a mapping." in log(corner, job)
    wanted = qbo_missing.waiting(corner.store, "quickbooks", mapping.read(MAPPING))
    assert ("tenders", "Karte") in [(one.part, one.name) for one in wanted]

    put(corner, body)
    corner.passes(seconds=60)
    job = worked(corner, asked(corner, DAY))
    second = artifact(corner, job)
    assert (second.status, second.uploaded, second.skipped, second.raw_total) == ("MATCH", 1, 3, 1200), log(corner, job)
    assert {doc["DocNumber"] for doc in corner.there()} >= {"TK-261120-LON-CD", "TK-261120-LON-CD-S2"}

    put(corner, body.replace(b"Bread roll", b"Bun"))
    corner.passes(seconds=60)
    job = worked(corner, asked(corner, DAY))
    third = artifact(corner, job)
    assert (third.status, third.raw_total) == ("MISMATCH", 1200)
    assert "TK-261120-LON-CA" in job.words + third.reason
    assert f"{DAY}: 1 row that is booked is gone from a newer export: 12:30 Bread roll Harbour Cash" in log(corner, job)
    assert job.warnings > 0
    row = next(row for row in corner.rows() if row.document == "TK-261120-LON-CA")
    assert outbox_views.detail(corner.store, corner.config, row.n)["rows"] == "4 rows of day.csv"
    legs = verdicts.detail(corner.store, corner.config, "day", DAY)["legs"]
    assert "4 rows of day.csv" in [item["rows"] for leg in legs for item in leg["items"]]
