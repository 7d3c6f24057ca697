"""Items of the till that a person had created in a company of QuickBooks: approved, created once, or refused.

The bytes and the id they go under are kept with the approval, before anything is sent; whoever sends holds a lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pos import clock
from pos.store import audit
from pos.store.db import Store
from pos.store.models import QboNewItem

#: Longer than a call may take, its second try with a new token included.
LEASE_SECONDS = 180


@dataclass(frozen=True, slots=True)
class NewItem:
    """One of them. item: its code here; name: as it is called there. state: approved, created, mapped or refused.
    other_id: the item there that has the name already."""

    item: str
    name: str
    state: str
    sent: bytes
    request_id: str
    remote_id: str
    code: str
    message: str
    other_id: str


def listed(store: Store, connection: str, realm: str) -> dict[str, NewItem]:
    """All of them that are meant for this company there, by code."""
    with store.reading():
        rows = QboNewItem.select().where((QboNewItem.connection == connection) & (QboNewItem.realm == realm))
        return {row.item: _new(row) for row in rows}


def approve(
    store: Store, company: str, connection: str, realm: str, wanted: dict[str, tuple[str, bytes]], by: str
) -> int:
    """A person wants these created: code -> name and bytes. One that was refused gets its new bytes a new id; one that
    is on its way or done stays as it is. How many were taken."""
    now, taken = clock.stamp(clock.now()), 0
    with store.transaction():
        for item, (name, sent) in wanted.items():
            same = (QboNewItem.connection == connection) & (QboNewItem.item == item)
            known = QboNewItem.get_or_none(same)
            if known is not None and known.realm == realm and known.state in ("approved", "created"):
                continue
            QboNewItem.put(
                connection=connection, item=item, company=company, realm=realm, name=name, sent=sent.decode(),
                request_id=clock.uuid7(), approved_by=by, approved_at=now, next_at=now,
            )  # fmt: skip
            taken += 1
            audit.record(store, by, "quickbooks.item", item, {"company": company, "name": name})
    return taken


def due(store: Store, connection: str, realm: str, now: datetime, limit: int) -> list[str]:
    """Codes of those that may be tried now."""
    stamp = clock.stamp(now)
    asked = (QboNewItem.connection == connection) & (QboNewItem.realm == realm) & (QboNewItem.state == "approved")
    asked &= (QboNewItem.next_at <= stamp) & (QboNewItem.lease <= stamp)
    with store.reading():
        return [
            row.item for row in QboNewItem.select(QboNewItem.item).where(asked).order_by(QboNewItem.item).limit(limit)
        ]


def take(store: Store, connection: str, item: str, now: datetime) -> NewItem | None:
    """Hold one while it is created; None when somebody else does, or it is done."""
    stamp, until = clock.stamp(now), clock.stamp(now + timedelta(seconds=LEASE_SECONDS))
    mine = (QboNewItem.connection == connection) & (QboNewItem.item == item) & (QboNewItem.state == "approved")
    with store.transaction():
        if not QboNewItem.update(lease=until).where(mine & (QboNewItem.lease <= stamp)).execute():
            return None
        return _new(QboNewItem.get((QboNewItem.connection == connection) & (QboNewItem.item == item)))


def created(store: Store, connection: str, one: NewItem, remote_id: str) -> None:
    """It is there, under this id."""
    _done(store, connection, one, state="created", remote_id=remote_id, code="", message="", other_id="")


def in_use(store: Store, connection: str, items: list[str]) -> None:
    """These are mapped now."""
    with store.transaction():
        mine = (QboNewItem.connection == connection) & QboNewItem.item.in_(items)
        QboNewItem.update(state="mapped").where(mine & (QboNewItem.state == "created")).execute()


def refused(store: Store, connection: str, one: NewItem, code: str, message: str, other_id: str = "") -> None:
    """They said no; a person decides what now. other_id: who has the name there."""
    _done(store, connection, one, state="refused", code=code, message=message, other_id=other_id)


def later(store: Store, connection: str, one: NewItem, message: str, at: datetime) -> None:
    """What became of it is not known, or they cannot be reached: asked for again at that moment, under the same id."""
    _done(store, connection, one, next_at=clock.stamp(at), message=message)


def forget(store: Store, connection: str, item: str) -> None:
    """It is mapped otherwise now."""
    with store.transaction():
        mine = (QboNewItem.connection == connection) & (QboNewItem.item == item)
        QboNewItem.delete().where(mine & (QboNewItem.state == "refused")).execute()


def _done(store: Store, connection: str, one: NewItem, **values: str) -> None:
    mine = (QboNewItem.connection == connection) & (QboNewItem.item == one.item)
    mine &= (QboNewItem.request_id == one.request_id) & (QboNewItem.state == "approved")
    with store.transaction():
        QboNewItem.update(**values, lease="", done_at=clock.stamp(clock.now())).where(mine).execute()


def _new(row: QboNewItem) -> NewItem:
    return NewItem(
        row.item, row.name, row.state, row.sent.encode(), row.request_id, row.remote_id, row.code, row.message,
        row.other_id,
    )  # fmt: skip
