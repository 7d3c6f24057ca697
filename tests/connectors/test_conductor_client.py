"""The client of Conductor: one meaning for whatever comes back, exact numbers, nothing sent twice, no secret told."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from pos import trail
from pos.config import Config
from pos.connectors.conductor import errors, wire
from pos.connectors.conductor.client import Client
from pos.errors import BadSettings, ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from tests.contract.emulators.conductor import END_USER, KEY, Conductor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOST = ("reset_after", "closed_after", "half_answer", "garbage", "gateway_after", "timeout_after", "internal_after")


@pytest.fixture(scope="module")
def running() -> Iterator[Conductor]:
    with Conductor(slow_seconds=0.6) as there:
        yield there


@pytest.fixture
def there(running: Conductor) -> Iterator[Conductor]:
    running.faults.clear()
    running.calls.clear()
    yield running
    running.reachable = True
    running.wait_idle()
    assert running.broken == []


def config(url: str, **more: Any) -> Config:
    own = {"secret_key": KEY, "url": url, "connect_seconds": 5, "timeout_seconds": 30, **more}
    return replace(Config(Path()), conductor=replace(Config(Path()).conductor, **own))


@pytest.fixture
def client(there: Conductor) -> Iterator[Client]:
    made = Client(config(there.url), END_USER)
    yield made
    made.close()


def item(there: Conductor, name: str) -> dict[str, Any]:
    accounts = {row["name"]: row["id"] for row in there.file.rows("accounts")}
    return {
        "name": name, "salesPrice": "12.50", "incomeAccountId": accounts["Merchandise Sales"],
        "cogsAccountId": accounts["Cost of Goods Sold"], "assetAccountId": accounts["Inventory Asset"],
        "reorderPoint": Decimal("2.50"),
    }  # fmt: skip


def raised(call: Any, *given: Any, **named: Any) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        call(*given, **named)
    return caught.value


def test_what_is_made_is_read_found_changed_and_taken_away(client: Client, there: Conductor) -> None:
    made = client.create("inventory_items", item(there, "Ink"))
    assert (made["salesPrice"], made["reorderPoint"]) == ("12.50", Decimal("2.5"))
    assert client.retrieve("inventory_items", made["id"]) == made
    assert client.find("inventory_items", names=["Ink"]) == [made]
    changed = client.update("inventory_items", made["id"], made["revisionNumber"], {"isActive": False})
    assert client.find("inventory_items", names=["ink"]) == [changed]  # one that is not active is there, too
    assert client.find("inventory_items", names=["Nothing", "Ink"]) == [changed]
    assert client.find("inventory_items", names=["Nothing"]) == []
    customer = client.create("customers", {"name": "Ada", "billingAddress": {"postalCode": "AB1"}})
    order = client.create("sales_orders", {
        "customerId": customer["id"], "transactionDate": "2026-11-22", "refNumber": "T-1",
        "lines": [{"itemId": made["id"], "quantity": Decimal("2.5"), "rate": "1.10"}],
    })  # fmt: skip
    (found,) = client.find("sales_orders", ref_numbers=["T-1"])
    assert (found["id"], found["lines"][0]["quantity"]) == (order["id"], Decimal("2.5"))  # lines come along
    client.delete("sales_orders", order["id"])
    assert client.find("sales_orders", ref_numbers=["T-1"]) == []
    assert raised(client.retrieve, "sales_orders", order["id"]).code == "not_there"
    assert raised(client.update, "customers", "80-1", "1", {"name": "B"}).code == "not_there"
    assert client.health() == 12 and client.retrieve("company")["companyName"] == there.file.name


def test_pages_and_whole_lists(client: Client, there: Conductor) -> None:
    for n in range(5):
        there.file.put("vendors", name=f"V{n}", isActive=n != 3)
    small = Client(config(there.url, page_rows=2), END_USER)
    first = small.page("vendors")
    second = small.page("vendors", first.cursor)
    assert ([row["name"] for row in first.rows], first.remaining, first.more) == (["V0", "V1"], 3, True)
    assert [row["name"] for row in second.rows] == ["V2", "V3"]
    assert len(small.whole("vendors")) == 5  # also where it comes in pages
    assert "limit" not in there.requests[-1][1] or "limit=2" in there.requests[-1][1]
    accounts = client.whole("accounts")
    assert len(accounts) == len(there.file.rows("accounts")) and "limit" not in there.requests[-1][1]
    assert isinstance(raised(small.page, "vendors", "no such cursor"), Rejected)
    small.close()


def test_a_page_is_never_asked_for_twice(client: Client, there: Conductor) -> None:
    there.faults.next("reset_after", hits="page")
    there.faults.next("reset_after", hits="list")
    error = raised(client.page, "customers")
    assert isinstance(error, Unavailable) and error.code == "no_answer"
    assert len(there.calls) == 1


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("act", ["create", "update", "delete"])
def test_what_changes_something_reaches_them_once_and_stays_unknown(
    client: Client, there: Conductor, fault: str, act: str
) -> None:
    body = {"customerId": there.file.put("customers", name=f"{fault} {act}")["id"], "transactionDate": "2026-11-22"}
    made = there.file.put("sales_orders", **body)
    before = len(there.file.rows("sales_orders"))
    there.calls.clear()
    there.faults.next(fault)
    call = {
        "create": lambda: client.create("sales_orders", body),
        "update": lambda: client.update("sales_orders", made["id"], made["revisionNumber"], {"memo": "x"}),
        "delete": lambda: client.delete("sales_orders", made["id"]),
    }[act]
    assert isinstance(raised(call), Unknown)
    assert there.calls == [f"{act} sales-orders"]
    assert len(there.file.rows("sales_orders")) - before == {"create": 1, "update": 0, "delete": -1}[act]


def test_silence_ends_at_the_time_out_and_leaves_a_write_unknown(there: Conductor) -> None:
    impatient = Client(config(there.url, timeout_seconds=0.2, long_seconds=0.2), END_USER)
    there.faults.next("slow_after", hits="all", times=2)
    assert isinstance(raised(impatient.create, "customers", {"name": "Slow"}), Unknown)
    there.wait_idle()
    error = raised(impatient.whole, "accounts")
    assert isinstance(error, Unavailable) and error.code == "no_answer"
    impatient.close()


def test_where_nothing_could_be_sent_nothing_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # never used for this machine
    refused = Client(config("http://127.0.0.1:9/v1"), END_USER)
    error = raised(refused.create, "customers", {"name": "A"})
    assert isinstance(error, Unavailable) and (error.code, str(error)) == (
        "unreachable", "Conductor cannot be reached: connection refused.",
    )  # fmt: skip
    assert wire._proxy("http://conductor.example/v1") == "http://127.0.0.1:9"
    assert wire._proxy("http://127.0.0.1:9/v1") is None
    refused.close()


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [("not_connected", Unavailable, "desktop_away"), ("limited", Unavailable, "too_many"),
     ("in_use", Rejected, "in_use"), ("not_set_up", SignInNeeded, "not_linked")],
)  # fmt: skip
def test_answers_that_prove_nothing_was_done(
    client: Client, there: Conductor, fault: str, kind: type[ConnectorError], code: str
) -> None:
    there.faults.next(fault)
    error = raised(client.create, "customers", {"name": fault})
    assert (type(error), error.code) == (kind, code)
    if fault == "limited":
        assert isinstance(error, Unavailable) and error.retry_at is not None
    if fault == "not_connected":
        assert "Please open it" in str(error)  # what they say people should read


def test_refusals_of_quickbooks_and_of_conductor(client: Client, there: Conductor) -> None:
    made = client.create("customers", {"name": "Grace"})
    client.update("customers", made["id"], made["revisionNumber"], {"phone": "1"})
    stale = raised(client.update, "customers", made["id"], made["revisionNumber"], {"phone": "2"})
    taken = raised(client.create, "customers", {"name": "Grace"})
    missing = raised(client.create, "customers", {"name": "Hedy", "termsId": "80-404"})
    wrong = raised(client.create, "customers", {"name": "x" * 50})
    assert [one.code for one in (stale, taken, missing, wrong)] == [
        "stale",
        "name_taken",
        "reference_missing",
        "invalid",
    ]
    assert "name" in str(wrong)  # their `message`, not the sentence that says nothing
    for error in (stale, taken, missing, wrong):
        assert isinstance(error, Rejected) and error.remedy
    with pytest.raises(Rejected, match="shoeSize"):
        client.create("customers", {"name": "Ida", "shoeSize": "7"})
    stranger = raised(Client(config(there.url), "end_usr_stranger").health)
    key = raised(Client(config(there.url, secret_key="sk_conductor_wrong"), END_USER).health)
    assert [(type(one), one.code) for one in (stranger, key)] == [
        (SignInNeeded, "no_end_user"), (SignInNeeded, "key_refused"),
    ]  # fmt: skip


def envelope(code: str, number: str = "", **more: str) -> dict[str, Any]:
    given = {"message": "for the log", "userFacingMessage": "for people", "type": "INTEGRATION_ERROR", "code": code}
    return {"error": {**given, "requestId": "req_1", **({"integrationCode": number} if number else {}), **more}}


CONNECTION = {"type": "INTEGRATION_CONNECTION_ERROR"}


@pytest.mark.parametrize(
    ("status", "body", "write", "read"),
    [
        (502, envelope("QBD_REQUEST_ERROR", "3200"), (Rejected, "stale"), (Rejected, "stale")),
        (502, envelope("QBD_REQUEST_ERROR", "3100"), (Rejected, "name_taken"), (Rejected, "name_taken")),
        (502, envelope("QBD_REQUEST_ERROR", "500"), (Unknown, "uncertain"), (Rejected, "no_match")),
        (502, envelope("QBD_REQUEST_ERROR", "1"), (Unknown, "uncertain"), (Rejected, "no_match")),
        (502, envelope("QBD_REQUEST_ERROR", "530"), (Unknown, "uncertain"), (Unavailable, "uncertain")),
        (502, envelope("QBD_REQUEST_ERROR", "1000"), (Unknown, "uncertain"), (Unavailable, "uncertain")),
        (502, envelope("QBD_REQUEST_ERROR", "1010"), (Unavailable, "desktop_away"), (Unavailable, "desktop_away")),
        (502, envelope("QBD_REQUEST_ERROR", "3171"), (Rejected, "closed"), (Rejected, "closed")),
        (502, envelope("QBD_REQUEST_ERROR", "3260"), (Rejected, "not_permitted"), (Rejected, "not_permitted")),
        (502, envelope("QBD_REQUEST_ERROR", "3999"), (Rejected, "refused"), (Rejected, "refused")),
        (502, envelope("QBD_REQUEST_ERROR"), (Rejected, "refused"), (Rejected, "refused")),
        (502, envelope("QBD_REQUEST_ERROR", "0x80040400"), (Rejected, "refused"), (Rejected, "refused")),
        (502, envelope("QBD_CONNECTION_ERROR", "0x80040408", **CONNECTION),
         (Unavailable, "desktop_away"), (Unavailable, "desktop_away")),
        (502, envelope("QBD_CONNECTION_ERROR", "0x8004040D", **CONNECTION),
         (Unknown, "uncertain"), (Unavailable, "uncertain")),
        (504, envelope("QBD_REQUEST_TIMEOUT", **CONNECTION), (Unknown, "no_answer"), (Unavailable, "no_answer")),
        (409, envelope("INTEGRATION_CONNECTION_NOT_SET_UP", **CONNECTION),
         (SignInNeeded, "not_linked"), (SignInNeeded, "not_linked")),
        (403, envelope("X", type="PERMISSION_ERROR"),
         (SignInNeeded, "not_permitted"), (SignInNeeded, "not_permitted")),
        (500, envelope("X", type="INTERNAL_ERROR"), (Unknown, "gateway"), (Unavailable, "gateway")),
        (404, envelope("RESOURCE_MISSING", type="INVALID_REQUEST_ERROR"),
         (Rejected, "not_there"), (Rejected, "not_there")),
        (502, "<html>", (Unknown, "gateway"), (Unavailable, "gateway")),
        (503, None, (Unknown, "gateway"), (Unavailable, "gateway")),
        (404, "<html>", (Unavailable, "no_site"), (Unavailable, "no_site")),
        (307, None, (Unavailable, "redirected"), (Unavailable, "redirected")),
        (413, None, (Rejected, "refused"), (Rejected, "refused")),
        (401, None, (SignInNeeded, "key_refused"), (SignInNeeded, "key_refused")),
    ],
)  # fmt: skip
def test_one_meaning_for_each_answer(
    status: int, body: Any, write: tuple[type[ConnectorError], str], read: tuple[type[ConnectorError], str]
) -> None:
    for writes, wanted in ((True, write), (False, read)):
        found = errors.error_for(status, body, writes=writes, now=NOW)
        assert (type(found), found.code) == wanted
        if wanted[0] is Rejected and isinstance(body, dict) and status == 502:
            assert str(found) == "for people"


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [{"id": "1"}], "remainingCount": "many", "hasMore": True, "nextCursor": "x"},
        {"data": [{"id": "1"}], "remainingCount": -3, "hasMore": True, "nextCursor": "x"},
        {"data": [{"id": "1"}], "remainingCount": 5, "hasMore": True},  # the next page would be the first one again
        {"data": [], "remainingCount": 5, "hasMore": True, "nextCursor": "x"},  # and so on, for ever
        {"data": [{"id": "1"}, {"name": "No id"}]},
        {"data": [{"id": {"a": 1}}]},
    ],
)
def test_a_page_that_cannot_be_right_is_asked_for_later_and_passes_nothing_over(
    client: Client, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    monkeypatch.setattr(client, "_ask", lambda *args, **named: answer)
    for asked in (client.page, client.whole):
        with pytest.raises(Unavailable) as refused:
            asked("customers")
        assert refused.value.code == "garbage"


def test_an_object_without_an_id_proves_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_ask", lambda *args, **named: {"name": "Ada", "duration": "quick"})
    assert isinstance(raised(client.create, "customers", {"name": "Ada"}), Unknown)
    assert isinstance(raised(client.update, "customers", "1", "2", {}), Unknown)
    assert isinstance(raised(client.retrieve, "customers", "1"), Unavailable)
    assert isinstance(raised(client.health), Unavailable)


def test_a_packed_answer_is_bounded_by_what_it_unpacks_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ANSWER_BYTES_MAX", 3 << 20)
    answers = [gzip.compress(bytes(9 << 20)), gzip.compress(b"ab" * (1 << 20)), b"none of it", b""]
    names = ["gzip", "gzip", "gzip", "br"]
    there = httpx.MockTransport(
        lambda asked: httpx.Response(200, headers={"Content-Encoding": names.pop(0)}, stream=Parts(answers.pop(0)))
    )
    with httpx.Client(transport=wire._bounded(there)) as line:
        with pytest.raises(httpx.ReadError, match="longer than"):
            line.get("http://there")
        assert line.get("http://there").content == b"ab" * (1 << 20)
        for _ in range(2):
            with pytest.raises(httpx.DecodingError):
                line.get("http://there")


class Parts(httpx.SyncByteStream):
    """An answer that comes in two parts."""

    def __init__(self, whole: bytes) -> None:
        self.whole = whole

    def __iter__(self) -> Iterator[bytes]:
        yield self.whole[:100]
        yield self.whole[100:]


def test_too_many_is_waited_for_as_long_as_they_say() -> None:
    for header, seconds in (("7", 7), ("", 60), ("86400", 3600), ("soon", 60)):
        found = errors.error_for(429, envelope("RATE", type="INVALID_REQUEST_ERROR"), writes=True, now=NOW,
                                 headers={"retry-after": header})  # fmt: skip
        assert isinstance(found, Unavailable) and found.retry_at == NOW + timedelta(seconds=seconds)


def test_the_key_is_told_to_nobody(
    client: Client, there: Conductor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("conductor", "httpx", "httpcore"):
        assert logging.getLogger(name).level == logging.WARNING
    message = f"Invalid API key provided: '{KEY}', like 'sk_live_...1234'; Authorization: Bearer abcdef"
    body = envelope("API_KEY_INVALID", type="PERMISSION_ERROR", message=message, userFacingMessage=message)
    found = errors.error_for(403, body, writes=True, now=NOW, secrets=[KEY])
    there.faults.next("not_connected", hits="all")
    told = [str(found), found.reply, repr(client), str(raised(client.health)), caplog.text]
    assert not any(KEY in text or "sk_live" in text or "abcdef" in text for text in told), told
    assert "<secret>" in str(found)


def test_one_request_at_a_time(client: Client, there: Conductor) -> None:
    there.faults.next("slow_after", hits="health")
    slow = threading.Thread(target=client.health)
    slow.start()
    while "health health-check" not in there.calls:
        pass
    hasty = Client(config(there.url), END_USER, patience=0.01)
    error = raised(hasty.health)
    assert isinstance(error, Unavailable) and error.code == "busy"
    slow.join()
    assert hasty.health() == 12 and there.overlaps == 0
    hasty.close()


@pytest.fixture
def sent(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What goes over the wire, as httpx has it."""
    requests: list[Any] = []
    send = client._api._client.send

    def watched(request: Any, **named: Any) -> Any:
        requests.append(request)
        return send(request, **named)

    monkeypatch.setattr(client._api._client, "send", watched)
    return requests


