"""Names, retention, manifests: figured out of names and numbers alone."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import Corrupt, Invalid
from pos.rules import backup
from pos.rules.backup import Figures, Head, Keep, Manifest, Stored, Total

NOW = datetime(2026, 11, 21, 14, 51, 2, tzinfo=UTC)
FIGURES = Figures(
    3, 3, 6, 1, 2, 4, "a" * 64, (Head("T1", "till", 3, "b" * 64),), (Total("GBP", 3, 3660, 610),)
)  # fmt: skip


def manifest(**changes: object) -> Manifest:
    base: dict[str, object] = {
        "name": backup.name_of("T1", NOW), "till": "T1", "store": "main", "made_at": "2026-11-21T14:51:02.000000Z",
        "program": "0.1.0", "tables": 11, "encrypted": False, "sums": "c" * 64,
        "sizes": {backup.SUMS: 300, backup.CONFIG: 20, backup.DATABASE: 4096}, "receipts": 3, "receipt_bytes": 900,
        "figures": FIGURES,
    }  # fmt: skip
    return Manifest(**{**base, **changes})  # type: ignore[arg-type]


# -- names -----------------------------------------------------------------------------------------------------------


def test_a_name_says_till_and_moment():
    name = backup.name_of("T1", NOW)
    assert name == "T1-20261121T145102Z.tkb"
    assert backup.made_at(name) == NOW
    assert backup.till_of(name) == "T1"


@pytest.mark.parametrize(
    "name",
    ["", "T1.tkb", "T1-20261121.tkb",
     "T1-20261321T145102Z.tkb", "../T1-20261121T145102Z.tkb", ".T1-20261121T145102Z.tkb.x"],
)  # fmt: skip
def test_other_names_are_no_snapshots(name: str):
    assert backup.made_at(name) is None


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("manifest.json", True),
        ("data/till.db", True),
        ("invoices/2026-11-21/T1-000001.json", True),
        ("invoices/2026-11-21/imported-000001-MOCK-1.json", True),
        ("../evil", False),
        ("/etc/passwd", False),
        ("invoices/../config.ini", False),
        ("invoices/2026-11-21/../../x.json", False),
        ("invoices/2026-11-21/a/b.json", False),
        ("invoices/2026-11-21/.hidden.json", False),
        ("invoices\\2026-11-21\\T1.json", False),
        ("data/server.json", False),
        ("pos_server.py", False),
        ("manifest.json\n", False),
    ],
)
def test_an_archive_holds_only_what_a_snapshot_has(name: str, allowed: bool):
    assert backup.is_member(name) is allowed


def test_a_restored_till_gets_an_id_nobody_had():
    chance = random.Random(1)
    found = backup.successor("T1", {"T1", "T2"}, chance.choice)
    assert found.startswith("T1R") and len(found) == 6 and found.isalnum()
    again = backup.successor(found, {"T1", found}, chance.choice)
    assert again.startswith("T1R") and again not in ("T1", found), "the base stays, however often it is restored"
    assert len(backup.successor("STORE123", set(), chance.choice)) == 8
    assert backup.same_line("T1", found) and backup.same_line(found, again) and not backup.same_line("T1", "T2")


def test_ids_that_a_restore_cuts_are_never_taken_for_one_another():
    """A key for the copies of STORE1 must not open those of STORE2, nor of what that one was restored to."""
    cut = backup.successor("STORE2", set(), random.Random(1).choice)
    assert backup.same_line("STORE1", "store1")
    assert not any(backup.same_line("STORE1", other) for other in ("STORE2", "STOR", cut))


def test_it_never_gives_an_id_that_was_used_however_few_are_left():
    used = {f"T1R{c}22" for c in backup.LETTERS if c != "7"}
    letters = iter(["A", "2", "2", "7", "2", "2"])
    assert backup.successor("T1", used, lambda _all: next(letters)) == "T1R722"
    with pytest.raises(Invalid, match="--till"):
        backup.successor("T1", {"T1RAAA"}, lambda _all: "A")


# -- what is kept ----------------------------------------------------------------------------------------------------


def hourly(count: int, *, verified: bool = True) -> list[Stored]:
    return [Stored(backup.name_of("T1", NOW - timedelta(hours=h)), verified) for h in range(count)]


def test_hours_days_weeks_and_months_keep_one_each():
    stored = hourly(24 * 400)
    gone = set(backup.expired(stored, Keep(24, 14, 8, 24)))
    kept = sorted((one.name for one in stored if one.name not in gone), reverse=True)
    assert [one.name for one in stored[:24]] == kept[:24], "the last day hour by hour"
    days = {backup.made_at(n).date() for n in kept}  # type: ignore[union-attr]
    assert {NOW.date() - timedelta(days=d) for d in range(14)} <= days
    months = {(d.year, d.month) for d in days}
    assert len(months) == 14, "400 days are 14 months, and each has one"
    assert len(kept) < 24 + 14 + 8 + 24


def test_the_newest_proven_one_of_a_bucket_is_kept_before_a_newer_one_that_is_not():
    stored = [
        Stored(backup.name_of("T1", NOW), True),
        Stored(backup.name_of("T1", NOW - timedelta(days=1)), False),
        Stored(backup.name_of("T1", NOW - timedelta(days=1, hours=1)), True),
    ]
    assert backup.expired(stored, Keep(0, 2, 0, 0)) == [stored[1].name]


def test_nothing_kept_by_rule_still_keeps_the_newest_and_the_newest_proven():
    stored = [*hourly(5, verified=False), Stored(backup.name_of("T1", NOW - timedelta(days=90)), True)]
    gone = backup.expired(stored, Keep(0, 0, 0, 0))
    assert stored[0].name not in gone and stored[-1].name not in gone
    assert len(gone) == 4 and gone == sorted(gone), "oldest first"


def test_a_file_that_is_no_snapshot_is_never_named():
    assert backup.expired([Stored("notes.txt", False), *hourly(1)], Keep(0, 0, 0, 0)) == []


@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.booleans()), max_size=40, unique_by=lambda x: x[0]),
    st.tuples(*[st.integers(0, 5)] * 4),
)
def test_a_proven_one_is_never_lost_whatever_the_rule(ages: list[tuple[int, bool]], keep: tuple[int, int, int, int]):
    stored = [Stored(backup.name_of("T1", NOW - timedelta(hours=h)), v) for h, v in ages]
    gone = backup.expired(stored, Keep(*keep))
    left = [one for one in stored if one.name not in gone]
    assert bool(left) == bool(stored)
    if any(one.verified for one in stored):
        newest = max(one.name for one in stored if one.verified)
        assert newest not in gone
    assert backup.expired(left, Keep(*keep)) == [], "asked again it names nothing more"


# -- the manifest ----------------------------------------------------------------------------------------------------


def test_a_manifest_is_read_as_it_was_written():
    assert backup.manifest_of(manifest().text()) == manifest()
    assert manifest().size == 300 + 20 + 4096 + 900


def test_a_newer_format_is_named_and_nothing_is_guessed():
    text = manifest().text().replace(b'"format": 1', b'"format": 2')
    with pytest.raises(Corrupt, match="format 2"):
        backup.manifest_of(text)


@pytest.mark.parametrize(
    "change",
    [
        {"sums": "x"}, {"till": "../x"}, {"name": "T2-20261121T145102Z.tkb"}, {"receipts": -1}, {"receipts": 1.5},
        {"receipts": True}, {"sizes": {}}, {"sizes": {backup.SUMS: 1, backup.DATABASE: 1, "/etc/passwd": 1}},
        {"more": 1}, {"figures": {}}, {"figures": None},
    ],
)  # fmt: skip
def test_a_manifest_that_is_wrong_is_refused(change: dict[str, object]):
    raw = json.loads(manifest().text())
    with pytest.raises(Corrupt):
        backup.manifest_of(json.dumps({**raw, **change}).encode())


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_manifest_is_refused(body: bytes):
    with pytest.raises(Corrupt):
        backup.manifest_of(body)


def test_sums_are_as_the_common_tool_reads_them():
    text = backup.sums_text([("data/till.db", "a" * 64), ("config.ini", "b" * 64)])
    assert text.splitlines()[0] == b"a" * 64 + b"  data/till.db"
    assert backup.sums_of(text) == {"data/till.db": "a" * 64, "config.ini": "b" * 64}


@pytest.mark.parametrize(
    "line", [b"x  data/till.db\n", b"a" * 64 + b"  ../evil\n", b"\xff\n", (b"a" * 64 + b"  config.ini\n") * 2]
)
def test_sums_that_are_wrong_are_refused(line: bytes):
    with pytest.raises(Corrupt):
        backup.sums_of(line)


def test_what_differs_is_named_with_both_figures():
    other = Figures(3, 3, 5, 1, 2, 4, "a" * 64, FIGURES.heads, FIGURES.totals)
    assert FIGURES.differences(other) == ["lines should be 6 and is 5"]
    assert FIGURES.differences(FIGURES) == []
