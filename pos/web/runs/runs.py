"""Runs: the list of them, and one started by hand.

GET  /runs/   whoever may look   runs/runs.html
"""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from pos.web import auth
from pos.web.runs import frame

bp = Blueprint("runs", __name__)


@bp.get("/runs/")
@auth.needs(*frame.LOOKING, within=True)
def page() -> ResponseReturnValue:
    return frame.show("runs", "runs")
