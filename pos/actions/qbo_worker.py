"""What works for QuickBooks Online by itself: that its sign-in stays alive, and people are told before it ends."""

from __future__ import annotations

import logging
from typing import Any

from pos import clock
from pos.actions import qbo_alive, qbo_items, qbo_sync
from pos.actions.qbo_standing import configured
from pos.agent import Run
from pos.config import Config
from pos.store import qbo_tokens, rounds
from pos.store.db import Store

log = logging.getLogger(__name__)

NAME = "quickbooks"
#: Who keeps the sign-in alive, and who works on jobs.
NAMES = (NAME, qbo_sync.NAME)
POLL_SECONDS = 30
#: A sign-in lasts for months; it is looked at this often.
LOOK_SECONDS = 3600.0


def look(job: Run) -> str:
    """One round. "" = there was nothing to do."""
    made = qbo_items.follow(job.store, job.config)
    if made:
        job.ring("line")
    last = job.memory.get("looked_at")
    if last is not None and clock.monotonic() - last < LOOK_SECONDS and job.cause != "person":
        return f"Items created in QuickBooks: {made}." if made else ""
    job.memory["looked_at"] = clock.monotonic()
    states = [
        qbo_alive.look_after(job.store, job.config, row.connection, row.company) for row in qbo_tokens.rows(job.store)
    ]
    bad = [state for state in states if state not in ("connected", "missing_tokens")]
    if bad:
        job.ring("status")
        return f"Sign-ins that need somebody: {len(bad)} of {len(states)}."
    return f"Sign-ins looked at: {len(states)}."


def status(store: Store, config: Config) -> dict[str, Any]:
    """Whether it runs here, how often it comes round, and whether it is at work this moment."""
    found = [state for (agent, _), state in rounds.states(store, clock.now()).items() if agent in NAMES]
    paused = any(state.paused for state in found)
    return {
        "running": configured(config) and not paused,
        "pollIntervalMs": POLL_SECONDS * 1000,
        "isProcessing": any(state.running for state in found),
    }


def announce(config: Config) -> None:
    """Say in the log whether it runs, once at the start."""
    if configured(config):
        log.info("QuickBooks sync worker started (%s)", config.quickbooks.environment)
    else:
        log.info("QuickBooks not configured, sync worker disabled")
