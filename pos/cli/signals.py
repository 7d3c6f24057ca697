"""Ctrl-C, SIGTERM and Ctrl-Break as one quiet request to stop."""

from __future__ import annotations

import contextlib
import logging
import signal
from collections.abc import Callable, Iterator
from types import FrameType

log = logging.getLogger(__name__)

#: SIGBREAK is Ctrl-Break on Windows, which has no SIGTERM worth the name.
NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[], object]) -> Iterator[None]:
    """While inside, these signals call `stop`, in the main thread, and nothing else. Only there may this be used."""

    def handle(number: int, _frame: FrameType | None) -> None:
        log.info("stopping (%s)", signal.Signals(number).name)
        stop()

    before = {getattr(signal, n): signal.signal(getattr(signal, n), handle) for n in NAMES if hasattr(signal, n)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
