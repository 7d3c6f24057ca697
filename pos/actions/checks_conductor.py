"""The doctor's look at QuickBooks Desktop through Conductor: set up or not, both ways on, how it answered last."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import datetime, timedelta

from pos import clock
from pos.actions.checks_data import current_store
from pos.actions.finding import Finding, Look, fail, not_set_up, ok, warn
from pos.errors import PosError
from pos.store import companies, conductor_companies, conductor_sessions, connections, desktop_way
from pos.store.conductor_companies import Company
from pos.store.db import Store

NAME = "conductor"
#: A session that waits for longer than this is worth a look: a night and a morning.
WAITS = timedelta(hours=14)


def conductor(look: Look) -> Iterator[Finding]:
    """Nobody is called; `conductor test` asks."""
    own, store = look.config.conductor, current_store(look)
    rows = conductor_companies.every(store) if store is not None else []
    if not own.secret_key:
        if any(row.enabled for row in rows):
            yield fail(NAME, "There are company files at Conductor, and no secret key.", "Set CONDUCTOR_SECRET_KEY.")
        else:
            yield not_set_up(NAME, "QuickBooks Desktop through Conductor is not set up.")
        return
    if importlib.util.find_spec("conductor") is None:
        yield fail(NAME, "Conductor's client is not installed.", "pip install -r requirements-conductor.txt")
    if not own.url.startswith("https://") and not connections.on_this_machine(own.url):
        yield fail(NAME, "The secret key would go unencrypted.", "An https address in [conductor] url.")
    if own.end_user_id and store is not None and not any(row.company == companies.MAIN for row in rows):
        words = "The settings are not in force: the server has not started with them, or said no."
        yield fail(NAME, words, "An end user like end_usr_... in CONDUCTOR_END_USER_ID; start the server anew.")
    elif not rows:
        yield warn(NAME, "No company has a company file at Conductor.", "Set CONDUCTOR_END_USER_ID.")
    for row in rows:
        if store is not None:
            yield _one(look, store, row)


def _one(look: Look, store: Store, row: Company) -> Finding:
    facts: dict[str, object] = {
        "connection": row.connection, "enabled": row.enabled, "tested_at": row.tested_at,
        "last_good_at": row.last_good_at,
    }  # fmt: skip
    if not row.enabled:
        return ok(NAME, f"QuickBooks Desktop of {row.company} through Conductor is switched off.", **facts)
    try:
        desktop_way.refuse_beside(store, row.company)
        connections.refuse_demo(store, look.config.conductor.url)
    except PosError as error:
        return fail(NAME, f"{row.company}: {error.message}", "`conductor companies off`, or that.", **facts)
    if not conductor_companies.end_user_of(look.config, row):
        return fail(NAME, f"{row.company} has no end user of Conductor.", "`conductor companies user`", **facts)
    waits = _waits(store, row, look.now)
    if waits:
        words = f"{row.company}: a session waits for QuickBooks since {waits}."
        return warn(NAME, words, "Is QuickBooks open on its machine? `conductor test` asks it.", **facts)
    if row.last_error and row.last_error_at >= max(row.last_good_at, row.tested_at):
        return warn(NAME, f"{row.company}: {row.last_error}", f"`conductor test {row.company}` asks again.", **facts)
    if not row.tested_at and not row.last_good_at:
        return warn(NAME, f"{row.company} was never tested.", f"`conductor test {row.company}`", **facts)
    good = f"last good session {row.last_good_at}" if row.last_good_at else "no session without a failure yet"
    return ok(NAME, f"QuickBooks Desktop of {row.company} through Conductor: {good}.", **facts)


def _waits(store: Store, row: Company, now: datetime) -> str:
    """Since when a session cannot reach them, where that is long."""
    running = conductor_sessions.running(store, row.connection)
    since = running.waits_from if running is not None else ""
    return since if since and now - clock.parse(since) > WAITS else ""
