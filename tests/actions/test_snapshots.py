"""Snapshots: whole, of one moment, proven by restoring them aside, and thinned out without losing a proven one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pos import clock
from pos.actions import restore, snapshots
from pos.errors import BadSettings, CannotSave, Conflict, Corrupt, NotFound
from pos.places.base import PlaceError
from pos.places.folder import Folder
from pos.store import archive, copies, notices, snapshot
from tests.bench import backup_bench
from tests.books import Time
from tests.copied import Till, tree
from tests.copied import till as a_till


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with a_till(tmp_path / "till", tmp_path / "stick") as found:
        yield found


def left(till: Till) -> list[str]:
    """What lies in the folder snapshots are made in, the lock apart."""
    return [p.name for p in (till.config.data / "snapshots").iterdir() if p.name != "lock"]


def test_a_snapshot_holds_everything_and_is_proven(till: Till):
    sold = till.sell(4)
    taken = till.snapshot()
    figures = taken.made.manifest.figures
    assert (figures.documents, figures.mark, figures.lines) == (4, 4, 8)
    assert figures.heads[0].hash == sold[-1]["hash"]
    assert taken.there == [str(till.stick)] and not taken.failed and not taken.difference
    kept = copies.last_snapshot(till.store, str(till.stick), whole=True)
    assert kept is not None
    assert (kept.name, kept.sha256, kept.head) == (till.newest.name, archive.digest_of(till.newest), sold[-1]["hash"])
    assert left(till) == []
    assert snapshots.prove(till.store, till.config, kept.name, kept.place) == ""


def test_one_taken_while_sales_go_on_is_of_one_moment(till: Till):
    """Four threads sell without a pause; the copy is made in the smallest steps and is whole all the same."""
    done, ends = [], threading.Event()

    def shop() -> None:
        while not ends.is_set():
            done.extend(till.sell())

    shoppers = [threading.Thread(target=shop) for _ in range(4)]
    till.sell(50)
    for one in shoppers:
        one.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(snapshot, "STEP_PAGES", 1)
            before = copies.newest(till.store)
            taken = till.snapshot(gently=False)
            after = copies.newest(till.store)
    finally:
        ends.set()
        for one in shoppers:
            one.join()
    figures = taken.made.manifest.figures
    assert before <= figures.documents == figures.mark == taken.made.manifest.receipts < after
    assert taken.difference == "" and done, "sales went on, and what was taken is whole"


def test_secrets_stay_out_unless_they_are_locked_in(till: Till, tmp_path: Path):
    (till.config.root / ".env").write_text("ERPNEXT_API_SECRET=very-secret\n")
    till.sell()
    out = tmp_path / "out"
    till.snapshot()
    with archive.opened(till.newest, None, tmp_path) as plain:
        archive.unpack(plain, out, lambda _d, _t: None)
    assert not (out / ".env").exists()
    assert b"very-secret" not in b"".join(tree(out).values())
    assert b"Corner Shop" in (out / "config.ini").read_bytes()


def test_a_locked_one_holds_them_and_is_proven_with_its_key(tmp_path: Path):
    key = tmp_path / "key"
    archive.new_key(key)
    with a_till(tmp_path / "till", tmp_path / "stick", key_file=str(key), secrets=True) as till:
        (till.config.root / ".env").write_text("ERPNEXT_API_SECRET=very-secret\n")
        till.sell()
        assert not till.snapshot().failed
        assert archive.is_encrypted(till.newest)
        with archive.opened(till.newest, key, tmp_path) as plain:
            archive.unpack(plain, tmp_path / "out", lambda _d, _t: None)
        assert (tmp_path / "out" / ".env").read_text() == "ERPNEXT_API_SECRET=very-secret\n"
        assert list((till.config.data / "snapshots").glob("**/*.plain")) == []


# -- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_place_that_gives_back_something_else_does_not_count(till: Till, monkeypatch: pytest.MonkeyPatch):
    fetch = Folder.fetch

    def worn(self: Folder, path: str, file: Path) -> None:
        fetch(self, path, file)
        body = bytearray(file.read_bytes())
        body[len(body) // 2] ^= 4
        file.write_bytes(body)

    till.sell()
    monkeypatch.setattr(Folder, "fetch", worn)
    taken = till.snapshot()
    assert taken.there == [] and "may be failing" in taken.failed[0]
    assert copies.last_snapshot(till.store, str(till.stick), whole=True) is None
    assert "may be failing" in notices.open_notices(till.store, prefix="backup:snapshot")[0].text


def test_a_place_that_fails_does_not_keep_it_from_the_others(tmp_path: Path):
    gone, there = tmp_path / "gone", tmp_path / "there"
    with a_till(tmp_path / "till", there, places=f"{gone} | {there}") as till:
        till.sell()
        taken = till.snapshot()
        assert taken.there == [str(there)] and "Plug its disk in" in taken.failed[0]
        assert [(s.place, s.state) for s in copies.snapshots(till.store)] == [
            (str(gone), "failed"),
            (str(there), "there"),
        ]
        gone.mkdir()
        with clock.set_to(clock.now() + timedelta(hours=1)):
            till.snapshot()
        assert notices.open_notices(till.store, prefix="backup:snapshot") == []


def test_a_full_place_is_named_and_keeps_no_half_file(till: Till, monkeypatch: pytest.MonkeyPatch):
    def full(_source: object, to: object, _size: int) -> None:
        to.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    till.sell()
    till.snapshot()
    before = tree(till.stick)
    monkeypatch.setattr("pos.places.folder.shutil.copyfileobj", full)
    with clock.set_to(clock.now() + timedelta(hours=1)):
        taken = till.snapshot()
    assert "is full" in taken.failed[0]
    assert tree(till.stick) == before


def test_a_full_place_first_lets_go_of_what_is_not_kept_any_more(till: Till, monkeypatch: pytest.MonkeyPatch):
    """Fewer are kept since the settings were changed; on a full stick nothing would ever go otherwise."""
    put, there = Folder.put, list[int]()

    def full(self: Folder, path: str, file: Path) -> None:
        there.append(len(list(till.stick.glob("T1/snapshots/*.tkb"))))
        if there[-1] > 2:
            raise PlaceError("no room", code="full")
        put(self, path, file)

    till.sell()
    began = clock.now()
    for hours in range(4):
        with clock.set_to(began + timedelta(hours=hours)):
            till.snapshot()
    few = replace(till.config, backup=replace(till.config.backup, keep_hours=1, keep_days=1, keep_weeks=0))
    monkeypatch.setattr(Folder, "put", full)
    with clock.set_to(began + timedelta(hours=5)):
        taken = snapshots.take(till.store, few, "person", "test")
    assert taken.there == [str(till.stick)] and there[0] > 2


def test_a_clock_that_was_set_back_does_not_delete_what_was_just_put(till: Till):
    few = replace(
        till.config, backup=replace(till.config.backup, keep_hours=1, keep_days=1, keep_weeks=1, keep_months=1)
    )
    till.sell()
    for moment in (clock.now(), clock.now() - timedelta(days=9000)):
        with clock.set_to(moment):
            name = snapshots.take(till.store, few, "person", "test").made.manifest.name
            assert (till.stick / "T1" / "snapshots" / name).exists()


def test_only_our_own_snapshots_are_listed_whatever_lies_there(till: Till):
    till.sell()
    till.snapshot()
    ours = till.newest.name
    for name in ("T2-20260101T000000Z.tkb", "T1-99999999T999999Z.tkb", f"{ours}.part", "README"):
        (till.stick / "T1" / "snapshots" / name).write_text("x")
    assert [one.name for one in snapshots.listed(till.store, till.config)[0]] == [ours]
    with pytest.raises(NotFound, match=ours):
        restore.fetch(till.config, str(till.stick), "T1-20200101T000000Z.tkb", "T1", till.stick)


def test_the_wrong_key_says_nothing_of_a_snapshot(tmp_path: Path):
    """One that was proven stays proven: what is not is deleted sooner."""
    key, other = tmp_path / "key", tmp_path / "other"
    archive.new_key(key)
    archive.new_key(other)
    with a_till(tmp_path / "till", tmp_path / "stick", key_file=str(key)) as till:
        till.sell()
        name = till.snapshot().made.manifest.name
        wrong = replace(till.config, backup=replace(till.config.backup, key_file=str(other)))
        with pytest.raises(BadSettings, match="another key"):
            snapshots.prove(till.store, wrong, name, str(till.stick))
        assert copies.last_snapshot(till.store, str(till.stick), whole=True) is not None
        assert snapshots.prove(till.store, till.config, name, str(till.stick)) == ""


def test_without_room_on_the_tills_own_disk_none_is_begun(till: Till, monkeypatch: pytest.MonkeyPatch):
    till.sell()
    monkeypatch.setattr(snapshot.disk, "free_bytes", lambda _path: 10 << 20)
    with pytest.raises(CannotSave, match="selling goes on"):
        till.snapshot()
    assert left(till) == []
    assert notices.open_notices(till.store, prefix="backup:snapshot")


def test_a_damaged_database_makes_no_snapshot(till: Till, monkeypatch: pytest.MonkeyPatch):
    def torn(source: Path, target: Path, *, gently: bool = False) -> None:
        copy(source, target, gently=gently)
        with target.open("r+b") as file:
            file.seek(4096 * 20)
            file.write(b"\xff" * 4096 * 10)

    copy = snapshot.copy_database
    till.sell(30)
    monkeypatch.setattr(snapshot, "copy_database", torn)
    with pytest.raises((Corrupt, CannotSave), match=r"damaged"):
        till.snapshot()
    assert not list(till.stick.glob("**/*.tkb"))


def test_a_shop_that_differs_is_kept_but_never_called_proven(till: Till):
    """Better than nothing, and said; a proven one of before stays."""
    till.sell(3)
    till.snapshot()
    till.store.execute("UPDATE document SET total = total + 1 WHERE n = 2")
    with clock.set_to(clock.now() + timedelta(hours=1)):
        taken = till.snapshot()
    assert "total" in taken.difference
    assert len(list(till.stick.glob("T1/snapshots/*.tkb"))) == 2
    whole = copies.last_snapshot(till.store, str(till.stick), whole=True)
    assert whole is not None and whole.name < taken.made.manifest.name
    assert "holds a difference" in notices.open_notices(till.store, prefix="backup:snapshot")[0].text


def test_one_that_lies_there_is_found_damaged_when_it_is_looked_at_again(till: Till):
    till.sell()
    name = till.snapshot().made.manifest.name
    body = bytearray(till.newest.read_bytes())
    body[-50] ^= 1
    till.newest.write_bytes(body)
    assert "not whole" in snapshots.prove(till.store, till.config, name, str(till.stick))
    assert copies.last_snapshot(till.store, str(till.stick), whole=True) is None


def test_only_one_is_made_at_a_time(till: Till):
    till.sell()
    inside: list[str] = []

    def step(name: str) -> None:
        if name == "copied":
            with pytest.raises(Conflict, match="already"):
                till.snapshot()
            inside.append(name)

    till.snapshot(step=step)
    assert inside == ["copied"]


def test_what_a_killed_one_left_is_cleared_by_the_next(till: Till):
    till.sell()
    rest = till.config.data / "snapshots" / "work"
    rest.mkdir(parents=True)
    (rest / "till.db").write_bytes(b"half")
    till.snapshot()
    assert left(till) == []


def test_without_a_place_a_person_is_told_where_to_name_one(tmp_path: Path):
    with a_till(tmp_path / "till", tmp_path / "stick", places="") as till, pytest.raises(NotFound, match="places"):
        till.snapshot()


# -- when, and which are kept ----------------------------------------------------------------------------------------


def test_it_is_due_when_something_changed_and_its_time_has_come(till: Till, time: Time):
    def due(tried: bool = False) -> bool:
        return snapshots.is_due(till.store, till.config, clock.now(), clock.now() if tried else None)

    assert not due(), "an empty till needs none"
    till.sell()
    assert due() and not due(tried=True)
    till.snapshot()
    assert not due()
    time.passes(60 * 60)
    assert not due(), "nothing changed"
    till.sell()
    assert due()
    till.snapshot()
    time.passes(24 * 60 * 60)
    assert due(), "once a day in any case, for prices and people"
    with clock.set_to(clock.now() - timedelta(days=30)):
        assert due(), "a clock that was set back does not stop it"


def test_what_is_not_kept_is_deleted_there_and_the_proven_one_never(till: Till, time: Time, monkeypatch):
    keep = dict.fromkeys(("keep_hours", "keep_days", "keep_weeks", "keep_months"), 0)
    with a_till(till.config.root.with_name("other"), till.stick.with_name("stick2"), **keep) as small:
        small.sell()
        first = small.snapshot().made.manifest.name
        names = [first]
        for hour in range(3):
            time.passes(3600)
            small.sell()
            if hour == 1:
                small.store.execute("UPDATE document SET total = total + 1 WHERE n = 1")
            names.append(small.snapshot().made.manifest.name)
        there = sorted(p.name for p in small.stick.glob("T1/snapshots/*.tkb"))
        assert there == [names[1], names[3]], "the newest, and the newest that is proven"
        states = {s.name: s.state for s in copies.snapshots(small.store)}
        assert states == {names[0]: "removed", names[1]: "there", names[2]: "removed", names[3]: "there"}


def test_files_of_others_at_the_place_are_never_deleted(till: Till, time: Time):
    folder = till.stick / "T1" / "snapshots"
    folder.mkdir(parents=True)
    for name in ("notes.txt", "T2-20200101T000000Z.tkb", "T1-2020.tkb"):
        (folder / name).write_text("keep me")
    for _ in range(3):
        till.sell()
        till.snapshot()
        time.passes(3600)
    assert {"notes.txt", "T2-20200101T000000Z.tkb", "T1-2020.tkb"} <= {p.name for p in folder.iterdir()}


def test_the_list_says_what_lies_where_and_which_place_is_silent(till: Till):
    till.sell()
    till.snapshot()
    found, failed = snapshots.listed(till.store, till.config)
    assert [(one.name, bool(one.verified_at)) for one in found] == [(till.newest.name, True)] and not failed
    till.stick.rename(till.stick.with_name("gone"))
    found, failed = snapshots.listed(till.store, till.config)
    assert not found and "Plug its disk in" in failed[0]


def test_a_place_that_refuses_everything_is_only_a_sentence(till: Till, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_args: object) -> None:
        raise PlaceError("not you", code="not_allowed")

    monkeypatch.setattr(Folder, "read", refuse)
    till.sell()
    assert till.snapshot().failed == [f"{till.stick}: not you"]


def test_the_bench_runs_with_a_few_receipts(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """`tasks.py bench backup` does the same with 100,000."""
    took = backup_bench.many(tmp_path / "bench", 300)
    assert len(took) == 6 and sum(took.values()) < 60
    assert "300 receipts" in capsys.readouterr().out
