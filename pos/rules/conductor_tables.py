"""Fields of records of QuickBooks Desktop: what each holds, how long it may be, and who may write it. Pure.

Names are Conductor's own. Amounts, quantities and percents are exact texts ("12.50", "3"), days ISO dates, flags true
or false, an empty field "" ({} for an address or a reference, [] for a list). A reference is {"id", "fullName"} of
theirs, and counts by its id alone. A party (customer, vendor, item of a line) is the id of a record here, or THERE and
their id where no record here is that one, as for a subtotal or a group of items.

What a service or non-inventory item holds in `salesOrPurchaseDetails` or `salesAndPurchaseDetails` stands among its
fields, each by itself; a field's `within` says where it belongs there. An item has those of one, never of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pos.rules.conductor import ITEMS, snake

Sort = Literal["text", "money", "number", "day", "flag", "choice", "ref", "party", "address", "custom", "kept"]
#: both: whenever a person likes. create: only as long as it is not in QuickBooks. update: only once it is. never: only
#: QuickBooks says it.
Writable = Literal["both", "create", "update", "never"]

#: Before an id of theirs, where no record here is the thing it names.
THERE = "there:"
#: Length where their contract names none.
CHARS = 4095
LINES_MAX = 700
ADDRESS: dict[str, int] = {
    "line1": 41, "line2": 41, "line3": 41, "line4": 41, "line5": 41, "city": 31, "state": 21, "postalCode": 13,
    "country": 31, "note": 41,
}  # fmt: skip
OR, AND = "salesOrPurchaseDetails", "salesAndPurchaseDetails"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. to: of a reference the sort of list it is from (`ConductorRef.sort`), of a party the kind of record.
    contact: how a person is reached. sent: its name in a body that goes there. merged: it is compared with theirs;
    what is not is taken as it stands there. within: the object of theirs it stands in."""

    sort: Sort = "text"
    chars: int = CHARS
    needed: bool = False
    on: Writable = "both"
    choices: tuple[str, ...] = ()
    to: str = ""
    contact: bool = False
    sent: str = ""
    merged: bool = True
    within: str = ""

    @property
    def empty(self) -> Any:
        """What it holds when it holds nothing."""
        return {} if self.sort in ("ref", "address") else [] if self.sort in ("custom", "kept") else ""


def _ref(name: str, to: str = "", **more: Any) -> Field:
    return Field("ref", chars=36, to=to or snake(name), sent=f"{name}Id", **more)


def _party(name: str, kind: str, **more: Any) -> Field:
    return Field("party", chars=100, to=kind, sent=f"{name}Id", **more)


def _refs(*names: str) -> dict[str, Field]:
    return {name: _ref(name) for name in names}


def _told(sort: Sort, *names: str) -> dict[str, Field]:
    """Fields only they say."""
    return {name: Field(sort, on="never", merged=False) for name in names}


def _contact(chars: int, *names: str) -> dict[str, Field]:
    return {name: Field(chars=chars, contact=True) for name in names}


_ADDRESS = Field("address")
_MONEY, _NUMBER, _DAY, _FLAG, _TEXT = (
    Field("money", chars=30),
    Field("number", chars=30),
    Field("day"),
    Field("flag"),
    Field(),
)
_STAMPS = _told("text", "createdAt", "updatedAt", "externalId") | _told("custom", "customFields")
_COUNTRIES = ("australia", "canada", "uk", "us")
_PERSON: dict[str, Field] = {
    **_contact(41, "companyName"), **_contact(CHARS, "salutation"), **_contact(25, "firstName"),
    **_contact(5, "middleName"), **_contact(25, "lastName"), **_contact(CHARS, "jobTitle"),
    "billingAddress": Field("address", contact=True), "shippingAddress": Field("address", contact=True),
    **_contact(21, "phone", "alternatePhone", "fax"),
    **_contact(CHARS, "email", "ccEmail", "contact", "alternateContact", "note"),
}  # fmt: skip
_NAME = Field(chars=41, needed=True)

