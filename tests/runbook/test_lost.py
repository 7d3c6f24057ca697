"""The runbook's rows about files and databases that are gone: everything back, numbers go on, nothing posted twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.rules import documents
from tests.actions import drawer
from tests.agents.rounds_of import until
from tests.contract.emulators import erpnext_shops as shops
from tests.copied import tree
from tests.runbook.shop import MANAGER, Shop, lose, shop

WAIT_SECONDS = 30


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Shop]:
    """A till with a second place for copies, a closed session and an open one, some of it sent."""
    with shop(tmp_path / "till", places=tmp_path / "stick") as opened:
        drawer.start(opened.app, "50.00", MANAGER)  # type: ignore[arg-type]
        opened.sell(3)
        opened.finish()
        opened.sell(2)
        opened.drain()
        opened.sell(2)
        yield opened


def numbers(here: Shop) -> list[int]:
    """Of every receipt file, in order."""
    return sorted(documents.decode(body)["sequence"] for body in tree(here.config.invoices).values())


def test_receipt_files_that_were_deleted_are_written_again_from_the_database(here: Shop) -> None:
    assert until(lambda: here.journal.health().unsynced == 0, WAIT_SECONDS)
    written = tree(here.config.invoices)
    lose(here.config.invoices)
    (sold,) = here.sell()

    def all_back() -> bool:
        here.rounds_on_schedule("watch")
        return written.keys() < tree(here.config.invoices).keys()

    assert until(all_back, WAIT_SECONDS)  # a file that is still to be made durable is the journal's to write
    back = tree(here.config.invoices)
    assert {path: back[path] for path in written} == written, "byte for byte"
    assert len(back) == len(written) + 1
    (told,) = here.told("files-missing:")
    assert "were missing and were written again" in told and "Find out who removed them." in told
    here.drain()
    assert here.booked() == here.wanted() and sold["id"] in here.booked()
    here.sound()


def test_they_come_back_as_well_when_they_went_while_the_till_was_off(here: Shop) -> None:
    written = tree(here.config.invoices)
    here.close()
    lose(here.config.invoices)
    here.open()
    here.rounds_on_schedule("watch")
    assert tree(here.config.invoices) == written
    here.sound()


def test_the_database_is_rebuilt_from_the_receipts_and_nothing_is_posted_twice(here: Shop) -> None:
    last = max(numbers(here))
    here.close()
    lose(here.root / "data")
    rebuilt(here)
    assert numbers(here) == list(range(1, last + 1))
    goes_on(here, last)


def test_receipts_and_database_come_back_from_the_second_place(here: Shop) -> None:
    here.round("backup")
    assert here.bar["copies"]["state"] in ("ok", "near")
    written, last = tree(here.config.invoices), max(numbers(here))
    here.close()
    lose(here.root / "data", here.config.invoices)
    shutil.copytree(here.places / "T1" / "receipts", here.config.invoices)
    assert tree(here.config.invoices) == written
    rebuilt(here)
    goes_on(here, last)


def rebuilt(here: Shop) -> None:
    """As the runbook says: rebuild, set up again what is in no receipt, start."""
    assert here.command("rebuild") == 0
    admin = shops.MANAGER
    assert here.command("erpnext", "setup", "--admin-key", admin[0], "--admin-secret", admin[1]) == 0
    here.open()
    here.goods()


def goes_on(here: Shop, last: int) -> None:
    """The open session and the numbers go on; what was sent before is found by its id and not sent again."""
    (sold,) = here.sell()
    assert sold["sequence"] == last + 1
    z = here.finish()
    assert z["z"]["number"] == 2 and z["z"]["session"] == sold["session"]
    here.line.requests.clear()
    here.drain()
    posts = [path for method, path in here.line.requests if method == "POST" and "/api/resource/" in path]
    assert len(posts) == 3, "two that had not gone yet, and the new one"
    assert here.booked() == here.wanted()
    here.sound()
    assert here.command("verify") == 0
