"""Pulling from the emulator: cursors, rows, names, pictures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos.connectors.base import FEEDS
from pos.connectors.erpnext import KIND
from pos.connectors.erpnext.client import Erpnext
from pos.connectors.erpnext.feeds import PAGE_ROWS, kind_of_mode
from pos.errors import Rejected, Unavailable
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext import Emulator
from tests.contract.sites import basket_site, learned, till_config


@pytest.fixture
def site() -> Iterator[Emulator]:
    with Emulator(basket_site()) as made:
        yield made


def connector(tmp_path: Path, emulator: Emulator, **more: str) -> Erpnext:
    config = till_config(tmp_path, emulator.url, **more)
    return Erpnext(config, learned(config))


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
