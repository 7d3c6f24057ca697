"""Two-way with QuickBooks Online: pulls page by page, pushes with lines and tax, conflicts, two companies."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from pos.connectors.qbo import office as there_and_back
from pos.errors import Conflict
from pos.store import companies, records, sync_jobs
from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops
from tests.contract.qbo_office import LINE, Office, office_at
from tests.contract.qbo_sites import Site

DAY = "2026-11-20"


@pytest.fixture
def site() -> Iterator[Site]:
    with qbo_sites.running() as started:
        yield started


@pytest.fixture
def shop(site: Site, tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path, site) as made:
        yield made


def stocked(shop: Office) -> None:
    """A customer and an item that are there on both sides."""
    shop.add("customer", "C1", name="Bob's Bikes, Ltd", email="bob@x.example", line1="1, High Street", city="Leeds")
    shop.add("item", "A", name="Bell", sku="BELL", price="1.20")
    assert shop.job("push", "customers", "items").state == "synced"


# -- pull --------------------------------------------------------------------------------------------------------------


def test_a_pull_creates_customers_and_later_sees_what_changed(shop: Office) -> None:
    gb = shop.gb
    gb.seed("Customer", "70", DisplayName="Ann", PrimaryEmailAddr={"Address": "office@x.example"},
            BillAddr={"Line1": "Flat 2, The Mews", "City": "York"})  # fmt: skip
    gb.seed("Customer", "71", DisplayName="Ben", PrimaryEmailAddr={"Address": "office@x.example"})
    job = shop.job("pull", "customers")
    assert (job.state, job.totals["synced"], job.totals["failed"]) == ("synced", 5, 0)
    ann, ben = shop.get("customer", "QB-70"), shop.get("customer", "QB-71")
    assert (ann.fields["line1"], ann.fields["city"]) == ("Flat 2, The Mews", "York"), "no comma cuts an address"
    assert ann.fields["email"] == ben.fields["email"], "one address, two customers"
    assert shop.store.execute("SELECT name, source FROM customer WHERE code = 'QB-70'").fetchone() == (
        "Ann", "quickbooks",
    )  # fmt: skip
    gb.change("Customer", "70", PrimaryPhone={"FreeFormNumber": "1"})
    gb.change("Customer", "71", Active=False, DisplayName="Ben (deleted)")
    job = shop.job("pull", "customers")
    assert job.cursor["way"] == "done"
    assert shop.get("customer", "QB-70").fields["phone"] == "1"
    ben = shop.get("customer", "QB-71")
    assert (ben.fields["name"], ben.fields["active"]) == ("Ben", False)
    assert shop.job("pull", "customers").state == "skipped", "nothing changed since"


def test_more_changes_than_they_tell_at_once_are_asked_for_by_their_moment(
    shop: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.job("pull", "customers")
    monkeypatch.setattr("pos.actions.qbo_pull.CDC_ROWS", 2)
    for key in ("1", "58", "59"):
        shop.gb.change("Customer", key, Notes="new")
    job = shop.job("pull", "customers")
    assert (job.state, job.totals["synced"]) == ("synced", 3)
    assert [shop.get("customer", f"QB-{key}").fields["note"] for key in ("1", "58", "59")] == ["new"] * 3


def test_customers_come_by_themselves_once_somebody_began(shop: Office) -> None:
    shop.round()
    assert sync_jobs.listed(shop.store, "main") == [], "nobody began"
    shop.job("pull", "customers")
    shop.gb.seed("Customer", "70", DisplayName="Ann")
    with shop.store.transaction():
        shop.store.execute("UPDATE cursor SET moved_at = '2026-01-01T00:00:00.000Z'")
    shop.round()
    assert shop.get("customer", "QB-70").fields["name"] == "Ann"
    assert sync_jobs.listed(shop.store, "main")[0].asked_by == "quickbooks_sync"


def test_a_pull_reads_every_page_once_and_in_order(shop: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pitfall: without MAXRESULTS a hundred come, without an order some come twice and some never."""
    monkeypatch.setattr("pos.actions.qbo_pull.PAGE_ROWS", 20)
    shop.gb.switches.shuffled = True
    for n in range(105):
        shop.gb.seed("Customer", str(1000 + n), DisplayName=f"Customer {n}")
    job = shop.job("pull", "customers")
    assert job.totals["synced"] == 108
    assert records.count(shop.store, "main", "customer") == 108


