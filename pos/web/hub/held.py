"""Baskets set aside at one till and taken up at another. The hub decides who has one, by compare-and-set.

POST /api/hub/v1/held               a till   Basket -> {}; the same again is harmless; 409 taken
GET  /api/hub/v1/held?store=        a till   {held, taken}: of a shop; taken: by this till, not paid yet
POST /api/hub/v1/held/states        a till   {store, ids} -> {held}: what became of these
POST /api/hub/v1/held/<key>/claim   a till   {store, act, to, by, reason, again} -> {held}; 409 taken
                                             to: resumed, discarded; again "yes": what this till took up and lost

Basket: {id, store, till, title, basket, lines, total, by_code, by_name, at}. The same act again answers the same.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.errors import Invalid
from pos.rules import basket as rules
from pos.store import hub_baskets
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.hub import gate, shapes
from pos.web.parts import parts
from pos.web.shapes import TEXT

bp = Blueprint("hub_held", __name__)

IDS_MAX = 500
BASKET_CHARS_MAX = 1_000_000
_SHORT = ("store", "till", "title", "total", "by_code", "by_name", "at")


@bp.post("/api/hub/v1/held")
@describe(body=shapes.HELD_UP, answer=shapes.DONE, refuses=(404, 409))
@auth.by_till(gate.is_till)
def put() -> ResponseReturnValue:
    body, till = json_object(), gate.till()
    row: dict[str, Any] = {name: text(body, name, 200) for name in _SHORT}
    row |= {"id": text(body, "id", 36), "basket": text(body, "basket", BASKET_CHARS_MAX), "lines": body.get("lines")}
    whole = type(row["lines"]) is int and 0 <= row["lines"] <= BASKET_CHARS_MAX
    if not rules.UUID.match(row["id"]) or not whole or row["till"] not in till.ids:
        raise Invalid("This is no basket of this till.", field="id")
    hub_baskets.put(parts().store, till.till, till.ids, row)
    parts().ring("held")
    return jsonify({"ok": True})


@bp.get("/api/hub/v1/held")
@describe(query={"store": TEXT}, answer=shapes.HELD_LIST, refuses=(404, 409))
@auth.by_till(gate.is_till)
def listed() -> ResponseReturnValue:
    held, taken = hub_baskets.listed(parts().store, request.args.get("store", ""), gate.till().ids, gate.shop())
    return jsonify({"ok": True, "held": held, "taken": taken})


@bp.post("/api/hub/v1/held/states")
@describe(body=shapes.HELD_IDS, answer=shapes.HELD_STATES, refuses=(404, 409))
@auth.by_till(gate.is_till)
def states() -> ResponseReturnValue:
    body = json_object()
    ids = body.get("ids")
    if not isinstance(ids, list) or len(ids) > IDS_MAX or not all(isinstance(one, str) for one in ids):
        raise Invalid(f"ids is a list of at most {IDS_MAX}.", field="ids")
    return jsonify({"ok": True, "held": hub_baskets.states(parts().store, text(body, "store", 200), ids, gate.shop())})


@bp.post("/api/hub/v1/held/<key>/claim")
@describe(body=shapes.HELD_CLAIM, answer=shapes.HELD_CLAIMED, refuses=(404, 409))
@auth.by_till(gate.is_till)
def claim(key: str) -> ResponseReturnValue:
    body, till = json_object(), gate.till()
    asked = {name: text(body, name, 200) for name in ("store", "act", "to", "by", "reason", "again")}
    if asked["to"] not in ("resumed", "discarded") or not asked["act"]:
        raise Invalid("A basket is resumed or discarded, by an act with an id.", field="to")
    return jsonify({"ok": True, "held": hub_baskets.claim(parts().store, till.till, till.ids, key, asked, gate.shop())})