def test_the_trail_goes_along(client: Client, sent: list[Any]) -> None:
    with trail.following(correlation="abc-1"):
        client.health()
    assert sent[0].headers[trail.HEADER] == "abc-1"


def test_numbers_go_exactly_or_not_at_all(client: Client, sent: list[Any]) -> None:
    def refused(difference: Decimal) -> ConnectorError:
        lines = [{"itemId": "1", "adjustQuantity": {"quantityDifference": difference}}]
        return raised(client.create, "inventory_adjustments", {
            "accountId": "80-404", "transactionDate": "2026-11-22", "lines": lines,
        })  # fmt: skip

    def adjusted(difference: Decimal) -> Any:
        refused(difference)
        body = json.loads(sent[-1].content, parse_float=Decimal)
        return body["lines"][0]["adjustQuantity"]["quantityDifference"]

    for text in ("-0.10", "3.000", "0.1", "1234567.8901", "1E+3"):
        assert adjusted(Decimal(text)) == Decimal(text)
    asked = len(sent)
    assert "more digits" in str(refused(Decimal("0.1234567890123456789")))
    assert len(sent) == asked


def test_without_a_key_or_the_official_client_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings, match="CONDUCTOR_SECRET_KEY"):
        Client(config("http://127.0.0.1:9/v1", secret_key=""), END_USER)
    with pytest.raises(BadSettings, match="not encrypted"):
        Client(config("http://conductor.example/v1"), END_USER)
    monkeypatch.setitem(__import__("sys").modules, "conductor", None)
    with pytest.raises(BadSettings, match=r"pip install -r requirements-conductor\.txt"):
        Client(config("http://127.0.0.1:9/v1"), END_USER)
