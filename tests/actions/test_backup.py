"""Receipts at the second place: each of them, in order, as it is, whatever becomes of the place meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from pos import clock
from pos.actions import backup
from pos.places.base import PlaceError
from pos.places.folder import Folder
from pos.store import copies, drives, notices
from tests.books import Time
from tests.copied import Till, tree
from tests.copied import till as a_till
from tests.store.looking import changes


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stick is another disk."""
    monkeypatch.setattr(drives, "same_drive", lambda _one, _other: False)


@pytest.fixture
def till(tmp_path: Path, elsewhere: None) -> Iterator[Till]:
    with a_till(tmp_path / "till", tmp_path / "stick") as found:
        yield found


def standing(till: Till) -> backup.Standing:
    return backup.standing(till.store, till.config)


def test_every_receipt_is_copied_as_it_is_and_once(till: Till):
    till.sell(5)
    assert till.copy().receipts == 5
    till.journal.flush()
    assert tree(till.receipts) == till.saved
    again = till.copy()
    assert (again.receipts, again.more, again.again_in) == (0, False, None)
    till.sell(2)
    assert till.copy().receipts == 2
    assert tree(till.receipts) == till.saved
    assert (standing(till).state, standing(till).places[0].behind) == ("ok", 0)


def test_nothing_is_done_where_no_place_is_named(tmp_path: Path):
    with a_till(tmp_path / "till", tmp_path / "stick", places="") as till:
        till.sell()
        assert till.copy().receipts == 0
        assert (standing(till).state, str(standing(till).text)) == ("off", "no copy elsewhere")


def test_a_round_that_has_nothing_to_do_writes_nothing(till: Till):
    till.sell()
    till.copy()
    before = changes(till.store)
    for _ in range(3):
        till.copy()
    assert changes(till.store) == before


def test_many_receipts_go_in_bounded_rounds(till: Till, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backup, "BATCH", 3)
    monkeypatch.setattr(backup, "BATCHES_MAX", 2)
    till.sell(10)
    rounds = [till.copy()]
    while rounds[-1].more:
        rounds.append(till.copy())
    assert [r.receipts for r in rounds] == [6, 4]
    assert len(tree(till.receipts)) == 10


def test_a_round_ends_soon_when_the_program_stops(till: Till):
    till.sell(3)
    done = backup.copy(till.store, till.config, {}, lambda: True)
    assert done.receipts == 0 and not done.more


# -- places that fail ------------------------------------------------------------------------------------------------


def test_a_stick_pulled_out_in_the_middle_goes_on_where_it_was(till: Till, monkeypatch: pytest.MonkeyPatch, time: Time):
    monkeypatch.setattr(backup, "BATCH", 2)
    put_all, calls = Folder.put_all, iter(range(100))

    def pulled(self: Folder, files: Sequence[tuple[str, bytes]]) -> None:
        if next(calls) == 2:
            put_all(self, files[:1])
            raise PlaceError("the stick is gone", code="away", away=True)
        put_all(self, files)

    till.sell(7)
    monkeypatch.setattr(Folder, "put_all", pulled)
    done = till.copy()
    assert done.failed == ["the stick is gone"] and done.receipts == 2, (
        "the mark, then two, then one that does not count"
    )
    assert standing(till).state == "failing"
    monkeypatch.setattr(Folder, "put_all", put_all)
    assert till.copy().receipts == 0, "not before its time"
    time.passes(backup.LADDER_SECONDS[0])
    assert till.copy().receipts == 5
    till.journal.flush()
    assert tree(till.receipts) == till.saved
    assert standing(till).state == "ok"


def test_a_place_that_is_gone_is_told_after_a_while_and_when_it_is_back(till: Till, time: Time):
    till.sell()
    till.copy()
    moved = till.stick.rename(till.stick.with_name("drawer"))
    till.sell()
    for n, wait in enumerate((5, 15, 60)):
        done = till.copy()
        assert "Plug its disk in" in done.failed[0] and done.again_in == wait
        assert bool(notices.open_notices(till.store, prefix="backup:copy:")) == (n == 2), "one hiccup is not told"
        time.passes(wait)
    assert not till.stick.exists(), "no folder is made on the till's own disk in its stead"
    moved.rename(till.stick)
    till.sell()
    assert till.copy().receipts == 2
    assert notices.open_notices(till.store, prefix="backup:") == []


def test_the_empty_folder_a_stick_was_mounted_on_is_not_taken_for_it(
    till: Till, monkeypatch: pytest.MonkeyPatch, time: Time
):
    till.sell()
    till.copy()
    till.stick.rename(till.stick.with_name("pocket"))
    till.stick.mkdir()
    monkeypatch.setattr(drives, "same_drive", lambda _one, _other: True)
    till.sell()
    done = till.copy()
    assert "mounted" in done.failed[0]
    assert tree(till.stick) == {}


