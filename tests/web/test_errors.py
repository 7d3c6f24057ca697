"""Errors on their way out: one shape, plain words, and nothing of the inside."""

from __future__ import annotations

import logging

import pytest

from pos.app import App
from pos.errors import Conflict, Corrupt, NeedsApproval
from pos.web import auth
from tests.web.conftest import Page


@pytest.fixture
def broken(till: App) -> Page:
    """A till with routes that fail in every way."""

    def bug() -> str:
        secret = "hunter2"
        raise RuntimeError(f"inside: {secret} /home/till")

    def conflict() -> str:
        raise Conflict("Two things at one place.", code="there", field="id", facts={"number": "T1-000001"})

    def approval() -> str:
        raise NeedsApproval("A supervisor must agree.", act="price_override", field="lines.a")

    def corrupt() -> str:
        raise Corrupt("It is not what was written.")

    for view in (bug, conflict, approval, corrupt):
        till.flask.add_url_rule(f"/api/{view.__name__}", view.__name__, auth.open_to_all(view))
        till.flask.add_url_rule(f"/{view.__name__}", f"page_{view.__name__}", view)
    return Page(till)


def test_what_nobody_expected_is_logged_under_the_id_the_person_is_shown(
    broken: Page, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = broken.get("/api/bug")
    assert answer.status_code == 500
    told = answer.json
    assert (told["ok"], told["code"], told["field"]) == (False, "unexpected", None)
    assert told["error_id"] in told["message"]
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    (record,) = [r for r in caplog.records if told["error_id"] in r.getMessage()]
    assert record.exc_info is not None
    assert "hunter2" in str(record.exc_info[1])


def test_the_page_for_a_bug_shows_words_and_the_id_and_no_trace(broken: Page) -> None:
    answer = broken.get("/bug")
    assert answer.status_code == 500
    assert answer.mimetype == "text/html"
    assert "report the error" in answer.text
    for inside in ("hunter2", "Traceback", "RuntimeError", "/home/till", ".py"):
        assert inside not in answer.text


def test_an_error_on_purpose_keeps_its_status_code_field_and_facts(broken: Page) -> None:
    there = broken.get("/api/conflict")
    assert there.status_code == 409
    assert there.json == {
        "ok": False,
        "code": "there",
        "message": "Two things at one place.",
        "field": "id",
        "number": "T1-000001",
    }
    asked = broken.get("/api/approval")
    assert (asked.status_code, asked.json["code"], asked.json["act"]) == (403, "needs_approval", "price_override")
    assert (broken.get("/api/corrupt").status_code, broken.get("/api/corrupt").json["code"]) == (500, "corrupt")


def test_unknown_addresses_and_methods_are_said_in_the_right_shape(anna: Page) -> None:
    assert anna.get("/api/nothing").json["code"] == "not_found"
    assert anna.get("/nothing").mimetype == "text/html"
    wrong = anna.get("/api/create-sale")
    assert (wrong.status_code, wrong.json["code"]) == (405, "method")
    assert "POST" in wrong.headers["Allow"]
    assert anna.post("/api/status").status_code == 405
