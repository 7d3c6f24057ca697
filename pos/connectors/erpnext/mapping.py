"""A receipt part as the Sales Invoice ERPNext is sent. Pure.

ERPNext computes every figure itself, so the rows are chosen such that it must arrive at the receipt's: rates have the
currency's decimals, a line that no single rate can give is split (`rules.tax.posting_rows`), and where ERPNext would
still end elsewhere (a receipt priced under another tax rule, the last part of a refund) tax rows of charge type Actual
make up the difference. What cannot be made equal is refused here, before anything is booked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pos.config import Config
from pos.connectors.base import Context, Document
from pos.connectors.erpnext.facts import SetupFacts
from pos.errors import Rejected
from pos.rules import documents
from pos.rules.money import major, minor, round_minor
from pos.rules.tax import GAP_MAX, PostingRow, TaxLine, TaxRule, booked, posting_rows


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the invoice and the receipt line it came from."""

    line: Mapping[str, Any]
    posting: PostingRow
    template: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What the booked invoice must say. Minor units; taxes per account, payments per mode of payment."""

    total: int
    rounding: int
    taxes: dict[str, int]
    payments: dict[str, int]
    change: int
    outstanding: int


def items_of(document: Document, part: str) -> list[Mapping[str, Any]]:
    """The receipt's lines that belong to a part: what was sold, or what was given back."""
    return [item for item in document["items"] if (item["qty"] < 0) == (part == "return")]


def rows_of(document: Document, part: str, facts: SetupFacts) -> list[Row]:
    """The invoice rows of a part, in the order they are posted. Rejected when a tax rate has no account there."""
    currency = document["currency"]
    rows = []
    for item in items_of(document, part):
        template = facts.template_for(item["tax_code"], item["tax_rate"])
        if template is None:
            rate = f"{item['tax_rate'].normalize():f}"
            raise Rejected(
                f"ERPNext has no tax template that charges {rate}%, needed for {item['item_code']}.",
                code="tax_unknown",
                remedy=f"Create an Item Tax Template with {rate}% there, run `erpnext setup` again, then retry.",
            )
        postings = posting_rows(item["qty"], _cost(document, item), currency, _rounding(facts), item["rate"])
        rows += [Row(item, posting, template) for posting in postings]
    return rows


def expected(document: Document, part: str, facts: SetupFacts) -> Expected:
    """The figures the receipt stands for, for one part."""
    currency = document["currency"]
    total = sum(minor(item["amount"], currency) for item in items_of(document, part))
    rounding = minor(document["rounding"], currency) if part == _holder(document) else 0
    payments, on_account = payments_of(document, part, facts)
    change = minor(document["change"], currency) if part == _holder(document) else 0
    taxes: dict[str, int] = dict.fromkeys(facts.default_taxes, 0)
    for account, amount in _receipt_taxes(document, part, facts).items():
        taxes[account] = taxes.get(account, 0) + amount
    return Expected(total + rounding, rounding, taxes, payments, change, on_account)


def payments_of(document: Document, part: str, facts: SetupFacts) -> tuple[dict[str, int], int]:
    """(mode of payment -> amount handed over, what stays open on account), so that the part balances by itself.

    The half of an exchange that is smaller was not paid with money but with the goods of the other: it is set off
    through the cash mode `exchange_mode`, plus in the sale and minus in the return, so the drawer's sum stays true.
    """
    currency = document["currency"]
    payments: dict[str, int] = {}
    on_account = 0
    for payment in document["payments"] if part == _holder(document) else ():
        amount = minor(payment["amount"], currency)
        if payment["kind"] == "account":
            on_account += amount
        else:
            mode = payment["mode_of_payment"]
            payments[mode] = payments.get(mode, 0) + amount
    if len(documents.parts(document)) > 1:
        other = "sale" if _holder(document) == "return" else "return"
        contra = abs(sum(minor(item["amount"], currency) for item in items_of(document, other)))
        mode = facts.exchange_mode
        payments[mode] = payments.get(mode, 0) + (contra if part == "sale" else -contra)
    return payments, on_account


