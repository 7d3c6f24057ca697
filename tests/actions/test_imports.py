"""Exports are taken in whole, once, and again without a change; what cannot be understood is said, and nothing is
guessed. Their rows become documents of their day, and what comes later a supplement."""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pos.actions import import_books, import_format, imports, run_settings
from pos.actions.line import Job, Memory
from pos.actions.run_settings import CsvFormat
from pos.connectors.qbo import lines, mapping
from pos.connectors.qbo.connector import Books, signed_out
from pos.errors import CannotSave, Invalid
from pos.store import bundles, companies, connections, disk, notices, outbox
from pos.store import import_books as kept
from pos.store import imports as files
from pos.store.db import Store
from pos.store.models import Bundle, ImportRow, Outbox
from tests.contract.qbo_books import MAPPING

DATA = Path(__file__).parents[1] / "data" / "epos_now"
HEAD = (DATA / "day.csv").read_text(encoding="utf-8").splitlines()[0]
DAY = "2026-11-20"
MAPPED: dict[str, Any] = {**MAPPING, "default_item": "20"}


def line(at: str = "20/11/2026 10:00", **cells: str) -> str:
    told = {"place": "Harbour", "qty": "1", "name": "Tea", "total": "2.40", "tender": "Cash", "net": "2.00",
            "tax": "0.40", **cells}  # fmt: skip
    return f",{told['place']},{told['qty']},{told['name']},Drinks,{at},{told['total']},{told['tender']},{told['net']},,{told['tax']},Ben"  # noqa: E501


def drop(store: Store, name: str, body: str | bytes, company: str = "main") -> Path:
    place = imports.folder(store.config, company)
    place.mkdir(parents=True, exist_ok=True)
    path = place / name
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def take(store: Store, **more: Any) -> list[files.File]:
    return imports.take_in(store, store.config, "main", "T", **more)


def csv(*rows: str) -> str:
    return "\n".join((HEAD, *rows, ""))


def formatted(store: Store, **csv_values: str) -> None:
    before = companies.kept(store, "main", run_settings.PART)
    companies.keep(store, "main", run_settings.PART, {**before.values, "csv": csv_values}, before, "T")


def keys() -> list[tuple[str, int]]:
    return sorted((row.row_key, row.gross) for row in ImportRow.select())


# -- taking in ---------------------------------------------------------------------------------------------------------


def test_a_day_is_taken_in_and_once_more_changes_nothing(store: Store) -> None:
    drop(store, "day.csv", (DATA / "day.csv").read_bytes())
    (file,) = take(store)
    assert (file.state, file.raw_rows, file.new_rows, file.rejected_rows, file.skipped_rows) == ("taken", 8, 8, 0, 1)
    raw = imports.raw_of(store, "main", DAY)
    assert (raw.rows, raw.total, raw.tax, raw.tenders) == (7, 1200, 180, {"Cash": 720, "Card": 480})
    before = keys()
    drop(store, "day (1).csv", (DATA / "day.csv").read_bytes())
    (again,) = take(store)
    assert (again.new_rows, again.known_rows, again.gone_rows) == (0, 8, 0)
    assert keys() == before
    assert not list(imports.folder(store.config, "main").glob("*.csv"))  # put aside
    assert file.place.startswith("imports/main/kept/")


def test_what_cannot_be_taken_is_listed_as_it_was_with_the_reason(store: Store) -> None:
    drop(store, "faulty.csv", (DATA / "faulty.csv").read_bytes())
    (file,) = take(store)
    found = [(one.line, one.reason) for one in files.rejects(store, file.n)]
    assert found == [
        (3, "There is no day 31/11/2026 09:00."),
        (4, "TOTAL Sales: about 2 is no number."),
        (5, "NET 1.25 and Tax 0.30 do not make TOTAL 1.50."),
        (6, "It has an amount and no quantity."),
        (8, "Its quotes do not belong together."),
        (11, "It has 7 cells, the heading 12."),
        (12, "The file ends in the middle of this row."),
    ]
    assert imports.warnings(store, [file]) == ["faulty.csv: 7 rows were not taken"]
    raw = imports.raw_of(store, "main", DAY)
    assert (raw.rows, raw.total, raw.rejected) == (3, 150 + 150 + 125_000, 7)
    assert [row.name for row in ImportRow.select().order_by(ImportRow.n)] == [
        "Cola 330 ml", '=HYPERLINK("http://x.test")', "Mug with a handle",
    ]  # fmt: skip


