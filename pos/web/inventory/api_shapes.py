"""Shapes of the API below /api/inventory. Quantities are plain text ("12.5"); of a request also whole numbers."""

from __future__ import annotations

from pos.rules import inventory as rules
from pos.store.inventory_approvals import STATES
from pos.web.describe import Shape
from pos.web.shapes import DAY, FLAG, TEXT, WHOLE, flags, many, named, ok, or_null, texts, thing, wholes, words

QUANTITY: Shape = {"type": ["string", "number"], "description": "At most three decimals; best as text."}
_FIGURE: Shape = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
_QUERY: dict[str, Shape] = {"company": TEXT}
PAGE: dict[str, Shape] = {"limit": TEXT, "before": TEXT}

LOCATION = named("StockLocation", thing({
    **texts("code", "displayName", "qbSiteFullName", "qbSiteListId", "company", "changedAt", "changedBy"),
    **flags("isVirtual", "active"),
}))  # fmt: skip
NEW_LOCATION = thing({"code": TEXT}, {
    **texts("displayName", "qbSiteFullName", "qbSiteListId", "company"), **flags("isVirtual", "active", "new"),
}, more=True)  # fmt: skip
REASON = named("StockReason", thing({**texts("code", "words", "account", "company"), "active": FLAG}))
NEW_REASON = thing(texts("code", "words"), {**texts("account", "company"), **flags("active", "new")}, more=True)

LINE = named("StockLine", thing({
    **texts("sku", "fromLocation", "toLocation", "location", "account", "reason", "cost"), "quantity": _FIGURE,
    "setTo": or_null(_FIGURE), "levelBefore": or_null(_FIGURE), "orderLine": WHOLE,
}))  # fmt: skip
EVENT = named("StockEvent", thing({
    **texts("id", "company", "memo", "reason", "reference", "purchaseOrder", "count", "counters", "createdAt",
            "createdBy", "approval", "approvedBy", "voidedAt", "voidedBy", "voidReason", "connection", "qbStatus",
            "qbWords"),
    "kind": words(*rules.KINDS), "status": words("committed", "voided"), "effectiveDate": DAY, "lines": many(LINE),
    "n": WHOLE,
}))  # fmt: skip
MOVED = thing({**texts("sku", "location"), **dict.fromkeys(("then", "now", "asked", "becomes"), _FIGURE)})
APPROVAL = named("StockApproval", thing({
    **texts("id", "company", "kind", "words", "askedBy", "askedByName", "askedAt", "until", "decidedBy",
            "decidedByName", "decidedAt", "note", "event", "effectiveDate", "memo", "reason", "reference"),
    "n": WHOLE, "state": words(*STATES), "why": many(TEXT), "whyText": many(TEXT), "uncosted": many(TEXT),
    "lines": many(LINE), "movedSince": many(MOVED), **flags("mayDecide", "mayWithdraw"),
}))  # fmt: skip

_HEADER = {**texts("id", "company", "memo", "reason", "reference"), "effectiveDate": DAY}
_MOVED_LINE = thing({"sku": TEXT, "quantity": QUANTITY}, {**texts("account", "reason", "cost"), "orderLine": WHOLE},
                    more=True)  # fmt: skip
_ONE = {"sku": TEXT, "quantity": QUANTITY, "lines": many(_MOVED_LINE), "account": TEXT, "cost": TEXT}
TRANSFER = thing(texts("fromLocation", "toLocation"), {**_HEADER, **_ONE}, more=True)
ADJUSTMENT = thing({"location": TEXT}, {**_HEADER, **_ONE, "mode": words("delta", "set")}, more=True)
VOID = thing({}, {"reason": TEXT}, more=True)
COUNTER = thing({}, texts("id", "reason", "memo"), more=True)
NOTE = thing({}, {"note": TEXT}, more=True)
NOTHING = thing({}, {}, more=True)

#: What came of asking: exactly one of event and approval, but for a request that was agreed to, which has both.
DONE = ok({"status": words("committed", "voided", "pending_approval", *STATES), "event": or_null(EVENT),
           "approval": or_null(APPROVAL), "notes": many(TEXT)})  # fmt: skip
