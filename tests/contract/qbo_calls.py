"""Calls to the emulator of QuickBooks Online as a till, its person and its app make them."""

from __future__ import annotations

from typing import Any

import requests

from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo import Emulator
from tests.contract.emulators.qbo_cloud import CLIENT


def call(emulator: Emulator, method: str, path: str, *, realm: str = shops.GB, **more: Any) -> requests.Response:
    token = more.pop("token", None) or emulator.cloud.signin.tokens(realm)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return requests.request(method, f"{emulator.url}/v3/company/{realm}/{path}", headers=headers, timeout=30, **more)


def refresh(emulator: Emulator, token: str, **headers: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    address = f"{emulator.url}/oauth2/v1/tokens/bearer"
    return requests.post(address, data=form, auth=CLIENT, headers=headers, timeout=30)


def exchange(emulator: Emulator, code: str, redirect: str = qbo_sites.REDIRECT) -> requests.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
    return requests.post(f"{emulator.url}/oauth2/v1/tokens/bearer", data=form, auth=CLIENT, timeout=30)


def agree(emulator: Emulator, **changed: str) -> requests.Response:
    asked = {
        "client_id": CLIENT[0], "response_type": "code", "scope": "com.intuit.quickbooks.accounting openid",
        "redirect_uri": qbo_sites.REDIRECT, "state": "state-1", **changed,
    }  # fmt: skip
    return requests.get(f"{emulator.url}/connect/oauth2", params=asked, allow_redirects=False, timeout=30)
