"""What an answer of QuickBooks Online means, in each envelope there is, and what the traffic does with it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from pos.connectors.qbo import client, errors, pace
from pos.errors import ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from pos.http import Answer
from tests.conftest import SHARED
from tests.contract.test_http import Peer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
JSON = "application/json"


def told(status: int, body: str | bytes | dict[str, object], kind: str = JSON) -> Answer:
    text = json.dumps(body) if isinstance(body, dict) else body
    return Answer(
        status, {"content-type": kind, "intuit_tid": "1-ab"}, text.encode() if isinstance(text, str) else text, 1
    )


def fault(code: str, detail: str = "", message: str = "No") -> dict[str, object]:
    return {"Fault": {"Error": [{"Message": message, "Detail": detail, "code": code}], "type": "ValidationFault"}}


def gateway(code: str) -> dict[str, object]:
    return {"warnings": None, "fault": {"error": [{"message": f"m; errorCode=00{code}", "code": code}], "type": "A"}}


NO_TAX = "Make sure all your transactions have a VAT rate before you save."
THROTTLED = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
LOCKED = "another user was creating inventory products at exactly the same time"
XML = (
    b'<?xml version="1.0"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="ValidationFault">'
    b'<Error code="6240" element="DisplayName"><Message>Duplicate Name</Message><Detail>taken : null</Detail></Error>'
    b"</Fault></IntuitResponse>"
)


@pytest.mark.parametrize(
    ("answer", "posted", "read", "code"),
    [
        (told(401, gateway("3200")), SignInNeeded, SignInNeeded, "sign_in_needed"),
        (told(403, gateway("3100")), SignInNeeded, SignInNeeded, "not_authorised"),
        (told(429, fault("3001", message=THROTTLED)), Unavailable, Unavailable, "busy"),
        (told(200, fault("003001")), Unavailable, Unavailable, "busy"),
        (told(400, fault("5010", "changed by Ann")), Rejected, Rejected, "stale"),
        (told(400, fault("610")), Rejected, Rejected, "not_there"),
        (told(400, fault("2500")), Rejected, Rejected, "reference_missing"),
        (told(400, XML, "text/xml"), Rejected, Rejected, "name_taken"),
        (told(400, fault("6140")), Unknown, Unavailable, "answered:6140"),
        (told(400, fault("6210")), Rejected, Rejected, "period_closed"),
        (told(400, fault("6270")), Rejected, Rejected, "before_stock"),
        (told(400, fault("6000", LOCKED)), Unknown, Unknown, "answered:6000"),
        (told(400, fault("6000", NO_TAX)), Rejected, Rejected, "tax_code_missing"),
        (told(400, fault("6000", "Multi currency")), Rejected, Rejected, "refused"),
        (told(200, fault("2010")), Rejected, Rejected, "not_understood"),
        (told(500, fault("10000")), Unknown, Unavailable, "server_error"),
        (told(504, "stream timeout", "text/plain"), Unknown, Unavailable, "gateway"),
        (told(502, "<html><body>Bad gateway</body></html>", "text/html"), Unknown, Unavailable, "gateway"),
        (told(200, "<Customer/>", "text/xml"), Unknown, Unavailable, "garbage"),
        (told(404, "nothing", "text/plain"), Unavailable, Unavailable, "no_site"),
    ],
)  # fmt: skip
def test_each_answer_is_one_error(
    answer: Answer, posted: type[ConnectorError], read: type[ConnectorError], code: str
) -> None:
    found = [errors.error_for(answer, where, NOW) for where in ("post", "read")]
    assert [type(one) for one in found] == [posted, read]
    assert found[0].code == code


def test_too_many_requests_wait_a_minute_whatever_they_say() -> None:
    error = errors.error_for(told(429, "slow down", "text/plain"), "post", NOW)
    assert isinstance(error, Unavailable)
    assert error.retry_at is not None
    assert (error.retry_at - NOW).total_seconds() == 60


def test_a_fault_is_told_in_one_short_line() -> None:
    """On an unknown property their text names 83 others; the document it was about is never in it."""
    answer = told(400, fault("2010", 'Unrecognized field "X"\n' + "known " * 200))
    error = errors.error_for(answer, "post", NOW)
    assert "\n" not in error.message
    assert len(error.message) < 300
    assert "1-ab" in error.reply


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded exchanges are not here")
def test_recorded_errors_are_read() -> None:
    wanted = {"error-400_json": "2010", "error-401": "3200", "error-validation": "6240", "error-500-2": "2030"}
    for name, code in wanted.items():
        kept = json.loads((SHARED / "contracts" / "qbo" / "samples" / f"{name}.json").read_text())["response"]
        found = errors.fault_of(told(kept["status"], kept["body"]))
        assert found is not None
        assert found.code == code


# -- traffic -----------------------------------------------------------------------------------------------------------


class Tokens:
    """Gives out what it was told to, in order."""

    def __init__(self, *tokens: str) -> None:
        self.left = list(tokens)
        self.renewed: list[str] = []

    def access(self) -> str:
        return self.left[0]

    def renew(self, used: str) -> str:
        self.renewed.append(used)
        self.left.pop(0)
        return self.left[0]


def speaking(*answers: tuple[int, str]) -> Peer:
    def said(status: int, body: str):  # type: ignore[no-untyped-def]
        head = f"Content-Type: {JSON}\r\nintuit_tid: 1-zz\r\nContent-Length: {len(body)}"
        raw = f"HTTP/1.1 {status} X\r\n{head}\r\n\r\n{body}"
        act = lambda peer, request: peer.sendall(raw.encode())  # noqa: E731
        act.ends = False  # type: ignore[attr-defined]
        return act

    return Peer(*(said(*one) for one in answers))


def targets(peer: Peer) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(request.split(b" ")[1].decode()).query) for request in peer.requests]


def bodies(peer: Peer) -> Sequence[bytes]:
    return [request.partition(b"\r\n\r\n")[2] for request in peer.requests]


def test_a_refused_token_is_renewed_once_and_the_write_repeated_under_its_id(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(pace, "APART_SECONDS", 0.0)
    refused = json.dumps({"fault": {"error": [{"message": "m", "detail": "Token expired: first-tok", "code": "3200"}]}})
    peer, tokens = speaking((401, refused), (200, '{"SalesReceipt": {"Id": "7"}}')), Tokens("first-tok", "second-tok")
    ours = client.Client(peer.url, "99", tokens)
    body = client.encoded({"DocNumber": "R é", "Line": []})
    assert ours.create("SalesReceipt", body, "rq-1") == {"Id": "7"}
    assert tokens.renewed == ["first-tok"]
    assert [one["requestid"] for one in targets(peer)] == [["rq-1"], ["rq-1"]]
    assert [one["minorversion"] for one in targets(peer)] == [["75"], ["75"]]
    assert list(bodies(peer)) == [body, body]
    assert b"Accept: application/json" in peer.requests[0]
    assert b"Bearer second-tok" in peer.requests[1]
    assert "1-zz" in caplog.text
    assert "first-tok" not in caplog.text
    assert "second-tok" not in caplog.text


def test_a_token_refused_twice_needs_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "APART_SECONDS", 0.0)
    peer, tokens = speaking((401, "{}")), Tokens("a", "b", "c")
    with pytest.raises(SignInNeeded):
        client.Client(peer.url, "99", tokens).read("Customer", "1")
    assert (tokens.renewed, len(peer.requests)) == (["a"], 2)


def test_after_too_many_requests_nothing_is_sent_for_a_minute() -> None:
    peer = speaking((429, "{}"))
    first, second = (client.Client(peer.url, "77", Tokens("a")) for _ in range(2))
    for ours in (first, second):
        with pytest.raises(Unavailable) as caught:
            ours.query("Item")
        assert caught.value.code == "busy"
        assert caught.value.retry_at is not None
    assert len(peer.requests) == 1


def test_a_lost_answer_to_a_write_is_unknown_and_to_a_question_is_not() -> None:
    peer = Peer(lambda sock, _request: sock.close())
    ours = client.Client(peer.url, "66", Tokens("a"))
    with pytest.raises(Unknown):
        ours.create("Customer", b"{}", "rq")
    with pytest.raises(Unavailable):
        ours.query("Customer")


def test_questions_have_an_order_and_texts_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "APART_SECONDS", 0.0)
    peer = speaking(
        (200, '{"QueryResponse": {"Customer": [{"Id": "1"}], "maxResults": 1}}'), (200, '{"QueryResponse": {}}')
    )
    ours = client.Client(peer.url, "55", Tokens("a"))
    amy = client.text("\\Amy's")
    page = ours.query("Customer", f"DisplayName = {amy}", most=1)
    assert (page.rows, page.more, page.next_start) == (({"Id": "1"},), True, 2)
    assert ours.query("Customer", start=2).rows == ()
    asked = [one["query"][0] for one in targets(peer)]
    assert asked[0].endswith(r"WHERE DisplayName = '\\Amy\'s' ORDERBY Id STARTPOSITION 1 MAXRESULTS 1")
    assert asked[1].endswith("ORDERBY Id STARTPOSITION 2 MAXRESULTS 1000")


def test_the_pace_stays_below_both_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns are given out evenly: what ten threads ask for at once is spread."""
    assert 1 / pace.APART_SECONDS < 10
    assert 60 / pace.APART_SECONDS < 500
    now, waited = [100.0], []
    monkeypatch.setattr(pace.clock, "monotonic", lambda: now[0])
    monkeypatch.setattr(pace.threading, "Event", lambda: type("E", (), {"wait": lambda _self, s: waited.append(s)})())
    one = pace.Pace()
    for _ in range(5):
        one.wait()
    assert waited == pytest.approx([pace.APART_SECONDS * n for n in range(1, 5)])
    with pytest.raises(Unavailable):
        for _ in range(1000):
            one.wait()
