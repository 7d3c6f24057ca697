"""Journal Entries and Payment Entries: what is refused when one is written, and what is done when it is submitted.

Recorded: unbalanced, a second one with the same key, a transfer, a payment on an invoice. As for invoices, where the
recordings do not say: dates on submission, links that are not there.
"""

from __future__ import annotations

from tests.contract.emulators import erpnext_invoices as invoices
from tests.contract.emulators.erpnext_figures import flt
from tests.contract.emulators.erpnext_site import Doc, Refusal, Site

DOCTYPES = ("Journal Entry", "Payment Entry")


def check(site: Site, doc: Doc) -> None:
    """What `validate` refuses, of a draft as well; and the figures it works out."""
    company = next(iter(site.docs["Company"].values()))
    doc.setdefault("company", company["name"])
    doc.setdefault("posting_date", site.local_now().date().isoformat())
    if doc["doctype"] == "Payment Entry":
        _check_payment(site, doc)
        return
    if not doc["accounts"]:
        raise Refusal(417, "ValidationError", "Accounts table cannot be blank.")
    for i, row in enumerate(doc["accounts"], 1):
        if row.get("account") not in site.docs["Account"]:
            raise Refusal(417, "LinkValidationError", f"Could not find Row #{i}: Account: {row.get('account')}")
        row["cost_center"] = row.get("cost_center") or company.get("cost_center")
        for side in ("debit", "credit"):
            row[f"{side}_in_account_currency"] = row[side] = flt(row.get(f"{side}_in_account_currency"))
    debit, credit = (flt(sum(r[side] for r in doc["accounts"])) for side in ("debit", "credit"))
    doc |= {"total_debit": debit, "total_credit": credit, "difference": flt(debit - credit)}
    doc["title"] = doc["accounts"][0]["account"]
    if doc["difference"]:
        words = f"Total Debit must be equal to Total Credit. The difference is {doc['difference']}"
        raise Refusal(417, "ValidationError", words)


def _check_payment(site: Site, doc: Doc) -> None:
    for label, end in (("Account Paid From", "paid_from"), ("Account Paid To", "paid_to")):
        if doc.get(end) not in site.docs["Account"]:
            raise Refusal(417, "LinkValidationError", f"Could not find {label}: {doc.get(end)}")
    banks = [e for e in ("paid_from", "paid_to") if site.docs["Account"][doc[e]]["account_type"] == "Bank"]
    if banks and not (doc.get("reference_no") and doc.get("reference_date")):
        raise Refusal(417, "ValidationError", "Reference No and Reference Date is mandatory for Bank transaction")
    doc |= {f: flt(doc.get(f)) for f in ("paid_amount", "received_amount")}
    doc["difference_amount"] = flt(doc["paid_amount"] - doc["received_amount"])
    doc["total_allocated_amount"] = sum(flt(r.get("allocated_amount")) for r in doc["references"])
    if not int(doc.get("custom_remarks") or 0):
        doc["remarks"] = f"Amount GBP {doc['paid_amount']:g} transferred from {doc['paid_from']} to {doc['paid_to']}"


def post(site: Site, doc: Doc) -> None:
    """What submission refuses, and what it changes elsewhere."""
    invoices._check_dates(site, doc)
    frozen = site.accounts_settings.get("acc_frozen_upto")
    if frozen and doc["posting_date"] <= frozen:
        raise Refusal(417, "ValidationError", f"You are not authorized to add or update entries before {frozen}")
    if doc["doctype"] == "Payment Entry" and doc["difference_amount"]:
        raise Refusal(417, "ValidationError", "Difference Amount must be zero")
    for row in doc.get("references") or ():
        invoice = site.get(row["reference_doctype"], row["reference_name"])
        invoice["outstanding_amount"] = flt(invoice["outstanding_amount"] - flt(row["allocated_amount"]))
        invoice["status"] = invoices.status_of(site, invoice)
        site.touch(invoice)


def submit(site: Site, doc: Doc, user: str) -> Doc:
    """Draft -> submitted, of any doctype."""
    if doc["doctype"] in DOCTYPES and doc["docstatus"] == 0:
        doc = dict(doc)
        check(site, doc)
        post(site, doc)
        if doc["doctype"] == "Payment Entry":
            doc["status"] = "Submitted"
    return invoices.submit(site, doc, user)
