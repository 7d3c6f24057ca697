"""Documents coming in, by doctype: masters, custom fields and doctypes, vouchers. Invoices have their own module."""

from __future__ import annotations

import re
from typing import Any

from tests.contract.emulators import erpnext_custom as custom
from tests.contract.emulators import erpnext_entries as entries
from tests.contract.emulators import erpnext_invoices as invoices
from tests.contract.emulators.erpnext_figures import flt
from tests.contract.emulators.erpnext_keep import cleaned, give_name, keep, unique
from tests.contract.emulators.erpnext_site import Doc, Refusal, Site


def insert(site: Site, doctype: str, body: Any, user: str) -> Doc:
    """Create a document. Nothing is kept when anything is refused; the naming series is gapless."""
    if not isinstance(body, dict):
        raise Refusal(500, "TypeError", "pop expected at most 1 argument, got 2")
    doc = cleaned(site, doctype, body)
    if doctype == "Sales Invoice":
        return invoices.create(site, doc, body, user)
    if doctype in ("Journal Entry", "Payment Entry", "Stock Entry"):
        return _voucher(site, doc, body, user)
    if site.is_custom(doctype):
        return custom.insert(site, doc, user)
    return _plain(site, doctype, doc, user)


def _plain(site: Site, doctype: str, doc: Doc, user: str) -> Doc:
    key = site.doctypes[doctype].name_from
    if doctype == "Custom Field":
        return _custom_field(site, doc, user)
    if doctype == "DocType":
        return custom.create_doctype(site, doc, user)
    if doctype == "Item":
        _check_item(site, doc)
    name = str(doc.get(key or "name") or "")
    if not name:
        raise Refusal(417, "MandatoryError", f"Error: Value missing for {doctype}: {key}")
    if re.search(r"[<>]", name):
        raise Refusal(409, "NameError", "Name cannot contain special characters like '<', '>'")
    if name in site.docs[doctype]:
        if doctype != "Customer":
            raise Refusal(409, "DuplicateEntryError", f"{doctype} {name} already exists")
        number = 1
        while f"{name} - {number}" in site.docs[doctype]:
            number += 1
        name = f"{name} - {number}"  # cust-01b: no protection against a second one
    doc["name"] = name
    for flag in ("disabled", "has_variants"):
        if flag in site.doctypes[doctype].fields:
            doc.setdefault(flag, 0)
    return keep(site, doc, user)


def _check_item(site: Site, doc: Doc) -> None:
    if not doc.get("item_code"):
        raise Refusal(417, "ValidationError", "Item Code is required")
    for code in (row["barcode"] for row in doc.get("barcodes", ())):
        taken = [i["name"] for i in site.docs["Item"].values() if any(b["barcode"] == code for b in i["barcodes"])]
        if taken:
            raise Refusal(417, "ValidationError", f"Barcode {code} already used in Item {taken[0]}")


def _custom_field(site: Site, doc: Doc, user: str) -> Doc:
    where = (doc["dt"], doc["fieldname"])
    if doc["dt"] not in site.doctypes:
        raise Refusal(417, "LinkValidationError", f"Could not find DocType: {doc['dt']}")
    if where in site.custom_fields:
        raise Refusal(417, "ValidationError", f"A field with the name {doc['fieldname']} already exists in {doc['dt']}")
    doc["name"] = f"{doc['dt']}-{doc['fieldname']}"
    doc["unique"] = int(doc.get("unique") or 0)
    site.custom_fields[where] = doc
    for other in site.docs[doc["dt"]].values():
        other.setdefault(doc["fieldname"], None)
    return keep(site, doc, user)


def _voucher(site: Site, doc: Doc, body: Doc, user: str) -> Doc:
    doctype = doc["doctype"]
    doc.setdefault("posting_date", site.local_now().date().isoformat())
    if doctype in entries.DOCTYPES:
        entries.check(site, doc)
    unique(site, doc)
    before = dict(site._series)
    give_name(site, doc, body)
    if doctype == "Payment Entry":
        doc["status"] = "Submitted" if doc["docstatus"] else "Draft"
    if doc["docstatus"] == 1:
        try:
            (_move_goods if doctype == "Stock Entry" else entries.post)(site, doc)
        except Refusal:
            site._series = before
            raise
    return keep(site, doc, user)


def _move_goods(site: Site, doc: Doc) -> None:
    for row in doc["items"]:
        if row.get("s_warehouse"):
            invoices.take(site, row["item_code"], row["s_warehouse"], flt(row["qty"], 3), doc["posting_date"])
    for row in doc["items"]:
        for field, sign in (("s_warehouse", -1), ("t_warehouse", 1)):
            if row.get(field):
                invoices.put_in(site, row["item_code"], row[field], sign * flt(row["qty"], 3))
