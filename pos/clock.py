"""The only clock. Everything else is given the time or asks here."""

from __future__ import annotations

import os
import sys
import time as _time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pos.days import business_day as business_day


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _source()


def monotonic() -> float:
    """Seconds that never run backwards; for durations, never stored."""
    return _time.monotonic()


def steady() -> float | None:
    """Seconds that no setting of the clock moves and that go on while the machine sleeps; None where there are none."""
    if sys.platform == "linux":
        return _time.clock_gettime(_time.CLOCK_BOOTTIME)
    elif sys.platform == "win32":  # noqa: RET505 - the type checker looks at each system's part by itself
        return _time.monotonic()
    else:
        return None  # macOS stops its own while asleep


@contextmanager
def set_to(moment: datetime | Callable[[], datetime]) -> Iterator[None]:
    """For tests: now() answers this moment (or what the function says) inside the block."""
    global _source
    before = _source
    _source = moment if callable(moment) else (lambda: moment)
    try:
        yield
    finally:
        _source = before


def stamp(moment: datetime) -> str:
    """Text for a database column: fixed width, UTC, microseconds; sorts as it should."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """The aware moment behind `stamp()` or any ISO 8601 text that carries an offset. ValueError without one."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return moment


def uuid7() -> str:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random. Sorts roughly by time."""
    millis = int(now().timestamp() * 1000) & ((1 << 48) - 1)
    rand = int.from_bytes(os.urandom(10), "big")
    value = millis << 80 | 0x7 << 76 | (rand >> 68 & 0xFFF) << 64 | 0b10 << 62 | rand & ((1 << 62) - 1)
    h = f"{value:032x}"
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
