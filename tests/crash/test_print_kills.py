"""The whole server is killed at any moment while it prints: no receipt comes out of the printer twice by itself."""

from __future__ import annotations

import http.client
import random
import re
import time
from pathlib import Path

import pytest

from pos import clock
from pos import config as settings
from tests.actions.shop import basket, line, open_till
from tests.devices.fake import FakePrinter
from tests.till_process import Line, Till

pytestmark = pytest.mark.crash

LIVES, SALES = 3, 12
PATIENCE_SECONDS = 60


def numbers(printer: FakePrinter) -> list[str]:
    found = [re.search(rb"Sale (T1-[0-9]{6})", slip) for slip in printer.slips]
    return [match[1].decode() for match in found if match]


def sell(till: Line) -> str:
    asked = {**basket(line("MUG", "1"), total="1.20", pay="Cash"), "id": clock.uuid7()}
    status, answer = till.ask("POST", "/api/create-sale", asked)
    assert status == 201, answer
    return str(answer["receipt"]["id"])


def test_killed_at_any_moment_no_receipt_is_printed_twice(tmp_path: Path) -> None:
    printer, rng = FakePrinter("ready", seconds=0.15), random.Random(20261121)
    (tmp_path / "config.ini").write_text(
        f"[printer]\nurl = {printer.url}\ntimeout_seconds = 2\n[queue]\nin_server = no\n", encoding="utf-8"
    )
    open_till(settings.load(tmp_path, environ={})).close()
    till, sold = Till(tmp_path), []
    for _ in range(LIVES):
        till.start()
        at = rng.uniform(0.02, 0.9)
        began = time.monotonic()
        try:
            with_key = till.line()
            for _ in range(SALES):
                sold.append(sell(with_key))
                if time.monotonic() - began > at:
                    break
        except (OSError, http.client.HTTPException):
            pass
        until = time.monotonic() + PATIENCE_SECONDS
        while not numbers(printer) and time.monotonic() < until:  # the first life ends after its first whole slip
            time.sleep(0.01)
        till.process.kill()
        till.process.wait()
        till.log.close()
    with Till(tmp_path) as last:
        with_key = last.line()
        sold.append(sell(with_key))  # printed after all that was left over: the queue keeps its order
        until = time.monotonic() + PATIENCE_SECONDS
        while (states := [with_key.ask("GET", f"/api/print/{key}")[1] for key in sold])[-1]["state"] != "printed":
            assert time.monotonic() < until, states
            time.sleep(0.2)
    printed = numbers(printer)
    printer.close()
    assert len(printed) == len(set(printed)), "a receipt came out twice"
    assert len(printed) > 1, "nothing was printed before the last life: this proves nothing"
    assert {state["state"] for state in states} <= {"printed", "failed", "none"}
    for state in states:
        if state["state"] == "failed":
            assert not state["jobs"][0]["sure"]
            assert state["next_is_copy"]
