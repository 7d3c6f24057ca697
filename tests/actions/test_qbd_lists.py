"""Lists of QuickBooks Desktop, page by page; items and accounts that are made there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pos import clock
from pos.rules.inventory import Line
from pos.rules.qbd_split import Part
from pos.store import qbd_asks, qbd_queue
from pos.store.db import Store
from pos.store.models import InventoryPart, QbdAccount, QbdItem, QbdLevel, QbdSite
from tests.books import Time
from tests.desktop_desk import Desk
from tests.desktop_queue import HERE, answered, rs


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    time = Time()
    with clock.set_to(time):
        yield Desk(store, time)


# -- lists -------------------------------------------------------------------------------------------------------------


def _item(n: int) -> str:
    return (
        f"<ItemInventoryRet><ListID>80-{n}</ListID><EditSequence>1</EditSequence><Name>I{n}</Name>"
        f"<FullName>I{n}</FullName><IsActive>true</IsActive><QuantityOnHand>{n}.5</QuantityOnHand></ItemInventoryRet>"
    )


def test_a_list_comes_page_by_page_and_what_is_gone_there_is_gone_here(desk: Desk) -> None:
    n = qbd_asks.ask(desk.store, HERE, "ask_items", "7")
    page = f'iteratorID="{{00000000-0000-4000-8000-{n:012d}}}"'
    first = desk.out()
    assert 'iterator="Start"' in desk.last(n)
    more = f' {page} iteratorRemainingCount="1"'
    assert desk.says(answered(rs("ItemQuery", first.request_id, _item(1) + _item(2), more=more))) < 100
    second = desk.out()
    assert 'iterator="Continue"' in desk.last(n) and f"00-{n:012d}" not in desk.last(n)[:50]
    none = f' {page} iteratorRemainingCount="0"'
    assert desk.says(answered(rs("ItemQuery", second.request_id, _item(3), more=none))) == 100
    assert [(row.full_name, row.on_hand) for row in QbdItem.select()] == [("I1", "1.5"), ("I2", "2.5"), ("I3", "3.5")]
    assert qbd_asks.asked(desk.store, HERE, "ask_items").rows == 3
    desk.passes(hours=1)
    ticket = desk.session()
    qbd_asks.ask(desk.store, HERE, "ask_items", "7")
    last = desk.out(ticket)
    desk.says(answered(rs("ItemQuery", last.request_id, _item(2), more=none)), ticket=ticket)
    assert [row.full_name for row in QbdItem.select()] == ["I2"]


@pytest.mark.parametrize("code", [1, 500])
def test_a_company_file_without_items_is_an_answer_and_no_loop(desk: Desk, code: int) -> None:
    names = ("ItemQuery", "ItemSitesQuery", "InventorySiteQuery", "AccountQuery")
    for kind, name in zip(qbd_asks.KINDS, names, strict=True):
        qbd_asks.ask(desk.store, HERE, kind, "7")
        assert desk.says(answered(rs(name, desk.out().request_id, code=code, message="nothing"))) == 100
        found = qbd_asks.asked(desk.store, HERE, kind)
        assert (found.state, found.rows) == ("applied", 0) and desk.take() is None
    assert [table.select().count() for table in (QbdItem, QbdLevel, QbdSite, QbdAccount)] == [0, 0, 0, 0]


def test_a_question_they_cannot_answer_is_given_up_after_all_tries(desk: Desk) -> None:
    n = qbd_asks.ask(desk.store, HERE, "ask_sites", "7")
    for at in range(desk.store.config.qbwc.tries_max):
        ticket = desk.session()
        work = desk.out(ticket)
        wrong = at % 2
        assert (
            desk.says("" if wrong else answered(rs("InventorySiteQuery", work.request_id, code=3250)), ticket=ticket)
            == 100
        )
        desk.passes(hours=1)
    assert desk.work(n).state == "error" and qbd_queue.left(desk.store, HERE, desk.now) == (0, 0)
    assert qbd_asks.asked(desk.store, HERE, "ask_sites").state == "error"


# -- items and accounts a person agreed to -----------------------------------------------------------------------------

ITEM = {"name": "GONE", "income": "Sales", "cogs": "Cost", "asset": "Stock", "code": "GONE"}


def _new(desk: Desk, kind: str, payload: dict[str, Any]) -> int:
    with desk.store.transaction():
        (n,) = qbd_queue.tell(desk.store, HERE, "main", kind, f"proposal-{kind}", [Part(kind, payload, ())], desk.now)
    return n


def test_an_item_that_was_made_is_known_here_and_what_waited_for_it_goes_on(desk: Desk) -> None:
    desk.furnish("COLA", "GONE")
    event = desk.post("transfer", Line("GONE", 1000, source="SHOP", destination="BACK"))
    InventoryPart.create(company="main", item="GONE")
    desk.says(desk.posted(work := desk.out(), code=3140, message="no such item"))
    n = _new(desk, "item_add", ITEM)
    made = desk.out()
    assert made.n == n and "ItemInventoryAddRq" in made.body
    inside = "<ItemInventoryRet><ListID>80-9</ListID><EditSequence>1</EditSequence></ItemInventoryRet>"
    assert desk.says(answered(rs("ItemInventoryAdd", made.request_id, inside), set_id=made.set_id)) == 66
    assert desk.work(n).remote_id == "80-9"
    again = desk.out()
    assert again.source == event and again.set_id != work.set_id and "<ListID>80-9</ListID>" in again.body


@pytest.mark.parametrize(("account", "state"), [("Stock", "applied"), ("Other", "error")])
def test_a_name_that_is_taken_on_a_resend_is_adopted_only_when_it_is_ours(desk: Desk, account: str, state: str) -> None:
    n = _new(desk, "item_add", ITEM)
    first = desk.out()
    desk.says("")  # lost
    desk.says(answered(rs("ItemQuery", desk.out().request_id, code=500)))
    again = desk.out()
    assert again.body == first.body
    desk.says(answered(rs("ItemInventoryAdd", again.request_id, code=3100, message="taken"), set_id=again.set_id))
    found = (
        "<ItemInventoryRet><ListID>80-4</ListID><Name>GONE</Name><FullName>Gone</FullName><IncomeAccountRef><FullName>"
        "Sales</FullName></IncomeAccountRef><COGSAccountRef><FullName>Cost</FullName></COGSAccountRef><AssetAccountRef>"
        f"<FullName>{account}</FullName></AssetAccountRef></ItemInventoryRet>"
    )
    desk.says(answered(rs("ItemQuery", desk.out().request_id, found)))
    assert desk.work(n).state == state


def test_a_name_that_is_taken_at_the_first_try_is_somebody_elses(desk: Desk) -> None:
    n = _new(desk, "account_add", {"name": "Shrinkage", "type": "Expense"})
    work = desk.out()
    desk.says(answered(rs("AccountAdd", work.request_id, code=3100, message="taken"), set_id=work.set_id))
    assert (desk.work(n).state, desk.work(n).doubt) == ("error", False)
