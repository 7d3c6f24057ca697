"""What an ERPNext site holds: documents in memory, users and their rights, settings, stamps. Thread-safe by one lock.

Doctypes are declared with the fields a query may name (others: 417 DataError) and their child tables.
"""

from __future__ import annotations

import itertools
import threading
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.contract.emulators.erpnext_figures import BANKERS

Doc = dict[str, Any]

STANDARD = ("name", "owner", "creation", "modified", "modified_by", "docstatus", "idx")


class Refusal(Exception):
    """An error answer: the status, and what ERPNext calls the exception. html: a page instead of JSON."""

    def __init__(
        self, status: int, exc_type: str = "", message: str = "", *, html: str = "", headers: Any = None
    ) -> None:
        super().__init__(message or exc_type or html)
        self.status, self.exc_type, self.message, self.html = status, exc_type, message, html
        self.headers: dict[str, str] = headers or {}


@dataclass(frozen=True)
class DocType:
    fields: frozenset[str]
    children: dict[str, str] = field(default_factory=dict)  # table field -> child doctype
    name_from: str = ""  # the field a new document is named by
    series: str = ""


def _f(words: str) -> frozenset[str]:
    return frozenset(words.split())


_INVOICE = _f(
    "customer customer_name company posting_date posting_time set_posting_time due_date is_pos pos_profile is_return "
    "return_against update_stock set_warehouse currency conversion_rate selling_price_list ignore_pricing_rule "
    "disable_rounded_total taxes_and_charges apply_discount_on discount_amount additional_discount_percentage "
    "naming_series remarks status total net_total grand_total rounded_total rounding_adjustment total_qty "
    "total_taxes_and_charges paid_amount base_paid_amount change_amount base_change_amount outstanding_amount "
    "account_for_change_amount debit_to amended_from title cost_center write_off_account write_off_amount tax_category"
)
_ITEM_ROW = _f(
    "item_code item_name description qty uom stock_uom rate price_list_rate discount_percentage discount_amount amount "
    "net_rate net_amount item_tax_template item_tax_rate income_account cost_center warehouse sales_invoice_item "
    "barcode item_group parent parentfield parenttype"
)
_TAX_ROW = _f(
    "charge_type account_head description rate tax_amount included_in_print_rate cost_center total parent parentfield "
    "parenttype tax_amount_after_discount_amount row_id"
)
_PAYMENT_ROW = _f("mode_of_payment amount base_amount account type default reference_no parent parentfield parenttype")

