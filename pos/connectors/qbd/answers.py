"""What QuickBooks Desktop answered. Pure; never trusts what it reads.

`read` takes a whole answer to pieces, or says that it is none: `NoAnswer` (empty, cut off, a web page, not ours) means
that nobody knows what became of the message. What an answer means is said in `codes`; whether it is the answer to what
was asked, by `answer_to`. Whatever is missing in a row is "" in it, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from pos.said import said

BYTES_MAX = 32 * 1024 * 1024
#: Deeper than any answer of theirs is.
DEPTH_MAX = 40
_HEAD = re.compile(r"\s*(?:<\?xml[^>]{0,200}\?>)?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
#: References that may be to no character; all others are passed over, however many there are.
_REFERENCE = re.compile(
    r"&#(x0{0,6}(?:[01]?[0-9a-fA-F]|[dD][89a-fA-F][0-9a-fA-F]{2}|[fF]{3}[eEfF]|[1-9a-fA-F][0-9a-fA-F]{5,7})"
    r"|0{0,6}(?:[0-9]|[12][0-9]|3[01]|5[5-7][0-9]{3}|6553[45]|[1-9][0-9]{6,7}));"
)
_FORBIDDEN = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_HTML = re.compile(r"\s*(<!doctype html|<html)", re.IGNORECASE)
_WHOLE = re.compile(r"-?[0-9]{1,9}\Z")


class NoAnswer(ValueError):
    """What came back is no answer. code: empty, too_large, not_text, forbidden, html, cut, not_qbxml."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class Ret:
    """One thing they told of. kind: "ItemInventory" of an ItemInventoryRet. values: texts by path from it, as
    "ItemRef.FullName", in the order they came. lines: what is in it several times, as lines of a document and private
    data, by kind."""

    kind: str
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lines: tuple[Ret, ...] = ()

    def get(self, path: str) -> str:
        """The first text at a path; "" where there is none."""
        return (self.values.get(path) or ("",))[0]

    def all(self, path: str) -> tuple[str, ...]:
        return self.values.get(path, ())


@dataclass(frozen=True, slots=True)
class Rs:
    """The answer to one request. name: of the request, "TransferInventoryAdd". code: -1 where they gave none.
    recovered: what they had kept of an earlier time, without the document itself. remote_id: TxnID, or where there is
    none ListID (is_list)."""

    request_id: str
    name: str
    code: int
    severity: str = ""
    message: str = ""
    remote_id: str = ""
    recovered: bool = False
    edit_sequence: str = ""
    txn_number: str = ""
    guid: str = ""
    rows: tuple[Ret, ...] = ()
    iterator_id: str = ""
    remaining: int = 0
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole answer. set_code: 0 where they said nothing of the set itself."""

    set_id: str
    set_code: int
    items: tuple[Rs, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a company file says of itself and of the QuickBooks that has it open. file_id: what our OwnerID has written
    into it, "" = nothing. multi_site, inventory, class_tracking: None where they do not say."""

    product: str = ""
    release: str = ""
    country: str = ""
    versions: tuple[str, ...] = ()
    mode: str = ""
    company: str = ""
    legal: str = ""
    file_id: str = ""
    sample: bool = False
    multi_site: bool | None = None
    inventory: bool | None = None
    class_tracking: bool | None = None
    closing_date: str = ""


# -- the whole answer --------------------------------------------------------------------------------------------------


def read(text: str | bytes | None, bytes_max: int = BYTES_MAX) -> Answered:
    """An answer in pieces. NoAnswer."""
    root = _root(_clean(text, bytes_max))
    sets = [one for one in root if _local(one) == "QBXMLMsgsRs"]
    if _local(root) != "QBXML" or len(sets) != 1:
        raise NoAnswer("not_qbxml", said("The answer is not one of QuickBooks."))
    whole = sets[0]
    code = _int(whole.get("messageSetStatusCode", "0"), -1)
    items = tuple(_rs(one) for one in whole if _local(one).endswith("Rs"))
    return Answered(whole.get("newMessageSetID", ""), code, items)


