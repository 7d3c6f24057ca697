"""Figures as people read them, in the shop's own way: "£1,234.50", "0.420", "20%", "21 Nov 2026, 14:32"."""

from __future__ import annotations

import functools
from datetime import date, datetime
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal, get_currency_symbol

from pos.rules.money import digits_of


@functools.lru_cache(maxsize=8192)
def money(minor: int, currency: str, locale: str) -> str:
    """Whole minor units with the currency's sign: 123450, "GBP", "en_GB" -> "£1,234.50"."""
    amount = Decimal(minor).scaleb(-digits_of(currency))
    text = format_currency(amount, currency, locale=locale, currency_digits=True)
    text = text.replace(get_currency_symbol(currency, locale=locale), symbol(currency, locale))
    # Amounts stand by themselves, isolated from the words around: a mark that turns them round would part their signs.
    return text.replace("\u200f-", "\u200e-").replace("\u200f", "")


def round_money(minor: int, currency: str, locale: str) -> str:
    """£25 for whole pounds, else £2.50: for keys, where pennies that are not there take room."""
    whole, rest = divmod(minor, 10 ** digits_of(currency))
    if rest:
        return money(minor, currency, locale)
    pattern = Locale.parse(locale).currency_formats["standard"].pattern.replace(".00", "")
    return format_currency(whole, currency, format=pattern, locale=locale, currency_digits=False)


def fine(amount: Decimal, locale: str) -> str:
    """A figure finer than the currency's smallest coin, as it is: "0.3333"."""
    return format_decimal(amount.normalize(), format="#,##0.00####", locale=locale)


def symbol(currency: str, locale: str) -> str:
    """The sign that stands for the currency: "£". Where a language is read without a country, "UK£" is "£", too."""
    there, plain = get_currency_symbol(currency, locale=locale), get_currency_symbol(currency, locale="en")
    return plain if "_" not in locale and there.endswith(plain) else there


@functools.lru_cache(maxsize=1024)
def quantity(qty: Decimal, locale: str) -> str:
    """A quantity without idle noughts: 2.000 -> "2", 0.420 -> "0.42"."""
    return format_decimal(qty.normalize(), format="#,##0.###", locale=locale)


@functools.lru_cache(maxsize=256)
def percent(rate: Decimal, locale: str) -> str:
    """A percentage without idle noughts: 20.00 -> "20%"."""
    return f"{format_decimal(rate.normalize(), format='0.####', locale=locale)}%"


def moment(when: datetime, locale: str) -> str:
    """A moment as written: its own wall clock, to the minute. From right to left a mark says so before its first sign,
    which is a digit."""
    there = Locale.parse(locale, sep="_")
    day = format_skeleton("yMMMd", when, tzinfo=when.tzinfo, locale=locale)
    written = str(there.datetime_formats["medium"]).replace("{0}", clock_time(when, locale)).replace("{1}", day)
    return f"\u200f{written}" if there.text_direction == "rtl" else written


def clock_time(when: datetime, locale: str) -> str:
    """The wall clock of a moment, to the minute: "14:32"."""
    return format_skeleton("Hm", when, tzinfo=when.tzinfo, locale=locale)


def clock_seconds(when: datetime, locale: str) -> str:
    """The wall clock of a moment, to the second: "14:32:09"."""
    return format_skeleton("Hms", when, tzinfo=when.tzinfo, locale=locale)


def day(when: date, locale: str) -> str:
    """A day with its weekday: "Saturday, 21 November 2026"."""
    return format_date(when, "full", locale=locale)


@functools.lru_cache(maxsize=2048)
def short_day(when: date, locale: str) -> str:
    """A day as slips have it: "Sat 21 Nov 2026"."""
    return format_skeleton("yMMMEd", when, locale=locale).replace(",", "").replace("،", "")


def known_locale(locale: str) -> bool:
    """Whether figures can be written that way."""
    try:
        Locale.parse(locale, sep="_")
    except (UnknownLocaleError, ValueError):
        return False
    return True


def locale_for(language: str, locale: str) -> str:
    """How readers of a language are used to figures: the shop's locale if it is theirs, else their language's own."""
    shop = Locale.parse(locale, sep="_")
    if shop.language == language:
        return locale
    there = f"{language}_{shop.territory}"
    return there if shop.territory and known_locale(there) else language
