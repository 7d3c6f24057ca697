"""tasks.py: what it installs and when, which browser it finds, how it sums up. Nothing here touches a network."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import tasks
from tests.conftest import REPO


def digest(*names: str) -> str:
    return hashlib.sha256(b"".join((REPO / name).read_bytes() for name in names)).hexdigest()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """Commands tasks.py would have run; its .venv is an empty folder that works."""
    made: list[list[str]] = []

    def call(command: list[str], **_: object) -> int:
        made.append(command)
        return 0

    monkeypatch.setattr(tasks.subprocess, "call", call)
    monkeypatch.setattr(tasks, "STAMP", tmp_path / "installed.json")
    monkeypatch.setattr(tasks, "works", lambda: True)
    return made


def pips(calls: list[list[str]]) -> list[str]:
    return [Path(c[-1]).name for c in calls if "pip" in c]


def test_packages_are_installed_once_and_again_only_when_their_list_changed(calls: list[list[str]]) -> None:
    tasks.prepare("run")
    tasks.prepare("run")
    assert pips(calls) == ["requirements.txt"]
    tasks.prepare("test")
    tasks.prepare("test")
    tasks.prepare("run")
    assert pips(calls) == ["requirements.txt", "requirements-dev.txt"]
    assert json.loads(tasks.STAMP.read_text()) == {
        "run": digest("requirements.txt"),
        "test": digest(*tasks.REQUIREMENTS["test"]),
    }
    tasks.STAMP.write_text(json.dumps({"run": "of an older list"}))
    tasks.prepare("run")
    assert pips(calls)[2:] == ["requirements.txt"]


def test_an_install_that_fails_ends_in_one_sentence_and_is_tried_again(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.subprocess, "call", lambda *_, **__: 1)
    for _ in range(2):
        with pytest.raises(SystemExit, match="could not be installed"):
            tasks.prepare("run")
    assert not tasks.STAMP.exists()


@pytest.mark.parametrize(
    ("code", "stderr", "ends", "words"),
    [
        (0, b"No known vulnerabilities found\n", 0, ""),
        (1, b"Found 1 known vulnerability in 1 package\n", 1, ""),
        (1, b"Traceback\nrequests.exceptions.ConnectionError: HTTPSConnectionPool\n", 2, "Nothing was compared"),
        (1, b"Traceback\nrequests.exceptions.ProxyError: Unable to connect\n", 2, "Nothing was compared"),
    ],
)
def test_an_audit_without_a_network_is_neither_clean_nor_a_finding(
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: int,
    stderr: bytes,
    ends: int,
    words: str,
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(command)
        return subprocess.CompletedProcess(command, code, b"", stderr)

    monkeypatch.setattr(tasks.subprocess, "run", run)
    assert tasks.audit(["--desc"]) == ends
    assert asked[0][1:3] == ["-m", "pip_audit"]
    assert asked[0][-1] == "--desc"
    told = capsys.readouterr()
    assert words in told.out
    assert ("Traceback" in told.err) is False


def test_a_venv_that_does_not_start_is_made_anew(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    venv.mkdir()
    (venv / "broken").write_text("")
    monkeypatch.setattr(tasks, "VENV", venv)
    answers = iter([False, True])
    monkeypatch.setattr(tasks, "works", lambda: next(answers))
    tasks.prepare("run")
    assert not (venv / "broken").exists()
    assert calls[0][1:3] == ["-m", "venv"]


def test_run_hands_its_options_to_the_till(calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(tasks, "WINDOWS", False)
    monkeypatch.setattr(tasks.os, "execv", lambda _program, words: started.append(words))
    monkeypatch.setattr(sys, "argv", ["tasks.py", "run", "--root", "X", "--port", "5001"])
    with pytest.raises(TypeError):  # execv does not come back; ours does, and what follows is for Windows
        monkeypatch.setattr(tasks.subprocess, "Popen", None)
        tasks.main()
    assert started[0][2:] == ["serve", "--demo", "--root", "X", "--port", "5001"]


@pytest.mark.parametrize("words", [["nonsense"], ["run", "--hots", "1"], ["run", "extra"]])
def test_a_wrong_word_ends_with_code_2_before_anything_is_installed(words: list[str]) -> None:
    done = subprocess.run([sys.executable, str(REPO / "tasks.py"), *words], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Installing" not in done.stdout


def test_a_browser_named_in_the_environment_is_used_or_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", sys.executable)
    assert tasks.find_browser() == (sys.executable, "")
    monkeypatch.setenv("CHROMIUM", "/nowhere/chrome")
    found, why = tasks.find_browser()
    assert found == ""
    assert "/nowhere/chrome" in why


def test_without_a_browser_playwright_is_asked_once_and_then_one_line_says_how(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, ...]] = []

    def ask(command: tuple[str, ...], _seconds: int, python: bool = True) -> str:
        asked.append(command)
        return ""

    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(tasks.shutil, "which", lambda _name: None)
    monkeypatch.setattr(tasks, "BROWSER_PATHS", ())
    monkeypatch.setattr(tasks, "ask", ask)
    found, why = tasks.find_browser()
    assert found == ""
    assert "playwright install chromium" in why
    assert "\n" not in why
    assert [c for c in asked if "install" in c] == [("-m", "playwright", "install", "chromium")]
    assert not any("sudo" in word for c in asked for word in c)


def test_the_table_names_each_step_and_fails_when_one_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert tasks.summary([("ruff", 0, 1.0), ("tests", 0, 2.0)], "") == 0
    assert tasks.summary([("ruff", 1, 1.0), ("tests", 0, 2.0)], "SKIPPED: x") == 1
    out = capsys.readouterr().out
    assert "ruff                 FAILED       1.0" in out
    assert out.strip().endswith("SKIPPED: x")


def test_ci_runs_exactly_the_test_chore_with_browser_tests_required() -> None:
    script = (REPO / ".ci" / "run").read_text(encoding="utf-8")
    assert script.rstrip().endswith("exec python3 tasks.py test")
    assert "TILLKEEP_REQUIRE_BROWSER=1" in script
    workflow = (REPO / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    for system in ("ubuntu-latest", "macos-latest", "windows-latest"):
        assert system in workflow
