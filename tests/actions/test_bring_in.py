"""Lists brought in: what fits the catalogue goes in exactly, what does not is refused with the reason."""

from __future__ import annotations

import pytest

from pos.actions import bring_in
from pos.errors import Invalid
from pos.store import catalog
from pos.store.db import Store


def items(store: Store, *rows: dict[str, str]) -> bring_in.Outcome:
    return bring_in.items(store, [{"group": "Shoes", **row} for row in rows], "test")


def outcome(found: bring_in.Outcome) -> tuple[int, int, int]:
    return found.counts.added, found.counts.changed, found.counts.unchanged


def test_a_row_goes_in_with_price_tax_stock_and_barcodes(store: Store) -> None:
    row = {
        "code": "B",
        "name": "Boot",
        "price": "49.99",
        "tax": "20",
        "stock": "3",
        "barcode": "12345670 5012345678900",
    }
    assert outcome(items(store, row)) == (1, 0, 0)
    found = catalog.by_barcode(store, "12345670").tile
    assert (found.code, found.price, found.stock) == ("B", (4999, 4999), 3000)
    assert catalog.goods(store, ["B"])["B"].tax_rate == 20


def test_only_what_differs_counts_as_changed_whichever_table_it_is_in(store: Store) -> None:
    row = {"code": "B", "name": "Boot", "price": "49.99", "stock": "3"}
    items(store, row)
    assert outcome(items(store, row)) == (0, 0, 1)
    assert outcome(items(store, {**row, "price": "45"})) == (0, 1, 0)
    assert outcome(items(store, {**row, "price": "45", "stock": "4"})) == (0, 1, 0)
    assert outcome(
        items(store, {**row, "price": "44", "stock": "5", "name": "Boots"}, {"code": "C", "name": "Clog"})
    ) == (
        1,
        1,
        0,
    )


def test_a_barcode_of_another_item_is_refused_and_stays_where_it_is(store: Store) -> None:
    items(store, {"code": "A", "name": "Ash", "barcode": "12345670"})
    found = items(store, {"code": "B", "name": "Boot", "barcode": "12345670"}, {"code": "C", "name": "Clog"})
    assert found.refused == ((0, "barcode 12345670 belongs to A already."),)
    assert catalog.by_barcode(store, "12345670").tile.code == "A"
    assert set(catalog.goods(store, ["B", "C"])) == {"C"}


def test_two_rows_with_one_barcode_the_second_is_refused(store: Store) -> None:
    found = items(
        store, {"code": "A", "name": "Ash", "barcode": "12345670"}, {"code": "B", "name": "Boot", "barcode": "12345670"}
    )
    assert found.refused == ((1, "barcode 12345670 belongs to A already."),)


def test_a_barcode_may_move_when_its_owner_gives_it_up_in_the_same_list(store: Store) -> None:
    items(store, {"code": "A", "name": "Ash", "barcode": "12345670"})
    found = items(
        store, {"code": "A", "name": "Ash", "barcode": ""}, {"code": "B", "name": "Boot", "barcode": "12345670"}
    )
    assert found.refused == ()
    assert catalog.by_barcode(store, "12345670").tile.code == "B"


@pytest.mark.parametrize(
    ("barcode", "says"),
    [
        ("5012345678901", "5012345678900 would be right"),
        ("501234567891", "wrong check digit"),
        ("5.01235E+12", "shortened by a spreadsheet"),
        ("5,01235E+12", "shortened by a spreadsheet"),
        ("x" * 81, "no code a scanner reads"),
        ("café", "no code a scanner reads"),
    ],
)
def test_a_barcode_a_spreadsheet_has_spoilt_is_refused(store: Store, barcode: str, says: str) -> None:
    found = items(store, {"code": "A", "name": "Ash", "barcode": barcode})
    assert [says in reason for _, reason in found.refused] == [True]
    assert catalog.goods(store, ["A"]) == {}


@pytest.mark.parametrize("barcode", ["12E5", "ABC-1", "12345678", "0012345678905", "4006381333931", "7"])
def test_codes_of_other_kinds_are_taken_as_they_stand(store: Store, barcode: str) -> None:
    assert items(store, {"code": "A", "name": "Ash", "barcode": barcode}).refused == ()
    assert catalog.by_barcode(store, barcode).tile.code == "A"


def test_a_variant_needs_its_template_here_or_further_up(store: Store) -> None:
    rows = ({"code": "S-1", "name": "Shoe", "template": "S"}, {"code": "P-1", "name": "Pump", "template": "P"})
    found = items(store, {"code": "S", "name": "Shoe", "has_variants": "yes"}, {"code": "P", "name": "Pump"}, *rows)
    assert found.refused == ((3, "template P is no template (has_variants)."),)
    assert items(store, {"code": "X-1", "name": "X", "template": "X"}).refused == (
        (0, "template X is not known; put its row further up."),
    )
    assert items(store, {"code": "S-2", "name": "Shoe", "template": "S"}).refused == ()


def test_a_code_that_stands_twice_in_a_piece_is_refused_the_second_time(store: Store) -> None:
    found = items(store, {"code": "A", "name": "Ash"}, {"code": "A", "name": "Elm"})
    assert found.refused == ((1, "the code A stands further up already."),)
    assert catalog.goods(store, ["A"])["A"].name == "Ash"


def test_customers_by_code(store: Store) -> None:
    found = bring_in.customers(store, [{"code": "C1", "name": "Ada"}, {"code": "", "name": "Nobody"}], "test")
    assert (outcome(found), found.refused) == ((1, 0, 0), ((1, "code is empty."),))


def test_more_than_a_piece_is_refused(store: Store) -> None:
    with pytest.raises(Invalid):
        items(store, *({"code": str(n), "name": "x"} for n in range(bring_in.ROWS_MAX + 1)))
