"""Shapes of selling: goods, baskets, prices, receipts, returns, what is set aside, vouchers, print."""

from __future__ import annotations

from pos.web.shapes import (
    ANY,
    APPROVALS,
    DOCUMENT,
    FIGURE,
    FLAG,
    ID,
    PERSON,
    TEXT,
    WHOLE,
    flags,
    many,
    named,
    ok,
    or_null,
    shown,
    texts,
    thing,
    wholes,
    words,
)

# -- goods -------------------------------------------------------------------------------------------------------------

TILE = named("Tile", thing({
    **texts("code", "name", "detail", "price_text", "group", "stock_text", "elsewhere_text", "told_text", "uom"),
    "price": or_null(FIGURE),
    "group_index": WHOLE, **flags("has_variants", "open_price", "weighed"), "stock": or_null(WHOLE),
    "image": or_null(TEXT),
}))  # fmt: skip
GROUPS = ok({"groups": many(thing({"name": TEXT, **wholes("count", "index")}))})
ITEMS = ok({"items": many(TILE), **wholes("shown", "total", "offset"), "total_text": TEXT, "capped": FLAG})
_SIDE = thing({"name": TEXT, "values": many(TEXT)})
_CELL = thing({**texts("code", "price_text", "stock_text", "elsewhere_text"), "stock": or_null(WHOLE)})
MATRIX = ok({"item": TILE, "rows": _SIDE, "columns": _SIDE, "cells": many(many(or_null(_CELL)))})
_SCANNED = thing({**texts("item_code", "barcode", "price_source"), "qty": FIGURE, "price": or_null(FIGURE)})
SCAN = ok({"item": or_null(TILE), "line": or_null(_SCANNED)}, {"voucher": TEXT})

# -- a basket ----------------------------------------------------------------------------------------------------------

DISCOUNT = named("Discount", thing({"kind": words("percent", "amount", "price"), "value": FIGURE}, {"reason": TEXT}))
_SOLD_IN = thing({"id": ID, "line": TEXT})
_LINE = thing(
    {"line": TEXT, "item_code": TEXT, "qty": FIGURE},
    {
        "barcode": TEXT, "price": or_null(FIGURE), "price_source": words("list", "typed", "barcode"), "note": TEXT,
        "discount": or_null(DISCOUNT), "return_against": or_null(_SOLD_IN), "return_of": TEXT, "reason": TEXT,
        "voucher": thing({"code": TEXT}),
    },
    more=True,
)  # fmt: skip
PAYMENT = named("Payment", thing({"mode_of_payment": TEXT, "amount": FIGURE}, texts("reference", "last4"), more=True))
_WHOLE_BASKET = {"customer": TEXT, "discount": or_null(DISCOUNT), "note": TEXT, "payments": many(PAYMENT), **APPROVALS}
BASKET = named("Basket", thing({"id": ID, "lines": many(_LINE)}, {**_WHOLE_BASKET, "preview": FLAG}, more=True))
PAID_BASKET = named("PaidBasket", thing(
    {"id": ID, "lines": many(_LINE), "payments": many(PAYMENT), "total": FIGURE}, _WHOLE_BASKET, more=True,
))  # fmt: skip
#: A basket is sold; a receipt made elsewhere is taken in as it is (right `replay`).
SALE = {"anyOf": [PAID_BASKET, DOCUMENT, thing({"invoice_name": TEXT, "items": many(ANY)}, more=True)]}

_PRICED_LINE = thing({
    **texts("line", "item_code", "name", "detail", "qty_text", "tax_text", "note"), "qty": FIGURE,
    **shown("unit", "amount"), "list": or_null(FIGURE), "oversold": FLAG,
    **dict.fromkeys(("was_text", "discount_text", "override_text", "return_of"), or_null(TEXT)),
}, more=True)  # fmt: skip
PRICED = ok({
    "lines": many(_PRICED_LINE), "taxes": many(thing({"text": TEXT, **shown("amount")})),
    **shown("subtotal", "total"), "discount": FIGURE, "items_text": TEXT, "oversold": many(ANY),
    **dict.fromkeys(("discount_text", "discount_words"), or_null(TEXT)),
}, more=True)  # fmt: skip
SETTLED = ok(more=True)
RECEIPT = named("Receipt", thing({
    **texts("number", "kind", "saved_at", "mode"), "id": TEXT, **shown("total", "change"), "change_words": TEXT,
    "rounding_text": or_null(TEXT), "document": DOCUMENT,
    "payments": many(thing({**texts("mode_of_payment", "kind", "reference", "last4"), **shown("amount")}, more=True)),
}, more=True))  # fmt: skip
SOLD = ok({"duplicate": FLAG, "receipt": RECEIPT})

# -- held, returns, voids ----------------------------------------------------------------------------------------------

HELD = named("Held", thing({
    **texts("title", "lines_text", "total_text", "at", "at_text", "till", "state", "changed_by", "changed_text"),
    "id": ID, "lines": WHOLE, "by": PERSON,
}))  # fmt: skip
HOLD = thing({"basket": BASKET}, {"title": TEXT, "total": FIGURE})
IS_HELD = ok({"held": HELD, "count": WHOLE, "duplicate": FLAG})
ALL_HELD = ok({"held": many(HELD), "taken": many(HELD), "count": WHOLE, "hub_away": FLAG})
RESUME = thing({"act": ID}, {"again": FLAG})
RESUMED = ok({"basket": thing({"id": ID}, more=True), "held": HELD})
DISCARD = thing({"reason": TEXT})
DISCARDED = ok({"held": HELD, "count": WHOLE})

