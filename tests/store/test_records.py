"""Records of the office: compare-and-set, companies kept apart, conflicts decided and undone, jobs claimed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pos import clock
from pos.errors import Conflict, NotFound
from pos.rules.merge import Conflict as Clash
from pos.store import companies, record_links, records, sync_jobs
from pos.store.db import Store
from pos.store.record_links import Link
from pos.store.sync_jobs import Result

pytestmark = pytest.mark.both_engines


def test_a_change_on_an_older_version_is_refused(store: Store) -> None:
    now = clock.now()
    made = records.create(store, "main", "customer", "C1", {"name": "Ana"}, [], "7", now)
    changed = records.edit(store, "main", "customer", "C1", 1, {"name": "Ana L"}, [], "7", now)
    assert (made.version, changed.version, changed.title) == (1, 2, "Ana L")
    with pytest.raises(Conflict) as refused:
        records.edit(store, "main", "customer", "C1", 1, {"name": "B"}, [], "8", now)
    assert (refused.value.code, refused.value.facts) == ("changed", {"version": 2})
    assert records.edit(store, "main", "customer", "C1", 2, {"name": "Ana L"}, [], "8", now).version == 2
    with pytest.raises(Conflict, match="already"):
        records.create(store, "main", "customer", "C1", {}, [], "7", now)


def test_a_company_never_sees_another_s(store: Store) -> None:
    companies.add(store, "north", "North", "T")
    now = clock.now()
    for company in ("main", "north"):
        records.create(store, company, "customer", "C1", {"name": f"Ana of {company}"}, [], "7", now)
        record_links.put(store, Link(company, f"q-{company}", "customer", "C1", remote_id="9"))
        records.clashed(store, company, f"q-{company}", "customer", "C1", [Clash("name", "a", "b", "ask")], now)
        sync_jobs.ask(store, company, f"q-{company}", "pull", "customers", "7", now)
    assert [one.fields["name"] for one in records.listed(store, "north", "customer")] == ["Ana of north"]
    assert record_links.of_remotes(store, "north", "q-main", "customer", ["9"]) == {}
    (theirs,) = records.conflicts(store, "north")
    (job,) = sync_jobs.listed(store, "north")
    for wrong in (
        lambda: records.get(store, "south", "customer", "C1"),
        lambda: records.conflict(store, "main", theirs.id),
        lambda: records.decide(store, "main", theirs.id, "ours", "7", now),
        lambda: sync_jobs.get(store, "main", job.id),
        lambda: sync_jobs.results(store, "main", job.id),
        lambda: sync_jobs.retry_failed(store, "main", job.id, "7", now),
    ):
        with pytest.raises(NotFound):
            wrong()


def test_a_person_decides_and_takes_it_back(store: Store) -> None:
    now = clock.now()
    records.create(store, "main", "customer", "C1", {"name": "Ana", "phone": "2"}, [], "7", now)
    record_links.put(store, Link("main", "q", "customer", "C1", "9", "0", {"name": "Ana", "phone": "1"}, 1, "conflict"))
    found = [Clash("phone", "2", "3", "ask"), Clash("name", "Ana", "Anna", "ours", "ours")]
    for _ in range(2):  # a round that is repeated makes no second row
        records.clashed(store, "main", "q", "customer", "C1", found, now)
    (by_rule,) = records.conflicts(store, "main", state="decided")
    assert (by_rule.decision, by_rule.decided_by, by_rule.undo) == ("ours", "rule", "Anna")
    (one,) = records.conflicts(store, "main")
    assert records.decide(store, "main", one.id, "theirs", "8", now).undo == "2"
    record = records.get(store, "main", "customer", "C1")
    link = record_links.of_record(store, "main", "q", "customer", "C1")
    assert record.fields["phone"] == "3"
    assert link is not None and link.agreed == {"name": "Ana", "phone": "3"}
    with pytest.raises(Conflict, match="already"):
        records.decide(store, "main", one.id, "ours", "8", now)
    assert records.undo(store, "main", one.id, "8", now).decision == "ours"
    assert records.get(store, "main", "customer", "C1").fields["phone"] == "2"
    assert record_links.waiting(store, "main", "q", "customer", "", 10) == ["C1"]


def test_a_job_has_one_worker_at_a_time_and_goes_on_where_it_was(store: Store) -> None:
    now = clock.now()
    number = sync_jobs.ask(store, "main", "q", "pull", "customers", "7", now)
    assert sync_jobs.ask(store, "main", "q", "pull", "customers", "8", now) == number
    first = sync_jobs.claim(store, "a", now)
    assert first is not None
    assert sync_jobs.claim(store, "b", now) is None
    done = Result("customer", "C1", "9", "synced")
    assert sync_jobs.went(store, first, {"start": 101}, [done, done], 3, now)
    later = now + timedelta(seconds=sync_jobs.LEASE_SECONDS + 1)
    second = sync_jobs.claim(store, "b", later)
    assert second is not None and second.cursor == {"start": 101}
    assert not sync_jobs.went(store, first, {"start": 5}, [], 0, later), "whoever lost it writes nothing"
    assert not sync_jobs.beat(store, first, later)
    bad = Result("customer", "C2", "8", "error", "name_taken", "There is one.")
    sync_jobs.went(store, second, {"start": 201}, [bad], 0, later)
    assert sync_jobs.end(store, first, later) == ""
    assert sync_jobs.end(store, second, later) == "error"
    job = sync_jobs.get(store, "main", number)
    assert job.totals == {"synced": 1, "failed": 1, "skipped": 3, "unchanged": 3, "total": 5}
    again = sync_jobs.retry_failed(store, "main", number, "7", later)
    assert again is not None
    assert sync_jobs.get(store, "main", again).chosen == ("8",)


def test_a_silent_other_side_changes_no_state(store: Store) -> None:
    now = clock.now()
    number = sync_jobs.ask(store, "main", "q", "push", "customers", "7", now)
    after = sync_jobs.ask(store, "main", "q", "push", "invoices", "7", now)
    job = sync_jobs.claim(store, "a", now)
    assert job is not None
    sync_jobs.put_off(store, job, now + timedelta(minutes=1), "unavailable", "down")
    assert sync_jobs.get(store, "main", number).state == "pending"
    assert sync_jobs.claim(store, "a", now) is None, "what it waits for, the next one would, too"
    later = now + timedelta(minutes=2)
    assert record_links.unlinked(store, "main", "q", "customer", "Ana") == []
    for wanted in (number, after):
        taken = sync_jobs.claim(store, "a", later)
        assert taken is not None and taken.id == wanted
        sync_jobs.end(store, taken, later)
        assert sync_jobs.get(store, "main", wanted).state == "skipped"
    (day,) = sync_jobs.by_day(store, "main", clock.stamp(now)[:10])
    assert (day["jobs"], day["failedJobs"], day["synced"]) == (2, 0, 0)
    assert sync_jobs.thin(store, now, later + timedelta(days=1)) == 2


def test_a_half_read_pull_does_not_go_on_in_another_company(store: Store) -> None:
    now = clock.now()
    number = sync_jobs.ask(store, "main", "q", "pull", "customers", "7", now)
    job = sync_jobs.claim(store, "a", now)
    assert job is not None
    assert sync_jobs.other_company("other", now) == 0
    assert sync_jobs.other_company("q", now) == 1
    assert not sync_jobs.went(store, job, {"start": 501}, [], 0, now), "whoever works on it has lost it"
    assert (sync_jobs.get(store, "main", number).code, sync_jobs.claim(store, "a", now)) == ("other_company", None)


def test_what_waits_is_what_changed_here_since_both_agreed(store: Store) -> None:
    now = clock.now()
    for key in ("C1", "C2", "C3"):
        records.create(store, "main", "customer", key, {"name": key}, [], "7", now)
    records.create(store, "main", "invoice", "I1", {"number": "1"}, [], "system", now, origin="there")
    link = Link("main", "q", "customer", "C1", remote_id="1", agreed={"name": "C1"}, agreed_version=1, state="synced")
    record_links.put(store, link)
    record_links.put(store, replace(link, record_id="C2", remote_id="2", state="gone", agreed_version=0))
    assert record_links.waiting(store, "main", "q", "customer", "", 10) == ["C3"]
    records.edit(store, "main", "customer", "C1", 1, {"name": "C1 new"}, [], "7", now)
    records.edit(store, "main", "customer", "C3", 1, {"name": "C3"}, [], "7", now, deleted=True)
    assert record_links.waiting(store, "main", "q", "customer", "", 10) == ["C1"], "edited after sync: sent again"
    assert record_links.waiting(store, "main", "q", "invoice", "", 10) == [], "a copy has nowhere to go"


def test_a_name_that_is_nothing_there_yet_is_found_whatever_its_case(store: Store) -> None:
    now = clock.now()
    for key, name in (("C1", "Ana BROWN"), ("C2", "ÉLODIE"), ("C3", "Anna Brown"), ("C4", "ana brown")):
        records.create(store, "main", "customer", key, {"name": name}, [], "7", now)
    record_links.put(store, record_links.Link("main", "q", "customer", "C4", remote_id="9"))
    assert record_links.unlinked(store, "main", "q", "customer", "ana Brown") == ["C1"]
    assert record_links.unlinked(store, "main", "q", "customer", "élodie") == ["C2"]
    assert record_links.unlinked(store, "main", "q", "item", "Ana BROWN") == []
    if store.config.storage.url.startswith("sqlite"):
        asked = "EXPLAIN QUERY PLAN SELECT id FROM record WHERE company = ? AND kind = ? AND words = ''"
        plan = store.execute(f"{asked} AND lower(title) IN (?, ?)", ("main", "customer", "a", "b"))
        assert "record_name" in str(plan.fetchall())