def invoice(
    document: Document, part: str, key: str, context: Context, facts: SetupFacts, config: Config
) -> dict[str, Any]:
    """The body of the POST that creates the draft. Rejected when ERPNext cannot be brought to the receipt's figures."""
    rows, wanted, currency = rows_of(document, part, facts), expected(document, part, facts), document["currency"]
    posting_date, posting_time = posted_at(document, facts)
    wholly_on_account = not wanted.payments and wanted.total != 0
    body: dict[str, Any] = {
        "doctype": "Sales Invoice",
        "docstatus": 0,
        "pos_receipt_id": key,
        "customer": document["customer"] or config.till.walk_in,
        "company": facts.company,
        "currency": currency,
        "selling_price_list": document["price_list"],
        "set_warehouse": rows[0].line["warehouse"] or config.till.warehouse,
        "update_stock": 1,
        "set_posting_time": 1,
        "posting_date": posting_date,
        "posting_time": posting_time,
        "due_date": posting_date,
        "is_pos": 0 if wholly_on_account else 1,
        "ignore_pricing_rule": 1,
        "disable_rounded_total": 1,
        "remarks": _remarks(document),
        "items": [_item(row, facts, config) for row in rows],
        "taxes": _taxes(document, part, rows, wanted, facts),
        "taxes_and_charges": facts.tax_template,
    }
    if not wholly_on_account:
        pays = wanted.payments or {facts.exchange_mode: 0}
        body["payments"] = [
            {"mode_of_payment": mode, "amount": major(amount, currency)} | _reference(document, mode)
            for mode, amount in pays.items()
        ]
        if facts.pos_profile:
            body["pos_profile"] = facts.pos_profile
    if part == "return":
        body["is_return"] = 1
        _link(rows, body, context, facts)
    return {k: v for k, v in body.items() if v != ""}


def posted_at(document: Document, facts: SetupFacts) -> tuple[str, str]:
    """The moment of the sale on the site's own clock, as ERPNext writes dates and times."""
    local = datetime.fromisoformat(document["created_at"]).astimezone(ZoneInfo(facts.site_zone))
    return local.date().isoformat(), local.strftime("%H:%M:%S.%f")


def _holder(document: Document) -> str:
    """The part that carries the money and the cash rounding."""
    parts = documents.parts(document)
    return parts[0] if len(parts) == 1 else str(document["kind"])


def _rounding(facts: SetupFacts) -> str:
    return facts.rounding or "bankers"


def _cost(document: Document, item: Mapping[str, Any]) -> Decimal:
    """What ERPNext multiplies out: with tax where prices hold it, else without."""
    cost: Decimal = item["amount"] if document["prices_include_tax"] else item["net"]
    return cost


def _remarks(document: Document) -> str:
    cashier = document.get("cashier") or {}
    who = " ".join(filter(None, (cashier.get("code"), cashier.get("name"))))
    return ", ".join(filter(None, (document["invoice_name"], document.get("till"), document.get("session"), who)))


def _reference(document: Document, mode: str) -> dict[str, str]:
    """What a card slip or a voucher is found by, on the row of its way to pay; ERPNext's field holds 140 letters."""
    found = [p["reference"] for p in document["payments"] if p["mode_of_payment"] == mode and p.get("reference")]
    return {"reference_no": ", ".join(dict.fromkeys(found))[:140]} if found else {}


def _item(row: Row, facts: SetupFacts, config: Config) -> dict[str, Any]:
    item, posting = row.line, row.posting
    body: dict[str, Any] = {"item_code": item["item_code"], "qty": posting.qty, "rate": posting.rate}
    if item["list_price"] > 0:
        body["price_list_rate"] = item["list_price"]
    if not posting.rate:
        body["discount_percentage"] = 100  # a rate of 0 alone is replaced by the price list's
    if row.template:
        body["item_tax_template"] = row.template
    if item["warehouse"]:
        body["warehouse"] = item["warehouse"]
    if owed_on := voucher_account(item, facts, config):
        body["income_account"] = owed_on
    elif config.erpnext.income_account and not is_voucher(item, config):
        body["income_account"] = config.erpnext.income_account
    if item.get("note"):
        body["description"] = f"{item['item_name']}: {item['note']}"
    return body


