"""`import items` with what the books know, `import locations`, `import stock`: straight into the folder."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pos import cli
from pos.cli import imports
from pos.config import Config
from pos.errors import BadSettings, Invalid
from pos.store import inventory, inventory_places, stock
from pos.store.db import Store, open_store
from pos.store.models import Movement
from pos.store.rehearsal import rehearsal

pytestmark = pytest.mark.sqlite

HERE = "Stores - TS"
GOODS = (
    "Sku,Title,Category,Type,Asset Account,Cost\n"
    "TEA,Tea,Drinks,Inventory Part,Stock,1.20\n"
    "POT,Pot,Drinks,Inventory Part,Stock,4\n"
    "SET,Tea set,Drinks,Inventory Assembly,Stock,\n"
    "BAD,Bad,Drinks,Inventory Part,Stock,four\n"
    "TEA,Tea again,Drinks,Inventory Part,Stock,1.30\n"
)
PLACES = "code,Display Name,virtual,qbSiteFullName\nBack,The back room,,Back site\nScrap,Scrapped,yes,\n"


@pytest.fixture
def bring(shop: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def run(kind: str, text: str, *words: str) -> tuple[int, str]:
        file = tmp_path / f"{kind}.csv"
        file.write_text(text, encoding="utf-8")
        parser = imports.argparse.ArgumentParser()
        imports.arguments(parser)
        code = imports.run(parser.parse_args([kind, str(file), *words]), shop.root)
        return code, capsys.readouterr().out

    return run


def seen(shop: Config, look: Callable[[Store], object]) -> object:
    store = open_store(shop)
    try:
        return look(store)
    finally:
        store.close()


def refused(tmp_path: Path, kind: str) -> list[tuple[str, str]]:
    with (tmp_path / f"{kind}.rejected.csv").open(encoding="utf-8-sig", newline="") as rejects:
        return [(row["line"], row["reason"]) for row in csv.DictReader(rejects)]


def levels(store: Store) -> dict[tuple[str, str], int]:
    return {(code, place): qty for place in (HERE, "Back", "Scrap")
            for code, qty in stock.stock_of(store, ["TEA", "POT", "SET"], place).items()}  # fmt: skip


Bring = Callable[..., tuple[int, str]]


def test_a_master_list_goes_in_by_sku_and_again_changes_nothing(shop: Config, bring: Bring, tmp_path: Path) -> None:
    assert "5 rows, 3 new, 0 changed, 2 refused. Nothing was changed" in bring("items", GOODS, "--dry-run")[1]
    assert seen(shop, lambda store: inventory_places.parts(store, "main", ["TEA"])) == {}
    code, out = bring("items", GOODS)
    assert (code, "5 rows, 3 new, 0 changed, 2 refused" in out) == (cli.FAILED, True)
    assert refused(tmp_path, "items") == [
        ("5", "cost is 'four'; it must be a number like 12.50."),
        ("6", "the code TEA stands further up already"),
    ]
    assert "5 rows, 0 new, 0 changed, 2 refused" in bring("items", GOODS)[1]
    tea = seen(shop, lambda store: inventory_places.parts(store, "main", ["TEA"])["TEA"])
    assert (tea.asset_account, tea.cost, tea.qb_type) == ("Stock", "1.2", "ItemInventory")  # type: ignore[attr-defined]
    _, out = bring("items", "Sku,Cost\nTEA,1.5\nMUG,2\n")
    assert "2 rows, 0 new, 1 changed, 1 refused" in out
    assert refused(tmp_path, "items") == [("3", "name and group are missing, and the item is new.")]
    tea = seen(shop, lambda store: inventory_places.parts(store, "main", ["TEA"])["TEA"])
    assert (tea.asset_account, tea.cost) == ("Stock", "1.5")  # type: ignore[attr-defined]


def test_places_and_opening_stock_go_in_once(shop: Config, bring: Bring, tmp_path: Path) -> None:
    bring("items", GOODS)
    assert "2 rows, 2 new, 0 changed, 0 refused" in bring("locations", PLACES)[1]
    assert "2 rows, 0 new, 0 changed, 0 refused" in bring("locations", PLACES, "--company", shop.shop.name)[1]
    assert "1 rows, 0 new, 1 changed, 0 refused" in bring("locations", "code,active\nBack,no\n")[1]
    bring("locations", "code,active\nBack,yes\n")

    rows = ("TEA,,10", "TEA,Back,4.5", "TEA,Back,5", "POT,Back,2", "SET,,3", "POT,Nowhere,1", "MUG,,1", "POT,Scrap,-1")
    text = "\n".join(("Sku,Location,Quantity", *rows))
    code, out = bring("stock", text, "--zero-fill", "--dry-run")
    assert seen(shop, levels) == {}
    code, out = bring("stock", text, "--zero-fill")
    assert (code, "8 rows, 3 new, 0 changed, 5 refused" in out) == (cli.FAILED, True)
    assert refused(tmp_path, "stock") == [
        ("4", "the code TEA at Back stands further up already"),
        ("6", "SET is an assembly: its stock is what was built of it."),
        ("7", "There is no place Nowhere."),
        ("8", "There is no item MUG."),
        ("9", "quantity is below nothing."),
    ]
    assert seen(shop, levels) == {("TEA", HERE): 10_000, ("TEA", "Back"): 4500, ("POT", "Back"): 2000}
    (event,) = seen(shop, inventory.events)  # type: ignore[misc]
    assert (event.kind, event.qb_status, len(event.lines)) == ("opening", "none", 4)
    assert ("POT", HERE, 0) in {(x.item, x.destination, x.set_to) for x in event.lines}  # none of it there: filled

    def sell(store: Store) -> None:
        Movement.create(document="d1", position=1, item_code="TEA", warehouse=HERE, qty=-1000)

    seen(shop, sell)
    good = "Sku,Location,Quantity\nTEA,,10\nTEA,Back,4.5\nPOT,Back,2\n"
    assert "3 rows, 0 new, 0 changed, 0 refused" in bring("stock", good, "--zero-fill")[1]
    assert seen(shop, levels)[("TEA", HERE)] == 9000  # type: ignore[index]
    assert "1 refused" in bring("stock", "Sku,Quantity\nTEA,12\n")[1]
    assert refused(tmp_path, "stock") == [("2", f"TEA at {HERE} was opened with 10 already; count or adjust it.")]


def test_opening_stock_has_a_day_that_is_not_closed(shop: Config, bring: Bring) -> None:
    bring("items", GOODS)
    bring("stock", "Sku,Quantity\nTEA,12\n", "--date", "2026-01-01")
    (event,) = seen(shop, inventory.events)  # type: ignore[misc]
    assert event.effective_date == "2026-01-01"
    with pytest.raises(Invalid, match="is no day"):
        bring("stock", "Sku,Quantity\nPOT,12\n", "--date", "1 Jan")


def test_a_hub_without_a_file_says_that_it_has_no_dry_run(shop: Config) -> None:
    hub = replace(shop, storage=replace(shop.storage, url="postgresql:///hub"))
    with pytest.raises(BadSettings, match="A dry run works on a copy"), rehearsal(hub):
        pass
