"""Till and ERPNext side by side, read afresh: what somebody did over there is found, named, and gone when put right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.rules.reconcile import VOUCHERS
from pos.store import reconciliations
from pos.store.scopes import Scope
from tests import receipts
from tests.actions import drawer
from tests.contract import baskets, sites
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext_site import Refusal
from tests.contract.reconciled import cancelled, close, copied, invoice, items, look, sale, session, told, traded
from tests.contract.tills import Till, till


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Till]:
    with till(tmp_path) as shop:
        yield shop


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


def test_vouchers_sold_are_money_owed_and_vouchers_used_are_a_way_to_pay(here: Till) -> None:
    site, item = here.emulator.site, here.config.vouchers.item
    shops.put_item(site, item, "Gift voucher", taxes=[{"item_tax_template": sites.ZERO}], price=25.0, is_stock_item=0)
    shops.put_mode(site, "Gift Voucher", "General", "Gift Vouchers - TS")
    line = receipts.line(item, 1, "25.00", tax_code=sites.ZERO) | {"voucher": {"code": "GV-1"}, "stocked": False}
    line |= {"tax_rate": Decimal(0), "tax_amount": Decimal("0.00"), "net": line["amount"]}
    sold = receipts.sale(line, customer="Walk-in")
    used = sale("card")
    used["payments"][0] |= {"kind": "voucher", "mode_of_payment": "Gift Voucher", "reference": "GV-1"}
    traded(here, sold, used)
    assert look(here).verdict == "match", [(i.number, i.words) for i in items(here)]
    standing = reconciliations.standing(here.store, "erpnext", session(here))
    assert standing is not None
    sums = {(row.of, row.name): (row.ours, row.theirs) for row in standing.rows}
    assert sums["goods", VOUCHERS] == (2500, 2500)
    assert sums["goods", "20%"] == (2400, 2400)
    assert sums["tenders", "Gift Voucher"] == (2400, 2400)
    assert sums["tenders", "Cash"] == (2500, 2500)


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


# -- cash over there, and a session over midnight ----------------------------------------------------------------------


def moved(here: Till) -> dict[str, dict[str, Any]]:
    """A session with a sale, cash out (a Journal Entry), a drop (a Payment Entry) and a Z a penny short, all booked."""
    drawer.start(here)  # type: ignore[arg-type]
    here.commit(sale(price="50.00"))
    done = {kind: drawer.move(here, kind, amount) for kind, amount in (("paid_out", "20.00"), ("drop", "50.00"))}  # type: ignore[arg-type]
    short = drawer.expected(here) - Decimal("0.01")  # type: ignore[arg-type]
    done["z"] = drawer.finish(here, f"{short}", reason="Wrong change given").doc  # type: ignore[arg-type]
    here.round()
    assert look(here).verdict == "match", [(i.number, i.what, i.words) for i in items(here)]
    return done


CASH = [("paid_out", "Journal Entry", -2000), ("drop", "Payment Entry", -5000), ("z", "Journal Entry", -1)]


def test_a_cash_entry_cancelled_deleted_or_amended_there_is_named_as_what_it_is(here: Till) -> None:
    done = moved(here)
    for kind, doctype, amount in CASH:
        doc = done[kind]
        (entry,) = here.there(doctype, key=doc["id"])
        entry["docstatus"] = 2
        found = look(here)
        assert (found.verdict, found.open) == ("mismatch", 1)
        assert found.total_here == found.total_there == 10000, "no sale is touched"
        (item,) = (x for x in items(here) if x.state == "open")
        assert (item.what, item.number, item.part, item.remote_id) == (
            "cancelled", doc["invoice_name"], "cash", entry["name"],
        )  # fmt: skip
        assert item.here is not None and item.here["tenders"] == {"Cash": amount}
        standing = reconciliations.standing(here.store, "erpnext", session(here))
        cash = next(row for row in standing.rows if (row.of, row.name) == ("tenders", "Cash"))  # type: ignore[union-attr]
        assert cash.theirs - cash.ours == -amount, "the drawer is off by exactly what is gone there"
        assert told(here) == [f"Session {found.scope.name}: 1 receipt differs from the books: {doc['invoice_name']}."]
        del here.emulator.site.docs[doctype][entry["name"]]
        assert (look(here).open, [x.what for x in items(here) if x.state == "open"]) == (1, ["missing"])
        entry["docstatus"] = 1
        here.emulator.site.docs[doctype][entry["name"]] = entry
        assert (look(here).verdict, told(here)) == ("match", [])
    (entry,) = here.there("Journal Entry", key=done["paid_out"]["id"])
    entry["docstatus"] = 2  # amended: a copy under another name takes its place, without our key
    made = {k: v for k, v in entry.items() if k not in ("name", "doctype")}
    again = made | {"pos_receipt_id": None, "amended_from": entry["name"], "docstatus": 1}
    again["accounts"] = [{k: v for k, v in row.items() if k != "name"} for row in entry["accounts"]]
    here.emulator.site.put("Journal Entry", f"{entry['name']}-1", **again)
    assert look(here).verdict == "match", [(i.what, i.words) for i in items(here) if i.state == "open"]


def test_a_session_over_midnight_is_one_session_and_two_days_each_with_its_own(here: Till) -> None:
    here.time.moment = datetime.fromisoformat("2026-11-21T22:30:00+00:00")
    drawer.start(here)  # type: ignore[arg-type]
    first = here.commit(sale(price="50.00"))
    before = drawer.move(here, "paid_in", "5.00")  # type: ignore[arg-type]
    here.time.moment = datetime.fromisoformat("2026-11-22T08:30:00+00:00")
    after = drawer.move(here, "drop", "30.00")  # type: ignore[arg-type]
    second = here.commit(sale("card"))
    z = drawer.finish(here, f"{drawer.expected(here)}").doc  # type: ignore[arg-type]
    here.round()
    days = [Scope("day", day, day) for day in ("2026-11-21", "2026-11-22")]
    assert [doc["business_day"] for doc in (first, before, after, second)] == [d.name for d in days for _ in (1, 2)]
    assert {doc["session"] for doc in (first, before, after, second, z)} == {first["session"]}
    whole, *halves = (look(here, scope) for scope in (session(here), *days))
    assert [found.verdict for found in (whole, *halves)] == ["match"] * 3, [i.words for i in items(here)]
    assert whole.total_here == sum(half.total_here for half in halves) == 10000 + 2400
    (entry,) = here.there("Payment Entry", key=after["id"])
    entry["docstatus"] = 2
    found = [look(here, scope) for scope in (session(here), *days)]
    assert [(f.verdict, f.open) for f in found] == [("mismatch", 1), ("match", 0), ("mismatch", 1)]
    (item,) = items(here, days[1])
    assert (item.number, item.what, items(here, days[0])) == (after["invoice_name"], "cancelled", [])
    assert len(told(here)) == 1 and told(here)[0].startswith(f"Session {first['session']}: 1 receipt differs")
    entry["docstatus"] = 1
    invoice(here, first)["posting_date"] = "2026-11-22"  # somebody takes it for a sale of the day the session ended
    found = [look(here, scope) for scope in (session(here), *days)]
    assert [(f.verdict, f.open) for f in found] == [("mismatch", 1), ("mismatch", 1), ("match", 0)]
    assert "posting date is 2026-11-22, not 2026-11-21" in items(here, days[0])[0].words


def test_what_is_sold_after_midnight_belongs_to_the_day_that_has_not_ended(tmp_path: Path) -> None:
    """A bar: the day begins at four in the morning. Over there the entries carry the wall clock's own date."""
    with till(tmp_path, TILLKEEP_SHOP_DAY_STARTS="04:00") as bar:
        bar.time.moment = datetime.fromisoformat("2026-11-22T01:30:00+00:00")
        drawer.start(bar)  # type: ignore[arg-type]
        sold, out = bar.commit(sale()), drawer.move(bar, "paid_out", "5.00")  # type: ignore[arg-type]
        close(bar)
        bar.round()
        (there,), (entry,) = bar.invoices(sold["id"]), bar.there("Journal Entry", key=out["id"])
        assert (sold["business_day"], there["posting_date"], entry["posting_date"]) == (
            "2026-11-21", "2026-11-22", "2026-11-22",
        )  # fmt: skip
        for scope in (session(bar), Scope("day", "2026-11-21", "2026-11-21")):
            assert look(bar, scope).verdict == "match", [i.words for i in items(bar, scope)]
        entry["docstatus"] = 2
        assert look(bar, Scope("day", "2026-11-21", "2026-11-21")).open == 1
