"""The screens of stock: what there is, one item, events, approvals, the queue, places; who may look and who may act."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from pos import clock, config
from pos.actions import audit_views
from pos.actions import inventory_approval_views as approval_views
from pos.actions import inventory_queue_views as queue_views
from pos.app import App
from pos.rules.inventory import Draft, Line
from pos.store import (
    audit,
    conductor_lists,
    conductor_stock,
    inventory,
    inventory_places,
    inventory_read,
    notices,
    people,
    qbd_companies,
    record_links,
)  # fmt: skip
from pos.store.conductor_lists import Entry
from pos.store.conductor_stock import Level
from pos.store.inventory_places import Location
from pos.store.listing import Asked
from pos.store.models import ConductorCompany, QbdArchive
from pos.store.reach import Reach
from pos.store.record_links import Link
from tests.web.conftest import Console, Page


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    return replace(shop, qbwc=replace(shop.qbwc, app_url="https://till.example/qbwc"))


@pytest.fixture
def stocked(till: App) -> App:
    """Twelve mugs at MAIN, and a second place; Sami keeps the stock."""
    store = till.store
    people.add_user(store, "4", "Sami Lund", "stock_keeper", "7391")
    inventory_places.put_location(store, Location("BACK", "main", "Back room"), "test")
    post(till, "receipt", Line("MUG", 12000, destination=place(till), cost="2.50"), memo="First delivery")
    return till


def place(till: App) -> str:
    return till.config.till.warehouse


def post(till: App, kind: str, *lines: Line, **more: Any) -> str:
    now = clock.now()
    draft = Draft(clock.uuid7(), "main", kind, inventory.today(till.store, "main", now), lines, **more)
    with till.store.transaction():
        return inventory.post(till.store, draft, by="9", now=now).id


def text_of(page: Page, path: str) -> str:
    answer = page.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return " ".join(answer.text.split())


def test_overview_shows_levels_and_what_is_low(stocked: App, operator: Console) -> None:
    page = text_of(operator, "/inventory")
    assert "MUG" in page and "Approvals waiting" in page
    assert "Nothing here fits that." in text_of(operator, "/inventory?q=LAMPSHADE")
    assert "Nothing here fits that." in text_of(operator, "/inventory?location=BACK")
    assert operator.get("/inventory?location=NOWHERE").status_code == 404
    rows = operator.get("/inventory/stock.csv").text.splitlines()
    assert rows[0].lstrip("\ufeff").startswith("item,name,location,on_hand")
    assert any(row.startswith(f"MUG,Mug,{place(stocked)},12,0,12") for row in rows)


def test_an_event_shows_its_lines_and_what_they_did(stocked: App, operator: Console) -> None:
    moved = post(stocked, "transfer", Line("MUG", 4500, place(stocked), "BACK"), memo="For the fair")
    listed = text_of(operator, "/inventory/events")
    assert "For the fair" in listed and "First delivery" in listed
    assert "First delivery" not in text_of(operator, "/inventory/events?kind=transfer")
    assert "First delivery" not in text_of(operator, "/inventory/events?location=BACK")
    assert "Nothing here fits that." in text_of(operator, "/inventory/events?first=2099-01-01")
    assert operator.get("/inventory/events?kind=theft").status_code == 422
    shown = text_of(operator, f"/inventory/events/{moved}")
    assert "−4.5" in shown and "+4.5" in shown and "7.5" in shown, "both places, and what was left"
    assert 'data-act="void"' in shown, "an operator may take it back before the books have it"
    assert operator.get("/inventory/events/unheard-of").status_code == 404


def test_an_item_shows_its_places_and_all_that_moved_it(
    stocked: App, operator: Console, admin: Page, basket: Any
) -> None:
    post(stocked, "transfer", Line("MUG", 2000, place(stocked), "BACK"))
    number = admin.post("/api/create-sale", basket(3)).json["receipt"]["number"]
    shown = text_of(operator, "/inventory/items/MUG")
    assert number in shown and "−3" in shown and "Transfer" in shown and "Goods in" in shown
    assert shown.index(number) < shown.index("Goods in"), "the newest first"
    kept = text_of(operator, "/inventory/items/MUG?location=BACK")
    assert number not in kept and "Transfer" in kept
    first = text_of(operator, "/inventory/items/MUG?limit=1")
    assert number in first and "Next page" in first
    assert operator.get("/inventory/items/KETTLE").status_code == 404


def test_an_item_shows_what_quickbooks_says_is_there(stocked: App, operator: Console) -> None:
    """W-02: beside ours, with the moment it was asked."""
    store = stocked.store
    assert "On hand in QuickBooks" not in text_of(operator, "/inventory/items/MUG")
    with store.transaction():
        ConductorCompany.create(connection="conductor", company="main", enabled=True, made_at=clock.stamp(clock.now()))
        record_links.put(store, Link("main", "conductor", "qbd_item", "MUG", "80-1"))
        conductor_stock.keep(store, "conductor", [Level("80-1", "", "1742", "6", "3")], clock.now())
    shown = text_of(operator, "/inventory/items/MUG")
    assert "On hand in QuickBooks" in shown and "1742" in shown and "On sales orders there" in shown
    conductor_lists.keep(store, "conductor", "inventory_site", [Entry("inventory_site", "80-S", "Depot")], clock.now())
    conductor_lists.keep(store, "conductor", "account", [Entry("account", "80-A", "Shrinkage")], clock.now())
    places = text_of(operator, "/inventory/places?place=BACK")
    assert "Depot" in places and "Shrinkage" in places, "sites and accounts to choose from are that file's"


def test_what_the_books_know_of_an_item_is_set_by_who_sets_up_stock(stocked: App, operator: Console) -> None:
    told = {"cogs_account": "Cost of Goods Sold", "cost": "2.75"}
    assert operator.post("/api/inventory/parts/MUG", told).json["part"]["cost"] == "2.75"
    assert operator.post("/api/inventory/parts/MUG", {"mpn": "M-1"}).json["part"]["cost"] == "2.75", "the rest stays"
    assert operator.post("/api/inventory/parts/MUG", {"cost": "much"}).json["field"] == "cost"
    assert operator.post("/api/inventory/parts/MUG", {"stock": "9"}).json["field"] == "stock"
    sami = Page(stocked).sign_in("4")
    assert sami.post("/api/inventory/parts/MUG", told).status_code == 403
    assert "Save" not in text_of(sami, "/inventory/items/MUG")


def test_places_and_reasons_are_listed_and_set_where_they_may_be(stocked: App, operator: Console) -> None:
    shown = text_of(operator, "/inventory/places")
    assert "Back room" in shown and "A new place" in shown and "QuickBooks Desktop is not set up" in shown
    assert "Change BACK" in text_of(operator, "/inventory/places?place=BACK")
    sami = Page(stocked).sign_in("4")
    seen = text_of(sami, "/inventory/places")
    assert "Back room" in seen and "A new place" not in seen and "Set it up" not in seen
    assert sami.get("/").location == "/inventory", "who keeps stock and does not sell begins there"


def test_what_is_meant_to_be_new_takes_nobodys_code(stocked: App, operator: Console) -> None:
    place, reason = {"code": "BACK", "displayName": "Yard"}, {"code": "GONE", "words": "Gone"}
    refused = operator.post("/api/inventory/location", {**place, "new": True})
    assert refused.status_code == 409
    assert "Yard" not in text_of(operator, "/inventory/places")
    assert [operator.post("/api/inventory/reason", {**reason, "new": True}).status_code for _ in "ab"] == [201, 409]


def test_a_company_file_is_set_up_switched_off_and_its_password_shown_once(stocked: App, operator: Console) -> None:
    made = operator.post("/api/inventory/desktop", {"username": "books"})
    assert made.status_code == 201 and len(made.json["password"]) >= 12
    assert operator.post("/api/inventory/desktop", {"username": "more"}).status_code == 409
    shown = text_of(operator, "/inventory/places")
    assert "books" in shown and made.json["password"] not in shown
    assert operator.post("/api/inventory/desktop/password", {}).json["password"] != made.json["password"]
    assert operator.post("/api/inventory/desktop/enabled", {"enabled": "no"}).json["field"] == "enabled"
    assert operator.post("/api/inventory/desktop/enabled", {"enabled": False}).status_code == 200
    assert "Switch it on" in text_of(operator, "/inventory/places")
    assert Page(stocked).sign_in("4").post("/api/inventory/desktop/enabled", {"enabled": True}).status_code == 403


def test_the_audit_of_stock_shows_what_people_did_and_what_was_refused(stocked: App, operator: Console) -> None:
    operator.post("/api/inventory/events/unheard-of/void", {"reason": "A mistake"})
    shown = text_of(operator, "/inventory/audit")
    assert "inventory.receipt" in shown and "inventory.refused" in shown and "user.add" not in shown
    operator.post("/api/inventory/desktop", {"username": "books"})
    assert "qbd.add" in text_of(operator, "/inventory/audit?about=desktop")
    assert Page(stocked).sign_in("4").get("/inventory/audit").status_code == 403


def test_the_audit_of_stock_keeps_to_a_company(stocked: App) -> None:
    store, there = stocked.store, Asked(limit=100)
    audit.record(store, "9", "inventory.location", "ELSE", {"company": "north"})
    audit.record(store, "9", "qbd.add", "quickbooks_desktop:north", {"company": "north"})
    audit.record(store, "9", "record.edit", "qbd_customer c1", {"company": "north"})
    audit.record(store, "9", "record.edit", "qbd_customer c2", {"company": "main"})
    with store.transaction():
        ConductorCompany.create(connection="conductor-north", company="north", made_at="x")
    audit.record(store, "9", "conductor.start", "conductor-north", {"session": "s"})  # its subject is the company's
    subjects = (("inventory", {"ELSE"}), ("qbd", {"quickbooks_desktop:north"}), ("record", {"qbd_customer c1"}),
                ("conductor", {"conductor-north"}))  # fmt: skip
    for act, north in subjects:
        wanted = audit_views.Filter(act=act)
        rows, _ = audit_views.listed(store, stocked.config, wanted, there, Reach(frozenset({"north"})))
        assert {row["subject"] for row in rows} == north
    rows, _ = audit_views.listed(
        store, stocked.config, audit_views.Filter(act="inventory"), there, Reach(frozenset({"main"}))
    )
    assert rows and "ELSE" not in {row["subject"] for row in rows}


def test_a_request_shows_stock_then_and_now_and_who_may_answer(stocked: App, operator: Console, admin: Page) -> None:
    here, sami = place(stocked), Page(stocked).sign_in("4")
    body = {
        "id": clock.uuid7(),
        "location": here,
        "mode": "set",
        "lines": [{"sku": "MUG", "quantity": "30"}],
        "memo": "Found a box",
    }
    asked = sami.post("/api/inventory/adjustment", body)
    assert asked.status_code == 202, asked.json
    at = f"/inventory/approvals/{asked.json['approval']['id']}"
    post(stocked, "adjustment", Line("MUG", -2000, destination=here), memo="Broken meanwhile")
    assert "MUG" in text_of(operator, "/inventory/approvals")
    theirs = text_of(sami, at)
    assert "Withdraw it" in theirs and 'value="approve"' not in theirs
    assert "May answer: Cleo Marsh" in theirs
    shown = text_of(admin, at)
    assert 'value="approve"' in shown and "Found a box" in shown
    row = approval_views.one(stocked.store, stocked.config, asked.json["approval"]["id"], "main")["line_rows"][0]
    assert (row["then"], row["now"], row["after"], row["moved"]) == ("12", "10", "28", True)
    assert admin.post(f"/api{at}/approve", {"note": "Seen"}).status_code in (200, 201)
    assert "Approved" in text_of(operator, "/inventory/approvals?state=approved")
    assert "Nothing waits for a second person." in text_of(operator, "/inventory/approvals")
    assert operator.get("/inventory/approvals/unheard-of").status_code == 404


def test_the_file_for_a_web_connector_is_fetched_and_what_moves_stock_is_cut_over(
    stocked: App, operator: Console
) -> None:
    operator.post("/api/inventory/desktop", {"username": "books"})
    file = operator.get("/inventory/places/desktop.qwc")
    assert file.status_code == 200 and b"https://till.example/qbwc" in file.data
    assert "attachment" in file.headers["Content-Disposition"] and b"password" not in file.data.lower()
    assert Page(stocked).sign_in("4").get("/inventory/places/desktop.qwc").status_code == 403
    assert operator.post("/api/inventory/desktop/sales", {"on": True, "moves": "documents"}).status_code == 400
    assert operator.post("/api/inventory/desktop/cutover", {"moves": "both", "day": "2099-01-01"}).status_code == 400
    for moves, day, status in (
        ("adjustments", "2098-01-01", 200), ("documents", "2099-01-01", 200), ("adjustments", "2098-06-01", 409),
    ):  # fmt: skip
        done = operator.post("/api/inventory/desktop/cutover", {"moves": moves, "day": day})
        assert done.status_code == status, done.json
    shown = text_of(operator, "/inventory/places")
    assert "from 2099-01-01 on" in shown and "Cut over" in shown
    assert "qbd" in text_of(operator, "/inventory/audit?about=desktop")


@pytest.fixture
def told(stocked: App, operator: Console) -> App:
    """The same with a company file, which hears of what moves between two places with sites."""
    store = stocked.store
    operator.post("/api/inventory/desktop", {"username": "books"})
    for code, site in ((place(stocked), "Shop"), ("BACK", "Back")):
        inventory_places.put_location(store, Location(code, "main", code, qb_site_name=site), "test")
    return stocked


def test_the_queue_says_what_goes_what_is_held_back_and_by_what(told: App, operator: Console) -> None:
    first = post(told, "transfer", Line("MUG", 1000, place(told), "BACK"))
    second = post(told, "transfer", Line("MUG", 2000, place(told), "BACK"))
    inventory_places.put_location(told.store, Location("FAIR", "main", "Van"), "test")
    third = post(told, "transfer", Line("MUG", 1000, place(told), "FAIR"))
    assert states(told) == [(first, ""), (second, first), (third, first)]
    shown = text_of(operator, "/inventory/queue")
    assert "Held back" in shown and "Waits for MUG" in shown and f"/inventory/events/{first}" in shown
    assert len(operator.get("/inventory/queue.csv").text.splitlines()) == 4
    assert "Nothing is in that state." in text_of(operator, "/inventory/queue?show=error")
    assert "Nothing here fits that." in text_of(operator, "/inventory/queue?q=no-such-thing")
    pending = inventory_read.figures(told.store, "main").pending
    listed = operator.get("/inventory/events?state=open").text
    assert pending == 3 and listed.count('class="btn btn-sm" href="/inventory/events/') == pending, "as the card says"
    of_event = text_of(operator, f"/inventory/events/{third}")
    assert "Not ready" in of_event and "FAIR" in of_event and 'data-act="retry"' in of_event
    assert "Held back" in text_of(operator, "/inventory/items/MUG"), "and so at the item"


def test_lists_of_quickbooks_are_asked_for_and_what_it_lacks_is_proposed(told: App, operator: Console) -> None:
    assert "Never asked" in text_of(operator, "/inventory/places")
    assert operator.post("/api/inventory/desktop/ask", {"what": "sites"}).status_code == 200
    assert "Asked with the next call" in text_of(operator, "/inventory/places")
    assert "ask_sites" not in text_of(operator, "/inventory/queue") and "Question" in text_of(
        operator, "/inventory/queue"
    )
    account = {"name": "Shrinkage", "type": "CostOfGoodsSold"}
    made = operator.post("/api/inventory/desktop/account", account)
    assert made.status_code == 202, made.json
    shown = text_of(operator, f"/inventory/approvals/{made.json['approval']['id']}")
    assert "Shrinkage" in shown and "CostOfGoodsSold" in shown and "New account in QuickBooks" in shown
    assert "Propose it as a new item" in text_of(operator, "/inventory/items/MUG")


def states(till: App) -> list[tuple[str, str]]:
    """(event, the event that holds it back) of all that is open, in the order it goes."""
    connection = qbd_companies.of_company(till.store, "main").connection
    rows, _ = queue_views.listed(till.store, till.config, queue_views.Filter(connection), Asked(down=False, limit=50))
    return [(row["source"], row["holder"]["source"] if row["holder"] else "") for row in rows]


def test_what_went_over_the_wire_is_found_by_event_set_and_words_and_by_its_company_alone(
    told: App, operator: Console
) -> None:
    event = post(told, "transfer", Line("MUG", 1000, place(told), "BACK"))
    connection = qbd_companies.of_company(told.store, "main").connection
    keep = {"at": clock.stamp(clock.now()), "direction": "answer", "code": "3140", "message": "No such account"}
    kept = QbdArchive.create(connection=connection, source=event, set_id="a1b2c3", body="<QBXML>x&y</QBXML>", **keep)
    other = QbdArchive.create(connection=f"{connection}:north", source="else", set_id="northern", body="<b/>", **keep)
    for words in (event, "a1b2c3", "such account", "x&y"):
        shown = text_of(operator, f"/inventory/queue/wire?q={quote(words)}")
        assert "a1b2c3" in shown and "northern" not in shown, words
    assert "&lt;QBXML&gt;x&amp;y&lt;/QBXML&gt;" in text_of(operator, f"/inventory/queue/wire/{kept.n}")
    assert operator.get(f"/inventory/queue/wire/{other.n}").status_code == 404
    assert f"/inventory/queue/wire/{kept.n}" in text_of(operator, f"/inventory/events/{event}")


def test_ways_to_stock_stand_where_people_are(stocked: App, operator: Console, admin: Page, anna: Page) -> None:
    with stocked.store.transaction():
        notices.raise_notice(stocked.store, "inventory:waiting:main", "check", "A change of stock waits.", "Look.")
    sami = Page(stocked).sign_in("4")
    assert 'href="/inventory/approvals"' in text_of(sami, "/notices")
    assert 'href="/inventory/approvals"' not in text_of(anna, "/notices"), "a cashier may not look"
    assert 'href="/inventory"' in text_of(admin, "/") and 'href="/inventory"' not in text_of(anna, "/")
    overview = text_of(operator, "/console")
    assert 'href="/inventory"' in overview and 'href="/inventory/approvals"' in overview
