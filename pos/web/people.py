"""Signing in and out, the lock screen, enrolling a device, and what the page must know about itself.

GET  /sign-in            open      sign_in.html: shop_name, till_name; or enrol.html: shop_name (a device not enrolled)
GET  /api/session        open      who is signed in, the till, the shop, keys, scanner, modes of payment, bag, csrf
POST /api/sign-in        at_till   {code, pin} or {badge, pin} -> cookie; answers as /api/session. Over another
                                   sign-in it is a change of cashier; `basket`: id of what stays on the screen
POST /api/sign-out       person    ends the sign-in
POST /api/lock           person    locks it; the basket stays in the page
POST /api/unlock         person    {pin} of the same person
POST /api/enrol          open      {code} of `pos_server.py device add` -> device cookie
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from pos.actions import permits
from pos.config import Config
from pos.errors import UserError
from pos.rules import wording
from pos.rules.money import digits_of, major, minor
from pos.store import beginning, catalog, people
from pos.store.db import Store
from pos.web import auth, wrong_codes
from pos.web import shapes_shop as shapes
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("people", __name__)

DEVICE_DAYS = 730
#: What chooses a kind of payment; F5 loads a page anew and F11 fills the screen, so those stay the browser's.
MODE_KEYS = ("F1", "F2", "F3", "F4", "F6", "F7")
#: What a gift voucher is mostly made over, in major units.
VOUCHER_AMOUNTS = (Decimal(10), Decimal(20), Decimal(25), Decimal(50), Decimal(100))


@bp.get("/sign-in")
@auth.open_to_all
def sign_in_page() -> ResponseReturnValue:
    if parts().door.is_open and auth.from_this_machine() and beginning.is_fresh(parts().store):
        return redirect("/setup")
    template = "sign_in.html" if auth.device_id() is not None else "enrol.html"
    config = parts().config
    return render_template(template, shop_name=config.shop.name, till_name=config.till.name)


@bp.get("/api/session")
@describe(answer=shapes.SESSION)
@auth.open_to_all
def session() -> ResponseReturnValue:
    return jsonify(session_view(auth.actor_or_none()))


@bp.post("/api/sign-in")
@describe(body=shapes.SIGN_IN, answer=shapes.SESSION, refuses=(429,))
@auth.at_till
def sign_in() -> ResponseReturnValue:
    body = json_object()
    secret, who = people.sign_in(
        parts().store,
        text(body, "code", 20),
        text(body, "pin", 20),
        auth.require_till(),
        badge=text(body, "badge", 100),
        former=auth.actor_or_none(),
        basket=text(body, "basket", 100),
    )
    return _keep(jsonify(session_view(who)), auth.cookie_name("sign_in"), secret, None)


@bp.post("/api/sign-out")
@describe(answer=shapes.DONE)
@auth.signed_in
def sign_out() -> ResponseReturnValue:
    people.end(parts().store, auth.actor().key)
    answer = jsonify({"ok": True})
    answer.delete_cookie(auth.cookie_name("sign_in"), httponly=True, samesite="Strict")
    return answer


@bp.post("/api/lock")
@describe(answer=shapes.LOCKED)
@auth.signed_in
def lock() -> ResponseReturnValue:
    people.lock(parts().store, auth.actor().key)
    return jsonify({"ok": True, "locked": True})


@bp.post("/api/unlock")
@describe(body=shapes.UNLOCK, answer=shapes.SESSION, refuses=(429,))
@auth.signed_in
def unlock() -> ResponseReturnValue:
    who = people.unlock(parts().store, auth.actor(), text(json_object(), "pin", 20))
    return jsonify(session_view(who))


@bp.post("/api/enrol")
@describe(body=shapes.ENROL, answer=shapes.ENROLLED, refuses=(429,))
@auth.open_to_all
def enrol() -> ResponseReturnValue:
    code = text(json_object(), "code", 40)
    wrong_codes.refuse_too_many()
    try:
        secret, name = people.enrol(parts().store, code)
    except UserError:
        wrong_codes.count()
        raise
    return _keep(jsonify({"ok": True, "name": name}), auth.cookie_name("device"), secret, timedelta(days=DEVICE_DAYS))


def _keep(answer: Response, cookie: str, secret: str, kept: timedelta | None) -> Response:
    """Hand the browser a secret no script can read and no other site can send."""
    answer.set_cookie(cookie, secret, max_age=kept, httponly=True, samesite="Strict", secure=request.is_secure)
    return answer


def session_view(who: people.Actor | None) -> dict[str, Any]:
    """What the page builds itself from. A stranger's device learns only how to enrol."""
    here = parts()
    config = here.config
    known = auth.device_id() is not None or who is not None
    view: dict[str, Any] = {"ok": True, "user": None, "locked": False, "enrolled": known, "csrf": generate_csrf()}
    view["shop"] = _shop(config)
    if not known:
        return view
    view |= {
        "till": {"id": config.till.id, "name": config.till.name, "store_name": config.shop.name},
        "keys": _fields(config.keys),
        "scanner": _fields(config.scanner),
        "idle_lock_seconds": config.till.idle_lock_seconds,
        "badge_needs_pin": config.security.badge_needs_pin,
    }
    if who is not None:
        may, ceiling = list(who.table.rights_of(who.role)), who.table.discount_percent_max(who.role)
        view["user"] = {"code": who.code, "name": who.name, "role": who.role, "rights": may}
        view["user"]["discount_percent_max"] = f"{ceiling.normalize():f}"
        view["returns"] = _returns(config)
        view["locked"] = who.locked
        view["modes"] = _modes(here.store)
        view["bag"] = _bag(here.store, config)
        view["vouchers"] = _vouchers(here.store, config)
    return view


