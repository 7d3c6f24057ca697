"""The emulator of QuickBooks Online against what was recorded of the real one, and against the schema of its entities.

Each recording is replayed: what it shows is placed in a company, its request asked, its answer compared. The bodies of
our own facts, sent and answered, are held to the schema.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from jsonschema import Draft202012Validator

from tests.conftest import SHARED
from tests.contract import qbo_facts
from tests.contract.emulators import qbo_properties
from tests.contract.emulators.qbo import Emulator
from tests.contract.emulators.qbo_cloud import Cloud
from tests.contract.emulators.qbo_company import ENTITIES, MANUAL, Clock, Company, space

CONTRACT = SHARED / "contracts" / "qbo"
REALM = "1234567890"
#: Never the same twice, or of the sandbox company alone.
LEFT_OUT = {"time", "MetaData", "CustomField"}
#: Made anew by the request itself.
MADE = {"Id", "DocNumber"}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not CONTRACT.is_dir(), reason="the recorded exchanges do not lie beside this repository"),
]


@cache
def recordings() -> dict[str, dict[str, Any]]:
    """Lists in them were cut to three rows; a page then says how many it shows."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        for path in sorted((CONTRACT / "samples").glob("*.json"))
    }


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(Cloud()) as running:
        yield running


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as kept:
        yield kept


def shown(value: Any) -> list[tuple[str, dict[str, Any]]]:
    """(entity, body) of everything an answer shows, in its order."""
    found: list[tuple[str, dict[str, Any]]] = []
    if isinstance(value, list):
        return [one for row in value for one in shown(row)]
    for name, inner in value.items() if isinstance(value, dict) else ():
        bodies = inner if isinstance(inner, list) else [inner]
        if name in ENTITIES and all(isinstance(b, dict) and "SyncToken" in b for b in bodies):
            found += [(name, body) for body in bodies]
        elif isinstance(inner, dict | list):
            found += shown(inner)
    return found


def place(company: Company, entity: str, body: dict[str, Any]) -> None:
    name = str(body.get("DisplayName") or body.get("Name") or "").removesuffix(" (deleted)")
    made = {k: v for k, v in body.items() if k not in ("Id", "SyncToken")}
    record = company.records[entity][company.seed(entity, body["Id"], **made)]
    record.body |= {"SyncToken": body["SyncToken"], "MetaData": dict(body["MetaData"])}
    record.name = name
    if name:
        company.names[space(entity), name.casefold()] = body["Id"]


def scene(name: str) -> Cloud:
    """A sandbox company with what this recording, or the one before it, shows."""
    recorded = recordings()[name]
    cloud = Cloud(Clock(parsedate_to_datetime(recorded["recorded_at"]).astimezone(dt.UTC), rate=0))
    company = cloud.company(REALM, "Craig's Design", country="US", currency="USD", tax=MANUAL)
    company.switches.custom_numbers, company.switches.cdc_days = False, None
    count = recorded["response"]["body"].get("QueryResponse", {}).get("totalCount", 0)
    for n in range(5, 5 + count):
        entity = "Vendor" if "Vendor" in recorded["request"]["uri"] else "Customer"
        company.seed(entity, str(n), DisplayName=f"Name {n}", FullyQualifiedName=f"Name {n}")
    before = recordings().get(name.removesuffix("2") + "1") if name.endswith("-2") else None
    told = before if before and shown(before["response"]["body"]) else recorded
    known = [recordings()["get-display_name"], told]
    if name.startswith("create"):
        known.pop()
    for entity, body in reversed([one for each in known for one in shown(each["response"]["body"])]):
        if company.find(entity, body["Id"]) is None and (not count or entity == "Invoice") and not is_made(name, body):
            place(company, entity, body)
    company.seed("Item", "1", Name="Services", Type="Service")
    company.seed("Account", "4", Name="Undeposited Funds", AccountType="Other Current Asset")
    company.seed("Item", "4", Name="Design", Type="Service")
    if name == "error-validation":
        company.seed("Customer", DisplayName="Weiskopf Consulting")
    return cloud


