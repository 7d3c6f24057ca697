"""Watch, and receipts that were put away: nothing is missed, and an archive that is harmed or gone is told."""

from __future__ import annotations

import time as real_time
from collections.abc import Callable

import pytest

from agents import watch as agent
from pos.actions import archive, watch
from pos.config import Config
from pos.runner import Runner
from pos.store import notices, rounds
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.verify import verify
from tests.putaway import REASON, loose, month_of_sales, only


@pytest.fixture
def look(store: Store, shop: Config, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    monkeypatch.setattr(watch, "STILL_SECONDS", 0.05)
    runner = Runner(store, shop, [agent.AGENT], journal=journal, kinds=())

    def one() -> str:
        real_time.sleep(0.06)
        assert runner.once("watch", cause="schedule")
        return rounds.latest(store)[0].sentence

    return one


@pytest.fixture
def away(store: Store, shop: Config, journal: Journal) -> Config:
    month_of_sales(journal, "2026-03", 6)
    (month,) = archive.planned(store, "2026-05", without_backup=REASON)
    archive.put_away(store, month, "ann", REASON)
    assert loose(shop) == []
    return shop


def test_what_was_put_away_is_not_missed(look: Callable[[], str], store: Store, away: Config) -> None:
    for _ in range(3):
        assert look() == "All receipts lie as they were written."
    assert loose(away) == [] and notices.open_notices(store) == []


def test_a_month_put_away_between_two_looks_is_not_missed(
    look: Callable[[], str], store: Store, shop: Config, journal: Journal
) -> None:
    month_of_sales(journal, "2026-03", 6)
    look()
    (month,) = archive.planned(store, "2026-05", without_backup=REASON)
    archive.put_away(store, month, "ann", REASON)
    assert look() == "All receipts lie as they were written."
    assert loose(shop) == []


def test_one_that_is_gone_is_told_and_its_receipts_are_written_again(
    look: Callable[[], str], store: Store, away: Config
) -> None:
    look()
    only(away.archive).unlink()
    assert look() == "6 missing files written again."
    assert len(loose(away)) == 6 and verify(away).differences == []
    assert any(n.key.startswith("files-missing:2026-03-") for n in notices.open_notices(store))


def test_one_that_cannot_be_read_is_told_until_it_is_moved_away(
    look: Callable[[], str], store: Store, away: Config
) -> None:
    look()
    file = only(away.archive)
    file.write_bytes(file.read_bytes()[:-30])
    look()
    (told,) = [n for n in notices.open_notices(store) if n.key.startswith("archive:")]
    assert "receipts-2026-03.zip is damaged" in told.text and "move it away" in told.remedy
    assert look(), "said once, while it lies there"
    file.unlink()
    look()
    assert [n for n in notices.open_notices(store) if n.key.startswith("archive:")] == []
    assert len(loose(away)) == 6


def test_one_receipt_harmed_inside_is_found_by_the_rolling_look(
    look: Callable[[], str], store: Store, away: Config
) -> None:
    from pos.store.archives import Archive

    file = only(away.archive)
    body = file.read_bytes()
    at = Archive(file)._members["invoices/2026-03-02/T1-000003.json"].at + 200
    file.write_bytes(body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :])
    for _ in range(4):
        look()
    assert "file:2026-03-02/T1-000003.json" in {n.key for n in notices.open_notices(store)}