DOCTYPES: dict[str, DocType] = {
    "Sales Invoice": DocType(
        _INVOICE,
        {"items": "Sales Invoice Item", "taxes": "Sales Taxes and Charges", "payments": "Sales Invoice Payment"},
        series="ACC-SINV-.YYYY.-.#####",
    ),
    "Sales Invoice Item": DocType(_ITEM_ROW),
    "Sales Taxes and Charges": DocType(_TAX_ROW),
    "Sales Invoice Payment": DocType(_PAYMENT_ROW),
    "Item": DocType(
        _f(
            "item_code item_name item_group brand description stock_uom disabled variant_of has_variants is_stock_item "
            "is_sales_item image end_of_life standard_rate"
        ),
        {
            "barcodes": "Item Barcode",
            "attributes": "Item Variant Attribute",
            "taxes": "Item Tax",
            "item_defaults": "Item Default",
        },
        name_from="item_code",
    ),
    "Item Default": DocType(
        _f("company income_account expense_account default_warehouse parent parentfield parenttype")
    ),
    "Item Barcode": DocType(_f("barcode barcode_type uom parent parentfield parenttype")),
    "Item Variant Attribute": DocType(_f("attribute attribute_value parent parentfield parenttype")),
    "Item Tax": DocType(_f("item_tax_template tax_category valid_from parent parentfield parenttype")),
    "Item Price": DocType(
        _f("item_code item_name price_list price_list_rate currency uom valid_from valid_upto selling buying customer")
    ),
    "Item Group": DocType(_f("item_group_name parent_item_group is_group"), {"taxes": "Item Tax"}, "item_group_name"),
    "Bin": DocType(_f("item_code warehouse actual_qty reserved_qty projected_qty")),
    "Customer": DocType(
        _f("customer_name customer_type customer_group territory mobile_no email_id tax_id disabled"),
        name_from="customer_name",
    ),
    "Mode of Payment": DocType(
        _f("mode_of_payment type enabled"), {"accounts": "Mode of Payment Account"}, "mode_of_payment"
    ),
    "Mode of Payment Account": DocType(_f("company default_account parent parentfield parenttype")),
    "POS Profile": DocType(
        _f(
            "company customer disabled warehouse selling_price_list currency update_stock taxes_and_charges "
            "income_account"
        ),
        {"payments": "POS Payment Method", "applicable_for_users": "POS Profile User"},
        "name",
    ),
    "POS Payment Method": DocType(_f("mode_of_payment default parent parentfield parenttype")),
    "POS Profile User": DocType(_f("user default parent parentfield parenttype")),
    "Warehouse": DocType(_f("warehouse_name company is_group disabled"), name_from="name"),
    "Company": DocType(
        _f("company_name default_currency round_off_account cost_center abbr country"), name_from="company_name"
    ),
    "Price List": DocType(_f("price_list_name currency selling enabled"), name_from="price_list_name"),
    "Account": DocType(
        _f("account_name account_number company is_group account_type account_currency root_type disabled"),
        name_from="name",
    ),
    "Fiscal Year": DocType(_f("year year_start_date year_end_date disabled"), name_from="year"),
    "Accounting Period": DocType(_f("start_date end_date company"), name_from="name"),
    "Item Tax Template": DocType(_f("title company disabled"), {"taxes": "Item Tax Template Detail"}, "name"),
    "Item Tax Template Detail": DocType(_f("tax_type tax_rate parent parentfield parenttype")),
    "Sales Taxes and Charges Template": DocType(
        _f("title company is_default disabled tax_category"), {"taxes": "Sales Taxes and Charges"}, "name"
    ),
    "Custom Field": DocType(
        _f("dt fieldname label fieldtype unique read_only no_copy insert_after search_index options reqd")
    ),
    "DocType": DocType(
        _f("module custom autoname naming_rule istable title_field"),
        {"fields": "DocField", "permissions": "DocPerm"},
        "name",
    ),
    "DocField": DocType(
        _f(
            "fieldname fieldtype label options reqd unique search_index in_list_view in_standard_filter parent "
            "parentfield parenttype"
        )
    ),
    "DocPerm": DocType(_f("role read write create parent parentfield parenttype")),
    "System Settings": DocType(
        _f("time_zone rounding_method currency_precision float_precision allow_error_traceback")
    ),
    "Stock Settings": DocType(_f("allow_negative_stock stock_frozen_upto")),
    "Accounts Settings": DocType(_f("acc_frozen_upto")),
    "User": DocType(_f("email enabled full_name"), {"roles": "Has Role"}, "email"),
    "Has Role": DocType(_f("role parent parentfield parenttype")),
    "Journal Entry": DocType(
        _f(
            "voucher_type company posting_date user_remark total_debit total_credit difference title status "
            "amended_from"
        ),
        {"accounts": "Journal Entry Account"},
        series="ACC-JV-.YYYY.-.#####",
    ),
    "Journal Entry Account": DocType(
        _f(
            "account debit_in_account_currency credit_in_account_currency debit credit cost_center parent "
            "parenttype idx"
        )
    ),
    "Payment Entry": DocType(
        _f(
            "payment_type party_type party company posting_date mode_of_payment paid_from paid_to paid_amount "
            "received_amount source_exchange_rate target_exchange_rate reference_no reference_date "
            "total_allocated_amount difference_amount status remarks custom_remarks amended_from"
        ),
        {"references": "Payment Entry Reference"},
        series="ACC-PAY-.YYYY.-.#####",
    ),
    "Payment Entry Reference": DocType(_f("reference_doctype reference_name allocated_amount parent")),
    "Stock Entry": DocType(
        _f("stock_entry_type purpose company posting_date posting_time set_posting_time"),
        {"items": "Stock Entry Detail"},
        series="MAT-STE-.YYYY.-.#####",
    ),
    "Stock Entry Detail": DocType(_f("item_code qty s_warehouse t_warehouse basic_rate parent")),
    "Deleted Document": DocType(_f("deleted_doctype deleted_name")),
}

