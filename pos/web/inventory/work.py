"""The screens of a stock-keeper's work: they hold what is scanned, the API does it.

GET /inventory/transfer            stock   inventory/transfer.html
GET /inventory/adjust              stock   inventory/adjust.html
GET /inventory/receive?order=      stock   inventory/receive.html: against an order, or without one
GET /inventory/orders              stock   inventory/orders.html: what was ordered and has to come
GET /inventory/orders/new          stock   inventory/order.html
GET /inventory/counts              stock   inventory/counts.html
GET /inventory/counts/<key>        stock   inventory/count.html
GET /inventory/labels              stock   inventory/labels.html: shelf labels, printed by the browser
GET /inventory/labels.css          stock   the size of a label, as [inventory] has it
GET /inventory/labels/barcode.svg?code=   stock   a code as Code 128
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from pos import clock
from pos.actions import inventory_counts as counting
from pos.actions import receiving
from pos.actions.inventory_approval_views import who_may
from pos.errors import NotFound
from pos.store import inventory, inventory_counts, inventory_places, purchase_orders
from pos.web import auth
from pos.web.describe import describe
from pos.web.integrations import reached
from pos.web.inventory import frame
from pos.web.parts import parts
from pos.web.receipts import bars_svg
from pos.web.shapes import TEXT

bp = Blueprint("inventory_work", __name__)

#: Who may agree: so many are named.
NAMED_MAX = 5
LISTED_MAX = 50
#: Longer ones would be bars too thin to read.
BARS_MAX = 48


def facts(company: str) -> dict[str, Any]:
    """What every screen of work knows from the start: places, reasons, the scanner, the day, whom to ask to agree."""
    here = parts()
    places = inventory_places.locations(here.store, company, auth.reach_of(), active=True)
    own = here.config.till.warehouse
    return {
        "company": company,
        "places": [{"code": one.code, "name": one.display_name} for one in places],
        "place": own if any(one.code == own for one in places) else "",
        "reasons": [
            {"code": one.code, "words": one.words, "account": one.account}
            for one in inventory_places.reasons(here.store, company, active=True).values()
        ],
        "scanner": asdict(here.config.scanner),
        "today": inventory.today(here.store, company, clock.now()),
        "approvers": who_may(here.store, auth.actor().person, company)[:NAMED_MAX],
    }


def _work(template: str, tab: str, **values: Any) -> str:
    company = frame.company()
    return frame.show(template, tab, facts=facts(company), **values)


@bp.get("/inventory/transfer")
@auth.needs("stock", within=True)
def transfer_page() -> str:
    return _work("transfer", "transfer")


@bp.get("/inventory/adjust")
@auth.needs("stock", within=True)
def adjust_page() -> str:
    return _work("adjust", "adjust")


@bp.get("/inventory/receive")
@auth.needs("stock", within=True)
def receive_page() -> str:
    here, company, key = parts(), frame.company(), request.args.get("order", "")
    waiting = purchase_orders.listed(here.store, company, states=("open", "part"), limit=LISTED_MAX)
    order = None
    if key:
        found = purchase_orders.order(here.store, key, auth.reach_of())
        reached.named(found.company)
        order = receiving.ordered(here.store, here.config, found)
    return _work("receive", "receive", orders=waiting, order=order)


@bp.get("/inventory/orders")
@auth.needs("stock", within=True)
def orders_page() -> str:
    here, company = parts(), frame.company()
    listed = purchase_orders.listed(here.store, company, limit=LISTED_MAX)
    return frame.show("orders", "receive", orders=[receiving.ordered(here.store, here.config, one) for one in listed])


@bp.get("/inventory/orders/new")
@auth.needs("stock", within=True)
def order_page() -> str:
    return _work("order", "receive")


@bp.get("/inventory/counts")
@auth.needs("stock", within=True)
def counts_page() -> str:
    here, company = parts(), frame.company()
    place = request.args.get("location", "")[:140] or facts(company)["place"]
    both = [
        [
            counting.shown(here.store, here.config, one)
            for one in inventory_counts.listed(here.store, company, auth.reach_of(), going_on=on, limit=LISTED_MAX)
        ]
        for on in (True, False)
    ]
    return _work(
        "counts",
        "count",
        going_on=both[0],
        over=both[1],
        place=place,
        groups=inventory_counts.groups(here.store, place),
    )


@bp.get("/inventory/counts/<key>")
@auth.needs("stock", within=True)
def count_page(key: str) -> str:
    here = parts()
    found = inventory_counts.count(here.store, key, auth.reach_of())
    reached.named(found.company)
    return frame.show(
        "count",
        "count",
        facts=facts(found.company),
        count=counting.shown(here.store, here.config, found),
        items=counting.items(here.store, here.config, found),
        of=request.args.get("of", 0, type=int),
    )


# -- labels ------------------------------------------------------------------------------------------------------------


@bp.get("/inventory/labels")
@auth.needs("stock", within=True)
def labels_page() -> str:
    return _work("labels", "receive")


@bp.get("/inventory/labels.css")
@describe(kinds=("text/css",))
@auth.needs("stock", within=True)
def label_size() -> Response:
    own = parts().config.inventory
    width, height = f"{own.label_width_mm}mm", f"{own.label_height_mm}mm"
    sheet = (
        f"@page {{ size: {width} {height}; margin: 0; }}\n.label {{ inline-size: {width}; block-size: {height}; }}\n"
    )
    return Response(sheet, mimetype="text/css")


@bp.get("/inventory/labels/barcode.svg")
@describe(query={"code": TEXT}, kinds=("image/svg+xml",), refuses=(404,))
@auth.needs("stock", within=True)
def label_barcode() -> Response:
    code = request.args.get("code", "")
    if not (0 < len(code) <= BARS_MAX and code.isascii() and code.isprintable()):
        raise NotFound("This code cannot be drawn as bars.")
    return Response(bars_svg(code), mimetype="image/svg+xml")
