"""Keep times: what is older goes, by company; what runs came to and rows of exports stay."""

from __future__ import annotations

from datetime import timedelta

from pos import clock
from pos.actions import company_setup, run_keep
from pos.store import imports, run_choices
from pos.store.db import Store
from pos.store.models import Company, ImportFile, RunArtifact, RunLog

NOW = clock.parse("2026-11-21T12:00:00.000000Z")


def line(company: str, days: int) -> None:
    RunLog.create(job="j", company=company, at=clock.stamp(NOW - timedelta(days=days)), words=f"{company} {days}")


def file(store: Store, company: str, name: str, days: int, state: str = "taken") -> None:
    path = store.config.data / "imports" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    at = clock.stamp(NOW - timedelta(days=days))
    ImportFile.create(
        company=company, name=name, place=f"imports/{name}", state=state, received_at=at, job="",
        ended_at="" if state == "waiting" else at,
    )  # fmt: skip


def test_each_company_keeps_as_long_as_it_says_else_as_everywhere(store: Store) -> None:
    Company.create(id="north", name="North", made_at="x")
    for company in ("", "main", "north"):
        line(company, 29)
        line(company, 31)
    run_choices.choose(store, {"keep_log_days": 30, "keep_import_days": 30}, "boss")
    company_setup.change(store, store.config, "north", {"keep.log_days": 0, "keep.import_days": 90}, "boss")
    file(store, "main", "old.csv", 31)
    file(store, "main", "new.csv", 29)
    file(store, "main", "waits.csv", 31, "waiting")
    file(store, "north", "north.csv", 31)
    file(store, "main", "again.csv", 31, "again")
    ImportFile.create(
        company="main", name="again.csv", place="imports/again.csv", state="waiting", received_at="x", job=""
    )
    RunArtifact.create(job="j", company="main", day="2020-01-01", processed_at=clock.stamp(NOW - timedelta(days=2000)))
    assert run_keep.tidy(store, store.config, NOW) == (2, 1)
    assert sorted(row.words for row in RunLog.select()) == [" 29", "main 29", "north 29", "north 31"]
    left = sorted(path.name for path in (store.config.data / "imports").iterdir())
    assert left == ["again.csv", "new.csv", "north.csv", "waits.csv"]
    assert ImportFile.select().count() == 6 and RunArtifact.select().count() == 1, "that they were stays known"
    assert run_keep.tidy(store, store.config, NOW) == (0, 0)
    assert imports.places(store, "main") >= {"imports/old.csv"}, "the same file is not taken for a new one"


def test_nothing_goes_where_it_is_kept_for_ever_and_nothing_outside_the_folder(store: Store) -> None:
    line("main", 5000)
    file(store, "main", "old.csv", 5000)
    run_choices.choose(store, {"keep_log_days": 0}, "boss")
    assert run_keep.tidy(store, store.config, NOW) == (0, 0)
    outside = store.config.root / "config.ini"
    outside.write_text("", encoding="utf-8")
    ImportFile.update(place="../config.ini").execute()
    run_choices.choose(store, {"keep_import_days": 1}, "boss")
    assert run_keep.tidy(store, store.config, NOW) == (0, 0) and outside.exists()
