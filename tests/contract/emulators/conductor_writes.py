"""What QuickBooks makes of a create, an update, a delete and a void: references, names, lines, totals, stock."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.contract.emulators import conductor_shapes as shapes
from tests.contract.emulators.conductor_file import (
    ITEMS,
    TRANSACTIONS,
    CompanyFile,
    Refused,
    Row,
    group_of,
    missing,
    shown_as,
)

CENT = Decimal("0.01")
MOST = 10**12
#: Texts that are amounts or prices: QuickBooks shows them with two places at least.
AMOUNTS = frozenset(
    {
        "salesPrice", "purchaseCost", "price", "rate", "amount", "creditLimit", "discountRate", "balance",
        "totalBalance", "appliedAmount", "balanceRemaining", "averageCost", "openingBalance",
    }
)  # fmt: skip
#: Names of a request that nothing is shown of.
SILENT = frozenset(
    {
        "revisionNumber", "openingBalance", "openingBalanceDate", "totalValue", "inventoryDate",
        "forceUnitOfMeasureChange", "updateExistingTransactionsIncomeAccount", "linkToTransactionIds", "applyCredits",
        "updateExistingTransactionsCogsAccount", "updateExistingTransactionsExpenseAccount",
        "updateExistingTransactionsAccount", "linkToTransactionLine", "priceRuleConflictStrategy", "billingRateId",
    }
)  # fmt: skip
STOCKED = ("inventory-items", "inventory-assembly-items")


def create(file: CompanyFile, resource: str, given: Row) -> Row:
    """What stands then. Raises Refused."""
    row = _stored(file, shown_as(resource), {k: v for k, v in given.items() if k not in ("lines", "externalId")})
    if resource not in TRANSACTIONS:
        _name(file, resource, row, "")
    if given.get("externalId") and not file.forgets_external_ids:
        row["externalId"] = given["externalId"]
    row.setdefault("isActive", True)
    if resource in TRANSACTIONS:
        del row["isActive"]
        _fill_in(file, resource, row)
        row["lines"] = _lines(file, resource, row, given.get("lines", []), [])
        row["refNumber"] = row.get("refNumber") or _next_number(file, resource)
        _add_up(file, resource, row)
        _move(file, resource, row, 1)
    elif "lines" in given:
        row["lines"] = [_stored(file, _line_shape(resource), line) for line in given["lines"]]
    row["id"] = file.new_id(resource)
    file.touch(row, made=True)
    file.keep(resource, row)
    on_hand = row.pop("quantityOnHand", None)
    if on_hand is not None:
        file.stock[row["id"], ""] = Decimal(on_hand)
    return row


def update(file: CompanyFile, resource: str, key: str, revision: str | None, given: Row) -> Row:
    """revision: what it is read with; None = somebody at the screen. Raises Refused."""
    row = file.raw(resource, key)
    if revision is not None and revision != row["revisionNumber"]:
        raise Refused(3200, f'The provided edit sequence "{revision}" is out-of-date.')
    changed = _stored(file, shown_as(resource), {k: v for k, v in given.items() if k != "lines"}, before=row)
    after = {name: value for name, value in (row | changed).items() if value is not None}
    if resource not in TRANSACTIONS:
        _name(file, resource, after, key)
    lines = row.get("lines")
    if "lines" in given:
        if resource in TRANSACTIONS:
            lines = _lines(file, resource, after, given["lines"], row.get("lines", []))
        else:
            lines = [_stored(file, _line_shape(resource), line) for line in given["lines"]]
    _move(file, resource, row, -1)
    renamed = resource not in TRANSACTIONS and file.full_name(after) != file.full_name(row)
    row.clear()
    row.update(after)
    if lines is not None:
        row["lines"] = lines
    if resource in TRANSACTIONS:
        _add_up(file, resource, row)
        _move(file, resource, row, 1)
    if renamed:
        file.rename_all(resource)
    file.touch(row)
    return row


def delete(file: CompanyFile, resource: str, key: str) -> Row:
    row = file.raw(resource, key)
    if resource not in TRANSACTIONS and _used(file, key):
        raise Refused(3170, f'The object "{key}" cannot be deleted, because it is used in a transaction.')
    _move(file, resource, row, -1)
    file.drop(resource, key)
    return row


def void(file: CompanyFile, resource: str, key: str) -> Row:
    """It stands as it was, its figures are nothing."""
    row = file.raw(resource, key)
    _move(file, resource, row, -1)
    for line in row["lines"]:
        line.update(
            {name: Decimal(0) for name in ("quantity", "quantityDifference", "valueDifference") if name in line}
        )
        line.update({name: "0.00" for name in ("rate", "amount") if name in line})
    _add_up(file, resource, row)
    file.touch(row)
    return row


def _used(file: CompanyFile, key: str) -> bool:
    return any(
        key in row.values() or any(key in line.values() for line in row.get("lines", ()))
        for resource in TRANSACTIONS
        for row in file.table(resource).values()
    )


def _name(file: CompanyFile, resource: str, row: Row, own: str) -> None:
    name = row.get("name") or row.get("initial") or ""
    if not name:
        raise Refused(3060, "The name is missing.")
    if ":" in name:
        raise Refused(3210, f'The "name" field has an invalid value "{name}". QuickBooks error message: Name fields '
                            "cannot contain colons (:).")  # fmt: skip
    taken = file.names.get(group_of(resource), {}).get(file.full_name(row).casefold())
    if taken is not None and taken != own:
        raise Refused(3100, f'The name "{name}" of the list element is already in use.')


def _stored(file: CompanyFile, shape: shapes.Shape, given: Row, before: Row | None = None) -> Row:
    """A request in the words rows are kept in; None = nothing stands there any more."""
    if "lineGroups" in given:
        raise Refused(3140, "There is an invalid reference to QuickBooks item group: the list has none.")
    kept: Row = {}
    for name, value in given.items():
        stem = name[:-2] if name.endswith("Id") else ""
        if name in SILENT:
            continue
        if stem in shape.parts and shape.parts[stem].kind == "ref":
            if value or not shape.parts[stem].null:
                file.reference(stem, value)
            kept[stem] = value or None
        elif name.endswith("Ids") and f"{name[:-3]}s" in shape.parts:
            for one in value:
                file.reference("account", one)
            kept[f"{name[:-3]}s"] = value
        elif name == "barcode" and isinstance(value, dict):
            kept["barcode"] = value.get("value")
        elif name in shape.parts:
            kept[name] = _value(file, name, shape.parts[name], value, (before or {}).get(name))
        else:
            raise AssertionError(f"the emulator does not know what becomes of {name}")
    return kept


def _value(file: CompanyFile, name: str, shape: shapes.Shape, value: Any, before: Any) -> Any:
    if isinstance(value, dict) and shape.parts:
        old = dict(before or {})
        if file.replaces_addresses and shape.named == "qbd_address":
            old = {}
        merged = old | _stored(file, shape, value, old)
        return {part: one for part, one in merged.items() if one is not None} or None
    if isinstance(value, list) and shape.entry is not None:
        return [_entry(file, shape.entry, one, i) for i, one in enumerate(value)]
    if value == "" and shape.null:
        return None
    if isinstance(value, int | float | Decimal) and abs(Decimal(value)) > MOST:
        raise Refused(3040, f'There was an error when converting the quantity "{value}".')
    return amount(value) if name in AMOUNTS else value


def _entry(file: CompanyFile, shape: shapes.Shape, value: Row, i: int) -> Row:
    row = _stored(file, shape, value) if isinstance(value, dict) else value
    if shape.named == "qbd_custom_field":
        row.setdefault("type", "string_255_type")
    elif shape.named == "qbd_note":
        row.setdefault("id", Decimal(i + 1))
    elif shape.named == "qbd_contact" and "id" not in row:
        row["id"] = file.new_id("contacts")
        file.touch(row, made=True)
    return row


def amount(value: Any) -> str:
    """With two places at least. Raises Refused where it is no number."""
    try:
        figure = Decimal(value)
        if not figure.is_finite() or abs(figure) > MOST:
            raise InvalidOperation
    except InvalidOperation:
        raise Refused(3020, f'There was an error when converting the amount "{value}".') from None
    return f"{figure.quantize(CENT) if int(figure.as_tuple().exponent) > -2 else figure:f}"


def _line_shape(resource: str) -> shapes.Shape:
    entry = shown_as(resource).parts["lines"].entry
    assert entry is not None
    return entry


def _fill_in(file: CompanyFile, resource: str, row: Row) -> None:
    """What QuickBooks takes from the customer where a request says nothing."""
    if resource in ("sales-orders", "invoices"):
        customer = file.table("customers").get(row.get("customer", ""), {})
        for name in ("billingAddress", "shippingAddress", "terms", "salesRepresentative", "salesTaxItem"):
            if name not in row and customer.get(name):
                row[name] = customer[name]
    if resource in ("sales-orders", "invoices", "purchase-orders") and not row.get("dueDate"):
        terms = file.table("standard-terms").get(row.get("terms") or "", {})
        due = dt.date.fromisoformat(row["transactionDate"]) + dt.timedelta(days=terms.get("dueDays", 0))
        row["dueDate"] = due.isoformat()
    for name in list(row):
        if row[name] is None:
            del row[name]


def _next_number(file: CompanyFile, resource: str) -> str:
    numbers = [int(row["refNumber"]) for row in file.table(resource).values() if row["refNumber"].isdecimal()]
    return str(max(numbers, default=1000) + 1)


def _lines(file: CompanyFile, resource: str, row: Row, given: list[Row], before: list[Row]) -> list[Row]:
    """The whole list anew: "-1", or none, is a new line; what is not named is gone."""
    shape, old = _line_shape(resource), {line["id"]: line for line in before}
    lines: list[Row] = []
    for one in given:
        key = one.get("id", "-1")
        if key != "-1" and key not in old:
            raise missing(key)
        line = dict(old.pop(key, {}))
        said = {name: value for name, value in one.items() if name != "id"}
        if resource == "inventory-adjustments":
            _adjusted(file, row, line, said)
        fresh = _stored(file, shape, said, line)
        if resource != "inventory-adjustments":
            _priced(file, line, fresh, previous=lines[-1] if lines else None, new=key == "-1")
        line |= fresh
        line = {name: value for name, value in line.items() if value is not None}
        line["id"] = key if key != "-1" else file.new_id(resource)
        lines.append(line)
    return lines


def _priced(file: CompanyFile, line: Row, fresh: Row, *, previous: Row | None, new: bool) -> None:
    """Quantity, rate and amount of a line of an order, and what QuickBooks takes from the item."""
    key = fresh.get("item") or line.get("item")
    where = file.where.get(key or "", "")
    item = file.table(where)[key] if where in ITEMS and key else {}
    detail = item.get("salesOrPurchaseDetails") or item.get("salesAndPurchaseDetails") or {}
    if new and item:
        told = item.get("salesDescription") or detail.get("salesDescription") or detail.get("description")
        fresh.setdefault("description", told)
        fresh.setdefault("salesTaxCode", item.get("salesTaxCode"))
        if "rate" not in fresh and "amount" not in fresh and "ratePercent" not in fresh:
            price = item.get("salesPrice") or detail.get("salesPrice") or detail.get("price")
            fresh["rate"] = price or item.get("discountRate") or "0.00"
    if "amount" in fresh and fresh["amount"] is not None:
        return
    whole = line | fresh
    if whole.get("ratePercent"):
        base = Decimal((previous or {}).get("amount") or 0) * Decimal(whole["ratePercent"]) / 100
    else:
        base = Decimal(whole.get("rate") or 0) * Decimal(1 if whole.get("quantity") is None else whole["quantity"])
    if where == "discount-items":
        base = -abs(base)
    fresh["amount"] = amount(base.quantize(CENT))


def _adjusted(file: CompanyFile, row: Row, line: Row, said: Row) -> None:
    """A line of an adjustment, in the words it is shown in."""
    key = said.get("itemId") or line.get("item") or ""
    if file.where.get(key) not in STOCKED:
        raise Refused(3140, f'There is an invalid reference to QuickBooks item "{key}" in the inventory adjustment.')
    kinds = [name for name in said if name.startswith("adjust") and name != "adjustCount"]
    if len(kinds) > 1:
        raise Refused(3045, "A line adjusts one thing: its quantity, its value, a serial number or a lot.")
    level = file.stock.get((key, row.get("inventorySite") or ""), Decimal(0))
    for kind in kinds:
        inner = said.pop(kind)
        if "newQuantity" in inner:
            line["quantityDifference"] = Decimal(inner["newQuantity"]) - level
        if "quantityDifference" in inner:
            line["quantityDifference"] = Decimal(inner["quantityDifference"])
        if "valueDifference" in inner:
            line["valueDifference"] = inner["valueDifference"]
        if "newValue" in inner:
            line["valueDifference"] = Decimal(inner["newValue"])
        line |= {name: inner[name] for name in ("serialNumber", "lotNumber", "expirationDate") if name in inner}
    if "adjustCount" in said:
        line["quantityDifference"] = said.pop("adjustCount")


def _add_up(file: CompanyFile, resource: str, row: Row) -> None:
    """Totals, as QuickBooks makes them: tax of lines whose code is taxable."""
    if resource == "inventory-adjustments":
        return
    lines = row.get("lines", [])
    subtotal = sum((Decimal(line.get("amount") or 0) for line in lines), Decimal(0))
    parts = shown_as(resource).parts
    taxable = {key for key, code in file.table("sales-tax-codes").items() if code.get("isTaxable")}
    taxed = sum((Decimal(line.get("amount") or 0) for line in lines if line.get("salesTaxCode") in taxable), Decimal(0))
    rate = Decimal(file.table("sales-tax-items").get(row.get("salesTaxItem", ""), {}).get("taxRate", 0))
    tax = (taxed * rate / 100).quantize(CENT)
    applied = Decimal(row.get("appliedAmount") or 0)
    figures = {
        "subtotal": amount(subtotal), "totalAmount": amount(subtotal + tax), "salesTaxTotal": amount(tax),
        "salesTaxPercentage": f"{rate}" if row.get("salesTaxItem") else None, "isPaid": subtotal + tax == applied,
        "balanceRemaining": amount(subtotal + tax - applied), "isFullyInvoiced": row.get("isFullyInvoiced", False),
        "isFullyReceived": row.get("isFullyReceived", False), "appliedAmount": amount(applied),
    }  # fmt: skip
    row.update({name: value for name, value in figures.items() if name in parts})


def _move(file: CompanyFile, resource: str, row: Row, sign: int) -> None:
    """Stock of what an adjustment names; the items stay as they are."""
    if resource == "inventory-adjustments":
        for line in row.get("lines", ()):
            key = (line["item"], row.get("inventorySite") or "")
            difference = Decimal(line.get("quantityDifference") or 0)
            file.stock[key] = file.stock.get(key, Decimal(0)) + sign * difference
