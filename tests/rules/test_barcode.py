"""Scans: check digits, labels with a price or a weight, GS1 element strings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import BadSettings, Invalid
from pos.rules.barcode import CODE_MAX, check_digit, gs1_elements, is_gtin, parse_rules, readings
from tests.rules.shop import D
from tests.rules.tables import cases

RULES = parse_rules("20:price,21:price,22:weight,23:weight")
FNC1 = "\x1d"


def ean(stem: str) -> str:
    return stem + check_digit(stem)


@cases("""
code              gtin
5000112637922     yes
5000112637923     no
96385074          yes
036000291452      yes
10012345000017    yes
500011263792      no
ABC               no
–                 no
५०००११२६३७९२२     no
""")
def test_a_check_digit_is_checked(row):
    assert is_gtin(row["code"]) == (row["gtin"] == "yes")


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
def test_a_wrong_digit_is_always_found(stem, place, by):
    code = ean(stem)
    wrong = code[:place] + str((int(code[place]) + by) % 10) + code[place + 1 :]
    assert is_gtin(code)
    assert not is_gtin(wrong)


def test_a_plain_code_is_itself_first_and_then_its_other_spellings():
    assert [r.code for r in readings("5000112637922", RULES, "GBP")] == ["5000112637922", "05000112637922"]
    assert [r.code for r in readings("036000291452", RULES, "GBP")] == [
        "036000291452",
        "0036000291452",
        "00036000291452",
    ]
    assert [r.code for r in readings("SHOE-8-BLK", RULES, "GBP")] == ["SHOE-8-BLK"]
    assert all(r.qty == 1 and r.price is None for r in readings("036000291452", RULES, "GBP"))


def test_a_weight_label_holds_grams():
    label = ean("2212345" + "00355")
    plain, *found = readings(label, RULES, "GBP")
    assert (plain.code, plain.qty) == (label, 1)
    assert [r.code for r in found if r.qty == D("0.355")] == [ean("221234500000"), "221234500000", "2212345", "12345"]
    assert all(r.price is None for r in found)


def test_a_price_label_holds_minor_units():
    label = ean("2012345" + "00499")
    found = [r for r in readings(label, RULES, "GBP") if r.price is not None]
    assert {r.price for r in found} == {D("4.99")}
    assert {r.qty for r in found} == {D(1)}
    assert {r.price for r in readings(label, RULES, "JPY") if r.price is not None} == {D(499)}


@cases("""
what                  code
wrong check digit     2212345003550
prefix without rule   2912345003556
a value of nought     2212345000009
""")
def test_no_label_is_read_out_of(row):
    code = row["code"]
    if row["what"] != "wrong check digit":
        code = ean(code[:12])
    assert all(r.qty == 1 and r.price is None for r in readings(code, RULES, "GBP"))


@cases("""
text                    rules
20:price                20=price
20:price, 22:weight     20=price 22=weight
–                       –
""")
def test_the_rule_table_is_read(row):
    assert parse_rules(row["text"]) == dict(r.split("=") for r in row["rules"].split())


@pytest.mark.parametrize("text", ["20", "30:price", "2:price", "20:colour", "20:price;21:price"])
def test_a_rule_that_makes_no_sense_stops_the_start(text):
    with pytest.raises(BadSettings, match="barcode_rules"):
        parse_rules(text)


GTIN = ean("0500011263792")  # of 05000112637922


@cases("""
text                                                    elements
01{gtin}                                                01={gtin}
01{gtin}3103001250                                      01={gtin} 3103=001250
01{gtin}10LOT7<FNC1>17261231                            01={gtin} 10=LOT7 17=261231
01{gtin}30012<FNC1>21SER9                               01={gtin} 30=012 21=SER9
]C101{gtin}3922499                                      01={gtin} 3922=499
]d2<FNC1>01{gtin}10A                                    01={gtin} 10=A
(01){gtin}(3103)000355(10)LOT 7                         01={gtin} 3103=000355 10=LOT 7
01{gtin}310300125                                       –
01{gtin}xx                                              –
0112345678901234                                        –
5000112637922                                           –
(01){gtin}(3103)12(10)A                                 01={gtin} 10=A
(01)                                                    –
""")
def test_element_strings_are_taken_apart(row):
    text = row["text"].replace("{gtin}", GTIN).replace("<FNC1>", FNC1)
    wanted = {}
    for pair in row["elements"].replace("{gtin}", GTIN).replace("LOT 7", "LOT_7").split():
        ai, _, value = pair.partition("=")
        wanted[ai] = value.replace("_", " ")
    assert gs1_elements(text) == wanted


@cases("""
elements                    qty      price
3103001250                  1.25     –
3102000125                  1.25     –
3100000002                  2        –
30012                       12       –
3922499                     1        4.99
3932826499                  1        4.99
31030012503922499           1        4.99
17261231                    1        –
10LOT7                      1        –
3103000000                  1        –
""")
def test_weight_count_and_price_are_taken_from_an_element_string(row):
    code = f"01{GTIN}{row['elements']}"
    found = [r for r in readings(code, RULES, "GBP") if r.code == "5000112637922"]
    assert len(found) == 1
    assert found[0].qty == D(row["qty"])
    assert found[0].price == (D(row["price"]) if row["price"] else None)


def test_dates_lots_and_serials_are_kept_harmlessly():
    code = f"01{GTIN}17261231" + f"10LOT7{FNC1}21SER9"
    found = next(r for r in readings(code, RULES, "GBP") if r.code == GTIN)
    assert dict(found.data) == {"17": "261231", "10": "LOT7", "21": "SER9"}


def test_a_label_in_another_currency_or_finer_than_a_gram_is_refused():
    for elements in ("3932978499", "3932999499", "3105000001"):
        with pytest.raises(Invalid):
            readings(f"01{GTIN}{elements}", RULES, "GBP")


@pytest.mark.parametrize("code", ["", "   ", "\r\n", "9" * (CODE_MAX + 1)])
def test_no_code_is_refused(code):
    with pytest.raises(Invalid):
        readings(code, RULES, "GBP")


@given(st.text(max_size=60))
def test_anything_can_be_scanned_without_harm(text):
    try:
        found = readings(text, RULES, "GBP")
    except Invalid:
        return
    assert found[0].code == text.strip(" \t\r\n")
    assert all(r.qty > 0 for r in found)
