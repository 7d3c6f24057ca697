"""Delimited text record by record: a bad one costs itself alone, and nothing of a file is held."""

from __future__ import annotations

import io

import pytest

from pos.errors import Invalid
from pos.rules import csv_records
from pos.rules.csv_records import Record, encoding_of, physical, records


def read(body: bytes, told: str = "", delimiter: str = ",") -> list[Record]:
    return list(records(physical(io.BytesIO(body), encoding_of(body[:100], told)), delimiter))


@pytest.mark.parametrize(
    ("body", "told", "cells"),
    [
        (b"a,b\n1,2\n", "", [("a", "b"), ("1", "2")]),
        (b"\xef\xbb\xbfa,b\r\n1,2", "", [("a", "b"), ("1", "2")]),
        ("a,é\n".encode("utf-16"), "", [("a", "é")]),
        ("a,é\n".encode("utf-16-le"), "utf-16", [("a", "é")]),
        (b"a,\xe9\n", "windows-1252", [("a", "é")]),
        (b'a,"x, ""y"" \r\nz"\n1,2\n', "", [("a", 'x, "y" \r\nz'), ("1", "2")]),
        (b"a,b\r1,2\r", "", [("a", "b"), ("1", "2")]),
        (b"\n\n a,b\n\n", "", [(" a", "b")]),
        (b'5" pipe,2\n3,4\n', "", [('5" pipe', "2"), ("3", "4")]),
        ("a\u2028b,c\x85d\n".encode(), "", [("a\u2028b", "c\x85d")]),
        (b"", "", []),
    ],
)
def test_what_programs_write_is_read(body: bytes, told: str, cells: list[tuple[str, ...]]) -> None:
    assert [one.cells for one in read(body, told)] == cells
    assert not any(one.problem for one in read(body, told))


@pytest.mark.parametrize(
    ("body", "told", "words"),
    [
        (b"a,\xe9\n", "", "It is not written in utf-8 (near line 1): choose the encoding it is in."),
        (b"a,\x81\n", "windows-1252", "not written in cp1252"),
        (b"a,b\n", "klingon", "There is no encoding called klingon."),
        ("a,b,c\n".encode("utf-16-le"), "", "It is written in UTF-16 and does not say so: choose that encoding."),
    ],
)
def test_another_encoding_is_said_not_guessed(body: bytes, told: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(body, told)
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (b'"open,2', "A quote is opened in it and never closed."),
        (b'"shut"x,2', "Its quotes do not belong together."),
        (b"a\x00b,2", "It has bytes in it that are no text (NUL)."),
        (b"x" * (csv_records.LINE_MAX + 50) + b",2", "The line is longer than 16384 letters."),
    ],
)
def test_a_bad_record_costs_itself_alone(bad: bytes, words: str) -> None:
    found = read(b"a,b\n" + bad + b"\n3,4\n" + b"5,6\n" * 60)
    assert [(one.line, one.problem) for one in found if one.problem] == [(2, words)]
    assert len(found[1].text) <= csv_records.TEXT_MAX
    assert [one.cells for one in found[2:]] == [("3", "4"), *[("5", "6")] * 60]
    assert found[2].line == 3


def test_a_cell_over_so_many_lines_that_it_is_none_is_refused_by_its_first() -> None:
    found = read(b'a,"' + b"x\n" * 80 + b'"\n')
    assert found[0].problem.startswith("A quote is opened")
    assert found[1].cells == ("x",)


def test_the_last_record_says_whether_a_break_stands_behind_it() -> None:
    assert [one.ended for one in read(b"a,b\n1,2")] == [True, False]
    assert [one.ended for one in read(b'a,b\n1,"2\n')] == [True, True]  # cut within a cell: two lines of bad records
