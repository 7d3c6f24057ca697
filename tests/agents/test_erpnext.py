"""The whole way, against the emulator of ERPNext: a sale at the till, one submitted invoice there, to the penny."""

from __future__ import annotations

import time as real_time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents import sync_in, sync_out
from pos.config import Config
from pos.rules import documents
from pos.runner import Runner
from pos.store import connections, notices, outbox
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Document, Item, Outbox
from tests import receipts
from tests.contract import sites
from tests.contract.emulators.erpnext import Emulator
from tests.store.looking import bytes_of

CODES = ("STD", "RED", "ZER")


@pytest.fixture
def erpnext() -> Iterator[Emulator]:
    with Emulator(sites.basket_site()) as running:
        yield running


@pytest.fixture
def till(tmp_path: Path, erpnext: Emulator) -> Config:
    return sites.till_config(
        tmp_path, erpnext.url, TILLKEEP_ERPNEXT_SETTLE_SECONDS="1", TILLKEEP_ERPNEXT_PROBE_SECONDS="1"
    )


@pytest.fixture
def here(till: Config) -> Iterator[Store]:
    opened = open_store(till)
    connections.keep_facts(opened, "erpnext", sites.learned(till))
    yield opened
    opened.close()


@pytest.fixture
def runner(here: Store, till: Config) -> Runner:
    """Rounds by hand: no threads."""
    return Runner(here, till, [sync_out.AGENT, sync_in.AGENT])


@pytest.fixture
def writer(here: Store, runner: Runner) -> Iterator[Journal]:
    journal = Journal(here)
    yield journal
    journal.close()


def sale(**more: Any) -> dict[str, Any]:
    """Two at 20%, tax included."""
    return receipts.sale(receipts.line("STD", 2, "12.00", tax_code=sites.STANDARD), customer="Walk-in", **more)


def send(runner: Runner, rounds: int = 3) -> None:
    for _ in range(rounds):
        assert runner.once("sync_out", "erpnext")


def until(true: Callable[[], object], seconds: float = 60) -> bool:
    end = real_time.monotonic() + seconds
    while real_time.monotonic() < end:
        if true():
            return True
        real_time.sleep(0.05)
    return bool(true())


def invoices(erpnext: Emulator) -> list[Any]:
    return [d for d in erpnext.site.docs["Sales Invoice"].values() if d["docstatus"] == 1]


def test_a_sale_is_one_submitted_invoice_equal_to_the_penny(erpnext: Emulator, writer: Journal, runner: Runner) -> None:
    sold = writer.commit(sale()).doc
    send(runner)
    row = Outbox.get()
    assert (row.state, row.message, row.difference) == ("booked", "", "")
    (booked,) = invoices(erpnext)
    assert (booked["pos_receipt_id"], f"{booked['grand_total']:.2f}") == (sold["id"], "24.00")


def test_a_return_is_linked_to_its_sale_row_by_row(erpnext: Emulator, writer: Journal, runner: Runner) -> None:
    sold = writer.commit(sale()).doc
    line = sold["items"][0]
    back = receipts.line(
        "STD", -1, "12.00", tax_code=sites.STANDARD,
        return_against={"id": sold["id"], "invoice_name": sold["invoice_name"], "line": line["line"]},
    )  # fmt: skip
    writer.commit(receipts.sale(back, customer="Walk-in"))
    send(runner)
    assert [r.state for r in Outbox.select()] == ["booked", "booked"]
    original, returned = invoices(erpnext)
    assert returned["return_against"] == original["name"]
    assert returned["items"][0]["sales_invoice_item"] == original["items"][0]["name"]


@pytest.mark.parametrize(
    "fault",
    ["deadlock", "lock_timeout", "html_500", "html_502_after", "reset_before", "reset_after", "half_answer", "garbage"],
)
def test_whatever_breaks_it_is_booked_once(
    erpnext: Emulator, writer: Journal, runner: Runner, here: Store, fault: str
) -> None:
    erpnext.faults.next(fault, hits="writes", times=2)
    sold = [writer.commit(sale()).doc["id"] for _ in range(3)]

    def settled() -> bool:
        with here.transaction():
            Outbox.update(next_at="").where(Outbox.state == "queued").execute()
        runner.once("sync_out", "erpnext")
        return Outbox.select().where(Outbox.state == "booked").count() == 3

    assert until(settled)
    assert sorted(d["pos_receipt_id"] for d in invoices(erpnext)) == sorted(sold)


def test_the_site_goes_away_and_comes_back(erpnext: Emulator, writer: Journal, here: Store, till: Config) -> None:
    erpnext.maintenance = True
    running = Runner(here, till, [sync_out.AGENT])
    running.start(work=True)
    try:
        writer.commit(sale())
        running.ring("sale")
        assert until(lambda: connections.line(here, "erpnext").offline_since)
        erpnext.maintenance = False
        assert until(lambda: Outbox.get().state == "booked", 60)
        assert connections.line(here, "erpnext").offline_since == ""
    finally:
        running.stop()


def test_a_site_without_set_up_gets_nothing_and_goes_on_after_setup(
    erpnext: Emulator, writer: Journal, runner: Runner, here: Store, till: Config
) -> None:
    learned = connections.facts(here, "erpnext")
    connections.keep_facts(here, "erpnext", {})
    writer.commit(sale())
    send(runner)
    assert (Outbox.get().state, Outbox.get().tries) == ("queued", 0)
    assert "set up" in notices.open_notices(here, level="needs")[0].text
    connections.keep_facts(here, "erpnext", learned)
    send(runner)
    assert Outbox.get().state == "booked"
    assert notices.open_notices(here, level="needs") == []


def test_the_catalogue_comes_in(erpnext: Emulator, runner: Runner, here: Store) -> None:
    for _ in range(5):
        runner.once("sync_in", "erpnext")
    found = {i.code: i for i in Item.select()}
    assert set(CODES) <= found.keys()
    assert connections.mark(here, "erpnext", "items").checked_at


def test_every_receipt_sent_is_still_the_one_in_the_file(
    erpnext: Emulator, writer: Journal, runner: Runner, till: Config
) -> None:
    committed = writer.commit(sale())
    send(runner)
    assert bytes_of(writer.store, committed) == committed.body
    assert documents.verify(Document.get().body.encode())["id"] == committed.doc["id"]
    assert outbox.counts(writer.store).booked == 1
