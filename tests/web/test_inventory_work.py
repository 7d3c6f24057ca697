"""A stock-keeper's work: scans, goods in against an order, counting blind, labels."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.rules.barcode import check_digit
from pos.rules.inventory import Draft, Line
from pos.store import catalog, inventory, inventory_compared, inventory_counts, inventory_places, passwords, people
from pos.store.inventory_places import Location
from tests.web.conftest import PASSWORD, Console, Page


@pytest.fixture
def stocked(till: App) -> App:
    """Twelve mugs and five lamps at MAIN, and a second place; Sami and Zoe keep the stock, Cleo is the admin."""
    store = till.store
    people.add_user(store, "4", "Sami Lund", "stock_keeper", "7391")
    inventory_places.put_location(store, Location("BACK", "main", "Back room"), "test")
    now = clock.now()
    lines = (Line("MUG", 12000, destination=place(till), cost="2.50"), Line("LAMP", 5000, destination=place(till)))
    draft = Draft(clock.uuid7(), "main", "receipt", inventory.today(store, "main", now), lines)
    with store.transaction():
        inventory.post(store, draft, by="9", now=now)
    return till


@pytest.fixture
def sami(stocked: App) -> Page:
    return Page(stocked).sign_in("4")


def place(till: App) -> str:
    return till.config.till.warehouse


def level(till: App, item: str) -> int:
    return inventory.levels(till.store, "main", [item], [place(till)])[item, place(till)]


# -- scans -------------------------------------------------------------------------------------------------------------


def test_a_scan_says_what_it_is_and_how_it_stands_at_the_place(stocked: App, sami: Page) -> None:
    line = sami.get(f"/api/inventory/lookup?code=50184385&location={place(stocked)}").json["line"]
    assert (line["sku"], line["quantity"], line["level"], line["available"]) == ("MUG", "1", "12", "12")
    assert line["cost"] == "2.50", "the last cost is the part's"
    assert sami.get("/api/inventory/lookup?code=MUG&location=BACK").json["line"]["level"] == ""
    assert sami.get("/api/inventory/lookup?code=99999").status_code == 404
    assert sami.get("/api/inventory/lookup?code=BAG").status_code == 400, "no stock is kept of bags"
    assert [one["sku"] for one in sami.get("/api/inventory/find?q=lam").json["lines"]] == ["LAMP"]
    there = sami.post("/api/inventory/levels", {"location": place(stocked), "items": ["MUG", "LAMP"]}).json["levels"]
    assert there["LAMP"]["level"] == "5"


def ean(digits: str) -> str:
    return digits + check_digit(digits)


def test_a_label_with_a_weight_is_that_much(stocked: App, sami: Page) -> None:
    catalog.put_items(
        stocked.store,
        [{"code": "NUTS", "name": "Nuts", "item_group": "Food", "tax_code": "VAT20", "weighed": True, "uom": "Kg",
          "barcodes": [{"code": ean("221234500000")}]}],
        "test",
    )  # fmt: skip
    line = sami.get(f"/api/inventory/lookup?code={ean('221234500512')}").json["line"]
    assert (line["sku"], line["quantity"]) == ("NUTS", "0.512")


# -- goods in ----------------------------------------------------------------------------------------------------------


def order(page: Page, till: App, **more: Any) -> dict[str, Any]:
    body = {
        "supplier": "Fern & Co", "location": place(till),
        "lines": [{"sku": "MUG", "quantity": "10", "cost": "2.75"}, {"sku": "LAMP", "quantity": "4"}], **more,
    }  # fmt: skip
    made = page.post("/api/inventory/orders", body)
    assert made.status_code == 201, made.json
    found: dict[str, Any] = made.json["order"]
    return found


def test_an_order_is_received_in_parts_and_never_above_what_was_ordered(stocked: App, sami: Page) -> None:
    one = order(sami, stocked)
    assert (one["number"], one["state"]) == ("PO-000001", "open")
    body = {"id": clock.uuid7(), "purchaseOrder": one["id"], "lines": [{"sku": "MUG", "quantity": "6"}]}
    first = sami.post("/api/inventory/receipt", body)
    assert first.status_code == 201, first.json
    assert sami.post("/api/inventory/receipt", body).status_code == 200, "a second click is the same event"
    found = sami.get(f"/api/inventory/orders/{one['id']}").json["order"]
    assert (found["state"], found["lines"][0]["received"], found["lines"][0]["left"]) == ("part", "6", "4")
    assert level(stocked, "MUG") == 18000
    assert inventory_places.parts(stocked.store, "main", ["MUG"])["MUG"].cost == "2.75", "what the order agreed on"
    many = sami.post(
        "/api/inventory/receipt",
        {"purchaseOrder": one["id"], "lines": [{"sku": "LAMP", "quantity": "1"}, {"sku": "MUG", "quantity": "4.001"}]},
    )
    assert (many.status_code, many.json["field"], many.json["code"]) == (400, "lines[1].quantity", "above_ordered")
    assert level(stocked, "LAMP") == 5000, "nothing of it happened"
    other = {"purchaseOrder": one["id"], "lines": [{"sku": "BAG", "quantity": "1"}]}
    assert sami.post("/api/inventory/receipt", other).json["field"] == "lines[0].sku"
    rest = {"purchaseOrder": one["id"], "reference": "DN 17", "lines": [
        {"sku": "MUG", "quantity": "4", "cost": "2.9"}, {"sku": "LAMP", "quantity": "4"}]}  # fmt: skip
    last = sami.post("/api/inventory/receipt", rest)
    assert last.status_code == 201, last.json
    assert sami.get(f"/api/inventory/orders/{one['id']}").json["order"]["state"] == "received"
    assert sami.post(f"/api/inventory/orders/{one['id']}/close").status_code == 409
    with stocked.store.transaction():  # a receipt taken back is not received any more
        inventory.void(stocked.store, last.json["event"]["id"], by="9", reason="wrong order", now=clock.now())
    assert sami.get(f"/api/inventory/orders/{one['id']}").json["order"]["state"] == "part"


def test_goods_that_wait_for_a_second_person_are_not_there_yet(stocked: App, sami: Page) -> None:
    one = order(sami, stocked, lines=[{"sku": "MUG", "quantity": "40"}])
    asked = sami.post(
        "/api/inventory/receipt", {"purchaseOrder": one["id"], "lines": [{"sku": "MUG", "quantity": "40"}]}
    )
    assert asked.status_code == 202 and asked.json["approval"]["why"] == ["over_quantity"]
    found = sami.get(f"/api/inventory/orders/{one['id']}").json["order"]
    assert (found["state"], level(stocked, "MUG")) == ("open", 12000)


def test_an_order_says_what_is_wrong_and_at_which_line(stocked: App, sami: Page) -> None:
    body = {"supplier": "Fern", "location": place(stocked), "lines": [{"sku": "MUG", "quantity": "1"}]}
    for change, field in (
        ({"supplier": " "}, "supplier"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": "MUG", "quantity": "0"}]}, "lines[0].quantity"),
        ({"lines": [{"sku": "KETTLE", "quantity": "1"}]}, "lines[0].sku"),
        ({"lines": [{"sku": "MUG", "quantity": "1", "cost": "dear"}]}, "lines[0].cost"),
    ):
        refused = sami.post("/api/inventory/orders", {**body, **change})
        assert (refused.status_code, refused.json["field"]) == (400, field)
    assert sami.post("/api/inventory/orders", {**body, "location": "NOWHERE"}).status_code == 404
    same = {**body, "id": clock.uuid7()}
    assert [sami.post("/api/inventory/orders", same).status_code for _ in range(2)] == [201, 200]
    assert sami.post("/api/inventory/orders", {**same, "supplier": "Another"}).status_code == 409
    closed = sami.get("/api/inventory/orders?state=open").json["orders"][0]["id"]
    assert sami.post(f"/api/inventory/orders/{closed}/close").json["order"]["state"] == "closed"
    late = {"purchaseOrder": closed, "lines": [{"sku": "MUG", "quantity": "1"}]}
    assert sami.post("/api/inventory/receipt", late).json["code"] == "closed"
    assert Page(stocked).sign_in("7").post("/api/inventory/orders", body).status_code == 403


# -- counts ------------------------------------------------------------------------------------------------------------


def begin(page: Page, till: App, **more: Any) -> str:
    made = page.post("/api/inventory/counts", {"location": place(till), "scope": "all", **more})
    assert made.status_code == 201, made.json
    return str(made.json["count"]["id"])


def counted(page: Page, count: str, round_: int, **figures: str) -> Any:
    lines = [{"sku": sku, "quantity": qty} for sku, qty in figures.items()]
    return page.post(f"/api/inventory/counts/{count}/counted", {"round": round_, "lines": lines})


def finish(page: Page, count: str, uncounted: str = "") -> Any:
    return page.post(f"/api/inventory/counts/{count}/finish", {"uncounted": uncounted})


def test_a_count_tells_nobody_what_should_be_there(stocked: App, sami: Page) -> None:
    count = begin(sami, stocked)
    assert counted(sami, count, 1, MUG="11", LAMP="5").status_code == 200
    again = finish(sami, count).json
    assert again["count"]["state"] == "recount"
    for answer in (again, sami.get(f"/api/inventory/counts/{count}").json, sami.get("/api/inventory/counts").json):
        words = json.dumps(answer)
        assert '"level' not in words and '"first' not in words and '"12"' not in words  # 04:12 is no figure
    assert [one["sku"] for one in again["items"]] == ["MUG"], "what differs is counted again, and nothing says by what"


def test_what_differs_twice_waits_for_a_second_person(stocked: App, sami: Page, admin: Page) -> None:
    count = begin(sami, stocked)
    counted(sami, count, 1, MUG="11", LAMP="5")
    finish(sami, count)
    assert counted(admin, count, 2, MUG="11").status_code == 200, "somebody else may count again"
    asked = finish(sami, count)
    assert (asked.status_code, asked.json["count"]["state"]) == (202, "waiting")
    assert level(stocked, "MUG") == 12000, "nothing moved yet"
    assert finish(sami, count).status_code == 202, "a second click changes nothing"
    approval = asked.json["count"]["approval"]
    agreed = admin.post(f"/api/inventory/approvals/{approval}/approve", {})
    assert agreed.status_code == 200, agreed.json
    assert level(stocked, "MUG") == 11000
    found = sami.get(f"/api/inventory/counts/{count}").json
    assert (found["count"]["state"], found["count"]["event"]) == ("done", approval)
    assert [one["difference"] for one in found["items"] if one["sku"] == "MUG"] == ["-1"]


def test_what_is_sold_while_people_count_is_not_missing(stocked: App, sami: Page, admin: Page, basket: Any) -> None:
    count = begin(sami, stocked)
    counted(sami, count, 1, MUG="12", LAMP="4")
    admin.post("/api/create-sale", basket(2))
    again = finish(sami, count).json
    assert [one["sku"] for one in again["items"]] == ["LAMP"], "the two mugs were sold after they were counted"
    sent = {"round": 2, "lines": [{"sku": "LAMP", "quantity": "5", "ago": 0}]}
    sami.post(f"/api/inventory/counts/{count}/counted", sent)
    assert finish(sami, count).json["count"]["state"] == "done", "counted right the second time: nothing to put right"
    assert (level(stocked, "MUG"), level(stocked, "LAMP")) == (10000, 5000)


def test_figures_kept_by_a_browser_count_from_when_they_were_counted(
    stocked: App, sami: Page, admin: Page, basket: Any
) -> None:
    count = begin(sami, stocked)
    began = clock.now()
    with clock.set_to(began + timedelta(seconds=40)):
        admin.post("/api/create-sale", basket(2))
    with clock.set_to(began + timedelta(seconds=90)):
        late = {"round": 1, "lines": [{"sku": "MUG", "quantity": "12", "ago": 75}, {"sku": "LAMP", "quantity": "5"}]}
        assert sami.post(f"/api/inventory/counts/{count}/counted", late).status_code == 200
        assert finish(sami, count).json["count"]["state"] == "done", "twelve mugs at first, two of them sold later"


def test_stock_put_right_by_hand_while_people_count_is_counted_anew(stocked: App, sami: Page) -> None:
    count = begin(sami, stocked)
    counted(sami, count, 1, MUG="11", LAMP="5")
    now = clock.now()
    lines = (Line("MUG", -1000, destination=place(stocked)),)
    with stocked.store.transaction():
        draft = Draft(clock.uuid7(), "main", "adjustment", inventory.today(stocked.store, "main", now), lines)
        inventory.post(stocked.store, draft, by="9", now=now)
    ended = finish(sami, count).json
    assert (ended["again"], ended["count"]["state"]) == (["MUG"], "open"), "else the missing one went twice"
    counted(sami, count, 1, MUG="11")
    assert finish(sami, count).json["count"]["state"] == "done"


def test_two_people_count_one_place(stocked: App, sami: Page, admin: Page) -> None:
    count = begin(sami, stocked)
    assert counted(sami, count, 1, MUG="7").status_code == 200
    twice = counted(admin, count, 1, LAMP="5", MUG="5")
    assert (twice.status_code, twice.json["code"], twice.json["field"]) == (409, "counted_already", "lines[1].sku")
    assert "Sami Lund" in twice.json["message"] and "7" not in twice.json["message"], "who, and not how many"
    more = {"id": clock.uuid7(), "round": 1, "lines": [
        {"sku": "LAMP", "quantity": "5"}, {"sku": "MUG", "quantity": "5", "mode": "more"}]}  # fmt: skip
    path = f"/api/inventory/counts/{count}/counted"
    assert [admin.post(path, more).status_code for _ in range(2)] == [200, 200], "the same sending counts once"
    assert admin.post(path, {**more, "lines": more["lines"][:1]}).status_code == 409
    assert finish(sami, count).json["count"]["state"] == "done", "seven here and five there are twelve"
    other = begin(admin, stocked)
    clash = sami.post("/api/inventory/counts", {"location": place(stocked), "scope": "scan"})
    assert clash.status_code == 201
    refused = counted(sami, clash.json["count"]["id"], 1, MUG="1")
    assert (refused.json["code"], refused.json["count"]) == ("counting", other), "else a difference is put right twice"


def test_a_count_that_is_given_up_or_refused_holds_nothing(stocked: App, sami: Page, admin: Page) -> None:
    count = begin(sami, stocked)
    counted(sami, count, 1, MUG="1")
    left = finish(sami, count)
    assert (left.json["code"], left.json["items"]) == ("uncounted", ["LAMP"])
    assert admin.post(f"/api/inventory/counts/{count}/give-up").json["count"]["state"] == "given_up"
    assert counted(sami, count, 1, LAMP="5").json["code"] == "over"
    second = begin(sami, stocked)
    counted(sami, second, 1, MUG="12")
    assert finish(sami, second, "zero").json["count"]["state"] == "recount", "no lamps: that is a difference"
    counted(sami, second, 2, LAMP="0")
    approval = finish(sami, second).json["count"]["approval"]
    assert admin.post(f"/api/inventory/approvals/{approval}/reject", {"note": "Look again"}).status_code == 200
    assert sami.get(f"/api/inventory/counts/{second}").json["count"]["state"] == "refused"
    assert sami.post(f"/api/inventory/counts/{second}/again").json["count"]["state"] == "recount"
    counted(sami, second, 2, LAMP="4")
    anew = finish(sami, second)
    assert anew.status_code == 202 and anew.json["count"]["approval"] != approval
    assert level(stocked, "LAMP") == 5000


def test_a_delivery_taken_back_after_counting_was_there_when_people_counted(stocked: App, sami: Page) -> None:
    now = clock.now()
    came = Draft(
        clock.uuid7(), "main", "receipt", inventory.today(stocked.store, "main", now),
        (Line("MUG", 5000, destination=place(stocked)),),
    )  # fmt: skip
    with stocked.store.transaction():
        event = inventory.post(stocked.store, came, by="9", now=now).id
    count = begin(sami, stocked)
    counted(sami, count, 1, MUG="17", LAMP="5")
    with stocked.store.transaction():
        inventory.void(stocked.store, event, by="9", reason="not ours", now=clock.now())
    assert finish(sami, count).json["count"]["state"] == "done"
    assert level(stocked, "MUG") == 12000


def test_what_cannot_be_put_right_any_more_is_counted_again(stocked: App, sami: Page, admin: Page, basket: Any) -> None:
    count = begin(sami, stocked)
    counted(sami, count, 1, MUG="8", LAMP="5")
    finish(sami, count)
    counted(sami, count, 2, MUG="8")
    admin.post("/api/create-sale", basket(10))
    refused = finish(sami, count)
    assert (refused.status_code, refused.json["code"]) == (400, "below_zero"), "two are there, so four cannot go"
    lines = [{"sku": "MUG", "quantity": "0", "mode": "instead"}]
    assert sami.post(f"/api/inventory/counts/{count}/counted", {"round": 2, "lines": lines}).status_code == 200
    assert finish(sami, count).status_code == 202


def test_a_receipt_taken_back_leaves_the_cost_of_the_one_before(stocked: App, sami: Page) -> None:
    line = {"sku": "MUG", "quantity": "1", "cost": "30"}
    made = sami.post("/api/inventory/receipt", {"location": place(stocked), "lines": [line]})
    assert made.status_code == 201, made.json
    key = made.json["event"]["id"]
    assert sami.post("/api/inventory/counts", {"id": key, "location": place(stocked)}).status_code == 409
    with stocked.store.transaction():
        inventory.void(stocked.store, key, by="9", reason="3 was meant", now=clock.now())
    assert inventory_places.parts(stocked.store, "main", ["MUG"])["MUG"].cost == "2.50"


def test_a_round_is_ended_once_however_often_somebody_presses(stocked: App, sami: Page) -> None:
    """Of the second round nothing was counted when the first click comes again: it must not end that, too."""
    count = begin(sami, stocked)
    counted(sami, count, 1, MUG="10")
    body = {"round": 1, "uncounted": "leave"}
    for _ in range(2):
        ended = sami.post(f"/api/inventory/counts/{count}/finish", body)
        assert (ended.status_code, ended.json["count"]["state"]) == (200, "recount")
    late = inventory_compared.judge(stocked.store, count, "open", zero=False, by="4", now=clock.now())
    assert late == inventory_compared.Judged() and inventory_counts.count(stocked.store, count).state == "recount"


def test_an_item_that_is_gone_holds_no_count_back(stocked: App, sami: Page) -> None:
    begun = sami.post("/api/inventory/counts", {"location": place(stocked)}).json["count"]["id"]
    figures = [{"sku": "MUG", "quantity": "10"}, {"sku": "LAMP", "quantity": "4"}]
    for round_ in (1, 2):
        sami.post(f"/api/inventory/counts/{begun}/counted", {"round": round_, "lines": figures})
        if round_ == 2:
            with stocked.store.transaction():
                stocked.store.execute("UPDATE item SET stocked = 0 WHERE code = 'LAMP'")
        done = sami.post(f"/api/inventory/counts/{begun}/finish", {})
    assert done.status_code == 202, done.json
    waits = sami.get("/api/inventory/approvals").json["rows"][0]
    assert [line["sku"] for line in waits["lines"]] == ["MUG"]


def test_a_count_whose_server_died_while_it_was_finished_is_finished_again(
    stocked: App, sami: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = begin(sami, stocked)
    counted(sami, count, 1, MUG="11", LAMP="5")
    finish(sami, count)
    counted(sami, count, 2, MUG="11")
    with monkeypatch.context() as patch:
        patch.setattr("pos.actions.inventory.ask", lambda *_args, **_more: 1 / 0)
        assert finish(sami, count).status_code == 500
    found = sami.get(f"/api/inventory/counts/{count}").json["count"]
    assert (found["state"], found["unfinished"]) == ("waiting", True)
    assert counted(sami, count, 2, MUG="12").json["code"] == "over", "what is being asked for does not change any more"
    assert finish(sami, count).status_code == 202
    waiting = stocked.store.execute("SELECT count(*) FROM inventory_approval").fetchone()[0]
    assert waiting == 1


def test_what_was_counted_longest_ago_comes_first_and_the_rest_with_the_next_count(stocked: App, sami: Page) -> None:
    store, here = stocked.store, place(stocked)
    assert inventory_counts.longest_ago(store, here, "", 1) == (["LAMP"], 2)
    count = begin(sami, stocked, scope="group", group="Home")
    assert inventory_counts.longest_ago(store, here, "", 9) == (["MUG"], 1), "the lamps are being counted"
    counted(sami, count, 1, LAMP="5")
    finish(sami, count)
    assert inventory_counts.longest_ago(store, here, "", 9) == (["MUG", "LAMP"], 2)
    assert inventory_counts.longest_ago(store, here, "", 9, low=True) == ([], 0)
    nothing = sami.post("/api/inventory/counts", {"location": here, "scope": "low"})
    assert (nothing.status_code, nothing.json["field"]) == (400, "scope")


# -- the way in --------------------------------------------------------------------------------------------------------


def test_the_screens_are_opened_by_the_sign_in_of_a_till_or_of_the_console(stocked: App, sami: Page) -> None:
    assert sami.get("/inventory/transfer").status_code == 200
    nobody = Page(stocked).get("/inventory/transfer")
    assert (nobody.status_code, nobody.location) == (302, "/sign-in?to=inventory")
    passwords.set_password(stocked.store, "4", PASSWORD)
    at_console = Console(stocked).sign_in("4")
    assert at_console.get("/inventory/transfer").status_code == 200
    assert at_console.get("/console/sign-in").location == "/inventory", "all there is for them"
    assert at_console.get("/console").status_code == 403
    assert Page(stocked).sign_in("7").get("/inventory/transfer").status_code == 403


def test_a_label_is_as_large_as_the_shop_has_them_and_a_code_that_is_none_is_no_bars(sami: Page) -> None:
    assert "size: 50mm 30mm" in sami.get("/inventory/labels.css").text
    assert sami.get("/inventory/labels/barcode.svg?code=50184385").text.lstrip().startswith("<")
    assert sami.get("/inventory/labels/barcode.svg?code=%C3%A9").status_code == 404
    assert sami.get("/inventory/labels/barcode.svg?code=").status_code == 404
