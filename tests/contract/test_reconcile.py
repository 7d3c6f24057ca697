"""Till and ERPNext side by side, read afresh: what somebody did over there is found, named, and gone when put right."""

from __future__ import annotations

import os
import subprocess
import sys
import time as real_time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agents import zread
from pos import clock
from pos.actions import reconcile, verdicts
from pos.connectors.base import BOOKED_MAX
from pos.connectors.erpnext import holdings
from pos.rules import receipt, shift
from pos.runner import Runner
from pos.store import connections, notices, reconciliations, scopes
from pos.store.reconciliations import Brief, Item
from pos.store.scopes import Scope
from tests import receipts
from tests.actions import drawer
from tests.conftest import REPO
from tests.contract import baskets, sites
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext_site import Refusal
from tests.contract.tills import Till, till

CLEO = shift.Maker("9", "Cleo", "GBP", "Cash", "Standard Selling")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Till]:
    with till(tmp_path) as shop:
        yield shop


def sale(pay: str = "cash", price: str = "12.00", qty: int = 2) -> dict[str, Any]:
    """At 20 %, tax included."""
    doc = receipts.sale(receipts.line("STD", qty, price, tax_code=sites.STANDARD), customer="Walk-in")
    doc["taxes"][0]["code"] = sites.STANDARD
    if pay == "card":
        doc["payments"][0] |= {"kind": "card", "mode_of_payment": "Card"}
        doc["tender"], doc["cash_given"] = "card", Decimal(0)
    receipt.check(doc)
    return doc


def close(shop: Till) -> dict[str, Any]:
    """The drawer is counted as expected, and the session closed by its Z."""
    counter = SimpleNamespace(store=shop.store, config=shop.store.config, journal=shop.journal)
    done: dict[str, Any] = drawer.finish(counter, f"{drawer.expected(counter)}").doc  # type: ignore[arg-type]
    return done


def traded(shop: Till, *docs: dict[str, Any]) -> list[dict[str, Any]]:
    """A session with these sales, closed, everything sent."""
    sold = [shop.commit(doc) for doc in docs or (sale(), sale("card"), sale(price="5.00"))]
    close(shop)
    shop.round()
    return sold


def session(shop: Till) -> Scope:
    name = shop.store.execute("SELECT id FROM session ORDER BY number DESC LIMIT 1").fetchone()[0]
    return scopes.session_of(shop.store, name)


def look(shop: Till, scope: Scope | None = None) -> Brief:
    found = reconcile.look(shop.job, scope or session(shop))
    assert found is not None
    return found


def items(shop: Till, scope: Scope | None = None) -> list[Item]:
    return reconciliations.items(shop.store, "erpnext", scope or session(shop), 50)[0]


def told(shop: Till) -> list[str]:
    return [n.text for n in notices.open_notices(shop.store, prefix="reconcile:")]


def invoice(shop: Till, doc: dict[str, Any]) -> dict[str, Any]:
    (found,) = shop.invoices(doc["id"])
    return found


def copied(shop: Till, there: dict[str, Any], name: str, **changes: Any) -> dict[str, Any]:
    """The same invoice once more under another name, as somebody makes it there by hand."""
    made = {k: v for k, v in there.items() if k not in ("name", "doctype")} | changes
    for table in ("items", "taxes", "payments"):
        made[table] = [{k: v for k, v in row.items() if k != "name"} for row in there[table]]
    return shop.emulator.site.put("Sales Invoice", name, **made)


# -- both sides equal --------------------------------------------------------------------------------------------------


def test_a_session_matches_in_every_sum(here: Till) -> None:
    traded(here)
    found = look(here)
    assert (found.verdict, found.outcome, found.open, found.here, found.there) == ("match", "match", 0, 3, 3)
    standing = reconciliations.standing(here.store, "erpnext", session(here))
    assert standing is not None
    sums = {(row.of, row.name): (row.ours, row.theirs) for row in standing.rows}
    assert sums == {
        ("total", ""): (5800, 5800),
        ("tenders", "Card"): (2400, 2400),
        ("tenders", "Cash"): (3400, 3400),
        ("taxes", sites.VAT): (967, 967),
        ("goods", "20%"): (5800, 5800),
    }
    assert told(here) == []


