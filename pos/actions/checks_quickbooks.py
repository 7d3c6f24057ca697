"""The doctor's look at QuickBooks Online: its keys, its addresses, and how each company's sign-in stands."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pos.actions import qbo_standing
from pos.actions.checks_data import current_store
from pos.actions.finding import Finding, Look, fail, not_set_up, ok, warn
from pos.errors import BadSettings
from pos.store import companies, qbo_tokens, secrets

NAME = "quickbooks"


def quickbooks(look: Look) -> Iterator[Finding]:
    """Nothing is asked of Intuit: a look must not cost a refresh token."""
    if not qbo_standing.configured(look.config):
        yield not_set_up(NAME, "QuickBooks Online is not set up.")
        return
    yield from _keys(look)
    store = current_store(look)
    if store is None:
        return
    for company in companies.every(store, active=True):
        now = qbo_standing.standing(store, look.config, company.id, look.now)
        facts: dict[str, object] = {"connection": now.connection, "state": now.state, "days_left": now.days_left}
        name = (now.row.name or now.row.realm) if now.row else ""
        if now.state == "missing_tokens":
            yield warn(NAME, f"{company.name} is not connected to QuickBooks.", "Connect it at Integrations.", **facts)
        elif not now.sends:
            words = f"{company.name} must be connected to QuickBooks again ({now.state})"
            yield fail(NAME, f"{words}{f': {now.why}' if now.why else '.'}", "Connect it at Integrations.", **facts)
        elif now.state == "refresh_expiring":
            words = f"The sign-in of {company.name} to {name} ends in {now.days_left} days."
            yield warn(NAME, words, "Connect it again at Integrations.", **facts)
        else:
            yield ok(
                NAME, f"{company.name} is connected to {name} ({now.row.environment if now.row else ''}).", **facts
            )


def _keys(look: Look) -> Iterator[Finding]:
    try:
        count = secrets.check(look.config)
    except BadSettings as error:
        yield fail(NAME, error.message, "Put back the key that was there; without it somebody must connect again.")
        return
    path = look.config.tokens_key_file
    if os.name != "nt" and path.exists() and path.stat().st_mode & 0o077:
        yield fail(NAME, f"{path} can be read by others on this machine.", f"chmod 600 {path}")
    if look.config.server.role == "hub" and not look.config.security.secret_key:
        store = current_store(look)
        if store is not None and qbo_tokens.rows(store) and count:
            words = "The key of the sign-ins lies on this machine alone; a hub on several needs it on each."
            yield ok(NAME, f"{words} With one machine all is well.")
