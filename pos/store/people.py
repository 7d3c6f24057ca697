"""Who may use the till: people and their PINs, sign-ins, enrolled devices, keys for programs.

PINs are kept as argon2id; everything long and random (cookies, tokens, codes) as SHA-256. No secret is stored or logged
in clear, and each is handed out once. Failures are counted in the table, so a lock-out survives a restart.
"""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from argon2 import PasswordHasher

from pos import clock
from pos.errors import CannotSave, Conflict, Invalid, NotFound
from pos.rules import hub, rights
from pos.rules.inventory_approval import ENV
from pos.said import said
from pos.store import audit
from pos.store import rights as tables
from pos.store.db import Store
from pos.store.keys import (
    SEEN_EVERY,
    Actor,
    add_device,
    add_token,
    clean_name,
    devices,
    digest,
    enrol,
    find_device,
    find_token,
    revoke_device,
    revoke_token,
    rotate_token,
    tokens,
)
from pos.store.models import SignIn, User
from pos.store.tries import LockedOut, Tries, WrongPin

__all__ = [
    "Actor",
    "LockedOut",
    "Person",
    "WrongPin",
    "add_device",
    "add_token",
    "add_user",
    "check_badge",
    "check_pin",
    "devices",
    "end",
    "end_all",
    "enrol",
    "find_device",
    "find_sign_in",
    "find_token",
    "lock",
    "new_badge",
    "people",
    "refuse_hubs",
    "revoke_device",
    "revoke_token",
    "rotate_token",
    "set_active",
    "set_badge",
    "set_pin",
    "sign_in",
    "sign_ins",
    "tokens",
    "touch",
    "unlock",
]

PIN = re.compile(r"[0-9]{4,8}\Z")
CODE = re.compile(r"[A-Za-z0-9_-]{1,20}\Z")
BADGE_CHARS_MIN = 8
_BADGE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

PINS = Tries(
    "pin_hash",
    "failed",
    "locked_until",
    act="pin.locked_out",
    wrong=lambda: WrongPin("Code or PIN is wrong.", field="pin"),
    locked=lambda local: said(
        "Too many wrong PINs. Try again after {local}, or ask a manager to set a new PIN.", local=local
    ),
    hasher=PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1),
)


@dataclass(frozen=True, slots=True)
class Person:
    code: str
    name: str
    role: str
    active: bool
    locked_until: str
    has_pin: bool


# -- people ------------------------------------------------------------------------------------------------------------


def add_user(store: Store, code: str, name: str, role: str, pin: str | None = None, by: str = "system") -> None:
    """Add a person, or bring a former one back. Conflict when the code is in use, Invalid names the field."""
    name = clean_name(name)
    if not CODE.match(code) or code in ENV:
        raise Invalid("A code is 1 to 20 letters and digits.", field="code")
    if role not in rights.ROLES:
        raise Invalid(
            said("There is no role {role}; roles are: {list}.", role=repr(role), list=", ".join(rights.ROLES)),
            field="role",
        )
    pin_hash = "" if pin is None else _hash(pin)
    refuse_hubs(store, code)
    with store.transaction():
        if User.select().where((User.code == code) & (User.active == 1)).exists():
            raise Conflict(
                said("The code {code} is in use. Choose another, or set a new PIN with `user pin {code}`.", code=code),
                field="code",
            )
        User.put(code=code, name=name, role=role, pin_hash=pin_hash, modified=clock.stamp(clock.now()))
        audit.record(store, by, "user.add", code, {"name": name, "role": role})


def set_pin(store: Store, code: str, pin: str, by: str = "system") -> None:
    """Give a person a new PIN; the lock-out is lifted and every sign-in of theirs ends."""
    pin_hash = _hash(pin)
    refuse_hubs(store, code)
    with store.transaction():
        changed = (
            User.update(**PINS.fresh(pin_hash), modified=clock.stamp(clock.now()))
            .where((User.code == code) & (User.active == 1))
            .execute()
        )
        if not changed:
            raise NotFound(said("Nobody here has the code {code}.", code=code), field="code")
        end_all(code)
        audit.record(store, by, "user.pin", code, {})


