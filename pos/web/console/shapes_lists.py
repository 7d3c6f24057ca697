"""Shapes of the console's lists: agents, logs, audit, people, keys, tills, settings and a Z made again."""

from __future__ import annotations

from pos.web.console.shapes import LIST, LIST_QUERY
from pos.web.describe import Shape
from pos.web.shapes import DAY, FIGURE, FLAG, TEXT, WHOLE, flags, many, named, ok, or_null, texts, thing, wholes, words

_TONES = words("saved", "waiting", "check", "needs", "offline")
_SHOW = {"show": words("on", "off", "all")}
#: What an address takes that names its row itself and changes nothing but by its path.
NOTHING = thing(more=True)

# -- agents ------------------------------------------------------------------------------------------------------------

AGENT = named("Agent", thing({
    **texts("agent", "title", "connection", "connection_title", "state_text", "last_at", "last_text", "sentence",
            "next_at", "next_text"),
    "state": words("failing", "paused", "running", "ready"), "tone": _TONES, **flags("paused", "failed"),
    "failures": WHOLE, "outcome": words("", "running", "ok", "failed", "abandoned"),
    "may": many(words("run", "pause", "resume")),
    "recent": many(thing({**texts("outcome", "started_at", "text"), "milliseconds": or_null(WHOLE)})),
}))  # fmt: skip
AGENTS = ok({"rows": many(AGENT)})
RUNS_QUERY: dict[str, Shape] = {"agent": TEXT, "outcome": words("running", "ok", "failed", "abandoned"), **LIST_QUERY}
RUNS = ok({"rows": many(thing({
    **texts("agent", "connection", "connection_title", "cause", "cause_text", "started_at", "started_text", "ended_at",
            "ended_text", "outcome", "outcome_text", "sentence"),
    "n": WHOLE, "tone": _TONES, "failed": FLAG,
})), **LIST})  # fmt: skip
ONE_AGENT = thing({"agent": TEXT}, texts("connection"))
ONE_AGENT_WHY = thing({"agent": TEXT}, texts("connection", "reason"))
AGENT_ROW = ok({"row": AGENT})

# -- logs --------------------------------------------------------------------------------------------------------------

_FACTS = many(thing(texts("name", "value")))
LOGS_QUERY: dict[str, Shape] = {
    "level": words("debug", "info", "warning", "error", "critical"), **texts("agent", "run", "document", "q", "after"),
    "limit": WHOLE,
}  # fmt: skip
LOGS = ok({"rows": many(thing({
    **texts("at", "at_text", "level", "level_text", "from", "message", "agent", "connection", "run", "document",
            "correlation", "trace", "file"),
    "tone": _TONES, "facts": _FACTS,
})), "after": TEXT, "cut": FLAG})  # fmt: skip

# -- audit -------------------------------------------------------------------------------------------------------------

AUDIT_QUERY: dict[str, Shape] = {**texts("actor", "act", "q"), "first": DAY, "last": DAY, **LIST_QUERY}
AUDIT = ok({"rows": many(thing({
    **texts("at", "at_text", "actor", "actor_name", "act", "subject", "detail", "prev_hash", "hash"), "n": WHOLE,
    "changes": many(thing(texts("before", "after"), texts("name"))), "facts": _FACTS,
})), **LIST})  # fmt: skip
CHAIN = ok({"rows": WHOLE, "whole": FLAG, **texts("words", "head")})

# -- people and keys ---------------------------------------------------------------------------------------------------

PEOPLE_QUERY: dict[str, Shape] = {**_SHOW, **texts("role", "q"), **LIST_QUERY}
MEMBER = named("Member", thing({
    **texts("code", "name", "role", "locked_until", "locked_text", "last_seen", "last_seen_text"),
    **flags("active", "pin", "password", "badge", "self", "may_change"), "scope": many(TEXT),
}))  # fmt: skip
PEOPLE = ok({"rows": many(MEMBER), **LIST})
NEW_MEMBER = thing(texts("code", "name", "role"), texts("pin"))
MEMBER_ROW = ok({"row": MEMBER, "secret": TEXT})
ROLE = thing(texts("role"))
ACTIVE = thing({"active": FLAG})
PIN = thing(None, texts("pin"))
#: A text, or "none": true = none any more; neither = one is made.
PASSWORD = thing(None, {"password": TEXT, "none": FLAG})
BADGE = thing(None, {"badge": TEXT, "none": FLAG})
TOKENS_QUERY: dict[str, Shape] = {**_SHOW, **LIST_QUERY}
PROGRAM = named("ProgramKey", thing({
    **texts("id", "name", "role", "person", "person_name", "scopes", "created_at", "created_text", "used_at",
            "used_text", "revoked_at", "revoked_text"),
    "rights": many(TEXT), "places": many(TEXT), **flags("works", "may_change"),
}))  # fmt: skip
TOKENS = ok({"rows": many(PROGRAM), **LIST})
NEW_TOKEN = thing(texts("name", "role"), {"scopes": many(TEXT), "places": many(TEXT), "person": TEXT})
TOKEN_ROW = ok({"row": PROGRAM})
TOKEN_ANEW = ok({"row": PROGRAM, "secret": TEXT})

# -- tills -------------------------------------------------------------------------------------------------------------

