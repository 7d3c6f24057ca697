"""The API of stock: its codes, its keys, whose acts they are; refusals in the audit, bounded; codes of any letters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from pos import clock, config
from pos.app import App
from pos.rules import rights
from pos.store import catalog, companies, env_users, inventory_refused, people, qbd_companies, reach
from tests.web.conftest import PASSWORD, Console, Page

WRITE, ADMIN = "w" * 48, "a" * 48
PLACE = "Stores - TS"
READS = ("security-config", "health", "locations", "overview", "events", "queue-summary", "item/MUG", "approvals")


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    return with_tokens(shop, WRITE, ADMIN)


def with_tokens(shop: config.Config, write: str, admin: str) -> config.Config:
    return replace(shop, inventory=replace(shop.inventory, write_token=write, admin_token=admin))


def asks(till: App, **headers: str) -> Page:
    """A program with these headers."""
    return Page(till, **{f"HTTP_{name.upper()}": value for name, value in headers.items()})


@pytest.fixture
def writer(till: App) -> Page:
    return asks(till, x_inventory_token=WRITE)


@pytest.fixture
def boss(till: App) -> Page:
    found = asks(till, x_inventory_admin_token=ADMIN)
    assert found.post("/api/inventory/location", {"code": "BACK", "displayName": "Back"}).status_code == 201
    return found


def received(page: Page, quantity: str, **more: Any) -> Any:
    return page.post("/api/inventory/adjustment", {"location": PLACE, "sku": "MUG", "quantity": quantity, **more})


def key_of(till: App, code: str, role: str, name: str = "") -> Page:
    secret = people.add_token(till.store, name or f"of {code}", role, person=code)
    return asks(till, authorization=f"Bearer {secret}")


def test_each_code_of_the_contract(till: App, writer: Page, boss: Page) -> None:
    made = received(writer, "20", id="first")
    assert (made.status_code, made.json["event"]["createdBy"], made.json["event"]["id"]) == (201, "env-write", "first")
    assert received(writer, "20", id="first").status_code == 200
    assert received(writer, "21", id="first").status_code == 409
    waits = received(writer, "5", id="waits")
    assert (waits.status_code, waits.json["status"]) == (202, "pending_approval")
    assert waits.json["approval"]["why"] == ["over_item_day"]
    wrong = writer.post("/api/inventory/transfer", {"fromLocation": PLACE, "toLocation": "BACK", "lines": [
        {"sku": "MUG", "quantity": "1"}, {"sku": "MUG", "quantity": "NaN"}]})  # fmt: skip
    assert (wrong.status_code, wrong.json["field"]) == (400, "lines[1].quantity")
    nowhere = writer.post(
        "/api/inventory/transfer", {"fromLocation": PLACE, "toLocation": "NO", "sku": "MUG", "quantity": 1}
    )
    assert (nowhere.status_code, nowhere.json["field"]) == (400, "toLocation")
    assert received(asks(till), "1").status_code == 401
    assert received(boss, "1").status_code == 403
    assert boss.post("/api/inventory/events/none/void", {}).status_code == 404
    changed = boss.post("/api/inventory/location", {"code": "BACK", "qbSiteFullName": "Back", "isVirtual": True})
    assert changed.status_code == 200
    assert changed.json["location"]["displayName"] == "Back" and changed.json["location"]["isVirtual"] is True
    assert boss.post("/api/inventory/events/first/void", {"reason": "by mistake"}).json["status"] == "voided"
    assert received(writer, "1", mode="about").json["field"] == "mode"


def test_the_same_again_after_midnight_is_the_same(till: App, writer: Page) -> None:
    """A line that broke at 23:59 is sent again at 0:01, without a day of its own."""
    assert (received(writer, "1", id="late").status_code, received(writer, "30", id="asks").status_code) == (201, 202)
    with clock.set_to(clock.now() + timedelta(days=1)):
        assert received(writer, "1", id="late").status_code == 200
        assert received(writer, "30", id="asks").status_code == 202
        assert received(writer, "2", id="late").status_code == 409


def test_nothing_can_be_read_without_a_key_or_a_right(till: App, writer: Page, boss: Page) -> None:
    cook = key_of(till, "7", "cashier")
    for path in (*READS, "audit"):
        assert asks(till).get(f"/api/inventory/{path}").status_code == 401, path
        assert cook.get(f"/api/inventory/{path}").status_code == 403, path
        assert boss.get(f"/api/inventory/{path}").status_code == 200, path
    for path in READS:
        assert writer.get(f"/api/inventory/{path}").status_code == 200, path
    shown = writer.get("/api/inventory/security-config")
    assert WRITE not in shown.text and ADMIN not in shown.text
    assert shown.json["you"] == {"code": "env-write", "name": "env-write", "person": "env-write", "rights": ["stock"]}


@pytest.mark.parametrize(
    ("write", "admin", "why"), [("", "", "unset"), ("w" * 15, "a" * 15, "too_short"), (WRITE, WRITE, "same")]
)
def test_a_token_that_is_not_set_is_refused_never_open(shop: config.Config, write: str, admin: str, why: str) -> None:
    own = with_tokens(shop, write, admin).inventory
    for user in (env_users.ENV_WRITE, env_users.ENV_ADMIN):
        assert env_users.why_not(own, user) == why
    for secret in (write, admin, "", "x"):
        assert env_users.find(own, secret) is None


def test_the_tokens_of_the_environment_open_stock_alone_and_each_its_own(till: App) -> None:
    for address in ("/api/console/tokens", "/api/items", "/inventory"):
        assert asks(till, authorization=f"Bearer {ADMIN}").get(address).status_code in (302, 401), address
    own = till.config.inventory
    write, admin = env_users.find(own, WRITE), env_users.find(own, ADMIN)
    assert write is not None and [right for right in rights.RIGHTS if write.may(right)] == ["stock"]
    assert admin is not None and [right for right in rights.RIGHTS if admin.may(right)] == [
        "stock_approve",
        "stock_admin",
    ]
    both = asks(till, x_inventory_token=WRITE, x_inventory_admin_token=ADMIN)
    assert both.post("/api/inventory/location", {"code": "BACK"}).json["location"]["changedBy"] == "env-admin"
    assert received(both, "1").json["event"]["createdBy"] == "env-write"
    one_wrong = asks(till, x_inventory_token=WRITE, x_inventory_admin_token="wrong")
    assert received(one_wrong, "1").status_code == 401
    beside = asks(till, x_inventory_token=WRITE, authorization="Bearer wrong")
    assert received(beside, "1").status_code == 401


def test_who_you_are_is_your_key_and_nothing_you_type(till: App, writer: Page) -> None:
    typed = {"createdBy": "9", "approvedBy": "9", "askedBy": "9"}
    made = received(asks(till, x_inventory_token=WRITE, x_inventory_user="9"), "1", **typed)
    assert (made.json["event"]["createdBy"], made.json["event"]["approvedBy"]) == ("env-write", "")


def test_one_person_with_a_key_and_a_console_is_one_and_another_agrees(
    till: App, boss: Page, operator: Console
) -> None:
    asked = received(key_of(till, "9", "admin", "scanner"), "30", id="big")
    assert asked.json["approval"]["askedBy"] == "9"
    cleo = Console(till).sign_in("9", PASSWORD)
    for oneself in (cleo, Page(till).sign_in("9"), key_of(till, "9", "admin", "another")):
        refused = oneself.post("/api/inventory/approvals/big/approve", {})
        assert (refused.status_code, refused.json["code"]) == (403, "four_eyes")
    agreed = boss.post("/api/inventory/approvals/big/approve", {"note": "counted"})
    assert (agreed.status_code, agreed.json["status"], agreed.json["event"]["approvedBy"]) == (
        200,
        "committed",
        "env-admin",
    )
    again = boss.post("/api/inventory/approvals/big/approve", {})
    assert (again.status_code, again.json["event"]) == (200, agreed.json["event"])
    assert cleo.get("/api/inventory/item/MUG").json["rows"][0]["onHand"] == "30"
    states = {row["id"]: (row["state"], row["mayDecide"]) for row in cleo.get("/api/inventory/approvals").json["rows"]}
    assert states == {"big": ("approved", False)}
    told = [row["act"] for row in boss.get("/api/inventory/audit").json["rows"]]
    assert told[0] == "inventory.request.approved" and told.count("inventory.refused") == 3


def test_the_environments_two_users_do_not_answer_each_other(till: App, writer: Page, boss: Page) -> None:
    received(writer, "30", id="big")
    for act in ("approve", "reject"):
        refused = boss.post(f"/api/inventory/approvals/big/{act}", {})
        assert (refused.status_code, refused.json["code"]) == (403, "four_eyes")
    assert writer.post("/api/inventory/approvals/big/withdraw", {}).json["status"] == "withdrawn"


def test_a_key_withdrawn_or_of_somebody_who_left_is_unknown(till: App) -> None:
    page = key_of(till, "8", "manager")
    assert received(page, "1").status_code == 403  # Ben is a supervisor, whatever the key's role
    people.set_active(till.store, "8", False)
    assert page.get("/api/inventory/health").status_code == 401


@pytest.mark.parametrize("sku", ["A/B C%20/1", "/lead", "50% off?#&+", "ä ö//x", "..", "a;b=c"])
def test_codes_of_any_letters_are_found(till: App, writer: Page, sku: str) -> None:
    catalog.put_items(till.store, [{"code": sku, "name": "Odd", "item_group": "Home", "tax_code": "VAT20"}], "test")
    made = writer.post("/api/inventory/adjustment", {"location": PLACE, "sku": sku, "quantity": "2"})
    assert made.status_code == 201, made.json
    found = writer.get(f"/api/inventory/item/{quote(sku, safe='')}")
    assert (found.status_code, found.json.get("sku")) == (200, sku), found.json
    assert found.json["moves"][0]["quantity"] == "2"


@pytest.mark.parametrize("page", ['["a", "\\ud800"]', '[1, 1, {"x": Infinity}]', "[1e400, 1, {}]", "[]", "{", "[[[]]]"])
def test_a_page_nobody_was_given_is_refused_in_words(writer: Page, page: str) -> None:
    for path in ("overview?after=", "item/MUG?after="):
        asked = writer.get(f"/api/inventory/{path}{quote(page)}")
        assert (asked.status_code, asked.json["field"]) == (400, "page"), asked.json


def test_a_flood_of_wrong_keys_leaves_the_audit_readable(till: App, boss: Page) -> None:
    rows = till.store.execute("SELECT count(*) FROM audit").fetchone()[0]
    wrong = asks(till, x_inventory_token="guess")
    for _ in range(inventory_refused.EACH_MAX * 3):
        assert wrong.get("/api/inventory/overview").status_code == 401
    written = till.store.execute("SELECT count(*) FROM audit").fetchone()[0] - rows
    assert written == inventory_refused.EACH_MAX
    last = boss.get("/api/inventory/audit").json["rows"][0]
    assert (last["actor"], last["act"]) == ("nobody", "inventory.refused") and "guess" not in last["detail"]


def test_the_api_keeps_to_the_companies_of_who_asks(till: App) -> None:
    companies.add(till.store, "north", "North", "test")
    secret = people.add_token(till.store, "north", "manager")
    reach.keep_key_to(till.store, "north", [companies.Place("north", "")], "test")
    config_of_hub = replace(till.config, server=replace(till.config.server, role="hub"))
    parts = till.flask.extensions["tillkeep"]
    till.flask.extensions["tillkeep"] = replace(parts, config=config_of_hub)
    page = asks(till, authorization=f"Bearer {secret}")
    assert page.get("/api/inventory/health").json["company"] == "north"
    assert page.get("/api/inventory/locations").json["rows"] == []
    assert page.get("/api/inventory/overview?company=main").status_code == 403
    assert received(page, "1", company="main").status_code == 403
    reach.keep_to(till.store, "9", [companies.Place("north", "")], "test")
    of_person = key_of(till, "9", "admin")  # the key itself is kept to nothing
    assert of_person.get("/api/inventory/health").json["company"] == "north"
    assert of_person.get("/api/inventory/events?company=main").status_code == 403
    assert received(page, "1").status_code == 400  # the place is another company's: there is none of that code
    till.flask.extensions["tillkeep"] = parts


def test_lists_and_what_quickbooks_lacks_are_asked_for_over_the_api(till: App, boss: Page) -> None:
    assert boss.post("/api/inventory/desktop/ask", {"what": "sites"}).status_code == 404  # nobody set one up
    qbd_companies.add(till.store, "main", "webconnector", "kettle-orange-window", "7")
    for _ in range(2):
        asked = boss.post("/api/inventory/desktop/ask", {"what": "sites"})
        assert (asked.status_code, asked.json["state"], asked.json["doneAt"]) == (200, "pending", "")
    assert boss.post("/api/inventory/desktop/ask", {"what": "the way"}).status_code == 400
    accounts = {"income": "Sales", "cogs": "Cost of Goods Sold", "asset": "Inventory Asset"}
    made = boss.post("/api/inventory/desktop/item", {"sku": "MUG", **accounts})
    assert (made.status_code, made.json["approval"]["kind"]) == (202, "item_add")
    again = boss.post("/api/inventory/desktop/item", {"sku": "MUG", **accounts})
    assert (again.status_code, again.json["code"]) == (409, "waits")
    assert boss.post("/api/inventory/desktop/account", {"name": "Waste", "type": "A guess"}).status_code == 400
    assert boss.post("/api/inventory/desktop/account", {"name": "Waste", "type": "Expense"}).status_code == 202
    assert boss.post("/api/inventory/desktop/retry", {"code": "3250"}).json["count"] == 0
    own = boss.post(f"/api/inventory/approvals/{made.json['approval']['id']}/approve", {})
    assert own.status_code == 403
