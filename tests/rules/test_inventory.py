"""What may happen to stock that is kept here, and what is refused, by field."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos.errors import Invalid
from pos.rules import inventory as rules
from pos.rules.inventory import Draft, Good, Limits, Line, Place

LIMITS = Limits("2026-11-20", closed_until="2026-09-30", future_days=7, lines_max=3)
GOODS = {
    "TEA": Good("TEA"),
    "OFF": Good("OFF", disabled=True),
    "SHIRT": Good("SHIRT", template=True),
    "FITTING": Good("FITTING", stocked=False),
}
PLACES = {
    "SHOP": Place("SHOP", "main"),
    "BACK": Place("BACK", "main"),
    "OLD": Place("OLD", "main", active=False),
    "NORTH": Place("NORTH", "north"),
}
THERE = {("TEA", "SHOP"): 10_000}


def draft(kind: str, *lines: Line, **more: str) -> Draft:
    return replace(Draft("e1", "main", kind, "2026-11-20", lines), **more)


def check(asked: Draft, levels: dict[tuple[str, str], int] = THERE, **more: object) -> rules.Checked:
    return rules.checked(asked, levels, PLACES, GOODS, LIMITS, **more)  # type: ignore[arg-type]


def test_a_transfer_takes_from_one_place_what_it_brings_to_the_other() -> None:
    found = check(draft("transfer", Line("TEA", 4000, "SHOP", "BACK"), Line("TEA", 6000, "SHOP", "BACK")))
    assert [(m.location, m.qty, m.level_after) for m in found.moves] == [
        ("SHOP", -4000, 6000), ("BACK", 4000, 4000), ("SHOP", -6000, 0), ("BACK", 6000, 10_000),
    ]  # fmt: skip


def test_what_is_set_becomes_a_change_on_the_level_of_now_and_what_was_counted_on_that_of_then() -> None:
    found = check(draft("adjustment", Line("TEA", set_to=3000, destination="SHOP")))
    assert (found.lines[0].qty, found.lines[0].level, found.moves[0].level_after) == (-7000, 10_000, 3000)
    # 12 were there when 11 were counted; 2 have been sold since: one is missing, not three too many
    counted = check(draft("count", Line("TEA", set_to=11_000, level=12_000, destination="SHOP")))
    assert (counted.lines[0].qty, counted.moves[0].level_after) == (-1000, 9000)
    same = check(draft("count", Line("TEA", set_to=10_000, destination="SHOP")))
    assert same.moves == () and same.lines[0].qty == 0


def test_what_takes_an_event_back_goes_the_other_way() -> None:
    lines = (Line("TEA", 4000, "SHOP", "BACK"), Line("TEA", -500, destination="SHOP"))
    assert rules.reversed_lines(lines) == (Line("TEA", 4000, "BACK", "SHOP"), Line("TEA", 500, destination="SHOP"))


BY = Line("TEA", 1000, destination="SHOP")


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        (draft("transfer", Line("TEA", 10_001, "SHOP", "BACK")), "lines[0].quantity", "SHOP has 10 of TEA"),
        (draft("adjustment", replace(BY, qty=-10_001)), "lines[0].quantity", "so 10.001 cannot go"),
        (draft("adjustment", replace(BY, qty=0)), "lines[0].quantity", "nought"),
        (draft("adjustment", BY, Line("TEA", set_to=-1, destination="SHOP")), "lines[1].quantity", "less than nothing"),
        (draft("receipt", replace(BY, qty=-1000)), "lines[0].quantity", "above nothing"),
        (draft("transfer", Line("TEA", -1000, "SHOP", "BACK")), "lines[0].quantity", "above nothing"),
        (draft("transfer", Line("TEA", 1000, "SHOP", "SHOP")), "lines[0].destination", "another place"),
        (draft("transfer", replace(BY)), "lines[0].source", "come from"),
        (draft("adjustment", replace(BY, source="BACK")), "lines[0].source", "Only a transfer"),
        (draft("adjustment", replace(BY, destination="")), "lines[0].destination", "which place"),
        (draft("adjustment", replace(BY, destination="OLD")), "lines[0].destination", "switched off"),
        (draft("adjustment", replace(BY, destination="NORTH")), "lines[0].destination", "no place NORTH"),
        (draft("adjustment", replace(BY, item="MUG")), "lines[0].sku", "no item MUG"),
        (draft("adjustment", replace(BY, item="SHIRT")), "lines[0].sku", "template"),
        (draft("adjustment", replace(BY, item="OFF")), "lines[0].sku", "switched off"),
        (draft("adjustment", replace(BY, item="FITTING")), "lines[0].sku", "No stock is kept"),
        (draft("adjustment", replace(BY, cost="NaN")), "lines[0].cost", "no cost"),
        (draft("receipt", Line("TEA", set_to=1000, destination="SHOP")), "lines[0].quantity", "sets a level"),
        (draft("count", *[Line("TEA", set_to=1, destination="SHOP")] * 2), "lines[1].sku", "further up"),
        (draft("adjustment"), "lines", "at least one line"),
        (draft("adjustment", *[BY] * 4), "lines", "At most 3"),
        (
            draft("transfer", Line("TEA", 1, "SHOP", "BACK"), Line("TEA", 1, "BACK", "SHOP")),
            "lines",
            "one for each pair",
        ),
        (draft("adjustment", BY, effective_date="2026-09-30"), "effective_date", "closed up to 2026-09-30"),
        (draft("adjustment", BY, effective_date="2026-11-28"), "effective_date", "more than 7 days ahead"),
        (draft("adjustment", BY, effective_date="20.11.2026"), "effective_date", "no day"),
        (draft("adjustment", BY, effective_date="2026-W47-7"), "effective_date", "no day"),
        (draft("gift", BY), "kind", "kind is one of"),
        (draft("adjustment", BY, id=""), "id", "id of its own"),
        (draft("adjustment", BY, id=".."), "id", "id of its own"),  # no address leads there
        (draft("adjustment", BY, id="a/b"), "id", "id of its own"),
        (draft("adjustment", BY, id="x" * 65), "id", "id of its own"),
        (draft("adjustment", BY, purchase_order="o1"), "purchase_order", "belong to an order"),
        (draft("receipt", replace(BY, cost="１")), "lines[0].cost", "no cost"),
        (draft("receipt", replace(BY, cost="1_0")), "lines[0].cost", "no cost"),
        (draft("adjustment", BY, memo="a\0b"), "memo", "control character"),
    ],
)
def test_what_is_refused_names_its_field(asked: Draft, field: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        check(asked)
    assert refused.value.field == field


def test_a_level_below_nothing_may_be_raised_but_not_lowered() -> None:
    sold_out = {("TEA", "SHOP"): -5000}
    assert check(draft("adjustment", BY), sold_out).moves[0].level_after == -4000
    with pytest.raises(Invalid, match="has -5 of TEA"):
        check(draft("adjustment", replace(BY, qty=-1)), sold_out)


def test_stock_of_a_connection_is_changed_there() -> None:
    owners = {("TEA", "SHOP"): "ERPNext"}
    with pytest.raises(Invalid, match="is kept by ERPNext; change it there") as refused:
        check(draft("transfer", Line("TEA", 1000, "BACK", "SHOP")), owners=owners)
    assert (refused.value.field, refused.value.code) == ("lines[0].destination", "kept_elsewhere")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e3", "", "ten", "0.0001", "1,5", "9" * 21, None, 1.5, True])
def test_a_quantity_is_a_finite_number_of_at_most_three_decimals(text: object) -> None:
    with pytest.raises(Invalid) as refused:
        rules.thousandths(text, "quantity")
    assert refused.value.field == "quantity"


def test_quantities_are_read_and_written_exactly() -> None:
    assert [rules.thousandths(x, "q") for x in ("1", "0.125", 12, " 3.50 ")] == [1000, 125, 12_000, 3500]
    assert rules.thousandths("-2", "q", signed=True) == -2000
    assert [rules.text_of(x) for x in (12_500, -125, 0, 100_000)] == ["12.5", "-0.125", "0", "100"]
    with pytest.raises(Invalid, match="below nothing"):
        rules.thousandths("-2", "q")


def test_all_that_is_asked_for_is_in_the_fingerprint() -> None:
    one = draft("adjustment", BY)
    others = [replace(one, memo="x"), replace(one, lines=(replace(BY, qty=1001),)), replace(one, reason="LOSS")]
    assert len({rules.fingerprint(x) for x in (one, *others)}) == 4
    assert rules.fingerprint(draft("adjustment", replace(BY))) == rules.fingerprint(one)
