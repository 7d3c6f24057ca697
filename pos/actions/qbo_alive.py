"""A sign-in to QuickBooks Online kept alive, and a client that speaks by it.

A refresh token may be worth nothing once it was used, so it is used by one process at a time on whichever machine
(`one_refresher`), and what came of it is kept and flushed before anybody uses it.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from pos import clock
from pos import config as settings_module
from pos.actions import one_refresher
from pos.actions.qbo_standing import REASONS, Standing, key, settings_of, settle, standing
from pos.config import Config
from pos.connectors.qbo import discovery
from pos.connectors.qbo.client import Client, TokenSource
from pos.connectors.qbo.oauth import Issued, OAuth
from pos.errors import ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from pos.rules import oauth
from pos.said import said
from pos.store import connections, notices, qbo_tokens
from pos.store.db import Store
from pos.store.qbo_tokens import Pair, Row

log = logging.getLogger(__name__)

#: A second try with the old token only where it still fits under the lease, however slowly its answer trickles in.
SECOND_TRY_SECONDS = 12.0


class Tokens:
    """The TokenSource of one connection: what is kept, renewed when it is about to end. Safe for threads, processes and
    machines that share the store."""

    def __init__(self, store: Store, config: Config, connection: str) -> None:
        self._store, self._config, self._connection = store, config, connection

    def access(self) -> str:
        return self._good("")

    def renew(self, used: str) -> str:
        return self._good(used)

    def keep_alive(self) -> None:
        """Renew it now, whenever it ends: a refresh moves the end of the refresh token."""
        kept = self._usable()[1]
        self._good(kept.access)

    def _good(self, refused: str) -> str:
        def kept() -> str | None:
            pair = self._usable()[1]
            fits = oauth.is_good(pair.access_until, clock.now()) and pair.access not in ("", refused)
            return pair.access if fits else None

        token = one_refresher.token(self._store, self._connection, kept, self._refresh)
        _strike_one(token)
        return token

    def _usable(self) -> tuple[Row, Pair]:
        """What is kept, where it may be used. SignInNeeded says why not."""
        row = qbo_tokens.row(self._store, self._connection)
        if row is None or not row.has_tokens:
            raise SignInNeeded(
                said("QuickBooks is not connected."), code="missing_tokens", remedy=said("Connect it at Integrations.")
            )
        now = standing(self._store, self._config, row.company)
        if not now.sends:
            raise _needs_person(now)
        if now.row is None or now.pair is None:  # taken away between two looks
            raise _needs_person(now)
        return now.row, now.pair

    def _refresh(self) -> str:
        row, pair = self._usable()
        settings = settings_of(self._store, self._config, row.company)
        log.info("the access token of %s expires soon or was refused; renewing it", self._connection)
        try:
            issued = _twice(OAuth(settings), pair.refresh)
        except SignInNeeded as error:
            if error.code != "invalid_client":  # wrong keys of the app say nothing of the sign-in
                self._latch(row, error.code)
            raise
        except ConnectorError as error:
            qbo_tokens.trouble(self._store, self._connection, error.message)
            if isinstance(error, Unknown | Rejected):  # of the refresh, not of what somebody wants a token for
                raise Unavailable(error.message, code=error.code) from error
            raise
        fresh = pair_of(issued)
        strike(fresh)
        if qbo_tokens.refreshed(self._store, row, fresh):
            return fresh.access
        return self._usable()[1].access  # somebody signed in or out meanwhile: theirs counts

    def _latch(self, row: Row, code: str) -> None:
        if qbo_tokens.latch(self._store, row, code):
            reason = REASONS.get(code, REASONS["invalid_grant"])
            notices.raise_notice(
                self._store,
                key("reauth", row.connection),
                "needs",
                said("QuickBooks must be connected again: {why}", why=reason),
                said("Open Integrations and connect it again. Selling goes on; documents wait."),
                row.connection,
            )
            log.warning("%s needs somebody to sign in again (%s)", row.connection, code)


def _twice(consent: OAuth, token: str) -> Issued:
    """A refresh; where its answer is lost, once more with the old value, which may still count. When that is refused,
    the value that counts is lost for good (SignInNeeded, "answer_lost")."""
    began = clock.monotonic()
    try:
        return consent.refresh(token)
    except Unknown as error:
        if clock.monotonic() - began > SECOND_TRY_SECONDS:
            raise
        log.warning("the answer to a refresh was lost (%s); asking once more with the old token", error.message)
    try:
        return consent.refresh(token)
    except SignInNeeded as error:
        if error.code == "invalid_grant":
            raise SignInNeeded(REASONS["answer_lost"], code="answer_lost", remedy=error.remedy) from error
        raise
    except Rejected as error:
        raise Unavailable(error.message, code=error.code) from error


def _needs_person(now: Standing) -> SignInNeeded:
    words = {
        "refresh_expired": said("The sign-in to QuickBooks has run out."),
        "missing_refresh_token": said("The sign-in to QuickBooks cannot be renewed."),
        "missing_tokens": said("QuickBooks is not connected."),
    }
    sentence = now.why or words.get(now.state, words["missing_tokens"])
    return SignInNeeded(sentence, code=now.state, remedy=said("Connect it at Integrations."))


def client(store: Store, config: Config, connection: str, tokens: TokenSource | None = None) -> Client:
    """A client for the company a connection is bound to, at the address of that sign-in's own environment.
    SignInNeeded when nobody signed in or the settings are for another environment."""
    row = qbo_tokens.row(store, connection)
    if row is None or not row.realm:
        raise SignInNeeded(
            said("QuickBooks is not connected."), code="missing_tokens", remedy=said("Connect it at Integrations.")
        )
    settings = settings_of(store, config, row.company)
    api = discovery.api(settings, row.environment)
    connections.refuse_demo(store, api)
    source = tokens or Tokens(store, config, connection)
    return Client(api, row.realm, source, read_seconds=settings.timeout_seconds)


# -- what the agent does now and then ----------------------------------------------------------------------------------


def look_after(store: Store, config: Config, connection: str, company: str) -> str:
    """Tell people when a sign-in ends soon or ended; renew one that would otherwise. A state's word."""
    now = standing(store, config, company)
    if now.row is None or not now.row.has_tokens:
        settle(store, connection)
        return now.state
    if now.state == "refresh_expiring" and now.row.refresh_until:
        rolling = clock.parse(now.row.refresh_until)
        if now.ends == rolling and rolling > clock.now():  # its hard end no refresh moves
            try:
                Tokens(store, config, connection).keep_alive()
            except ConnectorError as error:
                log.warning("%s could not be kept alive: %s", connection, error.message)
            now = standing(store, config, company)
    _tell(store, config, now)
    return now.state


