"""The sign-in to QuickBooks Online by a person: begun, come back, decided about, taken back."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from pos.actions.qbo_alive import pair_of, strike
from pos.actions.qbo_standing import (
    KIND,
    TITLE,
    Standing,
    configured,
    connection_of,
    key,
    redirect_url,
    settings_of,
    settle,
    standing,
)
from pos.config import Config
from pos.connectors.qbo import discovery
from pos.connectors.qbo.client import Client
from pos.connectors.qbo.oauth import Issued, OAuth
from pos.errors import Conflict, ConnectorError, Corrupt, Invalid, NotFound, SignInNeeded
from pos.said import said
from pos.sections import Quickbooks
from pos.store import companies, connections, notices, qbo_tokens
from pos.store.db import Store
from pos.store.qbo_tokens import Begun, Pair, Row

log = logging.getLogger(__name__)

_REALM = re.compile(r"[0-9]{1,30}\Z")


def begin(store: Store, config: Config, company: str, who: tuple[str, str], browser: str) -> str:
    """The address where a person agrees. who: code and session key; browser: the cookie it is bound to. Conflict when
    something is not set; Unavailable when the discovery document cannot be read."""
    row = companies.one(store, company or companies.MAIN)
    settings = settings_of(store, config, row.id)
    if not configured(config):
        raise Conflict(
            "QuickBooks Online is off: set QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET, then start anew.",
            code="not_configured",
        )
    back = redirect_url(config, settings)
    if not back:
        raise Conflict(
            "Set [quickbooks] redirect_url to the address registered at Intuit, then start anew.", code="no_redirect"
        )
    connections.refuse_demo(store, discovery.api(settings, settings.environment))
    consent = OAuth(settings)
    state = qbo_tokens.begin(
        store, companies.connection_id(KIND, row.id), row.id, settings.environment, who, browser, back
    )
    return consent.authorize_url(state, back)


def prepare(store: Store, config: Config) -> None:
    """At the start: companies that signed in have their connection. Nothing where the app's keys are not set."""
    for row in qbo_tokens.rows(store) if configured(config) else ():
        if row.realm:
            _connection(store, config, row.connection, row.company)


def _connection(store: Store, config: Config, connection: str, company: str) -> None:
    settings = settings_of(store, config, company)
    wanted = connections.Wanted(connection, KIND, TITLE, discovery.api(settings, settings.environment))
    connections.of_company(store, wanted, company)


def parts_of(address: str) -> dict[str, str]:
    """What Intuit put into the address it sent the browser to, pasted by a person. Invalid when it is no such one."""
    found = {name: values[0] for name, values in parse_qs(urlsplit(address.strip()).query).items()}
    if "state" not in found or not ("code" in found or "error" in found):
        raise Invalid(
            "This is not the address Intuit sent your browser to. Copy all of it, with what stands after the ?.",
            field="address",
        )
    return found


def come_back(
    store: Store,
    config: Config,
    told: dict[str, str],
    *,
    browser: str = "",
    who: tuple[str, str] = ("", ""),
    allowed: Callable[[str], bool] = lambda _person: True,
) -> Standing:
    """Take what Intuit sent back and sign in. browser, who: of whoever brings it; allowed: whether the person who began
    it still may. Conflict or another error says why not; its code goes to the page."""
    begun = qbo_tokens.take(store, told.get("state", ""), browser=browser, who=who)
    if begun is None:
        raise Conflict("This sign-in is used, too old, or was begun by another browser. Begin anew.", code="state")
    if not allowed(begun.person):
        raise Conflict("Whoever began this sign-in may not connect QuickBooks any more.", code="not_allowed")
    if told.get("error"):
        raise Conflict("Nobody agreed at Intuit; nothing was changed.", code="access_denied")
    code, realm = told.get("code", ""), told.get("realmId", "")
    if not code or not _REALM.match(realm):
        raise Conflict("Intuit sent no company along. Begin anew.", code="no_company")
    settings = settings_of(store, config, begun.company)
    if settings.environment != begun.environment:
        raise Conflict("The environment was changed meanwhile. Begin anew.", code="environment")
    consent = OAuth(settings)
    try:
        issued = consent.exchange(code, begun.redirect_url)
    except SignInNeeded as error:
        raise Conflict(error.message, code=error.code) from error
    except ConnectorError as error:
        raise Conflict(said("{why} Nothing was changed; begin anew.", why=error.message), code=error.code) from error
    return _keep(store, config, settings, begun, realm, issued, consent)


