"""What comes back: at the price paid, never more than was sold, parts that sum up to the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.errors import Invalid, NotFound
from pos.rules import receipt, refund
from pos.rules.cart import Against, LineInput, price_cart
from pos.rules.money import ROUNDING, major
from pos.rules.tax import RULES, TaxRule, posting_rows
from tests.rules import made
from tests.rules.shop import D, basket, discount, goods, rule
from tests.rules.tables import cases


def sale(text, tax=None, off="", pay="card"):
    lines, stock = basket(text)
    doc, _, _ = made.receipt(lines, stock, tax or rule(), discount(off), pay=pay)
    return doc, stock


def give_back(doc, stock, tax, *what, earlier=(), n=2, pay="card"):
    """A return of (line, qty) pairs against a sale, after `earlier` returns of it."""
    lines, sold = [], {}
    for line, qty in what:
        against = Against(doc["id"], line)
        before = [b for d in earlier for x, b in zip(d["items"], made.back(d), strict=True) if x["line"] == line]
        sold[against] = refund.sold_line(doc, line, before)
        item = next(x for x in doc["items"] if x["line"] == line)
        lines.append(LineInput(line, item["item_code"], -D(qty), return_against=against))
    made_, _, _ = made.receipt(lines, stock, tax, sold=sold, pay=pay, n=n)
    receipt.check(made_)
    return made_


@cases("""
sale                       discount    tax         back                       paid_back    tax_back
2 x 1.20                   –           included    a1 1                       -1.20        -0.20
2 x 1.20                   10%         included    a1 1                       -1.08        -0.18
1 x 1.20, 1 x 1.65         –           included    a1 1, a2 1                 -2.85        -0.48
3 x 3.33                   –           added       a1 3                       -11.99       -2.00
3 x 3.33                   –           added       a1 1                       -4.00        -0.67
3 x 3.34                   0.02 off    included    a1 1                       -3.33        -0.56
0.355 x 2.10 Z             –           included    a1 0.355                   -0.75        0.00
0.355 x 2.10 Z             –           included    a1 0.1                     -0.21        0.00
2 x 1.20                   100%        included    a1 2                       0.00         0.00
""")
def test_goods_come_back_at_the_price_really_paid(row):
    tax = rule(row["tax"])
    doc, stock = sale(row["sale"], tax, row["discount"])
    what = [part.split() for part in row["back"].split(", ")]
    out = give_back(doc, stock, tax, *what)
    assert out["total"] == D(row["paid_back"])
    assert out["tax_total"] == D(row["tax_back"])


def test_refund_of_half_a_line_returns_half_its_tax():
    doc, stock = sale("2 x 1.20")
    assert give_back(doc, stock, rule(), ("a1", 1))["tax_total"] == -doc["tax_total"] / 2


def test_a_line_comes_back_at_what_was_paid_whatever_the_shelf_says_today():
    doc, stock = sale("2 x 1.20")
    dearer = {code: replace(thing, price=D("9.99"), disabled=True) for code, thing in stock.items()}
    assert give_back(doc, dearer, rule(), ("a1", 2))["total"] == D("-2.40")


def test_ten_pounds_for_three_come_back_in_parts_that_sum_up_to_it():
    lines, stock = basket("3 x 4.00")
    doc, _, _ = made.receipt(lines, stock, rule(), discount("2.00 off"), pay="card")
    parts, earlier = [], []
    for n in (2, 3, 4):
        out = give_back(doc, stock, rule(), ("a1", 1), earlier=earlier, n=n)
        earlier.append(out)
        parts.append(out["total"])
    assert parts == [D("-3.33"), D("-3.33"), D("-3.34")]


def test_never_more_back_than_was_sold():
    doc, stock = sale("2 x 1.20")
    first = give_back(doc, stock, rule(), ("a1", 1))
    for qty, earlier in ((3, []), (2, [first])):
        with pytest.raises(Invalid) as refused:
            give_back(doc, stock, rule(), ("a1", qty), earlier=earlier)
        assert (refused.value.code, refused.value.field) == ("over_return", "lines.a1.qty")


def test_the_same_receipt_line_twice_in_one_return_is_refused():
    doc, stock = sale("2 x 1.20")
    against = Against(doc["id"], "a1")
    lines = [LineInput(x, "item1", D(-2), return_against=against) for x in ("b1", "b2")]
    with pytest.raises(Invalid):
        price_cart(lines, stock, rule(), sold={against: refund.sold_line(doc, "a1")})


@cases("""
what                            field
another item                    lines.b1.item_code
a positive quantity             lines.b1.qty
half of a whole piece           lines.b1.qty
with a discount                 lines.b1
at another price                lines.b1
""")
def test_a_return_line_that_does_not_fit_its_receipt_is_named(row):
    thing = replace(goods("1.20", item="A"), weighed=False)
    doc, _, _ = made.receipt([LineInput("a1", "A", D(2))], {"A": thing}, rule(), pay="card")
    against = Against(doc["id"], "a1")
    line = LineInput("b1", "A", D(-1), return_against=against)
    line = {
        "another item": replace(line, item_code="B"),
        "a positive quantity": replace(line, qty=D(1)),
        "half of a whole piece": replace(line, qty=D("-0.5")),
        "with a discount": replace(line, discount=discount("10%")),
        "at another price": replace(line, price=D("0.50"), price_source="typed"),
    }[row["what"]]
    with pytest.raises(Invalid) as refused:
        price_cart([line], {"A": thing, "B": thing}, rule(), sold={against: refund.sold_line(doc, "a1")})
    assert refused.value.field == row["field"]


def test_a_receipt_priced_under_other_rules_cannot_be_given_back_line_by_line():
    doc, stock = sale("2 x 1.20", rule("added"))
    with pytest.raises(Invalid, match="other rules"):
        give_back(doc, stock, rule("included"), ("a1", 1))


def test_a_line_that_is_not_there_and_one_that_was_itself_a_return_are_refused():
    doc, stock = sale("2 x 1.20")
    with pytest.raises(NotFound):
        refund.sold_line(doc, "zz")
    out = give_back(doc, stock, rule(), ("a1", 1))
    with pytest.raises(Invalid, match="was not sold"):
        refund.sold_line(out, "a1")


def test_an_exchange_keeps_the_link_of_what_comes_back():
    doc, stock = sale("1 x 10.00")
    against = Against(doc["id"], "a1")
    lines = [LineInput("b1", "item1", D(-1), return_against=against), LineInput("b2", "new", D(1))]
    out, _, _ = made.receipt(
        lines, {**stock, "new": goods("12.50", item="new")}, rule(), sold={against: refund.sold_line(doc, "a1")}, n=2
    )
    receipt.check(out)
    assert (out["kind"], out["total"]) == ("sale", D("2.50"))
    assert out["items"][0]["return_against"] == {"id": doc["id"], "invoice_name": "T1-000001", "line": "a1"}
    assert out["items"][1]["return_against"] is None


# -- invariants ------------------------------------------------------------------------------------------------------

sold_rows = st.lists(
    st.tuples(
        st.integers(1, 12).map(D) | st.integers(1, 3000).map(lambda n: D(n).scaleb(-3)),
        st.integers(0, 5_000).map(lambda n: D(n).scaleb(-2)),
        st.sampled_from("SRZX"),
    ),
    min_size=1,
    max_size=6,
)
symmetric = st.builds(
    TaxRule, st.sampled_from(RULES), st.sampled_from(["bankers", "commercial"]), st.booleans(), st.just("GBP"),
    st.sampled_from([D("0.01"), D("0.05"), D("1.00")]),
)  # fmt: skip


def _sale(rows, tax, percent, pay):
    stock = {f"i{i}": goods(str(price), code, f"i{i}") for i, (_, price, code) in enumerate(rows)}
    lines = [LineInput(f"l{i}", f"i{i}", qty) for i, (qty, _, _) in enumerate(rows)]
    worth = price_cart(lines, stock, tax).goods
    off = discount(f"{percent}%") if percent and worth else None
    doc, _, _ = made.receipt(lines, stock, tax, off, pay=pay)
    receipt.check(doc)
    return doc, stock


@settings(max_examples=200)
@given(sold_rows, symmetric, st.integers(0, 60), st.sampled_from(["cash", "card"]))
def test_refund_of_a_whole_sale_returns_exactly_what_was_paid(rows, tax, percent, pay):
    doc, stock = _sale(rows, tax, percent, pay)
    out = give_back(doc, stock, tax, *((x["line"], x["qty"]) for x in doc["items"]), pay=pay)
    for key in ("total", "subtotal", "tax_total", "rounding"):
        assert out[key] == -doc[key], key
    assert [(-t["net"], -t["tax"], -t["gross"]) for t in out["taxes"]] == [
        (t["net"], t["tax"], t["gross"]) for t in doc["taxes"]
    ]


@settings(max_examples=200)
@given(
    sold_rows, st.sampled_from(RULES), st.sampled_from(sorted(ROUNDING)), st.booleans(), st.integers(0, 60), st.data()
)
def test_parts_always_sum_up_to_the_whole(rows, name, rounding, included, percent, data):
    tax = TaxRule(name, rounding, included)
    doc, stock = _sale(rows, tax, percent, "card")
    earlier, left = [], {x["line"]: x["qty"] for x in doc["items"]}
    while left:
        what = []
        for line, rest in list(left.items()):
            whole = int(rest * 1000)
            step = 1000 if rest == rest.to_integral_value() else 1
            qty = D(data.draw(st.integers(1, whole // step)) * step).scaleb(-3)
            if len(earlier) == 4:
                qty = rest
            what.append((line, qty))
            left[line] = rest - qty
            if not left[line]:
                del left[line]
        earlier.append(give_back(doc, stock, tax, *what, earlier=earlier, n=len(earlier) + 2))
    assert sum(d["total"] for d in earlier) == -doc["total"]
    for x in doc["items"]:
        parts = [y for d in earlier for y in d["items"] if y["line"] == x["line"]]
        assert sum(y["qty"] for y in parts) == -x["qty"]
        assert sum(y["amount"] for y in parts) == -x["amount"]
        assert all(y["amount"] <= 0 for y in parts)
        if not (name == "erpnext" and included):
            assert sum(y["tax_amount"] for y in parts) == -x["tax_amount"]


@settings(max_examples=200)
@given(st.integers(1, 40), st.integers(0, 20_000), st.data())
def test_whole_units_come_back_at_rates_their_sale_was_posted_at(count, off, data):
    """ERPNext refuses a return row above its original's rate or quantity: the rows of all returns must fit."""
    price = data.draw(st.integers(1, 5_000))
    off = min(off, price * count)
    lines, stock = basket(f"{count} x {major(price, 'GBP')}")
    doc, _, _ = made.receipt(lines, stock, rule(), discount(f"{major(off, 'GBP')} off") if off else None, pay="card")
    sold = posting_rows(D(count), doc["items"][0]["amount"], "GBP")
    left = {r.rate: r.qty for r in sold}
    earlier, rest = [], count
    while rest:
        qty = data.draw(st.integers(1, rest))
        earlier.append(give_back(doc, stock, rule(), ("a1", qty), earlier=earlier, n=len(earlier) + 2))
        for r in posting_rows(D(-qty), earlier[-1]["items"][0]["amount"], "GBP"):
            left[r.rate] += r.qty
            assert left[r.rate] >= 0
        rest -= qty
    assert not any(left.values())


