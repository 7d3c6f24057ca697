"""Pages of what is brought together with QuickBooks: jobs, single records, conflicts, the picture, passing trouble."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pos import clock, config
from pos.app import App
from pos.store import qbo_tokens
from pos.store.models import Record, RecordConflict, SyncJob, SyncJobRecord
from tests.contract import qbo_sites
from tests.contract.qbo_sites import Site
from tests.web.conftest import Console

BASE = "/api/integrations/quickbooks"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with qbo_sites.running() as started:
        yield started


@pytest.fixture
def settings_of(shop: config.Config, site: Site) -> config.Config:
    return replace(shop, quickbooks=qbo_sites.till_config(shop.root, site.url).quickbooks)


@pytest.fixture
def traded(till: App, site: Site) -> App:
    """A job of which one record went and one failed; one field both sides changed."""
    qbo_sites.connected(till.store, site)
    now, both = clock.stamp(clock.now()), {"company": "main", "connection": "quickbooks"}
    with till.store.transaction():
        totals = json.dumps({"synced": 1, "failed": 1, "total": 2})
        SyncJob.create(**both, direction="push", resource="customers", state="error", asked_by="9", asked_at=now,
                       started_at=now, ended_at=now, totals=totals, message="1 of 2 records failed.")  # fmt: skip
        for key, state, words in (("C-1", "synced", ""), ("C-2", "error", "The name is taken.")):
            Record.create(company="main", kind="customer", id=key, title=f"Person {key}", edited_at=now, edited_by="9",
                          fields=json.dumps({"name": f"Person {key}", "phone": "1"}))  # fmt: skip
            SyncJobRecord.create(job_id=1, mark=key, record_kind="customer", record_id=key, state=state, message=words,
                                 at=now)  # fmt: skip
        RecordConflict.create(**both, kind="customer", record_id="C-1", field="phone", ours='"020 1"',
                              theirs='"020 2"', rule="ask", made_at=now)  # fmt: skip
    return till


def test_jobs_conflicts_and_the_picture_stand_on_the_page(traded: App, operator: Console) -> None:
    shown = operator.get("/settings/integrations").text
    assert 'id="jobs" data-live' in shown, "the table refreshes by itself"
    for words in (
        "1 synced, 1 errors",
        "1 of 2 records failed.",
        "Person C-1",
        "020 1",
        "020 2",
        "1 records went, 1 failed",
    ):
        assert words in shown
    assert 'data-kind="customer" data-field="phone" data-was="ask"' in shown
    assert operator.post(f"{BASE}/owners", {"owners": {"customer": {"phone": "theirs"}}}).status_code == 200
    assert 'data-field="phone" data-was="theirs"' in operator.get("/settings/integrations").text
    assert operator.post(f"{BASE}/conflicts/1", {"choice": "theirs"}).status_code == 200
    shown = operator.get("/settings/integrations").text
    assert "data-decide" not in shown
    assert "took theirs: 020 2" in shown
    assert 'data-undo="1"' in shown


def test_a_job_shows_each_record_and_what_failed_is_tried_again(traded: App, operator: Console) -> None:
    every = operator.get("/settings/integrations/jobs/1").text
    failed = operator.get("/settings/integrations/jobs/1?state=error").text
    assert ("Person C-1" in every, "Person C-1" in failed) == (True, False)
    assert "The name is taken." in failed
    assert 'data-retry="1"' in every
    made = operator.post(f"{BASE}/jobs/1/retry").json["job"]
    assert "1 chosen" in operator.get(f"/settings/integrations/jobs/{made}").text
    assert operator.get("/settings/integrations/jobs/99").status_code == 404


def test_single_records_are_chosen_by_name(traded: App, operator: Console) -> None:
    shown = operator.get("/settings/integrations/records?resource=customers&q=C-2").text
    assert ("Person C-2" in shown, "Person C-1" in shown) == (True, False)
    assert operator.get("/settings/integrations/records?resource=secrets").status_code == 422


def test_trouble_that_passes_is_a_line_that_can_be_snoozed_and_goes_by_itself(traded: App, operator: Console) -> None:
    assert "data-snooze" not in operator.get("/console").text
    qbo_tokens.trouble(traded.store, "quickbooks", "Intuit does not answer.")
    shown = operator.get("/console").text
    assert 'data-away="quickbooks"' in shown
    assert "Intuit does not answer." in shown
    ben = Console(traded).sign_in("8")
    assert "data-snooze" not in ben.get("/console").text, "who may not open Integrations is not bothered"
    qbo_tokens.trouble(traded.store, "quickbooks", "")
    assert "data-snooze" not in operator.get("/console").text
