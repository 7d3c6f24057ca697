"""Our stock held against somebody's books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pos.rules import parity
from pos.rules.parity import Finding, Fix, Names, Ours, Theirs

TEA = Ours("TEA", "Tea", levels={"Shop": 5000})


def theirs(name: str = "Tea", level: str = "5", key: str = "", **more: Any) -> Theirs:
    return Theirs(key or name, name, **{"kind": "ItemInventory", "levels": {"Shop": level}, **more})


def found(ours: Ours, *there: Theirs, loose: bool = False, **more: Any) -> list[Finding]:
    return parity.compare(ours, Names(there, [ours.name], loose=loose), **more)


def statuses(rows: list[Finding]) -> list[tuple[str, str]]:
    return [(one.field, one.status) for one in rows]


def test_what_is_the_same_is_no_finding() -> None:
    assert found(TEA, theirs(level="5.000")) == []


def test_strict_takes_names_as_they_are_and_loose_says_that_they_differ() -> None:
    other = theirs(" TEA ", "4")
    (strict,) = found(TEA, other)
    assert (strict.status, strict.theirs) == ("missing", "")
    assert strict.detail["near"] == [" TEA "], "it is said, not hidden"
    (loose,) = found(TEA, other, loose=True)
    assert (loose.field, loose.difference) == ("quantity", "1")
    assert loose.detail["names_differ"] == ["Tea", " TEA "]


def test_an_id_goes_before_any_name() -> None:
    ours = Ours("TEA", "Tea", "80-1", levels={"Shop": 5000})
    assert found(ours, theirs("Old tea", key="80-1"), theirs("Tea", "99", key="80-2")) == []
    assert statuses(found(ours, theirs("Tea", key="80-2"))) == [("item", "missing")], "the one it was is gone"


def test_quantities_at_each_place() -> None:
    ours = Ours("TEA", "Tea", levels={"Shop": 1500, "Back": -2000, "Van": 0}, unsettled=frozenset({"Van"}))
    rows = found(ours, theirs(levels={"Shop": "2.25", "Van": "7", "Elsewhere": "3"}))
    assert [(one.location, one.ours, one.theirs, one.difference) for one in rows] == [
        ("Back", "-2", "0", "-2"), ("Shop", "1.5", "2.25", "-0.75"),
    ]  # fmt: skip
    clamped = [one for one in found(ours, theirs(levels={"Shop": "-1"}), clamp=True)]
    assert [(one.location, one.ours, one.theirs) for one in clamped] == [("Shop", "1.5", "0")]
    assert clamped[0].detail["clamped"] == {"theirs": "-1"}


def test_figures_nobody_keeps_are_not_compared() -> None:
    assert found(TEA, theirs(levels=None)) == []
    assert found(Ours("TEA", "Tea", cost="1", levels={"Shop": 5000}), theirs()) == []


def test_accounts_cost_and_price_where_both_sides_know_them() -> None:
    accounts = {"income_account": "Sales", "cogs_account": "COGS", "asset_account": ""}
    ours = Ours("TEA", "Tea", accounts=accounts, cost="1.10", price="2.50", levels={"Shop": 5000})
    other = {"income_account": "sales", "cogs_account": "COGS", "asset_account": "Stock"}
    rows = found(ours, theirs(accounts=other, cost="1.1000", price="2.4"))
    assert [(one.field, one.ours, one.theirs, one.difference) for one in rows] == [
        ("income_account", "Sales", "sales", ""), ("price", "2.5", "2.4", "0.1"),
    ]  # fmt: skip


def test_packs() -> None:
    assert [parity.pack_of(name) for name in ("Tea *12", "Tea*6 ", "Tea", "Tea *1", "*12")] == [
        ("Tea", 12), ("Tea", 6), ("", 1), ("", 1), ("", 1),
    ]  # fmt: skip
    dozen = theirs("Tea *12", "2")
    (only,) = found(TEA, dozen)
    assert (only.status, only.detail["units"]) == ("only_pack_variant", "24")
    both = found(Ours("TEA", "Tea", levels={"Shop": 29_000}), theirs(), dozen)
    assert statuses(both) == [("item", "base_with_packs")], "5 and two dozens are 29"
    short = found(TEA, theirs(), dozen)
    assert short[1].difference == "-24" and short[1].detail["packs"] == ["Tea *12"]
    own = Ours("TEA12", "Tea *12", levels={"Shop": 2000})
    names = Names([theirs(), dozen], ["Tea", "Tea *12"])
    assert parity.compare(own, names) == [] == parity.compare(TEA, names), "a pack that is an item of ours is no pack"


def test_what_is_not_one_item_is_said_and_not_guessed() -> None:
    assert statuses(found(TEA, theirs(key="1"), theirs(key="2"))) == [("item", "several_bases")]
    assert found(TEA, theirs(key="1"), theirs(key="2", active=False)) == [], "one that is switched off is no second one"
    assert statuses(found(TEA, theirs(), theirs("TEA"), loose=True)) == [("item", "ambiguous")]
    assert statuses(found(TEA, theirs(), shared=["TEA2"])) == [("item", "ambiguous")]
    assert statuses(found(TEA, theirs(kind="ItemService"))) == [("item", "needs_adjustment")]
    assert "off" in found(TEA, theirs(active=False))[0].detail["why"]


def test_what_they_alone_have_is_named() -> None:
    rows = [theirs(), theirs("Cup"), theirs("Fee", kind="ItemService"), theirs("Old", active=False)]
    seen = parity.met(TEA, Names(rows))
    assert [(one.item, one.detail["missing"]) for one in parity.strangers(rows, seen)] == [("Cup", "here")]


def test_caps_name_what_they_leave_out() -> None:
    fixes = [Fix(f"I{n:03}", "Shop", "1", "Shrinkage") for n in range(300)]
    made = parity.plan(fixes, 500)
    assert len(made.adjustments) == 25 and {len(one) for one in made.adjustments} == {10}
    assert len(made.left) == 50 and made.left[0].item == "I250"
    few = parity.plan(fixes, 12)
    assert [len(one) for one in few.adjustments] == [10, 2] and len(few.left) == 288
    assert len(parity.plan(fixes, 500, made=24).adjustments) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"difference": "1000.001"}, "above 1000"),
        ({"difference": "-1001"}, "above 1000"),
        ({"difference": "0.00001"}, "decimals"),
        ({"account": ""}, "No account"),
        ({"packs": True}, "packs"),
        ({"kind": "ItemInventoryAssembly"}, "built of others"),
        ({"waiting": True}, "already"),
        ({"difference": ""}, "no difference"),
    ],
)
def test_what_is_never_proposed(changed: dict[str, Any], words: str) -> None:
    made = parity.plan([Fix(**{"item": "A", "location": "Shop", "difference": "1000", "account": "X", **changed})], 1)
    assert made.adjustments == () and words in made.left[0].why


def test_a_plan_is_by_place_and_account() -> None:
    fixes = [
        Fix("A", "Shop", "1", "X"),
        Fix("B", "Back", "1", "X"),
        Fix("C", "Shop", "-2", "Y"),
        Fix("D", "Shop", "3", "X"),
    ]
    assert [[one.item for one in bite] for bite in parity.plan(fixes, 9).adjustments] == [["A", "D"], ["B"], ["C"]]
    assert parity.exact("x") is None and parity.text_of(Decimal("10.00")) == "10"
