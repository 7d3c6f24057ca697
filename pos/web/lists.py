"""Lists brought in from a spreadsheet, in pieces.

POST /api/import/<kind>   settings, for vouchers voucher_issue as well
                          {rows: [{column: text}], company?, date?}
                          -> {added, changed, unchanged, refused: [[index, reason]]}
"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import bring_in, old_vouchers
from pos.errors import Invalid, NotFound
from pos.said import said
from pos.store import companies
from pos.web import auth
from pos.web import shapes_shop as shapes
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("lists", __name__)


@bp.post("/api/import/<kind>")
@describe(body=shapes.IMPORT, answer=shapes.IMPORTED)
@auth.needs("settings")
def import_rows(kind: str) -> ResponseReturnValue:
    take_in = bring_in.KINDS.get(kind)
    if take_in is None and kind != "vouchers":
        raise NotFound(said("There is no list of {kind}.", kind=kind), field="kind")
    body = json_object()
    rows = body.get("rows")
    if not isinstance(rows, list) or not all(_is_row(row) for row in rows):
        raise Invalid("rows must be a list of objects that hold text.", field="rows")
    here = parts()
    if take_in is None:
        found = old_vouchers.take_in(here, rows, auth.demand("voucher_issue"), here.ask_issuer)
    else:
        company = companies.one(here.store, text(body, "company", 40).strip() or companies.MAIN).id
        found = take_in(here.store, rows, auth.actor().code, bring_in.Choices(company, text(body, "date", 10).strip()))
    if found.counts.added or found.counts.changed:
        parts().ring("catalog")
    counts = {"added": found.counts.added, "changed": found.counts.changed, "unchanged": found.counts.unchanged}
    return jsonify({"ok": True, **counts, "refused": [list(pair) for pair in found.refused]})


def _is_row(row: object) -> bool:
    return isinstance(row, dict) and all(isinstance(value, str) for value in row.values())
