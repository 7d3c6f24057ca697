"""Shapes of /schedules/…; see `pos/web/describe.py`."""

from __future__ import annotations

from pos.actions.schedule_views import KINDS
from pos.rules.conductor import TYPES
from pos.rules.trading_day import DATE_MODES
from pos.store.schedules import CONDUCTOR, RESULTS, RUNS
from pos.web.describe import Shape
from pos.web.shapes import FLAG, ID, TEXT, WHOLE, flags, many, named, ok, texts, thing, wholes, words

_FORM: dict[str, Shape] = {
    **texts("name", "company", "cron", "time_zone"),
    "date_mode": words(*DATE_MODES),
    **wholes("parallel", "stagger_seconds"),
    "continue_on_failure": FLAG,
    "what": words(RUNS, CONDUCTOR),
    "objects": many(words(*TYPES)),
}
SCHEDULE = named("RunSchedule", thing({
    "id": ID, **_FORM, **flags("enabled", "is_system"), "version": WHOLE,
    **texts("company_name", "what_text", "words", "date_mode_text", "next_at", "next_text", "last_at", "last_text",
            "result_text", "made_by"),
    "result": words("", *RESULTS), "tone": words("saved", "waiting", "check", "needs", "offline"),
}))  # fmt: skip
_NEEDED = {name: _FORM[name] for name in ("name", "cron", "time_zone")}
_REST = {name: shape for name, shape in _FORM.items() if name not in _NEEDED}
CREATE = thing(_NEEDED, {**_REST, "id": ID, "enabled": FLAG})
UPDATE = thing({**_NEEDED, "version": WHOLE}, _REST)
TOGGLE = thing({}, {"enabled": FLAG, "version": WHOLE})
ONE = ok({"schedule": SCHEDULE})
STARTED = ok({"job": TEXT, "schedule": SCHEDULE})
DELETED = ok({"id": ID})
PREVIEW_QUERY: dict[str, Shape] = texts("cron", "time_zone")
PREVIEW = ok({"fine": FLAG, "words": TEXT, "field": TEXT, "next": many(TEXT)})
EVENTS_QUERY: dict[str, Shape] = {
    "schedule": TEXT, "kind": words("", *KINDS), **texts("after", "before"), "limit": WHOLE,
}  # fmt: skip
EVENTS = ok({
    "rows": many(thing({
        "n": WHOLE,
        **texts("schedule", "name", "company", "company_name", "at", "at_text", "due_at", "due_text", "kind_text",
                "job", "link", "words"),
        "kind": words(*KINDS), "tone": words("saved", "waiting", "check", "needs", "offline"),
    })),
    **texts("after", "before"), "total": {"anyOf": [WHOLE, {"type": "null"}]}, "more": FLAG,
})  # fmt: skip
