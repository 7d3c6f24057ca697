"""What is asked for by its id: what could not be taken the last time, what a full list did not meet, and what their own
list says was deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pos import clock
from pos.actions import conductor_catalogue, conductor_merge, conductor_side, conductor_take
from pos.actions.conductor_side import ITEM, Side
from pos.actions.conductor_take import Work, again_after, take, went
from pos.errors import Conflict, Rejected
from pos.rules import conductor
from pos.said import said
from pos.store import connections, record_links, records
from pos.store.records import Record

#: So many ids are asked for at once.
IDS_MAX = 50
#: So many customers, vendors and items are looked up one by one in a step, because a document names them.
LOOK_UPS_MAX = 300
#: So many are looked at from each end of a list, to see whether it is still the same company file.
SOME = 4
OVERLAP = timedelta(minutes=5)
NOT_THERE = ("no_match", "not_there")
#: They remember 90 days of what was deleted, and refuse a day before.
REMEMBERED = timedelta(days=85)
#: Their words for our types in the lists of what was deleted.
DELETED = {
    "customers": ("customer",), "vendors": ("vendor",),
    "items": ("item_inventory", "item_non_inventory", "item_service", "item_discount", "item_inventory_assembly"),
    "sales_orders": ("sales_order",), "purchase_orders": ("purchase_order",),
    "inventory_adjustments": ("inventory_adjustment",), "invoices": ("invoice",),
}  # fmt: skip


def by_ids(on: Side, resource: str, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Those of these objects that are there, by id. One that is not fails the whole question: it is asked in halves."""
    if not keys:
        return {}
    if len(keys) == 1:
        found = one(on, resource, keys[0])
        return {keys[0]: found} if found is not None else {}
    try:
        return {str(row["id"]): row for row in on.client.whole(resource, ids=list(keys))}
    except Rejected as error:
        if error.code not in NOT_THERE:
            raise
    half = len(keys) // 2
    return by_ids(on, resource, keys[:half]) | by_ids(on, resource, keys[half:])


def one(on: Side, resource: str, key: str) -> dict[str, Any] | None:
    """One of theirs as it is now; None when it is not there."""
    try:
        return on.client.retrieve(resource, key)
    except Rejected as error:
        if error.code not in NOT_THERE:
            raise
        return None


def same_file(on: Side, first: conductor.Type) -> None:
    """Once a session: something that was brought together before has to be there, of this type, else of another one of
    which there is more. Conflict, code "other_file", where nothing of it is: somebody opened another company file, and
    all would look deleted, and what is theirs would come in."""
    if "same file" in on.found:
        return
    for sort in (first, *conductor.TYPES.values()):
        links = record_links.some(on.store, on.company, on.connection, sort.kind, SOME)
        if len(links) >= SOME and on.direction(sort.name) != "off":
            break
    else:
        return
    mine = records.several(on.store, on.company, sort.kind, [link.record_id for link in links])
    for link in links:
        record = mine.get(link.record_id)
        resource = str(record.fields.get("type")) if record and sort.kind == ITEM else sort.resources[0]
        if one(on, resource, link.remote_id) is not None:
            on.found["same file"] = True
            return
    gone = {str(row["id"]) for row in told_deleted(on, sort, {})}
    if not gone & {link.remote_id for link in links}:
        raise Conflict(
            said(
                "Nothing that was brought together before is in this company file. Is another one open in QuickBooks?"
            ),
            code="other_file",
        )


def told_deleted(on: Side, sort: conductor.Type, filters: dict[str, Any]) -> list[dict[str, Any]]:
    """Their list of what was deleted of a type, of 90 days. ConnectorError."""
    if sort.lines:
        return on.client.whole("deleted_transactions", transaction_types=DELETED[sort.name], **filters)
    return on.client.whole("deleted_list_objects", object_types=DELETED[sort.name], **filters)


# -- what could not be taken, or had to wait ---------------------------------------------------------------------------


def again(work: Work, cursor: dict[str, Any]) -> dict[str, Any] | None:
    """What was put aside while the list was read, and what failed in sessions before, once more."""
    on, resource = work.on, work.one.resources[cursor["at"]]
    failed = set(cursor["bad"])
    waiting = [key for key in conductor_take.again(on, resource) if key not in failed]
    for at in range(0, len(waiting), IDS_MAX):
        if work.stopping():
            return None
        keys = waiting[at : at + IDS_MAX]
        found = by_ids(on, resource, keys)
        _name(work, found.values())
        take(work, resource, list(found.values()), cursor, wait=False)
        _not_there(work, resource, [key for key in keys if key not in found], cursor)
    after = {**cursor, "at": cursor["at"] + 1}
    if after["at"] == len(work.one.resources):
        after |= {"way": "missing" if cursor["full"] else "deleted", "at": 0}
    went(work, after)
    return after


