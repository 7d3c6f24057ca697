"""Shapes of what the screens of runs take and answer."""

from __future__ import annotations

from pos.web.describe import Shape
from pos.web.shapes import DAY, FLAG, ID, TEXT, WHOLE, many, named, ok, texts, thing, wholes, words

_DAY_OR_NONE: Shape = {"anyOf": [DAY, words("")]}
_STATUS = words("queued", "running", "succeeded", "failed", "cancelled")
#: How a run stands, for pages that follow it.
NEWS = named("RunNews", thing({
    **texts("status_text", "label", "company", "exit_code", "reason", "words"), "id": ID, "status": _STATUS,
    "tone": words("saved", "waiting", "check", "needs", "offline"), **wholes("n", "log_bytes"), "ended": FLAG,
}))  # fmt: skip
STATUS_QUERY: dict[str, Shape] = {"job_ids": TEXT}
STATUS = ok({"runs": many(NEWS)})
ACTIVE_QUERY: dict[str, Shape] = {"since": WHOLE}
ACTIVE = ok({"runs": many(NEWS), "last": WHOLE})
TRIGGER = thing({"id": ID}, {
    "company": TEXT, "day_from": _DAY_OR_NONE, "day_to": _DAY_OR_NONE, **wholes("parallel", "stagger_seconds"),
    "continue_on_failure": FLAG,
})  # fmt: skip
RUN = ok({"run": NEWS})
TARGET_QUERY: dict[str, Shape] = {"company": TEXT}
TARGET = ok({"day": DAY, "text": TEXT})
TAIL_QUERY: dict[str, Shape] = {"offset": {"type": "integer"}}
TAIL = ok({"text": TEXT, "offset": WHOLE, "done": FLAG, "status": _STATUS})
