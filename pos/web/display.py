"""The customer's screen: it follows the basket of one device, and can do nothing else.

GET  /display      at_till  display.html: shop_name, tagline, of
GET  /api/display  at_till  what was shown last: {type: "basket", of, state, lines, …}
POST /api/display  sell     {state: "idle"}: the basket was emptied or set aside
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from pos import language
from pos.errors import Invalid
from pos.web import auth, shapes_shop
from pos.web import shapes_selling as shapes
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import TEXT

bp = Blueprint("display", __name__)

#: The newest lines; a customer's screen has room for no more.
LINES_MAX = 20
_LINE = ("name", "detail", "qty_text", "unit_text", "amount_text", "was_text", "discount_text")
_IDLE: dict[str, Any] = {
    "state": "idle", "lines": [], "earlier": 0, "items_text": "", "discount_text": None, "total_text": "",
    "change_text": None,
}  # fmt: skip


@bp.get("/display")
@auth.at_till
def page() -> str:
    shop = parts().config.shop
    return render_template("display.html", shop_name=shop.name, tagline=shop.tagline, of=_device())


@bp.get("/api/display")
@describe(query={"of": TEXT}, answer=shapes.DISPLAYED)
@auth.at_till
def last() -> ResponseReturnValue:
    of = _device()
    return jsonify({"ok": True, **parts().shown.get(of, _message(of, _IDLE))})


@bp.post("/api/display")
@describe(body=shapes.DISPLAY, answer=shapes_shop.DONE)
@auth.needs("sell")
def say() -> ResponseReturnValue:
    if text(json_object(), "state", 20) != "idle":
        raise Invalid('Baskets are shown as they are priced; only "idle" is said here.', field="state")
    if parts().shown.get(auth.actor().device, _IDLE)["state"] != "paid":  # the change stays until the next basket
        _show(_IDLE)
    return jsonify({"ok": True})


def follow(priced: dict[str, Any]) -> None:
    """The basket was priced on this device, with figures as the shop writes them: its customer sees the same."""
    lines = priced["lines"]
    if not lines:
        _show(_IDLE)
        return
    _show(
        {
            **_IDLE,
            "state": "basket",
            "lines": [{name: line.get(name) for name in _LINE} for line in lines[-LINES_MAX:]],
            "earlier": max(0, len(lines) - LINES_MAX),
            "items_text": priced["items_text"],
            "discount_text": priced["discount_text"],
            "total_text": priced["total_text"],
        }
    )


def paid(receipt: dict[str, Any]) -> None:
    """The sale is saved: total and change, until the next basket."""
    change = receipt.get("change_text") if receipt.get("change") not in (None, "", "0", "0.00") else None
    _show({**_IDLE, "state": "paid", "total_text": receipt["total_text"], "change_text": change})


def _show(what: dict[str, Any]) -> None:
    """To the customer in the shop's language, whichever the cashier reads."""
    who = auth.actor_or_none()
    if who is None or who.via != "pin":
        return  # a program has no customer before it
    here = parts()
    message = _message(who.device, language.of(here.store.config.shop.language).said_in(what))
    if here.shown.get(who.device) == message:
        return
    here.shown[who.device] = message
    here.hub.publish(message)


def _message(of: str, what: dict[str, Any]) -> dict[str, Any]:
    return {"type": "basket", "of": of, **what}


def _device() -> str:
    """Whose basket is followed: the one asked for, else this screen's own device."""
    return request.args.get("of", auth.device_id() or "")[:100]
