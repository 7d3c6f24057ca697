"""The overview of runs: all of a day is of the canonical target trading date; the chart has one figure a company's day,
marks what did not match, and adds no two currencies up; nobody sees another company's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from pos import clock, config
from pos.actions import run_overview
from pos.actions.run_overview import Asked
from pos.errors import NotFound
from pos.store import companies, run_choices
from pos.store.db import Store, open_store
from pos.store.models import RunArtifact, RunJob, RunPart
from pos.store.reach import EVERYWHERE, Reach

#: 11 o'clock in London: past the cut-off of 5 o'clock, so Friday is over.
NOW = datetime(2026, 11, 21, 11, tzinfo=UTC)
DAY = "2026-11-20"


@pytest.fixture
def hub(shop: config.Config) -> Iterator[Store]:
    """A hub of three companies, one of them counted in yen."""
    told = replace(
        shop,
        server=replace(shop.server, role="hub"),
        shop=replace(shop.shop, timezone="Europe/London", day_starts=time(0)),
        runs=replace(shop.runs, cutoff_hour="5"),
    )
    store = open_store(told)
    with clock.set_to(NOW):
        companies.add(store, "north", "Boreal Ltd", "test")
        companies.add(store, "east", "Eos KK", "test", currency="JPY")
        yield store
    store.close()


def ran(company: str, day: str = DAY, **more: Any) -> str:
    """A run of a company for a day, as it ended."""
    at, job = more.pop("at", NOW - timedelta(hours=5)), clock.uuid7()
    about = {"company": company, "status": more.pop("run_status", "succeeded")}
    stamps = {"started_at": clock.stamp(at), "ended_at": clock.stamp(at + timedelta(seconds=more.pop("took", 60)))}
    RunJob.create(id=job, scope="single", day_from=day, day_to=day, created_at=clock.stamp(at), **about, **stamps)
    RunPart.create(job=job, phase="done", exit_code="0", **about, **stamps)
    values: dict[str, Any] = {
        "currency": "GBP", "raw_total": 10000, "raw_count": 40, "booked_total": 10000, "booked_count": 2,
        "status": "MATCH", "run_status": about["status"], "processed_at": clock.stamp(at), "hash": job, **more,
    }  # fmt: skip
    RunArtifact.create(job=job, company=company, day=day, **values)
    return job


def shown(store: Store, company: str = "", period: str = "7d", reach: Reach = EVERYWHERE) -> dict[str, Any]:
    return run_overview.overview(store, store.config, Asked(company, period), reach)


def kpis(store: Store) -> dict[str, Any]:
    return {one["key"]: one for one in shown(store)["kpis"]}


@pytest.mark.parametrize(
    ("now", "zone", "day"),
    [
        ("2026-11-21T04:59:59Z", "Europe/London", date(2026, 11, 19)),  # before the cut-off: the day before yesterday
        ("2026-11-21T05:00:00Z", "Europe/London", date(2026, 11, 20)),
        ("2026-11-21T03:59:59Z", "Africa/Lagos", date(2026, 11, 19)),  # of the zone that is set, not the shop's
        ("2026-11-21T04:00:00Z", "Africa/Lagos", date(2026, 11, 20)),
        ("2026-10-25T04:59:59Z", "Europe/London", date(2026, 10, 23)),  # the clocks went back at 2
        ("2026-10-25T05:00:00Z", "Europe/London", date(2026, 10, 24)),
        ("2026-03-29T03:59:59Z", "Europe/London", date(2026, 3, 27)),  # and on at 1: 4:59:59 by the wall
        ("2026-03-29T04:00:00Z", "Europe/London", date(2026, 3, 28)),
    ],
)
def test_the_target_trading_date(shop: config.Config, now: str, zone: str, day: date) -> None:
    told = replace(shop, runs=replace(shop.runs, business_timezone=zone, cutoff_hour="5"))
    assert run_overview.target(told, clock.parse(now)) == day


def test_figures_of_the_day_are_of_the_target_date_alone(hub: Store) -> None:
    ran("main", took=60)
    ran("north", took=120, run_status="failed", status="NOT RUN", booked_total=0, booked_count=0)
    ran("east", took=30, currency="JPY", booked_total=5000)
    ran("main", "2026-11-19", booked_total=77, took=999)
    ran("main", "2026-11-21", booked_total=77, took=999)
    found = kpis(hub)
    assert found["success"]["figures"] == ["66%"] and found["success"]["note"] == "2 of 3 companies"
    assert (found["runtime"]["figures"], found["runtime"]["note"]) == (["1:10"], "3 runs")
    assert found["synced"]["figures"] == ["£100.00", "JP¥5,000"], "no two currencies are added up"
    assert shown(hub)["target"] == DAY
    with clock.set_to(NOW.replace(hour=4)):
        early = shown(hub)
    assert early["target"] == "2026-11-19" and early["kpis"][2]["figures"] == ["£0.77"]


def test_a_company_that_failed_and_then_ran_well_did_well(hub: Store) -> None:
    ran("main", run_status="failed", at=NOW - timedelta(hours=6))
    ran("main", at=NOW - timedelta(hours=5))
    assert kpis(hub)["success"]["figures"] == ["100%"]
    assert shown(hub)["reliability"][0]["failed"] == 1, "how reliable runs are counts each"


def bars(store: Store, currency: str = "GBP", **more: Any) -> dict[str, Any]:
    pictures = {one["currency"]: one["bars"] for one in shown(store, **more)["chart"]["pictures"]}
    return {bar["day"]: bar for bar in pictures[currency]}


def test_the_chart_takes_the_latest_of_a_companys_day(hub: Store) -> None:
    ran("main", status="MISMATCH", difference=200, raw_total=9800, at=NOW - timedelta(hours=9))
    ran("main", at=NOW - timedelta(hours=2))
    ran("main", status="", raw_total=1, at=NOW - timedelta(minutes=1))  # under way: takes nothing from the one before
    ran("main", status="MISMATCH", difference=7, raw_total=5, at=NOW - timedelta(hours=8))
    found = bars(hub)[DAY]
    assert (found["match"], found["differs"], found["marked"]) == (10000, 0, False)


def test_a_run_that_could_not_compare_a_day_leaves_what_was_found_before(hub: Store) -> None:
    ran("main", status="MISMATCH", difference=-250, at=NOW - timedelta(hours=5))
    ran("main", status="NOT RUN", reason="The run was cancelled before.", at=NOW - timedelta(hours=2))
    assert bars(hub)[DAY]["words"] == ["1 differs, by £2.50"]
    ran("main", at=NOW - timedelta(hours=1))
    ran("main", status="NOT RUN", reason="The line was away.", at=NOW - timedelta(minutes=5))
    assert (bars(hub)[DAY]["match"], bars(hub)[DAY]["marked"]) == (10000, False)


def test_days_that_did_not_match_are_shown_and_marked(hub: Store) -> None:
    ran("main", "2026-11-18", status="MISMATCH", difference=-250)
    ran("main", "2026-11-19", status="NOT RUN", reason="the line was away")
    ran("main", "2026-11-17", status="NOT RUN", raw_total=0, raw_count=0)
    ran("main", "2026-11-15")
    found = bars(hub)
    assert (found["2026-11-18"]["differs"], found["2026-11-18"]["match"]) == (10000, 0)
    assert found["2026-11-18"]["words"] == ["1 differs, by £2.50"] and found["2026-11-18"]["is_differing"]
    assert found["2026-11-19"]["idle"] == 10000 and found["2026-11-19"]["words"] == ["1 not compared"]
    assert found["2026-11-17"]["words"] == ["Closed"] and not found["2026-11-17"]["marked"], "nothing was sold"
    assert found["2026-11-16"]["words"] == ["1 without a run"] and found["2026-11-16"]["marked"]
    assert found["2026-11-14"]["words"] == ["No run"] and not found["2026-11-14"]["marked"], "before its first run"


def test_windows_end_at_the_target_date_and_currencies_stay_apart(hub: Store) -> None:
    ran("main")
    ran("north", raw_total=500)
    ran("east", currency="JPY", raw_total=9000)
    for period, days in run_overview.PERIODS.items():
        chart = shown(hub, period=period)["chart"]
        assert [len(one["bars"]) for one in chart["pictures"]] == [days, days]
        assert {one["bars"][-1]["day"] for one in chart["pictures"]} == {DAY}
    assert (bars(hub)[DAY]["match"], bars(hub, "JPY")[DAY]["match"]) == (10500, 9000)
    assert bars(hub, company="north")[DAY]["match"] == 500
    assert [one["currency"] for one in shown(hub, company="east")["chart"]["pictures"]] == ["JPY"]


def test_the_live_log_has_ten_runs_by_when_they_were_asked_for(hub: Store) -> None:
    jobs = [ran("north", f"2026-11-{n:02}", at=NOW - timedelta(hours=30 - n)) for n in range(1, 13)]
    late = ran("main", "2026-10-01", at=NOW - timedelta(days=9))
    found = shown(hub)["events"]
    assert [one["job"] for one in found] == jobs[:1:-1] and late not in jobs
    assert (found[0]["company"], found[0]["run"]) == ("Boreal Ltd", "Run of Thu 12 Nov 2026")
    assert not any(one["job"] in f"{one['company']} {one['run']} {one['status_text']}" for one in found)


def test_a_run_of_several_is_told_as_far_as_somebody_may_see_it(hub: Store) -> None:
    job = ran("main")
    RunPart.create(job=job, company="north", status="failed", phase="upload", place=1, started_at="", ended_at="")
    RunJob.update(scope="all", company="", status="failed").where(RunJob.id == job).execute()
    whole, mine = shown(hub)["events"][0], shown(hub, reach=Reach(frozenset({"main"})))["events"][0]
    assert (whole["company"], whole["status"]) == ("2 companies", "failed")
    assert mine["status"] == "succeeded" and "2" not in mine["company"]


def test_companies_stand_worst_first_then_by_name(hub: Store) -> None:
    ran("north", run_status="failed", status="NOT RUN", reason="the line was away")
    ran("main", "2026-11-20", status="MISMATCH", difference=900)
    found = [(one["id"], one["level"], [issue["kind"] for issue in one["issues"]]) for one in shown(hub)["companies"]]
    assert found == [
        ("north", "critical", ["config_missing", "last_run_failed", "not_compared", "stale"]),
        ("east", "warning", ["config_missing", "no_run"]),
        ("main", "warning", ["config_missing", "recon_difference"]),
    ]
    assert shown(hub)["system"]["key"] == "degraded"


def test_nobody_sees_another_companys(hub: Store) -> None:
    for company in ("main", "north", "east"):
        ran(company, currency="JPY" if company == "east" else "GBP", raw_total=31337 if company == "north" else 1)
    mine = Reach(frozenset({"main"}))
    found = str(shown(hub, reach=mine))
    assert "Boreal" not in found and "Eos" not in found and "31337" not in found and "JPY" not in found
    with pytest.raises(NotFound):
        run_overview.asked(hub, "9", mine, "north", None)
    one_shop = Reach(frozenset({"north"}), frozenset({"elsewhere"}))
    assert shown(hub, reach=one_shop)["companies"] == [], "a run is of all shops of a company"


def test_what_somebody_chose_is_shown_first(hub: Store) -> None:
    assert run_overview.asked(hub, "9", EVERYWHERE, None, None) == Asked("", "7d")
    run_choices.choose(hub, {"company": "north", "period": "90d"}, "9", who="9")
    assert run_overview.asked(hub, "9", EVERYWHERE, None, None) == Asked("north", "90d")
    assert run_overview.asked(hub, "9", EVERYWHERE, "", "30d") == Asked("", "30d"), "what is asked for counts more"
    assert run_overview.asked(hub, "9", Reach(frozenset({"main"})), None, "odd") == Asked("", "90d")