def _keep(
    store: Store, config: Config, settings: Quickbooks, begun: Begun, realm: str, issued: Issued, consent: OAuth
) -> Standing:
    pair = pair_of(issued)
    strike(pair)
    try:
        taken = qbo_tokens.connected(store, begun, realm, pair, begun.person)
    except Conflict:
        _revoked(consent, pair)  # it is connected for another company here; ours must not hold a second key
        raise
    if not taken:
        notices.raise_notice(
            store,
            key("company", begun.connection),
            "needs",
            said("Somebody signed in to another company of QuickBooks than before."),
            said("Decide at Integrations whether it takes the place of the old one."),
            begun.connection,
        )
        return standing(store, config, begun.company)
    settle(store, begun.connection)
    _connection(store, config, begun.connection, begun.company)
    connections.resume(store, begun.connection)
    _learn_name(store, settings, begun.connection, realm, pair)
    return standing(store, config, begun.company)


def decide(store: Store, config: Config, company: str, take: bool, by: str) -> Standing:
    """A person's word on the other company: it takes the old one's place, or its sign-in is given back. Conflict when
    none waits."""
    connection = connection_of(store, company)
    row = qbo_tokens.row(store, connection)
    pair = qbo_tokens.held_tokens(store, row) if row is not None else None
    if row is None or pair is None:
        raise Conflict("No other company waits for a decision.", code="nothing_held")
    settings = settings_of(store, config, row.company)
    if take:
        if row.has_tokens:
            old = _tokens_or_none(store, row)
            if old is not None:
                _revoked(OAuth(settings), old)
        qbo_tokens.take_held(store, row, pair, by)
        settle(store, connection)
        connections.resume(store, connection)
        _learn_name(store, settings, connection, row.held["realm"], pair)
    else:
        qbo_tokens.drop_held(store, row, by)
        _revoked(OAuth(settings), pair)
        notices.settle(store, key("company", connection))
    return standing(store, config, company)


def disconnect(store: Store, config: Config, company: str, by: str) -> bool:
    """Take the sign-in back at Intuit and forget it here. False when Intuit could not be told; here it is gone anyway.
    NotFound when nothing is connected."""
    connection = connection_of(store, company)
    row = qbo_tokens.row(store, connection)
    if row is None or not (row.has_tokens or row.held):
        raise NotFound("QuickBooks is not connected.", code="not_connected")
    settings = settings_of(store, config, row.company)
    pairs = [one for one in (_tokens_or_none(store, row), _tokens_or_none(store, row, held=True)) if one is not None]
    qbo_tokens.disconnected(store, row, by, False)
    settle(store, connection)
    try:
        consent = OAuth(settings)
    except ConnectorError:
        return False
    return bool(pairs) and all([_revoked(consent, pair) for pair in pairs])


def _revoked(consent: OAuth, pair: Pair) -> bool:
    try:
        consent.revoke(pair.refresh or pair.access)
    except ConnectorError as error:
        log.warning("a sign-in to QuickBooks could not be taken back at Intuit: %s", error.message)
        return False
    return True


def _tokens_or_none(store: Store, row: Row, *, held: bool = False) -> Pair | None:
    try:
        return qbo_tokens.held_tokens(store, row) if held else qbo_tokens.tokens(store, row)
    except Corrupt:
        return None


def _learn_name(store: Store, settings: Quickbooks, connection: str, realm: str, pair: Pair) -> None:
    """What the company is called; without it the connection is as good."""
    api = discovery.api(settings, settings.environment)
    try:
        found = Client(api, realm, _Just(pair.access), read_seconds=10).company()
    except ConnectorError as error:
        log.warning("the name of the company in QuickBooks is not known yet: %s", error.message)
        return
    qbo_tokens.named(store, connection, str(found.get("CompanyName") or ""), str(found.get("Country") or ""))


@dataclass(frozen=True)
class _Just:
    """One token and no other."""

    token: str

    def access(self) -> str:
        return self.token

    def renew(self, used: str) -> str:  # noqa: ARG002
        raise SignInNeeded(said("QuickBooks does not accept the sign-in."))
