"""Records of QuickBooks Desktop in a browser: a customer edited by two people, an order with two lines by keyboard,
what each field says of both sides, on a screen and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from pos import clock
from pos.app import App
from pos.rules import conductor_fields
from pos.rules.merge import Conflict as Clash
from pos.store import conductor_lists, passwords, people, record_links, records
from pos.store.conductor_lists import Entry
from pos.store.record_links import Link
from tests.browser.axe import Axe
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

RUTH, OLE, PASSWORD = "990", "991", "kettle orange window"
MUG = {
    "name": "Mug", "type": "inventory_items", "salesDescription": "Mug, blue", "salesPrice": "4.99",
    "incomeAccount": {"id": "A1", "fullName": "Sales"}, "cogsAccount": {"id": "A2", "fullName": "Cost of goods"},
    "assetAccount": {"id": "A3", "fullName": "Stock"},
}  # fmt: skip


def pulled(till: App, kind: str, key: str, fields: dict[str, Any], remote: str, **link: Any) -> None:
    full = {**conductor_fields.cleaned(kind, fields, {}), "createdAt": "2026-11-01T10:00:00+00:00"}
    records.create(till.store, "main", kind, key, full, [], "quickbooks", clock.now(), origin="there")
    agreed = conductor_fields.view(kind, full, []) | link.pop("agreed", {})
    made = Link("main", "conductor", kind, key, remote_id=remote, agreed=agreed, agreed_version=1, state="synced")
    record_links.put(till.store, replace(made, **link))


@pytest.fixture(scope="module")
def books(till: App) -> App:
    for code, name in ((RUTH, "Ruth Adeyemi"), (OLE, "Ole Brandt")):
        people.add_user(till.store, code, name, "admin", f"75{code}")
        passwords.set_password(till.store, code, PASSWORD)
    entries = [Entry("account", f"A{n}", name) for n, name in enumerate(("Rent", "Sales", "Cost of goods", "Stock"))]
    conductor_lists.keep(till.store, "conductor", "account", entries, clock.now())
    pulled(till, "qbd_customer", "C1", {"name": "Anders & Sons", "phone": "555 1", "email": "ann@anders.example",
           "fax": "7"}, "80-1", agreed={"fax": "6"}, state="conflict")  # fmt: skip
    clash = Clash("email", "ann@anders.example", "office@anders.example", "ask")
    records.clashed(till.store, "main", "conductor", "qbd_customer", "C1", [clash], clock.now())
    pulled(till, "qbd_item", "MUG", MUG, "70-1")
    return till


@pytest.fixture
def signed_in(new_window: Any, books: App) -> Callable[..., Page]:
    def opened(code: str = RUTH, path: str = "/conductor/customers", **options: Any) -> Page:
        screen: Screen = new_window(reduced_motion="reduce", **options)
        page = screen.page
        page.goto(f"{screen.url}/console/sign-in")
        page.fill("#code", code)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        expect(page.locator("h1")).to_have_text("Overview")
        page.goto(f"{screen.url}{path}")
        return page

    return opened


def field(page: Page, name: str) -> Locator:
    return page.locator(f'[data-field="{name}"]')


def stands(page: Page, name: str, state: str) -> None:
    expect(field(page, name).locator(".of-field")).to_have_attribute("data-state", state)


def test_two_edit_a_customer_and_nothing_typed_is_lost(signed_in: Callable[..., Page], books: App) -> None:
    ruth, ole = signed_in(), signed_in(OLE, "/conductor/customers/C1")
    axe = Axe(ruth)
    ruth.fill("#q", "555 1")
    ruth.press("#q", "Enter")
    axe.look("list of customers")
    ruth.click("#rows th a:has-text('Anders & Sons')")
    for name, state in (("name", "same"), ("fax", "changed"), ("email", "conflict")):
        stands(ruth, name, state)
    axe.look("form of a customer")
    ruth.fill("#f-name", "Anders: Sons")
    expect(field(ruth, "name").locator("[data-wrong]")).to_contain_text("No colon")
    ruth.fill("#f-name", "Anders & Sons")

    ole.fill("#f-phone", "555 2")
    ole.fill("#f-jobTitle", "Baker")
    ole.click("#save")
    expect(ole.locator("#toast")).to_have_text("Anders & Sons is saved.")
    stands(ole, "phone", "changed")

    ruth.fill("#f-phone", "555 3")
    ruth.fill("#f-companyName", "Anders Ltd")
    ruth.click("#save")
    expect(ruth.locator("#problem")).to_contain_text("Somebody changed it meanwhile.")
    expect(field(ruth, "phone").locator("[data-meanwhile]")).to_contain_text("Ole Brandt changed this meanwhile: 555 2")
    expect(ruth.locator("#f-phone")).to_have_value("555 3")  # hers is kept
    expect(ruth.locator("#f-jobTitle")).to_have_value("Baker")  # his is there
    axe.look("told of another's change")
    ruth.click("#save")
    expect(ruth.locator("#toast")).to_have_text("Anders & Sons is saved.")
    kept = records.get(books.store, "main", "qbd_customer", "C1")
    assert [kept.fields[name] for name in ("phone", "companyName", "jobTitle")] == ["555 3", "Anders Ltd", "Baker"]
    expect(ruth.locator(".record-history")).to_contain_text("Ole Brandt")

    ruth.click("[data-decide][data-choice=theirs]")
    expect(ruth.locator("#toast")).to_have_text("It is decided.")
    expect(ruth.locator("#f-email")).to_have_value("office@anders.example")
    assert not axe.found, "\n".join(axe.found)


def test_an_order_of_two_lines_is_made_once_by_keyboard(signed_in: Callable[..., Page], books: App) -> None:
    page = signed_in(path="/conductor/sales_orders/new")
    axe = Axe(page)
    page.focus("#f-customer")
    page.keyboard.type("ander")
    expect(page.locator("[data-field=customer] [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#f-customer")).to_have_value("Anders & Sons")
    for quantity, rate in (("0.5", "4.99"), ("3", "0.335")):
        page.click("#add-line")
        line = page.locator("#lines > .line").last
        page.keyboard.type("mug" if quantity == "3" else "mu")  # the box of its item has the focus
        if quantity == "3":
            page.keyboard.press("Tab")  # what is typed whole needs no choosing
        else:
            expect(line.locator("[role=option]")).to_have_count(1)
            page.keyboard.press("Enter")
        expect(line.locator("[data-line=rate]")).to_have_value("4.99")
        line.locator("[data-line=quantity]").fill(quantity)
        line.locator("[data-line=rate]").fill(rate)
    expect(page.locator("#sum")).to_have_text("3.51")
    expect(page.locator("#lines > .line").first.locator(".line-sum")).to_have_text("comes to 2.50")
    expect(page.locator("#lines [data-line=description]").first).to_have_value("Mug, blue")
    axe.look("a new order")
    page.locator("#save").dblclick()
    expect(page.locator(".lines-card [data-state]")).to_have_attribute("data-state", "new")
    made = records.listed(books.store, "main", "qbd_sales_order")
    assert [[(line["item"], line["quantity"], line["rate"]) for line in one.lines] for one in made] == [
        [("MUG", "0.5", "4.99"), ("MUG", "3", "0.335")]
    ]
    page.locator("#lines [data-line=quantity]").first.fill("much")
    page.click("#save")
    first = page.locator("#lines > .line").first
    expect(first.locator("[data-line-wrong=quantity]")).to_have_text("Quantity is a figure, like 12.50.")
    item = first.locator("[data-combo=items] input")
    item.fill("Pot")
    item.press("Tab")  # went on without choosing: nothing is called so, and what was chosen stays
    expect(first.locator("[data-line-wrong=item]")).to_contain_text("“Pot” was not taken")
    expect(item).to_have_value("Mug")
    page.locator("[data-remove]").first.click()
    page.click("#save")
    expect(page.locator("#lines > .line")).to_have_count(1)
    expect(page.locator("#toast")).to_contain_text("is saved")
    page.click("#delete")
    axe.look("asked whether to delete")
    page.click("#delete-yes")
    expect(page.locator(".title")).to_contain_text("Deleted")
    assert records.get(books.store, "main", "qbd_sales_order", made[0].id).deleted
    assert not axe.found, "\n".join(axe.found)


def test_on_a_phone_in_the_dark(signed_in: Callable[..., Page]) -> None:
    page = signed_in(path="/conductor/items", width=390, height=844, dark=True)
    axe = Axe(page)
    axe.look("items on a phone")
    late: list[Any] = []
    page.route("**/records-form.js*", lambda route: route.continue_() if late else late.append(route))
    page.click("#rows th a:has-text('Mug')", no_wait_after=True)
    page.fill("#f-salesPrice", "5.25")  # whoever is quicker than the page's own program is heard, too
    late[0].continue_()
    stands(page, "salesPrice", "same")
    page.wait_for_load_state("networkidle")
    page.click("#save")
    expect(page.locator("#toast")).to_have_text("Mug is saved.")
    stands(page, "salesPrice", "changed")
    axe.look("an item on a phone")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not axe.found, "\n".join(axe.found)
