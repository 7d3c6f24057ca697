"""How the sign-in to QuickBooks Online stands, and which settings hold for a company. Speaks to nobody."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pos import clock
from pos.config import Config
from pos.connectors.qbo import discovery
from pos.errors import Corrupt
from pos.rules import oauth
from pos.said import said
from pos.sections import Quickbooks
from pos.store import companies, notices, qbo_tokens
from pos.store.db import Store
from pos.store.qbo_tokens import Pair, Row

KIND = "quickbooks"
#: Where a company keeps which company there it was set up for.
RUNS = "runs"
TITLE = "QuickBooks Online"
CALLBACK = "/api/integrations/quickbooks/callback"
#: What a company of a hub may have otherwise than the settings; never a secret.
OWN = ("environment", "grain", "settle_minutes", "settle_seconds", "pull_minutes")

#: Why only a person can help, by the code that is kept.
REASONS = {
    "invalid_grant": said("Intuit does not accept the sign-in any more."),
    "answer_lost": said("An answer of Intuit was lost, and with it the key that counts from then on."),
    "no_key": said("The key that opens the sign-in kept here is gone."),
    "not_meant": said("The sign-in kept here was meant for another company."),
}


def connection_of(store: Store, company: str) -> str:
    """The id of a company's connection. NotFound for a company that is not here."""
    return companies.connection_id(KIND, companies.one(store, company or companies.MAIN).id)


def configured(config: Config) -> bool:
    """Whether the app's keys are set."""
    return bool(config.quickbooks.client_id and config.quickbooks.client_secret)


def settings_of(store: Store, config: Config, company: str) -> Quickbooks:
    """The settings as they hold for a company: those of config.ini, some of them its own."""
    return _settings(config, companies.kept(store, company, KIND).values)


def _settings(config: Config, own: Mapping[str, Any]) -> Quickbooks:
    ours = config.quickbooks
    changed = {name: own[name] for name in OWN if type(own.get(name)) is type(getattr(ours, name))}
    if changed.get("environment", "sandbox") not in discovery.API:
        del changed["environment"]
    return dataclasses.replace(ours, **changed) if changed else ours


# -- how it stands -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """How the sign-in of one connection stands. state: of `rules.oauth.STATES`. why: words where a person is needed.
    pair: its tokens, for whoever uses them; never shown. mismatch: that it is of another company there, in words."""

    connection: str
    company: str
    state: str
    why: str
    row: Row | None
    ends: datetime | None
    days_left: int | None
    pair: Pair | None = field(default=None, repr=False, compare=False)
    mismatch: str = ""

    @property
    def sends(self) -> bool:
        """Whether documents may go out."""
        return self.state in oauth.SENDING


def standing(store: Store, config: Config, company: str, now: datetime | None = None) -> Standing:
    """How a company's sign-in stands; speaks to nobody."""
    moment, connection = now or clock.now(), connection_of(store, company)
    company = companies.one(store, company or companies.MAIN).id
    row = qbo_tokens.row(store, connection)
    own = {part: companies.kept(store, company, part).values for part in (KIND, RUNS)} if row else {}
    return judged(store, config, (connection, company), row, own, moment)


def judged(
    store: Store, config: Config, of: tuple[str, str], row: Row | None, own: Mapping[str, Any], moment: datetime,
    opened: tuple[Pair | None, str] | None = None,
) -> Standing:  # fmt: skip
    """The same of what was read already. of: connection and company; own: what the company keeps, by part; opened: its
    tokens as of `qbo_tokens.all_tokens`."""
    connection, company = of
    if row is None or not row.has_tokens:
        return Standing(connection, company, "missing_tokens", "", row, None, None)
    pair, broken = opened or _opened(store, row)
    mismatch = _other_realm(own.get(RUNS) or {}, row)
    why = _why(row, _settings(config, own.get(KIND) or {}), broken) or mismatch
    kept = oauth.Kept(
        access=pair is None or bool(pair.access),
        refresh=pair is None or bool(pair.refresh),
        refresh_until=clock.parse(row.refresh_until) if row.refresh_until else None,
        hard_until=clock.parse(row.hard_until) if row.hard_until else None,
        needs_person=bool(why),
    )
    end = oauth.ends(kept)
    left = oauth.days_left(end, moment)
    return Standing(connection, company, oauth.state(kept, moment), why, row, end, left, pair, mismatch)


def _opened(store: Store, row: Row) -> tuple[Pair | None, str]:
    try:
        return qbo_tokens.tokens(store, row), ""
    except Corrupt as error:
        return None, error.code


def _why(row: Row, settings: Quickbooks, broken: str) -> str:
    """Why only a person can help; "" = nobody is needed."""
    if broken or row.reauth:
        return REASONS.get(broken or row.reauth, REASONS["invalid_grant"])
    if row.environment != settings.environment:
        return said(
            "It is connected to the {there} environment, and the settings are for {here}.",
            there=row.environment,
            here=settings.environment,
        )
    return ""


def other_realm(store: Store, company: str, row: Row | None) -> str:
    """That it is signed in to another company there than the one it was set up for; "" = it is that, or any will do."""
    return _other_realm(companies.kept(store, company, RUNS).values, row)


def _other_realm(own: Mapping[str, Any], row: Row | None) -> str:
    wanted = str(own.get("realm") or "")
    if row is None or not wanted or row.realm in ("", wanted):
        return ""
    return said(
        "It is signed in to company {here} at QuickBooks, and set up for {wanted}: nothing is sent.",
        here=row.realm, wanted=wanted,
    )  # fmt: skip


# -- addresses ---------------------------------------------------------------------------------------------------------


def redirect_url(config: Config, settings: Quickbooks) -> str:
    """Where Intuit sends the browser; "" = none can be, and one must be set."""
    if settings.redirect_url:
        return settings.redirect_url
    return f"http://localhost:{config.server.port}{CALLBACK}" if settings.environment == "sandbox" else ""


def comes_back(config: Config, settings: Quickbooks) -> bool:
    """Whether that is an address of this program, so that nobody has to carry the answer over by hand."""
    return urlsplit(redirect_url(config, settings)).path == CALLBACK


# -- what people are told ----------------------------------------------------------------------------------------------


def settle(store: Store, connection: str) -> None:
    notices.settle(store, key("reauth", connection))
    notices.settle(store, key("company", connection))
    notices.settle_all_but(store, f"{key('ends', connection)}:", set())


def key(what: str, connection: str) -> str:
    return f"quickbooks.{what}:{connection}"
