"""One notice lists the items that cost less at the till than in QuickBooks, and is settled when none is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import config
from pos.actions import cost_watch, qbo_lists
from pos.connectors.qbo.lists import Entry, Lists
from pos.store import notices
from pos.store.db import Store, open_store
from pos.store.models import ImportRow


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    made = open_store(config.load(tmp_path, environ={}))
    lists = Lists(items=(Entry("1", "Cola", sku="COLA", cost="0.6"), Entry("2", "Tea", cost="2")))
    monkeypatch.setattr(qbo_lists, "cached", lambda _store, _company: qbo_lists.Loaded(lists, "", ""))
    yield made
    made.close()


def sold(
    n: int, item: str, name: str, cost: int, qty: int = 1000, day: str = "2026-11-20", company: str = "main"
) -> None:
    ImportRow.create(company=company, row_key=f"{n}", file=1, day=day, at=day, item=item, name=name, qty=qty, cost=cost)


def told(store: Store) -> list[str]:
    return [str(one.text) for one in notices.open_notices(store, prefix="cost:")]


def test_one_notice_names_them_and_is_settled_when_they_are_right(store: Store) -> None:
    sold(1, "COLA", "Cola", 100)
    sold(2, "COLA", "Cola", 55)
    sold(3, "COLA", "Cola", 90, qty=2000)  # of one, or of both: nobody says
    assert [one.code for one in cost_watch.look(store, "main")] == ["COLA"], "the newest of a single piece counts"
    cost_watch.look(store, "main")
    (one,) = notices.open_notices(store, prefix="cost:")
    assert (one.count, one.subject) == (1, "quickbooks")
    assert "1 item costs less at the till than in QuickBooks: Cola (0.55 < 0.60), in GBP." in one.text
    sold(4, "", "Tea", 150)
    cost_watch.look(store, "main")
    assert len(told(store)) == 1 and "2 items" in told(store)[0]
    sold(5, "COLA", "Cola", 60)
    sold(6, "", "Tea", 200)
    assert cost_watch.look(store, "main") == []
    assert told(store) == []


def test_old_sales_and_those_of_another_company_say_nothing(store: Store) -> None:
    sold(1, "COLA", "Cola", 55, day="2026-01-01")
    sold(2, "MUG", "Mug", 55)
    sold(3, "COLA", "Cola", 55, company="north")
    assert cost_watch.look(store, "main") == []
