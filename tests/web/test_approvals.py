"""Approving on the cashier's screen, the table of rights, and changing the cashier, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pos import clock
from pos import config as settings
from pos.app import App, create_app
from pos.store import people
from pos.store import rights as tables
from tests.web.conftest import PINS, Page

OFF = {"kind": "percent", "value": "20", "reason": "damaged"}


def reduced(basket: Any) -> dict[str, Any]:
    asked: dict[str, Any] = basket(1, total="3.99", payments=[{"mode_of_payment": "Cash", "amount": "3.99"}])
    asked["lines"][0]["discount"] = OFF
    return asked


def test_the_page_asks_a_supervisor_and_goes_on(anna: Page, basket: Any) -> None:
    asked = reduced(basket)
    refused = anna.post("/api/create-sale", asked)
    assert (refused.status_code, refused.json["code"]) == (403, "needs_approval")
    assert (refused.json["act"], refused.json["subject"], refused.json["bound"]) == ("discount", asked["id"], "20")
    who = {"code": "8", "pin": PINS["8"]}
    given = anna.post("/api/approve", {**{k: refused.json[k] for k in ("act", "subject", "bound")}, **who})
    assert given.json["by"] == {"code": "8", "name": "Ben Okafor"}
    asked["approvals"] = [given.json["approval"]]
    assert anna.post("/api/price", asked).status_code == 200
    sold = anna.post("/api/create-sale", asked)
    assert sold.status_code == 201
    assert sold.json["receipt"]["document"]["approved"][0]["by"]["name"] == "Ben Okafor"
    assert anna.session()["user"]["code"] == "7", "the supervisor never signed in"


def test_a_wrong_pin_is_told_without_saying_more(anna: Page) -> None:
    asked = {"act": "void", "subject": "x", "code": "8", "pin": "0000"}
    answer = anna.post("/api/approve", asked)
    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, "wrong_pin", "pin")
    assert anna.post("/api/approve", {**asked, "code": "99"}).json["message"] == answer.json["message"]


def test_a_code_or_badge_is_needed_beside_the_pin(anna: Page) -> None:
    answer = anna.post("/api/approve", {"act": "void", "subject": "x", "pin": PINS["8"]})
    assert (answer.status_code, answer.json["field"]) == (422, "code")


def test_pins_for_an_approval_are_taken_only_where_people_sign_in(till: App) -> None:
    """A program with a key, elsewhere, must not try PINs."""
    secret = people.add_token(till.store, "far away", "cashier")
    far = Page(till, HTTP_AUTHORIZATION=f"Bearer {secret}", REMOTE_ADDR="192.0.2.7")
    answer = far.post("/api/approve", {"act": "void", "subject": "x", "code": "8", "pin": PINS["8"]})
    assert (answer.status_code, answer.json["code"]) == (403, "not_enrolled")


def test_a_locked_screen_approves_nothing(anna: Page) -> None:
    anna.post("/api/lock")
    assert anna.post("/api/approve", {"act": "void", "subject": "x", "code": "8", "pin": PINS["8"]}).status_code == 401


# -- the table -------------------------------------------------------------------------------------------------------


def test_an_admin_changes_a_right_and_it_counts_at_once(anna: Page, admin: Page, till: App, basket: Any) -> None:
    asked = reduced(basket)
    assert anna.post("/api/create-sale", asked).status_code == 403
    body = {"changes": [{"role": "cashier", "right": "void", "allowed": True}], "ceilings": {"cashier": "25"}}
    after = admin.post("/api/rights", body, method="PUT").json
    assert "void" in after["table"]["cashier"]
    assert "void" not in after["defaults"]["cashier"]
    assert after["ceilings"]["cashier"] == "25"
    assert anna.post("/api/create-sale", asked).status_code == 201
    seen = anna.session()["user"]
    assert ("void" in seen["rights"], seen["discount_percent_max"]) == (True, "25")
    acts = till.store.execute("SELECT actor, act, subject FROM audit WHERE act LIKE 'rights.%'").fetchall()
    assert acts == [("9", "rights.change", "cashier"), ("9", "rights.ceiling", "cashier")]


def test_a_changed_right_is_still_changed_after_a_restart(admin: Page, till: App, shop: settings.Config) -> None:
    body = {"changes": [{"role": "cashier", "right": "discount", "allowed": False}]}
    admin.post("/api/rights", body, method="PUT")
    till.stop()
    again = create_app(shop)
    try:
        assert not tables.of(again.store).allowed("cashier", "discount")
        assert tables.of(again.store).discount_percent_max("cashier") == 0
    finally:
        again.stop()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"changes": [{"role": "king", "right": "void", "allowed": True}]}, "invalid"),
        ({"changes": [{"role": "cashier", "right": "fly", "allowed": True}]}, "invalid"),
        ({"changes": [{"role": "cashier", "right": "void"}]}, "invalid"),
        ({"changes": "all"}, "invalid"),
        ({"ceilings": {"cashier": "101"}}, "invalid"),
        ({"ceilings": {"cashier": 0.5}}, "invalid"),
        ({"ceilings": ["cashier"]}, "invalid"),
        ({"changes": [{"role": "admin", "right": "rights", "allowed": False}]}, "owner_keeps_all"),
        ({"ceilings": {"admin": "10"}}, "owner_keeps_all"),
    ],
)
def test_odd_changes_of_rights_change_nothing(admin: Page, till: App, body: Any, code: str) -> None:
    good = {"role": "cashier", "right": "void", "allowed": True}
    if isinstance(body.get("changes"), list):
        body["changes"].insert(0, good)
    answer = admin.post("/api/rights", body, method="PUT")
    assert answer.json["code"] == code
    assert till.store.execute("SELECT count(*) FROM right_override").fetchone() == (0,)


# -- who is at the till ----------------------------------------------------------------------------------------------


def test_a_change_of_cashier_keeps_the_basket_and_the_next_sale_is_the_new_persons(
    anna: Page, till: App, basket: Any
) -> None:
    asked = basket()
    anna.post("/api/price", asked)
    answer = anna.post("/api/sign-in", {"code": "8", "pin": PINS["8"], "basket": asked["id"]})
    assert answer.json["user"]["code"] == "8"
    anna.session()
    sold = anna.post("/api/create-sale", asked).json["receipt"]
    assert sold["document"]["cashier"]["name"] == "Ben Okafor"
    rows = till.store.execute("SELECT actor, subject FROM audit WHERE act = 'cashier.change'").fetchall()
    assert rows == [("8", asked["id"])]
    assert len(people.sign_ins(till.store)) == 1


def test_somebody_else_takes_over_a_locked_screen_with_its_basket(anna: Page, basket: Any) -> None:
    anna.post("/api/lock")
    assert anna.post("/api/sign-in", {"code": "8", "pin": PINS["8"]}).status_code == 200
    anna.session()
    assert anna.post("/api/price", basket()).status_code == 200


def test_a_badge_signs_in_with_the_pin(page: Page, till: App) -> None:
    badge = people.set_badge(till.store, "7")
    page.session()
    assert page.post("/api/sign-in", {"badge": badge, "pin": "0000"}).status_code == 422
    assert page.post("/api/sign-in", {"badge": badge, "pin": PINS["7"]}).json["user"]["code"] == "7"


def test_a_badge_is_no_secret_in_the_log(page: Page, till: App, caplog: Any) -> None:
    badge = people.set_badge(till.store, "7")
    page.session()
    page.post("/api/sign-in", {"badge": badge, "pin": PINS["7"]})
    assert badge not in caplog.text


class TestWithoutPin:
    """A shop where the badge is enough."""

    @pytest.fixture
    def settings_of(self, shop: settings.Config) -> settings.Config:
        return replace(shop, security=replace(shop.security, badge_needs_pin=False))

    def test_a_badge_alone_signs_in_but_approves_nothing(self, page: Page, till: App) -> None:
        badge, other = people.set_badge(till.store, "7"), people.set_badge(till.store, "8")
        page.session()
        assert page.post("/api/sign-in", {"badge": badge}).json["user"]["code"] == "7"
        page.session()
        asked = {"act": "void", "subject": clock.uuid7(), "badge": other}
        assert page.post("/api/approve", asked).json["code"] == "wrong_pin"


def test_who_changed_a_right_is_told_with_the_table(admin: Page) -> None:
    assert admin.get("/api/rights").json["changes"] == []
    body = {"changes": [{"role": "cashier", "right": "void", "allowed": True}], "ceilings": {"supervisor": "30"}}
    told = admin.post("/api/rights", body, method="PUT").json["changes"]
    assert [(one["role"], one["right"], one["by"], one["text"]) for one in told] == [
        ("supervisor", "", "Cleo Marsh", "Supervisor: discount up to 30 %, before 50 %"),
        ("cashier", "void", "Cleo Marsh", "Cashier: may now void a finished sale"),
    ]


def test_the_page_of_rights_is_for_who_may_change_them(admin: Page, anna: Page) -> None:
    assert admin.get("/rights").status_code == 200
    assert anna.get("/rights").status_code == 403
    assert 'href="/rights"' not in anna.get("/day").text
