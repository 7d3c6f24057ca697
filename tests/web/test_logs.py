"""The log holds what happened and no secret, as lines or as JSON."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pos import config, trail
from pos.app import App
from pos.store import disk, people
from pos.web import logs
from tests.web.conftest import PINS, Page, with_server


@pytest.mark.parametrize(
    ("line", "kept", "struck"),
    [
        ('POST {"code": "7", "pin": "4826"}', '"code": "7"', "4826"),
        ("Authorization: Bearer tk_abcdefghijklmnopqrstuvwxyz", "Authorization", "tk_abcdefghijklmnopqrstuvwxyz"),
        ("Authorization: token 0123abcd:4567efgh", "Authorization", "4567efgh"),
        ("Cookie: till_sign_in=abcDEF123456", "Cookie", "abcDEF123456"),
        ("X-CSRFToken: IjEyMzQ1Njc4OTAi.aSB", "X-CSRFToken", "IjEyMzQ1Njc4OTAi.aSB"),
        ("api_secret=s3cr3t&x=1", "x=1", "s3cr3t"),
        ("paid with 4111 1111 1111 1111 today", "today", "4111 1111 1111 1111"),
        ("card 5500-0000-0000-0004", "card", "5500-0000-0000-0004"),
        ("key tk_AAAAAAAAAAAAAAAAAAAAAAAAA seen", "seen", "tk_AAAAAAAAAAAAAAAAAAAAAAAAA"),
    ],
)
def test_what_must_not_be_read_is_struck_out(line: str, kept: str, struck: str) -> None:
    written = logs.redact(line)
    assert kept in written
    assert struck not in written
    assert logs.STRUCK in written


@pytest.mark.parametrize(
    "line",
    [
        "T1-000123 is saved, total 214.95",
        "4111 1111 1111 1112 is no card number",
        "id 01a1fdf3-2796-710d-bf4f-bc3fc3a82fd7",
        "2026-11-21T14:32:07.123456Z sale",
        "spinning up 8 threads",
        "wal_bytes 1234567890123 at 1763712345678.25",
    ],
)
def test_everything_else_is_left_as_it_is(line: str) -> None:
    assert logs.redact(line) == line


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the root logger writes, and its handlers put back afterwards."""
    root, out = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    formatters = [handler.formatter for handler in before]
    handler = logging.StreamHandler(out)
    root.addHandler(handler)
    yield out
    root.removeHandler(handler)
    for old, formatter in zip(before, formatters, strict=True):
        old.setFormatter(formatter)
    root.setLevel(level)


def with_json(shop: config.Config) -> config.Config:
    server = replace(shop.server, log_format="json")
    return replace(shop, server=server, erpnext=replace(shop.erpnext, api_secret="s3cr3t-of-the-site"))


def test_json_lines_hold_the_request_and_no_known_secret(shop: config.Config, written: io.StringIO) -> None:
    logs.install(with_json(shop))
    extra = {"method": "POST", "path": "/api/create-sale", "status": 201, "ms": 4, "actor": "7"}
    logging.getLogger("pos.test").info("sold with %s", "s3cr3t-of-the-site", extra=extra)
    (line,) = written.getvalue().splitlines()
    entry = json.loads(line)
    assert entry["message"] == "sold with ***"
    assert {name: entry[name] for name in extra} == extra
    assert entry["level"] == "info"
    assert entry["at"].endswith("+00:00")


