"""From a list of goods to a TxnID: imported, asked for, refused to strangers, agreed to by another, sent, audited."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pos import cli
from pos.app import App
from pos.cli import control
from pos.store import inventory, passwords, people, qbd_companies
from tests.browser.screen import Screen
from tests.contract.emulators.desktop_connector import WebConnector
from tests.contract.emulators.desktop_file import CompanyFile
from tests.contract.emulators.desktop_line import Line

pytestmark = pytest.mark.browser

SAMI, PIN, RUTH, PASSWORD = "30", "7391", "990", "kettle orange window"
ITEMS = "Sku,Name,Group,Cost,QB Name\nTENT-2,Ridge tent,Camping,80.00,Camping:TENT-2\n"
PLACES = "code,name,qb_site\nFLOOR,Shop floor,Shop\nBACK,Back room,Back room\n"
OPENING = "Sku,location,quantity\nTENT-2,FLOOR,60\n"


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return {"QBWC_USERNAME": "webconnector", "QBWC_PASSWORD": PASSWORD}


@pytest.fixture
def file() -> CompanyFile:
    """The shop's books: the same goods at the same sites."""
    made = CompanyFile()
    made.add_item("Camping:TENT-2")
    for site in ("Shop", "Back room"):
        made.add_site(site)
    made.put("Camping:TENT-2", "Shop", 60)
    return made


def imported(till: App, folder: Path) -> None:
    """By the command, which finds the running server."""
    control.announce(till.config, int(till.flask.config["TEST_URL"].rsplit(":", 1)[1]), till.control_key)
    for kind, text, more in (
        ("items", ITEMS, ()),
        ("locations", PLACES, ()),
        ("stock", OPENING, ("--date", "2026-01-01")),
    ):
        path = folder / f"{kind}.csv"
        path.write_text(text, encoding="utf-8")
        words = ["--root", str(till.config.root), "import", kind, str(path), *more]
        assert cli.main(words, till.config.root) == 0, kind


def asked_for_at_the_hand_held(screen: Screen) -> Page:
    """Sami moves thirty tents: more than the threshold."""
    request, page = screen.page.context.request, screen.page
    session = request.get(f"{screen.url}/api/session").json()
    signed = request.post(
        f"{screen.url}/api/sign-in", data={"code": SAMI, "pin": PIN}, headers={"X-CSRFToken": session["csrf"]}
    )
    assert signed.ok, signed.text()
    page.goto(f"{screen.url}/inventory/transfer")
    page.select_option("#from", "FLOOR")
    page.select_option("#to", "BACK")
    page.fill("#find", "TENT-2")
    page.press("#find", "Enter")
    quantity = page.get_by_label("Quantity of Ridge tent")
    quantity.fill("30")
    quantity.press("Enter")
    page.click("#go")
    return page


def connector_of(till: App, file: CompanyFile, url: str) -> WebConnector:
    row = qbd_companies.of_company(till.store, "main")
    return WebConnector(
        Line(f"{url}/qbwc"), file, username="webconnector", password=PASSWORD, owner_id=row.owner_id,
        file_id=row.file_id, app=row.app_name,
    )  # fmt: skip


def level(till: App, place: str) -> int:
    return inventory.levels(till.store, "main", ["TENT-2"], [place]).get(("TENT-2", place), 0)


def test_from_a_list_to_a_txnid(till: App, file: CompanyFile, new_window: Any, tmp_path: Path) -> None:
    people.add_user(till.store, SAMI, "Sami Lund", "stock_keeper", PIN)
    people.add_user(till.store, RUTH, "Ruth Adeyemi", "admin", "7531")
    passwords.set_password(till.store, RUTH, PASSWORD)
    imported(till, tmp_path)
    connector = connector_of(till, file, till.flask.config["TEST_URL"])

    hand = new_window(width=390, height=844, has_touch=True)
    page = asked_for_at_the_hand_held(hand)
    expect(page.locator("#work-done")).to_contain_text("second person")
    assert (level(till, "FLOOR"), level(till, "BACK")) == (60_000, 0)
    assert connector.run().outcome == "none", "nothing is told before it is agreed to"

    body = {"lines": [{"sku": "TENT-2", "quantity": "30"}], "fromLocation": "FLOOR", "toLocation": "BACK"}
    stranger = new_window().page.context.request
    refused = stranger.post(f"{hand.url}/api/inventory/transfer", data=body)
    wrong = stranger.post(f"{hand.url}/api/inventory/transfer", data=body, headers={"X-Inventory-Token": "tk_guessed"})
    assert (refused.status, wrong.status) == (401, 401)

    ruth: Screen = new_window()
    page = ruth.page
    page.goto(f"{ruth.url}/console/sign-in?to=inventory")
    page.fill("#code", RUTH)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    expect(page).to_have_url(f"{ruth.url}/inventory")
    page.get_by_role("link", name="Approvals").click()
    page.get_by_role("link", name=re.compile("^Open: Transfer")).click()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#head")).to_contain_text("Approved")
    assert (level(till, "FLOOR"), level(till, "BACK")) == (30_000, 30_000)
    page.get_by_role("link", name="What came of it").click()
    expect(page.locator("#head")).to_contain_text("Transfer")

    told = connector.run()
    assert (told.outcome, told.percents, connector.complaints, connector.line.complaints) == ("closed", [100], [], [])
    (txn,) = file.txns.values()
    assert (file.level("Camping:TENT-2", "Shop"), file.level("Camping:TENT-2", "Back room")) == (30, 30)
    page.reload()
    expect(page.locator("#qb")).to_contain_text(txn.txn_id)
    expect(page.locator("#head")).to_contain_text("In QuickBooks")

    page.goto(f"{ruth.url}/inventory/audit")
    for act in ("inventory.transfer", "inventory.request.approved", "inventory.refused"):
        expect(page.locator("#rows")).to_contain_text(act)
    page.goto(f"{ruth.url}/inventory/audit?about=desktop")
    expect(page.locator("#rows tbody tr").filter(has_text="qbd.booked")).to_contain_text(txn.txn_id)
