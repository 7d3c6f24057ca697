"""`serve`: a folder becomes a till, one server has it, a signal ends it in order, a port that is taken is named."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import config
from pos.cli import control, reference
from tests.till_process import Till


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with Till(tmp_path / "till") as one:
        yield one


def test_an_empty_folder_becomes_a_till_with_every_setting_written_down(till: Till) -> None:
    assert (till.root / "config.ini").read_text(encoding="utf-8") == reference.config_ini()
    assert (till.root / "data" / "till.db").exists()
    assert f"http://127.0.0.1:{till.port}" in till.output()


def test_a_signal_stops_it_with_code_0_and_nothing_is_left_behind(till: Till) -> None:
    assert till.stop() == 0
    assert not (till.root / "data" / "server.json").exists()
    assert not (till.root / "data" / "till.db-wal").exists() or (till.root / "data" / "till.db-wal").stat().st_size == 0
    assert "Traceback" not in till.output()


def test_one_of_several_servers_that_stops_leaves_what_the_other_wrote_for_commands(tmp_path: Path) -> None:
    loaded = config.load(tmp_path, environ={})
    file = loaded.data / "server.json"
    control.announce(loaded, 5001, "tk_mine")
    others = json.loads(file.read_text()) | {"pid": os.getpid() + 1}
    file.write_text(json.dumps(others))
    control.withdraw(loaded)
    assert json.loads(file.read_text()) == others
    control.announce(loaded, 5001, "tk_mine")
    control.withdraw(loaded)
    assert not file.exists()


def test_only_its_own_user_can_read_the_key_it_leaves_for_commands(till: Till) -> None:
    file = till.root / "data" / "server.json"
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = json.loads(file.read_text())["key"]
    assert key not in till.output()


def test_while_it_runs_a_second_server_and_rebuild_are_refused_and_readers_are_not(till: Till) -> None:
    for words in (("serve", "--port", "0"), ("rebuild",)):
        done = till.command(*words)
        assert done.returncode == 3, done.stderr
        assert done.stderr.count("\n") == 1
    assert till.command("verify").returncode == 0
    assert till.command("check").returncode == 0
    assert till.command("user", "add", "7", "Ada", "--pin", "4711").returncode == 0
    assert "Ada" in till.command("user", "list").stdout


def test_a_port_that_is_taken_is_named_and_the_next_one_offered(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        one = Till(tmp_path)
        done = one.command("serve", "--port", str(port))
    assert done.returncode == 2
    assert f"Port {port} is in use" in done.stderr
    assert f"--port {port + 1}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data" / "server.json").exists()
    assert one.command("verify").returncode == 0  # the folder was let go


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL; TerminateProcess is covered by crash")
def test_what_a_killed_server_left_does_not_mislead_the_next_command(till: Till) -> None:
    till.process.kill()
    till.process.wait()
    assert (till.root / "data" / "server.json").exists()
    file = till.root / "list.csv"
    file.write_text("code,name,group\nA,Apple,Food\n")
    assert till.command("import", "items", str(file)).returncode == 0


def test_a_new_till_gets_the_demo_shop_and_shows_its_pins_once(tmp_path: Path) -> None:
    one = Till(tmp_path / "till", "--demo")
    with one:
        first = one.output()
        shown = re.findall(r"code (\S+) +PIN (\d{4,8})", first)
        assert len(shown) >= 3
        line = one.line()
        assert line.ask("GET", "/api/items?limit=1")[1]["total"] >= 50
        assert len(line.ask("GET", "/api/groups")[1]["groups"]) == 8
        line.close()
    with one:
        assert re.findall(r"PIN \d", one.output()[len(first) :]) == []


def test_with_a_real_connection_no_demo_shop_is_loaded(tmp_path: Path) -> None:
    env = {"ERPNEXT_URL": "https://erp.example.invalid", "ERPNEXT_API_KEY": "key", "ERPNEXT_API_SECRET": "secret-7391"}
    with Till(tmp_path / "till", "--demo", env=env) as one:
        assert "No demo shop" in one.output()
        assert "PIN" not in one.output()
        assert "secret-7391" not in one.output()
        line = one.line()
        assert line.ask("GET", "/api/items?limit=1")[1]["total"] == 0
        line.close()


def test_a_demo_shop_refuses_a_connection_that_is_not_on_this_machine(tmp_path: Path) -> None:
    with Till(tmp_path / "till", "--demo"):
        pass
    for url, code in (("https://erp.example.invalid", 2), ("http://127.0.0.1.example.invalid", 2)):
        env = {"ERPNEXT_URL": url, "ERPNEXT_API_KEY": "key", "ERPNEXT_API_SECRET": "secret"}
        done = Till(tmp_path / "till", env=env).command("serve", "--port", "0")
        assert done.returncode == code, done.stderr
        assert "demo shop" in done.stderr
        assert done.stderr.strip().count("\n") == 0
    here = {"ERPNEXT_URL": "http://127.0.0.1:9", "ERPNEXT_API_KEY": "key", "ERPNEXT_API_SECRET": "secret"}
    with Till(tmp_path / "till", env=here):
        pass


@pytest.mark.parametrize("word", ["--port=99999", "--port=x", "--hots=1"])
def test_a_wrong_word_ends_with_code_2(tmp_path: Path, word: str) -> None:
    done = Till(tmp_path).command("serve", word)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
