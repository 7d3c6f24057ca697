"""The first questions on the screen, on this machine alone: with the terminal's code, or signed in with `settings`.

GET  /setup                     open     setup.html; what it shows it asks for by itself
POST /api/setup/open            open     {code} of the terminal, once -> cookie
GET  /api/setup                 setup    {steps, people, roles, again, csrf}
PUT  /api/setup/<step>          setup    {values: {"shop.name": …}} -> {changed, …as GET}
POST /api/setup/person          setup    {code, name, role, pin} -> as GET
POST /api/setup/printer         setup    {act: test | drawer, values} -> {confirmed}; nothing is saved
POST /api/setup/finish          setup    -> {again}: the till starts anew with what was answered, or a person must
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from pos.actions import setup
from pos.errors import Invalid, NotAllowed
from pos.said import said
from pos.store import beginning
from pos.web import auth, shapes
from pos.web.body import json_object, text
from pos.web.describe import PAGE, describe
from pos.web.parts import parts

bp = Blueprint("setup", __name__)

ACTS = ("test", "drawer")
_STATE: dict[str, Any] = {"steps": shapes.ANY, "people": shapes.ANY, "roles": shapes.ANY, "again": shapes.FLAG}
_STATE |= {"csrf": shapes.TEXT}
STATE = shapes.ok(_STATE)
VALUES = shapes.by_name(shapes.TEXT)


@bp.get("/setup")
@describe(kinds=(PAGE,), refuses=(403,))
@auth.open_to_all
def page() -> str:
    _only_here()
    config = parts().config
    return render_template("setup.html", shop_name=config.shop.name, till_name=config.till.name)


@bp.post("/api/setup/open")
@describe(body=shapes.thing({"code": shapes.TEXT}), answer=STATE, refuses=(403, 422, 429))
@auth.open_to_all
def enter() -> ResponseReturnValue:
    _only_here()
    secret = parts().door.enter(text(json_object(), "code", 40))
    answer = jsonify(_view())
    answer.set_cookie(
        auth.cookie_name("setup"), secret, httponly=True, samesite="Strict", secure=request.is_secure, path="/"
    )
    return answer


@bp.get("/api/setup")
@describe(answer=STATE)
@auth.at_setup
def show() -> ResponseReturnValue:
    return jsonify(_view())


@bp.put("/api/setup/<step>")
@describe(
    body=shapes.thing({"values": VALUES}), answer=shapes.ok({**_STATE, "changed": shapes.many(shapes.TEXT)}),
    refuses=(422,),
)  # fmt: skip
@auth.at_setup
def save(step: str) -> ResponseReturnValue:
    here = parts()
    changed = setup.save(here.store, here.store.config, step, _values(json_object()), _who())
    return jsonify({**_view(), "changed": changed})


@bp.post("/api/setup/person")
@describe(
    body=shapes.thing(dict.fromkeys(("code", "name", "role", "pin"), shapes.TEXT)), answer=STATE, refuses=(409, 422)
)
@auth.at_setup
def add_person() -> ResponseReturnValue:
    body = json_object()
    code, name, role, pin = (text(body, key, 60) for key in ("code", "name", "role", "pin"))
    setup.add_person(parts().store, code, name, role, pin, _who())
    return jsonify(_view())


@bp.post("/api/setup/printer")
@describe(
    body=shapes.thing({"act": shapes.words(*ACTS), "values": VALUES}),
    answer=shapes.ok({"confirmed": shapes.FLAG}),
    refuses=(422,),
)
@auth.at_setup
def try_printer() -> ResponseReturnValue:
    body, here = json_object(), parts()
    act = text(body, "act", 10)
    if act not in ACTS:
        raise Invalid(said("There is no act {act}.", act=act), field="act")
    settings = setup.with_printer(here.store.config, _values(body))
    return jsonify({"ok": True, "confirmed": setup.try_printer(settings, act)})


@bp.post("/api/setup/finish")
@describe(answer=shapes.ok({"again": shapes.FLAG}))
@auth.at_setup
def finish() -> ResponseReturnValue:
    here = parts()
    needed, again = bool(setup.view(here.store, here.store.config)["again"]), here.door.again
    beginning.mark(here.store, "finish")
    here.door.close()
    answer: Response = jsonify({"ok": True, "again": needed and again is not None})
    answer.delete_cookie(auth.cookie_name("setup"), httponly=True, samesite="Strict")
    if needed and again is not None:
        again()  # the server answers what runs, this too, before it ends
    return answer


def _only_here() -> None:
    if not auth.from_this_machine():
        raise NotAllowed(said("The first questions are answered on the till's own machine."), code="not_here")


def _who() -> str:
    who = auth.actor_or_none()
    return who.code if who is not None else "setup"


def _values(body: dict[str, Any]) -> dict[str, Any]:
    values = body.get("values")
    if not isinstance(values, dict):
        raise Invalid(said("values is an object of settings."), field="values")
    return values


def _view() -> dict[str, Any]:
    here = parts()
    return {"ok": True, **setup.view(here.store, here.store.config), "csrf": generate_csrf()}
