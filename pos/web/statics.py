"""Styles, scripts and pictures. One version stands in the address of them all, so that they may be kept for ever.

GET /static/<version>/<path>   open   kept a year when the version is today's, else asked for again each time

A script's own `import "./x.js"` stays below the same version, which a query could not do.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, Response, send_from_directory

from pos import clock
from pos.web import auth
from pos.web.describe import describe

FOLDER = Path(__file__).resolve().parents[2] / "static"
#: How long a version is believed before the files are looked at again (a changed file shows at the next page).
LOOK_AGAIN_SECONDS = 2.0
#: What lies below static/.
KINDS = ("text/css", "text/javascript", "image/svg+xml", "image/png", "application/octet-stream")
_looked_at = 0.0
_facts: list[tuple[str, int, int]] = []
_version = ""


def install(app: Flask) -> None:
    """`url_for("static", filename=…)` in every template, with today's version."""
    app.add_url_rule("/static/<version>/<path:filename>", endpoint="static", view_func=static)
    app.url_defaults(_add_version)


@describe(kinds=KINDS, refuses=(206, 304, 416))
@auth.open_to_all
def static(version: str, filename: str) -> Response:
    answer = send_from_directory(FOLDER, filename, conditional=True, etag=True)
    kept = version == version_of_files()
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
    return answer


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "version" not in values:
        values["version"] = version_of_files()


def version_of_files() -> str:
    """A short word for the names and contents of everything below static/."""
    _look()
    return _version


def names() -> list[str]:
    """Every file below static/, as it stands in an address after the version."""
    _look()
    return [name for name, _, _ in _facts]


def _look() -> None:
    """Read the files when their names, sizes or times of change are not as they were the last time."""
    global _looked_at, _facts, _version
    if _version and clock.monotonic() - _looked_at < LOOK_AGAIN_SECONDS:
        return
    facts = sorted(
        (path.relative_to(FOLDER).as_posix(), info.st_size, info.st_mtime_ns)
        for path in FOLDER.rglob("*")
        if path.is_file() and (info := path.stat())
    )
    if facts != _facts:
        read = hashlib.sha256()
        for name, _, _ in facts:
            read.update(f"{name}\0{hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()}\0".encode())
        _facts, _version = facts, read.hexdigest()[:12]
    _looked_at = clock.monotonic()
