"""What customers, items, accounts and the other lists must obey, and what they are given."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.contract.emulators.qbo_company import (
    GLOBAL,
    PEOPLE,
    Company,
    Doc,
    Record,
    Refusal,
    business,
    invalid,
    space,
)
from tests.contract.emulators.qbo_figures import number

DELETED = " (deleted)"
NAME_MAX = {"Item": 100, "Customer": 500, "Vendor": 500, "Employee": 500}
INVENTORY_ACCOUNTS = ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef")
_REFS = {
    "CustomerRef": "Customer", "ItemRef": "Item", "DepositToAccountRef": "Account", "IncomeAccountRef": "Account",
    "ExpenseAccountRef": "Account", "AssetAccountRef": "Account", "DiscountAccountRef": "Account",
    "AccountRef": "Account", "ARAccountRef": "Account", "PaymentMethodRef": "PaymentMethod",
    "DepartmentRef": "Department", "ClassRef": "Class", "SalesTermRef": "Term", "VendorRef": "Vendor",
    "SalesTaxCodeRef": "TaxCode", "TaxRateRef": "TaxRate",
}  # fmt: skip
WORDS = {"Item": "Items", "Account": "Accounts", "Customer": "Names", "Vendor": "Names"}


def missing(name: str) -> Refusal:
    return invalid("2020", "Required param missing, need to supply the required value for the API",
                   f"Required parameter {name} is missing in the request", name)  # fmt: skip


def too_long(name: str, most: int, value: str) -> Refusal:
    return invalid("2050", "String is too long",
                   f"String length is either shorter or longer than supported by specification. "
                   f"Min:0 Max:{most} supported. Supplied length:{len(value)}", name)  # fmt: skip


def gone(what: str = "accounts, customers, items, vendors or employees") -> Refusal:
    return invalid(
        "610",
        "Object Not Found",
        f"Object Not Found : Something you're trying to use has been made inactive. Check the fields with {what}.",
        "",
    )


def references(company: Company, value: Any, entity: str) -> None:
    """Every reference points at something that is there and in use; its name is filled in."""
    if isinstance(value, list):
        for one in value:
            references(company, one, entity)
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        target = _REFS.get(name) or (entity if name == "ParentRef" else "")
        if not target:
            references(company, inner, entity)
        elif isinstance(inner, dict) and inner.get("value") not in (None, ""):
            _reference(company, inner, target)
    currency = value.get("CurrencyRef") or {}
    if currency.get("value") not in (None, "", company.currency) and not company.switches.multicurrency:
        raise business("Business Validation Error: You cannot use a foreign currency until multicurrency is on.")


def _reference(company: Company, reference: Doc, target: str) -> None:
    key = str(reference["value"])
    record = company.find(target, key)
    if record is None:
        word = WORDS.get(target, target)
        raise invalid("2500", "Invalid Reference Id", f"Invalid Reference Id : {word} element id {key} not found")
    if record.body.get("Active") is False:
        if target in PEOPLE:
            said = f"you must restore {record.name}{DELETED} before you use it"
            raise invalid("2500", "Invalid Reference Id", f"Invalid Reference Id : {said}")
        raise gone()
    reference["value"] = key
    reference["name"] = record.body.get("DisplayName") or record.body.get("Name", "")


def settle(company: Company, entity: str, doc: Doc, record: Record | None) -> str:
    """Checks and completes a list entry; answers the name that it holds in its name space."""
    key = "DisplayName" if entity in PEOPLE else "Name"
    if entity in PEOPLE and not doc.get(key):
        parts = [str(doc[p]) for p in ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix") if doc.get(p)]
        doc[key] = " ".join(parts)
    name = str(doc.get(key) or "")
    if not name:
        raise missing(key)
    if any(c in name for c in ":\t\n"):
        raise business(f"Business Validation Error: {key} must not hold a colon, a tab or a new line.")
    most = NAME_MAX.get(entity, 100)
    if len(name) > most:
        raise too_long(key, most, name)
    references(company, doc, entity)
    doc.setdefault("Active", True)
    if entity == "Item":
        _item(doc, record)
    full = f"{doc['ParentRef']['name']}:{name}" if doc.get("ParentRef", {}).get("name") else name
    return _named(company, entity, doc, record, name if entity in PEOPLE else full, key)


def _named(company: Company, entity: str, doc: Doc, record: Record | None, name: str, key: str) -> str:
    own = record.body["Id"] if record else None
    held = record.name if record else ""
    if record and name in (held, held + DELETED):
        name = held
    taken = company.names.get((space(entity), name.casefold()))
    if taken is not None and taken != own:
        raise invalid("6240", "Duplicate Name Exists Error", "The name supplied already exists. : null")
    if doc["Active"] in (False, "false"):
        doc["Active"] = False
        doc[key] = name.rpartition(":")[2] + DELETED
    else:
        doc["Active"] = True
        doc[key] = name.rpartition(":")[2]
    if entity != "Employee":
        doc["FullyQualifiedName"] = name + (DELETED if doc["Active"] is False else "")
    _completed(company, entity, doc)
    return name


def _completed(company: Company, entity: str, doc: Doc) -> None:
    if entity in ("Customer", "Vendor"):
        doc.setdefault("Balance", 0)
        doc.setdefault("CurrencyRef", company.currency_ref())
    if entity in PEOPLE:
        doc.setdefault("PrintOnCheckName", doc["DisplayName"])
    if entity == "Customer":
        doc.setdefault("Taxable", True)
        doc |= {"Job": doc.get("Job", False), "BillWithParent": doc.get("BillWithParent", False)}
        doc["BalanceWithJobs"] = doc["Balance"]
        doc.setdefault("PreferredDeliveryMethod", "Print")
        if company.tax != GLOBAL:
            doc.setdefault("DefaultTaxCodeRef", {"value": "2"})
    if entity == "Vendor":
        doc.setdefault("Vendor1099", False)
        doc.pop("FullyQualifiedName", None)
    if entity in ("TaxCode", "TaxRate", "TaxAgency", "PaymentMethod", "Term"):
        doc.pop("FullyQualifiedName", None)
    if entity == "PaymentMethod":
        doc.setdefault("Type", "NON_CREDIT_CARD")
    if entity == "Department":
        doc.setdefault("SubDepartment", bool(doc.get("ParentRef")))
    if entity == "Class":
        doc.setdefault("SubClass", bool(doc.get("ParentRef")))
    if entity == "Account":
        doc.setdefault("CurrentBalance", 0)
        doc.setdefault("SubAccount", bool(doc.get("ParentRef")))


def _item(doc: Doc, record: Record | None) -> None:
    kind = doc.setdefault("Type", "Service")
    if kind not in ("Service", "NonInventory", "Inventory", "Category", "Group"):
        raise invalid("2010", "Request has invalid or unsupported property", f"Property Name:Type {kind} is invalid")
    if kind == "Inventory":
        for name in ("TrackQtyOnHand", "QtyOnHand", "InvStartDate", *INVENTORY_ACCOUNTS):
            if doc.get(name) in (None, "") or doc[name] is False:
                raise missing(name)
        doc["QtyOnHand"] = number(doc["QtyOnHand"])
    elif kind in ("Service", "NonInventory") and not doc.get("IncomeAccountRef") and record is None:
        raise missing("IncomeAccountRef")
    for name in ("UnitPrice", "PurchaseCost"):
        if kind not in ("Category", "Group"):
            doc[name] = number(doc.get(name))
    doc.setdefault("Taxable", False)
    doc.setdefault("TrackQtyOnHand", False)


def owes(company: Company, customer: str, change: Decimal) -> None:
    """The customer's balance moves with invoices, credits and payments."""
    record = company.find("Customer", customer)
    if record is None or not change:
        return
    record.body["Balance"] = number(record.body.get("Balance")) + change
    record.body["BalanceWithJobs"] = record.body["Balance"]
    company.touch("Customer", record)
