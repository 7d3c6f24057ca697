"""How a company stands with its runs: every issue in its place, the level they come to, the system's one word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pos import clock
from pos.actions import run_health
from pos.actions.run_health import Facts, Health, Limits
from pos.actions.token_health import TokenHealth
from pos.said import said
from pos.store.companies import Company
from pos.store.run_figures import Figure, Part

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
LIMITS = Limits("1.0", 48, NOW, "en_GB")
COMPANY = Company("north", "Boreal Ltd", True, "Europe/London", "GBP", "")
GOOD = Figure(
    7, "job", "north", "2026-11-20", "GBP", 10000, 40, 10000, 2, 0, "MATCH", "", 0, "succeeded",
    clock.stamp(NOW - timedelta(hours=3)), False,
)  # fmt: skip
RAN = Part("job", "north", "succeeded", "", "0", 0, "", clock.stamp(NOW), "2026-11-20", "2026-11-20")
TOKEN = TokenHealth(
    "north",
    "quickbooks-north",
    "connected",
    "healthy",
    said("Connected"),
    "",
    "",
    "",
    "99",
    "B",
    "valid",
    "",
    "",
    "",
    90,
)
FINE = Facts(COMPANY, "", TOKEN, RAN, GOOD, GOOD)
LOST = replace(TOKEN, state="refresh_expired", level="critical", why="It has run out.", guidance="Connect it.")
ENDING = replace(TOKEN, state="refresh_expiring", level="warning", why="It ends in 3 days.", guidance="Connect it.")
OLD = replace(GOOD, processed_at=clock.stamp(NOW - timedelta(hours=48, seconds=1)))


def _differs(pence: int) -> dict[str, Any]:
    figure = replace(GOOD, status="MISMATCH", difference=pence)
    return {"latest": figure, "good": figure}


@pytest.mark.parametrize(
    ("change", "kinds", "level"),
    [
        ({}, [], "healthy"),
        ({"token": None}, [], "healthy"),
        ({"missing": "No books are set up."}, ["config_missing"], "warning"),
        ({"token": LOST}, ["token_critical"], "critical"),
        ({"last": replace(RAN, status="failed", exit_code="1", words="it broke")}, ["last_run_failed"], "critical"),
        ({"last": replace(RAN, status="cancelled")}, [], "healthy"),
        ({"token": ENDING}, ["token_ends"], "warning"),
        ({"latest": replace(GOOD, failed=2)}, ["failed_uploads"], "critical"),
        (_differs(101), ["recon_difference"], "warning"),
        (_differs(-101), ["recon_difference"], "warning"),
        (_differs(100), ["recon_difference"], "healthy"),
        (_differs(0), ["recon_difference"], "warning"),
        ({"latest": replace(GOOD, status="NOT RUN", reason="the line was away")}, ["not_compared"], "warning"),
        ({"latest": replace(GOOD, status="NOT RUN", raw_count=0, raw_total=0)}, [], "healthy"),
        ({"latest": None, "good": None, "last": None}, ["no_run"], "unknown"),
        ({"latest": OLD, "good": OLD}, ["stale"], "warning"),
        ({"good": replace(GOOD, processed_at=clock.stamp(NOW - timedelta(hours=48)))}, [], "healthy"),
        ({"good": None}, ["stale"], "warning"),
        (
            {
                "missing": "Nothing is mapped.", "token": LOST, "last": replace(RAN, status="failed"),
                "latest": replace(OLD, status="MISMATCH", difference=999, failed=1), "good": OLD,
            },
            ["config_missing", "token_critical", "last_run_failed", "failed_uploads", "recon_difference", "stale"],
            "critical",
        ),
    ],
)  # fmt: skip
def test_every_issue_is_told_in_its_order(change: dict[str, Any], kinds: list[str], level: str) -> None:
    found = run_health.of_company(replace(FINE, **change), LIMITS)
    assert ([one.kind for one in found.issues], found.level) == (kinds, level)
    assert found.label == run_health.LABELS[level] and all(one.text for one in found.issues)


def test_documents_that_differ_are_named_a_few_of_them() -> None:
    facts = replace(FINE, latest=replace(GOOD, status="MISMATCH", difference=250))
    for named, words in (
        ((), "Fri 20 Nov 2026 differs by £2.50."),
        (("SR-1",), "Fri 20 Nov 2026 differs by £2.50: SR-1."),
        (tuple(f"SR-{n}" for n in range(5)), "Fri 20 Nov 2026 differs by £2.50: SR-0, SR-1, SR-2 and 2 more."),
    ):
        (issue,) = run_health.of_company(replace(facts, named={7: named}), LIMITS).issues
        assert (issue.text, issue.way) == (words, "./runs/job/")


def test_every_day_of_a_run_is_told_the_latest_first_and_many_are_counted() -> None:
    days = tuple(replace(GOOD, n=n, day=f"2026-11-{n:02}", status="MISMATCH", difference=n * 50) for n in range(1, 9))
    found = run_health.of_company(replace(FINE, latest=days[-1], days=days), LIMITS)
    assert [one.text.split(" differs")[0] for one in found.issues[:5]] == [
        "Sun 8 Nov 2026",
        "Sat 7 Nov 2026",
        "Fri 6 Nov 2026",
        "Thu 5 Nov 2026",
        "Wed 4 Nov 2026",
    ]
    assert found.issues[5].text == "And 3 more like it in this run." and found.level == "warning"


def test_the_limit_of_differences_is_money_of_each_currency() -> None:
    yen = replace(GOOD, status="MISMATCH", currency="JPY", difference=2)
    level = run_health.of_company(replace(FINE, latest=yen), replace(LIMITS, difference="1.5")).level
    assert level == "warning", "2 yen are more than 1.5, though no yen is halved"


@pytest.mark.parametrize(
    ("levels", "word"),
    [
        ([], "operational"),
        (["healthy", "healthy"], "operational"),
        (["healthy", "unknown"], "operational"),
        (["unknown", "unknown"], "warning"),
        (["healthy", "warning", "unknown"], "warning"),
        (["healthy", "warning", "critical"], "degraded"),
    ],
)
def test_the_systems_word(levels: list[str], word: str) -> None:
    found = [Health(COMPANY, level, run_health.LABELS[level]) for level in levels]
    assert run_health.label(found) == word and word in run_health.SYSTEM
