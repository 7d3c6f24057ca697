"""How the sign-in of a company to QuickBooks Online stands, as the screens of runs say it. Reads only, asks nobody.

What counts is the refresh token: whether it is there and until when it is good. The access token lives an hour and is
renewed by itself; how it stands is told, and makes nothing worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pos import clock
from pos.actions import qbo_standing, run_settings
from pos.actions.outbox_views import moment
from pos.actions.qbo_standing import Standing
from pos.config import Config
from pos.said import Said, nsaid, said
from pos.store import qbo_tokens, run_choices
from pos.store.db import Store
from pos.store.run_choices import Defaults

#: A token that ends within so long has ended: what is asked with it would come too late.
MARGIN = timedelta(seconds=60)
#: State -> level, words. From worst to well.
STATES: dict[str, tuple[str, Said]] = {
    "missing_tokens": ("critical", said("Not connected")),
    "missing_refresh_token": ("critical", said("Cannot be renewed")),
    "refresh_expired": ("critical", said("Expired")),
    "refresh_expiring": ("warning", said("Ends soon")),
    "connected": ("healthy", said("Connected")),
}
TONES = {"critical": "needs", "warning": "check", "healthy": "saved"}
_WHY = {
    "missing_tokens": said("Nobody signed in to QuickBooks for this company."),
    "missing_refresh_token": said("The sign-in cannot be renewed: its refresh token is missing."),
    "refresh_expired": said("The sign-in to QuickBooks has run out."),
}


@dataclass(frozen=True, slots=True)
class TokenHealth:
    """One company's sign-in. state: a key of STATES. level: critical, warning or healthy; also critical where the
    sign-in is of another company there (mismatch, in words). access: missing, expired or valid. why: what is wrong, ""
    = nothing. guidance: what to do about it."""

    company: str
    connection: str
    state: str
    level: str
    label: Said
    why: str
    mismatch: str
    guidance: str
    realm: str
    name: str
    access: str
    access_until: str
    ends_at: str
    ends_text: str
    days_left: int | None

    @property
    def tone(self) -> str:
        """Its colour and sign on a screen."""
        return TONES[self.level]


def of(
    store: Store, config: Config, company: str, now: datetime | None = None, runs: Defaults | None = None
) -> TokenHealth | None:
    """How a company's sign-in stands; None when its books need none. runs: the defaults, where they are known."""
    settings = run_settings.of(store, company)
    at, stands = now or clock.now(), qbo_standing.standing(store, config, company, now)
    if settings.books != qbo_standing.KIND and stands.row is None:
        return None
    return judged(store, config, stands, at, runs or run_choices.effective(store, config))


def judged(store: Store, config: Config, stands: Standing, now: datetime, runs: Defaults) -> TokenHealth:
    """The same of a standing that is known already."""
    row, state = stands.row, state_of(stands, now, runs.refresh_expiring_days)
    mismatch, held = stands.mismatch, _held(row)
    level = "critical" if mismatch else STATES[state][0]
    if held and level == "healthy":
        level = "warning"
    why = stands.why or held or _WHY.get(state, "")
    if state == "refresh_expiring":
        why = nsaid("The sign-in ends in {n} day.", "The sign-in ends in {n} days.", stands.days_left or 0)
    ends = clock.stamp(stands.ends) if stands.ends else ""
    return TokenHealth(
        stands.company,
        stands.connection,
        state,
        level,
        said("Another company") if mismatch or held else STATES[state][1],
        mismatch or why,
        mismatch,
        _guidance(level, runs),
        row.realm if row else "",
        (row.name or row.realm) if row else "",
        access_of(stands, now),
        row.access_until if row else "",
        ends,
        moment(store, config, ends) if ends else "",
        stands.days_left,
    )


def state_of(stands: Standing, now: datetime, expiring_days: int) -> str:
    """One of STATES. A sign-in that Intuit does not take any more, or that does not open here, has run out."""
    if stands.state in ("missing_tokens", "missing_refresh_token"):
        return stands.state
    if stands.state == "needs_reauth" or (stands.ends is not None and stands.ends - now <= MARGIN):
        return "refresh_expired"
    if stands.ends is not None and stands.ends - now <= timedelta(days=expiring_days):
        return "refresh_expiring"
    return "connected"


def access_of(stands: Standing, now: datetime) -> str:
    """How the access token stands: missing, expired or valid."""
    if stands.row is None or not stands.row.access_until or (stands.pair is not None and not stands.pair.access):
        return "missing"
    return "valid" if clock.parse(stands.row.access_until) - now > MARGIN else "expired"


def _held(row: qbo_tokens.Row | None) -> str:
    """That another company waits for a decision; until then everything goes to the one before."""
    if row is None or not row.held:
        return ""
    other = row.held.get("name") or row.held.get("realm", "")
    return said("Somebody signed in to another company there ({realm}); it waits for a decision.", realm=other)


def _guidance(level: str, runs: Defaults) -> str:
    if level == "healthy":
        return ""
    return runs.reauth_guidance or said("Open Integrations and connect QuickBooks again.")
