"""Payments against a total: change, cash rounding, refusals, quick amounts, change in words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.errors import Invalid
from pos.rules.tax import TaxRule
from pos.rules.tender import (
    DENOMINATIONS,
    KINDS,
    Payment,
    change_words,
    has_card_number,
    luhn,
    quick_amounts,
    settle,
)
from tests.rules.shop import D, pence
from tests.rules.tables import cases


def pay(text: str) -> list[Payment]:
    """ "card 5.00, cash 20" """
    payments = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        kind, amount = part.split()
        payments.append(Payment(kind.title(), kind, pence(amount), "V-1" if kind == "voucher" else ""))
    return payments


@cases("""
due       paid                       step    taken    left     rounding    total    change    done
5.05      –                          –       0.00     5.05     0.00        5.05     0.00      no
5.05      cash 5.05                  –       5.05     0.00     0.00        5.05     0.00      yes
5.05      cash 20                    –       5.05     0.00     0.00        5.05     14.95     yes
5.05      cash 2, cash 5             –       5.05     0.00     0.00        5.05     1.95      yes
5.05      card 5.05                  –       5.05     0.00     0.00        5.05     0.00      yes
5.05      card 3, cash 2.05          –       5.05     0.00     0.00        5.05     0.00      yes
5.05      card 3                     –       3.00     2.05     0.00        5.05     0.00      no
5.05      voucher 2, card 1, cash 5  –       5.05     0.00     0.00        5.05     2.95      yes
5.05      account 5.05               –       5.05     0.00     0.00        5.05     0.00      yes
5.05      foreign 4, cash 2          –       5.05     0.00     0.00        5.05     0.95      yes
60.00     voucher 50, cash 10        –       60.00    0.00     0.00        60.00    0.00      yes
0.00      –                          –       0.00     0.00     0.00        0.00     0.00      yes
10.02     cash 10                    0.05    10.00    0.00     -0.02       10.00    0.00      yes
10.03     cash 20                    0.05    10.05    0.00     0.02        10.05    9.95      yes
10.02     card 10.02                 0.05    10.02    0.00     0.00        10.02    0.00      yes
10.02     card 5.01, cash 5          0.05    10.01    0.00     -0.01       10.01    0.00      yes
10.02     cash 5                     0.05    5.00     5.00     -0.02       10.00    0.00      no
10.02     –                          0.05    0.00     10.02    0.00        10.02    0.00      no
0.02      cash 0                     0.05    0.00     0.00     -0.02       0.00     0.00      yes
7.50      cash 8                     1.00    8.00     0.00     0.50        8.00     0.00      yes
7.44      cash 10                    0.10    7.40     0.00     -0.04       7.40     2.60      yes
-3.85     cash -3.85                 –       -3.85    0.00     0.00        -3.85    0.00      yes
-3.85     card -3.85                 –       -3.85    0.00     0.00        -3.85    0.00      yes
-3.85     card -2, cash -1.85        –       -3.85    0.00     0.00        -3.85    0.00      yes
-3.85     cash -2                    –       -2.00    -1.85    0.00        -3.85    0.00      no
-10.02    cash -10                   0.05    -10.00   0.00     0.02        -10.00   0.00      yes
-7.50     cash -8                    1.00    -8.00    0.00     -0.50       -8.00    0.00      yes
""")
def test_payments_are_set_against_the_total(row):
    rule = TaxRule(cash_step=D(row["step"] or "0.01"))
    s = settle(pence(row["due"]), pay(row["paid"]), rule)
    got = (s.taken, s.left, s.rounding, s.total, s.change)
    assert got == tuple(pence(row[k]) for k in ("taken", "left", "rounding", "total", "change"))
    assert s.complete == (row["done"] == "yes")
    assert sum(p.amount for p in s.payments) - s.change == s.taken


@cases("""
due      paid                   code               field
5.05     card 5.06              above_due          payments.0.amount
5.05     card 3, voucher 2.06   above_due          payments.1.amount
5.05     account 6              above_due          payments.0.amount
5.05     other 6                above_due          payments.0.amount
5.05     foreign 6              above_due          payments.0.amount
5.05     card 5.05, cash 1      above_due          payments.1.amount
5.05     cash -1                invalid            payments.0.amount
5.05     card 0                 invalid            payments.0.amount
5.05     cheque 5.05            invalid            payments.0.mode_of_payment
5.05     cash 50000.01          tender_too_large   payments.0.amount
-3.85    cash 3.85              invalid            payments.0.amount
-3.85    cash -3.86             above_due          payments.0.amount
-3.85    cash -10               above_due          payments.0.amount
-3.85    card -3.86             above_due          payments.0.amount
""")
def test_a_payment_that_cannot_be_taken_is_named(row):
    with pytest.raises(Invalid) as refused:
        settle(pence(row["due"]), pay(row["paid"]), TaxRule())
    assert (refused.value.code, refused.value.field) == (row["code"], row["field"])


def test_change_comes_from_the_last_cash_first_and_never_from_a_card():
    s = settle(505, pay("cash 5, card 2, cash 20, cash 1"), TaxRule())
    assert [p.change for p in s.payments] == [195, 0, 2000, 100]
    assert s.change == 2295


def test_a_card_keeps_its_reference_and_last_four_digits_only():
    s = settle(505, [Payment("Card", "card", 505, "081552", "4417")], TaxRule())
    assert (s.payments[0].reference, s.payments[0].last4) == ("081552", "4417")
    for last4 in ("44177", "441", "4a17", "4411 "):
        with pytest.raises(Invalid) as refused:
            settle(505, [Payment("Card", "card", 505, "", last4)], TaxRule())
        assert refused.value.field == "payments.0.last4"
    with pytest.raises(Invalid):
        settle(505, [Payment("Cash", "cash", 505, "", "4417")], TaxRule())


def test_a_voucher_needs_its_code_and_an_account_needs_a_name():
    with pytest.raises(Invalid) as refused:
        settle(505, [Payment("Gift", "voucher", 505)], TaxRule())
    assert refused.value.field == "payments.0.reference"
    with pytest.raises(Invalid) as refused:
        settle(505, pay("account 5.05"), TaxRule(), customer_named=False)
    assert (refused.value.code, refused.value.field) == ("customer_needed", "customer")


def test_more_payments_than_anybody_needs_are_refused():
    with pytest.raises(Invalid):
        settle(10_000, [Payment("Cash", "cash", 1)] * 21, TaxRule())


@cases("""
text                                   refused
4111 1111 1111 1111                    yes
4111111111111111                       yes
4111-1111-1111-1111                    yes
paid with 4111111111111111 today       yes
4111 1111 1111 1111 123                yes
378282246310005                        yes
4222222222222                          yes
６０１１１１１１１１１１１１１７       yes
4111 1111 1111 1112                    no
081552                                 no
order 2026-11-21                       no
5000112637922                          no
12345678901234567890123                no
call 020 7946 0958                     no
–                                      no
""")
def test_a_whole_card_number_is_found_wherever_it_hides(row):
    assert has_card_number(row["text"]) == (row["refused"] == "yes")


@pytest.mark.parametrize(
    "text",
    ["4111  1111  1111  1111", "4111_1111_1111_1111", "4111, 1111, 1111, 1111", "4111\n1111\n1111\n1111",
     "4111 - 1111 - 1111 - 1111", "4111\u20131111\u20131111\u20131111", "4111\u200b1111\u200b1111\u200b1111",
     "٤١١١١١١١١١١١١١١١", "４１１１　１１１１　１１１１　１１１１"],
)  # fmt: skip
def test_other_marks_and_other_digits_hide_no_card_number(text):
    assert has_card_number(text)


@pytest.mark.parametrize("text", ["", "no card", "4111 1111, then 1111 1111", "A4111 B1111 C1111 D1111", "😀" * 400])
def test_what_is_no_card_number_stays(text):
    assert not has_card_number(text)


def test_a_whole_card_number_as_reference_is_refused():
    with pytest.raises(Invalid) as refused:
        settle(505, [Payment("Card", "card", 505, "4111 1111 1111 1111")], TaxRule())
    assert (refused.value.code, refused.value.field) == ("card_number", "payments.0.reference")


@given(st.text("0123456789", min_size=12, max_size=18))
def test_each_number_has_one_check_digit_by_luhn(digits):
    assert sum(luhn(digits + d) for d in "0123456789") == 1


@cases("""
left      currency    buttons
14.20     GBP         14.20 15.00 20.00 50.00
89.95     GBP         89.95 90.00 100.00
5.00      GBP         5.00 10.00 20.00 50.00
214.95    GBP         214.95 215.00 220.00 250.00
0.37      USD         0.37 1.00 5.00 10.00
3.10      EUR         3.10 5.00 10.00 20.00
3.10      SEK         3.10 5.00 10.00 20.00
-3.85     GBP         -3.85
0.00      GBP         –
""")
def test_quick_amounts_are_the_exact_one_and_the_next_notes(row):
    assert quick_amounts(pence(row["left"]), row["currency"]) == tuple(pence(b) for b in row["buttons"].split())


@cases("""
change    currency    words
10.05     GBP         One £10 note and a 5p
14.95     GBP         One £10 note, two £2 coins, a 50p, two 20p coins and a 5p
0.01      GBP         A 1p
18.88     GBP         One £10 note, one £5 note, a £2 coin, a £1 coin, a 50p, a 20p, a 10p, a 5p, a 2p and a 1p
40.00     EUR         Two €20 notes
0.41      USD         A quarter, a dime, a nickel and a penny
2.04      USD         Two $1 bills and four pennies
0.00      GBP         –
10.00     SEK         –
""")
def test_change_in_words(row):
    assert change_words(pence(row["change"]), row["currency"]) == row["words"]


@given(st.integers(1, 100_000), st.sampled_from(sorted(DENOMINATIONS)))
def test_every_change_can_be_counted_out(change, currency):
    assert change_words(change, currency)


payments = st.lists(
    st.builds(
        lambda k, a: Payment(k, k, a, "V" if k == "voucher" else ""), st.sampled_from(KINDS), st.integers(0, 30_000)
    ),
    max_size=6,
)


@settings(max_examples=500)
@given(st.integers(0, 50_000), payments, st.sampled_from(["0.01", "0.05", "0.10", "1.00"]), st.sampled_from([1, -1]))
def test_tenders_less_change_are_the_total(due, tendered, step, sign):
    rule = TaxRule(cash_step=D(step))
    tendered = [Payment(p.mode_of_payment, p.kind, sign * p.amount, p.reference) for p in tendered]
    try:
        s = settle(sign * due, tendered, rule)
    except Invalid:
        return
    assert sum(p.amount for p in s.payments) - s.change == s.taken
    assert s.taken + s.left == s.total == sign * due + s.rounding
    assert s.complete == (s.left == 0)
    assert sum(p.change for p in s.payments) == s.change >= 0
    assert all(not p.change for p in s.payments if p.kind != "cash")
    assert sum(sign * p.amount for p in s.payments if p.kind != "cash") <= due
    assert 2 * abs(s.rounding) <= pence(step)
    assert not s.rounding or any(p.kind == "cash" for p in s.payments)


@given(st.integers(1, 50_000), st.sampled_from(["0.01", "0.05", "0.10", "1.00"]), st.data())
def test_a_refund_to_the_same_tenders_mirrors_its_sale(due, step, data):
    rule = TaxRule(cash_step=D(step))
    card = data.draw(st.integers(0, due))
    cash = abs(rule.cash(due - card))
    paid = [Payment("Card", "card", card)] if card else []
    sale = settle(due, [*paid, Payment("Cash", "cash", cash)], rule) if cash or card != due else settle(due, paid, rule)
    assert sale.complete
    back = settle(-due, [Payment(p.mode_of_payment, p.kind, -(p.amount - p.change)) for p in sale.payments], rule)
    assert (back.total, back.rounding, back.complete) == (-sale.total, -sale.rounding, True)