# -- when, and to where ----------------------------------------------------------------------------------------------


@cases("""
sold          today         days    late
2026-11-21    2026-11-21    28      no
2026-11-21    2026-12-19    28      no
2026-11-21    2026-12-20    28      yes
2026-11-21    2026-11-22    1       no
2026-11-21    2036-11-22    0       no
2026-11-22    2026-11-21    28      no
""")
def test_the_days_in_which_goods_come_back(row):
    late = refund.is_late(date.fromisoformat(row["sold"]), date.fromisoformat(row["today"]), int(row["days"]))
    assert late is (row["late"] == "yes")


def money_of(text):
    """ "card 140, cash 100" -> [("card", "card", 140), …]"""
    parts = [part.split() for part in text.split(",") if part.strip()]
    return [(kind, kind, int(amount)) for kind, amount in parts]


@cases("""
came in               goes back             unbound    tolerance    elsewhere
cash 240              cash 240              0          0            0
card 240              card 240              0          0            0
card 240              cash 240              0          0            240
card 140, cash 100    cash 240              0          0            140
card 140, cash 100    card 140, cash 100    0          0            0
card 140, cash 100    card 240              0          0            100
cash 240              voucher 240           0          0            0
card 240              cash 240              240        0            0
card 240              cash 240              100        0            140
foreign 240           cash 240              0          0            0
cash 240              foreign 240           0          0            0
cash 122              cash 125              0          5            0
card 122              cash 5                0          5            5
–                     cash 120              120        0            0
account 240           cash 240              0          0            240
""")
def test_how_much_of_a_refund_goes_another_way_than_it_came(row):
    came = [refund.Came(mode, kind, amount) for mode, kind, amount in money_of(row["came in"])]
    other = refund.elsewhere(money_of(row["goes back"]), came, {"voucher"}, int(row["unbound"]), int(row["tolerance"]))
    assert other == int(row["elsewhere"])


def test_a_gift_voucher_that_was_sold_does_not_come_back_as_goods():
    doc, _ = sale("1 x 10.00 S")
    doc["items"][0]["voucher"] = {"code": "GV-1"}
    with pytest.raises(Invalid) as refused:
        refund.sold_line(doc, "a1")
    assert refused.value.code == "voucher_line"


def test_a_return_of_two_receipts_counts_on_each_with_what_came_back_of_it():
    def doc(key, **more):
        return {"id": key, "currency": "GBP", "items": [], "payments": [], **more}

    paid = [{"mode_of_payment": "Cash", "kind": "cash", "amount": D("5.00"), "change": D("1.00")}]
    back = [{"mode_of_payment": "Cash", "kind": "cash", "amount": D("-3.00"), "change": D("0.00")}]
    rows = [
        {"amount": D("-1.00"), "return_against": {"id": "s1"}},
        {"amount": D("-2.00"), "return_against": {"id": "s2"}},
        {"amount": D("9.00"), "return_against": None},
    ]
    (cash,) = refund.came_in(doc("s1", payments=paid), [doc("r1", items=rows, payments=back)])
    assert (cash.paid, cash.back, cash.left) == (400, 100, 300)
