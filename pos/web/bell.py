"""The bell: what people should know, read by person.

GET  /api/notices?offset=&limit=   anybody   {unread, worst, open, notices: [Notice], total, offset}
POST /api/notices/<key>/read       anybody   {change?} -> {unread, worst, open}
POST /api/notices/read             anybody   {} -> {read, unread, worst, open}   everything that is open
GET  /notices?page=                anybody   notices.html

Notice: {key, level, level_text, text, remedy, subject, first_at, first_text, last_at, last_text, count, open,
resolved_at, resolved_text, change, read, read_text}.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import overview
from pos.channels.base import LEVELS
from pos.config import Config
from pos.errors import Invalid
from pos.rules import wording
from pos.said import said
from pos.store import bell
from pos.store.db import Store
from pos.web import auth
from pos.web import shapes_shop as shapes
from pos.web.body import json_object
from pos.web.describe import describe
from pos.web.frame import may_open
from pos.web.parts import parts
from pos.web.shapes import WHOLE

bp = Blueprint("bell", __name__)

PAGE_ROWS = 50
ROWS_MAX = 200


@bp.get("/api/notices")
@describe(query={"offset": WHOLE, "limit": WHOLE}, answer=shapes.NOTICES, refuses=(422,))
@auth.anybody
def listed() -> ResponseReturnValue:
    offset, limit = _whole("offset", 0, 1_000_000), _whole("limit", PAGE_ROWS, ROWS_MAX)
    here = parts()
    found, total, _ = bell.listed(here.store, auth.actor().code, offset, limit, clock.now())
    rows = [_view(row, here.config) for row in found]
    return jsonify({"ok": True, **_ring(), "notices": rows, "total": total, "offset": offset})


@bp.post("/api/notices/<path:key>/read")
@describe(body=shapes.READ_ONE, answer=shapes.BELL)
@auth.anybody
def read(key: str) -> ResponseReturnValue:
    change = json_object().get("change")
    if change is not None and (type(change) is not int or change < 0):
        raise Invalid("change is the whole number that came with the notice.", field="change")
    bell.read(parts().store, key, auth.actor().code, change, clock.now())
    return jsonify({"ok": True, **_read_here()})


@bp.post("/api/notices/read")
@describe(answer=shapes.READ_ALL)
@auth.anybody
def read_all() -> ResponseReturnValue:
    count = bell.read_all(parts().store, auth.actor().code, clock.now())
    return jsonify({"ok": True, "read": count, **_read_here()})


@bp.get("/notices")
@auth.anybody
def page() -> ResponseReturnValue:
    here, number = parts(), max(_whole("page", 1, 20_000), 1)
    offset = (number - 1) * PAGE_ROWS
    found, total, still_open = bell.listed(here.store, auth.actor().code, offset, PAGE_ROWS, clock.now())
    return render_template(
        "notices.html",
        shop_name=here.config.shop.name,
        till_name=here.config.till.name,
        rows=[{**_view(row, here.config), "way": _way(row.key)} for row in found],
        open=still_open,
        unread=bell.ring(here.store, auth.actor().code).unread,
        page=number,
        pages=max(-(-total // PAGE_ROWS), 1),
    )


def _way(key: str) -> str:
    """Where somebody at a till acts on a notice: the console has a door of its own."""
    found = overview.way(key)
    return found if found.startswith("/inventory") and may_open(found.partition("?")[0]) else ""


def message(store: Store) -> dict[str, Any]:
    """What the screens are told live: the same for everybody; each asks for the unread of its own person."""
    state = bell.state(store)
    return {"type": "notice", "open": state.open, "worst": state.worst, "mark": state.mark}


def _ring() -> dict[str, Any]:
    here = parts()
    mine = bell.ring(here.store, auth.actor().code)
    return {"unread": mine.unread, "worst": mine.worst, "open": bell.state(here.store).open}


def _read_here() -> dict[str, Any]:
    """The person's other screens look again."""
    parts().hub.publish({**message(parts().store), "read": True})
    return _ring()


def _view(row: bell.Listed, config: Config) -> dict[str, Any]:
    return {
        "key": row.key,
        "level": row.level,
        "level_text": LEVELS.get(row.level, row.level),
        "text": row.text,
        "remedy": row.remedy,
        "subject": row.subject,
        "first_at": row.first_at,
        "first_text": _moment(row.first_at, config),
        "last_at": row.last_at,
        "last_text": _moment(row.last_at, config),
        "count": row.count,
        "open": not row.resolved_at,
        "resolved_at": row.resolved_at or None,
        "resolved_text": _moment(row.resolved_at, config),
        "change": row.change,
        "read": bool(row.read_at),
        "read_text": _moment(row.read_at, config),
    }


def _moment(stamp: str, config: Config) -> str:
    if not stamp:
        return ""
    return wording.moment(clock.parse(stamp).astimezone(ZoneInfo(config.shop.timezone)), config.shop.locale)


def _whole(name: str, default: int, most: int) -> int:
    given = request.args.get(name, "")
    if not given:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Invalid(said("{name} is a whole number.", name=name), field=name)
    return min(int(given), most)
