"""`printer`: the page to look at, the drawer, the code pages; what it says when the printer is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from pos import cli
from pos.devices import channels
from tests.devices.fake import closed_port


def run(root: Path, *words: str) -> int:
    return cli.main(["--root", str(root), "printer", *words], root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    channels.dummy("dummy://cli").clear()
    (tmp_path / "config.ini").write_text("[printer]\nurl = dummy://cli\n", encoding="utf-8")
    return tmp_path


def test_the_test_page_holds_pound_and_euro_and_says_what_to_look_for(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(root, "test") == cli.OK
    assert b"\x1bt\x13" in channels.dummy("dummy://cli")[0]
    assert b"\x9c \xd5" in channels.dummy("dummy://cli")[0]
    assert "pound sign and a euro sign" in capsys.readouterr().out


def test_the_drawer_alone(root: Path) -> None:
    assert run(root, "drawer") == cli.OK
    assert channels.dummy("dummy://cli") == [b"\x1bp\x0022"]


def test_every_page_is_printed_with_its_number(root: Path) -> None:
    assert run(root, "pages") == cli.OK
    data = channels.dummy("dummy://cli")[0]
    assert b"\x1bt\x13CP858:19  \x9c \xd5" in data
    assert b"\x1bt\x10CP1252:16  \xa3 \x80" in data


def test_a_preview_needs_no_printer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "preview") == cli.OK
    assert "£ €" in capsys.readouterr().out.replace("£   €", "£ €")
    assert run(tmp_path, "preview", "--image", str(tmp_path / "page.png")) == cli.OK
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_a_printer_that_is_off_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.ini").write_text(f"[printer]\nurl = tcp://127.0.0.1:{closed_port()}\n", encoding="utf-8")
    assert run(tmp_path, "test") == cli.FAILED
    assert "is not there" in capsys.readouterr().out
