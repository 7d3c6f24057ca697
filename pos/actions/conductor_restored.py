"""Whether a company file was put back from an older backup: it tells of no such thing, and what was changed or made
since is not among what changed.

The latest change of a list that was met the last time is met again by the next reading, for it is asked for from a
little before. Where nothing so late is there any more, and nobody deleted anything since, the list is read whole; what
it lacks is a person's matter, and so is what stands there in an earlier revision (see `conductor_merge.bring`).
"""

from __future__ import annotations

import logging
from typing import Any

from pos import clock
from pos.actions.conductor_merge import stamp
from pos.actions.conductor_missing import REMEMBERED, told_deleted
from pos.actions.conductor_take import Work, listed, went

log = logging.getLogger(__name__)


def ended(work: Work, resource: str, cursor: dict[str, Any]) -> dict[str, Any]:
    """A list was read to its end: what comes next. ConnectorError; Lost."""
    if not _lacks_the_latest(work, resource, cursor):
        return listed(work, resource, cursor)
    log.warning("conductor: %s has nothing as late as was met before; all of it is read again", resource)
    after = {
        **cursor, "way": "list" if work.one.paged else "windows", "at": 0, "full": True, "put_back": True,
        "since": dict.fromkeys(cursor["since"], ""), "newest": {}, "base": cursor["met"],
    }  # fmt: skip
    for name in ("start", "days"):
        after.pop(name, None)
    went(work, after)
    return after


def _lacks_the_latest(work: Work, resource: str, cursor: dict[str, Any]) -> bool:
    since, newest = cursor["since"][resource], cursor["newest"].get(resource, "")
    if not since or (newest and stamp(newest) >= stamp(since)):
        return False
    recent = stamp(since) > clock.stamp(clock.now() - REMEMBERED)
    rows = told_deleted(work.on, work.one, {"deleted_after": since} if recent else {})
    return not any(row.get("deletedAt") and stamp(row["deletedAt"]) >= stamp(since) for row in rows)
