"""The console's door: code and password, a cookie of its own, closed to strangers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pos import clock, config
from pos.app import App
from pos.store import passwords, people
from tests.web.conftest import PASSWORD, PINS, Console, Page

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


def tried(page: Console, code: str = "9", password: str = "wrong wrong wrong") -> Any:
    page.session()
    return page.post("/api/console/sign-in", {"code": code, "password": password})


def test_code_and_password_open_it_and_signing_out_ends_it(till: App, operator: Console) -> None:
    assert operator.get("/console").status_code == 200
    assert operator.session()["user"]["name"] == "Olu Bright"
    assert operator.post("/api/console/sign-out").status_code == 200
    assert operator.get("/console").location == "/console/sign-in"
    acts = [row[0] for row in till.store.execute("SELECT act FROM audit WHERE actor = '6'").fetchall()]
    assert "console.sign_in" in acts


def test_the_tills_sign_in_does_not_open_the_console_nor_the_other_way_round(operator: Console, admin: Page) -> None:
    assert admin.get("/api/console/overview").status_code == 401
    assert operator.get("/api/day").status_code == 401
    assert operator.get("/api/session").json["user"] is None


def test_the_cookie_is_for_this_browser_alone_and_new_with_each_sign_in(till: App, operator: Console) -> None:
    answer = operator.post("/api/console/sign-in", {"code": "6", "password": PASSWORD})
    cookie = next(h for h in answer.headers.getlist("Set-Cookie") if h.startswith("till_console_"))
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    open_ones = till.store.execute("SELECT COUNT(*) FROM sign_in WHERE place = 'console' AND ended_at = ''").fetchone()
    assert open_ones == (1,), "the one before ended: a cookie put into the browser beforehand is worth nothing"


def test_a_pin_is_no_password_and_without_one_nobody_gets_in(till: App, page: Page) -> None:
    door = Console(till)
    answer = tried(door, "9", PINS["9"])
    assert (answer.status_code, answer.json["code"]) == (422, "wrong_password")
    assert answer.json["message"] == tried(door, "nobody").json["message"], "which of the two is wrong is not said"


def test_guesses_lock_the_console_and_never_the_till(till: App, operator: Console, page: Page) -> None:
    door = Console(till)
    for _ in range(till.config.security.pin_tries - 1):
        assert tried(door).status_code == 422
    assert tried(door).status_code == 429
    assert tried(door, "9", PASSWORD).status_code == 429, "also with the right one"
    assert page.sign_in("9").get("/api/rights").status_code == 200
    later = clock.now() + timedelta(minutes=till.config.security.pin_lock_minutes + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords.clock, "now", lambda: later)
        assert passwords.check(till.store, "9", PASSWORD).code == "9"


def test_many_guesses_from_one_address_wait(till: App, operator: Console) -> None:
    door = Console(till)
    answers = [tried(door, f"x{n}").status_code for n in range(11)]
    assert answers == [422] * 10 + [429]


def test_who_has_no_right_for_anything_here_is_sent_away(till: App, operator: Console) -> None:
    passwords.set_password(till.store, "7", PASSWORD, "test")
    answer = tried(Console(till), "7", PASSWORD)
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")
    assert till.store.execute("SELECT 1 FROM sign_in WHERE user = '7' AND ended_at = ''").fetchone() is None


def test_left_alone_it_ends(till: App, operator: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    then = clock.now() + timedelta(minutes=till.config.console.idle_minutes, seconds=1)
    monkeypatch.setattr(passwords.clock, "now", lambda: then)
    assert operator.get("/api/console/overview").status_code == 401


def test_a_new_password_or_leaving_ends_every_sign_in(till: App, operator: Console) -> None:
    passwords.set_password(till.store, "6", "another brass kettle", "test")
    assert operator.get("/api/console/overview").status_code == 401
    again = Console(till).sign_in("6", "another brass kettle")
    people.set_active(till.store, "6", False)
    assert again.get("/api/console/overview").status_code == 401


def test_another_machine_stays_outside_unless_the_shop_lets_it_in(till: App, operator: Console) -> None:
    answer = tried(Console(till, **ELSEWHERE), "9", PASSWORD)
    assert (answer.status_code, answer.json["code"]) == (403, "console_closed")
    stolen = Console(till, **ELSEWHERE)
    cookie = operator.client.get_cookie(f"till_console_{till.config.till.id}", domain="127.0.0.1")
    assert cookie is not None
    stolen.client.set_cookie(cookie.key, cookie.value, domain="127.0.0.1")
    assert stolen.get("/api/console/overview").status_code == 403


class TestFromElsewhere:
    @pytest.fixture
    def settings_of(self, shop: config.Config) -> config.Config:
        return replace(shop, console=replace(shop.console, from_elsewhere=True))

    def test_it_opens_with_a_password_and_the_till_does_not(self, till: App, operator: Console) -> None:
        far = Console(till, **ELSEWHERE).sign_in("9")
        assert far.get("/console").status_code == 200
        assert far.get("/api/day").status_code == 401
        assert far.post("/api/sign-in", {"code": "9", "pin": PINS["9"]}).json["code"] == "not_enrolled"


def test_changes_need_the_pages_token(operator: Console) -> None:
    operator.csrf = "made up"
    answer = operator.post("/api/console/outbox/retry", {"rows": [1]})
    assert (answer.status_code, answer.json["code"]) == (400, "csrf")


def test_an_error_page_of_the_console_leads_back_to_it(operator: Console) -> None:
    answer = operator.get("/console/outbox/999")
    assert answer.status_code == 404
    assert 'href="/console"' in answer.text
