"""Items over HTTP: the shapes the sell screen lives on, who may ask, and what is refused."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.demo import labels, load_demo
from pos.store import catalog, connections
from pos.store.db import open_store
from tests.web.conftest import PINS, Page


@pytest.fixture
def till(settings_of: Any) -> Any:
    """A till with the demo shop and one person of known PIN."""
    from pos.app import create_app
    from pos.store import people

    store = open_store(settings_of)
    load_demo(store)
    people.add_user(store, "7", "Anna Reyes", "cashier", PINS["7"])
    people.add_user(store, "5", "Dora Lund", "accountant", PINS["5"])
    store.close()
    app = create_app(settings_of)
    yield app
    app.stop()


def ask(page: Page, path: str, status: int = 200, **query: Any) -> Any:
    answer = page.get(path, query_string=query)
    assert answer.status_code == status, answer.json
    assert answer.json["ok"] is (status == 200)
    return answer.json


def test_groups_have_a_count_and_a_colour(anna: Page) -> None:
    found = ask(anna, "/api/groups")["groups"]
    assert [(g["name"], g["index"]) for g in found][:3] == [("Boots", 1), ("Children", 2), ("Extras", 3)]
    assert len(found) == 8
    assert sum(g["count"] for g in found) == ask(anna, "/api/items")["total"]


def test_a_search_answers_tiles_in_words(anna: Page) -> None:
    found = ask(anna, "/api/items", q="boot brown")
    assert (found["shown"], found["total"], found["total_text"], found["capped"], found["offset"]) == (
        6,
        6,
        "6",
        False,
        0,
    )
    tile = next(t for t in found["items"] if t["code"] == "HB-2041")
    assert tile == {
        "code": "HB-2041",
        "name": "Harrow Chelsea boot",
        "detail": "Brown, Dark brown · UK 6–11",
        "price": "89.00",
        "price_text": "£89.00",
        "group": "Boots",
        "group_index": 1,
        "has_variants": True,
        "open_price": False,
        "weighed": False,
        "stock": 51,
        "stock_text": "51 here",
        "elsewhere_text": "",
        "told_text": "",
        "uom": "Nos",
        "image": None,
    }


@pytest.mark.parametrize(
    ("q", "detail", "price_text", "stock_text"),
    [
        ("chelsea", "Black, Brown, Dark brown +1 · UK 6–11", "from £89.00", "104 here"),
        ("merino navy", "Navy · S–XL", "£54.00", "19 here"),
        ("cream neutral", "50 ml", "£6.95", "8 here"),
        ("boot wax", "beeswax", "£18.00 / Kg", "12.5 Kg here"),
        ("sundry", "", "", ""),
        ("carrier", "paper", "£0.10", ""),
        ("school shoe", "F, G · child 10–13", "£34.00", "34 here"),
    ],
)
def test_what_a_tile_says(anna: Page, q: str, detail: str, price_text: str, stock_text: str) -> None:
    tile = ask(anna, "/api/items", q=q)["items"][0]
    assert (tile["detail"], tile["price_text"], tile["stock_text"]) == (detail, price_text, stock_text)


def test_pages_of_a_group(anna: Page) -> None:
    first = ask(anna, "/api/items", group="Extras", limit=5)
    second = ask(anna, "/api/items", group="Extras", limit=5, offset=5)
    assert (first["shown"], first["total"], second["offset"]) == (5, 31, 5)
    assert not {t["code"] for t in first["items"]} & {t["code"] for t in second["items"]}
    assert ask(anna, "/api/items", group="Extras", offset=100)["items"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"offset": "1.5"}, "offset"),
        ({"offset": "٣"}, "offset"),
        ({"offset": "9" * 40}, "offset"),
    ],
)
def test_a_page_that_cannot_be_is_refused(anna: Page, query: dict[str, str], field: str) -> None:
    assert ask(anna, "/api/items", 422, **query)["field"] == field


def test_a_scan_answers_the_tile_and_the_line(anna: Page) -> None:
    boot, wax, offcuts, bag = (code for _, code in labels())
    found = ask(anna, "/api/lookup-barcode", code=boot)
    assert found["item"]["name"] == "Harrow Chelsea boot"
    assert found["item"]["detail"] == "Brown · UK 6"
    plain = {"qty": "1", "price": None, "price_source": "list"}
    assert found["line"] == {**plain, "item_code": "HB-2041-BROWN-UK6", "barcode": boot}
    assert ask(anna, "/api/lookup-barcode", code=bag)["line"] == {**plain, "item_code": "BAG", "barcode": ""}
    assert ask(anna, "/api/lookup-barcode", code=wax)["line"] == {
        "item_code": "WAX", "qty": "1", "barcode": wax, "price": "4.32", "price_source": "barcode",
    }  # fmt: skip
    weighed = ask(anna, "/api/lookup-barcode", code=offcuts)["line"]
    assert (weighed["item_code"], weighed["qty"], weighed["price"]) == ("OFFCUTS", "0.35", None)


def test_a_scanned_label_is_priced_and_can_be_sold(anna: Page) -> None:
    lines = [
        {"line": str(n), "discount": None, "note": "", "return_against": None, **found["line"]}
        for n, (_, code) in enumerate(labels())
        if (found := ask(anna, "/api/lookup-barcode", code=code))
    ]
    answer = anna.post(
        "/api/price", {"id": "0193a1b2-0000-7000-8000-000000000001", "customer": "", "lines": lines, "discount": None}
    )
    assert answer.status_code == 200, answer.json
    assert [line["amount"] for line in answer.json["lines"]] == ["89.00", "4.32", "4.38", "0.10"]


def test_a_template_opens_the_grid_instead(anna: Page) -> None:
    found = ask(anna, "/api/lookup-barcode", code="HB-2041")
    assert found["line"] is None
    assert found["item"]["has_variants"] is True


@pytest.mark.parametrize("code", ["5012345678900", "nobody", "<script>"])
def test_an_unknown_code_is_404_in_words(anna: Page, code: str) -> None:
    found = ask(anna, "/api/lookup-barcode", 404, code=code)
    assert (found["code"], found["message"]) == ("not_found", f"Code {code} is not known.")


def test_a_code_that_was_switched_off_says_so(anna: Page, till: App) -> None:
    catalog.deactivate(till.store, ["BAG"])
    found = ask(anna, "/api/lookup-barcode", 404, code="BAG")
    assert found["message"] == "Carrier bag (BAG) is no longer sold."


def test_no_code_is_refused(anna: Page) -> None:
    assert ask(anna, "/api/lookup-barcode", 422)["field"] == "code"


def test_the_grid(anna: Page) -> None:
    grid = ask(anna, "/api/items/HB-2041/matrix")
    assert grid["item"]["code"] == "HB-2041"
    assert grid["rows"] == {"name": "Colour", "values": ["Black", "Brown", "Dark brown", "Oxblood"]}
    assert grid["columns"]["values"] == ["UK 6", "UK 7", "UK 8", "UK 9", "UK 10", "UK 11"]
    assert [len(row) for row in grid["cells"]] == [6, 6, 6, 6]
    assert grid["cells"][3][0] == {
        "code": "HB-2041-OXBLOOD-UK6", "price_text": "£95.00", "stock": 12, "stock_text": "12 here",
        "elsewhere_text": "",
    }  # fmt: skip
    assert grid["cells"][0][1]["stock_text"] == "8 here"


def test_stock_of_other_places_and_how_old_it_is(anna: Page, till: App) -> None:
    code = "HB-2041-OXBLOOD-UK6"
    rows = [{"item": i, "warehouse": "Ludford - TS", "qty": qty} for i, qty in ((code, 2000), ("BAG", 3000))]
    catalog.put_stock(till.store, [*rows, {"item": code, "warehouse": "Harbour", "qty": 1000}], "erpnext")
    cell = ask(anna, "/api/items/HB-2041/matrix")["cells"][3][0]
    assert (cell["stock_text"], cell["elsewhere_text"]) == ("12 here", "2 in Ludford, 1 in Harbour")
    assert ask(anna, "/api/items/HB-2041/matrix")["item"]["told_text"] == "", "counted here: it is as of now"
    connections.checked(till.store, "hub", "stock", clock.now() - timedelta(days=30))
    grid = ask(anna, "/api/items/HB-2041/matrix")
    assert re.fullmatch(r"as of \d+ \w+ \d{4}, \d\d:\d\d", grid["item"]["told_text"])
    connections.checked(till.store, "hub", "stock", clock.now())
    scanned = ask(anna, "/api/lookup-barcode", code=code)["item"]
    assert (scanned["stock_text"], scanned["elsewhere_text"]) == ("12 here", "2 in Ludford, 1 in Harbour")
    assert re.fullmatch(r"as of \d\d:\d\d", scanned["told_text"])
    style = next(x for x in ask(anna, "/api/items", q="HB-2041", limit=8)["items"] if x["has_variants"])
    assert (style["elsewhere_text"], style["told_text"]) == ("", ""), "of one piece, never of a style"
    assert ask(anna, "/api/lookup-barcode", code="BAG")["item"]["elsewhere_text"] == "", "nobody counts these"


def test_a_grid_of_an_item_whose_code_has_a_slash(anna: Page, till: App) -> None:
    rows = [
        {"code": "A/1", "name": "Apron", "item_group": "Extras", "has_variants": True},
        {
            "code": "A/1/S",
            "name": "Apron",
            "item_group": "Extras",
            "variant_of": "A/1",
            "attributes": [{"name": "Size", "value": "S"}],
        },
    ]
    catalog.put_items(till.store, rows, "csv")
    assert ask(anna, "/api/items/A/1/matrix")["cells"][0][0]["code"] == "A/1/S"


def test_a_grid_nobody_has_is_404(anna: Page) -> None:
    assert ask(anna, "/api/items/BAG/matrix", 404)["code"] == "not_found"


def test_a_thumbnail_is_served_by_a_strict_name_only(anna: Page, till: App) -> None:
    folder = till.store.config.data / "thumbs"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ab12.jpg").write_bytes(b"picture")
    (till.store.config.data / "secret.jpg").write_bytes(b"secret")
    (folder / ".hidden.jpg").write_bytes(b"hidden")
    good = anna.get("/api/thumbs/ab12.jpg")
    assert (good.status_code, good.data, good.mimetype) == (200, b"picture", "image/jpeg")
    assert "immutable" in good.headers["Cache-Control"]
    for name in (
        "none.jpg",
        ".hidden.jpg",
        "..%2fsecret.jpg",
        "ab12.jpg%00",
        "ab12.exe",
        "till.db",
        "%2e%2e",
        "ab12.jpg%0a",
    ):
        assert anna.get(f"/api/thumbs/{name}").status_code == 404, name


def test_an_item_with_a_thumbnail_names_it(anna: Page, till: App) -> None:
    catalog.put_items(
        till.store, [{"code": "BAG", "name": "Bag", "item_group": "Extras", "image": "/files/b.png"}], "demo"
    )
    catalog.set_thumb(till.store, "BAG", "/files/b.png", "0badcafe.jpg")
    assert ask(anna, "/api/lookup-barcode", code="BAG")["item"]["image"] == "/api/thumbs/0badcafe.jpg"


PATHS = ("/api/groups", "/api/items", "/api/lookup-barcode?code=BAG", "/api/items/HB-2041/matrix", "/api/thumbs/a.jpg")


@pytest.mark.parametrize("path", PATHS)
def test_nobody_signed_in_sees_nothing(page: Page, path: str) -> None:
    assert page.get(path).status_code == 401


@pytest.mark.parametrize("path", PATHS)
def test_who_may_not_sell_sees_nothing(till: App, path: str) -> None:
    assert Page(till).sign_in("5").get(path).status_code == 403
