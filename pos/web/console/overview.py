"""Overview: how today stands, the worst first, with every reason. Looked at again every few seconds.

GET /console               operate, replay, z_read, people, rights, settings   console/overview.html
GET /console/overview.csv  as above                                            one row a till
GET /api/console/overview  as above                                            {today, tills, reasons, runs, chart,
                                                                               hours, ages}: what is drawn
"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import overview
from pos.web import auth
from pos.web.console import frame, lists, shapes
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("console_overview", __name__)

CSV = ("id", "name", "company", "tone", "reasons", "taken", "open_count", "session")


@bp.get("/console")
@auth.needs(*frame.RIGHTS, within=True)
def page() -> ResponseReturnValue:
    here = parts()
    return frame.show("overview", "overview", **overview.overview(here.store, here.config, here.journal, frame.reach()))


@bp.get("/console/overview.csv")
@auth.needs(*frame.RIGHTS, within=True)
def export() -> ResponseReturnValue:
    here = parts()
    found = overview.overview(here.store, here.config, here.journal, frame.reach())["tills"]
    rows = ({**till, "reasons": " | ".join(till["reasons"])} for till in found)
    return lists.as_csv("overview", CSV, rows)


@bp.get("/api/console/overview")
@describe(answer=shapes.OVERVIEW)
@auth.needs(*frame.RIGHTS, within=True)
def api() -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, **overview.overview(here.store, here.config, here.journal, frame.reach())})
