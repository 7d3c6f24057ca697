"""The hub as the issuer of gift vouchers: a ledger of rows by id, for its tills.

POST /api/hub/v1/vouchers/rows    a till   {rows: [Row]} -> {kept}; the same again is harmless; 409 id_taken
POST /api/hub/v1/vouchers/find    a till   {ids} -> {rows}: those of them that are here
GET  /api/hub/v1/vouchers/<code>  a till   {rows}: all of one voucher, with what is set aside, in the hub's order

Row: {id, code, act, amount, held, at, expires, till, document, position, receipt, order, made_at}; minor units. A row
with the act hold sets value aside for the basket in `document`, for a quarter of an hour; release ends it.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import hub_ledger
from pos.errors import Invalid
from pos.store import hub_vouchers
from pos.web import auth
from pos.web.body import json_object
from pos.web.describe import describe
from pos.web.hub import gate, shapes
from pos.web.parts import parts

bp = Blueprint("hub_vouchers", __name__)

#: Rows, or ids, of one request.
MANY_MAX = 500


@bp.post("/api/hub/v1/vouchers/rows")
@describe(body=shapes.VOUCHER_PUT, answer=shapes.VOUCHERS_KEPT, refuses=(404, 409))
@auth.by_till(gate.is_till)
def put() -> ResponseReturnValue:
    rows = _listed(json_object().get("rows"), dict, "rows")
    hub_ledger.put(parts().store, gate.till(), rows)
    parts().ring("voucher")
    return jsonify({"ok": True, "kept": len(rows)})


@bp.post("/api/hub/v1/vouchers/find")
@describe(body=shapes.VOUCHER_IDS, answer=shapes.VOUCHER_ROWS, refuses=(404, 409))
@auth.by_till(gate.is_till)
def find() -> ResponseReturnValue:
    ids = _listed(json_object().get("ids"), str, "ids")
    return jsonify({"ok": True, "rows": hub_vouchers.with_ids(parts().store, ids, gate.company())})


@bp.get("/api/hub/v1/vouchers/<path:code>")
@describe(answer=shapes.VOUCHER_ROWS, refuses=(404, 409))
@auth.by_till(gate.is_till)
def one(code: str) -> ResponseReturnValue:
    return jsonify({"ok": True, "rows": hub_vouchers.of_code(parts().store, code, gate.company())})


def _listed(value: Any, kind: type, field: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > MANY_MAX or not all(isinstance(one, kind) for one in value):
        raise Invalid(f"{field} is a list of at most {MANY_MAX}.", field=field)
    return value
