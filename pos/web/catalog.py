"""Items for the sell screen. The page never holds the catalogue: it asks here for each search and each scan.

GET /api/groups                  sell   {groups: [{name, count, index}]}
GET /api/items                   sell   q, group, offset, limit -> {items, shown, total, total_text, capped, offset}
GET /api/lookup-barcode          sell   code -> {item, line}; line is null for a template; 404 not_found
                                        {item: null, line: null, voucher: code} for a gift voucher known here
GET /api/items/<code>/matrix     sell   {item, rows, columns, cells}
GET /api/thumbs/<name>           sell   a small picture, made by the agent that brings the items in
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, jsonify, request, send_from_directory
from flask.typing import ResponseReturnValue

from pos.actions import catalog
from pos.errors import Invalid, NotFound
from pos.said import said
from pos.store.catalog import LIMIT, LIMIT_MAX
from pos.web import auth
from pos.web import shapes_selling as shapes
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import TEXT, WHOLE

bp = Blueprint("catalog", __name__)

#: What a thumbnail may be called; nothing that names another folder, nothing hidden.
_THUMB = re.compile(r"[A-Za-z0-9_-]{1,80}\.(?:jpg|png|webp)\Z", re.ASCII)
OFFSET_MAX = 1_000_000


@bp.get("/api/groups")
@describe(answer=shapes.GROUPS)
@auth.needs("sell")
def groups() -> ResponseReturnValue:
    return jsonify({"ok": True, "groups": catalog.groups(parts().store)})


@bp.get("/api/items")
@describe(query={"q": TEXT, "group": TEXT, "limit": WHOLE, "offset": WHOLE}, answer=shapes.ITEMS, refuses=(422,))
@auth.needs("sell")
def items() -> ResponseReturnValue:
    q, group = request.args.get("q", ""), request.args.get("group", "")
    found = catalog.search(
        parts().store,
        parts().config,
        q,
        group,
        _number("offset", 0, 0, OFFSET_MAX),
        _number("limit", LIMIT, 1, LIMIT_MAX),
    )
    return jsonify({"ok": True, **found})


@bp.get("/api/lookup-barcode")
@describe(query={"code": TEXT}, answer=shapes.SCAN, refuses=(404, 422))
@auth.needs("sell")
def lookup_barcode() -> ResponseReturnValue:
    return jsonify({"ok": True, **catalog.scanned(parts().store, parts().config, request.args.get("code", ""))})


@bp.get("/api/items/<path:code>/matrix")
@describe(answer=shapes.MATRIX)
@auth.needs("sell")
def matrix(code: str) -> ResponseReturnValue:
    return jsonify({"ok": True, **catalog.grid(parts().store, parts().config, code)})


@bp.get("/api/thumbs/<name>")
@describe(kinds=("image/jpeg",), refuses=(304,))
@auth.needs("sell")
def thumb(name: str) -> Response:
    return small_picture(name)


def small_picture(name: str) -> Response:
    """A picture below data/thumbs. NotFound."""
    if not _THUMB.match(name):
        raise NotFound("There is no such picture.")
    folder = parts().config.data / "thumbs"
    if not (folder / name).is_file():
        raise NotFound("There is no such picture.")
    answer = send_from_directory(folder, name)
    # A new picture gets a new name, so this one never changes.
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return answer


def _number(name: str, default: int, low: int, high: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):
        raise Invalid(
            said("{name} must be a whole number from {low} to {high}.", name=name, low=low, high=high), field=name
        )
    return int(text)
