"""Receipts of all tills, for goods that come back at another one.

GET  /api/hub/v1/receipts/<number>         a till   {document, back}: the file's bytes, and those of every document that
                                                    gave something back of it; by number or id; 404 not_there
POST /api/hub/v1/receipts/<number>/claim   a till   {} -> the same; for half a minute, or until the till's return is
                                                    here, no other till is given it: 409 being_returned
"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.errors import Conflict, NotFound
from pos.store import foreign
from pos.web import auth
from pos.web.describe import describe
from pos.web.hub import gate, shapes
from pos.web.parts import parts

bp = Blueprint("hub_receipts", __name__)


@bp.get("/api/hub/v1/receipts/<number>")
@describe(answer=shapes.RECEIPT, refuses=(404, 409))
@auth.by_till(gate.is_till)
def one(number: str) -> ResponseReturnValue:
    found = foreign.told(parts().store, number, gate.company())
    if found is None:
        raise NotFound("The hub has no such receipt.", code="not_there")
    return _answer(*found)


@bp.post("/api/hub/v1/receipts/<number>/claim")
@describe(answer=shapes.RECEIPT, refuses=(404, 409))
@auth.by_till(gate.is_till)
def claim(number: str) -> ResponseReturnValue:
    store = parts().store
    found = foreign.told(store, number, gate.company())
    if found is None:
        raise NotFound("The hub has no such receipt.", code="not_there")
    if not foreign.claim(store, found[0], gate.till().till):
        raise Conflict(foreign.BEING_RETURNED, code="being_returned")
    return _answer(*(foreign.told(store, found[0], gate.company()) or found))


def _answer(_id: str, document: bytes, back: list[bytes]) -> ResponseReturnValue:
    return jsonify({"ok": True, "document": document.decode(), "back": [body.decode() for body in back]})