def _name(work: Work, rows: Iterable[Mapping[str, Any]]) -> None:
    """Customers, vendors and items that these name and that are not here are taken first."""
    on = work.on
    given = list(rows)
    refs = conductor_side.refs(on, theirs=given)
    known = conductor_take.others(on)
    for kind, key in sorted({named for row in given for named in conductor_side.missing(row, refs, known)}):
        if work.looked_up >= LOOK_UPS_MAX or work.stopping():
            return
        work.looked_up += 1
        for resource in conductor.type_of_kind(kind).resources:
            row = one(on, resource, key)
            if row is not None:
                _take_named(on, resource, row)
                break
        else:
            if kind == ITEM:
                conductor_take.is_other(on, key)
        work.breathe()


def _take_named(on: Side, resource: str, row: Mapping[str, Any]) -> None:
    """One that another names. Where it cannot be taken, or its type takes nothing from there, the other names it by its
    id there; why it could not is told with its own list."""
    try:
        with on.store.transaction():
            found = conductor_take.joined(on, resource, row, conductor_side.refs(on, theirs=[row]))
            if found is not None:
                conductor_catalogue.to_till(on.store, on.config, on.company, [found[0]])
    except conductor_take.NOT_TAKEN:
        conductor_take.again_after(on, resource, [str(row["id"])], ())


def _not_there(work: Work, resource: str, keys: Sequence[str], cursor: dict[str, Any]) -> int:
    """These are not there any more: their records say so, and nobody asks for them again."""
    on, kind, told = work.on, work.one.kind, 0
    if not keys:
        return 0
    with on.store.transaction():
        links = record_links.of_remotes(on.store, on.company, on.connection, kind, keys)
        mine = records.several(on.store, on.company, kind, [link.record_id for link in links.values()])
        touched = list[Record]()
        for link in links.values():
            if link.state != "gone" and link.record_id in mine:
                record = conductor_catalogue.heard(on.store, mine[link.record_id])
                conductor_merge.gone(on, link, record, asked=bool(cursor.get("put_back")))
                touched.append(record)
                told += 1
        conductor_catalogue.to_till(on.store, on.config, on.company, touched, gone=True)
        again_after(on, resource, (), keys)
        went(work, cursor, synced=told)
    return told


# -- what a full list did not meet -------------------------------------------------------------------------------------


def unseen(work: Work, cursor: dict[str, Any]) -> dict[str, Any] | None:
    """Asked for by id before it counts as gone. Documents of before the first day are none of it."""
    on, kind = work.on, work.one.kind
    while links := record_links.unseen(on.store, on.company, on.connection, kind, on.session, IDS_MAX):
        if work.stopping():
            return None
        mine = records.several(on.store, on.company, kind, [link.record_id for link in links])
        by_resource: dict[str, list[str]] = {}
        for link in links:
            record = mine.get(link.record_id)
            if record is not None and str(record.fields.get("transactionDate") or "9") >= work.first_day:
                resource = str(record.fields["type"]) if kind == ITEM else work.one.resources[0]
                by_resource.setdefault(resource, []).append(link.remote_id)
        for resource, keys in by_resource.items():
            found = by_ids(on, resource, keys)
            take(work, resource, list(found.values()), cursor, wait=False)
            _not_there(work, resource, [key for key in keys if key not in found], cursor)
        with on.store.transaction():
            remotes = [link.remote_id for link in links]
            record_links.mark_seen(on.store, on.company, on.connection, kind, remotes, on.session)
        work.breathe()
    after = {**cursor, "way": "deleted"}
    went(work, after)
    return after


# -- what they say was deleted -----------------------------------------------------------------------------------------


def deleted(work: Work, cursor: dict[str, Any]) -> dict[str, Any] | None:
    """Their list of what was deleted, since the last one of it that was read."""
    on, feed = work.on, f"conductor:deleted:{work.one.name}"
    since = connections.mark(on.store, on.connection, feed).value
    filters: dict[str, Any] = {}
    if since and conductor_merge.stamp(since) > clock.stamp(clock.now() - REMEMBERED):
        filters["deleted_after"] = conductor_side.earlier(since, OVERLAP)
    rows = told_deleted(on, work.one, filters)
    for at in range(0, len(rows), IDS_MAX):
        keys = [str(row["id"]) for row in rows[at : at + IDS_MAX]]
        _not_there(work, work.one.resources[0], keys, cursor)
        work.breathe()
    after = {**cursor, "way": "done"}
    with on.store.transaction():
        moments = [str(row["deletedAt"]) for row in rows if conductor_take.is_moment(row.get("deletedAt"))]
        latest = max([*moments, *([since] if since else [])], key=conductor_merge.stamp, default="")
        if latest:
            connections.move(on.store, on.connection, feed, conductor_take.not_ahead(latest), clock.now())
        went(work, after)
    return after
