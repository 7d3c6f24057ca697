"""No part of an address is a way out of where it leads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pos.app import App
from tests.security.test_bodies import some
from tests.web.conftest import Console, Page
from tests.web.test_rules import ROUTES

SECRET = "what nobody may read"
NAME = "outside.json"
#: Ways out, each as a browser would never send it; {} is the file. The third is the file by its whole path.
WAYS = (
    "../{}", "..%2f{}", "%2e%2e%2f{}", "..%5c{}", "....//{}", "%252e%252e%252f{}", "x/../../{}", "..%00/{}", "..;/{}",
    "%c0%ae%c0%ae/{}", "file:///{}",
)  # fmt: skip


@pytest.fixture(scope="module")
def outside(till: App) -> Path:
    """A file beside the folders of the till, above them and in them."""
    root = till.config.invoices.parent
    for folder in (root, root.parent, till.config.data, till.config.invoices):
        (folder / NAME).write_text(SECRET, encoding="utf-8")
    return root / NAME


def test_no_address_reads_or_lists_what_is_beside_its_folder(
    till: App, outside: Path, program: Page, admin: Page, console: Console
) -> None:
    read = []
    for n, route in enumerate(ROUTES):
        method, path = route.split(" ")
        if method != "GET" or "<" not in path or path.startswith("/live"):
            continue
        page = program if "/copies" in path else console if "/console" in path else admin
        for way in (*some(WAYS, n), str(outside).replace("/", "%2f")):
            for depth in (1, 3):
                step = way.format(NAME).replace("..", "/".join([".."] * depth), 1)
                address = re.sub(r"<[^>]*>", step, path, count=1)
                answer = page.client.get(re.sub(r"<[^>]*>", step, address), base_url=page.base)
                if SECRET in answer.text or answer.status_code >= 500:
                    read.append((route, step, answer.status_code))
    assert read == []


def test_no_name_in_a_body_writes_beside_its_folder(till: App, outside: Path, program: Page, basket: object) -> None:
    """Names become parts of paths nowhere: numbers are looked up, files are named by the till."""
    before = sorted(outside.parent.parent.rglob("*"))
    for way in WAYS:
        name = way.format("evil")
        program.post("/api/create-sale", {"schema": "tillkeep.receipt/1", "hash": "0" * 64, "invoice_name": name})
        program.post("/api/create-sale", {"invoice_name": name, "sale_id": name, "items": [], "business_day": name})
        program.post("/api/print", {"document": name, "template": name})
        program.post("/api/void", {"id": name, "document": name, "reason": "x"})
        program.post(f"/api/import/{name}", {"rows": []})
        program.post(f"/api/copies/{name}/{name}", b"{}", method="PUT")
    after = sorted(p for p in outside.parent.parent.rglob("*") if "evil" in p.name)
    assert after == []
    assert before
