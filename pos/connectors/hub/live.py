"""Listening to the hub: a WebSocket on which it says which feed changed. The till pulls; nothing is taken from here."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from simple_websocket import Client, ConnectionClosed, ConnectionError

from pos.connectors.hub.client import ROOT
from pos.connectors.hub.feeds import Feeds
from pos.errors import Unavailable

MESSAGE_BYTES_MAX = 65536
_LOOK_SECONDS = 1.0
_DAEMON = functools.partial(threading.Thread, daemon=True)


def listen(line: Feeds, url: str, heard: Callable[[str], None], stop: threading.Event) -> None:
    """Call `heard` with "" once the line stands, then with each feed that changed, until told to stop. Unavailable when
    the line breaks; other connector errors as any question to the hub."""
    address = urlsplit(url)
    scheme = "wss" if address.scheme == "https" else "ws"
    headers = line.shown()
    try:
        ws = Client.connect(
            f"{scheme}://{address.netloc}{address.path.rstrip('/')}{ROOT}/live",
            headers=headers, ping_interval=25, max_message_size=MESSAGE_BYTES_MAX, thread_class=_DAEMON,
        )  # fmt: skip
        try:
            heard("")
            while not stop.is_set():
                said = ws.receive(timeout=_LOOK_SECONDS)
                if said is not None:
                    heard(_feed(said))
        finally:
            ws.close()
    except (OSError, ConnectionClosed, ConnectionError) as error:
        raise Unavailable("The hub's nudges are not heard now.", code="not_live") from error


def _feed(said: str | bytes) -> str:
    try:
        told = json.loads(said)
        return str(told["name"]) if told["type"] == "feed" else "?"
    except (ValueError, KeyError, TypeError):
        return "?"
