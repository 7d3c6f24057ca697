"""One item: how it stands at each place, all that ever moved it, what the books have to know of it.

GET  /inventory/items/<any_text:sku>?location=&limit=&after=   inventory/item.html: whoever may look at stock
POST /api/inventory/parts/<any_text:sku>?company=              stock_admin   {income_account?, …, qb_type?} -> {part}

A body names what changes; what it leaves out stays.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import inventory
from pos.actions import inventory_items as views
from pos.actions import inventory_places_views as places
from pos.errors import Invalid
from pos.said import psaid, said
from pos.store import inventory_places, inventory_read, qbd_companies
from pos.store.inventory_places import Part
from pos.store.listing import Page
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import lists
from pos.web.console.lists import Column
from pos.web.describe import describe
from pos.web.inventory import asked, frame
from pos.web.inventory import shapes_screens as shapes
from pos.web.inventory.frame import LOOKING
from pos.web.parts import parts

bp = Blueprint("inventory_items", __name__)

COLUMNS = (
    Column("at", said("When")),
    Column("kind", said("What")),
    Column("location", said("Place")),
    Column("qty", psaid("stock", "Change"), number=True),
    Column("level", said("On hand after"), number=True),
    Column("by", said("Who")),
)
#: What of a part is set here, and the words before it.
FIELDS = {
    "income_account": said("Income account"),
    "cogs_account": said("Cost of goods sold account"),
    "asset_account": said("Asset account"),
    "adjustment_account": said("Adjustment account"),
    "cost": said("Cost of one"),
    "vendor": said("Supplier"),
    "mpn": said("Maker's number"),
    "qb_name": said("Name in QuickBooks"),
    "qb_id": said("ListID in QuickBooks"),
    "qb_type": said("Type in QuickBooks"),
}


@bp.get("/inventory/items/<any_text:sku>", merge_slashes=False)
@auth.needs(*LOOKING, within=True)
def page(sku: str) -> ResponseReturnValue:
    here, company = parts(), frame.company()
    item = views.detail(here.store, here.config, sku, company)
    given = lists.filled(("location",), {})
    wanted = lists.asked(sorts=("at",), sort="at")
    found = inventory_read.moves(
        here.store, sku, company, location=given["location"], page=wanted.after, size=wanted.limit
    )
    desktop = qbd_companies.by_company(here.store, company)
    return frame.show(
        "item",
        "overview",
        item=item,
        rows=views.history(here.store, here.config, found.rows),
        list=lists.view(COLUMNS, wanted, {**given, "limit": str(wanted.limit)}, Page([], found.after, "", None)),
        chosen=given,
        limit=wanted.limit,
        fields=FIELDS,
        accounts=places.accounts_of(here.store, company),
        desktop=desktop is not None,
        there=views.at_quickbooks(here.store, here.config, company, sku),
        work=views.open_work(here.store, here.config, desktop.connection, sku) if desktop else [],
        locations=inventory_places.locations(here.store, company),
    )


@bp.post("/api/inventory/parts/<any_text:sku>", merge_slashes=False)
@describe(body=shapes.PART_BODY, answer=shapes.PART, refuses=(404,))
@auth.needs("stock_admin", within=True)
def put_part(sku: str) -> ResponseReturnValue:
    here, body, company = parts(), json_object(), asked.company()
    unknown = sorted(set(body) - set(FIELDS))
    if unknown:
        raise Invalid(said("A part has no {name}.", name=repr(unknown[0][:40])), field=unknown[0][:40])
    before = inventory_places.parts(here.store, company, [sku]).get(sku) or Part(company, sku)
    given = {name: text(body, name, 200).strip() for name in body}
    part = replace(before, **given)
    found = inventory.set_part(here.store, part, auth.actor(), via="screen", reach=auth.reach_of())
    return jsonify({"ok": True, "part": {name: asdict(found)[name] for name in ("item", *FIELDS)}})
