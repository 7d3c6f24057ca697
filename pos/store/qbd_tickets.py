"""Sessions of Web Connectors. A ticket is long and random, handed out once, and kept only as its SHA-256; it is over
after `[qbwc] session_minutes` of silence. All of a session is in the database: any process answers the next call, and
one that dies between two calls loses nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.store.db import Store
from pos.store.keys import digest
from pos.store.models import QbdTicket as Rows

TICKET_CHARS_MAX = 100
#: The same machine's Web Connector works on one session at a time: one of it that is silent for so long was broken off.
BROKEN_OFF_SECONDS = 60
KEPT_DAYS = 90
PROBE_MINUTES = 5
WORDS_CHARS_MAX = 500
#: Passwords that begin so are probes': they open nothing and touch no queue.
PROBE = "probe-"


@dataclass(frozen=True, slots=True)
class Session:
    """One session. ticket: the SHA-256. outstanding: number of the work handed out and not answered, 0 = none. done:
    how many answers were booked. checked: the company file was found to be the right one."""

    ticket: str
    connection: str
    username: str
    address: str
    state: str
    client_version: str
    version: str
    company_file: str
    checked: bool
    outstanding: int
    done: int
    connection_errors: int
    last_error: str
    made_at: str
    seen_at: str
    until: str
    closed_at: str


#: Asked with each call, so it is written out.
_FIND = f"SELECT {', '.join(Session.__slots__)} FROM qbd_ticket WHERE ticket = ? AND state <> 'probe'"


def unused() -> str:
    """A ticket that belongs to no session: for whoever is not let in, or has no work."""
    return secrets.token_urlsafe(32)


def find(store: Store, ticket: str) -> Session | None:
    """The session of a ticket in whatever state; None when there never was one."""
    if not ticket or len(ticket) > TICKET_CHARS_MAX:
        return None
    with store.reading():
        row = store.execute(_FIND, (digest(ticket),)).fetchone()
    if row is None:
        return None
    found = dict(zip(Session.__slots__, row, strict=True))
    return Session(**{**found, "checked": bool(found["checked"])})


def is_live(session: Session, now: datetime) -> bool:
    """Open, and not silent for too long."""
    return session.state == "open" and clock.parse(session.until) > now


def holder(store: Store, connection: str) -> Session | None:
    """The open session that called last, also one that is silent for too long."""
    with store.reading():
        row = (
            Rows.select()
            .where((Rows.connection == connection) & (Rows.state == "open"))
            .order_by(Rows.seen_at.desc())
            .first()
        )
    return _session(row) if row is not None else None


def is_in_the_way(session: Session, address: str, now: datetime) -> bool:
    """Whether a session keeps one that begins now from the company. It does not when it is over, or comes from the same
    address and was silent for a while: a Web Connector works on one at a time, so it has been broken off. Nor when it
    called at a moment that is still to come: the clock was set back, and it would be in the way until then."""
    if not is_live(session, now):
        return False
    silent, while_ = now - clock.parse(session.seen_at), timedelta(seconds=BROKEN_OFF_SECONDS)
    return silent > -while_ and (session.address != address or silent < while_)


def begin(
    store: Store, connection: str, username: str, address: str, now: datetime, *, client_version: str, company_file: str
) -> str:
    """A new session: its ticket, which only the caller ever has. In the caller's transaction."""
    ticket = secrets.token_urlsafe(32)
    at = clock.stamp(now)
    old = clock.stamp(now - timedelta(days=KEPT_DAYS))
    Rows.delete().where((Rows.made_at < old) & (Rows.state != "open")).execute()
    Rows.create(
        ticket=digest(ticket), connection=connection, username=username, address=address, client_version=client_version,
        company_file=company_file, made_at=at, seen_at=at, until=_until(store, now),
    )  # fmt: skip
    return ticket


def keep(store: Store, session: Session, now: datetime, **values: Any) -> None:
    """The session called: its time begins anew, and what is said of it here is kept. In the caller's transaction."""
    kept: Mapping[str, Any] = {**values, "seen_at": clock.stamp(now), "until": _until(store, now)}
    if "last_error" in kept:
        kept = {**kept, "last_error": kept["last_error"][:WORDS_CHARS_MAX]}
    facts = [int(value) if isinstance(value, bool) else value for value in kept.values()]
    sets = ", ".join(f"{name} = ?" for name in kept)  # at each call, so it is written out
    store.execute(f"UPDATE qbd_ticket SET {sets} WHERE ticket = ?", [*facts, session.ticket])


def end(session: Session, state: str, now: datetime) -> bool:
    """Close it (closed, expired, dropped); whether it was open. In the caller's transaction."""
    ended = Rows.update(state=state, closed_at=clock.stamp(now)).where(
        (Rows.ticket == session.ticket) & (Rows.state == "open")
    )
    return bool(ended.execute())


def came_from(store: Store, username: str, address: str) -> bool:
    """Whether a session of this user was opened from this address lately."""
    with store.reading():
        return Rows.select().where((Rows.username == username) & (Rows.address == address)).exists()


# -- probes ------------------------------------------------------------------------------------------------------------


def make_probe(store: Store, connection: str, username: str, now: datetime, extra: str = "") -> str:
    """A password that works once, for a few minutes, and signs in to nothing: whoever shows it hears "no work". Proves
    the way here without knowing the real password and without touching the queue. extra: letters it shall have too."""
    password = f"{PROBE}{secrets.token_urlsafe(24)}{extra}"
    at = clock.stamp(now)
    with store.transaction():
        Rows.delete().where((Rows.state == "probe") & (Rows.until < at)).execute()
        Rows.create(
            ticket=digest(password), connection=connection, username=username, state="probe", made_at=at, seen_at=at,
            until=clock.stamp(now + timedelta(minutes=PROBE_MINUTES)),
        )  # fmt: skip
    return password


def is_probe(store: Store, username: str, password: str, now: datetime) -> bool:
    """Whether user and password are a probe's. It works once."""
    if not password.startswith(PROBE) or len(password) > TICKET_CHARS_MAX:
        return False
    at = clock.stamp(now)
    with store.transaction():
        gone = Rows.delete().where(
            (Rows.ticket == digest(password)) & (Rows.state == "probe") & (Rows.username == username)
            & (Rows.until >= at)
        )  # fmt: skip
        return bool(gone.execute())


def _until(store: Store, now: datetime) -> str:
    return clock.stamp(now + timedelta(minutes=store.config.qbwc.session_minutes))


def _session(row: Any) -> Session:
    return Session(**{name: getattr(row, name) for name in Session.__slots__})
