"""A pull: what changed in a QuickBooks company file since the last time, page by page; the first time everything.

Their cursor is good for ten seconds: the next page is asked for at once, and where taking a page in is slow its rows
wait in memory, a bounded number of them. A page that got lost, a cursor that went stale and counts that do not fit mean
that the list is read from its beginning: what was taken already costs one look.

What a full list did not meet is asked for by its id before it counts as gone. Adjustments of stock cannot be paged:
they are asked for in windows of days, halved where QuickBooks takes too long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any

from pos import clock
from pos.actions import conductor_catalogue, conductor_lists, conductor_missing, conductor_restored, conductor_windows
from pos.actions.conductor_side import Lost, Side, earlier
from pos.actions.conductor_take import BITE_ROWS, EMPTY, Work, bite
from pos.errors import Invalid, Rejected, Unavailable
from pos.rules import conductor
from pos.said import said
from pos.store import audit, connections
from pos.store.conductor_sessions import Session, Step
from pos.store.db import Store

__all__ = ["Lost", "run"]

#: What was changed while a pull ran is met again by the next.
OVERLAP = timedelta(minutes=5)
#: The next page is asked for so long after the last at most; QuickBooks gives ten.
LATE_SECONDS = 6.0
#: Rows that wait to be taken in; where there are more the list is read anew after them.
HELD_MAX = 3000
#: So often a list is read from its beginning before the step is put off.
ANEW_MAX = 3
LATER = timedelta(minutes=5)
#: Codes of an answer that did not come, although they can be reached: its page is lost.
LOST = ("no_answer", "gateway", "uncertain")
#: What is deleted there is told for 90 days: where nobody asked for so long everything is read.
FORGET = timedelta(days=80)


def run(
    on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]
) -> bool:  # fmt: skip
    """Work on a step from where it is; whether it came to its end. ConnectorError when they cannot be asked; Conflict,
    code "other_file"; Lost."""
    if step.direction == "refs":
        return conductor_lists.run(on, session, step, stopping, breathe)
    one = conductor.TYPES[step.object_type]
    if on.direction(one.name) == "off":
        return True
    same = on.found.pop("same file", None)
    on.found.clear()
    if same:
        on.found["same file"] = same
    conductor_missing.same_file(on, one)
    cursor = dict(step.cursor) or _begin(on, one, breathe)
    work = Work(on, session, step, one, stopping, breathe, first_day=cursor["from"])
    while cursor["way"] != "done":
        if stopping():
            return False
        after = _WAYS[cursor["way"]](work, cursor)
        if after is None:
            return False
        cursor = after
    return True


def _begin(on: Side, one: conductor.Type, breathe: Callable[[], None]) -> dict[str, Any]:
    """How it goes about it. since: each list's latest change that was met, in their words; full: everything is read."""
    if on.direction(one.name) != "from_quickbooks":
        conductor_catalogue.from_till(on, one.kind, breathe)
    marks = {name: connections.mark(on.store, on.connection, conductor.feed(name)) for name in one.resources}
    old = clock.stamp(clock.now() - FORGET)
    full = any(not mark.value or mark.checked_at < old for mark in marks.values())
    return {
        "way": "list" if one.paged else "windows", "at": 0, "full": full,
        "since": {name: "" if full or mark.value == EMPTY else mark.value for name, mark in marks.items()},
        "from": first_day(on) if one.lines else "", "newest": {}, "total": 0, "met": 0, "base": 0, "bad": [],
        "over": [], "began": clock.stamp(clock.now()), "marks": {name: mark.value for name, mark in marks.items()},
    }  # fmt: skip


def read_all(store: Store, connection: str, names: Collection[str], by: str) -> None:
    """A person wants these types read from their beginning with the next session, whatever changed since. Invalid."""
    if unknown := sorted(set(names) - set(conductor.TYPES)):
        raise Invalid(said("There is no type {name}.", name=unknown[0][:40]), field="objects")
    with store.transaction():
        for name in names:
            for resource in conductor.TYPES[name].resources:
                connections.move(store, connection, conductor.feed(resource), "", clock.now())
        audit.record(store, by, "conductor.read_all", connection, {"objects": sorted(names)})


def first_day(on: Side) -> str:
    """The first day of documents that are brought, ISO."""
    if on.settings.history_from:
        return str(on.settings.history_from)
    days = timedelta(days=on.config.conductor.history_days)
    return (clock.now() - days).date().isoformat()


# -- a list, page by page ----------------------------------------------------------------------------------------------

Way = Callable[[Work, dict[str, Any]], dict[str, Any] | None]


def _list(work: Work, cursor: dict[str, Any]) -> dict[str, Any] | None:
    """One list of theirs from its first page to its last. None = somebody wants it to stop."""
    on, resource = work.on, work.one.resources[cursor["at"]]
    filters = _filters(resource, cursor)
    token, expected = "", None
    held: deque[Mapping[str, Any]] = deque()
    while True:
        if work.stopping():
            return None
        try:
            page = on.client.page(resource, token, **filters)
        except (Unavailable, Rejected) as error:
            if error.code not in LOST and not (token and isinstance(error, Rejected)):
                raise
            return _anew(work, resource, held, cursor)
        arrived = clock.monotonic()
        if expected is not None and page.remaining is not None and page.remaining != expected - len(page.rows):
            held.extend(page.rows)
            return _anew(work, resource, held, cursor)
        if not token:
            cursor["total"] = max(cursor["total"], cursor["base"] + len(page.rows) + (page.remaining or 0))
        expected = page.remaining
        held.extend(page.rows)
        while held and (not page.more or clock.monotonic() - arrived < LATE_SECONDS):
            _some(work, resource, held, cursor)
        if not page.more:
            return conductor_restored.ended(work, resource, cursor)
        if len(held) > HELD_MAX:
            return _anew(work, resource, held, cursor)
        token = page.cursor


def _filters(resource: str, cursor: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked for. QuickBooks takes the day of a document or the moment of its change, not both."""
    since = cursor["since"][resource]
    filters: dict[str, Any] = {}
    if since:
        filters["updated_after"] = earlier(since, OVERLAP)
    elif cursor["from"]:
        filters["transaction_date_from"] = cursor["from"]
    return filters


def _some(work: Work, resource: str, held: deque[Mapping[str, Any]], cursor: dict[str, Any]) -> None:
    bite(work, resource, [held.popleft() for _ in range(min(BITE_ROWS, len(held)))], cursor, wait=True)


def _anew(
    work: Work, resource: str, held: deque[Mapping[str, Any]], cursor: dict[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """What came is taken in; then the list is read from its beginning. Unavailable when it is lost again and again."""
    while held:
        _some(work, resource, held, cursor)
    work.anew += 1
    if work.anew > ANEW_MAX:
        raise Unavailable(
            said("QuickBooks lost its place in a list {times} times. It is read again later.", times=work.anew),
            code="list_lost", retry_at=clock.now() + LATER,
        )  # fmt: skip
    return cursor


_WAYS: dict[str, Way] = {
    "list": _list, "windows": conductor_windows.read, "again": conductor_missing.again,
    "missing": conductor_missing.unseen, "deleted": conductor_missing.deleted,
}  # fmt: skip
