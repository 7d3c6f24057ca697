"""`inventory …`: approvals switched by an owner alone, tokens in .env, the trial of the whole way, what one left."""

from __future__ import annotations

import io
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from pos import cli, config
from pos.actions import inventory as door
from pos.actions import inventory_guard as guard
from pos.cli import inventory_cleanup, inventory_smoke, inventory_tokens
from pos.errors import BadSettings, PosError
from pos.rules.inventory import Draft, Line
from pos.store import catalog, inventory, inventory_approvals, inventory_begin, inventory_places, people
from pos.store.db import Store, open_store
from pos.store.env_users import CHARS_MADE
from pos.store.inventory_places import Location


def run(root: Path, *words: str) -> int:
    return cli.main(["inventory", "--root", str(root), *words], root)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A till with an owner and a manager."""
    monkeypatch.setattr(people.PINS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with opened(tmp_path) as store:
        people.add_user(store, "9", "Cleo Marsh", "admin", "1357")
        people.add_user(store, "8", "Ben Okafor", "manager", "2468")
        inventory_begin.begin(store)
    return tmp_path


class opened:
    """The store of a folder, closed again."""

    def __init__(self, root: Path) -> None:
        self.store = open_store(config.load(root, environ={}))

    def __enter__(self) -> Store:
        return self.store

    def __exit__(self, *_: object) -> None:
        self.store.close()


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{text}\n"))


def test_approvals_go_off_by_an_owner_who_proves_it_and_says_why(folder: Path, monkeypatch: Any, capsys: Any) -> None:
    off = ("approvals", "off", "--reason", "Stocktaking", "--by")
    for code, pin in (("8", "2468"), ("9", "9999")):  # a manager; the owner's code with another PIN
        typed(monkeypatch, pin)
        with pytest.raises(PosError):
            run(folder, *off, code)
    for words in (("approvals", "off", "--by", "9"), ("approvals", "off", "--reason", "Because")):
        with pytest.raises(PosError):
            run(folder, *words)
    with opened(folder) as store:
        assert guard.switch(store, "main").on
    typed(monkeypatch, "1357")
    assert run(folder, *off, "9") == cli.OK
    assert "Approvals are OFF, by 9" in capsys.readouterr().out
    typed(monkeypatch, "1357")
    assert run(folder, "approvals", "on", "--reason", "Done", "--by", "9") == cli.OK
    rows = [("9", '{"company": "main", "on": false, "reason": "Stocktaking"}'), ("9", '{"company": "main", "on": true')]
    with opened(folder) as store:
        found = store.execute("SELECT actor, detail FROM audit WHERE act = 'inventory.approvals' ORDER BY n").fetchall()
        assert [(a, d[: len(rows[at][1])]) for at, (a, d) in enumerate(found)] == rows


def test_tokens_are_made_kept_and_rotated(folder: Path, capsys: Any) -> None:
    file = folder / ".env"
    file.write_text("# mine\nERPNEXT_URL=https://erp.example\n", encoding="utf-8")
    assert run(folder, "tokens", "generate") == cli.OK
    own = config.load(folder, environ={}).inventory
    assert len(own.write_token) == len(own.admin_token) == CHARS_MADE
    assert own.write_token != own.admin_token and own.write_token.isalnum()
    assert file.read_text(encoding="utf-8").startswith("# mine\nERPNEXT_URL=https://erp.example\nINVENTORY_")
    assert "INVENTORY_APPROVAL_QTY_THRESHOLD=25" in file.read_text(encoding="utf-8")
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = capsys.readouterr().out
    assert own.write_token not in told and own.admin_token not in told
    with pytest.raises(PosError):
        run(folder, "tokens", "generate")
    assert run(folder, "tokens", "rotate", "--only", "write") == cli.OK
    after = config.load(folder, environ={}).inventory
    assert after.admin_token == own.admin_token and after.write_token != own.write_token
    assert file.read_text(encoding="utf-8").count("INVENTORY_WRITE_TOKEN=") == 1
    with opened(folder) as store:
        told = " ".join(row[0] for row in store.execute("SELECT detail FROM audit"))
        assert "INVENTORY_WRITE_TOKEN" in told and after.write_token not in told


@pytest.mark.parametrize("name", ["INVENTORY_APPROVAL_QTY_THRESHOLD", "TILLKEEP_INVENTORY_APPROVAL_VALUE_THRESHOLD"])
@pytest.mark.parametrize("value", ["x", "-1", "1e9", "NaN", "0.0", "٢٥"])
def test_a_threshold_that_is_none_keeps_the_till_from_starting(tmp_path: Path, name: str, value: str) -> None:
    """A typing mistake must not mean that nothing needs a second person."""
    around = {name: value}
    if value == "0.0" and "VALUE" in name:  # not by value: a shop's own choice
        assert config.load(tmp_path, environ=around).inventory.approval_value_threshold == value
        return
    with pytest.raises(BadSettings, match="approval_"):
        config.load(tmp_path, environ=around)


@pytest.mark.parametrize("day", ["20260930", "2026-W40-3", "30.9.2026"])
def test_a_day_that_sorts_otherwise_closes_no_period(tmp_path: Path, day: str) -> None:
    with pytest.raises(BadSettings, match="closed_until"):
        config.load(tmp_path, environ={"TILLKEEP_INVENTORY_CLOSED_UNTIL": day})


def test_lines_of_people_in_env_stay() -> None:
    lines = ["A=1", "  export B = 2", "# B=3", "B=4", ""]
    assert inventory_tokens.with_values(lines, {"B": "x", "C": "y"}) == ["A=1", "B=x", "# B=3", "", "C=y"]


def test_the_trial_passes_and_touches_no_folder(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(tmp_path, "smoke", "--quiet") == cli.OK
    assert capsys.readouterr().out.split() == [inventory_smoke.API_PASS, inventory_smoke.BATCH4_PASS]
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(inventory_smoke, "of_approvals", lambda trial: trial.step("x", "nobody", "health", None, 200))
    assert run(tmp_path, "smoke", "--quiet") == cli.FAILED
    said = capsys.readouterr().out
    assert inventory_smoke.BATCH4_PASS not in said and "FAIL x: 401 in place of 200" in said


def test_what_a_trial_left_is_put_away_and_nothing_is_deleted(
    folder: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = inventory_cleanup.Operator("cli:ann")
    with opened(folder) as store:
        rows = [{"code": code, "name": code, "item_group": "X", "tax_code": ""} for code in ("SMOKE-SKU-1", "MUG")]
        catalog.put_items(store, rows, "test")
        for code in ("SMOKE_A", "SMOKE_B"):
            inventory_places.put_location(store, Location(code, "main", code), "cli")
        for at, (item, place) in enumerate((("SMOKE-SKU-1", "SMOKE_A"), ("MUG", "SMOKE_B"))):
            _asked(store, f"e{at}", Line(item, 5_000, destination=place), who)
        _asked(store, "waits", Line("SMOKE-SKU-1", 50_000, destination="SMOKE_A"), who)
    assert run(folder, "cleanup", "--dry-run") == cli.OK
    assert "SMOKE-SKU-1 at SMOKE_A: 5" in capsys.readouterr().out
    monkeypatch.setattr("pos.cli.opened.operator", lambda: "cli:ben")
    assert run(folder, "cleanup") == cli.FAILED  # there are goods of the shop at one of its places
    told = capsys.readouterr().out
    assert "The event e0 is voided." in told and "The place SMOKE_B stays" in told
    with opened(folder) as store:
        assert inventory_approvals.one(store, "waits").state == "rejected"
        assert inventory.levels(store, "main", ["SMOKE-SKU-1", "MUG"]) == {
            ("SMOKE-SKU-1", "SMOKE_A"): 0,
            ("MUG", "SMOKE_B"): 5000,
        }
        assert store.execute("SELECT count(*) FROM inventory_event").fetchone() == (2,)
        assert store.execute("SELECT disabled FROM item WHERE code = 'SMOKE-SKU-1'").fetchone()[0]
        assert [one.code for one in inventory_places.locations(store, active=True)] == ["SMOKE_B", "Stores - TS"]


def _asked(store: Store, key: str, line: Line, who: door.Who) -> None:
    day = inventory.today(store, "main", inventory.clock.now())
    door.ask(store, store.config, Draft(key, "main", "adjustment", day, (line,)), who, via="cli")
