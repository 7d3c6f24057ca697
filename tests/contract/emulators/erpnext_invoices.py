"""Sales Invoices with everything ERPNext v15 checks on the way.

The order of the checks is part of the contract: it decides which error a second post of the same receipt gets
(idem-13b: an over-return masks the duplicate; idem-14b: missing stock does not).
"""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import date, datetime

from tests.contract.emulators.erpnext_figures import flt, pay, work_out
from tests.contract.emulators.erpnext_keep import give_name, keep, unique
from tests.contract.emulators.erpnext_site import STANDARD, Doc, Refusal, Site

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}$")
_WHOLE_UOMS = ("Nos", "Unit", "Pair", "Set", "Box")


def create(site: Site, doc: Doc, body: Doc, user: str) -> Doc:
    draft = doc["docstatus"] == 0
    _fill(site, doc)
    _check(site, doc, draft=draft)
    _work_out(site, doc, keep_payments=not draft)
    unique(site, doc)
    before = dict(site._series)
    give_name(site, doc, body)
    if not draft:
        try:
            _post(site, doc)
        except Refusal:
            site._series = before
            raise
    answer = keep(site, doc, user)
    # The create response says Draft whatever was asked; the stored status is right, but for a return in one post.
    answer["status"] = "Draft"
    shown = deepcopy(answer)
    if not draft:
        shown["outstanding_amount"] = flt(body.get("outstanding_amount"))
        answer["outstanding_amount"] = _owed(answer)
        if not (answer.get("is_return") and answer.get("return_against")):
            answer["status"] = status_of(site, answer)
    return shown


def _fill(site: Site, doc: Doc) -> None:
    """Defaults as the server sets them. An unknown customer breaks it before any check (inv-10)."""
    if not doc["items"]:
        raise Refusal(500, "TypeError", "unsupported operand type(s) for -: 'NoneType' and 'float'")
    if not doc.get("customer"):
        raise Refusal(417, "ValidationError", "Please select Customer first")
    if doc["customer"] not in site.docs["Customer"]:
        raise Refusal(500, "TypeError", "'NoneType' object is not subscriptable")
    now = site.local_now()
    if not int(doc.get("set_posting_time") or 0):
        doc["posting_date"], doc["posting_time"] = now.date().isoformat(), now.strftime("%H:%M:%S.%f")
    doc.setdefault("posting_date", now.date().isoformat())
    doc.setdefault("posting_time", now.strftime("%H:%M:%S.%f"))
    if not _DATE.match(str(doc["posting_date"])):
        raise Refusal(500, "OperationalError", '(1292, "Truncated incorrect datetime value")')
    doc["customer_name"] = doc["title"] = site.docs["Customer"][doc["customer"]].get("customer_name") or doc["customer"]
    profile = site.docs["POS Profile"].get(doc.get("pos_profile") or "", {})
    if not doc["taxes"]:
        template = site.docs["Sales Taxes and Charges Template"].get(
            doc.get("taxes_and_charges") or profile.get("taxes_and_charges")
        )
        doc["taxes"] = (
            [{k: v for k, v in t.items() if k not in STANDARD} for t in template["taxes"]] if template else []
        )
        doc["taxes_and_charges"] = template["name"] if template else None
    company = next(iter(site.docs["Company"].values()))
    doc |= {
        f: int(doc.get(f) or 0)
        for f in ("is_pos", "is_return", "update_stock", "disable_rounded_total", "ignore_pricing_rule")
    }
    doc.setdefault("company", company["name"])
    doc.setdefault("currency", company["default_currency"])
    doc["conversion_rate"] = 1.0
    doc["due_date"] = doc.get("due_date") or doc["posting_date"]
    doc["apply_discount_on"] = doc.get("apply_discount_on") or "Grand Total"
    doc["naming_series"] = doc.get("naming_series") or "ACC-SINV-.YYYY.-"
    doc["remarks"] = doc.get("remarks") or "No Remarks"
    for tax in doc["taxes"]:
        tax["rate"] = flt(tax.get("rate"), 3)
    for row in doc["items"]:
        _fill_row(site, doc, row, profile)


