"""The sign-in of the emulated QuickBooks Online: consent, tokens that rotate and end, two refreshes at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo import Emulator
from tests.contract.emulators.qbo_cloud import CLIENT
from tests.contract.qbo_calls import agree, call, exchange, refresh


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(qbo_sites.standing(), slow_seconds=0.01) as running:
        yield running
        assert running.errors == []


@pytest.fixture
def fresh(emulator: Emulator) -> Emulator:
    """Both companies as new, the clock standing."""
    emulator.cloud = qbo_sites.standing()
    emulator.faults.clear()
    emulator.requests.clear()
    return emulator


def test_the_owner_agrees_and_a_code_becomes_tokens_once(fresh: Emulator) -> None:
    assert "Corner Shop Ltd" in agree(fresh).text
    chosen = requests.get(
        f"{fresh.url}/connect/oauth2/choose",
        params={**parse_qs(urlsplit(agree(fresh).url).query), "choice": shops.US}, allow_redirects=False, timeout=30,
    )  # fmt: skip
    assert f"realmId={shops.US}" in chosen.headers["Location"]
    fresh.cloud.consent = shops.GB
    back = {k: v[0] for k, v in parse_qs(urlsplit(agree(fresh).headers["Location"]).query).items()}
    assert (back["state"], back["realmId"]) == ("state-1", shops.GB)
    said = exchange(fresh, back["code"]).json()
    assert (said["expires_in"], said["x_refresh_token_expires_in"], said["token_type"]) == (3600, 8_640_000, "bearer")
    assert call(fresh, "GET", f"companyinfo/{shops.GB}", token=said["access_token"]).status_code == 200
    again = exchange(fresh, back["code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_the_owner_cancels_and_a_wrong_request_is_told_so(fresh: Emulator) -> None:
    fresh.cloud.consent = "deny"
    assert "error=access_denied&state=state-1" in agree(fresh).headers["Location"]
    for wrong in ({"client_id": "x"}, {"scope": "openid"}, {"response_type": "token"}, {"state": ""}):
        assert agree(fresh, **wrong).status_code == 400
    fresh.cloud.signin.redirects = {"https://elsewhere.example/"}
    assert agree(fresh).status_code == 400
    code = fresh.cloud.signin.consent(shops.GB, qbo_sites.REDIRECT)
    assert exchange(fresh, code, "https://other.example/").status_code == 400
    code = fresh.cloud.signin.consent(shops.GB, qbo_sites.REDIRECT)
    fresh.cloud.clock.advance(minutes=11)
    assert exchange(fresh, code).status_code == 400


def test_tokens_end_by_the_clock(fresh: Emulator) -> None:
    said = fresh.cloud.signin.tokens(shops.GB)
    fresh.cloud.clock.advance(3599)
    assert call(fresh, "GET", "preferences", token=said["access_token"]).status_code == 200
    fresh.cloud.clock.advance(2)
    refused = call(fresh, "GET", "preferences", token=said["access_token"])
    assert refused.status_code == 401
    assert refused.json()["fault"]["error"][0]["code"] == "3200"
    assert refused.json()["fault"]["type"] == "AUTHENTICATION"
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    fresh.cloud.clock.advance(days=100)
    assert refresh(fresh, said["refresh_token"]).json()["error"] == "invalid_grant"


def test_the_consent_itself_ends_after_five_years(fresh: Emulator) -> None:
    token = fresh.cloud.signin.tokens(shops.GB)["refresh_token"]
    hard = {"x-include-refresh-token-hard-expires-in": "true"}
    left = refresh(fresh, token, **hard).json()
    assert left["x_refresh_token_hard_expires_in"] == 5 * 365 * 86400
    for _ in range(20):
        fresh.cloud.clock.advance(days=90)
        left = refresh(fresh, left["refresh_token"], **hard).json()
    assert left["x_refresh_token_hard_expires_in"] == 25 * 86400
    fresh.cloud.clock.advance(days=26)
    assert refresh(fresh, left["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("old_token", ["dead", "day"])
def test_the_refresh_token_rotates(fresh: Emulator, old_token: Any) -> None:
    signin = fresh.cloud.signin
    signin.old_token = old_token
    first = signin.tokens(shops.GB)["refresh_token"]
    second = refresh(fresh, first).json()["refresh_token"]
    assert second != first
    fresh.cloud.clock.advance(hours=1)
    late = refresh(fresh, first)
    assert late.status_code == (400 if old_token == "dead" else 200)
    if old_token == "day":
        assert late.json()["refresh_token"] == second
        fresh.cloud.clock.advance(hours=24)
        assert refresh(fresh, first).status_code == 400
    assert refresh(fresh, second).status_code == 200


def test_it_may_rotate_once_a_day(fresh: Emulator) -> None:
    fresh.cloud.signin.rotation = "daily"
    first = fresh.cloud.signin.tokens(shops.GB)["refresh_token"]
    assert refresh(fresh, first).json()["refresh_token"] == first
    fresh.cloud.clock.advance(hours=25)
    assert refresh(fresh, first).json()["refresh_token"] != first


@pytest.mark.parametrize(("parallel", "winner"), [("refused", 200), ("voided", 401)])
def test_two_refreshes_at_once_are_punished(fresh: Emulator, parallel: Any, winner: int) -> None:
    signin = fresh.cloud.signin
    signin.parallel, signin.refresh_seconds, signin.old_token = parallel, 0.2, "day"  # the old value alone is no fault
    token = signin.tokens(shops.GB)["refresh_token"]
    answers: list[requests.Response] = []
    both = [threading.Thread(target=lambda: answers.append(refresh(fresh, token))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(30)
    assert sorted(a.status_code for a in answers) == [200, 400]
    won = next(a.json() for a in answers if a.status_code == 200)
    assert call(fresh, "GET", "preferences", token=won["access_token"]).status_code == winner
    assert max(what for _, what in signin.refreshes) in ("refused", "voided")


def test_a_revoked_token_is_dead(fresh: Emulator) -> None:
    said = fresh.cloud.signin.tokens(shops.GB)
    address = f"{fresh.url}/v2/oauth2/tokens/revoke"
    assert requests.post(address, json={"token": said["refresh_token"]}, auth=CLIENT, timeout=30).status_code == 200
    assert requests.post(address, json={"token": said["refresh_token"]}, auth=CLIENT, timeout=30).status_code == 400
    assert requests.post(address, json={"token": "x"}, auth=("x", "y"), timeout=30).status_code == 401
    assert call(fresh, "GET", "preferences", token=said["access_token"]).status_code == 401
    assert refresh(fresh, said["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_token_opens_its_own_company_alone(fresh: Emulator) -> None:
    token = fresh.cloud.signin.tokens(shops.GB)["access_token"]
    wrong = call(fresh, "GET", "preferences", realm=shops.US, token=token)
    assert (wrong.status_code, wrong.json()["fault"]["error"][0]["code"]) == (403, "3100")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    for start, status in (("/sandbox", 200), ("/production", 403)):
        address = f"{fresh.url}{start}/v3/company/{shops.GB}/preferences"
        assert requests.get(address, headers=headers, timeout=30).status_code == status
    fresh.cloud.companies[shops.GB].switches.subscribed = False
    assert call(fresh, "GET", "preferences", token=token).status_code == 403


def test_the_discovery_documents_differ_in_the_userinfo_alone(fresh: Emulator) -> None:
    names = ("openid_configuration", "openid_sandbox_configuration")
    live, sandbox = (requests.get(f"{fresh.url}/.well-known/{n}/", timeout=30).json() for n in names)
    assert [k for k in live if live[k] != sandbox[k]] == ["userinfo_endpoint"]
    assert live["scopes_supported"] == ["openid", "email", "profile", "address", "phone"]


@pytest.mark.parametrize(("old_token", "status"), [("dead", 400), ("day", 200)])
def test_the_answer_to_a_refresh_may_be_lost(fresh: Emulator, old_token: Any, status: int) -> None:
    fresh.cloud.signin.old_token = old_token
    token = fresh.cloud.signin.tokens(shops.GB)["refresh_token"]
    fresh.faults.next("reset_after", hits="token")
    with pytest.raises(requests.ConnectionError):
        refresh(fresh, token)
    assert refresh(fresh, token).status_code == status
