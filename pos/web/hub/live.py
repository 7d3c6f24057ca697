"""Nudges for tills over a WebSocket: what they may pull anew. Losing one costs nothing: they come round by themselves.

GET /api/hub/v1/live (WebSocket)   a till   {"type": "feed", "name": feed}: something of it changed
"""

from __future__ import annotations

import json
import threading
from typing import Any

from flask import Blueprint, current_app
from simple_websocket import ConnectionClosed

from pos import clock
from pos.errors import UserError
from pos.store import hub_changes
from pos.store.db import Store
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
_SEEN = "tillkeep_hub_seen"


@sock.route("/api/hub/v1/live", bp=bp)  # type: ignore[untyped-decorator]
@auth.by_till(gate.is_till)
def live(ws: Any) -> None:
    here = parts()
    seen: _Seen = current_app.extensions.setdefault(_SEEN, _Seen())
    try:
        _serve(ws, here, seen)
    except (OSError, ConnectionClosed, UserError):
        return  # it went away, or may listen no more
    finally:
        here.store.release()


class _Seen:
    """The newest change of each feed, looked up by one thread for all tills that listen to this process: a connection
    of the database for each of them would leave none for what they sell."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._at = -1e9
        self._top = -1
        self._newest: dict[str, int] = {}

    def newest(self, store: Store) -> dict[str, int]:
        """At most a look old. The thread that asks holds no connection after it."""
        with self._alone:
            if clock.monotonic() - self._at >= LOOK_SECONDS / 2:
                try:
                    top = hub_changes.top(store)
                    if top != self._top:
                        self._newest = hub_changes.newest(store)
                        self._top = top
                finally:
                    store.release()
                self._at = clock.monotonic()
            return self._newest


def _serve(ws: Any, here: Parts, seen: _Seen) -> None:
    told = dict(seen.newest(here.store))
    here.store.release()
    said_at: dict[str, float] = {}
    ask_at = clock.monotonic() + ASK_AGAIN_SECONDS
    while ws.connected and not here.hub.ended:
        ws.receive(timeout=LOOK_SECONDS)  # a till has nothing to say to us here
        now = clock.monotonic()
        if now >= ask_at:
            gate.is_till()
            here.store.release()
            ask_at = now + ASK_AGAIN_SECONDS
        for feed, change in seen.newest(here.store).items():
            if told.get(feed) == change or now - said_at.get(feed, -1e9) < SLOW.get(feed, 0.0):
                continue
            told[feed], said_at[feed] = change, now
            ws.send(json.dumps({"type": "feed", "name": feed}))