ONE_EVENT = ok({"event": EVENT})
ONE_LOCATION = ok({"location": LOCATION})
ONE_REASON = ok({"reason": REASON})
LOCATIONS = ok({"rows": many(LOCATION)})
REASONS = ok({"rows": many(REASON)})
LOCATIONS_QUERY = {**_QUERY, "active": TEXT}

SECURITY = ok({
    **texts("company", "approvalsOffReason", "approvalsOffBy", "approvalsOffAt", "warning"),
    **flags("approvalsOn", "requireApprovalSetting", "setModeNeedsApproval", "anonymousAccess"),
    "approvalQtyThreshold": _FIGURE, "approvalValueThreshold": _FIGURE, "approvalHours": WHOLE,
    **{name: words("set", "unset", "too_short", "same") for name in ("writeToken", "adminToken")},
    "you": thing({**texts("code", "name", "person"), "rights": many(TEXT)}),
})  # fmt: skip
QUEUE = ok({
    "company": TEXT, "connection": TEXT, **wholes("ready", "held"), "oldest": TEXT,
    "states": {"type": "object", "additionalProperties": WHOLE},
})  # fmt: skip
HEALTH = ok({
    "status": words("ok", "check"), **texts("company", "now"), "approvalsOn": FLAG,
    **wholes("skus", "lowStock", "locations", "approvalsWaiting", "qbPending", "qbErrors"), "quickbooks": FLAG,
})  # fmt: skip
STOCK = thing({
    **texts("sku", "name", "location", "unit"), **dict.fromkeys(("onHand", "reserved", "available"), _FIGURE),
    "reorderPoint": or_null(_FIGURE), **flags("low", "keptHere"),
})  # fmt: skip
OVERVIEW_QUERY = {**_QUERY, "q": TEXT, "location": TEXT, "low": TEXT, "limit": TEXT, "after": TEXT}
OVERVIEW = ok({
    "company": TEXT, "figures": thing(wholes("skus", "lowStock", "qbPending", "qbErrors", "approvalsWaiting")),
    "rows": many(STOCK), "after": TEXT,
})  # fmt: skip
ITEM_QUERY = {**_QUERY, "location": TEXT, "limit": TEXT, "after": TEXT}
ITEM = ok({
    **texts("sku", "name", "unit"), "reorderPoint": or_null(_FIGURE), **flags("stocked", "disabled"),
    "barcodes": many(TEXT), "rows": many(STOCK),
    "part": thing(texts("incomeAccount", "cogsAccount", "assetAccount", "adjustmentAccount", "cost", "vendor", "mpn",
                        "qbFullName", "qbListId", "qbType")),
    "moves": many(thing({**texts("at", "kind", "ref", "number", "location", "by"), "quantity": _FIGURE,
                         "levelAfter": or_null(_FIGURE), "void": FLAG})),
    "after": TEXT,
})  # fmt: skip
EVENTS_QUERY = {**_QUERY, **PAGE, **texts("kind", "status", "qbStatus", "sku", "location")}
EVENTS = ok({"rows": many(EVENT), "before": WHOLE})
APPROVALS_QUERY = {**_QUERY, **PAGE, **texts("state", "kind")}
APPROVALS = ok({"rows": many(APPROVAL), "before": WHOLE, "waiting": WHOLE})

ASK_DESKTOP = thing({"what": words("items", "levels", "sites", "accounts")}, {"company": TEXT}, more=True)
ASKED_DESKTOP = ok({**texts("what", "state", "askedAt", "doneAt", "message"), "rows": WHOLE})
DESKTOP_ITEM = thing({"sku": TEXT}, texts("income", "cogs", "asset", "price", "text", "company"), more=True)
DESKTOP_ACCOUNT = thing(texts("name", "type"), texts("number", "text", "company"), more=True)
DESKTOP_RETRY = thing({}, texts("code", "company"), more=True)
DESKTOP_RETRIED = ok({"count": WHOLE})
