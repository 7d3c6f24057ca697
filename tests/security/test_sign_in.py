"""Guessing, planting and keeping what opens a door."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from pos.app import App
from pos.store import people
from tests.web.conftest import PASSWORD, PINS, Console, Page

PLANTED = "A" * 43
Door = tuple[type[Page], str, str, Callable[[Page], Any]]
DOORS: dict[str, Door] = {
    "till": (Page, "till_sign_in_T1", "/api/lookup-barcode?code=50184385", lambda page: page.sign_in("9")),
    "console": (Console, "till_console_T1", "/api/console/people", lambda page: page.sign_in("9")),
}


def kept(page: Page, name: str) -> str:
    cookie = page.client.get_cookie(name, domain="127.0.0.1")
    assert cookie is not None
    return str(cookie.value)


@pytest.mark.parametrize("door", DOORS)
def test_a_planted_secret_never_becomes_a_sign_in(till: App, door: str) -> None:
    """Session fixation: who could leave a cookie in the browser beforehand knows nothing afterwards."""
    kind, name, path, sign_in = DOORS[door]
    browser, thief = kind(till), kind(till)
    for page in (browser, thief):
        page.client.set_cookie(name, PLANTED, domain="127.0.0.1", path="/")
    sign_in(browser)
    assert kept(browser, name) != PLANTED
    assert browser.get(path).status_code == 200
    assert thief.get(path).status_code == 401


@pytest.mark.parametrize("door", DOORS)
def test_signing_in_again_and_signing_out_end_the_secret_before(till: App, door: str) -> None:
    kind, name, path, sign_in = DOORS[door]
    browser = kind(till)
    sign_in(browser)
    first = kept(browser, name)
    sign_in(browser)
    second = kept(browser, name)
    assert first != second
    browser.post("/api/console/sign-out" if door == "console" else "/api/sign-out")
    for old in (first, second):
        thief = kind(till)
        thief.client.set_cookie(name, old, domain="127.0.0.1", path="/")
        assert thief.get(path).status_code == 401


def test_a_key_cannot_be_found_by_trying_and_a_near_one_is_as_far_as_any(till: App) -> None:
    """No count and no lock is needed where a guess a nanosecond since the big bang would have found none."""
    key = people.add_token(till.store, "guessed", "admin")
    assert len(set(key)) > 15
    assert math.log2(64) * len(key.removeprefix("tk_")) >= 256 - 4
    for near in (key[:-1], key + "A", key.swapcase(), key[:-1] + secrets.choice("AB"), f" {key} x"):
        if near != key:
            answer = Page(till, HTTP_AUTHORIZATION=f"Bearer {near}").get("/api/groups")
            assert (answer.status_code, answer.json["code"]) == (401, "token")
    assert Page(till, HTTP_AUTHORIZATION=f"Bearer {key}").get("/api/groups").status_code == 200


def test_guessing_a_pin_or_a_password_ends_soon_and_tells_nothing(till: App) -> None:
    """The right one is refused as well while the code is locked; until then a code nobody has looks the same."""
    tries = till.config.security.pin_tries
    said = {}
    for code in ("5", "nobody"):
        page = Page(till)
        page.session()
        answers = [page.post("/api/sign-in", {"code": code, "pin": f"{n:04}"}) for n in range(tries + 3)]
        answers.append(page.post("/api/sign-in", {"code": code, "pin": PINS["5"]}))
        said[code] = [(answer.status_code, answer.json["code"], answer.json["message"][:30]) for answer in answers]
    assert said["5"][-1][0] == 429
    assert said["5"][: tries - 1] == said["nobody"][: tries - 1]
    door = Console(till)
    door.session()
    guesses = [
        door.post("/api/console/sign-in", {"code": "9", "password": f"guess {n}"}).status_code for n in range(12)
    ]
    assert 429 in guesses
    assert door.post("/api/console/sign-in", {"code": "9", "password": PASSWORD}).status_code == 429
