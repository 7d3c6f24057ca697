"""Receipts looked at again: the list of a day, the printable page, the bars, the JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pos import clock
from pos.actions import replay
from pos.app import App
from pos.rules import documents
from pos.store import receipts
from pos.web.receipts import bars_svg
from tests.store.looking import bodies
from tests.web.conftest import Page

Basket = Callable[..., dict[str, Any]]


def sell(page: Page, basket: dict[str, Any]) -> str:
    answer = page.post("/api/create-sale", basket)
    assert answer.status_code == 201, answer.json
    return str(answer.json["receipt"]["number"])


def test_the_receipt_page_shows_what_was_sold_and_paid(anna: Page, basket: Basket) -> None:
    number = sell(anna, basket(2))
    page = anna.get(f"/receipts/{number}")
    assert page.status_code == 200
    for shown in (number, "Mug", "£9.98", "Anna Reyes", "Finch &amp; Marlow", f"/receipts/{number}/barcode.svg"):
        assert shown in page.text, shown
    assert "style=" not in page.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)


def test_what_people_typed_is_shown_as_text_and_never_as_markup(till: App, anna: Page, basket: Basket) -> None:
    asked = basket()
    asked["lines"][0]["note"] = "<img src=x onerror=alert(1)>"
    number = sell(anna, asked)
    page = anna.get(f"/receipts/{number}").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_the_json_of_a_receipt_is_the_file_byte_for_byte(till: App, anna: Page, basket: Basket) -> None:
    number = sell(anna, basket())
    answer = anna.get(f"/api/receipts/{number}")
    (kept,) = bodies(till.store)
    assert kept.strip() in answer.data
    assert answer.json["receipt"]["invoice_name"] == number
    assert answer.json["state"] == ""
    documents.verify(kept)


def test_the_number_of_an_older_system_may_have_a_slash(till: App, anna: Page) -> None:
    old = {
        "invoice_name": "SINV/24/001", "sale_id": "SINV/24/001", "created_at": "2024-05-05T10:00:00", "total": 3,
        "items": [{"item_code": "A", "item_name": "Jar", "qty": 1, "rate": 3, "vat_rate": 0}], "cash_given": 3,
        "payments": [{"mode_of_payment": "Cash", "amount": 3}], "change": 0, "customer": "", "tender": "cash",
    }  # fmt: skip
    replay.take_in(till.journal, json.dumps(old).encode(), "replay", "ann")
    listed = re.findall(r'href="(/receipts/[^"?]+)"', anna.get("/receipts?day=2024-05-05").text)
    assert listed == ["/receipts/SINV/24/001"]
    assert "Jar" in anna.get(listed[0]).text
    assert anna.get(listed[0] + "/barcode.svg").mimetype == "image/svg+xml"
    assert anna.get("/api/receipts/SINV/24/001").json["receipt"]["id"] == "SINV/24/001"


def test_an_imported_receipt_called_like_one_of_ours_is_opened_by_its_own_address(
    till: App, anna: Page, basket: Basket
) -> None:
    number = sell(anna, basket(2))
    old = {
        "invoice_name": number, "sale_id": "old-1", "created_at": "2024-05-05T10:00:00", "total": 3,
        "items": [{"item_code": "A", "item_name": "Jar", "qty": 1, "rate": 3, "vat_rate": 0}], "cash_given": 3,
        "payments": [{"mode_of_payment": "Cash", "amount": 3}], "change": 0, "customer": "", "tender": "cash",
    }  # fmt: skip
    replay.take_in(till.journal, json.dumps(old).encode(), "replay", "ann")
    (address,) = re.findall(r'href="(/receipts/[^"?]+)"', anna.get("/receipts?day=2024-05-05").text)
    assert address == "/receipts/imported-000001-document"
    assert "Jar" in anna.get(address).text
    assert anna.get(address + "/barcode.svg").mimetype == "image/svg+xml"
    assert anna.get("/api" + address).json["receipt"]["series"] == "imported"
    assert "Mug" in anna.get(f"/receipts/{number}").text
    assert f'href="/receipts/{number}"' in anna.get("/receipts").text


@pytest.mark.parametrize(
    "number",
    ["T1-999999", "imported-000009-document", "..%2f..%2fconfig.ini", "%2e%2e", "a b", "x" * 200, "%00", "';--"],
)
def test_a_number_nobody_has_is_not_found_and_touches_no_file(anna: Page, number: str) -> None:
    for path in (f"/receipts/{number}", f"/api/receipts/{number}", f"/receipts/{number}/barcode.svg"):
        assert anna.get(path).status_code in (404, 308), path


def test_the_list_shows_the_last_day_newest_first_and_leads_to_the_others(
    till: App, basket: Basket, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = []
    for day in (19, 21):
        with clock.set_to(datetime(2026, 11, day, 12, 0, tzinfo=UTC)):
            page = Page(till).sign_in("7")
            numbers += [sell(page, basket()) for _ in range(2)]
            seen = page.get("/receipts").text
    assert seen.index(numbers[3]) < seen.index(numbers[2])
    assert numbers[0] not in seen
    assert "Saturday 21 November 2026" in seen.replace(",", "")
    assert "day=2026-11-19" in seen
    with clock.set_to(datetime(2026, 11, 21, 12, 1, tzinfo=UTC)):
        before = page.get("/receipts?day=2026-11-19").text
    assert numbers[0] in before
    assert numbers[3] not in before


def test_the_list_comes_in_pages(till: App, anna: Page, basket: Basket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "PAGE_ROWS", 2)
    for _ in range(5):
        sell(anna, basket())
    pages = [receipts.day(till.store, page=n) for n in (1, 2, 3, 99)]
    assert [[row.number[-1] for row in page.rows] for page in pages] == [["5", "4"], ["3", "2"], ["1"], ["1"]]
    assert {(page.total, page.pages) for page in pages} == {(5, 3)}
    assert anna.get("/receipts?page=2").status_code == 200
    assert anna.get("/receipts?page=x").status_code == 200


def test_an_empty_till_has_an_empty_list(anna: Page) -> None:
    assert anna.get("/receipts").status_code == 200
    assert anna.get("/receipts?day=2026-01-01").status_code == 200


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "../..", "2026-11-21'"])
def test_what_is_no_day_is_refused_in_words(anna: Page, day: str) -> None:
    assert anna.get("/receipts", query_string={"day": day}).status_code == 422


def test_the_bars_are_code_128_of_the_number(anna: Page, basket: Basket) -> None:
    """Read back from the drawing: start B or C, the symbols, the check digit modulo 103, the stop pattern."""
    number = sell(anna, basket())
    svg = anna.get(f"/receipts/{number}/barcode.svg")
    assert svg.mimetype == "image/svg+xml"
    assert decoded(svg.text) == number
    assert decoded(bars_svg("T12-1234567")) == "T12-1234567"


def decoded(svg: str) -> str:
    """A small reader of Code 128 (ISO/IEC 15417) for code sets B and C."""
    from barcode.charsets import code128

    drawn = re.search(r'fill="#000" d="([^"]+)"', svg)
    assert drawn
    bars = [(int(x) // 2, int(w) // 2) for x, w in re.findall(r"M(\d+) 0h(\d+)v", drawn.group(1))]
    modules = "".join("0" * (x - end) + "1" * w for (x, w), end in zip(bars, [bars[0][0], *ends(bars)], strict=False))
    symbols = [code128.CODES.index(modules[i : i + 11]) for i in range(0, len(modules) - 13, 11)]
    assert modules.endswith(code128.STOP.rstrip("0")) or modules.endswith("1100011101011")
    *data, check = symbols
    assert (data[0] + sum(i * value for i, value in enumerate(data[1:], start=1))) % 103 == check
    text, charset = "", {104: "B", 105: "C"}[data[0]]
    for value in data[1:]:
        if value in (99, 100) and (value, charset) in ((99, "B"), (100, "C")):
            charset = {99: "C", 100: "B"}[value]
        else:
            text += f"{value:02}" if charset == "C" else chr(value + 32)
    return text


def ends(bars: list[tuple[int, int]]) -> list[int]:
    return [x + w for x, w in bars]
