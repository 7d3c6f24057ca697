"""Two companies post from one hub at once, the first to ERPNext, the other to QuickBooks: each to its own alone."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pos.actions import qbo_mapping
from pos.store import companies
from pos.store.db import open_store
from tests.contract import hubs, qbo_books, qbo_sites, sites
from tests.contract.emulators.erpnext import Emulator
from tests.contract.emulators.erpnext_faults import Faults as ErpnextFaults
from tests.contract.emulators.qbo_faults import Faults as QuickbooksFaults
from tests.contract.hubs import Hub
from tests.contract.qbo_sites import Site
from tests.till_process import Till as Process

NORTH = "quickbooks-north"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Emulator, Site]]:
    with Emulator(sites.basket_site()) as erpnext, qbo_sites.running() as site:
        root = tmp_path_factory.mktemp("hub")
        hub = Hub(root, erpnext)
        hub.env |= qbo_sites.environ(
            site.url, TILLKEEP_QUICKBOOKS_GRAIN="receipt", TILLKEEP_QUICKBOOKS_SETTLE_MINUTES="0",
            TILLKEEP_QUICKBOOKS_PROBE_SECONDS="1",
        )  # fmt: skip
        hub.process = Process(root, env=hub.env)
        store = open_store(hub.config)
        companies.add(store, "north", "North Ltd", "test")
        qbo_sites.connected(store, site, company="north")
        qbo_mapping.write(store, "north", _mapping(), qbo_mapping.read(store, "north"), "test")
        store.close()
        hub.start()
        try:
            yield hub, erpnext, site
        finally:
            hub.process.stop()


def _mapping() -> dict[str, Any]:
    made = copy.deepcopy(qbo_books.MAPPING)
    made |= {"shops": {"north": made["shops"]["main"]}, "items": {"STD": "12"}}
    made["taxes"] = {sites.STANDARD: made["taxes"]["V20"]}
    return made


@contextmanager
def till(root: Path, hub: Hub, name: str, company: str) -> Iterator[hubs.Upper]:
    with hubs.till(root, name) as found:
        place = {"name": f"Till {name}", "company": company}
        found.join(hub.url, str(hub.ask("POST", "/api/console/hub/tills", place)["secret"]))
        yield found


def sold(till: hubs.Upper, count: int = 1) -> list[dict[str, Any]]:
    docs = till.sell(count)
    till.send()
    assert set(till.states()) == {"booked"}
    return docs


def booked(hub: Hub, connection: str) -> set[str]:
    """Receipts that are in a company's books, by what the hub says."""
    asked = "SELECT document FROM outbox WHERE connection = ? AND state = 'booked' AND part <> 'book'"
    return {document for (document,) in hub.rows(asked, connection)}


def in_erpnext(erpnext: Emulator) -> list[str]:
    return sorted(str(one["pos_receipt_id"]) for one in erpnext.site.docs["Sales Invoice"].values())


def in_quickbooks(site: Site) -> list[str]:
    return sorted(str(one["DocNumber"]) for one in site.gb.documents())


def test_two_companies_post_from_one_hub_each_to_its_own_books_and_one_that_is_down_holds_not_the_other(
    two: tuple[Hub, Emulator, Site], tmp_path: Path
) -> None:
    hub, erpnext, site = two
    assert hub.rows("SELECT id, company FROM connection WHERE enabled = 1 ORDER BY id") == [
        ("erpnext", "main"), (NORTH, "north"),
    ], "the first company never signed in to QuickBooks, so nothing of it waits for that"  # fmt: skip
    ours, theirs = list[dict[str, Any]](), list[dict[str, Any]]()
    with till(tmp_path / "m", hub, "M1", "main") as here:
        ours += sold(here, 2)
    with till(tmp_path / "n", hub, "N1", "north") as there:
        theirs += sold(there, 2)
    wanted = {"erpnext": ours, NORTH: theirs}
    both = lambda: all(booked(hub, line) == {d["id"] for d in docs} for line, docs in wanted.items())  # noqa: E731
    hubs.until(both, "both are in their books")

    erpnext.faults = ErpnextFaults(rates={"reset_before": 1.0})
    with hubs.joined(tmp_path / "m", "M1", hub.url) as here:
        ours += sold(here)
    with hubs.joined(tmp_path / "n", "N1", hub.url) as there:
        theirs += sold(there)
    hubs.until(lambda: len(booked(hub, NORTH)) == 3, "the books of the other are there")
    assert len(booked(hub, "erpnext")) == 2
    erpnext.faults, site.emulator.faults = ErpnextFaults(), QuickbooksFaults(rates={"reset_before": 1.0})
    with hubs.joined(tmp_path / "n", "N1", hub.url) as there:
        theirs += sold(there)
    with hubs.joined(tmp_path / "m", "M1", hub.url) as here:
        ours += sold(here)
    hubs.until(lambda: len(booked(hub, "erpnext")) == 4, "and the other way round")
    assert len(booked(hub, NORTH)) == 3
    site.emulator.faults = QuickbooksFaults()
    hubs.until(both, "whoever was away is caught up with")

    assert in_erpnext(erpnext) == sorted(doc["id"] for doc in ours), "each once, and none of the other company"
    assert in_quickbooks(site) == sorted(doc["invoice_name"] for doc in theirs)
    leases = {name for (name,) in hub.rows("SELECT name FROM lease WHERE name LIKE 'post:%'")}
    assert leases == {"post:erpnext", f"post:{NORTH}"}


def test_the_console_leads_to_the_books_of_either_company_and_says_whose_they_are(
    two: tuple[Hub, Emulator, Site], tmp_path: Path
) -> None:
    hub, erpnext, _ = two
    with till(tmp_path, hub, "N2", "north") as there:
        doc = sold(there)[0]
    hubs.until(lambda: doc["id"] in booked(hub, NORTH), "it is booked")
    told = hub.ask("GET", f"/api/console/trace?q={doc['invoice_name']}")
    assert [one["what"] for one in told["places"] if one["name"]] == ["QuickBooks Online, North Ltd"]
    assert "/app/salesreceipt?txnId=" in next(one["page"] for one in told["places"] if one["name"])
    assert [row["equal"] for row in told["compared"]["rows"]] == [True, True]
    rows = hub.ask("GET", f"/api/console/outbox?show=all&connection={NORTH}")["rows"]
    assert {row["connection_title"] for row in rows} == {"QuickBooks Online, North Ltd"}
    assert any(row["remote_page"] for row in rows)
    row = hub.ask("GET", "/api/console/companies/north")["row"]
    assert [(one["id"], one["tone"], one["waiting"]) for one in row["connections"]] == [(NORTH, "saved", 0)]
    path = "/api/console/companies/{}/connections/{}/test"
    assert hub.ask("POST", path.format("north", NORTH), {})["there"] is True
    assert hub.ask("POST", path.format("main", "erpnext"), {})["there"] is True
    erpnext.faults = ErpnextFaults(rates={"reset_before": 1.0})
    answer = hub.ask("POST", path.format("main", "erpnext"), {})
    assert answer["there"] is False and answer["words"]
    erpnext.faults = ErpnextFaults()
    assert hub.ask("POST", path.format("north", NORTH), {})["there"] is True