def test_two_sticks_take_turns_and_each_gets_what_it_lacks(till: Till):
    other = till.stick.with_name("other")
    other.mkdir()

    def swap() -> None:
        till.stick.rename(till.stick.with_name("out"))
        other.rename(till.stick)
        till.stick.with_name("out").rename(other)

    for sales in (2, 3, 1, 2):
        till.sell(sales)
        till.copy()
        swap()
    till.copy()
    swap()
    till.copy()
    till.journal.flush()
    wanted = till.saved
    assert tree(till.receipts) == wanted == tree(other / "T1" / "receipts")
    assert len(wanted) == 8


def test_nothing_there_is_written_over(till: Till, time: Time):
    first = till.sell()[0]
    path = till.receipts / first["business_day"] / f"{first['invoice_name']}.json"
    path.parent.mkdir(parents=True)
    path.write_text("another till's")
    done = till.copy()
    assert "left alone" in done.failed[0]
    assert path.read_text() == "another till's"
    assert notices.open_notices(till.store, prefix="backup:copy:"), "told at once"


def test_another_till_with_the_same_id_is_not_mixed_with_ours(till: Till, tmp_path: Path):
    till.sell()
    till.copy()
    with a_till(tmp_path / "twin", till.stick) as twin:
        twin.sell(2)
        done = twin.copy()
        assert "another till that goes by the id T1" in done.failed[0]
    assert len(tree(till.receipts)) == 1


def test_a_rebuilt_database_is_still_the_same_till(till: Till):
    """What the place knows it by follows from its first document, which a rebuild keeps."""
    till.sell(3)
    till.copy()
    till.store.execute("DELETE FROM copy_place")
    till.memory.clear()
    assert till.copy().receipts == 3, "put again, and found to be there"
    assert standing(till).state == "ok"


# -- what people are told --------------------------------------------------------------------------------------------


def test_a_place_on_the_same_disk_is_never_called_safe(tmp_path: Path):
    with a_till(tmp_path / "till", tmp_path / "stick") as till:
        till.sell()
        till.copy()
        assert standing(till).state == "near"
        assert str(standing(till).text).endswith("same disk")
        assert [n.key for n in notices.open_notices(till.store, prefix="backup:")] == ["backup:near"]


def test_one_place_elsewhere_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    near, far = tmp_path / "near", tmp_path / "far"
    far.mkdir()
    monkeypatch.setattr(drives, "same_drive", lambda one, _other: one == near)
    with a_till(tmp_path / "till", near, places=f"{near} | {far}") as till:
        till.sell()
        assert till.copy().receipts == 2
        assert [view.state for view in standing(till).places] == ["near", "ok"]
        assert standing(till).state == "ok"
        assert notices.open_notices(till.store, prefix="backup:") == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s ago"), (12, "12 s ago"), (59, "59 s ago"), (60, "1 min ago"), (3599, "59 min ago"), (7200, "2 h ago"),
     (90_000, "1 day ago"), (200_000, "2 days ago")],
)  # fmt: skip
def test_the_age_of_the_last_copy_in_words(till: Till, time: Time, seconds: int, words: str):
    till.sell()
    till.copy()
    time.passes(seconds)
    found = standing(till)
    assert (str(found.text), found.age_seconds, found.state) == (f"last copy: {words}", seconds, "ok")


def test_a_receipt_that_waits_too_long_is_late_until_it_is_copied(till: Till, time: Time):
    till.sell()
    till.copy()
    till.sell(2)
    time.passes(15 * 60 - 1)
    backup.tell_when_late(till.store, till.config)
    assert (standing(till).state, notices.open_notices(till.store, prefix="backup:")) == ("ok", [])
    time.passes(2)
    backup.tell_when_late(till.store, till.config)
    assert standing(till).state == "late"
    assert [n.text for n in notices.open_notices(till.store, prefix="backup:late")] == [
        f"2 receipts have no copy at {till.stick} yet."
    ]
    till.copy()
    backup.tell_when_late(till.store, till.config)
    assert (standing(till).state, notices.open_notices(till.store, prefix="backup:")) == ("ok", [])


def test_a_clock_set_back_does_not_keep_a_place_waiting(till: Till, time: Time):
    till.sell()
    till.copy()
    away = till.stick.rename(till.stick.with_name("away"))
    till.sell()
    till.copy()
    away.rename(till.stick)
    with clock.set_to(clock.now() - timedelta(days=2)):
        assert till.copy().receipts == 1


def test_a_mark_nobody_can_read_stops_copying_there_in_words(till: Till):
    till.sell()
    (till.stick / "T1").mkdir()
    (till.stick / "T1" / "place.json").write_text("{")
    assert "cannot be read" in till.copy().failed[0]


def test_the_oldest_medium_known_does_not_hide_the_one_that_is_there(till: Till):
    till.sell()
    till.copy()
    one = copies.latest(till.store, str(till.stick))
    assert one is not None and one.copied_n == 1 and not one.near
