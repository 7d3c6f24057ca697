"""The one place that speaks HTTP to other systems: limits, time-outs, no surprises, and an honest answer to
"can it have been booked?".

An answer of any status comes back as `Answer`; what a status means is the connector's business. A failure without a
whole answer becomes exactly one of two errors:

Unavailable   it is proven that nothing was sent (refused, no such host, connect or TLS hand-shake failed), or the
              request only reads, so nothing can have been booked by it.
Unknown       the first byte of a request that changes something had left, or may have: read time-out, reset,
              half an answer, an answer too long to read. In doubt it is this one.

`requests.ConnectionError` means both, so the first byte is watched at the socket itself.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import DecodeError, HTTPError, IncompleteRead, ProtocolError, ReadTimeoutError

from pos import clock, trail
from pos.errors import BadSettings, ConnectorError, Unavailable, Unknown

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
ANSWER_BYTES_MAX = 16 << 20
#: Beyond the read time-out (which counts from byte to byte), the longest a whole answer may take to trickle in.
TRICKLE_SECONDS = 30.0
#: A kept connection older than this is not used again: the other side may be closing it this moment (gunicorn keeps one
#: for 2 s), and the reset would be indistinguishable from a lost answer.
REUSE_SECONDS = 1.5
REDIRECTS_MAX = 3
RETRY_AFTER_SECONDS_MAX = 3600
LOGGED_BYTES_MAX = 2000

_encoder = msgspec.json.Encoder(decimal_format="number")
_TOKEN = re.compile(
    r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?|\b(?:token|bearer|basic)\s+)[^\s'\",;]+(?:\s+[^\s'\",;]+)?"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, of whatever status."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: int

    @property
    def is_html(self) -> bool:
        kind = self.headers.get("content-type", "").lower()
        return "html" in kind or self.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html"))

    def json(self) -> Any:
        """The body as JSON with exact numbers (Decimal, never float). ValueError when it is none."""
        try:
            return json.loads(self.body, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise ValueError("the answer is not JSON") from error

    def retry_at(self, now: datetime) -> datetime | None:
        """When the other side allows the next try (Retry-After, in seconds or as a date), at most an hour away."""
        return retry_after(self.headers.get("retry-after", "").strip(), now)


def retry_after(text: str, now: datetime) -> datetime | None:
    """What a Retry-After says, in seconds or as a date: at most an hour away; None when it says nothing."""
    try:
        at = now + timedelta(seconds=int(text)) if text.isdigit() else parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return min(max(at, now), now + timedelta(seconds=RETRY_AFTER_SECONDS_MAX)) if at.tzinfo is not None else None


class Http:
    """A session with one host. Keeps connections alive, keeps no cookies, follows no redirect to another host.

    base: address of the site, http or https. headers go with every request. secrets are blotted out of every log
    line and error. Used by one thread at a time.
    clock_off: seconds this machine's clock was ahead of theirs by the Date of their last answer; None before one.
    """

    def __init__(
        self,
        base: str,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        read_seconds: float = 60.0,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        self.base = checked_base(base)
        self._secrets = self._given = tuple(s for s in secrets if s)
        self._hidden: list[str] = []
        self._read_seconds = read_seconds
        self._connect_seconds = connect_seconds
        self._wire = _Wire()
        self._used_at = 0.0
        self.clock_off: float | None = None
        self._session = requests.Session()
        self._session.headers.update({"Accept": "application/json", "User-Agent": "Tillkeep", **(headers or {})})
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.auth = _as_it_is  # else a .netrc on this machine would replace our Authorization header
        found = self._session.merge_environment_settings(self.base, {}, None, None, None)  # else with each request
        self._session.trust_env, self._session.verify, self._session.cert = False, found["verify"], found["cert"]
        self._session.proxies.update(found["proxies"])
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _WatchedAdapter(self._wire))

    def read(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        read_seconds: float | None = None,
        bytes_max: int = ANSWER_BYTES_MAX,
    ) -> Answer:
        """GET, which changes nothing. Follows redirects within the host. Unavailable when there is no whole answer."""
        url = urljoin(self.base + "/", path.lstrip("/"))
        for _ in range(REDIRECTS_MAX):
            answer = self._call("GET", url, params, None, True, read_seconds, bytes_max, headers)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            url, params = self._same_host(answer, url), None
        raise Unavailable(f"{self._host} keeps redirecting; check its address.", code="redirected")

    def send(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        headers: Mapping[str, str] | None = None,
        only_reads: bool = False,
        read_seconds: float | None = None,
        bytes_max: int = ANSWER_BYTES_MAX,
    ) -> Answer:
        """A request with a JSON body. only_reads: a question too long for a GET line, so a failure is Unavailable.

        A body of bytes goes as it is, since it was signed so. Further headers may come along.
        Unknown whenever the other side may have acted. Never follows a redirect (nothing was done there then).
        """
        url = urljoin(self.base + "/", path.lstrip("/"))
        written = body if isinstance(body, bytes) else _encoder.encode(body)
        answer = self._call(method, url, None, written, only_reads, read_seconds, bytes_max, headers)
        if 300 <= answer.status < 400:
            self._same_host(answer, url)
            raise Unavailable(f"{self._host} redirects what is sent to it; set its final address.", code="redirected")
        return answer

    def hide(self, *secrets: str) -> None:
        """From now on these are blotted out too; of those given here the last few are remembered."""
        self._hidden = list(dict.fromkeys([*self._hidden, *filter(None, secrets)]))[-8:]
        self._secrets = (*self._given, *self._hidden)

    def close(self) -> None:
        self._session.close()

    def _compare_clocks(self, date: str) -> None:
        try:
            there = parsedate_to_datetime(date)
        except (TypeError, ValueError):  # no Date, or none that can be read: what was known stays
            return
        self.clock_off = (clock.now() - (there if there.tzinfo else there.replace(tzinfo=UTC))).total_seconds()

    @property
    def _host(self) -> str:
        return urlsplit(self.base).netloc

    def _drop_kept(self) -> None:
        for adapter in self._session.adapters.values():
            adapter.close()

    def _same_host(self, answer: Answer, url: str) -> str:
        target = urljoin(url, answer.headers.get("location", ""))
        here, there = urlsplit(url), urlsplit(target)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            where = f"{there.scheme}://{there.netloc}"
            raise Unavailable(
                f"{self._host} redirects to {where}. If that is right, put it into the address.", code="redirected"
            )
        return target

    def _call(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        body: bytes | None,
        only_reads: bool,
        read_seconds: float | None,
        bytes_max: int,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        path = redact(urlsplit(url).path, self._secrets)
        kind = {} if body is None else {"Content-Type": "application/json"}
        timeout = (self._connect_seconds, read_seconds or self._read_seconds)
        started = clock.monotonic()
        if started - self._used_at > REUSE_SECONDS:
            self._drop_kept()
        self._wire.first_byte_sent = self._wire.connecting = False
        try:
            response = self._session.request(
                method,
                url,
                params=params,
                data=body,
                headers={**kind, **trail.headers(), **(headers or {})},
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
            try:
                content = _whole(response, started + timeout[1] + TRICKLE_SECONDS, bytes_max)
            finally:
                response.close()
        except _Cut as error:
            self._drop_kept()
            raise self._error(method, path, error.args[0], only_reads) from error
        except (requests.RequestException, HTTPError, OSError) as error:
            self._drop_kept()
            raise self._error(method, path, _reason(error), only_reads) from error
        finally:
            self._used_at = clock.monotonic()
        self._compare_clocks(response.headers.get("Date", ""))
        answer = Answer(
            status=response.status_code,
            headers={k.lower(): v for k, v in response.headers.items()},
            body=content if response.status_code < 400 else self._blotted(content),
            elapsed_ms=int((clock.monotonic() - started) * 1000),
        )
        self._note(method, path, answer)
        return answer

    def _blotted(self, body: bytes) -> bytes:
        """What a refusal says is kept and shown to people; one that repeats our key must not give it away."""
        for secret in self._secrets:
            body = body.replace(secret.encode(), b"<secret>")
        return body

    def _error(self, method: str, path: str, reason: str, only_reads: bool) -> ConnectorError:
        reason = redact(reason, self._secrets)
        nothing_sent = self._wire.connecting and not self._wire.first_byte_sent
        log.warning("%s %s%s: %s (%s)", method, self._host, path, reason, "nothing sent" if nothing_sent else "sent")
        if nothing_sent:
            return Unavailable(f"{self._host} cannot be reached: {reason}.", code="unreachable")
        if only_reads:
            return Unavailable(f"{self._host} did not answer: {reason}.", code="no_answer")
        return Unknown(f"{self._host} did not answer: {reason}. It may have booked what was sent.", code="no_answer")

    def _note(self, method: str, path: str, answer: Answer) -> None:
        changed = logging.INFO if method != "GET" else logging.DEBUG
        level = changed if answer.status < 400 else logging.WARNING
        if log.isEnabledFor(level):
            shown = "" if answer.status < 400 else answer.body[:LOGGED_BYTES_MAX].decode("utf-8", "replace")
            said = redact(shown, self._secrets)
            log.log(level, "%s %s%s %s in %s ms %s", method, self._host, path, answer.status, answer.elapsed_ms, said)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the secrets given and without anything that looks like an Authorization value."""
    for secret in secrets:
        text = text.replace(secret, "<secret>")
    return _TOKEN.sub(lambda found: f"{found.group(1)}<secret>", text)