def _fill_row(site: Site, doc: Doc, row: Doc, profile: Doc) -> None:
    if not row.get("item_code"):
        raise Refusal(417, "ValidationError", "Row 1: Income Account None does not belong to Company")
    item = site.get("Item", row["item_code"])
    row["item_name"] = row.get("item_name") or item["item_name"]
    row["item_group"], row["stock_uom"] = item.get("item_group"), item["stock_uom"]
    row["uom"] = row.get("uom") or item["stock_uom"]
    row["description"] = row.get("description") or item.get("description") or item["item_name"]
    wanted = site.docs["Warehouse"].get(doc.get("set_warehouse") or "")
    from_here = doc.get("set_warehouse") if not (wanted and wanted["is_group"]) else None  # inv-12b
    row["warehouse"] = row.get("warehouse") or from_here or profile.get("warehouse")
    own = [d["income_account"] for d in item["item_defaults"] if d["company"] == doc["company"]]
    row["income_account"] = row.get("income_account") or next(iter(own), None) or "Sales"
    if row.get("price_list_rate") is None:
        row["price_list_rate"] = _listed(site, row["item_code"], doc)
    if row.get("rate") is None:
        row["rate"] = row["price_list_rate"]
    if row.get("item_tax_template") is None and item["taxes"]:
        row["item_tax_template"] = item["taxes"][0]["item_tax_template"]


def _listed(site: Site, item: str, doc: Doc) -> float:
    for price in site.docs["Item Price"].values():
        if price["item_code"] == item and price["price_list"] == (doc.get("selling_price_list") or "Standard Selling"):
            since, upto = price.get("valid_from") or "", price.get("valid_upto") or "9999"
            if since <= doc["posting_date"] <= upto:
                return float(price["price_list_rate"])
    return 0.0


def _check(site: Site, doc: Doc, *, draft: bool) -> None:
    """Everything `validate` refuses, before the document is written."""
    _links(site, doc)
    for i, row in enumerate(doc["items"], 1):
        if not flt(row.get("qty"), 3):
            raise Refusal(417, "InvalidQtyError", f"Row #{i}: Quantity for Item {row['item_code']} cannot be zero.")
        if site.get("Item", row["item_code"])["disabled"]:
            raise Refusal(417, "ValidationError", f"Item {row['item_code']} is disabled")
        qty = flt(row["qty"], 3)
        if row["uom"] in _WHOLE_UOMS and qty != int(qty):
            raise Refusal(417, "UOMMustBeIntegerError", f"Row {i}: Quantity ({qty}) cannot be a fraction.")
        if (qty > 0) == bool(doc["is_return"]):
            sign = "negative" if doc["is_return"] else "positive"
            raise Refusal(417, "ValidationError", f"For an item {row['item_code']}, quantity must be {sign} number")
    if site.docs["Customer"][doc["customer"]]["disabled"]:
        raise Refusal(417, "PartyDisabled", f"Customer {doc['customer']} is disabled")
    _check_dates(site, doc)
    if doc["is_return"] and doc.get("return_against"):
        _check_return(site, doc)
    if doc["is_pos"] and not doc["payments"]:
        raise Refusal(417, "ValidationError", "At least one mode of payment is required for POS invoice.")
    for payment in doc["payments"]:
        mode = site.docs["Mode of Payment"].get(payment.get("mode_of_payment") or "")
        payment["type"] = mode["type"] if mode else None
        if draft:
            account = (
                next((a["default_account"] for a in mode["accounts"] if a["company"] == doc["company"]), None)
                if mode
                else None
            )
            if not account:
                raise Refusal(
                    417,
                    "ValidationError",
                    f"Please set default Cash or Bank account in {payment.get('mode_of_payment')}",
                )
            payment["account"] = account


