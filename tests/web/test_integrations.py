"""The page and the documented addresses of the sign-in to QuickBooks Online, through the whole server."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from pos import config
from pos.app import App, create_app
from pos.store import passwords, qbo_tokens
from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops
from tests.contract.qbo_sites import Site
from tests.web.conftest import PASSWORD, Console, Page, stock_shop

BASE = "/api/integrations/quickbooks"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with qbo_sites.running() as started:
        yield started


@pytest.fixture
def settings_of(shop: config.Config, site: Site) -> config.Config:
    return replace(shop, quickbooks=qbo_sites.till_config(shop.root, site.url).quickbooks)


def begun(page: Page) -> dict[str, str]:
    answer = page.get(f"{BASE}/auth-url")
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" in cookie
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.json["authUrl"]).query).items()}


def sent_back(site: Site, asked: dict[str, str], realm: str = qbo_shops.GB) -> str:
    code = site.cloud.signin.consent(realm, asked["redirect_uri"])
    return f"{BASE}/callback?code={code}&state={asked['state']}&realmId={realm}"


def gone_on(page: Page, way: str) -> str:
    """Where the browser goes on to from Intuit's answer."""
    answer = page.get(way)
    assert answer.status_code == 200
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]*)"', answer.text)
    assert found
    return found.group(1).replace("&amp;", "&")


def test_connected_shown_and_disconnected_as_documented(
    site: Site, till: App, operator: Console, anna: Page, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert operator.get(f"{BASE}/status").json["connected"] is False
    assert "companyId" not in operator.get(f"{BASE}/status").json
    asked = begun(operator)
    assert asked["redirect_uri"] == qbo_sites.REDIRECT
    way = gone_on(operator, sent_back(site, asked))
    assert way == "/settings/integrations?qb_connected=true&company=main"
    shown = operator.get(way)
    assert 'data-connected="true"' in shown.text
    assert site.gb.name in shown.text
    told = operator.get(f"{BASE}/status").json
    assert {name: told[name] for name in ("connected", "companyId", "state", "environment")} == {
        "connected": True, "companyId": qbo_shops.GB, "state": "connected", "environment": "sandbox",
    }  # fmt: skip
    assert told["connectedAt"] < told["expiresAt"] < told["endsAt"] < told["hardEndsAt"]
    assert anna.get(f"{BASE}/status").json["connected"] is True, "everybody signed in may look"
    row = qbo_tokens.row(till.store, "quickbooks")
    assert row is not None
    pair = qbo_tokens.tokens(till.store, row)
    assert pair is not None
    everything = caplog.text + shown.text + str(told) + operator.get("/metrics").text
    assert not [one for one in (pair.access, pair.refresh, till.config.quickbooks.client_secret) if one in everything]
    gone = operator.post(f"{BASE}/disconnect").json
    assert (gone["success"], gone["revoked"]) == (True, True)
    assert operator.get(f"{BASE}/status").json["connected"] is False
    assert operator.post(f"{BASE}/disconnect").status_code == 404


def test_only_the_browser_that_began_brings_it_back_and_once(site: Site, till: App, operator: Console) -> None:
    """The pitfall: a state that holds for any browser lets a stranger attach their company here."""
    way = sent_back(site, begun(operator))
    assert gone_on(Page(till), way).endswith("qb_error=state")
    assert gone_on(operator, way).endswith("qb_connected=true&company=main")
    assert gone_on(operator, way).endswith("qb_error=state")
    page = operator.get("/settings/integrations?qb_error=state").text
    assert "begun by another browser" in page
    assert "<script>" not in operator.get("/settings/integrations?qb_error=<script>").text


def test_without_a_public_address_the_answer_is_pasted_by_the_same_person(
    site: Site, till: App, operator: Console
) -> None:
    address = f"http://localhost:5000{sent_back(site, begun(operator))}"
    cleo = Console(till).sign_in("9")
    assert cleo.post(f"{BASE}/callback", {"address": address}).status_code == 409
    assert operator.post(f"{BASE}/callback", {"address": "https://shop.example"}).status_code == 422
    answer = operator.post(f"{BASE}/callback", {"address": address})
    assert answer.status_code == 200, answer.text
    assert answer.json["state"] == "connected"


def test_another_company_is_decided_about_on_the_page(site: Site, till: App, operator: Console) -> None:
    operator.get(sent_back(site, begun(operator)))
    assert gone_on(operator, sent_back(site, begun(operator), qbo_shops.US)) == "/settings/integrations?company=main"
    assert operator.get(f"{BASE}/status").json["held"] is True
    assert "Another company waits" in operator.get("/settings/integrations").text
    assert operator.post(f"{BASE}/realm", {"take": "yes"}).status_code == 422
    assert operator.post(f"{BASE}/realm", {"take": True}).json["held"] is False
    assert operator.get(f"{BASE}/status").json["companyId"] == qbo_shops.US
    assert operator.post(f"{BASE}/realm", {"take": False}).status_code == 409


def test_who_may_what(till: App, operator: Console) -> None:
    """Connecting is for whom the table gives settings; a supervisor has not got it, nobody signed in has nothing."""
    ben = Console(till).sign_in("8")
    for path in (f"{BASE}/auth-url", "/settings/integrations"):
        assert ben.get(path).status_code == 403
    assert ben.post(f"{BASE}/disconnect").status_code == 403
    assert ben.get(f"{BASE}/status").status_code == 200
    assert Page(till).get(f"{BASE}/status").status_code == 401
    assert operator.get(f"{BASE}/status?company=elsewhere").status_code == 404
    begun(operator)
    till.store.execute("SELECT 1")
    way = f"{BASE}/callback?code=x&state={begun(operator)['state']}&realmId=1"
    with till.store.transaction():
        till.store.execute("UPDATE user SET active = 0 WHERE code = '6'")
    assert gone_on(operator, way).endswith("qb_error=not_allowed")


def test_without_keys_the_worker_is_off_and_says_so(shop: config.Config, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    app = create_app(shop)
    try:
        stock_shop(app)
        assert "QuickBooks not configured, sync worker disabled" in caplog.text
        assert "quickbooks" not in {agent.name for agent in app.agents}
        passwords.set_password(app.store, "9", PASSWORD, "test")
        cleo = Console(app).sign_in("9")
        told = cleo.get(f"{BASE}/worker/status").json
        assert told == {"ok": True, "running": False, "pollIntervalMs": 30000, "isProcessing": False}
        assert cleo.get(f"{BASE}/auth-url").status_code == 409
        assert "QUICKBOOKS_CLIENT_ID" in cleo.get("/settings/integrations").text
    finally:
        app.stop()


def test_with_keys_the_worker_runs(till: App, operator: Console) -> None:
    assert operator.get(f"{BASE}/worker/status").json["running"] is True
    assert "quickbooks" in {agent.name for agent in till.agents}
