"""`schedules list|run`: the same looking as a server's, in a process of its own beside it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pos import cli, clock
from pos.actions import schedules
from pos.store import runs
from pos.store import schedules as kept
from pos.store.db import Store
from pos.store.models import RunSchedule
from pos.store.schedules import Form, Schedule
from tests import books
from tests.conftest import REPO

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FORM = Form("Evening", "main", "0 18 * * *", "Africa/Lagos", "trading_date", 1, 0, False)


@pytest.fixture
def due(store: Store) -> Schedule:
    """One that fell due this minute."""
    books.connected(store)
    with clock.set_to(START):
        made = schedules.create(store, FORM, "07")
    with store.transaction():
        RunSchedule.update(next_fire_at=clock.stamp(clock.now() - timedelta(seconds=1)), cron="* * * * *").where(
            RunSchedule.id == made.id
        ).execute()
    return kept.one(store, made.id)


@pytest.mark.sqlite
def test_one_look_starts_what_is_due_and_the_next_finds_nothing(
    store: Store, due: Schedule, capsys: pytest.CaptureFixture[str]
) -> None:
    root = store.config.root
    assert cli.main(["schedules", "run", "--once"], root) == cli.OK
    assert "1 runs were started" in capsys.readouterr().out
    (job,) = runs.recent(store)
    assert (job.schedule, job.status) == (due.id, "queued")
    assert cli.main(["schedules", "list"], root) == cli.OK
    listed = capsys.readouterr().out
    assert due.id in listed and "queued" in listed and "Evening: main, every minute" in listed


@pytest.mark.parametrize("words", [["--poll-seconds", "0"], ["--poll-seconds", "soon"], ["--poll-seconds", "99999"]])
def test_what_is_no_interval_is_refused(tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["schedules", "run", *words], tmp_path)
    assert ended.value.code == cli.BAD
    assert "a whole number of seconds from 1 to 3600" in capsys.readouterr().err


@pytest.mark.sqlite
def test_two_processes_start_one_run_of_one_moment(store: Store, due: Schedule) -> None:
    command = [sys.executable, str(REPO / "pos_server.py"), "--root", str(store.config.root), "schedules", "run"]
    both = [subprocess.Popen([*command, "--once"], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [cli.OK, cli.OK], said
    assert sum("1 runs were started" in one for one in said) == 1
    assert len(runs.recent(store)) == 1
