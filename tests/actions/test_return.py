"""Goods that come back: at what was paid, never more than was sold, whoever asks at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from pos import config as settings
from pos.actions import sell
from pos.errors import Conflict, Invalid
from pos.rules import documents
from pos.store import catalog
from tests.actions.shop import Person, basket, documents_saved, line, open_till, put_prices


def give_back(doc: dict[str, Any], qty: str, total: str, n: int, id_: str = "a1", pay: str = "Cash") -> dict[str, Any]:
    code = next(x["item_code"] for x in doc["items"] if x["line"] == id_)
    return basket(line(code, qty, "r1", return_against={"id": doc["id"], "line": id_}), total=total, n=n, pay=pay)


def test_goods_come_back_against_their_receipt_at_what_was_paid(till):
    off = {"kind": "percent", "value": "10", "reason": "damaged"}
    sale = sell.commit(till, basket(line("MUG", "2", discount=off), total="2.16"), Person()).doc
    put_prices(till.store, {"MUG": 999})
    catalog.deactivate(till.store, ["MUG"])
    out = sell.commit(till, give_back(sale, "-1", "-1.08", 2), Person("supervisor")).doc
    assert (out["kind"], out["total"], out["tax_total"]) == ("return", Decimal("-1.08"), Decimal("-0.18"))
    assert out["items"][0]["return_against"] == {"id": sale["id"], "invoice_name": "T1-000001", "line": "a1"}


def test_never_more_comes_back_than_was_sold(till):
    sale = sell.commit(till, basket(line("MUG", "2"), total="2.40"), Person()).doc
    sell.commit(till, give_back(sale, "-1", "-1.20", 2), Person())
    with pytest.raises(Invalid) as refused:
        sell.commit(till, give_back(sale, "-2", "-2.40", 3), Person())
    assert refused.value.code == "over_return"
    sell.commit(till, give_back(sale, "-1", "-1.20", 4), Person())
    with pytest.raises(Invalid):
        sell.commit(till, give_back(sale, "-1", "-1.20", 5), Person())
    assert documents_saved(till) == 3


def test_a_repeated_return_is_the_same_receipt_and_no_second_one(till):
    sale = sell.commit(till, basket(line("MUG"), total="1.20"), Person()).doc
    asked = give_back(sale, "-1", "-1.20", 2)
    first = sell.commit(till, asked, Person())
    assert sell.commit(till, asked, Person()).body == first.body
    assert documents_saved(till) == 2


def test_the_same_return_pressed_six_times_at_once_is_one_and_answered_alike(till):
    """The second finds nothing left to give back, because the first one is saved: that is no reason to refuse it."""
    sale = sell.commit(till, basket(line("MUG"), total="1.20"), Person()).doc
    asked = give_back(sale, "-1", "-1.20", 2)
    for _ in range(5):
        with ThreadPoolExecutor(6) as pool:
            bodies = {done.body for done in pool.map(lambda _n: sell.commit(till, asked, Person()), range(6))}
        assert len(bodies) == 1
    assert documents_saved(till) == 2


def test_two_returns_of_one_piece_at_once_give_one(till):
    sale = sell.commit(till, basket(line("MUG"), total="1.20"), Person()).doc

    def attempt(n: int) -> str:
        try:
            sell.commit(till, give_back(sale, "-1", "-1.20", n), Person())
        except (Invalid, Conflict) as refused:
            return refused.code
        return "saved"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(attempt, range(2, 8)))
    assert outcomes.count("saved") == 1
    assert set(outcomes) <= {"saved", "over_return", "returned_meanwhile"}
    assert documents_saved(till) == 2


def test_the_guard_refuses_what_came_back_between_pricing_and_saving(till, monkeypatch):
    sale = sell.commit(till, basket(line("MUG"), total="1.20"), Person()).doc
    real = till.journal.commit

    def meanwhile(doc, guard=None):
        monkeypatch.setattr(till.journal, "commit", real)
        sell.commit(till, give_back(sale, "-1", "-1.20", 3), Person())
        return real(doc, guard)

    monkeypatch.setattr(till.journal, "commit", meanwhile)
    with pytest.raises(Conflict) as refused:
        sell.commit(till, give_back(sale, "-1", "-1.20", 2), Person())
    assert refused.value.code == "returned_meanwhile"
    assert documents_saved(till) == 2


def test_an_exchange_is_one_document(till):
    sale = sell.commit(till, basket(line("MUG"), total="1.20"), Person()).doc
    back = line("MUG", "-1", "r1", return_against={"id": sale["id"], "line": "a1"})
    done = sell.commit(till, basket(back, line("SHOE-8", id_="n1"), total="43.80", n=2), Person()).doc
    assert (done["kind"], done["total"], documents.parts(done)) == ("sale", Decimal("43.80"), ("sale", "return"))


def test_cash_rounding_is_its_own_figure_and_a_refund_mirrors_it(tmp_path):
    config = settings.load(tmp_path, environ={"TILLKEEP_PRICING_CASH_STEP": "0.05"})
    till = open_till(config)
    try:
        put_prices(till.store, {"MUG": 122})
        asked = basket(line("MUG"), total="1.22")
        asked["payments"] = [{"mode_of_payment": "Cash", "amount": "1.20"}]
        sale = sell.commit(till, asked, Person()).doc
        assert (sale["subtotal"], sale["rounding"], sale["total"]) == (
            Decimal("1.22"),
            Decimal("-0.02"),
            Decimal("1.20"),
        )
        asked = give_back(sale, "-1", "-1.22", 2)
        asked["payments"] = [{"mode_of_payment": "Cash", "amount": "-1.20"}]
        out = sell.commit(till, asked, Person()).doc
        assert (out["subtotal"], out["rounding"], out["total"]) == (Decimal("-1.22"), Decimal("0.02"), Decimal("-1.20"))
        asked = basket(line("MUG"), total="1.22", n=3, pay="Card")
        assert sell.commit(till, asked, Person()).doc["rounding"] == 0
    finally:
        till.close()
