"""A priced basket, its payments and a saved receipt as the page shows them: plain figures and ready-made texts.

Figures are text with a dot ("12.30"); each `…_text` is written the shop's own way. The page adds nothing up.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pos.config import Config
from pos.rules import price, tender, wording
from pos.rules.cart import Cart, CartLine
from pos.rules.money import major, minor
from pos.rules.price import Given
from pos.rules.tender import Payment, Settlement
from pos.said import nsaid, otherwise, said

#: Units that need no words behind a price: 2 x £1.20, but £2.10 / Kg.
_PIECES = frozenset({"", "nos", "unit", "each", "pcs", "piece"})


def money(units: int, config: Config) -> str:
    """£12.30"""
    return wording.money(units, config.shop.currency, config.shop.locale)


def plain(units: int, config: Config) -> str:
    """12.30"""
    return str(major(units, config.shop.currency))


def of_cart(cart: Cart, config: Config) -> dict[str, Any]:
    """What /api/price answers. amount: the line before the whole-sale discount; subtotal: the sum of these."""
    discount = cart.discount.amount if cart.discount else 0
    return {
        "lines": [_line(x, config) for x in cart.lines],
        "taxes": _taxes(cart, config),
        "subtotal": plain(cart.goods, config),
        "subtotal_text": money(cart.goods, config),
        "discount": plain(-discount, config),
        "discount_text": money(-discount, config) if cart.discount else None,
        "discount_words": _discount_words(cart.discount, config) if cart.discount else None,
        "total": plain(cart.total, config),
        "total_text": money(cart.total, config),
        "items_text": _items_words(cart.lines),
        "oversold": [x.line for x in cart.lines if x.oversold],
    }


def _taxes(cart: Cart, config: Config) -> list[dict[str, str]]:
    """One row a rate: codes that share one are told apart in the receipt's table of taxes alone."""
    sums: dict[Decimal, int] = {}
    for t in cart.taxes:
        sums[t.rate] = sums.get(t.rate, 0) + t.tax
    return [
        {"text": _tax_words(rate, config), "amount": plain(tax, config), "amount_text": money(tax, config)}
        for rate, tax in sums.items()
    ]


def _line(x: CartLine, config: Config) -> dict[str, Any]:
    loc = config.shop.locale
    return {
        "line": x.line,
        "item_code": x.item_code,
        "name": x.item_name,
        "detail": " · ".join(x.attributes.values()),
        "qty": f"{x.qty.normalize():f}",
        "qty_text": wording.quantity(x.qty, loc),
        "unit": f"{x.price.normalize():f}",
        "unit_text": _unit_words(x, config),
        "amount": plain(x.before_sale_discount, config),
        "amount_text": money(x.before_sale_discount, config),
        "was_text": money(_before(x, config), config) if x.discount or x.overridden else None,
        "discount_text": _discount_words(x.discount, config) if x.discount else None,
        "list": plain(x.list_price, config),
        "override_text": f"price changed, {money(x.list_price, config)} on the shelf" if x.overridden else None,
        "tax_text": wording.percent(x.tax_rate, loc),
        "note": x.note,
        "oversold": x.oversold,
        "return_of": x.sold.invoice_name if x.sold else None,
    }


def _before(x: CartLine, config: Config) -> int:
    """What the line would cost at the shelf's price and without a discount."""
    if not x.overridden:
        return x.base
    return price.line_amount(x.list_price, x.qty, config.shop.currency, config.pricing.rounding)


def _unit_words(x: CartLine, config: Config) -> str:
    try:
        unit = money(minor(x.price, config.shop.currency), config)
    except ValueError:  # finer than a coin
        unit = wording.fine(x.price, config.shop.locale)
    return unit if x.uom.lower() in _PIECES else f"{unit} / {x.uom}"


def _discount_words(given: Given, config: Config) -> str:
    if given.kind == "percent":
        size = said("{percent} off", percent=wording.percent(given.value, config.shop.locale))
    elif given.kind == "price":
        size = said("price set to {amount}", amount=money(minor(given.value, config.shop.currency), config))
    else:
        size = said("{amount} off", amount=money(abs(given.amount), config))
    return said("{size}: {reason}", size=size, reason=said(given.reason))


