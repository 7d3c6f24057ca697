"""Shapes of sessions of /api/conductor/…; see `pos/web/describe.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos.rules.conductor import TYPES as KNOWN
from pos.store import conductor_boards as boards
from pos.store.conductor_sessions import CAUSES, DIRECTIONS, STATUSES, Session, Step
from pos.web.describe import Shape
from pos.web.shapes import FLAG, ID, TEXT, WHOLE, by_name, flags, many, named, ok, or_null, texts, thing, wholes, words

TYPES = tuple(KNOWN)
COMPANY: dict[str, Shape] = {"company": TEXT}
_TYPE = words(*TYPES)
_STATUS = words(*STATUSES)
_ERROR = thing(texts("type", "id", "title", "text", "object_id", "remote_id", "code", "remedy", "at"))
_SESSION = named(
    "ConductorSession",
    thing(
        {
            "id": ID,
            "session": WHOLE,
            "objects": many(_TYPE),
            "status": _STATUS,
            "cause": words(*CAUSES),
            **wholes("total_objects", "synced_objects", "failed_objects", "progress_percentage"),
            "object_progress": by_name(thing(wholes("total", "synced", "failed"))),
            "errors": many(_ERROR),
            "start_time": TEXT,
            "end_time": or_null(TEXT),
            **texts("asked_by", "waits_until", "cancelled_by", "code", "message"),
            "cancelling": FLAG,
        }
    ),
)
START = thing({"objects": many(_TYPE)}, {**COMPANY, "id": ID})
STARTED = ok({"session": _SESSION})
CANCEL = thing({}, {**COMPANY, "session": WHOLE})
CANCELLED = ok({"cancelled": FLAG, "session": or_null(_SESSION)})
STATUS = ok({"session": or_null(_SESSION), **texts("last_good_at", "refused")})
_PAGE: dict[str, Shape] = {**texts("after", "before"), "total": or_null(WHOLE), **flags("more")}
_LISTED: dict[str, Shape] = {**COMPANY, **texts("after", "before"), "limit": WHOLE}
HISTORY_QUERY: dict[str, Shape] = {
    **_LISTED, "status": words("", *boards.STATES), "sort": words("", *boards.HISTORY.orders), "down": words("0", "1"),
}  # fmt: skip
_RAN = thing(
    {
        "session": WHOLE,
        "objects": many(_TYPE),
        "status": _STATUS,
        "cause": words(*CAUSES),
        **wholes("total_objects", "synced_objects", "failed_objects", "errors", "duration_ms"),
        "start_time": TEXT,
        "end_time": or_null(TEXT),
        **texts("asked_by", "message"),
    }
)
HISTORY = ok({"rows": many(_RAN), **_PAGE})
_STEP = thing(
    {
        "type": TEXT,
        "direction": words(*DIRECTIONS),
        **wholes("total", "synced", "failed", "unchanged"),
        **texts("state", "started_at", "ended_at", "code", "message"),
    }
)
ONE = ok({"session": _SESSION, "steps": many(_STEP)})
ERRORS_QUERY: dict[str, Shape] = {**_LISTED, "type": words("", *TYPES)}
ERRORS = ok(
    {
        "rows": many(
            thing(
                {
                    "n": WHOLE,
                    **texts("at", "object_type", "object_id", "remote_id", "title", "code", "message", "remedy"),
                }
            )
        ),
        **_PAGE,
    }
)


def session(one: Session, told: Mapping[str, Any]) -> dict[str, Any]:
    """told: what `SyncManager.status_of` says of it."""
    return {
        **told, "objects": list(one.objects), "cause": one.cause, "asked_by": one.asked_by,
        "start_time": one.started_at, "end_time": one.ended_at or None, "waits_until": one.next_at,
        "cancelling": one.running and bool(one.cancel_at), "cancelled_by": one.cancel_by,
    }  # fmt: skip


def ran(one: boards.Ran) -> dict[str, Any]:
    """A row of the history."""
    return {
        "session": one.n, "objects": list(one.objects), "status": one.status, "cause": one.cause,
        "total_objects": one.total, "synced_objects": one.synced, "failed_objects": one.failed, "errors": one.errors,
        "duration_ms": one.took_ms, "start_time": one.started_at, "end_time": one.ended_at or None,
        "asked_by": one.asked_by, "message": one.message,
    }  # fmt: skip


def step(one: Step) -> dict[str, Any]:
    """A step as programs read it."""
    return {
        "type": one.object_type, "direction": one.direction, "state": one.state, "total": one.total,
        "synced": one.synced, "failed": one.failed, "unchanged": one.unchanged, "started_at": one.started_at,
        "ended_at": one.ended_at, "code": one.code, "message": one.message,
    }  # fmt: skip
