"""`replay FILE…` and the runbook's POST: harmless when repeated, never priced again, refused when changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import config
from pos.store.db import open_store
from pos.store.journal import Journal
from tests.receipts import sale
from tests.till_process import Till


@pytest.fixture(params=["with a running server", "straight into the folder"])
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    one = Till(tmp_path / "till")
    one.root.mkdir()
    if request.param == "with a running server":
        with one:
            yield one
    else:
        yield one


@pytest.fixture
def elsewhere(tmp_path: Path) -> list[Path]:
    """Three receipts another folder made."""
    root = tmp_path / "elsewhere"
    root.mkdir()
    store = open_store(config.load(root, environ={}))
    journal = Journal(store)
    made = [store.config.invoices / journal.commit(sale()).path for _ in range(3)]
    journal.close()
    store.close()
    return made


def saved(till: Till) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (till.root / "invoices").rglob("*.json")}


def test_receipts_are_taken_in_byte_for_byte_and_once(till: Till, elsewhere: list[Path]) -> None:
    done = till.command("replay", *map(str, elsewhere))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "3 taken in, 0 already here, 0 refused.")
    assert saved(till) == {p.name: p.read_bytes() for p in elsewhere}
    again = till.command("replay", str(elsewhere[0].parent))
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "0 taken in, 3 already here, 0 refused.")
    assert saved(till) == {p.name: p.read_bytes() for p in elsewhere}
    assert till.command("verify").returncode == 0


def test_a_changed_receipt_is_refused_and_the_others_go_in(till: Till, elsewhere: list[Path], tmp_path: Path) -> None:
    forged = tmp_path / "forged.json"
    forged.write_bytes(elsewhere[1].read_bytes().replace(b"12.00", b"21.00"))
    (tmp_path / "note.json").write_text("{}")
    words = [elsewhere[0], forged, tmp_path / "note.json", tmp_path / "none.json", elsewhere[2]]
    done = till.command("replay", *map(str, words))
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "2 taken in, 0 already here, 3 refused."
    assert [line.split(":")[0].split()[0] for line in done.stdout.splitlines()[:-1]] == [
        "taken",
        *["REFUSED"] * 3,
        "taken",
    ]
    assert "Traceback" not in done.stdout + done.stderr
    assert set(saved(till)) == {elsewhere[0].name, elsewhere[2].name}


def test_the_runbooks_post_takes_a_receipt_in_with_a_key_and_not_without(tmp_path: Path, elsewhere: list[Path]) -> None:
    with Till(tmp_path / "till") as till:
        key = till.command("token", "add", "replay").stdout.strip()
        line = till.line()
        line.key = key
        body = elsewhere[0].read_bytes()
        assert [line.ask("POST", "/api/create-sale", body)[0] for _ in range(3)] == [201, 200, 200]
        line.key = "tk_wrong"
        status, answer = line.ask("POST", "/api/create-sale", elsewhere[1].read_bytes())
        assert (status, answer["ok"]) == (401, False)
        assert set(saved(till)) == {elsewhere[0].name}
        line.close()
