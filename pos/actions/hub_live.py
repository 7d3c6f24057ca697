"""A till hears from its hub that something changed, and wakes the agents that pull it. They come round without it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from pos.config import Config
from pos.connectors.hub import live
from pos.connectors.hub.feeds import Feeds
from pos.errors import ConnectorError
from pos.rules import hub
from pos.store import connections
from pos.store.db import Store

log = logging.getLogger(__name__)

#: Seconds before the line is tried again, longer each time.
AGAIN_SECONDS = (1, 2, 5, 10, 30)
#: Feed -> the bell of the agent that pulls it; "" = all of them: the line stands again.
BELLS = {"": f"line:{hub.KIND}", "held": "held", "vouchers": "voucher", "holds": "", "?": ""}


class Listener:
    """A thread of its own that listens while the till runs. ring must neither fail nor wait."""

    def __init__(self, store: Store, config: Config, ring: Callable[[str], None]) -> None:
        self._store, self._config, self._ring = store, config, ring
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._tries = 0

    def start(self) -> None:
        """Begin, where this till has a hub."""
        if self._config.hub.url:
            self._thread = threading.Thread(target=self._run, name="hub-live", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                facts = connections.facts(self._store, hub.KIND)
                self._store.release()
                live.listen(Feeds(self._config, facts), self._config.hub.url, self._heard, self._stop)
            except ConnectorError as error:
                log.debug("no nudges from the hub: %s", error.message)
            self._stop.wait(AGAIN_SECONDS[min(self._tries, len(AGAIN_SECONDS) - 1)])
            self._tries += 1

    def _heard(self, feed: str) -> None:
        self._tries = 0
        bell = BELLS.get(feed, "feeds")
        if bell:
            self._ring(bell)
