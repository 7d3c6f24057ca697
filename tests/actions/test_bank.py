"""A bank's file held against what tills took by card: matched, gaps on both sides, and taken in again for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos import clock, config
from pos.actions import bank, run_settings
from pos.errors import Invalid, NotFound
from pos.store import bank as rows
from pos.store import companies
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import ImportRow
from tests import receipts

DAY = "2026-11-20"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(config.load(tmp_path, environ={}))
    keep(made, fee_percent="0.5", fee_cap="0.30", tolerance="0")
    yield made
    made.close()


def keep(store: Store, company: str = "main", **rule: Any) -> None:
    before = companies.kept(store, company, run_settings.PART)
    values = {**before.values, **rule.pop("settings", {}), "bank": rule}
    companies.keep(store, company, run_settings.PART, values, before, "test")


def card(store: Store, hour: int, price: str, cash: str = "", **more: Any) -> dict[str, Any]:
    """A receipt paid by card, at an hour of the day; cash: what of it was paid so."""
    paid = {"kind": "card", "mode_of_payment": "Card", "amount": receipts.amount(price) - receipts.amount(cash or 0)}
    payments = [{**paid, "change": receipts.amount(0)}]
    if cash:
        by_cash = {"kind": "cash", "mode_of_payment": "Cash", "amount": receipts.amount(cash)}
        payments.append({**by_cash, "change": receipts.amount(0)})
    with clock.set_to(NOON.replace(hour=hour)):
        journal = Journal(store)
        line = receipts.line("MUG", more.pop("qty", 1), str(abs(Decimal(price))))
        try:
            return journal.commit(receipts.sale(line, payments=payments, **more)).doc
        finally:
            journal.close()


def file(*lines: str, heading: str = "Date,Description,Amount") -> bytes:
    return "\n".join([heading, *lines, ""]).encode()


def take(store: Store, body: bytes, company: str = "main", **how: str) -> rows.File:
    with clock.set_to(NOON):
        return bank.upload(store, company, "bank.csv", body, how, "Ann")


def gaps(store: Store, company: str = "main") -> tuple[list[str], list[str]]:
    found = bank.of_days(store, company, DAY, DAY)
    return [one.number for one in found.open_takings], [one.text for one in found.open_lines]


def test_card_takings_are_matched_less_the_fee_and_both_gaps_are_listed(store: Store) -> None:
    card(store, 10, "20.00")  # 19.90 at the bank
    card(store, 11, "100.00")  # the fee is capped at 0.30
    card(store, 12, "50.00", cash="20.00")  # 30.00 of it by card: 29.85
    card(store, 13, "9.00")
    card(store, 16, "-8.00", qty=-1)
    done = take(store, file(
        f"{DAY} 10:05,CARD A,19.90", f"{DAY} 11:05,CARD B,99.70", f"{DAY} 12:30,CARD C,29.85",
        f"{DAY} 16:10,CARD D,-8.00", f"{DAY} 18:00,RENT,-500.00", f"{DAY} 19:00,broken,ten",
    ))  # fmt: skip
    assert (done.new, done.known, done.rejected, done.day_from) == (5, 0, 1, DAY)
    assert gaps(store) == (["T1-000004"], ["RENT"])
    found = bank.of_days(store, "main", DAY, DAY)
    by_number = {one.number: one for one in found.takings}
    assert {name: (one.amount, one.mixed) for name, one in by_number.items()} == {
        "T1-000001": (2000, False), "T1-000002": (10000, False), "T1-000003": (3000, True), "T1-000004": (900, False),
        "T1-000005": (-800, False),
    }  # fmt: skip
    assert {found.matches[one.id].fee for one in found.takings if one.id in found.matches} == {10, 30, 15, 0}
    told, (reject,) = rows.rejects(store, "main", done.n)
    assert (told.rejected, reject.line, reject.text) == (1, 7, f"{DAY} 19:00,broken,ten")


def test_a_voided_sale_is_looked_for_nowhere(store: Store) -> None:
    sold = card(store, 10, "20.00")
    card(store, 11, "20.00")
    with clock.set_to(NOON):
        journal = Journal(store)
        back = receipts.refund(sold)
        payments = [{**sold["payments"][0], "amount": -sold["payments"][0]["amount"]}]
        journal.commit({**back, "kind": "void", "payments": payments})
        journal.close()
    take(store, file(f"{DAY} 10:05,CARD,19.90", heading="Date,Description,Amount"))
    found = bank.of_days(store, "main", DAY, DAY)
    assert [one.number for one in found.takings] == ["T1-000002"]
    assert gaps(store) == ([], [])


def test_the_same_file_again_changes_nothing_and_a_longer_one_adds_what_is_new(store: Store) -> None:
    card(store, 10, "20.00")
    body = file(f"{DAY} 10:05,CARD,19.90", f"{DAY} 10:05,CARD,19.90")
    take(store, body)
    before = store.execute("SELECT n, row_key, amount FROM bank_row ORDER BY n").fetchall()
    matched = bank.of_days(store, "main", DAY, DAY).matches
    again = take(store, body)
    assert (again.new, again.known) == (0, 2)
    assert store.execute("SELECT n, row_key, amount FROM bank_row ORDER BY n").fetchall() == before
    assert bank.of_days(store, "main", DAY, DAY).matches == matched
    more = take(store, file(f"{DAY} 12:00,RENT,-5.00", f"{DAY} 10:05,CARD,19.90", f"{DAY} 10:05,CARD,19.90"))
    assert (more.new, more.known) == (1, 2)
    assert gaps(store) == ([], ["CARD", "RENT"])


def test_a_taking_that_comes_later_finds_its_line_when_its_day_is_matched_again(store: Store) -> None:
    take(store, file(f"{DAY} 10:05,CARD,19.90"))
    assert gaps(store) == ([], ["CARD"])
    card(store, 10, "20.00")
    bank.rematch(store, "main", DAY)
    assert gaps(store) == ([], [])


def test_a_line_of_the_night_is_of_the_day_before_and_used_once(store: Store) -> None:
    card(store, 23, "20.00")
    take(store, file("2026-11-21 00:30,CARD,19.90"))
    assert gaps(store) == ([], [])
    for day in ("2026-11-21", DAY, "2026-11-21"):
        bank.match_days(store, "main", day, day)
    assert store.execute("SELECT count(*) FROM bank_match").fetchone()[0] == 1
    assert bank.of_days(store, "main", "2026-11-21", "2026-11-21").open_lines == []


def test_columns_are_chosen_and_a_file_that_lacks_one_is_refused_with_what_it_has(store: Store) -> None:
    card(store, 10, "20.00")
    body = file("20/11/2026 10:05;19,90;CARD", heading="Booked;Value;Who")
    with pytest.raises(Invalid) as refused:
        take(store, body)
    assert "Date, Amount, Description" in refused.value.message and "Booked, Value, Who" in refused.value.message
    keep(store, settings={"csv": {"decimal": ","}}, fee_percent="0.5", tolerance="0")
    how = {"date_column": "Booked", "amount_column": "value", "text_column": "Who", "date_format": "%d/%m/%Y"}
    assert take(store, body, **how).new == 1
    assert gaps(store) == ([], [])
    for bad in (b"", b"x" * (bank.BYTES_MAX + 1)):
        with pytest.raises(Invalid):
            take(store, bad)


def test_an_export_of_another_till_is_matched_by_receipt_and_mixed_ones_are_told_apart(store: Store) -> None:
    keep(store, settings={"source": "csv"}, fee_percent="0", tolerance="0")
    for n, (at, tender, gross) in enumerate((
        ("T10:00:00", "Card", 500), ("T10:00:00", "Card", 700), ("T11:00:00", "Cash", 900),
        ("T12:00:00", "Cash/Card", 900), ("", "Visa", 300),
    )):  # fmt: skip
        ImportRow.create(company="main", row_key=f"k{n}", file=1, day=DAY, at=f"{DAY}{at}", tender=tender, gross=gross)
    take(store, file(f"{DAY} 10:20,A,12.00", f"{DAY},B,3.00", f"{DAY} 12:01,C,9.00"))
    found = bank.of_days(store, "main", DAY, DAY)
    assert [(one.way, one.amount, one.unclear, one.id in found.matches) for one in found.takings] == [
        ("Card", 1200, False, True), ("Cash/Card", 900, True, False), ("Visa", 300, False, True),
    ]  # fmt: skip
    assert [one.text for one in found.open_lines] == ["C"], "how much of it was by card, nobody said"


def test_companies_are_kept_apart(tmp_path: Path) -> None:
    store = open_store(config.load(tmp_path, environ={"TILLKEEP_SERVER_ROLE": "hub"}))
    companies.add(store, "north", "Boreal Ltd", "test", currency="JPY")
    body = file(f"{DAY} 10:05,CARD,1990")
    mine, theirs = take(store, body), take(store, body, "north")
    assert (mine.new, theirs.new) == (1, 1), "the same line is one of each"
    assert [one.amount for one in rows.lines(store, "main", DAY, DAY)] == [199000]
    assert [one.amount for one in rows.lines(store, "north", DAY, DAY)] == [1990], "in the company's own currency"
    with pytest.raises(NotFound):
        rows.rejects(store, "main", theirs.n)
    store.close()
