"""The runbook's rows about the line to the books and the key to them: what people see, and that it heals by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.emulators import erpnext_shops as shops
from tests.runbook.shop import Shop, shop


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Shop]:
    with shop(tmp_path / "till") as opened:
        yield opened


def test_the_line_goes_and_comes_back(here: Shop) -> None:
    here.sell(2)
    here.drain()
    here.cable_out()
    here.sell(3)
    here.round()
    seen = here.bar
    assert (seen["saved"], seen["booked"], seen["waiting"], seen["needs"]) == (5, 2, 3, 0)
    assert seen["offline_text"] == "No line to ERPNext since 10:00; selling goes on."
    assert seen["can_save"] and here.told() == [], "nobody has to do anything"
    here.cable_in()
    here.drain()
    seen = here.bar
    assert (seen["booked"], seen["waiting"], seen["offline_since"]) == (5, 0, None)
    assert here.booked() == here.wanted()


def test_a_refused_key_pauses_and_a_new_one_is_taken_up_without_a_start(here: Shop) -> None:
    console = here.console()
    here.sell()
    here.drain()
    account = here.site.accounts[shops.TILL[0]]
    account.secret = "rotated-4711"  # somebody made a new key over there
    here.sell(3)
    here.round()
    assert here.bar["waiting"] == 3
    (told,) = here.told("connection:")
    assert "does not accept the till's API key" in told
    assert "Put a new key into .env" in told and "without a new start" in told
    assert told.split(" Put a")[0] in [one["text"] for one in console.get("/api/console/overview").json["reasons"]]
    here.later(60)
    here.round()
    assert here.states() == {"booked": 1, "queued": 3}, "nothing was tried over and over, nothing became a refusal"
    here.key("rotated-4711")
    here.drain()
    assert here.states() == {"booked": 4} and here.told("connection:") == []
    assert here.booked() == here.wanted()
    here.round("sync_in")  # which had the old key in hand
    assert here.told("connection:") == [], "one agent after the other would refuse it again"
    waits = [row["name"] for row in console.get("/api/console/settings").json["rows"] if row["waits"]]
    assert "api_secret" not in waits, "it is in force"
    log = (here.root / "data" / "logs" / "till.jsonl").read_text()
    assert "rotated-4711" not in log and shops.TILL[1] not in log
    assert json.loads(log.splitlines()[-1])["at"]


def test_a_key_for_another_site_is_not_shown_to_this_one(here: Shop) -> None:
    here.site.accounts[shops.TILL[0]].secret = "rotated-4711"
    here.sell()
    here.round()
    text = (here.root / ".env").read_text()
    (here.root / ".env").write_text(
        text.replace(here.line.url, "http://127.0.0.1:9").replace(shops.TILL[1], "rotated-4711")
    )
    here.later(61)
    here.round()
    assert here.states() == {"queued": 1}, "another address is for the next start"