def set_active(store: Store, code: str, active: bool, by: str = "system") -> None:
    """Let a person work here, or no longer; a person who left is signed out everywhere."""
    refuse_hubs(store, code)
    with store.transaction():
        if not User.update(active=active, modified=clock.stamp(clock.now())).where(User.code == code).execute():
            raise NotFound(said("Nobody here has the code {code}.", code=code), field="code")
        if not active:
            end_all(code)
        audit.record(store, by, "user.active", code, {"active": active})


def refuse_hubs(store: Store, code: str) -> None:
    """Conflict for somebody the hub told this till of: what is changed here would be undone, or stay at one till."""
    if not store.config.hub.url:
        return
    with store.reading():
        found = User.get_or_none((User.code == code) & (User.source == hub.KIND))
    if found is not None:
        raise Conflict(
            said("{name} is kept at the hub. Change that there.", name=found.name), code="at_hub", field="code"
        )


def people(store: Store) -> list[Person]:
    """Everybody, by code."""
    return [_person(user) for user in User.select().order_by(User.code).execute(store.database)]


def _person(user: User) -> Person:
    return Person(user.code, user.name, user.role, user.active, user.locked_until, bool(user.pin_hash))


def check_pin(store: Store, code: str, pin: str) -> Person:
    """The person with this code and PIN. WrongPin or LockedOut, as `tries` counts."""
    return _person(PINS.check(store, code, pin))


def check_badge(store: Store, badge: str, pin: str) -> Person:
    """The person with this badge and PIN. WrongPin or LockedOut, as `check_pin`."""
    person = _holder(badge)
    return check_pin(store, person.code if person else "", pin)


def _holder(badge: str) -> Person | None:
    user = User.get_or_none((User.badge_hash == digest(badge.strip())) & (User.active == 1)) if badge.strip() else None
    return None if user is None else _person(user)


def set_badge(store: Store, code: str, badge: str | None = None, by: str = "system") -> str:
    """Give a person a badge; the text to print on it, made here unless it is a card they have already.

    A new one takes the place of the old. "" takes it away. Conflict when somebody else holds it.
    """
    text = new_badge() if badge is None else badge.strip()
    if text and (len(text) < BADGE_CHARS_MIN or not text.isprintable() or len(text) > 100):
        raise Invalid(
            said("A badge has {badge_chars_min} to 100 letters and digits.", badge_chars_min=BADGE_CHARS_MIN),
            field="badge",
        )
    refuse_hubs(store, code)
    with store.transaction():
        holder = _holder(text)
        if holder is not None and holder.code != code:
            raise Conflict(said("This badge is {name}'s.", name=holder.name), field="badge")
        if text:  # of somebody who left: the card is handed on
            User.update(badge_hash="").where((User.badge_hash == digest(text)) & (User.active == 0)).execute()
        changed = User.update(badge_hash=digest(text) if text else "", modified=clock.stamp(clock.now()))
        if not changed.where((User.code == code) & (User.active == 1)).execute():
            raise NotFound(said("Nobody here has the code {code}.", code=code), field="code")
        audit.record(store, by, "user.badge", code, {"given": bool(text)})
    return text


def new_badge() -> str:
    """A badge nobody guesses, in letters every scanner reads."""
    return "TB" + "".join(secrets.choice(_BADGE_LETTERS) for _ in range(18))


# -- sign-ins ----------------------------------------------------------------------------------------------------------

#: Sign-in -> when it was last used. A write a minute is enough on disk; the idle lock needs it exactly.
_seen: dict[str, datetime] = {}


def sign_in(
    store: Store,
    code: str,
    pin: str,
    device: str = "",
    *,
    badge: str = "",
    former: Actor | None = None,
    basket: str = "",
) -> tuple[str, Actor]:
    """Check who it is and open a sign-in on a device ("" = this machine). Returns the cookie's secret and who it is.

    former: who was signed in on this screen until now; that sign-in ends. basket: the id of the basket that stays on
    the screen with the new person, kept in the audit.
    """
    person = _by_badge(store, badge, pin) if badge else check_pin(store, code, pin)
    secret = secrets.token_urlsafe(32)
    key, now = digest(secret), clock.stamp(clock.now())
    with store.transaction():
        SignIn.create(secret_hash=key, user=person.code, device=device, created_at=now, seen_at=now)
        audit.record(
            store, person.code, "sign_in", person.code, {"device": device} | ({"by": "badge"} if badge else {})
        )
        if former is not None and former.via == "pin":
            end(store, former.key)
            if former.code != person.code:
                detail = {"from": former.code, "to": person.code, "device": device, "basket": basket}
                audit.record(store, person.code, "cashier.change", basket or person.code, detail)
    return secret, Actor(person.code, person.name, person.role, "pin", key, device, table=tables.of(store))


