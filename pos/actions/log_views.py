"""The log as people read it: the newest line first, each with what the till was busy with when it was written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pos.actions.outbox_views import moment
from pos.config import Config
from pos.said import said
from pos.store import logbook
from pos.store.db import Store
from pos.store.logbook import Filter, Found

LEVELS = {
    "debug": (said("Detail"), "offline"),
    "info": (said("Information"), "offline"),
    "warning": (said("Warning"), "check"),
    "error": (said("Error"), "needs"),
    "critical": (said("Critical"), "needs"),
}
#: Words of a line that have a place of their own on the screen; every other one is shown beside its name.
_PLACED = ("at", "level", "from", "message", "agent", "connection", "run", "document", "correlation", "trace", "file")
CSV = (
    "at", "level", "file", "from", "message", "agent", "connection", "run", "document", "correlation", "method", "path",
    "status", "ms", "actor", "code", "trace",
)  # fmt: skip


def page(store: Store, config: Config, folder: Path, wanted: Filter, after: str, limit: int) -> dict[str, Any]:
    """One page: rows, the mark for the older ones, and whether it stopped because it had read enough."""
    found: Found = logbook.page(folder, wanted, after, limit)
    return {"rows": [_row(store, config, line) for line in found.lines], "after": found.after, "cut": found.cut}


def every(folder: Path, wanted: Filter) -> Iterator[dict[str, Any]]:
    """All that fits, for an export: the lines as they stand."""
    return logbook.every(folder, wanted)


def _row(store: Store, config: Config, line: dict[str, Any]) -> dict[str, Any]:
    level = str(line.get("level", ""))
    words, tone = LEVELS.get(level, (level or said("Unreadable"), "check"))
    at = str(line.get("at", ""))
    return {name: str(line.get(name, "")) for name in _PLACED} | {
        "at_text": _when(store, config, at),
        "level_text": words,
        "tone": tone,
        "facts": [
            {"name": name, "value": str(value)} for name, value in line.items() if name not in _PLACED and value != ""
        ],
    }


def _when(store: Store, config: Config, at: str) -> str:
    try:
        return moment(store, config, at, seconds=True)
    except ValueError:  # a line written by hand
        return at
