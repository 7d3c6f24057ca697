"""`anonymise`: what a person sees and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import pos_server
from pos import config as settings
from pos.store.db import open_store
from pos.store.journal import Journal
from tests.copied import Till
from tests.copied import till as a_till
from tests.receipts import sale

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def one(*words: str) -> tuple[int, str]:
        try:
            code = pos_server.main(["--root", str(tmp_path / "till"), *words])
        except SystemExit as end:
            code = int(end.code or 0)
        out = capsys.readouterr()
        return code, out.out + out.err

    return one


def sold(root: Path) -> None:
    root.mkdir(exist_ok=True)
    store = open_store(settings.load(root, environ={}))
    journal = Journal(store)
    for _ in range(3):
        journal.commit(sale(customer="JANE-42"))
    journal.close()
    store.close()


def test_from_the_first_look_to_the_end(run: Run, tmp_path: Path) -> None:
    sold(tmp_path / "till")
    assert run("anonymise", "JANE-42", "--dry-run") == (0, "3 receipts; not in the list of customers.\n")
    code, words = run("anonymise", "JANE-42")
    assert code == 2 and "Say in a few words why" in words
    code, words = run("anonymise", "JANE-42", "--reason", "asked for it in writing")
    assert code == 0 and "3 receipts blanked. Recorded as T1-000004." in words
    assert run("verify")[0] == 0
    code, words = run("anonymise", "JANE-42", "--reason", "asked for it in writing")
    assert code == 1 and "no customer JANE-42" in words


def test_refused_while_a_server_runs(run: Run, tmp_path: Path) -> None:
    sold(tmp_path / "till")
    store = open_store(settings.load(tmp_path / "till", environ={}))
    journal = Journal(store)
    assert run("anonymise", "JANE-42", "--reason", "asked for it in writing")[0] == 3
    journal.close()
    store.close()


def test_copies_are_blanked_too_and_what_is_not_reached_is_said(run: Run, tmp_path: Path) -> None:
    root, stick = tmp_path / "till", tmp_path / "stick"
    with a_till(root, stick) as till:
        _with_copies(till)
    away = stick.rename(tmp_path / "drawer")
    code, words = run("anonymise", "JANE-42", "--reason", "asked for it in writing")
    assert code == 1 and "could not be blanked" in words and "anonymise --copies" in words
    away.rename(stick)
    copies = list((stick / "T1" / "receipts").glob("*/*.json"))
    assert any(b"JANE-42" in copy.read_bytes() for copy in copies)
    code, words = run("anonymise", "--copies")
    assert code == 0 and "1 snapshots at" in words and "still name the customer" in words
    assert not any(b"JANE-42" in copy.read_bytes() for copy in copies)
    assert {c.name: c.read_bytes() for c in copies} == {
        f.name: f.read_bytes() for f in (root / "invoices").glob("*/*.json") if f.name in {c.name for c in copies}
    }


def _with_copies(till: Till) -> None:
    till.journal.commit(sale(customer="JANE-42"))
    till.journal.commit(sale())
    till.copy()
    till.snapshot()
