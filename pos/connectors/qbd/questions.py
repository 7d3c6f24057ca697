"""What QuickBooks Desktop is asked: its lists page by page, and whether a document is there. Pure.

Payloads, plain JSON:

- ask_items, ask_levels: page (rows at once), iterator ("Start" or "Continue", with iterator_id), since? (a moment;
  ask_items alone), all? (inactive ones too). An iterator lives within one session: after it, start again. Each page
  asks for the same filters.
- ask_items_named: names (full names); those that are there come back.
- ask_sites, ask_accounts: all?, since?. These have no pages.
- ask_payments, ask_tax_codes, ask_classes: the lists sales are mapped to; the same.
- ask_company: owner (our OwnerID, whose private data is told with it). ask_host, ask_preferences: nothing.
- ask_transfer, ask_adjustment, ask_sale, ask_refund, ask_invoice, ask_payout (method): the documents with
  these refs or these ids, or changed from..to; with their lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pos.connectors.qbd import checks
from pos.connectors.qbd.markup import Element, Request, inside, leaf
from pos.errors import Invalid
from pos.said import said

Payload = Mapping[str, Any]

#: ask_payout asks for the card form unless its payload says "check".
NAMES = {
    "ask_items": "ItemQuery",
    "ask_items_named": "ItemQuery",
    "ask_levels": "ItemSitesQuery",
    "ask_sites": "InventorySiteQuery",
    "ask_accounts": "AccountQuery",
    "ask_payments": "PaymentMethodQuery",
    "ask_tax_codes": "SalesTaxCodeQuery",
    "ask_classes": "ClassQuery",
    "ask_company": "CompanyQuery",
    "ask_host": "HostQuery",
    "ask_preferences": "PreferencesQuery",
    "ask_transfer": "TransferInventoryQuery",
    "ask_adjustment": "InventoryAdjustmentQuery",
    "ask_sale": "SalesReceiptQuery",
    "ask_refund": "CreditMemoQuery",
    "ask_invoice": "InvoiceQuery",
    "ask_payout": "ARRefundCreditCardQuery",
}
#: What asks whether a piece of work is there.
PROBES = {
    "transfer": "ask_transfer",
    "adjustment": "ask_adjustment",
    "sale": "ask_sale",
    "refund": "ask_refund",
    "invoice": "ask_invoice",
    "payout": "ask_payout",
}
_PAGED = ("ask_items", "ask_levels")
_LISTS = ("ask_sites", "ask_accounts", "ask_payments", "ask_tax_codes", "ask_classes")
PAGE_MAX = 1000
#: So many numbers one question asks for.
REFS_MAX = 100


def question(kind: str, payload: Payload) -> Request:
    """Invalid when there is no such question, or it says too little."""
    if kind not in NAMES:
        raise Invalid(said("There is no message of the kind {kind}.", kind=kind), field="kind")
    if kind in _PAGED:
        return _page(kind, payload)
    if kind == "ask_items_named":
        return Request(NAMES[kind], _names(payload), False)
    if kind in _LISTS:
        return Request(NAMES[kind], (_active(payload), *_since(payload)), False)
    if kind == "ask_company":
        return Request(NAMES[kind], (leaf("OwnerID", checks.guid(payload.get("owner"), "owner")),), False)
    if kind in ("ask_host", "ask_preferences"):
        return Request(NAMES[kind], (), False)
    return _probe(kind, payload)


def _names(payload: Payload) -> tuple[Element, ...]:
    names = tuple(leaf("FullName", checks.name(one, 209, "names")) for one in payload.get("names") or ())
    if not 1 <= len(names) <= REFS_MAX:
        raise Invalid(said("Ask for 1 to {max} items.", max=REFS_MAX), field="names")
    return names


def _active(payload: Payload) -> Element:
    return leaf("ActiveStatus", "All" if payload.get("all", True) else "ActiveOnly")


def _since(payload: Payload) -> Sequence[Element]:
    if not payload.get("since"):
        return ()
    return (leaf("FromModifiedDate", checks.moment(payload["since"], "since")),)


def _page(kind: str, payload: Payload) -> Request:
    rows = payload.get("page")
    if type(rows) is not int or not 1 <= rows <= PAGE_MAX:
        raise Invalid(said("A page has 1 to {max} rows.", max=PAGE_MAX), field="page")
    attributes = _iterator(payload)
    since = _since(payload) if kind == "ask_items" else ()
    return Request(NAMES[kind], (leaf("MaxReturned", str(rows)), _active(payload), *since), False, attributes)


def _iterator(payload: Payload) -> dict[str, str]:
    way = payload.get("iterator", "Start")
    if way == "Start":
        return {"iterator": "Start"}
    if way not in ("Continue", "Stop") or not payload.get("iterator_id"):
        raise Invalid(said("A further page goes on with an id."), field="iterator")
    return {"iterator": str(way), "iteratorID": checks.guid(payload["iterator_id"], "iterator_id")}


def _probe(kind: str, payload: Payload) -> Request:
    name = "CheckQuery" if kind == "ask_payout" and payload.get("method") == "check" else NAMES[kind]
    found: list[Element] = [leaf("TxnID", checks.list_id(one, "ids")) for one in payload.get("ids") or ()]
    if not found:
        found = [leaf("RefNumber", checks.ref_number(one, "refs")) for one in payload.get("refs") or ()]
    attributes: dict[str, str] = {}
    if not found and payload.get("from"):
        found.append(leaf("MaxReturned", str(min(int(payload.get("page") or 200), PAGE_MAX))))
        spans = [leaf("FromModifiedDate", checks.moment(payload["from"], "from"))]
        if payload.get("to"):
            spans.append(leaf("ToModifiedDate", checks.moment(payload["to"], "to")))
        found.append(inside("ModifiedDateRangeFilter", spans))
        attributes = _iterator(payload)
    if not found or len(found) > REFS_MAX:
        raise Invalid(said("Ask for 1 to {max} documents.", max=REFS_MAX), field="refs")
    if payload.get("lines", True) and name != "ARRefundCreditCardQuery":
        found.append(leaf("IncludeLineItems", "true"))
    return Request(name, tuple(found), False, attributes)
