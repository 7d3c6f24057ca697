"""Webhooks that ring the bell: the signature is the right, the same message rings once, and nobody fills the disk."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from pos import clock, config
from pos.actions import alarms
from pos.actions import hooks as taking
from pos.app import App
from pos.channels.base import Change
from pos.channels.webhook import Webhook
from pos.errors import BadSettings
from pos.rules import signing
from pos.store import bell, hook_events, notices, people
from pos.store.models import HookEvent, Notice
from pos.web import hooks
from tests.books import Time
from tests.channels.conftest import SENDER
from tests.web.conftest import Page, Served

SECRET, FRAPPE = "hook-secret", "whsec-test-123"
ORDER = {"name": "SAL-ORD-2026-00058", "customer": "Jane Doe", "total": "54.00", "currency": "GBP"}
NOW = datetime(2026, 11, 21, 8, 25, 40, tzinfo=UTC)
Post = Callable[..., TestResponse]


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    return replace(
        shop, hooks=replace(shop.hooks, secret=SECRET, erpnext_secret=FRAPPE, names="orders:Web order,stock:Goods")
    )


@pytest.fixture
def post(till: App) -> Post:
    """As ERPNext posts: no cookie, no token, no CSRF header, no content type."""

    def send(path: str, body: bytes, headers: dict[str, str] | None = None, address: str = "10.0.0.9") -> TestResponse:
        client = till.flask.test_client()
        return client.post(
            path, base_url=Page.base, data=body, headers=headers or {}, environ_base={"REMOTE_ADDR": address}
        )

    return send


def frappe(body: bytes, secret: str = FRAPPE) -> dict[str, str]:
    return {"X-Frappe-Webhook-Signature": signing.frappe_sign(secret, body), "Accept": "*/*"}


def ours(body: bytes, event: str = "evt-1", at: str = "", secret: str = SECRET) -> dict[str, str]:
    at = at or str(int(clock.now().timestamp()))
    signature = signing.sign(secret, event, at, body)
    return {"X-Webhook-Id": event, "X-Webhook-Timestamp": at, "X-Signature-256": f"sha256={signature}"}


def raw(value: Any) -> bytes:
    return json.dumps(value).encode()


def rung() -> list[tuple[str, str, int]]:
    return [
        (n.key, n.text, n.count) for n in Notice.select().where(Notice.key.startswith("hook:")).order_by(Notice.key)
    ]


# -- from ERPNext ------------------------------------------------------------------------------------------------------


def test_an_order_rings_the_bell(post: Post, till: App) -> None:
    answer = post("/hooks/erpnext/orders", raw(ORDER), frappe(raw(ORDER)))
    assert (answer.status_code, answer.json) == (200, {"ok": True, "duplicate": False, "rang": True})
    (one,) = notices.open_notices(till.store)
    assert one.key == "hook:erpnext/orders:SAL-ORD-2026-00058"
    assert one.level == "check"
    assert one.text == "Web order SAL-ORD-2026-00058: Jane Doe, 54.00 GBP."
    assert bell.ring(till.store, "7") == bell.Ring(1, "check")


def test_erpnexts_three_tries_ring_once_and_a_changed_order_is_counted(post: Post) -> None:
    for _ in range(3):
        answer = post("/hooks/erpnext/orders", raw(ORDER), frappe(raw(ORDER)))
        assert answer.status_code == 200
    assert answer.json["duplicate"] is True
    assert [count for _, _, count in rung()] == [1]
    changed = raw({**ORDER, "total": "60.00"})
    assert post("/hooks/erpnext/orders", changed, frappe(changed)).json == {
        "ok": True,
        "duplicate": False,
        "rang": False,
    }
    assert rung() == [
        ("hook:erpnext/orders:SAL-ORD-2026-00058", "Web order SAL-ORD-2026-00058: Jane Doe, 60.00 GBP.", 2)
    ]


RECORDED = (
    '{"doctype": "Item", "name": "COKE-330", "modified": "2026-11-21 08:25:31.776039", '
    '"item_name": "Coca-Cola 330ml can"}',
    "2tJx9FzQndWv/PzLr3P+q0H7DN/1HlEbDfI6ZIsUV7c=",
)


def test_a_recorded_webhook_of_a_real_site_is_taken(post: Post) -> None:
    body, signature = RECORDED
    headers = {"X-Frappe-Webhook-Signature": signature, "User-Agent": "python-requests/2.32.5"}
    assert post("/hooks/erpnext/stock", body.encode(), headers).json["rang"] is True
    assert [text for _, text, _ in rung()] == ["Goods COKE-330."]


@pytest.mark.shared
def test_every_recorded_webhook_is_taken_as_it_came(post: Post, shared: Path) -> None:
    recorded = json.loads((shared / "contracts" / "erpnext" / "wh-04-received-webhooks.json").read_text())
    for one in recorded["received"]:
        headers = {k: v for k, v in one["headers"].items() if k not in ("Host", "Content-Length", "Connection")}
        answer = post("/hooks/erpnext/orders", one["raw_body"].encode(), headers)
        assert (answer.status_code, answer.json["duplicate"]) == (200, False)
    assert HookEvent.select().count() == len(recorded["received"])


# -- the signature -----------------------------------------------------------------------------------------------------

BODY = raw(ORDER)


def bad_ones() -> dict[str, tuple[str, bytes, dict[str, str]]]:
    good = signing.sign(SECRET, "evt-1", "1795249540", BODY)
    stamp = {"X-Webhook-Id": "evt-1", "X-Webhook-Timestamp": "1795249540"}
    return {
        "nothing": ("/hooks/erpnext/orders", BODY, {}),
        "empty": ("/hooks/erpnext/orders", BODY, {"X-Frappe-Webhook-Signature": ""}),
        "other secret": ("/hooks/erpnext/orders", BODY, frappe(BODY, "other")),
        "other body": ("/hooks/erpnext/orders", BODY + b" ", frappe(BODY)),
        "hex for base64": (
            "/hooks/erpnext/orders",
            BODY,
            {"X-Frappe-Webhook-Signature": signing.sign(FRAPPE, "", "", BODY)},
        ),
        "generic: nothing": ("/hooks/orders", BODY, {}),
        "generic: no id": ("/hooks/orders", BODY, {**stamp, "X-Webhook-Id": "", "X-Signature-256": good}),
        "generic: odd id": (
            "/hooks/orders",
            BODY,
            {**stamp, "X-Webhook-Id": "a b", "X-Signature-256": signing.sign(SECRET, "a b", "1795249540", BODY)},
        ),
        "generic: no time": ("/hooks/orders", BODY, {"X-Webhook-Id": "evt-1", "X-Signature-256": good}),
        "generic: odd time": (
            "/hooks/orders",
            BODY,
            {**stamp, "X-Webhook-Timestamp": "now", "X-Signature-256": signing.sign(SECRET, "evt-1", "now", BODY)},
        ),
        "generic: later time": (
            "/hooks/orders",
            BODY,
            {**stamp, "X-Webhook-Timestamp": "1795249541", "X-Signature-256": good},
        ),
        "generic: another id": ("/hooks/orders", BODY, {**stamp, "X-Webhook-Id": "evt-2", "X-Signature-256": good}),
        "generic: other body": ("/hooks/orders", BODY + b" ", {**stamp, "X-Signature-256": good}),
        "erpnext's secret": ("/hooks/orders", BODY, ours(BODY, at="1795249540", secret=FRAPPE)),
        "frappe's way": ("/hooks/orders", BODY, frappe(BODY, SECRET)),
        "too old": ("/hooks/orders", BODY, ours(BODY, at=str(1795249540 - 301))),
        "too early": ("/hooks/orders", BODY, ours(BODY, at=str(1795249540 + 301))),
    }


@pytest.mark.parametrize("case", bad_ones())
def test_what_is_not_rightly_signed_does_nothing_and_is_counted(post: Post, till: App, case: str) -> None:
    path, body, headers = bad_ones()[case]
    with clock.set_to(datetime.fromtimestamp(1795249540, UTC)):
        answer = post(path, body, headers)
    assert (answer.status_code, answer.json["code"]) == (401, "signature")
    assert rung() == []
    assert HookEvent.select().count() == 0
    (one,) = notices.open_notices(till.store)
    assert (one.key, one.count) == ("hooks-refused", 1)


def test_unsigned_messages_are_counted_without_writing_each_down(
    post: Post, till: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(hooks.clock, "monotonic", lambda: now[0])
    for _ in range(50):
        assert post("/hooks/erpnext/orders", b"{}").status_code == 401
    row = Notice.get_by_id("hooks-refused")
    assert row.count == 1
    now[0] += hooks.TOLD_SECONDS
    post("/hooks/erpnext/orders", b"{}")
    assert Notice.get_by_id("hooks-refused").count == 51


def test_without_a_secret_nothing_is_taken_whatever_it_is_signed_with(post: Post, till: App) -> None:
    object.__setattr__(till.config, "hooks", replace(till.config.hooks, secret="", erpnext_secret=""))
    assert post("/hooks/erpnext/orders", BODY, frappe(BODY, "")).status_code == 401
    assert post("/hooks/orders", BODY, ours(BODY, secret="")).status_code == 401


def test_a_secret_is_changed_without_losing_a_message(post: Post, till: App) -> None:
    object.__setattr__(till.config, "hooks", replace(till.config.hooks, erpnext_secret="new-one whsec-test-123"))
    second = raw({**ORDER, "name": "2"})
    assert post("/hooks/erpnext/orders", BODY, frappe(BODY)).status_code == 200
    assert post("/hooks/erpnext/orders", second, frappe(second, "new-one")).status_code == 200


def test_a_good_signature_opens_nothing_else(post: Post) -> None:
    """The rule of a hook is for the hook alone: no session comes of it."""
    for path in ("/api/items", "/api/notices", "/api/create-sale"):
        answer = post(path, BODY, {**frappe(BODY), **ours(BODY)})
        assert answer.status_code in (400, 401, 403, 405)


# -- from any other program --------------------------------------------------------------------------------------------


def test_a_message_sent_again_is_taken_once_and_its_id_never_for_another(post: Post) -> None:
    body = raw({"order": "WEB-7"})
    assert post("/hooks/orders", body, ours(body)).json["rang"] is True
    later = str(int(clock.now().timestamp()) + 5)
    assert post("/hooks/orders", body, ours(body, at=later)).json == {"ok": True, "duplicate": True, "rang": False}
    other = raw({"order": "WEB-8"})
    answer = post("/hooks/orders", other, ours(other))
    assert (answer.status_code, answer.json["code"]) == (409, "other_content")
    assert [key for key, _, _ in rung()] == ["hook:/orders:WEB-7"]
    assert post("/hooks/stock", other, ours(other)).status_code == 200, "each webhook has ids of its own"


def test_many_at_once_of_the_same_message_ring_once(served: Served) -> None:
    import http.client

    body = raw({"order": "WEB-9"})
    headers = ours(body)
    answers: list[Any] = []

    def send() -> None:
        line = http.client.HTTPConnection("127.0.0.1", served.server.port, timeout=30)
        line.request("POST", "/hooks/orders", body, headers)
        answers.append(json.loads(line.getresponse().read()))
        line.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer["duplicate"] for answer in answers) == [False, *[True] * 7]
    assert [count for _, _, count in rung()] == [1]


def test_what_our_own_webhook_sends_another_till_takes(served: Served, shop: config.Config) -> None:
    settings = replace(shop.notices, webhook_url=f"{served.base}/hooks/stock", webhook_secret=SECRET)
    change = Change("0197-b", "disk:data", "raised", "needs", "No room.", "Make room.", "", clock.now())
    for _ in range(2):
        Webhook(settings, SENDER).send([change])
    assert [text for _, text, _ in rung()] == ["Goods 0197-b."]


# -- what comes in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"{", b'{"a": NaN}', b"\xff\xfe", b'{"a":' * 9000])
def test_a_signed_body_that_is_no_json_object_is_a_400_and_may_come_again(post: Post, body: bytes) -> None:
    answer = post("/hooks/erpnext/orders", body, frappe(body))
    assert (answer.status_code, answer.json["code"]) == (400, "json")
    assert HookEvent.select().count() == 0


def test_a_body_that_is_too_large_is_not_looked_at(post: Post, served: Served) -> None:
    body = raw({"name": "x" * (64 * 1024)})
    answer = post("/hooks/erpnext/orders", body, frappe(body))
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    assert "[hooks] body_kb_max" in answer.json["message"]
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=10) as line:  # without saying its length
        line.sendall(b"POST /hooks/erpnext/orders HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n")
        line.sendall(b"X-Frappe-Webhook-Signature: x\r\nConnection: close\r\n\r\n")
        line.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n1\r\nx\r\n0\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_a_name_that_is_not_set_up_is_told_to_who_may_know(post: Post) -> None:
    assert post("/hooks/erpnext/other", BODY, frappe(BODY)).status_code == 404
    assert post("/hooks/erpnext/other", BODY, {}).status_code == 401
    assert HookEvent.select().count() == 0


def test_words_from_outside_stay_one_bounded_line(post: Post) -> None:
    body = raw(
        {"name": "X\r\n" + "y" * 500, "customer": {"a": 1}, "customer_name": True, "total": 5.5, "currency": None}
    )
    assert post("/hooks/erpnext/orders", body, frappe(body)).status_code == 200
    ((_, text, _),) = rung()
    assert "\n" not in text
    assert len(text) < 120
    assert text.endswith(": 5.5.")


def test_a_message_without_a_number_rings_by_its_own_id(post: Post) -> None:
    for event in ("a", "b"):
        post("/hooks/orders", b"{}", ours(b"{}", event=event))
    assert [(key, text) for key, text, _ in rung()] == [
        ("hook:/orders:a", "Web order."),
        ("hook:/orders:b", "Web order."),
    ]


def test_a_stranger_is_not_helped_by_a_key_or_a_cookie(till: App, admin: Page) -> None:
    key = people.add_token(till.store, "shop", "admin")
    page = Page(till, HTTP_AUTHORIZATION=f"Bearer {key}")
    assert page.post("/hooks/orders", ORDER).status_code == 401
    assert admin.post("/hooks/orders", ORDER).status_code == 401
    page = Page(till, HTTP_AUTHORIZATION="Basic bm86bm8=")
    assert page.post("/hooks/erpnext/orders", BODY, headers=frappe(BODY)).status_code == 200, (
        "ERPNext may send one along"
    )


def test_what_was_taken_in_is_forgotten_when_nobody_can_send_it_again(till: App) -> None:
    time = Time()
    with clock.set_to(time):
        message = taking.Message("", "orders", "e1", "d", {"order": "1"})
        taking.take_in(till.store, till.config, message)
        time.passes(hook_events.KEPT_DAYS * 86400 + 1)
        alarms.look(till.store, {}, time())
        assert HookEvent.select().count() == 0


@pytest.mark.parametrize("names", ["orders", "orders:", ":x", "a b:x", "a/b:x"])
def test_names_that_say_nothing_stop_the_start(shop: config.Config, names: str) -> None:
    with pytest.raises(BadSettings):
        taking.titles(replace(shop.hooks, names=names))
    assert taking.titles(replace(shop.hooks, names="")) == {}
