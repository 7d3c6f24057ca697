"""Search: words in any order, pages in name order, an index that stays in step with every change."""

from __future__ import annotations

import random
import sqlite3

import pytest
from peewee import IntegrityError

from pos.store import catalog, search, search_index
from pos.store.db import Store
from tests.store.goods import boots, codes, goods_in, index_is_sound, item, price, put, template, variant

__all__ = ["goods_in", "index_is_sound"]


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

    @pytest.mark.both_engines
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

    @pytest.mark.both_engines
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

    def test_a_list_in_name_order_before_others_is_not_numbered_afresh_again_and_again(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Items of QuickBooks come so, in bites: each sixth bite numbered all tiles and words afresh."""
        afresh, real = list[int](), search_index._renumber
        monkeypatch.setattr(search_index, "_renumber", lambda *given: (afresh.append(1), real(*given)))
        put(store, item("ZZ", "Zz"))
        for start in range(0, 600, 20):
            put(store, *(item(f"N{n}", f"name {n:04}") for n in range(start, start + 20)))
        assert afresh == []
        assert codes(store, "name", limit=100) == [f"N{n}" for n in range(100)]

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
        with pytest.raises((sqlite3.IntegrityError, IntegrityError)):
            put(goods_in, item("NEW", "New boot"), {"code": "BAD", "name": None, "item_group": "x"})
        assert codes(goods_in, "new") == []
        assert catalog.goods(goods_in, ["NEW"]) == {}
