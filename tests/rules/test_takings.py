"""What documents come to: sums by person, goods and tender, and the figures a report makes of them."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pos.rules import ledger, takings
from pos.rules.takings import Sums
from tests import days
from tests.receipts import line, sale, stamped


def sums_of(*documents: dict[str, Any]) -> Sums:
    found = Sums()
    for i, doc in enumerate(documents, start=1):
        found.take(ledger.rows(*stamped(doc, i)))
    return found


def figures(*documents: dict[str, Any]) -> dict[str, Any]:
    return takings.figures(sums_of(*documents), {"C1": "Ann Bright"}, "GBP")


def exchange() -> dict[str, Any]:
    """50.00 sold, 20.00 back, 30.00 paid in cash."""
    return sale(line("A", 1, "50.00"), line("B", -1, "20.00"))


def test_an_exchange_the_customer_pays_for_hides_no_refund() -> None:
    """E-92: an exchange with a positive total hid what came back."""
    found = figures(exchange())
    assert (found["sales"]["net"], found["returns"]["net"]) == (D("50.00"), D("-20.00"))
    assert (found["gross"], found["total"]) == (D("30.00"), D("30.00"))
    assert found["cashiers"] == [
        {
            "code": "C1",
            "name": "Ann Bright",
            "count": 1,
            "sales": D("50.00"),
            "returns": D("-20.00"),
            "total": D("30.00"),
        }
    ]


def voucher_sale() -> dict[str, Any]:
    voucher = line("GIFT", 1, "25.00", voucher={"code": "V1"}, tax_code="", tax_rate=D(0), net=D("25.00"))
    voucher["tax_amount"] = D("0.00")
    return sale(voucher, line("A", 1, "12.00"))


def test_a_voucher_sold_is_no_revenue_and_when_used_a_way_to_pay() -> None:
    """E-92: it counted as revenue, and again as tender when used."""
    used = sale(line("A", 1, "12.00"))
    used["payments"] = [
        {"mode_of_payment": "Gift Voucher", "kind": "voucher", "amount": D("12.00"), "change": D(0), "reference": "V1",
         "last4": ""}
    ]  # fmt: skip
    found = figures(voucher_sale(), used)
    assert (found["gross"], found["total"]) == (D("24.00"), D("49.00"))
    assert found["vouchers"]["issued"] == {"count": 1, "amount": D("25.00")}
    assert found["vouchers"]["used"] == {"count": 1, "amount": D("12.00")}
    assert sum(t["gross"] for t in found["taxes"]) == D("24.00")
    assert found["sales"]["net"] == D("24.00")
    assert found["items"] == D("2.000")


def test_a_voucher_slip_whose_sale_is_voided_is_not_expected_in_the_drawer() -> None:
    """E-90: given back with the goods; a voucher made for a return was never a slip there."""
    sums = takings.Sums()
    for kind, side, amount in (("sale", 1, 2000), ("void", -1, -2000), ("return", -1, -1250)):
        takings.add(sums.tenders, ("2026-11-21", kind, "voucher", "Gift Voucher", side), (1, amount, 0))
    assert [(x.kind, x.amount) for x in takings.expected(sums)] == [("cash", 0), ("voucher", 0)]


def test_discounts_are_taken_off_what_was_sold_before_them() -> None:
    cheaper = line("A", 1, "9.00", discount={"kind": "amount", "value": D(3), "reason": "x", "amount": D("3.00")})
    found = figures(sale(cheaper))["sales"]
    assert found == {"count": 1, "amount": D("12.00"), "discount": D("3.00"), "net": D("9.00")}


def test_brands_are_listed_where_they_are_known() -> None:
    found = figures(sale(line("A", 1, "12.00", brand="Acme"), line("B", 2, "1.00")))
    assert [(b["name"], b["gross"]) for b in found["brands"]] == [("Acme", D("12.00"))]
    assert [(g["name"], g["qty"], g["gross"]) for g in found["groups"]] == [("Shoes", D("3.000"), D("14.00"))]


def test_rates_of_one_code_are_kept_apart_and_equal_rates_are_one() -> None:
    rows = [line("A", 1, "12.00", tax_rate=D(rate)) for rate in ("20", "20.0", "17.5")]
    assert [(t["code"], t["rate"]) for t in figures(sale(*rows))["taxes"]] == [("V20", D("17.5")), ("V20", D(20))]


def test_a_card_refund_is_no_negative_sale() -> None:
    back = sale(line("A", -1, "12.00"))
    back["payments"][0] |= {"kind": "card", "mode_of_payment": "Card"}
    found = figures(sale(line("A", 2, "12.00")), back)["tenders"]
    assert [(t["name"], t["sale"], t["refund"], t["net"]) for t in found] == [
        ("Cash", D("24.00"), D("0.00"), D("24.00")),
        ("Card", D("0.00"), D("-12.00"), D("-12.00")),
    ]


def test_all_modes_of_cash_are_one_drawer_and_on_account_nothing_is_counted() -> None:
    second = sale(line("A", 1, "12.00"))
    second["payments"][0]["mode_of_payment"] = "Cash 2"
    account = sale(line("A", 1, "12.00"))
    account["payments"][0] |= {"kind": "account", "mode_of_payment": "On account"}
    assert takings.expected(sums_of(sale(line("A", 1, "12.00")), second, account)) == (
        takings.Expected("Cash", "cash", 2400),
    )


@given(st.integers(0, 50_000), days.events)
def test_every_list_adds_up_to_the_same_total(size: int, happened: list[Any]) -> None:
    found = figures(*days.day(size, happened).documents)
    gross, total = found["gross"], found["total"]
    assert sum((t["gross"] for t in found["taxes"]), D(0)) == gross
    assert sum((g["gross"] for g in found["groups"]), D(0)) == gross
    assert found["net"] + found["tax"] == gross
    assert sum((t["net"] for t in found["tenders"]), D(0)) == total
    assert sum((c["total"] for c in found["cashiers"]), D(0)) == total
    assert sum((d["total"] for d in found["days"]), D(0)) == total
    assert gross + found["vouchers"]["issued"]["amount"] + found["rounding"] == total
    assert found["sales"]["net"] + found["returns"]["net"] + found["voids"]["amount"] == gross


@given(st.integers(0, 50_000), days.events)
def test_what_the_card_terminal_says_is_expected_of_it(size: int, happened: list[Any]) -> None:
    drawer = days.day(size, happened)
    expected = {e.kind: e.amount for e in takings.expected(sums_of(*drawer.documents))}
    assert (expected["cash"], expected.get("card", 0)) == (drawer.cash, drawer.card)
