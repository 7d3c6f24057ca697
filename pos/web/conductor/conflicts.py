"""Fields both sides changed, of QuickBooks Desktop: looked at, decided, taken back.

GET  /conductor/conflicts?state=&type=&after=&company=   operate   conductor/conflicts.html
GET  /api/conductor/conflicts?state=&type=&after=        operate   {conflicts: […], after}
POST /api/conductor/conflicts/<n>                        operate   {choice: ours | theirs, company?}
POST /api/conductor/conflicts/<n>/undo                   operate   {company?}: the other value after all
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import conductor_conflicts as conflicts
from pos.actions import conductor_views as views
from pos.errors import Invalid
from pos.said import said
from pos.store.records import Clashed
from pos.web import auth
from pos.web.body import json_object
from pos.web.conductor import frame
from pos.web.conductor import shapes_board as shapes
from pos.web.console import lists
from pos.web.describe import describe
from pos.web.integrations import reached
from pos.web.parts import parts

bp = Blueprint("conductor_conflicts", __name__)

STATES = ("open", "decided")


@bp.get("/conductor/conflicts")
@auth.needs("operate", within=True)
def page() -> ResponseReturnValue:
    here, company = parts(), frame.company()
    chosen, asked = _asked()
    rows, found = conflicts.listed(here.store, here.config, company, chosen["state"], chosen["type"], asked)
    return frame.show(
        "conflicts",
        "conflicts",
        rows=rows,
        list=lists.view((), asked, chosen, found),
        chosen=chosen,
        types=views.TITLES,
        waiting=conflicts.waiting(here.store, company),
    )


@bp.get("/api/conductor/conflicts")
@describe(query=shapes.CONFLICTS_QUERY, answer=shapes.CONFLICTS, refuses=(404, 422))
@auth.needs("operate", within=True, touches=False)
def listed() -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    chosen, asked = _asked()
    rows, found = conflicts.listed(here.store, here.config, company, chosen["state"], chosen["type"], asked)
    return jsonify({"ok": True, "conflicts": [shapes.conflict(row) for row in rows], "after": found.after})


@bp.post("/api/conductor/conflicts/<int:n>")
@describe(body=shapes.CHOICE, answer=shapes.DECIDED, refuses=(409,))
@auth.needs("operate", within=True)
def decide(n: int) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, choice = reached.in_body(body), body.get("choice")
    if choice not in ("ours", "theirs"):
        raise Invalid(said("{field} is ours or theirs.", field="choice"), field="choice")
    return _decided(conflicts.decide(here.store, company, n, choice, auth.actor().code))


@bp.post("/api/conductor/conflicts/<int:n>/undo")
@describe(body=shapes.OF_COMPANY, answer=shapes.DECIDED, refuses=(409,))
@auth.needs("operate", within=True)
def undo(n: int) -> ResponseReturnValue:
    here, company = parts(), reached.in_body(json_object())
    return _decided(conflicts.undo(here.store, company, n, auth.actor().code))


def _decided(one: Clashed) -> ResponseReturnValue:
    facts = {
        "id": one.id,
        "field": one.field,
        "state": one.state,
        "decision": one.decision,
        "decidedBy": one.decided_by,
    }
    return jsonify({"ok": True, "conflict": facts})


def _asked() -> tuple[dict[str, str], Any]:
    chosen = lists.filled(("state", "type", "company"), {"state": STATES, "type": tuple(views.TITLES)})
    chosen["state"] = chosen["state"] or "open"
    return chosen, lists.asked(sorts=("made",), sort="made")
