"""Whatever fails on the way to QuickBooks Online, the money is there once. Longer: `tasks.py faults --target qbo`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pos.actions import deliver
from pos.connectors.qbo import pace
from tests.contract import qbo_books, qbo_faults
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo_faults import Faults


@pytest.fixture(scope="module")
def beside() -> Iterator[qbo_faults.Other]:
    started = qbo_faults.Other()
    yield started
    started.end()


@pytest.mark.parametrize(("grain", "seed"), [("day", 2), ("receipt", 5)])
def test_whatever_fails_the_money_of_each_day_is_there_once(
    tmp_path: Path, grain: str, seed: int, beside: qbo_faults.Other
) -> None:
    result = qbo_faults.one_run(tmp_path, seed, 9, grain, beside)
    assert result.wrong == []
    assert result.documents >= 6
    assert sum(result.failures.values()) > 5
    assert result.at_once > 1
    assert result.renewals > 1


@pytest.mark.parametrize(("seconds", "documents"), [(150, 1), (0, 2)])
def test_only_the_wait_keeps_what_is_booked_late_from_being_booked_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int, documents: int
) -> None:
    """The control: a company that forgets requestids and takes any number, and a till that does not wait."""
    monkeypatch.setattr(pace, "APART_SECONDS", 0.0)
    with qbo_books.shop(tmp_path) as shop:
        switches = shop.site.gb.switches
        switches.requestid_memory, switches.duplicate_check = dt.timedelta(0), False
        shop.sell()
        shop.next_day()
        shop.site.emulator.faults = Faults(3)
        shop.site.emulator.faults.next("late")
        for _ in range(12):
            deliver.queued(replace(shop.job(), settle_seconds=seconds))
            shop.passes(2)
        shop.passes(200)
        for _ in range(3):
            deliver.queued(replace(shop.job(), settle_seconds=seconds))
            shop.passes(200)
        assert shop.states() == ["booked"]
        assert len(shop.site.cloud.documents()[shops.GB]) == documents
        shop.journal.close()


def test_the_judge_sees_a_lost_a_doubled_and_a_changed_document(tmp_path: Path) -> None:
    """The control: a proof that cannot fail proves nothing."""
    with qbo_books.shop(tmp_path) as shop:
        run = qbo_faults.Run(shop, 1)
        shop.site.emulator.faults.on = False
        run.result.receipts = 3
        for way, price in (("Cash", "1.50"), ("Card", "2.00")):
            shop.sell(price, way)
            run.sold["2026-11-20", qbo_faults.WAYS[way], "in"] += Decimal(price)  # type: ignore[assignment]
        shop.next_day()
        shop.round()
        run.judge()
        assert run.result.wrong == []
        cash, card = sorted(shop.there(), key=lambda doc: doc["DocNumber"])
        shop.site.gb.remove("SalesReceipt", cash["Id"])
        body = {k: v for k, v in card.items() if k not in ("entity", "Id", "SyncToken", "MetaData")}
        shop.site.gb.seed("SalesReceipt", **{**body, "TotalAmt": Decimal("1.99")})
        run.judge()
        shop.journal.close()
    assert [sentence.split(" ", 1)[1] for sentence in run.result.wrong] == [
        "'TK-261120-LON-CD') is there 2 times",
        "says 1.99, its lines 2.00",
        "91 in: 0 there, 1.50 sold",
        "92 in: 3.99 there, 2.00 sold",
    ]
