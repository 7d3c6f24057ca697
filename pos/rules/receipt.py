"""The receipt as a document: built from a priced basket, checked, and compared with what was asked for.

Figures in the document are exact Decimals in major units (`rules.documents` writes them). docs/receipt-format.md
describes every field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pos.errors import Corrupt
from pos.rules import label, record, shift, void, voucher, voucher_doc, zread
from pos.rules.basket import Basket
from pos.rules.cart import Cart, CartLine
from pos.rules.documents import SCHEMA
from pos.rules.money import major, minor, round_minor
from pos.rules.price import Discount, Given
from pos.rules.tax import TaxRule
from pos.rules.tender import Settlement

RULES_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a receipt says beside its basket: where the goods leave from, at which list's prices, who sells."""

    warehouse: str
    price_list: str
    cashier_code: str
    cashier_name: str
    note: str = ""


def build(basket: Basket, cart: Cart, settlement: Settlement, rule: TaxRule, at: Circumstances) -> dict[str, Any]:
    """The document of a settled sale or return. Till, number, moment, session, mode and hashes are the journal's."""
    assert settlement.complete, "an unpaid basket makes no receipt"
    cur = rule.currency
    return {
        "schema": SCHEMA,
        "kind": kind_of(cart),
        "id": basket.id,
        "cashier": {"code": at.cashier_code, "name": at.cashier_name},
        "customer": basket.customer,
        "currency": cur,
        "price_list": at.price_list,
        "prices_include_tax": rule.prices_include_tax,
        "items": [_item(x, cur, at.warehouse) for x in cart.lines],
        "discount": _given(cart.discount, cur),
        "taxes": [
            {
                "code": t.code,
                "rate": t.rate,
                "net": major(t.net, cur),
                "tax": major(t.tax, cur),
                "gross": major(t.gross, cur),
            }
            for t in cart.taxes
        ],
        "subtotal": major(cart.total, cur),
        "tax_total": major(cart.tax, cur),
        "rounding": major(settlement.rounding, cur),
        "total": major(settlement.total, cur),
        "payments": [
            {
                "mode_of_payment": p.mode_of_payment,
                "kind": p.kind,
                "amount": major(p.amount, cur),
                "change": major(p.change, cur),
                "reference": p.reference,
                "last4": p.last4,
            }
            for p in settlement.payments
        ],
        "tender": _tender_word(settlement),
        "cash_given": major(settlement.cash_given, cur),
        "change": major(settlement.change, cur),
        "vouchers": [],
        "tax_rule": rule.name,
        "rounding_method": rule.rounding,
        "rules_version": RULES_VERSION,
        "flags": ["oversold"] if any(x.oversold for x in cart.lines) else [],
        "note": at.note,
    }


def kind_of(cart: Cart) -> str:
    """sale or return; an exchange is a sale while the customer pays, a return while the customer gets money."""
    if all(x.qty < 0 for x in cart.lines):
        return "return"
    return "sale" if cart.total >= 0 else "return"


def _item(x: CartLine, cur: str, warehouse: str) -> dict[str, Any]:
    against = None
    if x.sold is not None:
        against = {"id": x.sold.document, "invoice_name": x.sold.invoice_name, "line": x.sold.line}
    return {
        "line": x.line,
        "item_code": x.item_code,
        "item_name": x.item_name,
        "item_group": x.item_group,
        "barcode": x.barcode,
        "attributes": dict(x.attributes),
        "qty": x.qty,
        "uom": x.uom,
        "list_price": major(x.list_price, cur),
        "price": x.price,
        "price_source": x.price_source,
        "discount": _given(x.discount, cur),
        "sale_discount": major(x.sale_discount, cur),
        "rate": x.rate,
        "tax_code": x.tax_code,
        "tax_rate": x.tax_rate,
        "net": major(x.net, cur),
        "tax_amount": major(x.tax, cur),
        "amount": major(x.amount, cur),
        "stocked": x.stocked,
        "warehouse": warehouse,
        "note": x.note,
        "return_against": against,
        **({"brand": x.brand} if x.brand else {}),
        **({"reason": x.reason} if x.reason else {}),
        **({"return_of": x.return_of} if x.return_of else {}),
        **({"voucher": {"code": x.voucher}} if x.voucher else {}),
    }


def _given(given: Given | None, cur: str) -> dict[str, Any] | None:
    if given is None:
        return None
    return {"kind": given.kind, "value": given.value, "reason": given.reason, "amount": major(given.amount, cur)}


def _tender_word(settlement: Settlement) -> str:
    kinds = list(dict.fromkeys(p.kind for p in settlement.payments))
    if not kinds:
        return "none"
    return kinds[0] if len(kinds) == 1 else "split"


# -- checking --------------------------------------------------------------------------------------------------------


