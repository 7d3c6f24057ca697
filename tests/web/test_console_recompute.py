"""A Z made again at the console: printed, database, files and count side by side, and what differs by name."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from pos.app import App
from pos.store import takings
from tests.web.conftest import Console, Page
from tests.web.test_report import close


@pytest.fixture
def owner(till: App, operator: Console, admin: Page, basket: Any) -> Console:
    """Cleo at the console, after two sales and a close."""
    for mugs in (1, 2):
        assert admin.post("/api/create-sale", basket(mugs)).status_code == 201
    close(admin)
    return Console(till).sign_in("9")


def figures(page: Page) -> dict[str, dict[str, Any]]:
    return {f"{row['of']} {row['name']}": row for row in page.get("/api/console/z?number=1").json["rows"]}


@pytest.mark.both_engines
def test_files_database_and_print_agree_beside_the_count(till: App, owner: Console) -> None:
    """A hub on PostgreSQL has no files: the documents it holds stand there instead."""
    files = "Files" if till.store.keeps_files else "Documents"
    found = owner.get("/api/console/z?number=Z0001").json
    assert found["equal"] and found["words"] == f"{files}, database and print give the same, to the penny."
    rows = figures(owner)
    total = rows["sum total"]
    assert (total["printed"], total["database"], total["files"]) == ("14.97", "14.97", "14.97")
    assert rows["tender Cash"]["files"] == "14.97"
    assert rows["drawer cash"]["counted"] == rows["drawer cash"]["printed"]
    assert rows["count documents"]["files"] == "2"
    page = owner.get("/console/z?number=1").text
    assert "£14.97" in page and f"From the {files.lower()}" in page
    lines = list(csv.DictReader(io.StringIO(owner.get("/console/z.csv?number=1").text.removeprefix("\ufeff"))))
    assert [line["files"] for line in lines if line["name"] == "total"] == ["14.97"]
    assert "Z0001" in owner.get("/console/z").text
    listed = owner.get("/api/console/zreads").json
    assert ([row["name"] for row in listed["rows"]], listed["before"]) == (["Z0001"], None)
    rows = list(csv.DictReader(io.StringIO(owner.get("/console/z.csv").text.removeprefix("\ufeff"))))
    assert [(row["name"], row["number"]) for row in rows] == [("Z0001", "1")]
    assert owner.get("/api/console/zreads?before=1").json["rows"] == []
    assert owner.get("/api/console/zreads?before=x").json["field"] == "before"


def test_sums_changed_in_the_database_stand_apart_from_the_files(till: App, owner: Console) -> None:
    takings.roll(till.store)
    till.store.execute("UPDATE takings_tenders SET amount = amount + 1")
    rows = figures(owner)
    assert (rows["tender Cash"]["equal"], rows["sum total"]["equal"]) == (False, True)
    assert rows["tender Cash"]["files"] == rows["tender Cash"]["printed"] == "14.97"
    assert "differ" in owner.get("/api/console/z?number=1").json["words"]


@pytest.mark.sqlite
def test_a_file_that_is_gone_or_torn_is_named(till: App, owner: Console) -> None:
    paths = [row[0] for row in till.store.execute("SELECT path FROM document WHERE kind = 'sale' ORDER BY n")]
    (till.config.invoices / paths[0]).unlink()
    (till.config.invoices / paths[1]).write_bytes(b'{"torn')
    found = owner.get("/api/console/z?number=1").json
    assert [one["path"] for one in found["trouble"]] == paths
    assert not found["equal"]
    assert all(row["files"] is None for row in found["rows"] if row["of"] == "sum")
    assert paths[0] in owner.get("/console/z?number=1").text


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_document_changed_in_the_database_is_named_where_there_are_no_files(till: App, owner: Console) -> None:
    (path,) = till.store.execute("SELECT path FROM document WHERE number = 'T1-000001'").fetchone()
    till.store.execute("UPDATE document SET body = replace(body, '4.99', '4.89') WHERE number = 'T1-000001'")
    found = owner.get("/api/console/z?number=1").json
    assert ([one["path"] for one in found["trouble"]], found["equal"]) == ([path], False)
    assert found["words"].startswith("1 document is not as it was sold")
    assert path in owner.get("/console/z?number=1").text


def test_no_such_z_and_no_right(owner: Console, operator: Console) -> None:
    assert owner.get("/api/console/z?number=77").status_code == 404
    assert owner.get("/api/console/z").json["field"] == "number"
    for path in ("/console/z", "/console/z.csv?number=1", "/api/console/z?number=1"):
        assert operator.get(path).status_code == 403