def test_a_file_that_is_still_being_written_is_left_alone(store: Store) -> None:
    path = drop(store, "now.csv", csv(line()))
    path.touch()
    drop(store, ".hidden.csv", csv(line()))
    drop(store, "notes.pdf", "no")
    assert take(store) == []
    assert path.exists()


def test_a_round_that_is_killed_goes_on_where_it_stood(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BITE_ROWS", 3)
    body = csv(*[line(f"20/11/2026 10:0{n % 3}") for n in range(10)])

    class Killed(BaseException):
        pass

    def killed() -> None:
        raise Killed

    drop(store, "long.csv", body)
    for _ in range(2):
        with pytest.raises(Killed):
            take(store, breathe=killed)
    (half,) = files.files(store, ["main"])
    assert (half.state, half.cursor, half.raw_rows) == ("waiting", 6, 6)
    assert take(store, stopping=iter((False, True)).__next__) == []
    (file,) = take(store)
    assert (file.state, file.raw_rows, file.new_rows, file.known_rows) == ("taken", 10, 10, 0)
    assert sorted(key.partition(":")[2] for key, _ in keys()) == ["0", "0", "0", "1", "1", "1", "2", "2", "2", "3"]


def test_a_file_put_aside_by_a_round_that_died_is_listed_by_the_next(store: Store) -> None:
    place = imports.folder(store.config, "main") / imports.KEPT
    place.mkdir(parents=True)
    (place / "0192f000-0000-7000-8000-000000000000-lost.csv").write_text(csv(line()))
    (file,) = take(store)
    assert (file.name, file.new_rows) == ("lost.csv", 1)
    assert take(store) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The file is empty."),
        (b"a,b\n1,2\n", "Columns are missing: Customer Full Name,"),
        (csv(line("03/04/2026 10:00"), line("05/06/2026")).encode(), "03/04/2026 10:00 can be read in two ways"),
        (csv(line(name="Café")).encode("latin-1"), "It is not written in utf-8 (near line"),
        (csv(line()).encode("utf-16-le"), "It is written in UTF-16 and does not say so"),
        ((HEAD.replace("Tax,", "T,").replace("NET Sales", "N") + "\n").encode(), "It has neither a column Tax nor NET"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_in_words(store: Store, body: bytes, words: str) -> None:
    drop(store, "odd.csv", body)
    (file,) = take(store)
    assert file.state == "refused"
    assert words in file.words
    assert ImportRow.select().count() == 0


def test_a_refused_file_is_taken_up_anew_with_the_format_somebody_chose(store: Store) -> None:
    drop(store, "semicolons.csv", (DATA / "semicolons.csv").read_bytes())
    (file,) = take(store)
    assert file.state == "refused"
    formatted(store, encoding="windows-1252", decimal=",")
    imports.again(store, "main", file.n, "T")
    (again,) = take(store)
    assert (again.state, again.new_rows) == ("taken", 1)
    row = ImportRow.get()
    assert (row.day, row.gross, row.tax, row.name, row.tender) == (DAY, 360, 60, "Café crème", "Espèces")


def test_a_date_anywhere_in_the_file_tells_the_order_of_all(store: Store) -> None:
    drop(store, "us.csv", csv(line("11/03/2026 10:00"), line("11/03/2026 10:00"), line("11/20/2026 10:00")))
    (file,) = take(store)
    assert (file.day_from, file.day_to) == ("2026-11-03", DAY)


def test_a_file_that_is_too_big_is_refused_and_not_read(store: Store) -> None:
    config = replace(store.config, runs=replace(store.config.runs, import_mb_max=0))
    drop(store, "big.csv", csv(line()))
    assert imports.take_in(store, config, "main", "T") == []
    (file,) = files.files(store, ["main"])
    assert (file.state, ImportRow.select().count()) == ("refused", 0)
    with pytest.raises(Invalid, match="larger than 0 MB"):
        imports.upload(store, config, "main", "big.csv", io.BytesIO(b"x"), "T")
    assert len(list((imports.folder(config, "main") / imports.KEPT).iterdir())) == 1


def test_a_file_that_is_gone_or_was_changed_since_is_refused_and_holds_up_no_other(store: Store) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        imports.upload(store, store.config, "main", name, io.BytesIO(csv(line()).encode()), "T")
    gone, changed, _ = files.files(store, ["main"])[::-1]
    (store.config.data / gone.place).unlink()
    (store.config.data / changed.place).write_text(csv(line(), line()))
    assert [(one.state, one.words) for one in take(store)] == [
        ("refused", "The file cannot be read: No such file or directory"),
        ("refused", "It was changed after it was put aside: drop it again."),
        ("taken", ""),
    ]


def test_an_upload_comes_in_pieces_and_none_of_them_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    key, body = "0192f000-0000-7000-8000-000000000001", csv(line()).encode()
    config = store.config
    assert imports.piece(config, "main", key, 0, body[:50]) == 50
    assert imports.piece(config, "main", key, 0, body[:50]) == 50  # its answer was lost
    with pytest.raises(Invalid, match="piece of the file is missing"):
        imports.piece(config, "main", key, 60, body[60:])
    assert imports.piece(config, "main", key, 50, body[50:]) == len(body)
    for _ in range(2):
        file = imports.uploaded(store, config, "main", key, "../../etc/day.csv", len(body), "T")
    assert (file.n, file.place) == (1, f"imports/main/kept/{key}-.._.._etc_day.csv")
    with pytest.raises(Invalid):
        imports.piece(config, "main", "../../x", 0, b"x")
    with pytest.raises(Invalid, match="piece of the file is missing"):
        imports.uploaded(store, config, "main", key.replace("1", "2"), "a.csv", 5, "T")
    assert [one.new_rows for one in take(store)] == [1]
    file = imports.upload(store, config, "main", "all of day.part", io.BytesIO(body), "T")
    assert file.place.endswith("-all of day.part.csv")  # what ends in .part is thrown away after a day
    with monkeypatch.context() as full, pytest.raises(CannotSave, match="no room"):
        full.setattr(disk, "free_bytes", lambda _: config.storage.disk_free_mb_min << 20)
        imports.upload(store, config, "main", "b.csv", io.BytesIO(body), "T")


def test_the_business_day_is_the_company_s_and_rows_of_other_days_wait_for_theirs(store: Store) -> None:
    before = companies.kept(store, "main", run_settings.PART)
    companies.keep(store, "main", run_settings.PART, {"trading_day": True, "cutoff": "05:00"}, before, "T")
    drop(store, "night.csv", csv(line("20/11/2026 23:30"), line("21/11/2026 04:59"), line("21/11/2026 05:00")))
    take(store)
    assert kept.days_between(store, "main", "2026-11-01", "2026-11-30") == [DAY, "2026-11-21"]
    assert imports.raw_of(store, "main", DAY).rows == 2
    drop(store, "later.csv", csv(line("21/11/2026 05:00")))  # spilled once more by another export
    take(store)
    assert imports.raw_of(store, "main", "2026-11-21").rows == 1


def test_the_first_rows_are_shown_as_another_format_would_have_them(store: Store) -> None:
    file = imports.upload(store, store.config, "main", "day.csv", (DATA / "day.csv").open("rb"), "T")
    found = import_format.preview(store, store.config, file, CsvFormat())
    assert (found.delimiter, found.order, found.problem, len(found.lines)) == (",", "dmy", "", 9)
    assert [bool(one.row) for one in found.lines] == [True] * 8 + [False]
    other = import_format.preview(store, store.config, file, CsvFormat(date_format="mdy"))
    assert other.lines[0].reason == "There is no day 20/11/2026 09:02:11."
    assert import_format.preview(store, store.config, file, CsvFormat(encoding="klingon")).problem
    assert ImportRow.select().count() == 0


# -- documents ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def job(store: Store) -> Job:
    connections.sync(store, [("quickbooks", "quickbooks", "QuickBooks Online", "http://127.0.0.1:9")])
    companies.rename_shop(store, "main", "Harbour", "T")
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    return Job(store, "quickbooks", "http://127.0.0.1:9", Memory(Books(signed_out, MAPPED)), "me", now=lambda: now)


def make(job: Job, days: tuple[str, ...] = (DAY,), **mapped: Any) -> int:
    return imports.make_bundles(job, Books(signed_out, {**MAPPED, **mapped}), "main", days)


def documents() -> dict[str, int]:
    return {row.number: row.total for row in Bundle.select().order_by(Bundle.n)}


def test_a_day_s_rows_are_documents_of_their_way_to_pay_and_later_ones_supplements(store: Store, job: Job) -> None:
    drop(store, "day.csv", (DATA / "day.csv").read_bytes())
    take(store)
    assert make(job) == 3
    made = {"TK-261120-LON-CD": 960, "TK-261120R-LON-CD": 480, "TK-261120-LON-CA": 720}
    assert documents() == made
    assert make(job) == 0
    drop(store, "late.csv", csv(line("20/11/2026 21:00")))
    take(store)
    assert make(job) == 1
    assert documents() == {**made, "TK-261120-LON-CA-S2": 240}
    assert [row.part for row in Outbox.select()] == ["book"] * 4
    cash = bundles.closed(store, "quickbooks", "TK-261120-LON-CA").book
    assert (cash.receipts, cash.note) == (0, "4 rows of day.csv")
    assert {(one.item, one.code, one.rate): (one.qty, one.net, one.tax) for one in cash.lines} == {
        ("Cola 330 ml", "V20", "20"): (4000, 500, 100), ("Bread roll", "Z", "0"): (3000, 120, 0),
    }  # fmt: skip
    assert import_books.words_of(store, "quickbooks", "TK-261120-LON-CA") == "4 rows of day.csv"
    raw = imports.raw_of(store, "main", DAY)
    assert raw.documents == {"TK-261120-LON-CD": 960, "TK-261120R-LON-CD": -480, "TK-261120-LON-CA": 720,
                             "TK-261120-LON-CA-S2": 240}  # fmt: skip
    assert (raw.taxes, raw.loose) == ({"0": 0, "20": 220}, 0)
    assert b"4 rows of day.csv" in lines.body(cash, mapping.read(MAPPED))


def test_rows_that_are_gone_stay_booked_and_are_named(store: Store, job: Job) -> None:
    drop(store, "a.csv", csv(line(), line("20/11/2026 12:00", name="Bun")))
    take(store)
    make(job)
    drop(store, "b.csv", csv(line()))
    (file,) = take(store)
    assert imports.warnings(store, [file]) == [
        "b.csv: 1 row of a.csv (2026-11-20) is gone from it; what is booked stays booked, what is not is left out",
        "b.csv: 1 row of it was in a.csv already and counts once",
    ]
    assert make(job) == 0
    raw = imports.raw_of(store, "main", DAY)
    assert (raw.total, raw.gone, raw.gone_total) == (240, 1, 240)
    assert kept.gone(store, "main", DAY) == ["12:00 Bun Harbour Cash"]
    assert documents() == {"TK-261120-LON-CA": 480}


@pytest.mark.parametrize(
    ("cells", "mapped", "words"),
    [
        ({"place": "Pier"}, {}, "Shop Pier is not mapped."),
        ({"tender": "Cheque"}, {}, "Way to pay Cheque is not mapped."),
        ({"tender": ""}, {}, "Way to pay  is not mapped."),
        ({}, {"default_item": ""}, "Item Tea (Tea) is not mapped."),
        ({"tax": "0.17", "total": "2.17"}, {}, "Tax – at 8.5% is not mapped."),
        ({"tax": "0", "total": "2.00"}, {"taxes": {**MAPPING["taxes"], "E": MAPPING["taxes"]["Z"]}},
         "Tax of Tea: E, Z are all of 0%. Leave one of them in the mapping."),
    ],
)  # fmt: skip
def test_what_is_not_mapped_waits_and_is_told(
    store: Store, job: Job, cells: dict[str, str], mapped: dict[str, Any], words: str
) -> None:
    drop(store, "a.csv", csv(line(**cells), line("20/11/2026 11:00", tender="Card")))
    take(store)
    made = make(job, **mapped)
    assert made == (0 if mapped.get("default_item") == "" else 1)
    assert imports.raw_of(store, "main", DAY).loose == 2 - made
    (told,) = [one for one in notices.open_notices(store) if one.key == f"import:main:{DAY}"]
    assert words in told.text
    if not mapped:
        return
    assert make(job) == 2 - made
    assert not [one for one in notices.open_notices(store) if one.key == f"import:main:{DAY}"]


def test_a_way_to_pay_the_export_does_not_name_is_that_of_the_format(store: Store, job: Job) -> None:
    formatted(store, tender="Cash")
    drop(store, "a.csv", csv(line(tender="")))
    take(store)
    assert make(job) == 1
    assert documents() == {"TK-261120-LON-CA": 240}


def test_more_goods_than_a_document_holds_make_a_second_one(store: Store, job: Job) -> None:
    drop(store, "a.csv", csv(*[line(name=f"Tea {n}") for n in range(3)]))
    take(store)
    books = Books(signed_out, MAPPED)
    books.lines_max = 2
    assert imports.make_bundles(job, books, "main", [DAY]) == 2
    assert documents() == {"TK-261120-LON-CA": 480, "TK-261120-LON-CA-S2": 240}
    assert [row.bundle for row in ImportRow.select()] == [1, 1, 1]


def test_no_row_is_in_two_documents_when_one_comes_meanwhile(
    store: Store, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(store, "a.csv", csv(line()))
    take(store)
    real: Callable[..., bool] = kept.hand_out

    def late(*args: Any) -> bool:
        ImportRow.update(gone_in=9).execute()  # a newer export came between reading and writing
        return real(*args)

    monkeypatch.setattr(kept, "hand_out", late)
    assert make(job) == 0
    assert (Bundle.select().count(), Outbox.select().count()) == (0, 0)
    monkeypatch.setattr(kept, "hand_out", real)
    ImportRow.update(gone_in=0).execute()
    assert make(job) == 1


def test_a_document_without_receipts_is_booked_and_settled_as_any_other(store: Store, job: Job) -> None:
    drop(store, "a.csv", csv(line(), line(tender="Card")))
    take(store)
    make(job)
    now = job.now()
    first, second = outbox.due(store, "quickbooks", now, 9, part="book")
    row = outbox.take(store, first, "me", now)
    assert row is not None
    outbox.booked(store, outbox.sent(store, row, now, "SalesReceipt/1"), now, {})
    bundles.settled(store, "quickbooks", "TK-261120-LON-CA", "T: by hand", "2026")
    assert sorted(one.state for one in Outbox.select()) == ["booked", "queued"]
    assert second
