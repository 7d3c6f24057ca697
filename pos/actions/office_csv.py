"""Customers and invoices of a CSV file brought into a company's office records: first looked at, then written.

A look says of each record whether it is new, the same, changed (a conflict: the file says otherwise than what is here)
or refused, with its rows and the reason. Writing looks once more and writes what is new, each record in a transaction
of its own; what is changed only where a person said so for that very content and version. The same file again is the
same, and changes nothing.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pos import clock
from pos.actions import office as acts
from pos.actions import qbo_records
from pos.config import Config
from pos.errors import Conflict, Invalid, NotFound, UserError
from pos.rules import bank_match, csv_records, epos_csv, office, office_csv
from pos.rules.epos_csv import Form
from pos.rules.office_csv import Entry, People, Person
from pos.said import said
from pos.store import audit, companies, record_links, records
from pos.store.db import Store
from pos.store.record_links import Link
from pos.store.records import Record

#: Of one file; larger ones are cut by whoever brings them in.
BYTES_MAX = 700_000
NAME_MAX = 120
STATES = ("new", "same", "changed", "refused")


@dataclass(frozen=True, slots=True)
class How:
    """How a file is read. encoding, delimiter: "" = found out. decimal: "." or ",". date_order: dmy, mdy, ymd, "" = a
    date that can be read in two ways is refused. due_days: an invoice's, where the file says none. aliases: what the
    file calls a customer -> id, name or address here. overwrite: tokens of changed records a person said yes to."""

    encoding: str = ""
    delimiter: str = ""
    decimal: str = "."
    date_order: str = ""
    due_days: int = office_csv.DUE_DAYS
    aliases: Mapping[str, str] = field(default_factory=dict)
    overwrite: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """One record of a file against what is here. id: its record's. link: QuickBooks' id it is to be linked to, "" =
    none, or it is already. total: an invoice's, as the shop reckons. differences: (field, here, in the file).
    proposals: who may be meant. done: created, changed, linked; "" = nothing was written. version: 0 = not here."""

    entry: Entry
    state: str
    id: str = ""
    version: int = 0
    token: str = ""
    reason: str = ""
    link: str = ""
    total: str = ""
    differences: tuple[tuple[str, str, str], ...] = ()
    proposals: tuple[Person, ...] = ()
    done: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A file. ignored: its columns nobody knows."""

    found: list[Found]
    ignored: list[str]

    @property
    def counts(self) -> dict[str, int]:
        """How many are in which state."""
        return {state: sum(one.state == state for one in self.found) for state in STATES}


@dataclass(frozen=True, slots=True)
class _Here:
    store: Store
    config: Config
    company: str
    kind: str
    people: People
    how: How
    #: What the till knows and office records will have with the next push.
    customers: Mapping[str, Record]
    items: Mapping[str, Record]

    @property
    def connection(self) -> str:
        return companies.connection_id("quickbooks", self.company)


def look(store: Store, config: Config, company: str, what: str, body: bytes, how: How) -> Outcome:
    """What a file would bring, and change nothing. what: customers or invoices. NotFound for another; Invalid, in
    words, for a file that cannot be read as a whole."""
    kind = _kind(what)
    read = _read(store, company, kind, body, how)
    here = _here(store, config, company, kind, how, read)
    found = list[Found]()
    for entry in read.entries:
        try:
            found.append(_looked(here, entry))
        except UserError as error:
            found.append(Found(entry, "refused", reason=error.message))
    return Outcome(found, read.ignored)


