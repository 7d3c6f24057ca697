"""Intuit's sign-in: consent, codes, tokens that rotate, revocation. Times are the emulator's clock."""

from __future__ import annotations

import base64
import datetime as dt
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from tests.contract.emulators.qbo_company import Clock, Doc

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8_640_000
CODE_SECONDS = 600
HARD_DAYS = 5 * 365
OLD_TOKEN_HOURS = 24
SCOPE = "com.intuit.quickbooks.accounting"
HARD_HEADER = "x-include-refresh-token-hard-expires-in"


@dataclass
class Grant:
    """What one consent gave. refresh: the token that counts now."""

    realm: str
    consented: dt.datetime
    refresh: str = ""
    refresh_until: dt.datetime | None = None
    rotated: dt.datetime | None = None
    #: Values of before -> when each was replaced.
    old: dict[str, dt.datetime] = field(default_factory=dict)
    access: dict[str, dt.datetime] = field(default_factory=dict)
    alive: bool = True


@dataclass
class Code:
    realm: str
    redirect: str
    until: dt.datetime


Answer = tuple[int, Doc]
INVALID_GRANT: Answer = (400, {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"})


class SignIn:
    """rotation: a new refresh token with every refresh, or when the last is a day old. old_token: what became of the
    value before. parallel: what a second refresh with the same value meets, and whether the winner's tokens die too."""

    def __init__(self, clock: Clock, client: tuple[str, str]) -> None:
        self.clock, self.client = clock, client
        self.rotation: Literal["always", "daily"] = "always"
        self.old_token: Literal["dead", "day"] = "dead"
        self.parallel: Literal["refused", "voided"] = "voided"
        self.redirects: set[str] = set()  # empty: any
        self.grants: list[Grant] = []
        self.codes: dict[str, Code] = {}
        #: (realm, what became of it) of each refresh: "given", "same", "refused", "voided".
        self.refreshes: list[tuple[str, str]] = []
        self.refresh_seconds = 0.0  # how long a refresh takes, really
        self._refreshing: set[str] = set()
        self._punished: set[str] = set()
        self._lock = threading.Lock()
        self._pause = threading.Event()

    def consent(self, realm: str, redirect: str) -> str:
        """The owner agrees; answers the code."""
        code = "AB1" + secrets.token_urlsafe(24)
        self.codes[code] = Code(realm, redirect, self.clock.now() + dt.timedelta(seconds=CODE_SECONDS))
        return code

    def tokens(self, realm: str) -> Doc:
        """A consent already given and exchanged, as the token address answers it."""
        with self._lock:
            grant = Grant(realm, self.clock.now())
            self.grants.append(grant)
            return self._given(grant, hard=False)[1]

    def access_of(self, token: str) -> Grant | None:
        """The grant of a living access token."""
        now = self.clock.now()
        with self._lock:
            return next((g for g in self.grants if g.alive and g.access.get(token, now) > now), None)

    def expire_access(self, realm: str = "") -> None:
        """Every access token (of this company) dies now, whatever its time."""
        with self._lock:
            for grant in self.grants:
                if not realm or grant.realm == realm:
                    grant.access.clear()

    def void(self, realm: str) -> None:
        """The owner takes the app's right away at QuickBooks."""
        with self._lock:
            for grant in self.grants:
                grant.alive = grant.alive and grant.realm != realm

    # What the addresses answer.

    def token(self, headers: Mapping[str, str], raw: bytes) -> Answer:
        form = dict(parse_qsl(raw.decode(errors="replace")))
        if self._client(headers, form) != self.client:
            return 401, {"error": "invalid_client"}
        hard = headers.get(HARD_HEADER, "").lower() == "true"
        kind = form.get("grant_type")
        if kind == "authorization_code":
            return self._exchange(form, hard)
        if kind == "refresh_token":
            return self._refresh(form.get("refresh_token", ""), hard)
        return 400, {"error": "unsupported_grant_type"}

    def revoke(self, headers: Mapping[str, str], raw: bytes) -> Answer:
        form: Doc = {}
        try:
            form = json.loads(raw)
        except ValueError:
            form = dict(parse_qsl(raw.decode(errors="replace")))
        if self._client(headers, form) != self.client:
            return 401, {"error": "invalid_client"}
        token = str(form.get("token", ""))
        with self._lock:
            for grant in self.grants:
                if grant.alive and token and (token in (grant.refresh, *grant.old) or token in grant.access):
                    grant.alive = False
                    return 200, {}
        return 400, {"error": "invalid_request"}

    def _client(self, headers: Mapping[str, str], form: Mapping[str, str]) -> tuple[str, str]:
        scheme, _, rest = headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                key, _, secret = base64.b64decode(rest).decode().partition(":")
            except ValueError:
                return "", ""
            return key, secret
        return form.get("client_id", ""), form.get("client_secret", "")

    def _exchange(self, form: Mapping[str, str], hard: bool) -> Answer:
        with self._lock:
            code = self.codes.pop(form.get("code", ""), None)
            if code is None or code.until < self.clock.now() or code.redirect != form.get("redirect_uri"):
                return 400, {"error": "invalid_grant", "error_description": "Invalid authorization code"}
            grant = Grant(code.realm, self.clock.now())
            self.grants.append(grant)
            return self._given(grant, hard)

    def _refresh(self, token: str, hard: bool) -> Answer:
        with self._lock:
            grant = next((g for g in self.grants if token and token in (g.refresh, *g.old)), None)
            if grant is None:
                return INVALID_GRANT
            if token in self._refreshing:
                return self._loser(grant, token)
            self._refreshing.add(token)
        try:
            if self.refresh_seconds:
                self._pause.wait(self.refresh_seconds)
            with self._lock:
                return self._refreshed(grant, token, hard)
        finally:
            with self._lock:
                self._refreshing.discard(token)

    def _loser(self, grant: Grant, token: str) -> Answer:
        if self.parallel == "voided":
            self._punished.add(token)
            grant.alive = False
        self.refreshes.append((grant.realm, self.parallel))
        return INVALID_GRANT

    def _refreshed(self, grant: Grant, token: str, hard: bool) -> Answer:
        now = self.clock.now()
        dead = not grant.alive or grant.refresh_until is None or grant.refresh_until <= now
        if dead or now - grant.consented >= dt.timedelta(days=HARD_DAYS):
            self.refreshes.append((grant.realm, "refused"))
            # A winner whose loser came meanwhile still gets its tokens; they are dead.
            return self._given(grant, hard) if token in self._punished else INVALID_GRANT
        if token != grant.refresh:
            young = now - grant.old[token] < dt.timedelta(hours=OLD_TOKEN_HOURS)
            if self.old_token == "dead" or not young:
                return (
                    self._loser(grant, token) if now - grant.old[token] < dt.timedelta(seconds=10) else self._no(grant)
                )
            self.refreshes.append((grant.realm, "same"))
            return self._given(grant, hard, rotate=False)
        day_old = grant.rotated is None or now - grant.rotated >= dt.timedelta(hours=24)
        self.refreshes.append((grant.realm, "given"))
        return self._given(grant, hard, rotate=self.rotation == "always" or day_old)

    def _no(self, grant: Grant) -> Answer:
        self.refreshes.append((grant.realm, "refused"))
        return INVALID_GRANT

    def _given(self, grant: Grant, hard: bool, *, rotate: bool = True) -> Answer:
        now = self.clock.now()
        if rotate or not grant.refresh:
            if grant.refresh:
                grant.old[grant.refresh] = now
            grant.refresh, grant.rotated = "RT1-" + secrets.token_urlsafe(32), now
        grant.refresh_until = now + dt.timedelta(seconds=REFRESH_SECONDS)
        access = "eyJ" + secrets.token_urlsafe(600)
        grant.access[access] = now + dt.timedelta(seconds=ACCESS_SECONDS)
        said: Doc = {
            "token_type": "bearer", "access_token": access, "expires_in": ACCESS_SECONDS,
            "refresh_token": grant.refresh, "x_refresh_token_expires_in": REFRESH_SECONDS,
        }  # fmt: skip
        if hard:
            left = grant.consented + dt.timedelta(days=HARD_DAYS) - now
            said["x_refresh_token_hard_expires_in"] = int(left.total_seconds())
        return 200, said


def discovery(url: str, sandbox: bool) -> Doc:
    accounts = f"{url}/sandbox-accounts" if sandbox else f"{url}/accounts"
    return {
        "issuer": f"{url}/op/v1",
        "authorization_endpoint": f"{url}/connect/oauth2",
        "token_endpoint": f"{url}/oauth2/v1/tokens/bearer",
        "userinfo_endpoint": f"{accounts}/v1/openid_connect/userinfo",
        "revocation_endpoint": f"{url}/v2/oauth2/tokens/revoke",
        "jwks_uri": f"{url}/op/v1/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    }
