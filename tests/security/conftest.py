"""One till for a whole file of these tests: what they try must leave it as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from pos import config
from pos.app import App, create_app
from pos.store import passwords, people
from pos.web.console import door
from tests.web.conftest import PASSWORD, Console, Page, Served, basket, stock_shop

__all__ = ["basket"]  # a fixture of the web tests


@pytest.fixture(scope="module")
def _cheap_pins() -> Iterator[None]:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        for counted in (people.PINS, passwords.PASSWORDS):
            patch.setattr(counted, "hasher", cheap)
        patch.setattr(door, "_failures", {})
        yield


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory, _cheap_pins: None) -> Iterator[App]:
    app = create_app(config.load(tmp_path_factory.mktemp("till"), environ={}))
    stock_shop(app)
    people.add_user(app.store, "6", "Olu Bright", "operator", "9753")
    for code in ("6", "9"):
        passwords.set_password(app.store, code, PASSWORD, "test")
    yield app
    app.stop()


@pytest.fixture(scope="module")
def key(till: App) -> str:
    """Of a program that may do everything."""
    return people.add_token(till.store, "security", "admin")


@pytest.fixture
def program(till: App, key: str) -> Page:
    return Page(till, HTTP_AUTHORIZATION=f"Bearer {key}")


@pytest.fixture(scope="module")
def admin(till: App) -> Page:
    return Page(till).sign_in("9")


@pytest.fixture(scope="module")
def console(till: App) -> Console:
    return Console(till).sign_in("9")


@pytest.fixture
def served(till: App) -> Iterator[Served]:
    here = Served(till)
    yield here
    here.stop()
