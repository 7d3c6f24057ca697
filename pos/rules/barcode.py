"""What a scanned code says: a plain code, an EAN-13 that holds a price or a weight, or a GS1 element string.

The shop's own rule table ([pricing] barcode_rules) says which EAN-13 prefixes hold what: two digits prefix, five
digits item, five digits value, check digit. GS1 element strings: GS1 General Specifications, section 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from pos.errors import BadSettings, Invalid
from pos.rules.money import digits_of, exact

MEANINGS = ("price", "weight")
FNC1 = "\x1d"
CODE_MAX = 200

#: AIs of fixed length (characters after the AI), by their first two digits: GS1 General Specifications, figure 7.8.5-2.
_FIXED = {
    "00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "11": 6, "12": 6, "13": 6, "14": 6, "15": 6, "16": 6, "17": 6,
    "18": 6, "19": 6, "20": 2, "31": 6, "32": 6, "33": 6, "34": 6, "35": 6, "36": 6, "41": 13,
}  # fmt: skip
#: How many digits an AI itself has, by its first two digits; two where it is not listed.
_AI_DIGITS = {
    **{p: 4 for p in ("31", "32", "33", "34", "35", "36", "39", "43", "70", "71", "72", "80", "81", "82")},
    **{p: 3 for p in ("23", "24", "25", "40", "41", "42")},
}
_SYMBOLOGY = re.compile(r"\](?:C1|d2|Q3|e0|J1)")
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)([^(]+)")
#: ISO 4217 numbers AI 393n may carry, for the currencies people meet; others are refused as not ours.
_CURRENCY_NUMBERS = {"826": "GBP", "978": "EUR", "840": "USD", "756": "CHF", "036": "AUD", "124": "CAD", "392": "JPY"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a scan: the code to look up and what the scan says about the line.

    price: what the whole line costs, in major units, with qty 1. data: dates, lots and serials, by AI.
    """

    code: str
    qty: Decimal = Decimal(1)
    price: Decimal | None = None
    data: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def readings(code: str, rules: Mapping[str, str], currency: str) -> tuple[Reading, ...]:
    """Every way to read a scan, the most literal first; the catalogue takes the first whose code it knows.

    Invalid when the scan is empty, far too long, or an element string that holds a price in another currency.
    """
    text = code.strip(" \t\r\n")
    if not text or len(text) > CODE_MAX:
        raise Invalid("That is no code.", code="unreadable", field="code")
    found = [Reading(text)]
    found += [Reading(other) for other in _same_article(text)]
    elements = gs1_elements(text)
    if elements:
        found += _from_elements(elements, currency)
    embedded = _embedded(text, rules, currency)
    if embedded:
        found += embedded
    return tuple({(r.code, r.qty, r.price): r for r in reversed(found)}.values())[::-1]


def parse_rules(text: str) -> dict[str, str]:
    """ "20:price,22:weight" as prefix -> meaning. BadSettings for anything else."""
    rules = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        prefix, _, meaning = part.partition(":")
        if not re.fullmatch(r"2[0-9]", prefix) or meaning not in MEANINGS:
            raise BadSettings(
                f"[pricing] barcode_rules has {part!r}; write a prefix (20 to 29) and price or weight: 20:price."
            )
        rules[prefix] = meaning
    return rules


