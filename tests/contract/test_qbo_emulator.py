"""The emulator of QuickBooks Online answers as the contract says: tables of facts, and what goes wrong."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests

from tests.contract import qbo_facts, qbo_sites
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo import Emulator
from tests.contract.emulators.qbo_cloud import Limits
from tests.contract.emulators.qbo_company import Clock
from tests.contract.emulators.qbo_faults import KINDS, LATE_SECONDS_MAX, Faults
from tests.contract.emulators.qbo_figures import totals
from tests.contract.emulators.qbo_webhooks import Webhooks
from tests.contract.qbo_calls import call

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
