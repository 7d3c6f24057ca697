"""People: who may sign in, as what, with which PIN, password and badge. Secrets made here are shown once.

GET  /console/people?show=&role=&q=          people, rights   console/people.html
GET  /console/people.csv?…                   people, rights   all that fit
GET  /console/people/person?code=            people, rights   console/person.html
GET  /api/console/people?…                   people, rights   {rows: [Person], after, before, total, more}
POST /api/console/people                     people, rights   {code, name, role, pin?} -> 201 {row, secret}
POST /api/console/people/<code>/role         people, rights   {role} -> {row}
POST /api/console/people/<code>/active       people, rights   {active} -> {row}
POST /api/console/people/<code>/pin          people, rights   {pin?} -> {row, secret}
POST /api/console/people/<code>/password     people, rights   {password?} or {none: true} -> {row, secret}
POST /api/console/people/<code>/badge        people, rights   {badge?} or {none: true} -> {row, secret}

show: on, off or all. secret: what was made here because none was given, this once; "" otherwise. Whoever has fewer
rights than the person concerned is refused: 403 `above_yourself`. Person: {code, name, role, active, pin, password,
badge, locked_until, last_seen, may_change, self}.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import staff
from pos.actions.staff import Filter
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

bp = Blueprint("console_people", __name__)

COLUMNS = (
    Column("state", said("State")),
    Column("name", said("Name"), sort="name"),
    Column("code", said("Code"), sort="code"),
    Column("role", said("Role"), sort="role"),
    Column("has", said("Signs in with")),
    Column("seen", said("Last seen"), number=True),
)
SHOWN = {"on": said("Working"), "off": said("Switched off"), "all": said("All")}


@bp.get("/console/people")
@auth.needs("people", "rights", within=True)
def page() -> ResponseReturnValue:
    here, wanted, asked, who = parts(), _filter(), _asked(), auth.actor()
    rows, found = staff.listed(here.store, here.config, who, wanted, asked, frame.reach())
    chosen = {"show": wanted.show, "role": wanted.role, "q": wanted.words}
    return frame.show(
        "people",
        "people",
        rows=rows,
        list=lists.view(COLUMNS, asked, chosen, found),
        chosen=chosen,
        shows=SHOWN,
        roles=ROLE_NAMES,
    )


@bp.get("/console/people.csv")
@auth.needs("people", "rights", within=True)
def export() -> ResponseReturnValue:
    here = parts()
    rows = staff.every(here.store, here.config, auth.actor(), _filter(), _asked(), frame.reach())
    return lists.as_csv("people", staff.PEOPLE_CSV, rows)


@bp.get("/console/people/person")
@auth.needs("people", "rights", within=True)
def page_of_one() -> ResponseReturnValue:
    here = parts()
    row = staff.one(here.store, here.config, auth.actor(), request.args.get("code", ""), auth.reach_of())
    return frame.show("person", "people", row=row, roles=ROLE_NAMES)


@bp.get("/api/console/people")
@describe(query=shapes.PEOPLE_QUERY, answer=shapes.PEOPLE, refuses=(422,))
@auth.needs("people", "rights", within=True)
def listed() -> ResponseReturnValue:
    here = parts()
    rows, found = staff.listed(here.store, here.config, auth.actor(), _filter(), _asked(), frame.reach())
    return jsonify({"ok": True, **lists.as_json(rows, found)})


@bp.post("/api/console/people")
@describe(body=shapes.NEW_MEMBER, answer=shapes.MEMBER_ROW, status=201, refuses=(409,))
@auth.needs("people", "rights", within=True)
def add() -> ResponseReturnValue:
    here, body, who = parts(), json_object(), auth.actor()
    code = text(body, "code", 20).strip()
    role = text(body, "role", 40)
    made = staff.add(here.store, who, code, text(body, "name", 200), role, text(body, "pin", 20))
    return _one(code, made), 201


@bp.post("/api/console/people/<code>/role")
@describe(body=shapes.ROLE, answer=shapes.MEMBER_ROW, refuses=(409,))
@auth.needs("people", "rights", within=True)
def role(code: str) -> ResponseReturnValue:
    staff.set_role(parts().store, auth.actor(), code, text(json_object(), "role", 40))
    return _one(code)


@bp.post("/api/console/people/<code>/active")
@describe(body=shapes.ACTIVE, answer=shapes.MEMBER_ROW, refuses=(409,))
@auth.needs("people", "rights", within=True)
def active(code: str) -> ResponseReturnValue:
    wanted = json_object().get("active")
    if not isinstance(wanted, bool):
        raise Invalid("active is true or false.", field="active")
    staff.set_active(parts().store, auth.actor(), code, wanted)
    return _one(code)


@bp.post("/api/console/people/<code>/pin")
@describe(body=shapes.PIN, answer=shapes.MEMBER_ROW, refuses=(409,))
@auth.needs("people", "rights", within=True)
def pin(code: str) -> ResponseReturnValue:
    return _one(code, staff.set_pin(parts().store, auth.actor(), code, text(json_object(), "pin", 20)))


@bp.post("/api/console/people/<code>/password")
@describe(body=shapes.PASSWORD, answer=shapes.MEMBER_ROW, refuses=(409,))
@auth.needs("people", "rights", within=True)
def password(code: str) -> ResponseReturnValue:
    return _set(code, staff.set_password, "password")


@bp.post("/api/console/people/<code>/badge")
@describe(body=shapes.BADGE, answer=shapes.MEMBER_ROW, refuses=(409,))
@auth.needs("people", "rights", within=True)
def badge(code: str) -> ResponseReturnValue:
    return _set(code, staff.set_badge, "badge")


def _set(code: str, act: Callable[..., str], field: str) -> ResponseReturnValue:
    body = json_object()
    given = None if body.get("none") is True else text(body, field, 1000)
    return _one(code, act(parts().store, auth.actor(), code, given))


def _one(code: str, secret: str = "") -> Response:
    here = parts()
    row = staff.one(here.store, here.config, auth.actor(), code, auth.reach_of())
    return jsonify({"ok": True, "row": row, "secret": secret})


def _asked() -> Asked:
    return lists.asked(sorts=("name", "code", "role"), sort="name", down=False)


def _filter() -> Filter:
    show, role, words = (request.args.get(name, "").strip() for name in ("show", "role", "q"))
    if show and show not in staff.PEOPLE_SHOWS:
        raise Invalid(said("{name} cannot be {value}.", name="show", value=repr(show[:40])), field="show")
    if role and role not in rights.ROLES:
        raise Invalid(said("{name} cannot be {value}.", name="role", value=repr(role[:40])), field="role")
    return Filter(show or ("all" if words else "on"), role, words[: lists.FILTER_CHARS_MAX])
