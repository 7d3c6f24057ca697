"""Voids: a whole sale taken back in its session, once, by right or by a second person; lines taken off are not lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from pos import clock
from pos import config as settings
from pos.actions import sell, void
from pos.errors import Conflict, Invalid, NotAllowed, NotFound
from pos.rules import documents
from pos.store import rebuild, verify, voids
from pos.store import sold as sales
from tests.actions.shop import ID, Person, Till, basket, documents_saved, line, open_till, put_prices

OFF = {"kind": "percent", "value": "10", "reason": "damaged"}


def sold(till: Till, n: int = 1) -> dict[str, Any]:
    """Goods at two rates with a discount, paid with a card and a note that gave change: 1 by card, 1.91 in cash."""
    asked = basket(
        line("MUG", "2", "a1", discount=OFF), line("TEA", "0.355", "a2"), total="2.91", n=n, pay=None
    )  # fmt: skip
    paid = [
        {"mode_of_payment": "Card", "amount": "1.00", "last4": "4242"},
        {"mode_of_payment": "Cash", "amount": "5.00"},
    ]
    return sell.commit(till, asked | {"payments": paid}, Person()).doc


def asked(doc: dict[str, Any], n: int = 50, **more: Any) -> dict[str, Any]:
    return {"id": ID.format(n), "document": doc["id"], "reason": "Wrong items", **more}


def cash_in_drawer(till: Till) -> int:
    row = till.store.execute("SELECT coalesce(sum(amount - change), 0) FROM tender WHERE kind = 'cash'").fetchone()
    return int(row[0])


def test_a_void_takes_the_whole_sale_back_to_its_tenders(till):
    doc = sold(till)
    put_prices(till.store, {"MUG": 999})
    made = void.commit(till, asked(doc), Person("supervisor")).doc
    assert (made["kind"], made["total"], made["tax_total"]) == ("void", -doc["total"], -doc["tax_total"])
    assert [(p["mode_of_payment"], p["amount"], p["last4"]) for p in made["payments"]] == [
        ("Card", Decimal("-1.00"), "4242"),
        ("Cash", Decimal("-1.91"), ""),
    ]
    assert made["void"] == {"id": doc["id"], "invoice_name": "T1-000001", "reason": "Wrong items"}
    assert made["session"] == doc["session"]
    assert all(item["return_against"]["id"] == doc["id"] for item in made["items"])
    assert cash_in_drawer(till) == 0
    assert documents.parts(made) == ("return",)
    assert sales.voided_by(till.store, doc["id"]) == "T1-000002"
    assert till.store.execute("SELECT coalesce(sum(qty), 0) FROM movement").fetchone() == (0,)


def test_a_void_that_is_sent_again_is_the_same_void(till):
    doc = sold(till)
    first, second = (void.commit(till, asked(doc), Person()) for _ in range(2))
    assert (first.body, second.duplicate, documents_saved(till)) == (second.body, True, 2)
    with pytest.raises(Conflict) as refused:
        void.commit(till, asked(doc, reason="Wrong tender"), Person())
    assert refused.value.code == "other_content"


def test_two_voids_of_one_sale_at_once_give_one(till):
    doc = sold(till)

    def attempt(n: int) -> str:
        try:
            void.commit(till, asked(doc, n), Person())
        except Conflict as refused:
            return str(refused.code)
        return "saved"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(attempt, range(60, 66)))
    assert outcomes.count("saved") == 1
    assert set(outcomes) == {"saved", "voided_already"}
    assert documents_saved(till) == 2


def test_a_void_and_a_return_at_once_never_give_more_back_than_was_sold(till):
    doc = sold(till)
    back = line("MUG", "-1", "r1", return_against={"id": doc["id"], "line": "a1"})

    def attempt(what: int) -> str:
        try:
            if what % 2:
                void.commit(till, asked(doc, 70 + what), Person())
            else:
                sell.commit(till, basket(back, total="-1.08", n=70 + what), Person())
        except (Conflict, Invalid) as refused:
            return str(refused.code)
        return "saved"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(attempt, range(6)))
    found = till.store.execute("SELECT sum(qty) FROM line WHERE item_code = 'MUG'").fetchone()[0]
    assert found >= 0, outcomes
    assert "saved" in outcomes


def test_what_came_back_in_part_or_was_voided_or_is_a_return_cannot_be_voided(till):
    doc = sold(till)
    back = line("MUG", "-1", "r1", return_against={"id": doc["id"], "line": "a1"})
    returned = sell.commit(till, basket(back, total="-1.08", n=2), Person()).doc
    for what, code in ((doc, "returned_already"), (returned, "not_voidable")):
        with pytest.raises(Conflict) as refused:
            void.commit(till, asked(what), Person())
        assert refused.value.code == code
    other = sold(till, 3)
    void.commit(till, asked(other), Person())
    with pytest.raises(Conflict) as refused:
        void.commit(till, asked(other, 51), Person())
    assert (refused.value.code, refused.value.details()) == ("voided_already", {"number": "T1-000004"})


def test_nothing_of_a_voided_sale_comes_back_a_second_time(till):
    doc = sold(till)
    void.commit(till, asked(doc), Person())
    back = line("MUG", "-1", "r1", return_against={"id": doc["id"], "line": "a1"})
    with pytest.raises(Invalid) as refused:
        sell.commit(till, basket(back, total="-1.08", n=2), Person())
    assert refused.value.code == "over_return"


def test_a_sale_of_a_closed_session_is_not_voided(till):
    doc = sold(till)
    till.store.execute("UPDATE session SET open = 0")
    with pytest.raises(Conflict) as refused:
        void.commit(till, asked(doc), Person())
    assert refused.value.code == "other_session"
    assert documents_saved(till) == 1


def test_a_session_that_closes_meanwhile_refuses_the_void_inside_the_transaction(till, monkeypatch):
    doc = sold(till)
    real = till.journal.commit

    def meanwhile(made, guard=None):
        till.store.execute("UPDATE session SET open = 0")
        return real(made, guard)

    monkeypatch.setattr(till.journal, "commit", meanwhile)
    with pytest.raises(Conflict) as refused:
        void.commit(till, asked(doc), Person())
    assert (refused.value.code, documents_saved(till)) == ("other_session", 1)


def test_a_void_needs_the_right_and_a_reason(till):
    doc = sold(till)
    with pytest.raises(NotAllowed):
        void.commit(till, asked(doc), Person("cashier"))
    with pytest.raises(Invalid) as refused:
        void.commit(till, asked(doc, reason=" "), Person())
    assert refused.value.code == "reason"
    with pytest.raises(NotFound):
        void.commit(till, asked(doc, document="T1-000099"), Person())
    assert documents_saved(till) == 1


def test_cash_rounding_goes_back_as_it_came(tmp_path):
    till = open_till(settings.load(tmp_path, environ={"TILLKEEP_PRICING_CASH_STEP": "0.05"}))
    try:
        put_prices(till.store, {"MUG": 122})
        paid = [{"mode_of_payment": "Cash", "amount": "2.00"}]
        doc = sell.commit(till, basket(line("MUG"), total="1.22") | {"payments": paid}, Person()).doc
        made = void.commit(till, asked(doc), Person()).doc
        assert (doc["rounding"], made["rounding"], made["total"]) == (
            Decimal("-0.02"),
            Decimal("0.02"),
            Decimal("-1.20"),
        )
        assert cash_in_drawer(till) == 0
    finally:
        till.close()


def test_a_sale_that_cost_nothing_can_be_voided(till):
    gift = {"kind": "percent", "value": "100", "reason": "sample"}
    doc = sell.commit(till, basket(line("MUG", discount=gift), total="0.00", pay=None), Person("manager")).doc
    assert void.commit(till, asked(doc), Person()).doc["total"] == 0


def test_voids_come_back_from_the_files(till):
    void.commit(till, asked(sold(till)), Person())
    till.journal.flush()
    config = till.config
    till.journal.close()
    till.store.close()
    assert verify.verify(config).ok
    assert rebuild.rebuild(config).documents == 2
    assert verify.verify(config).differences == []


# -- lines -----------------------------------------------------------------------------------------------------------


def off(n: int = 1, **changes: Any) -> dict[str, Any]:
    row = {"id": ID.format(80 + n), "basket": ID.format(1), "line": f"a{n}", "item_code": "MUG", "item_name": "Mug"}
    return {**row, "qty": "1", "amount": "1.20", **changes}


def test_a_line_taken_off_before_pay_is_audited_and_counted_once(till):
    rows = {"lines": [off(1), off(2, qty="2", amount="2.40")]}
    assert void.take_off(till.store, till.config, rows, Person("cashier")) == 2
    assert void.take_off(till.store, till.config, rows, Person("cashier")) == 0
    found = till.store.execute("SELECT min(session), count(*), sum(amount) FROM line_void").fetchall()
    assert found == [("T1-S000001", 2, 360)]
    assert till.store.execute("SELECT actor, subject FROM audit WHERE act = 'line.void'").fetchall() == [
        ("ann", ID.format(1)), ("ann", ID.format(1)),
    ]  # fmt: skip


def test_pieces_taken_off_are_worth_their_price_or_the_shelfs(till):
    given = off(1, qty="2", unit="0.75", amount="")
    shelf = off(2, qty="3", amount="")
    nobody_knows = off(3, item_code="GONE", amount="")
    assert void.take_off(till.store, till.config, {"lines": [given, shelf, nobody_knows]}, Person()) == 3
    found = till.store.execute("SELECT amount FROM line_void ORDER BY id").fetchall()
    assert found == [(150,), (360,), (0,)]


def test_a_line_taken_off_belongs_to_the_session_its_sale_would_have(till):
    doc = sold(till)
    void.take_off(till.store, till.config, {"lines": [off()]}, Person())
    till.store.execute("UPDATE session SET open = 0")
    void.take_off(till.store, till.config, {"lines": [off(2)]}, Person())
    found = till.store.execute("SELECT session FROM line_void ORDER BY at").fetchall()
    assert found == [(doc["session"],), ("T1-S000002",)]


@pytest.mark.parametrize(
    "rows",
    [
        [], None, "x", [{}], [off(id="1")], [off(qty="0")], [off(qty="0.0001")], [off(amount="1.234")],
        [off(line="a b")], [off(item_name="4111111111111111")], [off(n) for n in range(void.LINES_MAX + 1)],
    ],
)  # fmt: skip
def test_odd_lines_are_refused_and_nothing_is_written(till, rows):
    with pytest.raises(Invalid):
        void.take_off(till.store, till.config, {"lines": rows}, Person())
    assert till.store.execute("SELECT count(*) FROM line_void").fetchone() == (0,)


def test_taking_lines_off_costs_no_flush(till, monkeypatch):
    """It must never hold up a scan: one ordinary transaction, however many lines."""
    began = clock.monotonic()
    voids.take_off(
        till.store, [voids.TakenOff(f"v{n}", "b", "a", "MUG", "Mug", Decimal(1), 120) for n in range(100)], "ann"
    )
    assert clock.monotonic() - began < 5
