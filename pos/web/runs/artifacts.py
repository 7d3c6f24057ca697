"""What a run came to for one company and business day: sold, sent and booked next to each other.

GET /artifacts/<n>/?page=                       whoever may look   runs/artifact.html
GET /artifacts/<n>.csv                          whoever may look   every figure of it
GET /artifacts.csv?company=&first=&last=        whoever may look   all of a company ("" = all) and of these days

first, last: business days, "" = without end.
"""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from pos.actions import run_sides, run_views
from pos.errors import NotFound
from pos.said import said
from pos.web import auth
from pos.web.console import lists
from pos.web.parts import parts
from pos.web.runs import frame

bp = Blueprint("runs_artifacts", __name__)


@bp.get("/artifacts/<int:n>/")
@auth.needs(*frame.LOOKING, within=True)
def page(n: int) -> ResponseReturnValue:
    return frame.show("artifact", "runs", **run_sides.detail(_eyes(), n, request.args.get("page", 1, type=int)))


@bp.get("/artifacts/<int:n>.csv")
@auth.needs(*frame.LOOKING, within=True)
def export(n: int) -> ResponseReturnValue:
    return lists.as_csv(f"run-figures-{n}", run_sides.COLUMNS, run_sides.rows_of(_eyes(), n))


@bp.get("/artifacts.csv")
@auth.needs(*frame.LOOKING, within=True)
def export_all() -> ResponseReturnValue:
    eyes, company = _eyes(), request.args.get("company", "")[:40]
    if company and company not in eyes.companies:
        raise NotFound(said("There is no company {name} here.", name=company[:30]), field="company")
    days = [frame.day(request.args.get(name, ""), name) for name in ("first", "last")]
    first, last = (day.isoformat() if day else "" for day in days)
    return lists.as_csv("runs", run_sides.ALL_COLUMNS, run_sides.every(eyes, company, first, last))


def _eyes() -> run_views.Reader:
    here = parts()
    return run_views.reader(here.store, here.config, auth.reach_of())