def test_a_mixed_day_matches_with_returns_exchanges_accounts_and_the_cash_of_the_drawer(here: Till) -> None:
    drawer.start(here)  # type: ignore[arg-type]
    while len(here.world.sold) < 12:
        doc = baskets.random_sale(here.chance, here.world)
        if doc is not None:
            here.commit(doc)
    for _ in range(6):
        doc = baskets.random_return(here.chance, here.world)
        if doc is not None:
            here.commit(doc)
    for kind, amount in (("paid_out", "20.00"), ("paid_in", "5.00"), ("drop", "50.00")):
        drawer.move(here, kind, amount)  # type: ignore[arg-type]
    till_is_short = drawer.expected(here) - 1  # type: ignore[arg-type]
    z = drawer.finish(here, f"{till_is_short}", reason="Wrong change given").doc  # type: ignore[arg-type]
    assert z["z"]["count"]["variance"] == -1
    while here.round().left:
        here.later(60)
    found = look(here)
    assert (found.verdict, found.open) == ("match", 0), [(i.number, i.what, i.words) for i in items(here)]
    standing = reconciliations.standing(here.store, "erpnext", session(here))
    assert standing is not None
    cash = next(row for row in standing.rows if (row.of, row.name) == ("tenders", "Cash"))
    sold = sum(t["net"] for t in z["z"]["tenders"] if t["kind"] == "cash")
    moved = -Decimal(20) + 5 - 50 - 1
    assert cash.ours == cash.theirs == int((sold + moved) * 100)
    entry = next(iter(here.emulator.site.docs["Payment Entry"].values()))
    entry["docstatus"] = 2
    assert look(here).open == 1
    (item,) = items(here)
    assert (item.what, item.part, item.here and item.here["tenders"]) == ("cancelled", "cash", {"Cash": -5000})


# -- what somebody did there -------------------------------------------------------------------------------------------


def cancelled(shop: Till, doc: dict[str, Any]) -> None:
    there = invoice(shop, doc)
    there["docstatus"], there["status"] = 2, "Cancelled"


def amount_changed(shop: Till, doc: dict[str, Any]) -> None:
    there = invoice(shop, doc)
    there["items"][0]["amount"] = there["grand_total"] = there["paid_amount"] = 23.0
    there["payments"][0]["amount"] = 23.0


def missing(shop: Till, doc: dict[str, Any]) -> None:
    del shop.emulator.site.docs["Sales Invoice"][invoice(shop, doc)["name"]]


def to_cash(shop: Till, doc: dict[str, Any]) -> None:
    invoice(shop, doc)["payments"][0]["mode_of_payment"] = "Cash"


def tax_altered(shop: Till, doc: dict[str, Any]) -> None:
    invoice(shop, doc)["taxes"][0]["tax_amount_after_discount_amount"] = 3.99


def back_to_draft(shop: Till, doc: dict[str, Any]) -> None:
    invoice(shop, doc)["docstatus"] = 0


def other_day(shop: Till, doc: dict[str, Any]) -> None:
    invoice(shop, doc)["posting_date"] = "2026-11-19"


@pytest.mark.parametrize(
    ("happened", "what", "words", "there"),
    [
        (cancelled, "cancelled", "", 5800 - 2400),
        (amount_changed, "differs", "total is 23.00, not 24.00", 5700),
        (missing, "missing", "", 5800 - 2400),
        (to_cash, "differs", "Cash payment is 24.00, not 0.00", 5800),
        (tax_altered, "differs", f"tax on {sites.VAT} is 3.99, not 4.00", 5800),
        (back_to_draft, "draft", "", 5800 - 2400),
        (other_day, "differs", "posting date is 2026-11-19, not", 5800),
    ],
)
def test_what_was_done_there_is_found_and_names_the_receipt(
    here: Till, happened: Callable[[Till, dict[str, Any]], None], what: str, words: str, there: int
) -> None:
    card = traded(here)[1]
    happened(here, card)
    found = look(here)
    assert (found.verdict, found.open, found.total_here, found.total_there) == ("mismatch", 1, 5800, there)
    (item,) = items(here)
    assert (item.what, item.number, item.document) == (what, card["invoice_name"], card["id"])
    assert words in item.words
    assert item.here is not None
    assert item.here["tenders"] == {"Card": 2400}
    assert told(here) == [f"Session {found.scope.name}: 1 receipt differs from the books: {card['invoice_name']}."]
    assert look(here, Scope("day", card["business_day"], card["business_day"])).open == 1


def test_money_moved_from_card_to_cash_shows_in_both_ways_to_pay(here: Till) -> None:
    to_cash(here, traded(here)[1])
    look(here)
    standing = reconciliations.standing(here.store, "erpnext", session(here))
    assert standing is not None
    sums = {row.name: (row.ours, row.theirs) for row in standing.rows if row.of == "tenders"}
    assert sums == {"Card": (2400, 0), "Cash": (3400, 5800)}


