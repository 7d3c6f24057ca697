"""Asking the hub while a customer waits: bounded, outside any transaction, and honest about a hub that is away."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from pos import clock
from pos.config import Config
from pos.connectors.hub.feeds import Feeds
from pos.errors import ConnectorError, Rejected
from pos.rules import hub
from pos.store import connections
from pos.store.db import Store

log = logging.getLogger(__name__)

#: How long a customer waits for the hub's word.
LIVE_SECONDS = 2.0
_ASKING = ThreadPoolExecutor(max_workers=4, thread_name_prefix="hub")

Answer = TypeVar("Answer")


class Away(Exception):
    """The hub was not heard in time; it may have done what it was asked all the same. The words say why."""


def live(store: Store, config: Config, ask: Callable[[Feeds], Answer]) -> Answer:
    """What the hub says now, within LIVE_SECONDS. Away when it does not; Rejected when it says no."""
    line = connections.line(store, hub.KIND)
    if line.offline_since or line.paused_reason:
        raise Away(line.paused_reason or line.last_error)
    facts = connections.facts(store, hub.KIND)
    quick = replace(config, hub=replace(config.hub, timeout_seconds=max(1, int(LIVE_SECONDS))))
    until = clock.monotonic() + LIVE_SECONDS
    asking = _ASKING.submit(lambda: ask(Feeds(quick, facts)))
    try:
        return asking.result(max(0.0, until - clock.monotonic()))
    except Rejected:
        raise
    except TimeoutError as error:
        raise Away("The hub did not answer in time.") from error
    except ConnectorError as error:
        log.warning("the hub was asked and did not answer: %s", error.message)
        raise Away(error.message) from error
