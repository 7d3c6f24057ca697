"""What a Web Connector is answered: the operations of a session, each one transaction, all state in the database.

Whatever comes out of turn (a request while an answer is due, a closing, a new sign-in) means that an answer was lost:
the queue is told that nobody knows what became of the message. A ticket nobody gave out is told nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pos import __version__, clock
from pos.actions import qbd_answer, qbd_company_file, qbd_hand
from pos.actions.qbd_door import Busy, Door
from pos.config import Config
from pos.connectors.qbd import codes
from pos.errors import PosError
from pos.rules.soap import Call
from pos.said import said
from pos.store import desktop_way, qbd_companies, qbd_queue
from pos.store import qbd_tickets as tickets
from pos.store.db import Store
from pos.store.qbd_companies import Desktop
from pos.store.qbd_tickets import Session

Result = str | int | list[str]

NO_USER, NO_WORK, COME_LATER = "nvu", "none", "busy"
DONE = "done"
FAILED = -1
CLIENT_LEAST = (2, 3)
CONNECTION_TRIES = 3
#: What passes by itself: a dialog is open, QuickBooks is just starting, it is locked for a moment.
_PASSES = ("0x80040408", "0x80040414", "0x8004041B", "0x80040424")
TEXT_CHARS_MAX = 1000
#: So long messages that cannot be built are put aside in one call.
ASIDE_SECONDS = 5.0
NO_ERROR = "No error."
UNKNOWN = "This session is not known to the till, or it is over. Update again."
_NUMBERS = re.compile(r"(\d{1,5})\.(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Here:
    """Where a call arrived. address: of whoever called. refused: what they were turned away for, once they were."""

    store: Store
    config: Config
    door: Door
    address: str
    refused: list[str] = field(default_factory=list)

    def turn_away(self, what: str) -> None:
        self.refused.append(what)
        self.door.turned_away(what, self.address)


def answer(here: Here, call: Call) -> Result:
    """The result of a call. PosError when this machine cannot do it now; see `instead`."""
    return _OPERATIONS[call.operation](here, call, clock.now())


def instead(operation: str) -> Result:
    """The result of a call that could not be worked on: the session ends, and nothing is lost by it."""
    if operation == "authenticate":
        return [tickets.unused(), COME_LATER]
    if operation == "receiveResponseXML":
        return FAILED
    words = {"connectionError": DONE, "closeConnection": "OK", "interactiveDone": "Done"}
    return words.get(operation, str(_BROKEN) if operation == "getLastError" else "")


_BROKEN = said("The till could not work on it; its log says why. Update again later.")


# -- before a session --------------------------------------------------------------------------------------------------


def _server_version(_here: Here, _call: Call, _now: datetime) -> Result:
    return f"Tillkeep {__version__}"


def _client_version(here: Here, call: Call, _now: datetime) -> Result:
    given = call["strVersion"].strip()
    here.door.told_version(here.address, given)
    found = _NUMBERS.match(given)
    if found is not None and (int(found[1]), int(found[2])) < CLIENT_LEAST:
        return f"W:{said('This Web Connector is old ({version}); 2.3 or newer is asked for.', version=given[:30])}"
    return ""


def _authenticate(here: Here, call: Call, now: datetime) -> Result:
    username, password = call["strUserName"], call["strPassword"]
    if tickets.is_probe(here.store, username, password, now):
        return [tickets.unused(), NO_WORK]
    try:
        if password.startswith(tickets.PROBE):  # no password begins so: there is nothing to guess, and nothing counts
            here.door.look_at(None, password)
            row = None
        else:
            row = here.door.let_in(here.store, username, password, here.address)
    except Busy:
        here.turn_away("too many sign-ins at once")
        return [tickets.unused(), COME_LATER]
    if row is None:
        here.turn_away("wrong user or password, or wrong too often")
        return [tickets.unused(), NO_USER]
    with here.store.transaction():
        return _begun(here, row, now)


def _begun(here: Here, row: Desktop, now: datetime) -> Result:
    if not row.enabled or desktop_way.way(here.store, row.company) == "conductor":
        return [tickets.unused(), NO_WORK]
    holder = tickets.holder(here.store, row.connection)
    if holder is not None:
        if tickets.is_in_the_way(holder, here.address, now):
            return [tickets.unused(), COME_LATER]
        _let_go(here, holder, "dropped" if tickets.is_live(holder, now) else "expired", now)
    ready, _held = qbd_queue.left(here.store, row.connection, now)
    qbd_companies.heard(row.connection, now, {})
    if not ready:
        return [tickets.unused(), NO_WORK]
    ticket = tickets.begin(
        here.store, row.connection, row.username, here.address, now,
        client_version=here.door.version_of(here.address), company_file=row.company_file,
    )  # fmt: skip
    return [ticket, row.company_file]


# -- within a session --------------------------------------------------------------------------------------------------


def _send_request(here: Here, call: Call, now: datetime) -> Result:
    """What cannot be built is put aside, some at a time, and keeps what comes behind it waiting for no session."""
    ends = clock.monotonic() + ASIDE_SECONDS
    while True:
        body = _handed_out(here, call, now)
        if body is not None or clock.monotonic() >= ends:
            return body or ""


def _handed_out(here: Here, call: Call, now: datetime) -> str | None:
    """The message; "" when there is none; None when there may be one behind those that were put aside."""
    with here.store.durably():
        session = _live(here, call["ticket"], "sendRequestXML", now)
        if session is None:
            return ""
        _lost(here, session, now)
        row = qbd_companies.get(here.store, session.connection)
        if not row.enabled:
            return _refused(here, session, said("QuickBooks is switched off at the till for this company."), now)
        if desktop_way.way(here.store, row.company) == "conductor":
            words = said("QuickBooks Desktop of this company is reached through Conductor; switch that off first.")
            return _refused(here, session, words, now)
        version = session.version
        if not session.checked:
            seen = _looked(here, row, call)
            if seen.words:
                return _refused(here, session, seen.words, now)
            version = seen.version
            if seen.binds:
                qbd_companies.bind(here.store, row.connection, call["strCompanyFileName"].strip(), seen.name, now)
            qbd_companies.heard(row.connection, now, seen.values)
        tickets.keep(here.store, session, now, checked=True, version=version, last_error="", outstanding=0)
        handed = qbd_hand.take(here.store, session.connection, session.ticket, version, now)
        if handed is not None:
            return handed.body
        return None if qbd_queue.left(here.store, session.connection, now)[0] else ""


def _looked(here: Here, row: Desktop, call: Call) -> qbd_company_file.Seen:
    others = [one for one in qbd_companies.every(here.store) if one.connection != row.connection]
    highest = (call["qbXMLMajorVers"].strip(), call["qbXMLMinorVers"].strip())
    return qbd_company_file.look(
        row, others, call["strHCPResponse"], call["strCompanyFileName"], call["qbXMLCountry"], highest,
        here.config.qbwc.version_max,
    )  # fmt: skip


def _refused(here: Here, session: Session, words: str, now: datetime) -> str:
    """Nothing is handed out; getLastError will say why."""
    tickets.keep(here.store, session, now, last_error=words, outstanding=0)
    qbd_companies.failed(session.connection, words, now)
    return ""


def _receive_response(here: Here, call: Call, now: datetime) -> Result:
    try:
        with here.store.durably():
            return _received(here, call, now)
    except PosError as error:  # nothing of it was kept: the session says why, if only that can be kept
        with here.store.transaction():
            session = tickets.find(here.store, call["ticket"])
            if session is not None and tickets.is_live(session, now):
                tickets.keep(here.store, session, now, last_error=error.message)
        return FAILED


def _received(here: Here, call: Call, now: datetime) -> Result:
    session = _live(here, call["ticket"], "receiveResponseXML", now)
    if session is None:
        over = tickets.find(here.store, call["ticket"])
        if over is not None and call["response"]:
            qbd_answer.late(here.store, over, call["response"], now)
        return FAILED
    if not session.outstanding:
        if not session.done:
            tickets.keep(here.store, session, now, last_error=said("No answer was asked for."))
            return FAILED
        return _percent(here, session, now)  # the same answer once more: it is booked
    return qbd_answer.book(here.store, session, call["response"], call["hresult"], call["message"], now)


def _percent(here: Here, session: Session, now: datetime) -> int:
    """How far this session is. 100 ends it, so only when nothing is ready."""
    tickets.keep(here.store, session, now)
    return qbd_queue.percent(here.store, session.connection, session.ticket, now)


def _connection_error(here: Here, call: Call, now: datetime) -> Result:
    with here.store.transaction():
        session = _live(here, call["ticket"], "connectionError", now)
        if session is None:
            return DONE
        _lost(here, session, now)
        code = codes.spelled(call["hresult"])
        meaning = codes.of_hresult(code)
        text = " ".join(call["message"].split())[:TEXT_CHARS_MAX]
        words = said("QuickBooks could not be opened ({code}): {text} {remedy}",
                     code=code[:40], text=text, remedy=meaning.remedy)  # fmt: skip
        tries = session.connection_errors + 1
        tickets.keep(here.store, session, now, connection_errors=tries, last_error=words, outstanding=0)
        qbd_companies.failed(session.connection, words, now)
        if tries < CONNECTION_TRIES and code in _PASSES:
            return session.company_file
        tickets.end(session, "closed", now)
    return DONE


def _last_error(here: Here, call: Call, _now: datetime) -> Result:
    session = tickets.find(here.store, call["ticket"])
    return str(said(UNKNOWN)) if session is None else session.last_error or NO_ERROR


def _close(here: Here, call: Call, now: datetime) -> Result:
    with here.store.transaction():
        session = tickets.find(here.store, call["ticket"])
        if session is not None and session.state == "open":
            _let_go(here, session, "closed", now)
    return "OK"


# -- not asked for -----------------------------------------------------------------------------------------------------


def _no_page(_here: Here, _call: Call, _now: datetime) -> Result:
    return ""


def _rejected(_here: Here, _call: Call, _now: datetime) -> Result:
    return "OK"


def _finished(_here: Here, _call: Call, _now: datetime) -> Result:
    return "Done"


# -- tickets -----------------------------------------------------------------------------------------------------------


def _live(here: Here, ticket: str, operation: str, now: datetime) -> Session | None:
    """The session, when it is open and not over. In the caller's transaction."""
    session = tickets.find(here.store, ticket)
    if session is not None and tickets.is_live(session, now):
        return session
    if session is not None and session.state == "open":
        _let_go(here, session, "expired", now)
    here.turn_away(f"{operation} with a ticket that is {'over' if session else 'not known'}")
    return None


def _lost(here: Here, session: Session, now: datetime) -> None:
    """What was handed out and not answered: nobody knows its fate."""
    if session.outstanding:
        qbd_queue.release(here.store, session.ticket, now)


def _let_go(here: Here, session: Session, state: str, now: datetime) -> None:
    _lost(here, session, now)
    tickets.end(session, state, now)


_OPERATIONS: dict[str, Callable[[Here, Call, datetime], Result]] = {
    "serverVersion": _server_version,
    "clientVersion": _client_version,
    "authenticate": _authenticate,
    "sendRequestXML": _send_request,
    "receiveResponseXML": _receive_response,
    "connectionError": _connection_error,
    "getLastError": _last_error,
    "closeConnection": _close,
    "getInteractiveURL": _no_page,
    "interactiveRejected": _rejected,
    "interactiveDone": _finished,
}
