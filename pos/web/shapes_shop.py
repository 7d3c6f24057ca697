"""Shapes of the shop: people, approvals, sessions, counts, Zs, reports, notices, books, state."""

from __future__ import annotations

from pos.web.shapes import (
    ANY,
    APPROVALS,
    FIGURE,
    FLAG,
    ID,
    PERSON,
    TEXT,
    WHOLE,
    by_name,
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

# -- people ------------------------------------------------------------------------------------------------------------

_USER = thing({**texts("code", "name", "role"), "rights": many(TEXT), "discount_percent_max": FIGURE})
SESSION = named("SignIn", ok(
    {"user": or_null(_USER), **flags("locked", "enrolled"), "csrf": TEXT, "shop": thing(
        {**texts("name", "currency", "locale", "symbol"), "digits": WHOLE}, more=True)},
    {
        "till": thing(texts("id", "name", "store_name"), more=True), "keys": by_name(TEXT), "scanner": thing(more=True),
        "idle_lock_seconds": WHOLE, "badge_needs_pin": FLAG, "returns": thing(more=True), "modes": many(thing(
            texts("name", "kind", "key"))), "bag": or_null(thing(texts("code", "price_text"))),
        "vouchers": thing(more=True),
    }, more=True,
))  # fmt: skip
SIGN_IN = thing(None, {**texts("code", "pin", "badge"), "basket": ID})
LOCKED = ok({"locked": FLAG})
UNLOCK = thing(None, texts("pin", "badge"))
ENROL = thing({"code": TEXT})
ENROLLED = ok({"name": TEXT})

APPROVE = thing({"act": TEXT, "subject": TEXT, "pin": TEXT}, {"bound": or_null(FIGURE), **texts("code", "badge")})
APPROVED = ok({"approval": ID, "act": TEXT, "by": PERSON, "minutes": WHOLE})
_ASKED = named("ApprovalRequest", thing({
    "id": ID, **texts("act", "act_text", "bound_text", "what", "asked_by", "at_text", "answered_by", "approval"),
    "own": FLAG, "state": words("waiting", "agreed", "refused", "over", "withdrawn"),
}))  # fmt: skip
ASK = thing({"act": TEXT, "subject": TEXT}, {"bound": or_null(FIGURE), "what": TEXT})
ASKED = ok({"request": _ASKED})
ANSWER = thing({"agree": FLAG})
ALL_APPROVALS = ok({
    **wholes("days", "rows_max"), "waiting": many(_ASKED), "given": many(thing(more=True)), "refused": many(thing(
        more=True)),
})  # fmt: skip
RIGHTS_CHANGE = thing(
    None,
    {"changes": many(thing({**texts("role", "right"), "allowed": FLAG})), "ceilings": by_name(FIGURE)},
)
RIGHTS = ok({
    "roles": many(TEXT), "rights": many(thing(texts("name", "text"))), "acts": many(TEXT),
    "table": by_name(many(TEXT)), "defaults": by_name(many(TEXT)), "ceilings": by_name(FIGURE),
    "changes": many(thing(texts("role", "right", "by", "at", "when_text", "text"))),
})  # fmt: skip

# -- the session of a till ---------------------------------------------------------------------------------------------

_OPEN = thing({
    **texts("id", "business_day", "day_text", "opened_at", "opened_text"), **wholes("number", "hours"),
    "opened_by": PERSON, **shown("float"), "old": FLAG,
})  # fmt: skip
SHIFT = ok({
    **flags("open", "insist_on_float"), "session": or_null(_OPEN), **wholes("held", "next_z"),
    "own": or_null(thing({"count": WHOLE, **texts("sales_text", "returns_text", "last_number"), **shown("total")})),
    "takings": or_null(thing({"count": WHOLE, **shown("total"), "tenders": many(
        thing({**texts("name", "kind"), **shown("amount")}))})),
    "last_z": or_null(thing(more=True)), "denominations": many(thing({"value": FIGURE, **texts("text", "words")})),
    "tenders": many(thing(texts("name", "kind"))), "variance_reasons": many(TEXT), "variance_max_text": TEXT,
}, more=True)  # fmt: skip
SHIFT_OPEN = thing({"id": ID}, {"float": FIGURE, "denominations": by_name(WHOLE), "note": TEXT})
FLOAT_CORRECTION = thing({"id": ID, "amount": FIGURE, "reason": TEXT}, {"note": TEXT, **APPROVALS})
_MOVEMENT = named("Movement", thing({
    **texts("number", "kind", "reason", "saved_at", "by", "session"), "id": ID, **shown("amount"),
}))  # fmt: skip
MOVED = ok({"document": _MOVEMENT, "duplicate": FLAG})
CASH = thing(
    {"id": ID, "kind": words("paid_in", "paid_out", "drop", "no_sale"), "reason": TEXT},
    {"amount": FIGURE, "note": TEXT, **APPROVALS},
)
CASH_MOVED = ok({"document": _MOVEMENT, **flags("duplicate", "open_drawer")})
COUNT = thing({"id": ID}, {"denominations": by_name(WHOLE), "cash": FIGURE, "tenders": by_name(FIGURE)})
_COUNTED = thing({
    **texts("name", "kind"), **shown("expected"), "state": words("equal", "short", "over", "not_counted"),
    "counted": or_null(FIGURE), "difference": or_null(FIGURE), "counted_text": or_null(TEXT),
    "difference_text": or_null(TEXT),
})  # fmt: skip
COUNTED = ok({
    "count": ID, **texts("at_text", "counted_text", "sentence", "hint", "limit_text", "documents_text"),
    "rows": many(_COUNTED), "all": thing(texts("expected_text", "counted_text", "difference_text")),
    "pieces": many(thing(more=True)), "how": many(thing(texts("text", "amount_text"), {"result": FLAG})),
    **shown("variance"), **flags("needs_reason", "needs_approval"), **wholes("held", "waiting", "next_z", "attempts"),
})  # fmt: skip
CLOSE = thing({"id": ID, "count": ID}, {**texts("reason", "note"), **APPROVALS})
_SIDE = thing({"count": WHOLE, **shown("amount", "discount", "net")})
REPORT = named("Report", thing({
    "number": or_null(WHOLE), **texts("name", "till", "till_name", "branch", "session", "business_day", "opened_at"),
    "opened_by": PERSON, "closed_at": or_null(TEXT), "closed_by": or_null(PERSON),
    **texts("first_number", "last_number"), "first_sequence": or_null(WHOLE), "last_sequence": or_null(WHOLE),
    "documents": WHOLE, "sales": _SIDE, "returns": _SIDE, **shown("net", "tax", "gross", "rounding", "total"),
    "items": FIGURE, "taxes": many(thing({"code": TEXT, "rate": FIGURE, **shown("net", "tax", "gross")})),
    "cashiers": many(thing({**texts("code", "name"), "count": WHOLE, **shown("sales", "returns", "total")})),
    "tenders": many(thing({**texts("name", "kind"), **shown("sale", "refund", "net")})), "cash": thing(more=True),
    **wholes("no_sales", "float_corrections", "held"), "count": or_null(thing(more=True)), "counts": many(ANY),
}, more=True))  # fmt: skip
_Z = thing(
    {"number": WHOLE, **texts("name", "document", "id", "hash", "session"), "documents": WHOLE, "report": REPORT}
)
CLOSED = ok({"z": _Z, "duplicate": FLAG})
X = ok({"report": REPORT, "lines": many(TEXT), "lines32": many(TEXT)})
Z = ok({"z": _Z, "lines": many(TEXT), "lines32": many(TEXT), "recomputed": FLAG}, more=True)
DAY = ok({"report": thing(more=True)})
DAY_ASKED = {"from": TEXT, "to": TEXT}

# -- books -------------------------------------------------------------------------------------------------------------

_LEG = thing(texts("id", "title"))
_SUM = thing({**texts("of", "of_text", "name", "here_text", "there_text", "difference_text"), "equal": FLAG})
_DIFFERENCE = named("Difference", thing({
    "n": WHOLE, **texts("number", "document", "part", "remote_id", "what", "what_text", "words", "found_text"),
    "figures": many(_SUM), "state": words("open", "settled", "matched"), **texts("closed_text", "closed_by", "reason"),
}, more=True))  # fmt: skip
_CELL = named("Verdict", thing({
    **texts("leg", "title", "state_text", "why", "when_text", "tried_at"), "open": WHOLE, **flags("compared", "stale"),
    "state": words("match", "mismatch", "settled", "not_run"),
}, more=True))  # fmt: skip
RECONCILIATIONS = ok({
    "legs": many(_LEG), **wholes("page", "pages", "total", "days"), "counts": by_name(WHOLE), "wanted": WHOLE,
    "rows": many(thing({**texts("scope", "name", "day", "day_text", "title", "total_text"), "cells": many(_CELL),
                        "rank": WHOLE, "z": or_null(WHOLE), "documents": or_null(WHOLE)}, more=True)),
})  # fmt: skip
RECONCILIATION = ok({
    **texts("scope", "name", "day", "day_text", "title", "z_name"), "z": or_null(WHOLE),
    "legs": many(thing({**texts("leg", "state", "note"), "sums": many(_SUM), "items": many(_DIFFERENCE),
                        **wholes("within", "more")}, more=True)),
}, more=True)  # fmt: skip
LOOK_AGAIN = thing(None, texts("scope", "name"))
LOOKS = ok({"asked": WHOLE})
SETTLE = thing({"reason": TEXT})
SETTLED_DIFFERENCE = ok({"item": _DIFFERENCE})

# -- notices, state, lists ---------------------------------------------------------------------------------------------

_NOTICE = named("Notice", thing({
    **texts("key", "level_text", "text", "remedy", "subject", "first_at", "first_text", "last_at", "last_text"),
    "level": words("needs", "check", "info"), **wholes("count", "change"), **flags("open", "read"),
    "resolved_at": or_null(TEXT), **texts("resolved_text", "read_text"),
}))  # fmt: skip
_BELL = {**wholes("unread", "open"), "worst": words("needs", "check", "info", "")}
NOTICES = ok({**_BELL, "notices": many(_NOTICE), **wholes("total", "offset")})
READ_ONE = thing(None, {"change": WHOLE})
BELL = ok(_BELL)
READ_ALL = ok({**_BELL, "read": WHOLE})
STATUS = ok({
    **wholes("saved", "booked", "waiting", "needs"), "needs_list": many(thing(texts("text", "remedy"))),
    "can_save": FLAG, **texts("reason", "offline_text"), "copies": or_null(thing(more=True)),
    "connection_title": or_null(TEXT), "offline_since": or_null(TEXT),
}, more=True)  # fmt: skip
_SAVES = {"ok": FLAG, "can_save": FLAG, "reason": TEXT, **wholes("free_bytes", "wal_bytes", "unsynced")}
READY = thing(_SAVES)
HEALTH = thing({**_SAVES, **texts("version", "till"), "waiting": WHOLE})
DONE = ok()
IMPORT = thing({"rows": many(by_name(TEXT))}, texts("company", "date"))
IMPORTED = ok({**wholes("added", "changed", "unchanged"), "refused": many(many(ANY))})
HOOK = thing(more=True)
HOOKED = ok(flags("duplicate", "rang"))
COPIES = ok({"files": many(thing({"path": TEXT, "bytes": WHOLE})), "more": FLAG})
COPY = thing({"files": many(thing(texts("path", "body")))})
