"""Records of a CSV file on their way to QuickBooks Online: linked customers are merged and never made twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.actions import office_csv
from pos.actions.office_csv import How
from tests.contract import qbo_sites
from tests.contract.qbo_office import Office, office_at
from tests.contract.qbo_sites import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with qbo_sites.running() as started:
        yield started


@pytest.fixture
def shop(site: Site, tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path, site) as made:
        yield made


def take(shop: Office, what: str, text: str) -> list[str]:
    done = office_csv.take_in(shop.store, shop.config, "main", what, "a.csv", text.encode(), How(), "7")
    return [one.reason or one.done for one in done.found]


def test_a_linked_customer_is_the_one_there_and_its_imported_invoice_goes_to_it(shop: Office) -> None:
    shop.gb.seed("Customer", "70", DisplayName="Ann", PrimaryEmailAddr={"Address": "ann@x.example"})
    shop.gb.seed("Customer", "71", DisplayName="Wrong id")
    names = {body["DisplayName"] for body in shop.gb.documents("Customer")}
    assert take(shop, "customers", "id,name,phone,quickbooks id\nC1,Ann,12,7000\n") == ["created"]
    job = shop.job("push", "customers")
    assert shop.results(job) == [("C1", "error", "deleted_there")], "nobody there has that id: nothing is created"
    assert take(shop, "customers", "id,name,phone,quickbooks id\nC1,Ann,12,70\n") == ["linked"], "put right"
    assert shop.job("push", "customers").state == "synced"
    assert {body["DisplayName"] for body in shop.gb.documents("Customer")} == names, "and none beside it"
    assert shop.gb.body("Customer", "70")["PrimaryPhone"] == {"FreeFormNumber": "12"}
    assert shop.get("customer", "C1").fields["email"] == "ann@x.example"
    shop.add("item", "A", name="Bell", sku="BELL", price="1.20")
    assert shop.job("push", "items").state == "synced"
    head = "number,date,customer,item,qty,price,tax code"
    assert take(shop, "invoices", f"{head}\nI-1,2026-11-20,ann@x.example,A,2,1.20,V20\n") == ["created"]
    assert shop.job("push", "invoices").state == "synced"
    (there,) = (body for body in shop.gb.documents("Invoice") if body.get("DocNumber") == "I-1")
    assert (there["CustomerRef"]["value"], there["DueDate"]) == ("70", "2026-12-20")
