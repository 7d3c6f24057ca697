"""The certificate of a server elsewhere, as any browser or Web Connector would look at it."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """One whose chain and name are right. ends: when it runs out. protocol: of the connection, as TLSv1.3."""

    ends: datetime
    protocol: str


def of(host: str, port: int, context: ssl.SSLContext | None = None) -> Certificate:
    """Ask for it. ssl.SSLError (with the reason in words) for one nobody would trust; OSError when nobody answers."""
    trusting = context or ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=CONNECT_SECONDS) as line,
        trusting.wrap_socket(line, server_hostname=host) as tls,
    ):
        shown = tls.getpeercert() or {}
        ends = ssl.cert_time_to_seconds(str(shown["notAfter"]))
        return Certificate(datetime.fromtimestamp(ends, UTC), tls.version() or "")