def test_the_log_is_kept_in_files_for_this_user_alone_and_the_oldest_goes(
    shop: config.Config, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MEGABYTE", 4096)
    folder = shop.data / "logs"
    logs.install(replace(shop, server=replace(shop.server, log_mb=1, log_files=3)))
    try:
        for n in range(200):
            logging.getLogger("pos.test").info("line %s of a long day, with token=abcdef", n)
    finally:
        logs.uninstall()
    files = sorted(folder.glob("*.jsonl*"))
    assert [file.name for file in files] == ["till.jsonl", "till.jsonl.1", "till.jsonl.2"]
    assert all(file.stat().st_size <= 4096 for file in files)
    told = [json.loads(line)["message"] for file in files[::-1] for line in file.open(encoding="utf-8")]
    assert told[-1] == "line 199 of a long day, with token=***"
    assert told == [f"line {n} of a long day, with token=***" for n in range(200 - len(told), 200)]
    if os.name != "nt":
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    logging.getLogger("pos.test").info("after")
    assert "after" not in (folder / "till.jsonl").read_text()


def test_a_second_process_of_a_kind_writes_a_file_of_its_own(shop: config.Config, written: io.StringIO) -> None:
    folder = shop.data / "logs"
    folder.mkdir(parents=True)
    first = disk.claim(folder / ".till.lock")
    assert first is not None
    try:
        logs.install(shop)
        logging.getLogger("pos.test").info("said by the second")
    finally:
        logs.uninstall()
        first.release()
    assert "said by the second" in (folder / "till-2.jsonl").read_text()
    logs.install(shop)
    logs.uninstall()
    assert (folder / "till.jsonl").exists()


def test_a_folder_that_takes_no_log_keeps_no_till_from_starting(shop: config.Config, written: io.StringIO) -> None:
    shop.data.mkdir()
    (shop.data / "logs").write_text("a file where the folder should be")
    logs.install(shop)
    assert "no log is kept" in written.getvalue()


def test_no_file_is_written_when_the_shop_wants_none(shop: config.Config, written: io.StringIO) -> None:
    logs.install(replace(shop, server=replace(shop.server, log_mb=0)))
    assert not shop.data.exists()


def test_a_line_carries_the_trail_of_its_thread(shop: config.Config, written: io.StringIO) -> None:
    trail.begin()  # whatever this thread did before
    logs.install(with_json(shop))
    try:
        with trail.following(correlation="abc", document="T1-000123"):
            logging.getLogger("pos.test").info("inside")
        logging.getLogger("pos.test").info("after")
    finally:
        logs.uninstall()
    inside, after = (json.loads(line) for line in written.getvalue().splitlines())
    assert (inside["correlation"], inside["document"]) == ("abc", "T1-000123")
    assert not {"correlation", "document"} & set(after)


def test_a_trace_is_struck_out_as_well(shop: config.Config, written: io.StringIO) -> None:
    logs.install(with_json(shop))
    try:
        raise ValueError("refused by s3cr3t-of-the-site")
    except ValueError:
        logging.getLogger("pos.test").exception("failed")
    assert "s3cr3t" not in written.getvalue()
    assert "ValueError" in json.loads(written.getvalue())["trace"]


def test_signing_in_and_selling_leave_no_secret_in_the_log(till: App, written: io.StringIO) -> None:
    logs.install(till.config)
    logging.getLogger().setLevel(logging.DEBUG)
    page = Page(till).sign_in("7")
    page.post("/api/sign-in", {"code": "7", "pin": "9999"})
    cookie = page.client.get_cookie("till_sign_in_T1", domain="127.0.0.1")
    token = people.add_token(till.store, "kiosk", "cashier")
    Page(till, HTTP_AUTHORIZATION=f"Bearer {token}").get("/api/groups")
    seen = written.getvalue()
    assert "/api/sign-in" in seen
    assert cookie is not None
    for secret in (PINS["7"], "9999", cookie.value, token, page.csrf):
        assert secret not in seen


def test_what_comes_from_outside_forges_no_line_and_moves_no_terminal(till: App, written: io.StringIO) -> None:
    logs.install(with_server(till.config, log_mb=0))
    Page(till).post("/api/x%0a2026-11-21 10:00:00,000 INFO pos: all is well%1b[2J%0d%e2%80%a8")
    try:
        raise ValueError("name\n2026-11-21 10:00:00,000 INFO pos: forged\x1b[1A")
    except ValueError:
        logging.getLogger("pos.test").exception("it failed\r\nfor good")
    text = written.getvalue()
    assert "all is well" in text
    assert "forged" in text
    assert not set("\r\x1b\u2028") & set(text)
    assert [line for line in text.split("\n") if line.startswith("2026-11-21 10:00:00")] == []
