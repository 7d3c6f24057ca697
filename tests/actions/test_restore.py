"""A restored till: everything is there, nothing is given out twice, and what was newer comes back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos import config as settings
from pos.actions import backup, reports, restore, shift, snapshots
from pos.actions.restore import Wanted
from pos.errors import BadSettings, Conflict, NotFound
from pos.rules import zread
from pos.store import archive, audit, entries, held, identity, people, rebuild, shifts, tally
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Outbox
from tests import books, stocked
from tests.actions import drawer
from tests.copied import Till, bring_back, ok, reopened, tree
from tests.receipts import refund, sale


def test_all_of_it_comes_back_and_the_till_sells_under_a_new_id(lost: Till, tmp_path: Path):
    sold = lost.sell(5)
    lost.snapshot()
    newer = lost.sell(3)
    lost.copy()
    missing = lost.sell(1)
    new = tmp_path / "new"
    done = bring_back(lost, new)
    assert done.restored.merged == 3 and not done.silent and not done.restored.notices
    config = settings.load(new, {})
    assert (config.till.id, config.till.succeeds) == (done.restored.till, "T1")
    assert config.till.id.startswith("T1R") and config.shop.name == "Corner Shop"
    assert "; who we are" in (new / "config.ini").read_text(), "every other line is as it was"
    wanted = {p: b for p, b in tree(lost.config.invoices).items() if missing[0]["invoice_name"] not in p}
    assert tree(config.invoices) == wanted
    with reopened(new) as (store, journal):
        assert journal.recovered.notices == [] and journal.recovered.adopted == []
        first = journal.commit(sale()).doc
        assert first["invoice_name"] == f"{config.till.id}-000001"
        assert first["sequence"] == 1, "its own numbers"
        back = journal.commit(refund(newer[-1])).doc
        assert back["items"][0]["return_against"]["id"] == newer[-1]["id"], "what was taken in is found"
        assert tally.counts(store).saved == 5 + 3 + 2
        assert [row[0] for row in store.execute("SELECT act FROM audit WHERE act = 'restore'")] == ["restore"]
        assert audit.verify_chain(store)[1] == ""
    ok(config)
    assert sold[0]["id"] != first["id"]
    assert not list(new.glob(".restore*")) and not identity.unfinished(new).exists()


def test_no_number_of_before_is_ever_given_out_again(lost: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lost.sell(2)
    lost.snapshot()
    new = tmp_path / "new"
    bring_back(lost, new)
    monkeypatch.setenv("TILLKEEP_TILL_ID", "T1")
    with pytest.raises(BadSettings, match="given out twice"):
        settings.load(new)
    monkeypatch.setenv("TILLKEEP_TILL_SUCCEEDS", "")
    config = settings.load(new)
    store = open_store(config)
    with pytest.raises(BadSettings, match="given out twice"):
        Journal(store)
    store.close()


def test_a_database_taken_out_of_a_snapshot_by_hand_sells_nothing(lost: Till, tmp_path: Path):
    lost.sell(2)
    lost.snapshot()
    new = tmp_path / "new"
    new.mkdir()
    with archive.opened(lost.newest, None, tmp_path) as plain:
        archive.unpack(plain, new, lambda _d, _t: None)
    store = open_store(settings.load(new, {}))
    with pytest.raises(BadSettings, match="use `pos_server"):
        Journal(store)
    store.close()


def test_what_may_have_gone_out_is_asked_for_before_anything_is_posted(lost: Till, tmp_path: Path):
    books.connected(lost.store)
    ids = [doc["id"] for doc in lost.sell(5)]
    for key, state in zip(ids, ("queued", "sending", "rejected", "booked", "sent"), strict=True):
        Outbox.update(state=state, owner="server:1").where(Outbox.document == key).execute()
    lost.snapshot()
    newer = lost.sell(1)[0]["id"]
    lost.copy()
    new = tmp_path / "new"
    done = bring_back(lost, new)
    assert done.restored.asked_again == 3
    with reopened(new) as (store, _journal):
        rows = {d: (state, owner) for d, state, owner in store.execute("SELECT document, state, owner FROM outbox")}
        states = ("unknown", "unknown", "unknown", "booked", "sent")
        assert [rows[key][0] for key in ids] == list(states)
        assert rows[newer][0] == "unknown"
        assert {owner for state, owner in rows.values() if state != "booked"} == {""}


def test_stock_goes_on_where_it_stood_and_quickbooks_desktop_is_asked_first(lost: Till, tmp_path: Path):
    time = books.Time()
    made = stocked.furnished(lost.store, time)
    names, kept = lost.store.database.get_tables(), stocked.levels(lost.store)
    rows = stocked.counted(lost.store, names)
    ok(lost.config)
    lost.snapshot()
    new = tmp_path / "new"
    bring_back(lost, new)
    config = settings.load(new, {})
    ok(config)
    with reopened(new) as (store, _journal):
        assert (stocked.counted(store, names), stocked.levels(store)) == (rows, kept)
        assert stocked.handed_again(store, made["ticket"], time) is None, "no session of before goes on"
        stocked.goes_on(store, made, time)
        open_work = store.execute("SELECT source, state, probing FROM qbd_work WHERE state = 'unknown' ORDER BY n")
        assert open_work.fetchall()[:2] == [(made["doubtful"], "unknown", 1), (made["waits"], "unknown", 1)]
        assert audit.verify_chain(store)[1] == ""
    ok(config)


def test_held_baskets_people_and_slips(lost: Till, tmp_path: Path):
    people.add_user(lost.store, "7", "Ann", "manager", "482916")
    secret, _who = people.sign_in(lost.store, "7", "482916", "")
    lost.sell()
    for key in ("b1", "b2"):
        held.put(lost.store, key, "{}", title=key, lines=1, total="1.00", by="7", name="Ann")
    lost.store.execute(
        "INSERT INTO print_job (id, document, number, template, part, body, copy, cause, by_code, by_name, device,"
        " state, sure, confirmed, reason, tries, made_at, next_at, until, sent_at, done_at) VALUES"
        " ('j1', 'd', 'n', 'receipt', '', '', 0, 'auto', '', '', '', 'waiting', 1, 0, '', 0, '', '', '', '', '')"
    )
    lost.snapshot()
    held.resume(lost.store, "b1", "act", "7")
    lost.journal.commit(sale(id="b1"))
    lost.copy()
    new = tmp_path / "new"
    bring_back(lost, new)
    with reopened(new) as (store, _journal):
        assert people.find_sign_in(store, secret) is None, "whoever was signed in signs in again"
        assert people.sign_in(store, "7", "482916", "")[1].name == "Ann"
        assert store.execute("SELECT state FROM print_job").fetchall() == [("failed",)], "nothing is printed twice"
        with pytest.raises(held.Taken, match="paid already"):
            held.resume(store, "b1", "again", "7")
        assert held.resume(store, "b2", "again", "7").state == "resumed"


# -- the session that was open ---------------------------------------------------------------------------------------


def open_shop(lost: Till) -> None:
    """A session with a float of 100.00 and three sales of 12.20."""
    drawer.start(lost)  # type: ignore[arg-type]
    lost.sell(3)


def seller(store: Store, journal: Journal) -> drawer.Till:
    return drawer.Till(store.config, store, journal)


def test_the_session_of_before_is_counted_and_closed_first(lost: Till, tmp_path: Path):
    open_shop(lost)
    lost.snapshot()
    lost.sell(1)
    lost.copy()
    new = tmp_path / "new"
    assert bring_back(lost, new).restored.session == "T1-S000001"
    with reopened(new) as (store, journal):
        till = seller(store, journal)
        view = reports.state(till, drawer.MANAGER)
        assert (view["open"], view["session"]["id"]) == (True, "T1-S000001")
        x = reports.x_read(till, drawer.MANAGER)
        assert (x["z"]["session"], str(x["z"]["cash"]["expected"])) == ("T1-S000001", "148.80")
        z = drawer.finish(till, "148.80").doc
        assert (z["z"]["session"], z["session"], z["till"], z["sequence"]) == (
            "T1-S000001", "", store.config.till.id, 1,
        )  # fmt: skip
        assert (z["z"]["number"], z["z"]["documents"], str(z["z"]["total"])) == (1, 5, "48.80")
        again = zread.report(shifts.counted_facts(store, z), zread.given_of(z["z"], "GBP"))
        assert again == z["z"], "anybody can add it up again"
        assert not shifts.left_open(store)
        assert reports.z_read(store, "1")["id"] == z["id"]
        drawer.start(till)
        journal.commit(sale())
        second = drawer.finish(till, "112.20").doc
        assert (second["z"]["number"], second["session"]) == (2, f"{store.config.till.id}-S000001")
        assert [row["name"] for row in reports.zreads(store, store.config)] == ["Z0002", "Z0001"]
        day = date.fromisoformat(z["business_day"])
        assert str(reports.day_figures(store, day, day)["total"]) == "61.00", "a day's figures are those of both ids"
    ok(settings.load(new, {}))


def test_sold_before_it_was_closed_it_is_closed_after_the_next(lost: Till, tmp_path: Path):
    open_shop(lost)
    lost.snapshot()
    new = tmp_path / "new"
    bring_back(lost, new)
    with reopened(new) as (store, journal):
        till = seller(store, journal)
        counted = drawer.tally(till, "136.60")
        journal.commit(sale())
        z = shift.close(till, {"id": clock.uuid7(), "count": counted.count.id}, drawer.MANAGER).doc
        assert z["z"]["session"] == "T1-S000001", "it was counted, and nothing of it moved since"
        mine = drawer.finish(till, "12.20").doc
        assert mine["z"]["session"] == f"{store.config.till.id}-S000001"
        with pytest.raises(Conflict, match="already closed"):
            shift.close(till, {"id": clock.uuid7(), "count": counted.count.id}, drawer.MANAGER)
    ok(settings.load(new, {}))


def test_what_comes_in_after_it_was_closed_is_named_by_the_next_z(lost: Till, tmp_path: Path):
    open_shop(lost)
    lost.snapshot()
    late = lost.sell(1)[0]
    lost.copy()
    new = tmp_path / "new"
    bring_back(lost, new, newer=[])
    with reopened(new) as (store, journal):
        till = seller(store, journal)
        drawer.finish(till, "136.60")
        path = next(lost.receipts.rglob(f"{late['invoice_name']}.json"))
        journal.adopt(path.read_bytes(), "replay", "test")
        drawer.start(till)
        z = drawer.finish(till, "100.00").doc
        assert [x["number"] for x in z["z"]["late"]] == [late["invoice_name"]]
    ok(settings.load(new, {}))


def test_a_rebuild_of_a_restored_till_comes_to_the_same(lost: Till, tmp_path: Path):
    open_shop(lost)
    lost.snapshot()
    lost.sell(1)
    lost.copy()
    new = tmp_path / "new"
    bring_back(lost, new)
    with reopened(new) as (store, journal):
        drawer.finish(seller(store, journal), "148.80")
        journal.commit(sale())
        asked = "SELECT * FROM session ORDER BY id"
        before = store.execute(asked).fetchall()
    config = settings.load(new, {})
    assert rebuild.rebuild(config).left_alone == []
    with reopened(new) as (store, _journal):
        assert store.execute(asked).fetchall() == before
    ok(config)


def test_a_restored_till_that_is_lost_as_well_is_restored_again(lost: Till, tmp_path: Path):
    open_shop(lost)
    lost.snapshot()
    new = tmp_path / "new"
    first = bring_back(lost, new).restored.till
    with reopened(new) as (store, journal):
        journal.commit(sale())
        memory: dict[str, Any] = {}
        assert backup.copy(store, store.config, memory).receipts == 5, "all of them, under its own id"
        snapshots.take(store, store.config, "person", "test")
    file = next((lost.stick / first / "snapshots").iterdir())
    third = tmp_path / "third"
    done = restore.run(third, Wanted(file), "test")
    config = settings.load(third, {})
    assert config.till.ids == (done.restored.till, "T1", first)
    assert len(set(config.till.ids)) == 3
    with reopened(third) as (store, _journal):
        assert [s.id for s in shifts.left_open(store)] == ["T1-S000001", f"{first}-S000001"]
    ok(config)


# -- what is newer ---------------------------------------------------------------------------------------------------


def test_a_place_that_does_not_answer_is_said_and_the_rest_is_taken_in_later(lost: Till, tmp_path: Path):
    lost.sell(2)
    lost.snapshot()
    lost.sell(2)
    lost.copy()
    file = tmp_path / lost.newest.name
    file.write_bytes(lost.newest.read_bytes())
    away = lost.stick.rename(tmp_path / "away")
    new = tmp_path / "new"
    done = restore.run(new, Wanted(file), "test")
    assert done.restored.merged == 0 and "Plug its disk in" in done.silent[0]
    away.rename(lost.stick)
    with reopened(new) as (store, journal):
        journal.commit(sale())
        for path in sorted(lost.receipts.rglob("*.json")):
            journal.adopt(path.read_bytes(), "replay", "test")
        assert tally.counts(store).saved == 5
    ok(settings.load(new, {}))


def test_a_folder_of_receipts_that_was_saved_is_taken_in(lost: Till, tmp_path: Path):
    lost.sell(2)
    lost.snapshot()
    lost.sell(4)
    lost.journal.flush()
    new = tmp_path / "new"
    done = bring_back(lost, new, newer=[str(lost.config.invoices)])
    assert done.restored.merged == 4
    ok(settings.load(new, {}))
    with pytest.raises(NotFound, match="no folder"):
        bring_back(lost, tmp_path / "other", newer=["/not/there"])


def test_what_is_no_receipt_at_the_place_is_left_alone_and_said(lost: Till, tmp_path: Path):
    lost.sell(2)
    lost.snapshot()
    newer = lost.sell(2)
    lost.copy()
    day = lost.receipts / newer[0]["business_day"]
    (day / "T1-000009.json").write_text("{}")
    (day / ".hidden.json").write_text("{}")
    (day / "notes.txt").write_text("x")
    changed = day / f"{newer[1]['invoice_name']}.json"
    doc = json.loads(changed.read_text())
    changed.write_text(json.dumps({**doc, "note": "changed"}))
    new = tmp_path / "new"
    done = bring_back(lost, new)
    assert done.restored.merged == 1
    assert len(done.restored.notices) == 2, done.restored.notices
    with reopened(new) as (store, _journal):
        assert entries.last(store, "T1", "till", "").sequence == 3


def test_a_database_kept_elsewhere_lies_in_its_usual_place_again(lost: Till, tmp_path: Path):
    text = (lost.config.root / "config.ini").read_text()
    (lost.config.root / "config.ini").write_text(f"{text}[storage]\nurl = sqlite:////somewhere/else.db\n")
    lost.sell()
    lost.snapshot()
    new = tmp_path / "new"
    bring_back(lost, new)
    with reopened(new) as (store, _journal):
        assert store.path == new / "data" / "till.db"


def test_settings_that_lay_there_are_kept_beside(lost: Till, tmp_path: Path):
    lost.sell()
    lost.snapshot()
    new = tmp_path / "new"
    new.mkdir()
    (new / "config.ini").write_text("[shop]\nname = Unpacked\n")
    bring_back(lost, new)
    kept = list(new.glob("config.ini.before-restore-*"))
    assert len(kept) == 1 and "Unpacked" in kept[0].read_text()
    assert settings.load(new, {}).shop.name == "Corner Shop"