def test_documents_that_go_while_pages_are_read_take_none_with_them(
    shop: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that is deleted moves the ones behind it up; the page before is read once more, so that none is skipped."""
    monkeypatch.setattr("pos.actions.qbo_pull.PAGE_ROWS", 5)
    for n in range(12):
        seeded_invoice(shop, str(500 + n))
    asked = shop.site.client().query.__func__
    calls = list[int]()

    def query(self, entity, *given, **named):  # type: ignore[no-untyped-def]
        calls.append(1)
        if len(calls) == 2:
            shop.gb.remove("Invoice", "500")
            shop.gb.remove("Invoice", "501")
        return asked(self, entity, *given, **named)

    monkeypatch.setattr("pos.connectors.qbo.client.Client.query", query)
    assert shop.job("pull", "invoices").totals["synced"] == 12
    shop.job("pull", "invoices")
    kept = records.listed(shop.store, "main", "invoice")
    assert [one.id for one in kept] == [f"QB-{500 + n}" for n in range(2, 12)]


def seeded_invoice(shop: Office, key: str, **more: object) -> None:
    line = {"Id": "1", "Amount": Decimal("10.00"), "DetailType": "SalesItemLineDetail", "Description": "Work",
            "SalesItemLineDetail": {"ItemRef": {"value": "12"}, "Qty": 2, "TaxCodeRef": {"value": "2"}}}  # fmt: skip
    body = {"DocNumber": f"N{key}", "TxnDate": DAY, "CustomerRef": {"value": "59"}, "Line": [line],
            "TxnTaxDetail": {"TotalTax": Decimal(2)}, "TotalAmt": Decimal(12), "Balance": Decimal(12)}  # fmt: skip
    shop.gb.seed("Invoice", key, **{**body, **more})


def test_pulled_documents_are_copies_and_say_what_is_paid_voided_and_deleted(shop: Office) -> None:
    for key, more in (("501", {}), ("502", {"Balance": Decimal(5)}), ("503", {}), ("504", {})):
        seeded_invoice(shop, key, **more)
    assert shop.job("pull", "customers", "items", "invoices").state == "synced"
    copy = shop.get("invoice", "QB-502")
    assert (copy.fields["status"], copy.fields["net"], copy.fields["tax"], copy.fields["total"]) == (
        "partial", "10", "2", "12",
    )  # fmt: skip
    assert copy.fields["customer"] == "QB-59"
    assert [(row["item"], row["qty"], row["net"], row["tax"]) for row in copy.lines] == [("QB-12", "2", "10", "V20")]
    with pytest.raises(Conflict, match="copy"):
        shop.change("invoice", "QB-502", memo="x")
    shop.gb.remove("Invoice", "503")
    shop.gb.change("Invoice", "504", PrivateNote="Voided", TotalAmt=Decimal(0), Balance=Decimal(0), Line=[])
    job = shop.job("pull", "invoices")
    assert shop.get("invoice", "QB-503").deleted
    assert shop.get("invoice", "QB-504").fields["status"] == "voided"
    assert ("QB-503", "synced", "deleted_there") in shop.results(job)


def test_a_pull_after_a_month_reads_all_again_and_finds_what_is_gone(shop: Office) -> None:
    for key in ("501", "502"):
        seeded_invoice(shop, key)
    shop.job("pull", "invoices")
    shop.gb.remove("Invoice", "501")
    with shop.store.transaction():
        shop.store.execute("UPDATE cursor SET value = '2026-01-01T00:00:00.000Z' WHERE feed = 'records:invoices'")
    job = shop.job("pull", "invoices")
    assert shop.results(job) == [("QB-501", "synced", "deleted_there")]
    assert shop.get("invoice", "QB-501").deleted


# -- push --------------------------------------------------------------------------------------------------------------


def test_an_invoice_goes_with_lines_items_and_tax_and_a_payment_is_linked_to_it(shop: Office) -> None:
    stocked(shop)
    made = shop.add("invoice", "I1", [LINE, {**LINE, "tax": "Z", "qty": "1"}], date=DAY, customer="C1", memo="Thanks")
    assert (made.fields["total"], made.fields["tax"]) == ("5.52", "0.72")
    shop.add("payment", "P1", [{"invoice": "I1", "amount": "2.00"}], date=DAY, customer="C1", amount="2.00",
             tender="Cash")  # fmt: skip
    with pytest.raises(Conflict) as refused:
        shop.job("push", "payments", chosen=("P1",))
    assert refused.value.code == "invoice_not_synced"
    early = shop.job("push", "payments")
    assert (early.state, shop.results(early)) == ("error", [("P1", "error", "invoice_not_synced")])
    assert shop.job("push", "invoices", "payments").state == "synced"
    (there,) = shop.gb.documents("Invoice")
    assert (there["TotalAmt"], there["TxnTaxDetail"]["TotalTax"]) == (Decimal("5.52"), Decimal("0.72"))
    sold = [line for line in there["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    item = shop.link("item", "A").remote_id
    details = [line["SalesItemLineDetail"] for line in sold]
    assert [(one["ItemRef"]["value"], one["TaxCodeRef"]["value"]) for one in details] == [(item, "2"), (item, "4")]
    assert [line["Amount"] for line in sold] == [Decimal("3.60"), Decimal("1.20")]
    (paid,) = shop.gb.documents("Payment")
    assert paid["Line"][0]["LinkedTxn"] == [{"TxnId": there["Id"], "TxnType": "Invoice"}]
    assert there["Balance"] == Decimal("3.52")
    assert shop.job("push", "invoices", "payments").state == "skipped", "nothing goes twice"
    shop.job("pull", "invoices")
    assert (shop.get("invoice", "I1").fields["status"], shop.get("invoice", "I1").fields["balance"]) == (
        "partial", "3.52",
    )  # fmt: skip


def test_what_is_edited_after_it_went_goes_again_and_only_that(shop: Office) -> None:
    """The pitfalls: nothing was sent again; a full update blanked what the program did not know."""
    stocked(shop)
    key = shop.link("customer", "C1").remote_id
    shop.gb.change("Customer", key, Notes="kept", WebAddr={"URI": "http://bob.example"})
    shop.change("customer", "C1", phone="01", line2="Back door")
    assert shop.job("push", "customers").state == "synced"
    there = shop.gb.body("Customer", key)
    assert (there["PrimaryPhone"]["FreeFormNumber"], there["WebAddr"]["URI"], there["Notes"]) == (
        "01", "http://bob.example", "kept",
    )  # fmt: skip
    assert (there["BillAddr"]["Line1"], there["BillAddr"]["Line2"], there["BillAddr"]["City"]) == (
        "1, High Street", "Back door", "Leeds",
    )  # fmt: skip
    assert shop.get("customer", "C1").fields["note"] == "kept", "theirs came with the same reading"
    shop.add("invoice", "I1", [LINE], date=DAY, customer="C1")
    shop.job("push", "invoices")
    shop.change("invoice", "I1", [{**LINE, "qty": "5"}])
    assert shop.job("push", "invoices").state == "synced"
    (there,) = shop.gb.documents("Invoice")
    assert there["TotalAmt"] == Decimal("7.20"), "one invoice, changed"


def test_an_order_goes_as_one_sales_receipt_and_a_deleted_one_is_voided(shop: Office) -> None:
    stocked(shop)
    shop.add("order", "O1", [LINE], date=DAY, customer="C1", tender="Cash")
    assert shop.job("push", "orders").state == "synced"
    shop.change("order", "O1", [{**LINE, "qty": "1"}])
    shop.job("push", "orders")
    (there,) = shop.gb.documents("SalesReceipt")
    assert there["TotalAmt"] == Decimal("1.44"), "a changed order makes no second receipt"
    record = shop.get("order", "O1")
    records.edit(
        shop.store,
        "main",
        "order",
        "O1",
        record.version,
        record.fields,
        record.lines,
        "7",
        shop.run().now,
        deleted=True,
    )
    assert shop.results(shop.job("push", "orders")) == [("O1", "synced", "voided")]
    assert there_and_back.is_voided(shop.gb.body("SalesReceipt", there["Id"]))


def test_a_name_and_a_number_of_somebody_else_s_are_a_person_s_matter(shop: Office) -> None:
    stocked(shop)
    shop.gb.seed("Customer", "70", DisplayName="Ann", PrimaryEmailAddr={"Address": "other@x.example"})
    shop.add("customer", "C2", name="Ann", email="ann@x.example")
    shop.add("customer", "C3", name="O'Hara \\ Sons")
    job = shop.job("push", "customers")
    assert job.state == "error"
    assert shop.results(job) == [("C2", "error", "name_taken"), ("C3", "synced", "")], "one does not stop the others"
    seeded_invoice(shop, "501")
    shop.add("invoice", "I1", [LINE], date=DAY, customer="C1", number="N501")
    assert shop.results(shop.job("push", "invoices")) == [("I1", "error", "number_taken")]
    shop.change("invoice", "I1", number="N777")
    assert shop.job("push", "invoices").state == "synced"
    shop.change("customer", "C2", name="Ann of York")
    again = sync_jobs.retry_failed(shop.store, "main", job.id, "7", shop.run().now)
    assert again is not None
    shop.round()
    assert sync_jobs.get(shop.store, "main", again).state == "synced"


def test_a_token_that_grew_old_is_read_merged_and_sent_again(shop: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked(shop)
    key = shop.link("customer", "C1").remote_id
    shop.change("customer", "C1", phone="01")
    from pos.connectors.qbo.client import Client

    update, calls = Client.update, list[int]()

    def late(self: Client, entity: str, body: bytes, requestid: str) -> dict[str, object]:
        calls.append(1)
        if len(calls) == 1:
            shop.gb.change("Customer", key, Notes="meanwhile")
        return update(self, entity, body, requestid)

    monkeypatch.setattr(Client, "update", late)
    assert shop.job("push", "customers").state == "synced"
    there = shop.gb.body("Customer", key)
    assert (len(calls), there["PrimaryPhone"]["FreeFormNumber"], there["Notes"]) == (2, "01", "meanwhile")
    assert shop.get("customer", "C1").fields["note"] == "meanwhile"


# -- both changed ------------------------------------------------------------------------------------------------------


def test_both_changed_is_a_row_and_a_person_decides_and_takes_it_back(shop: Office) -> None:
    stocked(shop)
    key = shop.link("customer", "C1").remote_id
    shop.change("customer", "C1", phone="ours", city="Hull")
    shop.gb.change("Customer", key, PrimaryPhone={"FreeFormNumber": "theirs"})
    job = shop.job("push", "customers")
    assert shop.results(job)[0] == ("C1", "synced", "conflict")
    there = shop.gb.body("Customer", key)
    assert (there["PrimaryPhone"]["FreeFormNumber"], there["BillAddr"]["City"]) == ("theirs", "Hull")
    (one,) = records.conflicts(shop.store, "main")
    assert (one.field, one.ours, one.theirs, one.rule) == ("phone", "ours", "theirs", "ask")
    records.decide(shop.store, "main", one.id, "ours", "8", shop.run().now)
    assert shop.job("push", "customers").state == "synced"
    assert shop.gb.body("Customer", key)["PrimaryPhone"]["FreeFormNumber"] == "ours"
    records.undo(shop.store, "main", one.id, "8", shop.run().now)
    shop.job("push", "customers")
    assert shop.gb.body("Customer", key)["PrimaryPhone"]["FreeFormNumber"] == "theirs"


def test_an_owner_of_a_field_decides_by_rule(shop: Office) -> None:
    from pos.actions import qbo_sync

    stocked(shop)
    qbo_sync.set_owners(shop.store, "main", {"customer": {"phone": "theirs"}}, "7")
    key = shop.link("customer", "C1").remote_id
    shop.change("customer", "C1", phone="ours")
    shop.gb.change("Customer", key, PrimaryPhone={"FreeFormNumber": "theirs"})
    shop.job("pull", "customers")
    assert shop.get("customer", "C1").fields["phone"] == "theirs"
    (row,) = records.conflicts(shop.store, "main", state="decided")
    assert (row.decided_by, row.decision, row.undo) == ("rule", "theirs", "ours")


# -- two companies, and nobody there -----------------------------------------------------------------------------------


def test_two_companies_never_see_each_other_s(shop: Office) -> None:
    """The pitfall: the job of one tenant read and wrote the default tenant's."""
    companies.add(shop.store, "north", "North Ltd", "T", currency="GBP")
    shop.join("north", qbo_shops.US)
    us = shop.site.us
    before = len(us.documents("Customer"))
    for company in ("main", "north"):
        shop.add("customer", "C1", company=company, name=f"Only of {company}")
    assert shop.job("push", "customers").state == "synced"
    assert "Only of main" not in str(us.documents("Customer"))
    assert len(us.documents("Customer")) == before
    assert shop.job("push", "customers", company="north").state == "synced"
    assert "Only of north" not in str(shop.gb.documents("Customer"))
    us.seed("Customer", "90", DisplayName="American alone")
    assert shop.job("pull", "customers", company="north").state == "synced"
    assert shop.get("customer", "QB-90", "north").fields["name"] == "American alone"
    assert records.find(shop.store, "main", "customer", "QB-90") is None
    assert shop.store.execute("SELECT count(*) FROM customer WHERE code LIKE 'QB-%'").fetchone() == (0,)


def test_nobody_there_and_nobody_signed_in_fail_no_row(shop: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from pos.actions import qbo_alive
    from pos.errors import SignInNeeded, Unavailable

    shop.add("customer", "C1", name="Ann")
    for error in (Unavailable("down", code="unavailable"), SignInNeeded("gone", code="invalid_grant")):
        with monkeypatch.context() as patched:
            patched.setattr(qbo_alive.Tokens, "access", lambda self, error=error: (_ for _ in ()).throw(error))
            job = shop.job("push", "customers")
        assert (job.state, job.code, shop.results(job)) == ("pending", error.code, [])
        assert job.next_at > job.asked_at
        with shop.store.transaction():
            shop.store.execute("UPDATE sync_job SET next_at = ''")
    shop.round()
    assert sync_jobs.get(shop.store, "main", job.id).state == "synced"