def check_digit(digits: str) -> str:
    """The GS1 check digit behind these digits (EAN-8, UPC-A, EAN-13, GTIN-14): weights 3, 1, 3 … from the right."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return str(-total % 10)


def is_gtin(code: str) -> bool:
    """Whether this is an EAN-8, UPC-A, EAN-13 or GTIN-14 whose check digit fits."""
    return len(code) in (8, 12, 13, 14) and _digits(code) and check_digit(code[:-1]) == code[-1]


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _same_article(code: str) -> list[str]:
    """Other spellings of one article number: UPC-A is an EAN-13 with a leading 0, a GTIN-14 of one piece an EAN-13."""
    if not is_gtin(code):
        return []
    bare = code.lstrip("0")
    return [s for n in (13, 12, 8, 14) if len(bare) <= n and (s := bare.rjust(n, "0")) != code]


def _embedded(code: str, rules: Mapping[str, str], currency: str) -> list[Reading]:
    meaning = rules.get(code[:2]) if len(code) == 13 and is_gtin(code) else None
    if meaning is None:
        return []
    value = Decimal(code[7:12])
    if not value:
        return []
    qty, price = Decimal(1), None
    if meaning == "weight":
        qty = value.scaleb(-3)
    else:
        price = value.scaleb(-digits_of(currency))
    stem = code[:7]
    zeroed = stem + "00000"
    # Shops register such an item under the code with the value zeroed, its first seven digits, or the item digits.
    return [Reading(c, qty, price) for c in (zeroed + check_digit(zeroed), zeroed, stem, code[2:7])]


def gs1_elements(text: str) -> dict[str, str]:
    """AI -> value of a GS1 element string, with FNC1 (\\x1d) or in brackets; empty when it is none."""
    bare = _SYMBOLOGY.sub("", text, count=1) if _SYMBOLOGY.match(text) else text
    if bare.startswith("("):
        pairs = _BRACKETED.findall(bare)
        whole = "".join(f"({ai}){value}" for ai, value in pairs) == bare
        return {ai: value for ai, value in pairs if _fits(ai, value)} if whole else {}
    marked = bare != text or FNC1 in text
    if not marked and not (len(bare) >= 16 and bare.startswith("01") and is_gtin(bare[2:16])):
        return {}
    try:
        return dict(_split(bare.lstrip(FNC1)))
    except ValueError:
        return {}


def _fits(ai: str, value: str) -> bool:
    fixed = _FIXED.get(ai[:2])
    return fixed is None or len(value) == fixed


def _split(text: str) -> Iterator[tuple[str, str]]:
    """AI and value one after the other. ValueError where the text is no element string."""
    at = 0
    while at < len(text):
        size = _AI_DIGITS.get(text[at : at + 2], 2)
        ai = text[at : at + size]
        if len(ai) < size or not _digits(ai):
            raise ValueError(f"no AI at {at}")
        at += size
        fixed = _FIXED.get(ai[:2])
        if fixed is not None:
            end = at + fixed
        else:
            end = text.find(FNC1, at) if FNC1 in text[at:] else len(text)
        value = text[at:end]
        if not value or (fixed is not None and len(value) != fixed) or FNC1 in value:
            raise ValueError(f"AI {ai} is cut off")
        yield ai, value
        at = end
        while text[at : at + 1] == FNC1:
            at += 1


def _from_elements(elements: Mapping[str, str], currency: str) -> list[Reading]:
    gtin = elements.get("01") or elements.get("02") or ""
    if not is_gtin(gtin):
        return []
    data = {ai: value for ai, value in elements.items() if ai not in ("01", "02")}
    qty, price = _quantity(elements), _price(elements, currency)
    if price is not None:
        qty = Decimal(1)
    return [Reading(c, qty, price, MappingProxyType(data)) for c in (gtin, *_same_article(gtin))]


def _quantity(elements: Mapping[str, str]) -> Decimal:
    for ai, value in elements.items():
        if not _digits(value):
            continue
        figure = exact(value)
        if ai == "30" and figure:
            return figure
        if ai.startswith("310") and figure:
            # Net weight in kilograms; the AI's last digit counts the decimals. Lines keep three.
            weight = figure.scaleb(-int(ai[3]))
            if weight == weight.scaleb(3).to_integral_value().scaleb(-3):
                return weight
            raise Invalid("That weight has more than three decimals.", code="unreadable", field="code")
    return Decimal(1)


def _price(elements: Mapping[str, str], currency: str) -> Decimal | None:
    for ai, value in elements.items():
        if not _digits(value):
            continue
        if ai.startswith("392"):
            return exact(value).scaleb(-int(ai[3]))
        if ai.startswith("393") and len(value) > 3:
            if _CURRENCY_NUMBERS.get(value[:3]) != currency:
                raise Invalid("That label is priced in another currency.", code="unreadable", field="code")
            return exact(value[3:]).scaleb(-int(ai[3]))
    return None
