"""Pricing and selling. The page adds nothing up: it sends the basket and shows what comes back.

POST /api/price        sell             basket without payments -> lines, taxes, totals as text; `preview`:
                                        true keeps it off the customer's screen
POST /api/pay-check    sell             basket with payments so far -> taken, left, change, quick amounts
POST /api/create-sale  sell or replay   basket with payments -> 201 {receipt, duplicate: false}; again 200, true
                                        a receipt (`schema` and `hash`), or one of the older shape (`invoice_name`
                                        and `items`), is taken in as it is; needs replay
"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import figures, hub_receipts, replay, sell
from pos.rules import documents
from pos.store.journal import Committed
from pos.web import auth, display
from pos.web import shapes_selling as shapes
from pos.web.body import decoded, json_object, raw_json
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("sales", __name__)


@bp.post("/api/price")
@describe(body=shapes.BASKET, answer=shapes.PRICED, refuses=(404, 409))
@auth.needs("sell")
def price() -> ResponseReturnValue:
    here = parts()
    body = json_object()
    priced = sell.price(here.store, here.config, body, auth.actor())
    if body.get("preview") is not True:  # a discount being tried out is not the customer's price yet
        ours = here.store.config  # the customer's screen is the shop's, whatever the cashier reads
        same = here.config.shop.locale == ours.shop.locale
        display.follow(priced if same else sell.price(here.store, ours, body, auth.actor()))
    return jsonify({"ok": True, **priced})


@bp.post("/api/pay-check")
@describe(body=shapes.BASKET, answer=shapes.SETTLED, refuses=(404, 409))
@auth.needs("sell")
def pay_check() -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, **sell.pay_check(here.store, here.config, json_object(), auth.actor())})


@bp.post("/api/create-sale")
@describe(body=shapes.SALE, answer=shapes.SOLD, made=True, refuses=(404, 409))
@auth.needs("sell", "replay")
def create_sale() -> ResponseReturnValue:
    raw = raw_json()
    body = decoded(raw)
    if replay.is_receipt(body):
        return _answer(replay.take_in(parts().journal, raw, "replay", auth.demand("replay").code))
    by, here = auth.demand("sell"), parts()
    hub_receipts.before_sale(here.store, here.config, body)
    return _answer(sell.commit(here, body, by, here.ask_issuer))


def _answer(committed: Committed) -> ResponseReturnValue:
    """The receipt as its file holds it, so that the second answer is the first one again."""
    document = documents.decode(committed.body)
    here = parts()
    receipt = figures.of_receipt(document, here.config)
    ours = here.store.config
    same = here.config.shop.locale == ours.shop.locale
    display.paid(receipt if same else figures.of_receipt(document, ours))
    view = {"ok": True, "duplicate": committed.duplicate, "receipt": receipt}
    return jsonify(view), 200 if committed.duplicate else 201
