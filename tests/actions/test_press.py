"""The print queue: nothing delays a sale, nothing is printed twice by itself, a second print says COPY."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import press as presses
from pos.actions import printing, sell
from pos.actions.press import Press
from pos.config import load
from pos.devices.base import Done, MayHavePrinted, NotPrinted
from pos.errors import Conflict, Invalid, NeedsApproval, NotAllowed
from pos.rules.paper import Row, readable
from pos.store import approvals, audit, notices, people, prints
from tests.actions.shop import Person, Till, basket, line, open_till

CASHIER, CLERK = Person("cashier", "cat", "Cat"), Person("stock_keeper", "stu", "Stu")


class FakePrinter:
    """A printer in memory. `error` is raised for each slip while it is set; `hold` makes it wait."""

    def __init__(self) -> None:
        self.slips: list[str] = []
        self.kicks = 0
        self.order: list[str] = []
        self.error: Exception | None = None
        self.hold: threading.Event | None = None
        self.confirms = True

    def letters(self, text: str) -> str:
        return text

    def send(self, rows: Sequence[Row], *, must_answer: bool) -> Done:
        self._do("slip")
        self.slips.append(readable(rows, 42))
        return Done(confirmed=self.confirms)

    def print_pages(self) -> None:
        raise AssertionError("only a person's command asks for this")

    def kick(self) -> None:
        self._do("kick")
        self.kicks += 1

    def _do(self, what: str) -> None:
        if self.hold is not None:
            self.hold.wait(20)
        if self.error is not None:
            raise self.error
        self.order.append(what)


class Shop:
    """A till with a printer in memory."""

    def __init__(self, root: Path, **values: Any) -> None:
        loaded = load(root, environ={})
        self.config = replace(loaded, printer=replace(loaded.printer, **{"url": "dummy://fake", **values}))
        self.till: Till = open_till(self.config)
        self.store = self.till.store
        self.printer = FakePrinter()
        self.press = self.new_press()
        self.till.journal.on_commit.append(lambda committed: self.press.committed(committed.doc))

    def new_press(self) -> Press:
        return Press(self.store, self.config, self.printer)

    def sell(self, pay: str = "Cash", qty: str = "1", **more: Any) -> dict[str, Any]:
        asked = {**basket(line("MUG", qty), total=f"{1.2 * int(qty):.2f}", pay=pay), "id": clock.uuid7(), **more}
        return sell.commit(self.till, asked, Person()).doc

    def jobs(self, doc: dict[str, Any], template: str = "receipt") -> list[prints.Job]:
        return [job for job in prints.of_document(self.store, doc["id"]) if job.template == template]

    def settle(self, what: Callable[[], bool], seconds: float = 10) -> None:
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, "it did not come about"
            time.sleep(0.01)

    def printed(self, count: int) -> None:
        self.settle(lambda: len(self.printer.slips) >= count)

    def state(self, doc: dict[str, Any]) -> str:
        found: str = printing.state_view(self.press, doc["id"])["state"]
        return found

    def close(self) -> None:
        self.press.stop()
        self.till.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    made.press.start()
    yield made
    if made.printer.hold is not None:
        made.printer.hold.set()
    made.close()


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Shop]:
    """The same, its thread not running: a test moves it on by hand."""
    made = Shop(tmp_path)
    yield made
    made.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presses, "BACK_OFF_SECONDS", (0.05,))


# -- by itself -------------------------------------------------------------------------------------------------------


def test_a_sale_prints_its_receipt_and_opens_the_drawer_first(shop: Shop) -> None:
    doc = shop.sell()
    shop.printed(1)
    shop.settle(lambda: shop.state(doc) == "printed")
    assert shop.printer.order == ["kick", "slip"]
    assert doc["invoice_name"] in shop.printer.slips[0]
    assert "COPY" not in shop.printer.slips[0]


def test_a_card_sale_leaves_the_drawer_shut(shop: Shop) -> None:
    shop.sell(pay="Card")
    shop.printed(1)
    assert shop.printer.kicks == 0


def test_the_same_sale_sent_twice_prints_once(shop: Shop) -> None:
    asked = {**basket(line("MUG", "1"), total="1.20", pay="Cash"), "id": clock.uuid7()}
    doc = sell.commit(shop.till, asked, Person()).doc
    sell.commit(shop.till, asked, Person())
    shop.press.committed(doc)  # and if it were told twice
    shop.printed(1)
    time.sleep(0.1)
    assert (len(shop.printer.slips), shop.printer.kicks) == (1, 1)


def test_a_receipt_taken_in_from_elsewhere_prints_nothing(still: Shop) -> None:
    doc = still.sell()
    now = clock.now()
    assert presses.wanted(doc, still.config, now) == ("drawer", "receipt")
    assert presses.wanted({**doc, "till": "T9"}, still.config, now) == ()
    assert presses.wanted({**doc, "series": "imported"}, still.config, now) == ()
    assert presses.wanted(doc, still.config, now + timedelta(minutes=3)) == ()


@pytest.mark.parametrize(
    ("kind", "total", "wanted"),
    [
        ("float", "150.00", ("drawer", "float")),
        ("float", "0.00", ()),
        ("paid_out", "-5.00", ("drawer", "cash")),
        ("no_sale", "0.00", ("drawer",)),
        ("z", "0.00", ("z",)),
    ],
)
def test_each_kind_of_document_does_what_belongs_to_it(
    still: Shop, kind: str, total: str, wanted: tuple[str, ...]
) -> None:
    from decimal import Decimal

    cash = [{"kind": "cash", "amount": Decimal(total), "change": Decimal(0)}] if Decimal(total) else []
    doc = {**still.sell(), "kind": kind, "items": [], "payments": cash, "total": Decimal(total), "correction": False}
    assert presses.wanted(doc, still.config, clock.now()) == wanted


def test_auto_no_prints_only_when_somebody_asks(tmp_path: Path) -> None:
    made = Shop(tmp_path, auto=False, drawer=False)
    made.press.start()
    doc = made.sell()
    time.sleep(0.1)
    assert made.printer.order == []
    assert made.state(doc) == "none"
    printing.ask(made.press, CASHIER, doc["id"])
    made.printed(1)
    assert "COPY" not in made.printer.slips[0]
    made.close()


# -- the printer is off ----------------------------------------------------------------------------------------------


def test_a_printer_that_hangs_makes_no_sale_slower(shop: Shop) -> None:
    def slowest() -> float:
        took = []
        for _ in range(15):
            began = time.monotonic()
            shop.sell()
            took.append(time.monotonic() - began)
        return sorted(took)[len(took) // 2]

    before = slowest()
    shop.printer.hold = threading.Event()
    while_it_hangs = slowest()
    assert while_it_hangs < before * 2 + 0.05
    shop.printer.hold.set()


def test_it_waits_for_a_printer_that_is_off_and_prints_when_it_is_back(shop: Shop, quick: None) -> None:
    shop.printer.error = NotPrinted("The printer is out of paper.")
    doc = shop.sell()
    shop.settle(lambda: "out of paper" in printing.state_view(shop.press, doc["id"])["text"])
    assert shop.state(doc) == "waiting"
    assert [n.text for n in notices.open_notices(shop.store, prefix="printer")] == ["The printer is out of paper."]
    shop.printer.error = None
    shop.settle(lambda: shop.state(doc) == "printed")
    shop.settle(lambda: notices.open_notices(shop.store, prefix="printer") == [])
    assert len(shop.printer.slips) == 1
    assert "COPY" not in shop.printer.slips[0]


def test_receipts_do_not_pile_up_for_a_printer_that_stays_off(still: Shop) -> None:
    still.printer.error = NotPrinted("The printer is off.")
    docs = [still.sell(pay="Card") for _ in range(3)]
    still.press.take_in()
    while still.press._one():
        pass
    later = clock.now() + timedelta(minutes=still.config.printer.keep_minutes, seconds=1)
    with clock.set_to(later):
        prints.give_up(still.store, later)
        still.printer.error = None
        still.press._try_again_at = 0
        assert not still.press._one()
        for doc in docs:
            view = printing.state_view(still.press, doc["id"])
            assert (view["state"], view["next_is_copy"]) == ("failed", False)
            assert "Print it again" in view["text"]
        asked = printing.ask(still.press, CASHIER, docs[0]["id"])
        assert still.press._one()
    assert "COPY" not in still.printer.slips[0]
    assert prints.find(still.store, asked.job.id).state == "printed"


def test_a_drawer_does_not_open_when_nobody_stands_there_any_more(still: Shop) -> None:
    still.printer.error = NotPrinted("The printer is off.")
    doc = still.sell()
    still.press.take_in()
    still.press._one()
    later = clock.now() + timedelta(seconds=presses.DRAWER_SECONDS + 1)
    with clock.set_to(later):
        prints.give_up(still.store, later)
        still.printer.error = None
        while still.press._one():
            pass
        assert still.printer.kicks == 0
        assert "Use its key" in printing.state_view(still.press, doc["id"])["drawer"]["text"]


def test_what_may_be_on_paper_is_not_sent_again_and_the_next_one_says_copy(shop: Shop) -> None:
    shop.printer.error = MayHavePrinted("The line broke. Look whether it is on paper.")
    doc = shop.sell(pay="Card")
    shop.settle(lambda: shop.state(doc) == "failed")
    shop.printer.error = None
    time.sleep(0.1)
    assert shop.printer.slips == []
    view = printing.state_view(shop.press, doc["id"])
    assert (view["next_is_copy"], view["jobs"][0]["sure"]) == (True, False)
    assert view["text"].startswith("May have been printed")
    printing.ask(shop.press, CASHIER, doc["id"])
    shop.printed(1)
    assert "COPY" in shop.printer.slips[0]


@pytest.mark.parametrize("state", ["waiting", "sending"])
def test_after_a_crash_nothing_is_printed_a_second_time(still: Shop, state: str) -> None:
    doc = still.sell()
    still.press.take_in()
    receipt, drawer = still.jobs(doc)[0], still.jobs(doc, "drawer")[0]
    if state == "sending":
        assert prints.take(still.store, receipt, clock.now()) is not None
    after = still.new_press()
    after.start()
    still.settle(lambda: prints.find(still.store, receipt.id).state == "failed")
    time.sleep(0.1)
    after.stop()
    assert still.printer.order == []
    assert not prints.find(still.store, receipt.id).sure
    assert prints.find(still.store, drawer.id).state == "failed"


def test_only_one_of_two_threads_takes_a_job(still: Shop) -> None:
    doc = still.sell()
    still.press.take_in()
    job = still.jobs(doc)[0]
    assert prints.take(still.store, job, clock.now()) is not None
    assert prints.take(still.store, job, clock.now()) is None


def test_a_slip_that_cannot_be_laid_out_holds_up_no_other(shop: Shop) -> None:
    bad = shop.press.job(None, "receipt")
    broken = replace(bad, document="gone", number="T1-999999")
    prints.add(shop.store, [broken])
    shop.press.ring()
    doc = shop.sell(pay="Card")
    shop.settle(lambda: shop.state(doc) == "printed")
    assert prints.find(shop.store, broken.id).state == "failed"


def test_a_listener_that_fails_stops_nothing(shop: Shop) -> None:
    def fails(job: prints.Job) -> None:
        raise RuntimeError("no screen")

    shop.press.listeners.append(fails)
    doc = shop.sell(pay="Card")
    shop.settle(lambda: shop.state(doc) == "printed")


# -- asked for -------------------------------------------------------------------------------------------------------


def test_the_second_print_says_copy_names_who_and_is_audited(shop: Shop) -> None:
    doc = shop.sell(pay="Card")
    shop.settle(lambda: shop.state(doc) == "printed")
    asked = printing.ask(shop.press, CASHIER, doc["invoice_name"])
    shop.printed(2)
    assert asked.job.copy
    assert "C O P Y" in shop.printer.slips[1]
    assert ", Cat" in shop.printer.slips[1]
    rows = shop.store.execute("SELECT actor, subject FROM audit WHERE act = 'print.copy'").fetchall()
    assert rows == [("cat", doc["invoice_name"])]
    assert audit.verify_chain(shop.store)[1] == ""


def test_a_reprint_needs_its_right(shop: Shop) -> None:
    doc = shop.sell(pay="Card")
    shop.settle(lambda: shop.state(doc) == "printed")

    class Nobody(Person):
        def may(self, right: str) -> bool:
            return right == "sell"

    with pytest.raises(NotAllowed):
        printing.ask(shop.press, Nobody("cashier", "new", "New"), doc["id"])
    assert len(shop.jobs(doc)) == 1


def test_a_second_person_agrees_to_one_copy(shop: Shop) -> None:
    people.add_user(shop.store, "m", "Mia", "manager", "2468")
    doc = shop.sell(pay="Card")
    shop.settle(lambda: shop.state(doc) == "printed")

    class Nobody(Person):
        def may(self, right: str) -> bool:
            return right == "sell"

    new = Nobody("cashier", "new", "New")
    with pytest.raises(NeedsApproval) as refused:
        printing.ask(shop.press, new, doc["id"])
    assert refused.value.act == "reprint"
    key = approvals.grant(shop.store, "reprint", doc["id"], Person("manager", "m", "Mia"), "new")
    printing.ask(shop.press, new, doc["id"], approvals=[key])
    shop.printed(2)
    with pytest.raises(NeedsApproval):
        printing.ask(shop.press, new, doc["id"], approvals=[key])


def test_asking_again_while_it_waits_adds_none(still: Shop) -> None:
    doc = still.sell(pay="Card")
    first = printing.ask(still.press, CASHIER, doc["id"]).job
    second = printing.ask(still.press, CASHIER, doc["id"]).job
    assert first.id == second.id
    assert len(still.jobs(doc)) == 1
    assert first.cause == "auto"


def test_a_gift_receipt_of_another_line_is_no_copy(still: Shop) -> None:
    asked = {**basket(line("MUG", "1"), line("MUG", "1", "b2"), total="2.40", pay="Card"), "id": clock.uuid7()}
    doc = sell.commit(still.till, asked, Person()).doc
    one, two = (item["line"] for item in doc["items"])
    for lines, copy in (([one], False), ([two], False), ([one], True), ([], False)):
        job = printing.ask(still.press, CASHIER, doc["id"], "gift", lines=lines).job
        assert job.copy is copy
        while still.press._one():
            pass
    with pytest.raises(Invalid):
        printing.ask(still.press, CASHIER, doc["id"], "gift", lines=["made up"])


def test_a_document_older_than_a_day_always_says_copy(still: Shop) -> None:
    """After a rebuild from the files nobody knows what was printed."""
    doc = still.sell(pay="Card")
    with still.store.transaction() as tx:
        tx.execute("DELETE FROM print_job")
    still.press._coming.clear()
    with clock.set_to(clock.now() + timedelta(hours=printing.ORIGINAL_HOURS, minutes=1)):
        assert printing.ask(still.press, CASHIER, doc["id"]).job.copy


def test_the_browsers_print_counts_as_a_print(tmp_path: Path) -> None:
    made = Shop(tmp_path, url="")
    bare = Press(made.store, made.config, None)
    doc = made.sell()
    first, second = (printing.ask(bare, CASHIER, doc["id"]) for _ in range(2))
    assert (first.browser, first.job.copy, second.job.copy) == (True, False, True)
    assert printing.state_view(bare, doc["id"])["text"].startswith("Printed in the browser")
    made.close()


def test_an_accountant_cannot_print_what_is_not_there(still: Shop) -> None:
    with pytest.raises(Invalid):
        printing.ask(still.press, CASHIER, still.sell()["id"], "z")


# -- the drawer ------------------------------------------------------------------------------------------------------


def no_sale(shop: Shop) -> dict[str, Any]:
    from pos.actions import cash

    asked = {"id": clock.uuid7(), "kind": "no_sale", "reason": "change"}
    return dict(cash.record(shop.till, asked, Person()).doc)


def test_a_no_sale_opens_the_drawer_once_whoever_asks_again(shop: Shop) -> None:
    doc = no_sale(shop)
    shop.settle(lambda: shop.printer.kicks == 1)
    for _ in range(3):
        printing.kick(shop.press, CASHIER, doc["id"])
    time.sleep(0.1)
    assert (shop.printer.kicks, shop.printer.slips) == (1, [])


def test_the_drawer_can_be_asked_for_again_when_nothing_came_of_it(still: Shop) -> None:
    still.printer.error = NotPrinted("The printer is off.")
    doc = no_sale(still)
    still.press.take_in()
    job = still.jobs(doc, "drawer")[0]
    prints.take(still.store, job, clock.now())
    prints.failed(still.store, job.id, clock.now(), "off", sure=True)
    still.printer.error = None
    printing.kick(still.press, CASHIER, doc["id"])
    assert still.press._one()
    assert still.printer.kicks == 1


def test_an_old_no_sale_opens_nothing(still: Shop) -> None:
    doc = no_sale(still)
    still.press._coming.clear()
    with clock.set_to(clock.now() + timedelta(minutes=2)), pytest.raises(Conflict):
        printing.kick(still.press, CASHIER, doc["id"])


def test_a_sale_opens_no_drawer_by_asking(still: Shop) -> None:
    with pytest.raises(Invalid):
        printing.kick(still.press, CASHIER, still.sell()["id"])


def test_a_copy_opens_no_drawer(shop: Shop) -> None:
    doc = shop.sell()
    shop.settle(lambda: shop.state(doc) == "printed")
    printing.ask(shop.press, CASHIER, doc["id"])
    shop.printed(2)
    assert shop.printer.kicks == 1
