"""Findings as a report that is kept: Markdown for people, JSON for programs. No secret stands in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pos import __version__, clock
from pos.actions.finding import Finding
from pos.store import disk

_MARKS = {"ok": "PASS", "warn": "CHECK", "fail": "FAIL", "not_set_up": "–"}


def passes(found: Sequence[Finding]) -> bool:
    """Whether nothing fails. What only should be looked at does not."""
    return bool(found) and not any(one.state == "fail" for one in found)


def view(found: Sequence[Finding], **more: Any) -> dict[str, Any]:
    """One JSON object."""
    checks = [
        {"name": one.name, "state": one.state, "sentence": one.sentence, "remedy": one.remedy, "facts": dict(one.facts)}
        for one in found
    ]
    return {"ok": passes(found), "at": clock.stamp(clock.now()), "version": __version__, **more, "checks": checks}


def lines(found: Sequence[Finding]) -> list[str]:
    """For a terminal."""
    shown = list[str]()
    for one in found:
        shown.append(f"{_MARKS[one.state]:<6} {one.name:<14} {one.sentence}")
        if one.remedy and one.state != "ok":
            shown.append(f"{'':<21} -> {one.remedy}")
    return shown


def markdown(title: str, found: Sequence[Finding], last: str) -> str:
    """A page with a table; `last` is its last line."""
    rows = []
    for one in found:
        remedy = _cell(one.remedy) if one.state != "ok" else ""
        rows.append(f"| {_MARKS[one.state]} | {one.name} | {_cell(one.sentence)} | {remedy} |")
    head = [f"# {title}", "", f"{clock.stamp(clock.now())}, Tillkeep {__version__}", ""]
    return "\n".join([*head, "| | Check | Found | What to do |", "|---|---|---|---|", *rows, "", last, ""])


def write(path: Path, title: str, found: Sequence[Finding], last: str, **more: Any) -> None:
    """Into a file: JSON when its name ends so, else Markdown."""
    text = json.dumps(view(found, **more), indent=1, ensure_ascii=False, default=str) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    disk.write_whole(path, (text if path.suffix == ".json" else markdown(title, found, last)).encode())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
