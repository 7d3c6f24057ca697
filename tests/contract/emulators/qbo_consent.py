"""The page on which the owner of a company agrees to the connection, or not."""

from __future__ import annotations

import html
from collections.abc import Mapping
from urllib.parse import urlencode

from tests.contract.emulators.qbo_cloud import Cloud
from tests.contract.emulators.qbo_oauth import SCOPE

DENY = "deny"


def answer(cloud: Cloud, path: str, asked: Mapping[str, str]) -> tuple[int, str, bytes]:
    """Status, Location, page."""
    wrong = _wrong(cloud, asked)
    if wrong:
        return 400, "", f"<!doctype html><title>Error</title><h1>{html.escape(wrong)}</h1>".encode()
    choice = asked.get("choice", "") if path.endswith("/choose") else cloud.consent
    if not choice:
        return 200, "", _page(cloud, asked)
    redirect, state = asked["redirect_uri"], asked.get("state", "")
    if choice == DENY:
        said = {"error": "access_denied", "state": state}
    else:
        said = {"code": cloud.signin.consent(choice, redirect), "state": state, "realmId": choice}
    return 302, redirect + ("&" if "?" in redirect else "?") + urlencode(said), b""


def _wrong(cloud: Cloud, asked: Mapping[str, str]) -> str:
    if asked.get("client_id") != cloud.signin.client[0]:
        return "The client_id is not known."
    redirect = asked.get("redirect_uri", "")
    if not redirect or (cloud.signin.redirects and redirect not in cloud.signin.redirects):
        return "The redirect_uri query parameter value is invalid."
    if asked.get("response_type") != "code":
        return "The response_type query parameter is missing or invalid."
    if SCOPE not in asked.get("scope", "").split():
        return "The scope query parameter is missing or invalid."
    return "" if asked.get("state") else "The state query parameter is missing."


def _page(cloud: Cloud, asked: Mapping[str, str]) -> bytes:
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">' for k, v in asked.items()
    )
    buttons = "".join(
        f'<p><button name="choice" value="{realm}">{html.escape(company.name)}</button></p>'
        for realm, company in cloud.companies.items()
    )
    cancel = f'<p><button name="choice" value="{DENY}">Cancel</button></p>'
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Connect a company</title>'
    form = f'<form action="/connect/oauth2/choose">{hidden}{buttons}{cancel}</form>'
    return f"{head}<main><h1>Connect a company</h1>{form}</main></html>".encode()
