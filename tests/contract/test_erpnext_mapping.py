"""Receipt parts as Sales Invoices: what is sent, how money splits over an exchange, how a return finds its rows."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos import config as settings
from pos.config import Config
from pos.connectors.base import Context, Original, Posted
from pos.connectors.erpnext import mapping
from pos.connectors.erpnext.facts import SetupFacts
from pos.errors import Rejected
from tests import receipts
from tests.receipts import amount, line, sale, stamped

D = Decimal
FACTS = SetupFacts(
    company="Test Shop Ltd", currency="GBP", site_zone="Europe/London", rounding="bankers",
    rounding_account="Round Off - TS", tax_template="VAT 20 incl - TS", default_taxes={"VAT - TS": "20"},
    item_taxes={"Zero - TS": {"VAT - TS": "0"}, "Reduced - TS": {"VAT - TS": "5"}}, exchange_mode="Cash",
)  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return settings.load(tmp_path, {})


def posted(doc: dict[str, Any], config: Config, part: str = "sale", context: Context | None = None) -> dict[str, Any]:
    saved, _ = stamped(doc)
    return mapping.invoice(saved, part, "key-1", context or Context(), FACTS, config)


def paid(*rows: tuple[str, str, str]) -> list[dict[str, Any]]:
    """(mode, kind, amount) as payments of a receipt."""
    return [
        {"mode_of_payment": m, "kind": k, "amount": amount(a), "change": amount(0), "reference": "", "last4": ""}
        for m, k, a in rows
    ]


def test_a_sale_carries_what_the_contract_asks_for(config: Config) -> None:
    body = posted(sale(line(), line("BAG", 2, "0.10"), given="20.00"), config)
    switches = ("is_pos", "update_stock", "set_posting_time", "disable_rounded_total", "docstatus")
    assert [body[k] for k in switches] == [1, 1, 1, 1, 0]
    assert body["pos_receipt_id"] == "key-1"
    assert (body["set_warehouse"], body["selling_price_list"]) == ("Stores - TS", "Standard Selling")
    assert body["payments"] == [{"mode_of_payment": "Cash", "amount": D("20.00")}]
    assert [(r["item_code"], r["qty"], r["rate"]) for r in body["items"]] == [
        ("SHOE-42", D(1), D("12.00")),
        ("BAG", D(2), D("0.10")),
    ]
    assert body["taxes"] == [
        {
            "charge_type": "On Net Total", "account_head": "VAT - TS", "description": "VAT - TS", "rate": D(20),
            "included_in_print_rate": 1,
        }
    ]  # fmt: skip
    assert "T1-000001" in body["remarks"]
    assert not any(isinstance(v, float) for row in (body, *body["items"]) for v in row.values())


@pytest.mark.parametrize(
    ("created_at", "zone", "day", "time"),
    [
        ("2026-11-21T14:32:07.123+00:00", "Europe/London", "2026-11-21", "14:32:07.123000"),
        ("2026-07-01T00:30:00.000+01:00", "Europe/London", "2026-07-01", "00:30:00.000000"),
        ("2026-11-21T20:00:00.000+00:00", "Asia/Kolkata", "2026-11-22", "01:30:00.000000"),
        ("2026-11-21T01:00:00.000+00:00", "America/New_York", "2026-11-20", "20:00:00.000000"),
    ],
)
def test_the_moment_is_the_sites_own(created_at: str, zone: str, day: str, time: str) -> None:
    facts = SetupFacts(company="x", site_zone=zone)
    assert mapping.posted_at({"created_at": created_at}, facts) == (day, time)


def test_wholly_on_account_is_no_pos_invoice(config: Config) -> None:
    doc = sale(line(), payments=paid(("On account", "account", "12.00")), cash_given=D(0), change=D(0))
    body = posted(doc, config)
    assert body["is_pos"] == 0
    assert "payments" not in body
    assert mapping.expected(stamped(doc)[0], "sale", FACTS).outstanding == 1200


def test_partly_on_account_leaves_exactly_that_open(config: Config) -> None:
    doc = sale(line(), payments=paid(("Card", "card", "5.00"), ("On account", "account", "7.00")))
    body = posted(doc, config)
    assert (body["is_pos"], body["payments"]) == (1, [{"mode_of_payment": "Card", "amount": D("5.00")}])
    wanted = mapping.expected(stamped(doc)[0], "sale", FACTS)
    assert (wanted.outstanding, wanted.total) == (700, 1200)


def test_a_sale_for_nothing_still_names_a_mode(config: Config) -> None:
    free = line(price="0.00", list_price=D("12.00"))
    doc = sale(free, payments=[], tender="none", taxes=[])
    body = posted(doc, config)
    assert body["payments"] == [{"mode_of_payment": "Cash", "amount": D("0.00")}]
    assert body["items"][0]["discount_percentage"] == 100


def test_two_tenders_of_one_mode_are_one_row(config: Config) -> None:
    doc = sale(line(), payments=paid(("Card", "card", "5.00"), ("Card", "card", "7.00")))
    assert posted(doc, config)["payments"] == [{"mode_of_payment": "Card", "amount": D("12.00")}]


def test_the_reference_of_a_card_slip_or_a_voucher_arrives_with_its_payment(config: Config) -> None:
    """E-43: it was typed, and lost on the way to the books."""
    rows = paid(("Card", "card", "5.00"), ("Card", "card", "4.00"), ("Cash", "cash", "3.00"))
    rows[0]["reference"], rows[1]["reference"] = "AUTH-771", "AUTH-772"
    body = posted(sale(line(), payments=rows), config)
    assert body["payments"] == [
        {"mode_of_payment": "Card", "amount": D("9.00"), "reference_no": "AUTH-771, AUTH-772"},
        {"mode_of_payment": "Cash", "amount": D("3.00")},
    ]


def test_a_discount_arrives_beside_the_price_it_was_taken_off(config: Config) -> None:
    """E-31: only the reduced rate arrived, so nobody could see in the books what was given away."""
    body = posted(sale(line(price="9.00", list_price=D("12.00")), given="9.00"), config)
    assert (body["items"][0]["rate"], body["items"][0]["price_list_rate"]) == (D("9.00"), D("12.00"))


def exchange(plus: str, minus: str, *rows: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    goods = [line("NEW", 1, plus), line("OLD", -1, minus)]
    return stamped(sale(*goods, payments=paid(*rows), **more))[0]


@pytest.mark.parametrize(
    ("plus", "minus", "rows", "in_sale", "in_return"),
    [
        ("50.00", "30.00", (("Cash", "cash", "20.00"),), {"Cash": 5000}, {"Cash": -3000}),
        ("50.00", "30.00", (("Card", "card", "20.00"),), {"Card": 2000, "Cash": 3000}, {"Cash": -3000}),
        ("30.00", "50.00", (("Cash", "cash", "-20.00"),), {"Cash": 3000}, {"Cash": -5000}),
        ("30.00", "50.00", (("Card", "card", "-20.00"),), {"Cash": 3000}, {"Card": -2000, "Cash": -3000}),
        ("30.00", "30.00", (), {"Cash": 3000}, {"Cash": -3000}),
    ],
)
def test_each_half_of_an_exchange_balances_and_the_drawer_nets(
    plus: str, minus: str, rows: Any, in_sale: dict[str, int], in_return: dict[str, int]
) -> None:
    doc = exchange(plus, minus, *rows, change=D(0))
    sale_half, return_half = (mapping.expected(doc, part, FACTS) for part in ("sale", "return"))
    assert (sale_half.payments, return_half.payments) == (in_sale, in_return)
    assert sum(in_sale.values()) == sale_half.total
    assert sum(in_return.values()) == return_half.total
    both = {m: in_sale.get(m, 0) + in_return.get(m, 0) for m in {*in_sale, *in_return}}
    given = {m: int(D(a) * 100) for m, _, a in rows}
    assert {m: a for m, a in both.items() if a} == given, "together they moved what the customer moved"


def test_cash_rounding_is_a_row_of_its_own(config: Config) -> None:
    doc = sale(
        line(price="11.98"), rounding=amount("0.02"), total=amount("12.00"), payments=paid(("Cash", "cash", "12.00"))
    )
    row = posted(doc | {"change": D(0)}, config)["taxes"][-1]
    assert (row["charge_type"], row["account_head"], row["tax_amount"]) == ("Actual", "Round Off - TS", D("0.02"))


def test_without_an_account_for_it_rounding_is_refused_before_anything_is_booked(config: Config) -> None:
    doc = sale(
        line(price="11.98"), rounding=amount("0.02"), total=amount("12.00"), payments=paid(("Cash", "cash", "12.00"))
    )
    saved, _ = stamped(doc | {"change": D(0)})
    bare = SetupFacts.load(FACTS.as_json() | {"rounding_account": ""})
    assert bare is not None
    with pytest.raises(Rejected) as caught:
        mapping.invoice(saved, "sale", "k", Context(), bare, config)
    assert caught.value.code == "rounding_account"


@pytest.mark.parametrize(
    ("code", "rate", "template"),
    [("V20", 20, None), ("Reduced - TS", 5, "Reduced - TS"), ("R", 5, "Reduced - TS"), ("Z", 0, "Zero - TS")],
)
def test_a_tax_code_finds_its_template_by_name_or_by_rate(
    config: Config, code: str, rate: int, template: str | None
) -> None:
    gross = D("12.00")
    net = amount(gross / (1 + D(rate) / 100))
    one = line(tax_code=code, tax_rate=D(rate), net=net, tax_amount=gross - net)
    assert posted(sale(one), config)["items"][0].get("item_tax_template") == template


def test_a_rate_nobody_set_up_is_refused_by_name(config: Config) -> None:
    with pytest.raises(Rejected, match=r"charges 7\.5%") as caught:
        posted(sale(line(tax_rate=D("7.5"))), config)
    assert caught.value.code == "tax_unknown"


# -- returns --


def original(*lines: dict[str, Any], rows: int) -> tuple[dict[str, Any], Context]:
    saved, _ = stamped(sale(*lines))
    names = tuple({"name": f"row{i}"} for i in range(rows))
    there = Posted("SINV-1", "submitted", {}, names)
    return saved, Context({saved["id"]: Original(saved, "sale", there)})


def back(of: dict[str, Any], position: int, qty: int, gross: str) -> dict[str, Any]:
    sold = of["items"][position]
    against = {"id": of["id"], "invoice_name": of["invoice_name"], "line": sold["line"]}
    total = amount(gross)
    net = amount(total / D("1.2"))
    more = {"amount": total, "net": net, "tax_amount": total - net, "rate": amount(total / qty)}
    return line(sold["item_code"], qty, str(sold["price"]), return_against=against, **more)


def test_a_return_is_tied_to_its_original_row_by_row(config: Config) -> None:
    sold, context = original(line(), line("BAG", 2, "0.10"), rows=2)
    body = posted(sale(back(sold, 1, -1, "-0.10")), config, "return", context)
    assert (body["is_return"], body["return_against"]) == (1, "SINV-1")
    assert [(r["item_code"], r["qty"], r["sales_invoice_item"]) for r in body["items"]] == [("BAG", D(-1), "row1")]
    assert body["payments"] == [{"mode_of_payment": "Cash", "amount": D("-0.10")}]


def test_a_split_line_comes_back_at_the_rates_it_was_sold_at(config: Config) -> None:
    three = line(qty=3, price="3.33", amount=amount("10.00"), net=amount("8.33"), tax_amount=amount("1.67"))
    sold, context = original(three, rows=2)
    body = posted(sale(back(sold, 0, -2, "-6.67")), config, "return", context)
    assert [(r["qty"], r["rate"], r["sales_invoice_item"]) for r in body["items"]] == [
        (D(-1), D("3.33"), "row0"),
        (D(-1), D("3.34"), "row1"),
    ]


def test_goods_of_a_receipt_that_never_went_there_come_back_without_an_original(config: Config) -> None:
    sold, _ = original(line(), rows=1)
    body = posted(sale(back(sold, 0, -1, "-12.00")), config, "return")
    assert body["is_return"] == 1
    assert "return_against" not in body
    assert "sales_invoice_item" not in body["items"][0]


def test_goods_of_two_receipts_at_once_are_not_tied_to_one_of_them(config: Config) -> None:
    one, first = original(line(), rows=1)
    other, second = original(line("BAG", 2, "0.10"), rows=1)
    context = Context({**first.originals, **second.originals})
    body = posted(sale(back(one, 0, -1, "-12.00"), back(other, 0, -1, "-0.10")), config, "return", context)
    assert "return_against" not in body


def test_rows_that_were_changed_there_by_hand_are_not_guessed_at(config: Config) -> None:
    sold, context = original(line(), line("BAG", 2, "0.10"), rows=5)
    body = posted(sale(back(sold, 0, -1, "-12.00")), config, "return", context)
    assert body["return_against"] == "SINV-1"
    assert "sales_invoice_item" not in body["items"][0]


def test_an_exchange_posts_only_its_own_lines_in_each_part(config: Config) -> None:
    doc = exchange("50.00", "30.00", ("Cash", "cash", "20.00"), change=D(0))
    for part, code in (("sale", "NEW"), ("return", "OLD")):
        body = mapping.invoice(doc, part, "k", Context(), FACTS, config)
        assert [r["item_code"] for r in body["items"]] == [code]
        assert body.get("is_return", 0) == (part == "return")


def test_facts_survive_being_kept() -> None:
    import json

    assert SetupFacts.load(json.loads(json.dumps(FACTS.as_json()))) == FACTS
    assert SetupFacts.load({}) is None
    assert receipts.NUMBERS["till"] == "T1"
