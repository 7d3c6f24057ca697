"""A customer taken out of what exports of other tills left here, where a name stands and no code."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pos.actions import anonymise, imports
from pos.errors import NotFound
from pos.store import imports as import_files
from pos.store.db import Store
from pos.store.journal import Journal
from tests.actions.test_anonymise import NAME, WHY


@pytest.mark.both_engines
def test_rows_and_files_of_exports_name_her_no_more(store: Store, journal: Journal) -> None:
    """Also somebody no list and no receipt knows: exports write a name alone."""
    head = (Path(__file__).parents[1] / "data" / "epos_now" / "day.csv").read_text(encoding="utf-8").splitlines()[0]
    rows = [f"{who},Quay,1,Tea,Drinks,20/11/2026 10:0{at},{total},Cash,2.00,,0.40,Ben"
            for at, (who, total) in enumerate([(NAME, "2.40"), ("Otto Other", "2.40"), (NAME, "x")])]  # fmt: skip
    body = "\n".join((head, *rows, ""))
    file = imports.upload(store, store.config, "main", "day.csv", io.BytesIO(body.encode()), "T")
    imports.take_in(store, store.config, "main", "T")
    path = store.config.data / file.place
    assert path.is_file() and anonymise.planned(store, NAME).rows == 1
    done = anonymise.take_out(journal, anonymise.planned(store, NAME), WHY, "cli:ann")
    assert (done.left, path.exists()) == ([], False)
    named = store.execute("SELECT customer FROM import_row ORDER BY n").fetchall()
    assert [who for (who,) in named] == ["(blanked)", "Otto Other"]
    assert "(blanked),Quay" in store.execute("SELECT row_text FROM import_reject").fetchone()[0]
    again = imports.upload(store, store.config, "main", "day.csv", io.BytesIO(body.encode()), "T")
    assert imports.take_in(store, store.config, "main", "T")[0].new_rows == 0
    assert import_files.one(store, "main", again.n).gone_rows == 0
    with pytest.raises(NotFound):
        anonymise.planned(store, NAME)
