"""The hub's side of its tills: enrolled by a one-time code, known by their key, watched for a copy of themselves.

States: waiting (for the code to be typed at the till), on, doubled (two of them say they are this till: nothing is
taken from either until a person decided), revoked.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pos import clock
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import hub
from pos.said import said
from pos.store import audit, companies, entries, hub_places, notices
from pos.store.companies import Place
from pos.store.db import Store
from pos.store.keys import clean_name
from pos.store.models import HubTill
from pos.store.reach import EVERYWHERE, Reach

#: A one-time code works for so long.
CODE_MINUTES = 15
#: How often "seen" is written down when nothing else of a till changed.
SEEN_EVERY = timedelta(seconds=30)
#: Letters of a one-time code: none that is mistaken for another.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 10
_HUB_ID = "hub_id"

DOUBLED_REMEDY = said(
    "Find out which machine is the real one. Then `pos_server.py till keep` (or Keep, at Tills) makes a code for it, "
    "to be typed there with `pos_server.py hub join`. The other one needs a [till] id of its own. Noticed again after "
    "that, the real one needs a new id itself: the hub has what the other one sold."
)


@dataclass(frozen=True, slots=True)
class Till:
    """One till as the hub knows it. ids: what it goes by, then what it was called before. clock_off_seconds: how far
    its clock is ahead. head_sequence: what it says its newest document is; top_sequence: the newest that is here."""

    id: str
    name: str
    state: str
    till: str
    ids: tuple[str, ...]
    instance: str
    key_hash: str
    code_until: str
    added_at: str
    added_by: str
    joined_at: str
    first_joined_at: str
    revoked_at: str
    seen_at: str
    version: str
    clock_off_seconds: int
    head_sequence: int
    head_hash: str
    top_sequence: int
    why: str
    company: str = companies.MAIN
    shop: str = companies.MAIN

    @property
    def place(self) -> Place:
        """Whose it is and where it stands."""
        return Place(self.company, self.shop)


_NAMES = tuple(Till.__dataclass_fields__)
_OF_KEY = f"SELECT {', '.join(_NAMES)} FROM hub_till WHERE key_hash = ? AND revoked_at = ''"
#: A document of it came: what there is is left standing where there is nothing new. See `came`.
CAME = (
    "UPDATE hub_till SET top_sequence = coalesce(?, top_sequence), head_sequence = coalesce(?, head_sequence),"
    " head_hash = coalesce(?, head_hash), seen_at = ? WHERE id = ?"
)


@dataclass(frozen=True, slots=True)
class Joining:
    """What a till says of itself when it types its code. key_hash: SHA-256 of the key it made."""

    till: str
    ids: tuple[str, ...]
    instance: str
    key_hash: str
    version: str


def hub_id(store: Store) -> str:
    """The lasting id of this hub, made the first time it is asked for."""
    found = entries.meta(store, _HUB_ID, "")
    if not found:
        with store.transaction():
            found = entries.meta(store, _HUB_ID, "")
            if not found:
                found = clock.uuid7()
                entries.set_meta(store, _HUB_ID, found)
    return found


# -- codes and keys ----------------------------------------------------------------------------------------------------


def add(store: Store, name: str, by: str, place: Place | None = None) -> str:
    """One more till: the one-time code to type on it within CODE_MINUTES. Conflict when the name is taken."""
    name, now = clean_name(name), clock.now()
    here = place or Place(companies.MAIN, companies.MAIN)
    with store.transaction():
        _refuse_name(name)
        code, values = _code()
        HubTill.create(
            id=clock.uuid7(), name=name, state="waiting", added_at=clock.stamp(now), added_by=by, company=here.company,
            shop=here.shop, **values,
        )  # fmt: skip
        audit.record(store, by, "till.add", name, here._asdict())
    return code


def again(store: Store, name: str, by: str) -> str:
    """A new code for a till there is, to be typed on it: it makes itself a new key with it, and the old one works until
    then. NotFound, Conflict for one that is doubled."""
    with store.transaction():
        row = _named(name)
        if row.state == "doubled":
            raise Conflict(said("{name} is there twice. Decide first which one stays.", name=row.name), code="doubled")
        code, values = _code()
        HubTill.update(**values).where(HubTill.id == row.id).execute()
        audit.record(store, by, "till.rotate", row.name, {"till": row.till})
    return code


def keep(store: Store, name: str, by: str) -> str:
    """A person decided which of two machines is this till: a code for that one. The key both had works no more."""
    with store.transaction():
        row = _named(name)
        if row.state != "doubled":
            raise Conflict(said("{name} is not there twice.", name=row.name), code="not_doubled")
        code, values = _code()
        HubTill.update(**values, key_hash="").where(HubTill.id == row.id).execute()
        audit.record(store, by, "till.keep", row.name, {"till": row.till, "instance": row.instance})
    return code


def join(store: Store, code: str, told: Joining) -> Till:
    """A till typed its code: it is enrolled under the key it made. The same code with the same key again is the answer
    that got lost. Invalid: wrong, used or too old. Conflict: its id is another one's here."""
    code_hash = hub.digest(re.sub(r"[\s-]", "", code).upper())
    now = clock.stamp(clock.now())
    with store.transaction():
        row = HubTill.get_or_none((HubTill.code_hash == code_hash) & (HubTill.revoked_at == ""))
        if row is not None and not row.code_until and row.key_hash == told.key_hash and row.till == told.till:
            return _till(row)
        if row is None or row.code_until < now:
            raise Invalid(
                "This code is wrong, used or too old. Make a new one on the hub: `pos_server.py till add`.",
                field="code", code="code",
            )  # fmt: skip
        _refuse_id(store, row, told)
        hub_places.stands(store, Place(row.company, row.shop), told.ids)
        values = {
            "state": "on",
            "till": told.till,
            "ids": " ".join(told.ids),
            "key_hash": told.key_hash,
            "instance": told.instance,
            "version": told.version,
            "code_until": "",
            "joined_at": now,
            "first_joined_at": row.first_joined_at or now,
            "why": "",
        }
        HubTill.update(**values).where((HubTill.id == row.id) & (HubTill.code_until != "")).execute()
        audit.record(store, f"till:{told.till}", "till.join", row.name, {"till": told.till, "instance": told.instance})
        notices.settle(store, doubled_key(row.id))
        return _till(HubTill.get(HubTill.id == row.id))


