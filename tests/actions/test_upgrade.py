"""Upgrade and back: the till's own files are touched by the last step alone, wherever it is killed before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import launch
from pos.actions import restore, upgrade
from pos.actions.upgrade import Upgrade
from pos.errors import Conflict, Corrupt, Invalid, NotFound
from pos.rules import release
from pos.store import versions
from pos.store.db import database_path
from pos.store.migrate import known, newest
from tests.conftest import REPO
from tests.copied import Till, reopened
from tests.copied import till as a_till
from tests.released import WHOLE, a_release, in_this_process, next_migration, this_python


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_release(tmp_path_factory.mktemp("zip") / "tillkeep-9.0.0.zip")


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with a_till(tmp_path / "shop", tmp_path / "stick") as found:
        found.sell(3)
        yield found


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """An installation of this very program; only what is looked at."""
    folder = tmp_path / "tillkeep"
    for path in [REPO / "pos" / "__init__.py", *(REPO / "pos/store/migrations").glob("*.py")]:
        target = folder / path.relative_to(REPO)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return folder


def at(till: Till, here: Path, **more: object) -> Upgrade:
    return Upgrade(till.config, here, "test", **{"build": this_python, "ask": in_this_process, **more})  # type: ignore[arg-type]


def test_a_new_version_is_tried_on_a_copy_and_switched_to_while_the_till_sells(
    till: Till, here: Path, tmp_path: Path
) -> None:
    newer = a_release(tmp_path / "whole.zip", parts=WHOLE)
    steps: list[str] = []

    def passed(name: str) -> None:
        steps.append(name)
        if name != "told":
            till.sell()  # selling goes on, and nothing of it is touched

    done = at(till, here, step=passed, ask=upgrade.ask).run(newer)
    assert steps == list(upgrade.STEPS)
    assert done.documents >= 3 and done.tables_before == len(known())
    pointer = launch.pointer(till.config.root)
    assert (pointer.version, pointer.before, pointer.snapshot) == (done.version.name, ("",), done.snapshot)
    assert Path(done.snapshot).is_file()
    found = launch.successor(till.config.root, here, ["serve"])
    assert found is not None and (found.folder / "pos_server.py").is_file()
    assert versions.applied(till.store) == known(), "the till's own tables wait for the new version's first start"
    assert not (till.config.data / "upgrade" / "aside").exists()
    row = till.store.execute("SELECT act, subject FROM audit ORDER BY n DESC LIMIT 1").fetchone()
    assert row == ("upgrade", done.version.name)
    with pytest.raises(Conflict, match="already"):
        at(till, here).run(newer)


@pytest.mark.parametrize("step", upgrade.STEPS)
def test_killed_at_any_step_one_of_the_two_starts_and_the_upgrade_can_be_given_again(
    till: Till, here: Path, newer: Path, step: str
) -> None:
    def kill(name: str) -> None:
        if name == step:
            raise Killed

    body = database_path(till.config).read_bytes()
    with pytest.raises(Killed):
        at(till, here, step=kill).run(newer)
    found = launch.successor(till.config.root, here, ["serve"])
    switched = upgrade.STEPS.index(step) >= upgrade.STEPS.index("switched")
    assert (found is not None) is switched
    assert versions.applied(till.store) == known()
    if step != "told":
        assert database_path(till.config).read_bytes() == body, "the old version finds its tables as it left them"
    assert len(till.sell(1)) == 1
    if not switched:
        assert at(till, here).run(newer).version.name == launch.pointer(till.config.root).version


def test_a_version_that_fails_on_the_copy_is_not_switched_to(till: Till, here: Path, tmp_path: Path) -> None:
    bad = a_release(tmp_path / "bad.zip", parts=WHOLE, spoilt="raise RuntimeError('half done')")
    with pytest.raises(Corrupt, match=r"does not start on a copy of this till: .*half done"):
        at(till, here, ask=upgrade.ask).run(bad)
    refused(till, here)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ({"documents": 2}, "other receipts: 2, not 3"),
        ({"totals": []}, "other totals"),
        ({"heads": []}, "other heads"),
        ({"tables": 1}, "tables 1"),
        ({"differences": ["a file is missing"]}, "a file is missing"),
    ],
)
def test_a_version_that_counts_otherwise_on_the_copy_is_not_switched_to(
    till: Till, here: Path, newer: Path, harm: dict[str, object], words: str
) -> None:
    with pytest.raises(Corrupt, match=words):
        at(till, here, ask=lambda found, apart: in_this_process(found, apart) | harm).run(newer)
    refused(till, here)


def refused(till: Till, here: Path) -> None:
    assert launch.pointer(till.config.root).version == ""
    assert launch.successor(till.config.root, here, ["serve"]) is None
    assert list(till.store.execute("SELECT act FROM audit WHERE act = 'upgrade'")) == []
    assert not (till.config.data / "upgrade" / "aside").exists()


def test_what_is_older_or_another_is_refused_before_anything_is_written(
    till: Till, here: Path, tmp_path: Path, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = a_release(tmp_path / "old.zip", "0.0.1", migrates=False)
    with pytest.raises(Conflict, match="--back"):
        at(till, here).run(older)
    with pytest.raises(Invalid, match="SHA-256"):
        at(till, here).run(newer, "00" * 32)
    till.store.execute("INSERT INTO schema_version VALUES (99, '0099_elsewhere', '')")
    with pytest.raises(Conflict, match="0099_elsewhere"):
        at(till, here).run(newer)
    with pytest.raises(NotFound):
        at(till, here).run(tmp_path / "none.zip")
    assert not launch.shelf(here).exists()


def test_back_to_the_version_before_with_everything_sold_since(till: Till, here: Path, tmp_path: Path) -> None:
    same = a_release(tmp_path / "same.zip", migrates=False)
    at(till, here).run(same)
    till.sell(2)
    at(till, here).back()
    assert launch.successor(till.config.root, here, ["serve"]) is None
    assert till.store.execute("SELECT count(*) FROM document").fetchone()[0] == 5
    with pytest.raises(NotFound, match="no version to go back to"):
        at(till, here).back()


def test_after_new_tables_back_says_how_and_that_way_brings_every_receipt(
    tmp_path: Path, here: Path, newer: Path
) -> None:
    with a_till(tmp_path / "shop", tmp_path / "stick") as till:
        till.sell(3)
        done = at(till, here).run(newer)
        till.sell(2)
        # what the new version does at its first start
        with till.store.transaction():
            till.store.execute("CREATE TABLE of_the_test (id INTEGER PRIMARY KEY)")
            till.store.execute("INSERT INTO schema_version VALUES (?, ?, '')", (newest() + 1, next_migration()))
        with pytest.raises(Conflict) as refused:
            at(till, here).back()
        assert done.snapshot in refused.value.message and f"--newer {till.config.invoices}" in refused.value.message
        assert launch.pointer(till.config.root).version == done.version.name, "nothing was changed"
        config = till.config
    wanted = restore.Wanted(Path(done.snapshot), newer=[str(config.invoices)])
    made = restore.run(tmp_path / "again", wanted, "test")
    assert (made.restored.manifest.figures.documents, made.restored.merged) == (3, 2)
    with reopened(tmp_path / "again") as (store, _journal):
        assert versions.applied(store) == known()
        assert store.execute("SELECT count(*) FROM document").fetchone()[0] == 5


def test_a_rehearsal_never_touches_a_till(till: Till) -> None:
    with pytest.raises(Exception, match="for `upgrade` itself"):
        upgrade.rehearse(till.config)


def test_the_release_made_here_is_one(newer: Path) -> None:
    with versions.Zip(newer) as archived:
        assert archived.release.version == "9.0.0"
        assert release.unknown_to(archived.release, known()) == ""
        assert archived.release.migrations[-1] == next_migration()
