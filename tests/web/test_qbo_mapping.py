"""The mapping screen and its addresses, through the whole server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pos import config
from pos.app import App
from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops
from tests.contract.qbo_sites import Site
from tests.web.conftest import Console

BASE = "/api/integrations/quickbooks"
PAGE = "/settings/integrations/mapping"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with qbo_sites.running() as started:
        yield started


@pytest.fixture
def settings_of(shop: config.Config, site: Site) -> config.Config:
    return replace(shop, quickbooks=qbo_sites.till_config(shop.root, site.url).quickbooks)


def mark(operator: Console) -> str:
    return str(operator.get(PAGE).text.partition('data-mark="')[2].partition('"')[0])


def test_a_company_is_mapped_on_its_page_and_a_missing_item_is_created(
    site: Site, till: App, operator: Console
) -> None:
    assert "QuickBooks is not connected" in operator.get(PAGE).text
    assert operator.post(f"{BASE}/lists/reload").status_code == 409
    qbo_sites.connected(till.store, site)
    assert "Nothing was fetched from this company yet" in operator.get(PAGE).text
    assert operator.post(f"{BASE}/mapping", {"mark": "x", "changes": {}}).json["code"] == "no_lists"
    loaded = operator.post(f"{BASE}/lists/reload")
    assert loaded.json["counts"]["items"] == len(qbo_shops.ITEMS)
    assert operator.get(f"{BASE}/lists/items?q=epos").json["rows"][0]["id"] == "20"
    assert operator.get(f"{BASE}/lists/secrets").status_code == 404
    changes = {
        "prefix": "TK", "tax": "inclusive",
        "tenders": {"Cash": {"code": "CA", "method": "1", "account": qbo_shops.SALES, "item": ""}},
        "shops": {"main": {"code": "LON", "department": "1", "class": ""}},
        "taxes": {"VAT20": qbo_shops.STANDARD},
        "categories": {"": {"type": "NonInventory", "income": qbo_shops.SALES, "costs": "", "stock": "", "starts": ""}},
    }  # fmt: skip
    refused = operator.post(f"{BASE}/mapping", {"mark": mark(operator), "changes": changes})
    assert refused.status_code == 422
    assert "it must be Bank / Other Current Asset" in refused.json["message"]
    changes["tenders"] = {"Cash": {"code": "CA", "method": "1", "account": qbo_shops.DRAWER, "item": ""}}
    old = mark(operator)
    assert operator.post(f"{BASE}/mapping", {"mark": old, "changes": changes}).status_code == 200
    assert operator.post(f"{BASE}/mapping", {"mark": old, "changes": changes}).json["code"] == "changed"
    shown = operator.get(PAGE).text
    assert "Everything that is mapped is there" in shown
    assert 'data-approve="MUG"' in shown
    made = operator.post(f"{BASE}/items/approve", {"codes": ["MUG"]})
    assert (made.json["approved"], made.json["created"]) == (1, 1)
    assert [one.body["Sku"] for one in site.gb.live("Item") if one.body["Name"] == "Mug"] == ["MUG"]
    assert 'data-approve="MUG"' not in operator.get(PAGE).text
    assert operator.post(f"{BASE}/items/approve", {"codes": ["MUG"]}).json["code"] == "nothing"
    assert operator.post(f"{BASE}/items/aside", {"item": "MUG"}).status_code == 404
    assert operator.post(f"{BASE}/items/started", {}).json["documents"] == 0
    ben = Console(till).sign_in("8")
    for path in ("mapping", "lists/reload", "items/approve", "items/aside", "items/started"):
        assert ben.post(f"{BASE}/{path}").status_code == 403
