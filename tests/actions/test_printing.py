"""What people ask of the printer: a second print says COPY and needs its right; the drawer opens once."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from pos import clock
from pos.actions import printing, sell
from pos.actions.press import Press
from pos.devices.base import NotPrinted
from pos.errors import Conflict, Invalid, NeedsApproval, NotAllowed
from pos.store import approvals, audit, people, prints
from tests.actions.printed import CASHIER, Shop
from tests.actions.shop import Person, basket, line


@pytest.fixture
def shop(printing_shop: Shop) -> Shop:
    return printing_shop


@pytest.fixture
def still(still_shop: Shop) -> Shop:
    return still_shop


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


def test_a_no_sale_opens_the_drawer_once_whoever_asks_again(shop: Shop) -> None:
    doc = shop.no_sale()
    shop.settle(lambda: shop.printer.kicks == 1)
    for _ in range(3):
        printing.kick(shop.press, CASHIER, doc["id"])
    time.sleep(0.1)
    assert (shop.printer.kicks, shop.printer.slips) == (1, [])


def test_the_drawer_can_be_asked_for_again_when_nothing_came_of_it(still: Shop) -> None:
    still.printer.error = NotPrinted("The printer is off.")
    doc = still.no_sale()
    still.press.take_in()
    job = still.jobs(doc, "drawer")[0]
    prints.take(still.store, job, clock.now())
    prints.failed(still.store, job.id, clock.now(), "off", sure=True)
    still.printer.error = None
    printing.kick(still.press, CASHIER, doc["id"])
    assert still.press._one()
    assert still.printer.kicks == 1


def test_an_old_no_sale_opens_nothing(still: Shop) -> None:
    doc = still.no_sale()
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
