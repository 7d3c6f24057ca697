"""A second person agrees: on the asker's screen by PIN, or on their own; and what was agreed to.

POST /api/approve                       sell, z_read  {act, subject, pin, code or badge, bound?} -> {approval, by, act, minutes}
POST /api/approvals/ask                 sell, z_read  {act, subject, bound?, what?} -> 201 {request}
GET  /api/approvals/ask/<key>           sell, z_read  {request}, of the person who asked
POST /api/approvals/ask/<key>/withdraw  sell, z_read  whoever asked gave up
GET  /api/approvals?days=               z_read        {waiting, given, refused}, the newest first but for what waits
POST /api/approvals/<key>/answer        z_read        {agree: true or false} -> {request}; 403, 409 answered
GET  /approvals                         z_read        office/approvals.html; what it shows it asks for by itself

request: {id, act, act_text, bound_text, what, asked_by, at_text, state, approval}.
"""  # noqa: E501

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import approve as approvals
from pos.errors import Invalid, NotFound
from pos.rules import wording
from pos.rules.basket import number
from pos.rules.money import minor
from pos.said import said
from pos.store import approvals as given
from pos.store import intake, requests
from pos.store.approvals import MINUTES
from pos.store.requests import Request
from pos.web import auth
from pos.web import shapes_shop as shapes
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import WHOLE

bp = Blueprint("approvals", __name__)

#: What is asked for, short; an act of `rights.ACTS`.
_ACTS = {
    "discount": said("a discount"),
    "price_override": said("another price"),
    "refund": said("a return"),
    "blind_return": said("a return without a receipt"),
    "late_return": said("a late return"),
    "refund_tender": said("another way to pay back"),
    "no_sale": said("opening the drawer"),
    "void": said("voiding a sale"),
    "paid_out": said("moving cash"),
    "z_read": said("closing the day"),
    "variance": said("a difference of the drawer"),
    "reprint": said("a copy"),
    "voucher_issue": said("a gift voucher by hand"),
}
DAYS = (1, 7, 31, 366)
ROWS_MAX = 300


@bp.post("/api/approve")
@describe(body=shapes.APPROVE, answer=shapes.APPROVED, refuses=(429,))
@auth.needs("sell", "z_read")
def approve() -> ResponseReturnValue:
    auth.require_till()  # a PIN is typed only where it could be typed to sign in
    body = json_object()
    key, person = approvals.approve(
        parts().store,
        auth.actor(),
        act=text(body, "act", 40),
        subject=text(body, "subject", 100),
        pin=text(body, "pin", 20),
        code=text(body, "code", 20),
        badge=text(body, "badge", 100),
        bound=_bound(body),
    )
    by = {"code": person.code, "name": person.name}
    return jsonify({"ok": True, "approval": key, "act": body["act"], "by": by, "minutes": MINUTES})


def _bound(body: dict[str, Any]) -> Decimal | None:
    bound = body.get("bound")
    return None if bound in (None, "") else abs(number(bound, "bound"))


@bp.post("/api/approvals/ask")
@describe(body=shapes.ASK, answer=shapes.ASKED, status=201, refuses=(409,))
@auth.needs("sell", "z_read")
def ask() -> ResponseReturnValue:
    body = json_object()
    made = approvals.ask(
        parts().store,
        auth.actor(),
        act=text(body, "act", 40),
        subject=text(body, "subject", 100),
        bound=_bound(body),
        what=text(body, "what", 300),
    )
    _told()
    return jsonify({"ok": True, "request": _view(made)}), 201


@bp.get("/api/approvals/ask/<key>")
@describe(answer=shapes.ASKED)
@auth.needs("sell", "z_read", touches=False)
def asked(key: str) -> ResponseReturnValue:
    found = requests.find(parts().store, key)
    if found.asked_by != auth.actor().code:
        raise NotFound("There is no such request.")
    return jsonify({"ok": True, "request": _view(found)})


@bp.post("/api/approvals/ask/<key>/withdraw")
@describe(answer=shapes.DONE, refuses=(409,))
@auth.needs("sell", "z_read")
def withdraw(key: str) -> ResponseReturnValue:
    requests.withdraw(parts().store, key, auth.actor().code)
    _told()
    return jsonify({"ok": True})


@bp.post("/api/approvals/<key>/answer")
@describe(body=shapes.ANSWER, answer=shapes.ASKED, refuses=(409,))
@auth.needs("z_read")
def answer(key: str) -> ResponseReturnValue:
    agreed = json_object().get("agree")
    if not isinstance(agreed, bool):
        raise Invalid("Say whether you agree.", field="agree")
    found = approvals.answer(parts().store, auth.actor(), key, agreed)
    _told()
    return jsonify({"ok": True, "request": _view(found)})


def _told() -> None:
    """Every screen that shows the list looks again."""
    parts().hub.publish({"type": "approvals", "waiting": len(requests.waiting(parts().store))})


@bp.get("/api/approvals")
@describe(query={"days": WHOLE}, answer=shapes.ALL_APPROVALS, refuses=(422,))
@auth.needs("z_read", touches=False)
def listed() -> ResponseReturnValue:
    store, days = parts().store, request.args.get("days", 7, type=int)
    if days not in DAYS:
        raise Invalid("days is one of: {}.".format(", ".join(map(str, DAYS))), field="days")
    since = clock.stamp(clock.now() - timedelta(days=days))
    return jsonify(
        {
            "ok": True,
            "days": days,
            "waiting": [_view(one) for one in requests.waiting(store)],
            "given": [_given(one) for one in given.given(store, since, ROWS_MAX)],
            "refused": [_refused(one) for one in given.refused(store, since, ROWS_MAX)],
            "rows_max": ROWS_MAX,
        }
    )


@bp.get("/approvals")
@auth.needs("z_read")
def page() -> str:
    return render_template("office/approvals.html", days=DAYS)


def _view(one: Request) -> dict[str, Any]:
    over = one.state == "waiting" and one.until <= clock.stamp(clock.now())
    return {
        "id": one.id,
        "act": one.act,
        "act_text": _ACTS[one.act],
        "bound_text": _reach(one.act, one.bound),
        "what": one.what,
        "asked_by": one.asked_name,
        "own": one.asked_by == auth.actor().code,
        "at_text": _moment(one.made_at),
        "state": "over" if over else one.state,
        "answered_by": one.answered_name,
        "approval": one.approval,
    }


def _given(one: given.Given) -> dict[str, Any]:
    state = "used" if one.used_at else "open" if one.until > clock.stamp(clock.now()) else "unused"
    return {
        "act": one.act,
        "act_text": _ACTS[one.act],
        "bound_text": _reach(one.act, one.bound),
        "by": one.approver,
        "asked_by": one.asked_by,
        "at": one.made_at,
        "at_text": _moment(one.made_at),
        "state": state,
        "number": one.number,
    }


def _refused(one: given.Refused) -> dict[str, Any]:
    act_text = _ACTS[one.act]
    row = {"by": one.person, "asked_by": one.asked_by, "act": one.act, "act_text": act_text, "why": one.why}
    return {**row, "at": one.at, "at_text": _moment(one.at)}


def _reach(act: str, bound: str) -> str:
    """How far an approval goes: a discount in per cent, everything else in money."""
    shop = parts().config.shop
    if not bound:
        return ""
    if act == "discount":
        return wording.percent(Decimal(bound), shop.locale)
    return wording.money(minor(Decimal(bound), shop.currency), shop.currency, shop.locale)


def _moment(stamp: str) -> str:
    here = parts()
    return wording.moment(intake.local(here.store, clock.parse(stamp)), here.config.shop.locale)
