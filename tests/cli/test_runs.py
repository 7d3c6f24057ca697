"""`runs` and `reconcile-runs`: what they print and what they end with."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from pos import cli, clock
from pos.actions import run_phases
from pos.cli import opened
from pos.cli import runs as command_of_runs
from pos.cli.runs import code_of
from pos.store import run_work, runs
from pos.store.db import Store
from pos.store.models import RunPart
from tests import books

pytestmark = pytest.mark.sqlite


@pytest.fixture
def root(store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A till with books whose phases have nothing to do."""
    books.connected(store)
    monkeypatch.setattr(run_phases, "_PHASES", dict.fromkeys(run_phases._PHASES, lambda _work: None))
    monkeypatch.setattr(opened, "till", lambda _root: nullcontext(store))
    return store.config.root


def command(root: Path, *words: str) -> int:
    return cli.main(["--root", str(root), *words], root)


def test_a_run_is_started_worked_on_and_shown_and_ends_with_its_exit_code(
    root: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(root, "runs", "start", "--company", "main", "--from", "2026-11-20", "--wait") == 0
    key, *told = capsys.readouterr().out.splitlines()
    assert told[0].endswith("INFO: Asked for by " + runs.job(store, key).requested_by + ": main, 2026-11-20.")
    assert told[-1].endswith("The run succeeded, exit code 0. Nothing to post.")
    assert command(root, "runs", "list") == 0
    assert f"{key}  " in capsys.readouterr().out
    assert command(root, "runs", "show", key, "--log") == 0
    assert "succeeded  done" in capsys.readouterr().out


def test_what_cannot_be_run_ends_with_two_and_a_dead_run_with_what_a_byte_makes_of_it(
    root: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(root, "runs", "start", "--company", "nobody") == 2
    assert command(root, "runs", "start", "--from", "tomorrow") == 2
    assert capsys.readouterr().err.splitlines() == [
        "bad_arguments: There is no company nobody here.",
        "bad_arguments: Write a day like 2026-11-20.",
    ]
    assert command(root, "runs", "start", "--from", "2026-11-20") == 0
    key = capsys.readouterr().out.strip()
    for _ in range(run_work.TRIES_MAX):
        assert run_work.claim(store, "dead", clock.now()) is not None
        with store.transaction():
            RunPart.update(lease_until=clock.stamp(clock.now())).execute()
        ended = command(root, "reconcile-runs", "--mark-only")
    assert ended == 1, "it failed by this"
    assert f"{key}: failed -1 stale Its worker died 3 times in the phase Collect." in capsys.readouterr().out
    assert command(root, "runs", "show", key) == code_of(runs.job(store, key)) == 255


def test_a_number_of_runs_that_cannot_be_listed_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in ("0", "-5", "x", "9" * 20):
        with pytest.raises(SystemExit) as ended:
            command(root, "runs", "list", "--limit", wrong)
        assert ended.value.code == 2
        assert "a whole number from 1 to 1000" in capsys.readouterr().err


def test_who_waits_is_told_when_the_work_here_cannot_go_on(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_of_runs, "_work", lambda *_given: None)
    assert command(root, "runs", "start", "--from", "2026-11-20", "--wait") == cli.INTERRUPTED
    assert "It goes on with the server, or with reconcile-runs." in capsys.readouterr().out


def test_what_nobody_works_on_is_worked_on_by_the_command(
    root: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(root, "reconcile-runs") == 0
    assert capsys.readouterr().out == "No run is open.\n"
    assert command(root, "runs", "start", "--from", "2026-11-20") == 0
    key = capsys.readouterr().out.strip()
    assert command(root, "reconcile-runs") == 0
    assert capsys.readouterr().out == f"{key}: succeeded 0  Nothing to post.\n"
    assert command(root, "runs", "cancel", key) == 0
    assert capsys.readouterr().out == "It has succeeded.\n"