_CUSTOMER: dict[str, Field] = {
    "name": replace(_NAME, contact=True), "isActive": _FLAG, "parent": _ref("parent", "customer"), **_PERSON,
    **_refs("class", "customerType", "terms", "salesRepresentative", "salesTaxCode"),
    "salesTaxItem": _ref("salesTaxItem"), "salesTaxCountry": Field("choice", choices=_COUNTRIES),
    "resaleNumber": _TEXT, "accountNumber": _TEXT, "creditLimit": _MONEY,
    "preferredPaymentMethod": _ref("preferredPaymentMethod", "payment_method"),
    "jobStatus": Field("choice", choices=("awarded", "closed", "in_progress", "none", "not_awarded", "pending")),
    **dict.fromkeys(("jobStartDate", "jobProjectedEndDate", "jobEndDate"), _DAY), "jobDescription": _TEXT,
    "jobType": _ref("jobType"), "preferredDeliveryMethod": Field("choice", choices=("email", "mail", "none")),
    "priceLevel": _ref("priceLevel"), "taxRegistrationNumber": _TEXT, "currency": _ref("currency"),
    **_told("text", "fullName"), **_told("number", "sublevel"), **_told("money", "balance", "totalBalance"),
    **_told("kept", "alternateShippingAddresses", "customContactFields", "additionalContacts", "additionalNotes"),
    **_STAMPS,
}  # fmt: skip
_VENDOR: dict[str, Field] = {
    "name": replace(_NAME, contact=True), "isActive": _FLAG, **_PERSON, "nameOnCheck": Field(chars=41),
    "accountNumber": _TEXT, **_refs("class", "vendorType", "terms"), "creditLimit": _MONEY,
    "taxIdentificationNumber": _TEXT, "isEligibleFor1099": _FLAG, "billingRate": _ref("billingRate"),
    "salesTaxCode": _ref("salesTaxCode"), "salesTaxCountry": Field("choice", choices=_COUNTRIES),
    "isSalesTaxAgency": _FLAG, "salesTaxReturn": _ref("salesTaxReturn"), "taxRegistrationNumber": _TEXT,
    "reportingPeriod": Field("choice", choices=("monthly", "quarterly")),
    "isTrackingPurchaseTax": _FLAG, "purchaseTaxAccount": _ref("purchaseTaxAccount", "account"),
    "isTrackingSalesTax": _FLAG, "salesTaxAccount": _ref("salesTaxAccount", "account"), "isCompoundingTax": _FLAG,
    "currency": _ref("currency"), **_told("money", "balance"),
    **_told("kept", "customContactFields", "additionalContacts", "additionalNotes", "defaultExpenseAccounts"),
    **_STAMPS,
}  # fmt: skip

# -- items: what all five have, then what each has for itself ----------------------------------------------------------

_ITEM: dict[str, Field] = {
    "name": Field(chars=31, needed=True), "isActive": _FLAG, "barcode": _TEXT, "class": _ref("class"),
    "parent": _ref("parent", "item"), "salesTaxCode": _ref("salesTaxCode"),
    **_told("text", "fullName"), **_told("number", "sublevel"), **_STAMPS,
}  # fmt: skip
_UNIT = _refs("unitOfMeasureSet")
_STOCKED: dict[str, Field] = {
    **_UNIT, "salesDescription": _TEXT, "salesPrice": _MONEY,
    "incomeAccount": _ref("incomeAccount", "account", needed=True),
    "purchaseDescription": _TEXT, "purchaseCost": _MONEY, "purchaseTaxCode": _ref("purchaseTaxCode", "sales_tax_code"),
    "cogsAccount": _ref("cogsAccount", "account", needed=True),
    "preferredVendor": _party("preferredVendor", "qbd_vendor"),
    "assetAccount": _ref("assetAccount", "account", needed=True), "maximumQuantityOnHand": _NUMBER,
    **_told("number", "quantityOnHand", "quantityOnPurchaseOrder", "quantityOnSalesOrder"),
    **_told("money", "averageCost"),
}  # fmt: skip
#: What an item of which is not kept how many there are says of its price: one account, or one for each side.
DETAILS: dict[str, Field] = {
    **{name: replace(one, within=OR) for name, one in {
        "description": _TEXT, "price": _MONEY, "pricePercentage": _MONEY,
        "postingAccount": _ref("postingAccount", "account"),
    }.items()},
    **{name: replace(one, within=AND) for name, one in {
        "salesDescription": _TEXT, "salesPrice": _MONEY, "incomeAccount": _ref("incomeAccount", "account"),
        "purchaseDescription": _TEXT, "purchaseCost": _MONEY,
        "purchaseTaxCode": _ref("purchaseTaxCode", "sales_tax_code"),
        "expenseAccount": _ref("expenseAccount", "account"),
        "preferredVendor": _party("preferredVendor", "qbd_vendor"),
    }.items()},
}  # fmt: skip
#: resource -> its fields, the common ones first.
ITEM_FIELDS: dict[str, dict[str, Field]] = {
    "inventory_items": {**_ITEM, "sku": _TEXT, **_STOCKED, "reorderPoint": _NUMBER},
    "non_inventory_items": {**_ITEM, "sku": _TEXT, **_UNIT, **DETAILS},
    "service_items": {**_ITEM, **_UNIT, **DETAILS},
    "discount_items": {
        **_ITEM, "description": _TEXT, "discountRate": _MONEY, "discountRatePercent": _MONEY,
        "account": _ref("account", "account", needed=True),
    },
    "inventory_assembly_items": {
        **_ITEM, "sku": replace(_TEXT, on="update"), **_STOCKED, "buildNotificationThreshold": _NUMBER
    },
}  # fmt: skip
#: Of a detail these must be there when it is made.
DETAILS_NEEDED = {OR: ("postingAccount",), AND: ("incomeAccount", "expenseAccount")}

