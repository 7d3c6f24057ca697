"""What ERPNext holds now, read in pages and not one by one; and what it comes to, under the names a comparison uses.

Heads and child rows of a page are one question each: a thousand invoices are eighty questions, not a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pos.config import Config
from pos.connectors.base import BOOKED_MAX, Document, Listed, ListedPage, Posted
from pos.connectors.erpnext import cash, mapping
from pos.connectors.erpnext.facts import SetupFacts
from pos.connectors.erpnext.feeds import Asks
from pos.errors import Rejected
from pos.rules.money import minor, round_minor
from pos.rules.reconcile import VOUCHERS, Figures

KEY_FIELD = "pos_receipt_id"
LISTED_ROWS = 500
#: A document amended more often than this is left as the last one looked at.
AMENDED_MAX = 5
ON_ACCOUNT = "On account"

#: Doctype -> its own fields, and table field -> (child doctype, fields).
FIELDS: dict[str, list[str]] = {
    cash.INVOICE: [
        "customer", "posting_date", "is_return", "return_against", "status", "grand_total", "rounded_total",
        "paid_amount", "change_amount", "outstanding_amount",
    ],
    cash.JOURNAL: ["voucher_type", "company", "posting_date"],
    cash.PAYMENT: [
        "payment_type", "company", "posting_date", "paid_amount", "received_amount", "paid_from", "paid_to",
    ],
}  # fmt: skip
CHILDREN: dict[str, dict[str, tuple[str, list[str]]]] = {
    cash.INVOICE: {
        "items": ("Sales Invoice Item", ["item_code", "qty", "amount", "item_tax_template"]),
        "taxes": ("Sales Taxes and Charges", ["account_head", "tax_amount_after_discount_amount"]),
        "payments": ("Sales Invoice Payment", ["mode_of_payment", "amount"]),
    },
    cash.JOURNAL: {
        "accounts": (
            "Journal Entry Account",
            ["account", "debit_in_account_currency", "credit_in_account_currency"],
        )
    },
    cash.PAYMENT: {},
}
#: Doctype -> the field that says which till made it, and a kind of document that becomes it.
REMARKS = {
    cash.INVOICE: ("remarks", "sale"),
    cash.JOURNAL: ("user_remark", "paid_out"),
    cash.PAYMENT: ("remarks", "drop"),
}
_HEAD = ["name", "docstatus", "amended_from", KEY_FIELD]

Read = Callable[[str, Mapping[str, Any]], Posted]


# -- reading -----------------------------------------------------------------------------------------------------------


def booked(erpnext: Asks, wanted: Mapping[str, str], read: Read) -> dict[str, Posted]:
    """See Connector.booked. read: a whole document of a doctype as Posted."""
    assert len(wanted) <= BOOKED_MAX, "ask for a page at a time"
    found: dict[str, Posted] = {}
    for doctype in FIELDS:
        keys = sorted(key for key, kind in wanted.items() if cash.doctype_of(kind) == doctype)
        if keys:
            found |= _of_doctype(erpnext, doctype, keys, read)
    return found


def _of_doctype(erpnext: Asks, doctype: str, keys: list[str], read: Read) -> dict[str, Posted]:
    heads = {str(h[KEY_FIELD]): h for h in _heads(erpnext, doctype, [[KEY_FIELD, "in", keys]]) if h[KEY_FIELD]}
    for _ in range(AMENDED_MAX):
        cancelled = {str(h["name"]): key for key, h in heads.items() if int(h["docstatus"]) == 2}
        if not cancelled:
            break
        amended = _heads(erpnext, doctype, [["amended_from", "in", sorted(cancelled)]])
        for head in amended:
            heads[cancelled[str(head["amended_from"])]] = head
        if not amended:
            break
    whole = _with_children(erpnext, doctype, list(heads.values()))
    return {key: read(doctype, whole[str(head["name"])]) for key, head in heads.items()}


def _heads(erpnext: Asks, doctype: str, filters: list[list[Any]]) -> list[dict[str, Any]]:
    return erpnext.rows(doctype, [*_HEAD, *FIELDS[doctype]], filters, order_by="name asc")


def _with_children(erpnext: Asks, doctype: str, heads: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The heads with their child rows, by name, as a GET of the whole document would show them."""
    tables = CHILDREN[doctype]
    whole = {str(head["name"]): {**head, **{table: [] for table in tables}} for head in heads}
    for table, (child, fields) in tables.items() if whole else ():
        filters: list[list[Any]] = [["parent", "in", sorted(whole)], ["parenttype", "=", doctype]]
        for row in erpnext.rows(child, ["name", "parent", "idx", *fields], filters, parent=doctype):
            whole[str(row["parent"])][table].append(row)
    return whole