def _shop(config: Config) -> dict[str, Any]:
    shop = config.shop
    return {
        "name": shop.name,
        "currency": shop.currency,
        "locale": shop.locale.replace("_", "-"),
        "symbol": wording.symbol(shop.currency, shop.locale),
        "digits": digits_of(shop.currency),
    }


def _returns(config: Config) -> dict[str, Any]:
    """What the return and void dialogs offer."""
    given = config.returns
    return {
        "window_days": given.window_days,
        "reasons": permits.offered(given.reasons),
        "void_reasons": permits.offered(given.void_reasons),
        "reason_required": given.reason_required,
        "unknown_receipt": given.unknown_receipt,
    }


def _fields(group: Any) -> dict[str, Any]:
    return {name: getattr(group, name) for name in group.__dataclass_fields__}


def _modes(store: Store) -> list[dict[str, Any]]:
    """Modes of payment with a function key each; further ones have none. Digits are for the amount."""
    found = catalog.payment_modes(store)
    keys = itertools.chain(MODE_KEYS, itertools.repeat(""))
    return [{"name": mode.name, "kind": mode.kind, "key": key} for mode, key in zip(found, keys, strict=False)]


def _vouchers(store: Store, config: Config) -> dict[str, Any]:
    """What is sold as a gift voucher (`item` None: none is) and the amounts that are one press."""
    given, currency, locale = config.vouchers, config.shop.currency, config.shop.locale
    goods = catalog.goods(store, [given.item]).get(given.item) if given.item else None
    sold = goods is not None and not goods.disabled
    amounts = [minor(x, currency) for x in VOUCHER_AMOUNTS if given.amount_min <= x <= given.amount_max]
    return {
        "item": given.item if sold else None,
        "name": goods.name if goods is not None else "",
        "amounts": [
            {"amount": str(major(a, currency)), "text": wording.round_money(a, currency, locale)} for a in amounts
        ],
    }


def _bag(store: Store, config: Config) -> dict[str, Any] | None:
    """The carrier bag behind its button; None when the shop has none or it has no price."""
    code = config.till.bag_item
    goods = catalog.goods(store, [code]).get(code) if code else None
    if goods is None or goods.price is None or goods.disabled:
        return None
    units = minor(goods.price, config.shop.currency)
    return {"code": code, "price_text": wording.money(units, config.shop.currency, config.shop.locale)}
