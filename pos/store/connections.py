"""Connections: a row per accounting system that is set up, what is known of its line, and how far feeds were pulled."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pos import clock
from pos.errors import BadSettings
from pos.store import companies as companies_of
from pos.store import notices
from pos.store.db import Store
from pos.store.models import Connection, Cursor, Meta, Outbox, QboToken

#: Set by whoever loads the demo shop; such a database must never reach a real set of books.
DEMO_KEY = "demo"
#: Kinds whose settings are the server's, and whose sign-in is each company's.
SIGNED_IN = ("quickbooks",)
#: Kinds no setting switches on: a company does.
BY_COMPANY = ("quickbooks_desktop",)


class Wanted(NamedTuple):
    """A connection the settings ask for: `kind` names its connector, `address` where it speaks to."""

    id: str
    kind: str
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of one connection's line. Moments are clock.stamp() text, empty = never or not now.

    title: what people call it, with the name of its company where there are several; name: without.
    """

    id: str
    kind: str
    title: str
    paused_reason: str
    last_contact_at: str
    last_error: str
    retry_at: str
    offline_since: str
    company: str = "main"
    name: str = ""


def sync(store: Store, wanted: Iterable[tuple[str, str, str, str]]) -> None:
    """Make the rows follow the settings, before the first sale: new ones on, missing ones off, none deleted.

    Where there are several companies, books that each signs in to for itself are the first one's once it did.
    BadSettings when this is the demo shop and an address is not on this machine: demo sales never reach real books; and
    when a row would go off under other servers of this store, whose settings have it: what came in would be in none.
    """
    known = [Wanted(*one) for one in wanted]
    listed = [one for one in known if not _another_companys(store, one)]
    for one in listed:
        refuse_demo(store, one.address)
    own = (Connection.company == "main") | Connection.kind.not_in([one.kind for one in known])
    own &= Connection.kind.not_in(BY_COMPANY)
    gone = Connection.id.not_in([one.id for one in listed]) & (Connection.enabled == 1) & own
    _refuse_under_others(store, gone)
    with store.transaction():
        for one in listed:
            changed = (
                Connection.update(kind=one.kind, title=one.title, enabled=True).where(Connection.id == one.id).execute()
            )
            if not changed:
                Connection.create(id=one.id, kind=one.kind, title=one.title)
        Connection.update(enabled=False).where(gone).execute()


def _refuse_under_others(store: Store, gone: Any) -> None:
    with store.reading():
        titles = [row.title for row in Connection.select(Connection.title).where(gone).order_by(Connection.id)]
    if titles and store.database.others():
        raise BadSettings(
            f"{', '.join(titles)} is not set here, and other servers of this hub work with it: what tills send would "
            "go to no books. Give this one the same settings; or, to go on without, stop all of them first.",
            code="connection_off",
        )


def of_company(store: Store, wanted: Wanted, company: str) -> None:
    """The connection of a company: on from now on, its tills' documents are queued for it."""
    refuse_demo(store, wanted.address)
    with store.transaction():
        values = {"kind": wanted.kind, "title": wanted.title, "company": company, "enabled": True}
        if not Connection.update(**values).where(Connection.id == wanted.id).execute():
            Connection.create(id=wanted.id, **values)


def switch_off(store: Store, connection: str) -> None:
    """Documents made from now on are not queued for it."""
    with store.transaction():
        Connection.update(enabled=False).where(Connection.id == connection).execute()


def _another_companys(store: Store, one: Wanted) -> bool:
    """Whether the settings that switch a kind on stand for other companies alone: the first never signed in, and
    nothing waits for it to."""
    if one.kind not in SIGNED_IN or store.config.server.role == "till" or not companies_of.are_several(store):
        return False
    with store.reading():
        signed = QboToken.select().where((QboToken.connection == one.id) & (QboToken.realm != ""))
        return not signed.exists() and not Outbox.select().where(Outbox.connection == one.id).exists()


def refuse_demo(store: Store, address: str) -> None:
    """BadSettings when this database holds the demo shop and the address is another machine's."""
    if is_demo(store) and not on_this_machine(address):
        raise BadSettings(
            f"This is the demo shop; it does not speak to {urlsplit(address).hostname or address}. Take the connection"
            " out of the settings, or start with an empty data folder for the real shop."
        )


def is_demo(store: Store) -> bool:
    """Whether this database was filled with the demo shop."""
    with store.reading():
        return Meta.select().where((Meta.key == DEMO_KEY) & (Meta.value != "")).exists()


def mark_demo(store: Store) -> None:
    """This database holds the demo shop from now on. Inside the transaction that fills it."""
    store.execute("INSERT INTO meta (key, value) VALUES (?, '1') ON CONFLICT (key) DO NOTHING", (DEMO_KEY,))


def on_this_machine(address: str) -> bool:
    """Whether an address names loopback. A name that only resolves to it does not count: resolvers can change."""
    host = (urlsplit(address).hostname or "").rstrip(".")
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def lines(store: Store, companies: Collection[str] | None = None) -> list[Line]:
    """Every connection that is on, in order of id; companies: only those of these."""
    with store.reading():
        names = _names(store)
        found = Connection.select().where(Connection.enabled == 1).order_by(Connection.id)
        return [_line(c, names) for c in found if companies is None or c.company in companies]


def every(store: Store) -> list[Line]:
    """Every connection there is or was, on or off, in order of id."""
    with store.reading():
        names = _names(store)
        return [_line(c, names) for c in Connection.select().order_by(Connection.id)]


