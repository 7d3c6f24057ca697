"""A server that is killed while it sends, again and again: at the end each document is there once."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from pos.store import connections, outbox
from pos.store.db import open_store
from pos.store.journal import Journal
from pos.store.models import Outbox
from tests import receipts
from tests.contract import sites
from tests.contract.emulators.erpnext import Emulator
from tests.till_process import Till

SALES = 40
KILLS = 2


@pytest.mark.crash
def test_a_server_killed_while_it_sends_books_each_document_once(tmp_path: Path) -> None:
    with Emulator(sites.basket_site()) as erpnext:
        config = sites.till_config(tmp_path, erpnext.url, TILLKEEP_ERPNEXT_SETTLE_SECONDS="1")
        sold = _sell(config)
        env = {
            "ERPNEXT_URL": erpnext.url,
            "ERPNEXT_API_KEY": config.erpnext.api_key,
            "ERPNEXT_API_SECRET": config.erpnext.api_secret,
            "TILLKEEP_TILL_WALK_IN": "Walk-in",
            "TILLKEEP_ERPNEXT_SETTLE_SECONDS": "1",
        }
        erpnext.delay_seconds = 0.02
        when = random.Random(7)
        till = Till(tmp_path, env=env)
        for kill in range(1, KILLS + 1):
            till.start()
            _until(lambda least=SALES * kill // (KILLS + 2): len(_booked(erpnext)) >= least)
            time.sleep(when.uniform(0.0, 0.15))
            till.process.kill()
            till.process.wait()
            till.log.close()
        with till:
            _until(lambda: len(_booked(erpnext)) == SALES)
            time.sleep(2)
    store = open_store(config)
    states = {state for (state,) in store.execute("SELECT state FROM outbox")}
    counted = outbox.counts(store)
    store.close()
    assert sorted(_booked(erpnext)) == sorted(sold)
    assert (states, counted) == ({"booked"}, outbox.Counts(SALES, SALES, 0, 0))


def _sell(config: sites.Config) -> list[str]:
    store = open_store(config)
    connections.keep_facts(store, "erpnext", sites.learned(config))
    connections.sync(store, [("erpnext", "erpnext", "ERPNext", config.erpnext.url)])
    journal = Journal(store)
    line = {"code": "STD", "qty": 1, "price": "12.00", "tax_code": sites.STANDARD}
    sold = [journal.commit(receipts.sale(receipts.line(**line), customer="Walk-in")).doc["id"] for _ in range(SALES)]
    assert Outbox.select().count() == SALES
    journal.close()
    store.close()
    return sold


def _booked(erpnext: Emulator) -> list[str]:
    return [d["pos_receipt_id"] for d in list(erpnext.site.docs["Sales Invoice"].values()) if d["docstatus"] == 1]


def _until(true: object, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not get there"
        time.sleep(0.02)
