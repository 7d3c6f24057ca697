"""The status bar: saved here, in the books, waiting, needs a person. And the answer for machines that watch.

GET /api/status   at_till   {saved, booked, waiting, needs, needs_list, offline_since, offline_text, connection_title,
                             can_save, reason, copies: null | {state: ok|near|new|late|failing, copied_at, places}}
GET /health       open      200 when a sale can be saved, else 503; no names, no secrets
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos import __version__, clock
from pos.actions import backup
from pos.rules import wording
from pos.said import said
from pos.store import connections, notices, tally
from pos.store.db import Store
from pos.store.journal import Journal
from pos.web import auth
from pos.web import shapes_shop as shapes
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("status", __name__)

NEEDS_LISTED_MAX = 20


@bp.get("/api/status")
@describe(answer=shapes.STATUS)
@auth.at_till
def status() -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, **status_view(here.store, here.journal)})


@bp.get("/health")
@describe(answer=shapes.HEALTH, also={503: shapes.HEALTH})
@auth.open_to_all
def health() -> ResponseReturnValue:
    here = parts()
    state = here.journal.health()
    view = {
        "ok": state.can_save,
        "version": __version__,
        "till": here.config.till.id,
        "can_save": state.can_save,
        "reason": state.reason,
        "free_bytes": state.free_bytes,
        "wal_bytes": state.wal_bytes,
        "unsynced": state.unsynced,
        "waiting": tally.counts(here.store).waiting,
    }
    return jsonify(view), 200 if state.can_save else 503


def status_view(store: Store, journal: Journal) -> dict[str, Any]:
    """What the status bar says. Also pushed over /live, by the hub."""
    counts = tally.counts(store)
    state = journal.health()
    open_notices = notices.open_notices(store, level="needs", limit=NEEDS_LISTED_MAX)
    return {
        "saved": counts.saved,
        "booked": counts.booked,
        "waiting": counts.waiting,
        "needs": counts.needs,
        "needs_list": [{"text": notice.text, "remedy": notice.remedy} for notice in open_notices],
        "can_save": state.can_save,
        "reason": state.reason,
        "copies": _copies_view(store),
        **_line_view(store),
    }


def _copies_view(store: Store) -> dict[str, Any] | None:
    """When the newest copy elsewhere was made; None where no place for copies is named."""
    found = backup.standing(store, store.config)
    if found.state == "off":
        return None
    places = [{"place": one.place, "state": one.state, "text": one.words, "behind": one.behind} for one in found.places]
    return {"state": found.state, "copied_at": found.copied_at, "places": places}


def _line_view(store: Store) -> dict[str, Any]:
    """The line to the books: which one, and since when it is silent. No connection at all is not "offline"."""
    lines = connections.lines(store)
    away = min((line for line in lines if line.offline_since), key=lambda line: line.offline_since, default=None)
    view: dict[str, Any] = {
        "connection_title": lines[0].title if lines else None,
        "offline_since": None,
        "offline_text": "",
    }
    if away is not None:
        shop = store.config.shop
        since = clock.parse(away.offline_since).astimezone(ZoneInfo(shop.timezone))
        view["offline_since"] = since.isoformat(timespec="seconds")
        at = wording.clock_time(since, shop.locale)
        view["offline_text"] = said("No line to {title} since {time}; selling goes on.", title=away.title, time=at)
    return view
