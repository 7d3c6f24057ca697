"""The error family, as a tree. An error says what the person who meets it should do next.

PosError
├─ UserError        the person at the till can put it right; answered as 4xx
├─ ConnectorError   another system; the till sells on, the outbox decides
├─ CannotSave       this till cannot make a sale durable; it must not sell
├─ FolderInUse      another server already uses this folder
└─ Corrupt          what was read is not what was written; stop that document, tell people
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any


class PosError(Exception):
    """Base of every error the product raises on purpose.

    code: a stable word for machines. message: one sentence for a person, with the remedy.
    """

    code = "error"
    status = 500

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if code is not None:
            self.code = code

    def details(self) -> dict[str, Any]:
        """Further keys for the JSON error shape; plain JSON values only."""
        return {}


class UserError(PosError):
    """The person at the till can put it right."""

    code = "bad_request"
    status = 400


class Invalid(UserError):
    """The request is not acceptable as it stands; `field` names what to change."""

    code = "invalid"
    status = 422


class NotFound(UserError):
    """The thing named does not exist here."""

    code = "not_found"
    status = 404


class Conflict(UserError):
    """Something else already holds this place: same id with other content, another total, a second close."""

    code = "conflict"
    status = 409

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, code=code, field=field)
        self.facts = facts or {}

    def details(self) -> dict[str, Any]:
        return self.facts


class SignInNeededHere(UserError):
    """Nobody is signed in, or the sign-in is locked or over."""

    code = "sign_in"
    status = 401


class NotAllowed(UserError):
    """Signed in, but without the right."""

    code = "not_allowed"
    status = 403


class NeedsApproval(UserError):
    """A second person must agree to this one act. reach: how far (per cent or money), where an act has a size."""

    code = "needs_approval"
    status = 403

    def __init__(
        self, message: str, *, act: str, field: str | None = None, subject: str = "", reach: Decimal | None = None
    ) -> None:
        super().__init__(message, field=field)
        self.act = act
        self.subject = subject
        self.reach = reach

    def details(self) -> dict[str, Any]:
        bound = None if self.reach is None else f"{self.reach:f}"
        return {"act": self.act, "subject": self.subject or None, "bound": bound}


class CannotSave(PosError):
    """This till cannot make a sale durable now (disk full, read-only, wrong pragmas). The basket is kept."""

    code = "cannot_save"
    status = 503


class FolderInUse(PosError):
    """Another server already uses this folder. Raised by whoever takes the folder's lock; names who holds it."""

    code = "folder_in_use"
    status = 503


class BadSettings(PosError):
    """A setting is unknown or wrong; the start stops here. The message names the setting and the remedy."""

    code = "bad_settings"


class Corrupt(PosError):
    """What was read is not what was written. Never guessed around: that one document stops, people are told."""

    code = "corrupt"


class ConnectorError(PosError):
    """Another system failed or refused. The till sells on. reply: its answer as it came, cut short; "" = none came."""

    code = "connector"
    reply = ""


class Unavailable(ConnectorError):
    """Nothing was sent (refused, DNS, connect time-out, 429 or 503). Safe to try again at `retry_at`."""

    code = "unavailable"

    def __init__(self, message: str, *, code: str | None = None, retry_at: datetime | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_at = retry_at


class Unknown(ConnectorError):
    """It may have been booked (read time-out, cut, half an answer, 5xx). Ask with find() before anything else."""

    code = "unknown"


class Rejected(ConnectorError):
    """They said no. `remedy` tells the operator what to do; a person decides."""

    code = "rejected"

    def __init__(self, message: str, *, code: str | None = None, remedy: str = "") -> None:
        super().__init__(message, code=code)
        self.remedy = remedy


class SignInNeeded(ConnectorError):
    """Our key is refused. The connection is paused, the queue is kept. remedy: where it is not simply a new key."""

    code = "sign_in_needed"

    def __init__(self, message: str, *, code: str | None = None, remedy: str = "") -> None:
        super().__init__(message, code=code)
        self.remedy = remedy
