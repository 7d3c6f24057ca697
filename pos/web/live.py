"""Live: nudges to the screens over a WebSocket. Losing one costs nothing: a screen that reconnects is told it all.

GET /live (WebSocket)  at_till   {"type": "status", …as /api/status}, {"type": "catalog"},
                                 {"type": "notice", open, worst, mark}: look at the bell again
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import logging
import queue
import threading
from collections.abc import Callable, Collection
from typing import Any

from flask import Blueprint, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed

from pos import clock
from pos.errors import NotAllowed, UserError
from pos.web import auth, errors, reader
from pos.web.parts import parts

log = logging.getLogger(__name__)

#: Status messages at most this often; what happens in between is in the next one.
GAP_SECONDS = 0.25
#: With a screen open the status is looked at this often even when nobody nudged (agents may run elsewhere).
LOOK_SECONDS = 2.0
#: A screen this many messages behind is cut; it reconnects.
BEHIND_MAX = 64
#: How often an open screen must show again that it may listen.
ASK_AGAIN_SECONDS = 60.0

#: Types of messages that are sent only to screens that ask for them.
NAMED = frozenset({"run"})

#: flask-sock: screens that vanish are noticed, nothing large is taken in, no thread keeps the process alive.
OPTIONS = {
    "ping_interval": 25,
    "max_message_size": 65536,
    "thread_class": functools.partial(threading.Thread, daemon=True),
}

bp = Blueprint("live", __name__)
sock = Sock()


class _Screen:
    """One open WebSocket's queue."""

    def __init__(self, kinds: Collection[str] = ()) -> None:
        self.waiting: queue.Queue[dict[str, Any]] = queue.Queue(BEHIND_MAX)
        self.cut = False
        self._kinds = frozenset(kinds)

    def wants(self, message: dict[str, Any]) -> bool:
        """Whether this screen is told."""
        kind = message.get("type")
        return kind in self._kinds if self._kinds else kind not in NAMED


class Hub:
    """Tells every screen what changed. `nudge()` and `publish()` never block and never fail their caller.

    states: makers of messages that say how something is; called in the hub's own thread, only while a screen listens.
    One that says the same as before, or None, is not sent.
    """

    def __init__(
        self, *states: Callable[[], dict[str, Any] | None], release: Callable[[], None] = lambda: None
    ) -> None:
        self._states = states
        self._release = release
        self._screens: set[_Screen] = set()
        self._wake = threading.Event()
        self._end = threading.Event()
        self._last: dict[int, str] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True, name="hub")
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    @property
    def ended(self) -> bool:
        """Whether the server stops."""
        return self._end.is_set()

    def nudge(self) -> None:
        """Something that the status shows may have changed."""
        self._wake.set()

    def publish(self, message: dict[str, Any]) -> None:
        """Queue a message for every screen; one that is too far behind is cut. Each says it in its own language."""
        for screen in list(self._screens):
            if not screen.wants(message):
                continue
            try:
                screen.waiting.put_nowait(message)
            except queue.Full:
                screen.cut = True

    def serve(self, ws: Any, may_listen: Callable[[], bool], kinds: Collection[str] = ()) -> None:
        """Send to one screen until it goes away, falls behind or may no longer listen. In the socket's own thread.

        kinds: only messages of these types; () = all but those of NAMED, which are sent to who names them.
        """
        screen = _Screen(kinds)
        self._screens.add(screen)
        self._last = {}  # the new screen is told everything at once
        self._wake.set()
        ask_at = clock.monotonic() + ASK_AGAIN_SECONDS
        try:
            while ws.connected and not screen.cut and not self._end.is_set():
                if clock.monotonic() >= ask_at:
                    ask_at = clock.monotonic() + ASK_AGAIN_SECONDS
                    if not may_listen():
                        return
                ws.input_buffer.clear()  # a screen has nothing to say to us, and nobody else takes it away
                try:
                    ws.send(json.dumps(reader.said(screen.waiting.get(timeout=2))))
                except queue.Empty:
                    continue
        except (OSError, ConnectionClosed):
            return  # the screen went away; it comes back by itself
        finally:
            self._screens.discard(screen)

    def _run(self) -> None:
        while not self._end.is_set():
            self._wake.wait(LOOK_SECONDS if self._screens else None)
            self._wake.clear()
            if self._screens and not self._end.is_set():
                errors.shielded("telling the screens", self._tell)
                self._end.wait(GAP_SECONDS)
        self._release()

    def _tell(self) -> None:
        for n, state in enumerate(self._states):
            message = state()
            if message is None:
                continue
            text = json.dumps(message)
            if text != self._last.get(n):
                self._last[n] = text
                self.publish(message)


def brought_in(mark: Callable[[], str], kind: str = "catalog") -> Callable[[], dict[str, Any] | None]:
    """Goods that a process of its own brought in, or another kind of news: what to tell the screens, None while the
    mark is what it was."""
    seen = mark()

    def state() -> dict[str, Any] | None:
        nonlocal seen
        before, seen = seen, mark()
        return None if seen == before else {"type": kind, "mark": seen}

    return state


@sock.route("/live", bp=bp)  # type: ignore[untyped-decorator]
@auth.at_till
def live(ws: Any) -> None:
    here = parts()
    try:
        here.hub.serve(ws, _may_listen)
    finally:
        here.store.release()


def _may_listen() -> bool:
    try:
        auth.admit(auth.Rule("till", touches=False))
    except UserError:
        return False
    finally:
        parts().store.release()
    return True


def check_handshake() -> None:
    """Refuse what simple-websocket would only fail on, and pages of other sites. In front of a WebSocket route."""
    if "werkzeug.socket" not in request.environ:
        raise UserError("Too many screens are open on this till. Close some.", code="too_many_screens")
    key = request.headers.get("Sec-WebSocket-Key", "")
    try:
        whole = len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        whole = False
    if not whole or request.headers.get("Sec-WebSocket-Version") != "13":
        raise UserError("This is not a WebSocket handshake (RFC 6455).", code="handshake")
    # Browsers let any page open a WebSocket to any host; the cookies go along.
    origin = request.headers.get("Origin", "")
    if origin and origin.partition("://")[2] != request.host:
        raise NotAllowed("A page of another site may not listen here.", code="origin")
