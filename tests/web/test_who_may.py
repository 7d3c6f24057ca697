"""Every route asked by nobody, from behind the lock and by each role: each gets what its rule says, no more, no less.

All of them ask one till, one after the other: first those who are refused and so change nothing, then the roles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from pos.app import App
from pos.rules import rights
from pos.store import people
from pos.web.describe import answers_json
from tests.web.conftest import Page, shared_till
from tests.web.test_rules import BY_RIGHT, PROTECTED, ask

#: Addresses behind the door of the console.
CONSOLES = re.compile(r"/console|/settings/|/integrations/|/api/office/|/epos-qbo|/conductor\b")

#: What is sent from a page and answers a piece of it: nobody is sent away by it.
PIECES = ("POST /conductor/test",)


def speaks_json(page: Page, route: str) -> bool:
    """Whether its refusals are read by programs: of the screens of runs, where it declares JSON."""
    if "/epos-qbo" not in route:
        return "/api/" in route
    app, (method, _, rule) = page.client.application, route.partition(" ")
    views = [one.endpoint for one in app.url_map.iter_rules() if one.rule == rule and method in (one.methods or ())]
    return answers_json(app.view_functions[views[0]])


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with shared_till(tmp_path_factory.mktemp("asked")) as app:
        yield app


@pytest.fixture(scope="module")
def nobody(asked: App) -> Page:
    page = Page(asked)
    page.session()
    return page


@pytest.fixture(scope="module")
def locked(asked: App) -> Page:
    """An admin's screen, locked: it stays so whatever is asked of it."""
    page = Page(asked).sign_in("9")
    page.post("/api/lock")
    return page


@pytest.fixture(scope="module")
def roles(asked: App) -> dict[str, Page]:
    """A caller with a key for each role."""
    keys = {role: people.add_token(asked.store, role, role) for role in rights.ROLES}
    return {role: Page(asked, HTTP_AUTHORIZATION=f"Bearer {key}") for role, key in keys.items()}


@pytest.mark.parametrize("route", PROTECTED)
def test_nobody_signed_in_gets_nothing(nobody: Page, route: str) -> None:
    answer = ask(nobody, route)
    if speaks_json(nobody, route):
        assert answer.status_code == 401
        assert answer.json["code"] == "sign_in"
    elif route in PIECES:
        assert answer.status_code == 401
    else:
        assert answer.status_code == 302
        way = answer.location.removesuffix("?to=inventory")
        assert way == ("/console/sign-in" if CONSOLES.search(route) else "/sign-in")


@pytest.mark.parametrize(("route", "rule"), BY_RIGHT)
def test_a_locked_screen_gets_nothing_until_its_pin(locked: Page, route: str, rule: str) -> None:
    answer = ask(locked, route)
    if speaks_json(locked, route):
        assert answer.status_code == 401
        assert answer.json["code"] == ("sign_in" if CONSOLES.search(route) else "locked"), "another door"
    else:
        assert answer.status_code == (401 if route in PIECES else 302)


@pytest.mark.parametrize(("route", "rule"), BY_RIGHT)
def test_a_role_gets_exactly_what_its_rights_open(roles: dict[str, Page], route: str, rule: str) -> None:
    for role, page in roles.items():
        # What create-sale asks for depends on the body: a basket is sold, a receipt is taken in.
        receipt = {"schema": "tillkeep.receipt/1", "hash": "0" * 64}
        answer = ask(page, route, receipt if "replay" in rule and not rights.allowed(role, "sell") else None)
        if any(rights.allowed(role, right) for right in rule.split()):
            nobodys = (
                answer.is_json and answer.json.get("code") == "nobody"
            )  # it has the right, and a person is asked for
            assert answer.status_code not in (401, 403) or nobodys, (role, answer.text)
        else:
            assert answer.status_code == 403, role
            if speaks_json(page, route):
                assert answer.json["code"] == "not_allowed", role
