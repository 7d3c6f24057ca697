"""The emulator behaves as a real ERPNext did: held to the tables of facts, and to the recordings where they lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import SHARED
from tests.contract import facts_of, scenes
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext import Emulator

FACTS = [fact for facts in facts_of.tables().values() for fact in facts]
NEEDS_SHARED = pytest.mark.skipif(
    not (SHARED / "contracts" / "erpnext").is_dir(), reason="the recorded exchanges do not lie beside this repository"
)
KEYS = {"till": shops.TILL, "limited": shops.LIMITED, "manager": shops.MANAGER}


def headers(who: str) -> dict[str, str]:
    if who in KEYS:
        return {"Authorization": f"token {KEYS[who][0]}:{KEYS[who][1]}"}
    return {
        "nobody": {},
        "other host": {"Host": "unknown.example"},
        "basic": {"Authorization": "Basic " + _base64(f"{shops.TILL[0]}:{shops.TILL[1]}")},
        "bearer": {"Authorization": "Bearer abcdef"},
        "malformed": {"Authorization": "token nosuchkey"},
        "unknown key": {"Authorization": "token nosuchkey:deadbeef"},
        "wrong secret": {"Authorization": f"token {shops.TILL[0]}:deadbeef"},
    }[who]


def _base64(text: str) -> str:
    import base64

    return base64.b64encode(text.encode()).decode()


def answered(fact: dict[str, Any]) -> dict[str, Any]:
    """Set the scene, ask, and reduce the answer to a fact."""
    with Emulator(scenes.site()) as emulator:
        scenes.SCENES.get(fact["case"], lambda *_: None)(emulator, fact)
        body = fact.get("body")
        if isinstance(body, dict) and "letters" in body:
            content = b'"' + b"x" * body["letters"] + b'"'
        else:
            content = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        asked = {"Accept": fact.get("accept", "application/json"), **headers(fact["as"])}
        answer = requests.request(fact["method"], emulator.url + fact["path"], data=content, headers=asked, timeout=30)
        said = answer.json() if "json" in answer.headers["Content-Type"] else answer.text
        found = facts_of.outcome(answer.status_code, said, fact)
        if "Retry-After" in answer.headers:
            found["retry_after"] = True
        return found


def expected(fact: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in fact.items() if k not in ("case", "as", "method", "path", "body", "accept")}


def differences(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Every figure the fact states must be there; the emulator may say more. Half a penny is no difference."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [d for k, v in wanted.items() for d in differences(v, found.get(k), f"{path}.{k}")]
    if isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            return [f"{path}: {len(found)} rows, not {len(wanted)}"]
        return [d for i, (a, b) in enumerate(zip(wanted, found, strict=True)) for d in differences(a, b, f"{path}.{i}")]
    if isinstance(wanted, float) and isinstance(found, int | float):
        return [] if abs(wanted - found) < 1e-9 else [f"{path}: {found}, not {wanted}"]
    return [] if wanted == found or (not wanted and not found) else [f"{path}: {found!r}, not {wanted!r}"]


@pytest.mark.parametrize("fact", FACTS, ids=lambda f: f["case"])
def test_the_emulator_answers_as_the_facts_say(fact: dict[str, Any]) -> None:
    assert differences(expected(fact), answered(fact)) == []


def test_there_are_facts_of_every_group() -> None:
    assert {path.stem for path in facts_of.FACTS.glob("*.json")} == set(facts_of.GROUPS.values())
    assert len(FACTS) > 200


@pytest.mark.shared
@NEEDS_SHARED
def test_the_facts_are_what_was_recorded() -> None:
    assert facts_of.extracted() == facts_of.tables()


@pytest.mark.shared
@NEEDS_SHARED
def test_every_recording_is_a_fact_or_left_out_with_a_reason() -> None:
    known = {fact["case"] for fact in FACTS}
    names = {path.stem for path in Path(facts_of.RECORDED).glob("*.json")}
    assert {n for n in names - known if not facts_of.left_out(n)} == set()


@pytest.mark.shared
@NEEDS_SHARED
@pytest.mark.parametrize("case", [r["case"] for r in facts_of.recordings()] if facts_of.RECORDED.is_dir() else [])
def test_a_recording_replayed_gets_the_recorded_answer(case: str) -> None:
    recorded = next(r for r in facts_of.recordings() if r["case"] == case)
    fact = facts_of.fact_of(recorded)
    assert differences(expected(fact), answered(fact)) == []
