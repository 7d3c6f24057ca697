"""What stands in the log of somebody who tried."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pos.app import App
from pos.store import people
from pos.web import logs
from tests.web.conftest import PINS, Page


@pytest.fixture
def read(till: App) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Reads the requests out of the log, one event each."""
    out, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.Redacting((), as_json=True))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [entry for line in out.getvalue().splitlines() if "path" in (entry := json.loads(line))]
    root.removeHandler(handler)
    root.setLevel(level)


def test_who_is_turned_away_is_told_with_when_where_who_and_what(
    till: App, read: Callable[[], list[dict[str, Any]]]
) -> None:
    """Signing in well and badly, no right, a wrong key, another site, another host: also where somebody only reads."""
    anna = Page(till)
    anna.session()
    anna.post("/api/sign-in", {"code": "7", "pin": "0000"})
    anna.post("/api/sign-in", {"code": "7", "pin": PINS["7"]})
    anna.get("/api/rights")
    anna.post("/api/lock", headers={"Origin": "https://evil.example"})
    away = {"REMOTE_ADDR": "192.168.1.20"}
    key = people.add_token(till.store, "kiosk", "cashier")
    Page(till, HTTP_AUTHORIZATION=f"Bearer {key}x", **away).get("/api/groups")
    Page(till, HTTP_AUTHORIZATION=f"Bearer {key}", **away).get("/api/rights")
    anna.get("/api/session", headers={"Host": "evil.example"})
    told = read()
    seen = [(line["path"], line["status"], line["code"], line["actor"], line["address"]) for line in told]
    here, there = "127.0.0.1", "192.168.1.20"
    assert seen == [
        ("/api/sign-in", 422, "wrong_pin", "", here),
        ("/api/sign-in", 200, "", "", here),
        ("/api/rights", 403, "not_allowed", "7", here),
        ("/api/lock", 403, "origin", "", here),
        ("/api/groups", 401, "token", "", there),
        ("/api/rights", 403, "not_allowed", "program kiosk", there),
        ("/api/session", 400, "host", "", here),
    ]
    assert all(str(line["at"]).endswith("+00:00") and line["correlation"] and line["till"] == "T1" for line in told)
    assert key not in json.dumps(told)
