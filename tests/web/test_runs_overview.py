"""The overview of runs as a page and its panels, and the tools: what is drawn is in words, what is asked is noted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from pos import clock
from pos.actions import run_overview, run_tools
from pos.app import App, create_app
from pos.store import passwords, people, rights
from pos.store.models import Audit, RunArtifact, RunFigure, RunJob, RunPart
from pos.store.reach import EVERYWHERE, Reach
from pos.web import auth
from tests.contract import qbo_sites
from tests.contract.qbo_sites import Site
from tests.web.conftest import PASSWORD, Console

BASE = "/epos-qbo"
QUERY = f"{BASE}/tools/query"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with qbo_sites.running() as started:
        yield started


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[App]:
    """A company that is connected, whose last day differs in one document."""
    with pytest.MonkeyPatch.context() as patch:
        for kept in (people.PINS, passwords.PASSWORDS):
            patch.setattr(kept, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        till = create_app(qbo_sites.till_config(tmp_path_factory.mktemp("till"), site.url))
        people.add_user(till.store, "6", "Olu Bright", "operator", "9753")
        passwords.set_password(till.store, "6", PASSWORD, "test")
    qbo_sites.connected(till.store, site)
    day = run_overview.target(till.config, clock.now())
    for back, status in ((0, "MISMATCH"), (1, "MATCH")):
        _ran(f"j{back}", (day - timedelta(days=back)).isoformat(), status, hours=2 + back)
    RunFigure.create(
        artifact=RunArtifact.get(RunArtifact.status == "MISMATCH").n, kind="document", name="SR-<b>1</b>", here=5000,
        sent=5000, booked=4750, verdict="mismatch",
    )  # fmt: skip
    yield till
    till.stop()


@pytest.fixture(scope="module")
def operator(traded: App) -> Console:
    return Console(traded).sign_in("6")


def _ran(job: str, day: str, status: str, hours: int) -> None:
    at = clock.stamp(clock.now() - timedelta(hours=hours))
    about = {"company": "main", "status": "succeeded", "exit_code": "0", "started_at": at, "ended_at": at}
    RunJob.create(id=job, scope="single", day_from=day, day_to=day, created_at=at, **about)
    RunPart.create(job=job, phase="done", **about)
    RunArtifact.create(
        job=job, company="main", day=day, currency="GBP", raw_total=123450, raw_count=40, booked_total=123200,
        status=status, difference=250 if status == "MISMATCH" else 0, run_status="succeeded", processed_at=at, hash=job,
    )  # fmt: skip


def test_the_overview_says_everything_in_words(traded: App, operator: Console) -> None:
    page = operator.get(f"{BASE}/")
    text = unescape(re.sub(r"<[^>]+>", " ", page.text))
    assert page.status_code == 200 and operator.get(f"{BASE}/dashboard/").text.count("data-panel") == 8
    day = run_overview.shown_day(traded.config, clock.now())
    for words in (
        day, "Run success", "Average run time", "Sales synced", "£1,232.00", "Nothing is mapped to QuickBooks",
        "differs by £2.50: SR-<b>1</b>.", f"Run of {day}", "1 differs, by £2.50", "40 receipts from latest sync",
    ):  # fmt: skip
        assert words in text, words
    assert "<b>1</b>" not in page.text, "a document's name is text"
    log = re.search(r'id="run-events".*?</ol>', page.text, re.DOTALL)
    assert log and "j0" not in re.sub(r"<[^>]+>", " ", log[0]), "no ids among the words"
    rows = re.findall(r'<tr data-day="([\d-]+)" data-match="(-?\d+)" data-differs="(-?\d+)"', page.text)
    assert [(match, differs) for _, match, differs in rows][:3] == [("0", "123450"), ("123450", "0"), ("0", "0")]


def test_panels_keep_to_what_is_chosen(traded: App, operator: Console) -> None:
    panels = operator.get(f"{BASE}/api/overview/panels?period=90d&company=main").text
    assert panels.count("<tr data-day=") == 90 and "<html" not in panels
    assert '<option value="90d" selected>' in panels and '<option value="main" selected>' in panels
    assert operator.get(f"{BASE}/api/overview/panels?company=nobody").status_code == 404
    assert operator.get(f"{BASE}/?company=nobody").status_code == 404


def test_the_address_is_a_setting_and_nothing_names_it() -> None:
    root = Path(__file__).parents[2]
    for file in (*root.glob("static/js/runs/*.js"), *root.glob("templates/runs/*.html")):
        assert "/epos-qbo" not in re.sub(r"(//.*|/\*.*?\*/|\{#.*?#\})", "", file.read_text(encoding="utf-8")), file.name


# -- tools -------------------------------------------------------------------------------------------------------------


def _noted(since: int = 0) -> list[tuple[str, str, str]]:
    """What the audit has of the tools behind a row: who, what, the question."""
    rows = Audit.select().where((Audit.n > since) & Audit.act.in_(("company.query", "company.verify_mapping")))
    return [(row.actor, row.act, json.loads(row.detail).get("question", "")) for row in rows.order_by(Audit.n)]


def _last() -> int:
    return int(Audit.select(Audit.n).order_by(Audit.n.desc()).scalar() or 0)


def _ask(page: Console, question: str, company: str = "main") -> tuple[int, dict[str, object]]:
    answer = page.post(QUERY, {"company": company, "question": question})
    return answer.status_code, answer.json


def test_a_question_is_answered_and_noted(traded: App, operator: Console) -> None:
    assert 'id="query-question"' in operator.get(f"{BASE}/tools/").text
    before = _last()
    status, found = _ask(operator, "select Id, Name from Item maxresults 3")
    assert status == 200 and found["columns"][:2] == ["Id", "Name"] and len(found["rows"]) == 3  # type: ignore[index, arg-type]
    assert _ask(operator, "select count(*) from Item")[1]["count"] > 3  # type: ignore[operator]
    assert _noted(before) == [
        ("6", "company.query", "SELECT Id, Name FROM Item STARTPOSITION 1 MAXRESULTS 3"),
        ("6", "company.query", "SELECT COUNT(*) FROM Item"),
    ]


@pytest.mark.parametrize(
    "question",
    ["delete from Item", "select * from Item; select * from Customer", "select * from Item where Id = '1' or 1 = 1",
     "select * from Item maxresults 1001", "select * from Item where Name = 'x'" + " " * 2000, ""],
)  # fmt: skip
def test_anything_but_one_select_goes_nowhere(
    traded: App, operator: Console, question: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = _last()
    status, found = _ask(operator, question)
    assert (status, found["ok"], _noted(before)) == (422, False, [])
    assert not [line for line in caplog.messages if "/v3/company" in line], "nothing went out"


def test_asking_needs_both_rights(traded: App, operator: Console) -> None:
    before = _last()
    for right in ("operate", "can_manage_portal_settings"):
        rights.change(traded.store, {("operator", right): False}, {}, "9")
        assert _ask(operator, "select * from Item")[0] == 403
        assert 'id="query-question"' not in operator.get(f"{BASE}/tools/").text
        rights.change(traded.store, {("operator", right): True}, {}, "9")
    assert _ask(operator, "select * from Item", "nobody")[0] == 404
    assert _noted(before) == []


def test_tools_reach_no_further_than_whoever_uses_them(
    traded: App, operator: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, elsewhere = _last(), Reach(frozenset({"north"}))
    assert [one.id for one in run_tools.choices(traded.store, EVERYWHERE)] == ["main"]
    assert run_tools.choices(traded.store, elsewhere) == []
    monkeypatch.setattr(auth, "reach_of", lambda: elsewhere)
    for path, body in ((QUERY, {"question": "select * from Item"}), (f"{BASE}/tools/verify-mapping", {})):
        assert operator.post(path, {"company": "main", **body}).status_code == 404
    assert 'id="query-question"' not in operator.get(f"{BASE}/tools/").text
    assert _noted(before) == []


def test_a_question_ends_in_its_time(traded: App, operator: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tools, "QUERY_SECONDS", -1)
    status, found = _ask(operator, "select * from Item")
    assert status == 503 and "took too long" in str(found["message"])


def test_a_mapping_is_held_against_lists_loaded_anew(traded: App, operator: Console) -> None:
    before = _last()
    answer = operator.post(f"{BASE}/tools/verify-mapping", {"company": "main"})
    assert answer.status_code == 200, answer.json
    assert [(one["tone"], one["words"]) for one in answer.json["checks"]] == [("needs", ["Nothing is mapped yet."])]
    assert [row[:2] for row in _noted(before)] == [("6", "company.verify_mapping")]
