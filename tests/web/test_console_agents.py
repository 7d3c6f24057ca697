"""The agents at the console: what they did, when they come round, paused, resumed and run by a person."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.store import notices, rounds
from tests.web.conftest import Console, Page


def row_of(page: Page, agent: str) -> dict[str, Any]:
    return next(dict(row) for row in page.get("/api/console/agents").json["rows"] if row["agent"] == agent)


def ran(till: App, agent: str, outcome: str, sentence: str, failures: int = 0) -> None:
    now = clock.now()
    n = rounds.take(till.store, (agent, ""), "test", "person", now)
    assert n is not None
    said, error = (sentence, "") if outcome == "ok" else ("", sentence)
    end = rounds.End(outcome, said, error, now + timedelta(minutes=5), failures)
    rounds.finish(till.store, (agent, ""), "test", n, now, end)


def cells(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def test_each_agent_tells_its_last_round_and_its_next_and_who_fails_stands_first(till: App, operator: Console) -> None:
    ran(till, "notify", "ok", "2 messages sent.")
    ran(till, "watch", "failed", "The folder is gone.", failures=4)
    rows = operator.get("/api/console/agents").json["rows"]
    assert (rows[0]["agent"], rows[0]["state"], rows[0]["sentence"]) == ("watch", "failing", "The folder is gone.")
    told = row_of(operator, "notify")
    assert (told["sentence"], told["state"], told["outcome"]) == ("2 messages sent.", "ready", "ok")
    assert told["next_at"] > told["last_at"]
    page = operator.get("/console/agents").text
    assert "The folder is gone." in page and "Failed 4 times in a row." in page
    assert [row["agent"] for row in cells(operator.get("/console/agents.csv"))] == [row["agent"] for row in rows]


def test_paused_it_comes_round_no_more_by_itself_until_it_is_resumed(till: App, operator: Console) -> None:
    answer = operator.post("/api/console/agents/pause", {"agent": "watch", "reason": "moving the folder"})
    assert (answer.json["row"]["state"], answer.json["row"]["next_at"]) == ("paused", "")
    assert rounds.take(till.store, ("watch", ""), "test", "schedule", clock.now()) is None
    assert notices.is_open(till.store, "paused:watch:")
    assert "is paused by 6." in operator.get("/console").text, "a pause somebody forgot is seen on the overview"
    operator.post("/api/console/agents/pause", {"agent": "watch"})
    assert operator.post("/api/console/agents/resume", {"agent": "watch"}).json["row"]["state"] != "paused"
    assert not notices.is_open(till.store, "paused:watch:")
    told = till.store.execute("SELECT actor, act, detail FROM audit WHERE act LIKE 'agent.%' ORDER BY n").fetchall()
    assert [(who, act) for who, act, _ in told] == [("6", "agent.pause"), ("6", "agent.resume")], "twice is once"
    assert "moving the folder" in told[0][2] and '"after": "paused"' in told[0][2]


def test_what_is_not_there_is_named(operator: Console) -> None:
    answer = operator.post("/api/console/agents/pause", {"agent": "nobody"})
    assert (answer.status_code, answer.json["field"]) == (404, "agent")
    assert operator.get("/api/console/agents/runs?outcome=odd").json["field"] == "outcome"


def test_every_round_is_listed_filtered_paged_and_exported(till: App, operator: Console) -> None:
    for n in range(3):
        ran(till, "watch", "ok", f"Round {n}.")
    ran(till, "notify", "failed", "=HYPERLINK(1)", 1)
    seen, after = [], ""
    while True:
        page = operator.get(f"/api/console/agents/runs?agent=watch&limit=2&after={after}").json
        seen += [row["sentence"] for row in page["rows"]]
        after = page["after"]
        if not after:
            break
    assert seen == ["Round 2.", "Round 1.", "Round 0."]
    failed = operator.get("/api/console/agents/runs?outcome=failed").json["rows"]
    assert [(row["agent"], row["failed"]) for row in failed] == [("notify", True)]
    rows = cells(operator.get("/console/agents/runs.csv?agent=notify"))
    assert [row["sentence"] for row in rows] == ["'=HYPERLINK(1)"]
    assert "Round 1." in operator.get("/console/agents/runs?agent=watch").text


def test_a_reader_sees_them_and_touches_none(till: App, operator: Console) -> None:
    reader = Console(till).sign_in("8")
    page = reader.get("/console/agents")
    assert page.status_code == 200 and "data-act=" not in page.text
    assert 'data-act="pause"' in operator.get("/console/agents").text
    for act in ("run", "pause", "resume"):
        assert reader.post(f"/api/console/agents/{act}", {"agent": "watch"}).status_code == 403
    assert Console(till).get("/api/console/agents").status_code == 401


class TestAtWork:
    @pytest.fixture
    def started(self, till: App) -> Iterator[App]:
        till.runner.start()
        yield till

    def test_a_person_runs_one_now_even_a_paused_one(self, started: App, operator: Console) -> None:
        operator.post("/api/console/agents/pause", {"agent": "notify"})
        answer = operator.post("/api/console/agents/run", {"agent": "notify"})
        assert answer.status_code == 202
        end = clock.monotonic() + 60
        while clock.monotonic() < end:
            runs = operator.get("/api/console/agents/runs?agent=notify").json["rows"]
            if any(run["cause"] == "person" and run["outcome"] == "ok" for run in runs):
                return
            started.runner._stop.wait(0.05)
        pytest.fail("nobody ran it")
