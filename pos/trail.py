"""The trail: what the running thread is busy with, for every log line it writes and every request it sends.

`correlation` is the id of the basket a sale begins with. The saved document has the same id, so one search finds the
request that sold it, the print, the round that sent it and the lines of the other system that took it in
(X-Correlation-Id). Set by whoever learns it; it ends with the block, the request or the round.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Correlation-Id"
#: What may stand in the trail, in the order a log line shows it.
WORDS = ("correlation", "document", "agent", "connection", "run")
_NOTHING: Mapping[str, str] = {}
_trail: ContextVar[Mapping[str, str]] = ContextVar("trail", default=_NOTHING)
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")


def begin(correlation: str = "") -> None:
    """A new act on this thread: nothing of the one before is left."""
    _trail.set({"correlation": correlation} if correlation else _NOTHING)


def follow(**words: str) -> None:
    """What became known of the running act."""
    _trail.set({**_trail.get(), **words})


@contextmanager
def following(**words: str) -> Iterator[None]:
    """The same for the block alone."""
    before = _trail.set({**_trail.get(), **words})
    try:
        yield
    finally:
        _trail.reset(before)


def words() -> Mapping[str, str]:
    """What the thread is busy with."""
    return _trail.get()


def is_id(text: str) -> bool:
    """Whether a text from outside may stand in the log and in a header as it is."""
    return bool(_ID.match(text))


def headers() -> dict[str, str]:
    """What goes with a request to another system; nothing where there is no act."""
    found = _trail.get().get("correlation", "")
    return {HEADER: found} if is_id(found) else {}
