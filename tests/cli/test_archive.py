"""`archive`: what a person sees and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pos_server
from pos import config as settings
from pos.config import Config
from pos.store.db import open_store
from pos.store.journal import Journal
from tests.putaway import loose, month_of_sales, only

Outcome = tuple[int, str]


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    found = settings.load(tmp_path, environ={})
    store = open_store(found)
    journal = Journal(store)
    month_of_sales(journal, "2026-03", 3)
    journal.close()
    store.close()
    yield found


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    def one(*words: str) -> Outcome:
        try:
            code = pos_server.main(["--root", str(tmp_path), *words])
        except SystemExit as end:
            code = int(end.code or 0)
        out = capsys.readouterr()
        return code, out.out + out.err

    return one


def test_from_the_first_look_to_a_verified_file(config: Config, run: Callable[..., Outcome]) -> None:
    assert run("archive")[0] != 0
    code, words = run("archive", "--before", "2026-04-01")
    assert code == 1 and "2026-03: 3 receipts stay. No verified snapshot has all of it." in words
    code, words = run("archive", "--before", "2026-04-01", "--without-backup", "kept in the safe", "--dry-run")
    assert (code, words) == (0, "2026-03: 3 receipts would be archived.\n") and len(loose(config)) == 3
    code, words = run("archive", "--before", "2026-04-01", "--without-backup", "kept in the safe")
    assert code == 0 and "2026-03: receipts-2026-03.zip" in words and "3 loose files removed." in words
    assert loose(config) == []
    code, words = run("archive", "--before", "2026-04-01")
    assert code == 0 and "Nothing to archive" in words
    code, words = run("archive", "list")
    assert code == 0 and "receipts-2026-03.zip" in words and "3 receipts" in words
    assert run("archive", "verify") == (0, "receipts-2026-03.zip: whole\n")
    assert run("verify")[0] == 0


def test_a_damaged_one_ends_with_1_and_its_name(config: Config, run: Callable[..., Outcome]) -> None:
    run("archive", "--before", "2026-04", "--without-backup", "kept in the safe")
    file = only(config.archive)
    file.write_bytes(file.read_bytes()[:-10])
    for words in (("archive", "verify"), ("archive", "list"), ("verify",)):
        code, told = run(*words)
        assert code == 1 and "receipts-2026-03.zip" in told and "damaged" in told, words
    assert run("archive", "verify", "receipts-2020-01.zip")[0] == 1
