"""Cash that moved, in the books: an entry each, equal to the minor unit, once, whatever fails on the way."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import shift
from pos.connectors.base import Context
from pos.connectors.erpnext import cash
from pos.connectors.erpnext.facts import SetupFacts
from pos.errors import Rejected, Unknown
from pos.rules import documents
from pos.store import notices, unblock
from pos.store.archives import Files
from pos.store.rebuild import _read
from pos.store.verify import verify
from tests.actions import drawer
from tests.contract.emulators.erpnext_site import Refusal
from tests.contract.test_erpnext_client import InTurn
from tests.contract.tills import SETTLE_SECONDS, Till, till

D = Decimal
DRAWER, EXPENSE, OWNER, SAFE, OVER = (
    f"{name} - TS" for name in ("Cash", "Miscellaneous Expenses", "Owner", "Safe", "Cash Over and Short")
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Till]:
    with till(tmp_path, read_seconds=10.0, slow_seconds=0.8) as made:
        yield made


def entries(shop: Till, key: str = "") -> list[dict[str, Any]]:
    return shop.there("Journal Entry", "Payment Entry", key=key)


def moved(doc: dict[str, Any]) -> list[tuple[str, float]]:
    """(account, what it gained) of an entry, in its order."""
    if doc["doctype"] == "Payment Entry":
        return [(doc["paid_to"], doc["received_amount"]), (doc["paid_from"], -doc["paid_amount"])]
    rows = doc["accounts"]
    return [(r["account"], r["debit_in_account_currency"] - r["credit_in_account_currency"]) for r in rows]


def closed(shop: Till, counted: str) -> dict[str, Any]:
    """A session of a 100.00 float, counted so and closed."""
    drawer.start(shop)
    return drawer.finish(shop, counted, reason="Wrong change given").doc


# -- what becomes of each --


@pytest.mark.parametrize(
    ("kind", "amount", "reason", "doctype", "wanted"),
    [
        ("paid_out", "12.60", "window cleaner", "Journal Entry", [(EXPENSE, 12.60), (DRAWER, -12.60)]),
        ("paid_out", "3.30", " MILK ", "Journal Entry", [("Staff Welfare - TS", 3.30), (DRAWER, -3.30)]),
        ("paid_in", "20.05", "change from home", "Journal Entry", [(DRAWER, 20.05), (OWNER, -20.05)]),
        ("drop", "600.00", "full", "Payment Entry", [(SAFE, 600.00), (DRAWER, -600.00)]),
    ],
)
def test_each_movement_is_booked_and_read_back_equal(
    shop: Till, kind: str, amount: str, reason: str, doctype: str, wanted: list[tuple[str, float]]
) -> None:
    doc = drawer.move(shop, kind, amount, reason=reason)
    shop.round()
    row = shop.row(doc["id"], "cash")
    assert row.state == "booked", (row.code, row.message, row.difference)
    (there,) = entries(shop)
    assert (there["doctype"], there["docstatus"], there["pos_receipt_id"]) == (doctype, 1, doc["id"])
    assert (row.remote_id, there["posting_date"]) == (there["name"], doc["business_day"])
    assert moved(there) == wanted
    words = there["user_remark"] if doctype == "Journal Entry" else there["remarks"]
    for word in (reason.strip(), doc["invoice_name"], "Mia"):
        assert word in words
    assert shop.round().idle


@pytest.mark.parametrize(
    ("counted", "wanted"),
    [("103.01", [(DRAWER, 3.01), (OVER, -3.01)]), ("99.99", [(OVER, 0.01), (DRAWER, -0.01)]), ("100.00", None)],
)
def test_a_z_books_what_the_drawer_was_over_or_short_and_nothing_when_it_was_right(
    shop: Till, counted: str, wanted: list[tuple[str, float]] | None
) -> None:
    z = closed(shop, counted)
    shop.round()
    assert [moved(there) for there in entries(shop)] == ([wanted] if wanted else [])
    rows = [(row.document, row.part, row.state) for row in shop.rows()]
    assert rows == ([(z["id"], "cash", "booked")] if wanted else []), "a float goes nowhere"


def test_files_alone_bring_every_entry_back_as_one_to_ask_for(shop: Till) -> None:
    moved_ones = [drawer.move(shop, kind, "5.00") for kind in ("paid_in", "paid_out", "drop")]
    ids = [doc["id"] for doc in [*moved_ones, drawer.finish(shop, "0.00", reason="Wrong change given").doc]]
    shop.round()
    shop.journal.flush()
    assert verify(shop.config).differences == []
    reads = [
        _read(Files(shop.config), path.relative_to(shop.config.invoices).as_posix(), ["erpnext"])
        for path in sorted(shop.config.invoices.rglob("*.json"))
    ]
    assert [(row[0], row[2], row[3]) for read in reads for row in read.outbox] == [(i, "cash", "unknown") for i in ids]


def test_what_cards_were_off_stands_on_the_z_and_in_no_entry(shop: Till) -> None:
    drawer.start(shop)
    counted = drawer.tally(shop, "100.00", Card="5.00")
    asked = {"id": clock.uuid7(), "count": counted.count.id, "reason": "Wrong tender on a sale"}
    z = shift.close(shop, asked, drawer.MANAGER).doc
    assert [(r["name"], r["difference"]) for r in z["z"]["count"]["rows"]] == [("Cash", D("0.00")), ("Card", D("5.00"))]
    shop.round()
    assert (entries(shop), shop.rows()) == ([], [])


def test_a_sale_on_account_stays_unpaid_and_a_part_of_it_exactly_that_part(shop: Till) -> None:
    """Paying later: nothing is booked as paid that was not."""
    states = {}
    while len(states) < 2:
        (sold,) = shop.sell()
        doc = documents.decode(
            shop.store.execute("SELECT body FROM document WHERE id = ?", (sold,)).fetchone()[0].encode()
        )
        kinds = {p["kind"] for p in doc["payments"]}
        if "account" in kinds and documents.parts(doc) == ("sale",):
            shop.round()
            assert shop.row(sold).state == "booked"
            (there,) = shop.invoices(sold)
            owed = sum(p["amount"] for p in doc["payments"] if p["kind"] == "account")
            paid = sum(p["amount"] for p in doc["payments"] if p["kind"] != "account")
            assert (D(str(there["outstanding_amount"])), D(str(there["paid_amount"]))) == (owed, paid)
            assert "On Account" not in {p["mode_of_payment"] for p in there["payments"]}
            assert there["is_pos"] == (1 if paid else 0)
            states["part" if paid else "whole"] = there["status"]
    assert states == {"part": "Partly Paid", "whole": "Unpaid"}
    assert entries(shop) == [], "receiving it later is an entry of its own"


# -- accounts --


def test_without_an_account_it_is_refused_in_words_and_goes_once_it_is_set(tmp_path: Path) -> None:
    with till(tmp_path, TILLKEEP_ERPNEXT_PAID_OUT_ACCOUNT="") as shop:
        doc = drawer.move(shop, "paid_out", "5.00")
        (sold,) = shop.sell()
        shop.round()
        row = shop.row(doc["id"], "cash")
        assert (row.state, row.code) == ("rejected", "account_missing")
        assert "Set [erpnext] paid_out_account" in row.message
        assert shop.row(sold).state == "booked", "a sale waits for no account of the drawer"
        assert entries(shop) == []
        facts = shop.job.memory.connector.facts
        shop.job.memory.connector._facts = SetupFacts.load(
            facts.as_json() | {"accounts": {**facts.accounts, "": EXPENSE}}
        )
        unblock.retry(shop.store, row.n, "M1")
        shop.round()
        assert shop.row(doc["id"], "cash").state == "booked"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"CASH_ACCOUNT": "Tin - TS"}, "cash_account"),
        ({"SAFE_ACCOUNT": "Cash - TS"}, "safe_account"),
        ({"SAFE_ACCOUNT": "Debtors - TS"}, "safe_account"),
        ({"REASON_ACCOUNTS": "Window cleaner; 5200"}, "reason_accounts"),
        ({"REASON_ACCOUNTS": "Full: Nowhere - TS"}, ""),
    ],
)
def test_an_account_that_cannot_be_used_is_named(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    with till(tmp_path, **{f"TILLKEEP_ERPNEXT_{k}": v for k, v in settings.items()}) as shop:
        kind = "paid_out" if words == "reason_accounts" else "drop"
        doc = drawer.move(shop, kind, "5.00", reason="Full")
        shop.round()
        row = shop.row(doc["id"], "cash")
        assert (row.state, row.code) == (("rejected", "account_missing") if words else ("booked", ""))
        assert f"[erpnext] {words}" in row.message if words else not row.message


def test_a_missing_field_keeps_cash_here_while_sales_go_on(shop: Till) -> None:
    shop.emulator.site.custom_fields.pop(("Journal Entry", "pos_receipt_id"))
    doc = drawer.move(shop, "paid_in", "5.00")
    (sold,) = shop.sell()
    shop.round()
    row = shop.row(doc["id"], "cash")
    assert (row.state, row.code, shop.row(sold).state) == ("rejected", "field_missing", "booked")
    assert entries(shop) == [], "not even a draft"


# -- once, whatever happens --


@pytest.mark.parametrize(
    ("kind", "fault", "there_after"),
    [
        ("paid_out", "slow_before", True),
        ("drop", "reset_after", True),
        ("paid_in", "closed_after", True),
        ("paid_out", "half_answer", True),
        ("drop", "garbage", True),
        ("paid_out", "html_502_after", True),
        ("drop", "reset_before", False),
        ("paid_out", "html_504", False),
    ],
)
def test_a_lost_answer_is_settled_by_asking(shop: Till, kind: str, fault: str, there_after: bool) -> None:
    drawer.move(shop, kind, "1.00")
    shop.round()  # the field was looked for by now
    doc = drawer.move(shop, kind, "7.35")
    shop.emulator.faults.next(fault)
    patience = shop.job.memory.connector._http
    patience._read_seconds = 0.4 if fault == "slow_before" else 10.0
    shop.round()
    patience._read_seconds = 10.0
    shop.emulator.wait_idle()
    assert shop.row(doc["id"], "cash").state == "unknown"
    assert [d["docstatus"] for d in entries(shop, doc["id"])] == ([0] if there_after else [])
    for _ in range(2):
        shop.later(SETTLE_SECONDS + 1)
        shop.round()
    assert shop.row(doc["id"], "cash").state == "booked"
    assert [d["docstatus"] for d in entries(shop, doc["id"])] == [1]


@pytest.mark.parametrize(
    ("status", "exc_type", "state", "code"),
    [
        (417, "ValidationError", "rejected", "refused"),
        (417, "ClosedAccountingPeriod", "rejected", "period_closed"),
        (417, "FiscalYearError", "rejected", "fiscal_year"),
        (417, "LinkValidationError", "rejected", "link_missing"),
        (403, "PermissionError", "rejected", "right_missing"),
        (500, "TypeError", "rejected", "broken_reference"),
        (500, "QueryDeadlockError", "queued", "answered:QueryDeadlockError"),
        (500, "QueryTimeoutError", "queued", "answered:QueryTimeoutError"),
        (417, "UniqueValidationError", "unknown", "already_there"),
        (503, "SessionStopped", "queued", "maintenance"),
        (502, "", "unknown", "gateway"),
    ],
)
def test_a_fault_ends_as_the_error_table_says_and_the_next_one_goes(
    shop: Till, status: int, exc_type: str, state: str, code: str
) -> None:
    bad, good = drawer.move(shop, "paid_out", "1.10"), drawer.move(shop, "drop", "2.20")
    shop.emulator.refuse[bad["id"]] = Refusal(status, exc_type, "no", html="" if exc_type else "a page")
    shop.round()
    row = shop.row(bad["id"], "cash")
    assert (row.state, row.code) == (state, code)
    assert shop.row(good["id"], "cash").state == "booked"
    if code == "right_missing":
        assert "Journal Entry" in row.message
    shop.emulator.refuse.clear()
    if state == "rejected":
        unblock.retry(shop.store, row.n, "M1")
    for _ in range(4):
        shop.later(SETTLE_SECONDS)
        shop.round()
    assert [len(entries(shop, d["id"])) for d in (bad, good)] == [1, 1]
    assert shop.row(bad["id"], "cash").state == "booked"
    assert notices.open_notices(shop.store, level="needs") == []


def test_a_submission_whose_answer_is_lost_is_found_submitted(shop: Till) -> None:
    drawer.move(shop, "paid_out", "1.00")
    shop.round()
    doc = drawer.move(shop, "paid_out", "4.00")
    shop.emulator.faults = InTurn("", "reset_after")  # type: ignore[assignment]
    shop.round()
    assert shop.row(doc["id"], "cash").state == "booked"
    assert len(entries(shop, doc["id"])) == 1


def test_a_draft_left_over_is_submitted_only_when_it_moves_the_same(shop: Till) -> None:
    drawer.move(shop, "drop", "1.00")
    shop.round()
    left, changed = drawer.move(shop, "drop", "4.00"), drawer.move(shop, "paid_out", "5.00")
    there = shop.job.memory.connector
    for doc in (left, changed):  # an attempt that broke off between its two requests
        there._send("POST", f"/api/resource/{cash.doctype_of(doc['kind'])}", _body(shop, doc))
    (draft,) = entries(shop, changed["id"])
    draft["accounts"][0]["debit_in_account_currency"] = draft["accounts"][1]["credit_in_account_currency"] = 6.0
    for _ in range(3):
        shop.round()
        shop.later(SETTLE_SECONDS)
    assert [d["docstatus"] for d in entries(shop, left["id"])] == [1]
    assert shop.row(left["id"], "cash").state == "booked"
    row = shop.row(changed["id"], "cash")
    assert (row.state, row.code, draft["docstatus"]) == ("rejected", "figures_differ", 0)
    assert f"{EXPENSE}: debit is 6.00, not 5.00" in row.message


def test_one_cancelled_in_the_back_office_is_not_posted_again(shop: Till) -> None:
    drawer.move(shop, "paid_in", "1.00")
    shop.round()
    doc = drawer.move(shop, "paid_in", "4.00")
    shop.emulator.faults.next("reset_after")
    shop.round()
    (there,) = entries(shop, doc["id"])
    there["docstatus"] = 2
    for _ in range(3):
        shop.later(SETTLE_SECONDS)
        shop.round()
    assert (shop.row(doc["id"], "cash").code, len(entries(shop, doc["id"]))) == ("cancelled", 1)


def test_the_same_key_twice_is_one_entry(shop: Till) -> None:
    doc = drawer.move(shop, "paid_out", "4.00")
    there = shop.job.memory.connector
    there.post(doc, "cash", doc["id"], Context())
    with pytest.raises(Unknown) as caught:
        there.post(doc, "cash", doc["id"], Context())
    assert (caught.value.code, len(entries(shop))) == ("already_there", 1)
    found = there.find(doc["id"], "paid_out")
    assert found is not None
    assert there.compare(doc, "cash", found) == ""
    assert there.find(doc["id"], "drop") is None


# -- what is compared --


def _body(shop: Till, doc: dict[str, Any]) -> dict[str, Any]:
    return cash.entry(doc, doc["id"], shop.job.memory.connector.facts, shop.config)


_DIFFERS: dict[str, list[tuple[dict[str, Any], str]]] = {
    "paid_out": [
        ({"docstatus": 0}, "it is draft, not submitted"),
        ({"posting_date": "2026-11-01"}, "posting date is 2026-11-01"),
        ({"voucher_type": "Journal Entry"}, "type is Journal Entry, not Cash Entry"),
        ({"company": "Other Ltd"}, "company is Other Ltd"),
        ({"accounts": []}, f"{DRAWER}: credit is 0.00, not 4.00"),
    ],
    "drop": [
        ({"received_amount": 3.99}, f"{SAFE}: debit is 3.99, not 4.00"),
        ({"paid_to": "Bank Account - TS"}, "Bank Account - TS: debit is 4.00, not 0.00"),
        ({"payment_type": "Pay"}, "type is Pay, not Internal Transfer"),
        ({"paid_amount": 4.0000000001}, ""),
    ],
}


@pytest.mark.parametrize("kind", list(_DIFFERS))
def test_the_comparison_names_what_differs(shop: Till, kind: str) -> None:
    doc = drawer.move(shop, kind, "4.00")
    shop.round()
    (there,) = entries(shop)
    connector = shop.job.memory.connector
    for change, words in _DIFFERS[kind]:
        before = {field: there[field] for field in change}
        there.update(change)
        found = connector.compare(doc, "cash", connector.fetch(there["name"], kind))
        assert words in found if words else not found
        there.update(before)


def test_what_cannot_be_written_is_refused_and_never_half_sent(shop: Till) -> None:
    doc = drawer.move(shop, "paid_out", "4.00")
    with pytest.raises(Rejected) as caught:
        shop.job.memory.connector.post({**doc, "cash": {}}, "cash", doc["id"], Context())
    assert (caught.value.code, entries(shop)) == ("not_mappable", [])
