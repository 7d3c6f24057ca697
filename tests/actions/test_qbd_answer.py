"""What counts as an answer of QuickBooks Desktop, and what becomes of a message by each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pos import clock
from pos.actions import qbd_answer
from pos.connectors.qbd import codes
from pos.rules.inventory import Line
from pos.store import qbd_archive, qbd_queue, qbd_rows
from pos.store.db import Store
from pos.store.models import QbdCompany, QbdTicket
from pos.store.qbd_rows import Work
from tests.books import Time
from tests.desktop_desk import Desk
from tests.desktop_queue import HERE, answered, recovered, ret, rs


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


def test_a_yes_that_cannot_be_kept_whole_is_not_kept_at_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power goes before the commit: nothing was booked, and the same bytes' answer is booked the next time."""
    n = desk.tell("COLA")
    work = desk.out()
    with monkeypatch.context() as broken:
        broken.setattr(qbd_rows, "tell", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.says(desk.posted(work, ret(work)))
    assert desk.work(n) == work and len(qbd_archive.found(desk.store, HERE, work=n)) == 1
    assert desk.says(desk.posted(work, recovered("TXN-1"))) == 100 and desk.work(n).remote_id == "TXN-1"


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
    "of another set, that says no": lambda d, w: answered(
        rs("TransferInventoryAdd", w.request_id), set_id="0" * 20, set_code="9004"
    ),
    "with the id of a list object": lambda d, w: d.posted(w, ret(w).replace("TxnID>", "ListID>")),
    "recovered with the id of a list object": lambda d, w: d.posted(w, recovered("80-1", key="ListID")),
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
    assert f"<RefNumber>{work.ref_number}</RefNumber>" in desk.last(n)
    assert desk.says(answered(rs("TransferInventoryQuery", probe.request_id, code=1))) == 66
    again = desk.taken(desk.ticket)
    assert (again.body, again.set_id) == (work.body, work.set_id)
    assert desk.says(desk.posted(desk.work(n), recovered())) == 100
    assert desk.work(n).state == "applied"


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


@pytest.mark.parametrize("hresult", ["", "0x80040400"])
def test_a_no_that_names_what_was_made_is_none(desk: Desk, hresult: str) -> None:
    n = desk.tell("COLA")
    work = desk.out()
    desk.says(desk.posted(work, ret(work), code=3180, message="Cannot save"), hresult)
    after = desk.work(n)
    assert (after.state, after.probing, after.doubt) == ("unknown", True, True)


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
