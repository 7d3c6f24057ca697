"""One company of QuickBooks Online: what it holds, its switches, and what a person does in it.

Ids, tokens, stamps and names are given here; what a document must obey is in `qbo_sales`, `qbo_lists`.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Doc = dict[str, Any]

SALES = ("SalesReceipt", "RefundReceipt", "Invoice", "CreditMemo", "Estimate")
MONEY = (*SALES, "Payment", "JournalEntry", "Deposit")
PEOPLE = ("Customer", "Vendor", "Employee")
LISTS = (
    *PEOPLE, "Item", "Account", "TaxCode", "TaxRate", "TaxAgency", "PaymentMethod", "Department", "Class", "Term",
)  # fmt: skip
ENTITIES = (*MONEY, *LISTS, "CompanyInfo", "Preferences")
#: Path word -> entity.
BY_PATH = {entity.lower(): entity for entity in ENTITIES}
CURRENCIES = {"USD": "United States Dollar", "GBP": "British Pound Sterling", "CAD": "Canadian Dollar"}

#: How QuickBooks works out the tax: by its own service in the US, by the US company's own rates, or elsewhere.
AUTOMATED, MANUAL, GLOBAL = "automated", "manual", "global"


class Refusal(Exception):
    """A request refused. form: fault, gateway (lower case), text or html."""

    def __init__(
        self, status: int, code: str, message: str, detail: str = "", *, element: str | None = None,
        kind: str = "ValidationFault", form: str = "fault",
    ) -> None:  # fmt: skip
        super().__init__(f"{code} {message}: {detail}")
        self.status, self.code, self.message, self.detail = status, code, message, detail
        self.element, self.kind, self.form = element, kind, form

    def fault(self) -> Doc:
        error = {"Message": self.message, "Detail": self.detail or self.message, "code": self.code}
        if self.element is not None:
            error["element"] = self.element
        return {"Fault": {"Error": [error], "type": self.kind}}


def invalid(code: str, message: str, detail: str = "", element: str | None = None) -> Refusal:
    return Refusal(400, code, message, detail, element=element)


def business(detail: str) -> Refusal:
    return invalid("6000", "A business validation error has occurred while processing your request", detail)


class Clock:
    """The emulator's time. It runs `rate` seconds a second (0: it stands) and moves when a test moves it."""

    def __init__(self, start: dt.datetime | None = None, rate: float = 1.0) -> None:
        self._start = start or dt.datetime.now(dt.UTC)
        self._since = time.monotonic()
        self._moved = dt.timedelta()
        self._held = threading.local()
        self.rate = rate

    def now(self) -> dt.datetime:
        held: dt.datetime | None = getattr(self._held, "at", None)
        if held is not None:
            return held
        return self._start + self._moved + dt.timedelta(seconds=(time.monotonic() - self._since) * self.rate)

    def advance(self, seconds: float = 0, **more: float) -> None:
        """advance(90), advance(days=1)."""
        self._moved += dt.timedelta(seconds=seconds, **more)

    @contextmanager
    def held(self, at: dt.datetime) -> Iterator[None]:
        """This thread lives at that moment: what was due while nobody looked is done at its own time."""
        self._held.at = at
        try:
            yield
        finally:
            self._held.at = None


@dataclass
class Record:
    body: Doc
    #: The name it goes by in its name space, which it keeps when made inactive.
    name: str = ""
    deleted: bool = False
    #: Counts up with every change of the company: the newest change has the highest.
    change: int = 0


