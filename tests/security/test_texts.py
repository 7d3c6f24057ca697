"""Hostile words in every field leave the till as words: in exports, on paper, in answers, in the log and in headers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from pos import config
from pos.app import App, create_app
from pos.devices import channels
from pos.store import blanking
from tests.security import hostile
from tests.security.hostile import CONTROLS, MARK, SECRETS, TEXT
from tests.web.conftest import Console, Page
from tests.web.test_rules import ROUTES

PRINTER = "dummy://hostile"
EXPORTS = [route.partition(" ")[2] for route in ROUTES if route.endswith(".csv")]
NUMBER = re.compile(r"-?[0-9][0-9.,%]*\Z")


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory, _cheap_pins: None) -> Iterator[App]:
    channels.dummy(PRINTER).clear()
    environ = {**hostile.SETTINGS, "TILLKEEP_PRINTER_URL": PRINTER, "TILLKEEP_QUEUE_IN_SERVER": "no"}
    app = create_app(config.load(tmp_path_factory.mktemp("till"), environ=environ))
    yield app
    app.press.stop()
    app.stop()


@pytest.fixture(scope="module")
def filled(till: App) -> dict[str, Any]:
    return hostile.fill(till, CONTROLS)


@pytest.fixture(scope="module")
def admin(filled: dict[str, Any]) -> Page:
    page: Page = filled["page"]
    return page


@pytest.fixture(scope="module")
def console(till: App, filled: dict[str, Any]) -> Console:
    return hostile.console(till)


def test_no_cell_of_any_export_is_a_formula(filled: dict[str, Any], admin: Page, console: Console) -> None:
    """A spreadsheet takes a cell for a formula by its first letter; quotation marks do not keep it from that."""
    shown, seen, number = set(), 0, filled["number"]
    for path in EXPORTS:
        path = (
            path.replace("<scope>", "session").replace("<name>", "T1-S000001").replace("<book_type:name>", "customers")
        )
        page = console if path.startswith(("/console", "/epos-qbo", "/conductor")) else admin
        answer = page.get(f"{path}?show=all&z=1&what={number}")
        assert answer.status_code in (200, 404, 422), (path, answer.text)
        if answer.mimetype != "text/csv":
            continue
        seen += 1
        for row in csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")):
            for cell in row:
                assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n")), (path, cell)
                assert not cell.startswith("-") or NUMBER.match(cell) or cell == "-", (path, cell)
                if MARK in cell:
                    shown.add(path)
    assert {"/console/outbox.csv", "/console/logs.csv", "/console/audit.csv", "/console/people.csv"} <= shown
    own = [path for path in EXPORTS if "n>" in path]  # of a file or a run: their rows are in tests of their own
    assert seen >= len(EXPORTS) - len(own) - 4, "an export was not looked at"  # no hub, no QuickBooks Desktop here


def test_no_word_of_a_slip_is_a_command_to_the_printer(till: App, filled: dict[str, Any], admin: Page) -> None:
    """The same slip with harmless names has the same commands: one reset, one cut, no drawer."""
    for template in ("receipt", "gift"):
        assert admin.post("/api/print", {"document": filled["later"]["id"], "template": template}).status_code == 202
    till.press.take_in()
    while till.press._one():
        pass
    slips = [slip for slip in channels.dummy(PRINTER) if b"onerror" in slip]
    assert len(slips) >= 2
    for slip in slips:
        assert slip.count(b"\x1dV") <= 1
        assert b"\x1bp" not in slip
        assert b"\x10\x14" not in slip
        assert b"\x1b[2J" not in slip


def test_every_answer_is_what_it_says_it_is(till: App, filled: dict[str, Any], admin: Page, console: Console) -> None:
    """JSON is no page, no page holds the words as an element, no header has a line of its own, no answer a secret."""
    cookies = [c.value for page in (admin, console) for c in page.client._cookies.values() if "till_page" not in c.key]
    assert len(cookies) == 2
    for route in ROUTES:
        method, path = route.split(" ")
        if method != "GET" or path == "/live":
            continue
        for part, value in {
            "<path:number>": filled["number"],
            "<number>": "1",
            "<document>": filled["document"],
        }.items():
            path = path.replace(part, value)
        path = re.sub(r"<int:\w+>", str(filled["row"]), path)
        path = re.sub(r"<[^>]*>", "session", path, count=1)
        path = re.sub(r"<[^>]*>", "T1-S000001", path)
        answer = (console if "/console" in path or path.startswith("/epos-qbo") else admin).get(path)
        assert answer.status_code < 500, path
        assert "Bcc" not in answer.headers, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        for secret in (*SECRETS, "$argon2", *cookies):
            assert secret not in answer.text, (path, secret)
        if answer.mimetype == "text/html":
            assert MARK not in answer.text, path
            assert "<script>" not in answer.text, path
            assert "49" not in re.findall(r"onerror=pwned=1&gt;[^<]*?script&gt;([0-9]+)", answer.text), path
        elif answer.mimetype == "application/json" and answer.data:
            json.loads(answer.data)
        else:
            assert answer.mimetype != "text/plain" or MARK not in answer.text, path


def test_the_words_are_kept_as_they_were_typed(filled: dict[str, Any], admin: Page) -> None:
    """Escaped where they are shown, never where they are kept: else they come out twice escaped somewhere."""
    receipt = admin.get(f"/api/receipts/{filled['number']}").json
    assert TEXT in json.dumps(receipt, ensure_ascii=False).replace('\\"', '"')
    shown = admin.get(f"/receipts/{filled['number']}").text
    assert "&lt;img src=x onerror=pwned=1&gt;" in shown
    assert "&amp;lt;" not in shown


def test_a_reply_with_any_sign_in_it_is_told_traced_and_blanked(
    till: App, filled: dict[str, Any], console: Console
) -> None:
    """U+2028 is no end of a line in JSON, and was one to Python: the row, its trace and the blanking all failed."""
    told = console.get(f"/api/console/outbox/{filled['row']}").json["row"]
    assert told["reply"].endswith(TEXT + CONTROLS)
    assert console.get(f"/api/console/trace?q={filled['number']}").status_code == 200
    with till.store.transaction():
        blanking.forget(till.store, "EVE", "Walk-in Customer", [filled["document"]])
    assert console.get(f"/api/console/outbox/{filled['row']}").json["row"]["story"]
