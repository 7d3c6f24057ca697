"""The bell over HTTP and live: what is listed, who has read it, what a screen is told."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import websocket

from pos.app import App
from pos.store import notices
from tests.web.conftest import Page, Served


def told(till: App) -> None:
    notices.raise_notice(till.store, "disk:data", "needs", "No room.", "Make room.", "data")
    notices.raise_notice(till.store, "changed:2026-11-21/T1-000001.json", "check", "A file <b>changed</b>.")
    notices.raise_notice(till.store, "over", "info", "Over.")
    notices.settle(till.store, "over")


def test_nothing_to_tell(anna: Page) -> None:
    answer = anna.get("/api/notices").json
    assert answer == {"ok": True, "unread": 0, "worst": "", "open": 0, "notices": [], "total": 0, "offset": 0}
    assert "Nothing to tell" in anna.get("/notices").text


def test_what_is_open_the_worst_first_in_words(till: App, anna: Page) -> None:
    told(till)
    notices.raise_notice(till.store, "disk:data", "needs", "Less room.", "Make room.", "data")
    answer = anna.get("/api/notices").json
    assert (answer["unread"], answer["worst"], answer["open"], answer["total"]) == (2, "needs", 2, 3)
    first, second, last = answer["notices"]
    assert (first["key"], first["level_text"], first["count"], first["open"], first["read"]) == (
        "disk:data", "Needs a person", 2, True, False,
    )  # fmt: skip
    assert second["key"].startswith("changed:")
    assert (last["key"], last["open"], last["resolved_at"] is not None) == ("over", False, True)
    assert re.fullmatch(r"\d{1,2} \w+ \d{4}, \d\d:\d\d", first["first_text"])
    assert first["remedy"] == "Make room."


def test_each_reads_for_themselves_and_a_key_may_hold_a_path(till: App, anna: Page) -> None:
    told(till)
    ben = Page(till).sign_in("8")
    rows = anna.get("/api/notices").json["notices"]
    for row in rows[:2]:
        answer = anna.post(f"/api/notices/{row['key']}/read", {"change": row["change"]})
        assert answer.status_code == 200
    assert answer.json == {"ok": True, "unread": 0, "worst": "", "open": 2}
    assert ben.get("/api/notices?limit=0").json["unread"] == 2
    assert [row["read"] for row in anna.get("/api/notices").json["notices"]] == [True, True, False]
    assert ben.post("/api/notices/read", {}).json == {"ok": True, "read": 2, "unread": 0, "worst": "", "open": 2}


def test_what_cannot_be_read_is_said_in_words(anna: Page, till: App) -> None:
    assert anna.post("/api/notices/nothing/read", {}).status_code == 404
    told(till)
    for change in (-1, "1", 1.5, True):
        assert anna.post("/api/notices/disk:data/read", {"change": change}).status_code == 422
    for query in ("offset=-1", "limit=x", "limit=1.5", "offset=" + "9" * 20):
        assert anna.get(f"/api/notices?{query}").status_code == 422
    assert anna.client.post("/api/notices/disk:data/read", base_url=Page.base, json={}).status_code == 400, (
        "no CSRF token"
    )


def test_pages(till: App, anna: Page) -> None:
    for n in range(60):
        notices.raise_notice(till.store, f"n{n:02}", "info", f"Number {n}.")
    seen = [row["key"] for at in (0, 25, 50) for row in anna.get(f"/api/notices?offset={at}&limit=25").json["notices"]]
    assert sorted(seen) == [f"n{n:02}" for n in range(60)]
    assert anna.get("/api/notices?limit=1000").json["total"] == 60
    assert "Page 1 of 2" in anna.get("/notices").text
    last = anna.get("/notices?page=2").text
    assert last.count('data-key="n') == 10
    assert anna.get("/notices?page=99").status_code == 200


def test_the_page_shows_words_as_words(till: App, anna: Page) -> None:
    told(till)
    page = anna.get("/notices").text
    assert "A file &lt;b&gt;changed&lt;/b&gt;." in page
    assert page.index("No room.") < page.index("A file")
    assert page.count("data-read") == 2
    assert "Make room." in page
    anna.post("/api/notices/read", {})
    after = anna.get("/notices").text
    assert "data-read" not in after
    assert "read by you" in after


def test_asking_the_bell_does_not_keep_a_screen_unlocked(till: App, anna: Page) -> None:
    before = till.store.execute("SELECT max(seen_at) FROM sign_in").fetchone()
    anna.get("/api/notices")
    assert till.store.execute("SELECT max(seen_at) FROM sign_in").fetchone() == before


def test_a_screen_hears_the_bell_at_once_and_again_when_it_changes(served: Served) -> None:
    ws = websocket.create_connection(f"ws://127.0.0.1:{served.server.port}/live", timeout=10)
    try:
        assert heard(ws)["open"] == 0
        began = time.monotonic()
        notices.raise_notice(served.app.store, "x", "needs", "Now.")
        message = heard(ws)
        assert time.monotonic() - began < 9
        assert (message["open"], message["worst"]) == (1, "needs")
        page = Page(served.app).sign_in("7")
        page.post("/api/notices/read", {})
        again = heard(ws)
        assert (again["read"], again["mark"]) == (True, message["mark"])
        notices.settle(served.app.store, "x")
        assert heard(ws)["open"] == 0
    finally:
        ws.close()


def heard(ws: websocket.WebSocket) -> dict[str, Any]:
    """The next message about the bell."""
    while True:
        message: dict[str, Any] = json.loads(ws.recv())
        if message["type"] == "notice":
            return message


def test_the_bell_is_on_every_page_people_open(admin: Page) -> None:
    for path in ("/receipts", "/notices", "/"):
        page = admin.get(path).text
        assert 'id="bell"' in page, path
        assert ("js/office/frame.js" in page) == (path != "/"), path
