"""The doctor's look at the hub: from a till, whether it is there and knows this till; on a hub, how its tills are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pos.actions import hub_views
from pos.actions.checks_data import current_store
from pos.actions.finding import Finding, Look, fail, ok, warn
from pos.connectors.hub.client import Hub
from pos.errors import ConnectorError, SignInNeeded
from pos.rules import hub
from pos.store import connections
from pos.store.db import Store

#: Somebody waits for the answer.
READ_SECONDS = 5


def hub_of(look: Look) -> Iterator[Finding]:
    """Nothing for a till that is alone. Only reads, here and there."""
    store = current_store(look)
    if look.config.hub.url:
        yield _above(look, store)
    if look.config.server.role != "till" and store is not None:
        yield from _below(look, store)


def _above(look: Look, store: Store | None) -> Finding:
    config = replace(look.config, hub=replace(look.config.hub, timeout_seconds=READ_SECONDS))
    try:
        told = Hub(config, connections.facts(store, hub.KIND) if store is not None else {}).known()
    except SignInNeeded as error:
        return fail("hub", error.message, error.remedy or "docs/hub.md says how a till joins.", code=error.code)
    except ConnectorError as error:
        remedy = "Look at this machine's network and at [hub] url. Selling goes on; documents wait."
        return fail("hub", error.message, remedy)
    missing = [f"{first} to {last}" if first != last else str(first) for first, last in told.get("missing") or ()]
    facts = {"hub": told.get("hub"), "head": told.get("head"), "missing": missing}
    words = f"{told.get('title')} answers and knows this till as {told.get('name')}; it has documents up to number"
    if missing:
        remedy = "They go up by themselves; `pos_server.py outbox list` names one that needs a person."
        return warn("hub", f"{words} {told.get('head')}, but not {', '.join(missing)}.", remedy, **facts)
    return ok("hub", f"{words} {told.get('head')}.", **facts)


def _below(look: Look, store: Store) -> Iterator[Finding]:
    rows = hub_views.listed(store, look.config)
    bad = False
    for row in rows:
        facts = {key: row[key] for key in ("till", "state", "last_contact", "clock_off_seconds", "waiting", "missing")}
        name = f"{row['name']} ({row['till'] or 'not joined yet'})"
        if row["tone"] in ("needs", "check"):
            bad = True
            found = fail if row["tone"] == "needs" else warn
            remedy = "See Tills at the console, and docs/hub.md."
            yield found(
                "tills", f"{name}: {row['state_text']}{': ' if row['why'] else ''}{row['why']}.", remedy, **facts
            )
    if not bad:
        waiting = sum(row["waiting"] for row in rows)
        yield ok(
            "tills", f"Tills that send their documents here: {len(rows)}; on their way: {waiting}.", tills=len(rows)
        )
