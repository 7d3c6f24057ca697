"""Errors on their way out: one JSON shape for /api and /health, a page in plain words for a person.

{"ok": false, "code": "total_differs", "message": "…", "field": null, …details}
What nobody expected is written to the log under an id; the person is shown the id, never the inside.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from pos import clock
from pos.errors import Invalid, PosError, SignInNeededHere
from pos.said import said
from pos.store.db import cannot_read
from pos.web import auth, reader
from pos.web.describe import answers_json
from pos.web.parts import parts

log = logging.getLogger(__name__)

#: When a program may try again what could not be saved now.
AGAIN_SECONDS = 2

_HTTP_WORDS = {
    400: ("bad_request", said("The till did not understand this request.")),
    404: ("not_found", said("There is nothing at this address.")),
    405: ("method", said("This address does not take this kind of request.")),
    413: ("too_large", said("This is more than the till takes at once ([security] body_kb_max).")),
    415: ("content_type", said("Send this as application/json.")),
}

#: Addresses outside /api and /hooks whose errors are read by programs.
JSON_PAGES = frozenset({"/health", "/healthz", "/readyz", "/metrics", "/live"})


def install(app: Flask) -> None:
    """Answer every error of the app in one of the two shapes."""
    app.register_error_handler(PosError, _pos_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def shielded(what: str, act: Callable[[], Any]) -> None:
    """Run something that must never fail its caller; a failure is logged."""
    try:
        act()
    except Exception:
        log.exception("%s failed", what)


def wants_json() -> bool:
    if request.path.startswith(("/api/", "/hooks/")) or request.path in JSON_PAGES:
        return True
    return answers_json(current_app.view_functions.get(request.endpoint or ""))


def _pos_error(error: PosError) -> ResponseReturnValue:
    if error.status >= 500:
        log.error("%s %s: %s: %s", request.method, request.path, error.code, error.message)
    if isinstance(error, SignInNeededHere) and not wants_json() and request.method == "GET":
        if auth.at_inventory():
            from pos.web.inventory import frame as inventory  # its screens need this module first

            return inventory.sign_in()
        return redirect(url_for("console.sign_in_page" if auth.at_console() else "people.sign_in_page"))
    return _answer(_status(error), error.code, error.message, error.field, error.details())


def _status(error: PosError) -> int:
    """Programs that move stock know 400 for what is not acceptable; everybody else 422."""
    of_stock = request.path.startswith("/api/inventory/")
    return 400 if of_stock and isinstance(error, Invalid) else error.status


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if 300 <= status < 400:
        return error.get_response()
    code, message = _HTTP_WORDS.get(status, (f"http_{status}", error.name))
    answer = _answer(status, code, message, None, {})
    for name, value in error.get_headers():
        if name.lower() == "allow":
            answer.headers[name] = value
    return answer


def _unexpected(error: Exception) -> ResponseReturnValue:
    """A bug, or the machine: tell people what to do and where the details are."""
    away = cannot_read(error, parts().store.path)
    if away is not None:  # the database is held by somebody, or starts anew
        return _pos_error(away)
    error_id = clock.uuid7()[-8:]
    log.error("unexpected error %s in %s %s", error_id, request.method, request.path, exc_info=error)
    return _answer(
        500,
        "unexpected",
        said("Something went wrong inside the till. Try again; when it stays, report the error {id}.", id=error_id),
        None,
        {"error_id": error_id},
    )


def _answer(status: int, code: str, message: str, field: str | None, details: dict[str, Any]) -> Response:
    g.error_code = code
    message = reader.here().say(message)
    if wants_json():
        body = jsonify({**details, "ok": False, "code": code, "message": message, "field": field})
        answer = make_response(body, status)
        if status == 503:
            answer.headers["Retry-After"] = str(AGAIN_SECONDS)
        return answer
    page = "console/error.html" if auth.at_console() or auth.at_inventory() else "error.html"
    back = "/inventory" if auth.at_inventory() else "/console"
    return make_response(render_template(page, status=status, code=code, message=message, back=back), status)