def check(doc: Mapping[str, Any]) -> None:
    """Prove a document before it is written and after it is read. Corrupt says the first thing that is wrong.

    Lines: net + tax = amount, and price x qty less discounts is what they cost. Sums: lines = subtotal,
    subtotal + rounding = total, taxes per rate = lines, payments - change = total. Change from cash only, nothing else
    above what is due. A receipt that was imported or recovered keeps its own totals: only its exactness is checked.
    """
    where = str(doc.get("invoice_name") or doc.get("id") or "document")
    try:
        _no_float(doc)
        if doc.get("series") not in ("imported", "recovered"):
            _check_kind(doc)
    except Corrupt as error:
        raise Corrupt(f"{where}: {error.message}", field=error.field) from error
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise Corrupt(f"{where}: a field is missing or wrong ({error!r})") from error


def _check_kind(doc: Mapping[str, Any]) -> None:
    kind = doc.get("kind")
    if kind not in ("sale", "return", "void", "z", voucher.KIND, record.KIND, *shift.KINDS):
        return
    if not isinstance(doc["currency"], str) or len(doc["currency"]) != 3:
        raise Corrupt(f"its currency is {doc['currency']!r}", field="currency")
    if kind == "z":
        zread.check(doc)
    elif kind in shift.KINDS:
        shift.check(doc)
    elif kind == voucher.KIND:
        shift.check_moves_nothing(doc)
        voucher_doc.check(doc)
    elif kind == record.KIND:
        shift.check_moves_nothing(doc)
        record.check(doc)
    else:
        _check_lines(doc)
        _check_sums(doc)
        _check_payments(doc)
        voucher_doc.check(doc)
        if kind == void.KIND:
            void.check(doc)


#: Types that hold no float and nothing else: nearly every value of a receipt.
_EXACT = frozenset({str, int, bool, Decimal, type(None)})


