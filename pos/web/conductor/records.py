"""Pages of records of QuickBooks Desktop: lists, forms, read-only views; what they do is in `records_api`.

GET /conductor/<type>?q=&state=&kind=&first=&last=&sort=&down=&after=&before=&limit=   operate   records.html
GET /conductor/<type>.csv                                                              operate   all that fits
GET /conductor/<type>/new?kind=                                                        operate   record.html, a new one
GET /conductor/<type>/<id>                                                             operate   record.html
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import conductor_item_stock
from pos.actions import conductor_office as office
from pos.actions import conductor_shown as shown
from pos.actions import conductor_words as words
from pos.errors import Invalid, NotFound
from pos.rules import conductor, conductor_tables
from pos.said import said
from pos.store import conductor_companies, conductor_records, records
from pos.store.conductor_records import STATES, Wanted
from pos.store.listing import Asked
from pos.store.records import Record
from pos.web import auth
from pos.web.conductor import frame
from pos.web.console import lists
from pos.web.console.lists import Column
from pos.web.parts import parts

bp = Blueprint("conductor_records", __name__)

TITLES = dict((one[0], one[2]) for one in frame.TABS)
ONE = {
    "customers": said("Customer"), "vendors": said("Vendor"), "items": said("Item"),
    "sales_orders": said("Sales order"), "purchase_orders": said("Purchase order"),
    "inventory_adjustments": said("Adjustment"), "invoices": said("Invoice"),
}  # fmt: skip
NEW = {
    "customers": said("New customer"), "vendors": said("New vendor"), "items": said("New item"),
    "sales_orders": said("New sales order"), "purchase_orders": said("New purchase order"),
}  # fmt: skip
#: What a list may be narrowed to, and the words for it.
NARROWED = {
    "waiting": said("Goes with the next sync"), "not_there": said("Not in QuickBooks yet"),
    "parked": said("Refused by QuickBooks"), "conflict": said("In conflict"), "inactive": said("Inactive"),
    "gone": said("Deleted in QuickBooks"), "deleted": said("Deleted here"),
}  # fmt: skip
assert set(NARROWED) == set(STATES)
_STATE, _TOLD = Column("state", said("In QuickBooks")), Column("editedText", said("Changed"))
_PERSON = (
    Column("title", said("Name"), "name"), Column("companyName", said("Company")), Column("phone", said("Telephone")),
    Column("email", said("E-mail")), Column("balance", said("Balance"), number=True), _STATE, _TOLD,
)  # fmt: skip
_PAPER = (
    Column("title", said("Number"), "name"), Column("date", said("Date"), "facet"), Column("party", said("For")),
    Column("description", said("Memo")), Column("total", said("Total"), number=True), _STATE, _TOLD,
)  # fmt: skip
COLUMNS = {
    "customers": _PERSON, "vendors": _PERSON,
    "items": (
        Column("title", said("Name"), "name"), Column("itemType", said("Type"), "facet"),
        Column("description", said("Description")), Column("price", said("Price"), number=True),
        Column("quantityOnHand", said("On hand there"), number=True), _STATE, _TOLD,
    ),
    "sales_orders": _PAPER, "purchase_orders": _PAPER, "inventory_adjustments": _PAPER, "invoices": _PAPER,
}  # fmt: skip
CSV = (
    "id", "title", "itemType", "party", "date", "companyName", "phone", "email", "description", "price", "total",
    "quantityOnHand", "balance", "active", "deleted", "state", "message", "remoteId", "version", "editedBy", "editedAt",
)  # fmt: skip
_ASKS = {
    True: said("It is taken off the lists here, and deleted in QuickBooks with the next sync."),
    False: said("It is taken off the lists here, and made inactive in QuickBooks with the next sync."),
}


@bp.get("/conductor/<book_type:name>")
@auth.needs("operate", within=True)
def listed(name: str) -> ResponseReturnValue:
    here, company = parts(), frame.company()
    wanted, chosen = wanted_of(name)
    asked = asked_of(name)
    rows, page = office.listed(here.store, here.config, company, wanted, asked)
    connection = conductor_companies.connection_of(company)
    return frame.show(
        "records",
        name,
        name=name,
        title=TITLES[name],
        new=NEW.get(name, ""),
        rows=rows,
        list=lists.view(COLUMNS[name], asked, {**chosen, **_kept()}, page),
        columns=[one.name for one in COLUMNS[name]],
        chosen=chosen,
        filtered=any(chosen[one] for one in ("q", "state", "kind", "first", "last")),
        narrowed=NARROWED,
        counts=conductor_records.counts(here.store, company, connection, wanted.kind),
        kinds={one: words.CHOICES[one] for one in conductor.ITEMS} if name == "items" else {},
        dated=conductor.TYPES[name].lines,
        limit=asked.limit,
    )


@bp.get("/conductor/<book_type:name>.csv")
@auth.needs("operate", within=True)
def as_csv(name: str) -> ResponseReturnValue:
    here, company = parts(), frame.company()
    wanted, _ = wanted_of(name)
    return lists.as_csv(name, CSV, office.every(here.store, here.config, company, wanted, asked_of(name)))


@bp.get("/conductor/<book_type:name>/new")
@auth.needs("operate", within=True)
def new(name: str) -> ResponseReturnValue:
    here, company = parts(), frame.company()
    if name in office.LOOKED_AT:
        raise NotFound(said("These are only looked at here."))
    kind, resource = office.kind_of(name), request.args.get("kind", "")[:40] or conductor.ITEMS[0]
    begun = office.beginning(here.store, company, kind, resource)
    record = Record(company, kind, clock.uuid7(), begun, [], 0, "", "", "here", False)
    return _page(name, shown.whole(here.store, company, record), resource=resource, is_new=True)


@bp.get("/conductor/<book_type:name>/<path:key>")
@auth.needs("operate", within=True)
def one(name: str, key: str) -> ResponseReturnValue:
    here, company = parts(), frame.company()
    record = records.get(here.store, company, office.kind_of(name), key)
    return _page(name, shown.whole(here.store, company, record))


def _page(name: str, found: shown.Whole, *, resource: str = "", is_new: bool = False) -> str:
    here, company, record = parts(), frame.company(), found.record
    looked_at = name in office.LOOKED_AT
    closed = found.on.copy or looked_at or record.deleted
    view = shown.shown(here.store, here.config, found)
    form = shown.form(here.store, found)
    item_type = str(record.fields.get("type") or "")
    return frame.show(
        "record",
        name,
        name=name,
        one=ONE[name],
        titles=TITLES[name],
        record=view,
        form=form,
        is_new=is_new,
        new=NEW.get(name, ""),
        kinds={one: words.CHOICES[one] for one in conductor.ITEMS} if name == "items" and is_new else {},
        resource=resource,
        item_text=words.CHOICES.get(item_type, ""),
        closed=closed,
        looked_at=looked_at,
        off=found.on.off,
        asks=_ASKS[conductor.TYPES[name].deletes],
        history=[] if is_new else shown.history(here.store, here.config, company, found),
        stock=conductor_item_stock.stock(here.store, here.config, company, record.id) if name == "items" else None,
        parts_of=words.PARTS,
        sizes=conductor_tables.ADDRESS,
        data={
            "type": name, "id": record.id, "version": record.version, "isNew": is_new, "company": company,
            "kind": item_type,
            "fields": record.fields if not is_new else {}, "lines": form["lines"] or [],
            "lineFields": form["line_fields"], "hasLines": form["has_lines"], "sums": form["sums"],
            "closed": closed or bool(form["lines_state"] and form["lines_state"]["readOnly"]),
            "bom": record.kind == "qbd_item",
        },
    )  # fmt: skip


# -- what the address asks for -----------------------------------------------------------------------------------------


def wanted_of(name: str) -> tuple[Wanted, dict[str, str]]:
    """What a list is narrowed to, and the same as it was asked. Invalid."""
    item_kinds = conductor.ITEMS if name == "items" else ()
    given = lists.filled(("q", "state", "kind", "first", "last"), {"state": STATES, "kind": item_kinds})
    for field in ("first", "last"):
        _day(given[field], field)
    kind = office.kind_of(name)
    dated = conductor.TYPES[name].lines
    wanted = Wanted(
        kind,
        given["q"],
        given["state"],
        given["kind"] if name == "items" else "",
        given["first"] if dated else "",
        given["last"] if dated else "",
    )
    return wanted, given


def asked_of(name: str) -> Asked:
    """The page a list is asked for: documents begin with the latest, others with the first name."""
    dated = conductor.TYPES[name].lines
    sort = request.args.get("sort", "") or ("facet" if dated else "name")
    return lists.asked(sorts=conductor_records.SORTS, sort=sort, down=dated and sort == "facet")


def _day(given: str, field: str) -> None:
    try:
        date.fromisoformat(given or "2026-11-20")
    except ValueError:
        raise Invalid(said("Write a day like 2026-11-20."), field=field) from None


def _kept() -> dict[str, Any]:
    """What goes on from page to page beside what is filtered by."""
    return {name: request.args[name] for name in ("company", "limit") if request.args.get(name)}
