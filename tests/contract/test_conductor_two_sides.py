"""Both sides edited at random while answers get lost and processes die; and that the judge of it sees what is wrong.

Long runs: `python tasks.py prove --only conductor`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pos.actions import conductor_lost, conductor_merge
from pos.store import records
from tests.contract import conductor_two_sides as two
from tests.contract.conductor_judge import HERE, THERE, Judge
from tests.contract.conductor_two_sides import TwoSides

FEW = ("qbd_customer", "qbd_item", "qbd_sales_order")


@pytest.mark.parametrize("seed", [7])
def test_both_sides_are_equal_at_the_end_or_say_where_they_are_not(tmp_path: Path, seed: int) -> None:
    wrong, counted = two.one_run(tmp_path, seed, rounds=2, acts=10)
    assert wrong == []
    assert min(counted[name] for name in ("edits", "faults", "compared", "conflicts", "deaths")) > 0, counted


def judged(tmp_path: Path, do: Callable[[TwoSides], None], **more: Any) -> list[str]:
    with two.standing(tmp_path, 1, rates={}, kinds=FEW, **more) as sides:
        sides.sync()
        do(sides)
        sides.quiet()
        return Judge(sides, sides.people.diary).verdict()


def change_both(sides: TwoSides) -> None:
    """The same fields of the same things, on both sides, until each has a conflict."""
    for kind in FEW[:2]:
        for known in ("h1", "t2", "h3", "t4"):
            for side in (HERE, THERE):
                name = "phone" if kind == "qbd_customer" else "salesDescription"
                sides.people._try("", getattr(sides.people, f"_change_{side}"), kind, known, name)
                sides.passes(1)


def test_the_judge_agrees_with_two_good_sides(tmp_path: Path) -> None:
    assert judged(tmp_path, change_both) == []


def test_the_judge_sees_conflicts_that_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "clashed", lambda *given, **named: None)
    assert any("is lost without a word" in one for one in judged(tmp_path, change_both))


def orders(sides: TwoSides) -> None:
    for _ in range(3):
        sides.there.faults.next("closed_after", hits="create sales-orders")
        sides.people._make_here("qbd_sales_order")
        sides.sync()


def test_the_judge_sees_what_is_there_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is known as our own, a lost answer makes a second order."""
    monkeypatch.setattr(conductor_lost, "look", lambda *given: conductor_lost.Looked([], []))
    monkeypatch.setattr(conductor_lost, "anywhere", lambda *given: [])
    assert any("there twice" in one for one in judged(tmp_path, orders))


def test_the_judge_sees_that_a_file_that_forgets_whose_things_are_cannot_be_trusted(tmp_path: Path) -> None:
    """Nothing is doubled even then: it is parked, and both sides differ."""

    def forgetful(sides: TwoSides) -> None:
        sides.there.file.forgets_external_ids = True
        orders(sides)

    wrong = judged(tmp_path, forgetful)
    assert wrong and not any("there twice" in one for one in wrong)


def test_the_judge_sees_a_field_that_does_not_come_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = conductor_merge._taken

    def half(on: Any, record: Any, merged: Any, fields: Any, lines: Any, theirs: Any) -> Any:
        kept = {name: record.fields.get(name, "") if name in ("phone", "salesDescription") else value
                for name, value in fields.items()}  # fmt: skip
        return real(on, record, merged, kept, lines, theirs)

    monkeypatch.setattr(conductor_merge, "_taken", half)
    assert any("and nobody says so" in one or "without a word" in one for one in judged(tmp_path, change_both))
