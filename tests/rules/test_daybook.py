"""A day as documents of the books: nothing is lost between them, and their numbers come from what is in them."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.errors import Corrupt
from pos.rules import daybook, documents
from pos.rules.daybook import Book, Gathered, Group, Share
from tests import receipts

DAY = "2026-11-20"
WALK_IN = ("", "Walk-in Customer")
WAYS = {"Cash": "cash", "Card": "card", "Gift Voucher": "voucher"}


def made(n: int, lines: list[tuple[str, int, int]], cuts: list[tuple[str, int]], rounding: int = 0) -> dict[str, Any]:
    """A receipt. lines: (item, pieces, unit price in pence). cuts: (way to pay, share of the total in per cent)."""
    items = [receipts.line(code, qty, f"{Decimal(price).scaleb(-2)}") for code, qty, price in lines]
    doc = receipts.sale(*items, invoice_name=f"T1-{n:06d}", rounding=Decimal(rounding).scaleb(-2))
    units = int(doc["subtotal"].scaleb(2)) + rounding if "subtotal" in doc else 0
    left, payments = units, []
    for way, share in cuts[:-1]:
        part = units * share // 100
        left -= part
        payments.append((way, part))
    payments.append((cuts[-1][0], left))
    doc["total"] = Decimal(units).scaleb(-2)
    doc["payments"] = [
        {"mode_of_payment": way, "kind": WAYS[way], "amount": Decimal(part).scaleb(-2), "change": Decimal("0.00")}
        for way, part in payments
    ]
    return doc


def of(doc: dict[str, Any], part: str = "sale", **more: Any) -> tuple[Share, ...]:
    return daybook.shares(doc, part, DAY, "main", WALK_IN, **more)


def day_of(of_these: list[dict[str, Any]], lines_max: int) -> list[Book]:
    """All documents of a day, as they are handed out."""
    groups: dict[Group, Gathered] = {}
    singles = []
    for doc in of_these:
        for share in of(doc, "return" if doc["items"][0]["qty"] < 0 else "sale"):
            if share.single:
                singles.append(daybook.alone(share, share.number))
            else:
                groups.setdefault(daybook.group_of(share), Gathered()).add(share)
    names = [f"N{n}" for n in range(1, 99)]
    return singles + [
        b for g, sums in sorted(groups.items(), key=str) for b in daybook.books(g, sums, names, lines_max)
    ]


_ONE = st.tuples(
    st.lists(st.tuples(st.sampled_from(["COLA", "SHOE", "BAG"]), st.integers(1, 5), st.integers(50, 9999)), min_size=1),
    st.lists(st.tuples(st.sampled_from(sorted(WAYS)), st.integers(0, 45)), min_size=1, max_size=3),
    st.integers(-2, 2),
    st.booleans(),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(_ONE, max_size=12), st.integers(1, 3), st.randoms(use_true_random=False))
def test_the_documents_of_a_day_come_to_what_its_receipts_come_to(
    drawn: list[Any], lines_max: int, shuffled: random.Random
) -> None:
    """To the minor unit, per way to pay, tax and goods; and the order the receipts came in changes nothing."""
    docs = []
    for n, (lines, cuts, rounding, back) in enumerate(drawn, start=1):
        docs.append(made(n, [(c, -q if back else q, p) for c, q, p in lines], cuts, -rounding if back else rounding))
    tenders: Counter[tuple[bool, str]] = Counter()
    taxes: Counter[bool] = Counter()
    goods: Counter[tuple[bool, str]] = Counter()
    for doc in docs:
        back = doc["items"][0]["qty"] < 0
        for payment in doc["payments"]:
            tenders[back, payment["mode_of_payment"]] += abs(int(payment["amount"].scaleb(2)))
        for item in doc["items"]:
            taxes[back] += abs(int(item["tax_amount"].scaleb(2)))
            goods[back, item["item_code"]] += abs(int(item["qty"].scaleb(3)))

    booked = day_of(docs, lines_max)
    assert all(daybook.decode(daybook.encode(book)) == book for book in booked)
    assert all(line.net + line.tax == line.gross for book in booked for line in book.lines)
    assert all(len(book.lines) <= lines_max for book in booked if book.receipts > 1)
    found: Counter[tuple[bool, str]] = Counter()
    for book in booked:
        found[book.kind == "refund", book.tender] += book.total
    assert found == tenders
    sums = {back: sum(b.tax for b in booked if (b.kind == "refund") == back) for back in (True, False)}
    assert sums == {back: taxes[back] for back in (True, False)}
    pieces: Counter[tuple[bool, str]] = Counter()
    for book in booked:
        for line in book.lines:
            if line.item != daybook.ROUNDING:
                pieces[book.kind == "refund", line.item] += line.qty
    assert pieces == goods
    mixed = list(docs)
    shuffled.shuffle(mixed)
    assert sorted(map(str, day_of(mixed, lines_max))) == sorted(map(str, booked))


def test_what_goes_by_itself_and_what_into_the_day() -> None:
    cola = [("COLA", 1, 150)]
    plain = of(made(1, cola, [("Card", 0)]))[0]
    assert (plain.kind, plain.single, plain.tender) == ("sale", False, "Card")
    named = made(2, cola, [("Cash", 0)]) | {"customer": "Ana"}
    assert of(named)[0].single
    assert of(named)[0].customer == "Ana"
    on_account = made(3, cola, [("Cash", 0)])
    on_account["payments"][0] |= {"kind": "account", "mode_of_payment": "On account"}
    assert [(x.kind, x.single) for x in of(on_account)] == [("invoice", True)]
    back = made(4, [("COLA", -1, 150)], [("Card", 0)])
    assert [(x.kind, x.single, x.total, x.lines[0].qty) for x in of(back, "return")] == [("refund", True, 150, 1000)]
    cash_back = made(5, [("COLA", -1, 150)], [("Cash", 0)])
    assert [(x.kind, x.single) for x in of(cash_back, "return")] == [("refund", False)]
    assert of(made(6, cola, [("Cash", 0)]), grain="receipt")[0].single


def test_an_exchange_pays_its_smaller_half_with_goods_and_the_drawer_stays_true() -> None:
    doc = made(1, [("SHOE", 1, 5000), ("COLA", -2, 150)], [("Cash", 0)])
    sale, back = of(doc), of(doc, "return")
    assert [(x.tender, x.total) for x in sale] == [(daybook.EXCHANGE, 300), ("Cash", 4700)]
    assert [(x.tender, x.total, x.kind) for x in back] == [(daybook.EXCHANGE, 300, "refund")]
    assert (sale[0].number, back[0].number) == ("T1-000001", "T1-000001-R")


def test_payments_that_are_not_the_total_are_no_document() -> None:
    doc = made(1, [("COLA", 1, 150)], [("Cash", 0)])
    doc["payments"][0]["amount"] = Decimal("1.40")
    with pytest.raises(ValueError, match="comes to 150 but was paid 140"):
        of(doc)


def test_a_receipt_without_a_payment_is_paid_with_nothing() -> None:
    doc = made(1, [("COLA", 1, 0)], [("Cash", 0)])
    assert [(x.tender, x.total) for x in of(doc)] == [(daybook.NOTHING, 0)]


def test_a_receipt_is_read_for_the_books_as_its_file_says() -> None:
    """Exactly, with figures no binary number holds, and what stands in it beside left out."""
    voucher = receipts.line("GIFT", 1, "25.00", voucher={"code": "GV1"}, item_group=None)
    odd = receipts.line("APPLES", 1, "1.74", tax_rate=Decimal("8.875")) | {"qty": Decimal("0.437")}
    _, body = receipts.stamped(receipts.sale(odd, voucher, note="a note"))
    lean, whole = daybook.read(body), documents.decode(body)
    assert daybook.shares(lean, "sale", DAY, "main", WALK_IN) == daybook.shares(whole, "sale", DAY, "main", WALK_IN)
    assert (lean["items"][0]["tax_rate"], lean["items"][0]["qty"]) == (Decimal("8.875"), Decimal("0.437"))
    for broken in (body[:-9], body.replace(b'"customer"', b'"custom"'), b"", body.replace(b"0.437", b'"x"')):
        with pytest.raises(Corrupt):
            daybook.read(broken)
