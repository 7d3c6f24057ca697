"""Answers that get lost on the way from QuickBooks Desktop, and processes that die: each thing is there once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos.actions import conductor_go, conductor_merge, conductor_push
from pos.connectors.conductor.client import Client
from pos.store import conductor_sessions, record_links, records
from tests.contract.conductor_bench import DAY, Bench, Killed, bench_at
from tests.contract.conductor_pulls import pulls_at
from tests.contract.conductor_shaken import ORDER, RATES, Shaken, order, upright
from tests.contract.emulators.conductor import Conductor
from tests.contract.emulators.conductor_faults import Faults

#: Every way an answer gets lost, and every one that only seems so.
FAULTS = sorted(set(Faults.KINDS) - {"slow_connect", "slow_before", "slow_after"})


@pytest.fixture
def there() -> Iterator[Conductor]:
    with Conductor(slow_seconds=1.2) as running:
        yield running
        assert running.broken == []
        assert running.overlaps == 0 or "slow" in str(running.faults.counts)


@pytest.fixture
def bench(there: Conductor, tmp_path: Path) -> Iterator[Bench]:
    with bench_at(tmp_path, there) as made:
        made.waited = there.settle  # type: ignore[method-assign]
        made.add("qbd_customer", "C0", name="Zed")
        made.item("Pen", salesPrice="1.20")
        assert made.push("customers", "items") == (2, 0, 0)
        yield made


def searched(calls: list[str], resource: str) -> None:
    """No create follows another without a search between them."""
    made = False
    for call in calls:
        if call == f"create {resource}":
            assert not made, "sent again without looking"
            made = True
        elif call == f"list {resource}":
            made = False


def test_whatever_is_lost_there_is_one_changed_once_deleted_once(bench: Bench) -> None:
    """The pitfalls: a timed-out create made a second object; their client sends a create three times."""
    for n, fault in enumerate(FAULTS):
        lost(bench, fault, f"C{n + 1}", f"O{n + 1}")
    assert bench.conflicts("") == [], "our own change is no change of theirs"
    assert bench.there.faults.counts == dict.fromkeys(FAULTS, 6)


def test_a_client_that_gives_up_finds_what_was_done_after_all(bench: Bench) -> None:
    for n, fault in enumerate(("slow_before", "slow_after")):
        bench.add("qbd_customer", f"S{n}", name=f"Sam {n}")
        bench.there.faults.next(fault, hits="create customers")
        assert bench.push("customers") == (1, 0, 0)
    searched(bench.there.calls, "customers")
    assert sorted(row["name"] for row in bench.rows("customers")) == ["Sam 0", "Sam 1", "Zed"]


def lost(bench: Bench, fault: str, customer: str, number: str) -> None:
    """A customer and an order are made, changed and deleted, and every write meets this fault."""
    faults, calls = bench.there.faults, bench.there.calls
    calls.clear()
    bench.add("qbd_customer", customer, name=f"Ada {customer}")
    order(bench, number)
    faults.next(fault, hits="create customers")
    faults.next(fault, hits="create sales-orders")
    bench.push("customers", "sales_orders")
    bench.there.settle()
    if fault == "in_use":
        assert [row.code for row in bench.failures()] == ["in_use"] * 2, "said, and sent again by itself"
        assert bench.push("customers", "sales_orders") == (2, 0, 0)
    assert [row["name"] for row in bench.rows("customers")].count(f"Ada {customer}") == 1, fault
    assert len(bench.rows("sales_orders")) == 1, fault
    for resource in ("customers", "sales-orders"):
        searched(calls, resource)
    bench.change("qbd_customer", customer, phone="12")
    bench.change(ORDER, number, [*bench.get(ORDER, number).lines, {"description": "Gift wrap", "amount": "2"}])
    faults.next(fault, hits="update customers")
    faults.next(fault, hits="update sales-orders")
    bench.push("customers", "sales_orders")
    bench.push("customers", "sales_orders")
    assert bench.one("customers", "qbd_customer", customer)["phone"] == "12", fault
    assert len(bench.one("sales_orders", ORDER, number)["lines"]) == 2, fault
    bench.change("qbd_customer", customer, deleted=True)
    bench.change(ORDER, number, deleted=True)
    faults.next(fault, hits="update customers")
    faults.next(fault, hits="delete sales-orders")
    bench.push("customers", "sales_orders")
    bench.push("customers", "sales_orders")
    assert bench.one("customers", "qbd_customer", customer)["isActive"] is False, fault
    assert bench.rows("sales_orders") == [], fault


def test_what_quickbooks_books_later_than_it_may_is_no_second_customer(bench: Bench) -> None:
    """After settle_seconds the same body goes again. Should the first still come, its name is taken; should it come
    just before, ours is refused and the refusal leads to it."""
    faults, there = bench.there.faults, bench.there
    bench.waited = lambda: None  # type: ignore[method-assign]
    bench.add("qbd_customer", "C1", name="Ada")
    faults.next("late", hits="create customers")
    assert bench.push("customers") == (1, 0, 0)
    there.settle()
    assert sorted(row["name"] for row in bench.rows("customers")) == ["Ada", "Zed"]
    bench.add("qbd_customer", "C2", name="Ben")
    faults.next("late", hits="create customers")
    create, times = Client.create, list[str]()

    def made(self: Client, *given: Any) -> Any:
        times.append(given[0])
        if len(times) == 2:  # it is booked behind the back of the last search
            there.settle()
        return create(self, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "create", made)
        assert bench.push("customers") == (1, 0, 0)
    assert len(times) == 2
    assert sorted(row["name"] for row in bench.rows("customers")) == ["Ada", "Ben", "Zed"]
    assert bench.remote("qbd_customer", "C2") == there.file.named("customers", "Ben")["id"]


def test_an_order_that_is_booked_twice_all_the_same_is_told(bench: Bench) -> None:
    """What window remains (docs/conductor.md): Conductor itself held the first back longer than settle_seconds."""
    bench.waited = lambda: None  # type: ignore[method-assign]
    order(bench, "O1")
    for _ in range(2):
        bench.there.faults.next("late", hits="create sales-orders")
    session = bench.session("sales_orders")
    (step,) = conductor_sessions.steps(bench.store, session.n)
    bench.waited = lambda: bench.there.settle() if bench.there.calls.count("create sales-orders") == 2 else None  # type: ignore[method-assign]
    assert bench.step(session, step)
    (told,) = conductor_sessions.failures(bench.store, session.n)
    first, second = (row["id"] for row in bench.rows("sales_orders"))
    assert (told.code, told.message) == ("twice", f"QuickBooks booked it twice: {first}, {second}.")
    assert bench.remote(ORDER, "O1") == first


@pytest.mark.parametrize("kind", ["qbd_customer", ORDER])
def test_what_somebody_renamed_before_it_was_found_is_ours_all_the_same(bench: Bench, kind: str) -> None:
    resource = "customers" if kind == "qbd_customer" else "sales_orders"
    if kind == ORDER:
        order(bench, "K1")
    else:
        bench.add(kind, "K1", name="Ada")
    before = {row["id"] for row in bench.rows(resource)}
    called = {"name": "Ada Ltd"} if kind == "qbd_customer" else {"refNumber": "7"}

    def renamed() -> None:
        bench.there.settle()
        (new,) = {row["id"] for row in bench.rows(resource)} - before
        bench.there.file.edit(resource, new, **called)

    bench.waited = renamed  # type: ignore[method-assign]
    bench.there.faults.next("late", hits="create " + resource.replace("_", "-"))
    assert bench.push(resource) == (0, 1, 0)
    assert [row.code for row in bench.failures()] == ["differs"], "it is told, and taken"
    assert len(bench.rows(resource)) == len(before) + 1
    assert {name: bench.get(kind, "K1").fields[name] for name in called} == called


def test_a_copy_of_the_data_that_was_put_back_finds_what_it_has_forgotten(bench: Bench) -> None:
    order(bench, "O1")
    bench.add("qbd_customer", "C1", name="Ada")
    bench.push("customers", "sales_orders")
    with bench.store.transaction():
        bench.store.execute("DELETE FROM record_link WHERE record_id IN ('O1', 'C1')")
    assert bench.push("customers", "sales_orders") == (2, 0, 0)
    assert (len(bench.rows("customers")), len(bench.rows("sales_orders"))) == (2, 1)
    assert bench.conflicts("") == []


@pytest.mark.parametrize("kind", ["qbd_customer", ORDER])
def test_a_process_that_dies_between_any_two_steps_leaves_one_thing(
    bench: Bench, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = "customers" if kind == "qbd_customer" else "sales_orders"
    create, put = Client.create, record_links.put

    def dies(*_given: Any, **_named: Any) -> None:
        raise Killed

    def booked(self: Client, *given: Any) -> None:
        create(self, *given)
        raise Killed

    def kept(*given: Any) -> None:
        put(*given)
        raise Killed

    steps = [(record_links, "put", dies), (record_links, "put", kept), (Client, "create", dies),
             (Client, "create", booked), (conductor_go, "confirmed", dies), (conductor_merge, "bring", dies),
             (conductor_sessions, "went", dies)]  # fmt: skip
    before = len(bench.rows(resource))
    for n, (module, name, instead) in enumerate(steps):
        key = f"K{n}"
        if kind == ORDER:
            order(bench, key)
        else:
            bench.add(kind, key, name=f"Name {n}")
        session = bench.session(resource)
        (step,) = conductor_sessions.steps(bench.store, session.n)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(module, name, instead)
            bench.step(session, step)
        assert bench.step(session, step), "the next worker goes on"
        assert conductor_sessions.end(bench.store, session, "completed", bench.moment)
        assert len(bench.rows(resource)) == before + n + 1, (name, instead)
        assert bench.link(kind, key).state == "synced"
    searched(bench.there.calls, resource.replace("_", "-"))


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 40))])
def test_random_losses_deaths_and_edits_end_with_each_thing_there_once(
    there: Conductor, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bench_at(tmp_path, there) as bench:
        bench.add("qbd_customer", "C0", name="Zed")
        bench.item("Pen")
        bench.push("customers", "items")
        shop = Shaken(bench, seed)
        there.faults = Faults(seed, RATES)
        with monkeypatch.context() as patch:
            shop.shaken(patch)
            for _ in range(4):
                shop.edits(6)
                shop.session()
        there.faults.on = False
        for _ in range(2):
            shop.session()
        upright(bench, shop.keys)
        assert bench.conflicts("") == [], "nobody but us changed anything"
        assert shop.kills + sum(there.faults.counts.values()) > 5
        for resource in ("customers", "sales-orders"):
            assert there.calls.count(f"create {resource}") >= len(bench.rows(resource.replace("-", "_"))) - 1


def test_a_pull_while_an_answer_is_missing_takes_our_own_value_for_ours(there: Conductor, tmp_path: Path) -> None:
    """The next session reads before it sends: what was booked without an answer is no change of theirs."""
    with pulls_at(tmp_path, there) as bench:
        bench.add("qbd_customer", "C1", name="Ada")
        bench.push("customers")
        for fault, name in (("timeout_after", "Ben"), ("timeout_late", "Cid")):
            bench.change("qbd_customer", "C1", phone=name)
            bench.add("qbd_customer", f"C-{name}", name=name)
            session = bench.session("customers")
            (step,) = conductor_sessions.steps(bench.store, session.n)
            there.faults.next(fault, hits="create customers")
            there.faults.next(fault, hits="update customers")
            conductor_push.run(bench.side(session.n), session, step, lambda: False, lambda: None)
            conductor_sessions.end(bench.store, session, "cancelled", bench.moment)
            bench.change("qbd_customer", "C1", phone=f"{name} again", fax="7")
            assert bench.pull("customers")[1] == 0
            there.settle()
            assert bench.pull("customers")[1] == 0
            bench.push("customers")
            bench.push("customers")
            row = bench.one("customers", "qbd_customer", "C1")
            assert (row["phone"], row["fax"]) == (f"{name} again", "7")
            assert bench.remote("qbd_customer", f"C-{name}") == there.file.named("customers", name)["id"]
        assert bench.conflicts("") == []
        assert len(bench.rows("customers")) == 3


def test_what_came_back_by_itself_before_it_was_found_is_told(there: Conductor, tmp_path: Path) -> None:
    """An older copy of the data was put back, and somebody had given it another name there."""
    with pulls_at(tmp_path, there) as bench:
        bench.add("qbd_customer", "C1", name="Ada")
        bench.push("customers")
        bench.edit("customers", "qbd_customer", "C1", name="Ada Ltd")
        with bench.store.transaction():
            bench.store.execute("DELETE FROM record_link")
        bench.pull("customers")
        there.file.edit("customers", bench.rows("customers")[0]["id"], name="Ada")
        bench.push("customers")
        assert [row.code for row in bench.failures()] == ["joined"]
        assert len(bench.rows("customers")) == 1


def test_a_second_one_of_our_making_is_told_by_a_pull_and_becomes_no_record(there: Conductor, tmp_path: Path) -> None:
    with pulls_at(tmp_path, there) as bench:
        bench.add("qbd_customer", "C0", name="Zed")
        bench.add(ORDER, "O1", [{"description": "Work", "amount": "5"}], customer="C0", transactionDate=DAY)
        there.faults.next("late", hits="create sales-orders")
        assert bench.push("customers", "sales_orders") == (2, 0, 0)
        there.settle()  # far too late
        assert len(bench.rows("sales_orders")) == 2
        bench.pull("sales_orders")
        assert [row.code for row in bench.failures()] == ["twice"]
        assert records.count(bench.store, "main", ORDER) == 1
        second = next(row["id"] for row in bench.rows("sales_orders") if row["id"] != bench.remote(ORDER, "O1"))
        there.file.delete("sales_orders", second)
        assert bench.pull("sales_orders")[1] == 0


def test_what_somebody_added_to_our_change_before_it_was_found_is_theirs(bench: Bench) -> None:
    order(bench, "O1")
    bench.push("sales_orders")
    bench.change(ORDER, "O1", [{"description": "Gift wrap"}])

    def meanwhile() -> None:
        bench.there.settle()
        (line,) = bench.one("sales_orders", ORDER, "O1")["lines"]
        bench.edit("sales_orders", ORDER, "O1", lines=[{"id": line["id"], "amount": "7.00"}])
        bench.change(ORDER, "O1", [{"description": "Gift wrap"}, {"description": "Card"}])

    bench.waited = meanwhile  # type: ignore[method-assign]
    bench.there.faults.next("timeout_late", hits="update sales-orders")
    bench.push("sales_orders")
    (row,) = bench.conflicts("decided")
    assert (row.field, row.decision) == ("lines", "ours")
    assert [line["amount"] for line in row.theirs] == ["7"], "it gave way, and is kept"
