"""Lists of places, of opening stock, and of what the books know of items."""

from __future__ import annotations

import pytest

from pos.errors import Invalid
from pos.rules import sheet, sheet_stock
from pos.rules.sheet_stock import Opening, Place

MASTER = (
    "Sku,Title,Category,Description,Barcode,Brand,Sales Price,Tax,UOM,Reorder Point,Income Account,COGS Account,"
    "Asset Account,Adjustment Account,Purchase Cost,Preferred Vendor,Manufacturer Part Number,QB Name,QB ListID,Type\n"
    "TEA-1,Tea,Drinks,Loose,,Leafy,4.50,20,Nos,12,Sales:Tea,COGS,Stock,Shrinkage,1.2500,Leaf Ltd,LT-9,Drinks:Tea,"
    "8000-1,Inventory Part\n"
)


def test_a_master_list_of_twenty_columns_is_read() -> None:
    ((line, cells),) = sheet.read(MASTER, "items")
    found = sheet.item(cells, "GBP", "Retail", "Shop")
    assert line == 2 and len(cells) == 20
    assert found.part == {
        "item": "TEA-1", "income_account": "Sales:Tea", "cogs_account": "COGS", "asset_account": "Stock",
        "adjustment_account": "Shrinkage", "cost": "1.25", "vendor": "Leaf Ltd", "mpn": "LT-9", "qb_name": "Drinks:Tea",
        "qb_id": "8000-1", "qb_type": "ItemInventory",
    }  # fmt: skip
    assert (found.item["name"], found.item["stocked"], found.item["reorder"]) == ("Tea", True, 12_000)
    assert found.price and found.price["amount"] == 450


def test_accounts_alone_need_no_name_and_no_group() -> None:
    ((_, cells),) = sheet.read("Sku,Cost\nTEA-1,2\n", "items")
    found = sheet.item(cells, "GBP", "Retail", "Shop")
    assert found.item == {"code": "TEA-1"} and found.part == {"item": "TEA-1", "cost": "2"}
    with pytest.raises(Invalid, match="'name' is missing"):
        sheet.read("Sku,Price\nTEA-1,2\n", "items")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"cost": "x"}, "cost is 'x'"),
        ({"cost": "-1"}, "cost is below nothing"),
        ({"qb_type": "Banana"}, "qb_type is 'Banana'"),
        ({"asset_account": "a" * 201}, "asset_account is longer"),
    ],
)
def test_what_the_books_do_not_take_is_named(cells: dict[str, str], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        sheet_stock.part({"code": "TEA-1", **cells})


def test_no_stock_is_kept_of_a_service() -> None:
    cells = {"code": "FIT", "name": "Fitting", "group": "Service", "qb_type": "Service"}
    assert sheet.item(cells, "GBP", "Retail", "Shop").item["stocked"] is False


def test_places_and_opening_stock_are_read() -> None:
    assert sheet_stock.place({"code": "BACK", "active": "", "virtual": "yes"}) == Place(
        "BACK", "", None, True, None, None
    )
    assert sheet_stock.opening({"code": "TEA", "quantity": "1.5"}, "Shop") == Opening("TEA", "Shop", 1500)
    filled = {"code": "TEA", "quantity": "2", sheet_stock.ZERO_FILL: '["Shop"]'}
    assert set(sheet_stock.opening(filled, "Shop").fill or ()) == {"Shop"}
    assert sheet_stock.opening({**filled, sheet_stock.ZERO_FILL: "[]"}, "Shop").fill == ("Shop",)  # its own is named
    for wrong in ("x", "5", "[1]", "[" * 100_000):
        with pytest.raises(Invalid, match="no list of places"):
            sheet_stock.opening({**filled, sheet_stock.ZERO_FILL: wrong}, "Shop")
    for cells, says in (
        ({"code": "TEA", "quantity": "-1"}, "below nothing"),
        ({"code": "TEA", "quantity": ""}, "quantity is empty"),
        ({"code": "TEA", "quantity": "many"}, "must be a number"),
    ):
        with pytest.raises(Invalid, match=says):
            sheet_stock.opening(cells, "Shop")