def is_voucher(item: Mapping[str, Any], config: Config) -> bool:
    """Whether a line sells a gift voucher, or takes one back."""
    return bool(item.get("voucher")) or bool(config.vouchers.item and item["item_code"] == config.vouchers.item)


def voucher_account(item: Mapping[str, Any], facts: SetupFacts, config: Config) -> str:
    """What a line that sells a voucher is booked on: money owed, never income. "" for other lines, or where ERPNext's
    own item says it."""
    return facts.voucher_account if is_voucher(item, config) else ""


# -- tax ---------------------------------------------------------------------------------------------------------------


def _receipt_taxes(document: Document, part: str, facts: SetupFacts) -> dict[str, int]:
    """The receipt's tax per account; where a template splits a rate over several accounts, by their rates."""
    currency = document["currency"]
    taxes: dict[str, int] = {}
    for row in _lines(document, part, facts):
        item, template = row
        for account, share in _shares(minor(item["tax_amount"], currency), facts.rates_of(template)).items():
            taxes[account] = taxes.get(account, 0) + share
    return taxes


def _lines(document: Document, part: str, facts: SetupFacts) -> list[tuple[Mapping[str, Any], str]]:
    return [(i, facts.template_for(i["tax_code"], i["tax_rate"]) or "") for i in items_of(document, part)]


def _shares(tax: int, rates: Mapping[str, Decimal]) -> dict[str, int]:
    charging = {account: rate for account, rate in rates.items() if rate}
    if len(charging) > 1:
        raise Rejected(
            f"Two tax accounts share one rate ({', '.join(charging)}); a receipt has one tax per rate.",
            code="tax_accounts",
            remedy="Use an Item Tax Template with one account for goods sold at the till.",
        )
    return {account: tax for account in charging}


def _taxes(document: Document, part: str, rows: list[Row], wanted: Expected, facts: SetupFacts) -> list[dict[str, Any]]:
    """The tax rows: one per account, then what ERPNext's own arithmetic must be helped with, then cash rounding."""
    return _tax_rows(document, rows, _corrections(document, part, wanted, facts), facts)


def corrected_taxes(
    document: Document, part: str, figures: Mapping[str, Any], facts: SetupFacts
) -> list[dict[str, Any]] | None:
    """The tax rows that bring a draft with these figures to the receipt's; None when it is off by more than pennies.

    ERPNext reckons in binary floats: 2636.55 / 1.2 lands just beside the tie it really is, once in 5,000 receipts.
    """
    currency, wanted = document["currency"], expected(document, part, facts)
    theirs = sums_of(figures["taxes"], currency)
    actual = _corrections(document, part, wanted, facts)
    moved = 0
    for account, amount in wanted.taxes.items():
        off = amount - theirs.get(account, 0)
        actual[account] = actual.get(account, 0) + off
        moved += off
        if abs(off) > GAP_MAX:
            return None
    off = wanted.total - round_minor(Decimal(figures["grand_total"]), currency)
    if abs(off) > GAP_MAX or (off != moved and not facts.rounding_account):
        return None
    if off != moved:
        actual[facts.rounding_account] = actual.get(facts.rounding_account, 0) + off - moved
    return _tax_rows(document, rows_of(document, part, facts), actual, facts)


def sums_of(rows: Iterable[Sequence[str]], currency: str) -> dict[str, int]:
    """Account or mode of payment -> minor units, of (name, amount) rows as ERPNext gave them."""
    sums: dict[str, int] = {}
    for name, amount in rows:
        sums[name] = sums.get(name, 0) + round_minor(Decimal(amount), currency)
    return sums


