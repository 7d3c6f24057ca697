"""What a comparison of till and books asks the store, on both engines."""

from __future__ import annotations

import pytest

from pos import clock
from pos.rules.reconcile import Result, Row
from pos.store import reconciliations, scopes
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Connection
from tests.receipts import sale

pytestmark = pytest.mark.both_engines


def test_an_open_day_is_found_its_documents_counted_and_a_comparison_kept(journal: Journal, store: Store) -> None:
    Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    doc = journal.commit(sale()).doc
    day, session = doc["business_day"], doc["session"]
    assert scopes.still_open(store, "T1", day) == session
    assert scopes.still_open(store, "T1", "2001-01-01") == ""
    assert scopes.closed_since(store, "T1", "2001-01-01") == []
    assert scopes.days_since(store, "2001-01-01", "2999-01-01") == [scopes.day_of(store, day)]
    whole = scopes.session_of(store, session)
    (n,) = scopes.numbers(store, whole)
    assert [set(parts) for _, parts in scopes.page(store, "erpnext", [n])] == [{"sale"}]
    assert scopes.waiting(store, "erpnext", [n]) == 1
    assert scopes.unknown(store, [doc["id"], "other"]) == {"other"}
    for scope in (whole, scopes.day_of(store, day)):
        reconciliations.not_run(store, "erpnext", scope, clock.now(), "away", "Nobody answers.")
        result = Result("matched", 1, 1, (Row("total", "", 100, 100),), (), 0)
        assert reconciliations.keep(store, "erpnext", scope, result, "", clock.now()) == 0
        found = reconciliations.brief(store, "erpnext", scope)
        assert found is not None and (found.verdict, found.open, found.settled) == ("matched", 0, 0)
        assert reconciliations.items(store, "erpnext", scope, 10) == ([], 0)
    assert len(reconciliations.briefs(store)) == 2
