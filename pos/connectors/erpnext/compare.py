"""What ERPNext holds, as figures; and the difference to the receipt in words. Pure.

Figures come back as binary floats with noise (0.11999999999999988): they are read as exact text and rounded to minor
units before anything is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pos.config import Config
from pos.connectors.base import Document, Posted
from pos.connectors.erpnext.facts import SetupFacts
from pos.connectors.erpnext.mapping import Expected, expected, posted_at, rows_of, sums_of, voucher_account
from pos.errors import Rejected, Unknown
from pos.rules.money import major, round_minor

_STATES: dict[int, Literal["draft", "submitted", "cancelled"]] = {0: "draft", 1: "submitted", 2: "cancelled"}
_NOTHING = [Decimal(0), Decimal(0)]
_TOTALS = ("grand_total", "rounded_total", "paid_amount", "change_amount", "outstanding_amount")


def posted(doc: Mapping[str, Any]) -> Posted:
    """A full Sales Invoice, read from there, as Posted. Unknown when it is not one."""
    try:
        return Posted(
            remote_id=str(doc["name"]),
            state=_STATES[int(doc["docstatus"])],
            figures={
                "customer": doc["customer"],
                "posting_date": doc["posting_date"],
                "is_return": int(doc.get("is_return") or 0),
                "return_against": doc.get("return_against") or "",
                "status": doc.get("status") or "",
                "key": doc.get("pos_receipt_id") or "",
                **{field: _text(doc.get(field)) for field in _TOTALS},
                "taxes": [[t["account_head"], _text(t.get("tax_amount_after_discount_amount"))] for t in doc["taxes"]],
                "payments": [[p["mode_of_payment"], _text(p.get("amount"))] for p in doc.get("payments") or ()],
            },
            rows=tuple(
                {
                    "name": r["name"],
                    "item_code": r["item_code"],
                    "qty": _text(r["qty"]),
                    "amount": _text(r["amount"]),
                    "template": r.get("item_tax_template") or "",
                    "income_account": r.get("income_account") or "",
                }
                for r in sorted(doc["items"], key=lambda r: int(r["idx"]))
            ),
        )
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise Unknown(
            f"ERPNext answered with something that is no Sales Invoice ({error!r}).", code="garbage"
        ) from error


def difference(
    document: Document,
    part: str,
    there: Posted,
    facts: SetupFacts,
    config: Config,
    *,
    draft: bool = False,
    pennies: bool = False,
) -> str:
    """Empty when what is there equals the receipt to the minor unit, else the differences as one sentence.

    draft: it need not be submitted yet. pennies: taxes, total and what follows from them may still be corrected.
    """
    try:
        wanted = expected(document, part, facts)
        found = [*_head(document, part, there, facts, config, draft), *_rows(document, part, there, facts, config)]
        if not pennies:
            found += _money(document, wanted, there, facts)
        found += _paid(document, wanted, there, pennies)
    except Rejected as error:  # what the site charges was changed since
        return error.message
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        return f"What ERPNext holds cannot be read ({error!r})."
    return "; ".join(found)


def _head(document: Document, part: str, there: Posted, facts: SetupFacts, config: Config, draft: bool) -> list[str]:
    figures = there.figures
    wanted: dict[str, Any] = {
        "customer": document["customer"] or config.till.walk_in,
        "posting_date": posted_at(document, facts)[0],
        "is_return": 1 if part == "return" else 0,
    }
    if document.get("blanked"):
        del wanted["customer"]  # who it was is known there alone
    found = [f"{k.replace('_', ' ')} is {figures[k]}, not {v}" for k, v in wanted.items() if figures[k] != v]
    if there.state != "submitted" and not (draft and there.state == "draft"):
        found.append(f"it is {there.state}, not submitted")
    return found


def _rows(document: Document, part: str, there: Posted, facts: SetupFacts, config: Config) -> list[str]:
    """Per item, because a return's rows follow those of its original. A sold voucher must be owed, and be no income."""
    currency = document["currency"]
    ours: dict[str, list[Decimal]] = {}
    theirs: dict[str, list[Decimal]] = {}
    owed_on: dict[str, str] = {}
    found = []
    for row in rows_of(document, part, facts):
        _add(ours, row.line["item_code"], row.posting.qty, row.posting.amount)
        if account := voucher_account(row.line, facts, config):
            owed_on[row.line["item_code"]] = account
    for other in there.rows:
        booked, wanted = other.get("income_account"), owed_on.get(other["item_code"])
        if booked and wanted and booked != wanted:
            found.append(f"{other['item_code']}: booked on {booked}, not on {wanted}")
        amount = major(_minor(other["amount"], currency), currency)
        _add(theirs, other["item_code"], Decimal(other["qty"]), amount)
    for code in dict.fromkeys((*ours, *theirs)):
        our_qty, our_amount = ours.get(code, _NOTHING)
        qty, amount = theirs.get(code, _NOTHING)
        if our_qty != qty:
            found.append(f"{code}: quantity is {qty}, not {our_qty}")
        if our_amount != amount:
            found.append(f"{code}: amount is {amount}, not {our_amount}")
    return found


def _add(sums: dict[str, list[Decimal]], code: str, qty: Decimal, amount: Decimal) -> None:
    one = sums.setdefault(code, [Decimal(0), Decimal(0)])
    one[0] += qty
    one[1] += amount


def _money(document: Document, wanted: Expected, there: Posted, facts: SetupFacts) -> list[str]:
    currency, figures = document["currency"], there.figures
    taxes = sums_of(figures["taxes"], currency)
    accounts = [a for a in {**wanted.taxes, **taxes} if a in wanted.taxes or a != facts.rounding_account]
    pairs = [
        ("total", _minor(figures["grand_total"], currency), wanted.total),
        *((f"tax on {a}", taxes.get(a, 0), wanted.taxes.get(a, 0)) for a in accounts),
    ]
    found = _unequal(pairs, currency)
    if Decimal(figures["rounded_total"]):
        found.append(f"it was rounded to {figures['rounded_total']}")
    return found


def _paid(document: Document, wanted: Expected, there: Posted, pennies: bool) -> list[str]:
    """Tenders, change and what stays open. While the total is being corrected, the last two follow it."""
    currency, figures = document["currency"], there.figures
    payments = sums_of(figures["payments"], currency)
    pairs = [(f"{m} payment", payments.get(m, 0), wanted.payments.get(m, 0)) for m in {**wanted.payments, **payments}]
    pairs.append(("paid", _minor(figures["paid_amount"], currency), sum(wanted.payments.values())))
    if not pennies:
        pairs.append(("change", _minor(figures["change_amount"], currency), wanted.change))
        pairs.append(("open amount", _minor(figures["outstanding_amount"], currency), wanted.outstanding))
    return _unequal(pairs, currency)


def _unequal(pairs: list[tuple[str, int, int]], currency: str) -> list[str]:
    return [f"{what} is {major(a, currency)}, not {major(b, currency)}" for what, a, b in pairs if a != b]


def _minor(text: str, currency: str) -> int:
    return round_minor(Decimal(text), currency)


def _text(value: Any) -> str:
    """A figure as exact text; null is 0. ValueError for text that is none."""
    return f"{Decimal(str(value if value is not None else 0)):f}"
