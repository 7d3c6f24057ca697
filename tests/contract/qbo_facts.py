"""The tables of what QuickBooks Online answers, written from its contract, and how an answer is held to them.

A fact: case, company (gb, us, ca, manual), method, path, body or raw or raw_hex, accept, content_type; `first`, what is
asked before; `set`, switches of the company. Then status, and `answer` (what it must hold; it may say more) or `text`.
A text that begins with ~ must be in the answer's; null must not be there; lists are as long as stated.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo import Emulator
from tests.contract.emulators.qbo_cloud import Cloud
from tests.contract.emulators.qbo_company import Clock

FACTS = Path(__file__).parent / "facts" / "qbo"
REALMS = {"gb": shops.GB, "us": shops.US, "ca": shops.CA, "manual": shops.US_MANUAL}
MAKE = {
    "gb": shops.british, "us": shops.american, "ca": shops.canadian,
    "manual": lambda cloud: shops.american(cloud, shops.US_MANUAL, "Corner Store Inc", automated=False),
}  # fmt: skip
NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)

Fact = dict[str, Any]


def facts() -> list[Fact]:
    return [
        fact
        for path in sorted(FACTS.glob("*.json"))
        for fact in json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    ]


def scene(fact: Fact) -> Cloud:
    """A cloud with one fresh company, its clock standing at noon."""
    cloud = Cloud(Clock(NOON, rate=0))
    company = MAKE[fact["company"]](cloud)
    for name, value in (fact.get("set") or {}).items():
        setattr(company.switches, name, dt.date.fromisoformat(value) if name == "closed_until" else value)
    return cloud


def answered(emulator: Emulator, session: requests.Session, fact: Fact) -> requests.Response:
    """Set the scene, ask what comes first, ask."""
    cloud = emulator.cloud = scene(fact)
    realm = REALMS[fact["company"]]
    token = cloud.signin.tokens(realm)["access_token"]
    for method, path, body in fact.get("first", ()):
        _asked(emulator, session, realm, token, {"method": method, "path": path, "body": body})
    return _asked(emulator, session, realm, token, fact)


def _asked(emulator: Emulator, session: requests.Session, realm: str, token: str, fact: Fact) -> requests.Response:
    content = json.dumps(fact.get("body"), default=float).encode() if "body" in fact else b""
    if "raw" in fact:
        content = fact["raw"].encode()
    if "raw_hex" in fact:
        content = bytes.fromhex(fact["raw_hex"])
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": fact.get("accept", "application/json"),
        "Content-Type": fact.get("content_type", "application/json"),
    }
    address = f"{emulator.url}/v3/company/{realm}/{fact['path']}"
    return session.request(fact["method"], address, data=content, headers=headers, timeout=30)


def differences(wanted: Any, found: Any, path: str = "") -> list[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [d for k, v in wanted.items() for d in differences(v, found.get(k), f"{path}.{k}")]
    if isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            return [f"{path}: {len(found)} rows, not {len(wanted)}"]
        return [d for i, (a, b) in enumerate(zip(wanted, found, strict=True)) for d in differences(a, b, f"{path}.{i}")]
    if isinstance(wanted, str) and wanted.startswith("~"):
        return [] if wanted[1:] in str(found) else [f"{path}: {wanted[1:]!r} is not in {found!r}"]
    return [] if wanted == found else [f"{path}: {found!r}, not {wanted!r}"]
