"""A second person agrees on the asker's screen; and the table of who may do what.

POST /api/approve  sell, z_read  {act, subject, pin, code or badge, bound?} -> {approval, by, act, minutes}
GET  /api/rights   rights        {roles, rights: [{name, text}], acts, table: {role: [right]}, ceilings: {role: "10"}}
PUT  /api/rights   rights        {changes: [{role, right, allowed}], ceilings: {role: "15"}} -> as GET
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import approve as approvals
from pos.errors import Invalid
from pos.rules import rights
from pos.rules.basket import number
from pos.store import rights as tables
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


@bp.get("/api/rights")
@auth.needs("rights")
def show() -> ResponseReturnValue:
    return jsonify(_view(tables.of(parts().store)))


@bp.put("/api/rights")
@auth.needs("rights")
def change() -> ResponseReturnValue:
    body = json_object()
    after = tables.change(parts().store, _changes(body), _ceilings(body), auth.actor().code)
    return jsonify(_view(after))


def _view(table: rights.Rights) -> dict[str, Any]:
    return {
        "ok": True,
        "roles": list(rights.ROLES),
        "rights": [{"name": name, "text": words} for name, words in rights.RIGHTS.items()],
        "acts": list(rights.ACTS),
        "table": {role: list(table.rights_of(role)) for role in rights.ROLES},
        "defaults": {role: list(rights.rights_of(role)) for role in rights.ROLES},
        "ceilings": {role: f"{table.discount_percent_max(role).normalize():f}" for role in rights.ROLES},
    }


def _changes(body: dict[str, Any]) -> dict[tuple[str, str], bool]:
    found = {}
    rows = body.get("changes") or []
    if not isinstance(rows, list) or len(rows) > len(rights.ROLES) * len(rights.RIGHTS):
        raise Invalid("changes is a list of {role, right, allowed}.", field="changes")
    for i, row in enumerate(rows):
        if not isinstance(row, Mapping) or not isinstance(row.get("allowed"), bool):
            raise Invalid("Each change says role, right and whether it is allowed.", field=f"changes.{i}")
        found[text(dict(row), "role", 40), text(dict(row), "right", 40)] = row["allowed"]
    return found


def _ceilings(body: dict[str, Any]) -> dict[str, Decimal]:
    given = body.get("ceilings") or {}
    if not isinstance(given, Mapping) or len(given) > len(rights.ROLES):
        raise Invalid("ceilings is an object of role and percentage.", field="ceilings")
    return {role: number(percent, f"ceilings.{role}") for role, percent in given.items()}