def _by_badge(store: Store, badge: str, pin: str) -> Person:
    """Who holds the badge: with the PIN, or without where the shop says that the badge is enough."""
    if store.config.security.badge_needs_pin:
        return check_badge(store, badge, pin)
    person = _holder(badge)
    if person is None:
        PINS.waste("0000")
        raise WrongPin("This badge is not known here.", field="badge")
    PINS.refuse_locked(store, person.locked_until, clock.now())
    return person


_FIND = (
    "SELECT u.code, u.name, u.role, s.device, s.locked, s.created_at, s.seen_at"
    " FROM sign_in s JOIN user u ON u.code = s.user WHERE s.secret_hash = ? AND s.ended_at = ''"
    " AND s.place = 'till' AND u.active = 1"
)


def find_sign_in(store: Store, secret: str) -> Actor | None:
    """Who holds this cookie, or None when it is unknown, ended or too old. Locks it when it lay idle too long.

    One indexed read; it runs in front of each request.
    """
    key = digest(secret)
    row = store.execute(_FIND, (key,)).fetchone()
    if row is None:
        return None
    code, name, role, device, locked, created_at, seen_at = row
    now = clock.now()
    if now - clock.parse(created_at) > timedelta(hours=store.config.security.sign_in_hours):
        with suppress(CannotSave):
            end(store, key)
        return None
    idle = store.config.till.idle_lock_seconds
    seen = max(clock.parse(seen_at), _seen.get(key, clock.parse(seen_at)))
    if idle and not locked and now - seen > timedelta(seconds=idle):
        locked = True
        with suppress(CannotSave):
            lock(store, key)
    return Actor(code, name, role, "pin", key, device, bool(locked), seen_at, tables.of(store))


def touch(store: Store, actor: Actor) -> None:
    """The person just used the till. Written down at most once a minute; a full disk keeps nobody from looking."""
    if actor.via != "pin" or actor.locked:
        return
    now = clock.now()
    _seen[actor.key] = now
    if not actor.seen_at or now - clock.parse(actor.seen_at) >= SEEN_EVERY:
        with suppress(CannotSave):
            _change(store, actor.key, seen_at=clock.stamp(now))


def lock(store: Store, key: str) -> None:
    """Lock a sign-in: it keeps its person, and does nothing until unlocked."""
    _change(store, key, locked=True)


def unlock(store: Store, actor: Actor, pin: str) -> Actor:
    """Open a locked sign-in with its own person's PIN."""
    check_pin(store, actor.code, pin)
    _change(store, actor.key, locked=False, seen_at=clock.stamp(clock.now()))
    _seen[actor.key] = clock.now()
    return replace(actor, locked=False)


def end(store: Store, key: str) -> None:
    """Sign out."""
    _seen.pop(key, None)
    _change(store, key, ended_at=clock.stamp(clock.now()))


def sign_ins(store: Store) -> list[tuple[str, str, str]]:
    """Open sign-ins as (person, device, last seen), newest first."""
    rows = SignIn.select().where(SignIn.ended_at == "").order_by(SignIn.seen_at.desc()).execute(store.database)
    return [(s.user, s.device, s.seen_at) for s in rows]


def _change(store: Store, key: str, **values: Any) -> None:
    with store.transaction():
        SignIn.update(**values).where((SignIn.secret_hash == key) & (SignIn.ended_at == "")).execute()


def end_all(code: str) -> None:
    SignIn.update(ended_at=clock.stamp(clock.now())).where((SignIn.user == code) & (SignIn.ended_at == "")).execute()


# -- PINs --------------------------------------------------------------------------------------------------------------


def is_first_guess(pin: str) -> bool:
    """Whether it is what anybody would try first: all alike, or a straight run up or down."""
    return {int(b) - int(a) for a, b in pairwise(pin)} in ({0}, {1}, {-1})


def _hash(pin: str) -> str:
    if not PIN.match(pin):
        raise Invalid("A PIN is 4 to 8 digits.", field="pin")
    if is_first_guess(pin):
        raise Invalid("Choose a PIN that is neither one digit again and again nor a row like 1234.", field="pin")
    return PINS.hash(pin)
