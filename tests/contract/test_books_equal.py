"""What is booked equals the receipt: random baskets, and seeded trouble on the way.

Long runs: `python -m tests.contract.baskets --runs 10000` and `python -m tests.contract.faults --runs 100`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract import baskets, faults
from tests.contract.tills import till


@pytest.mark.parametrize("world", baskets.WORLDS, ids=lambda w: "-".join(str(x) for x in w))
def test_random_baskets_are_booked_to_the_penny(tmp_path: Path, world: Any) -> None:
    inclusive, rounding, own, name, step = world
    with baskets.world(tmp_path, inclusive=inclusive, rounding=rounding, own_account=own, name=name, step=step) as here:
        assert baskets.run(here, 40, seed=7) == []


@pytest.mark.parametrize("seed", [11, 12])
def test_whatever_fails_each_receipt_is_booked_once_and_equal(tmp_path: Path, seed: int) -> None:
    result = faults.one_run(tmp_path, seed, 30)
    assert result.wrong == []
    assert result.receipts >= 30
    assert sum(result.failures.values()) > 20


def test_the_judge_of_a_fault_run_sees_a_lost_and_a_doubled_document(tmp_path: Path) -> None:
    """The control: a proof that cannot fail proves nothing."""
    with till(tmp_path) as shop:
        first, second = shop.sell(2)
        shop.round()
        site = shop.emulator.site
        one, other = shop.invoices(first)[0], shop.invoices(second)[0]
        del site.docs["Sales Invoice"][one["name"]]
        site.docs["Sales Invoice"]["TWICE"] = {**other, "name": "TWICE"}
        result = faults.Result()
        faults._judge(shop, result)
    assert [s.split(" is there ")[-1] for s in result.wrong] == ["0 times", "2 times"]


def test_the_comparison_sees_a_penny(tmp_path: Path) -> None:
    with till(tmp_path) as shop:
        (sold,) = shop.sell()
        invoice_before = shop.emulator.site.docs["Sales Invoice"]
        shop.round()
        assert shop.row(sold).state == "booked"
        doc = shop.invoices(sold)[0]
        doc["grand_total"] += 0.01
        stored = shop.world.connector.fetch(doc["name"])
        receipt = shop.world.sold[-1][0]
        assert "total is" in shop.world.connector.compare(receipt, "sale", stored)
        assert invoice_before is shop.emulator.site.docs["Sales Invoice"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("paid_amount", 0.0, "paid is 0.00"),
        ("change_amount", 9.99, "change is 9.99"),
        ("outstanding_amount", 5.0, "open amount is 5.00"),
        ("customer", "Jane Till", "customer is Jane Till"),
        ("posting_date", "2026-11-01", "posting date is 2026-11-01"),
        ("docstatus", 0, "it is draft, not submitted"),
        ("rounded_total", 5.0, "it was rounded to 5"),
        ("payments", [], "payment is 0.00"),
        ("items", [], "quantity is 0"),
    ],
)
def test_the_comparison_names_what_differs(tmp_path: Path, field: str, value: Any, words: str) -> None:
    with till(tmp_path) as shop:
        (sold,) = shop.sell()
        shop.round()
        doc = shop.invoices(sold)[0]
        doc[field] = value
        stored = shop.world.connector.fetch(doc["name"])
        assert words in shop.world.connector.compare(shop.world.sold[-1][0], "sale", stored)
