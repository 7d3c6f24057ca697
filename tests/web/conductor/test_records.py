"""Records of QuickBooks Desktop through the whole server: pages and JSON, with exact answers."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.rules import conductor_fields
from pos.rules.merge import Conflict as Clash
from pos.store import companies, conductor_lists, record_links, records
from pos.store.conductor_lists import Entry
from pos.store.record_links import Link
from tests.web.conftest import Console, Page

API = "/api/conductor/records"
ID = "0199c3f0-0000-7000-8000-000000000001"
MUG = {
    "name": "Mug", "type": "inventory_items", "salesPrice": "4.99", "incomeAccount": {"id": "A1"},
    "cogsAccount": {"id": "A2"}, "assetAccount": {"id": "A3"},
}  # fmt: skip


def pulled(till: App, kind: str, key: str, fields: dict[str, Any], remote: str, **link: Any) -> None:
    """A record that came from there, the same on both sides but for `agreed`."""
    given = {name: value for name, value in fields.items() if conductor_fields.of(kind, fields)[name].on != "never"}
    full = {**conductor_fields.cleaned(kind, given, {}), **fields, "createdAt": "2026-11-01T10:00:00+00:00"}
    records.create(till.store, "main", kind, key, full, [], "quickbooks", clock.now(), origin="there")
    agreed = conductor_fields.view(kind, full, []) | link.pop("agreed", {})
    put = Link("main", "conductor", kind, key, remote_id=remote, sync_token="1", agreed=agreed, agreed_version=1)
    record_links.put(till.store, replace(put, **{"state": "synced", **link}))


def test_a_customer_is_made_once_changed_on_its_version_and_says_how_each_field_stands(
    till: App, operator: Console
) -> None:
    body = {"id": ID, "fields": {"name": "Ana", "phone": "2"}}
    made = operator.post(f"{API}/customers", body)
    record = made.json["record"]
    assert (made.status_code, record["version"], record["sync"]["state"]) == (201, 1, "pending")
    assert operator.post(f"{API}/customers", body).status_code == 200  # the same once more: a second click
    states = record["states"]
    assert [states[name]["state"] for name in ("name", "phone", "fax", "balance")] == ["new", "new", "none", "theirs"]
    assert not states["terms"]["readOnly"]  # until it is there
    edited = operator.post(f"{API}/customers/{ID}", method="PUT", body={"version": 1, "fields": {"fax": "3"}})
    assert edited.json["record"]["version"] == 2
    late = operator.post(f"{API}/customers/{ID}", method="PUT", body={"version": 1, "fields": {"phone": "4"}})
    assert (late.status_code, late.json["code"], late.json["version"]) == (409, "changed", 2)
    assert operator.get(f"{API}/customers/{ID}").json["record"]["fields"]["phone"] == "2"
    assert record_links.waiting(till.store, "main", "conductor", "qbd_customer", "", 9) == [ID]


def test_what_quickbooks_alone_changes_what_is_in_conflict_and_what_was_refused(till: App, operator: Console) -> None:
    pulled(till, "qbd_customer", "C1", {"name": "Ana", "phone": "2", "email": "a@b.example"}, "80-1",
           agreed={"phone": "1"})  # fmt: skip
    records.clashed(till.store, "main", "conductor", "qbd_customer", "C1",
                    [Clash("email", "a@b.example", "c@d.example", "ask")], clock.now())  # fmt: skip
    record = operator.get(f"{API}/customers/C1").json["record"]
    shown = {name: record["states"][name]["state"] for name in ("name", "phone", "email", "terms", "balance")}
    assert shown == {"name": "same", "phone": "changed", "email": "conflict", "terms": "same", "balance": "theirs"}
    assert [(one["field"], one["oursText"], one["theirsText"]) for one in record["conflicts"]] == [
        ("email", "a@b.example", "c@d.example")
    ]

    def put(**fields: Any) -> Any:
        return operator.post(f"{API}/customers/C1", method="PUT", body={"version": 1, "fields": fields}).json

    assert (put(creditLimit="9")["code"], put(creditLimit="9")["field"]) == ("invalid", "creditLimit")
    assert put(balance="9")["field"] == "balance"
    assert (put(email="e@f.example")["code"], put(name="A:B")["field"]) == ("conflict", "name")
    assert put(name="x" * 42)["field"] == "name"
    assert operator.post("/api/conductor/conflicts/1", {"choice": "theirs"}).status_code == 200
    assert operator.get(f"{API}/customers/C1").json["record"]["fields"]["email"] == "c@d.example"
    (decided,) = records.conflicts(till.store, "main", state="decided", key="C1")
    assert decided.undo == "a@b.example"  # ours is not lost
    pulled(till, "qbd_vendor", "V1", {"name": "Bo"}, "90-1", state="error", sent_version=1, message="No such terms.")
    parked = operator.get(f"{API}/vendors/V1").json["record"]
    assert (parked["sync"]["state"], parked["sync"]["message"]) == ("error", "No such terms.")
    assert operator.post(f"{API}/vendors/V1/retry", {"same": True}).json["code"] == "not_same"
    again = operator.post(f"{API}/vendors/V1/retry").json["record"]
    assert again["sync"]["state"] == "waiting"
    assert operator.post(f"{API}/vendors/V1/retry").json["code"] == "not_parked"


def test_an_order_names_records_of_ours_keeps_exact_figures_and_is_added_up(till: App, operator: Console) -> None:
    operator.post(f"{API}/customers", {"id": "C1", "fields": {"name": "Ana"}})
    assert operator.post(f"{API}/items", {"id": "MUG", "fields": MUG}).status_code == 201
    head = {"customer": "C1", "transactionDate": "2026-11-20"}
    refused = operator.post(f"{API}/sales_orders", {"fields": head, "lines": [{"item": "CUP", "quantity": "1"}]})
    assert (refused.status_code, refused.json["field"]) == (422, "lines[0].item")
    assert operator.post(f"{API}/sales_orders", {"fields": {**head, "customer": "X"},
                         "lines": [{"item": "MUG"}]}).json["field"] == "customer"  # fmt: skip
    lines = [{"item": "MUG", "quantity": "0.5", "rate": "4.99"}, {"item": "MUG", "quantity": "3", "rate": "0.335"}]
    made = operator.post(f"{API}/sales_orders", {"id": "S1", "fields": head, "lines": lines}).json["record"]
    assert [(line["quantity"], line["rate"]) for line in made["lines"]] == [("0.5", "4.99"), ("3", "0.335")]
    assert made["states"]["lines"]["state"] == "new"
    sums = operator.post("/api/conductor/sums", {"lines": made["lines"]}).json
    assert (sums["amounts"], sums["total"]) == (["2.50", "1.01"], "3.51")
    listed = operator.get(f"{API}/sales_orders?first=2026-11-20&last=2026-11-20").json["rows"]
    assert [(row["id"], row["party"], row["date"]) for row in listed] == [("S1", "Ana", "2026-11-20")]
    gone = operator.post(f"{API}/sales_orders/S1/delete", {"version": 1}).json["record"]
    assert gone["deleted"] and operator.get(f"{API}/sales_orders").json["rows"] == []
    assert [row["id"] for row in operator.get(f"{API}/sales_orders?state=deleted").json["rows"]] == ["S1"]


def test_items_stay_what_they_are_begin_with_chosen_accounts_and_names_are_taken_once(
    till: App, operator: Console
) -> None:
    conductor_lists.keep(till.store, "conductor", "account",
                         [Entry("account", "A1", "Sales", True, {"accountType": "income"})], clock.now())  # fmt: skip
    companies.keep_as(till.store, "main", "conductor", "accounts", {"income": "A1"},
                      companies.kept_as(till.store, "main", "conductor", "accounts"), "9")  # fmt: skip
    page = operator.get("/conductor/items/new?kind=service_items").text
    assert 'data-combo="account" data-id="A1"' in page and 'value="Sales"' in page
    operator.post(f"{API}/items", {"id": "MUG", "fields": MUG})
    change = {"version": 1, "fields": {"type": "service_items"}}
    assert operator.post(f"{API}/items/MUG", method="PUT", body=change).json["field"] == "type"
    taken = operator.post(f"{API}/items", {"fields": MUG})
    assert (taken.status_code, taken.json["code"], taken.json["field"]) == (409, "taken", "name")
    without = {name: value for name, value in MUG.items() if name != "cogsAccount"}
    assert operator.post(f"{API}/items", {"fields": {**without, "name": "Cup"}}).json["field"] == "cogsAccount"
    found = operator.get("/api/conductor/choices/account?q=sal").json["choices"]
    assert [(one["id"], one["name"], one["hint"]) for one in found] == [("A1", "Sales", "income")]
    (mug,) = operator.get("/api/conductor/choices/items?q=mu").json["choices"]
    assert (mug["id"], mug["salesPrice"], mug["remote"]) == ("MUG", "4.99", "")
    assert [row["id"] for row in operator.get(f"{API}/items?kind=inventory_items&state=not_there").json["rows"]] == [
        "MUG"
    ]


def test_a_list_is_found_narrowed_paged_and_saved_as_csv(till: App, operator: Console) -> None:
    for at in range(5):
        pulled(till, "qbd_customer", f"C{at}", {"name": f"Person {at}", "phone": f"555 {at}", "isActive": at != 4},
               f"80-{at}")  # fmt: skip
    operator.post(f"{API}/customers", {"id": "N1", "fields": {"name": "=new()", "email": "new@example.com"}})

    def ids(query: str) -> list[str]:
        return [row["id"] for row in operator.get(f"{API}/customers?{query}").json["rows"]]

    first = operator.get(f"{API}/customers?limit=2").json
    assert [row["id"] for row in first["rows"]] == ["N1", "C0"] and first["total"] == 6
    assert ids(f"limit=2&after={first['after']}") == ["C1", "C2"]
    for words, wanted in (("555 3", "C3"), ("PERSON 1", "C1"), ("80-2", "C2"), ("new@", "N1")):
        assert ids(f"q={words}") == [wanted]
    assert ids("q=%25") == []
    assert (ids("state=inactive"), ids("state=not_there"), ids("state=waiting")) == (["C4"], ["N1"], ["N1"])
    assert operator.get(f"{API}/customers?state=lost").status_code == 422
    rows = list(csv.DictReader(io.StringIO(operator.get("/conductor/customers.csv").text.removeprefix("\ufeff"))))
    assert [row["title"] for row in rows][:2] == ["'=new()", "Person 0"] and len(rows) == 6


def test_names_are_text_on_every_page_and_invoices_are_only_looked_at(till: App, operator: Console) -> None:
    bad = "<img src=x onerror=alert(1)>"
    pulled(till, "qbd_customer", "C1", {"name": bad, "phone": "</script><b>"}, "80-1", state="error", sent_version=1,
           message=bad)  # fmt: skip
    for path in ("/conductor/customers", "/conductor/customers/C1"):
        page = operator.get(path).text
        assert bad not in page and "</script><b>" not in page and "&lt;img src=x" in page
    data = operator.get("/conductor/customers/C1").text.split('id="record-data">')[1].split("</script>")[0]
    assert json.loads(data)["fields"]["phone"] == "</script><b>"
    row = {"id": "L1", "item": "", "description": bad, "quantity": "1", "rate": "2.00", "amount": "2.00"}
    records.create(till.store, "main", "qbd_invoice", "I1", {"refNumber": "1001", "transactionDate": "2026-11-20"},
                   [row], "quickbooks", clock.now(), origin="there")  # fmt: skip
    page = operator.get("/conductor/invoices/I1").text
    assert bad not in page and 'id="save"' not in page and "only looked at" in page
    for answer in (operator.post(f"{API}/invoices/I1", method="PUT", body={"version": 1, "fields": {"memo": "x"}}),
                   operator.post(f"{API}/invoices", {"fields": {}})):  # fmt: skip
        assert (answer.status_code, answer.json["code"]) == (409, "read_only")
    assert operator.get("/conductor/invoices/new").status_code == 404
    assert operator.get("/conductor/customers/none").status_code == 404


def test_the_history_says_who_changed_what(till: App, operator: Console) -> None:
    operator.post(f"{API}/vendors", {"id": "V1", "fields": {"name": "Bo"}})
    operator.post(f"{API}/vendors/V1", method="PUT", body={"version": 1, "fields": {"phone": "2", "fax": "3"}})
    page = operator.get("/conductor/vendors/V1").text
    assert "Olu Bright" in page and "<b>changed</b>: Telephone, Fax" in page and "<b>made</b>" in page
    detail = till.store.execute("SELECT detail FROM audit WHERE act = 'record.edit'").fetchone()[0]
    # not the values themselves: nothing of an audit can be forgotten
    assert json.loads(detail) == {"company": "main", "version": 2, "fields": ["phone", "fax"]}


@pytest.mark.parametrize("path", ["/conductor/customers", f"{API}/customers", "/api/conductor/choices/items"])
def test_a_cashier_sees_none_of_it(path: str, anna: Page) -> None:
    assert anna.get(path).status_code in (302, 401, 403)