def listed(erpnext: Asks, till: str, since: datetime, until: datetime, after: str, facts: SetupFacts) -> ListedPage:
    """See Connector.listed. What has no key of ours, or names no till, was made by hand and is nobody's here."""
    zone = ZoneInfo(facts.site_zone)
    first, last = (moment.astimezone(zone).date().isoformat() for moment in (since, until))
    doctypes = list(FIELDS)
    doctype, _, name = after.partition("|")
    doctype = doctype or doctypes[0]
    remark, kind = REMARKS[doctype]
    filters: list[list[Any]] = [["company", "=", facts.company], ["docstatus", "=", 1], ["name", ">", name]]
    filters += [["posting_date", ">=", first], ["posting_date", "<=", last], [remark, "like", f"%, {till}, {till}-S%"]]
    fields = ["name", "posting_date", KEY_FIELD, remark]
    try:
        rows = erpnext.rows(doctype, fields, filters, order_by="name asc", limit=LISTED_ROWS)
    except Rejected as error:
        if error.code != "field_missing" or doctype == cash.INVOICE:
            raise
        rows = []  # entries there have no key yet, so none of them came from a till
    of_till = re.compile(rf"({re.escape(till)}-[0-9]{{6,12}}), {re.escape(till)}, ({re.escape(till)}-S[0-9]{{6,12}})")
    found = []
    for row in rows:
        named = of_till.search(str(row[remark] or ""))
        if row[KEY_FIELD] and named:
            number, session = named.groups()
            key, remote_id = str(row[KEY_FIELD]), str(row["name"])
            found.append(Listed(key, kind, remote_id, number, session, str(row["posting_date"])))
    if len(rows) == LISTED_ROWS:
        return ListedPage(tuple(found), f"{doctype}|{rows[-1]['name']}")
    following = doctypes[doctypes.index(doctype) + 1 :]
    return ListedPage(tuple(found), f"{following[0]}|" if following else "")


# -- what it comes to --------------------------------------------------------------------------------------------------


def expected(document: Document, part: str, facts: SetupFacts, config: Config) -> Figures:
    """See Connector.expected."""
    if part == "cash":
        move = cash.move_of(document, facts, config)
        return _moved(((move.into, move.amount), (move.out_of, -move.amount)), facts, config)
    currency = document["currency"]
    wanted = mapping.expected(document, part, facts)
    goods: dict[str, int] = {}
    for row in mapping.rows_of(document, part, facts):
        name = _goods(row.line["item_code"], row.template, facts, config)
        goods[name] = goods.get(name, 0) + minor(row.posting.amount, currency)
    tenders = _tenders(wanted.payments, wanted.change, wanted.outstanding, facts)
    return Figures(wanted.total, goods, wanted.taxes, tenders)


def figures(posted: Posted, currency: str, facts: SetupFacts, config: Config) -> Figures:
    """See Connector.figures."""
    there = posted.figures
    if "grand_total" not in there:
        rows = [(r["account"], _minor(r["debit"], currency) - _minor(r["credit"], currency)) for r in posted.rows]
        return _moved(rows, facts, config)
    goods: dict[str, int] = {}
    for row in posted.rows:
        name = _goods(row["item_code"], row["template"], facts, config)
        goods[name] = goods.get(name, 0) + _minor(row["amount"], currency)
    taxes = mapping.sums_of(there["taxes"], currency)
    taxes = {a: v for a, v in taxes.items() if a in facts.default_taxes or a != facts.rounding_account}
    paid = mapping.sums_of(there["payments"], currency)
    change, open_amount = _minor(there["change_amount"], currency), _minor(there["outstanding_amount"], currency)
    return Figures(_minor(there["grand_total"], currency), goods, taxes, _tenders(paid, change, open_amount, facts))


def _goods(code: str, template: str, facts: SetupFacts, config: Config) -> str:
    """Under which name a line is summed up. A template that setup never learned stands under its own."""
    if code == config.vouchers.item:
        return VOUCHERS
    if template and template not in facts.item_taxes:
        return template
    return f"{sum(facts.rates_of(template).values(), Decimal(0)).normalize():f}%"


def _tenders(payments: Mapping[str, int], change: int, on_account: int, facts: SetupFacts) -> dict[str, int]:
    """What stayed here by each way to pay: change goes out of the drawer."""
    tenders = dict(payments)
    if change:
        notes = sorted(mode for mode in payments if facts.modes.get(mode) == "Cash")
        mode = notes[0] if notes else facts.exchange_mode
        tenders[mode] = tenders.get(mode, 0) - change
    if on_account:
        tenders[ON_ACCOUNT] = on_account
    return tenders


def _moved(rows: Iterable[tuple[str, int]], facts: SetupFacts, config: Config) -> Figures:
    """Cash that moved, by way to pay: accounts behind which no way to pay stands are compared, but not summed up."""
    modes = {account: mode for mode, account in sorted(facts.mode_accounts.items(), reverse=True)}
    own = config.erpnext.cash_account
    if own:
        modes[facts.accounts.get(own, own)] = facts.exchange_mode
    tenders: dict[str, int] = {}
    for account, amount in rows:
        if account in modes:
            tenders[modes[account]] = tenders.get(modes[account], 0) + amount
    return Figures(tenders=tenders)


def _minor(text: str, currency: str) -> int:
    return round_minor(Decimal(text), currency)