def take_in(
    store: Store, config: Config, company: str, what: str, name: str, body: bytes, how: How, by: str
) -> Outcome:  # fmt: skip
    """Write what is new, what is to be linked, and what is changed where `how.overwrite` has its token. What somebody
    else was quicker with is refused, by itself. NotFound; Invalid as `look`."""
    kind, walk_in = _kind(what), config.till.walk_in
    _read(store, company, kind, body, how)  # a file that cannot be read as a whole does nothing at all
    for each in ("customer",) if kind == "customer" else ("customer", "item"):
        qbo_records.from_catalogue(store, company, each, walk_in)
    outcome = look(store, config, company, what, body, how)
    here = _Here(store, config, company, kind, People((), {}), how, {}, {})
    written = [_written(here, one, by) for one in outcome.found]
    done = Outcome(written, outcome.ignored)
    told = {
        "company": company, "file": name.strip()[-NAME_MAX:], "sha256": hashlib.sha256(body).hexdigest(), **done.counts,
        "written": sum(bool(one.done) for one in written),
    }  # fmt: skip
    audit.record(store, by, "office.import", what, told)
    return done


# -- reading -----------------------------------------------------------------------------------------------------------


def _kind(what: str) -> str:
    if what not in office_csv.KINDS:
        raise NotFound(said("There is no kind {kind}.", kind=what[:40]))
    return office_csv.KINDS[what]


