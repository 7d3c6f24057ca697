"""Tills at the console: this one's state, other machines enrolled by a code that is shown once, and withdrawn."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from pos import __version__, clock
from pos.app import App
from pos.store import passwords, people
from tests.web.conftest import PASSWORD, PINS, Console, Page

TABLET = {"REMOTE_ADDR": "192.0.2.20"}


@pytest.fixture
def manager(till: App, operator: Console) -> Console:
    people.add_user(till.store, "4", "Mona Field", "manager", "4812")
    passwords.set_password(till.store, "4", PASSWORD, "test")
    return Console(till).sign_in("4")


def rows(page: Page, show: str = "on") -> list[dict[str, Any]]:
    return list(page.get(f"/api/console/tills?show={show}").json["rows"])


def test_this_till_says_how_it_stands(till: App, operator: Console, admin: Page, basket: Any) -> None:
    sold = admin.post("/api/create-sale", basket()).json["receipt"]
    here = operator.get("/api/console/tills").json["here"]
    assert (here["id"], here["version"], here["number"]) == (till.config.till.id, __version__, sold["number"])
    assert here["free_mb"] > 0 and here["can_save"] and here["clock_behind_seconds"] == 0
    assert here["clock_text"] == "in step with its receipts"
    with clock.set_to(clock.now() - timedelta(minutes=10)):
        late = operator.get("/api/console/tills").json["here"]
    assert late["clock_behind_seconds"] in range(590, 601)
    assert "behind its own last receipt" in late["clock_text"]


def test_a_machine_is_enrolled_by_a_code_shown_once_and_withdrawn_at_once(till: App, manager: Console) -> None:
    answer = manager.post("/api/console/tills", {"name": "Tablet by the door"})
    assert (answer.status_code, answer.json["minutes"]) == (201, 15)
    assert [(row["name"], row["state"]) for row in rows(manager)] == [("Tablet by the door", "waiting")]
    assert answer.json["secret"] not in manager.get("/console/tills").text
    tablet = Page(till, **TABLET)
    tablet.session()
    assert tablet.post("/api/enrol", {"code": answer.json["secret"]}).status_code == 200
    tablet.session()
    assert tablet.post("/api/sign-in", {"code": "7", "pin": PINS["7"]}).status_code == 200
    row = rows(manager)[0]
    assert (row["state"], row["people"], row["enrolled_by"]) == ("enrolled", "7", "4")
    assert row["last_contact"]
    assert manager.post(f"/api/console/tills/{row['id']}/revoke").json["row"]["state"] == "revoked"
    assert tablet.get("/api/held").status_code == 401
    assert rows(manager) == []
    assert [one["name"] for one in rows(manager, "off")] == ["Tablet by the door"]
    manager.post(f"/api/console/tills/{row['id']}/revoke")
    acts = till.store.execute("SELECT act FROM audit WHERE act LIKE 'device.%' ORDER BY n").fetchall()
    assert [act for (act,) in acts] == ["device.add", "device.enrol", "device.revoke"]


def test_a_code_that_was_withdrawn_enrols_nobody(till: App, manager: Console) -> None:
    code = manager.post("/api/console/tills", {"name": "Lost"}).json["secret"]
    manager.post(f"/api/console/tills/{rows(manager)[0]['id']}/revoke")
    tablet = Page(till, **TABLET)
    tablet.session()
    assert tablet.post("/api/enrol", {"code": code}).status_code == 422
    assert manager.post("/api/console/tills/nobody/revoke").status_code == 404


def test_machines_are_paged_and_exported(till: App, manager: Console) -> None:
    for name in ("B", "A", "C"):
        manager.post("/api/console/tills", {"name": name})
    first = manager.get("/api/console/tills?limit=2").json
    rest = manager.get(f"/api/console/tills?limit=2&after={first['after']}").json
    assert [row["name"] for row in first["rows"] + rest["rows"]] == ["A", "B", "C"]
    text = manager.get("/console/tills.csv").text.removeprefix("\ufeff")
    assert [row["name"] for row in csv.DictReader(io.StringIO(text))] == ["A", "B", "C"]


def test_a_reader_sees_them_and_enrols_none(till: App, operator: Console) -> None:
    page = operator.get("/console/tills")
    assert page.status_code == 200 and "Make a one-time code" not in page.text
    assert operator.post("/api/console/tills", {"name": "Mine"}).status_code == 403
    assert operator.post("/api/console/tills/any/revoke").status_code == 403
    assert Console(till).sign_in("8").get("/console/tills").status_code == 403
