"""Rows of exports are kept once, in bites; the turn of the files, and what is gone from a newer one."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from pos import clock
from pos.errors import NotFound
from pos.rules.epos_csv import Row
from pos.store import companies, import_books, imports
from pos.store.db import Store
from pos.store.imports import Bite, File
from pos.store.models import ImportRow

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def row(digest: str, at: str = "2026-11-20T10:00:00", place: str = "Quay", gross: int = 120) -> Row:
    return Row(digest, at[:10], at, "sale", place, "Cash", "", "Ben", "", "Tea", "Drinks", 1000, gross - 20, 20, gross,
               40, "")  # fmt: skip


def come(store: Store, name: str, company: str = "main") -> File:
    return imports.received(store, company, name, "00", 10, f"imports/{company}/kept/{name}", "T", NOW)


def taken(store: Store, name: str, *bites: Sequence[Row], company: str = "main") -> File:
    file = come(store, name, company)
    for bite in bites:
        after = imports.take(store, file, Bite(len(bite), [(2 + at, one) for at, one in enumerate(bite)], []))
        assert after is not None
        file = after
    return imports.ended(store, file, NOW)


def gone(store: Store) -> list[str]:
    return [one.row_key for one in ImportRow.select().where(ImportRow.gone_in != 0).order_by(ImportRow.row_key)]


@pytest.mark.both_engines
def test_identical_rows_are_counted_over_bites_and_a_file_again_changes_nothing(store: Store) -> None:
    first = taken(store, "a.csv", [row("x"), row("y"), row("x")], [row("x"), row("z")])
    assert (first.raw_rows, first.new_rows, first.known_rows, first.gone_rows) == (5, 5, 0, 0)
    assert (first.day_from, first.day_to, first.state) == ("2026-11-20", "2026-11-20", "taken")
    again = taken(store, "b.csv", [row("z"), row("x")], [row("x"), row("y"), row("x")])
    assert (again.new_rows, again.known_rows, again.gone_rows) == (0, 5, 0)
    more = taken(store, "c.csv", [row("x")] * 4 + [row("y"), row("z")])
    assert (more.new_rows, more.known_rows) == (1, 5)
    assert import_books.raw(store, "main", "2026-11-20").total == 6 * 120


@pytest.mark.both_engines
def test_rows_that_are_gone_from_a_newer_export_of_their_day_are_marked_and_come_back(store: Store) -> None:
    taken(store, "a.csv", [row("x"), row("x"), row("late", "2026-11-20T18:00:00"), row("next", "2026-11-21T09:00:00")])
    newer = taken(store, "b.csv", [row("x")])  # the last sale of the day was voided there, and one of two the same
    assert newer.gone_rows == 2
    assert gone(store) == ["late:0", "x:1"]
    assert import_books.raw(store, "main", "2026-11-20").rows == 1
    assert import_books.raw(store, "main", "2026-11-21").rows == 1  # not a day of the newer one
    assert taken(store, "c.csv", [row("x"), row("x"), row("late", "2026-11-20T18:00:00")]).gone_rows == 0
    assert gone(store) == []


def test_another_part_of_a_day_or_another_place_says_nothing_of_the_rest(store: Store) -> None:
    taken(store, "morning.csv", [row("x", "2026-11-20T09:00:00"), row("y", "2026-11-20T11:00:00")])
    assert taken(store, "afternoon.csv", [row("z", "2026-11-20T12:00:00")]).gone_rows == 0
    assert taken(store, "pier.csv", [row("p", "2026-11-20T09:30:00", "Pier")]).gone_rows == 0
    corrected = taken(store, "again.csv", [row("y2", "2026-11-20T11:00:00", gross=150)])
    assert corrected.gone_rows == 2  # it lies within what is kept of the morning: no other part of it
    taken(store, "late.csv", [row("l", "2026-11-21T20:00:00")])
    taken(store, "early.csv", [row("e", "2026-11-21T08:00:00")])
    assert taken(store, "noon.csv", [row("n", "2026-11-21T12:00:00")]).gone_rows == 0
    assert taken(store, "early again.csv", [row("e", "2026-11-21T08:00:00")]).gone_rows == 0
    assert taken(store, "whole.csv", [row("e", "2026-11-21T08:00:00"), row("n", "2026-11-21T12:00:00")]).gone_rows == 0
    lacks = taken(store, "lacks.csv", [row("e", "2026-11-21T08:00:00"), row("l", "2026-11-21T20:00:00")])
    assert imports.gone_of(store, lacks) == [("2026-11-21", "whole.csv", 1)]
    assert imports.also_in(store, lacks) == ["late.csv", "early.csv"]


@pytest.mark.both_engines
def test_an_export_by_calendar_days_says_nothing_of_what_came_behind_midnight(store: Store) -> None:
    first = [row("a", "2026-11-20T09:00:00"), row("b", "2026-11-20T23:00:00")]
    night = replace(row("c", "2026-11-21T01:00:00"), day="2026-11-20")  # the cut-off is later
    second = [night, row("d", "2026-11-21T09:00:00")]
    for name, rows in (("20.csv", first), ("21.csv", second), ("20 again.csv", first), ("21 again.csv", second)):
        assert taken(store, name, rows).gone_rows == 0, name
    assert import_books.raw(store, "main", "2026-11-20").rows == 3


@pytest.mark.both_engines
def test_a_day_that_is_wholly_missing_between_the_days_of_a_newer_export_is_gone(store: Store) -> None:
    places = ("Quay", "Pier")
    days = [row(f"{place}{day}", f"2026-11-{day}T10:00:00", place) for day in (18, 19, 20) for place in places]
    taken(store, "a.csv", days)
    quay = [one for one in days if one.place == "Quay"]
    newer = taken(store, "b.csv", [quay[0], quay[2]])
    assert imports.gone_of(store, newer) == [("2026-11-19", "a.csv", 1)]  # of its place: it says nothing of the pier
    assert (newer.gone_rows, gone(store)) == (1, ["Quay19:0"])
    assert taken(store, "c.csv", days).gone_rows == 0
    assert gone(store) == []


@pytest.mark.both_engines
def test_the_files_of_a_company_are_taken_in_one_after_the_other(store: Store) -> None:
    first, second = come(store, "a.csv"), come(store, "b.csv")
    bite = Bite(1, [(2, row("x"))], [])
    assert imports.take(store, second, bite) is None
    after = imports.take(store, first, bite)
    assert after is not None
    assert imports.take(store, first, bite) is None  # somebody else took this bite
    assert ImportRow.select().count() == 1
    companies.add(store, "north", "North", "T")
    theirs = imports.take(store, come(store, "n.csv", "north"), bite)
    assert theirs is not None
    assert theirs.new_rows == 1  # the same row of another company is another row
    imports.ended(store, after, NOW)
    assert imports.next_waiting(store, "main") == second


@pytest.mark.both_engines
def test_two_that_take_in_one_file_at_once_keep_each_row_once(store: Store) -> None:
    """As the server and a command beside it do: each on a connection of its own, each with every bite of the file."""
    begun = come(store, "a.csv")
    bites = [Bite(3, [(2 + 3 * n, row(f"r{n}")), (3 + 3 * n, row("same")), (4 + 3 * n, row("same"))], [])
             for n in range(8)]  # fmt: skip
    barrier, kept = threading.Barrier(2), list[int]()

    def work() -> None:
        file = begun
        for n, bite in enumerate(bites):
            barrier.wait(30)
            if imports.take(store, file, bite) is not None:
                kept.append(n)
            barrier.wait(30)
            file = imports.one(store, "main", begun.n)
        store.release()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert kept == list(range(8)), "each bite by one of them"
    after = imports.ended(store, imports.one(store, "main", begun.n), NOW)
    assert (after.raw_rows, after.new_rows, after.known_rows, after.gone_rows) == (24, 24, 0, 0)
    assert import_books.raw(store, "main", "2026-11-20").rows == ImportRow.select().count() == 24


def test_one_company_never_sees_another_s_files_or_rows(store: Store) -> None:
    companies.add(store, "north", "North", "T")
    ours, theirs = taken(store, "a.csv", [row("x")]), taken(store, "n.csv", [row("x"), row("y")], company="north")
    for ask in (imports.one, lambda store, company, n: imports.find(store, n, [company])):
        assert ask(store, "main", ours.n) == ours
        with pytest.raises(NotFound):
            ask(store, "main", theirs.n)
    assert imports.files(store, ["main"]) == [ours]
    assert imports.next_waiting(store, "main") is None
    assert imports.places(store, "main") == {ours.place}
    assert import_books.raw(store, "main", "2026-11-20").rows == 1
    assert import_books.days_loose(store, "main") == ["2026-11-20"]
    assert sum(one.rows for one in import_books.loose(store, "main", ["2026-11-20"])) == 1
    assert import_books.days_between(store, "main", "2026-11-01", "2026-11-30") == ["2026-11-20"]


def test_a_refused_file_is_taken_up_as_the_newest(store: Store) -> None:
    old = come(store, "a.csv")
    imports.refused(store, old.n, "It is empty.", NOW)
    newer = come(store, "b.csv")
    again = imports.again(store, imports.one(store, "main", old.n), "T", NOW)
    assert again.n > newer.n
    assert (again.state, again.place) == ("waiting", old.place)
    assert [one.name for one in imports.files(store, ["main"])] == ["a.csv", "b.csv"]
    assert imports.again(store, imports.one(store, "main", newer.n), "T", NOW).n == newer.n  # it was not refused


def test_rejects_are_read_a_bite_at_a_time(store: Store) -> None:
    file = come(store, "a.csv")
    bad = [(line, f"bad {line}", "a,b") for line in range(2, 5)]
    assert imports.take(store, file, Bite(4, [], bad, skipped=1)) is not None
    assert [one.line for one in imports.rejects(store, file.n, limit=2)] == [2, 3]
    assert [one.reason for one in imports.all_rejects(store, file.n)] == ["bad 2", "bad 3", "bad 4"]
    known = imports.one(store, "main", file.n)
    assert (known.raw_rows, known.rejected_rows, known.skipped_rows, known.cursor) == (3, 3, 1, 4)
    assert clock.parse(known.received_at) == NOW
