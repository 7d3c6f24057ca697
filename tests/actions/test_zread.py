"""The Z is a document: right, made again from the others to the byte, the same after rebuild."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pos import clock
from pos.actions import reports, shift, void, voucher
from pos.rules import documents, zread
from pos.store import catalog, shifts
from pos.store import takings as tables
from pos.store.rebuild import rebuild
from pos.store.verify import verify
from tests.actions.drawer import CASHIER, MANAGER, back, expected, finish, move, mug, start, tally
from tests.actions.shop import Till, documents_saved, open_till
from tests.conftest import REPO
from tests.rules.test_receipt_schema import problems, read
from tests.store.looking import bodies, differences


def day(till: Till) -> dict:
    """A day with everything a drawer sees."""
    start(till, "150.00")
    sold = mug(till, "5", given="20.00")
    mug(till, "3", pay="Card", by=CASHIER)
    back(till, sold, "-2")
    move(till, "paid_in", "20.00", reason="change from the bank")
    move(till, "paid_out", "12.60")
    move(till, "drop", "100.00", reason="to the safe")
    move(till, "no_sale", None, reason="change for the parking meter")
    return sold


def test_a_z_closed_before_vouchers_were_kept_here_still_adds_up(till):
    """It says nothing of vouchers by hand, expired or exposed; what it says is compared, to the last figure."""
    day(till)
    older = documents.decode(finish(till, "61.00").body)
    for name in ("by_hand", "expired", "exposure"):
        del older["z"]["vouchers"][name]
    assert reports.recomputed(till.store, older)
    older["z"]["vouchers"]["used"]["count"] = 1
    assert not reports.recomputed(till.store, older)


def test_a_figure_a_z_lost_is_no_older_z(till):
    day(till)
    voucher.issue(till, {"id": clock.uuid7(), "amount": "10.00", "reason": "Goodwill"}, MANAGER)
    z = documents.decode(finish(till, "61.00").body)
    assert reports.recomputed(till.store, z)
    del z["z"]["vouchers"]["by_hand"]
    assert not reports.recomputed(till.store, z)


def test_the_z_holds_what_the_day_was(till):
    day(till)
    z = finish(till, "61.00").doc["z"]
    cash = z["cash"]
    assert {k: str(cash[k]) for k in cash if k != "movements"} == {
        "float": "150.00", "given": "20.00", "change": "-14.00", "refunds": "-2.40", "paid_in": "20.00",
        "paid_out": "-12.60", "drops": "-100.00", "expected": "61.00",
    }  # fmt: skip
    assert [(m["kind"], str(m["amount"])) for m in cash["movements"]] == [
        ("float", "150.00"),
        ("paid_in", "20.00"),
        ("paid_out", "-12.60"),
        ("drop", "-100.00"),
        ("no_sale", "0.00"),
    ]
    assert (z["sales"]["count"], str(z["sales"]["net"]), z["returns"]["count"]) == (2, "9.60", 1)
    assert [(t["name"], str(t["sale"]), str(t["refund"]), str(t["net"])) for t in z["tenders"]] == [
        ("Cash", "6.00", "-2.40", "3.60"),
        ("Card", "3.60", "0.00", "3.60"),
    ]
    assert [(c["code"], c["name"], c["count"], str(c["total"])) for c in z["cashiers"]] == [
        ("cat", "Cat", 1, "3.60"),
        ("mia", "Mia", 2, "3.60"),
    ]
    assert (str(z["gross"]), str(z["total"]), z["no_sales"], z["items"]) == ("7.20", "7.20", 1, Decimal("8.000"))
    assert [(g["name"], str(g["gross"])) for g in z["groups"]] == [("Home", "7.20")]
    assert (z["first_sequence"], z["last_sequence"], z["documents"], z["missing"]) == (1, 8, 8, [])


def test_the_change_given_is_no_cash_in_the_drawer(till):
    """E-92 and complaint 10: change was not taken off."""
    start(till, "100.00")
    mug(till, given="50.00")
    assert expected(till) == Decimal("101.20")


def test_the_documents_alone_make_the_same_z_byte_for_byte_also_after_rebuild(till):
    day(till)
    first = finish(till, "60.00", reason="Wrong change given").doc
    start(till)
    mug(till)
    finish(till, "101.20")
    assert reports.recomputed(till.store, first)
    till.close()
    rebuild(till.config)
    again = open_till(till.config)
    try:
        for number in (1, 2):
            doc = reports.z_read(again.store, str(number))
            file = till.config.invoices / doc["business_day"] / f"{doc['invoice_name']}.json"
            assert file.read_bytes() == documents.encode(doc)
            assert reports.recomputed(again.store, doc)
        assert reports.z_read(again.store, "Z0001") == first
        assert [s.z_number for s in shifts.closed(again.store, "T1", 9)] == [2, 1]
        assert shifts.next_z(again.store, "T1") == 3
        assert verify(again.config).differences == []
    finally:
        again.close()


def test_every_document_of_the_day_is_what_the_schema_says(till):
    day(till)
    shift.correct_float(till, {"id": clock.uuid7(), "amount": "149.00", "reason": "counted again"}, MANAGER)
    finish(till, "59.00", reason="Wrong change given")
    made = [read(body) for body in bodies(till.store)]
    kinds = [doc["kind"] for doc in made]
    assert kinds == [
        "float", "sale", "sale", "return", "paid_in", "paid_out", "drop", "no_sale", "float", "z",
    ]  # fmt: skip
    assert [problems(doc) for doc in made] == [[]] * len(made)
    z = made[-1]
    page = (REPO / "docs" / "receipt-format.md").read_text(encoding="utf-8")
    assert [key for key in (*z["z"], *z["z"]["cash"]) if f"`{key}`" not in page and key not in page] == []
    assert problems({**z, "z": {k: v for k, v in z["z"].items() if k != "gross"}})
    assert problems({k: v for k, v in z.items() if k != "z"})


def test_sums_and_decoded_documents_give_the_same_z_byte_for_byte(till):
    day(till)
    doc = finish(till, "61.00").doc
    again = zread.report(shifts.counted_facts(till.store, doc), zread.given_of(doc["z"], "GBP"))
    assert documents.encode({**doc, "z": again}) == documents.encode(doc)


def test_a_changed_figure_shows_when_the_z_is_added_up_again(till):
    day(till)
    doc = finish(till, "61.00").doc
    doc["z"]["sales"]["count"] += 1
    assert not reports.recomputed(till.store, doc)


def test_verify_finds_a_session_that_is_not_closed_as_its_z_says(till):
    day(till)
    finish(till, "61.00")
    till.journal.flush()
    with till.store.transaction():
        till.store.execute("UPDATE session SET z_number = 7")
    assert verify(till.config).differences == ["session T1-S000001 is not closed as its Z says"]


@pytest.mark.both_engines
def test_verify_finds_sums_that_are_not_those_of_the_documents(till):
    day(till)
    tables.roll(till.store)
    till.journal.flush()
    with till.store.transaction():
        till.store.execute("UPDATE takings_tenders SET amount = amount + 1 WHERE tender = 'card'")
    assert differences(till.store) == ["the sums in takings_tenders are not those of the documents"]


def test_held_baskets_are_counted_and_stay(till):
    """Complaint 24: open baskets vanish when the day closes."""
    from pos.actions import held
    from tests.actions.shop import ID, line

    start(till)
    asked = {"id": ID.format(77), "customer": "", "lines": [line("MUG")]}
    held.hold(till.store, till.config, asked, "Mrs Webb", None, MANAGER)
    assert reports.state(till, MANAGER)["held"] == 1
    assert finish(till, "100.00").doc["z"]["held"] == 1
    assert reports.state(till, MANAGER)["held"] == 1


def test_voids_are_on_the_z_finished_sales_and_lines_taken_off(till):
    start(till)
    mug(till, "2")
    wrong = mug(till, "3", given="5.00")
    void.commit(till, {"id": clock.uuid7(), "document": wrong["id"], "reason": "Wrong items"}, MANAGER)
    row = {"id": clock.uuid7(), "basket": clock.uuid7(), "line": "a1", "item_code": "MUG", "qty": "1", "amount": "1.20"}
    void.take_off(till.store, till.config, {"lines": [row]}, CASHIER)
    z = finish(till, "102.40").doc["z"]
    assert z["voids"] == {"count": 1, "amount": Decimal("-3.60"), "lines": 1, "lines_amount": Decimal("1.20")}
    assert (z["sales"]["count"], str(z["sales"]["net"]), str(z["gross"])) == (2, "6.00", "2.40")
    assert z["returns"] == {k: v for k, v in z["returns"].items() if not v}, "a void is no return"
    assert reports.recomputed(till.store, reports.z_read(till.store, "1"))


def test_an_x_resets_nothing_and_who_looked_is_kept(till):
    """E-95; and who has seen what is expected counts no longer blind."""
    start(till)
    mug(till)
    first, second = reports.x_read(till, MANAGER), reports.x_read(till, MANAGER)
    assert first["z"] == second["z"]
    assert documents_saved(till) == 2
    seen = till.store.execute("SELECT actor, subject FROM audit WHERE act = 'x_read'").fetchall()
    assert seen == [("mia", "T1-S000001")] * 2


def test_foreign_notes_are_a_row_of_their_own_in_the_count(till):
    """E-53: they were counted as home cash, and never counted at all at the close."""
    catalog.put_modes(till.store, [{"name": "Euro", "kind": "foreign", "position": 9, "disabled": False}], "test")
    start(till)
    mug(till, "2", pay="Euro")
    rows = tally(till, "100.00", Euro="2.00").rows
    assert [(r.name, r.kind, r.expected, r.amount) for r in rows] == [
        ("Cash", "cash", 10000, 0),
        ("Euro", "foreign", 240, -40),
    ]