def _links(site: Site, doc: Doc) -> None:
    for label, field, doctype in (
        ("Source Warehouse", "set_warehouse", "Warehouse"),
        ("Return Against", "return_against", "Sales Invoice"),
        ("POS Profile", "pos_profile", "POS Profile"),
        ("Price List", "selling_price_list", "Price List"),
        ("Company", "company", "Company"),
    ):
        if doc.get(field) and doc[field] not in site.docs[doctype]:
            raise Refusal(417, "LinkValidationError", f"Could not find {label}: {doc[field]}")
    for i, row in enumerate(doc["items"], 1):
        template = row.get("item_tax_template")
        if template and template not in site.docs["Item Tax Template"]:
            raise Refusal(417, "LinkValidationError", f"Could not find Row #{i}: Item Tax Template: {template}")
    for i, tax in enumerate(doc["taxes"], 1):
        if tax.get("account_head") not in site.docs["Account"]:
            raise Refusal(
                417, "ValidationError", f"Row #{i}: Account {tax.get('account_head')} does not belong to company"
            )
        if tax.get("charge_type") == "Actual" and tax.get("included_in_print_rate"):
            raise Refusal(
                417, "ValidationError", "Charge of type 'Actual' cannot be included in Item Rate or Paid Amount"
            )


def _check_dates(site: Site, doc: Doc) -> None:
    day = doc["posting_date"]
    years = [y for y in site.docs["Fiscal Year"].values() if not y["disabled"]]
    if not any(y["year_start_date"] <= day <= y["year_end_date"] for y in years):
        raise Refusal(417, "FiscalYearError", f"Date {day} is not in any active Fiscal Year")
    for period in site.docs["Accounting Period"].values():
        if period["start_date"] <= day <= period["end_date"]:
            raise Refusal(
                417, "ClosedAccountingPeriod", f"You cannot create a Sales Invoice within the closed {period['name']}"
            )


def _check_return(site: Site, doc: Doc) -> None:
    original = site.get("Sales Invoice", doc["return_against"])
    if _moment(doc) < _moment(original):
        raise Refusal(417, "ValidationError", f"Posting timestamp must be after {original['posting_date']}")
    sold = {row["name"]: row for row in original["items"]}
    for i, row in enumerate(doc["items"], 1):
        link = row.get("sales_invoice_item")
        if not link:
            continue  # hardly checked at all (inv-06c, inv-06d, inv-06m)
        if link not in sold or sold[link]["item_code"] != row["item_code"]:
            raise Refusal(
                417,
                "ValidationError",
                f"Row # {i}: Returned Item {row['item_code']} does not exist in {original['name']}",
            )
        before = sum(
            -r["qty"]
            for d in site.docs["Sales Invoice"].values()
            if d["docstatus"] == 1 and d.get("return_against") == original["name"]
            for r in d["items"]
            if r.get("sales_invoice_item") == link
        )
        left = flt(sold[link]["qty"] - before, 3)
        if -flt(row["qty"], 3) > left:
            raise Refusal(
                417, "StockOverReturnError", f"Row # {i}: Cannot return more than {left} for Item {row['item_code']}"
            )
        if flt(row["rate"]) > sold[link]["rate"] > 0:
            raise Refusal(
                417, "ValidationError", f"Row # {i}: Rate cannot be greater than the rate used in {original['name']}"
            )


def _moment(doc: Doc) -> datetime:
    hours, minutes, seconds = str(doc["posting_time"]).split(":")
    day = date.fromisoformat(doc["posting_date"])
    return datetime(day.year, day.month, day.day, int(hours), int(minutes), int(float(seconds)))


def _work_out(site: Site, doc: Doc, *, keep_payments: bool) -> None:
    """Only a draft gets its payments computed (inv-01); one post with docstatus 1 keeps what it was given."""
    given = {f: doc.get(f) for f in ("paid_amount", "base_paid_amount", "change_amount", "base_change_amount")}
    bases = [p.get("base_amount") for p in doc["payments"]]
    templates = {
        n: {r["tax_type"]: r["tax_rate"] for r in t["taxes"]} for n, t in site.docs["Item Tax Template"].items()
    }
    method = site.system["rounding_method"]
    places = int(site.system["currency_precision"] or 2)
    work_out(doc, templates, method, places)
    pay(doc, method, places)
    if keep_payments:
        for payment, base in zip(doc["payments"], bases, strict=True):
            payment["base_amount"] = flt(base)
        doc |= {f: flt(v) for f, v in given.items()}


def _owed(doc: Doc) -> float:
    """Outstanding by the ledger: what payments with an account and a base amount did not cover."""
    due = doc["rounded_total"] or doc["grand_total"]
    booked = sum(p["base_amount"] for p in doc["payments"] if p.get("account")) if doc["is_pos"] else 0.0
    return flt(due - (booked - doc["change_amount"] if booked else 0.0))


