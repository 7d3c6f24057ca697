"""A record that is not in QuickBooks Desktop yet: made there once, whatever becomes of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pos import clock
from pos.actions import conductor_go, conductor_lost, conductor_merge, conductor_ready, conductor_side
from pos.actions.conductor_go import Done
from pos.actions.conductor_lost import Sent
from pos.actions.conductor_side import TYPE_OF, Side
from pos.actions.record_push import Waits
from pos.errors import Rejected, Unknown
from pos.rules import conductor_body
from pos.said import said
from pos.store import record_links
from pos.store.record_links import Link
from pos.store.records import Record


def created(on: Side, record: Record, link: Link, resource: str) -> Done | None:
    """It is there afterwards: sent now, found from a try whose answer was lost, or the same one that somebody made
    there."""
    external = conductor_body.external_id(on.connection, record.kind, record.id)
    sent = conductor_lost.unpacked(link)
    if sent is not None:
        return _again(on, record, link, resource, sent, external)
    if record.deleted:
        return None
    conductor_ready.refuse_unfinished(record)
    record = conductor_ready.numbered(on, record)
    found = conductor_ready.refs(on, record)
    body = conductor_body.to_create(resource, conductor_ready.paper(record), found) | {"externalId": external}
    by = conductor_lost.by_what(on, resource, record.fields, body)
    there = _there_already(on, record, link, resource, by, external)
    if there is not None:
        conductor_merge.bring(on, replace(link, sync_token=""), record, resource, there)
        return Done("synced")
    sent = Sent(body, conductor_ready.said_of(record, ("both", "create")), by)
    link = conductor_go.keep(on, link, record, sent, conductor_go.CREATE, external)
    return _go(on, record, link, resource, conductor_lost.unpacked(link) or sent, external)


def _there_already(
    on: Side, record: Record, link: Link, resource: str, by: Mapping[str, Any], external: str
) -> Mapping[str, Any] | None:  # fmt: skip
    """The same one there: ours from a time we do not remember, or one somebody made there. Rejected, code "same_name",
    when the name is another's, and a person may say that they are the same; else "name_taken"."""
    looked = conductor_lost.look(on, resource, by, external)
    if looked.mine:
        conductor_go.refuse_joined(on, record, looked.mine[0])
        return looked.mine[0]
    if TYPE_OF[resource].lines or not looked.others:
        return None
    row = looked.others[0]
    known = record_links.of_remotes(on.store, on.company, on.connection, record.kind, [str(row["id"])])
    fields, _ = conductor_body.from_there(resource, row, conductor_side.refs(on, theirs=[row]))
    alike = record.fields.get("type") == fields.get("type")
    told = link.code == conductor_merge.SAME and alike
    if not known and (told or conductor_body.same_one(record.kind, record.fields, fields)):
        return row
    raise Rejected(
        said("QuickBooks has another one called {name}.", name=by["name"]),
        code=conductor_merge.SAME_NAME if alike and not known else conductor_merge.NAME_TAKEN,
        remedy=said("Give one of them another name; names are one's alone there."),
    )  # fmt: skip


def _again(on: Side, record: Record, link: Link, resource: str, sent: Sent, external: str) -> Done:
    """It was sent and nobody said what became of it."""
    looked = conductor_lost.look(on, resource, sent.by, external)
    if looked.mine:
        return conductor_go.confirmed(on, record, link, resource, sent, looked.mine)
    if clock.stamp(clock.now()) < link.settle_at:
        _on_its_way(on, link)
        raise Waits(link.settle_at)
    if mine := conductor_lost.anywhere(on, resource, sent.by, external, link.sent_at):
        return conductor_go.confirmed(on, record, link, resource, sent, mine)
    if record.deleted:  # it never arrived, and nobody wants it any more
        record_links.put(on.store, replace(
            link, state="synced", sent=b"", request_id="", operation="", agreed_version=record.version,
        ))  # fmt: skip
        return Done("unchanged")
    try:
        conductor_lost.refuse_doubtful(sent.by, looked)
    except Rejected:
        number = str(record.fields.get(conductor_ready.NUMBER) or "")
        if number == sent.by.get("number"):
            raise
        unsent = replace(link, sent=b"", request_id="", operation="", state="pending")  # it has another number by now
        return created(on, record, unsent, resource) or Done("unchanged")
    return _go(on, record, link, resource, sent, external)


def _on_its_way(on: Side, link: Link) -> None:
    if link.state != "sending":
        record_links.put(on.store, replace(link, state="sending"))


def _go(on: Side, record: Record, link: Link, resource: str, sent: Sent, external: str) -> Done:
    """Send a body that is kept. A name that is refused may be our own, come late."""
    try:
        there = conductor_go.send(on, link, lambda: on.client.create(resource, sent.body))
    except Unknown as error:
        looked = conductor_lost.look(on, resource, sent.by, external)
        if looked.mine:
            return conductor_go.confirmed(on, record, link, resource, sent, looked.mine)
        raise conductor_go.lost(on, link, error) from error
    except Rejected as error:
        if error.code != "name_taken":
            raise
        mine = conductor_lost.look(on, resource, sent.by, external).mine
        mine = mine or conductor_lost.anywhere(on, resource, sent.by, external, link.sent_at)
        if not mine:
            raise
        return conductor_go.confirmed(on, record, link, resource, sent, mine)
    return conductor_go.confirmed(on, record, link, resource, sent, [there], answered=True)
