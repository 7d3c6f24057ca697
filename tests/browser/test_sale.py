"""From the basket to a saved receipt: one sale, whatever is pressed twice, lost on the way or loaded anew."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser import shop
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

BOOT, SOCKS, SHOE, CREAM = "5012345000015", "96385074", "5012345000077", "5012345000121"


def test_a_whole_sale_by_keyboard_alone(new_window: Any) -> None:
    screen: Screen = new_window()
    screen.open("/sign-in")
    screen.type(shop.CASHIER)
    screen.press("Enter")
    screen.type(shop.PIN)
    screen.press("Enter")
    screen.page.wait_for_selector("#results .item")
    sold = len(screen.receipts())

    screen.press("F1")
    screen.type("saddler")
    screen.press("Enter")
    screen.expect_total("£24.00")
    screen.press("Escape", "Escape", "F10")  # the search is cleared, then left; one carrier bag
    screen.expect_total("£24.10")
    screen.press("F6")
    screen.type("3")
    screen.press("Enter")
    screen.expect_total("£24.30")
    screen.press("ArrowUp", "F7")
    screen.expect_lines(("3", "Carrier bag", "£0.30"), total="£0.30")
    screen.press("F9")
    screen.expect_view("pay")
    screen.type("500")
    expect(screen.page.locator("#typed-amount")).to_have_text("£5.00")
    screen.press("Enter")
    screen.expect_change("£4.70")
    screen.press("Enter")
    screen.expect_view("sell")

    assert [r["total"] for r in screen.receipts()[sold:]] == ["0.30"]


def test_split_between_card_and_cash(screen: Screen) -> None:
    sold = len(screen.receipts())
    screen.scan(BOOT, SOCKS)
    screen.expect_total("£126.50")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("F2")
    screen.type("10000")
    screen.press("F8")
    screen.type("081552")
    screen.page.fill("#pay-last4", "4417")
    screen.press("Enter")
    expect(screen.page.locator("#pay-left")).to_have_text("£26.50")
    expect(screen.page.locator("#payments")).to_contain_text("ends 4417 · reference 081552")
    screen.press("F1")
    expect(screen.page.locator("#quick .btn")).to_have_count(4)
    screen.take("#quick >> text=£30.00")
    expect(screen.page.locator("#pay-change")).to_have_text("£3.50")
    screen.take("#take")
    screen.expect_change("£3.50")
    expect(screen.page.locator("#change-words")).to_have_text("A £2 coin, a £1 coin and a 50p")

    [receipt] = screen.receipts()[sold:]
    assert [(p["mode_of_payment"], p["amount"], p["change"]) for p in receipt["payments"]] == [
        ("Card", "100.00", "0.00"),
        ("Cash", "30.00", "3.50"),
    ]
    assert receipt["payments"][0]["last4"] == "4417"
    assert receipt["tender"] == "split"


def test_a_card_above_what_is_due_is_refused_with_a_sentence_and_nothing_is_taken(screen: Screen) -> None:
    screen.scan(SHOE)
    screen.expect_total("£34.00")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("F2")
    screen.type("5000")
    screen.press("Enter")
    expect(screen.page.locator("#pay-saying")).to_contain_text("cannot be above what is due")
    assert screen.basket()["payments"] == []


def test_pressing_pay_twice_makes_one_sale(screen: Screen) -> None:
    sold = len(screen.receipts())
    screen.scan(CREAM)
    screen.expect_total("£6.95")
    screen.take("#pay")
    screen.expect_view("pay")
    screen.page.evaluate("for (const twice of [1, 2]) document.getElementById('take').click()")
    screen.press("Enter")
    expect(screen.page.locator("#kept")).to_contain_text("is saved on this till")
    assert len(screen.receipts()) == sold + 1


def test_the_change_stays_until_the_next_scan_which_starts_a_new_sale(screen: Screen) -> None:
    screen.scan(CREAM)
    screen.expect_total("£6.95")
    screen.press("F9")
    screen.expect_view("pay")
    screen.type("1000")
    screen.press("Enter")
    screen.expect_change("£3.05")
    screen.page.reload()
    screen.expect_change("£3.05")
    screen.scan(SOCKS)
    screen.expect_view("sell")
    screen.expect_lines(("1", "Ankle socks, 3 pairs", "£7.50"), total="£7.50")


def test_a_reload_keeps_the_basket_and_its_id(screen: Screen) -> None:
    screen.scan(BOOT, SOCKS, SOCKS, "5012345678900")
    screen.expect_total("£134.00")
    kept = screen.basket()
    screen.reload()
    screen.expect_lines(
        ("1", "Ridge walking boot", "£119.00"),
        ("2", "Ankle socks, 3 pairs", "£15.00"),
        ("?", "Code not known", "–"),
        total="£134.00",
    )
    assert screen.basket()["id"] == kept["id"]


def test_a_lost_answer_is_asked_for_again_and_makes_one_sale(screen: Screen) -> None:
    sold = len(screen.receipts())
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.request.post_data_json["id"])
        route.fetch()  # the till saves it
        return route.abort("connectionreset")

    screen.page.route("**/api/create-sale", lose_once)
    screen.scan(CREAM)
    screen.expect_total("£6.95")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    expect(screen.page.locator("#pay-saying")).to_contain_text("Asking again for the same sale")
    expect(screen.page.locator("#kept")).to_contain_text("is saved on this till")
    assert [r["id"] for r in screen.receipts()[sold:]] == lost
    assert screen.basket() is None


def test_a_reload_while_the_answer_is_lost_finishes_the_same_sale(screen: Screen) -> None:
    sold = len(screen.receipts())

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    screen.page.route("**/api/create-sale", lose)
    screen.scan(CREAM)
    screen.expect_total("£6.95")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    expect(screen.page.locator("#pay-saying")).to_contain_text("Asking again for the same sale")
    screen.page.unroute("**/api/create-sale")
    screen.page.reload()
    expect(screen.page.locator("#kept")).to_contain_text("is saved on this till")
    assert len(screen.receipts()) == sold + 1


def test_a_price_that_changed_meanwhile_shows_both_totals_and_sells_nothing(screen: Screen) -> None:
    sold = len(screen.receipts())

    def differ(route: Route) -> None:
        body = {"ok": False, "code": "total_differs", "message": "", "shown_text": "£6.95", "priced_text": "£7.10"}
        route.fulfill(status=409, json={**body, "field": "total", "shown": "6.95", "priced": "7.10"})

    screen.page.route("**/api/create-sale", differ)
    screen.scan(CREAM)
    screen.expect_total("£6.95")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    dialog = screen.page.locator("#dlg-ask[open]")
    expect(dialog).to_contain_text("£6.95")
    expect(dialog).to_contain_text("£7.10")
    screen.press("Enter")
    expect(dialog).to_have_count(0)
    screen.expect_view("pay")
    assert screen.basket()["sent"] is False
    assert len(screen.receipts()) == sold


def test_a_till_that_cannot_save_says_so_and_keeps_the_basket(screen: Screen) -> None:
    def full(route: Route) -> None:
        body = {"ok": False, "code": "cannot_save", "message": "The disk is full.", "field": None}
        route.fulfill(status=503, json=body)

    screen.page.route("**/api/create-sale", full)
    screen.scan(CREAM)
    screen.expect_total("£6.95")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    expect(screen.page.locator("#cannot-save")).to_contain_text("The disk is full.")
    assert len(screen.basket()["lines"]) == 1
    assert screen.basket()["payments"] != []
    screen.page.unroute("**/api/create-sale")
    screen.take("#save-again")
    expect(screen.page.locator("#cannot-save")).to_be_hidden()
    screen.take("#take")
    expect(screen.page.locator("#kept")).to_contain_text("is saved on this till")


def test_the_same_basket_in_a_second_window_is_one_sale(screen: Screen) -> None:
    screen.scan(CREAM)
    screen.expect_total("£6.95")
    second = Screen(screen.page.context.new_page(), screen.url, screen.invoices).open()
    second.expect_total("£6.95")
    sold = len(screen.receipts())
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    expect(screen.page.locator("#kept")).to_contain_text("is saved on this till")
    expect(second.page.locator("#basket-empty")).to_be_visible()
    assert len(screen.receipts()) == sold + 1


def test_a_sale_that_was_saved_with_other_content_asks_a_person(screen: Screen) -> None:
    screen.scan(CREAM)
    screen.expect_total("£6.95")
    other = {**screen.basket(), "total": "13.90", "payments": [{"mode_of_payment": "Cash", "amount": "13.90"}]}
    other["lines"] = [{k: v for k, v in line.items() if k != "shown"} | {"qty": "2"} for line in other["lines"]]
    request = screen.page.context.request
    csrf = request.get(f"{screen.url}/api/session").json()["csrf"]
    saved = request.post(f"{screen.url}/api/create-sale", data=other, headers={"X-CSRFToken": csrf}).json()
    sold = len(screen.receipts())
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    dialog = screen.page.locator("#dlg-ask[open]")
    expect(dialog).to_contain_text("already saved, with other content")
    screen.press("Enter")  # the safe answer: look at what was saved
    screen.page.wait_for_url(f"**/receipts/{saved['receipt']['number']}")
    assert len(screen.receipts()) == sold
    assert len(screen.basket()["lines"]) == 1


def test_a_discount_with_its_reason_stands_on_line_and_receipt(screen: Screen) -> None:
    sold = len(screen.receipts())
    screen.scan(BOOT, SOCKS)
    screen.expect_total("£126.50")
    screen.press("ArrowUp", "F3")
    screen.type("10")
    screen.press("Enter")
    expect(screen.page.locator("#discount-problem")).to_contain_text("Choose a reason")
    screen.take("text=Ex-display")
    expect(screen.page.locator("#preview-now")).to_have_text("£107.10")
    screen.press("Enter")
    screen.expect_total("£114.60")
    expect(screen.page.locator(".line.is-chosen")).to_contain_text("10% off: Ex-display")
    expect(screen.page.locator(".line.is-chosen del")).to_have_text("£119.00")
    screen.scan(BOOT)  # at the full price, so a line of its own
    screen.expect_total("£233.60")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_view("change")
    [receipt] = screen.receipts()[sold:]
    assert [(i["amount"], (i["discount"] or {}).get("reason")) for i in receipt["items"]] == [
        ("107.10", "Ex-display"),
        ("7.50", None),
        ("119.00", None),
    ]


def test_a_discount_above_the_cashiers_share_is_refused_with_a_sentence(screen: Screen) -> None:
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.press("F3")
    screen.type("50")
    screen.take("text=Damaged")
    screen.press("Enter")
    expect(screen.page.locator("#dlg-approve[open]")).to_be_visible()  # a second person could agree
    screen.press("Escape")
    expect(screen.page.locator("#discount-problem")).not_to_have_text("")
    assert screen.basket()["lines"][0]["discount"] is None


def test_sizes_and_colours_open_a_grid_for_arrows_and_enter(screen: Screen) -> None:
    screen.scan(shop.STYLE_BARCODE)
    screen.expect_view("matrix")
    expect(screen.page.locator("#pick-name")).to_have_text("Black, UK 6 · £89.00")
    screen.press("ArrowDown", "ArrowRight", "ArrowRight")
    expect(screen.page.locator("#pick-name")).to_have_text("Brown, UK 8 · £89.00")
    screen.scan(SOCKS)
    screen.expect_total("£7.50")
    screen.expect_view("matrix")
    screen.press("Enter")
    screen.expect_lines(("1", "Ankle socks, 3 pairs", "£7.50"), ("1", "Harrow Chelsea boot", "£89.00"), total="£96.50")
    expect(screen.page.locator(".line.is-chosen .more")).to_have_text("Brown · UK 8")


def test_an_open_price_and_a_weight_are_asked_for(screen: Screen) -> None:
    screen.scan("REPAIR", "WAX")
    expect(screen.page.locator("#dlg-figure-title")).to_have_text("Repair")
    screen.press("Enter")
    expect(screen.page.locator("#figure-problem")).to_have_text("Type the price.")
    screen.type("1250")
    expect(screen.page.locator("#figure-typed")).to_have_text("£12.50")
    screen.press("Enter")
    expect(screen.page.locator("#dlg-figure-title")).to_have_text("Shoe wax, loose")
    screen.type("0.345")
    screen.press("Enter")
    expect(screen.page.locator(".line.is-chosen .more")).to_contain_text("0.345 Kg")
    screen.expect_total("£18.88")


def test_the_receipt_page_says_what_was_sold(screen: Screen) -> None:
    screen.scan(BOOT, SOCKS, SOCKS)
    screen.expect_total("£134.00")
    screen.press("F8")
    screen.type("boxed")
    screen.press("Enter")
    screen.press("F9")
    screen.expect_view("pay")
    screen.type("15000")
    screen.press("Enter")
    screen.expect_change("£16.00")
    number = screen.receipts()[-1]["invoice_name"]
    screen.press("F7")
    screen.page.wait_for_url(f"**/receipts/{number}")
    paper = screen.page.locator(".paper:not(.gift)")
    for words in ("Finch & Marlow", number, "Ridge walking boot", "2 × £7.50", "boxed", "Total, 3 items", "£134.00"):
        expect(paper).to_contain_text(words)
    expect(paper).to_contain_text("£16.00")
    expect(screen.page.locator(".paper.gift")).not_to_contain_text("£")
    box = paper.locator(".bc").bounding_box()
    assert box is not None
    assert box["width"] > 100
    screen.page.emulate_media(media="print")
    assert screen.page.locator(".ask").is_hidden()
    assert screen.page.locator(".paper.gift").is_hidden()
    screen.page.emulate_media(media="screen")
    screen.open("/receipts")
    expect(screen.page.locator("tbody tr").first).to_contain_text(number)


def test_a_word_without_end_pushes_no_figure_off_the_paper(screen: Screen) -> None:
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.press("F8")
    screen.page.keyboard.insert_text("m" * 300)
    screen.press("Enter")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_change("£0.00")
    screen.open("/receipts/" + screen.receipts()[-1]["invoice_name"])
    for media in ("screen", "print"):
        screen.page.emulate_media(media=media)  # type: ignore[arg-type]
        wide = "[...document.querySelectorAll('.paper')].map((p) => p.scrollWidth - p.clientWidth)"
        assert max(screen.page.evaluate(wide)) == 0
    screen.page.emulate_media(media="screen")


def test_the_lock_keeps_the_basket(screen: Screen) -> None:
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.take("#lock-now")
    expect(screen.page.locator("#lock")).to_be_visible()
    screen.page.reload()
    expect(screen.page.locator("#lock")).to_be_visible()
    screen.page.fill("#lock-pin", "1111")
    screen.press("Enter")
    expect(screen.page.locator("#lock-say")).to_contain_text("wrong")
    screen.page.fill("#lock-pin", shop.PIN)
    screen.press("Enter")
    expect(screen.page.locator("#lock")).to_be_hidden()
    screen.expect_lines(("1", "Ridge walking boot", "£119.00"), total="£119.00")


def test_what_was_taken_off_can_be_put_back(screen: Screen) -> None:
    screen.scan(BOOT, SOCKS)
    screen.expect_total("£126.50")
    screen.press("F7")
    screen.expect_lines(("1", "Ridge walking boot", "£119.00"), total="£119.00")
    screen.take("text=Put back")
    screen.expect_lines(("1", "Ridge walking boot", "£119.00"), ("1", "Ankle socks, 3 pairs", "£7.50"), total="£126.50")
