"""Overview of runs: the last trading day that is over, each company with every reason, what runs did, what matched.

GET /                      whoever may look   runs/overview.html   ?company=&period= of the chart, else as they chose
GET /dashboard/            as above           the same page
GET /api/overview/panels   as above           what changes of that page, as HTML, for a page that is open
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from pos.actions import run_overview
from pos.web import auth
from pos.web.describe import PAGE, describe
from pos.web.parts import parts
from pos.web.runs import frame
from pos.web.shapes import TEXT, words

bp = Blueprint("runs_overview", __name__)

QUERY = {"company": TEXT, "period": words(*run_overview.PERIODS)}


@bp.get("/")
@bp.get("/dashboard/")
@auth.needs(*frame.LOOKING, within=True)
def page() -> ResponseReturnValue:
    return frame.show("overview", "overview", **_shown())


@bp.get("/api/overview/panels")
@describe(query=QUERY, kinds=(PAGE,), refuses=(404,))
@auth.needs(*frame.LOOKING, within=True)
def panels() -> ResponseReturnValue:
    return render_template("runs/_overview.html", runs_base=frame.base(), **_shown())


def _shown() -> dict[str, Any]:
    here, who, reach = parts(), auth.actor(), auth.reach_of()
    company, period = request.args.get("company"), request.args.get("period")
    wanted = run_overview.asked(here.store, who.code, reach, company and company[:40], period)
    return run_overview.overview(here.store, here.config, wanted, reach)
