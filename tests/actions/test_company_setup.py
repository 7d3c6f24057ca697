"""Companies set up, changed, exported, imported and compared: all of it or nothing, and no secret in any file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pos import config as settings
from pos.actions import bundle, company_setup, qbo_mapping, run_settings
from pos.actions.company_setup import Faulty
from pos.errors import Conflict, Invalid
from pos.rules import company_file
from pos.store import companies, connections, qbo_tokens, run_choices
from pos.store.db import Store, open_store
from pos.store.models import QboToken

SAMPLES = Path(__file__).resolve().parents[1] / "data/companies"
NORTH = {
    "company_key": "north", "display_name": "North Ltd", "time_zone": "Africa/Lagos", "currency": "NGN",
    "books": "quickbooks", "source": "csv", "tax_mode": "inclusive", "receipt_prefix": "NO", "realm_id": "",
}  # fmt: skip


@pytest.fixture
def hub(shop: settings.Config) -> Iterator[Store]:
    config = replace(shop, till=replace(shop.till, id="HUB"), server=replace(shop.server, role="hub"))
    store = open_store(config)
    yield store
    store.close()


def faults(made: pytest.ExceptionInfo[Faulty]) -> dict[str, str]:
    return {one.field: one.words for one in made.value.faults}


def audited(store: Store, act: str) -> list[dict[str, Any]]:
    rows = store.execute("SELECT detail FROM audit WHERE act = ? ORDER BY n", (act,))
    return [json.loads(detail) for (detail,) in rows]


def test_a_company_is_there_with_what_was_said_of_it_or_not_at_all(hub: Store) -> None:
    bad = NORTH | {"time_zone": "Lagos", "receipt_prefix": "no!", "books": "paper", "display_name": ""}
    with pytest.raises(Faulty) as refused:
        company_setup.onboard(hub, hub.config, bad, "boss")
    assert set(faults(refused)) == {"time_zone", "receipt_prefix", "books", "display_name"}
    assert [one.id for one in companies.every(hub)] == ["main"]
    assert company_setup.onboard(hub, hub.config, NORTH, "boss") == "north"
    found = run_settings.of(hub, "north")
    assert (found.books, found.source, found.time_zone, found.currency) == ("quickbooks", "csv", "Africa/Lagos", "NGN")
    assert (found.posting, found.tolerance, found.trading_day, found.notify.failure) == ("always", "0", False, True)
    assert qbo_mapping.read(hub, "north").values == {"prefix": "NO", "tax": "inclusive"}
    with pytest.raises(Faulty) as refused:
        company_setup.onboard(hub, hub.config, NORTH | {"display_name": "NORTH LTD"}, "boss")
    assert set(faults(refused)) == {"company_key", "display_name"}


def test_a_till_alone_has_one_company_and_says_why(store: Store) -> None:
    with pytest.raises(Invalid, match="stands alone"):
        company_setup.onboard(store, store.config, NORTH, "boss")
    assert company_setup.change(store, store.config, "main", {"tolerance": "0.5"}, "boss") == ["tolerance"]
    assert run_settings.of(store, "main").tolerance == "0.5"


def test_a_change_is_in_the_audit_before_and_after_and_none_is_lost(hub: Store) -> None:
    company_setup.onboard(hub, hub.config, NORTH, "boss")
    mark = company_setup.mark_of(hub, "north")
    wanted = {"trading_day_enabled": True, "trading_day_start_hour": 4, "trading_day_start_minute": 30,
              "notify.success": True, "keep.import_days": 30, "is_active": False, "group_by": "receipt"}  # fmt: skip
    changed = company_setup.change(hub, hub.config, "north", wanted, "boss", mark)
    assert set(changed) == {*wanted}
    assert audited(hub, "company.setup")[-1]["changed"]["keep.import_days"] == [None, 30]
    assert audited(hub, "company.setup")[-1]["changed"]["group_by"] == ["day", "receipt"]
    found = run_settings.of(hub, "north")
    assert (found.trading_day, found.cutoff, found.keep.import_days, found.active) == (True, "04:30", 30, False)
    assert found.notify == run_settings.Notify(False, True, True)
    with pytest.raises(Conflict, match="meanwhile"):
        company_setup.change(hub, hub.config, "north", {"tolerance": "1"}, "other", mark)
    assert company_setup.change(hub, hub.config, "north", wanted, "boss") == [], "the same again is no change"
    rules = bundle.rules_of(type("Job", (), {"store": hub, "connection": "", "settle_seconds": 1})())  # of main
    assert f"{rules.day_starts:%H:%M}" == "00:00"
    assert run_settings.day_starts(hub, "north") == "04:30", "documents are made out by the same day"


def test_the_first_company_keeps_what_is_the_servers(hub: Store) -> None:
    for wanted, words in (({"currency": "JPY"}, "counts as this server"), ({"is_active": False}, "stays on")):
        with pytest.raises(Invalid, match=words):
            company_setup.change(hub, hub.config, "main", {**wanted, "tolerance": "0"}, "boss")
    with pytest.raises(Faulty, match="key"):
        company_setup.change(hub, hub.config, "main", {"company_key": "other"}, "boss")


def test_an_export_holds_no_secret_and_taken_in_again_changes_nothing(hub: Store, tmp_path: Path) -> None:
    company_setup.onboard(hub, hub.config, NORTH, "boss")
    QboToken.create(connection="quickbooks-north", company="north", environment="sandbox", realm="77",
                    sealed="SEALED-TOKEN", access_until="", refresh_until="")  # fmt: skip
    path = company_setup.save(hub, hub.config, "north", "boss")
    assert path == hub.config.data / "companies/north.json"
    text = path.read_text(encoding="utf-8")
    assert "SEALED" not in text and "token" not in text.lower() and "secret" not in text.lower()
    assert json.loads(text)["realm_id"] == "77"
    assert set(company_file.decode(text)[0]) == set(company_file.BY_NAME)
    assert (
        company_setup.drift(
            hub, hub.config, {"north.json": text, "main.json": company_setup.export(hub, hub.config, "main")}
        )
        == []
    )
    assert company_setup.take_in(hub, hub.config, {"north.json": text}, "boss") == {"north": []}
    other = text.replace('"77"', '"78"').replace('"mapping": {}', '"mapping": {"tenders": {}}')
    with pytest.raises(Faulty, match="that of company 78"):
        company_setup.take_in(hub, hub.config, {"north.json": other}, "boss")


def test_files_are_taken_in_all_or_none_and_every_fault_is_named(hub: Store) -> None:
    north, south = (path.read_text(encoding="utf-8") for path in (SAMPLES / "north.json", SAMPLES / "south.json"))
    bad = south.replace("Europe/London", "London").replace('"GBP"', '"pounds"')
    with pytest.raises(Faulty) as refused:
        company_setup.take_in(hub, hub.config, {"n.json": north, "s.json": bad, "again.json": north}, "boss")
    assert set(faults(refused)) == {"s.json: time_zone", "s.json: currency", "again.json: company_key"}
    late = north.replace('"NO"', '"NOTLONG"').replace('"company_key": "north"', '"company_key": "north2"')
    with pytest.raises(Faulty):
        company_setup.take_in(hub, hub.config, {"s.json": south, "n.json": late}, "boss")
    clash = south.replace('"company_key": "south"', '"company_key": "third"')  # the same name: seen while it is written
    with pytest.raises(Faulty) as refused:
        company_setup.take_in(hub, hub.config, {"s.json": south, "t.json": clash}, "boss")
    assert set(faults(refused)) == {"t.json: display_name"}
    assert [one.id for one in companies.every(hub)] == ["main"], "nothing of any of them is there"
    made = company_setup.take_in(hub, hub.config, {"n.json": north, "s.json": south}, "boss")
    assert set(made) == {"north", "south"}
    assert company_setup.read(hub, hub.config, "north") == company_file.decode(north)[0]
    differing = company_setup.drift(hub, hub.config, {"n.json": north.replace('"0.50"', '"0.75"')})
    assert [(one.company, one.field, one.here, one.there) for one in differing] == [
        ("main", "", hub.config.shop.name, None), ("north", "tolerance", "0.50", "0.75"),
        ("south", "", "South Ltd", None),
    ]  # fmt: skip


def test_settings_of_one_company_are_never_the_others(hub: Store) -> None:
    company_setup.onboard(hub, hub.config, NORTH, "boss")
    company_setup.onboard(hub, hub.config, NORTH | {"company_key": "south", "display_name": "South Ltd"}, "boss")
    south = company_setup.read(hub, hub.config, "south")
    company_setup.change(hub, hub.config, "north", {"tolerance": "5", "csv.prefix": "N", "bank.minutes": 5}, "boss")
    assert company_setup.read(hub, hub.config, "south") == south


def test_books_are_those_of_the_connection_where_none_were_chosen(hub: Store) -> None:
    assert run_settings.of(hub, "main").books == ""
    connections.sync(hub, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:1")])
    assert run_settings.of(hub, "main").books == "erpnext"


def test_defaults_are_those_of_the_screen_else_of_the_files(hub: Store) -> None:
    assert run_choices.effective(hub, hub.config).default_parallel == hub.config.runs.default_parallel == 2
    run_choices.choose(hub, {"default_parallel": 5, "recon_diff_warning": "2.5", "notify_start": True}, "boss")
    now = run_choices.effective(hub, hub.config)
    assert (now.default_parallel, now.recon_diff_warning, now.notify_start) == (5, "2.5", True)
    assert run_settings.of(hub, "main").notify.start, "companies go by it"
    with hub.transaction():  # as another process does: past everything that might remember
        hub.execute("UPDATE run_choice SET value = '7' WHERE name = 'default_parallel'")
    assert run_choices.effective(hub, hub.config).default_parallel == 7, "at once, no later than 30 seconds"
    assert run_choices.choose(hub, {"default_parallel": None}, "boss") == {"default_parallel": [7, None]}
    assert run_choices.effective(hub, hub.config).default_parallel == 2
    assert audited(hub, "runs.defaults")[-1] == {"default_parallel": [7, None]}
    run_choices.choose(hub, {"company": "north", "period": "30d"}, "11", who="11")
    assert run_choices.of_person(hub, "11") == run_choices.Own("north", "30d")
    assert run_choices.of_person(hub, "12") == run_choices.Own()
    assert qbo_tokens.rows(hub) == []
