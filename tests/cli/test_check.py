"""`pos_server.py check` shows what holds and where it came from, and no secret."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import spawned


def pos_server(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run pos_server.py as a person does."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ERPNEXT_", "TILLKEEP_"))}
    return spawned.run(words, {**clean, **(env or {})}, 60)


def effective(root: Path, env: dict[str, str] | None = None) -> dict[tuple[str, str], tuple[str, str]]:
    done = pos_server("check", "--root", str(root), "--json", env=env)
    assert done.returncode == 0, done.stderr
    return {(r["section"], r["setting"]): (r["value"], r["from"]) for r in json.loads(done.stdout)}


def test_each_setting_names_the_place_it_came_from_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "config.ini").write_text("[shop]\nname = By file\ntagline = By file\n[till]\nname = By file\n")
    (tmp_path / ".env").write_text("TILLKEEP_SHOP_TAGLINE=By dotenv\nTILLKEEP_TILL_NAME=By dotenv\n")
    rows = effective(tmp_path, {"TILLKEEP_TILL_NAME": "By environment"})
    assert rows["shop", "name"] == ("By file", "config.ini")
    assert rows["shop", "tagline"] == ("By dotenv", ".env, TILLKEEP_SHOP_TAGLINE")
    assert rows["till", "name"] == ("By environment", "environment, TILLKEEP_TILL_NAME")
    assert rows["till", "id"] == ("T1", "default")


def test_a_secret_is_never_shown_wherever_it_stands(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("by-a-file-7391\n")
    (tmp_path / ".env").write_text("ERPNEXT_API_KEY=by-dotenv-5520\n")
    env = {"ERPNEXT_API_SECRET_FILE": str(tmp_path / "secret.txt")}
    for words in (("check",), ("check", "--json")):
        done = pos_server(*words, "--root", str(tmp_path), env=env)
        assert done.returncode == 0
        assert "7391" not in done.stdout + done.stderr
        assert "5520" not in done.stdout + done.stderr
    rows = effective(tmp_path, env)
    assert rows["erpnext", "api_secret"] == ("(hidden)", "environment, ERPNEXT_API_SECRET_FILE")
    assert rows["erpnext", "api_key"] == ("(hidden)", ".env, ERPNEXT_API_KEY")


def test_check_writes_nothing(tmp_path: Path) -> None:
    effective(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_setting_ends_with_code_2_and_one_line_that_names_it(tmp_path: Path) -> None:
    cases = {
        "[shop]\nnaem = x\n": "naem",
        "[shopp]\nname = x\n": "shopp",
        "[server]\nport = many\n": "[server] port",
        "[storage]\nurl = postgresql://x/y\n": "[storage] url",
        "[queue]\nurl = amqp://x\n": "use sqlite:/// or redis://",
        "no section\n": "config.ini",
    }
    for text, named in cases.items():
        (tmp_path / "config.ini").write_text(text)
        done = pos_server("check", "--root", str(tmp_path))
        assert done.returncode == 2, text
        assert named in done.stderr, text
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


@pytest.mark.skipif(os.name == "nt", reason="rights of a file are kept elsewhere there")
@pytest.mark.parametrize(("mode", "told"), [(0o600, False), (0o640, True), (0o604, True)])
def test_secrets_that_others_may_read_are_mentioned(tmp_path: Path, mode: int, told: bool) -> None:
    (tmp_path / ".env").write_text("ERPNEXT_API_KEY=by-dotenv-5520\n")
    (tmp_path / ".env").chmod(mode)
    done = pos_server("check", "--root", str(tmp_path), "--json")
    assert done.returncode == 0
    assert ("can be read by others" in done.stderr) is told
    assert json.loads(done.stdout), "what programs read stays as it is"
