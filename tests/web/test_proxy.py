"""What a proxy forwards counts when it is the named one; from anybody else it is noise, and never this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pos import config, config_checks
from pos.app import App, create_app
from pos.errors import BadSettings
from tests.web.conftest import Page, stock_shop, with_server

PROXIED = {"HTTP_X_FORWARDED_FOR": "192.168.1.20", "HTTP_X_FORWARDED_PROTO": "https"}


@pytest.fixture
def behind(shop: config.Config) -> Iterator[App]:
    app = create_app(with_server(shop, trusted_proxy="127.0.0.1, 10.1.0.0/16", origins="till1.example.com"))
    stock_shop(app)
    yield app
    app.stop()


def cookie(page: Page, path: str = "/api/session") -> str:
    return page.get(path).headers.get("Set-Cookie", "")


def test_through_the_named_proxy_cookies_are_secure_and_the_browser_stays_with_tls(behind: App) -> None:
    for address in ("127.0.0.1", "10.1.2.3"):
        answer = Page(behind, REMOTE_ADDR=address, **PROXIED).get("/api/session")
        assert "Secure" in answer.headers["Set-Cookie"]
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize("address", ["10.2.0.1", "192.168.1.20", ""])
def test_from_anybody_else_the_same_words_mean_nothing(behind: App, address: str) -> None:
    means_nothing(Page(behind, REMOTE_ADDR=address, **PROXIED))


def test_without_the_setting_they_mean_nothing_from_this_machine_either(till: App) -> None:
    means_nothing(Page(till, **PROXIED))


def means_nothing(page: Page) -> None:
    answer = page.get("/api/session")
    assert "Secure" not in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("claimed", ["127.0.0.1", "::1", "192.168.1.20", "127.0.0.1, 192.168.1.20", "nonsense"])
def test_whatever_is_claimed_a_stranger_behind_the_proxy_is_not_this_machine(behind: App, claimed: str) -> None:
    page = Page(behind, **(PROXIED | {"HTTP_X_FORWARDED_FOR": claimed}))
    page.session()
    assert page.post("/api/sign-in", {"code": "7", "pin": "4826"}).json["code"] == "not_enrolled"
    assert page.get("/metrics").status_code == 401
    assert page.get("/setup").status_code == 403


def test_the_till_itself_is_reached_as_before(behind: App) -> None:
    page = Page(behind).sign_in("7")
    assert page.get("/api/items").status_code == 200
    assert "Secure" not in cookie(Page(behind))


def test_wrong_passwords_are_counted_by_whoever_asked_and_not_by_the_proxy(behind: App) -> None:
    seen = []
    behind.flask.before_request_funcs[None].append(lambda: seen.append(_address()))
    Page(behind, **PROXIED).get("/api/session")
    Page(behind, REMOTE_ADDR="192.168.9.9", **PROXIED).get("/api/session")
    assert seen == ["192.168.1.20", "192.168.9.9"]


def _address() -> str | None:
    from flask import request

    return request.remote_addr


@pytest.mark.parametrize("named", ["proxy.example.com", "0.0.0.0/0", "::/0", "127.0.0.1;10.0.0.1", "10.0.0.1/8"])
def test_a_proxy_that_is_none_or_everybody_stops_the_start(shop: config.Config, named: str) -> None:
    with pytest.raises(BadSettings, match="trusted_proxy"):
        config_checks.check(replace(shop, server=replace(shop.server, trusted_proxy=named)), ["server"])
