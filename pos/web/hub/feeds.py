"""What a hub tells its tills: changes since a cursor, the oldest first, and small pictures.

GET /api/hub/v1/feeds/<feed>?since=&limit=   a till   {rows, next, more}; since: the `next` of before, "" = all. feed:
                                                      taxes items prices stock customers modes people rights notices
                                                      vouchers
GET /api/hub/v1/thumbs/<name>                a till   a picture `image` of an item names

A cursor the hub does not know begins anew. People come with their PIN hashes, notices only where they are about the
till that asks.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from pos.store import hub_feeds
from pos.web import auth
from pos.web.catalog import small_picture
from pos.web.describe import describe
from pos.web.hub import gate, shapes
from pos.web.parts import parts
from pos.web.shapes import TEXT, WHOLE

bp = Blueprint("hub_feeds", __name__)


@bp.get("/api/hub/v1/feeds/<feed>")
@describe(query={"since": TEXT, "limit": WHOLE}, answer=shapes.FEED, refuses=(404, 409))
@auth.by_till(gate.is_till)
def page(feed: str) -> ResponseReturnValue:
    asked = request.args.get("limit", "")
    limit = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else hub_feeds.LIMIT_MAX
    found = hub_feeds.page(parts().store, gate.till().till, feed, request.args.get("since", ""), limit)
    return jsonify({"ok": True, "rows": found.rows, "next": found.cursor, "more": found.more})


@bp.get("/api/hub/v1/thumbs/<name>")
@describe(kinds=("image/jpeg",), refuses=(304, 404, 409))
@auth.by_till(gate.is_till)
def thumb(name: str) -> Response:
    return small_picture(name)
