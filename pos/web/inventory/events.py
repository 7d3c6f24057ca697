"""Events: every change of stock, and one with its lines, its moves, and its way to QuickBooks Desktop.

GET /inventory/events?kind=&state=&location=&item=&first=&last=&q=   inventory/events.html
GET /inventory/events.csv?…                                          all that fits
GET /inventory/events/<id>                                           inventory/event.html

Whoever may look at stock; what a person may do with an event goes by POST /api/inventory/events/<id>/….
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from pos.actions import inventory_queue_views as queue
from pos.actions import inventory_views as views
from pos.actions import inventory_words as words
from pos.actions.inventory_views import Filter
from pos.said import said
from pos.store import inventory_places
from pos.store.listing import Asked
from pos.web import auth
from pos.web.console import lists
from pos.web.console.lists import Column
from pos.web.inventory import frame
from pos.web.inventory.frame import LOOKING
from pos.web.parts import parts

bp = Blueprint("inventory_events", __name__)

COLUMNS = (
    Column("day", said("Day"), sort="day"),
    Column("kind", said("Kind")),
    Column("goods", said("Goods")),
    Column("where", said("Where")),
    Column("why", said("Reason and memo")),
    Column("by", said("Who")),
    Column("entered", said("Entered"), sort="n"),
    Column("qb", said("At QuickBooks")),
)
_FIELDS = ("kind", "state", "location", "item", "first", "last", "q")


@bp.get("/inventory/events")
@auth.needs(*LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, given, asked = parts(), _given(), _asked()
    rows, found = views.listed(here.store, here.config, _filter(given), asked)
    chosen = {**given, "limit": str(asked.limit)}
    return frame.show(
        "events",
        "events",
        rows=rows,
        list=lists.view(COLUMNS, asked, chosen, found),
        chosen=given,
        limit=asked.limit,
        filtered=any(given.values()),
        kinds=words.KINDS,
        states=views.STATES,
        locations=inventory_places.locations(here.store, frame.company()),
    )


@bp.get("/inventory/events.csv")
@auth.needs(*LOOKING, within=True)
def export() -> ResponseReturnValue:
    here = parts()
    rows = views.every(here.store, here.config, _filter(_given()), _asked())
    return lists.as_csv("inventory-events", views.CSV, rows)


@bp.get("/inventory/events/<key>")
@auth.needs(*LOOKING, within=True)
def page_of_one(key: str) -> ResponseReturnValue:
    here = parts()
    event = views.one(here.store, here.config, key, auth.reach_of())
    return frame.show(
        "event",
        "events",
        event=event,
        may=views.acts(event) if auth.actor().may("stock_admin") else [],
        work=queue.of_source(here.store, here.config, event["id"]),
        wire=queue.wire_of(here.store, here.config, event["connection"], event["id"]),
    )


def _given() -> dict[str, str]:
    return lists.filled(_FIELDS, {"kind": tuple(words.KINDS), "state": tuple(views.STATES)})


def _filter(given: dict[str, Any]) -> Filter:
    return Filter(
        company=frame.company(),
        kind=given["kind"],
        state=given["state"],
        location=given["location"],
        item=given["item"],
        first=given["first"],
        last=given["last"],
        words=given["q"],
    )


def _asked() -> Asked:
    return lists.asked(sorts=("n", "day"), sort="n")
