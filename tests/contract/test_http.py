"""pos/http.py against sockets that misbehave: what was certainly not sent, and what may have been booked."""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pos.errors import BadSettings, Unavailable, Unknown
from pos.http import Answer, Http, redact

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"data": 1}'
Behaviour = Callable[[socket.socket, bytes], None]


class Peer:
    """Accepts connections and does to each request what it was told, in turn; the last behaviour stays."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self.behaviours = list(behaviours)
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        with peer:
            while True:
                request = self._read(peer)
                if not request:
                    return
                self.requests.append(request)
                act = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
                try:
                    act(peer, request)
                except OSError:
                    return
                if act is not answer and getattr(act, "ends", True):
                    return

    @staticmethod
    def _read(peer: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            try:
                part = peer.recv(65536)
            except OSError:
                return b""
            if not part:
                return b""
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0
        )
        while len(body) < length:
            body += peer.recv(65536)
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        self._listener.close()


def answer(peer: socket.socket, request: bytes) -> None:
    peer.sendall(OK)


def says(raw: bytes) -> Behaviour:
    def act(peer: socket.socket, request: bytes) -> None:
        peer.sendall(raw)

    return act


def reset(peer: socket.socket, request: bytes) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def silence(peer: socket.socket, request: bytes) -> None:
    time.sleep(1.0)


def trickle(peer: socket.socket, request: bytes) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(100):
        peer.sendall(b"x")
        time.sleep(0.05)


@pytest.fixture
def made() -> Iterator[Callable[..., tuple[Http, Peer]]]:
    peers: list[Peer] = []

    def make(*behaviours: Behaviour, **options: object) -> tuple[Http, Peer]:
        peer = Peer(*(behaviours or (answer,)))
        peers.append(peer)
        return Http(peer.url, **{"read_seconds": 0.3, **options}), peer  # type: ignore[arg-type]

    yield make
    for peer in peers:
        peer.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_refused_connection_has_sent_nothing() -> None:
    with pytest.raises(Unavailable, match="connection refused"):
        Http(f"http://127.0.0.1:{free_port()}").send("POST", "/x", {})


def test_a_host_that_does_not_exist_has_been_sent_nothing() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        Http("http://no-such-host.invalid").send("POST", "/x", {})


def test_a_failed_hand_shake_has_sent_nothing(made: Callable[..., tuple[Http, Peer]]) -> None:
    _, peer = made(says(b"this is no TLS\r\n\r\n"))
    with pytest.raises(Unavailable, match=r"certificate or encryption|cannot be reached"):
        Http(peer.url.replace("http:", "https:"), read_seconds=0.5).send("POST", "/x", {})


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (reset, "reset|closed"),
        (lambda peer, request: peer.close(), "closed without an answer|reset"),
        (silence, "no answer in time"),
        (says(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"data"'), "half an answer"),
        (says(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"da'), "half an answer"),
        (says(b"not HTTP at all\r\n\r\n"), "did not answer"),
    ],
    ids=["reset", "closed", "silence", "half", "bad chunk", "garbage"],
)
def test_after_the_first_byte_a_change_is_unknown_and_a_question_unavailable(
    made: Callable[..., tuple[Http, Peer]], behaviour: Behaviour, words: str
) -> None:
    http, _ = made(behaviour)
    with pytest.raises(Unknown, match=words):
        http.send("POST", "/x", {"a": 1})
    http, _ = made(behaviour)
    with pytest.raises(Unavailable):
        http.read("/x")
    http, _ = made(behaviour)
    with pytest.raises(Unavailable):
        http.send("POST", "/list", {"a": 1}, only_reads=True)


def test_an_answer_that_is_too_long_is_not_read_to_its_end(made: Callable[..., tuple[Http, Peer]]) -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000
    http, _ = made(says(long))
    with pytest.raises(Unknown, match="longer than"):
        http.send("POST", "/x", {}, bytes_max=1000)
    with pytest.raises(Unavailable, match="longer than"):
        http.read("/x", bytes_max=1000)


def test_an_answer_that_trickles_is_given_up(
    made: Callable[..., tuple[Http, Peer]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pos.http.TRICKLE_SECONDS", 0.2)
    http, _ = made(trickle)
    started = time.monotonic()
    with pytest.raises(Unknown, match=r"too slowly"):
        http.send("POST", "/x", {})
    assert time.monotonic() - started < 4


def test_a_kept_connection_that_dies_under_a_change_is_unknown(made: Callable[..., tuple[Http, Peer]]) -> None:
    http, peer = made(answer, reset)
    assert http.send("POST", "/x", {}).status == 200
    with pytest.raises(Unknown):
        http.send("POST", "/x", {})
    assert peer.connections == 1, "it went over the kept connection"


def test_an_old_connection_is_not_used_for_a_change(
    made: Callable[..., tuple[Http, Peer]], monkeypatch: pytest.MonkeyPatch
) -> None:
    http, peer = made()
    http.send("POST", "/x", {})
    monkeypatch.setattr("pos.http.REUSE_SECONDS", -1.0)
    http.send("POST", "/x", {})
    assert peer.connections == 2


def test_requests_carry_accept_and_no_cookie_ever(made: Callable[..., tuple[Http, Peer]]) -> None:
    cookie = OK.replace(b"Content-Type", b"Set-Cookie: sid=Guest; Path=/\r\nContent-Type")
    keep = says(cookie)
    keep.ends = False  # type: ignore[attr-defined]
    http, peer = made(keep)
    http.read("/a")
    http.read("/b")
    assert all(b"accept: application/json" in r.lower() for r in peer.requests)
    assert not any(b"cookie" in r.lower() for r in peer.requests)


def test_a_netrc_of_this_machine_does_not_replace_our_key(
    made: Callable[..., tuple[Http, Peer]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login root password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    http, peer = made(headers={"Authorization": "token a:b"})
    http.read("/a")
    assert b"authorization: token a:b" in peer.requests[0].lower()


def moved(where: str) -> Behaviour:
    act = says(f"HTTP/1.1 302 Found\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode())
    act.ends = False  # type: ignore[attr-defined]
    return act


def test_a_redirect_to_another_host_is_not_followed(made: Callable[..., tuple[Http, Peer]]) -> None:
    other_http, other = made()
    http, _ = made(moved(f"{other.url}/steal"), headers={"Authorization": "token a:b"})
    for ask in (lambda: http.read("/a"), lambda: http.send("POST", "/a", {})):
        with pytest.raises(Unavailable, match="redirects to") as caught:
            ask()
        assert caught.value.code == "redirected"
    assert other.requests == []
    assert other_http.read("/ok").status == 200


def test_a_redirect_within_the_host_is_followed_for_questions_only(made: Callable[..., tuple[Http, Peer]]) -> None:
    http, peer = made(moved("/there"), answer)
    assert http.read("/here").status == 200
    assert [r.split()[1] for r in peer.requests] == [b"/here", b"/there"]
    http, _ = made(moved("/there"))
    with pytest.raises(Unavailable, match="final address"):
        http.send("POST", "/here", {})


def test_redirects_come_to_an_end(made: Callable[..., tuple[Http, Peer]]) -> None:
    http, peer = made(moved("/again"))
    with pytest.raises(Unavailable, match="keeps redirecting"):
        http.read("/again")
    assert len(peer.requests) == 3


def test_no_secret_reaches_a_log_or_an_error(
    made: Callable[..., tuple[Http, Peer]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = b"HTTP/1.1 500 X\r\nContent-Length: 60\r\n\r\nAuthorization: token key-17:geheim and again geheim, thanks.."
    http, _ = made(says(echo), reset, headers={"Authorization": "token key-17:geheim"}, secrets=("geheim", "key-17"))
    http.read("/a")
    with pytest.raises(Unknown) as caught:
        http.send("POST", "/a", {"x": "geheim"})
    assert "500" in caplog.text
    assert "geheim" not in caplog.text + str(caught.value)
    assert "key-17" not in caplog.text


def test_redaction_knows_keys_it_was_not_told_about() -> None:
    assert redact("sent Authorization: token abc:def to it") == "sent Authorization: <secret> to it"
    assert "abc" not in redact("Bearer abc")


def test_numbers_stay_exact_both_ways(made: Callable[..., tuple[Http, Peer]]) -> None:
    body = b'{"data": 0.1, "big": 12345678901234567890.05}'
    http, peer = made(says(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)))
    found = http.send("POST", "/x", {"rate": Decimal("1.10"), "qty": Decimal("0.355")}).json()
    assert found == {"data": Decimal("0.1"), "big": Decimal("12345678901234567890.05")}
    assert peer.requests[0].endswith(b'{"rate":1.10,"qty":0.355}')


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("29", 29), ("999999", 3600), ("Sat, 21 Nov 2026 10:00:30 GMT", 30), ("Sat, 21 Nov 2020 10:00:30 GMT", 0)],
)
def test_retry_after_in_seconds_or_as_a_date(text: str, seconds: int) -> None:
    now = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    at = Answer(429, {"retry-after": text}, b"", 1).retry_at(now)
    assert at is not None
    assert (at - now).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "Sat, 99 Nov"])
def test_a_retry_after_that_says_nothing_is_none(text: str) -> None:
    assert Answer(429, {"retry-after": text}, b"", 1).retry_at(datetime(2026, 11, 21, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    "address", ["", "erp.example.com", "ftp://x", "http://", "http://u:p@x", "http://x?y=1", "http://x:0x"]
)
def test_an_address_that_is_none_stops_the_start(address: str) -> None:
    with pytest.raises(BadSettings):
        Http(address)


def test_json_that_is_none_is_a_value_error() -> None:
    for body in (b"<html>", b"\xff\xfe", b"[" * 100_000):
        with pytest.raises(ValueError, match="not JSON"):
            Answer(200, {}, body, 1).json()


def test_the_proxy_and_the_certificates_of_this_machine_are_used_and_none_for_this_machine_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/shop/authorities.pem")
    outside = Http("https://books.example")._session
    assert outside.proxies["https"] == "http://proxy.example:3128"
    assert outside.verify == "/etc/shop/authorities.pem"
    assert "https" not in Http("https://127.0.0.1:8443")._session.proxies
