"""The server is killed at every step of a Web Connector's session: each event is in the company file once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pos import clock
from tests.contract import desktop_books as books
from tests.contract.desktop_judge import Judge, Result
from tests.contract.emulators.desktop_connector import WebConnector
from tests.contract.emulators.desktop_line import Line
from tests.crash import desktop_kills
from tests.till_process import REPO

pytestmark = [pytest.mark.crash, pytest.mark.long]

SECONDS_MAX, MOMENTS = 60, 20
STEPS = [(operation, when) for operation in desktop_kills.WITHIN for when in desktop_kills.WHEN]


@contextmanager
def served(
    root: Path, env: dict[str, str], hours: int, operation: str = "-", when: str = ""
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real server on the shop's folder, standing still at a step when one is named: its address,
    and its process."""
    told = root / "data" / "server.json"
    for left in (told, root / "at"):
        left.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.crash.desktop_kills", str(root), str(hours), operation, when]
    with (
        (root / "server.log").open("ab") as log,
        subprocess.Popen(command, cwd=REPO, env={**os.environ, **env}, stdout=log, stderr=log) as process,
    ):
        try:
            until(lambda: told.exists() and told.read_text().endswith("}"), process)
            yield f"http://127.0.0.1:{json.loads(told.read_text())['port']}/qbwc", process
        finally:
            process.kill()
            process.wait()


def until(there: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + SECONDS_MAX
    while not there():
        assert process.poll() is None, "the server ended by itself"
        assert time.monotonic() < ends, "it did not come to it"
        time.sleep(0.01)  # between two looks; the bound is SECONDS_MAX


def killed(connector: WebConnector, root: Path, env: dict[str, str], hours: int, operation: str, when: str) -> None:
    """A session that goes on until the server stands still in a call, and the end of the server there."""
    with served(root, env, hours, operation, when) as (url, process):
        connector.line = Line(url)
        session = threading.Thread(target=connector.run)
        session.start()
        until(lambda: (root / "at").exists(), process)
        process.kill()
        session.join(SECONDS_MAX)
    assert connector.told.outcome == "lost", f"{when} {operation}: {connector.told}"


@pytest.mark.timeout(600)
def test_killed_at_any_step_each_event_is_there_once(tmp_path: Path) -> None:
    """An event for each step, all on two items in turn, so that what is held back is held back for real."""
    file = books.company_file()
    with books.shop(tmp_path, file, start=clock.now()) as shop:
        for at in range(len(STEPS)):
            shop.transfer(("COLA", "SHOE")[at % 2])
        connector, env = shop.connector(app=None), shop.environ
    for hours, (operation, when) in enumerate(STEPS, 1):
        killed(connector, tmp_path, env, hours, operation, when)
    assert file.txns, "some were booked by a server that was killed"
    for hours in range(len(STEPS) + 1, len(STEPS) + 4):
        with served(tmp_path, env, hours) as (url, _):
            connector.line = Line(url)
            assert connector.run().outcome in ("closed", "none")
    result = Result()
    with books.shop(tmp_path, file, furnished=True) as shop:
        Judge(shop, result, [connector]).judge()
    assert result.wrong == []
    assert (result.applied, result.transactions) == (len(STEPS), len(STEPS))


@pytest.mark.timeout(600)
def test_killed_at_any_moment_each_event_is_there_once(tmp_path: Path) -> None:
    chance, file = random.Random(5), books.company_file()
    with books.shop(tmp_path, file, start=clock.now()) as shop:
        for _ in range(MOMENTS * 16):
            shop.transfer(chance.choice(sorted(books.ITEMS)), 1)
        connector, env = shop.connector(app=None), shop.environ
    for hours in range(1, MOMENTS + 1):
        with served(tmp_path, env, hours) as (url, process):
            connector.line = Line(url)
            session = threading.Thread(target=connector.run)
            session.start()
            session.join(chance.uniform(0.02, 0.6))
            process.kill()
            session.join(SECONDS_MAX)
    assert connector.told.outcome == "lost"
    for hours in range(MOMENTS + 1, MOMENTS + 4):
        with served(tmp_path, env, hours) as (url, _):
            connector.line = Line(url)
            connector.run()
    result = Result()
    with books.shop(tmp_path, file, furnished=True) as shop:
        Judge(shop, result, [connector]).judge()
    assert result.wrong == []
    assert (result.applied, result.transactions) == (MOMENTS * 16, MOMENTS * 16)
