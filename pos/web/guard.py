"""The gate in front of every route: known host, same origin, a declared rule, CSRF; and the headers behind it."""

from __future__ import annotations

import functools
import logging
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError

from pos import clock, trail
from pos.config import Config
from pos.errors import NotAllowed, UserError
from pos.store import keys
from pos.web import auth, live, turnstile
from pos.web.inventory import turned_away
from pos.web.parts import parts

log = logging.getLogger(__name__)

csrf = CSRFProtect()

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
#: Addresses that mean "every interface": no name anybody types.
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SLOW_MS = 1000

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; "
    "connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
}


def install(app: Flask, config: Config) -> None:
    """Put the gate in front of the app. Call before any other before_request."""
    app.config["ALLOWED_HOSTS"] = allowed_hosts(config)
    app.config["MAX_CONTENT_LENGTH"] = config.security.body_kb_max * 1024
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # asked for below, not for programs with a token
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a sell page stays open for days
    app.config["WTF_CSRF_SSL_STRICT"] = False  # Origin is compared below, also without https
    app.config["SESSION_COOKIE_NAME"] = f"till_page_{config.till.id}"
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_SAMESITE"] = "Strict"
    app.secret_key = keys.page_key(config.data / "secret.key")
    app.before_request(_gate)
    csrf.init_app(app)
    app.after_request(_finish)
    app.teardown_request(lambda _error: trail.begin())


def allowed_hosts(config: Config) -> frozenset[str]:
    """The names this till answers to; any other Host is refused (DNS rebinding)."""
    further = {_host_name(part.strip()) for part in config.server.origins.split(",") if part.strip()}
    own = set() if config.server.host in _EVERYWHERE else {_host_name(config.server.host)}
    of_connector = {_host_name(config.qbwc.app_url)} - {""}  # what is written into its file must work as it is
    return frozenset(LOOPBACK_NAMES | own | further | of_connector)


@functools.lru_cache(maxsize=256)
def _host_name(text: str) -> str:
    """The bare name behind "host", "host:port" or "https://host:port", in small letters; "" when there is none."""
    if text.count(":") > 1 and not text.startswith("[") and "://" not in text:
        text = f"[{text}]"
    try:
        name = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return f"[{name}]" if ":" in name else name


def _gate() -> None:
    g.started = clock.monotonic()
    named = request.headers.get(trail.HEADER, "")
    trail.begin(named if trail.is_id(named) else clock.uuid7())
    _check_host()
    if request.method not in _SAFE:
        _check_origin()
    if request.url_rule is None or request.endpoint is None:
        return  # nothing here: Flask answers 404 or 405
    rule = auth.rule_of(current_app, request.endpoint)
    if rule is None:
        log.error("the route %s declares no rule", request.endpoint)
        raise NotAllowed("This address is closed.", code="no_rule")
    if request.url_rule.websocket:
        live.check_handshake()
    try:
        auth.admit(rule)
    except UserError as error:
        turned_away.note(error)
        raise
    who = auth.actor_or_none()
    by_page = rule.proof is None and (who is None or who.via != "token")
    if request.method not in _SAFE and by_page:
        _check_csrf()


def _check_host() -> None:
    if _host_name(request.headers.get("Host", "")) not in current_app.config["ALLOWED_HOSTS"]:
        raise UserError(
            "This till does not go by that name. Add it to [server] origins in config.ini, or use this machine's own.",
            code="host",
        )


def _check_origin() -> None:
    origin = request.headers.get("Origin", "")
    if origin and urlsplit(origin).netloc != request.host:
        raise NotAllowed("A page of another site may not do this.", code="origin")


def _check_csrf() -> None:
    try:
        csrf.protect()
    except CSRFError as error:
        raise UserError("This page is out of date. Load it again; the basket stays.", code="csrf") from error


@functools.lru_cache(maxsize=256)
def _policy(host: str) -> str:
    """Older browsers do not count a WebSocket to the same host as 'self'."""
    return _POLICY.format(host=host)


def _finish(answer: Response) -> Response:
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    named = request.headers.get("Host", "")
    host = named if _host_name(named) in current_app.config["ALLOWED_HOSTS"] else "localhost"
    answer.headers.setdefault("Content-Security-Policy", _policy(host))
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers.update(trail.headers())
    if answer.status_code < 400 and auth.actor_or_none() is not None:
        request.environ[turnstile.KNOWN] = True  # whoever is let in does not wait behind those who are refused
    _note(answer)
    return answer


def _note(answer: Response) -> None:
    """One line a request: changes, trouble and who was turned away always, reading only when somebody looks for it."""
    seconds = clock.monotonic() - g.get("started", clock.monotonic())
    ms = int(seconds * 1000)
    if not (request.url_rule and request.url_rule.websocket):  # a screen stays for hours
        parts().counted.answered(request.method, answer.status_code, seconds)
    who = auth.actor_or_none()
    turned_away = answer.status_code == 403 or g.get("error_code") in ("token", "host")
    quiet = request.method in _SAFE and answer.status_code < 500 and ms < SLOW_MS and not turned_away
    log.log(
        logging.DEBUG if quiet else logging.INFO,
        "%s %s %s",
        request.method,
        request.path,
        answer.status_code,
        extra={
            "method": request.method,
            "path": request.path,
            "status": answer.status_code,
            "ms": ms,
            "actor": who.code.replace("token:", "program ") if who else "",  # else it would be struck out
            "address": request.remote_addr or "",
            "code": g.get("error_code", ""),
            "till": parts().config.till.id,
        },
    )