def _tell(store: Store, config: Config, now: Standing) -> None:
    days = tuple(int(part) for part in config.quickbooks.warn_days.split(","))
    at = oauth.warned(now.days_left, days) if now.state in ("refresh_expiring", "refresh_expired") else None
    keep = set[str]()
    if at is not None:
        told = f"{key('ends', now.connection)}:{at}"
        keep.add(told)
        level: notices.Level = "check" if now.state == "refresh_expiring" and at > 7 else "needs"
        words = (
            said("The sign-in to QuickBooks has run out.")
            if now.state == "refresh_expired"
            else said("The sign-in to QuickBooks ends in {days} days.", days=now.days_left)
        )
        remedy = said("Open Integrations and connect it again. Selling goes on; documents wait.")
        notices.raise_once(store, told, level, words, remedy, now.connection)
    notices.settle_all_but(store, f"{key('ends', now.connection)}:", keep)
    if now.state == "needs_reauth":
        notices.raise_once(
            store,
            key("reauth", now.connection),
            "needs",
            said("QuickBooks must be connected again: {why}", why=now.why),
            said("Open Integrations and connect it again. Selling goes on; documents wait."),
            now.connection,
        )
    else:
        notices.settle(store, key("reauth", now.connection))


def pair_of(issued: Issued) -> Pair:
    now = clock.now()
    hard = None if issued.hard_seconds is None else now + timedelta(seconds=issued.hard_seconds)
    return Pair(
        issued.access,
        issued.refresh,
        now + timedelta(seconds=issued.access_seconds),
        now + timedelta(seconds=issued.refresh_seconds),
        hard,
    )


# -- what the log strikes out ------------------------------------------------------------------------------------------

_struck: list[str] = []
STRUCK_MAX = 40


def strike(pair: Pair) -> None:
    _strike_one(pair.access)
    _strike_one(pair.refresh)


def _strike_one(token: str) -> None:
    """From now on the log shows no such token; of those that were replaced long ago only the last are remembered."""
    if not token or token in _struck:
        return
    _struck.append(token)
    settings_module.came_later.add(token)
    while len(_struck) > STRUCK_MAX:
        settings_module.came_later.discard(_struck.pop(0))
