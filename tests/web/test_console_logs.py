"""The log at the console: what the program itself wrote, filtered, searched, paged and exported."""

from __future__ import annotations

import csv
import io
import logging
from typing import Any

import pytest

from pos import trail
from pos.app import App
from tests.web.conftest import Console, Page

log = logging.getLogger("pos.test")


@pytest.fixture
def written(till: App, operator: Console) -> App:
    with trail.following(agent="sync_out", run="7", document="T1-000007"):
        log.warning("The books said <b>no</b>")
    try:
        raise RuntimeError("a fault")
    except RuntimeError:
        log.exception("Something broke")
    return till


def rows(page: Page, query: str) -> list[dict[str, Any]]:
    answer = page.get(f"/api/console/logs?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json["rows"])


def test_the_newest_line_stands_first_with_what_the_till_was_busy_with(written: App, operator: Console) -> None:
    found = rows(operator, "level=warning")
    assert [row["message"] for row in found[:2]] == ["Something broke", "The books said <b>no</b>"]
    assert "RuntimeError: a fault" in found[0]["trace"]
    assert (found[1]["agent"], found[1]["run"], found[1]["document"]) == ("sync_out", "7", "T1-000007")
    page = operator.get("/console/logs?level=warning").text
    assert "The books said &lt;b&gt;no&lt;/b&gt;" in page and 'href="/console/trace?q=T1-000007"' in page


def test_a_sale_is_found_by_its_basket_and_its_number(till: App, operator: Console, admin: Page, basket: Any) -> None:
    given = basket()
    sold = admin.post("/api/create-sale", given).json["receipt"]
    by_basket = [row["message"] for row in rows(operator, f"document={given['id']}")]
    assert any("POST /api/create-sale 201" in message for message in by_basket)
    assert sold["number"] in operator.get(f"/console/logs?document={given['id']}").text


def test_pages_go_back_in_time_and_the_first_alone_is_live(written: App, operator: Console) -> None:
    first = operator.get("/api/console/logs?limit=1&level=warning").json
    older = operator.get(f"/api/console/logs?limit=1&level=warning&after={first['after']}").json
    assert [row["message"] for row in first["rows"] + older["rows"]] == ["Something broke", "The books said <b>no</b>"]
    assert 'id="rows" data-live' in operator.get("/console/logs?level=warning").text
    page = operator.get(f"/console/logs?level=warning&after={first['after']}").text
    assert 'id="rows" data-live' not in page and "Newest lines" in page
    assert operator.get("/api/console/logs?after=!!").json["field"] == "after"
    assert operator.get("/api/console/logs?level=loud").json["field"] == "level"


def test_the_export_holds_all_that_fits(written: App, operator: Console) -> None:
    answer = operator.get("/console/logs.csv?document=T1-000007")
    found = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [(row["level"], row["agent"], row["document"]) for row in found] == [("warning", "sync_out", "T1-000007")]


def test_without_the_right_nobody_reads_it(till: App, operator: Console) -> None:
    reader = Console(till).sign_in("8")
    for path in ("/console/logs", "/console/logs.csv", "/api/console/logs"):
        assert reader.get(path).status_code == 403
        assert operator.get(path).status_code == 200
