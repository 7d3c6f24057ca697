"""Who may answer the first questions: whoever reads the terminal of this machine and types the code it shows, once."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from pos import clock
from pos.errors import Invalid, UserError
from pos.said import said

#: Eight digits: with this many tries nobody guesses one.
TRIES_MAX = 10
HOURS_MAX = 4


class TooMany(UserError):
    """The code was tried too often."""

    code = "tries"
    status = 429


@dataclass(slots=True)
class Door:
    """Closed until `offer`. again: ends the server so that it starts anew with what was answered; None = it cannot.

    Kept in memory alone: a server that starts again shows another code.
    """

    again: Callable[[], None] | None = None
    _code: str = ""
    _tries: int = 0
    _secret: str = ""
    _until: float = 0.0

    def offer(self) -> str:
        """Make the code and let it be typed; what the terminal shows."""
        self._code, self._tries = f"{secrets.randbelow(10**8):08}", 0
        return f"{self._code[:4]} {self._code[4:]}"

    @property
    def is_open(self) -> bool:
        """Whether a code waits to be typed."""
        return bool(self._code)

    def enter(self, code: str) -> str:
        """The secret for the one browser whose person typed the code; it opens once. Invalid, TooMany."""
        if not self._code:
            raise Invalid(said("No code is waited for. Sign in as the owner instead."), field="code")
        if self._tries >= TRIES_MAX:
            raise TooMany(said("Tried too often. Start the till again; it shows another code."))
        self._tries += 1
        typed = "".join(letter for letter in code if letter.isdigit())
        if not hmac.compare_digest(typed.encode(), self._code.encode()):
            raise Invalid(said("That is not the code. It stands where the till was started."), field="code")
        self._code, self._secret = "", secrets.token_urlsafe(32)
        self._until = clock.monotonic() + HOURS_MAX * 3600
        return self._secret

    def holds(self, secret: str) -> bool:
        """Whether this is the browser that typed it."""
        if not secret or not self._secret or clock.monotonic() > self._until:
            return False
        return hmac.compare_digest(secret.encode(), self._secret.encode())

    def close(self) -> None:
        """Everything is answered: nobody has the secret any more."""
        self._secret = self._code = ""
