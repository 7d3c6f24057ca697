"""The doctor's look at QuickBooks Desktop: set up or not, when a Web Connector last called, and what waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pos import clock
from pos.actions.checks_data import current_store
from pos.actions.finding import Finding, Look, fail, not_set_up, ok, warn
from pos.rules import qwc
from pos.store import companies, qbd_companies, qbd_queue
from pos.store.db import Store
from pos.store.qbd_companies import Desktop

NAME = "quickbooks_desktop"
#: So many rounds of the Web Connector may be missed (a night, a weekend) before what waits is worth a look.
ROUNDS_MISSED = 8
HOURS_LEAST = 4


def desktop(look: Look) -> Iterator[Finding]:
    """Nobody is called; `qbwc preflight` tries the way itself."""
    own, store = look.config.qbwc, current_store(look)
    rows = qbd_companies.every(store) if store is not None else []
    if not own.username and not rows:
        yield not_set_up(NAME, "QuickBooks Desktop is not set up.")
        return
    wrong = qwc.why_not(own.app_url) if own.app_url else ""
    if not own.app_url:
        yield warn(NAME, "There is no address for the Web Connector.", "Set QBWC_APP_URL, then `qbwc preflight`.")
    elif wrong:
        yield fail(NAME, f"No Web Connector would take [qbwc] app_url: {wrong}", "Then `qbwc preflight`.")
    if own.username and not any(row.company == companies.MAIN for row in rows):
        words = "User and password of the settings are not in force: the server has not started with them, or said no."
        yield fail(NAME, words, "A password of 8 characters or more in QBWC_PASSWORD; start the server anew.")
    for row in rows:
        if store is not None:
            yield _one(store, row, look.now, own.run_every_minutes)


def _one(store: Store, row: Desktop, now: datetime, minutes: int) -> Finding:
    ready, held = qbd_queue.left(store, row.connection, now)
    facts: dict[str, object] = {
        "connection": row.connection, "ready": ready, "held": held, "last_contact_at": row.last_contact_at,
        "bound": bool(row.bound_at), "version": row.version,
    }  # fmt: skip
    if not row.enabled:
        words = f"The Web Connector of {row.company} is switched off; {ready + held} messages wait."
        return warn(NAME, words, f"`qbwc companies on {row.company}`", **facts)
    if row.last_error and row.last_error_at >= row.last_contact_at:
        return warn(NAME, f"{row.company}: {row.last_error}", "See the queue at Inventory.", **facts)
    if not row.last_contact_at:
        return warn(
            NAME, f"No Web Connector of {row.company} has called yet.", "`qbwc qwc`, then add it there.", **facts
        )
    silent = now - clock.parse(row.last_contact_at)
    if ready and silent > max(timedelta(hours=HOURS_LEAST), timedelta(minutes=minutes * ROUNDS_MISSED)):
        words = f"{ready} messages wait for the Web Connector of {row.company}, last heard of {row.last_contact_at}."
        return warn(NAME, words, "Is its Windows machine on, somebody signed in, and the Web Connector open?", **facts)
    return ok(NAME, f"The Web Connector of {row.company} called {row.last_contact_at}; {ready} messages wait.", **facts)
