"""Anchors at the console: what other tills' chains were when their copies arrived, on a page, by the API, as a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pos import config
from pos.actions import copies
from pos.actions.copies import Piece
from pos.app import App
from pos.rules import anchor, ledger
from pos.store import archive, notices
from tests.copied import till as a_till
from tests.receipts import sale, stamped
from tests.web.conftest import Console, Page


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    return replace(shop, backup=replace(shop.backup, accept="kept"))


def file_of(made: tuple[dict[str, Any], bytes]) -> tuple[str, bytes]:
    return f"receipts/{ledger.path_of(made[0])}", made[1]


def test_heads_are_kept_as_copies_arrive_and_a_chain_made_anew_is_told(
    till: App, operator: Console, page: Page
) -> None:
    first = stamped(till="T2", invoice_name="T2-000001")
    second = stamped(sequence=2, till="T2", invoice_name="T2-000002", prev_hash=first[0]["hash"])
    forged = stamped(sale(note="other"), till="T2", invoice_name="T2-000001")
    third = stamped(sequence=3, till="T2", invoice_name="T2-000003", prev_hash=forged[0]["hash"])
    copies.put_all(till.store, "T2", [file_of(first)])
    copies.put_all(till.store, "T2", [file_of(first), file_of(second), ("place.json", b"{}")])
    (known,) = operator.get("/api/console/anchors").json["tills"]
    assert (known["sequence"], known["hash"], known["broken"]) == (2, second[0]["hash"], "")
    assert second[0]["hash"][:16] in operator.get("/console/tills").text
    assert not notices.open_notices(till.store, prefix="anchor:")
    copies.put_all(till.store, "T2", [file_of(third)])
    assert "does not follow the document 2" in operator.get("/api/console/anchors").json["tills"][0]["broken"]
    assert "does not follow the document 2" in operator.get("/console/tills").text
    (told,) = notices.open_notices(till.store, prefix="anchor:")
    assert "T2 was written anew: T2-000003 does not follow" in str(told.text)
    fourth = stamped(sequence=4, till="T2", invoice_name="T2-000004", prev_hash=third[0]["hash"])
    copies.put_all(till.store, "T2", [file_of(fourth)])
    assert "document 2" in operator.get("/api/console/anchors").json["tills"][0]["broken"], "it stays so"
    assert [one.count for one in notices.open_notices(till.store, prefix="anchor:")] == [1], "and is told once"
    listed = anchor.kept_in(operator.get("/console/anchors/T2.jsonl").data)
    assert [one.sequence for one in listed] == [1, 2, 3, 4], "a line each time, and none is ever changed"
    assert operator.get("/console/anchors/T3.jsonl").status_code == 404
    assert operator.get("/console/anchors/T-2.jsonl").status_code == 422
    assert page.get("/api/console/anchors").status_code == 401


def test_a_snapshot_tells_of_the_audit_too_and_one_that_is_behind_of_nothing(till: App, tmp_path: Path) -> None:
    with a_till(tmp_path / "other", tmp_path / "stick") as other:
        docs = other.sell(2)
        other.snapshot()
        file = other.newest
        newer = other.sell(1)

    def put(body: bytes, sha256: str) -> None:
        copies.put_piece(till.store, "T1", f"snapshots/{file.name}", Piece(0, len(body), sha256), body)

    copies.put_all(till.store, "T1", [(f"receipts/{ledger.path_of(newer[0])}", _body(tmp_path / "other", newer[0]))])
    put(file.read_bytes(), archive.digest_of(file))
    found = {one["series"]: one for one in copies.known(till.config)}
    assert found["till"]["sequence"] == 3 == docs[-1]["sequence"] + 1
    assert found["audit"]["sequence"] == archive.manifest(file).figures.audit_rows > 0
    assert not any(one["broken"] for one in found.values())


def _body(root: Path, doc: dict[str, Any]) -> bytes:
    return (root / "invoices" / ledger.path_of(doc)).read_bytes()


def test_without_copies_there_is_nothing_to_show(shop: config.Config) -> None:
    assert copies.known(shop) == []


def test_this_tills_own_anchor_is_there_to_be_written_down(
    operator: Console, admin: Page, basket: Callable[..., dict[str, Any]], till: App
) -> None:
    admin.post("/api/create-sale", basket())
    digest, number = till.store.execute("SELECT hash, sequence FROM document ORDER BY n DESC LIMIT 1").fetchone()
    assert anchor.text_of(number, digest) in operator.get("/console/tills").text
