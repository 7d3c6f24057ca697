"""The emulator of QuickBooks Online answers as the contract says: tables of facts, the sign-in, what goes wrong."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.contract import qbo_facts, qbo_sites
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo import Emulator
from tests.contract.emulators.qbo_cloud import CLIENT, Limits
from tests.contract.emulators.qbo_company import Clock
from tests.contract.emulators.qbo_faults import KINDS, LATE_SECONDS_MAX, Faults
from tests.contract.emulators.qbo_figures import totals
from tests.contract.emulators.qbo_webhooks import Webhooks

FACTS = qbo_facts.facts()
RECEIPT: dict[str, Any] = {
    "DocNumber": "R03-0001235", "TxnDate": "2026-11-20", "GlobalTaxCalculation": "TaxInclusive",
    "Line": [{"Amount": 16.67, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {
        "ItemRef": {"value": "12"}, "Qty": 1, "TaxCodeRef": {"value": "2"}, "TaxInclusiveAmt": 20.00}}],
}  # fmt: skip


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(qbo_sites.standing(), slow_seconds=0.01) as running:
        yield running
        assert running.errors == []


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as kept:
        yield kept


@pytest.fixture
def fresh(emulator: Emulator) -> Emulator:
    """Both companies as new, the clock standing."""
    emulator.cloud = qbo_sites.standing()
    emulator.faults.clear()
    emulator.requests.clear()
    return emulator


@pytest.mark.parametrize("fact", FACTS, ids=lambda f: f["case"])
def test_the_emulator_answers_as_the_facts_say(emulator: Emulator, session: requests.Session, fact: Any) -> None:
    answer = qbo_facts.answered(emulator, session, fact)
    assert answer.status_code == fact["status"], answer.text
    if "text" in fact:
        assert "xml" in answer.headers["Content-Type"]
        assert fact["text"] in answer.text
    else:
        said = answer.json(parse_float=Decimal)
        assert qbo_facts.differences(fact["answer"], said) == [], answer.text
    assert answer.headers["intuit_tid"]


def test_no_two_facts_are_the_same() -> None:
    assert [case for case, times in Counter(f["case"] for f in FACTS).items() if times > 1] == []
    assert len(FACTS) > 130


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


# The sign-in


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


# Requests that go wrong

DONE = {kind: "nothing done" not in said for kind, said in KINDS.items()}


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "late"])
def test_a_fault_does_what_it_says(fresh: Emulator, kind: str) -> None:
    fresh.faults.next(kind)
    try:
        answer = call(fresh, "POST", "salesreceipt?requestid=a", json=RECEIPT)
        assert answer.status_code in {"slow": (200,), "garba": (200,), "fault": (200,)}.get(
            kind.split("_")[0][:5], (400, 401, 429, 500, 502, 503, 504)
        )
    except requests.RequestException:
        assert kind.startswith(("reset", "closed", "half"))
    fresh.wait_idle()
    assert len(fresh.cloud.companies[shops.GB].documents()) == DONE[kind]
    assert call(fresh, "POST", "salesreceipt?requestid=a", json=RECEIPT).json()["SalesReceipt"]["Id"] == "1"
    assert len(fresh.cloud.companies[shops.GB].documents()) == 1


@pytest.mark.parametrize(("memory", "documents"), [(24, 1), (0, 2)])
def test_a_lost_request_is_booked_later(fresh: Emulator, memory: int, documents: int) -> None:
    """With no memory of the requestid, who repeats before it is booked makes two."""
    company = fresh.cloud.companies[shops.GB]
    company.switches.requestid_memory = dt.timedelta(hours=memory)
    company.switches.duplicate_check = False
    fresh.faults.next("late")
    with pytest.raises(requests.ConnectionError):
        call(fresh, "POST", "salesreceipt?requestid=a", json=RECEIPT)
    assert call(fresh, "GET", "query?query=select * from SalesReceipt").json()["QueryResponse"] == {}
    call(fresh, "POST", "salesreceipt?requestid=a", json=RECEIPT)
    fresh.cloud.clock.advance(LATE_SECONDS_MAX)
    call(fresh, "GET", "preferences")
    assert len(company.numbered("R03-0001235")) == documents


@pytest.mark.parametrize("repeated", [False, True])
def test_what_is_booked_late_is_booked_at_its_own_time(fresh: Emulator, repeated: bool) -> None:
    """Nobody asks for two days: neither the token had ended then, nor was the requestid forgotten."""
    fresh.cloud.companies[shops.GB].switches.duplicate_check = False
    fresh.faults.next("late")
    with pytest.raises(requests.ConnectionError):
        call(fresh, "POST", "salesreceipt?requestid=a", json=RECEIPT)
    if repeated:
        call(fresh, "POST", "salesreceipt?requestid=a", json=RECEIPT)
    fresh.cloud.clock.advance(days=2)
    assert len(fresh.cloud.documents()[shops.GB]) == 1


@pytest.mark.parametrize(("old_token", "status"), [("dead", 400), ("day", 200)])
def test_the_answer_to_a_refresh_may_be_lost(fresh: Emulator, old_token: Any, status: int) -> None:
    fresh.cloud.signin.old_token = old_token
    token = fresh.cloud.signin.tokens(shops.GB)["refresh_token"]
    fresh.faults.next("reset_after", hits="token")
    with pytest.raises(requests.ConnectionError):
        refresh(fresh, token)
    assert refresh(fresh, token).status_code == status


def test_a_seed_brings_the_same_faults_again() -> None:
    rates = {"late": 0.2, "throttled": 0.2, "reset_after": 0.1}

    def drawn(seed: int) -> list[str]:
        faults = Faults(seed, rates, only="writes")
        assert {faults.draw(sort) for sort in ("reads", "token") for _ in range(50)} == {""}
        return [faults.draw("writes") for _ in range(200)]

    assert drawn(7) == drawn(7) != drawn(8)
    assert set(drawn(7)) == {"", *rates}
    with pytest.raises(ValueError, match="no such fault"):
        Faults(1, {"earthquake": 1})


def test_the_clock_runs_as_fast_as_it_is_told() -> None:
    clock = Clock(qbo_facts.NOON, rate=0)
    assert clock.now() == clock.now() == qbo_facts.NOON
    clock.advance(minutes=5)
    assert clock.now() == qbo_facts.NOON + dt.timedelta(minutes=5)
    assert Clock(qbo_facts.NOON, rate=1_000_000).now() > qbo_facts.NOON


def test_a_requestid_is_forgotten_by_the_clock(fresh: Emulator) -> None:
    company = fresh.cloud.companies[shops.GB]
    company.switches.duplicate_check = False
    for hours, documents in ((0, 1), (23, 1), (2, 2)):
        fresh.cloud.clock.advance(hours=hours)
        assert call(fresh, "POST", "salesreceipt?requestid=a", json=RECEIPT).status_code == 200
        assert len(company.documents()) == documents


def test_two_writes_of_stocked_items_at_once_meet_the_lock(fresh: Emulator) -> None:
    company = fresh.cloud.companies[shops.GB]
    company.switches.inventory_seconds = 0.3
    line = {**RECEIPT["Line"][0]["SalesItemLineDetail"], "ItemRef": {"value": "11"}}
    body = {**RECEIPT, "Line": [{**RECEIPT["Line"][0], "SalesItemLineDetail": line}]}
    answers: list[requests.Response] = []

    def sell(number: str) -> None:
        answers.append(call(fresh, "POST", "salesreceipt", json={**body, "DocNumber": number}))

    both = [threading.Thread(target=sell, args=(number,)) for number in ("A", "B")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(30)
    refused = [a.json()["Fault"]["Error"][0] for a in answers if a.status_code == 400]
    assert [e["code"] for e in refused] == ["6000"]
    assert "inventory products at exactly the same time" in refused[0]["Detail"]
    assert len(company.documents()) == 1


def test_too_many_calls_are_throttled_by_the_clock(fresh: Emulator) -> None:
    fresh.cloud.limits = Limits.real()
    token = fresh.cloud.signin.tokens(shops.GB)["access_token"]
    statuses = [call(fresh, "GET", "preferences", token=token).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert call(fresh, "GET", "preferences", realm=shops.US).status_code == 200
    fresh.cloud.clock.advance(1)
    assert call(fresh, "GET", "preferences", token=token).status_code == 200
    fresh.cloud.clock.advance(60)
    fresh.cloud.limits = Limits(per_minute=2, batches_per_minute=1)
    paths = ("batch", "batch", "preferences")
    assert [call(fresh, "POST", path, token=token, json={}).status_code for path in paths] == [400, 429, 429]
    fresh.cloud.clock.advance(59)
    assert call(fresh, "GET", "preferences", token=token).json()["Fault"]["Error"][0]["code"] == "3001"
    fresh.cloud.clock.advance(1)
    assert call(fresh, "GET", "preferences", token=token).status_code == 200


# What a person does, and what QuickBooks tells


def test_a_person_changes_and_removes(fresh: Emulator) -> None:
    company = fresh.cloud.companies[shops.GB]
    made = call(fresh, "POST", "salesreceipt", json=RECEIPT).json()["SalesReceipt"]
    company.change("SalesReceipt", made["Id"], TotalAmt=Decimal("19.99"))
    read = call(fresh, "GET", f"salesreceipt/{made['Id']}").json()["SalesReceipt"]
    assert (read["TotalAmt"], read["SyncToken"]) == (19.99, "1")
    assert totals(company.body("SalesReceipt", made["Id"]))["total"] == 20
    company.remove("SalesReceipt", made["Id"])
    assert company.documents() == []
    assert fresh.cloud.documents() == {shops.GB: [], shops.US: []}


@pytest.mark.parametrize("form", ["old", "cloud"])
def test_webhooks_are_signed_and_tell_of_every_company(fresh: Emulator, form: Any) -> None:
    got: list[tuple[dict[str, str], bytes]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Ear) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        hooks = Webhooks(fresh.cloud, f"http://127.0.0.1:{server.server_port}/hook", form=form)
        for realm in (shops.GB, shops.US):
            call(fresh, "POST", "customer", realm=realm, json={"DisplayName": "New one"})
        assert hooks.deliver(twice=True) == [200, 200]
        assert hooks.deliver() == []
        server.shutdown()
    headers, body = got[0]
    assert got[1][1] == body
    assert headers["intuit-signature"] == hooks.signature(body)
    for realm in (shops.GB, shops.US):
        assert realm.encode() in body
    assert (b"eventNotifications" in body) == (form == "old")
    assert (b"qbo.customer.created.v1" in body) == (form == "cloud")
