"""Recompute: a Z from the files, from the database, as it was printed, and what was counted, side by side.

GET  /console/z?number=&before=   z_read   console/zread.html: without a number, Zs, the newest first
GET  /console/z.csv?number=       z_read   one row a figure; without a number, one row a Z
GET  /api/console/zreads?before=  z_read   {rows: [{number, name, session, business_day, receipts, …}], before}
GET  /api/console/z?number=       z_read   {number, name, session, rows: [{of, name, printed, database, files, counted,
                                       equal, over}], trouble: [{path, words}], equal, words}

before: of the number of a Z, the ones older than it; answered, it is the mark of the next page, null on the last.
Everything is read afresh and nothing is changed. trouble: files that are missing or cannot be read. A hub that holds no
files answers under `files` what the documents themselves come to, and under trouble those that are not as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import recompute, reports
from pos.errors import Invalid, NotFound
from pos.said import said
from pos.store import companies
from pos.web import auth
from pos.web.console import frame, lists
from pos.web.console import shapes_lists as shapes
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import TEXT, WHOLE

bp = Blueprint("console_zreads", __name__)

#: Columns of the list as CSV.
LISTED = ("number", "name", "session", "business_day", "receipts", "total_text", "off", "off_text", "id")
TITLES = {
    "printed": said("As printed"),
    "database": said("From the database"),
    "files": said("From the files"),
    "counted": said("Counted"),
}
WITHOUT_FILES = TITLES | {"files": said("From the documents")}


@bp.get("/console/z")
@auth.needs("z_read", within=True)
def page() -> ResponseReturnValue:
    found = _found() if request.args.get("number") else None
    rows = [] if found else _page(_before())
    files = parts().store.keeps_files
    titles = TITLES if files else WITHOUT_FILES
    return frame.show(
        "zread", "reconciliation", found=found, zreads=rows, older=_older(rows), titles=titles, files=files
    )


@bp.get("/console/z.csv")
@auth.needs("z_read", within=True)
def export() -> ResponseReturnValue:
    if not request.args.get("number"):
        return lists.as_csv("zreads", LISTED, _every())
    found = _found()
    return lists.as_csv(found["name"], recompute.CSV, found["rows"])


@bp.get("/api/console/zreads")
@describe(query={"before": WHOLE}, answer=shapes.ZREADS, refuses=(422,))
@auth.needs("z_read", within=True)
def listed() -> ResponseReturnValue:
    rows = _page(_before())
    return jsonify({"ok": True, "rows": rows, "before": _older(rows)})


@bp.get("/api/console/z")
@describe(query={"number": TEXT}, answer=shapes.RECOMPUTED, refuses=(404, 422))
@auth.needs("z_read", within=True)
def api() -> ResponseReturnValue:
    return jsonify({"ok": True, **_found()})


def _page(before: int | None) -> list[dict[str, Any]]:
    here = parts()
    if here.config.server.role == "till":
        return reports.zreads(here.store, here.config, before)
    return reports.zreads_within(here.store, here.config, frame.reach(), before)


def _before() -> int | None:
    text = request.args.get("before", "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid(said("{name} is a whole number.", name="before"), field="before")
    return int(text) if text else None


def _older(rows: list[dict[str, Any]]) -> int | None:
    """The mark of the next page, None when there is none."""
    return int(rows[-1]["mark"]) if len(rows) == reports.ZREADS_PAGE else None


def _every() -> Iterator[dict[str, Any]]:
    before: int | None = None
    while True:
        rows = _page(before)
        yield from rows
        before = _older(rows)
        if before is None:
            return


def _found() -> dict[str, Any]:
    number = request.args.get("number", "").strip()
    if not number or len(number) > 40:
        raise Invalid(said("Say which Z: its number, as 12 or Z0012."), field="number")
    here = parts()
    if not frame.reach().has(companies.of_till(here.store, reports.z_read(here.store, number)["till"])):
        raise NotFound(said("There is no {name} on this till.", name=number), field="number")
    return recompute.recompute(here.store, here.config, number)
