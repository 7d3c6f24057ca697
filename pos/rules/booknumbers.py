"""What documents of the books are called: made of what is in them alone, never of an order. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pos.errors import Invalid
from pos.rules.daybook import REFUND, Share
from pos.said import said

#: Letters of a number, and most of them that prefix, shop and way to pay may have together:
#: TK-261120R-LON-CA-S99 is 21 long.
NUMBER_MAX = 21
CODES_MAX = 7
SUPPLEMENTS_MAX = 99
_CODE = re.compile(r"[A-Z0-9]{1,5}\Z")


def number(prefix: str, day: str, shop: str, tender: str, kind: str, supplement: int = 1) -> str:
    """What a day document is called: TK-261120-LON-CA, with an R behind the date for a refund, -S2 for a supplement.

    Made of what is in it alone, never of an order. Codes as `check_codes` accepts them.
    """
    if not 1 <= supplement <= SUPPLEMENTS_MAX:
        raise ValueError(f"there is no supplement {supplement}")
    year, month, date = day.split("-")
    found = f"{prefix}-{year[2:]}{month}{date}{'R' if kind == REFUND else ''}-{shop}-{tender}"
    found += f"-S{supplement}" if supplement > 1 else ""
    assert len(found) <= NUMBER_MAX, found
    return found


def own_number(share: Share, code: str, split: bool) -> str:
    """What a document by itself is called: the receipt's number; with the way to pay when several paid.

    Invalid when that is longer than the books take."""
    found = f"{share.number}-{code}" if split else share.number
    if len(found) > NUMBER_MAX:
        raise Invalid(
            said("{number} is longer than the {max} letters the books take.", number=found, max=NUMBER_MAX),
            field="number",
        )  # fmt: skip
    return found


def check_codes(prefix: str, shops: Mapping[str, str], tenders: Mapping[str, str]) -> list[str]:
    """What is wrong with these codes, in words; nothing when every number they can make is short enough and its own.

    shops, tenders: name -> code."""
    found = [] if _CODE.match(prefix) else [_prefix(prefix)]
    found += [_shop(name, code) for name, code in shops.items() if not _CODE.match(code)]
    found += [_tender(name, code) for name, code in tenders.items() if not _CODE.match(code)]
    found += [
        said("Shops {names} have the same code, {code}.", names=", ".join(names), code=code)
        for code, names in _doubled(shops).items()
    ]
    found += [
        said("Ways to pay {names} have the same code, {code}.", names=", ".join(names), code=code)
        for code, names in _doubled(tenders).items()
    ]
    longest = len(prefix) + max(map(len, shops.values()), default=1) + max(map(len, tenders.values()), default=1)
    if longest > CODES_MAX:
        found.append(
            said("Prefix and codes of shop and way to pay are {longest} letters together; {max} fit.",
                 longest=longest, max=CODES_MAX)
        )  # fmt: skip
    return found


def _prefix(code: str) -> str:
    if not code:
        return said("Numbers have no prefix yet.")
    return said("The prefix {code} is not 1 to 5 capital letters and digits.", code=code)


def _shop(name: str, code: str) -> str:
    if not code:
        return said("Shop {name} has no code yet.", name=name)
    return said("The code {code} of shop {name} is not 1 to 5 capital letters and digits.", code=code, name=name)


def _tender(name: str, code: str) -> str:
    if not code:
        return said("Way to pay {name} has no code yet.", name=name)
    return said("The code {code} of way to pay {name} is not 1 to 5 capital letters and digits.", code=code, name=name)


def _doubled(codes: Mapping[str, str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, code in sorted(codes.items()):
        names.setdefault(code, []).append(name)
    return {code: those for code, those in names.items() if code and len(those) > 1}
