"""doctor at an ERPNext: line, clock, key, field, rights and what waits; it only reads there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pos import clock
from pos.actions import checks_books, doctor
from pos.actions.finding import Finding, Look
from pos.store import connections
from tests.contract import tills
from tests.contract.tills import Till


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with tills.till(tmp_path) as opened:
        connections.keep_facts(opened.store, "erpnext", opened.job.memory.facts)
        yield opened


def look(till: Till, **erpnext: str) -> dict[str, Finding]:
    """The findings by name, the worst of each; at the machine's own time, which the emulator's Date has."""
    config = replace(till.config, erpnext=replace(till.config.erpnext, **erpnext))
    now = datetime.now(UTC)
    with clock.set_to(now):
        asked = (("outbox", checks_books.outbox), ("erpnext", checks_books.erpnext))
        all_of_it = doctor.run(Look(config, now, till.store), asked)
    return {one.name: one for one in sorted(all_of_it, key=lambda one: doctor.RANK[one.state])}


def test_a_site_that_was_set_up_is_well_and_nothing_is_written_there(till: Till) -> None:
    before = {name: len(docs) for name, docs in till.emulator.site.docs.items()}
    told = look(till)
    assert {name: one.state for name, one in told.items()} == {
        "outbox": "ok", "erpnext": "ok", "erpnext key": "ok", "erpnext rights": "ok",
    }, [one.sentence for one in told.values()]  # fmt: skip
    assert {name: len(docs) for name, docs in till.emulator.site.docs.items()} == before
    assert abs(int(str(told["erpnext"].facts["clock_off_seconds"]))) <= 2


def test_a_clock_that_is_off_is_measured_by_the_date_of_their_answer(till: Till) -> None:
    till.emulator.site.clock = lambda: datetime.now(UTC)
    wrong = datetime.now(UTC) + timedelta(minutes=10)
    with clock.set_to(wrong):
        all_of_it = doctor.run(Look(till.config, wrong, till.store), [("erpnext", checks_books.erpnext)])
    (told,) = [one for one in all_of_it if one.name == "clock"]
    assert told.state == "fail"
    assert "ahead of" in told.sentence
    assert int(str(told.facts["clock_off_seconds"])) == pytest.approx(600, abs=5)


def test_a_refused_key_and_no_key_are_told_apart(till: Till) -> None:
    refused = look(till, api_secret="of-last-year")["erpnext key"]
    assert (refused.state, "new key" in refused.remedy) == ("fail", True)
    assert "of-last-year" not in repr(refused)
    told = look(till, api_key="", api_secret="")["erpnext key"]
    assert (told.state, "ERPNEXT_API_KEY" in told.remedy) == ("fail", True)


def test_a_site_that_is_away_is_told_with_selling_going_on(till: Till) -> None:
    told = look(till, url="http://127.0.0.1:9")
    assert set(told) == {"outbox", "erpnext"}
    assert told["erpnext"].state == "fail"
    assert "Selling goes on" in told["erpnext"].remedy


def test_a_key_field_somebody_removed_fails_before_anything_is_sent(till: Till) -> None:
    till.emulator.site.custom_fields.pop(("Sales Invoice", "pos_receipt_id"))
    told = look(till)
    assert told["erpnext field"].state == "fail"
    assert "erpnext setup" in told["erpnext field"].remedy


def test_what_waits_is_told_by_its_age_and_what_needs_a_person_with_the_command(till: Till) -> None:
    till.sell(2)
    hour = clock.stamp(datetime.now(UTC) - timedelta(hours=3))
    till.store.execute("UPDATE outbox SET created_at = ?", (hour,))
    told = look(till)["outbox"]
    assert (told.state, "2 documents wait" in told.sentence, "3 h" in told.sentence) == ("warn", True, True)
    till.store.execute("UPDATE outbox SET created_at = ?", (clock.stamp(datetime.now(UTC) - timedelta(days=3)),))
    assert look(till)["outbox"].state == "fail"
    till.store.execute("UPDATE outbox SET state = 'rejected' WHERE n = 1")
    told = look(till)["outbox"]
    assert (told.state, "outbox list" in told.remedy) == ("warn", True)
    connections.pause(till.store, "erpnext", "ERPNext refuses the key.", "Make a new one.")
    assert look(till)["outbox"].state == "fail"


def test_a_right_the_tills_user_lost_is_named(till: Till) -> None:
    account = till.emulator.site.accounts[till.config.erpnext.api_key]
    kept = tuple(role for role in account.roles if role != "Stock User")
    till.emulator.site.add_user(account.key, account.secret, account.user, kept)
    now = datetime.now(UTC)
    with clock.set_to(now):
        all_of_it = doctor.run(Look(till.config, now, till.store), [("erpnext", checks_books.erpnext)])
    lost = [one.sentence for one in all_of_it if one.state == "fail"]
    assert [one.state for one in all_of_it if one.name == "erpnext key"] == ["ok"]
    assert [word in " ".join(lost) for word in ("Stock Entry", "Bin", "Customer")] == [True, True, False]
