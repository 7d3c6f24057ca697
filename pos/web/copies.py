"""Copies of other tills, kept here for them. Only where [backup] accept names a folder.

GET    /api/copies/<till>?below=&after=   copies   {files: [{path, bytes}], more}: what lies there, in order
POST   /api/copies/<till>                 copies   {files: [{path, body (base64)}]}: small files; none is written over
GET    /api/copies/<till>/<path>?offset=  copies   bytes from there on, a few megabytes; X-File-Bytes: all of them
PUT    /api/copies/<till>/<path>?offset=&size=&sha256=   copies   a piece of a large file; the last names the checksum
DELETE /api/copies/<till>/<path>          copies   a snapshot; never the newest of that till

A program's key reaches only the copies of the till it is named after: `token add T2 --role copier` is for T2.
"""

from __future__ import annotations

import base64
import binascii

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import copies
from pos.errors import Invalid, NotAllowed
from pos.rules import backup
from pos.said import said
from pos.web import auth
from pos.web import shapes_shop as shapes
from pos.web.body import json_object
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import TEXT, WHOLE, thing

bp = Blueprint("copies", __name__)


def _till(till: str) -> str:
    """Whether the one who asks may see this till's copies."""
    if not backup.is_till(till):
        raise Invalid(said("{till} is no till id.", till=till), field="till")
    who = auth.actor()
    if who.via == "token" and who.role == "copier" and not backup.same_line(who.name, till):
        raise NotAllowed(
            said("This key is for the copies of {name}. Make one with `token add {till} --role copier`.",
                 name=who.name, till=till),
            code="other_till",
        )  # fmt: skip
    return till


@bp.get("/api/copies/<till>")
@describe(query={"below": TEXT, "after": TEXT}, answer=shapes.COPIES, refuses=(422,))
@auth.needs("copies")
def listed(till: str) -> ResponseReturnValue:
    found, more = copies.listed(
        parts().config, _till(till), request.args.get("below", ""), request.args.get("after", "")
    )
    return jsonify({"ok": True, "files": [{"path": p, "bytes": size} for p, size in found], "more": more})


@bp.post("/api/copies/<till>")
@describe(body=shapes.COPY, answer=thing(more=True), refuses=(409,))
@auth.needs("copies")
def put_all(till: str) -> ResponseReturnValue:
    raw = json_object().get("files")
    try:
        files = [(str(one["path"]), base64.b64decode(one["body"], validate=True)) for one in raw or ()]
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise Invalid("files must be a list of {path, body}.", field="files") from None
    copies.put_all(parts().store, _till(till), files)
    return jsonify({"ok": True, "files": len(files)})


@bp.get("/api/copies/<till>/<path:path>")
@describe(query={"offset": WHOLE}, kinds=("application/octet-stream",), refuses=(422,))
@auth.needs("copies")
def read(till: str, path: str) -> ResponseReturnValue:
    body, size = copies.read(parts().config, _till(till), path, _number("offset"))
    return Response(body, mimetype="application/octet-stream", headers={"X-File-Bytes": str(size)})


@bp.put("/api/copies/<till>/<path:path>")
@describe(query={"offset": WHOLE, "size": WHOLE, "sha256": TEXT}, answer=shapes.DONE, refuses=(409,))
@auth.needs("copies")
def put_piece(till: str, path: str) -> ResponseReturnValue:
    piece = copies.Piece(_number("offset"), _number("size"), request.args.get("sha256", ""))
    copies.put_piece(parts().store, _till(till), path, piece, request.get_data(cache=False))
    return jsonify({"ok": True})


@bp.delete("/api/copies/<till>/<path:path>")
@describe(answer=shapes.DONE, refuses=(409,))
@auth.needs("copies")
def remove(till: str, path: str) -> ResponseReturnValue:
    copies.remove(parts().config, _till(till), path)
    return jsonify({"ok": True})


def _number(name: str) -> int:
    text = request.args.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Invalid(said("{name} must be a whole number.", name=name), field=name)
    return int(text)
