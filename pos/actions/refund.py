"""Before goods come back: find the receipt, and say what of it may still come back, for how much, and to where.

The return itself is a basket and goes through `pos.actions.sell`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pos import clock
from pos.actions import permits, voucher_lines
from pos.config import Config
from pos.errors import Invalid, NotFound
from pos.rules import ledger, refund, void, wording
from pos.rules.cart import Against
from pos.rules.money import major, minor
from pos.rules.price import rate_paid
from pos.said import said
from pos.store import catalog, shifts
from pos.store import sold as sales
from pos.store.db import Store

CODE_CHARS_MAX = 60
EARLIER_MAX = 20
_NUMBER = re.compile(r"([A-Za-z0-9]{1,8})-([0-9]{6,12})\Z")
_DIGITS = re.compile(r"[0-9]{1,12}\Z")


class NotKnownHere(NotFound):
    """A receipt of another till. `facts` says what the shop does with its goods, and what came back on it here."""

    code = "not_known_here"

    def __init__(self, message: str, facts: dict[str, Any]) -> None:
        super().__init__(message, field="code")
        self.facts = facts

    def details(self) -> dict[str, Any]:
        return self.facts


def find(store: Store, config: Config, code: str, away: str = "") -> dict[str, Any]:
    """The receipt behind what was scanned or typed: a number, an id, or the end of one of this till's numbers.

    away: why the hub could not be asked, in words; said with what becomes of a receipt that is not known here.
    NotKnownHere for another till's; NotFound for one this till never wrote, or on which nothing was sold.
    """
    return receipt_view(store, config, _document(store, config, code, away))


def lines(store: Store, config: Config, code: str) -> dict[str, Any]:
    """What was sold on a receipt, what came back before, what may still come back and for how much; where it goes."""
    doc = _document(store, config, code)
    earlier = sales.returns_of(store, doc["id"])
    rows = [_line(store, config, doc, item, earlier) for item in doc["items"] if item["qty"] > 0]
    left = sum(row.pop("left_units") for row in rows)
    cur = config.shop.currency
    return {
        "receipt": receipt_view(store, config, doc),
        "window": _window(config, doc),
        "lines": rows,
        "tenders": [_came(one, config) for one in sales.came_in(store, doc["id"])],
        "free_kinds": sorted(permits.free_kinds(config)),
        "left_amount": str(major(left, cur)),
        "left_amount_text": wording.money(left, cur, config.shop.locale),
        "reasons": permits.offered(config.returns.reasons),
        "reason_required": config.returns.reason_required,
        "void": _void(store, config, doc),
    }


def receipt_view(store: Store, config: Config, doc: Mapping[str, Any]) -> dict[str, Any]:
    """A receipt in a few words."""
    at = clock.parse(doc["created_at"])
    customer = doc["customer"]
    return {
        "id": doc["id"],
        "number": doc["invoice_name"],
        "kind": doc["kind"],
        "at": doc["created_at"],
        "at_text": wording.moment(at, config.shop.locale),
        "cashier": doc["cashier"],
        "customer": "" if customer == config.till.walk_in else customer,
        "total": str(doc["total"]),
        "total_text": wording.money(minor(doc["total"], doc["currency"]), doc["currency"], config.shop.locale),
        "voided_by": sales.voided_by(store, doc["id"]),
    }


# -- finding ---------------------------------------------------------------------------------------------------------


def _document(store: Store, config: Config, code: str, away: str = "") -> dict[str, Any]:
    text = code.strip()
    if not text or len(text) > CODE_CHARS_MAX or not text.isprintable():
        raise Invalid("Scan or type the number of a receipt.", field="code")
    wanted = ledger.number_of(config.till.id, int(text)) if _DIGITS.match(text) else text
    doc = sales.document(store, wanted)
    if doc is None:
        raise _unknown(store, config, wanted, away)
    if doc["kind"] not in ("sale", "return"):
        raise NotFound(
            said("Nothing was sold on {number}.", number=doc["invoice_name"]), code="nothing_sold", field="code"
        )
    return doc


def _unknown(store: Store, config: Config, number: str, away: str) -> NotFound:
    match = _NUMBER.match(number)
    till = match[1].upper() if match else ""
    if till == config.till.id.upper():
        return NotFound(
            said("This till wrote no receipt {number}. Look at the number again.", number=number), field="code"
        )
    rule, cur, loc = config.returns.unknown_receipt, config.shop.currency, config.shop.locale
    limit = minor(config.returns.unknown_limit, cur)
    earlier = sales.on_unknown(store, number)[-EARLIER_MAX:]
    whose = said("It is of till {till}.", till=till) if till else ""
    words = {
        "refuse": said("Its goods go back where they were sold."),
        "supervisor": said("Its goods can come back without the receipt, with a reason and a supervisor's word."),
        "limit": said(
            "Its goods can come back without the receipt up to {amount}.", amount=wording.money(limit, cur, loc)
        ),
    }[rule]
    facts = {
        "number": number,
        "till": till,
        "rule": rule,
        "act": "blind_return",
        "limit_text": wording.money(limit, cur, loc) if rule == "limit" else None,
        "earlier": [
            {
                "number": x.number,
                "at_text": wording.moment(clock.parse(x.created_at), loc),
                "name": x.item_name,
                "qty_text": wording.quantity(-x.qty, loc),
                "amount_text": wording.money(-x.amount, cur, loc),
            }
            for x in earlier
        ],
    }
    told = said("Receipt {number} is not known here. {whose} {words}", number=number, whose=whose, words=words)
    if not whose:
        told = said("Receipt {number} is not known here. {words}", number=number, words=words)
    return NotKnownHere(said("{told} {away}", told=told, away=away) if away else told, facts)


# -- what may come back ----------------------------------------------------------------------------------------------


def _line(
    store: Store, config: Config, doc: Mapping[str, Any], item: Mapping[str, Any], earlier: list[sales.Earlier]
) -> dict[str, Any]:
    cur, loc = doc["currency"], config.shop.locale
    before = [x for x in earlier if x.line == item["line"]]
    why_not, sold = "", None
    try:
        against = Against(doc["id"], item["line"])
        sold = sales.sold_lines(store, [against])[against]
    except Invalid as refused:
        why_not = refused.message
    back = -sum((x.qty for x in before), Decimal(0))
    left = sold.left if sold else Decimal(0)
    units = refund.part(sold, left).amount if sold and left > 0 else 0
    if sold and not left:
        why_not = "All of it came back."
    paid = minor(item["amount"], cur)
    thing = catalog.goods(store, [item["item_code"]]).get(item["item_code"])
    fraction = item["qty"] != item["qty"].to_integral_value() or (thing is not None and thing.weighed)
    return {
        "line": item["line"],
        "item_code": item["item_code"],
        "name": item["item_name"],
        "detail": " · ".join(str(v) for v in (item.get("attributes") or {}).values()),
        "note": item.get("note") or "",
        "qty": f"{item['qty'].normalize():f}",
        "qty_text": wording.quantity(item["qty"], loc),
        "back": f"{back.normalize():f}",
        "back_text": wording.quantity(back, loc),
        "left": f"{left.normalize():f}",
        "left_text": wording.quantity(left, loc),
        "step": "0.001" if fraction else "1",
        "unit_text": _unit(rate_paid(paid, item["qty"], cur, doc.get("rounding_method") or "bankers"), cur, loc),
        "paid": str(item["amount"]),
        "paid_text": wording.money(paid, cur, loc),
        "left_units": units,
        "left_amount": str(major(units, cur)),
        "left_amount_text": wording.money(units, cur, loc),
        "tax_text": wording.percent(Decimal(item.get("tax_rate") or 0), loc),
        "why_not": why_not,
        "returns": [
            {
                "number": x.number,
                "at_text": wording.moment(clock.parse(x.created_at), loc),
                "qty_text": wording.quantity(-x.qty, loc),
            }
            for x in before
        ],
    }


def _unit(rate: Decimal, currency: str, locale: str) -> str:
    try:
        return wording.money(minor(rate, currency), currency, locale)
    except ValueError:
        return wording.fine(rate, locale)


def _window(config: Config, doc: Mapping[str, Any]) -> dict[str, Any]:
    days, sold_on = config.returns.window_days, date.fromisoformat(doc["business_day"])
    last = sold_on + timedelta(days=days)
    return {
        "days": days,
        "until": last.isoformat() if days else None,
        "until_text": wording.day(last, config.shop.locale) if days else None,
        "late": refund.is_late(sold_on, permits.today(config), days),
    }


def _came(one: refund.Came, config: Config) -> dict[str, Any]:
    cur, loc = config.shop.currency, config.shop.locale
    view: dict[str, Any] = {"mode_of_payment": one.mode_of_payment, "kind": one.kind, "last4": one.last4}
    view["reference"] = one.reference
    for name, units in (("paid", one.paid), ("back", one.back), ("left", one.left)):
        view |= {name: str(major(units, cur)), f"{name}_text": wording.money(units, cur, loc)}
    return view


def _void(store: Store, config: Config, doc: Mapping[str, Any]) -> dict[str, Any]:
    session = shifts.current(store, config.till.id)
    refused = void.refusal(doc, session.id if session else "", sales.pieces_back(store, doc["id"]))
    refused = refused or voucher_lines.void_refusal(store, doc)
    reasons = permits.offered(config.returns.void_reasons)
    return {"allowed": refused is None, "why_not": refused.message if refused else "", "reasons": reasons}