# -- documents ---------------------------------------------------------------------------------------------------------

_ORDER: dict[str, Field] = {
    "refNumber": Field(chars=11), "transactionDate": Field("day", needed=True), "dueDate": _DAY,
    "shippingAddress": _ADDRESS, **_refs("class", "terms", "shippingMethod", "salesTaxCode"),
    "documentTemplate": _ref("documentTemplate", "template"), "shipmentOrigin": Field(chars=13), "memo": _TEXT,
    "isManuallyClosed": _FLAG, "isQueuedForPrint": _FLAG, "isQueuedForEmail": _FLAG, "exchangeRate": _NUMBER,
    "currency": _ref("currency", on="never", merged=False),
    **_told("money", "totalAmount", "totalAmountInHomeCurrency"), **_told("kept", "linkedTransactions", "lineGroups"),
    **_STAMPS,
}  # fmt: skip
_SALES_ORDER: dict[str, Field] = {
    "customer": _party("customer", "qbd_customer", needed=True), **_ORDER, "billingAddress": _ADDRESS,
    "purchaseOrderNumber": Field(chars=25), "shippingDate": _DAY,
    **_refs("salesRepresentative", "salesTaxItem", "customerMessage"), "otherCustomField": _TEXT,
    "salesChannelName": Field("choice", choices=("blank", "ecommerce")), "salesStoreName": _TEXT,
    "salesStoreType": _TEXT, **_told("flag", "isFullyInvoiced"),
    **_told("money", "subtotal", "salesTaxPercentage", "salesTaxTotal"),
}  # fmt: skip
_PURCHASE_ORDER: dict[str, Field] = {
    "vendor": _party("vendor", "qbd_vendor", needed=True), **_ORDER, "isManuallyClosed": replace(_FLAG, on="update"),
    "vendorAddress": _ADDRESS, "expectedDate": _DAY, "inventorySite": _ref("inventorySite"),
    "shipToEntity": _ref("shipToEntity", "entity"), "vendorMessage": _TEXT, "otherCustomField1": _TEXT,
    "otherCustomField2": _TEXT, **_told("flag", "isFullyReceived"),
}  # fmt: skip
_ADJUSTMENT: dict[str, Field] = {
    "refNumber": Field(chars=11), "transactionDate": Field("day", needed=True),
    "account": _ref("account", "account", needed=True), "inventorySite": _ref("inventorySite"),
    "customer": _party("customer", "qbd_customer"), "class": _ref("class"), "memo": _TEXT, **_STAMPS,
}  # fmt: skip


def _copied(fields: Mapping[str, Field]) -> dict[str, Field]:
    """Fields of what is copied: compared, so that a change is seen, and never written."""
    return {name: replace(one, on="never", needed=False) for name, one in fields.items()}


