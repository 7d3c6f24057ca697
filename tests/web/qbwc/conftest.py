"""One till for all tests of the Web Connector's door, with nothing of another test in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from pos import clock, config
from pos.app import App, create_app
from pos.store import companies, passwords, qbd_companies
from pos.store.models import ConductorCompany, QbdCompany, QbdTicket, QbdWork
from tests.contract.emulators.desktop_file import CompanyFile
from tests.contract.emulators.desktop_line import Line
from tests.web.qbwc.calls import PASSWORD, URL, USER, Time


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One till for all tests here."""
    root = tmp_path_factory.mktemp("qbwc")
    set_up = {"QBWC_USERNAME": USER, "QBWC_PASSWORD": PASSWORD, "QBWC_APP_URL": "https://till.example/qbwc"}
    loaded = config.load(root, environ=set_up)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords.PASSWORDS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        app = create_app(replace(loaded, qbwc=replace(loaded.qbwc, answer_mb_max=3)))
    companies.add(app.store, "north", "North", "test")
    yield app
    app.stop()


@pytest.fixture
def till(served: App) -> App:
    """That till, with nothing of another test in it."""
    with served.store.transaction():
        for table in (QbdWork, QbdTicket, QbdCompany, ConductorCompany):
            table.delete().execute()
    qbd_companies.begin(served.store, served.config)
    served.flask.extensions.pop("tillkeep.qbwc", None)
    return served


@pytest.fixture
def time() -> Iterator[Time]:
    moved = Time()
    with clock.set_to(lambda: moved.now):
        yield moved


@pytest.fixture
def line(till: App, time: Time) -> Line:
    return Line(URL, till.flask)


@pytest.fixture
def file() -> CompanyFile:
    return CompanyFile()
