"""The audit at the console: who, what, before and after, found again, exported, and its chain verified."""

from __future__ import annotations

import csv
import io

import pytest

from pos.app import App
from pos.store import audit
from tests.web.conftest import Console


@pytest.fixture
def told(till: App, operator: Console) -> App:
    audit.record(till.store, "9", "user.role", "7", {"before": "cashier", "after": "supervisor"})
    audit.record(till.store, "8", "price.override", "T1-000007", {"item": "MUG", "before": "4.99", "after": "3.00"})
    audit.record(till.store, "token:books", "outbox.retry", "T1-000007", {"reason": "=1+1, the item is made"})
    return till


def acts(page: Console, query: str) -> list[str]:
    answer = page.get(f"/api/console/audit?{query}")
    assert answer.status_code == 200, answer.text
    return [row["act"] for row in answer.json["rows"]]


def test_before_and_after_stand_side_by_side_with_who_did_it(told: App, operator: Console) -> None:
    row = operator.get("/api/console/audit?act=price.override").json["rows"][0]
    assert (row["actor"], row["actor_name"], row["subject"]) == ("8", "Ben Okafor", "T1-000007")
    assert row["changes"] == [{"before": "4.99", "after": "3.00"}]
    assert row["facts"] == [{"name": "item", "value": "MUG"}]
    page = operator.get("/console/audit?act=price.override").text
    assert "<del>4.99</del>" in page and "<ins>3.00</ins>" in page


def test_it_is_found_by_who_what_where_words_and_day(told: App, operator: Console) -> None:
    assert acts(operator, "actor=token:books") == ["outbox.retry"]
    assert acts(operator, "q=t1-000007") == ["outbox.retry", "price.override"]
    assert acts(operator, "q=item%20IS%20made") == ["outbox.retry"]
    assert set(acts(operator, "act=user&limit=500")) == {"user.role", "user.add", "user.password"}
    assert acts(operator, "act=use") == [], "a word is whole, or begins others with a point"
    assert acts(operator, "q=%25") == [], "a sign of a pattern is only a letter"
    today = operator.get("/api/console/audit?limit=1").json["rows"][0]["at"][:10]
    assert acts(operator, f"act=user.role&first={today}&last={today}") == ["user.role"]
    assert acts(operator, "last=2020-01-01") == []
    assert operator.get("/api/console/audit?first=yesterday").json["field"] == "first"


def test_pages_miss_and_repeat_nothing(told: App, operator: Console) -> None:
    seen, after = [], ""
    while True:
        page = operator.get(f"/api/console/audit?limit=4&down=0&after={after}").json
        seen += [row["n"] for row in page["rows"]]
        after = page["after"]
        if not after:
            break
    assert seen == list(range(1, told.store.execute("SELECT MAX(n) FROM audit").fetchone()[0] + 1))


def test_verified_it_says_in_words_that_it_is_whole_and_remembers_who_asked(told: App, operator: Console) -> None:
    rows = told.store.execute("SELECT COUNT(*) FROM audit").fetchone()[0]
    found = operator.post("/api/console/audit/verify").json
    assert (found["whole"], found["rows"]) == (True, rows)
    assert found["words"] == f"The chain is whole: {rows} rows, each bound to the one before it by its hash."
    assert acts(operator, "act=audit.verify&actor=6") == ["audit.verify"]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("UPDATE audit SET actor = '7' WHERE act = 'price.override'", "was changed"),
        ("DELETE FROM audit WHERE act = 'price.override'", "does not follow"),
        ("UPDATE audit SET detail = '{' WHERE act = 'price.override'", "was changed"),
    ],
)
def test_changed_behind_the_programs_back_the_break_is_named_and_the_list_still_opens(
    told: App, operator: Console, harm: str, words: str
) -> None:
    told.store.execute(harm)
    found = operator.post("/api/console/audit/verify").json
    assert not found["whole"] and words in found["words"]
    assert operator.get("/console/audit").status_code == 200


def test_the_export_holds_every_row_with_its_hash(told: App, operator: Console) -> None:
    answer = operator.get("/console/audit.csv?down=0")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row["prev_hash"] for row in rows][1:] == [row["hash"] for row in rows][:-1]
    assert rows[0]["prev_hash"] == audit.GENESIS


def test_without_the_right_nobody_reads_or_verifies_it(told: App, operator: Console) -> None:
    reader = Console(told).sign_in("8")
    assert reader.get("/console/audit").status_code == 403
    assert reader.get("/console/audit.csv").status_code == 403
    assert reader.post("/api/console/audit/verify").status_code == 403
    assert 'href="/console/audit"' not in reader.get("/console").text
    assert 'href="/console/audit"' in operator.get("/console").text
