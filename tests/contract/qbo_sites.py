"""QuickBooks Online for the contract tests: the emulator with its companies, a till's settings for it, tokens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pos import config as settings
from pos.actions import qbo_connect
from pos.actions.qbo_standing import Standing
from pos.config import Config
from pos.connectors.qbo.client import Client
from pos.store.db import Store
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo import Emulator
from tests.contract.emulators.qbo_cloud import CLIENT, Cloud
from tests.contract.emulators.qbo_company import Clock, Company, Doc

REDIRECT = "http://localhost:5000/api/integrations/quickbooks/callback"


@dataclass
class Site:
    """The running emulator. gb: 20 %, 5 % and 0 % VAT, exempt; us: automated sales tax."""

    emulator: Emulator

    @property
    def url(self) -> str:
        return self.emulator.url

    @property
    def cloud(self) -> Cloud:
        return self.emulator.cloud

    @property
    def gb(self) -> Company:
        return self.cloud.companies[shops.GB]

    @property
    def us(self) -> Company:
        return self.cloud.companies[shops.US]

    def tokens(self, realm: str = shops.GB) -> Doc:
        """A consent given and exchanged, as the token address answers it."""
        return self.cloud.signin.tokens(realm)

    def source(self, realm: str = shops.GB) -> Tokens:
        return Tokens(self.cloud, realm)

    def client(self, realm: str = shops.GB, *, read_seconds: float = 10.0) -> Client:
        """The connector's own client at this company, with a token that is always good."""
        return Client(self.url, realm, self.source(realm), read_seconds=read_seconds)


class Tokens:
    """Access tokens without a sign-in kept anywhere: a new consent whenever one is refused."""

    def __init__(self, cloud: Cloud, realm: str) -> None:
        self._cloud, self._realm = cloud, realm
        self._now = self.renew("")

    def access(self) -> str:
        return self._now

    def renew(self, used: str) -> str:
        self._now = str(self._cloud.signin.tokens(self._realm)["access_token"])
        return self._now


@contextmanager
def running(cloud: Cloud | None = None, **how: object) -> Iterator[Site]:
    """how: of Emulator (faults, slow_seconds, port)."""
    with Emulator(cloud or shops.both(), **how) as emulator:  # type: ignore[arg-type]
        yield Site(emulator)


@pytest.fixture
def site() -> Iterator[Site]:
    """Two companies, the real clock. Import it into a test module to use it."""
    with running() as started:
        yield started


def standing(at: dt.datetime | None = None) -> Cloud:
    """Two companies whose clock moves only when it is told to."""
    return shops.both(Clock(at or dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC), rate=0))


def environ(url: str, **more: str) -> dict[str, str]:
    """What a till's environment says to reach this emulator. `more` comes last."""
    return {
        "QUICKBOOKS_CLIENT_ID": CLIENT[0],
        "QUICKBOOKS_CLIENT_SECRET": CLIENT[1],
        "TILLKEEP_QUICKBOOKS_API_URL": f"{url}/sandbox",
        "TILLKEEP_QUICKBOOKS_DISCOVERY_URL": f"{url}/.well-known/openid_sandbox_configuration/",
        "TILLKEEP_QUICKBOOKS_REDIRECT_URL": REDIRECT,
        **more,
    }


def till_config(root: Path, url: str, **more: str) -> Config:
    """The settings of a till at this emulator."""
    return settings.load(root, environ(url, **more))


def connected(store: Store, site: Site, realm: str = shops.GB, company: str = "main") -> Standing:
    """A person signs this till's company in at a company of the emulator, by all the steps a browser takes."""
    address = qbo_connect.begin(store, store.config, company, ("1", "a session"), "a cookie")
    state = parse_qs(urlsplit(address).query)["state"][0]
    told = {"state": state, "realmId": realm, "code": site.cloud.signin.consent(realm, REDIRECT)}
    return qbo_connect.come_back(store, store.config, told, browser="a cookie")
