"""`import KIND FILE…`: the same whether a server runs or not; bad rows are named, good ones go in."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import config
from pos.store import catalog, vouchers
from pos.store.db import open_store
from tests.till_process import Till

ITEMS = """\
code,name,group,price,tax,barcode,stock,template,has_variants,attribute Size
BOOT,Boot,Shoes,,20,,,,yes,
BOOT-9,Boot 9,Shoes,49.99,20,5012345678900,3,BOOT,,UK 9
NUTS,Nuts,Food,1.20,0,,7,,,
,Nameless code,Food,1.00,0,,,,,
NUTS,Nuts again,Food,1.30,0,,,,,
PEAR,Pear,Food,one pound,0,,,,,
"""


SERVED, STRAIGHT = "with a running server", "straight into the folder"
#: Where the two ways differ: rows kept, changes found, kinds that are documents. The rest is the same code.
both_ways = pytest.mark.parametrize("till", [SERVED, STRAIGHT], indirect=True)


@pytest.fixture
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    one = Till(tmp_path / "till")
    one.root.mkdir()
    if getattr(request, "param", STRAIGHT) == SERVED:
        with one:
            yield one
    else:
        yield one


@both_ways
def test_good_rows_go_in_and_bad_ones_are_listed_with_line_and_reason(till: Till, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text(ITEMS, encoding="utf-8")
    done = till.command("import", "items", str(file))
    assert done.returncode == 1
    assert "6 rows, 3 new, 0 changed, 3 refused" in done.stdout
    assert "Traceback" not in done.stderr

    with (tmp_path / "items.rejected.csv").open(encoding="utf-8-sig", newline="") as rejects:
        refused = [(row["line"], row["reason"].split(";")[0], row["name"]) for row in csv.DictReader(rejects)]
    assert refused == [
        ("5", "code is empty.", "Nameless code"),
        ("6", "the code NUTS stands further up already", "Nuts again"),
        ("7", "price is 'one pound'", "Pear"),
    ]

    store = open_store(config.load(till.root, environ={}))
    try:
        found = catalog.by_barcode(store, "5012345678900")
        assert found.tile.code == "BOOT-9"
        assert catalog.goods(store, ["NUTS"])["NUTS"].name == "Nuts"
        assert catalog.matrix(store, "BOOT").cells != []
        assert store.execute("SELECT amount FROM price WHERE item = 'BOOT-9'").fetchone() == (4999,)
    finally:
        store.close()


def test_the_same_list_again_changes_nothing_and_a_corrected_one_only_what_differs(till: Till, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    good = "code,name,group,price\nA,Apple,Food,0.30\nB,Bread,Food,1.10\n"
    file.write_text(good, encoding="utf-8")
    assert "2 rows, 2 new, 0 changed, 0 refused" in till.command("import", "items", str(file)).stdout
    again = till.command("import", "items", str(file))
    assert (again.returncode, "2 rows, 0 new, 0 changed, 0 refused" in again.stdout) == (0, True)
    file.write_text(good.replace("Bread", "Brown bread"), encoding="utf-8")
    assert "0 new, 1 changed, 0 refused" in till.command("import", "items", str(file)).stdout
    assert not (tmp_path / "items.rejected.csv").exists()


def test_customers_go_in(till: Till, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("code;name;phone\nC1;Ada Finch;0123\n", encoding="utf-8")
    assert till.command("import", "customers", str(file)).returncode == 0
    store = open_store(config.load(till.root, environ={}))
    try:
        known = catalog.customer(store, "C1")
        assert known is not None
        assert known.name == "Ada Finch"
    finally:
        store.close()


def test_a_wrong_header_stops_every_file_before_anything_goes_in(till: Till, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("code,name,group\nA,Apple,Food\n", encoding="utf-8")
    bad.write_text("code,name,colour\nA,Apple,Food\n", encoding="utf-8")
    done = till.command("import", "items", str(good), str(bad))
    assert done.returncode == 2
    assert "bad.csv" in done.stderr
    missing = till.command("import", "items", str(tmp_path / "none.csv"))
    assert missing.returncode == 1
    assert "none.csv" in missing.stderr
    (tmp_path / "wide.csv").write_bytes("code,name,group\nA,Café,Food\n".encode("utf-16"))
    assert "UTF-8" in till.command("import", "items", str(tmp_path / "wide.csv")).stderr
    store = open_store(config.load(till.root, environ={}))
    try:
        assert catalog.goods(store, ["A"]) == {}
    finally:
        store.close()


def test_a_list_of_thousands_goes_in_by_pieces(till: Till, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    rows = "".join(f"N{i},Nail {i},Iron,0.{i % 100:02}\n" for i in range(1800))
    file.write_text("code,name,group,price\n" + rows, encoding="utf-8")
    assert "1800 rows, 1800 new, 0 changed, 0 refused" in till.command("import", "items", str(file)).stdout


def test_a_list_in_windows_letters_is_read_and_says_so(till: Till, tmp_path: Path) -> None:
    file = tmp_path / "excel.csv"
    file.write_bytes("code;name;group;price\nA;Café crème €;Food;1,50\n".encode("cp1252"))
    done = till.command("import", "items", str(file))
    assert done.returncode == 0
    assert "read as Windows-1252" in done.stdout
    store = open_store(config.load(till.root, environ={}))
    try:
        assert catalog.goods(store, ["A"])["A"].name == "Café crème €"
        assert catalog.search(store, "cafe creme").total == 1
    finally:
        store.close()


def test_a_dry_run_says_what_would_happen_and_changes_nothing(till: Till, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text(ITEMS, encoding="utf-8")
    done = till.command("import", "items", str(file), "--dry-run")
    assert "6 rows, 3 new, 0 changed, 3 refused. Nothing was changed" in done.stdout
    assert (tmp_path / "items.rejected.csv").exists()
    store = open_store(config.load(till.root, environ={}))
    try:
        assert catalog.goods(store, ["BOOT", "NUTS"]) == {}
    finally:
        store.close()


def test_templates_may_stand_below_their_variants(till: Till, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text(
        "code,name,group,template,has_variants,attribute Size\nB-9,Boot,Shoes,B,,UK 9\nB,Boot,Shoes,,yes,\n",
        encoding="utf-8",
    )
    assert "2 rows, 2 new, 0 changed, 0 refused" in till.command("import", "items", str(file)).stdout


@both_ways
def test_vouchers_and_receipts_of_the_older_till_go_in_once(till: Till, tmp_path: Path) -> None:
    listed = tmp_path / "vouchers.json"
    listed.write_text('[{"code": "OLD-1", "balance": 25.5, "origin": "ERPpos"}, {"code": "OLD-2", "balance": 0}]')
    done = till.command("import", "vouchers", str(listed))
    assert (done.returncode, "2 rows, 1 new, 0 changed, 1 refused" in done.stdout) == (1, True), done.stderr
    assert "used up is left out" in (tmp_path / "vouchers.rejected.csv").read_text(encoding="utf-8-sig")
    tried = till.command("import", "vouchers", str(listed), "--dry-run")
    assert "0 new" in tried.stdout and "dry run" in tried.stdout
    receipts = tmp_path / "older"
    receipts.mkdir()
    (receipts / "SINV-POS-1.json").write_text(
        '{"invoice_name": "SINV-POS-1", "created_at": "2026-03-01T10:00:00", "mode": "erpnext", "total": 5.0,'
        ' "items": [{"item_code": "A", "name": "Apple", "qty": 1, "rate": 5.0, "amount": 5.0}],'
        ' "payments": [{"mode_of_payment": "Cash", "amount": 5.0}]}'
    )
    for words in ("1 taken in, 0 already here", "0 taken in, 1 already here"):
        done = till.command("import", "receipts", str(receipts))
        assert (done.returncode, words in done.stdout) == (0, True), done.stdout
    store = open_store(config.load(till.root, environ={}))
    try:
        assert vouchers.balance(store, "OLD-1").balance == 2550
    finally:
        store.close()
