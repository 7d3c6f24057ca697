"""Shapes of what the console's own addresses take and answer; see `pos/web/describe.py`."""

from __future__ import annotations

from pos.web.describe import Shape
from pos.web.shapes import (
    FIGURE,
    FLAG,
    TEXT,
    WHOLE,
    many,
    named,
    ok,
    or_null,
    texts,
    thing,
    wholes,
    words,
)

#: What every list takes, and what it answers beside its rows.
LIST_QUERY: dict[str, Shape] = {"sort": TEXT, "down": words("0", "1"), "after": TEXT, "before": TEXT, "limit": WHOLE}
LIST: dict[str, Shape] = {**texts("after", "before"), "total": or_null(WHOLE), "more": FLAG}

# -- the door ----------------------------------------------------------------------------------------------------------

SIGN_IN = thing(texts("code", "password"))
SESSION = ok({"user": or_null(thing({**texts("code", "name", "role"), "rights": many(TEXT)})), "csrf": TEXT})

# -- overview ----------------------------------------------------------------------------------------------------------

_TONES = words("needs", "check", "offline", "saved")
_TODAY = many(thing({"key": words("taken", "equal", "waiting", "needs", "kept"), **texts("title", "amount_text"),
                     "amount": FIGURE, "count": WHOLE, "count_text": TEXT}))  # fmt: skip
OVERVIEW = ok({
    "today": _TODAY, "counted": thing({"currency": TEXT, "names": many(TEXT)}),
    "others": many(thing({"currency": TEXT, "names": many(TEXT), "today": _TODAY})),
    "tills": many(thing({**texts("id", "name", "company", "tone_text", "taken_text", "session"), "tone": _TONES,
                         "reasons": many(TEXT), "taken": FIGURE, "open_count": WHOLE}, more=True)),
    "reasons": many(thing({**texts("tone_text", "text", "remedy", "since", "way", "key"), "tone": _TONES})),
    "chart": thing({"bars": many(thing(more=True)), "lines": many(thing(more=True))}, more=True),
    "hours": thing({"bars": many(thing(more=True)), "lines": many(thing(more=True))}, more=True),
    "ages": or_null(thing({"bars": many(thing(more=True)), "total": WHOLE, "cut": FLAG}, more=True)),
    "runs": many(thing({**texts("at_text", "agent", "text"), "failed": FLAG})),
})  # fmt: skip

# -- outbox ------------------------------------------------------------------------------------------------------------

OUTBOX_QUERY: dict[str, Shape] = {
    "show": words("needs", "waiting", "parked", "settled", "booked", "all"), **texts("connection", "code", "q"),
    **LIST_QUERY,
}  # fmt: skip
_ROW: dict[str, Shape] = {
    **wholes("n", "tries"), "total": or_null(FIGURE), "needs": FLAG,
    **texts("document", "number", "part", "what", "total_text", "currency", "connection", "connection_title",
            "state_text", "next_at", "next_text", "created_at", "created_text", "updated_at", "updated_text",
            "booked_at", "booked_text", "remote_id", "remote_page", "code", "message", "difference", "resolved",
            "parked"),
    "state": words("queued", "sending", "sent", "unknown", "booked", "rejected", "differs", "parked", "settled"),
    "tone": words("waiting", "saved", "needs", "check", "offline"),
    "may": many(words("retry", "park", "unpark", "resolve")),
}  # fmt: skip
OUTBOX_ROW = named("OutboxRow", thing(_ROW))
OUTBOX = ok({
    "rows": many(OUTBOX_ROW), **LIST, "unsorted": FLAG, "counts": thing(wholes("needs", "waiting", "parked")),
})  # fmt: skip
OUTBOX_ONE = ok({"row": thing({
    **_ROW, "reply": TEXT, "rows": TEXT, "missing": many(thing(texts("code", "name", "make", "look"))),
    "story": many(thing(texts("at", "at_text", "step", "text", "code", "words", "tone"))),
    "acts": many(thing(texts("at", "at_text", "who", "act", "reason", "second"))),
})})  # fmt: skip
RETRY = thing(None, {
    "rows": many(WHOLE), "reason": TEXT, "fitting": thing(None, texts("show", "connection", "code", "q"), more=True),
})  # fmt: skip
RETRIED = ok({"done": WHOLE, "refused": many(thing({"n": WHOLE, "message": TEXT}))}, {"left": WHOLE})
REASON = thing({"reason": TEXT})
RESOLVE = thing({"reason": TEXT, "second": thing(texts("code", "secret"))})

# -- trace -------------------------------------------------------------------------------------------------------------

_STEP_TONES = words("done", "waiting", "check", "needs", "none")
_FOUND = thing(texts("id", "number", "what", "till", "at_text", "total_text"))
TRACE = ok({"asked": TEXT, "found": many(_FOUND), "document": or_null(thing(more=True))}, {
    "tone": _STEP_TONES, "summary": TEXT, "events": many(thing(texts("at", "at_text", "title", "words"), more=True)),
    "steps": many(thing({**texts("key", "name", "text", "at", "at_text"), "tone": _STEP_TONES})),
    "compared": or_null(thing({"columns": many(TEXT), "rows": many(thing({
        **texts("of", "name"), "texts": many(TEXT), "equal": FLAG}))})),
    "places": many(thing(texts("what", "text", "page", "name"))),
    "related": many(thing({**texts("number", "what"), "way": words("of", "by")})),
})  # fmt: skip

# -- replay ------------------------------------------------------------------------------------------------------------

REPLAY = thing({"receipts": many(thing(texts("name", "text")))})
FORESEEN = ok({"rows": many(thing({
    **texts("name", "number", "what", "total_text", "at_text", "words"),
    "verdict": words("new", "known", "booked", "differs", "unreadable"),
}, {"id": TEXT}))})  # fmt: skip
REPLAYED = ok({"rows": many(thing({**texts("name", "number", "words"), "result": words("taken", "known", "refused")}))})