def _tax_words(rate: Decimal, config: Config) -> str:
    percent = wording.percent(rate, config.shop.locale)
    words = said("Includes tax at {percent}", percent=percent)
    return words if config.pricing.prices_include_tax else said("Tax at {percent}", percent=percent)


def _items_words(lines: tuple[CartLine, ...]) -> str:
    """Pieces in the basket; something weighed is one."""
    count = sum(abs(int(x.qty)) if x.qty == x.qty.to_integral_value() else 1 for x in lines)
    return nsaid("{n} item", "{n} items", count)


def of_settlement(cart: Cart, taken: Settlement, shown: Settlement, config: Config) -> dict[str, Any]:
    """What /api/pay-check answers. `taken`: the payments so far; `shown`: with the one being typed."""
    return {
        "total": plain(shown.total, config),
        "total_text": money(shown.total, config),
        "basket_total": plain(cart.total, config),
        "taken": plain(taken.taken, config),
        "taken_text": money(taken.taken, config),
        "left": plain(shown.left, config),
        "left_text": money(shown.left, config),
        "left_in_cash": plain(shown.left_in_cash, config),
        "change": plain(shown.change, config),
        "change_text": money(shown.change, config),
        "change_words": change_words(shown.change, config.shop.currency, config.shop.locale),
        "rounding": plain(shown.rounding, config),
        "rounding_text": money(shown.rounding, config) if shown.rounding else None,
        "complete": shown.complete,
        "quick": _quick(taken, config),
        "payments": [_payment(p, config) for p in taken.payments],
    }


def _quick(taken: Settlement, config: Config) -> list[dict[str, str]]:
    due = taken.left_in_cash
    buttons = []
    for amount in tender.quick_amounts(due, config.shop.currency) or ((0,) if taken.left else ()):
        note = said("Exact") if amount == due else said("{amount} back", amount=money(amount - due, config))
        buttons.append({"amount": plain(amount, config), "text": money(amount, config), "note": note})
    return buttons


def change_words(change: int, currency: str, locale: str) -> str:
    """How to count the change out, by note and coin."""
    english = tender.change_words(change, currency)
    pieces = " + ".join(
        f"{n} × {wording.money(value, currency, locale)}" for value, n in tender.pieces(change, currency)
    )
    return otherwise(english, "{pieces}", pieces=pieces) if english else ""


def _payment(p: Payment, config: Config) -> dict[str, Any]:
    return {
        "mode_of_payment": p.mode_of_payment,
        "kind": p.kind,
        "amount": plain(p.amount, config),
        "amount_text": money(p.amount, config),
        "reference": p.reference,
        "last4": p.last4,
    }


def of_receipt(doc: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """A saved receipt as the page shows it after paying; `document` is the whole of it, figures as text."""
    cur, loc = doc["currency"], config.shop.locale

    def text(figure: Decimal) -> str:
        return wording.money(minor(figure, cur), cur, loc)

    return {
        "number": doc["invoice_name"],
        "id": doc["id"],
        "kind": doc["kind"],
        "total": str(doc["total"]),
        "total_text": text(doc["total"]),
        "change": str(doc["change"]),
        "change_text": text(doc["change"]),
        "change_words": change_words(minor(doc["change"], cur), cur, loc),
        "rounding_text": text(doc["rounding"]) if doc["rounding"] else None,
        "saved_at": doc["created_at"],
        "mode": doc["mode"],
        "payments": [
            {
                "mode_of_payment": p["mode_of_payment"],
                "kind": p["kind"],
                "amount": str(p["amount"]),
                "amount_text": text(p["amount"]),
                "reference": p.get("reference") or "",
                "last4": p.get("last4") or "",
            }
            for p in doc["payments"]
        ],
        "document": _texts(doc),
    }


def _texts(value: Any) -> Any:
    """The same structure with every Decimal as plain text, so that no reader turns it into a float."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return {k: _texts(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(v) for v in value]
    return value
