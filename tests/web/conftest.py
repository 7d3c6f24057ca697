"""A whole till for the web tests: a small shop, people with PINs, a client that behaves as a page does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pos import clock, config
from pos.app import App, create_app
from pos.store import catalog, passwords, people
from pos.web import server
from pos.web.console import door
from tests.web.described import held_to

PINS = {"4": "7391", "7": "4826", "8": "2468", "9": "1357", "5": "8642"}


@pytest.fixture(autouse=True)
def _cheap_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cost of a PIN is tested in tests/store/test_people.py; here it would only take time."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(people.PINS, "hasher", cheap)
    monkeypatch.setattr(passwords.PASSWORDS, "hasher", cheap)
    monkeypatch.setattr(door, "_failures", {})


def stock_shop(app: App) -> None:
    """Three items, two ways to pay, four people."""
    store = app.store
    catalog.put_taxes(store, [{"code": "VAT20", "title": "VAT 20%", "rate": "20"}])
    catalog.put_items(
        store,
        [
            {
                "code": "MUG",
                "name": "Mug",
                "item_group": "Kitchen",
                "tax_code": "VAT20",
                "barcodes": [{"code": "50184385"}],
            },
            {"code": "BAG", "name": "Carrier bag", "item_group": "Bags", "tax_code": "VAT20", "stocked": False},
            {"code": "LAMP", "name": "Lamp", "item_group": "Home", "tax_code": "VAT20"},
        ],
        "test",
    )
    prices = {"MUG": 499, "BAG": 10, "LAMP": 3000}
    catalog.put_prices(
        store,
        [
            {"price_list": "Standard Selling", "item": code, "amount": amount, "currency": "GBP", "name": code}
            for code, amount in prices.items()
        ],
    )
    catalog.put_modes(
        store,
        [{"name": "Cash", "kind": "cash", "position": 1}, {"name": "Card", "kind": "card", "position": 2}],
        "test",
    )
    people.add_user(store, "7", "Anna Reyes", "cashier", PINS["7"])
    people.add_user(store, "8", "Ben Okafor", "supervisor", PINS["8"])
    people.add_user(store, "9", "Cleo Marsh", "admin", PINS["9"])
    people.add_user(store, "5", "Dora Lund", "accountant", PINS["5"])


class Page:
    """A browser on the till: keeps its cookies, sends the CSRF token, speaks JSON."""

    base = "http://127.0.0.1:5000"

    def __init__(self, app: App, **environ: Any) -> None:
        self.client: FlaskClient = app.flask.test_client()
        self.client.environ_base.update(environ)
        self.csrf = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        answer = self.client.get(path, base_url=self.base, **more)
        return held_to(self.client.application, "GET", answer)

    def session(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/api/session").json
        self.csrf = found["csrf"]
        return found

    def post(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        headers = {"X-CSRFToken": self.csrf, **more.pop("headers", {})}
        data = body if isinstance(body, bytes) else json.dumps({} if body is None else body)
        kind = more.pop("content_type", "application/json")
        more.setdefault("method", "POST")
        answer = self.client.open(path, base_url=self.base, data=data, content_type=kind, headers=headers, **more)
        return held_to(self.client.application, more["method"], answer)

    def sign_in(self, code: str) -> Page:
        self.session()
        answer = self.post("/api/sign-in", {"code": code, "pin": PINS[code]})
        assert answer.status_code == 200, answer.json
        return self


PASSWORD = "kettle orange window"


class Console(Page):
    """A browser at the console."""

    def session(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/api/console/session").json
        self.csrf = found["csrf"]
        return found

    def sign_in(self, code: str, password: str = PASSWORD) -> Console:
        self.session()
        answer = self.post("/api/console/sign-in", {"code": code, "password": password})
        assert answer.status_code == 200, answer.json
        return self


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    """The settings of the till under test; a test overrides this to change them."""
    return shop


@pytest.fixture
def till(settings_of: config.Config) -> Iterator[App]:
    """A till with a small shop, nothing running in the background."""
    app = create_app(settings_of)
    stock_shop(app)
    yield app
    app.stop()


@contextmanager
def shared_till(root: Path) -> Iterator[App]:
    """A till that many tests of a module ask, with the settings of `shop` and the people and goods of `till`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people.PINS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        app = create_app(config.load(root, environ={}))
        stock_shop(app)
    yield app
    app.stop()


@pytest.fixture
def page(till: App) -> Page:
    """A browser on the till's own machine, nobody signed in."""
    return Page(till)


@pytest.fixture
def anna(till: App) -> Page:
    """Anna, a cashier, signed in."""
    return Page(till).sign_in("7")


@pytest.fixture
def admin(till: App) -> Page:
    return Page(till).sign_in("9")


@pytest.fixture
def operator(till: App) -> Console:
    """Olu, an operator, signed in at the console. Ben, a supervisor, and Cleo, an admin, have passwords as well."""
    people.add_user(till.store, "6", "Olu Bright", "operator", "9753")
    for code in ("6", "8", "9"):
        passwords.set_password(till.store, code, PASSWORD, "test")
    return Console(till).sign_in("6")


@pytest.fixture
def basket() -> Callable[..., dict[str, Any]]:
    """A basket of mugs at 4.99, paid exactly in cash unless said otherwise."""

    def make(mugs: int = 1, **changes: Any) -> dict[str, Any]:
        total = f"{499 * mugs // 100}.{499 * mugs % 100:02}"
        line = {"line": "a", "item_code": "MUG", "qty": str(mugs), "barcode": "", "price": None, "price_source": "list"}
        line |= {"discount": None, "note": "", "return_against": None}
        payment = {"mode_of_payment": "Cash", "amount": total, "reference": "", "last4": ""}
        whole = {"id": clock.uuid7(), "customer": "", "lines": [line], "discount": None, "payments": [payment]}
        return {**whole, "total": total, **changes}

    return make


class Served:
    """The till on a real port of the loopback."""

    def __init__(self, app: App, threads: int = 8) -> None:
        limits = app.config.security.body_kb_max * 1024
        self.app = app
        self.server = server.listen(app.flask, "127.0.0.1", 0, threads, limits)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        self.base = f"http://127.0.0.1:{self.server.port}"

    def stop(self) -> None:
        self.server.stop()
        self.thread.join(timeout=15)
        self.server.close_screens()


@pytest.fixture
def served(till: App) -> Iterator[Served]:
    till.start()
    here = Served(till)
    yield here
    here.stop()


def with_till(shop: config.Config, **values: Any) -> config.Config:
    """The settings with other [till] values."""
    return replace(shop, till=replace(shop.till, **values))


def with_server(shop: config.Config, **values: Any) -> config.Config:
    """The settings with other [server] values."""
    return replace(shop, server=replace(shop.server, **values))
