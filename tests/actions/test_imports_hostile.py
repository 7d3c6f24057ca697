"""Exports that are meant badly, or come at a bad moment: told in words, and no other file waits for them."""

from __future__ import annotations

import os

import pytest

from pos.actions import imports
from pos.store import companies, notices
from pos.store import imports as files
from pos.store.db import Store
from tests.actions.test_imports import DAY, HEAD, csv, drop, line, take


def test_one_row_or_file_that_is_meant_badly_holds_up_no_other(store: Store) -> None:
    """A number that no database holds broke off every round of the company, for ever."""
    kept_there = imports.folder(store.config, "main") / imports.KEPT
    kept_there.mkdir(parents=True)
    (kept_there / "link.csv").symlink_to("/etc/hostname")
    big, odd = line(qty="9" * 25), line("20/11/2026 10:00+9900")
    drop(store, "a.csv", csv(line(), big, odd))
    drop(store, "b.csv", b"PK\x03\x04and so on")
    drop(store, "c.csv", b"")
    drop(store, "d.csv", f"{HEAD},{HEAD.split(',')[6]}\n{line()},9.99\n")
    taken, workbook, empty, doubled = take(store)
    assert (taken.new_rows, taken.rejected_rows) == (1, 2)
    assert workbook.words == "It is a zip or a workbook, not CSV: save it as CSV and drop that."
    assert (empty.words, doubled.words) == ("The file is empty.", "Columns are there twice: TOTAL Sales.")


def test_a_file_that_is_written_to_while_it_is_taken_in_is_refused_and_nothing_is_gone(store: Store) -> None:
    rows = [line(name=f"N{n}") for n in range(files.BITE_ROWS + 1)]
    drop(store, "a.csv", csv(*rows))
    take(store)
    drop(store, "b.csv", csv(*rows, line(name="more")))

    def cut() -> None:
        (path,) = (imports.folder(store.config, "main") / imports.KEPT).glob("*-b.csv")
        path.write_bytes(b"")

    (file,) = take(store, breathe=cut)
    assert (file.state, file.words) == ("refused", "It was changed after it was put aside: drop it again.")
    assert imports.raw_of(store, "main", DAY).rows >= len(rows)


def test_files_dropped_at_once_are_taken_in_as_they_were_written(store: Store) -> None:
    for n, name in enumerate(("z", "b", "y", "a", "c", "x")):
        path = drop(store, f"{name}.csv", csv(line()))
        os.utime(path, (1_700_000_000 + n // 2,) * 2)
    assert [file.name[0] for file in take(store)] == ["b", "z", "a", "y", "c", "x"]


def test_the_same_file_in_two_companies_folders_is_told(store: Store) -> None:
    companies.add(store, "north", "North", "T")
    drop(store, "a.csv", csv(line()))
    drop(store, "a.csv", csv(line()), "north")
    assert imports.warnings(store, take(store)) == []
    (there,) = imports.take_in(store, store.config, "north", "T")
    assert imports.warnings(store, [there]) == [
        "a.csv is the same file as one another company took in: see whose it is."
    ]


def test_a_file_that_may_not_be_read_is_told_until_it_may(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(store, "a.csv", csv(line()))
    with monkeypatch.context() as closed:

        def refuse(*_: object) -> None:
            raise PermissionError

        closed.setattr(imports, "_put_aside", refuse)
        for _ in range(2):
            assert take(store) == []
    (told,) = notices.open_notices(store, prefix="import-stuck:")
    assert told.text.endswith("cannot be taken up: a.csv.")
    assert len(take(store)) == 1
    assert list(notices.open_notices(store, prefix="import-stuck:")) == []