def _clean(text: str | bytes | None, bytes_max: int) -> bytes:
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise NoAnswer("not_text", said("The answer is no text.")) from None
    if text is None or not text.strip():
        raise NoAnswer("empty", said("The answer was empty."))
    if len(text) > bytes_max:
        raise NoAnswer("too_large", said("The answer is larger than {max} MB.", max=bytes_max // (1024 * 1024)))
    if _HTML.match(text.removeprefix("\ufeff")):
        raise NoAnswer("html", said("A web page came in place of an answer."))
    if _FORBIDDEN.search(text):
        raise NoAnswer("forbidden", said("The answer declares a document type; that is never read."))
    # Their texts may hold characters no XML may: without them the rest can be read.
    text = _REFERENCE.sub(_legal, _CONTROL.sub("", text.removeprefix("\ufeff")))
    return text[_HEAD.match(text).end() :].encode("utf-8")  # type: ignore[union-attr]


def _legal(found: re.Match[str]) -> str:
    digits = found[1]
    number = int(digits[1:], 16) if digits.startswith("x") else int(digits)
    legal = number in (9, 10, 13) or 0x20 <= number <= 0xD7FF or 0xE000 <= number <= 0xFFFD
    return found[0] if legal or 0x10000 <= number <= 0x10FFFF else ""


def _root(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        whole = body.rstrip().endswith(b"</QBXML>")
        code, words = (
            ("not_qbxml", said("The answer cannot be read.")) if whole else ("cut", said("The answer is cut."))
        )
        raise NoAnswer(code, words) from None
    return root


def _local(node: etree._Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _int(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and _WHOLE.match(text.strip()) else otherwise


def _rs(node: etree._Element) -> Rs:
    rows: list[Ret] = []
    kept: Ret | None = None
    for child in node:
        name = _local(child)
        if name == "ErrorRecovery":
            kept = _ret(child, name)
        elif name.endswith("Ret"):
            rows.append(_ret(child, name.removesuffix("Ret")))
    first = kept or (rows[0] if rows else Ret(""))
    return Rs(
        request_id=node.get("requestID", ""),
        name=_local(node).removesuffix("Rs"),
        code=_int(node.get("statusCode"), -1),
        severity=node.get("statusSeverity", ""),
        message=node.get("statusMessage", ""),
        remote_id=first.get("TxnID") or first.get("ListID"),
        recovered=kept is not None,
        edit_sequence=first.get("EditSequence"),
        txn_number=first.get("TxnNumber"),
        guid=first.get("ExternalGUID"),
        rows=tuple(rows),
        iterator_id=node.get("iteratorID", ""),
        remaining=max(0, _int(node.get("iteratorRemainingCount"), 0)),
        is_list=not first.get("TxnID"),
    )


def _ret(node: etree._Element, kind: str) -> Ret:
    values: dict[str, list[str]] = {}
    lines: list[Ret] = []
    for path, child in _walk(node, "", 0):
        name = _local(child)
        if name.endswith("Ret"):
            lines.append(_ret(child, name.removesuffix("Ret")))
        elif not len(child):
            values.setdefault(path, []).append((child.text or "").strip())
    return Ret(kind, {path: tuple(found) for path, found in values.items()}, tuple(lines))


def _walk(node: etree._Element, above: str, depth: int) -> Iterator[tuple[str, etree._Element]]:
    """Everything in an element by its path, not what is in a Ret in it."""
    if depth > DEPTH_MAX:
        raise NoAnswer("not_qbxml", said("The answer is not one of QuickBooks."))
    for child in node:
        path = f"{above}{_local(child)}"
        yield path, child
        if len(child) and not _local(child).endswith("Ret"):
            yield from _walk(child, f"{path}.", depth + 1)


# -- whose answer it is ------------------------------------------------------------------------------------------------


def answer_to(answered: Answered, name: str, request_id: str, set_id: str = "") -> Rs | None:
    """The one answer to a request, None where it is not in there: another type, another id, two of them."""
    if set_id and answered.set_id and answered.set_id != set_id:
        return None
    found = [one for one in answered.items if one.request_id == request_id]
    return found[0] if len(found) == 1 and found[0].name == name else None


# -- rows --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One item of any kind. kind: as ItemInventory. Quantities and prices: decimal text, "" = not told."""

    list_id: str
    full_name: str
    kind: str
    active: bool
    on_hand: str = ""
    cost: str = ""
    price: str = ""
    income_account: str = ""
    cogs_account: str = ""
    asset_account: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    list_id: str
    full_name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Level:
    """How much of an item there is at a site. bin: a part of the site, "" = the site as a whole."""

    item: str
    site: str
    on_hand: str
    bin: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """An account, a way to pay, a tax code, a class. kind: of an account, its type."""

    list_id: str
    full_name: str
    kind: str
    active: bool


def _active(row: Ret) -> bool:
    return row.get("IsActive") != "false"


def item_of(row: Ret) -> Item | None:
    """None for what is no item: without an id or a name it cannot be one."""
    name = row.get("FullName") or row.get("Name")
    if not row.kind.startswith("Item") or not row.get("ListID") or not name:
        return None
    price = row.get("SalesPrice") or row.get("SalesAndPurchase.SalesPrice") or row.get("SalesOrPurchase.Price")
    cost = row.get("AverageCost") or row.get("PurchaseCost") or row.get("SalesAndPurchase.PurchaseCost")
    income = (
        row.get("IncomeAccountRef.FullName") or row.get("SalesAndPurchase.IncomeAccountRef.FullName")
        or row.get("SalesOrPurchase.AccountRef.FullName")
    )  # fmt: skip
    cogs = row.get("COGSAccountRef.FullName") or row.get("SalesAndPurchase.ExpenseAccountRef.FullName")
    return Item(
        row.get("ListID"), name, row.kind, _active(row), row.get("QuantityOnHand"), cost, price, income, cogs,
        row.get("AssetAccountRef.FullName"),
    )  # fmt: skip


def site_of(row: Ret) -> Site | None:
    name, above = row.get("Name"), row.get("ParentSiteRef.FullName")
    if row.kind != "InventorySite" or not row.get("ListID") or not name:
        return None
    return Site(row.get("ListID"), f"{above}:{name}" if above else name, _active(row))


def level_of(row: Ret) -> Level | None:
    ref = "ItemInventoryRef" if row.get("ItemInventoryRef.ListID") else "ItemInventoryAssemblyRef"
    item, site = row.get(f"{ref}.ListID"), row.get("InventorySiteRef.ListID")
    if row.kind != "ItemSites" or not item or not row.get("QuantityOnHand"):
        return None
    return Level(
        item, site, row.get("QuantityOnHand"), row.get("InventorySiteLocationRef.FullName"),
    )  # fmt: skip


def named_of(row: Ret) -> Named | None:
    name = row.get("FullName") or row.get("Name")
    if not row.get("ListID") or not name:
        return None
    return Named(row.get("ListID"), name, row.get("AccountType") or row.kind, _active(row))


def facts_of(answered: Answered, owner_id: str = "") -> Facts:
    """What host, company and preferences say, of the answers there are."""
    rows = {row.kind: row for one in answered.items for row in one.rows}
    host, company, wishes = (rows.get(kind, Ret(kind)) for kind in ("Host", "Company", "Preferences"))
    release = ".".join(part for part in (host.get("MajorVersion"), host.get("MinorVersion")) if part)
    return Facts(
        product=host.get("ProductName"),
        release=release,
        country=host.get("Country"),
        versions=host.all("SupportedQBXMLVersion"),
        mode=host.get("QBFileMode"),
        company=company.get("CompanyName"),
        legal=company.get("LegalCompanyName"),
        file_id=_private(company, "FileID", owner_id),
        sample=company.get("IsSampleCompany") == "true",
        multi_site=_bool(wishes.get("MultiLocationInventoryPreferences.IsMultiLocationInventoryEnabled")),
        inventory=_bool(wishes.get("PurchasesAndVendorsPreferences.IsUsingInventory")),
        class_tracking=_bool(wishes.get("AccountingPreferences.IsUsingClassTracking")),
        closing_date=wishes.get("AccountingPreferences.ClosingDate"),
    )  # fmt: skip


def _private(company: Ret, name: str, owner_id: str) -> str:
    for one in company.lines:
        theirs = one.get("OwnerID")
        ours = not owner_id or not theirs or theirs.lower() == owner_id.lower()
        if ours and one.kind == "DataExt" and one.get("DataExtName") == name:
            return one.get("DataExtValue")
    return ""


def _bool(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text)
