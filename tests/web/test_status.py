"""The status bar, /health, and what the screens are told by themselves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import websocket

from pos import clock
from pos.app import App, create_app
from pos.config import Config
from pos.errors import CannotSave
from pos.store import connections, notices, people
from pos.web import live
from tests.web.conftest import Page, Served

Basket = Callable[..., dict[str, Any]]


def test_the_status_counts_what_is_saved_and_knows_no_line_when_there_is_none(anna: Page, basket: Basket) -> None:
    before = anna.get("/api/status").json
    assert (before["saved"], before["booked"], before["waiting"], before["needs"]) == (0, 0, 0, 0)
    assert (before["connection_title"], before["offline_since"], before["offline_text"]) == (None, None, "")
    assert (before["can_save"], before["reason"]) == (True, "")
    anna.post("/api/create-sale", basket())
    assert anna.get("/api/status").json["saved"] == 1


def test_what_needs_a_person_is_listed_with_its_remedy(till: App, page: Page) -> None:
    notices.raise_notice(till.store, "x", "needs", "T1-000001 was refused.", "Look at it.", "T1-000001")
    notices.raise_notice(till.store, "y", "check", "Not for the bar.", "")
    seen = page.get("/api/status").json
    assert seen["needs"] == 1
    assert seen["needs_list"] == [{"text": "T1-000001 was refused.", "remedy": "Look at it."}]


def test_a_silent_line_is_said_with_its_hour(till: App, page: Page) -> None:
    connections.sync(till.store, [connections.Wanted("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:1")])
    assert page.get("/api/status").json["connection_title"] == "ERPNext"
    moment = clock.parse("2026-07-01T11:30:00+00:00")
    connections.away(till.store, "erpnext", moment, "refused", None)
    seen = page.get("/api/status").json
    assert seen["offline_since"] == "2026-07-01T12:30:00+01:00"
    assert seen["offline_text"] == "No line to ERPNext since 12:30; selling goes on."


def test_health_is_200_while_a_sale_can_be_saved_and_503_when_not(
    till: App, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = page.get("/health")
    assert fine.status_code == 200
    assert fine.json["ok"] is True
    assert fine.json["free_bytes"] > 0
    till.journal._refuse(CannotSave("The disk is full."))
    broken = page.get("/health")
    assert broken.status_code == 503
    assert (broken.json["ok"], broken.json["reason"]) == (False, "The disk is full.")
    assert page.get("/api/status").json["can_save"] is False


def test_health_tells_a_stranger_no_names_and_no_secrets(till: App, basket: Basket) -> None:
    Page(till).sign_in("7").post("/api/create-sale", basket())
    seen = Page(till, REMOTE_ADDR="10.0.0.9").get("/health")
    assert set(seen.json) == {
        "ok", "version", "till", "can_save", "reason", "free_bytes", "wal_bytes", "unsynced", "waiting",
    }  # fmt: skip
    assert "Anna" not in seen.text


# -- live --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def listen(served: Served) -> Iterator[Callable[..., websocket.WebSocket]]:
    opened: list[websocket.WebSocket] = []

    def connect(**more: Any) -> websocket.WebSocket:
        ws = websocket.create_connection(f"ws://127.0.0.1:{served.server.port}/live", timeout=5, **more)
        opened.append(ws)
        return ws

    yield connect
    for ws in opened:
        ws.close()


def told(ws: websocket.WebSocket) -> dict[str, Any]:
    """The next message that is not about the bell."""
    message: dict[str, Any] = json.loads(ws.recv())
    return told(ws) if message["type"] == "notice" else message


def sell(served: Served, basket: dict[str, Any], name: str = "kiosk") -> None:
    token = people.add_token(served.app.store, name, "cashier")
    answer = Page(served.app, HTTP_AUTHORIZATION=f"Bearer {token}").post("/api/create-sale", basket)
    assert answer.status_code == 201


def test_a_screen_is_told_the_status_at_once_and_after_each_sale(
    served: Served, listen: Callable[..., websocket.WebSocket], basket: Basket
) -> None:
    ws = listen()
    first = told(ws)
    assert first["type"] == "status"
    assert first["saved"] == 0
    assert first["can_save"] is True
    sell(served, basket())
    assert told(ws)["saved"] == 1


def test_many_changes_are_few_messages_and_the_last_one_is_true(
    served: Served, listen: Callable[..., websocket.WebSocket], basket: Basket
) -> None:
    ws = listen()
    told(ws)
    token = people.add_token(served.app.store, "kiosk", "cashier")
    page = Page(served.app, HTTP_AUTHORIZATION=f"Bearer {token}")
    began, count, seen = time.monotonic(), 40, 0
    for _ in range(count):
        assert page.post("/api/create-sale", basket()).status_code == 201
    messages = 0
    while seen < count:
        seen = told(ws)["saved"]
        messages += 1
    assert messages <= 2 + (time.monotonic() - began) / live.GAP_SECONDS


def test_a_changed_catalogue_is_announced(served: Served, listen: Callable[..., websocket.WebSocket]) -> None:
    ws = listen()
    told(ws)
    served.app.runner.ring("catalog")
    assert told(ws) == {"type": "catalog"}


def test_goods_that_a_process_of_its_own_brought_in_are_announced(settings_of: Config) -> None:
    app = create_app(replace(settings_of, queue=replace(settings_of.queue, in_server=False)))
    app.start()
    one = Served(app)
    ws = websocket.create_connection(f"ws://127.0.0.1:{one.server.port}/live", timeout=60)
    try:
        assert told(ws)["type"] == "status"
        connections.move(app.store, "erpnext", "items", "c1", clock.now())
        assert told(ws)["type"] == "catalog"
    finally:
        ws.close()
        one.stop()
        app.stop()


def test_a_page_of_another_site_cannot_listen(served: Served, listen: Callable[..., websocket.WebSocket]) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        listen(origin="http://evil.example")
    assert refused.value.status_code == 403
    assert json.loads(refused.value.resp_body)["code"] == "origin"
    assert listen(origin=served.base).connected


@pytest.mark.parametrize("broken", ["Sec-WebSocket-Version: 8", "Sec-WebSocket-Key: short"])
def test_a_handshake_that_is_none_is_a_400_in_words(served: Served, broken: str) -> None:
    import http.client

    name, value = broken.split(": ")
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    headers |= {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", name: value}
    line = http.client.HTTPConnection("127.0.0.1", served.server.port, timeout=5)
    line.request("GET", "/live", headers=headers)
    answer = line.getresponse()
    assert answer.status == 400
    assert json.loads(answer.read())["code"] == "handshake"
    line.close()


def test_live_without_an_upgrade_is_a_400(anna: Page) -> None:
    assert anna.get("/live").status_code == 400


def test_a_screen_that_may_listen_no_more_is_let_go(
    served: Served, listen: Callable[..., websocket.WebSocket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "ASK_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(live, "_may_listen", lambda: False)
    ws = listen()
    until = time.monotonic() + 60
    while ws.connected and time.monotonic() < until:
        try:
            if ws.recv() == "":
                break
        except websocket.WebSocketException:
            break
    while served.server.screens and time.monotonic() < until:
        time.sleep(0.01)
    assert not served.server.screens


def test_a_screen_that_falls_behind_is_cut_and_nobody_waits_for_it() -> None:
    hub = live.Hub(dict)

    class Stuck:
        """A socket whose first send never ends until it is let go."""

        connected = True

        def __init__(self) -> None:
            self.sent, self.input_buffer = 0, list[str]()

        def send(self, _: str) -> None:
            self.sent += 1
            time.sleep(0.5)

    import threading

    stuck = Stuck()
    serving = threading.Thread(target=hub.serve, args=(stuck, lambda: True))
    serving.start()
    while not hub._screens:
        time.sleep(0.01)
    began = time.monotonic()
    for n in range(live.BEHIND_MAX + 10):
        hub.publish({"n": n})
    assert time.monotonic() - began < 15, "half a second for each would be 37"
    serving.join(timeout=5)
    assert not serving.is_alive()
    assert stuck.sent <= 3
    assert not hub._screens


def test_a_status_that_fails_once_does_not_end_the_live_messages(
    served: Served, listen: Callable[..., websocket.WebSocket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = listen()
    told(ws)
    good, *others = served.app.hub._states

    def fails() -> dict[str, Any]:
        monkeypatch.setattr(served.app.hub, "_states", (lambda: {**good(), "after": True}, *others))
        raise RuntimeError("once")

    monkeypatch.setattr(served.app.hub, "_states", (fails, *others))
    served.app.hub.nudge()
    served.app.hub.nudge()
    assert told(ws)["after"] is True
