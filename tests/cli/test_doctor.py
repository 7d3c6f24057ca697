"""doctor: nothing fails in a fresh shop, each illness is named with its remedy, and nothing is changed by looking."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pos import clock, config
from pos.actions import checks_data, checks_machine, doctor
from pos.actions.finding import Finding, Look, Serving
from pos.app import App, create_app
from pos.store import connections, disk, examine, medium, notices
from pos.store.db import open_store
from tests.till_process import Till
from tests.web.conftest import Page, _cheap_pins, basket, stock_shop  # noqa: F401 - fixtures

Basket = Callable[..., dict[str, Any]]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """On a disk: of a till in memory the doctor rightly says that a power cut takes everything."""
    with tempfile.TemporaryDirectory(prefix="tillkeep-doctor-") as folder:
        yield Path(folder)


@pytest.fixture
def root(shop: config.Config, basket: Basket) -> Path:  # noqa: F811
    """A till that sold three mugs and was stopped."""
    app = create_app(shop)
    stock_shop(app)
    anna = Page(app).sign_in("7")
    for _ in range(3):
        assert anna.post("/api/create-sale", basket()).status_code == 201
    app.stop()
    return shop.root


@pytest.fixture
def app(root: Path, shop: config.Config) -> Iterator[App]:
    """The same till, open."""
    opened = create_app(shop)
    yield opened
    opened.stop()


def found(root: Path, name: str) -> Finding:
    """What the doctor says of one thing; the worst when it says more."""
    mine = [one for one in doctor.examine_folder(root) if one.name == name]
    assert mine, f"nothing is said of {name}"
    return max(mine, key=lambda one: doctor.RANK[one.state])


def look_at(opened: App, check: doctor.Check, **changes: Any) -> list[Finding]:
    """One check on an open till."""
    look = Look(opened.config, clock.now(), opened.store, **changes)
    return doctor.run(look, [("it", check)])


def contents(root: Path) -> dict[str, tuple[int, int]]:
    return {str(p.relative_to(root)): (p.stat().st_size, p.stat().st_mtime_ns) for p in sorted(root.rglob("*"))}


# -- a healthy shop ----------------------------------------------------------------------------------------------------


def test_a_fresh_demo_shop_is_well_while_it_runs_and_after(tmp_path: Path) -> None:
    with Till(tmp_path / "shop", "--demo", env={"TILLKEEP_SERVER_PORT": "5797"}) as till:
        running = till.command("doctor", "--json")
        view = json.loads(running.stdout)
        states = {one["name"]: one["state"] for one in view["checks"]}
        assert (running.returncode, view["ok"]) == (0, True), running.stdout
        assert {states[name] for name in ("printer", "copies", "erpnext")} == {"not_set_up"}
        assert f"port {till.port}" in next(one["sentence"] for one in view["checks"] if one["name"] == "port")
    before = contents(tmp_path / "shop")
    stopped = till.command("doctor")
    assert stopped.returncode == 0, stopped.stdout
    assert "FAILS" not in stopped.stdout
    assert contents(tmp_path / "shop") == before, "looking changes nothing"


def test_an_empty_folder_is_not_set_up_and_not_failed(tmp_path: Path) -> None:
    all_of_it = doctor.examine_folder(tmp_path)
    assert [one for one in all_of_it if one.state in ("warn", "fail")] == []
    assert list(tmp_path.iterdir()) == []


def test_each_check_of_a_shop_that_sold_says_something(root: Path) -> None:
    names = {one.name for one in doctor.examine_folder(root)}
    assert names >= {
        "settings", "program", "folders", "disk", "flushes", "port", "database", "chain", "clock", "people", "session",
        "notices", "agents", "printer", "copies", "erpnext",
    }  # fmt: skip
    chain = found(root, "chain")
    assert (chain.state, chain.facts["documents"], chain.facts["looked_at"]) == ("ok", 3, 3)


def test_whatever_is_wrong_comes_with_a_remedy_and_no_secret_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERPNEXT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ERPNEXT_API_KEY", "planted-key-4711")
    monkeypatch.setenv("ERPNEXT_API_SECRET", "planted-secret-0815")
    (root / "invoices").rename(root / "elsewhere")
    all_of_it = doctor.examine_folder(root)
    assert doctor.worst(all_of_it) == "fail"
    assert [one for one in all_of_it if one.state in ("warn", "fail") and not one.remedy] == []
    assert "planted" not in repr(all_of_it)


# -- settings, program, folders, disk ----------------------------------------------------------------------------------


def test_a_wrong_setting_is_the_one_thing_said(root: Path) -> None:
    (root / "config.ini").write_text("[shop]\nnaem = x\n")
    all_of_it = doctor.examine_folder(root)
    assert [(one.name, one.state) for one in all_of_it] == [("settings", "fail")]
    assert "naem" in all_of_it[0].sentence


def test_a_library_of_another_version_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = checks_machine.metadata.version
    monkeypatch.setattr(checks_machine.metadata, "version", lambda name: "0.1" if name == "flask" else real(name))
    program = found(root, "program")
    assert program.state == "warn"
    assert "flask 0.1 (wanted" in program.sentence


def test_a_folder_this_user_may_not_write_in_fails(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: "till.db" not in str(path) and real(path, mode))
    folders = found(root, "folders")
    assert folders.state == "fail"
    assert "till.db" in folders.sentence


@pytest.mark.skipif(os.name == "nt", reason="rights of a file are kept elsewhere there")
def test_a_key_that_others_may_read_is_told(root: Path) -> None:
    (root / "data" / "secret.key").chmod(0o644)
    assert found(root, "folders").remedy == f"chmod 600 {root / 'data' / 'secret.key'}"


def test_too_little_room_fails(root: Path) -> None:
    (root / "config.ini").write_text("[storage]\ndisk_free_mb_min = 999999999\n")
    assert found(root, "disk").state == "fail"


@pytest.mark.parametrize(
    ("kind", "options", "state"),
    [("nfs4", "rw", "fail"), ("tmpfs", "rw", "fail"), ("ext4", "nobarrier", "fail"), ("ext4", "rw", "ok")],
)
def test_a_database_needs_a_disk_of_this_machine(
    root: Path, monkeypatch: pytest.MonkeyPatch, kind: str, options: str, state: str
) -> None:
    monkeypatch.setattr(medium, "mount_of", lambda _folder: medium.Mount(kind, frozenset({options}), "/"))
    assert found(root, "disk").state == state


@pytest.mark.parametrize(
    ("middle", "platters", "state"),
    [
        (0.000_001, None, "warn"),  # a call that does nothing
        (0.000_02, False, "ok"),  # a drive with a capacitor
        (0.0005, True, "warn"),  # no platter turns that fast
        (0.008, True, "ok"),
        (0.0005, None, "ok"),
        (0.2, None, "warn"),  # true, but people wait
    ],
)
def test_a_flush_no_disk_can_do_is_not_believed(
    root: Path, monkeypatch: pytest.MonkeyPatch, middle: float, platters: bool | None, state: str
) -> None:
    monkeypatch.setattr(medium, "flushes", lambda _folder: medium.Flushes(middle, middle * 2, platters))
    assert found(root, "flushes").state == state


# -- port and printer --------------------------------------------------------------------------------------------------


def test_a_port_somebody_else_has_fails_and_the_next_one_is_offered(root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (root / "config.ini").write_text(f"[server]\nport = {port}\n")
        told = found(root, "port")
    assert told.state == "fail"
    assert str(port + 1) in told.remedy


def test_an_address_of_another_machine_cannot_be_served(root: Path) -> None:
    (root / "config.ini").write_text("[server]\nhost = 192.0.2.1\n")
    assert found(root, "port").state == "fail"


def test_a_printer_is_looked_for_and_never_printed_on(root: Path) -> None:
    with socket.socket() as printer:
        printer.bind(("127.0.0.1", 0))
        printer.listen()
        printer.settimeout(5)
        url = f"tcp://127.0.0.1:{printer.getsockname()[1]}"
        (root / "config.ini").write_text(f"[printer]\nurl = {url}\n")
        assert found(root, "printer").state == "ok"
        line, _ = printer.accept()
        with line:
            assert line.recv(100) == b"", "not one byte"
    assert found(root, "printer").state == "fail"
    (root / "config.ini").write_text(f"[printer]\nurl = file://{(root / 'none' / 'lp0').as_posix()}\n")
    assert found(root, "printer").state == "fail"


# -- database and chain ------------------------------------------------------------------------------------------------


def damage(root: Path, sql: str) -> None:
    store = open_store(config.load(root, environ={}))
    store.execute(sql)
    store.close()


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DELETE FROM document WHERE sequence = 2", "1 numbers of till T1 are missing"),
        ("UPDATE document SET prev_hash = hash WHERE sequence = 2", "the hash of the document before it"),
        ("UPDATE document SET body = replace(body, '4.99', '4.98') WHERE sequence = 2", "T1-000002"),
    ],
)
def test_a_broken_chain_fails_and_names_the_document(root: Path, sql: str, words: str) -> None:
    damage(root, sql)
    chain = found(root, "chain")
    assert chain.state == "fail"
    assert words in chain.sentence


def test_a_receipt_file_that_is_gone_or_was_changed_fails(root: Path) -> None:
    file = sorted((root / "invoices").rglob("*.json"))[1]
    body = file.read_bytes()
    file.write_bytes(body.replace(b"4.99", b"4.98"))
    assert "not as the database has it" in found(root, "chain").sentence
    file.unlink()
    assert "is missing" in found(root, "chain").sentence
    file.write_bytes(body)
    assert found(root, "chain").state == "ok"


@pytest.mark.parametrize(("body", "says"), [(b"", "is empty"), (b"hello" * 2000, "damaged")])
def test_a_database_that_is_none_fails_once_and_not_in_every_line(root: Path, body: bytes, says: str) -> None:
    (root / "data" / "till.db").write_bytes(body)
    told = [one for one in doctor.examine_folder(root) if one.state == "fail"]
    assert [one.name for one in told] == ["database"]
    assert says in told[0].sentence and "restore" in told[0].remedy


@pytest.mark.skipif(os.name == "nt", reason="rights of a file are kept elsewhere there")
def test_what_anybody_may_write_is_named(root: Path) -> None:
    (root / "data" / "till.db").chmod(0o666)
    assert found(root, "folders").remedy == f"chmod o-w {root / 'data' / 'till.db'}"


def test_a_damaged_database_file_fails_in_words(root: Path) -> None:
    path = root / "data" / "till.db"
    body = bytearray(path.read_bytes())
    body[4096 * 3 : 4096 * 12] = b"\xff" * (4096 * 9)
    path.write_bytes(body)
    told = [one for one in doctor.examine_folder(root) if one.state == "fail"]
    assert told
    assert all(one.remedy for one in told)
    path.write_bytes(b"no database at all" * 1000)
    assert "database" in {one.name for one in doctor.examine_folder(root) if one.state == "fail"}


def test_tables_of_a_newer_program_are_not_touched(root: Path) -> None:
    damage(root, "INSERT INTO schema_version VALUES (9999, '9999_later', '')")
    assert "newer Tillkeep" in found(root, "database").sentence


# -- clock, people, session, notices, agents, copies -------------------------------------------------------------------


def test_a_clock_behind_its_own_receipts_fails(root: Path) -> None:
    with clock.set_to(clock.now() - timedelta(hours=1)):
        told = found(root, "clock")
    assert (told.state, told.facts["behind_seconds"]) == ("fail", pytest.approx(3600, abs=60))


def test_a_clock_that_ran_back_between_two_receipts_is_named(root: Path) -> None:
    damage(root, "UPDATE document SET created_at = '2020-01-01T00:00:00.000000Z' WHERE sequence = 2")
    told = found(root, "clock")
    assert (told.state, told.facts["number"]) == ("warn", "T1-000002")


def test_nobody_who_can_sign_in_and_nobody_who_manages(app: App) -> None:
    app.store.execute("UPDATE user SET role = 'cashier'")
    assert look_at(app, checks_data.people)[0].state == "warn"
    app.store.execute("UPDATE user SET active = 0")
    assert look_at(app, checks_data.people)[0].state == "not_set_up"


def test_a_session_open_for_days_and_a_notice_for_a_person_are_said(app: App) -> None:
    app.store.execute("UPDATE session SET opened_at = '2026-01-01T08:00:00.000000Z'")
    assert look_at(app, checks_data.session)[0].state == "warn"
    notices.raise_notice(app.store, "x", "needs", "The disk is nearly full.", "Make room.")
    (told,) = look_at(app, checks_data.open_notices)
    assert (told.state, told.remedy) == ("warn", "Make room.")


def test_agents_that_fail_are_late_or_paused(app: App) -> None:
    serving = Serving("127.0.0.1", 5000, 1)
    assert look_at(app, checks_data.agents, serving=serving)[0].state == "ok"
    app.store.execute("UPDATE agent_state SET paused = 1 WHERE agent = 'watch'")
    assert "watch" in look_at(app, checks_data.agents, serving=serving)[0].sentence
    app.store.execute("UPDATE agent_state SET paused = 0, due_at = '2026-01-01T00:00:00.000000Z'")
    assert look_at(app, checks_data.agents, serving=serving)[0].state == "warn"
    assert look_at(app, checks_data.agents)[0].state == "ok", "nobody comes round while the till is off"
    app.store.execute("UPDATE agent_state SET failures = 3 WHERE agent = 'notify'")
    (told,) = look_at(app, checks_data.agents)
    assert (told.state, told.facts["failing"]) == ("fail", ["notify"])


def test_a_copy_on_the_same_disk_is_no_safe_one_and_late_ones_fail(app: App, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    app = _with_backup(app, str(stick))
    assert look_at(app, checks_data.copies)[0].state == "warn", "no copy yet"
    app.store.execute(
        "INSERT INTO copy_place VALUES (?, 'm', 3, ?, 1, '', 0, '', '', '', ?)",
        (str(stick), clock.stamp(clock.now()), clock.stamp(clock.now())),
    )
    (told,) = look_at(app, checks_data.copies)
    assert (told.state, "own disk" in told.sentence) == ("warn", True)
    app.store.execute("UPDATE copy_place SET near = 0, copied_n = 1, failures = 4, words = 'The stick is full.'")
    (told,) = look_at(app, checks_data.copies)
    assert (told.state, told.facts["behind"]) == ("fail", 2)
    assert "The stick is full." in told.sentence


def test_a_lost_key_of_the_snapshots_is_named(app: App, tmp_path: Path) -> None:
    app = _with_backup(app, str(tmp_path))
    app.config = replace(app.config, backup=replace(app.config.backup, key_file=str(tmp_path / "lost")))
    told = look_at(app, checks_data.copies)[0]
    assert (told.state, "lost cannot be read" in told.sentence) == ("fail", True)


def _with_backup(app: App, places: str) -> App:
    app.config = replace(app.config, backup=replace(app.config.backup, places=places))
    return app


# -- the machinery -----------------------------------------------------------------------------------------------------


def test_a_check_that_breaks_says_so_and_stops_no_other(app: App) -> None:
    def broken(_: Look) -> Finding:
        raise OSError("the cable is out")

    look = Look(app.config, clock.now(), app.store)
    first, second = doctor.run(look, [("cable", broken), ("people", checks_data.people)])
    assert (first.name, first.state) == ("cable", "fail")
    assert "the cable is out" in first.sentence
    assert second.state == "ok"


def test_a_database_of_an_older_program_is_looked_at_as_far_as_it_goes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = [*examine.migrate.known(), f"{examine.migrate.newest() + 1:04}_later"]
    monkeypatch.setattr(examine.migrate, "known", lambda: every)
    all_of_it = doctor.examine_folder(root)
    assert {one.name: one.state for one in all_of_it}["database"] == "warn"
    assert "chain" not in {one.name for one in all_of_it}


def test_the_demo_shop_does_not_speak_to_real_books(app: App) -> None:
    connections.mark_demo(app.store)
    erpnext = replace(app.config.erpnext, url="https://erp.example.com", api_key="k", api_secret="s")
    look = Look(replace(app.config, erpnext=erpnext), clock.now(), app.store)
    (told,) = doctor.run(look, [check for check in doctor.CHECKS if check[0] == "erpnext"])
    assert told.state == "fail"
    assert "demo shop" in told.sentence


def test_a_folder_lock_is_only_asked_about(app: App) -> None:
    """The doctor must never take the lock a server needs."""
    assert disk.is_locked(app.store.path.with_name("server.lock"))
    with examine.store_of(app.config) as store, pytest.raises(Exception, match="readonly"):
        store.execute("UPDATE user SET name = 'x'")
