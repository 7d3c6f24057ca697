"""The log read back from its end: in order over processes and files, page by page, while files take turns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pos.errors import Invalid
from pos.store import logbook
from pos.store.logbook import Filter

ANY = Filter()


def line(second: int, message: str, **more: str) -> str:
    at = f"2026-11-21T10:{second // 60:02}:{second % 60:02}.000+00:00"
    return json.dumps({"at": at, "level": "info", "from": "pos", "message": message, **more}, ensure_ascii=False) + "\n"


def messages(folder: Path, wanted: Filter = ANY, limit: int = 50) -> list[str]:
    """All pages, one after the other."""
    seen, after = list[str](), ""
    while True:
        found = logbook.page(folder, wanted, after, limit)
        seen += [entry["message"] for entry in found.lines]
        after = found.after
        if not after:
            return seen


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_lines_of_every_process_and_file_come_once_and_in_order(tmp_path: Path, limit: int) -> None:
    (tmp_path / "till.jsonl.2").write_text("".join(line(n, f"t{n}") for n in (1, 3)))
    (tmp_path / "till.jsonl.1").write_text("".join(line(n, f"t{n}") for n in (5, 7)))
    (tmp_path / "till.jsonl").write_text("".join(line(n, f"t{n}") for n in (9, 11, 13)))
    (tmp_path / "agents.jsonl").write_text("".join(line(n, f"a{n}") for n in (2, 4, 10, 12)))
    (tmp_path / "notes.txt").write_text("not a log")
    expected = ["t13", "a12", "t11", "a10", "t9", "t7", "t5", "a4", "t3", "a2", "t1"]
    assert messages(tmp_path, limit=limit) == expected
    assert [entry["message"] for entry in logbook.every(tmp_path, ANY)] == expected


def test_a_file_that_takes_its_turn_between_two_pages_moves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "till.jsonl"
    file.write_text("".join(line(n, f"t{n}") for n in range(6)))
    first = logbook.page(tmp_path, ANY, "", 2)
    file.rename(tmp_path / "till.jsonl.1")
    file.write_text(line(50, "newer"))
    second = logbook.page(tmp_path, ANY, first.after, 10)
    assert [entry["message"] for entry in first.lines + second.lines] == ["t5", "t4", "t3", "t2", "t1", "t0"]


def test_a_file_that_is_gone_ends_the_list(tmp_path: Path) -> None:
    file = tmp_path / "till.jsonl"
    file.write_text("".join(line(n, f"t{n}") for n in range(6)))
    mark = logbook.page(tmp_path, ANY, "", 2).after
    (tmp_path / "other.jsonl").write_text(line(1, "other"))
    file.unlink()
    assert logbook.page(tmp_path, ANY, mark, 10) == logbook.Found([], "")


def test_lines_longer_than_a_block_and_letters_on_its_edge_stay_whole(tmp_path: Path) -> None:
    long = "é€" * logbook.BLOCK_BYTES
    (tmp_path / "till.jsonl").write_text(line(1, "first") + line(2, long) + line(3, "ü" * 1000), encoding="utf-8")
    assert messages(tmp_path, limit=1) == ["ü" * 1000, long, "first"]


def test_a_torn_line_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "till.jsonl").write_text(line(1, "first") + '{"at": "2026-11-21T10:0')
    assert messages(tmp_path) == ['{"at": "2026-11-21T10:0', "first"]


def test_filters_say_level_agent_round_document_and_words(tmp_path: Path) -> None:
    rows = [
        line(1, "began", agent="watch", run="7"),
        line(2, "POST /api/create-sale", correlation="0190-a", document="T1-000001"),
        line(3, 'it said "no"', level="error", agent="sync_out", run="17", correlation="0190-a"),
        line(4, "slow", level="warning"),
    ]
    (tmp_path / "till.jsonl").write_text("".join(rows))

    def fits(**wanted: str) -> list[str]:
        return messages(tmp_path, Filter(**wanted))

    assert fits(level="warning") == ["slow", 'it said "no"']
    assert fits(agent="watch") == ["began"]
    assert fits(run="7") == ["began"], "7 is not 17"
    assert fits(document="0190-a") == ['it said "no"', "POST /api/create-sale"]
    assert fits(document="T1-000001") == ["POST /api/create-sale"]
    assert fits(words="CREATE-sale") == ["POST /api/create-sale"]
    assert fits(words="[a-z]") == []


def test_a_page_reads_so_much_and_no_more_and_the_next_goes_on(tmp_path: Path) -> None:
    (tmp_path / "till.jsonl").write_text("".join(line(n % 3600, f"t{n}") for n in range(4000)))
    found = logbook.page(tmp_path, Filter(words='"t5"'), "", 5, most_bytes=logbook.BLOCK_BYTES)
    assert (found.lines, found.cut) == ([], True)
    assert messages(tmp_path, Filter(words='"t5"')) == ["t5"]


@pytest.mark.parametrize("mark", ["!!", "bnVsbA", "e30", "eyJ0aWxsIjpbMV19", "eyJ0aWxsIjpbLTEsMF19"])
def test_a_mark_that_is_none_is_refused(tmp_path: Path, mark: str) -> None:
    (tmp_path / "till.jsonl").write_text(line(1, "first"))
    with pytest.raises(Invalid):
        logbook.page(tmp_path, ANY, mark)
