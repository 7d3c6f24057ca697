"""What counts as an answer of QuickBooks Desktop, and what becomes of a message by each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pos import clock
from pos.actions import qbd_answer, qbd_hand
from pos.connectors.qbd import codes
from pos.rules.inventory import Line
from pos.rules.qbd_split import Part
from pos.store import qbd_archive, qbd_asks, qbd_queue
from pos.store.db import Store
from pos.store.models import InventoryPart, QbdAccount, QbdCompany, QbdItem, QbdLevel, QbdSite, QbdTicket
from pos.store.qbd_queue import Handed
from pos.store.qbd_rows import Work
from tests.books import Time
from tests.desktop_queue import HERE, VERSION, Queue, answered, recovered, ret, rs


class Desk(Queue):
    """A queue whose messages are the real ones, with one session."""

    def __init__(self, store: Store, time: Time) -> None:
        super().__init__(store, time)
        self.ticket = self.session()

    def take(self, ticket: str = "") -> Handed | None:
        return qbd_hand.take(self.store, HERE, ticket or self.ticket, VERSION, self.now)

    def out(self, ticket: str = "") -> Work:
        """What is handed out next, as it stands then."""
        return self.work(self.taken(ticket or self.ticket).n)

    def says(self, response: str = "", hresult: str = "", message: str = "", ticket: str = "") -> int:
        session = self.opened(ticket or self.ticket)
        return qbd_answer.book(self.store, session, response, hresult, message, self.now)

    def posted(self, work: Work, inside: str = "", **more: Any) -> str:
        name = more.pop("name", "TransferInventoryAdd" if work.kind == "transfer" else "InventoryAdjustmentAdd")
        return answered(rs(name, more.pop("request_id", work.request_id), inside, **more), set_id=work.set_id)


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    time = Time()
    with clock.set_to(time):
        yield Desk(store, time)


# -- a yes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["shown", "recovered", "a warning", "nothing to clear"])
def test_a_yes_with_an_id_of_theirs_is_booked_once(desk: Desk, form: str) -> None:
    desk.tell("MUG")
    n = desk.tell("COLA", "TEA")
    desk.out()
    assert desk.says(desk.posted(desk.work(n - 1), ret(desk.work(n - 1)))) == 50
    work = desk.out()
    given = {
        "shown": desk.posted(work, ret(work, "TXN-7")),
        "recovered": desk.posted(work, recovered("TXN-7")),
        "a warning": desk.posted(work, ret(work, "TXN-7"), code=530, message="Unsupported field"),
        "nothing to clear": answered(
            rs("TransferInventoryAdd", work.request_id, ret(work, "TXN-7")), set_id=work.set_id, set_code="600"
        ),
    }[form]
    assert desk.says(given) == 100
    after = desk.work(n)
    assert (after.state, after.remote_id, after.doubt) == ("applied", "TXN-7", False)
    assert after.edit_sequence == ("" if form == "recovered" else "17")
    assert ("Unsupported field" in after.message) is (form == "a warning")
    assert desk.says(given) == 100  # the Web Connector sends it once more
    assert desk.work(n) == after and len(qbd_archive.found(desk.store, HERE, work=n)) == 2


def test_an_adjustment_is_held_against_its_differences_and_a_level_against_its_items(desk: Desk) -> None:
    desk.furnish("COLA", "MUG")
    event = desk.post("adjustment", Line("COLA", -1500, destination="SHOP", reason="damage"))
    work = desk.out()
    assert work.payload["lines"][0]["difference"] == "-1.5"
    assert desk.says(desk.posted(work, ret(work))) == 100
    assert desk.status(event) == ("applied", "")
    QbdCompany.update(counts_as="level").execute()
    levels = desk.post("adjustment", Line("COLA", set_to=5000, destination="SHOP", reason="gift"),
                       Line("MUG", set_to=7000, destination="SHOP", reason="gift"))  # fmt: skip
    work = desk.out()
    assert work.body.count("<NewQuantity>") == 2 and "QuantityDifference" not in work.body
    assert desk.says(desk.posted(work, ret(work, lines=work.payload["lines"][:1]))) == 100
    assert desk.status(levels)[0] == "error"  # a line less


# -- what only looks like one ------------------------------------------------------------------------------------------

WRONG = {
    "of another request": lambda d, w: d.posted(w, ret(w), request_id="another"),
    "of another type": lambda d, w: d.posted(w, ret(w), name="InventoryAdjustmentAdd"),
    "of a query": lambda d, w: d.posted(w, ret(w), name="TransferInventoryQuery"),
    "of another set": lambda d, w: answered(rs("TransferInventoryAdd", w.request_id, ret(w)), set_id="0" * 20),
    "without an id": lambda d, w: d.posted(w, ret(w, txn="")),
    "without anything": lambda d, w: d.posted(w),
    "with another thing in it": lambda d, w: d.posted(w, ret(w, kind="InventoryAdjustment")),
    "with another GUID": lambda d, w: d.posted(w, ret(w, guid="{00000000-0000-5000-8000-000000000000}")),
    "recovered without an id": lambda d, w: d.posted(w, "<ErrorRecovery></ErrorRecovery>"),
    "twice": lambda d, w: answered(*[rs("TransferInventoryAdd", w.request_id, ret(w))] * 2, set_id=w.set_id),
    "that holds no answers": lambda d, w: answered(set_id=w.set_id),
    "that is empty": lambda d, w: "",
    "that is a web page": lambda d, w: "<html><body>502 Bad Gateway</body></html>",
    "that is cut": lambda d, w: d.posted(w, ret(w))[:-30],
    "that is another document": lambda d, w: "<?xml version='1.0'?><Envelope/>",
    "with an entity": lambda d, w: "<!DOCTYPE x [<!ENTITY a 'b'>]>" + d.posted(w, ret(w)),
}


@pytest.mark.parametrize("answer", WRONG)
def test_an_answer_that_is_none_to_what_is_out_leaves_it_in_doubt_and_the_same_bytes_go_again(
    desk: Desk, answer: str
) -> None:
    n = desk.tell("COLA")
    work = desk.out()
    assert 1 <= desk.says(WRONG[answer](desk, work)) <= 99
    after = desk.work(n)
    assert (after.state, after.remote_id, after.set_id, after.body) == ("unknown", "", work.set_id, work.body)
    probe = desk.out()  # at once the first time
    assert f"<RefNumber>{work.ref_number}</RefNumber>" in _last(desk, n)
    assert desk.says(answered(rs("TransferInventoryQuery", probe.request_id, code=1))) == 66
    again = desk.taken(desk.ticket)
    assert (again.body, again.set_id) == (work.body, work.set_id)
    assert desk.says(desk.posted(desk.work(n), recovered())) == 100
    assert desk.work(n).state == "applied"


def _last(desk: Desk, n: int) -> str:
    return qbd_archive.found(desk.store, HERE, work=n)[0].body


DIFFERENT = {
    "a line less": {"lines": [{"item": {"name": "COLA"}, "quantity": "1"}]},
    "no line": {"lines": []},
    "a line more": {"lines": [{"item": {"name": "COLA"}, "quantity": "1"}, {"item": {"name": "TEA"}, "quantity": "1"},
                              {"item": {"name": "TEA"}, "quantity": "0"}]},
    "another quantity": {"lines": [{"item": {"name": "COLA"}, "quantity": "1"},
                                   {"item": {"name": "TEA"}, "quantity": "10"}]},
    "another item": {"lines": [{"item": {"name": "COLA"}, "quantity": "1"},
                               {"item": {"name": "TEAPOT"}, "quantity": "1"}]},
    "another number": {"ref": "INV-1"},
}  # fmt: skip


@pytest.mark.parametrize("what", DIFFERENT)
def test_what_was_booked_otherwise_than_sent_is_a_persons_and_never_applied(desk: Desk, what: str) -> None:
    n = desk.tell("COLA", "TEA", source="0190-event")
    work = desk.out()
    assert desk.says(desk.posted(work, ret(work, "TXN-9", **DIFFERENT[what]))) == 100
    after = desk.work(n)
    assert (after.state, after.code, after.remote_id, after.doubt) == ("error", "DIFFERS", "TXN-9", True)
    assert "TXN-9" in after.message
    qbd_queue.retry(desk.store, work.source, "7", desk.now)
    probe = desk.out()  # they put it right there, and let it go on: it is looked at, not sent
    assert (
        probe.probing and desk.says(answered(rs("TransferInventoryQuery", probe.request_id, ret(work, "TXN-9")))) == 100
    )
    assert (desk.work(n).state, desk.work(n).remote_id) == ("applied", "TXN-9")


def test_what_a_person_deleted_there_goes_under_a_new_id(desk: Desk) -> None:
    """Its old id would only answer that it was booked."""
    n = desk.tell("COLA", "TEA")
    work = desk.out()
    desk.says(desk.posted(work, ret(work, "TXN-9", lines=[])))
    qbd_queue.retry(desk.store, work.source, "7", desk.now)
    desk.says(answered(rs("TransferInventoryQuery", desk.out().request_id, code=500)))
    again = desk.out()
    assert again.set_id not in ("", work.set_id) and not again.probing
    desk.says(desk.posted(again, ret(again, "TXN-10")))
    assert (desk.work(n).state, desk.work(n).remote_id) == ("applied", "TXN-10")


# -- a no --------------------------------------------------------------------------------------------------------------

#: Code, text -> state, whether it goes under a new id.
NOES: list[tuple[int, str, str]] = [
    (3100, "name", "error"), (3120, "", "error"), (3140, 'invalid reference to QuickBooks Item "COLA"', "error"),
    (3170, "", "error"), (3171, "", "error"), (3175, "in use", "pending"), (3176, "", "pending"),
    (3180, "The list has been modified by another user.", "pending"), (3180, "could not be saved", "error"),
    (3200, "", "error"), (3210, "", "error"), (3230, "", "pending"), (3231, "", "pending"), (3250, "", "error"),
    (3260, "", "error"), (1010, "", "pending"), (1030, "", "error"), (1060, "", "error"), (3045, "", "error"),
    (3162, "", "pending"), (9999, "", "error"), (1000, "", "unknown"), (1, "", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "state"), NOES)
def test_each_code_says_whether_it_goes_again_by_itself(desk: Desk, code: int, text: str, state: str) -> None:
    n = desk.tell("COLA")
    work = desk.out()
    percent = desk.says(desk.posted(work, code=code, message=text))
    after = desk.work(n)
    assert (after.state, after.code) == (state, str(code)) and (not text or text in after.message)
    assert after.doubt is (state == "unknown") and percent == (50 if state == "unknown" else 100)
    if state == "unknown":
        assert desk.out().probing
        return
    if state == "error":
        qbd_queue.retry(desk.store, work.source, "7", desk.now)
    else:
        assert desk.take() is None
        desk.passes(seconds=60)
    again = desk.out()
    assert again.set_id != work.set_id and again.attempt == 2 and again.ref_number == work.ref_number


def test_a_missing_item_drops_no_line_names_the_item_and_says_what_to_do(desk: Desk) -> None:
    desk.furnish("COLA", "GONE")
    event = desk.post("adjustment", Line("COLA", 1000, destination="SHOP", reason="gift"),
                      Line("GONE", 1000, destination="SHOP", reason="gift"))  # fmt: skip
    text = 'There is an invalid reference to QuickBooks Item "GONE" in the Inventory adjustment line.'
    work = desk.out()
    assert work.body.count("<InventoryAdjustmentLineAdd>") == 2
    desk.says(desk.posted(work, code=3140, message=text))
    status, words = desk.status(event)
    assert status == "error" and '"GONE"' in words and "map another one" in words
    assert desk.take() is None


@pytest.mark.parametrize("code", ["9001", "9002", "9003", "9005"])
def test_a_set_whose_id_protects_no_longer_is_asked_for_before_a_new_id(desk: Desk, code: str) -> None:
    n = desk.tell("COLA", source="0190-e")
    work = desk.out()
    desk.says(answered(rs("TransferInventoryAdd", work.request_id, ret(work)), set_id=work.set_id, set_code=code))
    assert (desk.work(n).state, desk.work(n).probing, desk.work(n).body) == ("unknown", True, "")
    probe = desk.out()
    assert probe.writes and desk.work(n).state == "in_flight"
    desk.says(answered(rs("TransferInventoryQuery", probe.request_id, code=500, message="not found")))
    again = desk.out()
    assert again.set_id != work.set_id and "TransferInventoryAddRq" in again.body


def test_an_id_that_is_too_long_for_them_was_not_run(desk: Desk) -> None:
    n = desk.tell("COLA")
    work = desk.out()
    desk.says(answered(set_id=work.set_id, set_code="9004"))
    assert (desk.work(n).state, desk.work(n).doubt) == ("error", False)


# -- is it there? ------------------------------------------------------------------------------------------------------


def _asked_for(desk: Desk, n: int) -> tuple[Work, Work]:
    work = desk.out()
    desk.says("")
    return work, desk.out()


def test_what_is_found_by_its_number_and_mark_is_booked(desk: Desk) -> None:
    n = desk.tell("COLA", source="0190-e")
    work, probe = _asked_for(desk, n)
    foreign = ret(work, "OTHERS", guid="{00000000-0000-5000-8000-000000000000}").replace("0190-e", "by hand")
    desk.says(answered(rs("TransferInventoryQuery", probe.request_id, foreign + ret(work, "TXN-3"))))
    assert (desk.work(n).state, desk.work(n).remote_id) == ("applied", "TXN-3")


def test_what_only_has_its_number_is_somebody_elses(desk: Desk) -> None:
    n = desk.tell("COLA", source="0190-e")
    work, probe = _asked_for(desk, n)
    foreign = ret(work, "OTHERS", guid="{00000000-0000-5000-8000-000000000000}").replace("0190-e", "by hand")
    desk.says(answered(rs("TransferInventoryQuery", probe.request_id, foreign)))
    assert desk.taken(desk.ticket).body == work.body


def test_what_is_there_twice_or_otherwise_is_told_to_a_person(desk: Desk) -> None:
    n = desk.tell("COLA", source="0190-e")
    work, probe = _asked_for(desk, n)
    desk.says(answered(rs("TransferInventoryQuery", probe.request_id, ret(work, "T1") + ret(work, "T2"))))
    assert desk.work(n).state == "error" and "T1, T2" in desk.work(n).message
    qbd_queue.retry(desk.store, work.source, "7", desk.now)
    probe = desk.out()
    other = ret(work, "T1", lines=[{"item": {"name": "COLA"}, "quantity": "5"}])
    desk.says(answered(rs("TransferInventoryQuery", probe.request_id, other)))
    assert desk.work(n).state == "error" and desk.work(n).code == "DIFFERS"


@pytest.mark.parametrize("answer", ["error", "other", "empty", "nothing said", "0x80040400"])
def test_a_question_that_is_not_answered_decides_nothing(desk: Desk, answer: str) -> None:
    n = desk.tell("COLA")
    work, probe = _asked_for(desk, n)
    name = "TransferInventoryQuery"
    given = {
        "error": answered(rs(name, probe.request_id, code=3260)), "other": answered(rs(name, "another", code=1)),
        "empty": "", "nothing said": answered(rs(name, probe.request_id)),
    }.get(answer, "")  # fmt: skip
    desk.says(given, hresult=answer if answer.startswith("0x") else "")
    after = desk.work(n)
    assert after.state == ("error" if answer.startswith("0x") else "unknown")
    assert (after.doubt, after.probing, after.set_id) == (True, True, work.set_id)
    assert desk.take() is None


# -- broken off --------------------------------------------------------------------------------------------------------


def test_only_what_they_cannot_read_is_a_definite_no_of_all_hresults(desk: Desk) -> None:
    for at, last in enumerate(sorted(codes._HRESULT)):
        n = desk.tell(f"I{at}")
        work = desk.out()
        percent = desk.says(hresult=f"0x8004{last.lower()}", message="QuickBooks said so")
        after = desk.work(n)
        definite = last == "0400"
        assert (after.state, after.doubt) == (("error", False) if definite else ("unknown", True)), last
        assert definite or (after.set_id == work.set_id and after.probing)
        assert "QuickBooks said so" in after.message
        goes_on = percent > 0
        assert goes_on is (last in ("0400", "0402", "0413", "041C", "041F", "0423")), last
        assert goes_on or "QuickBooks said so" in desk.opened(desk.ticket).last_error
        with desk.store.transaction():
            qbd_queue.release(desk.store, desk.ticket, desk.now)
        desk.put_in(n, state="cancelled")


@pytest.mark.parametrize("hresult", ["-2147220480", "0X80040400", "80040400", " 0x80040400 "])
def test_however_it_is_spelled(desk: Desk, hresult: str) -> None:
    n = desk.tell("COLA")
    desk.out()
    assert desk.says(hresult=hresult) == 100 and desk.work(n).state == "error"


@pytest.mark.parametrize("hresult", ["", "0", "0x0", "0x00000000"])
def test_no_hresult_is_none(desk: Desk, hresult: str) -> None:
    n = desk.tell("COLA")
    work = desk.out()
    assert desk.says(desk.posted(work, ret(work)), hresult=hresult) == 100 and desk.work(n).state == "applied"


# -- late, and somebody else's -----------------------------------------------------------------------------------------


def test_a_late_yes_is_booked_once_while_another_session_asks_for_it(desk: Desk) -> None:
    n = desk.tell("COLA")
    work = desk.out()
    old = desk.opened(desk.ticket)
    with desk.store.transaction():
        QbdTicket.update(state="dropped").where(QbdTicket.ticket == desk.ticket).execute()
    heir = desk.session()
    probe = desk.out(heir)
    assert not qbd_answer.late(desk.store, old, desk.posted(work, code=3140), desk.now)  # a no is not believed
    assert not qbd_answer.late(desk.store, old, desk.posted(work, ret(work, txn="")), desk.now)
    assert not qbd_answer.late(desk.store, old, "<html>", desk.now)
    assert desk.work(n).state == "in_flight"
    assert qbd_answer.late(desk.store, old, desk.posted(work, ret(work, "TXN-1")), desk.now)
    assert not qbd_answer.late(desk.store, old, desk.posted(work, ret(work, "TXN-2")), desk.now)
    assert desk.says(answered(rs("TransferInventoryQuery", probe.request_id, code=1)), ticket=heir) == 100
    assert (desk.work(n).state, desk.work(n).remote_id) == ("applied", "TXN-1")
    assert desk.take(heir) is None


def test_a_session_books_nothing_another_one_holds(desk: Desk) -> None:
    n = desk.tell("COLA")
    work = desk.out()
    other = desk.session()
    with desk.store.transaction():
        QbdTicket.update(outstanding=n).where(QbdTicket.ticket == other).execute()
    assert desk.says(desk.posted(work, ret(work)), ticket=other) == 100
    assert desk.work(n).state == "in_flight"


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
    assert 'iterator="Start"' in _last(desk, n)
    more = f' {page} iteratorRemainingCount="1"'
    assert desk.says(answered(rs("ItemQuery", first.request_id, _item(1) + _item(2), more=more))) < 100
    second = desk.out()
    assert 'iterator="Continue"' in _last(desk, n) and f"00-{n:012d}" not in _last(desk, n)[:50]
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
    assert "did not answer" in qbd_asks.nothing_known(desk.store, HERE, "ask_sites")


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