def status_of(site: Site, doc: Doc) -> str:
    if doc["docstatus"] != 1:
        return "Draft" if doc["docstatus"] == 0 else "Cancelled"
    if doc["is_return"]:
        return "Return"
    owed = doc["outstanding_amount"]
    if owed <= 0:
        return "Paid"
    if doc["due_date"] < site.local_now().date().isoformat():
        return "Overdue"
    return "Partly Paid" if owed < doc["grand_total"] else "Unpaid"


def _post(site: Site, doc: Doc) -> None:
    """What on_submit refuses: freezes and missing stock. Then the goods move."""
    day = doc["posting_date"]
    frozen = site.accounts_settings.get("acc_frozen_upto")
    if frozen and day <= frozen:
        raise Refusal(417, "ValidationError", f"You are not authorized to add or update entries before {frozen}")
    frozen = site.stock_settings.get("stock_frozen_upto")
    if frozen and doc["update_stock"] and day <= frozen:
        raise Refusal(417, "StockFreezeError", f"Stock transactions before {frozen} are frozen")
    if doc["update_stock"]:
        wanted: dict[tuple[str, str], float] = {}
        for row in doc["items"]:
            key = (row["item_code"], row["warehouse"])
            wanted[key] = wanted.get(key, 0.0) + row["qty"]
        for (item, warehouse), qty in wanted.items():
            if site.get("Item", item)["is_stock_item"] and qty > 0:
                take(site, item, warehouse, qty, day)
        _move_stock(site, doc)


def take(site: Site, item: str, warehouse: str, qty: float, day: str) -> None:
    if site.stock_settings["allow_negative_stock"]:
        return
    found = site.docs["Bin"].get(f"{item}|{warehouse}")
    there = found["actual_qty"] if found and day >= site.stock_since else 0.0
    if flt(there - qty, 3) < 0:
        raise Refusal(
            417, "NegativeStockError", f"{flt(qty - there, 3)} units of Item {item} needed in Warehouse {warehouse}"
        )


def _move_stock(site: Site, doc: Doc, *, back: bool = False) -> None:
    for row in doc["items"] if doc["update_stock"] else ():
        if site.get("Item", row["item_code"])["is_stock_item"]:
            put_in(site, row["item_code"], row["warehouse"], row["qty"] if back else -row["qty"])


def put_in(site: Site, item: str, warehouse: str, qty: float) -> None:
    """A sale bumps Bin.modified and not Item.modified."""
    key = f"{item}|{warehouse}"
    found = site.docs["Bin"].get(key) or site.put("Bin", key, item_code=item, warehouse=warehouse, actual_qty=0.0)
    found["actual_qty"] = flt(found["actual_qty"] + qty, 3)
    site.touch(found)


def submit(site: Site, doc: Doc, user: str) -> Doc:
    """Draft -> submitted; again is a 200 that changes nothing (inv-02c)."""
    if doc["docstatus"] == 1:
        return doc
    if doc["docstatus"] == 2:
        raise Refusal(417, "ValidationError", "Cannot edit cancelled document")
    trial = deepcopy(doc)
    if trial["doctype"] == "Sales Invoice":
        _check(site, trial, draft=True)
        _work_out(site, trial, keep_payments=False)
        _post(site, trial)
    trial["docstatus"], trial["modified_by"] = 1, user
    for table in site.doctypes[trial["doctype"]].children:
        for row in trial[table]:
            row["docstatus"] = 1
    site.touch(trial)
    if trial["doctype"] == "Sales Invoice":
        trial["status"] = status_of(site, trial)
    site.docs[trial["doctype"]][trial["name"]] = trial
    return trial


def cancel(site: Site, doc: Doc, user: str) -> Doc:
    if doc["docstatus"] != 1:
        raise Refusal(417, "ValidationError", "Cannot cancel before submitting")
    if doc["doctype"] == "Sales Invoice":
        _move_stock(site, doc, back=True)
    doc["docstatus"], doc["status"], doc["modified_by"] = 2, "Cancelled", user
    site.touch(doc)
    return doc