def _tax_rows(
    document: Document, rows: list[Row], actual: Mapping[str, int], facts: SetupFacts
) -> list[dict[str, Any]]:
    included = 1 if document["prices_include_tax"] else 0
    accounts = dict(facts.default_taxes)
    for row in rows:
        for account in facts.item_taxes.get(row.template, {}):
            accounts.setdefault(account, "0")
    taxes: list[dict[str, Any]] = []
    for account, rate in accounts.items():
        taxes.append({"charge_type": "On Net Total", "account_head": account, "description": account})
        taxes[-1] |= {"rate": Decimal(rate), "included_in_print_rate": included}
    for account, amount in actual.items():
        if amount:
            words = "Rounding" if account == facts.rounding_account else "Tax as on the receipt"
            taxes.append({"charge_type": "Actual", "account_head": account, "description": words})
            taxes[-1]["tax_amount"] = major(amount, document["currency"])
    return taxes


def _corrections(document: Document, part: str, wanted: Expected, facts: SetupFacts) -> dict[str, int]:
    """Account -> minor units that ERPNext's tax rows would be short of, cash rounding among them."""
    rule = TaxRule("erpnext", _rounding(facts), document["prices_include_tax"], document["currency"])
    theirs = booked(_tax_lines(document, part, facts), rule)
    found = {account: amount - theirs.taxes.get(account, 0) for account, amount in wanted.taxes.items()}
    to_rounding = wanted.rounding
    if document["prices_include_tax"]:
        to_rounding += (theirs.gap if abs(theirs.gap) > GAP_MAX else 0) - sum(found.values())
    if to_rounding:
        if not facts.rounding_account:
            raise Rejected(
                "ERPNext needs an account for the rounding of this receipt, and none is known.",
                code="rounding_account",
                remedy="Set [erpnext] rounding_account, or the company's Round Off Account there; then retry.",
            )
        found[facts.rounding_account] = found.get(facts.rounding_account, 0) + to_rounding
    return found


def _tax_lines(document: Document, part: str, facts: SetupFacts) -> list[TaxLine]:
    lines = []
    for item, template in _lines(document, part, facts):
        account = next((a for a, rate in facts.rates_of(template).items() if rate), "")
        amount = minor(_cost(document, item), document["currency"])
        lines.append(TaxLine(item["qty"], amount, item["tax_code"], item["tax_rate"], account))
    return lines


# -- returns -----------------------------------------------------------------------------------------------------------


def _link(rows: list[Row], body: dict[str, Any], context: Context, facts: SetupFacts) -> None:
    """Tie a return to its original, row by row: without the row's name ERPNext does not check how much came back.

    Goods of two receipts, or of one that never went there, are booked without an original.
    """
    against = {(r.line.get("return_against") or {}).get("id") for r in rows}
    original = context.originals.get(next(iter(against)) or "") if len(against) == 1 else None
    if original is None:
        return
    body["return_against"] = original.posted.remote_id
    sold = rows_of(original.document, "sale", facts)
    if len(sold) != len(original.posted.rows):
        return  # changed there by hand: the rows cannot be told apart
    left = [row.posting.qty for row in sold]
    linked = []
    for row, item in zip(rows, body["items"], strict=True):
        linked += _split(row, item, sold, original.posted.rows, left)
    body["items"] = linked


def _split(
    row: Row, item: dict[str, Any], sold: list[Row], theirs: tuple[Mapping[str, Any], ...], left: list[Decimal]
) -> list[dict[str, Any]]:
    """The row over the original's rows of that line: same rate first, never a dearer one than was sold."""
    line, wanted, pieces = row.line["return_against"]["line"], -row.posting.qty, []
    fitting = [i for i, s in enumerate(sold) if s.line["line"] == line and s.posting.rate >= row.posting.rate]
    for i in sorted(fitting, key=lambda i: (sold[i].posting.rate, i)):
        if wanted and left[i] >= wanted:
            left[i] -= wanted
            return [item | {"sales_invoice_item": theirs[i]["name"]}]
    if row.posting.qty != row.posting.qty.to_integral_value():
        return [item]  # a part of a weighed quantity must stay whole, or its amount is rounded twice
    for i in sorted(fitting, key=lambda i: (sold[i].posting.rate, i)):
        taken = min(wanted, Decimal(int(left[i])))
        if taken > 0:
            left[i] -= taken
            wanted -= taken
            pieces.append(item | {"qty": -taken, "sales_invoice_item": theirs[i]["name"]})
    return [*pieces, item | {"qty": -wanted}] if wanted else pieces
