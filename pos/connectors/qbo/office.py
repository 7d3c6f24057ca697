"""Records of the office as QuickBooks Online has them, both ways: customers, items, invoices, sales receipts, payments.
Pure.

Ids are told apart by tables the caller brings (`Refs`); what is not in them is never guessed: going there it is
refused, coming from there it is named "there:<id>". The lines of what is sent are made by `connectors.qbo.lines`, as
those of every document of the till.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import msgspec

from pos.connectors.qbo import lines
from pos.connectors.qbo.client import encoded
from pos.connectors.qbo.lines import MARK
from pos.connectors.qbo.mapping import Place, Tables
from pos.errors import Rejected
from pos.rules import daybook, office
from pos.rules.daybook import Book, Line
from pos.rules.money import exact, minor
from pos.said import said

ENTITIES = {"customer": "Customer", "item": "Item", "invoice": "Invoice", "order": "SalesReceipt", "payment": "Payment"}
LISTS = ("customer", "item")
#: What is theirs and has no name here.
THERE = "there:"
DELETED = " (deleted)"
VOIDED = "Voided"
#: Ours -> theirs; a point leads into an object.
_CUSTOMER = {
    "name": "DisplayName", "given": "GivenName", "family": "FamilyName", "company": "CompanyName",
    "email": "PrimaryEmailAddr.Address", "phone": "PrimaryPhone.FreeFormNumber", "mobile": "Mobile.FreeFormNumber",
    "line1": "BillAddr.Line1", "line2": "BillAddr.Line2", "line3": "BillAddr.Line3", "city": "BillAddr.City",
    "region": "BillAddr.CountrySubDivisionCode", "postcode": "BillAddr.PostalCode", "country": "BillAddr.Country",
    "note": "Notes", "active": "Active",
}  # fmt: skip
_ITEM = {"name": "Name", "sku": "Sku", "description": "Description", "price": "UnitPrice", "active": "Active"}
_PLACES = {"customer": _CUSTOMER, "item": _ITEM}
_decoder = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Refs:
    """Ids of what a record names, ours -> theirs, and back. group: of an item, for its accounts."""

    customers: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    invoices: Mapping[str, str] = field(default_factory=dict)
    customers_back: Mapping[str, str] = field(default_factory=dict)
    items_back: Mapping[str, str] = field(default_factory=dict)
    invoices_back: Mapping[str, str] = field(default_factory=dict)
    group: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """One record to be sent. key, version: its id here and its version, which stand in the note of a document."""

    kind: str
    key: str
    version: int
    fields: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    currency: str


# -- there -> here -----------------------------------------------------------------------------------------------------


def from_there(
    kind: str, there: Mapping[str, Any], refs: Refs, tables: Tables, hints: Sequence[Mapping[str, Any]] = ()
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Fields and lines of one of theirs. hints: our own lines of it, for words that several of ours share there."""
    if kind in LISTS:
        return _listed(kind, there), []
    fields: dict[str, Any] = {"date": str(there.get("TxnDate") or "")}
    customer = _value(there, "CustomerRef")
    fields["customer"] = _back(customer, refs.customers_back, tables.customers) if customer != tables.walk_in else ""
    if kind == "payment":
        found = [
            {"invoice": refs.invoices_back.get(str(link["TxnId"]), THERE + str(link["TxnId"])),
             "amount": _figure(line.get("Amount"))}
            for line in there.get("Line") or () for link in line.get("LinkedTxn") or ()
            if link.get("TxnType") == "Invoice"
        ]  # fmt: skip
        reference = str(there.get("PaymentRefNum") or "")
        fields |= {"reference": reference, "amount": _figure(there.get("TotalAmt")), "status": _status(kind, there)}
        return fields, found
    total, tax = (
        exact(_figure(there.get("TotalAmt"))),
        exact(_figure((there.get("TxnTaxDetail") or {}).get("TotalTax"))),
    )
    fields |= {
        "number": str(there.get("DocNumber") or ""), "memo": str((there.get("CustomerMemo") or {}).get("value") or ""),
        "net": f"{total - tax:f}", "tax": f"{tax:f}", "total": f"{total:f}", "status": _status(kind, there),
        "balance": _figure(there.get("Balance")),
    }  # fmt: skip
    if kind == "invoice":
        fields["due"] = str(there.get("DueDate") or "")
    else:
        method = _value(there, "PaymentMethodRef")
        tenders = [name for name, one in tables.tenders.items() if one.method and one.method == method]
        fields["tender"] = tenders[0] if len(tenders) == 1 else THERE + method if method else ""
    return fields, _sold(there, refs, tables, hints)


