"""Printing over the web: who may, what is answered, and that no page opens a drawer or sees a Z it may not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pos import config
from pos.app import App
from pos.devices import channels
from tests.web.conftest import Page

URL = "dummy://web"


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    channels.dummy(URL).clear()
    return replace(shop, printer=replace(shop.printer, url=URL))


@pytest.fixture
def printing(till: App) -> Iterator[App]:
    till.press.start()
    yield till
    till.press.stop()


def sell(page: Page, basket: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return dict(page.post("/api/create-sale", basket()).json["receipt"])


def state(page: Page, document: str, wanted: str) -> dict[str, Any]:
    until = time.monotonic() + 60
    while (found := page.get(f"/api/print/{document}").json)["state"] != wanted:
        assert time.monotonic() < until, found
        time.sleep(0.02)
    return dict(found)


def test_a_sale_is_printed_and_its_state_is_on_the_receipt(printing: App, anna: Page, basket) -> None:
    sold = sell(anna, basket)
    found = state(anna, sold["id"], "printed")
    assert found["next_is_copy"]
    assert found["drawer"]["state"] == "printed"
    assert found["printer"] == {
        "configured": True,
        "drawer": True,
        "state": "ready",
        "text": "The printer is ready.",
        "waiting": 0,
    }
    shown = anna.get(f"/receipts/{sold['number']}").text
    assert found["text"] in shown
    assert "Print a COPY" in shown
    slips = channels.dummy(URL)
    assert slips[0] == b"\x1bp\x0022"
    assert b"\x9c4.99" in slips[1]


def test_a_copy_is_asked_for_and_followed(printing: App, anna: Page, basket) -> None:
    sold = sell(anna, basket)
    state(anna, sold["id"], "printed")
    answer = anna.post("/api/print", {"document": sold["id"]})
    assert (answer.status_code, answer.json["job"]["copy"], answer.json["browser"]) == (202, True, False)
    state(anna, sold["id"], "printed")
    assert b"COPY" in channels.dummy(URL)[-1]


def test_the_browser_prints_on_a_page_of_its_own_and_it_counts(printing: App, anna: Page, basket) -> None:
    sold = sell(anna, basket)
    state(anna, sold["id"], "printed")
    answer = anna.post("/api/print", {"document": sold["number"], "template": "gift", "browser": True}).json
    page = anna.get(answer["page"]).text
    assert "Gift receipt" in page
    assert "£" not in page
    assert f"/paper/barcode/{sold['number']}.svg" in page
    again = anna.post("/api/print", {"document": sold["number"], "template": "gift", "browser": True}).json
    assert again["job"]["copy"]
    assert "COPY" in anna.get(again["page"]).text


def test_a_page_of_paper_needs_its_job(anna: Page, basket) -> None:
    sold = sell(anna, basket)
    assert anna.get(f"/paper/{sold['id']}").status_code == 404
    other = anna.post("/api/print", {"document": sold["id"], "browser": True}).json
    assert anna.get(f"/paper/somewhere-else?job={other['job']['id']}").status_code == 404


def test_who_may_print_what(till: App, page: Page, anna: Page, basket) -> None:
    sold = sell(anna, basket)
    dora = Page(till).sign_in("5")  # accountant: may reprint and read the Z
    assert page.get(f"/api/print/{sold['id']}").status_code == 401
    page.session()
    assert page.post("/api/print", {"document": sold["id"]}).status_code == 401
    assert anna.post("/api/print", {"template": "x"}).status_code == 403
    assert dora.post("/api/drawer", {"document": sold["id"]}).status_code == 403
    assert dora.post("/api/print", {"document": sold["id"]}).status_code == 202


def test_wrong_questions_are_refused_in_words(anna: Page, basket) -> None:
    sold = sell(anna, basket)
    assert anna.post("/api/print", {"document": "T1-999999"}).status_code == 404
    assert anna.post("/api/print", {"document": sold["id"], "template": "z"}).status_code == 422
    assert anna.post("/api/print", {"document": sold["id"], "template": "gift", "lines": ["x"]}).status_code == 422
    assert anna.post("/api/print", {"document": sold["id"], "template": "gift", "lines": "x"}).status_code == 422
    assert anna.post("/api/drawer", {"document": sold["id"]}).status_code == 422


def test_a_test_page_and_an_x_are_printed_without_a_document(printing: App, admin: Page, basket) -> None:
    sell(admin, basket)
    assert admin.post("/api/print", {"template": "test"}).status_code == 202
    assert admin.post("/api/print", {"template": "x"}).status_code == 202
    until = time.monotonic() + 60
    while not any(b"X-READ" in slip for slip in channels.dummy(URL)):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert any(b"Printer test" in slip and b"\x9c \xd5" in slip for slip in channels.dummy(URL))


def test_a_no_sale_opens_the_drawer_and_prints_nothing(printing: App, anna: Page) -> None:
    from pos import clock

    asked = {"id": clock.uuid7(), "kind": "no_sale", "reason": "change for a customer"}
    made = anna.post("/api/cash", asked).json
    until = time.monotonic() + 60
    while not channels.dummy(URL):
        assert time.monotonic() < until
        time.sleep(0.02)
    answer = anna.post("/api/drawer", {"document": made["document"]["id"]})
    assert answer.status_code == 202
    time.sleep(0.1)
    assert channels.dummy(URL) == [b"\x1bp\x0022"]


def test_a_wrong_printer_stops_the_start_with_one_sentence(shop: config.Config, tmp_path: Path) -> None:
    from pos.app import create_app
    from pos.errors import BadSettings

    with pytest.raises(BadSettings, match=r"\[printer\] url"):
        create_app(replace(shop, printer=replace(shop.printer, url="lpt1")))


def test_a_barcode_is_drawn_for_a_code_alone(anna: Page) -> None:
    assert anna.get("/paper/barcode/GV-7K2M.svg").mimetype == "image/svg+xml"
    assert anna.get("/paper/barcode/" + "x" * 41 + ".svg").status_code == 404
