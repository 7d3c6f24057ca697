"""Reconciliation at the console: till and books by session and day, every difference by name, never a plug line.

GET  /console/reconciliation?page=                      z_read   console/reconciliations.html
GET  /console/reconciliation.csv                        z_read   every sum of every comparison, one row each
GET  /console/reconciliation/<scope>/<name>             z_read   console/reconciliation.html
GET  /console/reconciliation/<scope>/<name>.csv         z_read   its documents that differ, figure by figure

scope: session or day. What programs ask, /api/console/reconciliations…, are the till's own views behind this door:
`pos/web/reconciliations.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from pos.actions import run_sides, run_views, verdicts
from pos.web import auth, reader
from pos.web.console import frame, lists
from pos.web.parts import parts

bp = Blueprint("console_reconciliation", __name__)

SUMS = ("scope", "name", "day", "connection", "state", "compared_at", "here", "there", "total_here", "total_there")
ITEMS = ("number", "document", "part", "connection", "remote_id", "what", "figure", "here", "there", "state", "reason")


@bp.get("/console/reconciliation")
@auth.needs("z_read", within=True)
def page() -> ResponseReturnValue:
    here = parts()
    eyes = run_views.reader(here.store, here.config, frame.reach())
    return frame.show(
        "reconciliations",
        "reconciliation",
        **_overview(here),
        runs_base=here.config.runs.prefix,
        run_days=run_sides.differing(eyes),
    )


@bp.get("/console/reconciliation.csv")
@auth.needs("z_read", within=True)
def export() -> ResponseReturnValue:
    return lists.as_csv("reconciliation", SUMS, _sums())


@bp.get("/console/reconciliation/<scope>/<name>")
@auth.needs("z_read", within=True)
def page_of_one(scope: str, name: str) -> ResponseReturnValue:
    here = parts()
    found = verdicts.detail(here.store, reader.seen(here.config), scope, name, frame.reach())
    return frame.show("reconciliation", "reconciliation", **found)


@bp.get("/console/reconciliation/<scope>/<name>.csv")
@auth.needs("z_read", within=True)
def export_one(scope: str, name: str) -> ResponseReturnValue:
    here = parts()
    found = verdicts.detail(here.store, reader.seen(here.config), scope, name, frame.reach())
    return lists.as_csv(f"differences-{found['name']}", ITEMS, _items(found))


def _overview(here: Any, number: int | None = None) -> dict[str, Any]:
    asked = request.args.get("page", 1, type=int) if number is None else number
    return verdicts.overview(here.store, reader.seen(here.config), asked, frame.reach())


def _sums() -> Iterator[dict[str, Any]]:
    """One row a session or day and connection, page after page."""
    here, number, pages = parts(), 1, 1
    while number <= pages:
        found = _overview(here, number)
        number, pages = number + 1, found["pages"]
        for row in found["rows"]:
            for cell in row["cells"]:
                sums = {
                    "total_here": cell["here_text"],
                    "total_there": cell["there_text"],
                    "compared_at": cell["when_text"],
                }
                yield {**row, **cell, "connection": cell["leg"] or cell["title"], **sums}


def _items(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One row a figure that differs; a document without figures has one row all the same."""
    for leg in found["legs"]:
        for item in leg["items"]:
            figures = item["figures"] or [
                {"name": "", "here_text": item["here_text"], "there_text": item["there_text"]}
            ]
            for figure in figures:
                both = {"figure": figure["name"], "here": figure["here_text"], "there": figure["there_text"]}
                yield {**item, "connection": leg["title"], **both}
