"""The line the official client of Conductor speaks over: what `pos.http` promises of every way out, kept here too.

Time-outs for connecting, for each byte and for a whole answer; no redirect is followed, no cookie kept, no .netrc read;
the system's proxies as they stand when the client is made, never to this machine; no kept connection that the other
side may be closing this moment.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from pos import clock
from pos.errors import BadSettings
from pos.http import REUSE_SECONDS, TRICKLE_SECONDS

if TYPE_CHECKING:
    import httpx

#: A list QuickBooks cannot page comes as one answer.
ANSWER_BYTES_MAX = 64 << 20
#: So much of it is unpacked at once.
PIECE_BYTES = 1 << 20
_LOCAL = ("localhost", "127.0.0.1", "::1")


def library() -> Any:
    """The official client's module. BadSettings, with the remedy, where it is not installed."""
    try:
        import conductor
    except ImportError as error:
        raise BadSettings(
            "[conductor] secret_key is set, and Conductor's client is not installed: "
            "pip install -r requirements-conductor.txt",
            code="no_driver",
        ) from error
    return conductor


def line(url: str, timeout: Any) -> httpx.Client:
    """An httpx client for this address. timeout: httpx.Timeout."""
    import httpx

    proxy = _proxy(url)
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=REUSE_SECONDS)
    verify = httpx.create_ssl_context() if url.startswith("https") else False
    inner = httpx.HTTPTransport(verify=verify, trust_env=False, limits=limits, proxy=proxy, retries=0)
    return httpx.Client(
        timeout=timeout, follow_redirects=False, trust_env=False, transport=_bounded(inner), cookies=_no_cookies()
    )


def is_here(url: str) -> bool:
    """Whether it is this machine: no proxy is asked, nothing need be encrypted."""
    host = urlsplit(url).hostname or ""
    return host in _LOCAL or host.startswith("127.")


def nothing_left(error: BaseException | None) -> bool:
    """Whether it is certain that no byte of a request left, by what lies under an error of the official client."""
    import httpx

    certain = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
    return isinstance(error, certain)


def reason(error: BaseException | None) -> str:
    """The failure in a few words; the libraries' own texts name objects and addresses."""
    import httpx

    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return "no connection in time"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.DecodingError):
        return "an answer that cannot be read"
    text = str(error or "")
    for mark, words in (
        ("CERTIFICATE", "its certificate or encryption is not accepted"),
        ("SSL", "its certificate or encryption is not accepted"),
        ("getaddrinfo", "no such host"),
        ("Name or service not known", "no such host"),
        ("name resolution", "no such host"),
        ("refused", "connection refused"),
        ("incomplete", "half an answer"),
        ("disconnected", "connection closed without an answer"),
        ("reset by peer", "connection reset"),
        ("unreachable", "network unreachable"),
        ("longer than", "the answer is too long"),
    ):
        if mark in text:
            return words
    return type(error).__name__ if error is not None else "no connection"


def _proxy(url: str) -> str | None:
    parts = urlsplit(url)
    if is_here(url) or proxy_bypass(parts.hostname or ""):
        return None
    found = getproxies()
    named = found.get(parts.scheme) or found.get("all")
    return (named if "://" in named else f"http://{named}") if named else None


def _no_cookies() -> Any:
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))


def _unpacked(parts: Iterable[bytes]) -> Iterator[bytes]:
    """What was packed with gzip, a bounded piece at a time."""
    import httpx

    inflate = zlib.decompressobj(31)
    try:
        for part in parts:
            piece, rest = inflate.decompress(part, PIECE_BYTES), inflate.unconsumed_tail
            yield piece
            while rest or len(piece) == PIECE_BYTES:
                piece, rest = inflate.decompress(rest, PIECE_BYTES), inflate.unconsumed_tail
                yield piece
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from None


def _bounded(inner: httpx.BaseTransport) -> httpx.BaseTransport:
    """The transport, whose answers are neither endless (once they are unpacked, too) nor endlessly slow: a read
    time-out counts from byte to byte."""
    import httpx

    class Body(httpx.SyncByteStream):
        def __init__(self, stream: httpx.SyncByteStream, deadline: float, packed: bool) -> None:
            self._stream, self._deadline, self._packed = stream, deadline, packed

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for part in _unpacked(self._stream) if self._packed else self._stream:
                size += len(part)
                if size > ANSWER_BYTES_MAX:
                    raise httpx.ReadError(f"the answer is longer than {ANSWER_BYTES_MAX >> 20} MB")
                if clock.monotonic() > self._deadline:
                    raise httpx.ReadTimeout("the answer came too slowly")
                yield part

        def close(self) -> None:
            self._stream.close()

    class Bounded(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            seconds = (request.extensions.get("timeout") or {}).get("read") or 0.0
            deadline = clock.monotonic() + seconds + TRICKLE_SECONDS
            request.headers["Accept-Encoding"] = "gzip"
            response = inner.handle_request(request)
            assert isinstance(response.stream, httpx.SyncByteStream)
            packing = response.headers.pop("Content-Encoding", "identity").strip().lower()
            if packing not in ("identity", "gzip"):
                response.stream.close()
                raise httpx.DecodingError(f"{packing[:40]} was not asked for")
            response.stream = Body(response.stream, deadline, packing == "gzip")
            return response

        def close(self) -> None:
            inner.close()

    return Bounded()
