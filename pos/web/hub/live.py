"""Nudges for tills over a WebSocket: what they may pull anew. Losing one costs nothing: they come round by themselves.

GET /api/hub/v1/live (WebSocket)   a till   {"type": "feed", "name": feed}: something of it changed
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint
from simple_websocket import ConnectionClosed

from pos import clock
from pos.errors import UserError
from pos.store import hub_changes
from pos.web import auth
from pos.web.hub import gate
from pos.web.live import sock
from pos.web.parts import Parts, parts

bp = Blueprint("hub_live", __name__)

LOOK_SECONDS = 1.0
#: How often a till must show again that it may listen.
ASK_AGAIN_SECONDS = 30.0
#: Each sale of each till moves these; tills need not hear of each at once.
SLOW = {"stock": 30.0}


@sock.route("/api/hub/v1/live", bp=bp)  # type: ignore[untyped-decorator]
@auth.by_till(gate.is_till)
def live(ws: Any) -> None:
    here = parts()
    try:
        _serve(ws, here)
    except (OSError, ConnectionClosed, UserError):
        return  # it went away, or may listen no more
    finally:
        here.store.release()


def _serve(ws: Any, here: Parts) -> None:
    top, told = hub_changes.top(here.store), hub_changes.newest(here.store)
    said_at: dict[str, float] = {}
    ask_at, again = clock.monotonic() + ASK_AGAIN_SECONDS, False
    while ws.connected and not here.hub.ended:
        ws.receive(timeout=LOOK_SECONDS)  # a till has nothing to say to us here
        now = clock.monotonic()
        if now >= ask_at:
            gate.is_till()
            ask_at = now + ASK_AGAIN_SECONDS
        before, top = top, hub_changes.top(here.store)
        if top == before and not again:
            continue
        again = False
        for feed, change in hub_changes.newest(here.store).items():
            if told.get(feed) == change:
                continue
            if now - said_at.get(feed, -1e9) < SLOW.get(feed, 0.0):
                again = True
                continue
            told[feed], said_at[feed] = change, now
            ws.send(json.dumps({"type": "feed", "name": feed}))
