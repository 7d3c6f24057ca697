"""Records of QuickBooks Desktop made, changed, deleted and sent again: what each leaves behind for the next sync."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pos import clock
from pos.actions import conductor_office as office
from pos.actions import conductor_shown as shown
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import conductor_fields
from pos.rules.conductor_tables import THERE
from pos.store import companies, record_links, records
from pos.store.db import Store
from pos.store.record_links import Link

CUSTOMER, VENDOR, ITEM, ORDER = "qbd_customer", "qbd_vendor", "qbd_item", "qbd_sales_order"
HEAD = {"customer": "C1", "transactionDate": "2026-11-20"}


def make(store: Store, kind: str, key: str, fields: dict[str, Any], lines: list[dict[str, Any]] | None = None) -> None:
    office.create(store, "main", kind, {"id": key, "fields": fields, "lines": lines or []}, "7")


def link(store: Store, kind: str, key: str) -> Link:
    found = record_links.of_record(store, "main", "conductor", kind, key)
    assert found is not None
    return found


def agreed(store: Store, kind: str, key: str, **changes: Any) -> None:
    """Both sides agree on what the record says."""
    record = records.get(store, "main", kind, key)
    seen = conductor_fields.view(kind, record.fields, record.lines)
    record_links.put(
        store,
        replace(
            link(store, kind, key), remote_id=f"R-{key}", agreed=seen, agreed_version=record.version,
            **{"state": "synced", **changes},
        ),
    )  # fmt: skip


def refused(call: Any) -> Any:
    with pytest.raises((Invalid, Conflict)) as caught:
        call()
    return caught.value.code, caught.value.field


def test_what_is_written_has_a_link_that_says_something_waits(store: Store) -> None:
    make(store, CUSTOMER, "C1", {"name": "Ana"})
    assert (link(store, CUSTOMER, "C1").state, link(store, CUSTOMER, "C1").remote_id) == ("pending", "")
    agreed(store, CUSTOMER, "C1")
    office.edit(store, "main", CUSTOMER, "C1", {"version": 1, "fields": {"name": "Ana"}}, "7")
    assert link(store, CUSTOMER, "C1").state == "synced"  # the same said once more is no change
    office.edit(store, "main", CUSTOMER, "C1", {"version": 1, "fields": {"phone": "2"}}, "7")
    assert link(store, CUSTOMER, "C1").state == "pending"
    agreed(store, CUSTOMER, "C1")
    office.delete(store, "main", CUSTOMER, "C1", {"version": 2}, "7")
    assert link(store, CUSTOMER, "C1").state == "pending"
    assert record_links.waiting(store, "main", "conductor", CUSTOMER, "", 9) == ["C1"]
    assert (
        refused(lambda: office.edit(store, "main", CUSTOMER, "C1", {"version": 3, "fields": {}}, "7"))[0] == "deleted"
    )


def test_a_name_is_one_persons_and_an_items_below_its_own(store: Store) -> None:
    make(store, CUSTOMER, "C1", {"name": "Ana"})
    assert refused(lambda: make(store, VENDOR, "V1", {"name": "Ana"})) == ("taken", "name")
    make(store, VENDOR, "V1", {"name": "Bo"})
    change = {"version": 1, "fields": {"name": "Ana"}}
    assert refused(lambda: office.edit(store, "main", VENDOR, "V1", change, "7")) == ("taken", "name")
    account = {"type": "discount_items", "account": {"id": "A1"}}
    make(store, ITEM, "I1", {"name": "Summer", **account})
    make(store, ITEM, "I2", {"name": "Summer", "parent": {"id": "P1"}, **account})  # below another
    assert refused(lambda: make(store, ITEM, "I3", {"name": "Summer", **account})) == ("taken", "name")


def test_an_order_names_what_is_here_and_keeps_what_it_named(store: Store) -> None:
    make(store, CUSTOMER, "C1", {"name": "Ana"})
    make(store, ITEM, "I1", {"name": "Summer", "type": "discount_items", "account": {"id": "A1"}})
    stranger = {"item": f"{THERE}80-1", "quantity": "1"}
    assert refused(lambda: make(store, ORDER, "S1", HEAD, [stranger])) == ("invalid", "lines[0].item")
    made = office.create(
        store, "main", ORDER, {"id": "S1", "fields": HEAD, "lines": [{"item": "I1", "rate": "2"}]}, "7"
    )
    assert made[1]
    record = made[0]
    lines = [{**record.lines[0], "id": "L1", "amount": "2.00"}, {**record.lines[0], **stranger, "id": "L2"}]
    records.edit(store, "main", ORDER, "S1", 1, record.fields, lines, "quickbooks", clock.now())
    change = {"version": 2, "lines": [{"id": "L2"}, {"id": "L1", "quantity": "3"}, {"item": "I1", "rate": "9"}]}
    after = office.edit(store, "main", ORDER, "S1", change, "7").lines
    assert [(line["id"], line["item"], line["quantity"], line["rate"], line["amount"]) for line in after] == [
        ("L2", stranger["item"], "1", "2", ""), ("L1", "I1", "3", "2", ""), ("", "I1", "", "9", ""),
    ]  # fmt: skip
    number = {**HEAD, "refNumber": "R1"}
    make(store, ORDER, "S2", number, [{"item": "I1"}])
    assert refused(lambda: make(store, ORDER, "S3", number, [{"item": "I1"}])) == ("taken", "refNumber")


def test_a_field_only_quickbooks_changes_is_open_until_the_record_is_there(store: Store) -> None:
    make(store, CUSTOMER, "C1", {"name": "Ana", "creditLimit": "10"})
    agreed(store, CUSTOMER, "C1")
    change = {"version": 1, "fields": {"creditLimit": "20"}}
    assert refused(lambda: office.edit(store, "main", CUSTOMER, "C1", change, "7")) == ("invalid", "creditLimit")
    companies.keep_as(
        store, "main", "conductor", "rules", {"customers": {"winner": "latest"}},
        companies.kept_as(store, "main", "conductor", "rules"), "9",
    )  # fmt: skip
    made = office.edit(store, "main", CUSTOMER, "C1", change, "7")
    view = shown.shown(store, store.config, shown.whole(store, "main", made))
    assert (view["states"]["creditLimit"]["state"], view["states"]["creditLimit"]["owner"]) == ("changed", "latest")
    assert view["sync"]["state"] == "waiting"


def test_what_was_refused_goes_again_only_when_somebody_says_so_or_edits_it(store: Store) -> None:
    make(store, VENDOR, "V1", {"name": "Bo"})
    record_links.park(store, link(store, VENDOR, "V1"), 1, "3140", "No such terms.")
    states = shown.shown(store, store.config, shown.whole(store, "main", records.get(store, "main", VENDOR, "V1")))
    assert (states["states"]["name"]["state"], states["sync"]["message"]) == ("parked", "No such terms.")
    assert record_links.waiting(store, "main", "conductor", VENDOR, "", 9, parked=()) == []
    office.retry(store, "main", VENDOR, "V1", "7")
    assert record_links.waiting(store, "main", "conductor", VENDOR, "", 9, parked=()) == ["V1"]
    record_links.park(store, link(store, VENDOR, "V1"), 1, "3140", "No such terms.")
    edited = office.edit(store, "main", VENDOR, "V1", {"version": 1, "fields": {"phone": "2"}}, "7")
    assert shown.state_of(edited, link(store, VENDOR, "V1")) == "again"
    assert record_links.waiting(store, "main", "conductor", VENDOR, "", 9, parked=()) == ["V1"]


def test_another_companys_records_are_not_here(store: Store) -> None:
    make(store, CUSTOMER, "C1", {"name": "Ana"})
    with pytest.raises(NotFound):
        office.one(store, store.config, "north", CUSTOMER, "C1")
    assert office.choices(store, "north", "customers", "") == []
