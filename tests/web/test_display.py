"""The customer's screen follows the basket of its device, and can do nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import websocket

from pos.app import App
from tests.web.conftest import Page, Served


def shown(page: Page, of: str = "") -> dict[str, Any]:
    return dict(page.get(f"/api/display?of={of}").json)


def test_it_shows_each_basket_as_it_was_priced(page: Page, anna: Page, basket: Callable[..., dict[str, Any]]) -> None:
    assert shown(page)["state"] == "idle"
    anna.post("/api/price", {**basket(2), "payments": []})
    found = shown(page)
    assert (found["state"], found["total_text"], found["items_text"]) == ("basket", "£9.98", "2 items")
    assert found["lines"][0]["name"] == "Mug"
    assert found["lines"][0]["amount_text"] == "£9.98"


def test_after_the_sale_it_shows_the_change(page: Page, anna: Page, basket: Callable[..., dict[str, Any]]) -> None:
    payment = {"mode_of_payment": "Cash", "amount": "10.00", "reference": "", "last4": ""}
    anna.post("/api/create-sale", basket(payments=[payment]))
    found = shown(page)
    assert (found["state"], found["total_text"], found["change_text"]) == ("paid", "£4.99", "£5.01")
    anna.post("/api/create-sale", basket())
    assert shown(page)["change_text"] is None


def test_an_emptied_basket_leaves_nothing_standing(
    page: Page, anna: Page, basket: Callable[..., dict[str, Any]]
) -> None:
    anna.post("/api/price", {**basket(), "payments": []})
    assert anna.post("/api/display", {"state": "idle"}).status_code == 200
    assert shown(page) == {**shown(page), "state": "idle", "lines": [], "total_text": ""}
    assert anna.post("/api/display", {"state": "basket"}).status_code == 422


def test_what_is_only_tried_out_is_not_shown(page: Page, anna: Page, basket: Callable[..., dict[str, Any]]) -> None:
    anna.post("/api/price", {**basket(), "payments": []})
    anna.post("/api/price", {**basket(2), "payments": [], "preview": True})
    assert shown(page)["total_text"] == "£4.99"


def test_the_change_stays_when_the_page_begins_an_empty_basket(
    page: Page, anna: Page, basket: Callable[..., dict[str, Any]]
) -> None:
    payment = {"mode_of_payment": "Cash", "amount": "10.00", "reference": "", "last4": ""}
    anna.post("/api/create-sale", basket(payments=[payment]))
    anna.post("/api/display", {"state": "idle"})
    assert shown(page)["change_text"] == "£5.01"


def test_it_needs_nobody_signed_in_and_has_no_right(till: App, page: Page) -> None:
    assert page.get("/display").status_code == 200
    page.session()
    assert page.post("/api/display", {"state": "idle"}).status_code == 401
    assert page.post("/api/price", {}).status_code == 401
    stranger = Page(till, REMOTE_ADDR="192.0.2.7")
    assert stranger.get("/display").status_code == 403
    assert stranger.get("/api/display").status_code == 403


def test_another_devices_basket_is_not_its_own(page: Page, anna: Page, basket: Callable[..., dict[str, Any]]) -> None:
    anna.post("/api/price", {**basket(), "payments": []})
    assert shown(page, "tablet")["state"] == "idle"


def test_a_long_basket_shows_its_newest_lines(page: Page, anna: Page, basket: Callable[..., dict[str, Any]]) -> None:
    one = basket()["lines"][0]
    anna.post("/api/price", {**basket(), "payments": [], "lines": [{**one, "line": f"l{i}"} for i in range(25)]})
    found = shown(page)
    assert (len(found["lines"]), found["earlier"]) == (20, 5)


def test_the_customer_reads_the_shops_language_whatever_the_cashier_reads(
    till: App, page: Page, anna: Page, basket: Callable[..., dict[str, Any]]
) -> None:
    anna.client.set_cookie("tillkeep_language", "ar", domain="127.0.0.1")
    payment = {"mode_of_payment": "Cash", "amount": "10.00", "reference": "", "last4": ""}
    priced = anna.post("/api/price", {**basket(2), "payments": []}).json
    found = shown(page)
    assert (found["items_text"], found["total_text"]) == ("2 items", "£9.98")
    assert priced["items_text"] != "2 items" and priced["total_text"] != "£9.98"
    anna.post("/api/create-sale", basket(payments=[payment]))
    assert shown(page)["change_text"] == "£5.01"
    shop = replace(till.store.config.shop, language="ar", locale="ar")
    till.store.config = replace(till.store.config, shop=shop)
    anna.post("/api/price", {**basket(2), "payments": []})
    found = shown(page)
    assert (found["items_text"], found["total_text"]) == (priced["items_text"], priced["total_text"])


def test_it_comes_live(served: Served, anna: Page, basket: Callable[..., dict[str, Any]]) -> None:
    ws = websocket.create_connection(served.base.replace("http", "ws") + "/live", timeout=10)
    ws.recv()  # the screen is told how things are: from now on it hears everything
    anna.post("/api/price", {**basket(3), "payments": []})
    for _ in range(20):
        message = json.loads(ws.recv())
        if message.get("type") == "basket":
            break
    assert (message["of"], message["total_text"]) == ("", "£14.97")
    ws.close()
