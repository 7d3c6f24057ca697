"""Cash in and out of the drawer beside sales, and the drawer opened without one.

POST /api/cash   sell or the kind's right   {id, kind, amount, reason, note?, approvals?} -> 201 {document, duplicate,
                                            open_drawer}; the same again 200
"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import cash
from pos.web import auth
from pos.web import shapes_shop as shapes
from pos.web.body import json_object
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("cash", __name__)


@bp.post("/api/cash")
@describe(body=shapes.CASH, answer=shapes.CASH_MOVED, made=True, refuses=(409,))
@auth.needs("sell", "paid_out", "no_sale")
def record() -> ResponseReturnValue:
    """The drawer opens once, for the first answer: a repeated request must not open it again."""
    committed = cash.record(parts(), json_object(), auth.actor())
    view = {
        "ok": True,
        "document": cash.shown(committed, parts().config),
        "duplicate": committed.duplicate,
        "open_drawer": not committed.duplicate,
    }
    return jsonify(view), 200 if committed.duplicate else 201
