"""The catalogue: found by words, code and barcode; prices by date, the grid, stock that knows our own sales."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pos import clock
from pos.errors import Invalid, NotFound
from pos.rules.barcode import check_digit
from pos.store import catalog, search, search_index, stock
from pos.store.db import Store
from pos.store.models import Movement, Outbox

PRICE_LIST, HERE = "Standard Selling", "Stores - TS"


def ean(digits: str) -> str:
    return digits + check_digit(digits)


def item(code: str, name: str, group: str = "Extras", **more: Any) -> dict[str, Any]:
    return {"code": code, "name": name, "item_group": group, "tax_code": "VAT20", **more}


def template(code: str, name: str, group: str = "Boots", **more: Any) -> dict[str, Any]:
    return item(code, name, group, has_variants=True, **more)


def variant(of: str, name: str, group: str = "Boots", code: str = "", **attributes: str) -> dict[str, Any]:
    short = "-".join(v.upper().replace(" ", "") for v in attributes.values())
    listed = [{"name": n, "value": v, "position": at} for at, (n, v) in enumerate(attributes.items())]
    return item(code or f"{of}-{short}", name, group, variant_of=of, attributes=listed)


def boots(colours: Sequence[str] = ("Brown", "Black"), sizes: Sequence[int] = (8, 9, 10)) -> list[dict[str, Any]]:
    return [
        template("HB-2041", "Harrow Chelsea boot", brand="Harrow"),
        *(variant("HB-2041", "Harrow Chelsea boot", Colour=c, Size=f"UK {s}") for c in colours for s in sizes),
    ]


def price(store: Store, code: str, amount: int, **more: Any) -> None:
    catalog.put_prices(store, [{"price_list": PRICE_LIST, "item": code, "amount": amount, "currency": "GBP", **more}])


def put(store: Store, *rows: dict[str, Any]) -> catalog.Counts:
    return catalog.put_items(store, rows, "csv")


def codes(store: Store, q: str, group: str = "", **more: int) -> list[str]:
    return [tile.code for tile in catalog.search(store, q, group, **more).items]


@pytest.fixture
def goods_in(store: Store) -> Store:
    """A few boots, laces and creams."""
    catalog.put_taxes(store, [{"code": "VAT20", "title": "VAT 20%", "rate": "20", "account": "VAT - TS"}])
    put(
        store,
        *boots(),
        item("LACE-BRN", "Boot laces, brown", barcodes=[{"code": "2500000000010"}], description="140 cm"),
        item("CREAM", "Boot cream", brand="Café Noir", barcodes=[{"code": ean("50123456789")}]),
        item("OLD", "Boot jack, brown", disabled=True),
        item("T-SHIRT/8.5", "T-shirt", "Shirts"),
    )
    price(store, "HB-2041", 8900)
    price(store, "LACE-BRN", 350)
    return store


@pytest.fixture(autouse=True)
def _index_is_sound(store: Store) -> Any:
    """After each test: both full-text indexes agree with the items, and a rebuild changes nothing."""
    yield
    with store.transaction():
        for table in ("search_word", "search_part"):
            store.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
    asked = (
        "SELECT s.code, s.grp, s.text, t.code, t.sort, t.grp FROM search_item s "
        f"JOIN search_tile t ON t.pos = s.pos >> {search_index.PLACE_BITS} ORDER BY s.code"
    )
    kept = store.execute(asked).fetchall()
    order = [row[0] for row in store.execute("SELECT code FROM search_tile ORDER BY pos")]
    search_index.rebuild(store)
    assert store.execute(asked).fetchall() == kept
    assert [row[0] for row in store.execute("SELECT code FROM search_tile ORDER BY pos")] == order


class TestSearch:
    @pytest.mark.parametrize(
        ("q", "wanted"),
        [
            ("boot brown", ["LACE-BRN", "HB-2041"]),
            ("BROWN Boot", ["LACE-BRN", "HB-2041"]),
            ("bro boo", ["LACE-BRN", "HB-2041"]),
            ("harrow", ["HB-2041"]),
            ("hb-2041", ["HB-2041"]),
            ("hb2041", ["HB-2041"]),
            ("2041", ["HB-2041"]),
            ("uk 9", ["HB-2041"]),
            ("25000000", ["LACE-BRN"]),
            ("cafe", ["CREAM"]),
            ("CAFÉ noir", ["CREAM"]),
            ("extras", ["CREAM", "LACE-BRN"]),
            ("t-shirt", ["T-SHIRT/8.5"]),
            ("tshirt", ["T-SHIRT/8.5"]),
            ("8.5", ["T-SHIRT/8.5"]),
            ("boot zebra", []),
            ("zebra", []),
            ("---", []),
            ('"boot* OR (brown"', []),
            ("boot\0", ["CREAM", "LACE-BRN", "HB-2041"]),
        ],
    )
    def test_every_word_must_begin_a_word(self, goods_in: Store, q: str, wanted: list[str]) -> None:
        assert codes(goods_in, q) == wanted

    @pytest.mark.parametrize(
        ("q", "wanted"),
        [
            ("oot", ["CREAM", "LACE-BRN", "HB-2041"]),
            ("helse", ["HB-2041"]),
            ("oot brown", ["LACE-BRN", "HB-2041"]),
            ("ace b", ["LACE-BRN"]),
            ("rown 9", ["HB-2041"]),
            ("oo", []),
        ],
    )
    def test_a_word_that_begins_none_is_looked_for_inside_words(
        self, goods_in: Store, q: str, wanted: list[str]
    ) -> None:
        assert codes(goods_in, q) == wanted

    def test_words_that_begin_some_but_not_together_are_looked_for_inside(self, goods_in: Store) -> None:
        put(goods_in, item("OWN", "Owner's manual"))
        assert codes(goods_in, "own harrow") == ["HB-2041"]

    def test_a_template_stands_for_the_variants_that_match(self, goods_in: Store) -> None:
        found = catalog.search(goods_in, "chelsea brown")
        assert [(t.code, dict(t.attributes)) for t in found.items] == [
            ("HB-2041", {"Colour": ["Brown"], "Size": ["UK 8", "UK 9", "UK 10"]})
        ]
        assert catalog.search(goods_in, "chelsea black 9").items[0].attributes == {
            "Colour": ["Black"],
            "Size": ["UK 9"],
        }

    def test_words_must_meet_in_one_variant(self, goods_in: Store) -> None:
        put(goods_in, variant("HB-2041", "Harrow Chelsea boot", Colour="Oxblood", Size="UK 12"))
        assert codes(goods_in, "oxblood 12") == ["HB-2041"]
        assert codes(goods_in, "oxblood 9") == []

    def test_the_price_is_a_range_over_what_matches(self, goods_in: Store) -> None:
        price(goods_in, "HB-2041-BLACK-UK9", 9500)
        assert catalog.search(goods_in, "chelsea").items[0].price == (8900, 9500)
        assert catalog.search(goods_in, "chelsea brown").items[0].price == (8900, 8900)
        assert catalog.search(goods_in, "cream").items[0].price is None

    def test_the_code_typed_comes_first_then_names_that_begin_so_then_by_name(self, store: Store) -> None:
        put(
            store,
            item("A", "Black boot polish"),
            item("B", "Boot black"),
            item("C", "Boot tree"),
            item("BOOT", "Wellington"),
            item("E", "Ankle boot"),
        )
        assert codes(store, "boot") == ["BOOT", "B", "C", "E", "A"]

    def test_what_was_switched_off_is_never_found(self, goods_in: Store) -> None:
        assert codes(goods_in, "jack") == []
        assert catalog.deactivate(goods_in, ["LACE-BRN", "LACE-BRN", "NOBODY"]) == 1
        assert codes(goods_in, "laces") == []
        put(goods_in, item("LACE-BRN", "Boot laces, brown", disabled=False))
        assert codes(goods_in, "laces") == ["LACE-BRN"]

    def test_variants_of_a_template_that_is_switched_off_stand_alone(self, goods_in: Store) -> None:
        catalog.deactivate(goods_in, ["HB-2041"])
        assert len(codes(goods_in, "chelsea")) == 6
        assert catalog.search(goods_in, "chelsea brown 9").items[0].has_variants is False

    def test_a_template_without_variants_is_not_shown(self, goods_in: Store) -> None:
        put(goods_in, template("EMPTY", "Empty boot"))
        assert codes(goods_in, "empty") == []
        assert "EMPTY" not in codes(goods_in, "")

    def test_a_renamed_template_is_found_by_its_new_name_in_its_new_place(self, goods_in: Store) -> None:
        put(goods_in, template("HB-2041", "Aldwych bootee"))
        assert codes(goods_in, "aldwych") == ["HB-2041"]
        assert codes(goods_in, "boot") == ["CREAM", "LACE-BRN", "HB-2041"]
        assert codes(goods_in, "")[0] == "HB-2041"

    def test_a_variant_that_comes_before_its_template_joins_it_later(self, store: Store) -> None:
        rows = boots()
        put(store, *rows[1:])
        assert len(codes(store, "harrow")) == 6
        put(store, rows[0])
        assert codes(store, "harrow") == ["HB-2041"]

    def test_an_item_that_changes_its_group_is_found_in_the_new_one(self, goods_in: Store) -> None:
        put(goods_in, item("CREAM", "Boot cream", "Care"))
        assert codes(goods_in, "cream", "Care") == ["CREAM"]
        assert codes(goods_in, "cream", "Extras") == []
        assert ("Care", 1) in catalog.groups(goods_in)

    def test_within_a_group(self, goods_in: Store) -> None:
        assert codes(goods_in, "boot brown", "Boots") == ["HB-2041"]
        assert codes(goods_in, "oot brow", "Boots") == ["HB-2041"]
        assert codes(goods_in, "", "Extras") == ["CREAM", "LACE-BRN"]
        assert codes(goods_in, "", "No such group") == []

    def test_groups_are_counted_in_tiles(self, goods_in: Store) -> None:
        assert catalog.groups(goods_in) == [("Boots", 1), ("Extras", 2), ("Shirts", 1)]
        assert catalog.group_names(goods_in) == ["Boots", "Extras", "Shirts"]

    def test_a_barcode_typed_finds_its_item(self, goods_in: Store) -> None:
        assert codes(goods_in, "2500000000010") == ["LACE-BRN"]

    def test_barcodes_that_move_are_found_at_their_new_item_only(self, goods_in: Store) -> None:
        put(goods_in, item("CREAM", "Boot cream", barcodes=[{"code": "2500000000010"}]))
        assert codes(goods_in, "2500000000010") == ["CREAM"]
        catalog.put_barcodes(goods_in, [{"code": "2500000000010", "item": "LACE-BRN"}])
        assert codes(goods_in, "2500000000010") == ["LACE-BRN"]


class TestPages:
    @pytest.mark.parametrize("q", ["", "boot", "oot", "b"])
    def test_pages_hold_everything_once_in_one_order(self, store: Store, q: str) -> None:
        names = [f"{a} {b} boot" for a in ("Black", "Ash", "Boot", "Émile", "Zed") for b in "abcdefghij"]
        rows = [item(f"I{n:03}", name) for n, name in enumerate(names)]
        random.Random(3).shuffle(rows)
        for row in rows:
            put(store, row)
        whole = codes(store, q, limit=200)
        assert len(whole) == 50
        paged = [code for at in range(0, 50, 7) for code in codes(store, q, offset=at, limit=7)]
        assert paged == whole
        assert catalog.search(store, q, limit=7).total == 50
        assert catalog.search(store, q, offset=49, limit=7).shown == 1

    def test_the_rest_is_in_name_order_without_accents(self, store: Store) -> None:
        put(store, *(item(n, n) for n in ("Zoe", "émile", "Adam", "Emil", "ångström")))
        assert codes(store, "") == ["Adam", "ångström", "Emil", "émile", "Zoe"]

    def test_above_the_cap_the_total_says_so(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(search, "COUNT_MAX", 20)
        monkeypatch.setattr(search, "ROWS_MAX", 10)
        put(store, *(item(f"I{n:03}", f"boot {n:03}") for n in range(30)))
        found = catalog.search(store, "boot")
        assert (found.total, found.capped, found.shown) == (20, True, 20)
        assert not catalog.search(store, "boot 00").capped

    def test_many_matches_give_the_same_pages_as_few(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        put(
            store,
            *boots(("Brown", "Black", "Tan"), range(1, 9)),
            *(item(f"B{n}", f"brown boot {n}") for n in range(30)),
        )
        put(store, item("BROWN", "Anything brown"), *(item(f"X{n}", f"dark brown {n}") for n in range(30)))
        once = [catalog.search(store, "brown", offset=at, limit=9).items for at in range(0, 72, 9)]
        monkeypatch.setattr(search, "ROWS_MAX", 5)
        assert [catalog.search(store, "brown", offset=at, limit=9).items for at in range(0, 72, 9)] == once
        assert [tile.code for tile in once[0]][:2] == ["BROWN", "B0"]


class TestIndex:
    def test_names_that_crowd_one_place_are_numbered_afresh(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search_index, "STEP", 4)
        names = [f"name {n:04}" for n in range(80)]
        random.Random(5).shuffle(names)
        for name in names:
            put(store, item(name, name))
        assert codes(store, "name", limit=200) == sorted(names)

    @pytest.mark.parametrize("seed", range(4))
    def test_any_order_of_changes_leaves_the_index_as_if_made_at_once(self, store: Store, seed: int) -> None:
        draw = random.Random(seed)
        for _ in range(60):
            code = f"T{draw.randrange(4)}"
            kind = draw.randrange(5)
            if kind == 0:
                put(store, template(code, draw.choice(("Alpha", "Beta", "Gamma")), disabled=draw.random() < 0.3))
            elif kind == 1:
                size = draw.choice("SML")
                put(store, {**variant(code, f"{code} shirt", Size=size), "disabled": draw.random() < 0.3})
            elif kind == 2:
                put(store, item(f"I{draw.randrange(6)}", draw.choice(("Alpha", "Delta")), draw.choice(("A", "B"))))
            elif kind == 3:
                catalog.deactivate(store, [code, f"I{draw.randrange(6)}"])
            else:
                catalog.put_barcodes(store, [{"code": f"B{draw.randrange(3)}", "item": f"I{draw.randrange(6)}"}])

    def test_a_change_that_fails_half_way_leaves_nothing_behind(self, goods_in: Store) -> None:
        with pytest.raises(sqlite3.IntegrityError):
            put(goods_in, item("NEW", "New boot"), {"code": "BAD", "name": None, "item_group": "x"})
        assert codes(goods_in, "new") == []
        assert catalog.goods(goods_in, ["NEW"]) == {}


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


class TestStock:
    """Thousandths here; a document is a name, its movements and its outbox rows as the journal writes them."""

    def move(self, store: Store, document: str, qty: int, code: str = "CREAM", place: str = HERE) -> None:
        count = Movement.select().where(Movement.document == document).count()
        with store.transaction():
            Movement.create(document=document, position=count, item_code=code, warehouse=place, qty=qty)

    def send(self, store: Store, document: str, state: str, at: str = "", part: str = "sale") -> None:
        at = at or clock.stamp(clock.now())
        with store.transaction():
            Outbox.create(
                document=document,
                connection="erpnext",
                part=part,
                state=state,
                next_at=at,
                created_at=at,
                updated_at=at,
            )

    def count(self, store: Store, qty: int, source: str = "csv") -> None:
        catalog.put_stock(store, [{"item": "CREAM", "warehouse": HERE, "qty": qty}], source)

    def here(self, store: Store) -> int | None:
        return catalog.stock_of(store, ["CREAM"]).get("CREAM")

    def test_nobody_counted_it(self, goods_in: Store) -> None:
        self.move(goods_in, "d1", -1000)
        assert self.here(goods_in) is None
        assert catalog.search(goods_in, "cream").items[0].stock is None

    def test_counted_here_every_later_movement_of_ours_counts(self, goods_in: Store) -> None:
        self.move(goods_in, "d1", -1000)
        self.count(goods_in, 10_000)
        assert self.here(goods_in) == 10_000
        self.move(goods_in, "d2", -3000)
        self.move(goods_in, "d3", 500)
        self.move(goods_in, "d3", -7000, place="Elsewhere")
        self.move(goods_in, "d4", -7000, code="LACE-BRN")
        assert self.here(goods_in) == 7500
        self.count(goods_in, 20_000)
        assert self.here(goods_in) == 20_000

    def test_a_document_that_is_taken_out_gives_its_goods_back(self, goods_in: Store) -> None:
        self.count(goods_in, 10_000)
        self.move(goods_in, "d1", -4000)
        with goods_in.transaction():
            Movement.delete().where(Movement.document == "d1").execute()
        assert self.here(goods_in) == 10_000

    def test_it_may_go_below_nothing(self, goods_in: Store) -> None:
        self.count(goods_in, 1000)
        self.move(goods_in, "d1", -3000)
        assert catalog.search(goods_in, "cream").items[0].stock == -2000

    @pytest.mark.parametrize("walk", [500, 0])
    def test_pulled_stock_lacks_what_its_owner_has_not_booked(
        self, goods_in: Store, monkeypatch: pytest.MonkeyPatch, walk: int
    ) -> None:
        monkeypatch.setattr(stock, "_WALK_MAX", walk)
        self.count(goods_in, 10_000, "erpnext")
        states = ("queued", "sending", "sent", "unknown", "rejected", "booked", "differs")
        for n, state in enumerate(states):
            self.move(goods_in, f"d{n}", -(10**n))
            self.send(goods_in, f"d{n}", state)
        self.move(goods_in, "mock", -5)  # made while there was no connection: its owner never hears of it
        assert self.here(goods_in) == 10_000 - 11_111

    @pytest.mark.parametrize("walk", [500, 0])
    def test_what_was_booked_after_the_last_pull_began_still_counts(
        self, goods_in: Store, monkeypatch: pytest.MonkeyPatch, walk: int
    ) -> None:
        monkeypatch.setattr(stock, "_WALK_MAX", walk)
        self.count(goods_in, 10_000, "erpnext")
        catalog.pulled_until(goods_in, datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
        self.move(goods_in, "early", -1000)
        self.send(goods_in, "early", "booked", clock.stamp(datetime(2026, 11, 21, 11, 59, tzinfo=UTC)))
        self.move(goods_in, "late", -300)
        self.send(goods_in, "late", "booked", clock.stamp(datetime(2026, 11, 21, 12, 1, tzinfo=UTC)))
        assert self.here(goods_in) == 9700
        catalog.pulled_until(goods_in, datetime(2026, 11, 21, 12, 5, tzinfo=UTC))
        assert self.here(goods_in) == 10_000

    def test_half_an_exchange_that_is_booked_counts_no_more(self, goods_in: Store) -> None:
        self.count(goods_in, 10_000, "erpnext")
        self.move(goods_in, "x", -2000)
        self.move(goods_in, "x", 1000)
        self.send(goods_in, "x", "booked")
        self.send(goods_in, "x", "queued", part="return")
        assert self.here(goods_in) == 11_000

    def test_a_template_shows_the_sum_of_what_was_found(self, goods_in: Store) -> None:
        rows = [("HB-2041-BROWN-UK8", 2000), ("HB-2041-BROWN-UK9", 3000), ("HB-2041-BLACK-UK8", 7000)]
        catalog.put_stock(goods_in, [{"item": c, "warehouse": HERE, "qty": q} for c, q in rows], "csv")
        assert catalog.search(goods_in, "chelsea").items[0].stock == 12_000
        assert catalog.search(goods_in, "chelsea brown").items[0].stock == 5000
