"""Documents that come in after the Z of their own session stay there and are named once."""

from __future__ import annotations

from decimal import Decimal

from pos import config as settings
from pos.actions import reports
from pos.rules import documents
from pos.store import intake
from pos.store.rebuild import rebuild
from tests.actions.drawer import MANAGER, finish, mug, start
from tests.actions.shop import open_till


def test_a_document_that_comes_in_after_the_z_stays_in_its_session_and_the_next_report_names_it(tmp_path):
    """Complaint 7: a late sale lands in its own session, by rule."""
    config = settings.load(tmp_path, environ={})
    till = open_till(config)
    start(till)
    sales = [mug(till) for _ in range(3)]
    first = finish(till, "103.60").doc
    till.close()
    lost = config.invoices / sales[1]["business_day"] / f"{sales[1]['invoice_name']}.json"
    body = lost.read_bytes()
    lost.unlink()
    rebuild(config)  # the till's disk was replaced: one file was not on the copy
    till = open_till(config)
    try:
        assert reports.z_read(till.store, "1") == first
        start(till)
        assert reports.x_read(till, MANAGER)["z"]["late"] == []
        second = finish(till, "100.00").doc
        start(till)
        till.journal.adopt(body, "found on the old disk", "ann")
        third = reports.x_read(till, MANAGER)["z"]
        assert third["late"] == [], "its own Z counted it already"
        assert reports.recomputed(till.store, reports.z_read(till.store, "1"))
        assert second["z"]["late"] == []
    finally:
        till.close()


def test_a_document_its_z_did_not_count_is_named_once(till):
    start(till)
    mug(till)
    unseen = mug(till)
    with till.store.transaction():  # as if its file and rows had never reached this disk
        for table, key in (("line", "document"), ("tender", "document"), ("movement", "document"), ("document", "id")):
            till.store.execute(f"DELETE FROM {table} WHERE {key} = ?", (unseen["id"],))
    body = documents.encode(unseen)
    mug(till)
    with till.store.transaction():
        till.store.execute("UPDATE document SET sequence = 4, number = 'T1-000004' WHERE sequence = 3")
    first = finish(till, "102.40").doc["z"]
    assert (first["missing"], first["documents"]) == ([3], 3)
    start(till)
    till.journal.adopt(body, "found on the old disk", "ann")
    shown = reports.x_read(till, MANAGER)["z"]["late"]
    assert shown == [
        {"number": "T1-000003", "id": unseen["id"], "kind": "sale", "total": Decimal("1.20"), "session": "T1-S000001"}
    ]
    second = finish(till, "100.00").doc["z"]
    assert second["late"] == shown
    assert second["sales"]["count"] == 0, "it is in its own session"
    start(till)
    assert reports.x_read(till, MANAGER)["z"]["late"] == []
    assert intake.find(till.store, unseen["id"]).doc["session"] == "T1-S000001"


def test_a_sale_of_another_till_is_in_no_session_of_this_one(till):
    start(till)
    sold = mug(till)
    from tests import receipts

    other, body = receipts.stamped(receipts.sale(), till="T2", invoice_name="T2-000001", session="T2-S000001")
    till.journal.adopt(body, "replay", "ann")
    z = finish(till, "101.20").doc["z"]
    assert (z["documents"], z["last_number"], z["late"]) == (2, sold["invoice_name"], [])
    assert other["session"] == "T2-S000001"
