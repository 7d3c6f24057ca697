"""A company file of QuickBooks Desktop: what stands in it, and how it answers a message set.

Written from the contract beside the repository alone. A message set under an id is run once: what came of it is kept
inside the file and given again to whoever comes with the same id, also when it failed.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lxml import etree

from tests.contract.emulators import desktop_forms as forms

HEAD = '<?xml version="1.0" ?>\n'
SET_ID_MAX, REQUEST_ID_MAX = 23, 50
CLEAR_ALL = "ClearAllMessageSets"


class Hresult(Exception):
    """ProcessRequest or opening the file failed: no answer at all, only a number and a text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Refused(Exception):
    """An error status of one request."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


@dataclass
class Item:
    list_id: str
    name: str
    kind: str = "ItemInventory"
    income: str = ""
    cogs: str = ""
    asset: str = ""
    cost: str = ""
    price: str = ""
    reorder: str = ""
    active: bool = True
    edit_sequence: str = "1"


@dataclass
class Named:
    """A site, an account, a customer: what is found by ListID or by its name without case."""

    list_id: str
    name: str
    kind: str = ""
    active: bool = True
    edit_sequence: str = "1"


@dataclass
class Txn:
    """A transaction as it stands in the file. moved: (item's name, site's name) -> what it changed there."""

    kind: str
    txn_id: str
    number: int
    edit_sequence: str
    day: str
    ref_number: str
    memo: str
    guid: str
    at: dt.datetime
    request: etree._Element
    moved: dict[tuple[str, str], Decimal] = field(default_factory=dict)


@dataclass
class Stored:
    body: str
    answer: str


@dataclass
class Iterator:
    request: str
    filters: str
    rows: list[etree._Element]


@dataclass
class Session:
    """One opening of the file by one application. Iterators live as long as it."""

    file: CompanyFile
    app: str
    iterators: dict[str, Iterator] = field(default_factory=dict)

    def process(self, body: str) -> str:
        """The answer, as text. Raises Hresult."""
        return self.file.process(self, body)

    def close(self) -> None:
        self.iterators.clear()


class CompanyFile:
    """verdicts: called with the name of a request that writes; what it returns, a status and its text, is the answer
    instead, and whether it was carried out all the same. set_codes: told whether the id is known, it says the code of
    the message set (9001, 9005; 0 = nothing goes wrong). log: each message set that came, in order: id and text."""

    def __init__(self, name: str = "Corner Shop Ltd", *, version: str = "16.0", multi_site: bool = True) -> None:
        self.name, self.version, self.multi_site = name, version, multi_site
        self.path = f"C:\\Books\\{name}.qbw"
        self.country, self.edition = "US", "Intuit QuickBooks Enterprise Solutions 23.0"
        self.closed_until = ""
        self.negative_stock = True
        self.taxes: dict[str, Decimal] = {}  # a sales tax item -> its percentage
        self.off_by = Decimal(0)  # what it makes of a total more than its lines come to
        self.amnesia = False  # remembers no message set, and finds no transaction it is asked for: nothing protects
        self.strips_private_data = False  # the host answer carries no FileID: it has to be asked for
        self.clock: Callable[[], dt.datetime] = lambda: dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
        self.items: dict[str, Item] = {}
        self.sites: dict[str, Named] = {}
        self.accounts: dict[str, Named] = {}
        self.customers: dict[str, Named] = {}
        self.methods: dict[str, Named] = {}
        self.tax_codes: dict[str, Named] = {}
        self.classes: dict[str, Named] = {}
        self.levels: dict[tuple[str, str], Decimal] = {}  # (ListID of the item, of the site or "")
        self.txns: dict[str, Txn] = {}
        self.private: dict[tuple[str, str], str] = {}  # (OwnerID, name) -> value
        self.stored: dict[str, dict[str, Stored]] = {}  # application -> id -> what is remembered
        self.verdicts: Callable[[str], tuple[int, str, bool] | None] = lambda name: None
        self.set_codes: Callable[[bool], int] = lambda stored: 0
        self.log: list[tuple[str, str]] = []
        self.refused: list[str] = []  # why something was unreadable, in our words
        self._made = 0
        self._lock = threading.RLock()
        for account, kind in (("Inventory Adjustments", "CostOfGoodsSold"), ("Shrinkage", "Expense"),
                              ("Sales", "Income"), ("Cost of Goods Sold", "CostOfGoodsSold"),
                              ("Inventory Asset", "OtherCurrentAsset"), ("Undeposited Funds", "OtherCurrentAsset"),
                              ("Accounts Receivable", "AccountsReceivable")):  # fmt: skip
            self.add_account(account, kind)

    # What stands in it

    def id(self, tail: str = "") -> str:
        """A ListID or TxnID no other thing here has."""
        self._made += 1
        return f"8{self._made:07X}-{1_700_000_000 + self._made}{tail}"

    def add_item(self, name: str, kind: str = "ItemInventory", **given: Any) -> Item:
        item = Item(self.id(), name, kind, **given)
        self.items[item.list_id] = item
        return item

    def add_site(self, name: str) -> Named:
        return self._add(self.sites, name, "")

    def add_account(self, name: str, kind: str) -> Named:
        return self._add(self.accounts, name, kind)

    def add_customer(self, name: str) -> Named:
        return self._add(self.customers, name, "")

    def _add(self, among: dict[str, Named], name: str, kind: str) -> Named:
        one = Named(self.id(), name, kind)
        among[one.list_id] = one
        return one

    def level(self, item: str, site: str = "") -> Decimal:
        """On hand, by names."""
        which = next(one.list_id for one in self.items.values() if one.name == item)
        where = next((one.list_id for one in self.sites.values() if one.name == site), "")
        return self.levels.get((which, where), Decimal(0))

    def put(self, item: str, site: str, quantity: Decimal | int) -> None:
        """What is there to begin with, without a transaction."""
        which = next(one.list_id for one in self.items.values() if one.name == item)
        where = next((one.list_id for one in self.sites.values() if one.name == site), "")
        self.levels[which, where] = Decimal(quantity)

    def on_hand(self, list_id: str) -> Decimal:
        return sum((level for (item, _), level in self.levels.items() if item == list_id), Decimal(0))

    def moved(self) -> dict[tuple[str, str], Decimal]:
        """What all transactions together changed: (item's name, site's name) -> quantity."""
        total: dict[tuple[str, str], Decimal] = {}
        for txn in self.txns.values():
            for key, quantity in txn.moved.items():
                total[key] = total.get(key, Decimal(0)) + quantity
        return {key: quantity for key, quantity in total.items() if quantity}

    def about(self, words: str) -> list[Txn]:
        """Transactions whose memo holds these words, oldest first."""
        return sorted((txn for txn in self.txns.values() if words in txn.memo), key=lambda txn: txn.number)

    # How it answers

    def open(self, app: str) -> Session:
        """BeginSession of an application."""
        return Session(self, app)

    def process(self, session: Session, body: str) -> str:
        with self._lock:
            document = self._read(body)
            sets = document[0]
            new, old = sets.get("newMessageSetID") or "", sets.get("oldMessageSetID") or ""
            self.log.append((new, body))
            kept = self.stored.setdefault(session.app, {})
            if len(new) > SET_ID_MAX or (len(old) > SET_ID_MAX and old != CLEAR_ALL):
                return _answered(etree.Element("QBXMLMsgsRs"), new, 9004)
            code = self._cleared(kept, new, old)
            if new and new in kept:
                return self._remembered(kept[new], new, old, body)
            if new and new == old:
                return _answered(etree.Element("QBXMLMsgsRs"), new, 9002)
            told = self.set_codes(False) if new else 0
            if told == 9001:
                return _answered(etree.Element("QBXMLMsgsRs"), new, 9001)
            answer = self._run(session, sets)
            if not new:
                return _answered(answer, "", code if old else None)
            if told == 9005:
                return _answered(answer, new, 9005)
            if self.amnesia:
                return _answered(answer, new, code)
            kept[new] = Stored(body, etree.tostring(answer, encoding="unicode"))
            return _answered(answer, new, code)

    def _cleared(self, kept: dict[str, Stored], new: str, old: str) -> int:
        if not old or old == new:
            return 0
        if old == CLEAR_ALL:
            kept.clear()
            return 0
        return 0 if kept.pop(old, None) is not None else 600

    def _remembered(self, stored: Stored, new: str, old: str, body: str) -> str:
        """The stored result, a summary of it; 9001 where the content is another."""
        told = self.set_codes(True)
        if told == 9001 or (stored.body != body and old != new):
            return _answered(etree.Element("QBXMLMsgsRs"), new, 9001)
        answer = etree.fromstring(stored.answer)
        for response in answer:
            for ret in [child for child in response if str(child.tag).endswith("Ret")]:
                response.replace(ret, _summary(ret))
        return _answered(answer, new, 0)

    def _read(self, body: str) -> etree._Element:
        """The parsed request; raises Hresult for whatever QuickBooks cannot read, keeping the reason in `refused`."""
        try:
            return self._parsed(body)
        except forms.Unreadable as error:
            self.refused.append(str(error))
            raise Hresult(
                "0x80040400", "QuickBooks found an error when parsing the provided XML text stream."
            ) from None

    def _parsed(self, body: str) -> etree._Element:
        if not body.startswith("<?xml"):
            raise forms.Unreadable(f"does not begin with the XML declaration: {body[:20]!r}")
        if re.search(r"<!(DOCTYPE|ENTITY)|<!\[CDATA\[", body) or any(ord(sign) > 255 for sign in body):
            raise forms.Unreadable("a document type, a CDATA section or a character beyond Latin-1")
        told = re.search(r'<\?qbxml\s+version="(\d+\.\d)"\s*\?>', body)
        if told is None:
            raise forms.Unreadable("no qbxml instruction")
        try:
            document = etree.fromstring(re.sub(r"^<\?xml[^>]*\?>", "", body), etree.XMLParser(resolve_entities=False))
        except etree.XMLSyntaxError as error:
            raise forms.Unreadable(str(error)) from None
        if told[1] not in forms.VERSIONS or Decimal(told[1]) > Decimal(self.version):
            raise Hresult("0x80040423", "The version of qbXML that was requested is not supported or is unknown.")
        if any(isinstance(node, etree._Comment) for node in document.iter()) or document.nsmap:
            raise forms.Unreadable("a comment or a namespace")
        if document.tag != "QBXML" or [child.tag for child in document] != ["QBXMLMsgsRq"]:
            raise forms.Unreadable(f"not QBXML with QBXMLMsgsRq: {document.tag}")
        sets = document[0]
        if sets.get("onError") == "rollbackOnError":
            raise Hresult("0x80040413", "The rollbackOnError attribute is not supported.")
        if sets.get("onError") not in ("stopOnError", "continueOnError") or not len(sets):
            raise forms.Unreadable("no onError, or no request")
        forms.by_the_schema(document, told[1])
        for request in sets:
            if request.tag not in forms.ORDERS:
                raise forms.Unreadable(f"unknown request: {request.tag}")
            forms.check(request)
        return document

    def _run(self, session: Session, sets: etree._Element) -> etree._Element:
        answer = etree.Element("QBXMLMsgsRs")
        failed = False
        for request in sets:
            name = str(request.tag)[:-2]
            response = etree.SubElement(answer, f"{name}Rs")
            own = request.get("requestID") or ""
            if own:
                response.set("requestID", own)
            if failed and sets.get("onError") == "stopOnError":
                _status(response, 3231, "The request has not been processed.")
                continue
            try:
                if len(own) > REQUEST_ID_MAX:
                    raise Refused(1060, "Invalid request ID.")
                code, words, rows = self._done(session, name, request)
                _status(response, code, words)
                for key, value in [(k, v) for row in rows if row.tag == "attributes" for k, v in row.attrib.items()]:
                    response.set(key, value)
                response.extend([row for row in rows if row.tag != "attributes"])
            except Refused as refused:
                failed = True
                _status(response, refused.code, refused.message)
        return answer

    def _done(self, session: Session, name: str, request: etree._Element) -> tuple[int, str, list[etree._Element]]:
        """Status, its text and what is shown of it; raises Refused."""
        from tests.contract.emulators import desktop_adds, desktop_queries

        if not name.endswith("Add"):
            return desktop_queries.query(session, name, request)
        code, words, carried_out = self.verdicts(name) or (0, "Status OK", True)
        if not carried_out:
            raise Refused(code, words)
        ret = desktop_adds.add(self, name, request[0])
        if code >= 1000:
            raise Refused(code, words)
        return code, words, [ret]


def _status(response: etree._Element, code: int, words: str) -> None:
    severity = "Info" if code < 500 else "Warn" if code < 1000 else "Error"
    response.set("statusCode", str(code))
    response.set("statusSeverity", severity)
    response.set("statusMessage", words)


def _summary(ret: etree._Element) -> etree._Element:
    """What is kept of an added thing: its ids, none of its lines."""
    summary = etree.Element("ErrorRecovery")
    for name in ("ListID", "TxnID", "TxnNumber", "EditSequence", "ExternalGUID"):
        found = ret.find(name)
        if found is not None:
            etree.SubElement(summary, name).text = found.text
    return summary


def _answered(answer: etree._Element, new: str, code: int | None) -> str:
    if new:
        answer.set("newMessageSetID", new)
    if code is not None:
        answer.set("messageSetStatusCode", str(code))
    root = etree.Element("QBXML")
    root.append(answer)
    return HEAD + etree.tostring(root, encoding="unicode")
