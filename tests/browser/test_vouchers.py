"""Gift vouchers at the till: sold beside goods, shown wherever they are scanned, paid with, given back onto."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from pos.app import App
from tests.browser.screen import Screen
from tests.browser.test_approve import agree
from tests.browser.test_returns import find, sell

pytestmark = pytest.mark.browser

BOOT, SOCKS, SHOE = "5012345000015", "96385074", "5012345000046"
OWN_CODE = re.compile(r"GV-\d{6}-[A-Z0-9]{6}")


def open_dialog(screen: Screen) -> None:
    screen.press("/")
    expect(screen.page.locator("#dlg-voucher[open]")).to_be_visible()


def add_voucher(screen: Screen, digits: str, code: str = "") -> None:
    """By keyboard alone: the sign of the key, the amount from the right, Enter."""
    open_dialog(screen)
    if code:
        screen.scan(code)
        expect(screen.page.locator("#voucher-says")).to_contain_text("Not known here")
    screen.type(digits)
    screen.press("Enter")
    expect(screen.page.locator("#dlg-voucher[open]")).to_have_count(0)


def finish(screen: Screen) -> None:
    screen.press("Enter")
    screen.expect_view("change")


def pay(screen: Screen) -> None:
    screen.press("F9")
    screen.expect_view("pay")
    finish(screen)


def bought(screen: Screen, digits: str) -> str:
    """A voucher sold for cash; its code."""
    add_voucher(screen, digits)
    expect(screen.page.locator("#pay")).to_have_attribute("aria-disabled", "false")
    pay(screen)
    code: str = screen.receipts()[-1]["vouchers"][0]["code"]
    screen.take("#new-sale")
    return code


def spoken(screen: Screen, text: str) -> None:
    expect(screen.page.locator("#say-polite")).to_contain_text(text)


def test_a_voucher_is_one_more_line_beside_the_goods_and_lives_with_the_receipt(screen: Screen, till: App) -> None:
    page = screen.page
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    before = till.store.execute("SELECT count(*) FROM voucher_row").fetchone()
    add_voucher(screen, "2500")
    spoken(screen, "£")
    screen.expect_lines(("1", "Ridge walking boot", "£119.00"), ("1", "Gift voucher", "£25.00"), total="£144.00")
    screen.press("+")  # each voucher is a line of its own
    screen.expect_total("£144.00")
    assert till.store.execute("SELECT count(*) FROM voucher_row").fetchone() == before
    pay(screen)
    receipt = screen.receipts()[-1]
    code = receipt["vouchers"][0]["code"]
    assert OWN_CODE.fullmatch(code)
    assert [(x["item_code"], (x.get("voucher") or {}).get("code")) for x in receipt["items"]] == [
        ("HB-9001", None),
        ("GIFT-VOUCHER", code),
    ]
    shown = page.locator("#sale-vouchers")
    expect(shown).to_contain_text(code)
    expect(shown.locator(".is-left")).to_contain_text("£25.00")
    spoken(screen, f"Voucher {code}: £25.00 on it.")
    page.add_init_script("window.print = () => {};")
    screen.press("F3")
    page.wait_for_url(re.compile(r"/paper/"))
    expect(page.locator(".roll")).to_contain_text(code)
    screen.press("Escape")
    expect(shown).to_contain_text(code)  # the change is still there


def test_a_card_is_sold_once_and_shown_afterwards(screen: Screen) -> None:
    page = screen.page
    add_voucher(screen, "1000", "CARD-77001")
    open_dialog(screen)
    screen.scan("CARD-77001")
    expect(page.locator("#voucher-says")).to_contain_text("Not known here")
    screen.type("500")
    screen.press("Enter")
    expect(page.locator("#voucher-problem")).to_have_text("This card is in the basket already.")
    screen.press("Escape")
    pay(screen)
    screen.take("#new-sale")
    open_dialog(screen)
    screen.scan("CARD-77001")
    expect(page.locator("#voucher-says")).to_contain_text("£10.00")
    expect(page.locator("#voucher-go")).to_be_hidden()  # neither sold again nor used for nothing
    screen.press("Escape")


def test_an_amount_the_shop_does_not_sell_is_refused_in_the_dialog(screen: Screen) -> None:
    open_dialog(screen)
    screen.press("Enter")
    expect(screen.page.locator("#voucher-problem")).to_have_text("Type the amount.")
    screen.type("99999")
    screen.press("Enter")
    expect(screen.page.locator("#voucher-problem")).to_contain_text("£500.00")
    screen.press("Escape")
    assert screen.basket() is None


def test_scanned_beside_goods_it_is_shown_and_pays_with_one_key(screen: Screen) -> None:
    page = screen.page
    code = bought(screen, "5000")
    screen.scan(code)  # nothing in the basket: looked at, nothing more
    expect(page.locator("#voucher-says")).to_contain_text("£50.00")
    expect(page.locator("#voucher-says")).to_contain_text("until")
    spoken(screen, f"Voucher {code}: £50.00 on it.")
    expect(page.locator("#voucher-go")).to_be_hidden()
    screen.press("Escape")
    screen.scan(SHOE)
    screen.expect_total("£85.00")
    screen.scan(code.lower())
    expect(page.locator("#voucher-go-word")).to_have_text("Use it: pay with it")
    screen.press("Enter")
    expect(page.locator("#pay-left")).to_have_text("£35.00")
    expect(page.locator("#payments li").first).to_contain_text(code)
    expect(page.locator("#typed-what")).to_have_text("Cash given")  # the rest another way
    screen.press("F2")
    finish(screen)
    receipt = screen.receipts()[-1]
    first = receipt["payments"][0]
    assert (first["mode_of_payment"], first["amount"], first["reference"]) == ("Voucher", "50.00", code)
    expect(page.locator("#sale-vouchers .is-left")).to_contain_text("£0.00")


def test_scanned_while_paying_it_is_taken_and_the_sale_waits_for_a_person(screen: Screen) -> None:
    page = screen.page
    code = bought(screen, "3000")
    screen.scan(SOCKS)
    screen.expect_total("£7.50")
    screen.press("F9")
    screen.expect_view("pay")
    screen.scan(code)
    expect(page.locator("#pay-left")).to_have_text("£0.00")
    screen.expect_view("pay")
    screen.scan(code)
    expect(page.locator("#pay-saying")).to_have_text("Nothing is left to pay.")
    expect(page.locator("#payments li")).to_have_count(1)
    finish(screen)
    expect(page.locator("#sale-vouchers .is-left")).to_contain_text("£22.50")
    expect(page.locator('[data-slip="balance"]')).to_be_visible()


def test_typed_code_and_part_of_it_by_keys_alone(screen: Screen) -> None:
    page = screen.page
    code = bought(screen, "4000")
    screen.scan(SOCKS, SHOE)
    screen.expect_total("£92.50")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("F3", "F8")
    page.keyboard.insert_text(code)
    screen.press("Enter")
    expect(page.locator("#take-word")).to_have_text("Use £40.00")
    screen.type("1500")
    expect(page.locator("#take-word")).to_have_text("Use £15.00")
    screen.press("Enter")
    expect(page.locator("#payments button")).to_have_count(1)
    expect(page.locator("#pay-left")).to_have_text("£77.50")
    expect(page.locator("#typed-what")).to_have_text("Cash given")
    finish(screen)
    assert screen.receipts()[-1]["vouchers"][0]["balance"] == "25.00"


def test_what_is_on_it_is_printed_from_where_it_is_looked_at(screen: Screen) -> None:
    code = bought(screen, "2000")
    open_dialog(screen)
    screen.scan(code)
    screen.page.add_init_script("window.print = () => undefined;")
    screen.take(f'[data-balance="{code}"]')
    screen.page.wait_for_url("**/paper/**")
    expect(screen.page.locator(".roll")).to_contain_text("£20.00")
    expect(screen.page.locator(".roll")).to_contain_text("is left on your voucher")


def test_what_a_voucher_may_not_pay_is_said_and_nothing_is_taken(screen: Screen) -> None:
    page = screen.page
    code = bought(screen, "2000")
    screen.scan(SOCKS)
    screen.expect_total("£7.50")
    add_voucher(screen, "1000")
    screen.expect_total("£17.50")
    screen.press("F9")
    screen.expect_view("pay")
    screen.scan("GV-261121-ZZZZZZ")
    expect(page.locator("#pay-voucher-problem")).to_contain_text("not known")
    expect(page.locator("#payments .disc")).to_have_count(0)
    asked: list[int] = []
    page.on("response", lambda answer: asked.append(answer.status) if answer.url.endswith("/api/pay-check") else None)
    screen.scan(code)  # one voucher never buys another: the goods alone
    while asked[-2:] != [422, 200]:  # refused, and asked again for what it may pay; Enter before that is a slip
        page.wait_for_timeout(20)
    expect(page.locator("#pay-saying")).to_contain_text("not paid for with a voucher")
    expect(page.locator("#take-word")).to_have_text("Use £7.50")
    screen.press("Enter")
    expect(page.locator("#typed-what")).to_have_text("Cash given")
    expect(page.locator("#pay-left")).to_have_text("£10.00")
    finish(screen)
    assert {x["act"] for x in screen.receipts()[-1]["vouchers"]} == {"issue", "redeem"}


def test_money_goes_back_onto_a_new_voucher_or_onto_one_that_is_scanned(screen: Screen) -> None:
    page = screen.page
    number = sell(screen, SOCKS, SOCKS)
    kept = ""
    for scanned in (False, True):
        find(screen, number)
        page.get_by_role("button", name="One more back").click()
        screen.take("#back-go")
        agree(screen)
        screen.expect_total("-£7.50")
        screen.press("F9")
        screen.expect_view("pay")
        if scanned:
            screen.scan(kept)
            expect(page.locator("#payments li").first).to_contain_text(kept)
            expect(page.locator("#take-word")).to_have_text("Finish")
        else:
            screen.press("F3")
        finish(screen)
        row = screen.receipts()[-1]["vouchers"][0]
        assert row["act"] == "refund"
        assert row["balance"] == ("15.00" if scanned else "7.50")
        kept = row["code"]
        expect(page.locator("#sale-vouchers")).to_contain_text(kept)
        screen.take("#new-sale")


def test_the_number_of_a_receipt_leads_to_its_return(screen: Screen) -> None:
    number = sell(screen, SOCKS)
    screen.scan(number)
    expect(screen.page.locator("#back-what")).to_contain_text(number)
    screen.press("Escape")
    screen.scan("NOBODY-0001-X")
    expect(screen.page.locator("#lines > .is-unknown")).to_have_count(1)


def test_a_bag_is_added_while_paying(screen: Screen) -> None:
    screen.scan(SOCKS)
    screen.expect_total("£7.50")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("F10")
    expect(screen.page.locator("#pay-left")).to_have_text("£7.60")
    screen.take(".taken-head [data-act=bag]")
    expect(screen.page.locator("#pay-left")).to_have_text("£7.70")
    finish(screen)
    assert screen.receipts()[-1]["total"] == "7.70"
