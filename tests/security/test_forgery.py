"""A page of another site makes nobody's browser do anything: every route that changes something, from the routes."""

from __future__ import annotations

import pytest

from pos.app import App
from pos.store import notices
from pos.web.auth import CONSOLE
from tests.web.conftest import Console, Page
from tests.web.test_rules import ROUTES, ask, sample

#: Where a browser's cookie opens something. A signature over the body stands for the program itself; no browser can
#: make one. A hub's addresses know a till's key alone (tests/contract/test_hub.py), a Web Connector's door the user and
#: password, or the ticket, in the message (tests/web/qbwc).
BY_PROGRAMS = ("signature", "hub", "ticket")
CHANGES = [route for route, rule in ROUTES.items() if not route.startswith("GET ") and rule not in BY_PROGRAMS]


#: Answered with a piece of a page, whose reason is in words.
PIECES = ("POST /conductor/test",)


def at_console(route: str) -> bool:
    """Whether a route is behind the console's own door."""
    return route.partition(" ")[2].startswith((*CONSOLE, "/epos-qbo"))


def counts(till: App) -> dict[str, int]:
    """Rows of every table but the one in which the program keeps marks and sums for itself."""
    tables = [
        name for (name,) in till.store.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'meta'")
    ]
    return {name: till.store.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}


def test_no_route_changes_anything_without_the_token_or_for_another_site(
    till: App, admin: Page, console: Console
) -> None:
    """Signed in with every right there is, at both doors."""
    before = counts(till)
    for route in CHANGES:
        page = console if at_console(route) else admin
        token, page.csrf = page.csrf, ""
        refused = [ask(page, route)]
        page.csrf = "x" * len(token)
        refused.append(ask(page, route))
        page.csrf = token
        method, path = sample(route)
        elsewhere = {"Origin": "https://evil.example"}
        refused.append(page.post(path, method=method, headers=elsewhere))
        refused.append(page.post(path, method=method, headers={"Origin": "null"}))
        assert [answer.status_code for answer in refused] == [400, 400, 403, 403], route
        if route not in PIECES:
            assert [answer.json["code"] for answer in refused] == ["csrf", "csrf", "origin", "origin"], route
    assert counts(till) == before


def test_the_token_of_one_browser_is_no_use_in_another(till: App, admin: Page) -> None:
    """The page's own cookie is what it belongs to; it is not in anybody's hand before the sign-in."""
    stranger = Page(till)
    stranger.session()
    token, admin.csrf = admin.csrf, stranger.csrf
    answers = [ask(admin, route).json["code"] for route in CHANGES if not at_console(route) and route not in PIECES]
    admin.csrf = token
    assert set(answers) == {"csrf"}


def test_reading_changes_nothing(till: App, admin: Page, console: Console) -> None:
    """What a picture or a link of another site can make a browser ask for."""
    with till.store.transaction():
        notices.raise_notice(till.store, "disk", "needs", "The disk is nearly full.", "Make room.")
    before = counts(till)
    for route in ROUTES:
        if route.startswith("GET ") and route != "GET /live":
            assert ask(console if at_console(route) else admin, route).status_code < 500, route
    assert counts(till) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "GET, POST"])
def test_a_method_that_an_address_does_not_have_does_nothing(till: App, admin: Page, method: str) -> None:
    """And no header turns one method into another."""
    before = counts(till)
    answer = admin.client.open("/api/session", method=method, base_url=admin.base)
    assert answer.status_code == 405
    answer = admin.client.get("/api/lock", base_url=admin.base, headers={"X-HTTP-Method-Override": "POST"})
    assert answer.status_code == 405
    assert counts(till) == before
