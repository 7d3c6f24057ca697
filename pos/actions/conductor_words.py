"""What screens call the fields of records of QuickBooks Desktop, and how these are put together in a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pos.rules.conductor_tables import ADDRESS, Field
from pos.said import Said, psaid, said

LABELS: dict[str, Said] = {
    "account": said("Account"), "accountNumber": said("Account number"),
    "additionalContacts": said("Further contacts"), "additionalNotes": said("Further notes"),
    "alternateContact": said("Second contact"), "alternatePhone": said("Second telephone"),
    "alternateShippingAddresses": said("Further delivery addresses"), "amount": said("Amount"),
    "appliedAmount": said("Paid or credited"), "assetAccount": said("Asset account"),
    "averageCost": said("Average cost"), "balance": said("Balance"), "balanceRemaining": said("Still open"),
    "balanceRemainingInHomeCurrency": said("Still open, in home currency"), "barcode": said("Barcode"),
    "billingAddress": said("Billing address"), "billingRate": said("Billing rate"),
    "buildNotificationThreshold": said("Tell to build at"), "ccEmail": said("Copy by e-mail to"),
    "class": psaid("books", "Class"), "cogsAccount": said("Cost of goods sold account"),
    "companyName": said("Company"), "contact": said("Contact"), "createdAt": said("Made in QuickBooks"),
    "creditLimit": said("Credit limit"), "currency": said("Currency"),
    "customContactFields": said("Own fields of contact"), "customFields": said("Custom fields"),
    "customer": said("Customer"), "customerMessage": said("Message to the customer"),
    "customerType": said("Type of customer"), "defaultExpenseAccounts": said("Usual expense accounts"),
    "description": said("Description"), "discountRate": said("Discount, an amount"),
    "discountRatePercent": said("Discount, percent"), "documentTemplate": said("Template"), "dueDate": said("Due"),
    "email": said("E-mail"), "exchangeRate": said("Exchange rate"), "expectedDate": said("Expected"),
    "expenseAccount": said("Expense account"), "expirationDate": said("Best before"),
    "externalId": said("Our id there"), "fax": said("Fax"), "firstName": said("First name"),
    "fullName": said("Full name"), "incomeAccount": said("Income account"), "inventorySite": said("Site"),
    "inventorySiteLocation": said("Place at the site"), "isActive": said("In use"), "isBilled": said("Billed"),
    "isCompoundingTax": said("Tax on tax"), "isEligibleFor1099": said("Gets a form 1099"),
    "isFinanceCharge": said("Finance charge"), "isFullyInvoiced": said("Fully invoiced"),
    "isFullyReceived": said("Fully received"), "isManuallyClosed": said("Closed by hand"), "isPaid": said("Paid"),
    "isPending": said("Pending"), "isQueuedForEmail": said("To be sent by e-mail"),
    "isQueuedForPrint": said("To be printed"), "isSalesTaxAgency": said("A sales tax agency"),
    "isTrackingPurchaseTax": said("Tracks purchase tax"), "isTrackingSalesTax": said("Tracks sales tax"),
    "item": said("Item"), "jobDescription": said("What the job is"), "jobEndDate": said("Job ended"),
    "jobProjectedEndDate": said("Job should end"), "jobStartDate": said("Job started"),
    "jobStatus": said("State of the job"), "jobTitle": said("Job title"), "jobType": said("Type of job"),
    "lastName": said("Last name"), "lineGroups": said("Groups of lines"), "lines": said("Lines"),
    "linkedTransactions": said("Linked transactions"), "lotNumber": said("Lot number"),
    "maximumQuantityOnHand": said("At most on hand"), "memo": said("Memo"), "middleName": said("Middle name"),
    "name": said("Name"), "nameOnCheck": said("Name on checks"), "note": said("Note"),
    "otherCustomField": said("Other"), "otherCustomField1": said("Other 1"), "otherCustomField2": said("Other 2"),
    "overrideUnitOfMeasureSet": said("Other set of units"), "parent": said("Belongs below"),
    "payee": said("Customer or job"), "phone": said("Telephone"), "postingAccount": said("Account"),
    "preferredDeliveryMethod": said("Wants documents by"), "preferredPaymentMethod": said("Usual way to pay"),
    "preferredVendor": said("Usual vendor"), "price": said("Price"), "priceLevel": said("Price level"),
    "pricePercentage": said("Price, percent"), "purchaseCost": said("Cost"),
    "purchaseDescription": said("Description when bought"), "purchaseOrderNumber": said("Customer's order number"),
    "purchaseTaxAccount": said("Purchase tax account"), "purchaseTaxCode": said("Tax code when bought"),
    "quantity": said("Quantity"), "quantityDifference": said("Change of quantity"),
    "quantityInvoiced": said("Invoiced"), "quantityOnHand": said("On hand"),
    "quantityOnPurchaseOrder": said("On purchase orders"), "quantityOnSalesOrder": said("On sales orders"),
    "rate": said("Price of one"), "ratePercent": said("Percent"), "receivablesAccount": said("Receivables account"),
    "receivedQuantity": said("Received"), "refNumber": said("Number"), "reorderPoint": said("Reorder at"),
    "reportingPeriod": said("Reports tax"), "resaleNumber": said("Resale number"),
    "salesChannelName": said("Sales channel"), "salesDescription": said("Description when sold"),
    "salesPrice": said("Sales price"), "salesRepresentative": said("Sales representative"),
    "salesStoreName": said("Name of the store"), "salesStoreType": said("Type of the store"),
    "salesTaxAccount": said("Sales tax account"), "salesTaxCode": said("Sales tax code"),
    "salesTaxCountry": said("Country of the tax"), "salesTaxItem": said("Sales tax item"),
    "salesTaxPercentage": said("Sales tax, percent"), "salesTaxReturn": said("Sales tax return"),
    "salesTaxTotal": said("Sales tax"), "salutation": said("Salutation"), "serialNumber": said("Serial number"),
    "serialNumberAction": said("What becomes of it"), "serviceDate": said("Day of service"),
    "shipToEntity": said("Ship to"), "shipmentOrigin": said("Shipped from"),
    "shippingAddress": said("Delivery address"), "shippingDate": said("Ships on"),
    "shippingMethod": said("Shipped by"), "sku": said("Part number"), "sublevel": said("Level"),
    "subtotal": said("Subtotal"), "suggestedDiscountAmount": said("Suggested discount"),
    "suggestedDiscountDate": said("Discount until"), "taxIdentificationNumber": said("Tax identification number"),
    "taxRegistrationNumber": said("Tax registration number"), "terms": said("Terms"),
    "totalAmount": said("Total"), "totalAmountInHomeCurrency": said("Total, in home currency"),
    "totalBalance": said("Balance with its jobs"), "transactionDate": said("Date"), "type": said("Type"),
    "unbilledQuantity": said("Not billed"), "unitOfMeasure": said("Unit"), "unitOfMeasureSet": said("Set of units"),
    "updatedAt": said("Changed in QuickBooks"), "valueDifference": said("Change of value"), "vendor": said("Vendor"),
    "vendorAddress": said("Vendor's address"), "vendorMessage": said("Message to the vendor"),
    "vendorType": said("Type of vendor"),
}  # fmt: skip
PARTS: dict[str, Said] = {
    "line1": said("Line 1"), "line2": said("Line 2"), "line3": said("Line 3"), "line4": said("Line 4"),
    "line5": said("Line 5"), "city": said("Town"), "state": psaid("address", "State"),
    "postalCode": said("Postcode"), "country": said("Country"), "note": said("Note"),
}  # fmt: skip
CHOICES: dict[str, Said] = {
    "inventory_items": said("Inventory item"), "non_inventory_items": said("Non-inventory item"),
    "service_items": said("Service"), "discount_items": said("Discount"),
    "inventory_assembly_items": said("Assembly"),
    "australia": said("Australia"), "canada": said("Canada"), "uk": said("United Kingdom"),
    "us": said("United States"), "awarded": psaid("job", "Awarded"), "closed": psaid("job", "Closed"),
    "in_progress": psaid("job", "In progress"), "none": psaid("choice", "None"),
    "not_awarded": psaid("job", "Not awarded"), "pending": psaid("job", "Pending"), "email": said("E-mail"),
    "mail": said("Mail"), "monthly": said("monthly"), "quarterly": said("quarterly"),
    "blank": psaid("choice", "None"), "ecommerce": said("Online shop"), "added": psaid("serial", "added"),
    "removed": psaid("serial", "removed"),
}  # fmt: skip
GROUPS: dict[str, Said] = {
    "name": said("Name and contact"), "head": said("Document"), "sale": said("Selling"),
    "purchase": said("Buying"), "stock": psaid("group", "Stock"), "addresses": said("Addresses"),
    "terms": said("Terms and tax"), "more": said("More"), "theirs": said("What only QuickBooks knows"),
}  # fmt: skip
#: Group -> fields that stand there, whatever their sort. What is not named finds its place by its sort.
_PLACES = {
    "name": (
        "type", "name", "parent", "isActive", "barcode", "sku", "description", "companyName", "salutation", "firstName",
        "middleName", "lastName", "jobTitle", "phone", "alternatePhone", "fax", "email", "ccEmail", "contact",
        "alternateContact", "note", "unitOfMeasureSet", "account", "discountRate", "discountRatePercent",
    ),
    "head": (
        "refNumber", "transactionDate", "customer", "vendor", "dueDate", "expectedDate", "shippingDate",
        "purchaseOrderNumber", "memo", "isManuallyClosed",
    ),
    "sale": ("price", "pricePercentage", "postingAccount", "salesDescription", "salesPrice", "incomeAccount"),
    "purchase": (
        "purchaseDescription", "purchaseCost", "cogsAccount", "expenseAccount", "purchaseTaxCode", "preferredVendor",
    ),
    "stock": ("assetAccount", "reorderPoint", "maximumQuantityOnHand", "buildNotificationThreshold"),
    "terms": (
        "terms", "creditLimit", "preferredPaymentMethod", "salesTaxCode", "salesTaxItem", "salesTaxCountry",
        "resaleNumber", "taxIdentificationNumber", "taxRegistrationNumber", "salesRepresentative", "customerType",
        "vendorType", "priceLevel", "currency", "exchangeRate", "class", "receivablesAccount",
    ),
    "theirs": (
        "quantityOnHand", "quantityOnSalesOrder", "quantityOnPurchaseOrder", "averageCost", "totalAmount", "subtotal",
        "salesTaxTotal", "salesTaxPercentage", "balance", "totalBalance", "balanceRemaining", "appliedAmount", "isPaid",
        "isFullyInvoiced", "isFullyReceived", "fullName", "sublevel", "currency",
    ),
}  # fmt: skip
_GROUP_OF = {name: group for group, names in _PLACES.items() for name in names if group != "theirs"}
#: A document's first group is its head; "account" of an adjustment belongs there.
_HEADS = ("qbd_sales_order", "qbd_purchase_order", "qbd_adjustment", "qbd_invoice")


def label(name: str) -> str:
    """What a field is called; a field nobody named stays as it is."""
    return LABELS.get(name, name)


def title_of(kind: str, group: str) -> str:
    """What a group is called in the form of a kind of record."""
    return said("Item") if kind == "qbd_item" and group == "name" else GROUPS[group]


def grouped(kind: str, known: Mapping[str, Field]) -> list[tuple[str, list[str]]]:
    """Names of fields, group by group, each group in the order people fill it in."""
    found: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name, one in known.items():
        found[_group(kind, name, one)].append(name)
    for group, names in _PLACES.items():
        found[group].sort(key=lambda name: names.index(name) if name in names else len(names))
    return [(group, names) for group, names in found.items() if names]


def _group(kind: str, name: str, one: Field) -> str:
    if one.on == "never" and not one.merged:
        return "theirs"
    if one.sort == "address":
        return "addresses"
    group = _GROUP_OF.get(name, "more")
    return "head" if group == "name" and kind in _HEADS else group


# -- values as text ----------------------------------------------------------------------------------------------------


def text_of(one: Field | None, value: Any) -> str:
    """One value in short, for a badge, a list of changes or a conflict; "" = it holds nothing."""
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, bool):
        return said("yes") if value else said("no")
    if isinstance(value, Mapping):
        if one is None or one.sort == "ref" or "id" in value:
            return str(value.get("fullName") or value.get("id") or "")
        return ", ".join(str(value[part]) for part in ADDRESS if value.get(part))
    if isinstance(value, list):
        return said("{n} entries", n=len(value)) if value and isinstance(value[0], Mapping) else _joined(value)
    if one is not None and one.sort == "money":
        return amount(str(value))
    return CHOICES.get(str(value), str(value)) if one is not None and one.sort == "choice" else str(value)


def amount(text: str) -> str:
    """An amount as people write it, with two figures behind the point at least: 3 is 3.00."""
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest:0<2}" if whole.removeprefix("-").isdigit() and (rest.isdigit() or not rest) else text


def _joined(values: Iterable[Any]) -> str:
    return ", ".join(str(one) for one in values)
