"""Archiving that is killed at every step and at any moment: each receipt lies loose, in a whole archive, or in both."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from pos import config as settings
from pos.actions import anonymise, archive
from pos.config import Config
from pos.store import rebuild
from pos.store.archives import Archive
from pos.store.db import open_store
from pos.store.journal import Journal
from pos.store.verify import verify
from tests.crash.test_backup_kills import dying, in_a_process
from tests.putaway import REASON, loose, month_of_sales
from tests.receipts import sale

pytestmark = [pytest.mark.crash, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]

MONTHS = ("2026-02", "2026-03")
SALES = 12
RANDOM_LIVES = 10


def put(config: Config, step: Callable[[str], None] = lambda _name: None) -> None:
    store = open_store(config)
    for month in archive.planned(store, "2026-05", without_backup=REASON):
        archive.put_away(store, month, "ann", REASON, step=step)
    store.close()


@pytest.fixture
def shop_with_months(tmp_path: Path) -> Config:
    config = settings.load(tmp_path, environ={})
    store = open_store(config)
    journal = Journal(store)
    last = ""
    for number, month in enumerate(MONTHS):
        last = month_of_sales(journal, month, SALES, first=number * SALES + 1, prev=last)
    journal.close()
    store.close()
    return config


def whole(config: Config, life: str) -> None:
    """Nothing is lost: neither to a till that runs on nor to one that has the files alone."""
    assert verify(config).differences == [], life
    assert not list(config.archive.glob("receipts-*.tmp")), life


@pytest.mark.parametrize("step", archive.STEPS)
def test_killed_at_a_step_it_goes_on_from_there(shop_with_months: Config, step: str) -> None:
    assert not in_a_process(lambda: put(shop_with_months, dying(step)))
    whole(shop_with_months, step)
    put(shop_with_months)
    whole(shop_with_months, step)
    assert loose(shop_with_months) == []
    found = rebuild.rebuild(shop_with_months)
    assert (found.documents, found.left_alone) == (len(MONTHS) * SALES, [])


def test_killed_at_any_moment_nothing_is_lost(shop_with_months: Config) -> None:
    rng = random.Random(11)
    for life in range(RANDOM_LIVES):
        in_a_process(lambda: put(shop_with_months), rng.uniform(0.0, 0.12))
        whole(shop_with_months, f"life {life}")
    put(shop_with_months)
    assert loose(shop_with_months) == [] and len(list(shop_with_months.archive.glob("*.zip"))) == len(MONTHS)
    found = rebuild.rebuild(shop_with_months)
    assert (found.documents, found.left_alone) == (len(MONTHS) * SALES, [])


WHO = "CUST-JANE-00042"


@pytest.mark.parametrize("step", anonymise.STEPS)
def test_a_blanking_killed_at_a_step_is_all_there_or_not_begun(tmp_path: Path, step: str) -> None:
    config = settings.load(tmp_path, environ={})
    store = open_store(config)
    journal = Journal(store)
    month_of_sales(journal, "2026-03", 6, customer=WHO)
    journal.commit(sale(customer=WHO))
    journal.close()
    store.close()
    put(config)
    assert not in_a_process(lambda: blank(config, dying(step)))
    again = open_store(config)
    Journal(again).close()
    again.close()
    whole(config, step)
    held = [p for p in tmp_path.rglob("*.json") if WHO.encode() in p.read_bytes()]
    held += [p for p in config.archive.glob("*.zip") if WHO in str([one_of(p, path) for path in Archive(p).paths()])]
    assert bool(held) == (step == "planned"), f"after {step}"


def one_of(file: Path, path: str) -> bytes:
    return Archive(file).read(path)


def blank(config: Config, step: Callable[[str], None]) -> None:
    store = open_store(config)
    journal = Journal(store)
    anonymise.take_out(journal, anonymise.planned(store, WHO), "asked for it in writing", "ann", step)
