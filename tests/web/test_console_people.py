"""People and keys at the console: nobody gives or takes over more than they have; secrets are shown once."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from pos.app import App
from pos.store import passwords, people
from tests.web.conftest import PASSWORD, PINS, Console, Page


@pytest.fixture
def manager(till: App, operator: Console) -> Console:
    """Mona, a manager: she has the right `people`."""
    people.add_user(till.store, "4", "Mona Field", "manager", "4812")
    passwords.set_password(till.store, "4", PASSWORD, "test")
    return Console(till).sign_in("4")


@pytest.fixture
def owner(till: App, operator: Console) -> Console:
    return Console(till).sign_in("9")


def act(page: Console, code: str, what: str, **body: Any) -> tuple[int, str]:
    answer = page.post(f"/api/console/people/{code}/{what}", body)
    return answer.status_code, answer.json.get("code", "")


def codes(page: Page, query: str = "") -> list[str]:
    answer = page.get(f"/api/console/people?{query}")
    assert answer.status_code == 200, answer.text
    return [row["code"] for row in answer.json["rows"]]


def told(till: App, what: str) -> list[tuple[str, str, str]]:
    return list(till.store.execute("SELECT actor, subject, detail FROM audit WHERE act = ? ORDER BY n", (what,)))


def test_people_are_listed_filtered_paged_and_exported_without_a_secret(till: App, manager: Console) -> None:
    assert codes(manager) == ["7", "8", "9", "5", "4", "6"], "by name"
    assert codes(manager, "role=cashier") == ["7"]
    assert codes(manager, "q=mona") == ["4"]
    first = manager.get("/api/console/people?limit=4").json
    assert [row["code"] for row in first["rows"]] == codes(manager)[:4]
    assert codes(manager, f"limit=4&after={first['after']}") == codes(manager)[4:]
    text = manager.get("/console/people.csv").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["code"] for row in rows] == codes(manager)
    assert "argon2" not in text + manager.get("/console/people").text + manager.get("/api/console/people").text
    assert manager.get("/api/console/people?show=odd").json["field"] == "show"


def test_a_pin_made_here_is_shown_once_and_opens_the_till(till: App, manager: Console) -> None:
    answer = manager.post("/api/console/people", {"code": "31", "name": "Nia Lowe", "role": "cashier"})
    assert answer.status_code == 201
    pin = answer.json["secret"]
    assert people.check_pin(till.store, "31", pin).name == "Nia Lowe"
    assert "secret" not in manager.get("/api/console/people?q=31").json["rows"][0]
    again = manager.post("/api/console/people/31/pin", {})
    with pytest.raises(people.WrongPin):
        people.check_pin(till.store, "31", pin)
    assert people.check_pin(till.store, "31", again.json["secret"])
    assert manager.post("/api/console/people/31/pin", {"pin": "5150"}).json["secret"] == ""
    assert people.check_pin(till.store, "31", "5150")
    rows = told(till, "user.pin")
    assert rows[-1][:2] == ("4", "31") and "5150" not in str(rows)
    assert manager.post("/api/console/people", {"code": "31", "name": "X", "role": "cashier"}).status_code == 409


def test_password_and_badge_are_set_made_and_taken_away(till: App, manager: Console) -> None:
    made = manager.post("/api/console/people/8/password", {}).json["secret"]
    assert passwords.check(till.store, "8", made).code == "8"
    assert act(manager, "8", "password", password="short") == (422, "invalid")
    assert act(manager, "8", "password", none=True)[0] == 200
    assert not manager.get("/api/console/people?q=8").json["rows"][0]["password"]
    badge = manager.post("/api/console/people/7/badge", {}).json["secret"]
    assert people.check_badge(till.store, badge, PINS["7"]).code == "7"
    assert act(manager, "7", "badge", badge="COMPANY-CARD-0007")[0] == 200
    assert people.check_badge(till.store, "COMPANY-CARD-0007", PINS["7"]).code == "7"
    assert act(manager, "7", "badge", none=True)[0] == 200
    with pytest.raises(people.WrongPin):
        people.check_badge(till.store, "COMPANY-CARD-0007", PINS["7"])


def test_who_left_is_signed_out_everywhere_and_stays_in_the_list(till: App, manager: Console, anna: Page) -> None:
    assert act(manager, "7", "active", active=False)[0] == 200
    assert anna.get("/api/day").status_code == 401
    assert codes(manager, "show=off") == ["7"]
    assert act(manager, "7", "active", active=True)[0] == 200
    assert "7" in codes(manager)


def test_a_role_changes_with_before_and_after_in_the_audit(till: App, manager: Console) -> None:
    assert act(manager, "7", "role", role="supervisor")[0] == 200
    assert told(till, "user.role") == [("4", "7", '{"after": "supervisor", "before": "cashier"}')]
    assert act(manager, "7", "role", role="king") == (422, "invalid")


def test_nobody_reaches_above_themselves(till: App, manager: Console) -> None:
    above = (403, "above_yourself")
    for what, body in (("pin", {}), ("password", {}), ("badge", {}), ("active", {"active": False})):
        assert act(manager, "9", what, **body) == above, "an owner's"
        assert act(manager, "6", what, **body) == above, "an operator has rights a manager has not"
    assert act(manager, "7", "role", role="admin") == above
    answer = manager.post("/api/console/people", {"code": "32", "name": "Max", "role": "admin"})
    assert (answer.status_code, answer.json["code"]) == above
    assert 'data-path="/api/console/people/9/pin"' not in manager.get("/console/people/person?code=9").text
    assert 'data-path="/api/console/people/7/pin"' in manager.get("/console/people/person?code=7").text


def test_nobody_promotes_or_locks_out_themselves_and_an_owner_is_left(till: App, owner: Console) -> None:
    assert act(owner, "9", "role", role="cashier") == (403, "oneself")
    assert act(owner, "9", "active", active=False) == (403, "oneself")
    here = Console(till)
    here.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {till.control_key}"
    assert act(here, "9", "active", active=False) == (409, "last_owner")
    assert act(here, "9", "role", role="cashier") == (409, "last_owner")


def test_without_the_right_nothing_is_seen_or_done(till: App, operator: Console) -> None:
    for path in ("/console/people", "/console/people.csv", "/console/people/person?code=7", "/console/tokens"):
        assert operator.get(path).status_code == 403
    for path in ("/api/console/people", "/api/console/people/7/pin", "/api/console/tokens"):
        assert operator.post(path, {}).status_code == 403
    assert 'href="/console/people"' not in operator.get("/console").text


class TestKeys:
    def used(self, till: App, secret: str, path: str) -> int:
        program = Page(till)
        return program.get(path, headers={"Authorization": f"Bearer {secret}"}).status_code

    def row(self, page: Console, name: str) -> dict[str, Any]:
        rows = page.get("/api/console/tokens?show=all").json["rows"]
        return next(dict(row) for row in rows if row["name"] == name)

    def test_a_key_is_shown_once_rotated_and_withdrawn(self, till: App, owner: Console) -> None:
        answer = owner.post("/api/console/tokens", {"name": "watcher", "role": "operator"})
        first = answer.json["secret"]
        assert (answer.status_code, self.used(till, first, "/api/console/outbox")) == (201, 200)
        row = self.row(owner, "watcher")
        assert row["used_at"]
        assert first not in owner.get("/console/tokens").text
        second = owner.post(f"/api/console/tokens/{row['id']}/rotate").json["secret"]
        assert (self.used(till, first, "/api/console/outbox"), self.used(till, second, "/api/console/outbox")) == (
            401,
            200,
        )
        assert owner.post(f"/api/console/tokens/{row['id']}/revoke").json["row"]["works"] is False
        assert self.used(till, second, "/api/console/outbox") == 401
        assert owner.post(f"/api/console/tokens/{row['id']}/rotate").json["code"] == "revoked"
        assert [what for what, *_ in till.store.execute("SELECT act FROM audit WHERE act LIKE 'token%'")] == [
            "token.add",
            "token.rotate",
            "token.revoke",
        ]
        rows = list(csv.DictReader(io.StringIO(owner.get("/console/tokens.csv?show=off").text.removeprefix("\ufeff"))))
        assert [line["name"] for line in rows] == ["watcher"]

    def test_with_scopes_it_may_do_that_and_nothing_else_of_its_role(self, till: App, owner: Console) -> None:
        body = {"name": "reader", "role": "manager", "scopes": ["z_read"]}
        secret = owner.post("/api/console/tokens", body).json["secret"]
        assert self.used(till, secret, "/api/console/agents") == 200
        assert self.used(till, secret, "/api/console/people") == 403
        assert self.used(till, secret, "/api/console/logs") == 403
        assert self.row(owner, "reader")["rights"] == ["z_read"]
        assert owner.post("/api/console/tokens", {**body, "name": "b", "scopes": ["fly"]}).json["field"] == "scopes"
        assert owner.post("/api/console/tokens", {**body, "name": "c", "role": "admin"}).json["field"] == "scopes"
        assert owner.post("/api/console/tokens", {**body, "name": "d", "scopes": ["copies"]}).json["field"] == "scopes"

    def test_a_scoped_key_of_a_managers_role_makes_nobody_a_manager(self, till: App, owner: Console) -> None:
        body = {"name": "clerk", "role": "manager", "scopes": ["people"]}
        secret = owner.post("/api/console/tokens", body).json["secret"]
        clerk = Console(till)
        clerk.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        answer = clerk.post("/api/console/people", {"code": "33", "name": "Max", "role": "manager"})
        assert (answer.status_code, answer.json["code"]) == (403, "above_yourself")

    def test_a_key_in_somebodys_name_is_theirs_or_an_owners_to_make(
        self, till: App, owner: Console, manager: Console
    ) -> None:
        me = manager.get("/api/console/session").json["user"]["code"]
        body = {"name": "hers", "role": "manager", "person": "9"}
        assert manager.post("/api/console/tokens", body).json["code"] == "not_yours"
        assert manager.post("/api/console/tokens", {**body, "person": me}).status_code == 201
        assert owner.post("/api/console/tokens", {**body, "name": "his", "person": "none"}).json["field"] == "person"
        assert owner.post("/api/console/tokens", {**body, "name": "his", "role": "cashier"}).status_code == 201
        row = self.row(manager, "his")
        assert (row["person"], row["person_name"]) == ("9", "Cleo Marsh")
        assert manager.post(f"/api/console/tokens/{row['id']}/rotate").json["code"] == "not_yours"
        assert manager.post(f"/api/console/tokens/{row['id']}/revoke").json["row"]["works"] is False

    def test_a_manager_makes_no_key_that_may_do_more(self, till: App, owner: Console, manager: Console) -> None:
        owner.post("/api/console/tokens", {"name": "watcher", "role": "operator"})
        key = self.row(owner, "watcher")["id"]
        for path, body in (
            ("/api/console/tokens", {"name": "mine", "role": "admin"}),
            ("/api/console/tokens", {"name": "mine", "role": "operator"}),
            (f"/api/console/tokens/{key}/rotate", {}),
            (f"/api/console/tokens/{key}/revoke", {}),
        ):
            answer = manager.post(path, body)
            assert (answer.status_code, answer.json["code"]) == (403, "above_yourself"), path
        answer = manager.post("/api/console/tokens", {"name": "mine", "role": "operator", "scopes": ["operate"]})
        assert answer.status_code == 201