def _no_float(value: Any, path: str = "") -> None:
    if isinstance(value, float):
        raise Corrupt(f"{path or 'a figure'} went through a float", field=path)
    if isinstance(value, Mapping):
        for key, inside in value.items():
            if type(inside) not in _EXACT:
                _no_float(inside, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for i, inside in enumerate(value):
            if type(inside) not in _EXACT:
                _no_float(inside, f"{path}.{i}")


def _same(left: int, right: int, words: str, field: str) -> None:
    if left != right:
        raise Corrupt(f"{words}: {left} is not {right} (minor units)", field=field)


def _check_lines(doc: Mapping[str, Any]) -> None:
    cur = doc["currency"]
    if not doc["items"]:
        raise Corrupt("it has no lines", field="items")
    seen = set()
    for item in doc["items"]:
        name = f"items.{item['line']}"
        if item["line"] in seen:
            raise Corrupt(f"two lines have the id {item['line']}", field=name)
        seen.add(item["line"])
        net, tax, amount = (minor(item[k], cur) for k in ("net", "tax_amount", "amount"))
        _same(net + tax, amount, f"{name} net + tax = amount", name)
        if not item["qty"] or (amount and (amount > 0) != (item["qty"] > 0)):
            raise Corrupt(f"{name} amounts to {amount} for a quantity of {item['qty']}", field=name)
        if item.get("return_against") is None:
            _check_price(item, cur, doc, name)


def _check_price(item: Mapping[str, Any], cur: str, doc: Mapping[str, Any], name: str) -> None:
    base = round_minor(item["price"] * item["qty"], cur, doc["rounding_method"])
    off = minor(item["discount"]["amount"], cur) if item["discount"] else 0
    cost = item["amount"] if doc["prices_include_tax"] else item["net"]
    _same(base - off - minor(item["sale_discount"], cur), minor(cost, cur), f"{name} price less discounts", name)


def _check_sums(doc: Mapping[str, Any]) -> None:
    cur, items = doc["currency"], doc["items"]
    figures = {k: minor(doc[k], cur) for k in ("subtotal", "tax_total", "rounding", "total")}
    _same(_sum(items, "amount", cur), figures["subtotal"], "lines = subtotal", "subtotal")
    _same(_sum(items, "tax_amount", cur), figures["tax_total"], "tax of the lines = tax_total", "tax_total")
    _same(figures["subtotal"] + figures["rounding"], figures["total"], "subtotal + rounding = total", "total")
    off = minor(doc["discount"]["amount"], cur) if doc["discount"] else 0
    _same(_sum(items, "sale_discount", cur), off, "shares of the sale discount = the discount", "discount")
    rates: dict[tuple[str, Decimal], list[int]] = {}
    for item in items:
        if item.get("voucher"):
            continue  # no supply: what it buys one day is taxed then
        sums = rates.setdefault((item["tax_code"], item["tax_rate"]), [0, 0, 0])
        for i, key in enumerate(("net", "tax_amount", "amount")):
            sums[i] += minor(item[key], cur)
    stated = {(t["code"], t["rate"]): [minor(t[k], cur) for k in ("net", "tax", "gross")] for t in doc["taxes"]}
    if rates != stated or len(stated) != len(doc["taxes"]):
        raise Corrupt("the taxes per rate are not those of the lines", field="taxes")


def _sum(rows: Iterable[Mapping[str, Any]], key: str, cur: str) -> int:
    return sum(minor(row[key], cur) for row in rows)


def _check_payments(doc: Mapping[str, Any]) -> None:
    cur, payments = doc["currency"], doc["payments"]
    total, change = minor(doc["total"], cur), minor(doc["change"], cur)
    sign = -1 if total < 0 else 1
    _same(_sum(payments, "amount", cur) - change, total, "payments - change = total", "payments")
    _same(_sum(payments, "change", cur), change, "change of the payments = change", "change")
    cash = [p for p in payments if p["kind"] == "cash"]
    other = [p for p in payments if p["kind"] != "cash"]
    _same(_sum(cash, "amount", cur), minor(doc["cash_given"], cur), "cash payments = cash_given", "cash_given")
    if any(sign * minor(p["amount"], cur) < 0 for p in payments):
        raise Corrupt("a payment has the wrong sign", field="payments")
    if any(p["change"] for p in other) or change < 0 or (change and sign < 0):
        raise Corrupt("change was given from something else than cash", field="change")
    if sign * _sum(other, "amount", cur) > sign * total:
        raise Corrupt("a payment that is not cash is above what was due", field="payments")
    if doc["rounding"] and not cash:
        raise Corrupt("it is rounded for cash, but no cash was paid", field="rounding")


# -- the same content ------------------------------------------------------------------------------------------------


def content_of_request(basket: Basket) -> dict[str, Any]:
    """What was asked for, as plain normal values: equal for a basket and the receipt that was made of it."""
    return {
        "customer": basket.customer,
        "lines": {
            x.line: {
                "item_code": x.item_code,
                "qty": _plain(x.qty),
                "price_source": x.price_source,
                "price": None if x.price is None else _plain(x.price),
                "discount": _wanted(x.discount),
                "note": x.note,
                "reason": x.reason if x.qty < 0 else "",
                "return_of": x.return_of if x.qty < 0 and x.return_against is None else "",
                "return_against": {"id": x.return_against.id, "line": x.return_against.line}
                if x.return_against
                else None,
                "voucher": x.voucher or "",
            }
            for x in basket.lines
        },
        "discount": _wanted(basket.discount),
        "payments": [
            {
                "mode_of_payment": p.mode_of_payment,
                "amount": p.amount,
                "reference": p.reference.upper(),  # a voucher's code is kept in capitals, however it was typed
                "last4": p.last4,
            }
            for p in basket.payments
        ],
        "total": basket.total,
    }


def content(doc: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a receipt: what somebody must have asked for to get it, whatever the prices are today."""
    cur = doc["currency"]
    return {
        "customer": doc["customer"],
        "lines": {x["line"]: _line_content(x, doc) for x in doc["items"]},
        "discount": _wanted_then(doc.get("discount")),
        "payments": [
            {
                "mode_of_payment": p["mode_of_payment"],
                "amount": minor(p["amount"], cur),
                "reference": voucher_doc.asked_code(doc, p.get("reference") or "").upper(),
                "last4": p.get("last4") or "",
            }
            for p in doc["payments"]
        ],
        "total": minor(doc["subtotal"], cur),
    }


def _line_content(item: Mapping[str, Any], doc: Mapping[str, Any]) -> dict[str, Any]:
    source = item.get("price_source") or "list"
    against = item.get("return_against")
    qty, price = item["qty"], item["price"]
    if source == "barcode":  # one label, asked for as a line of 1 at the price on it
        price = label.amount_of(price, qty, doc["currency"], doc["rounding_method"])
        qty = Decimal(1 if qty > 0 else -1)
    return {
        "item_code": item["item_code"],
        "qty": _plain(qty),
        "price_source": source,
        "price": None if source == "list" else _plain(price),
        "discount": _wanted_then(item.get("discount")),
        "note": item.get("note") or "",
        "reason": item.get("reason") or "",
        "return_of": item.get("return_of") or "",
        "return_against": {"id": against["id"], "line": against["line"]} if against else None,
        "voucher": voucher_doc.asked_code(doc, (item.get("voucher") or {}).get("code") or ""),
    }


def _wanted(discount: Discount | None) -> dict[str, str] | None:
    if discount is None:
        return None
    return {"kind": discount.kind, "value": _plain(discount.value), "reason": discount.reason.strip()}


def _wanted_then(discount: Mapping[str, Any] | None) -> dict[str, str] | None:
    if discount is None:
        return None
    return {"kind": discount["kind"], "value": _plain(discount["value"]), "reason": discount["reason"]}


def _plain(figure: Decimal) -> str:
    return f"{figure.normalize():f}"


def first_difference(a: Any, b: Any, path: str = "") -> str | None:
    """The first field in which two contents differ ("lines.a1.qty", "payments.0.amount", "total"); None when equal."""
    if isinstance(a, dict) and isinstance(b, dict):
        keys = list(dict.fromkeys((*a, *b)))
        return _first(first_difference(a.get(k), b.get(k), f"{path}.{k}" if path else k) for k in keys)
    if isinstance(a, list) and isinstance(b, list):
        longest = max(len(a), len(b))
        return _first(
            first_difference(a[i] if i < len(a) else None, b[i] if i < len(b) else None, f"{path}.{i}")
            for i in range(longest)
        )
    return None if a == b else path


def _first(found: Iterable[str | None]) -> str | None:
    return next((x for x in found if x is not None), None)
