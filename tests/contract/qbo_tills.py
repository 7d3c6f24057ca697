"""A till at the emulated QuickBooks Online, and a person who agrees: for the tests of its sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from pos import clock
from pos.actions import qbo_connect, qbo_standing
from pos.config import Config
from pos.store import qbo_tokens
from pos.store.db import Store, open_store
from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops
from tests.contract.qbo_sites import Site

ANN = ("7", "session of Ann")
COOKIE = "the browser's word"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with qbo_sites.running() as started:
        yield started


@pytest.fixture
def till(site: Site, shop: Config) -> Iterator[Store]:
    site.cloud.signin.refreshes.clear()
    opened = open_store(replace(qbo_sites.till_config(shop.root, site.url), storage=shop.storage))
    yield opened
    opened.close()


def begun(store: Store, company: str = "main") -> str:
    """The state of a new consent."""
    address = qbo_connect.begin(store, store.config, company, ANN, COOKIE)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["client_id"] == store.config.quickbooks.client_id
    assert "com.intuit.quickbooks.accounting" in asked["scope"]
    return asked["state"]


def agreed(site: Site, store: Store, realm: str = qbo_shops.GB, company: str = "main") -> qbo_standing.Standing:
    """A person agrees, and the same browser comes back."""
    state = begun(store, company)
    told = {"state": state, "realmId": realm, "code": site.cloud.signin.consent(realm, qbo_sites.REDIRECT)}
    return qbo_connect.come_back(store, store.config, told, browser=COOKIE)


def kept(store: Store) -> qbo_tokens.Pair:
    row = qbo_tokens.row(store, "quickbooks")
    assert row is not None
    pair = qbo_tokens.tokens(store, row)
    assert pair is not None
    return pair


def expired(store: Store) -> None:
    """The access token ends within five minutes."""
    soon = clock.stamp(clock.now() + timedelta(minutes=4))
    with store.transaction():
        store.execute("UPDATE qbo_token SET access_until = ?", (soon,))
