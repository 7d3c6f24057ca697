"""Documents of tills, as they are. Acknowledged only once they are durable here.

PUT /api/hub/v1/documents/<key>   a till   the file's bytes -> 201 {hash} | 200 {hash, duplicate}
GET /api/hub/v1/documents/<key>   a till   {hash, number, way}: its own ones; way: what became of it in the hub's books

409: another document holds its id or its number, or (code "doubled") this till is there twice. 422: it is not whole, or
not this till's; `sha256` is that of the bytes that came, so the till sees whether they changed on the way.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import hub_intake
from pos.errors import Corrupt, Invalid
from pos.web import auth
from pos.web.describe import describe
from pos.web.hub import gate, shapes
from pos.web.parts import parts

bp = Blueprint("hub_documents", __name__)


class NotWhole(Invalid):
    """What came is no whole document."""

    code = "corrupt"

    def __init__(self, message: str, body: bytes) -> None:
        super().__init__(message, code="corrupt")
        self.sha256 = hashlib.sha256(body).hexdigest()

    def details(self) -> dict[str, Any]:
        return {"sha256": self.sha256}


@bp.put("/api/hub/v1/documents/<key>")
@describe(answer=shapes.TAKEN, made=True, refuses=(404, 409))
@auth.by_till(gate.is_till)
def put(key: str) -> ResponseReturnValue:
    body, here = request.get_data(cache=False), parts()
    try:
        taken = hub_intake.take_in(here.journal, gate.till(), key, body, gate.head())
    except Corrupt as error:
        raise NotWhole(hub_intake.corrupt(error), body) from error
    answer = {"ok": True, "hash": taken.doc["hash"], "duplicate": taken.duplicate}
    return jsonify(answer), 200 if taken.duplicate else 201


@bp.get("/api/hub/v1/documents/<key>")
@describe(answer=shapes.THERE, refuses=(404, 409))
@auth.by_till(gate.is_till)
def get(key: str) -> ResponseReturnValue:
    return jsonify({"ok": True, **hub_intake.there(parts().store, gate.till(), key)})
