"""Keys for programs: shown once, kept as a hash, with a role's rights or fewer, rotated, withdrawn, last used.

GET  /console/tokens?show=               people, rights   console/tokens.html
GET  /console/tokens.csv?…               people, rights   all that fit
GET  /api/console/tokens?…               people, rights   {rows: [Key], after, before, total, more}
POST /api/console/tokens                 people, rights   {name, role, scopes?: [right], places?, person?} -> 201
POST /api/console/tokens/<key>/rotate    people, rights   {row, secret}; the old secret stops at once
POST /api/console/tokens/<key>/revoke    people, rights   {row}; it stops at once

show: on, off or all. scopes: rights of the role the key has; left out or [], it has all of them. places: COMPANY or
COMPANY/SHOP it is kept to; left out or [], none. person:
whose it is, which never may more than they do; only an owner names somebody else: 403 `not_yours`. Nobody makes or
rotates a key that may do more than they: 403 `above_yourself`. Key: {id, name, role, person, person_name, scopes,
rights, created_at, used_at, revoked_at, works, may_change}; a new one comes with its secret.
"""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import staff
from pos.errors import Invalid
from pos.rules import rights
from pos.said import said
from pos.store.listing import Asked
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import frame, lists
from pos.web.console import shapes_lists as shapes
from pos.web.console.lists import Column
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.rights_page import ROLE_NAMES
from pos.web.shapes import TEXT, ok

bp = Blueprint("console_tokens", __name__)

COLUMNS = (
    Column("state", said("State")),
    Column("name", said("Name"), sort="name"),
    Column("role", said("Role")),
    Column("person", said("Whose")),
    Column("rights", said("May")),
    Column("made", said("Made"), sort="made", number=True),
    Column("used", said("Last used"), sort="used", number=True),
)
SHOWN = {"on": said("Working"), "off": said("Withdrawn"), "all": said("All")}


@bp.get("/console/tokens")
@auth.needs("people", "rights")
def page() -> ResponseReturnValue:
    here, show, asked, who = parts(), _show(), _asked(), auth.actor()
    rows, found = staff.tokens(here.store, here.config, who, show, asked)
    chosen = {"show": show}
    return frame.show(
        "tokens",
        "people",
        rows=rows,
        list=lists.view(COLUMNS, asked, chosen, found),
        chosen=chosen,
        shows=SHOWN,
        roles=ROLE_NAMES,
        rights={name: said(words) for name, words in rights.RIGHTS.items() if who.may(name)},
        places=frame.places(),
        owners=staff.whose(here.store, who),
    )


@bp.get("/console/tokens.csv")
@auth.needs("people", "rights")
def export() -> ResponseReturnValue:
    here = parts()
    rows = staff.every_token(here.store, here.config, auth.actor(), _show(), _asked())
    return lists.as_csv("keys", staff.TOKEN_CSV, rows)


@bp.get("/api/console/tokens")
@describe(query=shapes.TOKENS_QUERY, answer=shapes.TOKENS, refuses=(422,))
@auth.needs("people", "rights")
def listed() -> ResponseReturnValue:
    here = parts()
    rows, found = staff.tokens(here.store, here.config, auth.actor(), _show(), _asked())
    return jsonify({"ok": True, **lists.as_json(rows, found)})


@bp.post("/api/console/tokens")
@describe(body=shapes.NEW_TOKEN, answer=ok({"secret": TEXT}), status=201, refuses=(404, 409))
@auth.needs("people", "rights")
def add() -> ResponseReturnValue:
    body = json_object()
    scopes, places = body.get("scopes") or [], body.get("places") or []
    if not isinstance(scopes, list) or not all(isinstance(right, str) for right in scopes):
        raise Invalid("scopes is a list of rights.", field="scopes")
    if not isinstance(places, list) or not all(isinstance(place, str) for place in places):
        raise Invalid("places is a list of companies and shops.", field="places")
    name, role = text(body, "name", 200), text(body, "role", 40)
    person = text(body, "person", 40).strip()
    secret = staff.add_token(parts().store, auth.actor(), name, role, scopes, places, person)
    return jsonify({"ok": True, "secret": secret}), 201


@bp.post("/api/console/tokens/<key>/rotate")
@describe(answer=shapes.TOKEN_ANEW, refuses=(409,))
@auth.needs("people", "rights")
def rotate(key: str) -> ResponseReturnValue:
    here, who = parts(), auth.actor()
    secret = staff.rotate_token(here.store, here.config, who, key)
    return jsonify({"ok": True, "row": staff.one_token(here.store, here.config, who, key), "secret": secret})


@bp.post("/api/console/tokens/<key>/revoke")
@describe(answer=shapes.TOKEN_ROW, refuses=(409,))
@auth.needs("people", "rights")
def revoke(key: str) -> ResponseReturnValue:
    here, who = parts(), auth.actor()
    staff.revoke_token(here.store, here.config, who, key)
    return jsonify({"ok": True, "row": staff.one_token(here.store, here.config, who, key)})


def _asked() -> Asked:
    return lists.asked(sorts=("name", "made", "used"), sort="name", down=False)


def _show() -> str:
    show = request.args.get("show", "") or "on"
    if show not in staff.TOKEN_SHOWS:
        raise Invalid(said("{name} cannot be {value}.", name="show", value=repr(show[:40])), field="show")
    return show