FOUND = named("FoundReceipt", thing({
    "id": TEXT, **texts("number", "kind", "at", "at_text", "customer"), "cashier": PERSON, **shown("total"),
    "voided_by": or_null(TEXT),
}))  # fmt: skip
RECEIPT_FOUND = ok({"receipt": FOUND})
_BACK = thing({
    **texts("line", "item_code", "name", "detail", "note", "unit_text", "tax_text", "why_not"), "step": FIGURE,
    **shown("qty", "back", "left", "paid", "left_amount"),
    "returns": many(thing(texts("number", "at_text", "qty_text"))),
})  # fmt: skip
RETURNABLE = ok({
    "receipt": FOUND, "window": thing({"days": WHOLE, "until": TEXT, "until_text": or_null(TEXT), "late": FLAG}),
    "lines": many(_BACK), **shown("left_amount"), "reasons": many(TEXT), "reason_required": FLAG,
    "tenders": many(thing({**texts("mode_of_payment", "kind", "last4", "reference"), **shown("paid", "back", "left")})),
    "free_kinds": many(TEXT), "void": thing({"allowed": FLAG, "why_not": TEXT, "reasons": many(TEXT)}),
    "hub_away": FLAG,
}, more=True)  # fmt: skip
VOID = thing({"id": ID, "document": TEXT, "reason": TEXT}, {"note": TEXT, **APPROVALS})
VOIDED = ok({"duplicate": FLAG, "voids": thing({"id": TEXT, "number": TEXT}), "receipt": RECEIPT})
LINES_OFF = thing({"lines": many(thing(
    {"id": ID, "basket": ID, "line": TEXT, "item_code": TEXT, "qty": FIGURE},
    {"item_name": TEXT, "amount": FIGURE, "unit": FIGURE}, more=True,
))})  # fmt: skip
LINES_SAVED = ok({"saved": WHOLE})

# -- vouchers ----------------------------------------------------------------------------------------------------------

VOUCHER = named("Voucher", thing({
    **texts("code", "state", "state_text"),
    **dict.fromkeys(("expires", "expires_text", "known_at", "known_text"), or_null(TEXT)),
    **shown("issued", "balance", "held", "exposure"), **flags("issued_here", "overdrawn"),
}, more=True))  # fmt: skip
_MAY = {"can_redeem": FLAG, **texts("why_not", "code", "offline_text"), "fresh": FLAG}
VOUCHER_CHECK = thing({"code": TEXT}, {"basket": ID, "amount": FIGURE})
VOUCHER_CHECKED = ok({"voucher": VOUCHER, **_MAY}, more=True)
VOUCHER_RELEASE = thing({"basket": ID}, {"code": TEXT})
VOUCHER_RELEASED = ok({"released": WHOLE})
VOUCHER_ROWS = ok({"voucher": VOUCHER, "rows": many(thing(texts("id", "act", "act_text", "at"), more=True))}, more=True)
VOUCHER_ISSUE = thing({"id": ID, "code": TEXT, "amount": FIGURE, "reason": TEXT}, {"note": TEXT, **APPROVALS})
VOUCHER_MADE = ok({"duplicate": FLAG, "document": thing({
    **texts("number", "kind", "voucher", "act", "expires", "saved_at", "by"), "id": ID, **shown("amount", "balance"),
})})  # fmt: skip
VOUCHERS = ok({
    "sums": thing(more=True), "vouchers": many(VOUCHER), **wholes("total", "offset"), "overdrawn": many(VOUCHER),
    "issuer": or_null(TEXT), "rule": words("refuse", "limit", "issued_here"),
}, more=True)  # fmt: skip

# -- print -------------------------------------------------------------------------------------------------------------

JOB = named("PrintJob", thing({
    **texts("id", "document", "number", "template", "title", "text", "at_text"), **flags("copy", "sure"), "by": PERSON,
    "state": words("waiting", "printed", "failed"), "done_text": or_null(TEXT),
}))  # fmt: skip
PRINTER = named("Printer", thing({
    **flags("configured", "drawer"), "state": words("none", "ready", "off", "new"), "text": TEXT, "waiting": WHOLE,
}))  # fmt: skip
PRINT = thing(None, {**texts("document", "voucher", "template"), "lines": many(TEXT), "browser": FLAG, **APPROVALS})
PRINTED = ok({"job": JOB, "browser": FLAG}, {"page": TEXT})
PRINT_STATE = ok({
    "document": TEXT, "state": words("none", "waiting", "printed", "failed"), "text": TEXT, "next_is_copy": FLAG,
    "templates": many(TEXT), "jobs": many(JOB), "drawer": or_null(JOB), "printer": PRINTER,
})  # fmt: skip
PRINTER_STATE = ok({"printer": PRINTER})
DRAWER = thing({"document": TEXT})
DRAWER_OPENS = ok({"job": JOB})
DISPLAY = thing({"state": words("idle")})
DISPLAYED = ok({"type": words("basket"), "of": TEXT, "state": words("idle", "basket", "paid")}, {
    "lines": many(thing(texts("name", "detail", "qty_text", "amount_text"), more=True)),
    **texts("items_text", "total_text"), "change_text": or_null(TEXT),
}, more=True)  # fmt: skip
RECEIPT_STATE = ok({"state": TEXT, "receipt": DOCUMENT})
