"""Webhooks that ring the bell. Nobody is signed in here; what counts is the signature over the body as it came.

POST /hooks/erpnext/<name>   X-Frappe-Webhook-Signature: base64(HMAC-SHA256(secret, body))
POST /hooks/<name>           X-Webhook-Id, X-Webhook-Timestamp (seconds since 1970),
                             X-Signature-256: sha256=hex(HMAC-SHA256(secret, id + "." + timestamp + "." + body))

-> {ok, duplicate, rang}; 401 unsigned, wrongly signed or too old; 404 no such webhook; 409 an id used again for another
message; 413 too large. The body is one JSON object; its content type is not looked at, since Frappe sends none.
"""

from __future__ import annotations

import hashlib
import re
import threading
from typing import NoReturn

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import hooks
from pos.errors import SignInNeededHere, UserError
from pos.rules import signing
from pos.web import auth, errors
from pos.web import shapes_shop as shapes
from pos.web.body import decoded
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("hooks", __name__)

#: How often what was turned away is written down; in between it is only counted, so that nobody can fill the disk.
TOLD_SECONDS = 60.0
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")
_STAMP = re.compile(r"[0-9]{1,12}\Z")


class TooLarge(UserError):
    """More than a webhook may bring."""

    code = "too_large"
    status = 413


class _Refusals:
    """Counts what was turned away since it was last written down."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._told_at = clock.monotonic() - TOLD_SECONDS

    def one_more(self) -> int:
        """How many to write down now; 0 = later."""
        with self._lock:
            self._count += 1
            now = clock.monotonic()
            if now - self._told_at < TOLD_SECONDS:
                return 0
            count, self._count, self._told_at = self._count, 0, now
            return count


def _signed_by_erpnext() -> None:
    given = request.headers.get("X-Frappe-Webhook-Signature", "")
    secrets = parts().config.hooks.erpnext_secret.split()
    if not given or not signing.is_frappe_signed(secrets, _body(), given):
        _refuse("This message is not signed as ERPNext signs with the secret set up here.")


def _signed() -> None:
    event, at = request.headers.get("X-Webhook-Id", ""), request.headers.get("X-Webhook-Timestamp", "")
    given, secrets = request.headers.get("X-Signature-256", ""), parts().config.hooks.secret.split()
    if not (_ID.match(event) and _STAMP.match(at)) or not signing.is_signed(secrets, event, at, _body(), given):
        _refuse("This message is not signed with the secret set up here, over its id, its time stamp and its body.")
    if abs(int(at) - clock.now().timestamp()) > parts().config.hooks.tolerance_seconds:
        _refuse("This message was signed at another time than now. Compare the clocks and send it anew.")


@bp.post("/hooks/erpnext/<name>")
@describe(body=shapes.HOOK, answer=shapes.HOOKED, refuses=(409,))
@auth.by_signature(_signed_by_erpnext)
def from_erpnext(name: str) -> ResponseReturnValue:
    """ERPNext gives a message no id: the same bytes are the same message."""
    return _take_in("erpnext", name, _digest())


@bp.post("/hooks/<name>")
@describe(body=shapes.HOOK, answer=shapes.HOOKED, refuses=(409,))
@auth.by_signature(_signed)
def from_others(name: str) -> ResponseReturnValue:
    return _take_in("", name, request.headers["X-Webhook-Id"])


def _take_in(sender: str, name: str, event: str) -> ResponseReturnValue:
    here = parts()
    message = hooks.Message(sender, name, event, _digest(), decoded(_body()))
    taken = hooks.take_in(here.store, here.config, message)
    if taken.rang:
        here.hub.nudge()
    return jsonify({"ok": True, "duplicate": taken.duplicate, "rang": taken.rang})


def _body() -> bytes:
    """The bytes that were signed. 413 above [hooks] body_kb_max."""
    most = parts().config.hooks.body_kb_max * 1024
    if (request.content_length or 0) > most:
        raise TooLarge("This is more than a webhook may bring ([hooks] body_kb_max).")
    request.max_content_length = most
    return request.get_data(cache=True)


def _digest() -> str:
    return hashlib.sha256(_body()).hexdigest()


def _refuse(message: str) -> NoReturn:
    refusals: _Refusals = current_app.extensions.setdefault("tillkeep.refusals", _Refusals())
    count = refusals.one_more()
    if count:
        errors.shielded("counting what was turned away", lambda: hooks.refused(parts().store, count))
    raise SignInNeededHere(message, code="signature")
