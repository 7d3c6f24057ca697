"""What happens meanwhile: a person decides while a session is at that very record, a company file is put back from a
backup, a clock there is wrong, rules change between two sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pos.actions import conductor_conflicts
from pos.connectors.conductor.client import Client, Page
from tests.contract.conductor_pulls import Pulls, pulls_at
from tests.contract.emulators.conductor import Conductor

CUSTOMER = "qbd_customer"


@pytest.fixture
def there() -> Iterator[Conductor]:
    with Conductor() as running:
        yield running
        assert running.broken == []


@pytest.fixture
def bench(there: Conductor, tmp_path: Path) -> Iterator[Pulls]:
    with pulls_at(tmp_path, there) as made:
        yield made


@pytest.mark.parametrize("when", ["retrieve", "update"])
def test_what_a_person_decides_while_that_record_is_being_sent_stands(
    bench: Pulls, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    bench.rules(customers={"winner": "ask", "fields": {}})
    (ada,) = bench.customers(1)
    key = f"QBD-{ada}"
    bench.pull("customers")
    bench.change(CUSTOMER, key, phone="1")
    bench.there.file.edit("customers", ada, phone="2")
    bench.passes(600)
    bench.pull("customers")
    waiting = [one.id for one in bench.conflicts()]
    bench.change(CUSTOMER, key, email="ada@x.example")
    whole = getattr(Client, when)

    def does(self: Client, *given: Any) -> Any:
        answer = whole(self, *given)
        while waiting:
            conductor_conflicts.decide(bench.store, "main", waiting.pop(), "ours", "7")
        return answer

    monkeypatch.setattr(Client, when, does)
    bench.push("customers")
    bench.push("customers")
    row = bench.there.file.row("customers", ada)
    assert bench.conflicts() == [] and (row["phone"], row["email"]) == ("1", "ada@x.example")


def test_a_row_that_comes_twice_in_one_page_is_one_record(bench: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.customers(3)
    whole = Client.page

    def page(self: Client, *given: Any, **filters: Any) -> Page:
        found = whole(self, *given, **filters)
        return replace(found, rows=found.rows + found.rows[:1])

    monkeypatch.setattr(Client, "page", page)
    assert bench.pull("customers") == (3, 0, 0) and len(bench.every(CUSTOMER)) == 3


def test_a_clock_there_that_was_hours_ahead_hides_no_change(bench: Pulls) -> None:
    bench.there.file.clock = lambda: bench.moment + dt.timedelta(hours=20)
    bench.customers(1)
    bench.pull("customers")
    bench.there.file.clock = lambda: bench.moment
    bench.passes(3600)
    late = bench.there.file.put("customers", name="After it was put right")["id"]
    bench.pull("customers")
    assert bench.of(CUSTOMER, late).title == "After it was put right"
