"""Archives: names, months that are over, chains."""

from __future__ import annotations

from datetime import date

import pytest

from pos.errors import Corrupt, Invalid
from pos.rules import archived
from pos.rules.archived import Chain, Contents


def test_a_name_says_its_month_and_its_part() -> None:
    for part in (1, 2, 10, 345):
        name = archived.name_of("2026-03", part)
        assert (archived.month_of(name), archived.part_of(name)) == ("2026-03", part)
    for name in (
        "receipts-2026-13.zip",
        "receipts-2026-03-1.zip",
        "receipts-2026-03.zip.tmp",
        "x",
        "../receipts-2026-03.zip",
    ):
        assert (archived.month_of(name), archived.part_of(name)) == ("", 0), name


@pytest.mark.parametrize(
    ("before", "today", "over"),
    [
        ("2026-04-01", date(2026, 11, 21), ["2025-12", "2026-03"]),
        ("2026-04", date(2026, 11, 21), ["2025-12", "2026-03"]),
        ("2026-03-31", date(2026, 11, 21), ["2025-12"]),
        ("2030-01-01", date(2026, 4, 1), ["2025-12", "2026-03"]),
        ("2030-01-01", date(2026, 3, 31), ["2025-12"]),
    ],
)
def test_a_month_goes_when_all_of_it_is_over(before: str, today: date, over: list[str]) -> None:
    assert archived.over(["9999-12", "2026-04", "2026-03", "2025-12"], archived.boundary(before), today) == over


def test_what_is_no_date_is_said() -> None:
    for text in ("march", "2026-13", "2026-02-30", ""):
        with pytest.raises(Invalid, match="2026-04-01"):
            archived.boundary(text)


HEADS = [
    ("T1", "till", 2, "a", "b"),
    ("T1", "till", 1, "0", "a"),
    ("T1", "imported", 1, "0", "x"),
    ("T1", "till", 9, "?", "z"),
]


def test_chains_name_their_ends_and_only_neighbours_must_fit() -> None:
    assert archived.chains_of(HEADS) == (
        Chain("T1", "imported", 1, 1, "0", 1, "x"),
        Chain("T1", "till", 3, 1, "0", 9, "z"),
    )
    assert archived.broken(HEADS) == ""
    assert "number 3 of till T1" in archived.broken([*HEADS, ("T1", "till", 3, "not b", "c")])


def test_a_manifest_is_read_as_it_was_written_and_nothing_else_is() -> None:
    wrote = Contents("receipts-2026-03.zip", "2026-03", "at", "ann", "1", 4, 9, "0" * 64, archived.chains_of(HEADS))
    assert archived.contents_of(wrote.text()) == wrote
    for bad in (
        b"",
        b"[]",
        b"{}",
        wrote.text().replace(b"2026-03", b"2026-0x"),
        wrote.text().replace(b'"sums"', b'"sum"'),
    ):
        with pytest.raises(Corrupt):
            archived.contents_of(bad)
    with pytest.raises(Corrupt, match="format 2"):
        archived.contents_of(wrote.text().replace(b'"format": 1', b'"format": 2'))
