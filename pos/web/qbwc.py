"""The door of the QuickBooks Web Connector.

POST /qbwc           SOAP; see pos/rules/soap.py for what is taken and pos/actions/qbd_session.py for what is answered
GET  /qbwc           one line of text, for whoever pastes the address into a browser
GET  /qbwc?wsdl      the description of the service
GET  /qbwc/support   the page the Web Connector looks for when it is set up (AppSupport)

Troubles are told within the protocol: a Web Connector shows a fault, or a status other than 200, as a stack trace. A
fault is for what is no call at all. `only` makes the same a server of its own, which answers nothing else.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any, cast

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from pos.actions import qbd_session
from pos.actions.qbd_door import Door
from pos.config import Config
from pos.errors import PosError
from pos.rules import soap
from pos.store import qbd_companies
from pos.store.db import Store
from pos.web import auth, turnstile
from pos.web.describe import XML, describe
from pos.web.parts import parts

log = logging.getLogger(__name__)

bp = Blueprint("qbwc", __name__)

PATH = "/qbwc"
LINE = "Tillkeep is here for the QuickBooks Web Connector. Add this address to it with the .qwc file.\n"
#: Larger messages are read one at a time, so that several at once do not fill the memory.
LARGE_BYTES = 1 << 20
LARGE_WAITING = 1
_large, _large_line = threading.Lock(), threading.BoundedSemaphore(1 + LARGE_WAITING)

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


@bp.post(PATH)
@describe(kinds=(XML,), refuses=(400, 413, 503))
@auth.by_ticket
def call() -> Response:
    """One call of a Web Connector."""
    here = parts()
    most = here.config.qbwc.answer_mb_max << 20
    request.max_content_length = most
    if (request.content_length or 0) <= LARGE_BYTES:
        return _answered()
    if not _large_line.acquire(blocking=False):  # the threads of the server are the till's, too
        return _fault("The till is busy with other answers. Update again later.", 503, ours=True)
    try:
        with _large:
            return _answered()
    finally:
        _large_line.release()


def _answered() -> Response:
    try:
        found = soap.read(request.get_data(cache=False))
    except soap.Malformed as error:
        return _fault(str(error), 400, ours=False)
    g.qbwc_call = found
    here = parts()
    at = qbd_session.Here(here.store, here.store.config, _door(), request.remote_addr or "")
    result = qbd_session.answer(at, found)
    if at.refused:
        request.environ[turnstile.REFUSED] = True
    return Response(soap.answer(found, result), content_type=soap.content_type(found.envelope))


@bp.get(PATH)
@describe(kinds=("text/plain", XML))
@auth.open_to_all
def about() -> Response:
    """The description for programs that ask for it, else a line for people."""
    if any(key.lower() == "wsdl" for key in request.args):
        address = parts().config.qbwc.app_url or request.base_url
        return Response(soap.description(address), content_type="text/xml; charset=utf-8")
    return Response(LINE, content_type="text/plain; charset=utf-8")


@bp.get(f"{PATH}/support")
@describe(kinds=("text/plain",))
@auth.open_to_all
def support() -> Response:
    """Where the .qwc file says that help is."""
    words = "Help with the Web Connector: ask whoever looks after the till, or see docs/quickbooks-desktop.md there.\n"
    return Response(words, content_type="text/plain; charset=utf-8")


@bp.errorhandler(Exception)
def _failed(error: Exception) -> Response:
    """Whatever went wrong: inside the protocol where there was a call, else a fault."""
    found = cast("soap.Call | None", g.get("qbwc_call"))
    if isinstance(error, HTTPException):
        words = f"This is more than is taken at once ([qbwc] answer_mb_max). {error.name}" if error.code == 413 else ""
        return _fault(words or error.name, error.code or 500, ours=False)
    if isinstance(error, PosError):
        log.warning("%s %s: %s", request.path, found.operation if found else "", error.message)
    else:
        log.error("unexpected error in %s %s", request.path, found.operation if found else "", exc_info=error)
    if found is None:
        status = error.status if isinstance(error, PosError) else 500
        return _fault(error.message if isinstance(error, PosError) else "Something went wrong.", status, ours=True)
    body = soap.answer(found, qbd_session.instead(found.operation))
    return Response(body, content_type=soap.content_type(found.envelope))


def _fault(words: str, status: int, *, ours: bool) -> Response:
    return Response(soap.fault(words, ours=ours), status, content_type=soap.content_type())


def _door() -> Door:
    door: Door = current_app.extensions.setdefault("tillkeep.qbwc", Door())
    return door


# -- a port of its own -------------------------------------------------------------------------------------------------


def only(application: Wsgi) -> Wsgi:
    """The application with nothing but these addresses: for a port that others may reach."""

    def narrowed(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == PATH or path.startswith(f"{PATH}/"):
            return application(environ, start)
        body = b"Nothing but /qbwc is here.\n"
        start("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    return narrowed


def large(store: Store, config: Config) -> dict[str, int]:
    """What may be larger than [security] body_kb_max allows, in bytes; nothing where no company file is set up."""
    if not qbd_companies.is_on(config) and not qbd_companies.every(store):
        return {}
    return {PATH: config.qbwc.answer_mb_max << 20}
