"""Approvals asked for on one screen and given on another: four eyes, the answerer's ceiling, once, not for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.rules import rights
from pos.store import requests
from pos.web.approvals import _ACTS
from tests.web.conftest import Page

OFF = {"kind": "percent", "value": "20", "reason": "damaged"}


@pytest.fixture
def ben(till: App) -> Page:
    """Ben, a supervisor, at a screen of his own."""
    return Page(till).sign_in("8")


def discounted(basket: Any) -> dict[str, Any]:
    whole: dict[str, Any] = basket(1, total="3.99")
    whole["lines"][0]["discount"] = OFF
    whole["payments"][0]["amount"] = "3.99"
    return whole


def asked(page: Page, body: dict[str, Any]) -> dict[str, Any]:
    """The request that follows from what the server refused."""
    refused = page.post("/api/create-sale", body).json
    assert refused["code"] == "needs_approval", refused
    ask = {key: refused[key] for key in ("act", "subject", "bound")} | {"what": "A scratched mug"}
    answer = page.post("/api/approvals/ask", ask)
    assert answer.status_code == 201, answer.json
    found: dict[str, Any] = answer.json["request"]
    return found


def test_what_waits_is_on_the_list_and_agreeing_lets_the_very_same_sale_through(
    anna: Page, ben: Page, basket: Any
) -> None:
    body = discounted(basket)
    request = asked(anna, body)
    waiting = ben.get("/api/approvals").json["waiting"]
    assert [(one["asked_by"], one["act"], one["bound_text"], one["what"]) for one in waiting] == [
        ("Anna Reyes", "discount", "20%", "A scratched mug")
    ]
    assert ben.post(f"/api/approvals/{request['id']}/answer", {"agree": True}).status_code == 200
    approval = anna.get(f"/api/approvals/ask/{request['id']}").json["request"]["approval"]
    sold = anna.post("/api/create-sale", {**body, "approvals": [approval]})
    assert sold.status_code == 201, sold.json
    number = sold.json["receipt"]["number"]
    kept = anna.get(f"/api/receipts/{number}").json["receipt"]["approved"]
    assert kept[0]["by"] == {"code": "8", "name": "Ben Okafor"}
    listed = ben.get("/api/approvals").json
    assert listed["waiting"] == []
    used = listed["given"][0]
    assert (used["by"], used["asked_by"], used["state"], used["number"]) == (
        "Ben Okafor",
        "Anna Reyes",
        "used",
        number,
    )


def test_asking_twice_is_one_request(anna: Page, ben: Page, basket: Any) -> None:
    body = discounted(basket)
    assert asked(anna, body)["id"] == asked(anna, body)["id"]
    assert len(ben.get("/api/approvals").json["waiting"]) == 1


def test_nobody_answers_their_own_request(ben: Page, basket: Any) -> None:
    body = discounted(basket)
    body["lines"][0]["discount"] = {**OFF, "value": "60"}
    request = asked(ben, {**body, "total": "2.00"})
    refused = ben.post(f"/api/approvals/{request['id']}/answer", {"agree": True})
    assert refused.status_code == 403
    assert "own act" in refused.json["message"]


def test_an_answer_reaches_no_further_than_the_answerers_ceiling(till: App, anna: Page, ben: Page, basket: Any) -> None:
    body = discounted(basket)
    body["lines"][0]["discount"] = {**OFF, "value": "60"}
    request = asked(anna, {**body, "total": "2.00"})
    refused = ben.post(f"/api/approvals/{request['id']}/answer", {"agree": True})
    assert refused.status_code == 403
    assert "up to 50 %" in refused.json["message"]
    assert requests.find(till.store, request["id"]).state == "waiting"


def test_a_no_is_told_and_is_among_what_was_refused(anna: Page, ben: Page, basket: Any) -> None:
    request = asked(anna, discounted(basket))
    ben.post(f"/api/approvals/{request['id']}/answer", {"agree": False})
    assert anna.get(f"/api/approvals/ask/{request['id']}").json["request"]["state"] == "refused"
    refused = ben.get("/api/approvals").json["refused"]
    assert [(one["by"], one["asked_by"], one["act"]) for one in refused] == [("Ben Okafor", "Anna Reyes", "discount")]
    again = ben.post(f"/api/approvals/{request['id']}/answer", {"agree": True})
    assert (again.status_code, again.json["code"]) == (409, "answered")


@pytest.mark.parametrize("way", ["given up", "too old"])
def test_a_request_that_is_over_is_not_answered_any_more(
    till: App, anna: Page, ben: Page, basket: Any, way: str
) -> None:
    request = asked(anna, discounted(basket))
    if way == "given up":
        anna.post(f"/api/approvals/ask/{request['id']}/withdraw")
    later = clock.now() + timedelta(minutes=requests.MINUTES if way == "too old" else 0, seconds=1)
    with clock.set_to(lambda: later):
        ben = Page(till).sign_in("8")  # the one from before is locked by then
        assert ben.get("/api/approvals").json["waiting"] == []
        answer = ben.post(f"/api/approvals/{request['id']}/answer", {"agree": True})
    assert answer.status_code == 409
    assert requests.find(till.store, request["id"]).approval == ""


def test_a_pin_that_may_not_agree_is_among_what_was_refused(anna: Page, ben: Page, basket: Any) -> None:
    body = discounted(basket)
    subject = anna.post("/api/create-sale", body).json["subject"]
    own = {"act": "discount", "subject": subject, "bound": "20", "code": "7", "pin": "4826"}
    assert anna.post("/api/approve", own).status_code == 403
    refused = ben.get("/api/approvals").json["refused"]
    assert [(one["by"], one["why"]) for one in refused] == [
        ("Anna Reyes", "Nobody approves their own act; somebody else must.")
    ]


def test_the_list_is_for_who_sees_the_day_and_a_request_for_who_asked(anna: Page, ben: Page, basket: Any) -> None:
    request = asked(anna, discounted(basket))
    assert anna.get("/approvals").status_code == 403
    assert anna.get("/api/approvals").status_code == 403
    assert anna.post(f"/api/approvals/{request['id']}/answer", {"agree": True}).status_code == 403
    assert ben.get("/approvals").status_code == 200
    assert ben.get(f"/api/approvals/ask/{request['id']}").status_code == 404


def test_every_act_has_its_words() -> None:
    assert set(_ACTS) == set(rights.ACTS)
