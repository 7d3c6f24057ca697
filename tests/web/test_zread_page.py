"""A Z on its page: the paper, its proof, the first print and every COPY after it."""

from __future__ import annotations

from typing import Any

import pytest

from pos.app import App
from pos.store import takings
from tests.web.conftest import Page
from tests.web.test_report import close


@pytest.fixture
def z(admin: Page, basket: Any) -> dict[str, Any]:
    assert admin.post("/api/create-sale", basket(2)).status_code == 201
    return close(admin)


def test_it_shows_its_hash_its_count_and_that_it_still_adds_up(admin: Page, z: dict[str, Any]) -> None:
    page = admin.get("/zreads/1").text
    assert z["hash"][:8] in page
    assert f"{z['hash'][-8:]}:2<" in page, "the anchor: hash and count of the chain"
    assert "1–1</bdi> (1)" in page
    assert "Added up again from the receipts: the same to the penny." in page
    assert "Print the Z" in page


def test_figures_that_are_no_longer_the_same_are_said(till: App, admin: Page, z: dict[str, Any]) -> None:
    takings.roll(till.store)
    till.store.execute("UPDATE takings_goods SET amount = amount + 1")
    assert "not the same" in admin.get("/zreads/1").text
    assert admin.get("/api/zreads/1").json["recomputed"] is False


def test_every_print_after_the_first_says_copy_and_is_on_record(till: App, admin: Page, z: dict[str, Any]) -> None:
    asked = {"document": z["id"], "template": "z", "browser": True}
    assert admin.post("/api/print", asked).json["job"]["copy"] is False
    assert "Print a COPY" in admin.get("/zreads/1").text
    again = admin.post("/api/print", asked).json
    assert again["job"]["copy"] is True
    assert "COPY" in admin.get(again["page"]).text
    acts = till.store.execute("SELECT act, actor FROM audit WHERE act LIKE 'print%' ORDER BY n").fetchall()
    assert acts == [("print", "9"), ("print.copy", "9")]


def test_the_list_says_what_each_z_came_to_and_how_the_drawer_was(admin: Page, z: dict[str, Any]) -> None:
    page = admin.get("/zreads").text
    assert "£9.98" in page
    assert "£0.00" in page


def test_a_z_is_for_who_may_see_figures(anna: Page, z: dict[str, Any]) -> None:
    for path in ("/zreads", "/zreads/1", "/api/zreads/1", f"/receipts/{z['document']}"):
        assert anna.get(path).status_code == 403, path
