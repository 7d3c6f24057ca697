"""Adjustments of stock, which QuickBooks cannot page: all of a window of days come at once, and may take long. A window
that takes too long is halved, down to a day; a step that was stopped goes on at its window."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from pos import clock
from pos.actions import conductor_restored, conductor_take
from pos.actions.conductor_side import earlier
from pos.actions.conductor_take import Work
from pos.errors import Unavailable

#: What was changed while a pull ran is met again by the next.
OVERLAP = timedelta(minutes=5)
DAY = timedelta(days=1)


def read(work: Work, cursor: dict[str, Any]) -> dict[str, Any] | None:
    """The next window. None = somebody wants it to stop. Unavailable when even a single day takes too long."""
    on, resource = work.on, work.one.resources[cursor["at"]]
    most = max(1, on.config.conductor.window_days)
    since = cursor["since"][resource]
    start = cursor.get("start") or (earlier(since, OVERLAP) if since else cursor["from"])
    days = int(cursor.get("days") or most)
    until = _until(start, days, bool(since))
    try:
        rows = on.client.whole(resource, **_filters(start, until, bool(since)))
    except Unavailable as error:
        if days <= 1 or error.code != "no_answer":
            raise
        after = {**cursor, "start": start, "days": days // 2}
        conductor_take.went(work, after)
        return after
    cursor = {**cursor, "start": start, "total": cursor["total"] + len(rows)}
    conductor_take.take(work, resource, rows, cursor, wait=True)
    after = {**cursor, "start": _next(start, days, bool(since)), "days": min(most, days * 2)}
    if until:
        conductor_take.went(work, after)
        return after
    return conductor_restored.ended(work, resource, after)


def _until(start: str, days: int, changed: bool) -> str:
    """The end of a window in the words of its start; "" = it has none: nothing is later."""
    end = _next(start, days, changed)
    ahead = clock.now() - DAY
    if changed:
        return "" if datetime.fromisoformat(end).timestamp() >= ahead.timestamp() else end
    return "" if date.fromisoformat(end) > ahead.date() else (date.fromisoformat(end) - DAY).isoformat()


def _next(start: str, days: int, changed: bool) -> str:
    if changed:
        return (datetime.fromisoformat(start) + timedelta(days=days)).isoformat()
    return (date.fromisoformat(start) + timedelta(days=days)).isoformat()


def _filters(start: str, until: str, changed: bool) -> dict[str, Any]:
    """QuickBooks takes days of documents or moments of changes, not both."""
    first, last = ("updated_after", "updated_before") if changed else ("transaction_date_from", "transaction_date_to")
    return {first: start} | ({last: until} if until else {})
