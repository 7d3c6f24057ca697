"""Numbers of transactions that are made here for QuickBooks Desktop."""

from __future__ import annotations

import pytest

from pos.errors import Invalid
from pos.rules.conductor_numbers import CHARS_MAX, ref_number


class All:
    def __contains__(self, one: object) -> bool:
        return True


def test_a_number_fits_is_made_of_what_the_record_is_and_steps_aside_of_one_in_use() -> None:
    """The pitfall: a refNumber is 11 characters at most, and two documents there may share one."""
    made = [ref_number("conductor", "qbd_sales_order", f"SO-{n}") for n in range(500)]
    assert {len(one) for one in made} == {CHARS_MAX}
    assert len(set(made)) == 500
    assert made[7] == ref_number("conductor", "qbd_sales_order", "SO-7"), "the same again after a restore"
    others = {ref_number("conductor-b", "qbd_sales_order", "SO-7"), ref_number("conductor", "qbd_adjustment", "SO-7")}
    assert made[7] not in others
    second = ref_number("conductor", "qbd_sales_order", "SO-7", {made[7]})
    assert second not in made
    with pytest.raises(Invalid, match="in use"):
        ref_number("conductor", "qbd_sales_order", "SO-7", All())
