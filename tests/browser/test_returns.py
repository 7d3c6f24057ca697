"""Goods come back: by receipt, in part, in exchange, without a receipt; somebody agrees, money goes the way it came."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.browser.test_approve import agree

pytestmark = pytest.mark.browser

BOOT, SOCKS = "5012345000015", "96385074"


def sell(screen: Screen, *codes: str, mode: str = "Enter") -> str:
    """Sell these, pay all of it, and answer the receipt's number."""
    screen.scan(*codes)
    expect(screen.page.locator("#lines > .line:not(.line-hint)")).to_have_count(len(set(codes)))
    screen.expect_no_scan_waits()
    screen.press("F9")
    screen.expect_view("pay")
    if mode != "Enter":
        screen.press(mode)
    screen.press("Enter")
    screen.expect_view("change")
    number: str = screen.page.inner_text("#kept bdi")
    screen.take("#new-sale")
    return number


def find(screen: Screen, number: str) -> None:
    screen.press("F4")
    expect(screen.page.locator("#dlg-back[open]")).to_be_visible()
    screen.scan(number)


def test_one_of_two_comes_back_to_the_card_it_was_paid_with(screen: Screen) -> None:
    page = screen.page
    number = sell(screen, SOCKS, SOCKS, BOOT, mode="F2")
    find(screen, number)
    expect(page.locator("#back-what")).to_contain_text(number)
    row = page.locator(".back-row", has_text="Ankle socks")
    expect(row).to_contain_text("sold 2")
    row.get_by_role("button", name="One more back").click()
    page.locator("#back-chips").get_by_text("Wrong size").click()
    screen.take("#back-go")
    agree(screen)  # a cashier may not take goods back alone
    expect(page.locator("#total-word")).to_have_text("To give back")
    screen.expect_lines(("-1", "Ankle socks, 3 pairs", "-£7.50"), total="-£7.50")
    screen.press("F9")
    screen.expect_view("pay")
    expect(page.locator("#pay-came")).to_contain_text("Card £134.00")
    expect(page.locator("#typed-what")).to_have_text("Card to give back")
    expect(page.locator("#take-word")).to_have_text("Give back, card")
    screen.press("Enter")
    screen.expect_view("change")
    expect(page.locator("#change-word")).to_have_text("Paid back")
    receipt = screen.receipts()[-1]
    assert receipt["kind"] == "return"
    assert [(p["mode_of_payment"], p["amount"]) for p in receipt["payments"]] == [("Card", "-7.50")]
    assert [one["act"] for one in receipt["approved"]] == ["refund"]
    screen.take("#new-sale")
    find(screen, number)
    expect(page.locator(".back-row", has_text="Ankle socks")).to_contain_text("back before 1")
    screen.press("Escape")


def test_an_exchange_is_one_ticket(screen: Screen) -> None:
    page = screen.page
    number = sell(screen, SOCKS)
    find(screen, number)
    page.get_by_role("button", name="One more back").click()
    screen.take("#back-go")
    agree(screen)
    screen.expect_total("-£7.50")
    screen.scan(BOOT)
    screen.expect_total("£111.50")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_view("change")
    assert [item["qty"] for item in screen.receipts()[-1]["items"]] == ["-1.000", "1.000"]


def test_an_unknown_receipt_offers_the_way_without_one(screen: Screen) -> None:
    page = screen.page
    find(screen, "T9-000812")
    expect(page.locator("#back-problem")).to_contain_text("not known here")
    expect(page.locator("#back-what")).to_contain_text("T9-000812")
    page.locator("#back-chips").get_by_text("Faulty").click()
    screen.scan(SOCKS)
    expect(page.locator("#approve-why")).to_contain_text("without a receipt")
    agree(screen)
    screen.expect_total("-£7.50")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_view("change")
    item = screen.receipts()[-1]["items"][0]
    assert item["qty"] == "-1.000"


def test_a_finished_sale_is_voided_from_its_receipt(screen: Screen) -> None:
    page = screen.page
    number = sell(screen, SOCKS)
    page.goto(f"{screen.url}/receipts/{number}")
    screen.take("#void")
    screen.take("#dlg-words [type=submit]")
    expect(page.locator("#words-problem")).to_have_text("Say why it is voided.")
    page.locator("#words-chips").get_by_text("Wrong items").click()
    screen.take("#dlg-words [type=submit]")
    agree(screen)
    page.wait_for_url(lambda url: number not in url)
    void = screen.receipts()[-1]
    assert void["total"] == "-7.50"
    page.goto(f"{screen.url}/receipts/{number}")
    expect(page.locator("#voided")).to_contain_text(void["invoice_name"])
    expect(page.locator("#void")).to_be_hidden()


def test_a_receipts_page_leads_to_the_return_of_its_goods(screen: Screen) -> None:
    page = screen.page
    number = sell(screen, SOCKS)
    page.goto(f"{screen.url}/receipts/{number}")
    screen.take("#give-back")
    expect(page.locator("#back-what")).to_contain_text(number)
    screen.press("Escape")
