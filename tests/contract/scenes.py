"""The site as it stood before each recorded request: one function per case that needs more than the plain shop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from tests.contract.emulators.erpnext import Emulator
from tests.contract.emulators.erpnext_documents import insert
from tests.contract.emulators.erpnext_invoices import submit
from tests.contract.emulators.erpnext_shops import ABBR, COMPANY, TILL, recorded
from tests.contract.emulators.erpnext_site import Doc, Site

NOON = dt.datetime(2026, 11, 21, 8, 20, 0, tzinfo=dt.UTC)
STAMPS = {
    "COKE-330": "2026-11-21 08:13:25.308200",
    "BREAD-WHT": "2026-11-21 08:13:25.391128",
    "MILK-2L": "2026-11-21 08:13:25.427849",
    "APPLE-KG": "2026-11-21 08:13:25.460790",
    "CHOC-BAR": "2026-11-21 08:13:25.494214",
    "SCARCE-1": "2026-11-21 08:13:25.901858",
}
Scene = Callable[[Emulator, Doc], None]


def site() -> Site:
    """The recorded shop at the recorded hour."""
    made = recorded()
    made.clock = lambda: NOON
    for code, stamp in STAMPS.items():
        made.docs["Item"][code]["modified"] = stamp
    return made


def body(**changes: Any) -> Doc:
    """The recorded invoice: three lines for 4.60, paid with 5.00 in cash."""
    return {
        "doctype": "Sales Invoice", "customer": "Walk-in", "company": COMPANY, "is_pos": 1, "pos_profile": "Till 1",
        "update_stock": 1, "set_warehouse": f"Shop 1 - {ABBR}", "set_posting_time": 1, "posting_date": "2026-11-20",
        "posting_time": "14:05:09", "due_date": "2026-11-20", "currency": "GBP",
        "selling_price_list": "Standard Selling", "ignore_pricing_rule": 1, "disable_rounded_total": 1,
        "items": [
            {"item_code": "COKE-330", "qty": 2, "rate": 1.2}, {"item_code": "BREAD-WHT", "qty": 1, "rate": 1.45},
            {"item_code": "APPLE-KG", "qty": 0.355, "rate": 2.1},
        ],
        "taxes_and_charges": f"VAT 20 incl - {ABBR}",
        "taxes": [
            {"charge_type": "On Net Total", "account_head": f"VAT - {ABBR}", "description": "VAT 20%", "rate": 20,
             "included_in_print_rate": 1},
        ],
        "payments": [{"mode_of_payment": "Cash", "amount": 5.0}], "docstatus": 0, **changes,
    }  # fmt: skip


def booked(emulator: Emulator, name: str, rows: tuple[str, ...] = (), *, draft: bool = False, **changes: Any) -> Doc:
    """An invoice of this name that is there before the request, with its rows named as they were recorded."""
    here = emulator.site
    doc = insert(here, "Sales Invoice", body(name=name, **changes), TILL[2])
    doc = here.docs["Sales Invoice"][name]
    for row, row_name in zip(doc["items"], rows, strict=False):
        row["name"] = row_name
    return doc if draft else submit(here, doc, TILL[2])


def _original(emulator: Emulator, fact: Doc) -> None:
    rows = tuple(i["sales_invoice_item"] for i in fact["body"]["items"] if "sales_invoice_item" in i)
    booked(emulator, fact["body"]["return_against"], rows)


def _named_draft(emulator: Emulator, fact: Doc) -> None:
    """The draft that a PUT, or a submit, of the recording names."""
    path = fact["path"].split("?")[0].split("/")[-1]
    booked(emulator, path, draft=True)


def _named_invoice(emulator: Emulator, fact: Doc) -> None:
    booked(emulator, fact["path"].split("?")[0].split("/")[-1])


def _draft_like_the_post_before(case: str, receipt: str = "") -> Scene:
    """The draft made by another fact (under another receipt id), whose own scene comes first."""

    def scene(emulator: Emulator, fact: Doc) -> None:
        from tests.contract.facts_of import tables

        post = next(f for facts in tables().values() for f in facts if f["case"] == case)
        SCENES.get(case, lambda *_: None)(emulator, post)
        name, other = fact["path"].split("/")[-1], {"pos_receipt_id": receipt} if receipt else {}
        insert(emulator.site, "Sales Invoice", post["body"] | {"name": name, "docstatus": 0, **other}, TILL[2])

    return scene


def _receipt_there(emulator: Emulator, fact: Doc) -> None:
    sent = fact["body"].get("docs") or [fact["body"]]
    booked(emulator, "ACC-SINV-2026-09000", pos_receipt_id=sent[-1]["pos_receipt_id"])


def _lookup(status: int) -> Scene:
    def scene(emulator: Emulator, fact: Doc) -> None:
        doc = booked(emulator, "ACC-SINV-2026-00037", pos_receipt_id="01JD9fb63cf437ed")
        booked(emulator, "ACC-SINV-2026-00001", pos_receipt_id="R-0001")
        booked(emulator, "ACC-SINV-2026-00046", pos_receipt_id="TO-b5073206").update(docstatus=status)
        doc["modified"] = "2026-11-21 08:13:25.308200"

    return scene


def _stock(item: str, qty: float) -> Scene:
    def scene(emulator: Emulator, fact: Doc) -> None:
        emulator.site.docs["Bin"][f"{item}|Shop 1 - {ABBR}"]["actual_qty"] = qty

    return scene


def _change(doctype: str, name: str, **fields: Any) -> Scene:
    def scene(emulator: Emulator, fact: Doc) -> None:
        emulator.site.docs[doctype][name] |= fields

    return scene


def _switch(**fields: Any) -> Scene:
    def scene(emulator: Emulator, fact: Doc) -> None:
        for name, value in fields.items():
            setattr(emulator, name, value)

    return scene


def _all(*scenes: Scene) -> Scene:
    def scene(emulator: Emulator, fact: Doc) -> None:
        for one in scenes:
            one(emulator, fact)

    return scene


def _prices_valid_before(emulator: Emulator, fact: Doc) -> None:
    for price in emulator.site.docs["Item Price"].values():
        price["valid_from"] = "2026-01-01"


def _second_return(emulator: Emulator, fact: Doc) -> None:
    _original(emulator, fact)
    first = {k: v for k, v in fact["body"].items() if k != "pos_receipt_id"} | {
        "pos_receipt_id": fact["body"]["pos_receipt_id"]
    }
    insert(emulator.site, "Sales Invoice", first, TILL[2])


def _no_tracebacks(emulator: Emulator, fact: Doc) -> None:
    emulator.site.tracebacks = False


def _customer(name: str, **fields: Any) -> Scene:
    def scene(emulator: Emulator, fact: Doc) -> None:
        base = {"customer_type": "Individual", "customer_group": "Individual", "disabled": 0, "mobile_no": None}
        emulator.site.put("Customer", name, **{**base, **fields})

    return scene


def _no_field(emulator: Emulator, fact: Doc) -> None:
    """Custom fields as they were before this case made one."""
    emulator.site.custom_fields.pop((fact["body"]["dt"], fact["body"]["fieldname"]), None)


def _one_item_more(emulator: Emulator, fact: Doc) -> None:
    emulator.site.put("Item", fact["path"].split("/")[-1], item_name="x", disabled=0)


def _deleted_item(emulator: Emulator, fact: Doc) -> None:
    emulator.site.put("Deleted Document", "d1", deleted_doctype="Item", deleted_name="TMPNEW-08ffff")


def _sold_item(emulator: Emulator, fact: Doc) -> None:
    booked(emulator, "ACC-SINV-2026-00868")


def _stale(emulator: Emulator, fact: Doc) -> None:
    doc = booked(emulator, fact["body"]["doc"]["name"], draft=True)
    doc["modified"] = "2026-11-21 08:38:26.116167"


def _fresh(emulator: Emulator, fact: Doc) -> None:
    sent = fact["body"]["doc"]
    doc = booked(emulator, sent["name"], draft=True, pos_receipt_id=sent["pos_receipt_id"])
    doc["modified"] = sent["modified"]


def _to_cancel(emulator: Emulator, fact: Doc) -> None:
    booked(emulator, fact["body"]["name"], pos_receipt_id="TO-b5073206")


def _journal_entry(emulator: Emulator, fact: Doc) -> None:
    insert(emulator.site, "Journal Entry", dict(fact["body"]), TILL[2])


def _stock_entry(emulator: Emulator, fact: Doc) -> None:
    insert(emulator.site, "Stock Entry", dict(fact["body"]), TILL[2])


def _unpaid(emulator: Emulator, fact: Doc) -> None:
    booked(emulator, fact["body"]["references"][0]["reference_name"], is_pos=0, payments=[])


def _named(name: str) -> Scene:
    def scene(emulator: Emulator, fact: Doc) -> None:
        booked(emulator, name, pos_receipt_id=f"N-{name}")

    return scene


def _fault(kind: str) -> Scene:
    def scene(emulator: Emulator, fact: Doc) -> None:
        emulator.faults.next(kind, hits="all")

    return scene


_SCARCE_ONE = _stock("SCARCE-1", 1)
SCENES: dict[str, Scene] = {
    "auth-08-unknown-host": lambda e, f: setattr(e.site, "host", "127.0.0.1"),
    "bulk-03-insert_many-duplicate-inside": _receipt_there,
    "cash-01b-journal-entry-duplicate-id": _journal_entry,
    "cash-03-payment-entry-receive-on-account": _unpaid,
    "cust-01b-create-same-name": _customer("Jane Till"),
    "err-02-method-not-allowed": _named_invoice,
    "err-06-delete-submitted": _named_invoice,
    "err-06b-update-after-submit": _named_invoice,
    "err-12b-rate-limited-429": _switch(rate_limited=True),
    "err-12c-rate-limited-429-post": _switch(rate_limited=True),
    "err-13-maintenance-mode": _switch(maintenance=True),
    "err-13b-maintenance-mode-post": _switch(maintenance=True),
    "err-13c-maintenance-mode-ping": _switch(maintenance=True),
    "err-14-traceback-disabled-out-of-stock": _no_tracebacks,
    "err-14b-traceback-disabled-duplicate": _all(_no_tracebacks, _receipt_there),
    "err-14c-traceback-disabled-500": _no_tracebacks,
    "err-15-deadlock-500-concurrent-client-names": _fault("deadlock"),
    "err-16-lock-wait-timeout": _fault("lock_timeout"),
    "err-17b-redis-cache-down": lambda e, f: e.site.docs["Item Price"]["p-COKE-330"].update(price_list_rate=1.25),
    "err-18-database-down-post": _switch(database_down=True),
    "err-18b-database-down-get": _fault("database_down"),
    "err-18c-database-down-ping": _switch(database_down=True),
    "idem-01-custom-field-create": _no_field,
    "idem-03-same-receipt-second-post-docstatus1": _receipt_there,
    "idem-03b-same-receipt-second-post-draft": _receipt_there,
    "idem-04-lookup-by-receipt-id": _lookup(1),
    "idem-04c-lookup-many-in": _lookup(1),
    "idem-06b-client-name-second": _named("POS-0cf9dc2901"),
    "idem-06c-get-by-name": _named("POS-0cf9dc2901"),
    "idem-07-concurrent-same-receipt-2": _receipt_there,
    "idem-08-concurrent-same-name-1": _named("CN-f3eebd00"),
    "idem-12-cancel-forbidden-pos-user": _to_cancel,
    "idem-12b-cancel-manager": _to_cancel,
    "idem-12c-repost-receipt-of-cancelled-invoice": _lookup(2),
    "idem-12d-lookup-cancelled": _lookup(2),
    "idem-13a-return-first-post": _original,
    "idem-13b-return-second-post-duplicate-masked-by-over-return": _second_return,
    "idem-14a-last-unit-first-post": _SCARCE_ONE,
    "idem-14b-last-unit-second-post-same-receipt": _receipt_there,
    "idem-16-concurrent-submit-2": _draft_like_the_post_before("inv-32-no-pos-profile", "CS-5f2ba3"),
    "idem-17-client-submit-stale-doc": _stale,
    "idem-18c-probe-field-present-via-list": lambda e, f: booked(e, "ACC-SINV-2026-00038") and None,
    "inv-02b-submit-via-put-docstatus": _draft_like_the_post_before("inv-02a-create-draft"),
    "inv-02c-submit-again": _all(_draft_like_the_post_before("inv-02a-create-draft"), lambda e, f: submitted(e, f)),
    "inv-02e-submit-via-run_method": lambda e, f: (
        booked(e, "ACC-SINV-2026-00003", draft=True, pos_receipt_id="R-0003") and None
    ),
    "inv-02g-submit-via-frappe.client.submit": _fresh,
    "inv-06-return-one-post": _original,
    "inv-06b-return-qty-positive": _original,
    "inv-06c-return-exceeds-sold": _original,
    "inv-06d-return-item-not-in-original": _original,
    "inv-06g-return-draft": _original,
    "inv-06h-return-draft-submit": _draft_like_the_post_before("inv-06g-return-draft"),
    "inv-06k-return-exceeds-sold-draft": _original,
    "inv-06l-return-item-not-in-original-draft": _original,
    "inv-06m-second-full-return": _original,
    "inv-06n-second-full-return-again": _original,
    "inv-06o-return-with-sales_invoice_item-row-ref-exceeds": _original,
    "inv-06p-return-customer-differs": _original,
    "inv-23-closed-accounting-period": lambda e, f: (
        e.site.put("Accounting Period", "Oct26", start_date="2026-11-01", end_date="2026-11-05", company=COMPANY)
        and None
    ),
    "inv-24-accounts-frozen-upto": lambda e, f: e.site.accounts_settings.update(acc_frozen_upto="2026-11-10"),
    "inv-24b-stock-frozen-upto": lambda e, f: e.site.stock_settings.update(stock_frozen_upto="2026-11-10"),
    "inv-25-fiscal-year-disabled": _change("Fiscal Year", "2026", disabled=1),
    "inv-26-disabled-item": _change("Item", "CHOC-BAR", disabled=1),
    "inv-26b-disabled-customer": _customer("Jane Till", disabled=1),
    "inv-26c-disabled-pos-profile": _change("POS Profile", "Till 1", disabled=1),
    "inv-27-negative-stock-allowed": lambda e, f: e.site.stock_settings.update(allow_negative_stock=1),
    "inv-31-submit-out-of-stock-draft": _all(_draft_like_the_post_before("inv-08b-out-of-stock-draft")),
    "inv-31b-delete-draft-pos-user": _named_draft,
    "inv-34-card-refund-draft-then-submit": _original,
    "inv-34b-card-refund-submit": _draft_like_the_post_before("inv-34-card-refund-draft-then-submit"),
    "inv-34c-split-refund-draft": _original,
    "inv-34d-card-refund-one-post": _original,
    "inv-34e-exchange-mixed-signs-in-return": _original,
    "inv-35b-draft-card-overpaid-submit": _draft_like_the_post_before("inv-35-draft-card-overpaid"),
    "inv-36b-draft-underpaid-submit": _draft_like_the_post_before("inv-36-draft-underpaid"),
    "list-04-item-price": lambda e, f: setattr(e.site.accounts[TILL[0]], "roles", ("Sales User", "Accounts User")),
    "list-20b-deleted-documents-manager": _deleted_item,
    "list-22b-long-in-filter-by-POST-get_list": _lookup(1),
    "list-23-delete-item": _one_item_more,
    "list-23b-delete-item-with-transactions": _sold_item,
    "stock-01b-material-transfer-duplicate-id": _stock_entry,
}


def submitted(emulator: Emulator, fact: Doc) -> None:
    here = emulator.site
    submit(here, here.docs["Sales Invoice"][fact["path"].split("/")[-1]], TILL[2])
