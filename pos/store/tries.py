"""Secrets people type: kept as argon2id, tries counted in the table, a lock-out after too many. One mechanism for the
PIN of the till and the password of the console; each has its own columns, its own turn and its own words, so that
wrong passwords never lock a till.

A try is counted before the secret is looked at, so stopping the server in between gives no free guess. After the last
free try each further wrong one locks again; only the right secret, or a new one, clears the count. A code nobody has
costs the same work.
"""

from __future__ import annotations

import functools
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pos import clock
from pos.errors import UserError
from pos.store import audit
from pos.store.db import Store
from pos.store.models import User


class WrongPin(UserError):
    """Code or secret is wrong; which of the two is not said."""

    code = "wrong_pin"
    status = 422


class LockedOut(UserError):
    """Too many wrong ones; the message says until when."""

    code = "locked_out"
    status = 429


@dataclass(slots=True)
class Tries:
    """One secret of each person. secret, failed, locked_until: its columns of `user`. act: the audit's word for a
    lock-out. wrong, locked: the refusals; `locked` is given the wall clock of its end, "14:32"."""

    secret: str
    failed: str
    locked_until: str
    act: str
    wrong: Callable[[], WrongPin]
    locked: Callable[[str], str]
    hasher: PasswordHasher
    #: One at a time: guesses side by side are counted one by one, and take neither memory nor processors.
    turn: Any = field(default_factory=threading.Lock)

    def hash(self, given: str) -> str:
        """As it is kept."""
        return self.hasher.hash(given)

    def fresh(self, hashed: str) -> dict[str, Any]:
        """Values of `user` with a new secret: the lock-out is lifted."""
        return {self.secret: hashed, self.failed: 0, self.locked_until: ""}

    def check(self, store: Store, code: str, given: str) -> User:
        """The active person with this code and secret. WrongPin or LockedOut."""
        with self.turn:
            user = User.get_or_none((User.code == code) & (User.active == 1))
            now = clock.now()
            hashed = getattr(user, self.secret) if user is not None else ""
            if user is None or not hashed:
                self.waste(given)
                raise self.wrong()
            self.refuse_locked(store, getattr(user, self.locked_until), now)
            failed = getattr(user, self.failed) + 1
            _keep(store, code, {self.failed: getattr(User, self.failed) + 1})
            if not self._matches(hashed, given):
                self._lock_after(store, code, failed, now)
                raise self.wrong()
            _keep(store, code, {self.failed: 0, self.locked_until: ""})
        return user

    def waste(self, given: str) -> None:
        """The work of a check, where there is nothing to check."""
        self._matches(_nobody(self.hasher), given)

    def matches(self, hashed: str, given: str) -> bool:
        """Whether this is the secret behind what is kept."""
        return self._matches(hashed, given)

    def refuse_locked(self, store: Store, locked_until: str, now: datetime) -> None:
        """LockedOut while the lock holds."""
        if locked_until and clock.parse(locked_until) > now:
            raise self._out(store, clock.parse(locked_until))

    def _lock_after(self, store: Store, code: str, failed: int, now: datetime) -> None:
        limits = store.config.security
        if failed < limits.pin_tries:
            return
        until = now + timedelta(minutes=limits.pin_lock_minutes)
        with store.transaction():
            _keep(store, code, {self.locked_until: clock.stamp(until)})
            audit.record(store, code, self.act, code, {"until": clock.stamp(until), "wrong": failed})
        raise self._out(store, until)

    def _out(self, store: Store, until: datetime) -> LockedOut:
        return LockedOut(self.locked(f"{until.astimezone(ZoneInfo(store.config.shop.timezone)):%H:%M}"))

    def _matches(self, hashed: str, given: str) -> bool:
        try:
            return self.hasher.verify(hashed, given)
        except (VerificationError, InvalidHashError):
            return False


@functools.cache
def _nobody(hasher: PasswordHasher) -> str:
    """A hash no secret matches, for codes nobody has."""
    return hasher.hash(secrets.token_hex(16))


def _keep(store: Store, code: str, values: dict[str, Any]) -> None:
    with store.transaction():
        User.update(**values).where(User.code == code).execute()
