"""A forgotten customer is out of the office's records, too, and no pull brings them back."""

from __future__ import annotations

import json

import pytest

from pos import clock
from pos.rules.merge import Conflict
from pos.store import record_blanking, record_links, records
from pos.store.db import Store
from pos.store.record_links import Link

pytestmark = pytest.mark.both_engines


def test_nothing_in_the_records_names_her_any_more(store: Store) -> None:
    now = clock.now()
    her = {"name": "Jane F", "phone": "0770", "email": "jane@x.example", "line1": "1 High Street", "active": True}
    records.create(store, "main", "customer", "JANE-7", her, [], "7", now)
    record_links.put(store, Link("main", "q", "customer", "JANE-7", "9", "0", dict(her), 1, "conflict", sent=b"Jane F"))
    records.clashed(store, "main", "q", "customer", "JANE-7", [Conflict("phone", "0770", "0771", "ask")], now)
    invoice = {"number": "I1", "customer": "JANE-7", "date": "2026-11-20"}
    records.create(store, "main", "invoice", "I1", invoice, [], "7", now)
    record_links.put(store, Link("main", "q", "invoice", "I1", "10", "0", dict(invoice), 1, "synced"))
    with store.transaction():
        record_blanking.forget(store, "JANE-7", "Walk-in")
        records.create(store, "main", "customer", "OTTO", {"name": "O"}, [], "7", now)
        record_blanking.forget(store, "OTTO", "Walk-in")
    tables = ("record", "record_link", "record_conflict", "sync_job_record")
    everything = json.dumps([store.execute(f"SELECT * FROM {table}").fetchall() for table in tables])
    assert not [word for word in ("JANE-7", "Jane", "0770", "0771", "jane@", "High Street") if word in everything]
    assert records.get(store, "main", "invoice", "I1").fields["customer"] == "Walk-in"
    link = record_links.of_remotes(store, "main", "q", "customer", ["9"])["9"]
    assert link.state == "gone"
    assert link.record_id.startswith("forgotten-")
    assert record_links.waiting(store, "main", "q", "customer", "", 9) == []
    assert record_links.waiting(store, "main", "q", "invoice", "", 9) == []


def test_a_customer_of_quickbooks_desktop_is_forgotten_too(store: Store) -> None:
    fields = {"name": "Jane Doe", "isActive": True, "billingAddress": {"line1": "1 High St"}, "customFields": [1]}
    order = {"customer": "QBD-1", "shippingAddress": {"line1": "1 High St"}, "memo": "x"}
    records.create(store, "main", "qbd_customer", "QBD-1", fields, [], "quickbooks", clock.now())
    records.create(store, "main", "qbd_sales_order", "O1", order, [], "quickbooks", clock.now())
    record_links.put(store, Link("main", "conductor", "qbd_customer", "QBD-1", "80-1", agreed=fields))
    clash = Conflict("shippingAddress", {"line1": "1 High St"}, {"line1": "Jane's new one"}, "ours", "ours")
    with store.transaction():
        records.clashed(store, "main", "conductor", "qbd_sales_order", "O1", [clash], clock.now())
        record_blanking.forget(store, "QBD-1", "Walk-in")
    tables = ("record", "record_link", "record_conflict")
    left = str([store.execute(f"SELECT * FROM {table}").fetchall() for table in tables])
    assert not [word for word in ("QBD-1", "Jane", "jane", "High St") if word in left]
    link = record_links.of_remotes(store, "main", "conductor", "qbd_customer", ["80-1"])["80-1"]
    assert (link.state, link.code) == ("gone", "forgotten"), "so that no pull brings her back"
