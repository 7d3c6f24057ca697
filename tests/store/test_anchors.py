"""Anchors against an attacker who can write to folder and database and knows this program: what the chain alone finds,
and what only a head that was written down elsewhere finds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pos import cli
from pos.config import Config
from pos.errors import Corrupt, NotFound
from pos.rules import anchor, documents, ledger
from pos.rules.anchor import AUDIT, Anchor
from pos.store import anchors, archive, audit
from pos.store.anchors import Anchors
from pos.store.db import open_store
from pos.store.rebuild import rebuild
from pos.store.verify import verify
from tests.copied import till as a_till
from tests.receipts import sale, stamped

Docs = list[dict[str, Any]]
SOLD = 6


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Anchors, Path]:
    """A till with six sales, the head its Z would say then, and a snapshot made then."""
    root = tmp_path_factory.mktemp("sold")
    with a_till(root / "till", root / "stick") as till:
        docs = till.sell(SOLD)
        till.snapshot()
        snapshot = till.newest
    return root / "till", Anchors([anchor.of_document(docs[-1], "the Z")]), snapshot


def opened(root: Path) -> Config:
    from pos import config

    return config.load(root, {})


@pytest.fixture
def till(sold: tuple[Path, Anchors, Path], tmp_path: Path) -> Config:
    shutil.copytree(sold[0], tmp_path / "till")
    return opened(tmp_path / "till")


# -- the receipts ------------------------------------------------------------------------------------------------------


def edit(docs: Docs) -> None:
    docs[2]["note"] = "never said"


def delete_middle(docs: Docs) -> None:
    del docs[2]


def delete_last(docs: Docs) -> None:
    del docs[-1]


def truncate(docs: Docs) -> None:
    del docs[3:]


def insert(docs: Docs) -> None:
    docs.insert(2, dict(stamped(sale(), 99)[0], business_day=docs[2]["business_day"], session=docs[2]["session"]))


def reorder(docs: Docs) -> None:
    docs[1], docs[3] = docs[3], docs[1]


def rewrite(docs: Docs) -> None:
    for doc in docs:
        doc["note"] = "another shop's day"


ATTACKS = (edit, delete_middle, delete_last, truncate, insert, reorder, rewrite)
#: Found by the chain alone where the links were left as they were: everything but an end that is gone.
FOUND_BY_CHAIN = {edit, delete_middle, insert, reorder, rewrite}
#: The number from which on the till is another one.
FIRST: dict[Callable[[Docs], None], int] = {
    edit: 3,
    delete_middle: 3,
    delete_last: 6,
    truncate: 4,
    insert: 3,
    reorder: 2,
    rewrite: 1,
}


def read(till: Config) -> Docs:
    files = sorted(till.invoices.glob("*/*.json"))
    return [documents.verify(file.read_bytes()) for file in files]


def write(till: Config, docs: Docs, *, chained: bool) -> None:
    """Folder and database as if these had been the sales, each file whole by itself; `chained`: and each carries the
    hash of the one before it, from end to end."""
    shutil.rmtree(till.invoices)
    before = documents.GENESIS
    for number, doc in enumerate(docs, start=1):
        bare = {k: v for k, v in doc.items() if k != "hash"}
        fresh = {"sequence": number, "invoice_name": ledger.number_of("T1", number)}
        whole, body = documents.stamp({**bare, **fresh}, prev_hash=before if chained else doc["prev_hash"])
        before = whole["hash"]
        file = till.invoices / ledger.path_of(whole)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    left = rebuild(till).left_alone
    assert not left, left


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.__name__)
@pytest.mark.parametrize("chained", [False, True], ids=["crude", "chain rebuilt"])
def test_whatever_was_done_to_the_receipts_the_anchor_finds_it(
    sold: tuple[Path, Anchors, Path], till: Config, attack: Callable[[Docs], None], chained: bool
) -> None:
    docs = read(till)
    attack(docs)
    write(till, docs, chained=chained)
    alone = verify(till)
    crude = not chained and attack in FOUND_BY_CHAIN
    assert bool(alone.differences) == crude, alone.differences
    known = Anchors(sold[1].heads)
    words = verify(till, known=known).differences
    if chained or attack not in FOUND_BY_CHAIN:
        assert len(words) == 1 and "the Z knew" in words[0], words
    if attack in (delete_last, truncate, delete_middle):
        left = {delete_last: 5, truncate: 3, delete_middle: 5}[attack]
        assert words[-1].startswith("the end of the chain of till T1 (till) is missing: the Z knew 6 documents")
        assert f"there are {left}; those from number {left + 1} on were taken away" in words[-1]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.__name__)
def test_a_snapshot_names_the_very_document(
    sold: tuple[Path, Anchors, Path], till: Config, attack: Callable[[Docs], None], tmp_path: Path
) -> None:
    docs = read(till)
    attack(docs)
    write(till, docs, chained=True)
    known = anchors.read([str(sold[2])], None, tmp_path)
    words = verify(till, known=known).differences
    first = f"T1-{FIRST[attack]:06d}.json"
    assert any(first in one and "snapshot" in one for one in words), (first, words)


def test_what_was_sold_since_is_no_difference(sold: tuple[Path, Anchors, Path], tmp_path: Path) -> None:
    root = tmp_path / "till"
    shutil.copytree(sold[0], root)
    with a_till(root, tmp_path / "stick") as till:
        till.sell(2)
    known = anchors.read([str(sold[2])], None, tmp_path)
    known.heads += sold[1].heads
    assert known.told() == f"{len(known.heads)} heads and 6 receipts"
    assert verify(opened(root), known=known).differences == []


# -- the audit ---------------------------------------------------------------------------------------------------------


def rows_of(till: Config) -> list[list[Any]]:
    store = open_store(till)
    rows = [
        list(r) for r in store.execute("SELECT at, actor, act, subject, detail, prev_hash, hash FROM audit ORDER BY n")
    ]
    store.close()
    return rows


def rewritten(till: Config, rows: list[list[Any]], *, chained: bool) -> None:
    store = open_store(till)
    with store.transaction():
        store.execute("DELETE FROM audit")
        before = audit.GENESIS
        for n, row in enumerate(rows, start=1):
            if chained:
                row[5:] = [before, audit._digest(before, tuple(row[:5]))]
            before = row[6]
            columns = "n, at, actor, act, subject, detail, prev_hash, hash"
            store.execute(f"INSERT INTO audit ({columns}) VALUES (?,?,?,?,?,?,?,?)", (n, *row))
    store.close()


def audit_edit(rows: list[list[Any]]) -> None:
    rows[2][1] = "somebody else"


def audit_delete_middle(rows: list[list[Any]]) -> None:
    del rows[2]


def audit_delete_last(rows: list[list[Any]]) -> None:
    del rows[-1]


def audit_insert(rows: list[list[Any]]) -> None:
    rows.insert(2, list(rows[1]))


def audit_reorder(rows: list[list[Any]]) -> None:
    rows[1], rows[3] = rows[3], rows[1]


@pytest.mark.parametrize(
    "attack",
    [audit_edit, audit_delete_middle, audit_delete_last, audit_insert, audit_reorder],
    ids=lambda a: a.__name__,
)
@pytest.mark.parametrize("chained", [False, True], ids=["crude", "chain rebuilt"])
def test_whatever_was_done_to_the_audit_the_anchor_finds_it(
    till: Config, attack: Callable[[list[list[Any]]], None], chained: bool
) -> None:
    rows = rows_of(till)
    known = Anchors([Anchor("", AUDIT, len(rows), rows[-1][6], "the snapshot")])
    assert verify(till, known=known).differences == []
    attack(rows)
    rewritten(till, rows, chained=chained)
    alone = verify(till).differences
    assert bool(alone) == (not chained and attack is not audit_delete_last), alone
    words = [one for one in verify(till, known=known).differences if one not in alone]
    assert alone or (len(words) == 1 and "audit" in words[0] and "the snapshot knew" in words[0]), words


# -- where anchors come from -------------------------------------------------------------------------------------------


def test_each_source_is_read_and_said_in_words(
    sold: tuple[Path, Anchors, Path], till: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = sold[1].heads[0]
    docs = read(till)
    folder = tmp_path / "kept" / "T1"
    folder.mkdir(parents=True)
    anchors.arrived(folder, docs[:4], "2026-11-21T10:00:00.000Z")
    anchors.arrived(folder, docs[3:], "2026-11-21T10:00:09.000Z")
    assert [k.sequence for k in anchors.kept(folder).values()] == [SOLD]
    last = next(till.invoices.glob("*/*6.json"))
    sources = [
        anchor.text_of(head.sequence, head.hash), str(sold[2]), str(last), str(last.parent.parent),
        str(folder / anchors.LIST),
    ]  # fmt: skip
    words = [w for one in sources for w in ("--anchor", one)]
    assert cli.main(["verify", *words], till.root) == cli.OK
    assert "known elsewhere" in capsys.readouterr().out
    kept = tmp_path / "kept-elsewhere"
    shutil.copytree(till.invoices, kept)
    sources[2:4] = [str(kept / last.parent.name / last.name), str(kept)]
    truncate(docs)
    write(till, docs, chained=True)
    assert cli.main(["verify"], till.root) == cli.OK, "a chain that ends early is whole"
    capsys.readouterr()
    for one in sources:
        assert cli.main(["verify", "--anchor", one], till.root) == cli.FAILED
        assert "DIFFERS: the end of the chain of till T1 (till) is missing" in capsys.readouterr().out, one
    with pytest.raises(NotFound, match="neither HASH:COUNT"):
        cli.main(["verify", "--anchor", "no-such-file"], till.root)
    forged = tmp_path / "z.json"
    forged.write_bytes((kept / last.parent.name / last.name).read_bytes().replace(b"Ann", b"Eve"))
    with pytest.raises(Corrupt, match=r"z\.json proves nothing"):
        anchors.read([str(forged)], None, tmp_path)


def test_a_list_goes_on_behind_a_line_that_a_power_cut_broke(tmp_path: Path) -> None:
    first, _ = stamped(sequence=1)
    second, _ = stamped(sequence=2, prev_hash=first["hash"])
    anchors.arrived(tmp_path, [first], "1")
    with (tmp_path / anchors.LIST).open("ab") as out:
        out.write(b'{"at": "2", "ti')
    anchors.arrived(tmp_path, [second], "3")
    anchors.arrived(tmp_path, [first, second], "4")
    lines = (tmp_path / anchors.LIST).read_bytes().splitlines()
    assert len(lines) == 3 and json.loads(lines[2])["sequence"] == 2
    assert [k.at for k in anchors.kept(tmp_path).values()] == ["3"]
    assert not anchors.kept(tmp_path / "nobody")


def test_the_list_in_an_archive_is_the_snapshots_own(sold: tuple[Path, Anchors, Path]) -> None:
    manifest, sums = archive.listed(sold[2])
    assert manifest.receipts == SOLD == len([name for name in sums if name.startswith("invoices/")])
