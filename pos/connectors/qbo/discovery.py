"""Where Intuit's addresses are: from the settings, else from a discovery document, else as they are known."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from pos.config_checks import encrypted_or_here
from pos.errors import Unavailable
from pos.http import Http
from pos.said import said
from pos.sections import Quickbooks

AUTHORIZE = "https://appcenter.intuit.com/connect/oauth2"
TOKEN = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105  an address
REVOKE = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
API = {
    "sandbox": "https://sandbox-quickbooks.api.intuit.com",
    "production": "https://quickbooks.api.intuit.com",
}
READ_SECONDS = 10.0

_found: dict[str, dict[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Every address of one environment."""

    api: str
    authorize: str
    token: str
    revoke: str


def api(settings: Quickbooks, environment: str) -> str:
    """The address of the API for the environment a sign-in belongs to. The settings' own address counts only for the
    environment they are for, so that no token of one ever reaches the other."""
    return settings.api_url if settings.api_url and environment == settings.environment else API[environment]


def addresses(settings: Quickbooks) -> Addresses:
    """The addresses of the settings' environment. Unavailable when the discovery document cannot be read."""
    document = _document(settings.discovery_url) if settings.discovery_url else {}
    return Addresses(
        api=api(settings, settings.environment),
        authorize=settings.authorize_url or document.get("authorization_endpoint") or AUTHORIZE,
        token=settings.token_url or document.get("token_endpoint") or TOKEN,
        revoke=settings.revoke_url or document.get("revocation_endpoint") or REVOKE,
    )


def _document(url: str) -> dict[str, str]:
    """The discovery document, read once by this process."""
    if url not in _found:
        site, path = split(url)
        answer = Http(site, read_seconds=READ_SECONDS).read(path)
        try:
            body = answer.json()
            known = {name: str(body[name]) for name in _NAMES} if answer.status == 200 else {}
        except (ValueError, KeyError, TypeError):
            known = {}
        if not known or not all(encrypted_or_here(one) for one in known.values()):
            raise Unavailable(said("The discovery document of QuickBooks cannot be read."), code="discovery")
        _found[url] = known
    return _found[url]


_NAMES = ("authorization_endpoint", "token_endpoint", "revocation_endpoint")


def split(url: str) -> tuple[str, str]:
    """An address as site and path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.path or "/"
