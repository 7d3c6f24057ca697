"""What slips say: sums add up as printed, gifts show no price, copies say COPY. Their looks: tests/devices/golden."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.rules import slips
from pos.rules.cart import Goods, LineInput
from pos.rules.paper import Row
from pos.rules.price import Discount
from pos.rules.tax import TaxRule
from tests.devices import papers
from tests.rules import made

FIGURE = re.compile(r"(-?)£([\d,]+\.\d\d)(?: [A-Z ])?$")


def texts(rows: tuple[Row, ...]) -> list[str]:
    return [row.text for row in rows if row.kind == "text"]


def figure(line: str) -> Decimal | None:
    found = FIGURE.search(line)
    return Decimal(found[1] + found[2].replace(",", "")) if found else None


def add_up(rows: tuple[Row, ...]) -> tuple[Decimal, Decimal, Decimal]:
    """What the printed lines add up to, the printed total, and what the printed payments come to."""
    lines = texts(rows)
    total_at = next(i for i, line in enumerate(lines) if line.startswith("Total, "))
    start = max(i for i, line in enumerate(lines[:total_at]) if line.startswith("---"))
    sums = Decimal(0)
    for line in lines[start + 1 : total_at]:
        value = figure(line)
        if value is None or line.startswith(("Subtotal", "Net ")):
            continue
        sums += value
    total = figure(lines[total_at])
    assert total is not None
    paid = Decimal(0)
    for line in lines[total_at + 2 :]:
        value = figure(line)
        if line.startswith(("---", "You saved")):
            break
        if value is None:  # words that the figure of the next line belongs to
            continue
        paid += -value if line.startswith("Change") else value
    return sums, total, paid


@pytest.mark.parametrize("doc", [papers.sale, papers.refund, papers.rounded, papers.voucher])
@pytest.mark.parametrize("columns", [42, 32])
def test_a_receipt_adds_up_as_it_stands(doc, columns: int) -> None:
    rows = slips.slip("receipt", doc(), papers.look(columns))
    sums, total, paid = add_up(rows)
    assert sums == total == paid


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(1, 99_999), st.booleans(), st.sampled_from([None, "5", "33.3"])),
        min_size=1, max_size=6,
    ),
    st.sampled_from([None, "10", "1.11"]),
    st.booleans(),
    st.sampled_from(["0.01", "0.05"]),
)  # fmt: skip
def test_any_receipt_of_the_rules_adds_up_as_printed(wanted, whole, inclusive, step) -> None:
    rule = TaxRule("erpnext", "bankers", inclusive, "GBP", Decimal(step))
    goods, lines = {}, []
    for i, (qty, pence, standard, off) in enumerate(wanted):
        code = f"C{i}"
        goods[code] = Goods(
            code=code, name=f"Thing {i} x", item_group="G", price=Decimal(pence) / 100,
            tax_code="S" if standard else "Z", tax_rate=Decimal(20 if standard else 0),
        )  # fmt: skip
        discount = Discount("percent", Decimal(off), "old") if off else None
        lines.append(LineInput(line=f"l{i}", item_code=code, qty=Decimal(qty), discount=discount))
    doc, _basket, _cart = made.receipt(
        lines, goods, rule, Discount("percent", Decimal(whole), "opening week") if whole else None
    )
    doc |= {"created_at": "2026-11-21T14:32:07+00:00", "business_day": "2026-11-21"}
    rows = slips.slip("receipt", doc, papers.look())
    sums, total, paid = add_up(rows)
    assert sums == total == paid


def test_a_gift_receipt_shows_no_price() -> None:
    for columns in (42, 32):
        for lines in ((), (papers.sale()["items"][1]["line"],)):
            rows = slips.slip("gift", papers.sale(), papers.look(columns), lines=lines)
            assert [line for line in texts(rows) if "£" in line or re.search(r"\d\.\d\d", line)] == []


def test_a_gift_receipt_of_a_line_that_was_not_sold_is_refused() -> None:
    with pytest.raises(ValueError, match="no such line"):
        slips.slip("gift", papers.sale(), papers.look(), lines=("made up",))


def test_a_copy_says_so_large_and_at_its_end() -> None:
    for template, doc in (("receipt", papers.sale()), ("gift", papers.sale()), ("voucher", papers.voucher()),
                          ("cash", papers.paid_out()), ("z", papers.paid_out())):  # fmt: skip
        original = slips.slip(template, doc, papers.look())
        copy = slips.slip(template, doc, papers.look(), copy=papers.COPY)
        assert not any("COPY" in line for line in texts(original))
        assert any(row.wide and row.tall and row.text.strip() == "COPY" for row in copy)
        assert texts(copy)[-1].strip() == "COPY, 21 Nov 2026, 15:02, Priya Nair"


def test_a_voucher_printed_again_shows_what_is_on_it_now() -> None:
    rows = slips.slip(
        "voucher", papers.voucher(), papers.look(), copy=papers.COPY, balances={"GV-QX4R-0917": Decimal("12.50")}
    )
    assert "£12.50" in [line.strip() for line in texts(rows)]


def test_each_document_offers_what_it_has() -> None:
    assert slips.templates_of(papers.sale()) == ("receipt", "gift", "balance")
    assert slips.templates_of(papers.voucher()) == ("receipt", "gift", "voucher")
    assert slips.templates_of(papers.refund()) == ("receipt",)
    assert slips.templates_of(papers.opening()) == ("float",)
    assert slips.templates_of(papers.cash("drop", "-50.00", "")) == ("cash",)


def test_a_voucher_used_up_has_no_balance_slip() -> None:
    doc = papers.sale()
    doc["vouchers"][0]["balance"] = Decimal("0.00")
    assert "balance" not in slips.templates_of(doc)
    with pytest.raises(ValueError, match="no voucher"):
        slips.slip("balance", doc, papers.look())


def test_the_number_stands_as_barcode_and_the_chain_in_words() -> None:
    doc = papers.sale()
    rows = slips.slip("receipt", doc, papers.look())
    assert [row.text for row in rows if row.kind == "bars"] == ["T2-008812"]
    assert f"chain {doc['hash'][:4]} {doc['hash'][4:8]}" in texts(rows)[-1]


def test_the_customer_is_named_but_not_the_walk_in() -> None:
    assert "Customer: Wellbury Theatre Company" in texts(slips.slip("receipt", papers.rounded(), papers.look()))
    assert not any("Customer" in line for line in texts(slips.slip("receipt", papers.sale(), papers.look())))