def _read(store: Store, company: str, kind: str, body: bytes, how: How) -> office_csv.Read:
    if not 0 < len(body) <= BYTES_MAX:
        words = said("At most {max} KB of a file are taken at once.", max=BYTES_MAX // 1000)
        raise Invalid(words if body else said("The file is empty."), field="file")
    if how.delimiter not in ("", *csv_records.DELIMITERS):
        raise Invalid(said("{name} is no delimiter.", name=repr(how.delimiter[:5])), field="delimiter")
    if how.decimal not in (".", ","):
        raise Invalid(said("{field} is one of: {words}.", field="decimal", words=". ,"), field="decimal")
    own = companies.one(store, company)
    order = epos_csv.order_of(how.date_order)
    form = Form(currency=own.currency, zone=own.time_zone, order=order, decimal=how.decimal)
    lines = list(csv_records.physical(io.BytesIO(body), csv_records.encoding_of(body[:4096], how.encoding)))
    heading = next((line for line in lines if line.strip("\r\n\ufeff ")), "")
    found = csv_records.records(lines, how.delimiter or bank_match.delimiter_of(heading))
    return office_csv.read(kind, found, form, how.due_days)


def _here(store: Store, config: Config, company: str, kind: str, how: How, read: office_csv.Read) -> _Here:
    walk_in = config.till.walk_in
    customers = qbo_records.of_catalogue(store, company, "customer", walk_in)
    named = any(line["item"] for entry in read.entries for line in entry.lines)
    items = qbo_records.of_catalogue(store, company, "item", walk_in) if named else {}
    people = People(_customers(store, company, customers.values()), how.aliases)
    return _Here(store, config, company, kind, people, how, customers, items)


def _customers(store: Store, company: str, more: Iterable[Record]) -> Iterator[Person]:
    yield from (_person(one) for one in more)
    after = ""
    while page := records.listed(store, company, "customer", after=after, limit=records.LIST_MAX):
        after = page[-1].id
        yield from (_person(one) for one in page)


def _person(one: Record) -> Person:
    return Person(one.id, str(one.fields.get("name", "")), str(one.fields.get("email", "")))


# -- one record --------------------------------------------------------------------------------------------------------


def _looked(here: _Here, entry: Entry) -> Found:
    """How it stands against what is here. UserError = it is refused, with that sentence."""
    if entry.reason:
        return Found(entry, "refused", reason=entry.reason)
    if here.kind == "customer":
        before, key, proposals = _customer(here, entry)
        link = _to_link(here, entry, before)
        total = ""
    else:
        people = here.people.of(entry.who)
        if len(people) != 1:
            several = said("Several customers here may be meant: say which.")
            reason = several if people else said("There is no customer {name} here.", name=_who(entry))
            near = tuple(people) or tuple(here.people.alike(entry.who))
            return Found(entry, "refused", reason=reason, proposals=near[: office_csv.PROPOSED_MAX])
        entry = replace(entry, fields={**entry.fields, "customer": people[0].id}, lines=_items(here, entry.lines))
        before, key = _invoice(here, entry)
        proposals, link, total = (), "", _total(here, entry)
    return _held(here, Found(entry, "new", key, link=link, total=total, proposals=proposals), before)


def _held(here: _Here, one: Found, before: Record | None) -> Found:
    """Against the record there is."""
    entry, version = one.entry, before.version if before else 0
    one = replace(
        one, version=version, token=office_csv.token(here.company, here.kind, one.id, version, entry)
    )  # fmt: skip
    if before is None:
        office.cleaned(here.kind, entry.fields, {})
        return one
    if before.deleted:
        raise Conflict(said("It was deleted here."), code="deleted")
    differs = tuple(office_csv.differences(entry, before.fields, before.lines))
    if not differs:
        return replace(one, state="same")
    if before.read_only:
        raise Conflict(said("This is a copy of a document made in the books. Change it there."), code="read_only")
    return replace(one, state="changed", differences=differs)


def _customer(here: _Here, entry: Entry) -> tuple[Record | None, str, tuple[Person, ...]]:
    """Its record, or the id it will have; and who is similar where it is new."""
    own = entry.external or office_csv.record_id("customer", entry.key)
    before = here.customers.get(own) or records.find(here.store, here.company, "customer", own)
    linked = _linked(here, entry.quickbooks_id)
    if linked is not None:
        if entry.external and linked.id != entry.external:
            raise Conflict(said("{id} of QuickBooks is linked to {name} here.", id=entry.quickbooks_id, name=linked.id))
        return linked, linked.id, ()
    if before is not None:
        return before, own, ()
    same = [one for one in here.people.named(entry.key) if office_csv.folded(one.name) == office_csv.folded(entry.key)]
    if same and (len(same) > 1 or entry.external):
        words = said("{name} is {ids} here: give that id.", name=entry.key, ids=", ".join(one.id for one in same[:3]))
        raise Conflict(words)
    if same:
        key = same[0].id
        return here.customers.get(key) or records.get(here.store, here.company, "customer", key), key, ()
    address = str(entry.fields.get("email", ""))
    near = {one.id: one for one in (here.people.named(address) if address else [])}
    near |= {one.id: one for one in here.people.alike([entry.key])}
    return None, own, tuple(near.values())[: office_csv.PROPOSED_MAX]


def _linked(here: _Here, remote: str) -> Record | None:
    if not remote:
        return None
    found = record_links.of_remotes(here.store, here.company, here.connection, "customer", [remote]).get(remote)
    return records.find(here.store, here.company, "customer", found.record_id) if found else None


def _to_link(here: _Here, entry: Entry, before: Record | None) -> str:
    """QuickBooks' id a customer is to be linked to; "" = none, or it is already. Conflict when it is linked elsewhere,
    or on its way there."""
    if not entry.quickbooks_id or before is None:
        return entry.quickbooks_id
    link = record_links.of_record(here.store, here.company, here.connection, "customer", before.id)
    if link is not None and link.remote_id == entry.quickbooks_id:
        return ""
    if link is not None and not _free(link):
        words = said("{name} is linked to {id} of QuickBooks, or on its way there.", name=before.id, id=link.remote_id)
        raise Conflict(words)
    return entry.quickbooks_id


def _free(link: Link) -> bool:
    """Whether its record may be linked: it is nothing there, or what it was is gone there, as after a wrong id."""
    return link.state == "gone" or not (link.remote_id or link.request_id)


def _invoice(here: _Here, entry: Entry) -> tuple[Record | None, str]:
    """Its record, by its number or by the id an import of that number gave it."""
    own = office_csv.record_id("invoice", entry.key)
    same = records.titled(here.store, here.company, "invoice", entry.key)
    if len(same) > 1:
        raise Conflict(said("Several invoices here have the number {number}.", number=entry.key))
    before = same[0] if same else records.find(here.store, here.company, "invoice", own)
    return before, before.id if before else own


def _who(entry: Entry) -> str:
    return next(filter(None, (entry.who[1], *entry.who)), "")


def _items(here: _Here, lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lines with ids of items for what the file calls them: the id itself, or a name that is one item's alone."""
    known = records.several(here.store, here.company, "item", {one["item"] for one in lines} - {""}).keys()
    found = []
    for line in lines:
        item = line["item"]
        if item and item not in known and item not in here.items:
            same = [one.id for one in records.titled(here.store, here.company, "item", item)]
            same += [key for key, one in here.items.items() if one.title == item]
            if len(same) != 1:
                raise Invalid(said("There is no {kind} {id} here.", kind="item", id=item[:60]))
            item = same[0]
        found.append({**line, "item": item})
    return found


def _total(here: _Here, entry: Entry) -> str:
    """What an invoice comes to by the shop's rules. Invalid when the file says another sum, or a tax is unknown."""
    rule = acts.rule_of(here.store, here.config, here.company)
    _, totals = office.priced(entry.lines, acts.rates(here.store), rule)
    if words := office_csv.comes_to(totals["total"], entry.total):
        raise Invalid(words)
    return totals["total"]


# -- writing -----------------------------------------------------------------------------------------------------------


def _written(here: _Here, one: Found, by: str) -> Found:
    wanted = one.state == "changed" and one.token in here.how.overwrite
    if one.state not in ("new", "same") and not wanted:
        return one
    if one.state == "same" and not one.link:
        return one
    try:
        with here.store.transaction():
            return replace(one, done=_write(here, one, by))
    except UserError as error:
        return replace(one, state="refused", reason=error.message)


def _write(here: _Here, one: Found, by: str) -> str:
    body: dict[str, Any] = {"fields": one.entry.fields}
    if one.entry.lines:
        body["lines"] = one.entry.lines
    done = "linked"
    if one.state == "new":
        acts.create(here.store, here.config, here.company, here.kind, {"id": one.id, **body}, by)
        done = "created"
    elif one.state == "changed":
        body["version"] = one.version
        acts.edit(here.store, here.config, here.company, here.kind, one.id, body, by)
        done = "changed"
    if one.link:
        _link(here, one, by)
    return done


def _link(here: _Here, one: Found, by: str) -> None:
    """It is that customer of QuickBooks from now on: the next push or pull reads it there and merges."""
    store, connection = here.store, here.connection
    if record_links.of_remotes(store, here.company, connection, "customer", [one.link]):
        raise Conflict(said("Somebody changed it meanwhile. Look again, then change it."), code="changed")
    before = record_links.of_record(store, here.company, connection, "customer", one.id)
    if before is not None and not _free(before):
        raise Conflict(said("Somebody changed it meanwhile. Look again, then change it."), code="changed")
    record_links.put(store, Link(here.company, connection, "customer", one.id, remote_id=one.link))
    told = {"company": here.company, "quickbooks": one.link, "at": clock.stamp(clock.now())}
    audit.record(store, by, "record.link", f"customer {one.id}", told)


# -- shown -------------------------------------------------------------------------------------------------------------


def shown(outcome: Outcome) -> dict[str, Any]:
    """A file as it is answered: {counts, ignored, records}."""
    return {"counts": outcome.counts, "ignored": outcome.ignored, "records": [_shown(one) for one in outcome.found]}


def _shown(one: Found) -> dict[str, Any]:
    return {
        "rows": list(one.entry.rows), "key": one.entry.key, "state": one.state, "reason": one.reason, "id": one.id,
        "version": one.version, "token": one.token, "quickbooksId": one.link, "total": one.total, "done": one.done,
        "differences": [{"field": name, "here": here, "file": file} for name, here, file in one.differences],
        "proposals": [{"id": who.id, "name": who.name, "email": who.email} for who in one.proposals],
    }  # fmt: skip
