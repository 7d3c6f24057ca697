"""Anchors: what is known here of the chains of other tills, whose copies this one keeps. Only ever added to.

GET /api/console/anchors              operate   {tills: [{kept_for, till, series, sequence, hash, anchor, at, broken}]}
GET /console/anchors/<till>.jsonl     operate   the whole list of one till, for `pos_server.py verify --anchor` there

series: till, imported or recovered (chains of documents), or audit. broken: what did not follow what was known, in
words. The page is the lower half of console/tills.html.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import copies
from pos.errors import Invalid
from pos.rules import backup
from pos.said import said
from pos.web import auth
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import WHOLE, many, ok, texts, thing

bp = Blueprint("console_anchors", __name__)

KNOWN = thing({**texts("kept_for", "till", "series", "hash", "anchor", "at", "broken"), "sequence": WHOLE})


@bp.get("/api/console/anchors")
@describe(answer=ok({"tills": many(KNOWN)}))
@auth.needs("operate")
def known() -> ResponseReturnValue:
    return jsonify({"ok": True, "tills": copies.known(parts().config)})


@bp.get("/console/anchors/<till>.jsonl")
@describe(kinds=("application/x-ndjson",), refuses=(404, 422))
@auth.needs("operate")
def whole(till: str) -> ResponseReturnValue:
    if not backup.is_till(till):
        raise Invalid(said("{till} is no till id.", till=till), field="till")
    body = copies.anchor_list(parts().config, till)
    name = f"{till}-anchors.jsonl"
    return Response(
        body, mimetype="application/x-ndjson", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
