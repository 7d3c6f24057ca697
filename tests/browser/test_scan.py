"""A scanner beside a busy cashier: every code arrives, in order, and never as anything but a code."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from pos.app import App
from pos.store import feeds
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

BOOT, WINTER, SOCKS, SHOE, CREAM, BELT = (
    "5012345000015", "5012345000022", "96385074", "5012345000077", "5012345000121", "5012345000138",
)  # fmt: skip


def test_thirty_codes_at_five_milliseconds_a_key_are_thirty_units_in_order(screen: Screen) -> None:
    screen.scan(*[BOOT, SOCKS, SHOE, SOCKS, CREAM, "LACES-140"] * 5)
    screen.expect_lines(
        ("5", "Ridge walking boot", "£595.00"),
        ("10", "Ankle socks, 3 pairs", "£75.00"),
        ("5", "Pip school shoe", "£170.00"),
        ("5", "Boot cream, neutral", "£34.75"),
        ("5", "Boot laces, brown", "£17.50"),
        total="£892.25",
    )


def test_the_same_code_twice_is_two_units_on_one_line(screen: Screen) -> None:
    screen.scan(SOCKS, SOCKS)
    screen.expect_lines(("2", "Ankle socks, 3 pairs", "£15.00"), total="£15.00")


def test_a_scan_never_presses_the_button_that_has_the_focus(screen: Screen) -> None:
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.page.focus("#pay")
    screen.scan(SOCKS)
    screen.expect_total("£126.50")
    screen.expect_view("sell")
    screen.page.focus("#results .item")
    screen.scan(SOCKS)
    screen.expect_lines(
        ("1", "Ridge walking boot", "£119.00"), ("2", "Ankle socks, 3 pairs", "£15.00"), total="£134.00"
    )


def test_a_scan_into_the_search_field_is_taken_back_out(screen: Screen) -> None:
    screen.page.fill("#search", "bo")
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    expect(screen.page.locator("#search")).to_have_value("bo")


def test_a_scan_while_an_amount_is_typed_is_a_line_and_no_amount(screen: Screen) -> None:
    screen.scan(SHOE)
    screen.expect_total("£34.00")
    screen.press("F9")
    screen.expect_view("pay")
    screen.type("40")
    expect(screen.page.locator("#typed-amount")).to_have_text("£0.40")
    screen.scan(CREAM)
    expect(screen.page.locator("#pay-total")).to_have_text("£40.95")
    expect(screen.page.locator("#typed-amount")).to_have_text("£0.40")
    assert screen.basket()["payments"] == []
    screen.press("F2", "F8")
    screen.page.fill("#pay-reference", "0815")
    screen.scan(CREAM)
    expect(screen.page.locator("#pay-total")).to_have_text("£47.90")
    expect(screen.page.locator("#pay-reference")).to_have_value("0815")
    screen.expect_view("pay")


def test_an_unknown_code_is_a_red_line_the_next_scans_work_and_only_pay_is_held(screen: Screen) -> None:
    screen.scan(BOOT, "5012345678900", CREAM)
    screen.expect_lines(
        ("1", "Ridge walking boot", "£119.00"),
        ("?", "Code not known", "–"),
        ("1", "Boot cream, neutral", "£6.95"),
        total="£125.95",
    )
    expect(screen.page.locator("#say-now")).to_contain_text("Code 5012345678900 is not known")
    expect(screen.page.locator("#held-why")).to_have_text("1 code to settle first")
    screen.press("F9")
    screen.expect_view("sell")
    screen.take(".is-unknown >> text=Take off")
    expect(screen.page.locator("#held-why")).to_have_text("")
    screen.press("F9")
    screen.expect_view("pay")


def test_the_item_of_an_unknown_code_can_be_found_by_name(screen: Screen) -> None:
    screen.scan("5012345678900", CREAM)
    screen.expect_total("£6.95")
    screen.take(".is-unknown >> text=Find the item")
    expect(screen.page.locator("#found-words")).to_have_text("Which item is 5012345678900?")
    screen.page.fill("#search", "saddler")
    expect(screen.page.locator("#results .item")).to_have_count(1)
    screen.take("#results .item")
    screen.expect_lines(("1", "Saddler belt", "£24.00"), ("1", "Boot cream, neutral", "£6.95"), total="£30.95")


def test_scans_wait_while_a_dialog_is_open_and_follow_in_order(screen: Screen) -> None:
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.press("F3")
    expect(screen.page.locator("#dlg-discount[open]")).to_be_visible()
    screen.scan(SOCKS, CREAM)
    expect(screen.page.locator(".scans-wait")).to_contain_text("2 scans wait")
    expect(screen.page.locator("#discount-typed")).to_have_text("0 %")
    screen.press("Escape")
    screen.expect_lines(
        ("1", "Ridge walking boot", "£119.00"),
        ("1", "Ankle socks, 3 pairs", "£7.50"),
        ("1", "Boot cream, neutral", "£6.95"),
        total="£133.45",
    )


def test_gs1_codes_with_fnc1_and_letters_are_read(screen: Screen) -> None:
    screen.scan("0105012345000138" + "10LOT7" + "\x1d" + "21ABC", "LACES-140")
    screen.expect_lines(("1", "Saddler belt", "£24.00"), ("1", "Boot laces, brown", "£3.50"), total="£27.50")


def test_a_label_with_a_weight_is_that_much_at_the_shelfs_price(screen: Screen) -> None:
    screen.scan("2200017003454")
    expect(screen.page.locator("#lines .name")).to_have_text("Shoe wax, loose")
    screen.expect_total("£6.38")
    expect(screen.page.locator("#lines .more")).to_contain_text("0.345 Kg at £18.50")


def test_a_label_with_a_price_on_weighed_goods_says_both(screen: Screen, till: App) -> None:
    feeds.put_barcodes(till.store, [{"code": "2000018", "item": "WAX"}])
    screen.scan("2000018004326")
    screen.expect_total("£4.32")
    expect(screen.page.locator("#lines .more")).to_contain_text("0.234 Kg, £4.32 on its label")


def test_a_person_typing_slowly_searches_and_scans_nothing(screen: Screen) -> None:
    screen.type("saddler")
    expect(screen.page.locator("#search")).to_have_value("saddler")
    expect(screen.page.locator("#found-words")).to_have_text("1 of 1 shown")
    assert screen.lines() == []


def test_a_scan_does_not_unlock_the_till(screen: Screen) -> None:
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.press("F12")
    expect(screen.page.locator("#lock")).to_be_visible()
    screen.scan("PEN-1")
    expect(screen.page.locator("#lock-pin")).to_have_value("")
    expect(screen.page.locator("#lock-say")).to_contain_text("A scan does not unlock")
    screen.type("2468")
    screen.press("Enter")
    expect(screen.page.locator("#lock")).to_be_hidden()
    screen.expect_lines(("1", "Ridge walking boot", "£119.00"), total="£119.00")


def test_a_scan_on_a_receipt_starts_the_next_sale(screen: Screen) -> None:
    screen.open("/receipts")
    screen.scan(SOCKS)
    expect(screen.page).to_have_url(f"{screen.url}/")
    screen.expect_lines(("1", "Ankle socks, 3 pairs", "£7.50"), total="£7.50")
