"""Passwords and sign-ins of the console. Apart from the till's: another secret, another cookie, another count of tries.

Wrong passwords lock the console for that person, never their PIN: nobody stops a till from selling by guessing here.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta

from argon2 import PasswordHasher

from pos import clock
from pos.errors import CannotSave, Invalid, NotFound
from pos.rules import password as rule
from pos.said import said
from pos.store import audit, people
from pos.store import rights as tables
from pos.store.db import Store
from pos.store.keys import SEEN_EVERY, Actor, digest
from pos.store.models import SignIn, User
from pos.store.tries import Tries, WrongPin

#: Where such a sign-in counts.
PLACE = "console"

#: Its turn is not the PINs': a flood of guesses costs one processor, and no cashier waits behind it.
PASSWORDS = Tries(
    "password_hash",
    "password_failed",
    "password_locked_until",
    act="password.locked_out",
    wrong=lambda: WrongPin("Code or password is wrong.", code="wrong_password", field="password"),
    locked=lambda local: said(
        "Too many wrong passwords. Try again after {local}, or have a new one set with `user password`.", local=local
    ),
    hasher=PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1),
)


def set_password(store: Store, code: str, password: str | None, by: str = "system") -> None:
    """Give a person a password for the console, or take it away (None). The lock-out is lifted, their console sign-ins
    end. Invalid when it is easily guessed."""
    user = User.get_or_none((User.code == code) & (User.active == 1))
    if user is None:
        raise NotFound(said("Nobody here has the code {code}.", code=code), field="code")
    hashed = ""
    if password is not None:
        rule.check(password, code, user.name, store.config.shop.name)
        hashed = PASSWORDS.hash(password)
    with store.transaction():
        User.update(**PASSWORDS.fresh(hashed), modified=clock.stamp(clock.now())).where(User.code == code).execute()
        _end(SignIn.user == code)
        audit.record(store, by, "user.password", code, {"given": bool(hashed)})


def check(store: Store, code: str, password: str) -> people.Person:
    """The person with this code and password. WrongPin or LockedOut, as `tries` counts; which of the two is wrong is
    not said."""
    if len(password) > rule.CHARS_MAX:
        raise PASSWORDS.wrong()
    user = PASSWORDS.check(store, code, password)
    return people.Person(user.code, user.name, user.role, user.active, user.locked_until, bool(user.pin_hash))


def second(store: Store, code: str, secret: str, first: Actor, right: str) -> people.Person:
    """Another person who agrees to what `first` does, with their PIN or password. Invalid when they may not, or when a
    program asks: whoever holds its key and a PIN is still one person."""
    if first.via == "token":
        raise Invalid("A program's key is nobody: two people do this, the first signed in.", field="second")
    if not code.strip() or not secret:
        raise Invalid("A second person agrees to this: their code, and their PIN or password.", field="second")
    proof = people.check_pin if people.PIN.match(secret) else check
    person = proof(store, code.strip(), secret)
    if person.code == first.code:
        raise Invalid("The second person is somebody else.", field="second")
    if not tables.of(store).allowed(person.role, right):
        raise Invalid(said("{name} may not agree to this.", name=person.name), field="second")
    return person


# -- sign-ins ----------------------------------------------------------------------------------------------------------


def sign_in(store: Store, code: str, password: str, device: str = "", former: str = "") -> tuple[str, Actor]:
    """Check who it is and open a sign-in. Returns the cookie's new secret and who it is. former: the secret of the
    sign-in this browser held until now; it ends, so that no cookie from before survives."""
    person = check(store, code, password)
    secret = secrets.token_urlsafe(32)
    key, now = digest(secret), clock.stamp(clock.now())
    with store.transaction():
        if former:
            _end(SignIn.secret_hash == digest(former))
        SignIn.create(secret_hash=key, user=person.code, device=device, created_at=now, seen_at=now, place=PLACE)
        audit.record(store, person.code, "console.sign_in", person.code, {"device": device})
    return secret, Actor(person.code, person.name, person.role, "password", key, device, table=tables.of(store))


_FIND = (
    "SELECT u.code, u.name, u.role, s.device, s.created_at, s.seen_at FROM sign_in s JOIN user u ON u.code = s.user"
    " WHERE s.secret_hash = ? AND s.place = 'console' AND s.ended_at = '' AND u.active = 1 AND u.password_hash <> ''"
)


def find(store: Store, secret: str) -> Actor | None:
    """Who holds this cookie, or None when it is unknown, over, too old or lay idle too long."""
    key = digest(secret)
    row = store.execute(_FIND, (key,)).fetchone()
    if row is None:
        return None
    code, name, role, device, created_at, seen_at = row
    limits, now = store.config.console, clock.now()
    too_old = now - clock.parse(created_at) > timedelta(hours=limits.sign_in_hours)
    if too_old or now - clock.parse(seen_at) > timedelta(minutes=limits.idle_minutes):
        with suppress(CannotSave):
            end(store, key)
        return None
    return Actor(code, name, role, "password", key, device, False, seen_at, tables.of(store))


def touch(store: Store, actor: Actor) -> None:
    """The person did something here. Written down at most once a minute."""
    now = clock.now()
    if actor.via == "password" and now - clock.parse(actor.seen_at) >= SEEN_EVERY:
        with suppress(CannotSave), store.transaction():
            SignIn.update(seen_at=clock.stamp(now)).where(
                (SignIn.secret_hash == actor.key) & (SignIn.ended_at == "")
            ).execute()


def end(store: Store, key: str) -> None:
    """Sign out."""
    with store.transaction():
        _end(SignIn.secret_hash == key)


def _end(which: object) -> None:
    now = clock.stamp(clock.now())
    SignIn.update(ended_at=now).where(which & (SignIn.place == PLACE) & (SignIn.ended_at == "")).execute()
