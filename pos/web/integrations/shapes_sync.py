"""Shapes of jobs, conflicts and owners of /api/integrations/quickbooks/…; see `pos/web/describe.py`."""

from __future__ import annotations

from pos.rules import merge
from pos.store import sync_jobs
from pos.web.describe import Shape
from pos.web.shapes import ANY, TEXT, WHOLE, by_name, many, named, ok, texts, thing, wholes, words

COMPANY: dict[str, Shape] = {"company": TEXT}
_RESOURCE = words(*sync_jobs.RESOURCES)
_STATE = words(*sync_jobs.STATES)
ASK = thing({}, {**COMPANY, "resources": many(_RESOURCE), "records": many(TEXT)})
ASKED = ok({"success": {"const": True}, "message": TEXT, "resources": many(_RESOURCE), "jobs": many(WHOLE)})
OF_COMPANY = thing({}, COMPANY)
_JOB = named(
    "SyncJob",
    thing(
        {
            **wholes("id", "chosen"),
            "provider": {"const": "quickbooks"},
            "direction": words(*sync_jobs.DIRECTIONS),
            "resourceType": _RESOURCE,
            "status": _STATE,
            "payload": thing(wholes("syncedCount", "errorCount", "skippedCount", "total")),
            **texts(
                "statusText", "tone", "code", "error", "summary", "askedBy", "createdAt", "createdText", "startedAt",
                "endedAt", "endedText", "updatedAt", "waitingUntil",
            ),
        }
    ),
)  # fmt: skip
JOBS_QUERY: dict[str, Shape] = {**COMPANY, "status": _STATE, "limit": WHOLE, "before": WHOLE}
JOBS = ok({"jobs": many(_JOB)})
JOB_QUERY: dict[str, Shape] = {**COMPANY, "status": words("synced", "skipped", "error"), "after": TEXT, "limit": WHOLE}
_RESULT = thing(
    {
        **texts("kind", "recordId", "title", "remoteId", "statusText", "code", "message", "at"),
        "status": words("synced", "skipped", "error"),
    }
)
JOB = ok({"job": _JOB, "records": many(_RESULT), "after": TEXT})
RETRIED = ok({"success": {"const": True}, "job": WHOLE})
TRIGGERED = ok({"success": {"const": True}, "message": TEXT})
CHART_QUERY: dict[str, Shape] = {**COMPANY, "days": WHOLE}
CHART = ok({"days": many(thing({"day": TEXT, **wholes("jobs", "failedJobs", "synced", "failed")}))})
_CONFLICT = named(
    "SyncConflict",
    thing(
        {
            "id": WHOLE,
            **texts(
                "kind", "recordId", "title", "field", "oursText", "theirsText", "decidedBy", "decidedAt", "madeAt",
                "madeText",
            ),
            "ours": ANY,
            "theirs": ANY,
            "rule": words(*merge.OWNERS),
            "state": words("open", "decided"),
            "decision": words("", "ours", "theirs"),
        }
    ),
)  # fmt: skip
CONFLICTS_QUERY: dict[str, Shape] = {**COMPANY, "state": words("open", "decided"), "after": WHOLE, "limit": WHOLE}
CONFLICTS = ok({"conflicts": many(_CONFLICT)})
CHOICE = thing({"choice": words("ours", "theirs")}, COMPANY)
CONFLICT = ok({"conflict": _CONFLICT})
_OWNERS = by_name(by_name(words(*merge.OWNERS)))
OWNERS = ok({"owners": _OWNERS})
SET_OWNERS = thing({"owners": _OWNERS}, COMPANY)
HOOK: Shape = {"description": "As Intuit sends it: {eventNotifications: […]}, or a list of CloudEvents."}
HEARD = ok({"queued": WHOLE})
