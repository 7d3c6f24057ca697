"""What there is: a company's stock by item and place, with what is promised, and what needs a person.

GET /inventory?q=&location=&low=1&limit=&after=   inventory/overview.html
GET /inventory/stock.csv?…                        all that fits

Whoever may look at stock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint
from flask.typing import ResponseReturnValue

from pos.actions import inventory_items as items
from pos.said import said
from pos.store import inventory_approvals, inventory_places, inventory_read, qbd_companies
from pos.store.listing import ROWS_MAX, Page
from pos.web import auth
from pos.web.console import lists
from pos.web.console.lists import Column
from pos.web.inventory import frame
from pos.web.inventory.frame import LOOKING
from pos.web.parts import parts

bp = Blueprint("inventory_overview", __name__)

COLUMNS = (
    Column("item", said("Item")),
    Column("place", said("Place")),
    Column("on_hand", said("On hand"), number=True),
    Column("reserved", said("Reserved"), number=True),
    Column("available", said("Available"), number=True),
    Column("reorder", said("Reorder at"), number=True),
    Column("state", said("State")),
)


@bp.get("/inventory")
@auth.needs(*LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, company = parts(), frame.company()
    given = _given()
    asked = lists.asked(sorts=("item",), sort="item", down=False)
    found = _read(company, given, asked.after, asked.limit)
    view = lists.view(COLUMNS, asked, {**given, "limit": str(asked.limit)}, Page([], found.after, "", None))
    places = inventory_places.locations(here.store, company)
    cards = items.cards(
        inventory_read.figures(here.store, company),
        inventory_approvals.waiting(here.store, company),
        here.config,
        desktop=qbd_companies.by_company(here.store, company) is not None,
    )
    return frame.show(
        "overview",
        "overview",
        rows=[items.shown(row, here.config) for row in found.rows],
        list={**view, "csv": f"/inventory/stock.csv?{urlencode({k: v for k, v in given.items() if v})}"},
        chosen=given,
        limit=asked.limit,
        filtered=any(given.values()),
        cards=cards,
        locations=places,
        names={one.code: one.display_name for one in places},
    )


@bp.get("/inventory/stock.csv")
@auth.needs(*LOOKING, within=True)
def export() -> ResponseReturnValue:
    company, given = frame.company(), _given()
    return lists.as_csv("inventory", items.CSV, _every(company, given))


def _every(company: str, given: dict[str, str]) -> Iterator[dict[str, Any]]:
    here, after = parts(), ""
    while True:
        found = _read(company, given, after, ROWS_MAX)
        yield from (items.shown(row, here.config) for row in found.rows)
        after = found.after
        if not after:
            return


def _read(company: str, given: dict[str, str], after: str, limit: int) -> inventory_read.Overview:
    return inventory_read.overview(
        parts().store, company, query=given["q"], location=given["location"], low_only=given["low"] == "1",
        page=after, size=limit,
    )  # fmt: skip


def _given() -> dict[str, str]:
    return lists.filled(("q", "location", "low"), {"low": ("1",)})