_INVOICE: dict[str, Field] = {
    **_copied({name: one for name, one in _SALES_ORDER.items() if name not in (
        "isManuallyClosed", "isFullyInvoiced", "totalAmount", "totalAmountInHomeCurrency", "salesChannelName",
        "salesStoreName", "salesStoreType",
    )}),
    **_copied({"receivablesAccount": _ref("receivablesAccount", "account")}),
    **_copied({"isPending": _FLAG, "isFinanceCharge": _FLAG}),
    **_told("flag", "isPaid"), **_told("day", "suggestedDiscountDate"),
    **_told("money", "appliedAmount", "balanceRemaining", "balanceRemainingInHomeCurrency", "suggestedDiscountAmount"),
}  # fmt: skip
#: kind -> its fields. Of an item all that any of the five has; `of` tells those of one.
FIELDS: dict[str, dict[str, Field]] = {
    "qbd_customer": _CUSTOMER,
    "qbd_vendor": _VENDOR,
    "qbd_item": {
        "type": Field("choice", choices=ITEMS, needed=True, on="create", merged=False),
        **{name: one for fields in reversed(ITEM_FIELDS.values()) for name, one in fields.items()},
    },
    "qbd_sales_order": _SALES_ORDER,
    "qbd_purchase_order": _PURCHASE_ORDER,
    "qbd_adjustment": _ADJUSTMENT,
    "qbd_invoice": _INVOICE,
}
_LINE: dict[str, Field] = {
    "item": _party("item", "qbd_item"), "description": _TEXT, "quantity": _NUMBER, "unitOfMeasure": _TEXT,
    "overrideUnitOfMeasureSet": _ref("overrideUnitOfMeasureSet", "unit_of_measure_set", on="update"), "rate": _MONEY,
    "amount": _MONEY, "class": _ref("class"), "inventorySiteLocation": _ref("inventorySiteLocation"),
    "salesTaxCode": _ref("salesTaxCode"), "otherCustomField1": _TEXT, "otherCustomField2": _TEXT,
    **_told("custom", "customFields"),
}  # fmt: skip
_SOLD_LINE: dict[str, Field] = {
    **_LINE, "ratePercent": _MONEY, "inventorySite": _ref("inventorySite"), "serialNumber": _TEXT, "lotNumber": _TEXT,
    **_told("day", "expirationDate"),
}  # fmt: skip
#: kind -> fields of a line, beside "id", which is theirs. That of an assembly has no id.
LINES: dict[str, dict[str, Field]] = {
    "qbd_item": {"item": replace(_LINE["item"], sent="inventoryItemId", needed=True), "quantity": _NUMBER},
    "qbd_sales_order": {**_SOLD_LINE, "isManuallyClosed": _FLAG, **_told("number", "quantityInvoiced")},
    "qbd_purchase_order": {
        **_LINE, "sku": _TEXT, "payee": _ref("payee", "entity"), "serviceDate": _DAY,
        "isManuallyClosed": replace(_FLAG, on="update"), **_told("number", "receivedQuantity", "unbilledQuantity"),
        **_told("flag", "isBilled"),
    },
    "qbd_adjustment": {
        "item": replace(_LINE["item"], needed=True), "quantityDifference": _NUMBER,
        "valueDifference": _NUMBER, "serialNumber": _TEXT,
        "serialNumberAction": Field("choice", choices=("added", "removed"), on="create"), "lotNumber": _TEXT,
        "expirationDate": _DAY, "inventorySiteLocation": _ref("inventorySiteLocation"),
    },
    "qbd_invoice": _copied({**_SOLD_LINE, "serviceDate": _DAY}),
}  # fmt: skip


def of(kind: str, fields: Mapping[str, Any]) -> dict[str, Field]:
    """The fields a record of this kind has: of an item those of its type."""
    if kind != "qbd_item":
        return FIELDS[kind]
    return {"type": FIELDS[kind]["type"], **ITEM_FIELDS.get(str(fields.get("type") or ""), _ITEM)}


def has_lines(kind: str, fields: Mapping[str, Any]) -> bool:
    """Whether such a record has lines."""
    return kind in LINES and (kind != "qbd_item" or fields.get("type") == "inventory_assembly_items")


def merged(kind: str, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """What is brought together field by field; the lines as one."""
    names = tuple(name for name, one in of(kind, fields).items() if one.merged)
    return (*names, "lines") if has_lines(kind, fields) else names


def details_of(fields: Mapping[str, Any]) -> str:
    """Which details a service or non-inventory item has: one account for what is sold or bought, or one for each."""
    return AND if any(fields.get(name) for name, one in DETAILS.items() if one.within == AND) else OR
