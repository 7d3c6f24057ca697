"""A TLS proxy in front: what it says of whoever asks is believed when it comes from the address named in the settings.

Without `[server] trusted_proxy` nothing that is forwarded is believed, and what was forwarded is never this machine.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

from pos.config import Config
from pos.config_checks import networks

#: A browser that was here over TLS once comes over nothing else for half a year.
HSTS = "max-age=15552000"

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TrustedProxy:
    """WSGI: the address and the scheme of whoever asked the proxy take the place of the proxy's own."""

    def __init__(self, application: Wsgi, trusted: str) -> None:
        """trusted: addresses or networks, comma separated."""
        self._plain = application
        self._believed = ProxyFix(application, x_for=1, x_proto=1, x_host=0, x_port=0, x_prefix=0)
        self._trusted = networks(trusted)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        return (self._believed if self._from_it(environ) else self._plain)(environ, start)

    def _from_it(self, environ: dict[str, Any]) -> bool:
        try:
            address = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
        except ValueError:
            return False
        return any(address in network for network in self._trusted)


class _Session(SecureCookieSessionInterface):
    """The page's own cookie is Secure over https, and can be kept over http on this machine."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - asked so by Flask
        return request.is_secure


def install(app: Flask, config: Config) -> None:
    """Put it in front of the application, where a proxy is named; cookies and HSTS follow the scheme in any case."""
    app.session_interface = _Session()
    app.after_request(_stay_secure)
    if config.server.trusted_proxy:
        app.wsgi_app = TrustedProxy(app.wsgi_app, config.server.trusted_proxy)  # type: ignore[assignment,method-assign]


def _stay_secure(answer: Response) -> Response:
    if request.is_secure:
        answer.headers.setdefault("Strict-Transport-Security", HSTS)
    return answer
