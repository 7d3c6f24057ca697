"""Gift vouchers over HTTP. They are sold and used with a basket (`/api/create-sale`); here they are looked at, and
issued or adjusted by hand.

GET  /api/vouchers           z_read, voucher_issue   state, q, limit, offset -> {sums, vouchers, total, overdrawn, …}
GET  /vouchers               z_read, voucher_issue   till/vouchers.html: as GET /api/vouchers, with state, q, states
GET  /api/vouchers/<code>    sell, voucher_issue …   {voucher, may_use, …, rows}; 404 voucher_unknown
POST /api/vouchers/check     sell                    {code, basket?, amount?} -> {voucher, can_redeem, may_use, …}
POST /api/vouchers/release   sell                    {basket, code?} -> {released}
POST /api/vouchers/issue     sell or voucher_issue   {id, code?, amount, reason, note?, approvals?} -> 201; again 200
POST /api/vouchers/adjust    sell or voucher_issue   {id, code, amount, reason, note?, approvals?} -> 201; again 200
"""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from pos.actions import voucher, voucher_views
from pos.errors import Invalid
from pos.rules import basket as baskets
from pos.said import said
from pos.store import vouchers
from pos.store.journal import Committed
from pos.web import auth
from pos.web import shapes_selling as shapes
from pos.web.body import json_object
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import TEXT, WHOLE

bp = Blueprint("vouchers", __name__)

LIMIT, LIMIT_MAX, OFFSET_MAX = 50, 200, 1_000_000


@bp.get("/api/vouchers")
@describe(query={"state": TEXT, "q": TEXT, "limit": WHOLE, "offset": WHOLE}, answer=shapes.VOUCHERS, refuses=(422,))
@auth.needs("z_read", "voucher_issue")
def ledger() -> ResponseReturnValue:
    state, part = request.args.get("state", ""), request.args.get("q", "").strip()
    if state not in vouchers.STATES:
        raise Invalid(said("state is one of: {list}.", list=", ".join(vouchers.STATES[1:])), field="state")
    limit, offset = _number("limit", LIMIT, 1, LIMIT_MAX), _number("offset", 0, 0, OFFSET_MAX)
    found = voucher_views.ledger(parts().store, parts().config, state, part[:40], limit, offset)
    return jsonify({"ok": True, **found})


@bp.get("/api/vouchers/<path:code>")
@describe(answer=shapes.VOUCHER_ROWS, refuses=(422,))
@auth.needs("sell", "z_read", "voucher_issue")
def one(code: str) -> ResponseReturnValue:
    return jsonify({"ok": True, **voucher_views.with_rows(parts().store, parts().config, code)})


@bp.post("/api/vouchers/check")
@describe(body=shapes.VOUCHER_CHECK, answer=shapes.VOUCHER_CHECKED, refuses=(409,))
@auth.needs("sell")
def check() -> ResponseReturnValue:
    """The issuer is asked for at most two seconds, outside any transaction; nothing else waits for it."""
    raw = json_object()
    config, store = parts().config, parts().store
    known = voucher.check(store, raw, parts().ask_issuer)
    given = raw.get("amount")
    amount = 0 if given in (None, "") else max(0, baskets.money(given, "amount", config.shop.currency))
    return jsonify({"ok": True, **voucher_views.checked(store, config, known, amount, str(raw.get("basket") or ""))})


@bp.post("/api/vouchers/release")
@describe(body=shapes.VOUCHER_RELEASE, answer=shapes.VOUCHER_RELEASED)
@auth.needs("sell")
def release() -> ResponseReturnValue:
    """What was set aside for a basket is free for others; the agent tells the issuer at once."""
    released = voucher.release(parts().store, json_object())
    if released:
        parts().ring("voucher")
    return jsonify({"ok": True, "released": released})


@bp.post("/api/vouchers/issue")
@describe(body=shapes.VOUCHER_ISSUE, answer=shapes.VOUCHER_MADE, made=True, refuses=(404, 409))
@auth.needs("sell", "voucher_issue")
def issue() -> ResponseReturnValue:
    return _made(voucher.issue(parts(), json_object(), auth.actor(), parts().ask_issuer))


@bp.post("/api/vouchers/adjust")
@describe(body=shapes.VOUCHER_ISSUE, answer=shapes.VOUCHER_MADE, made=True, refuses=(404, 409))
@auth.needs("sell", "voucher_issue")
def adjust() -> ResponseReturnValue:
    return _made(voucher.adjust(parts(), json_object(), auth.actor(), parts().ask_issuer))


def _made(committed: Committed) -> ResponseReturnValue:
    view = voucher_views.made(committed, parts().config)
    status = 200 if committed.duplicate else 201
    return jsonify({"ok": True, "document": view, "duplicate": committed.duplicate}), status


def _number(name: str, default: int, low: int, high: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):
        raise Invalid(
            said("{name} must be a whole number from {low} to {high}.", name=name, low=low, high=high), field=name
        )
    return int(text)


@bp.get("/vouchers")
@auth.needs("z_read", "voucher_issue")
def page() -> str:
    """The ledger as a page: the same figures as GET /api/vouchers, with the filter in the address."""
    state, part = request.args.get("state", ""), request.args.get("q", "").strip()[:40]
    state = state if state in vouchers.STATES else ""
    offset = _number("offset", 0, 0, OFFSET_MAX)
    store, config = parts().store, parts().config
    found = voucher_views.ledger(store, config, state, part, LIMIT, offset)
    return render_template(
        "till/vouchers.html",
        **found,
        state=state,
        q=part,
        limit=LIMIT,
        states=[name for name in vouchers.STATES if name],
        shop_name=config.shop.name,
        till_name=config.till.name,
    )
