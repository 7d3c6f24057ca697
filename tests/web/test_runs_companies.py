"""Companies and settings on the screens of runs: found, set up, changed, written to a file, each with its right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos import clock, config
from pos.actions import run_settings
from pos.app import App
from pos.store import companies, passwords, people, reach, rights, run_choices
from pos.store.companies import Place
from pos.store.models import RunArtifact
from tests.web.conftest import PASSWORD, Console
from tests.web.two_companies import Hub, a_hub

NEW = {
    "company_key": "south", "display_name": "South Ltd", "time_zone": "Africa/Lagos", "currency": "NGN",
    "books": "quickbooks", "source": "csv", "tax_mode": "inclusive", "receipt_prefix": "SO", "realm_id": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with a_hub(tmp_path_factory.mktemp("companies")) as hub:
        yield hub


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    """A till alone."""
    return shop


def listed(page: Console, query: str = "") -> list[str]:
    """Keys of the companies on the list, in order."""
    text = page.get(f"/epos-qbo/api/companies/panels?{query}").text
    return [part.partition('"')[0] for part in text.split('data-company="')[1:]]


def came_to(
    company: str, day: str, count: int, run_status: str = "succeeded", status: str = "MATCH", **more: object
) -> None:
    RunArtifact.create(
        job=f"{company} {day}", company=company, day=day, currency="GBP", raw_count=count, status=status,
        run_status=run_status, processed_at=clock.stamp(clock.now()), hash=f"{day} {count}", **more,
    )  # fmt: skip


def test_a_company_that_was_set_up_here_shows_its_first_good_run(two: Hub) -> None:
    """The program before looked for files by a name it had not given them: a new company had never synced, for ever."""
    page = two.whole
    bad = page.post("/epos-qbo/companies/new", NEW | {"currency": "naira", "time_zone": "Lagos", "company_key": "new"})
    assert bad.status_code == 422
    assert {fault["field"] for fault in bad.json["faults"]} == {"currency", "time_zone", "company_key"}
    made = page.post("/epos-qbo/companies/new", NEW)
    assert (made.status_code, made.json["next"]) == (201, "/settings/integrations?company=south")
    assert page.get(made.json["next"]).status_code == 200, "there it is connected"
    assert page.get("/settings/integrations/mapping?company=south").status_code == 200
    assert "No sync yet" in page.get("/epos-qbo/companies/south/").text
    came_to("south", "2026-11-19", 3, run_status="failed")
    assert "south" in listed(page, "show=never"), "a run that failed is no sync"
    came_to("south", "2026-11-20", 7)
    for text in (page.get("/epos-qbo/companies/south/").text, page.get("/epos-qbo/companies/?q=south").text):
        assert "7 receipts from latest sync (Fri 20 Nov 2026)" in text
    assert "south" not in listed(page, "show=never")
    assert page.post("/epos-qbo/companies/new", NEW).status_code == 422, "once"
    came_to("south", "2026-11-21", 2, source="csv", raw_rows=16)  # an export numbers no receipts
    for path in ("companies/south/", "companies/?q=south", "?company=south"):
        assert "16 rows from latest sync (Sat 21 Nov 2026)" in page.get(f"/epos-qbo/{path}").text, path
    assert "<bdi>16 rows</bdi>" in page.get("/epos-qbo/companies/south/").text


def test_the_list_is_searched_filtered_and_sorted_by_the_server(two: Hub) -> None:
    page = two.whole
    page.post("/epos-qbo/companies/new", NEW | {"company_key": "east", "display_name": "An East Ltd", "books": ""})
    page.post("/epos-qbo/companies/new", NEW | {"company_key": "west", "display_name": "West Ltd", "books": ""})
    page.post("/epos-qbo/companies/west/toggle-active/", {})
    came_to("east", "2026-11-20", 1)
    assert listed(page)[0] == "east" and listed(page, "down=1")[-1] == "east"
    assert listed(page, "q=an+EAST") == listed(page, "q=eas") == ["east"], "name and key"
    assert listed(page, "show=inactive") == ["west"] and "west" not in listed(page, "show=active")
    attention = listed(page, "show=attention")
    assert "main" in attention and "north" in attention, "their last runs failed"
    assert "west" not in attention
    assert set(listed(page, "sort=health")[:2]) == {"main", "north"}
    assert listed(page, "sort=sync")[0] == "east" and listed(page, "sort=sync&show=never")[-1] != "east"
    text = page.get("/epos-qbo/companies/?show=active&q=ltd&sort=health&down=1").text
    for kept in ("show=inactive", "q=ltd", "sort=health", "down=1"):
        assert kept in text, "ways to other filters keep the rest"
    for wrong in ("show=odd", "sort=odd"):
        assert page.get(f"/epos-qbo/companies/?{wrong}").status_code == 422


def test_advanced_settings_are_changed_and_say_what_is_wrong_with_each(two: Hub) -> None:
    page, way = two.whole, "/epos-qbo/companies/north/advanced"
    text = page.get(way).text
    mark = text.split('data-mark="')[1].partition('"')[0]
    wanted = {
        "trading_day_enabled": True,
        "trading_day_start_hour": 5,
        "csv.date_format": "%d/%m/%Y",
        "notify.start": True,
    }
    changed = page.post(way, wanted | {"mark": mark}).json["changed"]
    assert set(changed) == {"trading_day_enabled", "csv.date_format", "notify.start"}, "5 o'clock is what it offered"
    found = run_settings.of(two.app.store, "north")
    assert (found.trading_day, found.cutoff, found.csv.date_format, found.notify.start) == (
        True,
        "05:00",
        "%d/%m/%Y",
        True,
    )
    assert page.post(way, {"tolerance": "1", "mark": mark}).status_code == 409, "somebody changed it meanwhile"
    bad = page.post(way, {"tolerance": "-1", "bank.minutes": "soon", "keep.log_days": -1})
    assert {one["field"] for one in bad.json["faults"]} == {"tolerance", "bank.minutes", "keep.log_days"}
    assert page.post(way, {"mapping": {}}).status_code == 422, "it has a page of its own"
    assert "Trading day" in page.get("/epos-qbo/companies/north/").text, "what was changed stands on its page"
    assert page.post("/epos-qbo/companies/main/toggle-active/", {"active": False}).status_code == 422
    assert companies.one(two.app.store, "main").active


def test_the_set_up_is_written_to_a_file_that_is_a_backup(two: Hub) -> None:
    answer = two.whole.post("/epos-qbo/companies/north/sync-json", {}).json
    assert answer["file"] == "data/companies/north.json" and "backup" in answer["message"]
    written = json.loads(Path(two.app.config.data / "companies/north.json").read_text(encoding="utf-8"))
    assert written["display_name"] == "Boreal Ltd"
    assert two.whole.get("/epos-qbo/companies/north/export.json").json == written


def test_whose_rights_are_kept_to_a_company_adds_none_and_changes_no_defaults(two: Hub) -> None:
    page = two.pages[1]
    assert "by who sees all" in page.get("/epos-qbo/companies/new").text
    assert page.post("/epos-qbo/companies/new", NEW | {"company_key": "own"}).status_code == 403
    assert page.post("/epos-qbo/settings/", {"default_parallel": 9}).status_code == 403
    text = page.get("/epos-qbo/settings/").text
    assert (
        "Boreal Ltd" in text
        and "South Ltd" not in text
        and two.app.config.shop.name not in text.split("What you see")[1]
    )
    assert page.post("/epos-qbo/settings/own", {"company": "main"}).status_code == 422
    assert page.post("/epos-qbo/settings/own", {"company": "north", "period": "30d"}).status_code == 200
    own = run_choices.of_person(two.app.store, two.sides[1].ids["reader"])
    assert own == run_choices.Own("north", "30d")
    assert run_choices.of_person(two.app.store, two.sides[0].ids["reader"]) == run_choices.Own()


def test_defaults_say_where_they_come_from(two: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    page = two.whole
    monkeypatch.setenv("OIAT_DASHBOARD_STALE_HOURS_WARNING", "48")
    ini = two.app.config.root / "config.ini"
    before = ini.read_text(encoding="utf-8") if ini.exists() else ""
    ini.write_text(f"{before}\n[runs]\ndefault_stagger_seconds = 2\n", encoding="utf-8")
    bad = page.post("/epos-qbo/settings/", {"default_parallel": 0, "recon_diff_warning": "much", "prefix": "/x"})
    assert {one["field"] for one in bad.json["faults"]} == {"default_parallel", "recon_diff_warning", "prefix"}
    assert page.post("/epos-qbo/settings/", {"default_parallel": 5}).json["changed"] == {"default_parallel": [None, 5]}
    text = page.get("/epos-qbo/settings/").text
    ini.write_text(before, encoding="utf-8")

    def comes(name: str) -> str:
        return text.split(f'id="comes-{name}">')[1].partition("<")[0]

    assert comes("default_parallel") == "From this screen; without: 2, from the program"
    assert comes("stale_hours_warning") == "From the environment (OIAT_DASHBOARD_STALE_HOURS_WARNING): 48"
    assert comes("default_stagger_seconds") == "From config.ini: 2"
    assert comes("refresh_expiring_days") == "From the program: 7"
    assert page.post("/epos-qbo/settings/", {"default_parallel": None}).status_code == 200
    assert run_choices.effective(two.app.store, two.app.config).default_parallel == 2


@pytest.mark.parametrize(("right", "path", "body"), [
    ("can_edit_companies", "/epos-qbo/companies/main/advanced", {"tolerance": "0"}),
    ("can_edit_companies", "/epos-qbo/companies/main/sync-json", {}),
    ("can_edit_companies", "/epos-qbo/companies/main/toggle-active/", {"active": True}),
    ("can_manage_portal_settings", "/epos-qbo/settings/", {"default_parallel": 2}),
])  # fmt: skip
def test_looking_needs_a_sign_in_and_acts_their_right(till: App, right: str, path: str, body: dict[str, Any]) -> None:
    people.add_user(till.store, "31", "Olu", "operator", "4711", "test")
    passwords.set_password(till.store, "31", PASSWORD, "test")
    page = Console(till).sign_in("31")
    assert page.post(path, body).status_code == 200
    rights.change(till.store, {("operator", right): False}, {}, "9")
    assert page.post(path, body).status_code == 403
    for shown in ("/epos-qbo/companies/", "/epos-qbo/companies/main/", "/epos-qbo/settings/"):
        assert page.get(shown).status_code == 200, shown
    assert Console(till).get("/epos-qbo/companies/").status_code == 302, "nobody is signed in"


def test_a_till_alone_says_that_there_is_one_company_and_why(till: App) -> None:
    passwords.set_password(till.store, "9", PASSWORD, "test")
    page = Console(till).sign_in("9")
    assert "This till stands alone and has one company." in page.get("/epos-qbo/companies/new").text
    assert page.post("/epos-qbo/companies/new", NEW).status_code == 422
    assert page.post("/epos-qbo/companies/main/advanced", {"tolerance": "0.5"}).json["changed"] == ["tolerance"]
    assert reach.of_person(till.store, "9").has(Place("main", "main"))
