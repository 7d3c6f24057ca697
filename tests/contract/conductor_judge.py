"""What came of two sides that were edited at random, judged from what stands on both and from what people wrote.

Knows nothing of how the sync decides. A thing is told by the first word of its name, or of its memo, which nobody ever
changes. Every value somebody wrote must stand on both sides, have been seen by whoever replaced it, or be kept in a
row of conflicts; everything else is a silent overwrite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pos.store import companies, records
from pos.store.models import ConductorStock, RecordLink
from tests.contract.conductor_bench import CONNECTION, Bench

HERE, THERE = "here", "there"
#: kind -> what it is there.
RESOURCES = {
    "qbd_customer": ("customers",), "qbd_vendor": ("vendors",), "qbd_item": ("inventory_items", "service_items"),
    "qbd_sales_order": ("sales_orders",), "qbd_purchase_order": ("purchase_orders",),
    "qbd_adjustment": ("inventory_adjustments",), "qbd_invoice": ("invoices",),
}  # fmt: skip
DOCUMENTS = ("qbd_sales_order", "qbd_purchase_order", "qbd_adjustment", "qbd_invoice")
PARTIES = {"customer": "qbd_customer", "vendor": "qbd_vendor", "preferredVendor": "qbd_vendor"}
#: Of a line, what people write.
OF_A_LINE = ("item", "description", "quantity", "rate", "quantityDifference")
#: Never the same, or no part of what is brought together: stock is looked at by itself.
LEFT_OUT = {
    "id", "objectType", "revisionNumber", "updatedAt", "externalId", "lineGroups", "linkedTransactions", "lines",
    "quantityOnHand", "quantityOnPurchaseOrder", "quantityOnSalesOrder", "customFields", "sublevel", "type",
    "salesOrPurchaseDetails", "salesAndPurchaseDetails", "customContactFields", "additionalContacts",
    "additionalNotes", "defaultExpenseAccounts", "alternateShippingAddresses", "creditCard",
}  # fmt: skip
#: Of a thing that is not compared with anything these must have come over at least.
NEEDED = {
    "qbd_customer": {"name", "phone", "email", "note", "billingAddress", "isActive", "creditLimit"},
    "qbd_vendor": {"name", "phone", "email", "note", "isActive"}, "qbd_item": {"name", "isActive"},
    "qbd_sales_order": {"customer", "refNumber", "memo", "transactionDate", "totalAmount"},
    "qbd_purchase_order": {"vendor", "refNumber", "memo", "transactionDate", "totalAmount"},
    "qbd_adjustment": {"account", "memo", "transactionDate"}, "qbd_invoice": {"customer", "memo", "subtotal"},
}  # fmt: skip


@dataclass(frozen=True)
class Wrote:
    """seen: what stood there before, on the side of who wrote it."""

    side: str
    kind: str
    mark: str
    field: str
    value: Any
    seen: Any


@dataclass(frozen=True)
class Deleted:
    side: str
    kind: str
    mark: str
    seen: Mapping[str, Any]


@dataclass
class Diary:
    """What people did, in its order."""

    acts: list[Wrote | Deleted] = field(default_factory=list)

    def wrote(self, side: str, kind: str, mark: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        for name, value in after.items():
            if before.get(name, "") != value:
                self.acts.append(Wrote(side, kind, mark, name, value, before.get(name, "")))


# -- how both sides are read -------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """One value as both sides would say it."""
    if value is None or value in ("", {}, []) or value == ():
        return ""
    if isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        if "id" in value:
            return value["id"] or ""
        return tuple(sorted((name, one) for name, one in value.items() if one)) or ""
    if isinstance(value, int | Decimal):
        return _figure(value)
    text = str(value)
    return _figure(text) if text.replace(".", "", 1).removeprefix("-").isdecimal() else text


def _figure(value: Any) -> str:
    return f"{Decimal(value).normalize():f}"


def mark_of(name: Any) -> str:
    return (str(name or "").split(" ") or [""])[0]


class Reader:
    """Both sides as they are now."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def here(self, kind: str) -> list[records.Record]:
        return records.listed(self.bench.store, companies.MAIN, kind, limit=500, deleted=True)

    def there(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        return [(name, row) for name in RESOURCES[kind] for row in self.bench.rows(name)]

    def of_here(self, record: records.Record) -> dict[str, Any]:
        found = {name: plain(value) for name, value in record.fields.items() if name not in LEFT_OUT}
        for name in PARTIES.keys() & found.keys():
            found[name] = self._party(PARTIES[name], record.fields[name])
        return found | {"lines": self.lines_here(record.lines)} if record.kind in DOCUMENTS else found

    def of_there(self, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
        flat = dict(row) | dict(row.get("salesOrPurchaseDetails") or {})
        found = {name: plain(value) for name, value in flat.items() if name not in LEFT_OUT}
        for name in PARTIES.keys() & found.keys():
            found[name] = mark_of((flat[name] or {}).get("fullName"))
        if kind in DOCUMENTS:
            found["lines"] = tuple(
                tuple(mark_of((line.get("item") or {}).get("fullName")) if name == "item" else plain(line.get(name))
                      for name in OF_A_LINE) for line in row["lines"]
            )  # fmt: skip
        return found

    def lines_here(self, lines: Iterable[Mapping[str, Any]]) -> tuple[Any, ...]:
        return tuple(
            tuple(self._party("qbd_item", line.get(name)) if name == "item" else plain(line.get(name))
                  for name in OF_A_LINE) for line in lines
        )  # fmt: skip

    def _party(self, kind: str, key: Any) -> str:
        found = records.find(self.bench.store, companies.MAIN, kind, str(key)) if key else None
        return mark(found) if found else str(key or "")

    def conflicted(self, one: records.Clashed) -> list[Any]:
        """Both values of a conflict."""
        if one.field == "lines":
            return [self.lines_here(value or []) for value in (one.ours, one.theirs)]
        if one.field in PARTIES:
            return [self._party(PARTIES[one.field], value) for value in (one.ours, one.theirs)]
        return [plain(one.ours), plain(one.theirs)]


def _same(name: str, here: Any, there: Any) -> bool:
    """A flag that is not set is none, but for whether a thing is in use."""
    return bool(here == there or (name != "isActive" and {here, there} == {"", False}))


def mark(record: records.Record) -> str:
    return mark_of(record.fields.get("memo") if record.kind in DOCUMENTS else record.fields.get("name"))


def mark_there(kind: str, row: Mapping[str, Any]) -> str:
    return mark_of(row.get("memo") if kind in DOCUMENTS else row.get("name"))


# -- the verdict -------------------------------------------------------------------------------------------------------


class Judge:
    def __init__(self, bench: Bench, diary: Diary) -> None:
        self.read, self.bench, self.diary = Reader(bench), bench, diary
        self.clashes: dict[tuple[str, str], list[records.Clashed]] = {}
        after = 0
        while page := records.conflicts(bench.store, companies.MAIN, state="", after=after):
            for one in page:
                self.clashes.setdefault((one.kind, one.record_id), []).append(one)
            after = page[-1].id
        self.wrong: list[str] = []
        self.excused: set[tuple[str, str]] = set()  # what cannot be there, because what it names was deleted there
        self.compared = 0

    def verdict(self) -> list[str]:
        """All that is wrong; nothing = both sides are one, or say where they are not."""
        self._twice_there()
        for kind in RESOURCES:
            ours: dict[str, list[records.Record]] = {}
            theirs: dict[str, list[dict[str, Any]]] = {}
            for record in self.read.here(kind):
                ours.setdefault(mark(record), []).append(record)
            for _, row in self.read.there(kind):
                theirs.setdefault(mark_there(kind, row), []).append(row)
            for name in sorted(ours.keys() | theirs.keys()):
                self._one(kind, name, ours.get(name, []), theirs.get(name, []))
        self._parked()
        self._stock()
        return self.wrong

    def _twice_there(self) -> None:
        made = Counter(
            row["externalId"] for kind in RESOURCES for _, row in self.read.there(kind) if row.get("externalId")
        )
        self.wrong += [f"there twice: externalId {key}" for key, count in made.items() if count > 1]

    def _parked(self) -> None:
        with self.bench.store.reading():
            rows = list(RecordLink.select().where(RecordLink.connection == CONNECTION))
        for row in rows:
            if row.state in ("error", "sending") and (row.kind, row.record_id) not in self.excused:
                self.wrong.append(f"left over: {row.kind} {row.record_id} {row.state} {row.code}: {row.message}")

    def _stock(self) -> None:
        """What is on hand there is what we say is on hand there; a change of it changes no item."""
        with self.bench.store.reading():
            told = {row.item: plain(row.on_hand) for row in ConductorStock.select().where(ConductorStock.site == "")}
        for row in self.bench.rows("inventory_items"):
            self.compared += 1
            if row["isActive"] and told.get(row["id"]) != plain(row["quantityOnHand"]):
                self.wrong.append(f"on hand of {row['name']}: {told.get(row['id'])}, not {row['quantityOnHand']}")

    def _one(self, kind: str, name: str, ours: list[records.Record], theirs: list[dict[str, Any]]) -> None:
        what = f"{kind} {name}"
        if len(ours) > 1:
            self.wrong.append(f"here twice: {what}")
        if len(theirs) > 1:
            self.wrong.append(f"there twice: {what}")
        if len(ours) != 1:
            if not ours:
                self.wrong.append(f"not here: {what}")
            return
        record, row = ours[0], theirs[0] if theirs else None
        clashes = self.clashes.get((kind, record.id), [])
        here = self.read.of_here(record)
        there = self.read.of_there(kind, row) if row is not None else None
        open_ = {one.field for one in clashes if one.state == "open"}
        deleted = {act.side for act in self._acts(kind, name) if isinstance(act, Deleted)}
        stuck = not record.deleted and self._names_gone(record)
        if stuck:
            self.excused.add((kind, record.id))
        elif row is None:
            if not deleted:
                self.wrong.append(f"not there: {what}")
        elif record.deleted:
            if (kind in DOCUMENTS or row.get("isActive") is not False) and records.DELETED not in open_:
                self.wrong.append(f"deleted here, still there: {what}")
        else:
            self._compare(what, kind, here, there or {}, open_ | self._not_emptied(record))
        self._kept(what, kind, name, here, there, record.deleted or stuck, clashes)

    def _link(self, record: records.Record) -> Any:
        with self.bench.store.reading():
            return RecordLink.get_or_none(
                (RecordLink.connection == CONNECTION) & (RecordLink.kind == record.kind)
                & (RecordLink.record_id == record.id) & (RecordLink.state == "error")
            )  # fmt: skip

    def _names_gone(self, record: records.Record) -> bool:
        """Parked, and said to be so, because somebody deleted there whom or what it names: looked for by its mark."""
        link = self._link(record)
        if link is None or link.code != "reference_gone":
            return False
        here = self.read.of_here(record)
        named = {here[name] for name in PARTIES.keys() & here.keys()} | {line[0] for line in here.get("lines", ())}
        there = {mark_there(kind, row) for kind in RESOURCES for _, row in self.read.there(kind)}
        return bool(named - there - {""})

    def _not_emptied(self, record: records.Record) -> set[str]:
        """The field QuickBooks has no way to empty from outside, where that is what it is parked with; ours alone
        counts, ours is empty, and somebody there wrote into it."""
        link = self._link(record)
        if link is None or link.code != "cannot_empty":
            return set()
        self.excused.add((record.kind, record.id))
        return {link.message.split(" ")[0]}

    def _compare(self, what: str, kind: str, here: dict[str, Any], there: dict[str, Any], open_: set[str]) -> None:
        if NEEDED[kind] - here.keys():
            self.wrong.append(f"{what}: did not come over: {sorted(NEEDED[kind] - here.keys())}")
        for name in here.keys() & there.keys():
            self.compared += 1
            if not _same(name, here[name], there[name]) and not open_ & {name, records.DELETED}:
                self.wrong.append(
                    f"{what}: {name} is {here[name]!r} here and {there[name]!r} there, and nobody says so"
                )

    def _acts(self, kind: str, name: str) -> list[Wrote | Deleted]:
        return [act for act in self.diary.acts if (act.kind, act.mark) == (kind, name)]

    def _kept(
        self, what: str, kind: str, name: str, here: dict[str, Any], there: dict[str, Any] | None, gone: bool,
        clashes: list[records.Clashed],
    ) -> None:  # fmt: skip
        acts = self._acts(kind, name)
        told = {records.DELETED} & {one.field for one in clashes}
        for at, act in enumerate(acts):
            if not isinstance(act, Wrote) or told:
                continue
            stands = [side.get(act.field) == act.value for side in (here, there) if side is not None]
            if there is None or gone:  # it stands where it was written, or went with a thing somebody deleted
                ok = any(stands)
            else:
                ok = all(stands)
            ok = ok or any(_saw(later, act) for later in acts[at + 1 :])
            ok = ok or any(act.value in self.read.conflicted(one) for one in clashes if one.field == act.field)
            if not ok:
                self.wrong.append(f"{what}: {act.value!r} of {act.field}, written {act.side}, is lost without a word")


def _saw(later: Wrote | Deleted, act: Wrote) -> bool:
    """Whether who wrote or deleted later had it before their eyes."""
    if isinstance(later, Deleted):
        return bool(later.seen.get(act.field) == act.value)
    return bool(later.field == act.field and later.seen == act.value)
