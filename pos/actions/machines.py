"""This till, and the other machines that may sign in at it: enrolled by a one-time code, withdrawn, last heard of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pos import __version__, clock
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.errors import NotFound
from pos.said import Said, nsaid, said
from pos.store import examine, keys, listing, shifts
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.listing import Asked, Page, Source

SHOWS = {"on": "d.revoked_at = ''", "off": "d.revoked_at <> ''", "all": "1 = 1"}
CSV = ("id", "name", "state", "enrolled_at", "enrolled_by", "code_until", "last_contact", "people", "revoked_at")
STATES = {
    "enrolled": (said("Enrolled"), "saved"),
    "waiting": (said("Waits for its code"), "waiting"),
    "late": (said("Its code is too old"), "check"),
    "revoked": (said("Withdrawn"), "offline"),
}
_MEGABYTE = 1 << 20
#: So many of the newest documents are held against the clock.
_NEWEST = 200
_SOURCE = Source(
    (
        "d.id", "d.name", "d.code_until", "d.enrolled_at", "d.enrolled_by", "d.revoked_at",
        "coalesce((SELECT max(s.seen_at) FROM sign_in s WHERE s.device = d.id), '')",
        "coalesce((SELECT group_concat(DISTINCT s.user) FROM sign_in s WHERE s.device = d.id AND s.ended_at = ''), '')",
    ),
    "device d",
    "d.id",
    {"name": "d.name", "made": "d.id", "enrolled": "d.enrolled_at"},
)  # fmt: skip


def here(store: Store, config: Config, journal: Journal) -> dict[str, Any]:
    """This till itself: version, room, clock, session, last document."""
    state, now = journal.health(), clock.now()
    row = store.execute(
        "SELECT number, created_at FROM document WHERE till = ? AND series = 'till' ORDER BY sequence DESC LIMIT 1",
        (config.till.id,),
    )
    number, made_at = row.fetchone() or ("", "")
    behind = max(int((clock.parse(made_at) - now).total_seconds()), 0) if made_at else 0
    session = shifts.current(store, config.till.id)
    return {
        "id": config.till.id,
        "name": config.till.name,
        "shop": config.shop.name,
        "version": __version__,
        "now": clock.stamp(now),
        "now_text": moment(store, config, clock.stamp(now), seconds=True),
        "timezone": config.shop.timezone,
        "clock_behind_seconds": behind,
        "clock_text": _clock(store, behind),
        "free_mb": state.free_bytes // _MEGABYTE,
        "can_save": state.can_save,
        "reason": state.reason,
        "number": number,
        "number_text": moment(store, config, made_at),
        "session": session.id if session else "",
    }


def _clock(store: Store, behind: int) -> Said:
    if behind:
        return nsaid(
            "{n} second behind its own last receipt: set it, best by itself (NTP)",
            "{n} seconds behind its own last receipt: set it, best by itself (NTP)",
            behind,
        )
    jumped = examine.back_in_time(store, _NEWEST)
    if jumped:
        return said("it ran back before {number}; numbers and sums are right all the same", number=jumped[0])
    return said("in step with its receipts")


def listed(store: Store, config: Config, show: str, asked: Asked) -> tuple[list[dict[str, Any]], Page]:
    """A page of other machines."""
    with store.reading():
        found = listing.page(store, _SOURCE, [SHOWS[show]], [], asked)
    return [_row(store, config, row) for row in found.rows], found


def every(store: Store, config: Config, show: str, asked: Asked) -> Iterator[dict[str, Any]]:
    """All of them, for an export."""
    return (_row(store, config, row) for row in listing.everything(store, _SOURCE, [SHOWS[show]], [], asked))


def one(store: Store, config: Config, key: str) -> dict[str, Any]:
    """One machine by its id. NotFound."""
    with store.reading():
        rows = listing.page(store, _SOURCE, ["d.id = ?"], [key], Asked(limit=1)).rows
    if not rows:
        raise NotFound("There is no such machine.", field="id")
    return _row(store, config, rows[0])


def enrol(store: Store, name: str, by: str) -> dict[str, Any]:
    """A one-time code for one more machine, told this once."""
    return {"secret": keys.add_device(store, name, by), "minutes": keys.ENROL_CODE_MINUTES}


def _row(store: Store, config: Config, row: tuple[Any, ...]) -> dict[str, Any]:
    key, name, code_until, enrolled_at, enrolled_by, revoked_at, seen_at, people = row
    waits = code_until >= clock.stamp(clock.now())
    state = "revoked" if revoked_at else "enrolled" if enrolled_at else "waiting" if waits else "late"
    words, tone = STATES[state]
    return {
        "id": key,
        "name": name,
        "state": state,
        "state_text": words,
        "tone": tone,
        "code_until": code_until,
        "code_until_text": moment(store, config, code_until),
        "enrolled_at": enrolled_at,
        "enrolled_text": moment(store, config, enrolled_at),
        "enrolled_by": enrolled_by,
        "last_contact": seen_at,
        "last_contact_text": moment(store, config, seen_at),
        "people": " ".join(sorted(people.split(","))) if people else "",
        "revoked_at": revoked_at,
        "revoked_text": moment(store, config, revoked_at),
        "works": not revoked_at,
    }
