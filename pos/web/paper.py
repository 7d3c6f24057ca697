"""A receipt document as a customer reads it: every figure ready as text, nothing left to add up or format."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from string import ascii_uppercase
from typing import Any

from pos import clock, language
from pos.config import Config
from pos.rules import wording
from pos.rules.money import minor
from pos.said import nsaid, said

Text = Callable[[Any], str]
Say = Callable[[str], str]


def receipt_view(document: dict[str, Any], config: Config) -> dict[str, Any]:
    """For receipt.html and the answer to a sale.

    shop {name, tagline, address, phone, tax_number, footer}; number; title; is_return; when_text; till; cashier;
    customer ("" for a walk-in); lines (see _line); items_text; subtotal_text; discount_text, rounding_text (None =
    none); total_text; taxes [{text, net_text, tax_text, gross_text}]; payments [{text, detail, amount_text}];
    change_text (None = none); prices_include_tax; note; mode; hash_text.
    """
    locale, currency = config.shop.locale, document["currency"]
    say = language.of(config.shop.language).say

    def money(amount: Any) -> str:
        return wording.money(minor(amount, currency), currency, locale)

    items = document["items"]
    is_return = document["kind"] in ("return", "void")
    voids = document.get("void")
    discount, rounding = document.get("discount"), document.get("rounding") or Decimal(0)
    change = document.get("change") or Decimal(0)
    customer = document.get("customer") or ""
    marks = {row["code"]: letter for row, letter in zip(document.get("taxes", ()), ascii_uppercase, strict=False)}
    pieces = sum(abs(i["qty"]) if i["qty"] == int(i["qty"]) else 1 for i in items)
    return {
        "shop": _shop(config),
        "number": document["invoice_name"],
        "title": say(said("Void") if voids else said("Return") if is_return else said("Receipt")),
        "is_return": is_return,
        "when_text": wording.moment(clock.parse(document["created_at"]), locale),
        "till": document["till"],
        "cashier": (document.get("cashier") or {}).get("name", ""),
        "customer": "" if customer == config.till.walk_in else customer,
        "lines": [_line(item, marks, money, locale, say) for item in items],
        "items_text": say(
            nsaid("{count} item", "{count} items", int(pieces), count=wording.quantity(Decimal(pieces), locale))
        ),
        "subtotal_text": money(document.get("subtotal", document["total"])),
        "discount_text": _discount(discount, money, locale, say) if discount else None,
        "rounding_text": money(rounding) if rounding else None,
        "total_text": money(document["total"]),
        "taxes": [_tax(row, marks, money, locale) for row in document.get("taxes", ())],
        "payments": [_payment(row, money, say) for row in document.get("payments", ())],
        "change_text": money(change) if change else None,
        "prices_include_tax": document.get("prices_include_tax", True),
        "note": say(said("Void of {number}: {reason}", number=voids["invoice_name"], reason=said(voids["reason"])))
        if voids
        else document.get("note") or "",
        "mode": document.get("mode", ""),
        "hash_text": str(document.get("hash", ""))[:12],
    }


def _shop(config: Config) -> dict[str, str]:
    return {
        name: getattr(config.shop, name) for name in ("name", "tagline", "address", "phone", "tax_number", "footer")
    }


def _line(item: dict[str, Any], marks: dict[str, str], money: Text, locale: str, say: Say) -> dict[str, Any]:
    """name, detail (attributes), qty_text, unit_text, amount_text, was_text, discount_text, tax_text (the letter of
    its row in the tax table), note, is_return."""
    given = item.get("discount")
    rate, list_price = item.get("rate"), item.get("list_price")
    return {
        "name": item["item_name"],
        "detail": " · ".join(str(value) for value in (item.get("attributes") or {}).values()),
        "qty_text": wording.quantity(item["qty"], locale),
        "unit_text": _unit(rate if list_price is None else list_price, money, locale),
        "amount_text": money(item["amount"]),
        "was_text": money(list_price) if given and list_price is not None else None,
        "discount_text": _discount(given, money, locale, say) if given else None,
        "tax_text": marks.get(item.get("tax_code") or "", ""),
        "note": " · ".join(text for text in (item.get("reason") and say(item["reason"]), item.get("note")) if text),
        "is_return": item["qty"] < 0,
    }


def _unit(price: Any, money: Text, locale: str) -> str:
    """A unit price; one finer than the currency's smallest coin is written out."""
    if price is None:
        return ""
    try:
        return money(price)
    except ValueError:
        return wording.fine(price, locale)


def _discount(given: dict[str, Any], money: Text, locale: str, say: Say) -> str:
    """ "10% off: £2.10 (staff)"."""
    what = said("Set price") if given["kind"] == "price" else said("Discount")
    if given["kind"] == "percent":
        what = said("{percent} off", percent=wording.percent(given["value"], locale))
    amount = money(-abs(given["amount"]))
    if given.get("reason"):
        return say(said("{what}: {amount} ({reason})", what=what, amount=amount, reason=said(given["reason"])))
    return say(said("{what}: {amount}", what=what, amount=amount))


def _tax(row: dict[str, Any], marks: dict[str, str], money: Text, locale: str) -> dict[str, str]:
    percent = wording.percent(row["rate"], locale)
    name = row["code"] if percent in row["code"] else f"{row['code']} {percent}"
    return {
        "text": f"{marks.get(row['code'], '')} {name}".strip(),
        "net_text": money(row["net"]),
        "tax_text": money(row["tax"]),
        "gross_text": money(row["gross"]),
    }


def _payment(row: dict[str, Any], money: Text, say: Say) -> dict[str, str]:
    detail = f"•••• {row['last4']}" if row.get("last4") else row.get("reference") or ""
    return {"text": say(row["mode_of_payment"]), "detail": detail, "amount_text": money(row["amount"])}
