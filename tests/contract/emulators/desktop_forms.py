"""What QuickBooks Desktop reads: the order of elements, lengths, and forms of numbers of the requests we know of.

The published schemas beside the repository are asked too when they are there; these tables stand by themselves, so
that a test without them still refuses what QuickBooks refuses. They also hold what the schemas lack.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from tests.conftest import SHARED

SCHEMAS = SHARED / "contracts" / "qbwc"
VERSIONS = {"13.0": ("qbxml13", "qbxmlops130.xsd"), "16.0": ("qbxml16", "qbxmlops160.xsd")}

_ORDER_LISTED = (
    "(ListID+|FullName+|MaxReturned? ActiveStatus? FromModifiedDate? ToModifiedDate? (NameFilter|NameRangeFilter)?"
)
_ORDER_TXNS = (
    "(TxnID+|RefNumber+|RefNumberCaseSensitive+|MaxReturned? (ModifiedDateRangeFilter|TxnDateRangeFilter)?"
    " EntityFilter? AccountFilter? {more}(RefNumberFilter|RefNumberRangeFilter)? CurrencyFilter?) IncludeLineItems?"
)
_HEAD_OF_LINE = "ItemRef? Desc? Quantity? UnitOfMeasure? (Rate|RatePercent|PriceLevelRef)? ClassRef? Amount? TaxAmount?"
_TAIL_OF_LINE = (
    " InventorySiteRef? InventorySiteLocationRef? (SerialNumber|LotNumber)? ServiceDate? SalesTaxCodeRef? IsTaxable?"
    " OverrideItemAccountRef? Other1? Other2? CreditCardTxnInfo? DataExt*"
)

#: Parent -> its children in order, as a pattern of names; a name is followed by ?, * or +.
ORDERS = {
    "HostQueryRq": "IncludeRetElement*",
    "CompanyQueryRq": "IncludeRetElement* OwnerID*",
    "PreferencesQueryRq": "IncludeRetElement*",
    "ItemQueryRq": _ORDER_LISTED + ") IncludeRetElement* OwnerID*",
    "ItemInventoryQueryRq": _ORDER_LISTED + " ClassFilter?) IncludeRetElement* OwnerID*",
    "ItemSitesQueryRq": "(ListID*|ItemTypeFilter?|ItemSiteFilter?) MaxReturned? ActiveStatus? IncludeRetElement*",
    "InventorySiteQueryRq": _ORDER_LISTED.replace("MaxReturned? ", "") + ") IncludeRetElement*",
    "AccountQueryRq": _ORDER_LISTED + " AccountType* CurrencyFilter?) IncludeRetElement* OwnerID*",
    "CustomerQueryRq": _ORDER_LISTED + " TotalBalanceFilter? CurrencyFilter? ClassFilter?) IncludeRetElement* OwnerID*",
    "TransferInventoryQueryRq": "("
    + _ORDER_TXNS.format(more="")
    + "|SiteFilter? IncludeLineItems?) IncludeRetElement*",
    "InventoryAdjustmentQueryRq": _ORDER_TXNS.format(more="ItemFilter? ") + " IncludeRetElement* OwnerID*",
    "SalesReceiptQueryRq": _ORDER_TXNS.format(more="") + " IncludeRetElement* OwnerID*",
    "CreditMemoQueryRq": _ORDER_TXNS.format(more="") + " IncludeLinkedTxns? IncludeRetElement* OwnerID*",
    "CheckQueryRq": _ORDER_TXNS.format(more="") + " IncludeLinkedTxns? IncludeRetElement* OwnerID*",
    "ARRefundCreditCardQueryRq": _ORDER_TXNS.format(more="") + " IncludeRetElement* OwnerID*",
    "PaymentMethodQueryRq": _ORDER_LISTED + " PaymentMethodType*) IncludeRetElement*",
    "SalesTaxCodeQueryRq": _ORDER_LISTED + ") IncludeRetElement*",
    "ClassQueryRq": _ORDER_LISTED + ") IncludeRetElement*",
    "TransferInventoryAddRq": "TransferInventoryAdd IncludeRetElement*",
    "InventoryAdjustmentAddRq": "InventoryAdjustmentAdd IncludeRetElement*",
    "SalesReceiptAddRq": "SalesReceiptAdd IncludeRetElement*",
    "CreditMemoAddRq": "CreditMemoAdd IncludeRetElement*",
    "InvoiceAddRq": "InvoiceAdd IncludeRetElement*",
    "InvoiceQueryRq": _ORDER_TXNS.format(more="") + " IncludeLinkedTxns? IncludeRetElement* OwnerID*",
    "CheckAddRq": "CheckAdd IncludeRetElement*",
    "ARRefundCreditCardAddRq": "ARRefundCreditCardAdd IncludeRetElement*",
    "ItemInventoryAddRq": "ItemInventoryAdd IncludeRetElement*",
    "AccountAddRq": "AccountAdd IncludeRetElement*",
    "TransferInventoryAdd": (
        "TxnDate? RefNumber? FromInventorySiteRef ToInventorySiteRef Memo? ExternalGUID? TransferInventoryLineAdd*"
    ),
    "TransferInventoryLineAdd": (
        "ItemRef? FromInventorySiteLocationRef? ToInventorySiteLocationRef? QuantityToTransfer?"
        " (SerialNumber|LotNumber)?"
    ),
    "InventoryAdjustmentAdd": (
        "AccountRef TxnDate? RefNumber? InventorySiteRef? CustomerRef? ClassRef? Memo? ExternalGUID?"
        " InventoryAdjustmentLineAdd+"
    ),
    "InventoryAdjustmentLineAdd": "ItemRef QuantityAdjustment",
    "QuantityAdjustment": "(NewQuantity|QuantityDifference)? (SerialNumber|LotNumber)? InventorySiteLocationRef?",
    "SalesReceiptAdd": (
        "CustomerRef? ClassRef? TemplateRef? TxnDate? RefNumber? BillAddress? ShipAddress? IsPending? CheckNumber?"
        " PaymentMethodRef? DueDate? SalesRepRef? ShipDate? ShipMethodRef? FOB? ItemSalesTaxRef? Memo? CustomerMsgRef?"
        " IsToBePrinted? IsToBeEmailed? IsTaxIncluded? CustomerSalesTaxCodeRef? DepositToAccountRef?"
        " CreditCardTxnInfo? Other? ExchangeRate? ExternalGUID? SalesReceiptLineAdd+ DiscountLineAdd?"
        " SalesTaxLineAdd? ShippingLineAdd?"
    ),
    "SalesReceiptLineAdd": _HEAD_OF_LINE + " OptionForPriceRuleConflict?" + _TAIL_OF_LINE,
    "CreditMemoAdd": (
        "CustomerRef ClassRef? ARAccountRef? TemplateRef? TxnDate? RefNumber? BillAddress? ShipAddress? IsPending?"
        " PONumber? TermsRef? DueDate? SalesRepRef? FOB? ShipDate? ShipMethodRef? ItemSalesTaxRef? Memo?"
        " CustomerMsgRef? IsToBePrinted? IsToBeEmailed? IsTaxIncluded? CustomerSalesTaxCodeRef? Other?"
        " ExchangeRate? ExternalGUID? CreditMemoLineAdd+ DiscountLineAdd? SalesTaxLineAdd? ShippingLineAdd?"
    ),
    "CreditMemoLineAdd": _HEAD_OF_LINE + _TAIL_OF_LINE,
    "InvoiceAdd": (
        "CustomerRef ClassRef? ARAccountRef? TemplateRef? TxnDate? RefNumber? BillAddress? ShipAddress? IsPending?"
        " IsFinanceCharge? PONumber? TermsRef? DueDate? SalesRepRef? FOB? ShipDate? ShipMethodRef? ItemSalesTaxRef?"
        " Memo? CustomerMsgRef? IsToBePrinted? IsToBeEmailed? IsTaxIncluded? CustomerSalesTaxCodeRef? Other?"
        " ExchangeRate? ExternalGUID? LinkToTxnID* SetCredit* InvoiceLineAdd+ DiscountLineAdd? SalesTaxLineAdd?"
    ),
    "InvoiceLineAdd": _HEAD_OF_LINE + " OptionForPriceRuleConflict?" + _TAIL_OF_LINE,
    "CheckAdd": (
        "AccountRef PayeeEntityRef? RefNumber? TxnDate? Memo? Address? IsToBePrinted? IsTaxIncluded? SalesTaxCodeRef?"
        " ExchangeRate? ExternalGUID? ApplyCheckToTxnAdd* ExpenseLineAdd*"
    ),
    "ApplyCheckToTxnAdd": "TxnID Amount?",
    "ExpenseLineAdd": "AccountRef? Amount? TaxAmount? Memo? CustomerRef? ClassRef?",
    "ARRefundCreditCardAdd": (
        "CustomerRef RefundFromAccountRef? ARAccountRef? TxnDate? RefNumber? Address? PaymentMethodRef? Memo?"
        " CreditCardTxnInfo? ExchangeRate? ExternalGUID? RefundAppliedToTxnAdd+"
    ),
    "RefundAppliedToTxnAdd": "TxnID RefundAmount",
    "ItemInventoryAdd": (
        "Name BarCode? IsActive? ClassRef? ParentRef? ManufacturerPartNumber? UnitOfMeasureSetRef? IsTaxIncluded?"
        " SalesTaxCodeRef? SalesDesc? SalesPrice? IncomeAccountRef? PurchaseDesc? PurchaseCost? PurchaseTaxCodeRef?"
        " COGSAccountRef? PrefVendorRef? AssetAccountRef? ReorderPoint? Max? QuantityOnHand? TotalValue?"
        " InventoryDate? ExternalGUID?"
    ),
    "AccountAdd": (
        "Name IsActive? ParentRef? AccountType DetailAccountType? AccountNumber? BankNumber? Desc? OpenBalance?"
        " OpenBalanceDate? SalesTaxCodeRef? TaxLineID? CurrencyRef?"
    ),
    "BarCode": "BarCodeValue? AssignEvenIfUsed? AllowOverride?",
    "ItemSiteFilter": "ItemFilter? SiteFilter?",
    "ItemFilter": "(ListID+|FullName+|ListIDWithChildren|FullNameWithChildren)",
    "SiteFilter": "(ListID+|FullName+|ListIDWithChildren|FullNameWithChildren)",
    "NameFilter": "MatchCriterion Name",
    "RefNumberFilter": "MatchCriterion RefNumber",
    "ModifiedDateRangeFilter": "FromModifiedDate? ToModifiedDate?",
    "TxnDateRangeFilter": "(DateMacro|FromTxnDate? ToTxnDate?)",
    "SalesTaxLineAdd": "(Amount|RatePercent)? AccountRef?",
    "DiscountLineAdd": "(Amount|RatePercent)? IsTaxable? AccountRef?",
    "BillAddress": "Addr1? Addr2? Addr3? Addr4? Addr5? City? State? PostalCode? Country? Note?",
}
#: Every reference is read alike; longest FullName of each, 159 where none is named; of an item there is no limit.
REFERENCE = "ListID? FullName?"
LONGEST_NAMES = {
    "FromInventorySiteRef": 31, "ToInventorySiteRef": 31, "InventorySiteRef": 31, "CustomerRef": 209, "ItemRef": 4095,
    "PaymentMethodRef": 31, "SalesTaxCodeRef": 3, "CustomerSalesTaxCodeRef": 3, "PrefVendorRef": 41, "SalesRepRef": 5,
    "ShipMethodRef": 15, "ItemSalesTaxRef": 31, "TemplateRef": 31, "TermsRef": 31, "CustomerMsgRef": 101,
}  # fmt: skip

_QUANTITY, _AMOUNT = r"[+-]?\d{1,10}(\.\d{1,5})?", r"[+-]?\d{1,13}\.\d{2}"
_DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_MOMENT = _DATE + r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([+-]\d\d:\d\d)?"
_GUID = r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}|0"


def _of(form: str, names: str) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(form) for name in names.split()}


#: How the text of an element looks. Code of its status where it does not: 3030 dates, 3040 amounts, 3045 quantities.
FORMS = {
    **_of(_QUANTITY, "QuantityToTransfer NewQuantity QuantityDifference Quantity ReorderPoint Max QuantityOnHand"),
    **_of(_QUANTITY, "Rate SalesPrice PurchaseCost RatePercent"),
    **_of(_AMOUNT, "Amount TotalValue OpenBalance TaxAmount"),
    **_of(_DATE, "TxnDate DueDate ShipDate ServiceDate InventoryDate FromTxnDate ToTxnDate OpenBalanceDate"),
    **_of(f"{_DATE}|{_MOMENT}", "FromModifiedDate ToModifiedDate"),
    **_of("true|false", "IsPending IsToBePrinted IsToBeEmailed IsTaxIncluded IsActive IncludeLineItems IsTaxable"),
    **_of(_GUID, "ExternalGUID OwnerID"),
    **_of(r"\d{1,9}", "MaxReturned"),
    **_of("ActiveOnly|InactiveOnly|All", "ActiveStatus"),
    **_of("StartsWith|Contains|EndsWith", "MatchCriterion"),
}
LENGTHS = {
    "RefNumber": 11, "Memo": 4095, "Name": 31, "ListID": 36, "TxnID": 36, "Desc": 4095, "SerialNumber": 4095,
    "LotNumber": 40, "CheckNumber": 25, "PONumber": 25, "Other": 29, "Other1": 29, "Other2": 29, "SalesDesc": 4095,
    "PurchaseDesc": 4095, "ManufacturerPartNumber": 31, "BarCodeValue": 50, "AccountNumber": 7, "FOB": 13, "City": 31,
    "Country": 31, "State": 21, "PostalCode": 13, "RefNumberCaseSensitive": 11,
    **dict.fromkeys(("Addr1", "Addr2", "Addr3", "Addr4", "Addr5"), 41),
}  # fmt: skip


class Unreadable(Exception):
    """What QuickBooks answers with 0x80040400: it cannot read the request. The text is for us; it names nothing."""


@cache
def _pattern(order: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"([A-Za-z]\w*)", r"(?:\1,)", order).replace(" ", ""))


def in_order(parent: str, children: list[str]) -> bool:
    """Whether these children may stand in this parent, in this order."""
    order = ORDERS.get(parent) or (REFERENCE if parent.endswith("Ref") else "")
    return bool(_pattern(order).fullmatch("".join(f"{name}," for name in children)))


def check(element: etree._Element) -> None:
    """Order and lengths of an element and all within; raises Unreadable."""
    children = [str(child.tag) for child in element]
    if children or element.tag in ORDERS:
        if not in_order(str(element.tag), children):
            raise Unreadable(f"{element.tag}: {' '.join(children)}")
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            raise Unreadable(f"text between the children of {element.tag}")
        for child in element:
            check(child)
        return
    text, name = element.text or "", str(element.tag)
    most = LENGTHS.get(name, 4095)
    parent = element.getparent()
    if name == "FullName" and parent is not None:
        most = LONGEST_NAMES.get(str(parent.tag), 159)
    if len(text) > most:
        raise Unreadable(f"{name}: {len(text)} characters, {most} at most")
    form = FORMS.get(name)
    if form is not None and text and not form.fullmatch(text):
        raise Unreadable(f"{name}: {text!r}")


def here() -> bool:
    return SCHEMAS.is_dir()


@cache
def schema(version: str) -> Any:
    """The published schema of a version; None where it is not beside the repository."""
    folder, file = VERSIONS[version]
    path: Path = SCHEMAS / folder / file
    return etree.XMLSchema(etree.parse(str(path))) if path.is_file() else None


def by_the_schema(document: etree._Element, version: str) -> None:
    """Raises Unreadable where the published schema refuses it."""
    published = schema(version)
    if published is not None and not published.validate(document):
        raise Unreadable(str(published.error_log.last_error))