def line(store: Store, connection: str) -> Line:
    """One connection's line, as it is known now."""
    with store.reading():
        return _line(Connection.get(Connection.id == connection), _names(store))


def reached(store: Store, connection: str, now: datetime) -> bool:
    """They answered. True when the line had been away. The moment is written down at most once a minute."""
    before = line(store, connection)
    stamp = clock.stamp(now)
    was_away = bool(before.offline_since or before.retry_at or before.last_error)
    if was_away or before.last_contact_at[:16] != stamp[:16]:
        with store.transaction():
            Connection.update(last_contact_at=stamp, last_error="", retry_at="", offline_since="").where(
                Connection.id == connection
            ).execute()
    return was_away


def away(store: Store, connection: str, now: datetime, message: str, retry_at: datetime | None) -> bool:
    """The line does not work; nothing is tried before `retry_at`. True when the silence begins; its start is kept."""
    before = line(store, connection)
    values = {
        "last_error": message,
        "retry_at": clock.stamp(retry_at) if retry_at else "",
        "offline_since": before.offline_since or clock.stamp(now),
    }
    if any(getattr(before, name) != value for name, value in values.items()):
        with store.transaction():
            Connection.update(**values).where(Connection.id == connection).execute()
    return not before.offline_since


def pause(store: Store, connection: str, reason: str, remedy: str) -> None:
    """Nothing is sent until a person acted; the queue is kept. A notice says so once."""
    with store.transaction():
        title = line(store, connection).title
        changed = (
            Connection.update(paused_reason=reason)
            .where((Connection.id == connection) & (Connection.paused_reason != reason))
            .execute()
        )
        if changed:
            notices.raise_notice(store, _paused_key(connection), "needs", f"{title}: {reason}", remedy, connection)


def resume(store: Store, connection: str) -> bool:
    """The cause of the pause is gone; True when there was one."""
    with store.transaction():
        changed = (
            Connection.update(paused_reason="")
            .where((Connection.id == connection) & (Connection.paused_reason != ""))
            .execute()
        )
        if changed:
            notices.settle(store, _paused_key(connection))
        return bool(changed)


def facts(store: Store, kind: str) -> dict[str, Any]:
    """What the setup command of a kind learned of its site; {} when it never ran."""
    with store.reading():
        kept = Meta.get_or_none(Meta.key == f"facts.{kind}")
    found = json.loads(kept.value) if kept else {}
    return found if isinstance(found, dict) else {}


def keep_facts(store: Store, kind: str, learned: Mapping[str, Any]) -> None:
    """Keep what setup learned, in place of what it learned before. Plain JSON values only."""
    with store.transaction():
        Meta.put(key=f"facts.{kind}", value=json.dumps(dict(learned), sort_keys=True))


# -- how far feeds were pulled -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a feed was pulled. moved_at: last change of the cursor; checked_at: start of the last complete pull."""

    value: str
    moved_at: str
    checked_at: str


def mark(store: Store, connection: str, feed: str) -> Mark:
    """The cursor of a feed; all empty when it was never pulled."""
    with store.reading():
        row = Cursor.get_or_none((Cursor.connection == connection) & (Cursor.feed == feed))
    return Mark(row.value, row.moved_at, row.checked_at) if row else Mark("", "", "")


def moved_at(store: Store) -> str:
    """When anything was last brought in by any feed; another text after each."""
    row = store.execute("SELECT max(moved_at) FROM cursor").fetchone()
    return row[0] or ""


def move(store: Store, connection: str, feed: str, value: str, now: datetime) -> None:
    """Set the cursor. Called inside the transaction that writes the rows it stands for."""
    with store.transaction():
        same = (Cursor.connection == connection) & (Cursor.feed == feed)
        if Cursor.update(value=value, moved_at=clock.stamp(now)).where(same & (Cursor.value != value)).execute():
            return
        if not Cursor.select().where(same).exists():
            Cursor.create(connection=connection, feed=feed, value=value, moved_at=clock.stamp(now))


def checked(store: Store, connection: str, feed: str, started: datetime, before: Mark | None = None) -> None:
    """A pull of this feed that began at `started` reached its end. before: the mark it began with; when the cursor is
    the same now, what was read was only read again, and `moved_at` stays what it was."""
    with store.transaction():
        row = Cursor.get_or_none((Cursor.connection == connection) & (Cursor.feed == feed))
        if row is None:
            Cursor.create(connection=connection, feed=feed, checked_at=clock.stamp(started))
            return
        moved_at = before.moved_at if before is not None and before.value == row.value else row.moved_at
        Cursor.update(checked_at=clock.stamp(started), moved_at=moved_at).where(
            (Cursor.connection == connection) & (Cursor.feed == feed)
        ).execute()


def _names(store: Store) -> dict[str, str]:
    """What companies are called, where there is more than one; else nobody need be told."""
    if store.config.server.role == "till":
        return {}
    found = companies_of.every(store)
    return {one.id: one.name for one in found} if len(found) > 1 else {}


def _line(c: Connection, names: Mapping[str, str]) -> Line:
    title = f"{c.title}, {names[c.company]}" if c.company in names else c.title
    return Line(
        c.id, c.kind, title, c.paused_reason, c.last_contact_at, c.last_error, c.retry_at, c.offline_since, c.company,
        c.title,
    )  # fmt: skip


def _paused_key(connection: str) -> str:
    return f"connection:{connection}:paused"
