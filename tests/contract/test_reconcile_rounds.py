"""When till and books are held side by side: after a Z, every night, when somebody asks; bounded, and as a command."""

from __future__ import annotations

import os
import time as real_time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agents import zread
from pos.actions import reconcile, verdicts
from pos.connectors.base import BOOKED_MAX
from pos.connectors.erpnext import holdings
from pos.runner import Runner
from pos.store import connections, reconciliations
from tests import spawned
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.reconciled import cancelled, close, copied, invoice, look, sale, session, told, traded
from tests.contract.tills import Till, till


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Till]:
    with till(tmp_path) as shop:
        yield shop


# -- the agent ---------------------------------------------------------------------------------------------------------


def test_a_round_looks_at_the_closed_session_and_its_day_and_reads_each_document_once(here: Till) -> None:
    traded(here)
    here.emulator.requests.clear()
    done = reconcile.round_on(here.job)
    assert (done.match, done.mismatch, done.not_run, done.again_in) == (2, 0, 0, None)
    asked = [
        path
        for _, path in here.emulator.requests
        if "Sales%20Invoice?" in path and "pos_receipt_id%22%2C+%22in" in path
    ]
    assert len(asked) == 1
    assert reconcile.planned(here.job) == []


def test_what_somebody_cancels_days_later_is_found_by_the_daily_look(here: Till) -> None:
    sold = traded(here)[0]
    reconcile.round_on(here.job)
    here.later(5 * 86400)
    reconcile.round_on(here.job)
    cancelled(here, sold)
    assert reconcile.planned(here.job) == []
    here.later(86400)
    assert reconcile.round_on(here.job).mismatch == 2
    assert len(told(here)) == 1


def test_an_open_difference_is_looked_at_again_however_old_and_a_match_is_not(here: Till) -> None:
    sold = traded(here)[0]
    cancelled(here, sold)
    reconcile.round_on(here.job)
    here.later(60 * 86400)
    assert {scope.scope for scope in reconcile.planned(here.job)} == {"session", "day"}
    invoice(here, sold)["docstatus"] = 1
    reconcile.round_on(here.job)
    assert told(here) == []
    here.later(86400)
    assert reconcile.planned(here.job) == []


def test_a_round_waits_for_what_is_not_sent_and_tries_again(here: Till) -> None:
    here.commit(sale())
    close(here)
    done = reconcile.round_on(here.job)
    assert (done.not_run, done.again_in) == (2, reconcile.WAITING_SECONDS)
    assert "1 document is not sent yet" in done.sentence()
    here.round()
    assert reconcile.round_on(here.job).match == 2


def test_while_the_line_is_away_nobody_who_asked_is_kept_waiting(here: Till) -> None:
    traded(here)
    reconcile.round_on(here.job)
    verdicts.want(here.store, here.config, "dora")
    here.emulator.maintenance = True
    done = reconcile.round_on(here.job)
    assert done.again_in == reconcile.AWAY_SECONDS
    briefs = reconciliations.briefs(here.store)
    assert {(b.verdict, b.outcome, b.code, b.wanted_at) for b in briefs} == {("match", "not_run", "line", "")}


def test_the_agent_is_rung_by_a_z(tmp_path: Path, here: Till) -> None:
    assert "z" in zread.AGENT.rings
    traded(here)
    runner = Runner(here.store, here.config, [zread.AGENT])
    assert runner.once("zread", "erpnext")
    assert {b.verdict for b in reconciliations.briefs(here.store)} == {"not_run"}  # setup was not kept for this process
    connections.keep_facts(here.store, "erpnext", here.job.memory.facts)
    assert runner.once("zread", "erpnext")
    assert {b.verdict for b in reconciliations.briefs(here.store)} == {"match"}


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_ends_with_0_1_or_2(here: Till, tmp_path: Path) -> None:
    connections.keep_facts(here.store, "erpnext", here.job.memory.facts)
    sold = traded(here)[0]
    name = session(here).name
    assert command(here, tmp_path, "--session", name) == (0, f"MATCH     erpnext: session {name}: 3 here, 3 there")
    cancelled(here, sold)
    code, said = command(here, tmp_path, "--day", sold["business_day"])
    assert (code, f"{sold['invoice_name']}: cancelled there." in said) == (1, True)
    invoice(here, sold)["docstatus"] = 1
    look(here)
    here.emulator.maintenance = True
    code, said = command(here, tmp_path, "--session", name)
    assert (code, said.startswith(f"NOT RUN   erpnext: session {name}: ")) == (2, True)


def command(shop: Till, root: Path, *words: str) -> tuple[int, str]:
    """The command in a process of its own, as a person calls it: its exit code, and what it prints before the books."""
    shop.store.release()
    environ = {
        **os.environ, "ERPNEXT_URL": shop.emulator.url, "ERPNEXT_API_KEY": shops.TILL[0],
        "ERPNEXT_API_SECRET": shops.TILL[1], "TILLKEEP_TILL_WALK_IN": "Walk-in",
    }  # fmt: skip
    done = spawned.run(["--root", str(root), "reconcile", *words], environ, 60)
    return done.returncode, done.stdout.split("\nNOT RUN   Books")[0]


@pytest.mark.long
def test_two_thousand_receipts_are_read_in_pages(here: Till) -> None:
    """Bounded questions and time: the line of a small shop and the smallest of machines."""
    count = 2000
    (first,) = traded_before_the_rest(here, count)
    there = invoice(here, first)
    for n, key, number in here.store.execute("SELECT n, id, number FROM document WHERE kind = 'sale' AND n > 1"):
        ours = there["remarks"].replace(first["invoice_name"], number)
        copied(here, there, f"ACC-SINV-2026-{n + 10000}", pos_receipt_id=key, remarks=ours)
    here.emulator.requests.clear()
    began = real_time.monotonic()
    found = look(here)
    seconds = real_time.monotonic() - began
    assert (found.verdict, found.here, found.there) == ("match", count, count)
    assert len(here.emulator.requests) <= 4 * (count // BOOKED_MAX + 1) + count // holdings.LISTED_ROWS + 5
    assert seconds < 30


def traded_before_the_rest(shop: Till, count: int) -> list[dict[str, Any]]:
    """A closed session of which the first sale was sent, and the others are as good as sent."""
    first = shop.commit(sale())
    shop.round()
    with ThreadPoolExecutor(16) as many:  # they share the flushes
        list(many.map(lambda _: shop.journal.commit(sale()), range(count - 1)))
    close(shop)
    shop.store.execute("UPDATE outbox SET state = 'booked'")
    return [first]
