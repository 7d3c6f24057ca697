"""The client against the emulator: checks, lookups, drafts, lost answers, feeds, and setup."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos.actions.erpnext_setup import prepare
from pos.cli import erpnext as command
from pos.connectors import KINDS
from pos.connectors.base import FEEDS, Context
from pos.connectors.erpnext import KIND
from pos.connectors.erpnext.client import Erpnext
from pos.connectors.erpnext.feeds import PAGE_ROWS, kind_of_mode
from pos.errors import BadSettings, Rejected, SignInNeeded, Unavailable, Unknown
from pos.store import connections
from pos.store.db import open_store
from tests.contract import baskets
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext import Emulator
from tests.contract.sites import basket_site, learned, till_config
from tests.contract.tills import SETTLE_SECONDS, Till, till


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Till]:
    with till(tmp_path, read_seconds=10.0, slow_seconds=0.8) as made:
        yield made


@pytest.fixture
def site() -> Iterator[Emulator]:
    with Emulator(basket_site()) as made:
        yield made


def connector(tmp_path: Path, emulator: Emulator, **more: str) -> Erpnext:
    config = till_config(tmp_path, emulator.url, **more)
    return Erpnext(config, learned(config))


class InTurn:
    """These faults for the coming requests, in their order; none after them."""

    def __init__(self, *kinds: str) -> None:
        self.kinds = list(kinds)

    def draw(self, writes: bool) -> str:
        return self.kinds.pop(0) if self.kinds else ""


# -- before anything is sent --


def test_check_names_version_and_company(tmp_path: Path, site: Emulator) -> None:
    assert connector(tmp_path, site).check() == "ERPNext 15.71.1, Test Shop Ltd"


def test_without_the_field_nothing_is_sent(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site)
    site.site.custom_fields.pop(("Sales Invoice", "pos_receipt_id"))
    with pytest.raises(Rejected) as caught:
        there.check()
    assert caught.value.code == "field_missing"
    assert "erpnext setup" in caught.value.remedy


def test_a_missing_field_pauses_the_connection_and_the_queue_goes_when_it_is_back(shop: Till) -> None:
    field = shop.emulator.site.custom_fields.pop(("Sales Invoice", "pos_receipt_id"))
    (sold,) = shop.sell()
    shop.round()
    assert shop.invoices() == []
    assert connections.line(shop.store, "erpnext").paused_reason
    shop.emulator.site.custom_fields["Sales Invoice", "pos_receipt_id"] = field
    shop.later(120)
    shop.round()
    assert shop.row(sold).state == "booked"


def test_a_field_that_vanishes_between_check_and_post_leaves_a_draft_at_most(shop: Till) -> None:
    shop.sell()
    shop.round()
    shop.emulator.site.custom_fields.pop(("Sales Invoice", "pos_receipt_id"))
    (sold,) = shop.sell()
    shop.round()
    assert shop.row(sold).state == "rejected"
    assert [d["docstatus"] for d in shop.emulator.site.docs["Sales Invoice"].values()] == [1, 0]


def test_a_site_that_was_never_set_up_is_refused_with_the_remedy(tmp_path: Path, site: Emulator) -> None:
    with pytest.raises(Rejected) as caught:
        Erpnext(till_config(tmp_path, site.url), {}).check()
    assert caught.value.code == "setup_needed"


def test_another_rounding_than_the_tills_is_refused(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site, TILLKEEP_PRICING_ROUNDING="bankers")
    config = till_config(tmp_path, site.url, TILLKEEP_PRICING_ROUNDING="commercial")
    with pytest.raises(Rejected, match="pennies would differ"):
        Erpnext(config, there.facts.as_json()).check()


def test_a_wrong_key_asks_for_a_new_one(tmp_path: Path, site: Emulator) -> None:
    there = Erpnext(till_config(tmp_path, site.url, ERPNEXT_API_SECRET="wrong"), {})
    for ask in (there.check, there.ping):
        with pytest.raises(SignInNeeded):
            ask()


def test_ping_is_unavailable_whatever_answers_there(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site)
    there.ping()
    for kind in ("html_500", "rate_limit", "maintenance", "reset_after", "garbage", "redirect"):
        site.faults.next(kind, hits="all")
        with pytest.raises(Unavailable):
            there.ping()
    site.site.host = "erp.example.com"
    with pytest.raises(Unavailable):
        there.ping()


# -- posting --


def one(shop: Till) -> dict[str, Any]:
    doc = None
    while doc is None:
        doc = baskets.random_sale(shop.chance, shop.world)
    return baskets.numbered(shop.world, doc)


def test_the_payment_is_booked_and_not_lost(shop: Till) -> None:
    doc = one(shop)
    there = shop.world.connector
    posted = there.post(doc, "sale", doc["id"], Context())
    stored = there.fetch(posted.remote_id)
    assert stored.state == "submitted"
    assert there.compare(doc, "sale", stored) == ""


def test_a_one_step_post_would_have_lost_it(shop: Till) -> None:
    """The control of the test above: this is what the emulator, like ERPNext, does without a word."""
    doc = one(shop)
    there = shop.world.connector
    from pos.connectors.erpnext import compare, mapping

    body = mapping.invoice(doc, "sale", doc["id"], Context(), there.facts, shop.world.config)
    made = compare.posted(there._send("POST", "/api/resource/Sales%20Invoice", body | {"docstatus": 1}))
    assert "paid is 0.00" in there.compare(doc, "sale", there.fetch(made.remote_id)) or not body.get("payments")


def test_find_answers_the_whole_document_or_none(shop: Till) -> None:
    doc = one(shop)
    there = shop.world.connector
    assert there.find(doc["id"]) is None
    there.post(doc, "sale", doc["id"], Context())
    found = there.find(doc["id"])
    assert found is not None
    assert there.compare(doc, "sale", found) == ""
    assert len(found.rows) >= len(doc["items"])


def test_the_same_key_twice_is_one_document(shop: Till) -> None:
    doc = one(shop)
    there = shop.world.connector
    there.post(doc, "sale", doc["id"], Context())
    with pytest.raises(Unknown) as caught:
        there.post(doc, "sale", doc["id"], Context())
    assert caught.value.code == "already_there"
    assert len(shop.invoices(doc["id"])) == 1


def test_a_draft_whose_figures_are_not_the_receipts_is_not_submitted(shop: Till) -> None:
    (sold,) = shop.sell()
    for item in shop.emulator.site.docs["Item"].values():
        item["taxes"] = []
    for template in shop.emulator.site.docs["Item Tax Template"].values():
        template["taxes"][0]["tax_rate"] = 17.5
    shop.emulator.site.docs["Item Tax Template"]["Zero - TS"]["taxes"][0]["tax_rate"] = 12.5
    sold = [*[sold], *shop.sell(12)]
    shop.round()
    rejected = [i for i in sold if shop.row(i).state == "rejected"]
    assert rejected, "some of these sold goods at a rate that has changed there"
    for document in rejected:
        assert shop.row(document).code == "figures_differ"
        assert [d["docstatus"] for d in shop.invoices(document)] == [0]
    assert {shop.row(i).state for i in sold} <= {"booked", "rejected"}


# -- lost answers: what the client saw, and what was there in truth --


@pytest.mark.parametrize(
    ("fault", "there_after"),
    [
        ("slow_before", True),  # a client time-out: the document appears later
        ("reset_after", True),
        ("closed_after", True),
        ("half_answer", True),
        ("garbage", True),
        ("html_502_after", True),
        ("reset_before", False),
        ("html_504", False),
    ],
)
def test_lost_answers_are_settled_by_asking(shop: Till, fault: str, there_after: bool) -> None:
    shop.sell()
    shop.round()
    (sold,) = shop.sell()
    shop.emulator.faults.next(fault)
    patience = shop.world.connector._http
    patience._read_seconds = 0.4 if fault == "slow_before" else 10.0
    shop.round()
    patience._read_seconds = 10.0
    shop.emulator.wait_idle()
    assert bool(shop.invoices(sold)) == there_after
    assert shop.row(sold).state == "unknown"
    posts = sum(m == "POST" for m, _ in shop.emulator.requests)
    shop.later(SETTLE_SECONDS + 1)
    shop.round()
    shop.later(1)
    shop.round()
    assert shop.row(sold).state == "booked"
    assert [d["docstatus"] for d in shop.invoices(sold)] == [1]
    again = sum(m == "POST" for m, _ in shop.emulator.requests) - posts
    assert again == (0 if there_after else 1)


def test_a_submission_whose_answer_is_lost_is_found_submitted(shop: Till) -> None:
    shop.sell()
    shop.round()
    (sold,) = shop.sell()
    shop.emulator.faults = InTurn("", "reset_after")  # type: ignore[assignment]
    shop.round()
    assert shop.row(sold).state == "booked", "it is proof at once that it is there and submitted"
    assert len(shop.invoices(sold)) == 1


def test_a_document_cancelled_in_the_back_office_is_not_posted_again(shop: Till) -> None:
    (sold,) = shop.sell()
    shop.emulator.faults.next("reset_after")
    shop.round()
    (there,) = shop.invoices(sold)
    there["docstatus"] = 2
    for _ in range(3):
        shop.later(SETTLE_SECONDS)
        shop.round()
    assert (shop.row(sold).state, shop.row(sold).code) == ("rejected", "cancelled")
    assert len(shop.invoices(sold)) == 1


# -- customers --


def test_a_customer_made_at_the_till_is_created_once(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site)
    first = there.ensure_customer("till-c-1", "Jane Till", phone="07700 900000")
    assert there.ensure_customer("till-c-1", "Jane Till") == first
    other = there.ensure_customer("till-c-2", "Jane Till")
    assert (first, other) == ("Jane Till", "Jane Till - 1")
    site.faults = InTurn("", "reset_after", "html_500")  # type: ignore[assignment]
    with pytest.raises(Unknown):  # the answer is lost, and so is the question after it
        there.ensure_customer("till-c-3", "Max")
    assert there.ensure_customer("till-c-3", "Max") == "Max"
    assert sum(c["customer_name"].startswith("Max") for c in site.site.docs["Customer"].values()) == 1


# -- feeds --


def pulled(there: Erpnext, feed: str, since: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        page = there.pull(feed, since)
        rows += page.rows
        since = page.cursor or since
        if not page.more:
            return rows


@pytest.mark.parametrize("feed", [f for f in KIND.feeds if f != "cashiers"])
def test_rows_of_a_feed_have_the_keys_that_were_agreed(tmp_path: Path, site: Emulator, feed: str) -> None:
    keys = {k.split("(")[0].split("[")[0].rstrip(",") for k in FEEDS[feed].replace(", percent", "").split()}
    rows = pulled(connector(tmp_path, site), feed)
    assert rows
    assert {k for k in keys if k.isidentifier() and k not in ("uom", "value", "position", "exact")} <= set(rows[0]) | {
        "never", "a", "PIN"
    }  # fmt: skip


def test_a_page_full_of_one_stamp_does_not_stick(tmp_path: Path, site: Emulator) -> None:
    for n in range(3 * PAGE_ROWS + 7):
        shops.put_item(site.site, f"X{n:04d}", f"X {n}")
    for item in site.site.docs["Item"].values():
        item["modified"] = "2026-11-21 08:00:00.000000"
    there = connector(tmp_path, site)
    rows = pulled(there, "items")
    assert len(rows) == len(site.site.docs["Item"])
    assert len({r["code"] for r in rows}) == len(rows)


def test_only_what_changed_comes_again(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site)
    page = there.pull("items", "")
    assert there.pull("items", page.cursor).rows == ()
    site.site.change("Item", "RED", item_name="Redder")
    (row,) = there.pull("items", page.cursor).rows
    assert (row["code"], row["name"]) == ("RED", "Redder")


def test_rewinding_sees_rows_committed_late(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site)
    page = there.pull("items", "")
    stamp = page.cursor.split("|")[0]
    earlier = dt.datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S.%f") - dt.timedelta(seconds=30)
    shops.put_item(site.site, "LATE", "Late")
    site.site.docs["Item"]["LATE"]["modified"] = f"{earlier:%Y-%m-%d %H:%M:%S.%f}"
    assert "LATE" not in {r["code"] for r in there.pull("items", page.cursor).rows}
    assert "LATE" in {r["code"] for r in there.pull("items", there.rewind(page.cursor)).rows}
    assert there.rewind("") == ""


def test_an_item_brings_barcodes_variants_tax_and_unit(tmp_path: Path, site: Emulator) -> None:
    shops.put_item(
        site.site, "V-1", "Shirt <b>blue</b>", variant_of="V", stock_uom="Kg",
        taxes=[{"item_tax_template": "Zero - TS"}],
        barcodes=[{"barcode": "111", "uom": None}, {"barcode": "222", "uom": "Box"}], is_sales_item=0,
        attributes=[{"attribute": "Size", "attribute_value": "M"}, {"attribute": "Colour", "attribute_value": "Blue"}],
    )  # fmt: skip
    row = next(r for r in pulled(connector(tmp_path, site), "items") if r["code"] == "V-1")
    assert row["name"] == "Shirt blue"
    assert [b["code"] for b in row["barcodes"]] == ["111", "222"]
    assert [(a["name"], a["value"]) for a in row["attributes"]] == [("Size", "M"), ("Colour", "Blue")]
    assert (row["tax_code"], row["variant_of"], row["weighed"], row["disabled"]) == ("Zero - TS", "V", True, True)


def test_a_row_that_cannot_be_read_is_named_and_the_others_come(tmp_path: Path, site: Emulator) -> None:
    site.site.docs["Item Price"]["p-RED"]["price_list_rate"] = 1.999
    page = connector(tmp_path, site).pull("prices", "")
    assert [name for name, _ in page.refused] == ["p-RED"]
    assert len(page.rows) == 3


def test_the_list_of_names_is_complete_or_says_so(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site)
    names = there.names("items")
    assert (names.complete, set(names.names)) == (True, set(site.site.docs["Item"]))


def test_a_list_too_long_for_a_get_line_goes_as_post(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site)
    wanted = [f"X{n:06d}" for n in range(600)] + ["RED"]
    assert [r["name"] for r in there.rows("Item", ["name"], [["name", "in", wanted]])] == ["RED"]
    assert ("POST", "/api/method/frappe.client.get_list") in site.requests


@pytest.mark.parametrize(
    ("name", "type_", "kind"),
    [
        ("Cash", "Cash", "cash"), ("Card", "Bank", "card"), ("Gift Voucher", "General", "voucher"),
        ("On Account", "General", "account"), ("Cheque", "General", "other"), ("Phone", "Phone", "other"),
    ],
)  # fmt: skip
def test_what_the_till_takes_a_mode_of_payment_for(name: str, type_: str, kind: str) -> None:
    assert kind_of_mode(name, type_) == kind


def test_a_picture_comes_from_the_site_only(tmp_path: Path, site: Emulator) -> None:
    site.site.files["/files/a b.png"] = ("image/png", b"PNG" * 10)
    there = connector(tmp_path, site)
    assert there.picture("/files/a b.png", 1000) == b"PNG" * 10
    for address, code in (("http://elsewhere.example/x.png", "other_host"), ("/files/none.png", "not_there")):
        with pytest.raises(Rejected) as caught:
            there.picture(address, 1000)
        assert caught.value.code == code
    with pytest.raises((Rejected, Unavailable)):
        there.picture("/files/a b.png", 10)


# -- setup --


def test_setup_is_harmless_when_repeated_and_keeps_no_administrators_key(tmp_path: Path) -> None:
    with Emulator(shops.recorded(installed=False)) as emulator:
        config = till_config(tmp_path, emulator.url, TILLKEEP_TILL_WAREHOUSE="Shop 1 - TS")
        store = open_store(config)
        first = prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
        assert not first.blocking
        kept = connections.facts(store, "erpnext")
        assert {"Cashier", "Gift Voucher"} <= set(emulator.site.docs["DocType"])
        fields = len(emulator.site.custom_fields)
        again = prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
        assert (again.blocking, len(emulator.site.custom_fields)) == ([], fields)
        assert connections.facts(store, "erpnext") == kept
        assert (kept["site_zone"], kept["rounding"], kept["exchange_mode"]) == ("Europe/London", "bankers", "Cash")
        store.close()
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert shops.MANAGER[1].encode() not in file.read_bytes(), file


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda s: s.docs["Custom Field"]["Sales Invoice-pos_receipt_id"].update(unique=0), "is not unique"),
        (lambda s: s.system.update(rounding_method="Banker's Rounding (legacy)"), "legacy method"),
        (lambda s: s.system.update(rounding_method="Commercial Rounding"), "set [pricing] rounding = commercial"),
        (lambda s: s.system.update(currency_precision="3"), "Currency Precision is 3"),
        (lambda s: s.docs["Fiscal Year"]["2026"].update(disabled=1), "No Fiscal Year holds"),
        (lambda s: s.docs["Customer"].pop("Walk-in"), "The walk-in customer 'Walk-in' is not in ERPNext"),
        (lambda s: s.docs["Warehouse"].pop("Stores - TS"), "The warehouse 'Stores - TS' is not in ERPNext"),
        (lambda s: s.docs["Price List"].pop("Standard Selling"), "The price list"),
        (lambda s: s.docs["User"][shops.TILL[2]].update(roles=[{"role": "Sales User"}]), "Accounts User"),
        (
            lambda s: setattr(s.accounts[shops.TILL[0]], "roles", ("Accounts User", "Sales User")),
            "may not read Item Price",
        ),
        (lambda s: s.docs["Mode of Payment"]["Cash"].update(accounts=[]), "No Mode of Payment of type Cash"),
    ],
)
def test_setup_says_what_is_left_to_do(tmp_path: Path, site: Emulator, spoil: Any, words: str) -> None:
    spoil(site.site)
    config = till_config(tmp_path, site.url)
    store = open_store(config)
    report = prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
    store.close()
    assert any(words in sentence for sentence in report.blocking), report.blocking


def test_setup_by_somebody_who_may_not_is_refused(tmp_path: Path) -> None:
    with Emulator(shops.recorded(installed=False)) as emulator:
        config = till_config(tmp_path, emulator.url)
        store = open_store(config)
        with pytest.raises(Rejected) as caught:
            prepare(store, config, "cli", shops.TILL[0], shops.TILL[1])
        store.close()
    assert (caught.value.code, "System Manager" in caught.value.remedy) == ("right_missing", True)


def test_several_companies_must_be_told_apart(tmp_path: Path, site: Emulator) -> None:
    site.site.put("Company", "Other Ltd", default_currency="GBP", abbr="OL")
    config = till_config(tmp_path, site.url)
    store = open_store(config)
    with pytest.raises(Rejected, match="2 companies"):
        prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
    named = till_config(tmp_path, site.url, TILLKEEP_ERPNEXT_COMPANY="Test Shop Ltd")
    assert not prepare(store, named, "cli", shops.MANAGER[0], shops.MANAGER[1]).blocking
    store.close()


def test_setup_without_a_site_in_the_settings_says_which_settings(tmp_path: Path) -> None:
    config = till_config(tmp_path, "")
    store = open_store(config)
    with pytest.raises(BadSettings, match="ERPNEXT_URL"):
        prepare(store, config, "cli")
    store.close()


def test_the_command_prints_sentences_and_ends_with_its_code(
    tmp_path: Path, site: Emulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("URL", site.url), ("API_KEY", shops.TILL[0]), ("API_SECRET", shops.TILL[1])):
        monkeypatch.setenv(f"ERPNEXT_{name}", value)
    monkeypatch.setenv("TILLKEEP_TILL_WALK_IN", "Walk-in")
    import argparse

    parser = argparse.ArgumentParser()
    command.arguments(parser)
    given = ["setup", "--admin-key", shops.MANAGER[0], "--admin-secret", shops.MANAGER[1]]
    assert command.run(parser.parse_args(given), tmp_path) == 0
    assert "Ready: Test Shop Ltd on ERPNext 15.71.1." in capsys.readouterr().out
    site.site.system["currency_precision"] = "9"
    assert command.run(parser.parse_args(given), tmp_path) == 1
    said = capsys.readouterr().out
    assert "NEEDS  ERPNext's Currency Precision is 9" in said
    assert shops.MANAGER[1] not in said


def test_the_kind_is_listed_with_settings_that_exist() -> None:
    kind = KIND
    assert kind in KINDS
    assert set(kind.feeds) <= set(FEEDS)
    assert set(kind.whole) <= set(kind.feeds)
    from dataclasses import fields

    from pos.config import Erpnext as Settings

    assert set(kind.settings) == {f.name for f in fields(Settings)}
