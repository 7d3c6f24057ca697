"""Signing in, the lock screen, and what the page learns about itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pos import clock, config
from pos.app import App, create_app
from tests.web.conftest import PINS, Page, with_till

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_the_session_says_all_the_page_needs(anna: Page) -> None:
    seen = anna.session()
    assert seen["user"] == {
        "code": "7",
        "name": "Anna Reyes",
        "role": "cashier",
        "rights": ["sell", "discount", "no_sale", "reprint"],
        "discount_percent_max": "10",
    }
    assert seen["returns"]["window_days"] == 28
    assert seen["returns"]["reasons"][0] == "Wrong size"
    assert seen["locked"] is False
    assert seen["till"] == {"id": "T1", "name": "Till 1", "store_name": "Finch & Marlow"}
    assert seen["shop"] == {
        "name": "Finch & Marlow",
        "currency": "GBP",
        "locale": "en-GB",
        "symbol": "£",
        "digits": 2,
    }
    assert seen["modes"] == [
        {"name": "Cash", "kind": "cash", "key": "F1"},
        {"name": "Card", "kind": "card", "key": "F2"},
    ]
    assert seen["bag"] == {"code": "BAG", "price_text": "£0.10"}
    assert seen["keys"]["pay"] == "F9"
    assert seen["scanner"]["end_key"] == "Enter"
    assert seen["idle_lock_seconds"] == 300
    assert len(seen["csrf"]) > 40


def test_before_signing_in_the_page_knows_the_till_but_no_person(page: Page) -> None:
    seen = page.session()
    assert seen["user"] is None
    assert seen["enrolled"] is True
    assert seen["till"]["id"] == "T1"
    assert "modes" not in seen


def test_a_wrong_pin_says_so_and_signs_nobody_in(page: Page) -> None:
    page.session()
    for body in ({"code": "7", "pin": "0000"}, {"code": "77", "pin": PINS["7"]}, {"code": "7"}, {}):
        answer = page.post("/api/sign-in", body)
        assert answer.status_code == 422
        assert answer.json["code"] == "wrong_pin"
    assert page.session()["user"] is None


@pytest.mark.parametrize(
    "body", [{"code": 7, "pin": "4826"}, {"code": "7", "pin": 4826}, {"code": "7" * 21, "pin": "1"}]
)
def test_what_is_no_code_and_pin_is_refused_by_name(page: Page, body: dict[str, object]) -> None:
    page.session()
    answer = page.post("/api/sign-in", body)
    assert answer.status_code == 422
    assert answer.json["field"] in ("code", "pin")


def test_the_lock_out_is_said_with_its_end_and_survives_a_restart(till: App, page: Page) -> None:
    with clock.set_to(NOON):
        page.session()
        statuses = [page.post("/api/sign-in", {"code": "7", "pin": "0000"}).status_code for _ in range(5)]
        assert statuses == [422, 422, 422, 422, 429]
        till.stop()
        again = create_app(till.config)
        fresh = Page(again)
        fresh.session()
        answer = fresh.post("/api/sign-in", {"code": "7", "pin": PINS["7"]})
        assert answer.status_code == 429
        assert answer.json["code"] == "locked_out"
        assert "12:15" in answer.json["message"]
        again.stop()


def test_signing_out_ends_the_sign_in_for_good(anna: Page) -> None:
    assert anna.post("/api/sign-out").status_code == 200
    assert anna.session()["user"] is None
    assert anna.get("/api/groups").status_code == 401


def test_signing_in_over_another_person_ends_theirs(till: App, anna: Page) -> None:
    anna.sign_in("8")
    assert anna.session()["user"]["name"] == "Ben Okafor"
    open_ones = till.store.execute("SELECT s.user FROM sign_in s WHERE ended_at = ''").fetchall()
    assert open_ones == [("8",)]


def test_a_locked_screen_opens_with_its_own_persons_pin_only(anna: Page) -> None:
    assert anna.post("/api/lock").json == {"ok": True, "locked": True}
    assert anna.session()["locked"] is True
    assert anna.session()["user"]["name"] == "Anna Reyes"
    assert anna.get("/api/groups").json["code"] == "locked"
    assert anna.get("/api/status").status_code == 200
    assert anna.post("/api/unlock", {"pin": PINS["8"]}).status_code == 422
    assert anna.get("/api/groups").status_code == 401
    assert anna.post("/api/unlock", {"pin": PINS["7"]}).json["locked"] is False
    assert anna.get("/api/groups").status_code == 200


def test_the_server_locks_a_screen_that_lies_idle_even_while_its_page_polls(till: App) -> None:
    with clock.set_to(NOON):
        anna = Page(till).sign_in("7")
        assert anna.get("/api/groups").status_code == 200
    for seconds in range(20, 301, 20):
        with clock.set_to(NOON + timedelta(seconds=seconds)):
            assert anna.get("/api/status").status_code == 200
            assert anna.get("/api/session").json["locked"] is False
    with clock.set_to(NOON + timedelta(seconds=301)):
        assert anna.get("/api/groups").json["code"] == "locked"
        assert anna.session()["locked"] is True


def test_use_keeps_the_screen_open(till: App) -> None:
    with clock.set_to(NOON):
        anna = Page(till).sign_in("7")
    for seconds in range(290, 3000, 290):
        with clock.set_to(NOON + timedelta(seconds=seconds)):
            assert anna.get("/api/groups").status_code == 200


class TestNeverLocking:
    @pytest.fixture
    def settings_of(self, shop: config.Config) -> config.Config:
        return with_till(shop, idle_lock_seconds=0, bag_item="")

    def test_with_the_idle_lock_off_only_the_hours_end_a_sign_in(self, till: App) -> None:
        with clock.set_to(NOON):
            anna = Page(till).sign_in("7")
        with clock.set_to(NOON + timedelta(hours=15)):
            assert anna.get("/api/groups").status_code == 200
        with clock.set_to(NOON + timedelta(hours=17)):
            assert anna.get("/api/groups").json["code"] == "sign_in"

    def test_a_shop_without_bags_has_no_bag_button(self, till: App) -> None:
        assert Page(till).sign_in("7").session()["bag"] is None


def test_the_pages_lead_to_signing_in_and_back(till: App, page: Page) -> None:
    assert page.get("/").location == "/sign-in"
    assert page.get("/sign-in").status_code == 200
    page.sign_in("7")
    sell = page.get("/")
    assert sell.status_code == 200
    assert b"<script>" not in sell.data
    assert b"style=" not in sell.data
    page.post("/api/lock")
    assert page.get("/").status_code == 200  # the page shows its lock over the basket it kept
    assert page.get("/receipts").location == "/sign-in"


def test_who_may_not_sell_lands_on_the_receipts(till: App) -> None:
    assert Page(till).sign_in("5").get("/").location == "/receipts"


def test_a_device_that_is_not_enrolled_is_shown_how_to_enrol(till: App) -> None:
    answer = Page(till, REMOTE_ADDR="192.168.1.20").get("/sign-in")
    assert answer.status_code == 200
    assert "enrol" in answer.text.lower()
