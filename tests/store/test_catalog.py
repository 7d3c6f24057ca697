"""The catalogue: found by barcode, prices by date, the grid of variants, what is taken in and compared."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from pos import clock
from pos.errors import Invalid, NotFound
from pos.store import catalog
from pos.store.db import Store
from tests.store.goods import ean, goods_in, index_is_sound, item, price, put, template, variant

__all__ = ["goods_in", "index_is_sound"]


class TestBarcodes:
    @pytest.mark.parametrize(
        ("scanned", "wanted", "held"),
        [
            ("2500000000010", "LACE-BRN", "2500000000010"),
            (ean("50123456789"), "CREAM", ean("50123456789")),
            ("0" + ean("50123456789"), "CREAM", ean("50123456789")),
            (" 2500000000010 ", "LACE-BRN", "2500000000010"),
            ("CREAM", "CREAM", ""),
            ("cream", "CREAM", ""),
        ],
    )
    def test_a_code_finds_its_item(self, goods_in: Store, scanned: str, wanted: str, held: str) -> None:
        found = catalog.by_barcode(goods_in, scanned)
        assert (found.tile.code, found.barcode, found.qty, found.price) == (wanted, held, None, None)
        assert found.sellable

    def test_a_gs1_element_string_finds_its_article(self, goods_in: Store) -> None:
        catalog.put_barcodes(goods_in, [{"code": "5012345678900", "item": "CREAM"}])
        found = catalog.by_barcode(goods_in, "]C10105012345678900\x1d10LOT7")
        assert found.tile.code == "CREAM"

    @pytest.mark.parametrize(
        ("registered", "scanned", "price", "qty"),
        [
            (ean("201000100000"), ean("201000100432"), Decimal("4.32"), None),
            ("10001", ean("201000100432"), Decimal("4.32"), None),
            (ean("221000200000"), ean("221000200350"), None, Decimal("0.350")),
        ],
    )
    def test_a_label_with_a_price_or_weight(
        self, goods_in: Store, registered: str, scanned: str, price: Decimal | None, qty: Decimal | None
    ) -> None:
        put(goods_in, item("WAX", "Wax", weighed=True, barcodes=[{"code": registered}]))
        found = catalog.by_barcode(goods_in, scanned)
        assert (found.tile.code, found.price, found.qty, found.barcode) == ("WAX", price, qty, scanned)

    def test_a_code_registered_as_it_stands_holds_no_price(self, goods_in: Store) -> None:
        whole = ean("201000100432")
        put(goods_in, item("PLAIN", "Plain", barcodes=[{"code": whole}]))
        assert catalog.by_barcode(goods_in, whole).price is None

    def test_a_template_cannot_become_a_line(self, goods_in: Store) -> None:
        assert catalog.by_barcode(goods_in, "HB-2041").sellable is False

    @pytest.mark.parametrize("code", ["5000000000000", "nobody", "OLD", "x" * 200])
    def test_an_unknown_or_switched_off_code_is_not_found(self, goods_in: Store, code: str) -> None:
        with pytest.raises(NotFound):
            catalog.by_barcode(goods_in, code)

    @pytest.mark.parametrize("code", ["", "   ", "x" * 201])
    def test_no_code_at_all_is_invalid(self, goods_in: Store, code: str) -> None:
        with pytest.raises(Invalid):
            catalog.by_barcode(goods_in, code)


class TestGrid:
    def test_sizes_run_across_in_their_order_and_missing_ones_are_none(self, goods_in: Store) -> None:
        put(goods_in, variant("HB-2041", "Harrow Chelsea boot", Colour="Tan", Size="UK 10"))
        grid = catalog.matrix(goods_in, "HB-2041")
        assert grid.rows == ("Colour", ("Black", "Brown", "Tan"))
        assert grid.columns == ("Size", ("UK 8", "UK 9", "UK 10"))
        assert [[cell.code if cell else None for cell in row] for row in grid.cells] == [
            ["HB-2041-BLACK-UK8", "HB-2041-BLACK-UK9", "HB-2041-BLACK-UK10"],
            ["HB-2041-BROWN-UK8", "HB-2041-BROWN-UK9", "HB-2041-BROWN-UK10"],
            [None, None, "HB-2041-TAN-UK10"],
        ]

    def test_size_runs_across_wherever_it_stands(self, store: Store) -> None:
        put(store, template("S", "Shirt"), variant("S", "Shirt", Size="XL", Colour="Red"))
        put(store, variant("S", "Shirt", Size="S", Colour="Red"))
        assert catalog.matrix(store, "S").columns == ("Size", ("S", "XL"))

    def test_one_attribute_makes_one_row(self, store: Store) -> None:
        put(store, template("S", "Shirt"), *(variant("S", "Shirt", Size=s) for s in ("L", "S", "M")))
        grid = catalog.matrix(store, "S")
        assert (grid.rows, grid.columns) == (("", ("",)), ("Size", ("S", "M", "L")))
        assert len(grid.cells) == 1

    def test_a_third_attribute_stands_in_the_rows(self, store: Store) -> None:
        put(store, template("S", "Shoe"), variant("S", "Shoe", Colour="Tan", Width="G", Size="8"))
        assert catalog.matrix(store, "S").rows == ("Colour / Width", ("Tan / G",))

    def test_a_variant_opens_the_grid_of_its_template(self, goods_in: Store) -> None:
        assert catalog.matrix(goods_in, "HB-2041-BROWN-UK9").tile.code == "HB-2041"

    def test_variants_that_were_switched_off_are_left_out(self, goods_in: Store) -> None:
        catalog.deactivate(goods_in, ["HB-2041-BROWN-UK9"])
        cells = [cell for row in catalog.matrix(goods_in, "HB-2041").cells for cell in row]
        assert len([cell for cell in cells if cell]) == 5

    @pytest.mark.parametrize("code", ["CREAM", "nobody", ""])
    def test_what_has_no_variants_has_no_grid(self, goods_in: Store, code: str) -> None:
        with pytest.raises(NotFound):
            catalog.matrix(goods_in, code)


class TestGoods:
    def test_what_pricing_needs(self, goods_in: Store) -> None:
        lace = catalog.goods(goods_in, ["LACE-BRN", "LACE-BRN", "nobody"])
        assert set(lace) == {"LACE-BRN"}
        found = lace["LACE-BRN"]
        assert (found.price, found.tax_rate, found.tax_account) == (Decimal("3.50"), Decimal(20), "VAT - TS")
        assert (found.barcode, found.brand, found.stock) == ("2500000000010", "", None)

    def test_a_variant_takes_price_tax_and_name_of_its_template(self, goods_in: Store) -> None:
        put(goods_in, {**variant("HB-2041", "HB-2041-Tan-8", Colour="Tan", Size="UK 8"), "tax_code": ""})
        found = catalog.goods(goods_in, ["HB-2041-TAN-UK8"])["HB-2041-TAN-UK8"]
        assert (found.name, found.price, found.tax_code) == ("Harrow Chelsea boot", Decimal("89.00"), "VAT20")
        assert found.attributes == {"Colour": "Tan", "Size": "UK 8"}

    def test_what_is_switched_off_says_so(self, goods_in: Store) -> None:
        assert catalog.goods(goods_in, ["OLD"])["OLD"].disabled
        assert catalog.goods(goods_in, ["HB-2041"])["HB-2041"].has_variants

    @pytest.mark.parametrize(
        ("today", "wanted"),
        [
            ("2026-01-31", 1000),
            ("2026-02-01", 800),
            ("2026-02-28", 800),
            ("2026-03-01", 1000),
            ("2026-06-01", 1200),
            ("2030-01-01", 1200),
        ],
    )
    def test_of_several_prices_the_one_that_began_last_and_is_not_over(
        self, goods_in: Store, today: str, wanted: int
    ) -> None:
        price(goods_in, "CREAM", 1000)
        price(goods_in, "CREAM", 800, valid_from="2026-02-01", valid_upto="2026-02-28")
        price(goods_in, "CREAM", 1200, valid_from="2026-06-01")
        with clock.set_to(datetime.fromisoformat(f"{today}T12:00:00+00:00")):
            assert catalog.search(goods_in, "cream").items[0].price == (wanted, wanted)

    def test_prices_of_other_lists_and_currencies_are_not_ours(self, goods_in: Store) -> None:
        price(goods_in, "CREAM", 999, price_list="Wholesale")
        price(goods_in, "CREAM", 888, currency="EUR")
        assert catalog.goods(goods_in, ["CREAM"])["CREAM"].price is None

    def test_a_price_the_source_moved_to_other_dates_leaves_the_old_ones(self, goods_in: Store) -> None:
        price(goods_in, "CREAM", 500, name="P1")
        price(goods_in, "CREAM", 600, name="P1", valid_from="2026-01-01")
        assert goods_in.execute("SELECT amount FROM price WHERE item = 'CREAM'").fetchall() == [(600,)]


class TestTakingIn:
    def test_added_changed_and_unchanged_are_really_compared(self, store: Store) -> None:
        row = item("A", "Ash", modified="1", barcodes=[{"code": "1"}], attributes=[{"name": "Size", "value": "S"}])
        assert put(store, row) == catalog.Counts(added=1)
        assert put(store, row) == catalog.Counts(unchanged=1)
        assert put(store, {**row, "modified": "2"}) == catalog.Counts(unchanged=1)
        assert store.execute("SELECT modified FROM item").fetchone() == ("2",)
        assert put(store, {**row, "name": "Ash tree"}) == catalog.Counts(changed=1)
        assert put(store, {**row, "name": "Ash tree", "barcodes": []}) == catalog.Counts(changed=1)
        assert put(store, {**row, "name": "Ash tree", "barcodes": [], "attributes": []}) == catalog.Counts(changed=1)

    def test_a_missing_key_keeps_what_is_there(self, store: Store) -> None:
        put(store, item("A", "Ash", brand="Oak & Co", weighed=True, barcodes=[{"code": "1"}]))
        put(store, {"code": "A", "name": "Ash 2", "item_group": "Extras"})
        found = catalog.goods(store, ["A"])["A"]
        assert (found.name, found.brand, found.weighed, found.barcode) == ("Ash 2", "Oak & Co", True, "1")

    def test_a_new_picture_asks_for_a_new_thumbnail(self, store: Store) -> None:
        put(store, item("A", "Ash", image="/files/a.jpg"))
        assert catalog.thumbs_wanted(store, 10) == [("A", "/files/a.jpg")]
        assert catalog.set_thumb(store, "A", "/files/a.jpg", "a1.jpg")
        assert catalog.thumbs_wanted(store, 10) == []
        put(store, item("A", "Ash", image="/files/b.jpg"))
        assert catalog.thumbs_wanted(store, 10) == [("A", "/files/b.jpg")]
        assert not catalog.set_thumb(store, "A", "/files/a.jpg", "a1.jpg")

    def test_money_is_never_a_float(self, store: Store) -> None:
        with pytest.raises(TypeError):
            price(store, "A", 1.5)  # type: ignore[arg-type]

    def test_names_are_those_in_use_of_one_source(self, goods_in: Store) -> None:
        catalog.put_items(goods_in, [item("PULLED", "Pulled")], "erpnext")
        assert catalog.names(goods_in, "items", "erpnext") == {"PULLED"}
        assert "OLD" not in catalog.names(goods_in, "items", "csv")

    def test_ways_to_pay_stand_in_their_order_and_customers_by_code(self, store: Store) -> None:
        modes = [("Card", "card", 1, False), ("Cash", "cash", 0, False), ("Cheque", "other", 2, True)]
        rows = [dict(zip(("name", "kind", "position", "disabled"), mode, strict=True)) for mode in modes]
        catalog.put_modes(store, rows, "csv")
        assert [(m.name, m.kind) for m in catalog.payment_modes(store)] == [("Cash", "cash"), ("Card", "card")]
        catalog.put_customers(store, [{"code": "C1", "name": "Ann"}], "csv")
        known = catalog.customer(store, "C1")
        assert known is not None
        assert (known.name, known.disabled) == ("Ann", False)
        assert catalog.customer(store, "C2") is None
