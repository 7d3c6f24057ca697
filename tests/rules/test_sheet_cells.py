"""Columns of other programs, and cells that are refused."""

from __future__ import annotations

import pytest

from pos.errors import Invalid
from pos.rules import sheet, sheet_cells


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Sku", "code"), ("SKU", "code"), ("Quantity_On_Hand", "stock"), ("COGS Account", "cogs_account"),
        ("cogs_account", "cogs_account"), ("Asset-Account", "asset_account"), ("Manufacturer's Part Number", "mpn"),
        ("QB  Name", "qb_name"), ("Type", "qb_type"), ("Colour", "colour"),
    ],
)  # fmt: skip
def test_columns_are_known_by_what_other_programs_call_them(header: str, column: str) -> None:
    assert sheet_cells.column_of(header, "items", sheet.COLUMNS["items"]) == column


def test_two_names_of_one_column_are_refused() -> None:
    with pytest.raises(Invalid, match="stands twice"):
        sheet.read("Sku,Item Code,name,group\nA,A,Apple,Food\n", "items")


@pytest.mark.parametrize("text", ["abc", "NaN", "1e3", "$4.25", "1,234.50", "-1"])
def test_a_bad_amount_is_named_and_never_nought(text: str) -> None:
    with pytest.raises(Invalid, match="cost"):
        sheet_cells.money_text({"cost": text}, "cost")


def test_an_amount_is_kept_exactly() -> None:
    assert [sheet_cells.money_text({"cost": x}, "cost") for x in ("4.250", "0.12345", "1000", "")] == [
        "4.25", "0.12345", "1000", "",
    ]  # fmt: skip
