"""Jobs, records, conflicts and the webhook of QuickBooks Online, through the whole server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pos import clock, config
from pos.app import App
from pos.rules.merge import Conflict as Clash
from pos.store import records, sync_jobs
from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops
from tests.contract.qbo_sites import Site
from tests.web.conftest import Console, Page

BASE = "/api/integrations/quickbooks"
VERIFIER = "verifier-token-of-the-app"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with qbo_sites.running() as started:
        yield started


@pytest.fixture
def settings_of(shop: config.Config, site: Site) -> config.Config:
    given = qbo_sites.till_config(shop.root, site.url, QUICKBOOKS_WEBHOOK_TOKEN=VERIFIER).quickbooks
    return replace(shop, quickbooks=given)


def signed(page: Page, message: Any, kind: str = "application/json", key: str = VERIFIER) -> Any:
    raw = json.dumps(message).encode()
    given = base64.b64encode(hmac.new(key.encode(), raw, hashlib.sha256).digest()).decode()
    return page.client.post(f"{BASE}/webhook", data=raw, content_type=kind, headers={"intuit-signature": given})


def old(realm: str, *changes: tuple[str, str]) -> dict[str, Any]:
    entities = [{"name": name, "id": key, "operation": "Update", "lastUpdated": "x"} for name, key in changes]
    return {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": entities}}]}


def test_jobs_are_asked_for_listed_and_shown_by_who_may(
    site: Site, till: App, operator: Console, anna: Page
) -> None:  # fmt: skip
    asked = {"resources": ["invoices", "customers"]}
    assert operator.post(f"{BASE}/sync/pull", asked).json["code"] == "not_connected"
    qbo_sites.connected(till.store, site)
    assert anna.post(f"{BASE}/sync/pull", asked).status_code in (401, 403)
    answer = operator.post(f"{BASE}/sync/pull", asked)
    assert (answer.status_code, answer.json["success"], answer.json["resources"]) == (200, True, asked["resources"])
    assert operator.post(f"{BASE}/sync/push", {"resources": ["bills"]}).status_code == 422
    rows = operator.get(f"{BASE}/jobs?limit=10").json["jobs"]
    assert [(row["direction"], row["resourceType"], row["provider"]) for row in rows] == [
        ("pull", "invoices", "quickbooks"), ("pull", "customers", "quickbooks"),
    ]  # fmt: skip
    assert rows[0]["id"] == answer.json["jobs"][1]
    shown = operator.get(f"{BASE}/jobs/{rows[0]['id']}").json
    assert (shown["job"]["id"], shown["records"], shown["after"]) == (rows[0]["id"], [], "")
    assert operator.get(f"{BASE}/jobs/999").status_code == 404
    assert operator.get(f"{BASE}/jobs?status=lost").status_code == 422
    assert operator.post(f"{BASE}/jobs/{rows[0]['id']}/retry", {}).json["code"] == "nothing_failed"
    assert operator.post(f"{BASE}/jobs/trigger", {}).json["success"] is True
    assert operator.get(f"{BASE}/chart?days=7").json["days"] == []


def test_a_record_is_made_changed_on_its_version_and_a_conflict_decided(till: App, operator: Console) -> None:
    address = "/api/office/records/customer"
    made = operator.post(address, {"id": "C1", "fields": {"name": "Ana", "phone": "2"}})
    assert (made.status_code, made.json["record"]["version"]) == (201, 1)
    assert (
        operator.post(f"{address}/C1", method="PUT", body={"version": 1, "fields": {"city": "Hull"}}).json["record"][
            "version"
        ]
        == 2
    )
    late = operator.post(f"{address}/C1", method="PUT", body={"version": 1, "fields": {"city": "York"}})
    assert (late.status_code, late.json["code"], late.json["version"]) == (409, "changed", 2)
    assert operator.post("/api/office/records/invoice", {"fields": {"date": "2026-11-20", "customer": "nobody"},
                         "lines": [{"name": "x", "qty": "1", "price": "1"}]}).json["field"] == "customer"  # fmt: skip
    assert [one["id"] for one in operator.get(f"{address}?q=Ana").json["records"]] == ["C1"]
    found = [Clash("phone", "2", "3", "ask")]
    records.clashed(till.store, "main", "quickbooks", "customer", "C1", found, clock.now())
    (row,) = operator.get(f"{BASE}/conflicts").json["conflicts"]
    assert (row["field"], row["oursText"], row["theirsText"], row["title"]) == ("phone", "2", "3", "Ana")
    assert operator.post(f"{BASE}/conflicts/{row['id']}", {"choice": "both"}).status_code == 422
    decided = operator.post(f"{BASE}/conflicts/{row['id']}", {"choice": "theirs"}).json["conflict"]
    assert (decided["state"], decided["decision"]) == ("decided", "theirs")
    assert operator.get(f"{address}/C1").json["record"]["fields"]["phone"] == "3"
    assert operator.post(f"{BASE}/conflicts/{row['id']}/undo", {}).json["conflict"]["decision"] == "ours"
    table = operator.post(f"{BASE}/owners", {"owners": {"customer": {"phone": "theirs"}}}).json["owners"]
    assert (table["customer"]["phone"], table["customer"]["name"]) == ("theirs", "ask")
    assert operator.post(f"{BASE}/owners", {"owners": {"customer": {"phone": "mine"}}}).status_code == 422
    gone = operator.post(f"{address}/C1/delete", {"version": operator.get(f"{address}/C1").json["record"]["version"]})
    assert gone.json["record"]["deleted"] is True


def test_a_webhook_is_a_signed_hint_in_either_form_and_harmless_twice(site: Site, till: App) -> None:
    qbo_sites.connected(till.store, site)
    page, realm = Page(till), qbo_shops.GB
    before = sync_jobs.listed(till.store, "main")
    message = old(realm, ("Customer", "58"), ("Customer", "59"), ("Vendor", "1"), ("Customer", "'; DROP"))
    assert signed(page, message, key="another").status_code == 401
    assert page.client.post(f"{BASE}/webhook", json=message).status_code == 401
    assert sync_jobs.listed(till.store, "main") == before
    till.runner.stop()
    for _ in range(2):
        assert signed(page, message).json["queued"] == 1
    (job,) = sync_jobs.listed(till.store, "main")
    assert (job.direction, job.resource, job.chosen, job.asked_by) == ("pull", "customers", ("58", "59"), "webhook")
    event = {"specversion": "1.0", "id": "1", "source": "intuit.qbo", "type": "qbo.salesreceipt.created.v1",
             "intuitentityid": "7", "intuitaccountid": realm, "data": {}}  # fmt: skip
    kind = "application/cloudevents-batch+json"
    assert signed(page, [event], kind).json["queued"] == 1
    assert sync_jobs.listed(till.store, "main")[0].resource == "orders"
    assert signed(page, old("999", ("Customer", "58")), kind).json["queued"] == 0, "not ours"
    for odd in ([], {}, {"eventNotifications": 5}, [1], "x"):
        assert signed(page, odd).json["queued"] == 0
    assert len(sync_jobs.listed(till.store, "main")) == 2
