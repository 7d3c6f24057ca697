"""The table of who may do what: looked at, changed, and by whom it was.

GET /rights       rights  office/rights.html; what it shows it asks for by itself
GET /api/rights   rights  {roles, rights: [{name, text}], acts, table: {role: [right]}, defaults, ceilings,
                          changes: [{role, right, by, at, when_text, text}]}, the newest change first
PUT /api/rights   rights  {changes: [{role, right, allowed}], ceilings: {role: "15"}} -> as GET
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from pos import clock
from pos.errors import Invalid
from pos.rules import rights, wording
from pos.rules.basket import number
from pos.said import Said, said
from pos.store import intake
from pos.store import rights as tables
from pos.web import auth
from pos.web import shapes_shop as shapes
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("rights", __name__)

ROLE_NAMES = {
    "cashier": said("Cashier"),
    "supervisor": said("Supervisor"),
    "manager": said("Manager"),
    "operator": said("Operator"),
    "accountant": said("Accountant"),
    "stock_keeper": said("Stock-keeper"),
    "copier": said("Another till"),
    "admin": said("Owner"),
}


@bp.get("/rights")
@auth.needs("rights")
def page() -> str:
    return render_template("office/rights.html")


@bp.get("/api/rights")
@describe(answer=shapes.RIGHTS)
@auth.needs("rights")
def show() -> ResponseReturnValue:
    return jsonify(_view(tables.of(parts().store)))


@bp.put("/api/rights")
@describe(body=shapes.RIGHTS_CHANGE, answer=shapes.RIGHTS, refuses=(409,))
@auth.needs("rights")
def change() -> ResponseReturnValue:
    body = json_object()
    after = tables.change(parts().store, _changes(body), _ceilings(body), auth.actor().code)
    return jsonify(_view(after))


def _view(table: rights.Rights) -> dict[str, Any]:
    return {
        "ok": True,
        "roles": list(rights.ROLES),
        "rights": [{"name": name, "text": said(words)} for name, words in rights.RIGHTS.items()],
        "acts": list(rights.ACTS),
        "table": {role: list(table.rights_of(role)) for role in rights.ROLES},
        "defaults": {role: list(rights.rights_of(role)) for role in rights.ROLES},
        "changes": [_told(one) for one in tables.changes(parts().store)],
        "ceilings": {role: f"{table.discount_percent_max(role).normalize():f}" for role in rights.ROLES},
    }


def _told(one: tables.Change) -> dict[str, Any]:
    here = parts()
    when = intake.local(here.store, clock.parse(one.at))
    return {
        "role": one.role,
        "right": one.right,
        "by": one.by,
        "at": one.at,
        "when_text": wording.moment(when, here.config.shop.locale),
        "text": _sentence(one),
    }


def _sentence(one: tables.Change) -> Said:
    role = ROLE_NAMES.get(one.role, one.role)
    if not one.right:
        return said(
            "{role}: discount up to {percent} %, before {before} %", role=role, percent=one.percent, before=one.before
        )
    right = said(rights.RIGHTS.get(one.right, one.right))
    if one.allowed:
        return said("{role}: may now {right}", role=role, right=right)
    return said("{role}: may no longer {right}", role=role, right=right)


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
