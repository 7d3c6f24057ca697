"""A program that is killed between any two steps of a document for QuickBooks: there once, equal, nothing stuck.

Each step is killed twice: before it and after it, by an exception nothing catches; then the next program goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pos.actions import reconcile
from pos.connectors.qbo import pace
from pos.connectors.qbo.client import Client
from pos.connectors.qbo.connector import Books
from pos.store import bundles, outbox, scopes
from pos.store.models import Bundle, BundleMember
from tests.contract import qbo_books
from tests.contract.qbo_books import Shop

#: Collected, closed, bytes kept, asked for, sent, their id kept, read back, booked.
STEPS: tuple[tuple[object, str], ...] = (
    (bundles, "join"), (bundles, "close"), (bundles, "keep_sent"), (Books, "find"), (Client, "create"),
    (outbox, "sent"), (Books, "fetch"), (outbox, "booked"),
)  # fmt: skip


class Killed(BaseException):
    """kill -9: no handler of the program sees it."""


def killed(shop: Shop, module: object, name: str, *, after: bool) -> bool:
    """Rounds until the step is come to, and the end there; then a new program. Whether it was come to."""
    real: Callable[..., object] = getattr(module, name)

    def dies(*given: object, **named: object) -> None:
        if after:
            real(*given, **named)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, dies)
        for _ in range(6):
            try:
                shop.round()
            except Killed:
                shop.journal.close()
                shop.restarted()
                return True
            finally:
                shop.passes(seconds=400)
    return False


@pytest.mark.sqlite  # what is taken back on the way down is the engine's; the steps are the same
@pytest.mark.parametrize("grain", ["day", "receipt"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_step_it_is_there_once_and_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grain: str, after: bool
) -> None:
    monkeypatch.setattr(pace, "APART_SECONDS", 0.0)
    with qbo_books.shop(tmp_path, TILLKEEP_QUICKBOOKS_GRAIN=grain) as shop:
        steps = [step for step in STEPS if grain == "day" or step != (bundles, "close")]  # joined and closed in one
        reached = []
        for module, name in steps:
            for way in ("Cash", "Card"):
                shop.sell(way=way)
            shop.passes(days=1)  # each step has a day of its own to be come to
            reached += [name] if killed(shop, module, name, after=after) else []
        assert reached == [name for _, name in steps]
        for _ in range(4):
            shop.passes(seconds=400)
            shop.round()
        assert set(shop.states("sale")) == set(shop.states()) == {"booked"}
        assert len(shop.rows("sale")) == 2 * len(steps)
        there = Counter(doc["DocNumber"] for doc in shop.there())
        assert set(there.values()) == {1}
        assert set(there) == {row.number for row in Bundle.select()}
        assert BundleMember.select().count() == 2 * len(steps)
        for day in {row.day for row in Bundle.select()}:
            found = reconcile.look(shop.job(), scopes.day_of(shop.store, day))
            assert found is not None
            assert (found.verdict, found.total_here) == ("match", found.total_there)
        shop.journal.close()
