"""What a company file does with what is added to it: transactions, items, accounts; and what it refuses, with which
status."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from lxml import etree

from tests.contract.emulators import desktop_file as there
from tests.contract.emulators import desktop_forms as forms

if TYPE_CHECKING:
    from tests.contract.emulators.desktop_file import CompanyFile, Item, Named, Txn

_NOT_THERE = "QuickBooks error message: Invalid argument. The specified record does not exist in the list."
_STOCKED = ("ItemInventory", "ItemInventoryAssembly")


def add(file: CompanyFile, name: str, asked: etree._Element) -> etree._Element:
    """The Ret element of what was added; raises Refused and changes nothing."""
    if name == "ItemInventoryAdd":
        return _item(file, asked)
    if name == "AccountAdd":
        return _account(file, asked)
    return _transaction(file, name[:-3], asked)


def _transaction(file: CompanyFile, kind: str, asked: etree._Element) -> etree._Element:
    no_empty_values(asked)
    day = asked.findtext("TxnDate") or file.clock().date().isoformat()
    if file.closed_until and day <= file.closed_until:
        raise there.Refused(
            3171, "An attempt was made to modify a transaction with a date on or before the closing date."
        )
    read = {
        "TransferInventory": _transfer, "InventoryAdjustment": _adjustment, "SalesReceipt": _sale, "CreditMemo": _sale,
        "Invoice": _sale, "Check": _payout, "ARRefundCreditCard": _payout,
    }[kind]  # fmt: skip
    moved = read(file, asked)
    if not file.negative_stock:
        for (item, site), quantity in moved.items():
            if quantity < 0 and file.levels.get((item, site), Decimal(0)) + quantity < 0:
                raise there.Refused(3140, f'There is not enough of item "{file.items[item].name}" at the site.')
    for key, quantity in moved.items():
        file.levels[key] = file.levels.get(key, Decimal(0)) + quantity
    number = len(file.txns) + 1
    txn = there.Txn(
        kind=kind, txn_id=file.id("T"), number=number, edit_sequence=str(1_700_000_000 + number), day=day,
        ref_number=asked.findtext("RefNumber") or str(number), memo=asked.findtext("Memo") or "",
        guid=asked.findtext("ExternalGUID") or "", at=file.clock(), request=asked,
        moved={(file.items[item].name, file.sites[site].name if site else ""): q for (item, site), q in moved.items()},
    )  # fmt: skip
    file.txns[txn.txn_id] = txn
    return ret(file, txn, lines=True)


def _transfer(file: CompanyFile, asked: etree._Element) -> dict[tuple[str, str], Decimal]:
    if not file.multi_site:
        raise there.Refused(3250, "This feature is not enabled or not available in this version of QuickBooks.")
    source, destination = site(file, asked, "FromInventorySiteRef"), site(file, asked, "ToInventorySiteRef")
    if source == destination:
        raise there.Refused(3210, "The From and To sites of an inventory transfer must differ.")
    lines = asked.findall("TransferInventoryLineAdd")
    if not lines:
        raise there.Refused(3150, "There is a missing element: TransferInventoryLineAdd.")
    moved: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        which = stocked(file, line)
        quantity = number(line, "QuantityToTransfer")
        if quantity <= 0:
            raise there.Refused(3210, 'The "quantity to transfer" field has an invalid value.')
        _move(moved, which, source, -quantity)
        _move(moved, which, destination, quantity)
    return moved


def _adjustment(file: CompanyFile, asked: etree._Element) -> dict[tuple[str, str], Decimal]:
    account = named(file.accounts, asked.find("AccountRef"), "Account")
    if account.kind in ("AccountsReceivable", "AccountsPayable"):
        raise there.Refused(3140, f'There is an invalid reference to QuickBooks Account "{account.name}".')
    place = asked.find("InventorySiteRef")
    if place is None and file.multi_site:
        raise there.Refused(3150, "There is a missing element: InventorySiteRef.")
    where = site(file, asked, "InventorySiteRef") if place is not None else ""
    moved: dict[tuple[str, str], Decimal] = {}
    for line in asked.findall("InventoryAdjustmentLineAdd"):
        which, change = stocked(file, line), line.find("QuantityAdjustment")
        if change is None or not len(change):
            raise there.Refused(3150, "There is a missing element: QuantityAdjustment.")
        if change.find("NewQuantity") is not None:
            now = file.levels.get((which, where), Decimal(0)) + moved.get((which, where), Decimal(0))
            _move(moved, which, where, number(change, "NewQuantity") - now)
        else:
            _move(moved, which, where, number(change, "QuantityDifference"))
    return moved


def _sale(file: CompanyFile, asked: etree._Element) -> dict[tuple[str, str], Decimal]:
    """A receipt takes its goods away, a credit memo brings them back; a line of no stock item moves nothing."""
    named(file.customers, asked.find("CustomerRef"), "Customer") if asked.find("CustomerRef") is not None else None
    for name in ("DepositToAccountRef", "ARAccountRef"):
        if asked.find(name) is not None:
            named(file.accounts, asked.find(name), "Account")
    if asked.find("PaymentMethodRef") is not None:
        named(file.methods, asked.find("PaymentMethodRef"), "PaymentMethod")
    sign = 1 if asked.tag == "CreditMemoAdd" else -1
    moved: dict[tuple[str, str], Decimal] = {}
    tag = str(asked.tag).removesuffix("Add")
    for line in asked.findall(f"{tag}LineAdd"):
        if line.find("ItemRef") is None:
            continue
        if line.find("Rate") is not None and line.find("Amount") is not None:
            raise there.Refused(3210, "Rate and Amount do not go together.")
        item = _item_of(file, line)
        if item.kind not in _STOCKED:
            continue
        place = line.find("InventorySiteRef")
        if place is None and file.multi_site:
            raise there.Refused(3150, "There is a missing element: InventorySiteRef.")
        where = site(file, line, "InventorySiteRef") if place is not None else ""
        _move(moved, item.list_id, where, sign * (number(line, "Quantity") if line.find("Quantity") is not None else 1))
    return moved


def _payout(file: CompanyFile, asked: etree._Element) -> dict[tuple[str, str], Decimal]:
    """What gives the money of a credit memo back; no more of it than there is."""
    for name in ("AccountRef", "RefundFromAccountRef", "ARAccountRef"):
        if asked.find(name) is not None:
            named(file.accounts, asked.find(name), "Account")
    for name in ("CustomerRef", "PayeeEntityRef"):
        if asked.find(name) is not None:
            named(file.customers, asked.find(name), "Customer")
    for row in (*asked.iter("ApplyCheckToTxnAdd"), *asked.iter("RefundAppliedToTxnAdd")):
        memo = file.txns.get(row.findtext("TxnID") or "")
        if memo is None or memo.kind != "CreditMemo":
            raise there.Refused(3000, "The given object ID is invalid.")
        paid = Decimal(row.findtext("Amount") or row.findtext("RefundAmount") or "0")
        left = total_of(memo) - sum((total_of(one) for one in file.txns.values() if _pays(one, memo)), Decimal(0))
        if paid > left:
            raise there.Refused(3210, "The amount is more than is left of the credit memo.")
    return {}


def _pays(txn: Txn, memo: Txn) -> bool:
    paid = (*txn.request.iter("ApplyCheckToTxnAdd"), *txn.request.iter("RefundAppliedToTxnAdd"))
    return any(row.findtext("TxnID") == memo.txn_id for row in paid)


def total_of(txn: Txn) -> Decimal:
    """What a sale, a credit memo or a payout comes to, where no sales tax is worked out."""
    names = {"Check": "ApplyCheckToTxnAdd", "ARRefundCreditCard": "RefundAppliedToTxnAdd"}
    lines = txn.request.iter(names.get(txn.kind, f"{txn.kind}LineAdd"))
    return sum((Decimal(row.findtext("Amount") or row.findtext("RefundAmount") or "0") for row in lines), Decimal(0))


def tax_of(file: CompanyFile, txn: Txn) -> Decimal:
    """The sales tax of the whole document, worked out once on what is taxed, halves away from zero."""
    percent = file.taxes.get(txn.request.findtext("ItemSalesTaxRef/FullName") or "", Decimal(0))
    taxed = [row for row in txn.request if row.findtext("SalesTaxCodeRef/FullName") == "Tax"]
    base = sum((Decimal(row.findtext("Amount") or "0") for row in taxed), Decimal(0))
    return (base * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _item(file: CompanyFile, asked: etree._Element) -> etree._Element:
    no_empty_values(asked)
    name = asked.findtext("Name") or ""
    if not name or ":" in name:
        raise there.Refused(3090, f'There was an error when storing "{name}" in the "name" field.')
    if any(item.name.casefold() == name.casefold() for item in file.items.values()):
        raise there.Refused(3100, f'The name "{name}" of the list element is already in use.')
    accounts = []
    for ref in ("IncomeAccountRef", "COGSAccountRef", "AssetAccountRef"):
        if asked.find(ref) is None:
            raise there.Refused(3270, f"There is a missing account: {ref}.")
        accounts.append(named(file.accounts, asked.find(ref), "Account").name)
    item = file.add_item(
        name, income=accounts[0], cogs=accounts[1], asset=accounts[2], cost=asked.findtext("PurchaseCost") or "",
        price=asked.findtext("SalesPrice") or "", reorder=asked.findtext("ReorderPoint") or "",
    )  # fmt: skip
    return item_ret(file, item)


def _account(file: CompanyFile, asked: etree._Element) -> etree._Element:
    no_empty_values(asked)
    name, kind = asked.findtext("Name") or "", asked.findtext("AccountType") or ""
    if not name or ":" in name:
        raise there.Refused(3090, f'There was an error when storing "{name}" in the "name" field.')
    parent = asked.find("ParentRef")
    full = f"{named(file.accounts, parent, 'Account').name}:{name}" if parent is not None else name
    if any(account.name.casefold() == full.casefold() for account in file.accounts.values()):
        raise there.Refused(3100, f'The name "{name}" of the list element is already in use.')
    return account_ret(file.add_account(full, kind))


# References and numbers


def no_empty_values(asked: etree._Element) -> None:
    """The schemas let an empty number, date or reference through; QuickBooks does not."""
    for element in asked.iter():
        if str(element.tag).endswith("Ref") and not element.findtext("ListID") and not element.findtext("FullName"):
            raise there.Refused(3150, f"There is a missing element: ListID or FullName of {element.tag}.")
        if not len(element) and not (element.text or "") and element.tag in forms.FORMS:
            raise there.Refused(3045, f'There was an error when converting "" in the "{element.tag}" field.')


def named(among: dict[str, Named], ref: etree._Element | None, what: str) -> Named:
    """What a reference points to; 3140 where there is none."""
    assert ref is not None
    list_id, name = ref.findtext("ListID") or "", ref.findtext("FullName") or ""
    found = among.get(list_id) if list_id else None
    if not list_id:
        found = next((one for one in among.values() if one.name.casefold() == name.casefold()), None)
    if found is None:
        raise there.Refused(
            3140, f'There is an invalid reference to QuickBooks {what} "{name or list_id}". {_NOT_THERE}'
        )
    return found


def site(file: CompanyFile, asked: etree._Element, name: str) -> str:
    if not file.multi_site:
        raise there.Refused(3250, "This feature is not enabled or not available in this version of QuickBooks.")
    return named(file.sites, asked.find(name), "Inventory Site").list_id


def _item_of(file: CompanyFile, line: etree._Element) -> Item:
    ref = line.find("ItemRef")
    if ref is None:
        raise there.Refused(3150, "There is a missing element: ItemRef.")
    list_id, name = ref.findtext("ListID") or "", ref.findtext("FullName") or ""
    among = file.items.values()
    found = file.items.get(list_id) or next(
        (one for one in among if not list_id and one.name.casefold() == name.casefold()), None
    )
    if found is None:
        words = (
            f'There is an invalid reference to QuickBooks Item "{name or list_id}" in the {line.tag[:-3]}. {_NOT_THERE}'
        )
        raise there.Refused(3140, words)
    return found


def stocked(file: CompanyFile, line: etree._Element) -> str:
    item = _item_of(file, line)
    if item.kind not in _STOCKED:
        raise there.Refused(3140, f'Item "{item.name}" is not an inventory item.')
    return item.list_id


def number(parent: etree._Element, name: str) -> Decimal:
    text = parent.findtext(name)
    if not text:
        raise there.Refused(3150, f"There is a missing element: {name}.")
    return Decimal(text)


def _move(moved: dict[tuple[str, str], Decimal], item: str, place: str, quantity: Decimal | int) -> None:
    moved[item, place] = moved.get((item, place), Decimal(0)) + quantity


# What is answered


def ref(parent: etree._Element, name: str, list_id: str, full_name: str) -> None:
    element = etree.SubElement(parent, name)
    etree.SubElement(element, "ListID").text = list_id
    etree.SubElement(element, "FullName").text = full_name


def ids(file: CompanyFile, parent: etree._Element, what: str, own: str, edit_sequence: str) -> None:
    at = file.clock().replace(microsecond=0).isoformat()
    for name, text in ((what, own), ("TimeCreated", at), ("TimeModified", at), ("EditSequence", edit_sequence)):
        etree.SubElement(parent, name).text = text


#: Kind -> what its Ret holds after the ids, in order; a name in brackets is a reference that is copied as it was sent.
_RET = {
    "TransferInventory": "TxnDate RefNumber [FromInventorySiteRef] [ToInventorySiteRef] Memo ExternalGUID",
    "InventoryAdjustment": "[AccountRef] [InventorySiteRef] TxnDate RefNumber [CustomerRef] Memo ExternalGUID",
    "SalesReceipt": (
        "[CustomerRef] TxnDate RefNumber CheckNumber [PaymentMethodRef] TotalAmount Memo [DepositToAccountRef]"
        " ExternalGUID"
    ),
    "CreditMemo": "[CustomerRef] TxnDate RefNumber TotalAmount Memo ExternalGUID",
    "Invoice": "[CustomerRef] TxnDate RefNumber Subtotal SalesTaxTotal Memo ExternalGUID",
    "Check": "[AccountRef] [PayeeEntityRef] RefNumber TxnDate Memo ExternalGUID",
    "ARRefundCreditCard": "[CustomerRef] [RefundFromAccountRef] [ARAccountRef] TxnDate RefNumber Memo ExternalGUID",
}
_LINES = {
    "TransferInventory": ("TransferInventoryLine", "QuantityToTransfer", "QuantityTransferred"),
    "InventoryAdjustment": ("InventoryAdjustmentLine", "QuantityAdjustment/QuantityDifference", "QuantityDifference"),
    "SalesReceipt": ("SalesReceiptLine", "Quantity", "Quantity"),
    "CreditMemo": ("CreditMemoLine", "Quantity", "Quantity"),
    "Invoice": ("InvoiceLine", "Quantity", "Quantity"),
}


def ret(file: CompanyFile, txn: Txn, *, lines: bool) -> etree._Element:
    """A transaction as an answer shows it."""
    element = etree.Element(f"{txn.kind}Ret")
    ids(file, element, "TxnID", txn.txn_id, txn.edit_sequence)
    etree.SubElement(element, "TxnNumber").text = str(txn.number)
    known = {"TxnDate": txn.day, "RefNumber": txn.ref_number, "Memo": txn.memo, "ExternalGUID": txn.guid,
             "CheckNumber": txn.request.findtext("CheckNumber") or "", "TotalAmount": ""}  # fmt: skip
    if txn.kind in ("SalesReceipt", "CreditMemo"):
        known["TotalAmount"] = f"{total_of(txn) + tax_of(file, txn) + file.off_by:.2f}"
    if txn.kind == "Invoice":  # which says no total
        known |= {"Subtotal": f"{total_of(txn) + file.off_by:.2f}", "SalesTaxTotal": f"{tax_of(file, txn):.2f}"}
    for name in _RET[txn.kind].split():
        if name.startswith("["):
            sent = txn.request.find(name[1:-1])
            if sent is not None:
                ref_of_sent(file, element, sent)
        elif known[name]:
            etree.SubElement(element, name).text = known[name]
    if lines:
        _lines(file, txn, element)
    return element


def _lines(file: CompanyFile, txn: Txn, element: etree._Element) -> None:
    if txn.kind not in _LINES:
        return
    tag, asked, told = _LINES[txn.kind]
    for at, line in enumerate(txn.request.findall(f"{tag}Add"), start=1):
        row = etree.SubElement(element, f"{tag}Ret")
        etree.SubElement(row, "TxnLineID").text = f"{txn.txn_id}-{at}"[-36:]
        if line.find("ItemRef") is not None:
            ref_of_sent(file, row, line.find("ItemRef"))
        quantity = line.findtext(asked)
        if quantity is None and txn.kind == "InventoryAdjustment":  # it was set: what it changed
            which = _item_of(file, line).name
            quantity = f"{sum((q for (item, _), q in txn.moved.items() if item == which), Decimal(0)):f}"
        if quantity is not None:
            etree.SubElement(row, told).text = quantity
        if txn.kind == "InventoryAdjustment":
            etree.SubElement(row, "ValueDifference").text = "0.00"


def ref_of_sent(file: CompanyFile, parent: etree._Element, sent: etree._Element | None) -> None:
    """A reference with both its ListID and its name, whichever was sent."""
    assert sent is not None
    list_id, name = sent.findtext("ListID") or "", sent.findtext("FullName") or ""
    everything: list[Item | Named] = [*file.items.values()]
    for among in (file.sites, file.accounts, file.customers, file.methods):
        everything += among.values()
    for one in everything:
        if one.list_id == list_id or (not list_id and one.name.casefold() == name.casefold()):
            return ref(parent, str(sent.tag), one.list_id, one.name)
    return ref(parent, str(sent.tag), list_id, name)


def item_ret(file: CompanyFile, item: Item) -> etree._Element:
    """An item as an answer shows it; what is not stocked shows its name alone."""
    element = etree.Element(f"{item.kind}Ret")
    ids(file, element, "ListID", item.list_id, item.edit_sequence)
    leaf = item.name.rsplit(":", 1)[-1]
    known = [("Name", leaf), ("FullName", item.name), ("IsActive", str(item.active).lower()),
             ("Sublevel", str(item.name.count(":")))]  # fmt: skip
    for name, text in known:
        etree.SubElement(element, name).text = text
    if item.kind not in _STOCKED:
        return element
    by_name = {account.name: account.list_id for account in file.accounts.values()}
    values: list[tuple[str, str]] = [
        ("SalesPrice", item.price), ("IncomeAccountRef", item.income), ("PurchaseCost", item.cost),
        ("COGSAccountRef", item.cogs), ("AssetAccountRef", item.asset),
        ("ReorderPoint" if item.kind == "ItemInventory" else "BuildPoint", item.reorder),
        ("QuantityOnHand", f"{file.on_hand(item.list_id):f}"), ("AverageCost", item.cost),
    ]  # fmt: skip
    for name, text in values:
        if text and name.endswith("Ref"):
            ref(element, name, by_name.get(text, ""), text)
        elif text:
            etree.SubElement(element, name).text = text
    return element


def account_ret(account: Named) -> etree._Element:
    element = etree.Element("AccountRet")
    for name, text in (("ListID", account.list_id), ("EditSequence", account.edit_sequence),
                       ("Name", account.name.rsplit(":", 1)[-1]), ("FullName", account.name),
                       ("IsActive", str(account.active).lower()), ("Sublevel", str(account.name.count(":"))),
                       ("AccountType", account.kind)):  # fmt: skip
        etree.SubElement(element, name).text = text
    return element
