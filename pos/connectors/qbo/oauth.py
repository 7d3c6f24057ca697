"""OAuth 2 with Intuit: where a person agrees, and what tokens cost and bring. Keeps nothing.

The values a token call sends and brings never reach a log: they travel in bodies, which are not logged, and are blotted
out of any refusal that repeats them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pos.connectors.qbo import discovery
from pos.errors import ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from pos.http import Answer, Http
from pos.said import said
from pos.sections import Quickbooks

#: The accounting scope reads and writes; there is none that only reads.
SCOPE = "com.intuit.quickbooks.accounting openid"
#: Two of these and a flush must fit into the lease under which a token is renewed.
READ_SECONDS = 10.0
#: A refresh token ends so long after its last use where they do not say.
REFRESH_SECONDS = 8_640_000
ACCESS_SECONDS = 3600
_FORM = "application/x-www-form-urlencoded"
_HARD = "x-include-refresh-token-hard-expires-in"


@dataclass(frozen=True, slots=True)
class Issued:
    """What a token call brought. Seconds from now; hard_seconds: until the consent itself ends, None = they did not
    say."""

    access: str
    refresh: str
    access_seconds: int
    refresh_seconds: int
    hard_seconds: int | None

    def __repr__(self) -> str:
        return "Issued(…)"


class OAuth:
    """The token calls of one app. Used by one thread at a time."""

    def __init__(self, settings: Quickbooks) -> None:
        self._settings = settings
        self._at = discovery.addresses(settings)

    def authorize_url(self, state: str, redirect_url: str) -> str:
        """Where the browser goes so that a person agrees."""
        asked = {
            "client_id": self._settings.client_id,
            "scope": SCOPE,
            "redirect_uri": redirect_url,
            "response_type": "code",
            "state": state,
        }
        return f"{self._at.authorize}?{urlencode(asked)}"

    def exchange(self, code: str, redirect_url: str) -> Issued:
        """Tokens for the code of a consent. Rejected when it is not taken; Unknown when the answer was lost, so that
        somebody must consent again."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_url}
        return _issued(self._form(form, code), "exchange")

    def refresh(self, token: str) -> Issued:
        """New tokens for a refresh token, which may be worth nothing from then on. SignInNeeded ("invalid_grant") when
        only a person can help; Unknown when the answer was lost; Unavailable when nothing was sent."""
        return _issued(self._form({"grant_type": "refresh_token", "refresh_token": token}, token), "refresh")

    def revoke(self, token: str) -> None:
        """Take the sign-in back at Intuit. A token that is worth nothing there already is no error."""
        http, path = self._http(self._at.revoke, token)
        answer = http.send("POST", path, {"token": token}, headers=self._basic())
        if answer.status not in (200, 400):
            raise Unavailable(said("Intuit answered {status}.", status=answer.status), code="revoke")

    def _form(self, form: dict[str, str], secret: str) -> Answer:
        http, path = self._http(self._at.token, secret)
        headers = {**self._basic(), "Content-Type": _FORM, _HARD: "true"}
        return http.send("POST", path, urlencode(form).encode(), headers=headers)

    def _http(self, url: str, secret: str) -> tuple[Http, str]:
        site, path = discovery.split(url)
        return Http(site, secrets=(self._settings.client_secret, secret), read_seconds=READ_SECONDS), path

    def _basic(self) -> dict[str, str]:
        pair = f"{self._settings.client_id}:{self._settings.client_secret}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}", "Accept": "application/json"}


def _issued(answer: Answer, act: str) -> Issued:
    body = _body(answer)
    if answer.status != 200:
        raise _refused(answer.status, str(body.get("error") or ""), act)
    access, refresh = body.get("access_token"), body.get("refresh_token")
    if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh):
        raise Unknown(said("Intuit answered without tokens."), code="garbage")
    hard = body.get("x_refresh_token_hard_expires_in")
    return Issued(
        access,
        refresh,
        _seconds(body.get("expires_in"), ACCESS_SECONDS),
        _seconds(body.get("x_refresh_token_expires_in"), REFRESH_SECONDS),
        None if hard is None else _seconds(hard, 0) or None,
    )


def _body(answer: Answer) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refused(status: int, error: str, act: str) -> ConnectorError:
    """By the standard's own words. A page of whatever stands in front says nothing of what was done behind it."""
    if error == "invalid_grant" and act == "exchange":
        return Rejected(said("Intuit does not take the answer any more: it is used or too old."), code="invalid_grant")
    if error == "invalid_grant":
        return SignInNeeded(said("Intuit does not accept the sign-in any more."), code="invalid_grant")
    if error == "invalid_client" or status == 401:
        return SignInNeeded(
            said("Intuit does not accept QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET."), code="invalid_client"
        )
    if status == 429:
        return Unavailable(said("Intuit asks to come back later."), code="busy")
    if error:
        return Rejected(said("Intuit refused it: {error}.", error=error[:80]), code="refused")
    return Unknown(said("Intuit answered {status} without saying what it did.", status=status), code="gateway")


def _seconds(value: Any, otherwise: int) -> int:
    try:
        return max(0, int(value))
    except (TypeError, ValueError):
        return otherwise