def is_made(name: str, body: dict[str, Any]) -> bool:
    return name == "batch-basic" and body.get("DisplayName") == "Boraski Family Store"


def narrowed(value: Any, *, made: bool) -> Any:
    """The recorded answer as it can be compared."""
    if isinstance(value, list):
        return [narrowed(one, made=made) for one in value]
    if not isinstance(value, dict):
        return value
    left_out = LEFT_OUT | (MADE if made and "SyncToken" in value else set())
    narrow = {k: narrowed(v, made=made) for k, v in value.items() if k not in left_out}
    if "maxResults" in narrow:
        narrow["maxResults"] = max(len(v) for v in narrow.values() if isinstance(v, list))
    for error in narrow.get("Error", ()):
        error["Detail"] = "~" + error["Detail"].split(" (83 known")[0].split(" of full path")[0]
    for error in (narrow.get("fault") or {}).get("error", ()):
        error["detail"] = "~" + error["detail"].split(":")[0]
    return narrow


@pytest.mark.parametrize("name", recordings() if CONTRACT.is_dir() else [])
def test_a_recording_replayed_gets_the_recorded_answer(
    emulator: Emulator, session: requests.Session, name: str
) -> None:
    recorded = recordings()[name]
    emulator.cloud = scene(name)
    uri = urlsplit(recorded["request"]["uri"])
    path = uri.path.removeprefix("/v3").removeprefix("/company/-COMPANY_ID-").strip("/")
    token = "expired" if name == "error-401" else emulator.cloud.signin.tokens(REALM)["access_token"]
    body = recorded["request"]["body"]
    answer = session.request(
        recorded["request"]["method"],
        f"{emulator.url}/v3/company/{REALM}/{path}?{uri.query}",
        data=None if body is None else json.dumps(body, default=float),
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        timeout=30,
    )
    said = answer.json(parse_float=Decimal)
    wanted = narrowed(recorded["response"]["body"], made=name.startswith(("create", "batch")))
    wanted.pop("time", None)
    text = json.dumps(wanted, default=str).replace("/v3/company/-COMPANY_ID-/", "")
    assert answer.status_code == recorded["response"]["status"], answer.text
    assert qbo_facts.differences(json.loads(text, parse_float=Decimal) if "Fault" in wanted else wanted, said) == []
    if "Www-Authenticate" in recorded["response"]["headers"]:
        assert answer.headers["WWW-Authenticate"] == recorded["response"]["headers"]["Www-Authenticate"]


# The schema


@cache
def schema() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((CONTRACT / "qbo-entities.schema.json").read_text(encoding="utf-8"))
    return read


@cache
def validator(entity: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{entity}", "$defs": schema()["$defs"]})


def wrong(entity: str, body: Any) -> list[str]:
    return [f"{entity}{list(e.absolute_path)}: {e.message}" for e in validator(entity).iter_errors(body)]


def test_the_properties_we_know_are_those_of_the_schema() -> None:
    for name, properties in qbo_properties.known().items():
        assert set(properties) == set(schema()["$defs"][name]["properties"]), name
    assert set(ENTITIES) <= set(qbo_properties.known())


def test_what_we_send_and_what_the_emulator_answers_obeys_the_schema(
    emulator: Emulator, session: requests.Session
) -> None:
    for fact in qbo_facts.facts():
        if fact["status"] != 200 or "answer" not in fact:
            continue
        answer = qbo_facts.answered(emulator, session, fact)
        for entity, body in shown(answer.json()):
            assert wrong(entity, body) == [], fact["case"]
        entity = next((e for e in ENTITIES if e.lower() == fact["path"].partition("?")[0]), "")
        if fact["method"] == "POST" and entity and "null" not in fact["case"] and "empty" not in fact["case"]:
            assert wrong(entity, json.loads(json.dumps(fact["body"], default=float))) == [], fact["case"]


def test_the_schema_sees_what_is_wrong() -> None:
    assert wrong("SalesReceipt", {"Line": [{"Quantity": 2}], "Memo": "x"}) != []
