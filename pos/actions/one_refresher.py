"""A token that changes with each refresh is refreshed by one process at a time, whichever machine it runs on.

A refresh token that rotates is worth nothing once it was used: two that use the same one lock the company out. So it is
used only under the lease `token:<connection>`, after another look at what is kept, and what came of it is kept before
the lease is given back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from pos import clock
from pos.errors import Unavailable
from pos.said import said
from pos.store import leases
from pos.store.db import Store

Token = TypeVar("Token")

#: Longer than a refresh and the flush after it can take; a holder that died keeps the others waiting for so long.
LEASE_SECONDS = 60
#: How often those who wait look whether there is a fresh one.
LOOK_SECONDS = 0.2


def token(
    store: Store,
    connection: str,
    kept: Callable[[], Token | None],
    refresh: Callable[[], Token],
    *,
    wait_seconds: float = LEASE_SECONDS + 5.0,
) -> Token:
    """A token that is good now. kept: the one that is kept where it is still good, else None; asked again and again.
    refresh: gets a new one and keeps it; it must not take LEASE_SECONDS, so its requests need a time-out well below.

    Unavailable when another process refreshes for longer than `wait_seconds`. What `refresh` raises comes through, and
    the next one may try at once. Not inside a transaction."""
    name, holder, until = f"token:{connection}", clock.uuid7(), clock.monotonic() + wait_seconds
    while True:
        found = kept()
        if found is not None:
            return found
        fence = leases.take(store, name, holder, LEASE_SECONDS)
        if fence is not None:
            try:
                found = kept()  # it may have been refreshed between the look and the lease
                return refresh() if found is None else found
            finally:
                leases.give_back(store, name, holder, fence)
        if clock.monotonic() > until:
            raise Unavailable(
                said("Another process renews the sign-in to {connection} and does not come to an end.",
                     connection=connection),
                code="token_wait",
            )  # fmt: skip
        threading.Event().wait(LOOK_SECONDS)
