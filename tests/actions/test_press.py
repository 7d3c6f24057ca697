"""The print queue's thread: nothing delays a sale, nothing is printed twice by itself."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pos import clock
from pos.actions import press as presses
from pos.actions import printing, sell
from pos.devices.base import MayHavePrinted, NotPrinted
from pos.store import notices, prints
from tests.actions import drawer
from tests.actions.printed import CASHIER, Shop
from tests.actions.shop import Person, basket, line


@pytest.fixture
def shop(printing_shop: Shop) -> Shop:
    return printing_shop


@pytest.fixture
def still(still_shop: Shop) -> Shop:
    return still_shop


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
    cash = [{"kind": "cash", "amount": Decimal(total), "change": Decimal(0)}] if Decimal(total) else []
    doc = {**still.sell(), "kind": kind, "items": [], "payments": cash, "total": Decimal(total), "correction": False}
    assert presses.wanted(doc, still.config, clock.now()) == wanted


def test_the_close_of_a_session_prints_its_z_and_again_as_a_copy(shop: Shop) -> None:
    drawer.start(shop.till)
    drawer.mug(shop.till)
    z = drawer.finish(shop.till, "101.20").doc
    shop.settle(lambda: shop.state(z) == "printed")
    paper = shop.printer.slips[-1]
    assert f"Z-READ {z['z']['name']}" in paper
    assert " ".join(z["hash"][i : i + 8] for i in range(0, 16, 8)) in paper
    printing.ask(shop.press, Person(), z["id"])
    shop.settle(lambda: "C O P Y" in shop.printer.slips[-1])
    assert [slip for slip in shop.printer.slips if "Opening float" in slip] != []


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


def test_a_printer_that_hangs_keeps_no_day_open(shop: Shop) -> None:
    """E-94: a day could not be closed while its printer was down."""
    drawer.start(shop.till)
    drawer.mug(shop.till)
    shop.printer.hold = threading.Event()
    began = time.monotonic()
    z = drawer.finish(shop.till, "101.20").doc
    assert time.monotonic() - began < 10, "the printer hangs for as long as the test likes"
    assert shop.state(z) == "waiting"
    assert drawer.start(shop.till)["session"] != z["session"]
    shop.printer.hold.set()
    shop.settle(lambda: shop.state(z) == "printed")


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
