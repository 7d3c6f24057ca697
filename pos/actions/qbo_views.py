"""What people and programs are told of the sign-in to QuickBooks Online. Reads only; no token is ever in it."""

from __future__ import annotations

from typing import Any

from pos import clock
from pos.actions import qbo_standing
from pos.actions.outbox_views import moment
from pos.actions.qbo_standing import Standing
from pos.config import Config
from pos.said import nsaid, said
from pos.store import companies, connections
from pos.store.db import Store

STATES = {
    "connected": ("saved", said("Connected")),
    "refresh_expiring": ("check", said("Sign-in ends soon")),
    "needs_reauth": ("needs", said("Must be connected again")),
    "refresh_expired": ("needs", said("Sign-in has run out")),
    "missing_refresh_token": ("needs", said("Must be connected again")),
    "missing_tokens": ("offline", said("Not connected")),
}
ENVIRONMENTS = {"sandbox": said("Sandbox (for trying things)"), "production": said("Production (the real books)")}

#: What a page says of a sign-in that did not come to an end, by the code in its address.
PROBLEMS = {
    "state": said("This sign-in is used, too old, or was begun by another browser. Begin anew."),
    "access_denied": said("Nobody agreed at Intuit; nothing was changed."),
    "not_allowed": said("Whoever began this sign-in may not connect QuickBooks any more."),
    "no_company": said("Intuit sent no company along. Begin anew."),
    "environment": said("The environment was changed meanwhile. Begin anew."),
    "realm_taken": said("This company of QuickBooks is connected already, for another company here."),
    "invalid_grant": said("Intuit does not take the answer any more: it is used or too old. Begin anew."),
    "invalid_client": said("Intuit does not accept QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET."),
    "other": said("Intuit could not be asked. Nothing was changed; try again."),
}


def card(store: Store, config: Config, company: str) -> dict[str, Any]:
    """All that the card of one company shows; times in words are the shop's own."""
    now = qbo_standing.standing(store, config, company)
    settings = qbo_standing.settings_of(store, config, now.company)
    row, (tone, words) = now.row, STATES[now.state]
    back = qbo_standing.redirect_url(config, settings)
    return {
        "connection": now.connection,
        "company": now.company,
        "company_name": companies.one(store, now.company).name,
        "configured": qbo_standing.configured(config),
        "connected": now.sends,
        "state": now.state,
        "tone": tone,
        "state_text": words,
        "why": now.why,
        "environment": row.environment if row and row.has_tokens else settings.environment,
        "environment_text": ENVIRONMENTS[row.environment if row and row.has_tokens else settings.environment],
        "realm": row.realm if row else "",
        "name": row.name if row else "",
        "country": row.country if row else "",
        "connected_at": row.connected_at if row and row.has_tokens else "",
        "connected_text": moment(store, config, row.connected_at) if row and row.has_tokens else "",
        "connected_by": row.connected_by if row and row.has_tokens else "",
        "expires_at": row.access_until if row else "",
        "refreshed_text": moment(store, config, row.refreshed_at) if row and row.has_tokens else "",
        "ends_at": clock.stamp(now.ends) if now.ends else "",
        "ends_text": moment(store, config, clock.stamp(now.ends)) if now.ends else "",
        "hard_until": row.hard_until if row else "",
        "hard_text": moment(store, config, row.hard_until) if row and row.hard_until else "",
        "days_left": now.days_left,
        "days_text": "" if now.days_left is None else nsaid("{n} day left", "{n} days left", now.days_left),
        "error": row.error if row else "",
        "error_text": moment(store, config, row.error_at) if row and row.error_at else "",
        "paused": _paused(store, now),
        "held": _held(store, config, now),
        "redirect_url": back,
        "comes_back": qbo_standing.comes_back(config, settings),
        "grain": settings.grain,
    }


def status(store: Store, config: Config, company: str) -> dict[str, Any]:
    """The documented answer: connected, companyId, connectedAt, expiresAt; and what else a page shows."""
    shown = card(store, config, company)
    known: dict[str, Any] = {
        "companyId": shown["realm"],
        "connectedAt": shown["connected_at"],
        "expiresAt": shown["expires_at"],
    }
    return {
        "connected": shown["connected"],
        **{name: value for name, value in known.items() if value and shown["connected_at"]},
        "configured": shown["configured"],
        "state": shown["state"],
        "environment": shown["environment"],
        "companyName": shown["name"],
        "daysLeft": shown["days_left"],
        "endsAt": shown["ends_at"],
        "hardEndsAt": shown["hard_until"],
        "error": shown["why"] or shown["error"],
        "held": bool(shown["held"]),
    }


def _paused(store: Store, now: Standing) -> str:
    found = [line for line in connections.lines(store) if line.id == now.connection]
    return (found[0].paused_reason or found[0].last_error) if found else ""


def _held(store: Store, config: Config, now: Standing) -> dict[str, str]:
    held = now.row.held if now.row else {}
    if not held:
        return {}
    return {"realm": held["realm"], "environment": held["environment"], "at_text": moment(store, config, held["at"])}
