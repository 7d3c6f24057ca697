"""A run's day on three sides against the emulated QuickBooks: what is lost on the way shows, and names its document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos.actions import import_books, reconcile, run_reconcile, run_settings
from pos.actions.run_reconcile import Outcome
from pos.connectors.qbo import pace
from pos.store import companies, connections, reconciliations, run_artifacts, scopes
from pos.store.models import ImportFile, ImportRow
from tests.contract import qbo_books
from tests.contract.qbo_books import DAY, Shop


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pace of requests has tests of its own."""
    monkeypatch.setattr(pace, "APART_SECONDS", 0.0)


@dataclass(frozen=True)
class Part:
    job: str = "run-1"
    company: str = "main"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Two receipts in cash and one by card, booked as two documents, the day over."""
    with qbo_books.shop(tmp_path, TILLKEEP_QUICKBOOKS_GRAIN="day") as made:
        made.sell()
        made.sell("2.40", code="SHOE")
        made.sell(way="Card")
        made.next_day()
        made.round()
        yield made


def run(shop: Shop) -> Outcome:
    n = run_artifacts.put_artifact(shop.store, "run-1", "main", DAY, processed_at="2026-11-21")
    found = run_reconcile.of_day(shop.job(), Part(), DAY, n)
    assert found is not None
    return found


def figures(shop: Shop) -> dict[tuple[str, str], tuple[int, int, int, str]]:
    (artifact,) = run_artifacts.artifacts(shop.store, "run-1")
    rows = run_artifacts.figures(shop.store, artifact.n)
    return {(row.kind, row.name): (row.here, row.sent, row.booked, row.verdict) for row in rows}


def number(shop: Shop, way: str) -> str:
    return next(str(doc["DocNumber"]) for doc in shop.there() if f"-{way}" in str(doc["DocNumber"]))


def test_the_same_on_three_sides_is_a_match_with_every_figure_kept(shop: Shop) -> None:
    assert run(shop) == Outcome("MATCH")
    cash, card = number(shop, "CA"), number(shop, "CD")
    same = {
        ("total", ""): 540, ("tender", "Card"): 150, ("tender", "Cash"): 390, ("tax", "20% (1)"): 90,
        ("document", cash): 390, ("document", card): 150,
    }  # fmt: skip
    assert figures(shop) == {key: (units, units, units, "match") for key, units in same.items()}
    (kept,) = run_artifacts.artifacts(shop.store, "run-1")
    assert (kept.status, kept.raw_total, kept.sent_total, kept.booked_total) == ("MATCH", 540, 540, 540)
    assert (kept.sent_count, kept.booked_count, kept.difference) == (2, 2, 0)


def test_a_receipt_that_was_lost_on_its_way_is_a_mismatch_though_all_that_was_sent_is_booked(shop: Shop) -> None:
    late = shop.sell("9.99")
    with shop.store.transaction():
        shop.store.execute("UPDATE document SET business_day = ? WHERE id = ?", (DAY, late["id"]))
        shop.store.execute("DELETE FROM outbox WHERE document = ?", (late["id"],))
    found = run(shop)
    assert (found.status, found.documents, found.difference) == ("MISMATCH", (late["invoice_name"],), -999)
    assert figures(shop)["document", late["invoice_name"]] == (999, 0, 0, "mismatch")
    assert figures(shop)["tender", "Cash"] == (1389, 390, 390, "mismatch")
    day = scopes.day_of(shop.store, DAY)
    items, _ = reconciliations.items(shop.store, "quickbooks", day, 9)
    assert [(one.number, one.what) for one in items] == [(late["invoice_name"], "unqueued")], "on the older screen, too"
    reconciliations.settle(shop.store, items[0].n, "typed in by hand", "Ann")
    assert run(shop) == Outcome("MATCH", "", "1 difference was explained.", -999)


def test_a_receipt_that_fell_out_of_its_document_is_a_mismatch_of_both(shop: Shop) -> None:
    row = "SELECT outbox FROM bundle_member ORDER BY outbox LIMIT 1"
    with shop.store.transaction():
        shop.store.execute(f"DELETE FROM bundle_member WHERE outbox = ({row})")
    found = run(shop)
    assert (found.status, set(found.documents)) == ("MISMATCH", {number(shop, "CA"), "T1-000001"})
    assert found.difference == 0, "what is too much in one is too little in the other"
    assert figures(shop)["document", number(shop, "CA")] == (240, 390, 390, "mismatch")
    assert figures(shop)["document", "T1-000001"] == (150, 0, 0, "mismatch")


def test_a_receipt_in_two_documents_is_a_mismatch_that_names_the_second(shop: Shop) -> None:
    cash, card = (n for (n,) in shop.store.execute("SELECT n FROM bundle ORDER BY tender DESC").fetchall())
    copy = "SELECT CAST(? AS INTEGER), outbox, document, part FROM bundle_member WHERE bundle = ?"
    with shop.store.transaction():
        body = "SELECT replace(b.body, b.number, bundle.number) FROM bundle b WHERE b.n = ?"
        shop.store.execute(f"UPDATE bundle SET body = ({body}) WHERE n = ?", (cash, card))
        shop.store.execute(f"INSERT INTO bundle_member {copy}", (card, cash))
    found = run(shop)
    assert found.status == "MISMATCH"
    (artifact,) = run_artifacts.artifacts(shop.store, "run-1")
    words = {row.name: row.words for row in run_artifacts.figures(shop.store, artifact.n)}
    assert any("is in another document, too" in text for text in words.values())


def test_strangers_are_not_counted_and_what_stands_behind_more_than_a_page_of_them_is_found(shop: Shop) -> None:
    doc = dict(shop.there()[0])
    body = {k: v for k, v in doc.items() if k not in ("entity", "Id", "SyncToken", "MetaData")}
    for n in range(1005):
        shop.site.gb.seed("SalesReceipt", **{**body, "DocNumber": f"S-{n}", "PrivateNote": "a shop next door"})
    assert (run(shop).status, figures(shop)["total", ""]) == ("MATCH", (540, 540, 540, "match"))
    shop.site.gb.seed("SalesReceipt", **{**body, "DocNumber": "TK-ODD", "PrivateNote": "tillkeep:0123456789abcdef x"})
    found = run(shop)
    assert (found.status, found.documents) == ("MISMATCH", ("TK-ODD",))


def test_a_document_changed_there_is_named_and_a_tolerance_is_the_company_s(shop: Shop) -> None:
    doc = next(one for one in shop.there() if one["DocNumber"] == number(shop, "CA"))
    line = {**doc["Line"][0], "Amount": doc["Line"][0]["Amount"] + Decimal("0.01")}
    shop.site.gb.change("SalesReceipt", doc["Id"], TotalAmt=doc["TotalAmt"] + Decimal("0.01"),
                        Line=[line, *doc["Line"][1:]])  # fmt: skip
    found = run(shop)
    assert (found.status, found.documents, found.difference) == ("MISMATCH", (doc["DocNumber"],), 1)
    assert str(found.reason) == f"Not the same: {doc['DocNumber']}."
    before = companies.kept(shop.store, "main", run_settings.PART)
    companies.keep(shop.store, "main", run_settings.PART, {"tolerance": "0.01"}, before, "Ann")
    assert run(shop).status == "MATCH"
    shop.site.gb.change("SalesReceipt", doc["Id"], CustomerRef={"value": "59"})
    assert run(shop).status == "MISMATCH", "nothing but money is let pass"


def test_a_day_that_cannot_be_compared_says_why_and_keeps_no_figures(shop: Shop) -> None:
    assert run(shop).status == "MATCH"
    shop.sell()
    n = run_artifacts.put_artifact(shop.store, "run-1", "main", "2026-11-19", processed_at="2026-11-21")
    quiet = run_reconcile.of_day(shop.job(), Part(), "2026-11-19", n)
    assert quiet is not None
    assert (quiet.status, quiet.code, quiet.again) == ("NOT RUN", "nothing", False)
    m = run_artifacts.put_artifact(shop.store, "run-1", "main", "2026-11-21", processed_at="2026-11-21")
    waits = run_reconcile.of_day(shop.job(), Part(), "2026-11-21", m)
    assert waits is not None
    assert (waits.code, waits.again, str(waits.reason)) == ("waiting", True, "1 document is not sent yet.")
    connections.pause(shop.store, "quickbooks", "The sign-in ended.", "")
    shop.memory.checked_at = shop.now()
    away = run(shop)
    assert (away.status, away.code, away.again) == ("NOT RUN", "line", True)
    assert str(away.reason) == "The sign-in ended."
    kept = next(one for one in run_artifacts.artifacts(shop.store, "run-1") if one.day == DAY)
    assert run_artifacts.figures(shop.store, kept.n) == []


def row(key: str, units: int, **more: Any) -> None:
    """A line of an export, standard rated."""
    tax = units // 6
    ImportRow.create(
        company="main", row_key=key, file=1, day=DAY, at=f"{DAY}T12:00", place="main", tender="Cash", item="COLA",
        name="Cola", category="Drinks", qty=1000 if units > 0 else -1000, net=units - tax, tax=tax, gross=units,
        rate="20", kind="sale" if units > 0 else "refund", **more,
    )  # fmt: skip


def test_rows_of_an_export_are_the_first_side_and_one_that_is_lost_or_gone_is_named(tmp_path: Path) -> None:
    with qbo_books.shop(tmp_path) as shop:
        ImportFile.create(n=1, company="main", name="export.csv", received_at="", state="taken")
        for key, units in (("a", 120), ("b", 240), ("c", -60)):
            row(key, units)
        shop.next_day()
        assert import_books.make_bundles(shop.job(), shop.books, "main", [DAY]) == 2
        shop.round()
        assert run(shop) == Outcome("MATCH")
        assert figures(shop)["total", ""] == (300, 300, 300, "match")
        assert figures(shop)["tax", "20% (1)"] == (50, 50, 50, "match")
        number = next(str(doc["DocNumber"]) for doc in shop.there("SalesReceipt"))
        ImportRow.update(gone_in=2).where(ImportRow.row_key == "b").execute()
        found = run(shop)
        assert (found.status, found.documents, found.difference) == ("MISMATCH", (number,), 240)
        assert figures(shop)["document", number] == (120, 360, 360, "mismatch")
        ImportRow.update(gone_in=0).execute()
        row("d", 600)
        found = run(shop)
        assert (found.status, found.documents, found.difference) == ("MISMATCH", ("1 row of the export",), -600)
        assert figures(shop)["tender", "Cash"] == (900, 300, 300, "mismatch")


@pytest.mark.parametrize(
    ("day", "starts", "moments"),
    [
        # The company's day begins at five; the till's at midnight. On 2026-03-29 London loses an hour at one.
        ("2026-03-28", "05:00", {"03-28T04:59": False, "03-28T05:00": True, "03-29T03:59": True, "03-29T04:00": False}),
        ("2026-03-29", "05:00", {"03-29T03:59": False, "03-29T04:00": True, "03-30T03:59": True, "03-30T04:00": False}),
        ("2026-10-25", "05:00", {"10-25T03:59": False, "10-25T05:00": True, "10-26T04:59": True, "10-26T05:00": False}),
    ],
)
def test_a_day_is_the_company_s_own_also_when_the_clocks_change(
    shop: Shop, day: str, starts: str, moments: dict[str, Any]
) -> None:
    before = companies.kept(shop.store, "main", "quickbooks")
    companies.keep(shop.store, "main", "quickbooks", {**before.values, "day_starts": starts}, before, "Ann")
    rows = shop.store.execute("SELECT n FROM document ORDER BY n").fetchall()
    numbers = [n for (n,) in rows]
    for at, inside in moments.items():
        with shop.store.transaction():
            shop.store.execute(
                "UPDATE document SET created_at = ?, business_day = ? WHERE n = ?",
                (f"2026-{at}:00.000000Z", f"2026-{at[:5]}", numbers[0]),
            )
        assert (numbers[0] in reconcile.numbers(shop.job(), scopes.Scope("day", day, day))) is inside, at
