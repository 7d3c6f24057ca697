"""The screen of schedules: its routes as a page meets them, who may, and what other companies' people never see."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import schedules
from pos.app import App
from pos.store import passwords
from pos.store import schedules as kept
from pos.store.models import Meta, RunSchedule
from tests import books
from tests.web.conftest import PASSWORD, Console, shared_till
from tests.web.two_companies import a_hub

BASE = "/epos-qbo/schedules/"
FORM = {"name": "Evening", "company": "main", "cron": "0 18 * * *", "time_zone": "Africa/Lagos"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with shared_till(tmp_path_factory.mktemp("till")) as app:
        books.connected(app.store)
        yield app


@pytest.fixture
def at(served: App) -> Iterator[Console]:
    """Somebody who may, and no schedule from a test before."""
    passwords.set_password(served.store, "9", PASSWORD, "test")
    yield Console(served).sign_in("9")
    with served.store.transaction():
        RunSchedule.delete().execute()
        Meta.delete().where(Meta.key == kept.LOOKED).execute()


def made(at: Console, **more: Any) -> dict[str, Any]:
    answer = at.post(f"{BASE}create", {**FORM, **more})
    assert answer.status_code == 201, answer.json
    found: dict[str, Any] = answer.json["schedule"]  # type: ignore[index]
    return found


def test_one_is_made_shown_changed_switched_and_deleted(at: Console) -> None:
    one = made(at, parallel=3, stagger_seconds=5, date_mode="yesterday", continue_on_failure=True)
    assert (one["words"], one["enabled"], one["version"]) == ("every day at 18:00", True, 1)
    due = clock.parse(one["next_at"])
    assert (due.hour, due.minute) == (17, 0) and clock.now() < due <= clock.now() + timedelta(days=1)
    page = at.get(BASE).text
    assert "Evening" in page and "every day at 18:00" in page and "Africa/Lagos" in page
    changed = at.post(f"{BASE}{one['id']}/update", {**FORM, "name": "Late", "cron": "30 19 * * 7", "version": 1})
    assert changed.json["schedule"]["words"] == "every Sunday at 19:30"  # type: ignore[index]
    stale = at.post(f"{BASE}{one['id']}/update", {**FORM, "version": 1})
    assert (stale.status_code, stale.json["code"]) == (409, "changed")  # type: ignore[index]
    off = at.post(f"{BASE}{one['id']}/toggle", {"enabled": False, "version": 2}).json["schedule"]  # type: ignore[index]
    assert (off["enabled"], off["next_at"]) == (False, "")
    assert at.post(f"{BASE}{one['id']}/toggle").json["schedule"]["enabled"]  # type: ignore[index]
    assert at.post(f"{BASE}{one['id']}/delete").json == {"ok": True, "id": one["id"]}
    assert at.post(f"{BASE}{one['id']}/toggle").status_code == 404
    assert "There is no schedule yet." in at.get(BASE).text


def test_made_twice_with_one_id_it_is_one(at: Console, served: App) -> None:
    key = str(uuid.uuid4())
    assert made(at, id=key)["id"] == key
    again = at.post(f"{BASE}create", {**FORM, "id": key})
    assert (again.status_code, again.json["schedule"]["id"]) == (200, key)  # type: ignore[index]
    assert len(kept.listed(served.store)) == 1


def test_run_now_answers_the_run_and_refuses_a_second(at: Console) -> None:
    one = made(at)
    answer = at.post(f"{BASE}{one['id']}/run-now")
    assert answer.status_code == 201
    job = answer.json["job"]  # type: ignore[index]
    assert at.post(f"{BASE}{one['id']}/run-now").status_code == 409
    page = at.get(BASE).text
    assert f"/epos-qbo/runs/{job}/" in page and "Started by 9." in page
    found = at.get("/epos-qbo/api/schedules/events?kind=queued&limit=1").json["rows"]  # type: ignore[index]
    assert [(row["job"], row["name"]) for row in found] == [(job, "Evening")]
    assert at.get("/epos-qbo/api/schedules/events?kind=odd").status_code == 422


def test_the_one_of_the_settings_is_not_deleted(at: Console, served: App) -> None:
    from dataclasses import replace

    wanted = replace(served.config, runs=replace(served.config.runs, fallback=True))
    schedules.look(served.store, wanted)
    for act, body in (("delete", {}), ("toggle", {}), ("update", {**FORM, "version": 1})):
        answer = at.post(f"{BASE}{kept.FALLBACK}/{act}", body)
        assert (answer.status_code, answer.json["code"]) == (409, "system")  # type: ignore[index]
    assert "Schedule of the settings" in at.get(BASE).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"cron": "0 25 * * *"}, "cron"), ({"time_zone": "Lagos"}, "time_zone"), ({"parallel": 0}, "parallel"),
     ({"name": ""}, "name"), ({"id": "7"}, "id")],
)  # fmt: skip
def test_what_is_no_schedule_names_the_field_in_words(at: Console, wrong: dict[str, Any], field: str) -> None:
    answer = at.post(f"{BASE}create", {**FORM, **wrong})
    assert (answer.status_code, answer.json["field"]) == (422, field)  # type: ignore[index]


def test_what_is_typed_is_said_in_words_with_its_next_moments(at: Console) -> None:
    found: Any = at.get("/epos-qbo/api/schedules/preview?cron=0+9+*+*+7&time_zone=Europe/London").json
    assert (found["fine"], found["words"], len(found["next"])) == (True, "every Sunday at 09:00", 3)
    wrong: Any = at.get("/epos-qbo/api/schedules/preview?cron=0+9+*+*&time_zone=Europe/London").json
    assert not wrong["fine"] and "Write five fields" in wrong["words"] and wrong["next"] == []


def test_the_page_says_when_nobody_looks(at: Console, served: App) -> None:
    assert "Nobody has looked for what is due" in at.get(BASE).text
    schedules.look(served.store, served.config)
    assert "Last looked at" in at.get(BASE).text
    with clock.set_to(clock.now() + timedelta(seconds=50)):
        assert "Nobody has looked for what is due since" in Console(served).sign_in("9").get(BASE).text


def test_looking_needs_a_right_of_the_console_and_acting_its_own(served: App, at: Console) -> None:
    one = made(at)
    stranger = Console(served)
    stranger.session()
    assert stranger.get(BASE).status_code in (302, 303, 401)
    passwords.set_password(served.store, "5", PASSWORD, "test")
    reads = Console(served).sign_in("5")
    assert reads.get(BASE).status_code == 200
    for act in ("create", *(f"{one['id']}/{name}" for name in ("update", "toggle", "run-now", "delete"))):
        assert reads.post(f"{BASE}{act}", FORM).status_code == 403, act
    assert "New schedule" not in reads.get(BASE).text


def test_people_of_one_company_see_and_touch_no_other_companys_schedules(tmp_path: Path) -> None:
    with a_hub(tmp_path) as hub:
        whole, (main, north) = hub.whole, hub.pages
        theirs = {name: made(whole, name=name, company=key) for name, key in
                  (("Aquila times", "main"), ("Boreal times", "north"), ("Everybodys", ""))}  # fmt: skip
        for one in theirs.values():
            whole.post(f"{BASE}{one['id']}/run-now")
        for page, own, others in (
            (main, "Aquila times", ("Boreal times", "Everybodys")),
            (north, "Boreal times", ("Aquila times", "Everybodys")),
        ):
            text = page.get(BASE).text
            rows: Any = page.get("/epos-qbo/api/schedules/events").json
            assert own in text and {row["name"] for row in rows["rows"]} == {own}
            for name in others:
                key = theirs[name]["id"]
                assert name not in text and key not in text
                assert page.get(f"/epos-qbo/api/schedules/events?schedule={key}").json["rows"] == []  # type: ignore[index]
