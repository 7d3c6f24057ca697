"""What a company file answers to questions: lists, quantities by site, transactions; in pages while a session lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from lxml import etree

from tests.contract.emulators import desktop_file as there
from tests.contract.emulators.desktop_adds import account_ret, ids, item_ret, ref, ret

if TYPE_CHECKING:
    from tests.contract.emulators.desktop_file import CompanyFile, Named, Session

Answer = tuple[int, str, list[etree._Element]]
ITERATED = {
    "ItemQuery", "ItemInventoryQuery", "ItemSitesQuery", "CustomerQuery", "TransferInventoryQuery",
    "InventoryAdjustmentQuery", "SalesReceiptQuery", "CreditMemoQuery", "InvoiceQuery", "CheckQuery",
    "ARRefundCreditCardQuery",
}  # fmt: skip
_OK, _NONE = "Status OK", "A query request did not find a matching object in QuickBooks"


def query(session: Session, name: str, asked: etree._Element) -> Answer:
    """Status and rows; a row called "attributes" carries those of the response itself."""
    file = session.file
    if name in ("HostQuery", "CompanyQuery", "PreferencesQuery"):
        return 0, _OK, [_trimmed(asked, _one(file, name, asked))]
    if asked.get("iterator") in ("Continue", "Stop"):
        return _continued(session, name, asked)
    if asked.get("iterator") and name not in ITERATED:
        raise there.Refused(3120, f"{name} knows no iterator.")
    rows, missing = _found(file, name, asked)
    if asked.get("metaData") == "MetaDataOnly":
        return 0, _OK, [etree.Element("attributes", retCount=str(len(rows)))]
    most = asked.findtext("MaxReturned")
    if missing:
        return 500, f"The query request has not been fully completed. There was a required element ({missing[0]}) " \
            "that could not be found in QuickBooks.", rows  # fmt: skip
    if not rows:
        gone = etree.Element("attributes", iteratorRemainingCount="0")
        return 1, _NONE, [gone] if asked.get("iterator") else []
    if asked.get("iterator") == "Start":
        if not most:
            raise there.Refused(3150, "There is a missing element: MaxReturned.")
        own = f"{{{len(session.iterators) + 1:08x}-0000-0000-0000-000000000000}}"
        session.iterators[own] = there.Iterator(name, _filters(asked), rows)
        return _page(session, own, int(most))
    return 0, _OK, rows[: int(most)] if most else rows


def _continued(session: Session, name: str, asked: etree._Element) -> Answer:
    own = asked.get("iteratorID") or ""
    begun = session.iterators.get(own)
    if begun is None or begun.request != name:
        raise there.Refused(3120, f'The iterator "{own}" was not found in this session.')
    if asked.get("iterator") == "Stop":
        del session.iterators[own]
        return 0, _OK, []
    if begun.filters != _filters(asked):
        raise there.Refused(3120, "The filters are not those the iterator was begun with.")
    return _page(session, own, int(asked.findtext("MaxReturned") or "1"))


def _page(session: Session, own: str, most: int) -> Answer:
    begun = session.iterators[own]
    rows, begun.rows = begun.rows[:most], begun.rows[most:]
    told = etree.Element("attributes", iteratorRemainingCount=str(len(begun.rows)), iteratorID=own)
    if not begun.rows:
        del session.iterators[own]
    return 0, _OK, [told, *rows]


def _filters(asked: etree._Element) -> str:
    return "".join(etree.tostring(child, encoding="unicode") for child in asked if child.tag != "MaxReturned")


# The host, the company, its preferences


def _one(file: CompanyFile, name: str, asked: etree._Element) -> etree._Element:
    return {"HostQuery": host, "PreferencesQuery": preferences}.get(name, company)(file, _texts(asked, "OwnerID"))


def host(file: CompanyFile, _owners: list[str]) -> etree._Element:
    element = etree.Element("HostRet")
    versions = [v for v in ("1.0", "12.0", "13.0", "14.0", "15.0", "16.0") if float(v) <= float(file.version)]
    told = [("ProductName", file.edition), ("MajorVersion", "33"), ("MinorVersion", "0"), ("Country", file.country)]
    told += [("SupportedQBXMLVersion", version) for version in versions]
    told += [("IsAutomaticLogin", "false"), ("QBFileMode", "MultiUser")]
    for name, text in told:
        etree.SubElement(element, name).text = text
    return element


def company(file: CompanyFile, owners: list[str]) -> etree._Element:
    element = etree.Element("CompanyRet")
    for name, text in (("IsSampleCompany", "false"), ("CompanyName", file.name), ("LegalCompanyName", file.name)):
        etree.SubElement(element, name).text = text
    for (owner, name), value in file.private.items():
        if owner in owners:
            ext = etree.SubElement(element, "DataExtRet")
            for key, text in (("OwnerID", owner), ("DataExtName", name), ("DataExtType", "STR255TYPE"),
                              ("DataExtValue", value)):  # fmt: skip
                etree.SubElement(ext, key).text = text
    return element


def preferences(file: CompanyFile, _owners: list[str]) -> etree._Element:
    element = etree.Element("PreferencesRet")
    if file.closed_until:
        accounting = etree.SubElement(element, "AccountingPreferences")
        etree.SubElement(accounting, "ClosingDate").text = file.closed_until
    sites = etree.SubElement(element, "MultiLocationInventoryPreferences")
    for name in ("IsMultiLocationInventoryAvailable", "IsMultiLocationInventoryEnabled"):
        etree.SubElement(sites, name).text = str(file.multi_site).lower()
    return element


def first_answer(file: CompanyFile, owner_id: str) -> str:
    """What the Web Connector asked before everything else: host, company and preferences."""
    root = etree.Element("QBXML")
    answers = etree.SubElement(root, "QBXMLMsgsRs")
    owners = [] if file.strips_private_data else [owner_id]
    for at, (name, make) in enumerate((("Host", host), ("Company", company), ("Preferences", preferences))):
        response = etree.SubElement(
            answers, f"{name}QueryRs", requestID=str(at), statusCode="0", statusSeverity="Info", statusMessage=_OK
        )
        response.append(make(file, owners))
    return there.HEAD + etree.tostring(root, encoding="unicode")


# Lists and transactions


def _found(file: CompanyFile, name: str, asked: etree._Element) -> tuple[list[etree._Element], list[str]]:
    """The rows, and the ids or names among those asked for that are not there."""
    if name == "ItemSitesQuery":
        return _item_sites(file, asked), []
    if name in ("ItemQuery", "ItemInventoryQuery"):
        items = [i for i in file.items.values() if name == "ItemQuery" or i.kind == "ItemInventory"]
        return _listed(asked, items, lambda item: item_ret(file, item))
    if name == "InventorySiteQuery":
        if not file.multi_site:
            raise there.Refused(3250, "This feature is not enabled or not available in this version of QuickBooks.")
        return _listed(asked, file.sites.values(), lambda site: _site_ret(file, site))
    if name == "AccountQuery":
        kinds = _texts(asked, "AccountType")
        return _listed(asked, [a for a in file.accounts.values() if not kinds or a.kind in kinds], account_ret)
    if name == "CustomerQuery":
        return _listed(asked, file.customers.values(), lambda customer: _named_ret(file, "Customer", customer))
    if name in ("PaymentMethodQuery", "SalesTaxCodeQuery", "ClassQuery"):
        among = {"PaymentMethodQuery": file.methods, "SalesTaxCodeQuery": file.tax_codes, "ClassQuery": file.classes}
        return _listed(asked, among[name].values(), lambda one: _named_ret(file, name[: -len("Query")], one))
    return _transactions(file, name[: -len("Query")], asked)


def _listed(
    asked: etree._Element, among: Iterable[Any], make: Callable[[Any], etree._Element]
) -> tuple[list[etree._Element], list[str]]:
    wanted_ids, wanted_names = _texts(asked, "ListID"), [name.casefold() for name in _texts(asked, "FullName")]
    every = list(among)
    if wanted_ids:
        found = [one for one in every if one.list_id in wanted_ids]
        missing = sorted(set(wanted_ids) - {one.list_id for one in found})
    elif wanted_names:
        found = [one for one in every if one.name.casefold() in wanted_names]
        missing = sorted(set(wanted_names) - {one.name.casefold() for one in found})
    else:
        state = asked.findtext("ActiveStatus") or "ActiveOnly"
        found, missing = [one for one in every if state == "All" or one.active == (state == "ActiveOnly")], []
        given = asked.find("NameFilter")
        if given is not None:
            how, text = given.findtext("MatchCriterion"), (given.findtext("Name") or "").casefold()
            test = {"StartsWith": str.startswith, "EndsWith": str.endswith, "Contains": str.__contains__}[how or ""]
            found = [one for one in found if test(one.name.casefold(), text)]
    return [_trimmed(asked, make(one)) for one in found], missing


def _item_sites(file: CompanyFile, asked: etree._Element) -> list[etree._Element]:
    items = {text.casefold() for path in ("FullName", "ListID") for text in _texts(asked, f".//ItemFilter/{path}")}
    sites = {text.casefold() for path in ("FullName", "ListID") for text in _texts(asked, f".//SiteFilter/{path}")}
    rows = []
    for (item_id, site_id), level in sorted(file.levels.items()):
        item, site = file.items[item_id], file.sites.get(site_id)
        if (items and not {item_id.casefold(), item.name.casefold()} & items) or (
            sites and (site is None or not {site_id.casefold(), site.name.casefold()} & sites)
        ):
            continue
        row = etree.Element("ItemSitesRet")
        ids(file, row, "ListID", f"{item_id}-{site_id}"[:36], "1")
        ref(row, f"{item.kind}Ref", item_id, item.name)
        if site is not None:
            ref(row, "InventorySiteRef", site_id, site.name)
        if item.reorder:
            etree.SubElement(row, "ReorderLevel").text = item.reorder
        etree.SubElement(row, "QuantityOnHand").text = f"{level:f}"
        rows.append(_trimmed(asked, row))
    return rows


def _transactions(file: CompanyFile, kind: str, asked: etree._Element) -> tuple[list[etree._Element], list[str]]:
    every = [txn for txn in file.txns.values() if txn.kind == kind and not file.amnesia]
    txn_ids, numbers = _texts(asked, "TxnID"), [text.casefold() for text in _texts(asked, "RefNumber")]
    exact, missing = _texts(asked, "RefNumberCaseSensitive"), list[str]()
    if txn_ids:
        found = [txn for txn in every if txn.txn_id in txn_ids]
        missing = sorted(set(txn_ids) - {txn.txn_id for txn in found})
    elif numbers or exact:
        found = [txn for txn in every if txn.ref_number.casefold() in numbers or txn.ref_number in exact]
        there_now = {txn.ref_number.casefold() for txn in found}
        missing = [text for text in [*numbers, *exact] if text.casefold() not in there_now]
    else:
        given = asked.find("ModifiedDateRangeFilter")
        since = given.findtext("FromModifiedDate") if given is not None else None
        days = asked.find("TxnDateRangeFilter")
        first = (days.findtext("FromTxnDate") or "") if days is not None else ""
        last = (days.findtext("ToTxnDate") or "9") if days is not None else "9"
        found = [t for t in every if first <= t.day <= last and (not since or t.at.isoformat()[:19] >= since[:19])]
    lines = asked.findtext("IncludeLineItems") == "true"
    return [_trimmed(asked, ret(file, txn, lines=lines)) for txn in found], missing


def _site_ret(file: CompanyFile, site: Named) -> etree._Element:
    element = etree.Element("InventorySiteRet")
    ids(file, element, "ListID", site.list_id, site.edit_sequence)
    for name, text in (("Name", site.name), ("IsActive", str(site.active).lower()), ("IsDefaultSite", "false")):
        etree.SubElement(element, name).text = text
    return element


def _named_ret(file: CompanyFile, kind: str, one: Named) -> etree._Element:
    """What has little but a name: a customer, a class, a way to pay, a tax code."""
    element = etree.Element(f"{kind}Ret")
    ids(file, element, "ListID", one.list_id, one.edit_sequence)
    etree.SubElement(element, "Name").text = one.name.rsplit(":", 1)[-1]
    if kind in ("Customer", "Class"):
        etree.SubElement(element, "FullName").text = one.name
    etree.SubElement(element, "IsActive").text = str(one.active).lower()
    return element


def _texts(asked: etree._Element, path: str) -> list[str]:
    return [element.text or "" for element in asked.findall(path)]


def _trimmed(asked: etree._Element, row: etree._Element) -> etree._Element:
    """Only the elements that were asked for, where some were."""
    wanted = set(_texts(asked, "IncludeRetElement"))
    if wanted:
        for child in [child for child in row if child.tag not in wanted]:
            row.remove(child)
    return row