def change_key(store: Store, key: str, key_hash: str) -> None:
    """A till made itself a new key and says so with the one it has. The same again changes nothing."""
    with store.transaction():
        changed = HubTill.update(key_hash=key_hash).where((HubTill.id == key) & (HubTill.key_hash != key_hash))
        if changed.execute():
            audit.record(store, f"till:{key}", "till.key", HubTill.get(HubTill.id == key).name, {})


def _refuse_id(store: Store, row: Any, told: Joining) -> None:
    if row.till and row.till != told.till:
        raise Conflict(said("This code is for {till}, and this till is {other}.", till=row.till, other=told.till),
                       code="other_till", field="till")  # fmt: skip
    own = {one.upper() for one in store.config.till.ids}
    for till in told.ids:  # those it had before, too: what it sends under them is taken as theirs
        if till.upper() in own:
            raise Conflict(
                said("{till} is the id of the hub itself. Give this till another [till] id.", till=till),
                code="till_taken", field="till",
            )  # fmt: skip
    for other in HubTill.select().where((HubTill.revoked_at == "") & (HubTill.till != "") & (HubTill.id != row.id)):
        if other.till.upper() == told.till.upper():
            raise Conflict(
                said(
                    "{till} is a till of this hub already ({name}). Give this one another [till] id, or withdraw that "
                    "one first.", till=told.till, name=other.name,
                ),
                code="till_taken", field="till",
            )  # fmt: skip


def _refuse_name(name: str) -> None:
    if HubTill.select().where((HubTill.name == name) & (HubTill.revoked_at == "")).exists():
        raise Conflict(said("There is a till called {name} already. Choose another name.", name=name), field="name")


def _code() -> tuple[str, dict[str, str]]:
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    until = clock.stamp(clock.now() + timedelta(minutes=CODE_MINUTES))
    return f"{code[:5]}-{code[5:]}", {"code_hash": hub.digest(code), "code_until": until}


# -- who it is ---------------------------------------------------------------------------------------------------------


def of_key(store: Store, secret: str) -> Till | None:
    """The till that holds this key; None when it is unknown or withdrawn. Asked with every request: one statement."""
    row = store.execute(_OF_KEY, (hub.digest(secret),)).fetchone()
    if row is None:
        return None
    values: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    return Till(**{**values, "ids": tuple(values["ids"].split())})


def of_till(store: Store, till: str) -> Till | None:
    """The till that goes by this id."""
    with store.reading():
        row = HubTill.get_or_none((HubTill.till == till) & (HubTill.revoked_at == ""))
    return _till(row) if row else None


def one(store: Store, key: str) -> Till:
    """A till by its key here, else by its name or its id. NotFound."""
    with store.reading():
        return _till(_named(key))


def whichever(store: Store, key: str) -> Till:
    """As `one`, a withdrawn one as well."""
    with store.reading():
        return _till(_named(key, revoked=True))


def every(store: Store, *, revoked: bool = False, reach: Reach = EVERYWHERE) -> list[Till]:
    """All of them within a reach, in order of their names."""
    with store.reading():
        asked = HubTill.select().order_by(HubTill.name, HubTill.added_at)
        rows = [_till(row) for row in (asked if revoked else asked.where(HubTill.revoked_at == ""))]
    return [row for row in rows if reach.has(row.place)]


