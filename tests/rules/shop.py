"""A small shop for the rules: goods, lines written as "2 x 0.99 S", and a basket priced in one call."""

from __future__ import annotations

from decimal import Decimal

from pos.rules.cart import Cart, Discount, Goods, LineInput, price_cart
from pos.rules.tax import TaxRule

D = Decimal
#: Code -> percent, as a shop has them: standard, reduced, zero-rated, exempt.
RATES = {"S": D(20), "R": D(5), "Z": D(0), "X": D(0)}


def rule(text: str = "20% included", name: str = "erpnext", **more: object) -> TaxRule:
    return TaxRule(name=name, prices_include_tax="included" in text, **more)  # type: ignore[arg-type]


def goods(price: str, code: str = "S", item: str = "", **more: object) -> Goods:
    name = item or f"item-{price}-{code}"
    return Goods(code=name, name=name, price=D(price), tax_code=code, tax_rate=RATES[code], weighed=True, **more)  # type: ignore[arg-type]


def basket(text: str) -> tuple[list[LineInput], dict[str, Goods]]:
    """ "2 x 0.99 S, 0.355 x 2.10 Z" as lines a1, a2 … and their goods; the tax code is S when left out."""
    lines, stock = [], {}
    for i, part in enumerate(text.split(","), start=1):
        qty, _, price, *code = part.split()
        thing = goods(price, code[0] if code else "S", f"item{i}")
        stock[thing.code] = thing
        lines.append(LineInput(f"a{i}", thing.code, D(qty)))
    return lines, stock


def discount(text: str) -> Discount | None:
    """ "10%", "1.50 off" or "at 9.99"; empty for none."""
    if not text:
        return None
    if text.endswith("%"):
        return Discount("percent", D(text[:-1]), "damaged")
    if text.endswith(" off"):
        return Discount("amount", D(text[:-4]), "damaged")
    return Discount("price", D(text.removeprefix("at ")), "damaged")


def priced(text: str, tax: TaxRule | None = None, off: str = "") -> Cart:
    lines, stock = basket(text)
    return price_cart(lines, stock, tax or rule(), discount(off))


def pence(amount: str) -> int:
    return int(D(amount) * 100)