#: Doctypes with one document, named like themselves.
SINGLES = ("System Settings", "Stock Settings", "Accounts Settings")

_ALL = "*"
#: Role -> what it may read, and what it may create and change (observed: contract, section 1).
RIGHTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "System Manager": (frozenset([_ALL]), frozenset([_ALL])),
    "Accounts User": (
        frozenset(
            [
                "POS Profile",
                "Account",
                "Company",
                "Fiscal Year",
                "Item Tax Template",
                "Sales Taxes and Charges Template",
            ]
        ),
        frozenset(["Sales Invoice", "Payment Entry", "Journal Entry"]),
    ),
    "Sales User": (
        frozenset(["Item", "Item Group", "Price List", "Mode of Payment", "Warehouse", "Company"]),
        frozenset(["Customer"]),
    ),
    "Sales Master Manager": (frozenset(["Item Price", "Price List", "Item"]), frozenset(["Customer"])),
    "Stock User": (frozenset(["Bin", "Item", "Warehouse"]), frozenset(["Stock Entry"])),
}


@dataclass
class Account:
    key: str
    secret: str
    user: str
    roles: tuple[str, ...]


class Site:
    """One company's site. `zone` is what its stamps are in. `clock` may be replaced by a test."""

    def __init__(self, *, zone: str = "Europe/London", versions: tuple[str, str] = ("15.72.4", "15.71.1")) -> None:
        self.lock = threading.RLock()
        self.doctypes = dict(DOCTYPES)
        self.docs: dict[str, dict[str, Doc]] = {name: {} for name in DOCTYPES}
        self.custom_fields: dict[tuple[str, str], Doc] = {}
        self.accounts: dict[str, Account] = {}
        self.versions = versions
        self.clock = lambda: datetime.now(UTC)
        self.files: dict[str, tuple[str, bytes]] = {}
        self.tracebacks = True
        self.host = ""  # when set, another Host header is no site of ours
        self.stock_since = ""  # stock before this date is not there (back-dated sales)
        self._last_stamp = ""
        self._series: dict[str, int] = {}
        self._row_names = itertools.count(1)
        self.docs["System Settings"]["System Settings"] = {
            "name": "System Settings",
            "time_zone": zone,
            "rounding_method": BANKERS,
            "currency_precision": "",
            "float_precision": "3",
        }
        self.docs["Stock Settings"]["Stock Settings"] = {"name": "Stock Settings", "allow_negative_stock": 0}
        self.docs["Accounts Settings"]["Accounts Settings"] = {"name": "Accounts Settings", "acc_frozen_upto": None}

    # -- settings --

    @property
    def system(self) -> Doc:
        return self.docs["System Settings"]["System Settings"]

    @property
    def stock_settings(self) -> Doc:
        return self.docs["Stock Settings"]["Stock Settings"]

    @property
    def accounts_settings(self) -> Doc:
        return self.docs["Accounts Settings"]["Accounts Settings"]

    # -- stamps and names --

    def local_now(self) -> datetime:
        return self.clock().astimezone(ZoneInfo(self.system["time_zone"])).replace(tzinfo=None)

    def stamp(self) -> str:
        """`modified`: naive, in the site's zone, microseconds; a later one is never smaller than an earlier one."""
        now = self.local_now().strftime("%Y-%m-%d %H:%M:%S.%f")
        if now <= self._last_stamp:
            then = datetime.strptime(self._last_stamp, "%Y-%m-%d %H:%M:%S.%f") + timedelta(microseconds=1)
            now = then.strftime("%Y-%m-%d %H:%M:%S.%f")
        self._last_stamp = now
        return now

    def row_name(self) -> str:
        return f"r{next(self._row_names):09d}"

    def next_name(self, series: str) -> str:
        """The series is gapless: call only when the document will be kept."""
        prefix, _, digits = series.rpartition(".")
        prefix = prefix.replace(".YYYY.", str(self.local_now().year)).replace(".", "")
        number = self._series.get(prefix, 0) + 1
        self._series[prefix] = number
        return f"{prefix}{number:0{digits.count('#') or 5}d}"

    # -- documents --

    def known_fields(self, doctype: str) -> set[str]:
        custom = {f for dt, f in self.custom_fields if dt == doctype}
        return {*STANDARD, *self.doctypes[doctype].fields, *self.doctypes[doctype].children, *custom}

    def put(self, doctype: str, name: str, **fields: Any) -> Doc:
        """Keep a document as it is, no questions asked; lists become its child rows. For seeding and for tests."""
        now = self.stamp()
        doc: Doc = {
            "name": name,
            "owner": "Administrator",
            "creation": now,
            "modified_by": "Administrator",
            "docstatus": 0,
        }
        doc |= {"idx": 0, "modified": now, "doctype": doctype}
        doc |= {f: [] for f in self.doctypes[doctype].children}
        key = self.doctypes[doctype].name_from
        if key:
            doc[key] = name
        doc |= deepcopy(fields)
        for table, child in self.doctypes[doctype].children.items():
            doc[table] = [self.child(doc, table, child, i, row) for i, row in enumerate(doc[table], 1)]
        self.docs[doctype][name] = doc
        return doc

    def child(self, doc: Doc, table: str, child: str, idx: int, row: Doc) -> Doc:
        base = {k: doc.get(k) for k in ("owner", "creation", "modified", "modified_by", "docstatus")}
        base |= {
            "idx": idx,
            "parent": doc["name"],
            "parentfield": table,
            "parenttype": doc["doctype"],
            "doctype": child,
        }
        return {**row, "name": row.get("name") or self.row_name(), **base}

    def get(self, doctype: str, name: str) -> Doc:
        try:
            return self.docs[doctype][name]
        except KeyError:
            raise Refusal(404, "DoesNotExistError", f"{doctype} {name} not found") from None

    def touch(self, doc: Doc) -> None:
        doc["modified"] = self.stamp()

    def change(self, doctype: str, name: str, **fields: Any) -> Doc:
        """What the back office does on its screens: change fields, bump `modified`."""
        with self.lock:
            doc = self.get(doctype, name)
            doc |= deepcopy(fields)
            for table, child in self.doctypes[doctype].children.items():
                if table in fields:
                    doc[table] = [self.child(doc, table, child, i, row) for i, row in enumerate(doc[table], 1)]
            self.touch(doc)
            return doc

    # -- people --

    def add_user(self, key: str, secret: str, user: str, roles: tuple[str, ...]) -> Account:
        self.accounts[key] = Account(key, secret, user, roles)
        self.put("User", user, enabled=1, full_name=user, roles=[{"role": r} for r in roles])
        return self.accounts[key]

    def allow(self, account: Account | None, doctype: str, act: str) -> None:
        """403 PermissionError unless a role of this user allows it. An unknown doctype is a 403 as well (list-15)."""
        user = account.user if account else "Guest"
        shown = doctype if doctype in self.doctypes or self.is_custom(doctype) else "DocType"
        for role in account.roles if account else ():
            reads, writes = RIGHTS.get(role, (frozenset(), frozenset()))
            if _ALL in writes or (doctype in writes and act in ("read", "write", "create")):
                return
            if act == "read" and (_ALL in reads or doctype in reads):
                return
            if self._custom_right(doctype, role, act):
                return
        words = f"User <strong>{user}</strong> does not have doctype access via role permission for document"
        raise Refusal(403, "PermissionError", f"{words} <strong>{shown}</strong>")

    def is_custom(self, doctype: str) -> bool:
        return doctype in self.docs["DocType"]

    def _custom_right(self, doctype: str, role: str, act: str) -> bool:
        if not self.is_custom(doctype):
            return False
        return any(p["role"] == role and p.get(act) for p in self.docs["DocType"][doctype]["permissions"])
