"""Two-way with QuickBooks Online when answers are lost and workers die: each record once, nothing left hanging."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import qbo_push, qbo_sync
from pos.connectors.qbo.client import Client
from pos.store import record_links, records, sync_jobs
from tests.contract import qbo_sites
from tests.contract.qbo_office import LINE, Office

START = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


class Shop(Office):
    """Its clock and theirs are one, and stand until they are moved."""

    moment = START

    def passes(self, **how: float) -> None:
        Shop.moment += dt.timedelta(**how)
        self.site.cloud.clock.advance(**how)
        self.site.emulator.wait_idle()

    def rounds(self, job: int, most: int = 6) -> str:
        """Rounds until the job ended; its state."""
        for _ in range(most):
            self.round()
            if (state := sync_jobs.get(self.store, "main", job).state) not in sync_jobs.OPEN:
                return state
            self.passes(seconds=160)
        return state


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    Shop.moment = START
    with qbo_sites.running(qbo_sites.standing(START)) as site, clock.set_to(lambda: Shop.moment):
        made = Shop(tmp_path, site)
        try:
            yield made
        finally:
            made.store.close()


def ready(shop: Shop) -> None:
    shop.add("customer", "C1", name="Ann")
    shop.add("item", "A", name="Bell", price="1.20")
    shop.job("push", "customers", "items")


@pytest.mark.parametrize(
    ("kind", "fault"),
    [("customer", "reset_after"), ("customer", "late"), ("invoice", "reset_before"), ("invoice", "half_answer"),
     ("invoice", "system_after"), ("invoice", "late")],
)  # fmt: skip
def test_a_lost_answer_makes_one_record_there(shop: Shop, kind: str, fault: str) -> None:
    ready(shop)
    if kind == "customer":
        shop.add("customer", "C2", name="Ben", phone="1")
        resource, entity, before = "customers", "Customer", len(shop.gb.documents("Customer"))
    else:
        shop.add("invoice", "I1", [LINE], date="2026-11-20", customer="C1")
        resource, entity, before = "invoices", "Invoice", 0
    shop.site.emulator.faults.next(fault, hits="writes")
    (number,) = qbo_sync.ask(shop.store, shop.config, "main", "push", [resource], "7")
    assert shop.rounds(number) == "synced"
    assert len(shop.gb.documents(entity)) == before + 1
    link = shop.link(kind, "C2" if kind == "customer" else "I1")
    assert (link.state, link.request_id, link.sent) == ("synced", "", b"")


def test_what_was_booked_late_is_found_two_days_later(shop: Shop) -> None:
    """The memory of a requestid ends after a day."""
    ready(shop)
    shop.add("invoice", "I1", [LINE], date="2026-11-20", customer="C1")
    shop.site.emulator.faults.next("reset_after", hits="writes")
    (number,) = qbo_sync.ask(shop.store, shop.config, "main", "push", ["invoices"], "7")
    shop.round()
    assert sync_jobs.get(shop.store, "main", number).code == "asking"
    shop.passes(days=2)
    assert shop.rounds(number) == "synced"
    assert len(shop.gb.documents("Invoice")) == 1


def test_a_worker_that_dies_between_any_two_steps_leaves_one_record_and_a_job_that_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(shop)

    class Killed(BaseException):
        pass

    def dies(*_given: Any, **_named: Any) -> None:
        raise Killed

    create = Client.create

    def booked(self: Client, *given: Any) -> None:
        create(self, *given)
        raise Killed

    steps = [(record_links, "put", dies), (Client, "create", dies), (Client, "create", booked),
             (qbo_push, "_confirmed", dies), (sync_jobs, "went", dies), (sync_jobs, "end", dies)]  # fmt: skip
    for n, (module, name, instead) in enumerate(steps):
        key = f"I{n}"
        shop.add("invoice", key, [LINE], date="2026-11-20", customer="C1")
        (number,) = qbo_sync.ask(shop.store, shop.config, "main", "push", ["invoices"], "7")
        with monkeypatch.context() as patch:
            patch.setattr(module, name, instead)
            with pytest.raises(Killed):
                shop.round()
        shop.round()
        assert sync_jobs.get(shop.store, "main", number).state in sync_jobs.OPEN, "its lease holds a while"
        shop.passes(seconds=160)
        assert shop.rounds(number) in ("synced", "skipped")
        there = [one["DocNumber"] for one in shop.gb.documents("Invoice")]
        assert len(there) == len(set(there)) == n + 1, (name, there)
        assert shop.link("invoice", key).state == "synced"


def test_a_killed_pull_goes_on_from_its_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pos.actions.qbo_pull.PAGE_ROWS", 10)
    for n in range(35):
        shop.gb.seed("Customer", str(1000 + n), DisplayName=f"Customer {n}")
    query, asked = Client.query, list[int]()

    def counted(self: Client, *given: Any, **named: Any) -> Any:
        asked.append(given[3])
        if len(asked) == 3:
            raise KeyboardInterrupt
        return query(self, *given, **named)

    monkeypatch.setattr(Client, "query", counted)
    (number,) = qbo_sync.ask(shop.store, shop.config, "main", "pull", ["customers"], "7")
    with pytest.raises(KeyboardInterrupt):
        shop.round()
    assert records.count(shop.store, "main", "customer") == 19
    shop.passes(seconds=70)
    assert shop.rounds(number) == "synced"
    assert asked[2] == asked[3], "from the page it was at"
    assert records.count(shop.store, "main", "customer") == 38
