"""What both sides of QuickBooks Desktop, edited at random, found of what stays parked: each by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import clock
from pos.actions import conductor_office
from pos.errors import Invalid
from pos.store import companies, conductor_sessions, record_links, records
from tests.contract.conductor_bench import DAY, Bench, Killed, bench_at
from tests.contract.conductor_bench import there as there
from tests.contract.emulators.conductor import Conductor

ORDER = "qbd_sales_order"


@pytest.fixture
def bench(there: Conductor, tmp_path: Path) -> Iterator[Bench]:
    with bench_at(tmp_path, there) as made:
        yield made


@pytest.mark.parametrize("fault", ["", "closed_after"])
def test_what_quickbooks_fills_in_is_taken_also_where_ours_alone_counts(bench: Bench, fault: str) -> None:
    """The day it is due and the address of its customer were nobody's change: they went back as empty, and the order
    was parked for ever ("cannot be emptied")."""
    companies.keep_as(
        bench.store, companies.MAIN, "conductor", "rules", {"sales_orders": {"direction": "to_quickbooks"}},
        companies.kept_as(bench.store, companies.MAIN, "conductor", "rules"), "7",
    )  # fmt: skip
    bench.add("qbd_customer", "C1", name="Ada", billingAddress={"line1": "1 High St"})
    bench.item("Pen", salesDescription="A pen")
    lines = [{"item": "Pen", "quantity": "3", "rate": "1.20"}]
    bench.add(ORDER, "O1", lines, customer="C1", transactionDate=DAY)
    if fault:
        bench.there.faults.next(fault, hits="create sales-orders")
    assert bench.push("customers", "items", "sales_orders") == (3, 0, 0)
    record = bench.get(ORDER, "O1")
    assert (record.fields["dueDate"], record.fields["billingAddress"]) == (DAY, {"line1": "1 High St"})
    bench.change(ORDER, "O1", memo="later")
    assert bench.push("sales_orders") == (1, 0, 0)
    assert (bench.one("sales_orders", ORDER, "O1")["memo"], bench.conflicts("")) == ("later", [])


def test_what_was_refused_and_is_deleted_before_it_went_is_no_longer_parked(bench: Bench) -> None:
    bench.add("qbd_customer", "C1", name="Ada")
    bench.there.faults.next("in_use", hits="create customers")
    bench.push("customers")
    assert bench.link("qbd_customer", "C1").state == "error"
    version = bench.get("qbd_customer", "C1").version
    conductor_office.delete(bench.store, companies.MAIN, "qbd_customer", "C1", {"version": version}, "7")
    assert (bench.link("qbd_customer", "C1").state, bench.link("qbd_customer", "C1").code) == ("synced", "")
    assert bench.push("customers") == (0, 0, 0)
    assert bench.rows("customers") == []


def test_a_process_that_dies_between_a_refusal_and_its_words_parks_nothing_for_ever(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was refused without a code, and no session ever took it up again."""
    bench.add("qbd_customer", "C1", name="Ada")
    bench.push("customers")
    bench.change("qbd_customer", "C1", phone="12")
    bench.there.faults.next("in_use", hits="update customers")

    def dies(*_given: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(record_links, "park", dies)
        with pytest.raises(Killed):
            bench.push("customers")
    bench.passes(120)
    left = conductor_sessions.claim(bench.store, "another", clock.now())
    assert left is not None
    conductor_sessions.end(bench.store, left, "cancelled", clock.now())
    assert bench.push("customers") == (1, 0, 0)
    assert bench.one("customers", "qbd_customer", "C1")["phone"] == "12"


def test_a_name_that_is_too_long_there_never_leaves(bench: Bench) -> None:
    with pytest.raises(Invalid, match="at most 41"):
        bench.add("qbd_customer", "C1", name="x" * 42)
    records.create(bench.store, "main", "qbd_customer", "C2", {"name": "y" * 42}, [], "7", bench.moment)
    assert bench.push("customers") == (0, 1, 0)
    (row,) = bench.failures()
    assert "name" in row.message and "41" in row.message
    assert bench.there.calls == [] and bench.there.refused == []
