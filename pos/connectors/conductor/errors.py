"""What an answer of Conductor means that is no success: exactly one connector error, decided by their `type`, `code`
and `integrationCode`, by the status where there is no envelope.

Conductor's statuses mislead: a refusal by QuickBooks (a name that is taken, an old revision, nothing found) comes as
502. So a 5xx is "may be booked" unless their words prove the opposite. What QuickBooks' own numbers mean is told by
`pos.connectors.qbd.codes`, as for the Web Connector.

Codes of what is raised:
Rejected       no_match (nothing fits an exact filter), not_there, stale (an old revision), name_taken,
               reference_missing, in_use (somebody has it open: not now), closed (a closed period), cannot_change,
               not_permitted, invalid (Conductor does not take what was sent), refused
SignInNeeded   key_refused, not_permitted, not_linked (their computer is not linked yet), no_end_user
Unavailable    unreachable, no_answer, too_many, desktop_away (QuickBooks cannot be reached), no_site, redirected,
               gateway, uncertain
Unknown        no_answer, gateway, uncertain
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pos.connectors.qbd import codes
from pos.errors import ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from pos.http import redact, retry_after
from pos.said import said

SAID_CHARS_MAX = 500
REPLY_CHARS_MAX = 2000
#: How long they are left alone after "too many", unless they name a moment; the longest they may name.
TOO_MANY_SECONDS = 60

_KEY = re.compile(r"\b[sp]k_[^\s'\",;:)\]}]+")
#: Of QuickBooks' statuses, by what has to follow of them. A question that matched nothing is 1 or 500.
_CODES = {
    3000: "not_there", 3100: "name_taken", 3120: "reference_missing", 3121: "reference_missing",
    3130: "reference_missing", 3140: "reference_missing", 3160: "cannot_change", 3161: "cannot_change",
    3162: "in_use", 3170: "cannot_change", 3171: "closed", 3175: "in_use", 3176: "in_use", 3177: "in_use",
    3185: "cannot_change", 3200: "stale", 3205: "stale", 3240: "not_there", 3250: "not_permitted",
    3260: "not_permitted", 3261: "not_permitted", 3262: "not_permitted", 3263: "not_permitted",
    3270: "reference_missing",
}  # fmt: skip
#: Where the remedy of the Web Connector's way is not the one of this.
_REMEDIES = {
    3000: said("Bring it together again: the next session looks whether it is still in QuickBooks."),
    3100: said("If it is the same one there, give both the same facts; if it is not, choose another name."),
    3120: said("Let a session fetch the lists of QuickBooks again, then choose what is there."),
    3121: said("Choose one of the right sort."),
    3130: said("Choose what it stands under again."),
    3140: said("Make it in QuickBooks or choose another one."),
    3162: said("It is sent again by itself; QuickBooks has to be in single-user mode then."),
    3200: said("Nothing to do: it is read again and brought together."),
    3205: said("Nothing to do: it is read again and brought together."),
}
#: HRESULTs of a connection that broke off while QuickBooks may have been at it.
_HALFWAY = ("0402", "040D", "041C")
_RESULT = re.compile(r"(?:0x)?8004[0-9a-f]{4}\Z|-\d{1,10}\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fault:
    """Their error envelope, without secrets. number: QuickBooks' own code as they wrote it. text: for people."""

    type: str
    code: str
    number: str
    text: str
    message: str
    request_id: str

    @property
    def status(self) -> int | None:
        """QuickBooks' status code, where the number is one."""
        return int(self.number) if re.fullmatch(r"\d{1,5}", self.number) else None


