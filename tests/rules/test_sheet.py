"""Lists from a spreadsheet: what a cell means, and which sentence refuses it."""

from __future__ import annotations

import pytest

from pos.errors import Invalid
from pos.rules import sheet

OK = {"code": "B1", "name": "Boot", "group": "Shoes"}


def item(**cells: str) -> sheet.Item:
    return sheet.item({**OK, **cells}, "GBP", "Standard Selling", "Stores")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("code,name,group\nB1,Boot,Shoes\n", [(2, OK)]),
        ("code;name;group\r\nB1;Boot;Shoes\r\n", [(2, OK)]),
        ("Code\tName\tGROUP\nB1\tBoot\tShoes", [(2, OK)]),
        ('code,name,group\n"B1","Boot","Shoes"\n,,\n\n', [(2, OK)]),
        ('code,name,group\nB1,"Boot\nwith a break",Shoes\n', [(3, {**OK, "name": "Boot\nwith a break"})]),
        ("code,name,group\n", []),
    ],
)
def test_commas_semicolons_and_tabs_are_read(text: str, rows: list[tuple[int, dict[str, str]]]) -> None:
    assert sheet.read(text, "items") == rows


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "'code' is missing"),
        ("code,name\nB1,Boot\n", "'group' is missing"),
        ("code,name,group,colour\n", "No column is called 'colour'"),
        ("code,name,group,code\n", "stands twice"),
        ('code,name,group\nB1,"Boot,Shoes\n', "is no CSV"),
    ],
)
def test_a_list_whose_first_line_is_not_ours_is_refused_before_anything_goes_in(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        sheet.read(text, "items")


@pytest.mark.parametrize(
    ("price", "minor"),
    [("12.50", 1250), ("12,50", 1250), ("0", 0), ("12", 1200), ("0.01", 1), ("", None)],
)
def test_a_price_becomes_whole_pennies_exactly(price: str, minor: int | None) -> None:
    found = item(price=price).price
    assert (found and found["amount"]) == minor


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"code": ""}, "code is empty"),
        ({"name": ""}, "name is empty"),
        ({"group": ""}, "group is empty"),
        ({"price": "12.505"}, "finer than GBP goes"),
        ({"price": "-1"}, "below nothing"),
        ({"price": "1,250"}, "must be a number"),
        ({"price": "NaN"}, "must be a number"),
        ({"price": "1e5"}, "must be a number"),
        ({"price": "1_000"}, "must be a number"),
        ({"price": "٣"}, "must be a number"),
        ({"price": "9" * 20}, "must be a number"),
        ({"reorder": "9" * 20}, "must be a number"),
        ({"price": "twelve"}, "must be a number"),
        ({"tax": "120"}, "between 0 and 100"),
        ({"stock": "1.0005"}, "three decimals"),
        ({"reorder": "1.0005"}, "three decimals"),
        ({"reorder": "few"}, "must be a number"),
        ({"weighed": "perhaps"}, "yes or no"),
        ({"name": "Bo\x07ot"}, "control character"),
        ({"name": "x" * 1001}, "too long"),
        ({"": "too many"}, "more cells"),
    ],
)
def test_a_row_that_cannot_be_taken_names_its_column(cells: dict[str, str], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        item(**cells)


def test_a_full_row_is_read_in_every_column() -> None:
    found = item(
        price="25", tax="17.50%", barcode="5012345678900 5012345678917", stock="3.5", reorder="2.5", uom="Kg",
        brand="Otter", description="Warm", weighed="yes", template="B",
        **{"attribute Size": "UK 9", "attribute Colour": "Tan"},
    )  # fmt: skip
    assert found.item == {
        "code": "B1", "name": "Boot", "item_group": "Shoes", "brand": "Otter", "description": "Warm", "weighed": True,
        "uom": "Kg", "variant_of": "B", "tax_code": "17.5%", "reorder": 2500,
        "barcodes": [{"code": "5012345678900", "uom": ""}, {"code": "5012345678917", "uom": ""}],
        "attributes": [
            {"name": "Size", "value": "UK 9", "position": 0}, {"name": "Colour", "value": "Tan", "position": 1},
        ],
    }  # fmt: skip
    assert found.tax == {"code": "17.5%", "title": "Tax 17.5%", "rate": "17.5"}
    assert found.price == {"price_list": "Standard Selling", "item": "B1", "amount": 2500, "currency": "GBP"}
    assert found.stock == {"item": "B1", "warehouse": "Stores", "qty": 3500}


def test_a_column_that_is_not_there_changes_nothing_and_an_empty_one_clears() -> None:
    assert "brand" not in item().item
    assert item(brand="").item["brand"] == ""
    assert "reorder" not in item().item
    assert item(reorder="").item["reorder"] is None
    assert item().price is None
    assert item().stock is None


def test_a_customer_is_read_in_every_column() -> None:
    cells = {
        "code": "C1",
        "name": "Ada",
        "group": "Trade",
        "phone": "1",
        "email": "a@b.c",
        "tax_id": "9",
        "disabled": "no",
    }
    assert sheet.customer(cells) == {
        "code": "C1", "name": "Ada", "customer_group": "Trade", "phone": "1", "email": "a@b.c", "tax_id": "9",
        "disabled": False,
    }  # fmt: skip
    with pytest.raises(Invalid, match="name is empty"):
        sheet.customer({**cells, "name": ""})


def test_a_json_list_of_vouchers_is_read_as_exact_text() -> None:
    text = '{"vouchers": [{"Code": "GV-1", "balance": 12.10, "expires": null}, {"code": "GV-2", "balance": "7"}]}'
    assert sheet.read_json(text, "vouchers") == [
        (1, {"code": "GV-1", "balance": "12.10", "expires": ""}),
        (2, {"code": "GV-2", "balance": "7"}),
    ]
    assert sheet.voucher({"code": "gv-1", "balance": "12,10"}, "GBP") == sheet.OldVoucher(
        "GV-1", 1210, "", "older till", ""
    )


@pytest.mark.parametrize(
    "text",
    ["", "[", "7", "{}", '["x"]', '[{"code": "A"}]', '[{"code": "A", "balance": 1, "pin": 2}]', '[{"code": NaN}]'],
)
def test_a_json_file_that_is_no_such_list_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        sheet.read_json(text, "vouchers")


def test_what_is_nested_in_a_cell_fits_no_column() -> None:
    ((_, cells),) = sheet.read_json('[{"code": ["A"], "balance": 1}]', "vouchers")
    with pytest.raises(Invalid):
        sheet.voucher(cells, "GBP")