def checked_base(base: str) -> str:
    parts = urlsplit(base.strip())
    try:
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise BadSettings(f"{redact(base)!r} is no address of a site; write it like https://erp.example.com.")
    if parts.username or parts.password:
        raise BadSettings("The address of a site must not hold a name or password; keys have settings of their own.")
    return base.strip().rstrip("/")


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _Cut(Exception):
    """The answer did not come whole; the text says how."""


def _whole(response: requests.Response, deadline: float, bytes_max: int) -> bytes:
    """The body as it comes in; not iter_content(), which waits for full blocks and so never sees a deadline."""
    parts, size = [], 0
    while part := response.raw.read1(1 << 16, decode_content=True):
        size += len(part)
        if size > bytes_max:
            raise _Cut(f"the answer is longer than {bytes_max >> 10} KB")
        if clock.monotonic() > deadline:
            raise _Cut("the answer came too slowly")
        parts.append(part)
    return b"".join(parts)


def _reason(error: Exception) -> str:
    """The failure in a few words; the library's own text names objects and addresses in memory."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate or encryption is not accepted"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.exceptions.Timeout | ReadTimeoutError):
        return "no answer in time"
    if isinstance(error, IncompleteRead | DecodeError) or (
        isinstance(error, ProtocolError) and "ncomplete" in str(error)
    ):
        return "half an answer"
    text = str(error)
    for mark, words in (
        ("Name or service not known", "no such host"),
        ("NameResolutionError", "no such host"),
        ("Connection refused", "connection refused"),
        ("actively refused", "connection refused"),
        ("Remote end closed", "connection closed without an answer"),
        ("reset by peer", "connection reset"),
        ("timed out", "no answer in time"),
        ("unreachable", "network unreachable"),
    ):
        if mark in text:
            return words
    return type(error).__name__


class _Wire:
    """What is known about the request under way: was a connection being made, has its first byte left?"""

    __slots__ = ("connecting", "first_byte_sent")

    def __init__(self) -> None:
        self.connecting = False
        self.first_byte_sent = False


class _WatchedAdapter(HTTPAdapter):
    """The usual adapter, whose connections tell the wire. Connections through a proxy tell nothing, which reads as
    "may have been sent"."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _watched_pools(self._wire)


def _watched_pools(wire: _Wire) -> dict[str, Callable[..., Any]]:
    class Plain(HTTPConnection):
        def connect(self) -> None:
            wire.connecting = True
            super().connect()

        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            wire.first_byte_sent = True
            super().send(data)

    class Tls(HTTPSConnection):
        def connect(self) -> None:
            wire.connecting = True
            super().connect()

        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            wire.first_byte_sent = True
            super().send(data)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}
