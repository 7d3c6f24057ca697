"""A second person agrees on the asker's screen.

POST /api/approve  sell, z_read  {act, subject, pin, code or badge, bound?} -> {approval, by, act, minutes}
"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import approve as approvals
from pos.rules.basket import number
from pos.store.approvals import MINUTES
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.parts import parts

bp = Blueprint("approvals", __name__)


@bp.post("/api/approve")
@auth.needs("sell", "z_read")
def approve() -> ResponseReturnValue:
    auth.require_till()  # a PIN is typed only where it could be typed to sign in
    body = json_object()
    bound = body.get("bound")
    key, person = approvals.approve(
        parts().store,
        auth.actor(),
        act=text(body, "act", 40),
        subject=text(body, "subject", 100),
        pin=text(body, "pin", 20),
        code=text(body, "code", 20),
        badge=text(body, "badge", 100),
        bound=None if bound in (None, "") else abs(number(bound, "bound")),
    )
    by = {"code": person.code, "name": person.name}
    return jsonify({"ok": True, "approval": key, "act": body["act"], "by": by, "minutes": MINUTES})
