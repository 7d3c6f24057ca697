"""Archive: what must hold before a month goes, what is left at each step, and that everything still finds it."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pos.actions import archive, trace
from pos.config import Config
from pos.errors import Conflict, Corrupt, Invalid
from pos.rules import archived
from pos.store import archives, archiving, audit, copies, disk, rebuild, receipts, sold, unblock
from pos.store.copies import Kept
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Outbox
from pos.store.verify import verify
from tests import books
from tests.putaway import REASON, folders, loose, month_of_sales, only
from tests.receipts import refund, sale, stamped
from tests.store.test_rebuild import ledger_rows


@pytest.fixture
def traded(store: Store, journal: Journal) -> str:
    """March: six sales. April: two. Today: one. The hash of the last one of April."""
    last = month_of_sales(journal, "2026-03", 6)
    last = month_of_sales(journal, "2026-04", 2, first=7, prev=last)
    journal.commit(sale())
    journal.flush()
    return last


def put(store: Store, before: str = "2026-05", reason: str = REASON, **more: object) -> list[archive.Month]:
    planned = archive.planned(store, before, without_backup=reason)
    return [archive.put_away(store, month, "ann", reason, **more) for month in planned]  # type: ignore[arg-type]


def test_a_month_becomes_one_file_and_its_loose_files_go(store: Store, shop: Config, traded: str) -> None:
    before = {path: (shop.invoices / path).read_bytes() for path in loose(shop)}
    march, april = put(store)
    assert (march.month, march.removed, april.month, april.removed) == ("2026-03", 6, "2026-04", 2)
    assert len(loose(shop)) == 1 and len(folders(shop)) == 1, "today's receipt alone, and no empty folder"
    with zipfile.ZipFile(shop.archive / "receipts-2026-03.zip") as opened:
        assert opened.testzip() is None
        names = [name for name in opened.namelist() if name.startswith("invoices/")]
        assert {name[9:]: opened.read(name) for name in names} == {k: v for k, v in before.items() if k < "2026-04"}
        rows = [row.split("  ") for row in opened.read("SHA256SUMS").decode().splitlines()]
        sums = {name: digest for digest, name in rows}
        assert all(hashlib.sha256(opened.read(name)).hexdigest() == sums[name] for name in names)
    assert verify(shop).differences == []
    acts = [row[0] for row in store.execute("SELECT act FROM audit WHERE act LIKE 'archive%' ORDER BY n")]
    assert acts == ["archive.made", "archive"] * 2
    assert REASON in store.execute("SELECT detail FROM audit WHERE act = 'archive'").fetchone()[0]
    assert put(store) == [], "given again, nothing is left to do"


def test_what_is_not_over_stays(store: Store, shop: Config, traded: str) -> None:
    assert [m.month for m in put(store, before="2026-04-30")] == ["2026-03"]
    assert [m.month for m in put(store, before="2099-01")] == ["2026-04"], "never the month we are in"
    assert len(loose(shop)) == 1


def test_everything_still_finds_what_was_put_away(store: Store, shop: Config, journal: Journal, traded: str) -> None:
    rows = ledger_rows(store)
    put(store)
    body = receipts.body(store, "T1-000001")
    assert archives.Files(shop).read("2026-03-01/T1-000001.json") == body
    written = next(one for one in trace.trace(store, shop, "T1-000001")["steps"] if one["key"] == "written")
    assert (written["tone"], written["text"]) == ("done", "file and database equal")
    doc = sold.document(store, "T1-000001")
    assert doc is not None
    back = journal.commit(refund(doc)).doc
    assert back["items"][0]["return_against"]["id"] == doc["id"]
    assert journal.adopt(body, "replay", "ann").duplicate
    journal.close()
    store.close()
    found = rebuild.rebuild(shop)
    assert (found.documents, found.left_alone) == (10, [])
    again = open_store(shop)
    try:
        fresh = ledger_rows(again)
        assert {name: fresh[name][: len(rows[name])] for name in rows if name == "document"} == {
            "document": rows["document"]
        }
        assert verify(shop).differences == []
    finally:
        again.close()


def test_a_till_that_lost_its_database_takes_them_in_at_the_start(
    store: Store, shop: Config, journal: Journal, traded: str
) -> None:
    put(store)
    journal.close()
    store.close()
    for file in shop.data.iterdir():
        file.unlink()
    fresh = open_store(shop)
    try:
        writer = Journal(fresh)
        assert len(writer.recovered.adopted) == 9 and writer.recovered.notices == []
        assert writer.commit(sale()).doc["sequence"] == 10
        writer.close()
        assert verify(shop).differences == []
        again = Journal(fresh)
        assert again.recovered.adopted == []
        again.close()
    finally:
        fresh.close()


def test_receipts_that_come_late_go_into_a_second_file(
    store: Store, shop: Config, journal: Journal, traded: str
) -> None:
    put(store)
    late = sale(
        id="INV-9", invoice_name="INV-9", created_at="2026-03-03T10:00:00.000+00:00", business_day="2026-03-03",
        session="", mode="mock", store="main",
    )  # fmt: skip
    journal.adopt_imported(late, "replay", "ann")
    journal.flush()
    (done,) = put(store)
    assert (done.file, done.removed) == ("receipts-2026-03-2.zip", 1)
    assert verify(shop).differences == [] and len(loose(shop)) == 1


# -- what stands in the way --------------------------------------------------------------------------------------------


def test_an_open_session_keeps_its_month(store: Store, journal: Journal) -> None:
    _, body = stamped(sale(), business_day="2026-03-01", created_at="2026-03-01T10:00:00.000+00:00")
    journal.adopt(body, "test", "ann")
    journal.flush()
    (month,) = archive.planned(store, "2026-05", without_backup=REASON)
    assert "T1-S000001 is not closed" in month.why_not


def test_what_the_books_have_not_booked_keeps_its_month(store: Store, shop: Config, journal: Journal) -> None:
    books.connected(store)
    month_of_sales(journal, "2026-03", 2, mode="erpnext")
    (month,) = archive.planned(store, "2026-05", without_backup=REASON)
    assert "T1-000001 is unknown in the outbox and 1 more" in month.why_not
    first, second = Outbox.select().order_by(Outbox.n)
    Outbox.update(state="booked").where(Outbox.n == first.n).execute()
    Outbox.update(state="rejected").where(Outbox.n == second.n).execute()
    (month,) = archive.planned(store, "2026-05", without_backup=REASON)
    assert "T1-000002 is rejected" in month.why_not
    unblock.resolve(store, second.n, "booked by hand", "ann")
    (month,) = archive.planned(store, "2026-05", without_backup=REASON)
    assert month.why_not == ""


def test_a_snapshot_that_is_proven_and_holds_all_of_it_is_waited_for(store: Store, shop: Config, traded: str) -> None:
    config = replace(shop, backup=replace(shop.backup, places="/stick"))
    store.config = config
    kept = Kept("T1-20260501T000000Z.tkb", "/stick", "person", "2026-05-01T00:00:00.000000Z", 1, 1, "", False, 6, 6, "")
    why = [m.why_not for m in archive.planned(store, "2026-05")]
    assert all("No verified snapshot" in words for words in why)
    copies.add(store, kept)
    assert all(m.why_not for m in archive.planned(store, "2026-05")), "it was never proven"
    copies.add(store, replace(kept, verified_at="2026-05-01T00:00:01.000000Z"))
    march, april = archive.planned(store, "2026-05")
    assert march.why_not == "" and "No verified snapshot" in april.why_not, "it holds six receipts"
    with pytest.raises(Invalid, match="few words"):
        archive.planned(store, "2026-05", without_backup="no")


def test_a_file_that_is_not_as_it_was_written_is_never_archived(store: Store, shop: Config, traded: str) -> None:
    changed = shop.invoices / "2026-03-01/T1-000001.json"
    changed.write_bytes(changed.read_bytes().replace(b"12.00", b"13.00"))
    for words in ("not as it was written", "is missing"):
        with pytest.raises(Corrupt, match=words):
            put(store)
        changed.unlink(missing_ok=True)
    assert len(loose(shop)) == 8 and not list(shop.archive.glob("*.zip"))


def test_one_program_at_a_time(store: Store, shop: Config, traded: str) -> None:
    with archive.locked(shop), pytest.raises(Conflict, match="Another program"):
        put(store)


# -- ended at any step -------------------------------------------------------------------------------------------------


class _Ended(BaseException):
    pass


@pytest.mark.parametrize("step", archive.STEPS)
def test_ended_at_any_step_every_receipt_lies_somewhere_whole(
    store: Store, shop: Config, traded: str, step: str
) -> None:
    def end(name: str) -> None:
        if name == step:
            raise _Ended

    with contextlib.suppress(_Ended):
        put(store, step=end)
    assert verify(shop).differences == []
    march, april = archive.planned(store, "2026-05", without_backup=REASON) if step != "removed" else (None, None)
    put(store)
    assert verify(shop).differences == [] and len(loose(shop)) == 1
    assert [p.name for p in sorted(shop.archive.glob("*.zip"))] == ["receipts-2026-03.zip", "receipts-2026-04.zip"]
    assert step == "removed" or (march is not None and april is not None)


def test_ended_between_two_files_the_rest_goes_the_next_time(
    store: Store, shop: Config, traded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flush(_folder: object) -> None:
        raise _Ended

    monkeypatch.setattr(disk, "flush_folder", lambda folder: flush(folder) if folder.name == "2026-03-02" else None)
    with contextlib.suppress(_Ended):
        put(store)
    monkeypatch.undo()
    assert 1 < len(loose(shop)) < 9 and verify(shop).differences == []
    put(store)
    assert len(loose(shop)) == 1 and verify(shop).differences == []


# -- archives that were harmed -----------------------------------------------------------------------------------------


@pytest.fixture
def away(store: Store, shop: Config, traded: str) -> Iterator[Config]:
    put(store, before="2026-04")
    yield shop


def test_a_changed_byte_is_found_by_verify_and_by_archive_verify(store: Store, away: Config) -> None:
    file = only(away.archive)
    whole = file.read_bytes()
    at = archives.Archive(file)._members["invoices/2026-03-02/T1-000003.json"].at + 120
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    assert any("2026-03-02/T1-000003.json" in words for words in verify(away).differences)
    assert "T1-000003" in archive.proven(store, file.name)
    file.write_bytes(whole)
    assert archive.proven(store, file.name) == ""
    for cut in (whole[:-30], whole[: len(whole) // 2], b""):
        file.write_bytes(cut)
        assert "damaged" in archive.proven(store, file.name)
        assert any("damaged" in words for words in verify(away).differences)
        assert archive.listed(away)[0].contents is None


def test_one_made_anew_with_another_content_is_found(store: Store, away: Config) -> None:
    file = only(away.archive)
    held = archives.Archive(file)
    bodies = {path: held.read(path) for path in held.paths()}
    doc, forged = stamped(sale(note="forged"), 3, business_day="2026-03-02", session="")
    bodies["2026-03-02/T1-000003.json"] = forged
    archiving.write(file, archiving.described(file.name, "now", "eve", "1", bodies), bodies)
    assert "does not follow" in archive.proven(store, file.name)
    assert any("T1-000003" in words for words in verify(away).differences)
    del bodies["2026-03-02/T1-000003.json"]
    archiving.write(file, archiving.described(file.name, "now", "eve", "1", bodies), bodies)
    assert verify(away).differences == ["2026-03-02/T1-000003.json: its file is missing"]
    assert doc["note"] == "forged"


@pytest.mark.parametrize(
    "name", ["invoices/../../x.json", "/etc/passwd", "invoices/2026-04-01/T1-000001.json", "x.json"]
)
def test_a_member_no_archive_holds_is_refused(store: Store, away: Config, name: str) -> None:
    file = only(away.archive)
    with zipfile.ZipFile(file, "a") as opened:
        opened.writestr(name, "{}")
    assert "which no archive of its month holds" in archive.proven(store, file.name)


def test_an_archive_that_is_gone_is_missed(store: Store, away: Config) -> None:
    only(away.archive).unlink()
    found = verify(away).differences
    assert len(found) == 6 and all("its file is missing" in words for words in found)


def test_a_copied_archive_of_another_till_is_not_taken_for_ours(store: Store, away: Config) -> None:
    shutil.copy(only(away.archive), away.archive / "receipts-2026-02.zip")
    (one,) = [row for row in archive.listed(away) if row.contents is None]
    assert "no archive of its month" in one.words


def test_the_audit_is_whole(store: Store, away: Config) -> None:
    assert audit.verify_chain(store)[1] == ""
    assert archived.month_of(only(away.archive).name) == "2026-03"