def _listed(kind: str, there: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for ours, path in _PLACES[kind].items():
        value: Any = there
        for part in path.split("."):
            value = (value or {}).get(part)
        found[ours] = value if isinstance(value, bool) else "" if value is None else str(value)
    found["active"] = there.get("Active") is not False
    if not found["active"]:
        found["name"] = found["name"].removesuffix(DELETED)
    if kind == "item":
        found["price"] = _figure(there.get("UnitPrice"))
    return found


def _sold(
    there: Mapping[str, Any], refs: Refs, tables: Tables, hints: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    rows = [
        line
        for one in there.get("Line") or ()
        for line in ((one.get("GroupLineDetail") or {}).get("Line") or (one,))
        if line.get("DetailType") in ("SalesItemLineDetail", "DiscountLineDetail")
    ]
    found = []
    for at, row in enumerate(rows):
        hint = hints[at] if at < len(hints) else {}
        detail = row.get("SalesItemLineDetail") or {}
        sign = -1 if row["DetailType"] == "DiscountLineDetail" else 1
        item, tax = _value(detail, "ItemRef"), _value(detail, "TaxCodeRef")
        found.append({
            "item": _item_back(item, refs, tables, str(hint.get("item") or "")) if item else "",
            "name": str(row.get("Description") or (detail.get("ItemRef") or {}).get("name") or ""),
            "qty": _figure(detail.get("Qty", 1)), "price": "", "net": f"{sign * exact(_figure(row.get('Amount'))):f}",
            "tax": _tax_back(tax, tables, hint),
        })  # fmt: skip
    return found


def _item_back(there: str, refs: Refs, tables: Tables, hint: str) -> str:
    if hint and (refs.items.get(hint) or tables.items.get(hint) or tables.default_item) == there:
        return hint
    return _back(there, refs.items_back, tables.items)


def _tax_back(there: str, tables: Tables, hint: Mapping[str, Any]) -> str:
    """Our tax code for theirs; where several are one there, that of our own line."""
    code = str(hint.get("tax") or "")
    if not there and tables.tax == "none":
        return code
    ours = tables.taxes.get(f"{code}@{hint.get('rate', '')}") or tables.taxes.get(code)
    if ours is not None and ours.code == there:
        return code
    found = sorted({name.partition("@")[0] for name, tax in tables.taxes.items() if tax.code == there})
    return found[0] if len(found) == 1 else THERE + there if there else ""


def _back(there: str, known: Mapping[str, str], mapped: Mapping[str, str]) -> str:
    if not there:
        return ""
    if there in known:
        return known[there]
    found = sorted(ours for ours, key in mapped.items() if key == there)
    return found[0] if len(found) == 1 else THERE + there


def _status(kind: str, there: Mapping[str, Any]) -> str:
    """open, partial, paid, voided; a part of it paid is neither of the two around."""
    total = exact(_figure(there.get("TotalAmt")))
    if is_voided(there):
        return "voided"
    if kind != "invoice":
        return "paid"
    balance = exact(_figure(there.get("Balance")))
    return "paid" if not balance else "open" if balance == total else "partial"


def is_voided(there: Mapping[str, Any]) -> bool:
    """Whether somebody voided it: its amounts are nothing, its note says so."""
    return str(there.get("PrivateNote") or "") == VOIDED and not exact(_figure(there.get("TotalAmt")))


def mark_in(there: Mapping[str, Any]) -> str:
    """Our mark in its note; "" = it was not made here."""
    note = str(there.get("PrivateNote") or "")
    return next((word for word in note.split() if word.startswith(MARK)), "")


# -- here -> there -----------------------------------------------------------------------------------------------------


def to_create(paper: Paper, refs: Refs, tables: Tables, edition: int = 1) -> tuple[bytes, str]:
    """The bytes of a new one there, and the mark in its note ("" of customers and items). Rejected ("unmapped",
    "not_synced") names what is missing."""
    if paper.kind in LISTS:
        body = _changes(paper.fields, {}, _PLACES[paper.kind], only_filled=True)
        return encoded({**body, **(_item_kind(refs, tables) if paper.kind == "item" else {})}), ""
    body, mark = _document(paper, refs, tables, edition)
    return encoded(body), mark


def to_update(
    paper: Paper, there: Mapping[str, Any], changed: frozenset[str], refs: Refs, tables: Tables, edition: int = 1
) -> tuple[bytes, str]:
    """The bytes that change these fields alone, and the mark: a sparse update, so that what we do not know stays."""
    head = {"Id": str(there["Id"]), "SyncToken": str(there["SyncToken"]), "sparse": True}
    if paper.kind in LISTS:
        places = {ours: path for ours, path in _PLACES[paper.kind].items() if ours in changed}
        return encoded({**head, **_changes(paper.fields, there, places)}), ""
    body, mark = _document(paper, refs, tables, edition)
    if paper.kind != "payment" and "lines" not in changed:
        for name in ("Line", "TxnTaxDetail", "GlobalTaxCalculation"):
            body.pop(name, None)
    if paper.kind != "payment" and not paper.fields.get("memo"):
        body["CustomerMemo"] = {}
    return encoded({**head, **body}), mark


def _changes(
    fields: Mapping[str, Any], there: Mapping[str, Any], places: Mapping[str, str], *, only_filled: bool = False
) -> dict[str, Any]:  # fmt: skip
    found: dict[str, Any] = {}
    for ours, path in places.items():
        value = fields.get(ours, "")
        if only_filled and (value == "" or value is True):
            continue
        if ours == "price" and value != "":
            value = exact(value)
        name, _, inner = path.partition(".")
        if not inner:
            found[name] = value
            continue
        # An address is replaced as a whole: what we have no field for goes back as it was.
        whole = found.get(name) or {k: v for k, v in (there.get(name) or {}).items() if k not in ("Id", "Lat", "Long")}
        found[name] = {**whole, inner: value}
    return {name: _or_nothing(value) for name, value in found.items()}


def _or_nothing(value: Any) -> Any:
    """An object all of which is empty is cleared by an empty one."""
    if isinstance(value, Mapping) and not any(value.values()):
        return {}
    return value


def _item_kind(refs: Refs, tables: Tables) -> dict[str, Any]:
    category = tables.categories.get(refs.group) or tables.categories.get("")
    if category is None or not category.income:
        words = said("No accounts are mapped for items of group {name}.", name=refs.group or "–")
        raise lines.unmapped([words])
    found: dict[str, Any] = {"Type": category.kind or "NonInventory", "IncomeAccountRef": {"value": category.income}}
    if category.costs:
        found["ExpenseAccountRef"] = {"value": category.costs}
    if category.kind == "Inventory":
        found |= {"TrackQtyOnHand": True, "QtyOnHand": 0, "InvStartDate": category.starts}
        found["AssetAccountRef"] = {"value": category.stock}
    return found


def _document(paper: Paper, refs: Refs, tables: Tables, edition: int) -> tuple[dict[str, Any], str]:
    if paper.kind == "payment":
        return _payment(paper, refs, tables, edition)
    book = book_of(paper)
    own = replace(
        tables,
        prefix=tables.prefix or "-",
        customers={**tables.customers, **refs.customers},
        items={**tables.items, **refs.items},
        shops={**tables.shops, "": Place("OFFICE", "", "")},
    )
    if book.customer and not own.customers.get(book.customer):
        raise not_synced("customer", book.customer)
    body: dict[str, Any] = _decoder.decode(lines.body(book, own, edition))
    if paper.fields.get("memo"):
        body["CustomerMemo"] = {"value": paper.fields["memo"]}
    if paper.kind == "invoice" and paper.fields.get("due"):
        body["DueDate"] = paper.fields["due"]
    return body, lines.key_of(book).mark


def book_of(paper: Paper) -> Book:
    """An invoice or order as a document of the books, so that it is made, found and compared as each of them is."""
    fields = paper.fields
    return Book(
        number=str(fields["number"]), kind=daybook.INVOICE if paper.kind == "invoice" else daybook.SALE,
        day=str(fields["date"]), shop="", tender=str(fields.get("tender") or ""), customer=str(fields["customer"]),
        currency=paper.currency, reference="", receipts=1, note=f"{paper.kind} {paper.key} v{paper.version}",
        lines=tuple(_line(one, paper.currency) for one in paper.lines),
    )  # fmt: skip


def _line(one: Mapping[str, Any], currency: str) -> Line:
    qty = exact(one["qty"]).scaleb(3)
    units = {name: minor(exact(one[name]), currency) for name in ("net", "tax_amount", "gross")}
    return Line(
        item=str(one.get("item") or ""), name=str(one.get("name") or ""), group="", code=str(one.get("tax") or ""),
        rate=str(one.get("rate") or "0"), qty=int(qty), net=units["net"], tax=units["tax_amount"], gross=units["gross"],
    )  # fmt: skip


def _payment(paper: Paper, refs: Refs, tables: Tables, edition: int) -> tuple[dict[str, Any], str]:
    fields = paper.fields
    customer = refs.customers.get(fields["customer"]) or tables.customers.get(fields["customer"], "")
    if not customer:
        raise not_synced("customer", fields["customer"])
    rows = []
    for one in paper.lines:
        invoice = refs.invoices.get(one["invoice"], "")
        if not invoice:
            raise not_synced("invoice", one["invoice"])
        rows.append({"Amount": exact(one["amount"]), "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]})
    body: dict[str, Any] = {
        "TotalAmt": exact(fields["amount"]), "CustomerRef": {"value": customer}, "TxnDate": fields["date"],
        "PaymentRefNum": fields["reference"], "Line": rows,
    }  # fmt: skip
    tender = tables.tenders.get(fields.get("tender") or "")
    if fields.get("tender"):
        if tender is None or not tender.account:
            raise lines.unmapped([said("Way to pay {name} is not mapped.", name=fields["tender"])])
        body |= {"PaymentMethodRef": {"value": tender.method}} if tender.method else {}
        body["DepositToAccountRef"] = {"value": tender.account}
    mark = MARK + hashlib.sha256(encoded([body, paper.key, paper.version])).hexdigest()[:16]
    again = f" ({edition})" if edition > 1 else ""
    return {**body, "PrivateNote": f"{mark}{again} payment {paper.key} v{paper.version}"}, mark


def not_synced(kind: str, key: str) -> Rejected:
    """What a document names is not there yet: that goes first, then this by itself."""
    words = said("The {kind} {id} is not in QuickBooks yet.", kind=kind, id=key)
    return Rejected(words, code=f"{kind}_not_synced", remedy=said("Push it first, then try this again."))


def alike(sent: bytes, there: Mapping[str, Any]) -> bool:
    """Whether one of theirs says all that these bytes say."""
    body = _decoder.decode(sent)
    return _holds(there, {k: v for k, v in body.items() if k not in ("SyncToken", "sparse")})


def _holds(there: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and all(_holds(there.get(k), v) for k, v in wanted.items())
    if isinstance(wanted, bool) or isinstance(there, bool):
        return bool(there) == bool(wanted)
    if isinstance(wanted, int | Decimal):
        return exact(_figure(there)) == wanted
    return str(there or "") == str(wanted)


def same_person(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether a customer here is one of theirs that nobody linked: the same name, and no two e-mail addresses. An
    address alone is no proof: a family or an office shares one."""
    mine, other = (str(one.get("email") or "").strip().casefold() for one in (ours, theirs))
    name, their_name = (" ".join(str(one.get("name") or "").casefold().split()) for one in (ours, theirs))
    return name == their_name and (mine == other or not mine or not other)


def same_item(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether an item here is one of theirs: the same name, and no two SKUs."""
    mine, other = str(ours.get("sku") or ""), str(theirs.get("sku") or "")
    return ours.get("name") == theirs.get("name") and (mine == other or not mine or not other)


def _value(there: Mapping[str, Any], name: str) -> str:
    return str((there.get(name) or {}).get("value") or "")


def _figure(value: Any) -> str:
    return office.plain("0" if value in (None, "") else str(value))
