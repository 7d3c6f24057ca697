"""The day report: figures of any stretch of business days, as a page and as a file for a spreadsheet.

GET /report?from=&to=       z_read   report.html: what day_report.report answers
GET /report.csv?from=&to=   z_read   the same figures
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from pos.actions import day_report
from pos.web import auth
from pos.web import shapes_shop as shapes
from pos.web.describe import PAGE, describe
from pos.web.parts import parts

bp = Blueprint("report", __name__)


@bp.get("/report")
@describe(query=shapes.DAY_ASKED, kinds=(PAGE,), refuses=(422,))
@auth.needs("z_read")
def page() -> str:
    here = parts()
    first, last = request.args.get("from", ""), request.args.get("to", "")
    return render_template("office/report.html", **day_report.report(here.store, here.config, first, last))


@bp.get("/report.csv")
@describe(query=shapes.DAY_ASKED, kinds=("text/csv",), refuses=(422,))
@auth.needs("z_read")
def table() -> Response:
    here = parts()
    first, last = request.args.get("from", ""), request.args.get("to", "")
    answer = Response("\ufeff" + day_report.as_csv(here.store, here.config, first, last), mimetype="text/csv")
    name = f"takings-{first}" + (f"-to-{last}" if last and last != first else "") + ".csv"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
