"""The first questions over HTTP: this machine alone, the terminal's code once, or an owner who is signed in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pos import config
from pos.app import App, create_app
from pos.store import people
from pos.web import setup_door
from tests.web.conftest import Page

VALUES = {"shop.name": "Blau"}


@pytest.fixture
def fresh(shop: config.Config) -> Iterator[App]:
    app = create_app(shop)
    yield app
    app.stop()


def opened(app: App) -> Page:
    page = Page(app)
    page.session()
    answer = page.post("/api/setup/open", {"code": app.door.offer()})
    assert answer.status_code == 200, answer.json
    page.csrf = answer.json["csrf"]
    return page


def test_a_new_till_leads_to_its_first_questions(fresh: App) -> None:
    page = Page(fresh)
    assert page.get("/sign-in").status_code == 200, "without a code there is nothing to lead to"
    fresh.door.offer()
    assert page.get("/sign-in").headers["Location"] == "/setup"
    assert page.get("/setup").status_code == 200
    people.add_user(fresh.store, "1", "Ada", "admin", "4711")
    assert page.get("/sign-in").status_code == 200


def test_the_code_opens_once_for_one_browser_and_a_wrong_one_does_not(fresh: App) -> None:
    page = Page(fresh)
    page.session()
    code = fresh.door.offer()
    assert page.get("/api/setup").json["code"] == "setup_code"
    wrong = f"{(int(code[:4]) + 1) % 10000:04} {code[5:]}"
    assert page.post("/api/setup/open", {"code": wrong}).status_code == 422
    assert page.get("/api/setup").status_code == 401
    answer = page.post("/api/setup/open", {"code": code.replace(" ", "-")})
    assert answer.status_code == 200
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    page.csrf = answer.json["csrf"]
    assert page.post("/api/setup/company", {"values": VALUES}, method="PUT").json["changed"] == ["shop.name"]
    other = Page(fresh)
    other.session()
    assert other.post("/api/setup/open", {"code": code}).status_code == 422, "it was used"
    assert other.post("/api/setup/company", {"values": {"shop.name": "Other"}}, method="PUT").status_code == 401


def test_the_code_cannot_be_guessed(fresh: App) -> None:
    page = Page(fresh)
    page.session()
    code = fresh.door.offer()
    wrong = f"{(int(code[:4]) + 1) % 10000:04} {code[5:]}"
    for _ in range(setup_door.TRIES_MAX):
        assert page.post("/api/setup/open", {"code": wrong}).status_code == 422
    assert page.post("/api/setup/open", {"code": code}).status_code == 429, "not even the right one any more"
    assert page.get("/api/setup").status_code == 401


@pytest.mark.parametrize("environ", [{"REMOTE_ADDR": "192.168.1.20"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}])
def test_from_elsewhere_there_is_nothing_whatever_one_knows(fresh: App, environ: dict[str, str]) -> None:
    code = fresh.door.offer()
    page = Page(fresh, **environ)
    page.session()
    assert page.get("/setup").status_code == 403
    assert page.post("/api/setup/open", {"code": code}).status_code == 403
    assert page.get("/api/setup").status_code == 403
    here = Page(fresh)
    here.session()
    assert here.post("/api/setup/open", {"code": code}).status_code == 200, "nor was the code used up"


def test_answers_need_the_page_that_asked(fresh: App) -> None:
    page = opened(fresh)
    page.csrf = "another"
    assert page.post("/api/setup/company", {"values": VALUES}, method="PUT").json["code"] == "csrf"


def test_every_step_may_be_left_out_and_the_end_starts_anew_when_something_changed(fresh: App) -> None:
    page, started = opened(fresh), []
    fresh.door.again = lambda: started.append(True)
    page.post("/api/setup/person", {"code": "1", "name": "Ada", "role": "admin", "pin": "4711"})
    assert page.post("/api/setup/finish").json == {"ok": True, "again": False}
    assert started == []
    page = opened(fresh)
    assert page.post("/api/setup/company", {"values": VALUES}, method="PUT").json["again"] is True
    assert page.post("/api/setup/finish").json == {"ok": True, "again": True}
    assert started == [True]
    assert page.get("/api/setup").status_code == 401, "what was opened is closed"


def test_later_the_owner_answers_again_and_nobody_else(till: App) -> None:
    assert Page(till).get("/api/setup").json["code"] == "sign_in"
    anna = Page(till).sign_in("7")
    assert anna.get("/api/setup").status_code == 403
    admin = Page(till).sign_in("9")
    assert admin.post("/api/setup/company", {"values": VALUES}, method="PUT").json["changed"] == ["shop.name"]
    admin.post("/api/lock")
    assert admin.get("/api/setup").json["code"] == "locked"


def test_a_refusal_names_the_question(fresh: App) -> None:
    page = opened(fresh)
    answer = page.post("/api/setup/company", {"values": {"shop.timezone": "Mars"}}, method="PUT")
    assert (answer.status_code, answer.json["field"]) == (422, "shop.timezone")
    assert page.post("/api/setup/nonsense", {"values": {}}, method="PUT").status_code == 422
    assert page.post("/api/setup/company", {"values": []}, method="PUT").status_code == 422
    assert page.post("/api/setup/printer", {"act": "fire", "values": {}}).status_code == 422
    assert page.post("/api/setup/printer", {"act": "test", "values": {}}).json["field"] == "printer.url"
