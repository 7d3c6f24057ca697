"""The history of another program's runs: taken in once and marked, codes as they were, broken files left."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pos import cli, clock
from pos.actions import run_history
from pos.actions.run_history import Taken
from pos.rules import run_codes
from pos.store.db import Store
from pos.store.models import Audit, RunArtifact, RunJob, RunPart

SAMPLES = Path(__file__).parents[1] / "data" / "history"
#: All samples are younger than 60 days.
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _ingest(store: Store, *named: Path, days: int = 60) -> list[Taken]:
    with clock.set_to(NOW):
        return list(run_history.ingest(store, run_history.files_of(named), days, "cli:test"))


def _table(store: Store) -> list[Any]:
    return [
        store.execute(f"SELECT * FROM {name} ORDER BY n").fetchall() for name in ("run_job", "run_part", "run_artifact")
    ]


def test_what_is_taken_in_twice_changes_nothing(store: Store) -> None:
    first = {one.file.name: one for one in _ingest(store, SAMPLES)}
    assert (first["2026-10.json"].new, first["2026-10-failed.json"].new) == (2, 4)
    before = _table(store)
    again = _ingest(store, SAMPLES, SAMPLES / "2026-10.json")
    assert [(one.new, one.known) for one in again if not one.refused] == [(0, 4), (0, 2)]
    assert _table(store) == before
    assert all(row.ingested for model in (RunJob, RunArtifact) for row in model.select())
    assert [row.act for row in Audit.select() if row.act.startswith("runs.")] == ["runs.ingested"] * 2


def test_amounts_codes_and_words_stay_as_they_were(store: Store) -> None:
    _ingest(store, SAMPLES)
    found = {row.day: row for row in RunArtifact.select()}
    match, differs = found["2026-10-01"], found["2026-10-02"]
    assert (match.raw_total, match.booked_total, match.raw_count, match.difference) == (123450, 123450, 400, 0)
    assert (differs.status, differs.difference, differs.currency) == ("MISMATCH", 250, "GBP")
    parts = {row.exit_code: row for row in RunPart.select()}
    assert {"3", "126", "127", "-9"} < parts.keys() and parts["127"].words == "python: command not found"
    assert all(parts[code].status == "failed" and run_codes.explained(code) for code in ("3", "126", "127", "-9"))
    assert RunJob.get(RunJob.day_from == "2026-10-01").started_at == "2026-10-02T04:10:02.000000Z"


def test_a_broken_file_is_named_and_nothing_of_it_is_taken(store: Store) -> None:
    (left,) = [one for one in _ingest(store, SAMPLES) if one.refused]
    assert left.file.name == "broken.json" and "Run 2" in left.refused and "offset" in left.refused
    assert not RunArtifact.select().where(RunArtifact.day == "2026-10-07").exists(), "its first run is sound"


def test_runs_that_are_older_than_asked_for_stay_out(store: Store) -> None:
    (one,) = _ingest(store, SAMPLES / "2026-10.json", days=50)
    assert (one.new, one.older) == (1, 1)


_SOUND = {
    "company_key": "main",
    "target_date": "2026-11-01",
    "processed_at": "2026-11-02T05:00:00Z",
    "reconcile_status": "MATCH",
}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("7", "neither one run"),
        ('{"reconcile_epos_total": NaN}', "NaN"),
        (json.dumps({**_SOUND, "company_key": "nobody"}), "no company nobody"),
        (json.dumps({**_SOUND, "reconcile_status": "FINE"}), "MATCH, MISMATCH or NOT RUN"),
        (json.dumps({**_SOUND, "reconcile_epos_total": "1.005"}), "more decimals"),
        (json.dumps({**_SOUND, "reconcile_epos_total": "1e400"}), "no amount"),
        (json.dumps({**_SOUND, "exit_code": "0"}), "whole number"),
        (json.dumps({**_SOUND, "exit_code": True}), "whole number"),
        (json.dumps({**_SOUND, "target_date": "01/11/2026"}), "Run 1"),
        (json.dumps({**_SOUND, "failure_reason": "a\u0000b"}), "holds what no text does"),
        (json.dumps({**_SOUND, "pid": 7}), "no field pid"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said(store: Store, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "one.json"
    file.write_text(text, encoding="utf-8")
    (one,) = _ingest(store, file)
    assert words in one.refused
    assert not RunJob.select().exists()


def test_the_command_says_what_became_of_each_file(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--root", str(store.config.root), "ingest-history"]
    with clock.set_to(NOW):
        assert cli.main([*words, str(SAMPLES / "2026-10.json")], store.config.root) == cli.OK
        assert "2026-10.json: 2 new, 0 known, 0 older than 60 days." in capsys.readouterr().out
        assert cli.main([*words, "--days", "50", str(SAMPLES)], store.config.root) == cli.FAILED
    said = capsys.readouterr().out
    assert "broken.json: left as it is. Run 2" in said and "2026-10.json: 0 new, 1 known, 1 older" in said
    assert cli.main([*words, "--days", "0", str(SAMPLES)], store.config.root) == cli.BAD
