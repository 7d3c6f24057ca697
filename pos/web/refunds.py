"""Goods that come back, and sales taken back as a whole.

GET  /api/receipts/find             sell   code -> {receipt}; 404 not_known_here for another till's
GET  /api/refunds/<document>/lines  sell   {receipt, window, lines, tenders, free_kinds, reasons, void, hub_away}
POST /api/void                      sell   {id, document, reason, note?, approvals?} -> 201 {receipt, voids, duplicate}
POST /api/void-line                 sell   {lines: [{id, basket, line, item_code, item_name, qty, amount}]} -> {saved}
"""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import figures, hub_receipts, refund, void
from pos.rules import documents
from pos.web import auth
from pos.web import shapes_selling as shapes
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import TEXT

bp = Blueprint("refunds", __name__)


@bp.get("/api/receipts/find")
@describe(query={"code": TEXT}, answer=shapes.RECEIPT_FOUND, refuses=(404, 422))
@auth.needs("sell")
def find() -> ResponseReturnValue:
    here = parts()
    code = request.args.get("code", "")
    away = hub_receipts.ask_unknown(here.store, here.config, code)
    return jsonify({"ok": True, "receipt": refund.find(here.store, here.config, code, away)})


@bp.get("/api/refunds/<document>/lines")
@describe(answer=shapes.RETURNABLE, refuses=(409, 422))
@auth.needs("sell")
def lines(document: str) -> ResponseReturnValue:
    here = parts()
    away = hub_receipts.ask(here.store, here.config, document)
    return jsonify({"ok": True, **refund.lines(here.store, here.config, document), "hub_away": bool(away)})


@bp.post("/api/void")
@describe(body=shapes.VOID, answer=shapes.VOIDED, made=True, refuses=(404, 409))
@auth.needs("sell")
def void_sale() -> ResponseReturnValue:
    here = parts()
    body = json_object()
    hub_receipts.ask(here.store, here.config, text(body, "document", 100), claim=True)
    committed = void.commit(here, body, auth.actor(), here.ask_issuer)
    document = documents.decode(committed.body)
    of = {"id": document["void"]["id"], "number": document["void"]["invoice_name"]}
    view = {"ok": True, "duplicate": committed.duplicate, "voids": of}
    view["receipt"] = figures.of_receipt(document, here.config)
    return jsonify(view), 200 if committed.duplicate else 201


@bp.post("/api/void-line")
@describe(body=shapes.LINES_OFF, answer=shapes.LINES_SAVED, refuses=(409,))
@auth.needs("sell")
def void_line() -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, "saved": void.take_off(here.store, here.config, json_object(), auth.actor())})
