"""What a stock-keeper's screens ask and do besides transfers and adjustments: scans, goods in, orders, counts.

GET  /api/inventory/lookup?code=&location=     looking   {line}: what a scan stands for, and how it stands at the place
GET  /api/inventory/find?q=&location=          looking   {lines}: items whose every word matches
POST /api/inventory/levels                     looking   {location, items} -> {levels: {sku: {level, available, …}}}
POST /api/inventory/receipt                    stock     {id?, location?, purchaseOrder?, lines, …} -> event, or 202
GET  /api/inventory/orders?state=              looking   {orders}
POST /api/inventory/orders                     stock     {id?, supplier, location, lines, number?, memo?} -> {order}
GET  /api/inventory/orders/<id>                looking   {order}
POST /api/inventory/orders/<id>/close          stock     {} -> {order}
GET  /api/inventory/counts?over=               looking   {counts}
POST /api/inventory/counts                     stock     {id?, location, scope?, group?, title?} -> {count, items, of}
GET  /api/inventory/counts/<id>                looking   {count, items}
POST /api/inventory/counts/<id>/counted        stock     {id?, round, lines} -> {count, items}
POST /api/inventory/counts/<id>/finish         stock     {uncounted?, round?} -> {count, items, again}, or 202
POST /api/inventory/counts/<id>/again          stock     {} -> {count, items}: after the change was refused
POST /api/inventory/counts/<id>/give-up        stock     {} -> {count, items}

Quantities and costs are texts. An id is made by whoever asks; without one the server makes it, and a second request is
another one. Refusals name the line: lines[2].quantity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import inventory_counts as counting
from pos.actions import inventory_lookup as lookup
from pos.actions import receiving
from pos.errors import Invalid
from pos.rules import inventory as rules
from pos.rules.inventory import Line
from pos.said import said
from pos.store import inventory_counts, purchase_orders
from pos.store.inventory_counts import MODES, Count, Tally
from pos.store.purchase_orders import Order, OrderLine
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.integrations import reached
from pos.web.inventory import asked, shown
from pos.web.inventory import shapes_work as shapes
from pos.web.inventory.api_acts import BELL
from pos.web.inventory.api_shapes import DONE
from pos.web.inventory.frame import LOOKING
from pos.web.parts import parts

bp = Blueprint("inventory_work_api", __name__)
T = TypeVar("T")

ITEMS_MAX = 500
LISTED_MAX = 100
#: A line counted longer ago than this was not kept by a browser, but by a fault.
AGO_SECONDS_MAX = 7 * 86400


# -- scans -------------------------------------------------------------------------------------------------------------


@bp.get("/api/inventory/lookup")
@describe(query=shapes.LOOKUP_QUERY, answer=shapes.LOOKED_UP, refuses=(404, 422))
@auth.needs(*LOOKING, within=True)
def looked_up() -> ResponseReturnValue:
    here, company = parts(), asked.company()
    code, place = request.args.get("code", ""), request.args.get("location", "")[:140]
    return jsonify({"ok": True, "line": lookup.scanned(here.store, here.config, company, code, place)})


@bp.get("/api/inventory/find")
@describe(query=shapes.FIND_QUERY, answer=shapes.FOUND)
@auth.needs(*LOOKING, within=True)
def found() -> ResponseReturnValue:
    here, company = parts(), asked.company()
    words, place = request.args.get("q", "")[:100], request.args.get("location", "")[:140]
    return jsonify({"ok": True, "lines": lookup.found(here.store, here.config, company, words, place)})


@bp.post("/api/inventory/levels")
@describe(body=shapes.LEVELS_BODY, answer=shapes.LEVELS, refuses=(404,))
@auth.needs(*LOOKING, within=True)
def levels() -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, items = asked.company_of(body, text(body, "location", 140)), body.get("items")
    if not isinstance(items, list) or len(items) > ITEMS_MAX or not all(isinstance(one, str) for one in items):
        raise Invalid(said("items must be a list of at most {n} codes.", n=ITEMS_MAX), field="items")
    there = lookup.standing(here.store, here.config, company, items, text(body, "location", 140))
    return jsonify({"ok": True, "levels": there})


# -- goods in ----------------------------------------------------------------------------------------------------------


@bp.post("/api/inventory/receipt")
@describe(body=shapes.RECEIPT_BODY, answer=DONE, made=True, refuses=(404, 409), also={202: DONE})
@auth.needs("stock", within=True)
def receipt() -> ResponseReturnValue:
    here, body = parts(), json_object()
    outcome = receiving.receive(
        here.store,
        here.config,
        auth.actor(),
        asked.company_of(body, text(body, "location", 140)),
        _id(body),
        _each(body, _received),
        location=text(body, "location", 140),
        purchase_order=text(body, "purchaseOrder", 64),
        reference=text(body, "reference"),
        memo=text(body, "memo"),
        day=text(body, "effectiveDate", 10),
        via=asked.via(),
        reach=auth.reach_of(),
    )
    here.ring(BELL)
    return shown.answered(outcome)


def _received(line: dict[str, Any], where: str) -> Line:
    return Line(
        text(line, "sku", 140),
        rules.thousandths(line.get("quantity", ""), f"{where}.quantity"),
        cost=text(line, "cost", 20).strip(),
        order_line=asked.order_line(line, f"{where}."),
    )


@bp.get("/api/inventory/orders")
@describe(query=shapes.ORDERS_QUERY, answer=shapes.ORDERS, refuses=(422,))
@auth.needs(*LOOKING, within=True)
def orders() -> ResponseReturnValue:
    here, company, state = parts(), asked.company(), request.args.get("state", "")
    if state and state not in purchase_orders.STATES:
        raise Invalid(
            said("{field} is one of: {list}.", field="state", list=", ".join(purchase_orders.STATES)), field="state"
        )
    listed = purchase_orders.listed(here.store, company, states=[state] if state else [], limit=LISTED_MAX)
    return jsonify({"ok": True, "orders": [receiving.ordered(here.store, here.config, one) for one in listed]})


@bp.post("/api/inventory/orders")
@describe(body=shapes.ORDER_BODY, answer=shapes.ORDER, made=True, refuses=(404, 409))
@auth.needs("stock", within=True)
def make_order() -> ResponseReturnValue:
    here, body = parts(), json_object()
    made, existed = receiving.order(
        here.store,
        here.config,
        auth.actor(),
        asked.company_of(body, text(body, "location", 140)),
        _id(body),
        text(body, "supplier", 140),
        text(body, "location", 140),
        _each(body, _ordered),
        number=text(body, "number", 40),
        memo=text(body, "memo", 1000),
        reach=auth.reach_of(),
    )
    return _order(made), 200 if existed else 201


def _ordered(line: dict[str, Any], where: str) -> OrderLine:
    qty = rules.thousandths(line.get("quantity", ""), f"{where}.quantity")
    return OrderLine(0, text(line, "sku", 140), qty, cost=text(line, "cost", 20).strip())


@bp.get("/api/inventory/orders/<key>")
@describe(answer=shapes.ORDER)
@auth.needs(*LOOKING, within=True)
def order(key: str) -> ResponseReturnValue:
    found = purchase_orders.order(parts().store, key, auth.reach_of())
    reached.named(found.company)
    return _order(found)


@bp.post("/api/inventory/orders/<key>/close")
@describe(answer=shapes.ORDER, refuses=(409,))
@auth.needs("stock", within=True)
def close_order(key: str) -> ResponseReturnValue:
    return _order(receiving.close(parts().store, auth.actor(), key, auth.reach_of()))


def _order(found: Order) -> Response:
    return jsonify({"ok": True, "order": receiving.ordered(parts().store, parts().config, found)})


# -- counts ------------------------------------------------------------------------------------------------------------


@bp.get("/api/inventory/counts")
@describe(query=shapes.COUNTS_QUERY, answer=shapes.COUNTS)
@auth.needs(*LOOKING, within=True)
def counts() -> ResponseReturnValue:
    here, company = parts(), asked.company()
    going_on = request.args.get("over", "") != "yes"
    listed = inventory_counts.listed(here.store, company, auth.reach_of(), going_on=going_on, limit=LISTED_MAX)
    return jsonify({"ok": True, "counts": [counting.shown(here.store, here.config, one) for one in listed]})


@bp.post("/api/inventory/counts")
@describe(body=shapes.COUNT_BODY, answer=shapes.COUNT, made=True, refuses=(404, 409))
@auth.needs("stock", within=True)
def begin_count() -> ResponseReturnValue:
    here, body = parts(), json_object()
    begun = counting.begin(
        here.store,
        here.config,
        auth.actor(),
        asked.company_of(body, text(body, "location", 140)),
        _id(body),
        text(body, "location", 140),
        scope=text(body, "scope", 20) or "scan",
        group=text(body, "group", 140),
        title=text(body, "title", 140),
        reach=auth.reach_of(),
    )
    return _count(begun.count, of=begun.of), 200 if begun.existed else 201


@bp.get("/api/inventory/counts/<key>")
@describe(answer=shapes.COUNT)
@auth.needs(*LOOKING, within=True)
def count(key: str) -> ResponseReturnValue:
    found = inventory_counts.count(parts().store, key, auth.reach_of())
    reached.named(found.company)
    return _count(found)


@bp.post("/api/inventory/counts/<key>/counted")
@describe(body=shapes.COUNTED_BODY, answer=shapes.COUNT, refuses=(409,))
@auth.needs("stock", within=True)
def counted(key: str) -> ResponseReturnValue:
    body = json_object()
    round_ = body.get("round")
    if type(round_) is not int or round_ not in (1, 2):
        raise Invalid(said("{field} is one of: {list}.", field="round", list="1, 2"), field="round")
    tallies = _each(body, _tally)
    found, _ = counting.take(parts().store, auth.actor(), key, _id(body), round_, tallies, auth.reach_of())
    return _count(found)


def _tally(line: dict[str, Any], where: str) -> Tally:
    mode, ago = text(line, "mode", 10) or "new", line.get("ago", 0)
    if mode not in MODES:
        raise Invalid(said("{field} is one of: {list}.", field="mode", list=", ".join(MODES)), field=f"{where}.mode")
    if type(ago) is not int or not 0 <= ago <= AGO_SECONDS_MAX:
        raise Invalid("ago is whole seconds.", field=f"{where}.ago")
    return Tally(
        text(line, "sku", 140), rules.thousandths(line.get("quantity", ""), f"{where}.quantity"), mode, seconds=ago
    )


@bp.post("/api/inventory/counts/<key>/finish")
@describe(body=shapes.FINISH_BODY, answer=shapes.COUNT, refuses=(409,), also={202: shapes.COUNT})
@auth.needs("stock", within=True)
def finish_count(key: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    round_ = body.get("round", 0)
    if type(round_) is not int or round_ not in (0, 1, 2):
        raise Invalid(said("{field} is one of: {list}.", field="round", list="1, 2"), field="round")
    ended = counting.finish(
        here.store, here.config, auth.actor(), key, round_=round_, uncounted=text(body, "uncounted", 10),
        via=asked.via(), reach=auth.reach_of(),
    )  # fmt: skip
    return _count(ended.count, again=list(ended.again)), 202 if ended.count.state == "waiting" else 200


@bp.post("/api/inventory/counts/<key>/again")
@describe(answer=shapes.COUNT, refuses=(409,))
@auth.needs("stock", within=True)
def count_again(key: str) -> ResponseReturnValue:
    return _count(counting.again(parts().store, auth.actor(), key, auth.reach_of()))


@bp.post("/api/inventory/counts/<key>/give-up")
@describe(answer=shapes.COUNT, refuses=(409,))
@auth.needs("stock", within=True)
def give_up_count(key: str) -> ResponseReturnValue:
    return _count(counting.give_up(parts().store, auth.actor(), key, auth.reach_of()))


def _count(found: Count, **more: Any) -> Response:
    here = parts()
    view = counting.shown(here.store, here.config, found)
    return jsonify({"ok": True, "count": view, "items": counting.items(here.store, here.config, found), **more})


# -- bodies ------------------------------------------------------------------------------------------------------------


def _id(body: dict[str, Any]) -> str:
    """The lasting id of what is asked for; a new one where none was given."""
    given = text(body, "id", 64)
    if not given:
        return clock.uuid7()
    rules.check_id(given)
    if "." in given:  # what a count asks for has its id, a point and a number
        raise Invalid("An event needs an id of its own, of at most 64 plain characters.", field="id")
    return given


def _each(body: dict[str, Any], read: Callable[[dict[str, Any], str], T]) -> list[T]:
    """The lines of a body. Invalid names the line."""
    lines = body.get("lines")
    if not isinstance(lines, list) or not lines:
        raise Invalid("An event needs at least one line.", field="lines")
    most = parts().config.inventory.lines_max
    if len(lines) > most:
        raise Invalid(said("At most {n} lines an event; make several.", n=most), field="lines")
    found = []
    for at, line in enumerate(lines):
        if not isinstance(line, dict):
            raise Invalid("A line is an object.", field=f"lines[{at}]")
        found.append(read(line, f"lines[{at}]"))
    return found