MACHINE = named("Machine", thing({
    **texts("id", "name", "state_text", "code_until", "code_until_text", "enrolled_at", "enrolled_text", "enrolled_by",
            "last_contact", "last_contact_text", "people", "revoked_at", "revoked_text"),
    "state": words("enrolled", "waiting", "late", "revoked"), "tone": _TONES, "works": FLAG,
}))  # fmt: skip
TILLS_QUERY: dict[str, Shape] = {**_SHOW, **LIST_QUERY}
TILLS = ok({"rows": many(MACHINE), **LIST, "here": thing({
    **texts("id", "name", "shop", "version", "now", "now_text", "timezone", "clock_text", "reason", "number",
            "number_text", "session"),
    **wholes("clock_behind_seconds", "free_mb"), "can_save": FLAG,
})})  # fmt: skip
NEW_MACHINE = thing(texts("name"))
ENROL_CODE = ok({"secret": TEXT, "minutes": WHOLE})
MACHINE_ROW = ok({"row": MACHINE})

HUB_TILL = named("HubTill", thing({
    **texts("id", "till", "name", "state_text", "why", "last_contact", "last_contact_text", "version", "clock_text",
            "gaps_text", "joined_at", "joined_text", "added_by", "code_until_text", "revoked_at", "company",
            "company_name", "shop", "shop_name", "session", "session_text", "taken", "taken_text"),
    **wholes("clock_off_seconds", "head", "here", "waiting", "missing", "receipts"), "clock_off": FLAG, "tone": _TONES,
    "state": words("waiting", "on", "doubled", "revoked"), "gaps": many(many(WHOLE)),
    "may": many(words("again", "keep", "rename", "move", "revoke")),
}))  # fmt: skip
_PLACE = texts("company", "shop")
NEW_HUB_TILL = thing(texts("name"), _PLACE)
MOVE_TILL = thing({}, _PLACE)
HUB_TILLS = ok({"rows": many(HUB_TILL)})
HUB_CODE = ok({"secret": TEXT, "minutes": WHOLE, "row": HUB_TILL})
HUB_TILL_ROW = ok({"row": HUB_TILL})

# -- companies ---------------------------------------------------------------------------------------------------------

BOOKS = named("BooksOfCompany", thing({
    **texts("id", "title", "kind", "kind_title", "state_text", "why", "last_contact", "last_contact_text"),
    "tone": _TONES, "waiting": or_null(WHOLE), "needs": or_null(WHOLE),
}))  # fmt: skip
_COMPANY = {
    **texts("id", "name", "time_zone", "currency", "made_at", "made_text"), **flags("active", "whole"),
    **wholes("tills", "doubled", "people"), "connections": many(BOOKS),
    "shops": many(thing({**texts("id", "name"), "tills": WHOLE})),
}  # fmt: skip
COMPANIES_QUERY: dict[str, Shape] = {**_SHOW, "q": TEXT, **LIST_QUERY}
COMPANIES = ok({"rows": many(named("Company", thing(_COMPANY))), **LIST})
ONE_COMPANY = named("OneCompany", thing({
    **_COMPANY, "tills_there": many(HUB_TILL), "everywhere": or_null(WHOLE),
    **flags("first", "own_time_zone", "own_currency"),
}))  # fmt: skip
COMPANY_ROW = ok({"row": ONE_COMPANY})
TESTED = ok({"there": FLAG, **texts("words", "remedy"), "row": ONE_COMPANY})
RENAMED = thing(texts("name"))
COUNTING = thing(None, texts("time_zone", "currency"))
NEW_COMPANY = thing(texts("id", "name"), texts("time_zone", "currency"))
NEW_SHOP = thing(texts("id", "name"))

# -- a Z made again ----------------------------------------------------------------------------------------------------

_COLUMNS = ("printed", "database", "files", "counted")
RECOMPUTED = ok({
    **wholes("number", "documents"), **texts("name", "session", "business_day", "words"), "equal": FLAG,
    "rows": many(thing({
        "of": words("count", "sum", "tax", "tender", "drawer"), **texts("of_text", "name", "name_text"),
        **dict.fromkeys(_COLUMNS, or_null(FIGURE)), **texts(*(f"{name}_text" for name in _COLUMNS)),
        **flags("equal", "over"),
    })),
    "trouble": many(thing(texts("path", "words"))),
})  # fmt: skip

ZREADS = ok({"before": or_null(WHOLE), "rows": many(thing({
    **wholes("number", "receipts", "mark"), "off": FLAG,
    **texts("document", "name", "session", "business_day", "day_text", "at_text", "id", "total_text", "off_text"),
}))})  # fmt: skip

# -- settings ----------------------------------------------------------------------------------------------------------

SETTINGS_QUERY: dict[str, Shape] = {"section": TEXT, "show": words("all", "changed"), "q": TEXT}
SETTING = named("Setting", thing({
    **texts("section", "name", "value", "default", "origin", "environment", "then", "help", "fixed", "file"),
    **flags("secret", "changed", "waits"), "kind": words("flag", "whole", "figure", "time", "text"),
    "choices": many(TEXT),
}))  # fmt: skip
SETTINGS = ok({"rows": many(SETTING), "problem": TEXT, "waiting": WHOLE})
CHANGE_SETTING = thing(texts("section", "name", "value"), texts("was"))
CHANGED_SETTING = ok({"row": SETTING, "kept": TEXT})
