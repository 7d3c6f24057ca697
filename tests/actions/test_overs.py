"""Two tills out of reach of each other give the same goods back: kept, named with both receipts, never dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pos import config as settings
from pos.actions import deliver, sell
from pos.errors import Rejected
from pos.store import models, notices, overs
from tests import books as other
from tests.actions.shop import ID, Person, Till, basket, line, open_till
from tests.books import Books, Time


@pytest.fixture
def second(till: Till, tmp_path: Path) -> Callable[[Callable[[Till], Any]], Any]:
    """Do something at till T2 of the same shop, in a folder of its own. One database is open at a time, as in life."""
    config = settings.load(tmp_path / "second", environ={"TILLKEEP_TILL_ID": "T2"})

    def at(act: Callable[[Till], Any]) -> Any:
        there = open_till(config)
        try:
            return act(there)
        finally:
            there.close()
            models.database.initialize(till.store.database)

    return at


def knows(sale: Any) -> Callable[[Till], Any]:
    return lambda till: till.journal.adopt(sale.body, "by hand", "ann")


def give_back(till: Till, doc: dict[str, Any], n: int, qty: str = "-1", total: str = "-1.20") -> Any:
    against = {"id": doc["id"], "line": "a1"}
    return sell.commit(till, basket(line("MUG", qty, "r1", return_against=against), total=total, n=n), Person())


def told(till: Till) -> list[str]:
    return [n.text for n in notices.open_notices(till.store, prefix="over-return:")]


def test_a_second_return_from_another_till_is_kept_and_named_with_both_receipts(till, second):
    sale = sell.commit(till, basket(line("MUG"), total="1.20"), Person())
    second(knows(sale))
    give_back(till, sale.doc, 2)
    theirs = second(lambda there: give_back(there, sale.doc, 3))
    assert told(till) == []
    taken = till.journal.adopt(theirs.body, "by hand", "ann")
    assert taken.doc["invoice_name"] == "T2-000001"
    assert told(till) == [
        "Over-returned: of 1 Mug on T1-000001 2 came back, by T1-000002 and T2-000001."
    ]  # fmt: skip
    (shown,) = notices.open_notices(till.store, prefix="over-return:")
    assert (shown.level, shown.subject) == ("needs", "T1-000001")
    assert till.journal.adopt(theirs.body, "by hand", "ann").duplicate
    assert len(told(till)) == 1


def test_a_return_within_what_was_sold_raises_nothing(till, second):
    sale = sell.commit(till, basket(line("MUG", "2"), total="2.40"), Person())
    second(knows(sale))
    give_back(till, sale.doc, 2)
    till.journal.adopt(second(lambda there: give_back(there, sale.doc, 3)).body, "by hand", "ann")
    assert told(till) == []


def test_goods_taken_on_a_receipts_number_count_once_that_receipt_is_known(till, second):
    """T2 sold it; T1 took it back by its number alone, with a supervisor; then T2 took it back against the receipt."""
    sale = second(lambda there: sell.commit(there, basket(line("MUG"), total="1.20"), Person()))
    blind = line("MUG", "-1", "r1", reason="Faulty", return_of="t2-000001")
    sell.commit(till, basket(blind, total="-1.20", n=5), Person())
    theirs = second(lambda there: give_back(there, sale.doc, 6))
    till.journal.adopt(sale.body, "by hand", "ann")
    assert told(till) == []
    till.journal.adopt(theirs.body, "by hand", "ann")
    assert told(till) == ["Over-returned: of 1 Mug on T2-000001 2 came back, by T1-000001 and T2-000002."]


def test_the_sale_that_comes_last_shows_it_as_well(till, second):
    sale = second(lambda there: sell.commit(there, basket(line("MUG"), total="1.20"), Person()))
    theirs = second(lambda there: give_back(there, sale.doc, 6))
    for n in (7, 8):
        blind = line("MUG", "-1", "r1", reason="Faulty", return_of="T2-000001")
        sell.commit(till, basket(blind, total="-1.20", n=n), Person())
    till.journal.adopt(theirs.body, "by hand", "ann")
    till.journal.adopt(sale.body, "by hand", "ann")
    assert told(till) == ["Over-returned: of 1 Mug on T2-000001 3 came back, by T2-000002 and T1-000001 and T1-000002."]


def test_the_books_refuse_the_second_and_the_row_names_both_receipts(till, second, time: Time):
    other.connected(till.store)
    books = Books()
    sale = sell.commit(till, basket(line("MUG"), total="1.20"), Person())
    second(knows(sale))
    give_back(till, sale.doc, 2)
    till.journal.adopt(second(lambda there: give_back(there, sale.doc, 3)).body, "by hand", "ann")
    time.passes(200)

    def refuses(*_: Any) -> None:
        raise Rejected("More would come back there than was sold.", code="over_return", remedy="Look for another one.")

    books.poison[ID.format(3)] = refuses
    for _ in range(3):
        deliver.queued(other.job(till.store, books))
        time.passes(4000)
    found = till.store.execute("SELECT state, code, message FROM outbox WHERE document = ?", (ID.format(3),)).fetchone()
    assert found[:2] == ("rejected", "over_return")
    assert "by T1-000002 and T2-000001" in found[2]
    assert till.store.execute("SELECT state FROM outbox WHERE document = ?", (ID.format(2),)).fetchone() == ("booked",)


def test_what_was_given_back_of_a_receipt_we_do_not_have_is_not_judged(till):
    blind = line("MUG", "-1", "r1", reason="Faulty", return_of="T9-000001")
    doc = sell.commit(till, basket(blind, total="-1.20"), Person()).doc
    assert overs.of(till.store, doc) == []
