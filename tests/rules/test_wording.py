"""Figures as people read them, in the ways of several countries."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from pos.rules import wording
from tests.rules.tables import cases


@cases("""
minor      currency  locale  text
123450     GBP       en_GB   £1,234.50
5          GBP       en_GB   £0.05
-5         GBP       en_GB   -£0.05
0          GBP       en_GB   £0.00
123456     EUR       de_DE   1.234,56\u00a0€
1234       JPY       ja_JP   ￥1,234
1234       KWD       en_GB   KWD1.234
99999999   USD       en_US   $999,999.99
""")
def test_money_is_written_as_the_shop_writes_it(row):
    text = wording.money(int(row["minor"]), row["currency"], row["locale"])
    assert text.replace("\u00a0", " ") == row["text"].replace("\u00a0", " ")


@cases("""
minor    currency    locale    text
2500     GBP         en_GB     £25
250      GBP         en_GB     £2.50
2500     EUR         de_DE     25_€
25       JPY         ja_JP     ￥25
""")
def test_a_round_amount_has_no_pennies(row):
    text = wording.round_money(int(row["minor"]), row["currency"], row["locale"])
    assert text.replace("\u00a0", "_") == row["text"]


@cases("""
qty      text
1        1
2.000    2
0.420    0.42
10       10
100.000  100
1234.5   1,234.5
-3       -3
""")
def test_a_quantity_has_no_idle_noughts(row):
    assert wording.quantity(Decimal(row["qty"]), "en_GB") == row["text"]


@cases("""
rate    text
20      20%
20.00   20%
7.5     7.5%
0       0%
10      10%
""")
def test_a_percentage_has_no_idle_noughts(row):
    assert wording.percent(Decimal(row["rate"]), "en_GB") == row["text"]


def test_a_moment_is_written_by_its_own_clock():
    summer = datetime(2026, 7, 1, 14, 32, 59, tzinfo=timezone(timedelta(hours=1)))
    assert wording.moment(summer, "en_GB") == "1 Jul 2026, 14:32"
    assert wording.clock_time(summer, "en_GB") == "14:32"
    assert wording.day(date(2026, 11, 21), "en_GB").replace(",", "") == "Saturday 21 November 2026"


@cases("""
locale  money         moment                     short              time
en_GB   -£1,234.50    1 Jul 2026, 09:05          Wed 1 Jul 2026     09:05
en_US   -£1,234.50    Jul 1, 2026, 09:05         Wed Jul 1 2026     09:05
de_DE   -1.234,50_£   1. Juli 2026, 09:05        Mi. 1. Juli 2026   09:05
fi_FI   -1_234,50_£   1.7.2026 9.05              ke 1.7.2026        9.05
ar      -1,234.50_£   1 يوليو 2026، 09:05        الأربعاء 1 يوليو 2026   09:05
""")
def test_money_and_dates_follow_the_locale(row):
    when = datetime(2026, 7, 1, 9, 5, tzinfo=timezone(timedelta(hours=1)))
    shown = wording.money(-123450, "GBP", row["locale"]).replace("\u00a0", "_").replace("\u200e", "")
    assert shown == row["money"]
    assert wording.moment(when, row["locale"]).replace("\u202f", " ").replace("\u200f", "") == row["moment"]
    assert wording.short_day(when.date(), row["locale"]) == row["short"]
    assert wording.clock_time(when, row["locale"]) == row["time"]


@cases("""
currency  sign
GBP       £
USD       $
AED       د.إ.
""")
def test_a_language_read_without_a_country_keeps_a_sign_that_stands_alone(row):
    assert wording.symbol(row["currency"], "ar").replace("\u200f", "") == row["sign"]


@cases("""
language  shop   figures
en        en_GB  en_GB
en        en_US  en_US
ar        en_GB  ar
ar        ar_AE  ar_AE
ar        en_AE  ar_AE
en        de_DE  en_DE
""")
def test_readers_of_another_language_have_its_figures(row):
    assert wording.locale_for(row["language"], row["shop"]) == row["figures"]


def test_a_moment_from_right_to_left_says_so_before_its_first_digit():
    summer = datetime(2026, 7, 1, 14, 32)
    assert wording.moment(summer, "ar").startswith("\u200f1 ")
    assert wording.moment(summer, "en_GB").startswith("1 ")


def test_a_figure_finer_than_a_penny_is_written_out():
    assert wording.fine(Decimal("0.3333"), "en_GB") == "0.3333"
    assert wording.fine(Decimal("1234.5"), "en_GB") == "1,234.50"


def test_the_sign_of_a_currency():
    assert [wording.symbol(c, "en_GB") for c in ("GBP", "EUR")] == ["£", "€"]


@cases("""
locale   known
en_GB    yes
de_CH    yes
en       yes
xx_YY    no
en-GB    no
nonsense  no
""")
def test_a_locale_that_is_not_known_is_told(row):
    assert wording.known_locale(row["locale"]) is (row["known"] == "yes")