@dataclass
class Switches:
    """What differs from company to company, or is not known for sure."""

    duplicate_check: bool = True  # 6140
    custom_numbers: bool = True  # Preferences.SalesFormsPrefs.CustomTxnNumbers
    closed_until: dt.date | None = None
    closed_code: str = "6210"
    requestid_memory: dt.timedelta = dt.timedelta(hours=24)  # zero: none
    remembers_failures: bool = False
    batch_replays: bool = True  # False: a repeated batch id is refused with 6000
    multicurrency: bool = False
    shuffled: bool = False  # a query without ORDERBY in any order at all
    cdc_days: int | None = 30
    subscribed: bool = True  # False: 3100
    #: How long a write holds an inventory item, in real seconds; another at the same time meets the 6000 lock.
    inventory_seconds: float = 0.0
    #: US alone: the rate of the automated sales tax.
    sales_tax: Decimal = Decimal(8)


class Company:
    """lock: held by whoever reads or changes it; every method here takes it."""

    def __init__(self, realm: str, name: str, clock: Clock, *, country: str, currency: str, tax: str) -> None:
        self.realm, self.name, self.clock = realm, name, clock
        self.country, self.currency, self.tax = country, currency, tax
        self.environment = "sandbox"
        self.zone = dt.timezone(dt.timedelta(hours=-7)) if country == "US" else dt.UTC
        self.switches = Switches()
        self.lock = threading.RLock()
        self.inventory = threading.Lock()
        self.records: dict[str, dict[str, Record]] = {entity: {} for entity in ENTITIES}
        self.names: dict[tuple[str, str], str] = {}
        self.answers: dict[str, tuple[dt.datetime, int, bytes]] = {}
        #: (entity, id, operation, when) of every change, for webhooks; read from `told` on.
        self.events: list[tuple[str, str, str, dt.datetime]] = []
        self.told = 0
        self._ids: dict[str, int] = {}
        self._changes = 0
        self.numbers = 1000
        self._numbered: dict[tuple[str, str], set[str]] = {}
        self.random = random.Random(realm)
        self.last_person = "Christian Pelczarski"

    # What the rules use, with the lock held already.

    def stamp(self) -> str:
        return self.clock.now().astimezone(self.zone).isoformat(timespec="seconds")

    def today(self) -> str:
        return self.clock.now().astimezone(self.zone).date().isoformat()

    def currency_ref(self) -> Doc:
        return {"value": self.currency, "name": CURRENCIES.get(self.currency, self.currency)}

    def live(self, entity: str) -> list[Record]:
        return [r for r in self.records[entity].values() if not r.deleted]

    def find(self, entity: str, key: object) -> Record | None:
        record = self.records[entity].get(str(key))
        return None if record is None or record.deleted else record

    def with_number(self, entity: str, number: str) -> list[Record]:
        """Those that stand and have this DocNumber, whatever its case."""
        wanted = number.casefold()
        found = [self.find(entity, key) for key in self._numbered.get((entity, wanted), ())]
        return [r for r in found if r is not None and str(r.body.get("DocNumber", "")).casefold() == wanted]

    def next_id(self, entity: str) -> str:
        group = "money" if entity in MONEY else "people" if entity in PEOPLE else entity
        self._ids[group] = self._ids.get(group, 0) + 1
        same = MONEY if entity in MONEY else PEOPLE if entity in PEOPLE else (entity,)
        while any(str(self._ids[group]) in self.records[e] for e in same):
            self._ids[group] += 1
        return str(self._ids[group])

    def add(self, entity: str, body: Doc, *, key: str = "", name: str = "") -> Record:
        record = Record(body, name)
        now = self.stamp()
        body |= {"domain": "QBO", "sparse": False, "Id": key or self.next_id(entity), "SyncToken": "0"}
        body["MetaData"] = {"CreateTime": now, "LastUpdatedTime": now}
        self.records[entity][body["Id"]] = record
        self._changed(entity, record, "Create")
        return record

    def replace(self, entity: str, record: Record, body: Doc, operation: str = "Update") -> None:
        body |= {"domain": "QBO", "sparse": False, "Id": record.body["Id"]}
        body["SyncToken"] = str(int(record.body["SyncToken"]) + 1)
        body["MetaData"] = {**record.body["MetaData"], "LastUpdatedTime": self.stamp()}
        record.body = body
        self._changed(entity, record, operation)

    def touch(self, entity: str, record: Record) -> None:
        """A figure that follows from others changed: a new stamp, the same token."""
        record.body["MetaData"]["LastUpdatedTime"] = self.stamp()
        self._changes += 1
        record.change = self._changes

    def drop(self, entity: str, record: Record) -> None:
        record.deleted = True
        record.body["MetaData"]["LastUpdatedTime"] = self.stamp()
        self._changed(entity, record, "Delete")

    def _changed(self, entity: str, record: Record, operation: str) -> None:
        self._changes += 1
        record.change = self._changes
        self._note(entity, record.body)
        self.events.append((entity, record.body["Id"], operation, self.clock.now()))

    def _note(self, entity: str, body: Doc) -> None:
        if body.get("DocNumber"):
            self._numbered.setdefault((entity, str(body["DocNumber"]).casefold()), set()).add(body["Id"])

    # What a test, or a person at the screen of QuickBooks, does.

    def seed(self, entity: str, key: str = "", **fields: Any) -> str:
        """A record as it is, with no rule asked. Answers its id."""
        with self.lock:
            body = deepcopy(fields)
            name = str(body.get("DisplayName") or body.get("Name") or "")
            if entity in LISTS:
                body.setdefault("Active", True)
            record = self.add(entity, body, key=key, name=name)
            if name:
                self.names[space(entity), name.casefold()] = record.body["Id"]
            return str(record.body["Id"])

    def put_tax(self, name: str, *parts: tuple[str, str, bool], key: str = "") -> str:
        """A tax code of parts (name, percent, taxed on the parts before it). Answers its id."""
        details = []
        for order, (part, percent, on_tax) in enumerate(parts):
            rate = self.seed("TaxRate", Name=part, RateValue=Decimal(percent), SpecialTaxType="NONE")
            kind = "TaxOnTax" if on_tax else "TaxOnAmount"
            details.append({"TaxRateRef": {"value": rate, "name": part}, "TaxTypeApplicable": kind, "TaxOrder": order})
        return self.seed(
            "TaxCode", key, Name=name, Description=name, Taxable=True, TaxGroup=True,
            SalesTaxRateList={"TaxRateDetail": details}, PurchaseTaxRateList={"TaxRateDetail": []},
        )  # fmt: skip

    def body(self, entity: str, key: str) -> Doc:
        """A copy; KeyError when it is not there."""
        with self.lock:
            record = self.find(entity, key)
            if record is None:
                raise KeyError(f"{entity} {key}")
            return deepcopy(record.body)

    def documents(self, *entities: str) -> list[Doc]:
        """Copies of all that stand, each with its entity under "entity"; of the money documents when none is named."""
        with self.lock:
            return [
                {"entity": entity, **deepcopy(record.body)}
                for entity in entities or MONEY
                for record in self.live(entity)
            ]

    def numbered(self, number: str) -> list[Doc]:
        """Every money document of that number."""
        return [doc for doc in self.documents() if doc.get("DocNumber") == number]

    def change(self, entity: str, key: str, *, quietly: bool = False, **fields: Any) -> Doc:
        """A person changes it at the screen, whatever it breaks. quietly: without a new token, as nothing real does."""
        with self.lock:
            record = self.records[entity][key]
            body = {**deepcopy(record.body), **fields}
            if quietly:
                record.body = body
                self._note(entity, body)
            else:
                self.replace(entity, record, body)
            return deepcopy(record.body)

    def remove(self, entity: str, key: str) -> None:
        """A person deletes it at the screen."""
        with self.lock:
            self.drop(entity, self.records[entity][key])


def space(entity: str) -> str:
    """The name space: customers, vendors and employees share one."""
    return "people" if entity in PEOPLE else entity


@dataclass
class Pending:
    """A request whose client got no answer, to be worked on later."""

    due: dt.datetime
    work: Any = field(repr=False)