def rename(store: Store, key: str, name: str, by: str) -> None:
    """Call it otherwise. Its id, and so its numbers, never change."""
    name = clean_name(name)
    with store.transaction():
        row = _named(key)
        if name == row.name:
            return
        _refuse_name(name)
        HubTill.update(name=name).where(HubTill.id == row.id).execute()
        audit.record(store, by, "till.rename", name, {"before": row.name, "till": row.till})


def revoke(store: Store, key: str, by: str) -> None:
    """Nothing is taken from it any more, from the next request on; what it sent stays. Twice is once."""
    with store.transaction():
        row = _named(key, revoked=True)
        if row.revoked_at:
            return
        values = {"revoked_at": clock.stamp(clock.now()), "state": "revoked", "code_until": "", "code_hash": ""}
        HubTill.update(**values).where(HubTill.id == row.id).execute()
        notices.settle(store, doubled_key(row.id))
        notices.settle(store, clock_key(row.id))
        audit.record(store, by, "till.revoke", row.name, {"till": row.till})


def _named(key: str, *, revoked: bool = False) -> Any:
    alive = HubTill.revoked_at == "" if not revoked else HubTill.id != ""
    row = HubTill.get_or_none(HubTill.id == key)
    row = (
        row or HubTill.get_or_none((HubTill.name == key) & alive) or HubTill.get_or_none((HubTill.till == key) & alive)
    )
    if row is None or (row.revoked_at and not revoked):
        raise NotFound(said("There is no till called {name} here.", name=key[: hub.TEXT_CHARS_MAX]), field="till")
    return row


# -- what is heard of it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """What the headers of a request say."""

    version: str
    instance: str
    head: hub.Head | None
    clock_off_seconds: int | None


def came(till: Till, top: int | None, head: hub.Head | None) -> tuple[Any, ...]:
    """What CAME is given: its newest document here by now, None for one that is not, and what it said its newest is."""
    return top, head.sequence if head else None, head.hash if head else None, clock.stamp(clock.now()), till.id


def heard(store: Store, till: Till, told: Heard, *, brings: bool = False) -> None:
    """Write down that it spoke, when that is news; its clock is compared. brings: a document comes with it, and that it
    spoke and what its newest one is are written down with that."""
    now, values = clock.now(), dict[str, Any]()
    if told.version and told.version != till.version:
        values["version"] = told.version[: hub.TEXT_CHARS_MAX]
    if told.head is not None and told.head.sequence != till.head_sequence and not brings:
        values |= {"head_sequence": told.head.sequence, "head_hash": told.head.hash}
    if told.clock_off_seconds is not None and abs(told.clock_off_seconds - till.clock_off_seconds) > 1:
        values["clock_off_seconds"] = max(-(10**9), min(told.clock_off_seconds, 10**9))
    if not values and brings:
        return
    if not values and till.seen_at and clock.parse(till.seen_at) <= now < clock.parse(till.seen_at) + SEEN_EVERY:
        return
    with store.transaction():
        HubTill.update(**values, seen_at=clock.stamp(now)).where(HubTill.id == till.id).execute()
        if "clock_off_seconds" in values:
            _flag_clock(store, till, values["clock_off_seconds"])


def _flag_clock(store: Store, till: Till, off: int) -> None:
    if abs(off) <= hub.CLOCK_OFF_SECONDS:
        notices.settle(store, clock_key(till.id))
        return
    words = (
        said("The clock of {till} is {n} seconds ahead of the hub's.", till=till.till, n=off)
        if off > 0
        else said("The clock of {till} is {n} seconds behind the hub's.", till=till.till, n=-off)
    )
    remedy = said("Set it, best by itself (NTP). Its sums are right all the same; moments on its receipts are not.")
    notices.raise_once(store, clock_key(till.id), "check", words, remedy, till.till)


def doubled(store: Store, till: Till, why: str) -> None:
    """Two say they are this till: nothing more is taken from either until a person decided."""
    with store.transaction():
        changed = (
            HubTill.update(state="doubled", why=str(why))
            .where((HubTill.id == till.id) & (HubTill.state == "on"))
            .execute()
        )
        if changed:
            text = said("{till} is there twice: {why}", till=till.till, why=why)
            notices.raise_notice(store, doubled_key(till.id), "needs", text, DOUBLED_REMEDY, till.till)
            audit.record(store, "hub", "till.doubled", till.name, {"till": till.till, "why": str(why)})


def doubled_key(key: str) -> str:
    return f"till:{key}:doubled"


def clock_key(key: str) -> str:
    return f"till:{key}:clock"


def _till(row: Any) -> Till:
    values = {name: getattr(row, name) for name in Till.__dataclass_fields__}
    return Till(**{**values, "ids": tuple(row.ids.split())})
