"""How long things of runs are kept: logs and taken-in files, by company where one says so, else as everywhere.

What runs came to (sums, verdicts, the rows of exports, what schedules were) is kept for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from pos.actions import run_settings
from pos.config import Config
from pos.store import companies, run_choices, run_keep
from pos.store.db import Store


def tidy(store: Store, config: Config, now: datetime) -> tuple[int, int]:
    """Take out what is older than it is kept; how many lines of logs and how many files. 0 days = for ever."""
    given = run_choices.effective(store, config)
    lines = _lines(store, "", given.keep_log_days, now)
    files = 0
    for company in companies.every(store):
        keep = run_settings.of(store, company.id).keep
        lines += _lines(store, company.id, _days(keep.log_days, given.keep_log_days), now)
        files += _files(store, config, company.id, _days(keep.import_days, given.keep_import_days), now)
    return lines, files


def _days(own: int | None, given: int) -> int:
    return given if own is None else own


def _lines(store: Store, company: str, days: int, now: datetime) -> int:
    return run_keep.drop_lines(store, company, now - timedelta(days=days)) if days else 0


def _files(store: Store, config: Config, company: str, days: int, now: datetime) -> int:
    """Files alone: the rows that came of them, and that there was such a file, stay."""
    if not days:
        return 0
    count = 0
    for place in run_keep.old_files(store, company, now - timedelta(days=days)):
        count += _gone(config.data, place)
    return count


def _gone(data: Path, place: str) -> int:
    path = (data / place).resolve()
    if not path.is_relative_to(data.resolve()) or not path.is_file():
        return 0
    try:
        path.unlink()
    except OSError:  # somebody has it open; another time
        return 0
    return 1
