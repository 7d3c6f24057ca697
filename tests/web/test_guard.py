"""The gate: hosts, origins, CSRF, devices, sizes, and the headers on each answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pos import config
from pos.app import App
from pos.store import people
from pos.web import guard
from pos.web.body import decoded
from tests.web.conftest import PINS, Page, with_server

AWAY = {"REMOTE_ADDR": "192.168.1.20"}


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5:5000", "", "[::2]", "[bad", "a@b"]
)
def test_a_host_this_till_does_not_go_by_is_refused(page: Page, host: str) -> None:
    for path in ("/", "/api/session", "/health", "/static/x/css/tokens.css"):
        answer = page.get(path, headers={"Host": host})
        assert answer.status_code == 400, path
    assert page.get("/api/session", headers={"Host": host}).json["code"] == "host"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:5000", "localhost:5000", "LOCALHOST", "[::1]:5000"])
def test_the_names_of_this_machine_are_known(page: Page, host: str) -> None:
    assert page.get("/api/session", headers={"Host": host}).status_code == 200


class TestOtherNames:
    @pytest.fixture
    def settings_of(self, shop: config.Config) -> config.Config:
        return with_server(shop, host="0.0.0.0", origins="till-1.shop.local, https://pos.shop.example:8443")

    @pytest.mark.parametrize("host", ["till-1.shop.local:5000", "pos.shop.example:8443", "pos.shop.example"])
    def test_names_in_the_settings_are_known(self, page: Page, host: str) -> None:
        assert page.get("/api/session", headers={"Host": host}).status_code == 200

    def test_listening_everywhere_opens_no_other_name(self, page: Page) -> None:
        assert page.get("/api/session", headers={"Host": "0.0.0.0:5000"}).status_code == 400


def test_bare_names_are_found_in_hosts_and_addresses() -> None:
    table = {
        "till:5000": "till",
        "https://Till.Shop:443/x": "till.shop",
        "::1": "[::1]",
        "[::1]:5000": "[::1]",
        "10.0.0.1": "10.0.0.1",
        "[bad": "",
        "": "",
    }
    assert {text: guard._host_name(text) for text in table} == table


def test_a_change_without_the_csrf_token_is_refused_and_nothing_happens(till: App, anna: Page, basket: Any) -> None:
    for token in ("", "wrong", anna.csrf[:-1]):
        anna.csrf, kept = token, anna.csrf
        answer = anna.post("/api/create-sale", basket())
        anna.csrf = kept
        assert answer.status_code == 400
        assert answer.json["code"] == "csrf"
    assert till.store.execute("SELECT count(*) FROM document").fetchone() == (0,)
    assert anna.post("/api/create-sale", basket()).status_code == 201


def test_signing_in_needs_the_csrf_token_too(page: Page) -> None:
    answer = page.post("/api/sign-in", {"code": "7", "pin": PINS["7"]})
    assert answer.status_code == 400
    assert answer.json["code"] == "csrf"


def test_the_token_of_another_browser_is_no_token(till: App, anna: Page, basket: Any) -> None:
    other = Page(till)
    other.session()
    anna.csrf = other.csrf
    assert anna.post("/api/create-sale", basket()).json["code"] == "csrf"


def test_a_program_with_a_key_needs_no_csrf_token(till: App, basket: Any) -> None:
    secret = people.add_token(till.store, "kiosk", "cashier")
    page = Page(till, HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert page.post("/api/create-sale", basket()).status_code == 201


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic YTpi", "Bearer tk_" + "x" * 43, "nonsense"])
def test_a_key_nobody_gave_out_opens_nothing_not_even_beside_a_good_cookie(anna: Page, header: str) -> None:
    answer = anna.get("/api/groups", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json["code"] == "token"


def test_the_control_key_works_on_this_machine_alone(till: App) -> None:
    key = f"Bearer {till.control_key}"
    assert Page(till, HTTP_AUTHORIZATION=key).get("/api/groups").status_code == 200
    assert Page(till, HTTP_AUTHORIZATION=key, **AWAY).get("/api/groups").status_code == 401
    forwarded = Page(till, HTTP_AUTHORIZATION=key, HTTP_X_FORWARDED_FOR="10.0.0.9")
    assert forwarded.get("/api/groups").status_code == 401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:5001", "https://localhost:5000"])
def test_a_change_from_a_page_of_another_site_is_refused(anna: Page, basket: Any, origin: str) -> None:
    answer = anna.post("/api/create-sale", basket(), headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json["code"] == "origin"


def test_a_change_from_our_own_page_goes_through(anna: Page, basket: Any) -> None:
    assert anna.post("/api/create-sale", basket(), headers={"Origin": "http://127.0.0.1:5000"}).status_code == 201


def test_a_stranger_on_the_network_cannot_even_try_a_pin(till: App) -> None:
    page = Page(till, **AWAY)
    seen = page.session()
    assert set(seen) == {"ok", "user", "locked", "enrolled", "csrf", "shop"}
    assert seen["enrolled"] is False
    answer = page.post("/api/sign-in", {"code": "7", "pin": PINS["7"]})
    assert answer.status_code == 403
    assert answer.json["code"] == "not_enrolled"
    assert till.store.execute("SELECT failed FROM user WHERE code = '7'").fetchone() == (0,)
    assert page.get("/api/status").status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_who_comes_through_a_proxy_on_this_machine_is_a_stranger(till: App, header: str) -> None:
    page = Page(till)
    page.session()
    answer = page.post("/api/sign-in", {"code": "7", "pin": PINS["7"]}, headers={header: "127.0.0.1"})
    assert answer.json["code"] == "not_enrolled"


def test_an_enrolled_device_may_sign_in(till: App) -> None:
    code = people.add_device(till.store, "Tablet")
    page = Page(till, **AWAY)
    page.session()
    assert page.post("/api/enrol", {"code": code}).json == {"ok": True, "name": "Tablet"}
    assert page.sign_in("7").session()["user"]["name"] == "Anna Reyes"
    assert page.get("/api/groups").status_code == 200
    people.revoke_device(till.store, "Tablet")
    assert page.get("/api/groups").status_code in (401, 403)


def test_a_sign_in_cookie_taken_to_another_machine_is_worth_nothing(till: App, anna: Page) -> None:
    cookie = anna.client.get_cookie("till_sign_in_T1", domain="127.0.0.1")
    assert cookie is not None
    thief = Page(till, **AWAY)
    thief.client.set_cookie("till_sign_in_T1", cookie.value, domain="127.0.0.1")
    answer = thief.get("/api/groups")
    assert answer.status_code == 403
    assert answer.json["code"] == "not_enrolled"


def test_enrolment_codes_cannot_be_guessed_in_bulk(till: App, monkeypatch: pytest.MonkeyPatch) -> None:
    from pos.web import wrong_codes

    monkeypatch.setattr(wrong_codes, "_wrong", [])
    page = Page(till, **AWAY)
    page.session()
    statuses = [page.post("/api/enrol", {"code": "AAAAA-AAAAA"}).status_code for _ in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    code = people.add_device(till.store, "Tablet")
    assert page.post("/api/enrol", {"code": code}).status_code == 429


def test_a_body_that_is_too_large_is_refused_in_words(till: App, anna: Page, basket: Any) -> None:
    answer = anna.post("/api/create-sale", {**basket(), "note": "x" * (1 << 20)})
    assert answer.status_code == 413
    assert answer.json["code"] == "too_large"
    assert "body_kb_max" in answer.json["message"]
    assert till.store.execute("SELECT count(*) FROM document").fetchone() == (0,)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_that_says_so_is_read(anna: Page, basket: Any, kind: str) -> None:
    answer = anna.post("/api/create-sale", basket(), content_type=kind)
    assert answer.status_code == 415
    assert answer.json["code"] == "content_type"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b'{"total": NaN}',
        b'{"total": Infinity}',
        b'{"total": 1e-999999999}',  # written out it is a gigabyte
        b"{'a': 1}",
        b'{"a": 1} {"b": 2}',
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_what_is_no_json_object_is_refused_in_words(anna: Page, raw: bytes) -> None:
    for path in ("/api/create-sale", "/api/price", "/api/pay-check"):
        answer = anna.post(path, raw)
        assert answer.status_code == 400
        assert answer.json["code"] == "json"


def test_figures_are_read_exactly_and_never_as_floats() -> None:
    read = decoded(b'{"a": 0.1, "b": 12345678901234567.89, "c": 1e3, "d": 7}')
    assert read == {"a": Decimal("0.1"), "b": Decimal("12345678901234567.89"), "c": Decimal("1e3"), "d": 7}
    assert not any(isinstance(figure, float) for figure in read.values())


def test_headers_stand_on_each_answer(anna: Page, basket: Any) -> None:
    answers = [
        anna.get("/"),
        anna.get("/sign-in"),
        anna.get("/receipts"),
        anna.get("/api/session"),
        anna.get("/health"),
        anna.get("/nowhere"),
        anna.get("/api/nowhere"),
        anna.get("/api/session", headers={"Host": "evil.example"}),
        anna.get("/static/x/css/tokens.css"),
        anna.post("/api/create-sale", basket()),
        anna.post("/api/create-sale", []),
    ]
    for answer in answers:
        headers, where = answer.headers, answer.request.path
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, where
        assert "script-src 'self'" in policy, where
        assert "frame-ancestors 'none'" in policy, where
        assert "unsafe" not in policy, where
        assert "*" not in policy, where
        assert "evil" not in policy, where
        assert headers["X-Content-Type-Options"] == "nosniff", where
        assert headers["X-Frame-Options"] == "DENY", where
        assert headers["Referrer-Policy"] == "same-origin", where
        assert "Server" not in headers or "waitress" not in headers["Server"], where
        if not where.startswith("/static"):
            assert headers["Cache-Control"] == "no-store", where


def test_the_policy_lets_the_page_open_its_own_socket_only(anna: Page) -> None:
    policy = anna.get("/", headers={"Host": "localhost:5000"}).headers["Content-Security-Policy"]
    assert "connect-src 'self' ws://localhost:5000 wss://localhost:5000;" in policy


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(till: App) -> None:
    page = Page(till)
    page.session()
    answers = [page.get("/api/session"), page.post("/api/sign-in", {"code": "7", "pin": PINS["7"]})]
    answers.append(Page(till).get("/api/session"))
    cookies = [value for answer in answers for name, value in answer.headers if name == "Set-Cookie"]
    assert {value.split("=")[0] for value in cookies} == {"till_page_T1", "till_sign_in_T1"}
    for value in cookies:
        assert "HttpOnly" in value
        assert "SameSite=Strict" in value


def test_over_https_the_cookie_says_so(till: App) -> None:
    page = Page(till)
    page.base = "https://127.0.0.1:5000"
    page.session()
    answer = page.post("/api/sign-in", {"code": "7", "pin": PINS["7"]})
    assert "Secure" in answer.headers["Set-Cookie"]


def test_static_files_are_kept_for_ever_under_their_version_only(page: Page, till: App) -> None:
    with till.flask.test_request_context(base_url="http://127.0.0.1:5000"):
        from flask import url_for

        address = url_for("static", filename="css/tokens.css")
    answer = page.get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert page.get("/static/old/css/tokens.css").headers["Cache-Control"] == "no-cache"
    for outside in ("/static/x/../../config.ini", "/static/x/%2e%2e/%2e%2e/config.ini", "/static/x//etc/passwd"):
        assert page.get(outside).status_code in (404, 308)
