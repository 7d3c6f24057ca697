"""`inventory parity`: asks, shows what came of it, writes what stands out, proposes by a person who proves it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from pos import cli, clock
from pos.errors import Invalid, PosError
from pos.rules.inventory import Draft, Line
from pos.rules.parity import DESKTOP
from pos.store import catalog, inventory, inventory_approvals, inventory_places, qbd_asks
from pos.store.inventory_places import Location
from pos.store.models import QbdCompany, QbdItem, QbdLevel, QbdSite, QbdWork
from pos.store.qbd_companies import CONNECTION
from tests.cli.test_inventory import folder, opened, run, typed
from tests.desktop_queue import SITES

__all__ = ["folder"]


def furnish(root: Path) -> None:
    """Colas here and there, one fewer there."""
    with opened(root) as store, store.transaction():
        now = clock.now()
        QbdCompany.create(
            connection=CONNECTION, company="main", username="w", owner_id="{1}", file_id="{2}", app_name="T",
            made_at=clock.stamp(now),
        )  # fmt: skip
        catalog.put_items(store, [{"code": "COLA", "name": "Cola", "item_group": "X", "tax_code": ""}], "test")
        inventory_places.put_location(store, Location("SHOP", "main", "Shop", qb_site_name=SITES["SHOP"]), "test")
        part = {"item": "COLA", "adjustment_account": "Shrinkage"}
        inventory_places.put_parts(store, "main", [part], "test")
        day = inventory.today(store, "main", now)
        line = Line("COLA", destination="SHOP", set_to=9000)
        inventory.post(store, Draft("o", "main", "opening", day, (line,)), by="test", now=now)


def answer(root: Path) -> None:
    """Their lists come in."""
    with opened(root) as store, store.transaction():
        stamp = clock.stamp(clock.now())
        QbdSite.create(connection=CONNECTION, list_id="S", full_name="Shop", seen_at=stamp)
        row = {"list_id": "I", "full_name": "COLA", "kind": "ItemInventory", "seen_at": stamp}
        QbdItem.create(connection=CONNECTION, **row)
        QbdItem.create(connection=CONNECTION, **row | {"list_id": "J", "full_name": "=cmd()"})
        QbdLevel.create(connection=CONNECTION, item="I", site="S", on_hand="8", seen_at=stamp)
        QbdWork.update(state="applied", done_at=stamp).where(QbdWork.source == qbd_asks.SOURCE).execute()


def test_it_asks_shows_writes_and_proposes(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    with pytest.raises(PosError):
        run(folder, "parity")  # no company file
    furnish(folder)
    assert run(folder, "parity") == cli.OK and "Asked" in capsys.readouterr().out
    answer(folder)
    saved = tmp_path / "found.csv"
    for _ in range(2):  # the second time the same one is shown
        assert run(folder, "parity", "--csv", str(saved)) == cli.FAILED
        assert "Comparison 1 with quickbooks_desktop" in capsys.readouterr().out
    with saved.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["item"], row["status"], row["difference"]) for row in csv.DictReader(file)]
    assert rows == [("'=cmd()", "missing", ""), ("COLA", "needs_adjustment", "1")]
    with pytest.raises(Invalid, match="--max"):
        run(folder, "parity", "--propose", "--by", "9")
    with pytest.raises(Invalid, match="--by"):
        run(folder, "parity", "--propose", "--max", "5")
    typed(monkeypatch, "2468")
    with pytest.raises(PosError):
        run(folder, "parity", "--propose", "--max", "5", "--by", "8")  # a manager may not
    typed(monkeypatch, "1357")
    assert run(folder, "parity", "--propose", "--max", "5", "--by", "9") == cli.OK
    assert "1 asked for, 0 left out" in capsys.readouterr().out
    with opened(folder) as store:
        (made,) = inventory_approvals.listed(store, "main", kind="quantity_fix")
        assert (made.state, made.asked_by, made.payload["side"]) == ("pending", "9", DESKTOP)
