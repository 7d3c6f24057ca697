"""Sessions with QuickBooks Desktop for programs: started, cancelled, how they stand, history, errors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos import clock, config
from pos.app import App
from pos.store import conductor_companies, conductor_sessions
from pos.store.conductor_sessions import Failure
from tests.web.conftest import Console, Page

BASE = "/api/conductor"


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    given = replace(shop.conductor, secret_key="sk_conductor_test", end_user_id="end_usr_test",
                    url="http://127.0.0.1:9/v1")  # fmt: skip
    return replace(shop, conductor=given)


def test_a_session_is_started_looked_at_and_cancelled_by_who_may(till: App, operator: Console, anna: Page) -> None:
    conductor_companies.begin(till.store, till.config)
    assert operator.get(f"{BASE}/status").json["session"] is None
    assert anna.post(f"{BASE}/sync", {"objects": ["items"]}).status_code in (401, 403)
    assert operator.post(f"{BASE}/sync", {"objects": ["estimates"]}).status_code == 422
    begun = operator.post(f"{BASE}/sync", {"objects": ["items", "customers"]})
    assert begun.status_code == 202
    session = begun.json["session"]
    assert (session["status"], session["objects"], session["end_time"]) == ("running", ["customers", "items"], None)
    again = operator.post(f"{BASE}/sync", {"objects": ["items"]})
    assert (again.status_code, again.json["code"], again.json["by"]) == (409, "running", session["asked_by"])
    other = operator.post(f"{BASE}/sync/cancel", {"session": session["session"] + 1}).json
    assert (other["cancelled"], other["session"]["status"]) == (False, "running")
    assert operator.post(f"{BASE}/sync/cancel", {"session": session["session"]}).json["cancelled"]
    assert operator.get(f"{BASE}/status").json["session"]["status"] in ("cancelled", "running")


def test_history_leads_to_the_errors_of_each_session(till: App, operator: Console) -> None:
    """W-28: the history had no way to them."""
    conductor_companies.begin(till.store, till.config)
    now = clock.now()
    with till.store.transaction():  # so that no worker of this server takes it
        made = conductor_sessions.start(
            till.store, "main", "conductor", ["vendors"], [("vendors", "pull")], "7", now
        )  # fmt: skip
        taken = conductor_sessions.claim(till.store, "test", now)
        assert taken is not None
        step = conductor_sessions.steps(till.store, made.n)[0]
        bad = Failure("vendors", "", "80-1", "Acme", "refused", "No.", "Do it.")
        conductor_sessions.went(till.store, taken, step, {}, total=2, synced=1, failures=[bad])
        conductor_sessions.end(till.store, taken, "completed", now)
    (row,) = operator.get(f"{BASE}/history?status=with_errors").json["rows"]
    assert (row["session"], row["status"], row["total_objects"], row["errors"]) == (made.n, "completed", 2, 1)
    assert operator.get(f"{BASE}/history?status=completed").json["rows"] == []
    errors = operator.get(f"{BASE}/sessions/{made.n}/errors?type=vendors").json["rows"]
    assert [(one["object_type"], one["remote_id"], one["title"], one["message"]) for one in errors] == [
        ("vendors", "80-1", "Acme", "No."),
    ]  # fmt: skip
    assert operator.get(f"{BASE}/sessions/{made.n}").json["steps"][0]["failed"] == 1
    assert operator.get(f"{BASE}/sessions/{made.n + 1}/errors").status_code == 404
