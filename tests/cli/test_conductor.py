"""The commands of Conductor: exit codes that mean what they say, nothing secret printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import cli, config
from pos.errors import Invalid
from pos.store.db import open_store
from tests.contract.emulators.conductor import END_USER, KEY, Conductor


@pytest.fixture
def there() -> Iterator[Conductor]:
    with Conductor() as running:
        yield running


def test_a_company_file_from_the_terminal(
    tmp_path: Path, there: Conductor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str) -> int:
        return cli.main(["--root", str(tmp_path), "conductor", *words], tmp_path)

    settings = {"CONDUCTOR_SECRET_KEY": KEY, "CONDUCTOR_END_USER_ID": END_USER, "CONDUCTOR_BASE_URL": there.url}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    open_store(config.load(tmp_path)).close()
    assert run("test") == cli.OK and "within 12 ms" in capsys.readouterr().out
    there.reachable = False
    assert run("test", "--json") == cli.FAILED
    assert json.loads(capsys.readouterr().out)["code"] == "desktop_away"
    rules = tmp_path / "rules.json"
    rules.write_text('{"vendors": {"winner": "ours"}}')
    assert run("rules", "--set", str(rules)) == cli.OK and "vendors: both, ours" in capsys.readouterr().out
    assert run("status") == cli.OK and "no session yet" in capsys.readouterr().out
    there.reachable = True
    there.file.put("customers", name="Ada")
    for more in ((), (), ("--anew",)):
        assert run("sync", "--objects", "customers", "--here", *more) == cli.OK
    asked = ["updatedAfter" in path for _, path in there.requests if "/customers?" in path]
    assert asked == [False, True, False], "changed since, unless all is to be read"
    with pytest.raises(Invalid, match="no type nothing"):
        run("sync", "--objects", "nothing", "--anew")
    capsys.readouterr()
    assert run("history") == cli.OK and capsys.readouterr().out.count("completed") == 3
    assert run("sync", "--objects", "invoices") == cli.OK and run("cancel") == cli.OK
    assert "stops at a safe point" in capsys.readouterr().out
    assert run("cancel") == cli.OK and "No session is running" in capsys.readouterr().out
    assert run("companies", "off") == cli.OK and run("companies") == cli.OK
    out = capsys.readouterr().out
    assert f"main: OFF, {END_USER}" in out and KEY not in out