def test_what_stands_there_alone_is_named(here: Till) -> None:
    """A till that lost its last receipts, or a document made there by hand under its name."""
    sold = traded(here)[0]
    there = invoice(here, sold)
    ours = there["remarks"].replace(sold["invoice_name"], "T1-000099")
    copied(here, there, "ACC-SINV-2026-09999", pos_receipt_id=clock.uuid7(), remarks=ours)
    others = "T2-000001, T2, T2-S000001, 03 Anna"
    copied(here, there, "ACC-SINV-2026-09998", pos_receipt_id=clock.uuid7(), remarks=others)
    found = look(here)
    assert (found.verdict, found.here, found.there, found.total_there) == ("mismatch", 3, 4, 5800 + 2400)
    (item,) = items(here)
    assert (item.what, item.number, item.document, item.remote_id) == (
        "only_there", "T1-000099", "", "ACC-SINV-2026-09999",
    )  # fmt: skip
    del here.emulator.site.docs["Sales Invoice"]["ACC-SINV-2026-09999"]
    assert (look(here).verdict, items(here)[0].state, told(here)) == ("match", "matched", [])


def test_an_amended_invoice_counts_as_what_it_became(here: Till) -> None:
    sold = traded(here)[0]
    there = invoice(here, sold)
    again = copied(here, there, f"{there['name']}-1", pos_receipt_id=None, amended_from=there["name"])
    cancelled(here, sold)
    assert look(here).verdict == "match"
    again["customer"] = "Jane Till"
    assert look(here).verdict == "mismatch"
    (item,) = items(here)
    assert (item.what, item.remote_id) == ("differs", f"{there['name']}-1")
    assert "customer is Jane Till" in item.words


# -- later on ----------------------------------------------------------------------------------------------------------


def test_away_is_not_run_with_its_reason_and_the_earlier_verdict_stays(here: Till) -> None:
    cancelled(here, traded(here)[1])
    look(here)
    here.emulator.maintenance = True
    found = look(here)
    assert (found.verdict, found.open, found.outcome, found.code) == ("mismatch", 1, "not_run", "line")
    assert found.reason
    assert len(told(here)) == 1
    here.emulator.maintenance = False
    here.later(3600)
    assert look(here).outcome == "mismatch"


def test_never_compared_and_away_is_not_run(here: Till) -> None:
    traded(here)
    here.emulator.maintenance = True
    found = look(here)
    assert (found.verdict, found.compared_at, found.code) == ("not_run", "", "line")


def test_a_later_fix_turns_it_to_match_and_settles_the_notice(here: Till) -> None:
    sold = traded(here)[1]
    cancelled(here, sold)
    assert look(here).verdict == "mismatch"
    invoice(here, sold)["docstatus"] = 1
    assert (look(here).verdict, told(here)) == ("match", [])
    assert [i.state for i in items(here)] == ["matched"]


def test_a_settled_difference_stays_settled_until_it_becomes_another(here: Till) -> None:
    sold = traded(here)[1]
    cancelled(here, sold)
    look(here)
    reconciliations.settle(here.store, items(here)[0].n, "Booked again by hand as ACC-SINV-9", "dora")
    assert told(here) == []
    found = look(here)
    assert (found.verdict, found.open, items(here)[0].state) == ("mismatch", 0, "settled")
    invoice(here, sold)["docstatus"] = 1
    tax_altered(here, sold)
    found = look(here)
    assert (found.open, items(here)[0].state, items(here)[0].reason) == (1, "open", "")
    assert len(told(here)) == 1


def test_what_is_not_sent_yet_is_waited_for(here: Till) -> None:
    here.commit(sale())
    close(here)
    found = look(here)
    assert (found.outcome, found.code, found.reason) == ("not_run", "waiting", "1 document is not sent yet.")
    here.round()
    assert look(here).verdict == "match"


def test_a_refused_receipt_is_missing_there_and_says_why(here: Till) -> None:
    doc = here.commit(sale())
    here.emulator.refuse[doc["id"]] = Refusal(417, "PartyDisabled", "Customer Walk-in is disabled")
    close(here)
    here.round()
    found = look(here)
    assert (found.verdict, found.open) == ("mismatch", 1)
    (item,) = items(here)
    assert (item.what, item.there) == ("missing", None)
    assert "disabled" in item.words


def test_an_open_session_waits_for_its_z(here: Till) -> None:
    here.commit(sale())
    assert (look(here).code, look(here).reason) == ("open", "The session is still open.")


def test_a_right_that_was_taken_away_is_not_run_and_says_what_to_do(here: Till) -> None:
    traded(here)
    look(here)
    here.emulator.refuse_reads = Refusal(403, "PermissionError", "No permission for Sales Invoice")
    found = look(here)
    assert (found.verdict, found.outcome) == ("match", "not_run")
    assert found.reason


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
    asked = [sys.executable, str(REPO / "pos_server.py"), "--root", str(root), "reconcile", *words]
    done = subprocess.run(asked, env=environ, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout.split("\nNOT RUN   Books")[0]


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