def strike(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without secrets, without anything that looks like a key of theirs."""
    return redact(_KEY.sub("<secret>", text), secrets)


def fault_in(body: Any, secrets: Iterable[str] = ()) -> Fault | None:
    """The envelope in a JSON answer; None when there is none."""
    found = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(found, Mapping):
        return None

    def text(name: str) -> str:
        return _line(strike(str(found.get(name) or ""), secrets))

    kind, message = text("type"), text("message")
    # What is wrong with a request of ours stands in their `message` alone; elsewhere it is for whoever has the keys.
    shown = message if kind == "INVALID_REQUEST_ERROR" else text("userFacingMessage") or message
    return Fault(kind, text("code"), text("integrationCode"), shown, message, text("requestId"))


def error_for(
    status: int,
    body: Any,
    *,
    writes: bool,
    now: datetime,
    headers: Mapping[str, str] | None = None,
    secrets: Iterable[str] = (),
) -> ConnectorError:
    """What an answer of this status means. writes: the request was one that changes something."""
    secrets = tuple(secrets)
    fault = fault_in(body, secrets)
    retry_at = retry_after((headers or {}).get("retry-after", "").strip(), now)
    error = _without(status, writes, retry_at) if fault is None else _of(status, fault, writes, retry_at, now)
    error.reply = _reply(body, secrets)
    return error


def _of(status: int, fault: Fault, writes: bool, retry_at: datetime | None, now: datetime) -> ConnectorError:
    if status == 401 or fault.type == "AUTHENTICATION_ERROR":
        return SignInNeeded(
            said("Conductor does not take the secret key."), code="key_refused",
            remedy=said("Put a key that is good into CONDUCTOR_SECRET_KEY and start the server anew."),
        )  # fmt: skip
    if fault.code == "INTEGRATION_CONNECTION_NOT_SET_UP":
        return SignInNeeded(
            said("The company file is not linked with Conductor yet."), code="not_linked",
            remedy=said("Finish the set-up Conductor offers on the machine of QuickBooks, then test it."),
        )  # fmt: skip
    if status == 403 or fault.type == "PERMISSION_ERROR":
        return SignInNeeded(
            said("Conductor does not permit it: {said}", said=fault.message or fault.text), code="not_permitted",
            remedy=said("Look at the account at Conductor: its plan, and what the secret key may do."),
        )  # fmt: skip
    if status == 429:
        return _too_many(retry_at or now + timedelta(seconds=TOO_MANY_SECONDS))
    if fault.code == "QBD_REQUEST_TIMEOUT" or status in (408, 504):
        return _unclear(_with(said("QuickBooks did not answer in time."), fault), "no_answer", writes, retry_at)
    if fault.code == "QBD_REQUEST_ERROR":
        return _by_quickbooks(fault, writes)
    if fault.type == "INTEGRATION_CONNECTION_ERROR":
        return _not_reached(fault, writes, retry_at)
    if status == 404 or fault.code == "RESOURCE_MISSING":
        return _missing(fault)
    if 400 <= status < 500:
        return Rejected(
            said("Conductor does not take it: {said}", said=fault.text), code="invalid",
            remedy=said("Put it right here, then try it again."),
        )  # fmt: skip
    return _unclear(_with(said("Conductor answered {status}.", status=status), fault), "gateway", writes, retry_at)


def _by_quickbooks(fault: Fault, writes: bool) -> ConnectorError:
    """A refusal of QuickBooks' own, as far as its number says that it is one."""
    status = fault.status
    if status is None:
        if not _RESULT.match(fault.number):
            return _refused(fault, "refused", "")
        meaning = codes.of_hresult(fault.number)
        if meaning.definite:
            return _refused(fault, "refused", meaning.remedy)
        return _unclear(_with(meaning.words, fault), "uncertain", writes, None)
    if status in codes.NOTHING_FOUND and not writes:
        return Rejected(fault.text or said("QuickBooks found nothing."), code="no_match")
    meaning = codes.of_status(status, fault.message or fault.text)
    if not meaning.definite:
        return _unclear(_with(meaning.words, fault), "uncertain", writes, None)
    if status == 1010:
        return Unavailable(_with(meaning.words, fault), code="desktop_away")
    word = "in_use" if meaning.verdict == codes.RETRY else _CODES.get(status, "refused")
    return _refused(fault, word, _REMEDIES.get(status, meaning.remedy), meaning.words)


def _refused(fault: Fault, code: str, remedy: str, words: str = "") -> Rejected:
    return Rejected(
        fault.text or words or said("QuickBooks refuses it."), code=code,
        remedy=remedy or said("Put it right here or in QuickBooks, then send it again."),
    )  # fmt: skip


def _not_reached(fault: Fault, writes: bool, retry_at: datetime | None) -> ConnectorError:
    """Conductor did not get through to QuickBooks, or was cut off."""
    if _RESULT.match(fault.number) and codes.spelled(fault.number)[-4:] in _HALFWAY:
        return _unclear(_with(codes.of_hresult(fault.number).words, fault), "uncertain", writes, retry_at)
    words = fault.text or said("QuickBooks cannot be reached on its machine.")
    return Unavailable(words, code="desktop_away", retry_at=retry_at)


def _missing(fault: Fault) -> ConnectorError:
    if re.search(r"end.?user", fault.message, re.IGNORECASE):
        return SignInNeeded(
            said("Conductor does not know this end user: {said}", said=fault.message), code="no_end_user",
            remedy=said("Put the id Conductor shows (end_usr_...) into the settings."),
        )  # fmt: skip
    return Rejected(
        fault.text or said("It is not in QuickBooks."),
        code="not_there",
        remedy=said("Look whether it was deleted there."),
    )


def _without(status: int, writes: bool, retry_at: datetime | None) -> ConnectorError:
    """An answer that is none of theirs: a gateway between, another site, garbage."""
    if status == 401:
        return SignInNeeded(
            said("Conductor does not take the secret key."), code="key_refused",
            remedy=said("Put a key that is good into CONDUCTOR_SECRET_KEY and start the server anew."),
        )  # fmt: skip
    if status == 429:
        return _too_many(retry_at)
    if 300 <= status < 400:
        return Unavailable(
            said("The address of Conductor leads elsewhere; put its final one into [conductor] url."), code="redirected"
        )
    if status == 404:
        return Unavailable(said("There is no Conductor at this address; check [conductor] url."), code="no_site")
    words = said("Conductor answered {status} with something that is no data.", status=status)
    if 400 <= status < 500 and status != 408:
        return Rejected(words, code="refused", remedy=said("See what Conductor says and put it right there."))
    return _unclear(words, "gateway", writes, retry_at)


def _too_many(retry_at: datetime | None) -> Unavailable:
    return Unavailable(said("Conductor asks to be left alone for a while."), code="too_many", retry_at=retry_at)


def _unclear(words: str, code: str, writes: bool, retry_at: datetime | None) -> ConnectorError:
    """It may have been done; a question may simply be asked again."""
    if writes:
        return Unknown(said("{sentence} What was sent may be in QuickBooks.", sentence=words), code=code)
    return Unavailable(words, code=code, retry_at=retry_at)


def _with(sentence: str, fault: Fault) -> str:
    return said("{sentence} It says: {said}", sentence=sentence, said=fault.text) if fault.text else sentence


def _reply(body: Any, secrets: Iterable[str]) -> str:
    return strike(str(body or ""), secrets)[:REPLY_CHARS_MAX]


def _line(text: str) -> str:
    short = re.sub(r"\s+", " ", text).strip()
    return short if len(short) <= SAID_CHARS_MAX else short[: SAID_CHARS_MAX - 1] + "…"
