"""What the emulator of Conductor goes by agrees with Conductor's own description; a stranger's tool finds nothing."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.conftest import SHARED
from tests.contract.conductor_reduced import PATH, bare, reduced, written
from tests.contract.emulators import conductor_shapes
from tests.contract.emulators.conductor import END_USER, KEY, Conductor
from tests.contract.emulators.conductor_file import CompanyFile

DESCRIPTION = SHARED / "contracts" / "conductor" / "openapi.json"
EXAMPLES = 4

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DESCRIPTION.is_file(), reason="Conductor's description does not lie beside this repository"),
]


@cache
def description() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return read


def table() -> dict[str, Any]:
    return conductor_shapes._table()


def test_the_table_is_made_from_the_description_as_it_is() -> None:
    """`python -m tests.contract.conductor_reduced` makes it anew."""
    assert conductor_shapes.TABLE.read_text(encoding="utf-8") == written(reduced(description()))


def test_every_request_and_answer_is_as_the_description_has_it() -> None:
    for name, row in table()["paths"].items():
        method, _, path = name.partition(" ")
        theirs = description()["paths"][PATH + path][method]
        query = {q["name"] + "*" * bool(q.get("required")): bare(q["schema"]) for q in theirs["parameters"]
                 if q["in"] == "query"}  # fmt: skip
        assert {k: bare(conductor_shapes.expanded(v)) for k, v in row.get("query", {}).items()} == query, name
        body = theirs.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        assert (bare(conductor_shapes.expanded(row["body"])) if "body" in row else None) == bare(body), name
        answer = theirs["responses"]["200"]["content"]["application/json"]["schema"]
        assert bare(conductor_shapes.expanded(row["answer"])) == bare(answer), name


def test_every_schema_is_as_the_description_has_it() -> None:
    for name, said in table()["schemas"].items():
        assert bare(conductor_shapes.expanded(said)) == bare(description()["components"]["schemas"][name]), name


def test_both_checkers_agree_on_what_is_wrong() -> None:
    body = conductor_shapes.operations()["post sales-orders"].body
    theirs = description()["paths"][PATH + "sales-orders"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    judge = Draft202012Validator(theirs, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert body is not None
    good: dict[str, Any] = {"customerId": "80-1", "transactionDate": "2026-11-20", "lines": [{"quantity": 1}]}
    cases: list[tuple[dict[str, Any], bool]] = [
        ({}, True), ({"lines": []}, False), ({"lines": [{"rate": 1}]}, False), ({"refNumber": "R03-0001234"}, True),
        ({"refNumber": "R03-00012345"}, False), ({"transactionDate": "20.11."}, False), ({"memo": None}, False),
        ({"isManuallyClosed": 1}, False), ({"lines": [{"quantity": True}]}, False), ({"salesStoreType": ""}, True),
        ({"salesChannelName": "shop"}, False), ({"lines": [{"itemID": "1"}]}, False), ({"lineGroups": [{}]}, False),
    ]  # fmt: skip
    for more, right in cases:
        given = good | more
        assert (conductor_shapes.problems(body, given) == []) is right, more
        assert judge.is_valid(given) is right, more


def _looked_at(there: Conductor, *, examples: int, only: tuple[str, ...]) -> int:
    """Asks everything the description knows of these with made-up requests; returns how many were asked."""
    asked = 0
    schema = schemathesis.openapi.from_dict(description())
    for name in table()["paths"]:
        method, _, path = name.partition(" ")
        if path.partition("/")[0] not in only:
            continue
        operation = schema[PATH + path][method.upper()]

        @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal asked
            headers = {"Authorization": f"Bearer {KEY}", "Conductor-End-User-Id": END_USER}
            response = case.call(base_url=there.url, headers=headers)
            asked += 1
            assert there.broken == []
            if response.status_code == 502:
                assert response.json()["error"]["code"] == "QBD_REQUEST_ERROR", response.text
            else:
                case.validate_response(response, checks=[not_a_server_error, response_schema_conformance])

        ask()
    return asked


def test_a_strangers_tool_finds_nothing_wrong_with_customers_and_adjustments() -> None:
    with Conductor(CompanyFile(sites=True)) as there:
        assert _looked_at(there, examples=EXAMPLES, only=("customers", "inventory-adjustments")) >= EXAMPLES
        assert there.broken == []


@pytest.mark.long
def test_a_strangers_tool_finds_nothing_wrong_anywhere() -> None:
    with Conductor(CompanyFile(sites=True)) as there:
        every = tuple({name.split(" ")[1].partition("/")[0] for name in table()["paths"]})
        assert _looked_at(there, examples=25, only=every) > 500
        assert there.broken == []
