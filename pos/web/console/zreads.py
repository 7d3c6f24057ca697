"""Recompute: a Z from the files, from the database, as it was printed, and what was counted, side by side.

GET  /console/z?number=       z_read   console/zread.html: without a number, the newest Zs
GET  /console/z.csv?number=   z_read   one row a figure
GET  /api/console/z?number=   z_read   {number, name, session, rows: [{of, name, printed, database, files, counted,
                                       equal, over}], trouble: [{path, words}], equal, words}

Everything is read afresh and nothing is changed. trouble: files that are missing or cannot be read.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import recompute, reports
from pos.errors import Invalid
from pos.said import said
from pos.web import auth
from pos.web.console import frame, lists
from pos.web.console import shapes_lists as shapes
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import TEXT

bp = Blueprint("console_zreads", __name__)

TITLES = {
    "printed": said("As printed"),
    "database": said("From the database"),
    "files": said("From the files"),
    "counted": said("Counted"),
}


@bp.get("/console/z")
@auth.needs("z_read")
def page() -> ResponseReturnValue:
    here = parts()
    found = _found() if request.args.get("number") else None
    rows = [] if found else reports.zreads(here.store, here.config)
    return frame.show("zread", "reconciliation", found=found, zreads=rows, titles=TITLES)


@bp.get("/console/z.csv")
@auth.needs("z_read")
def export() -> ResponseReturnValue:
    found = _found()
    return lists.as_csv(found["name"], recompute.CSV, found["rows"])


@bp.get("/api/console/z")
@describe(query={"number": TEXT}, answer=shapes.RECOMPUTED, refuses=(404, 422))
@auth.needs("z_read")
def api() -> ResponseReturnValue:
    return jsonify({"ok": True, **_found()})


def _found() -> dict[str, Any]:
    number = request.args.get("number", "").strip()
    if not number or len(number) > 40:
        raise Invalid(said("Say which Z: its number, as 12 or Z0012."), field="number")
    return recompute.recompute(parts().store, parts().config, number)
