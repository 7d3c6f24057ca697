"""Killed at every point of a sale: a voucher and the receipt that sold or used it are both there, or neither is."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from pos import config as settings
from pos.actions import sell
from pos.store import points, vouchers
from pos.store.db import Store
from pos.store.verify import verify
from tests.actions.gifts import asked, gift, paid, with_gifts
from tests.actions.shop import Person, Till, line, open_till

pytestmark = [pytest.mark.crash, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]

#: Points a sale passes before it is answered; each at the sale of a voucher and at its use.
ON_THE_WAY = points.POINTS[: points.POINTS.index("before_answer") + 1]
SOLD, USED = "0193a1b2-0000-7000-8000-0001{:08d}", "0193a1b2-0000-7000-8000-0002{:08d}"


def trade(till: Till, cycle: int) -> None:
    """Sell a voucher with a code of its own and use 20.00 of it; whoever tries again sends the same."""
    code = f"CARD-{cycle:04d}"
    sell.commit(till, asked(line("MUG"), gift("25.00", code=code), pay=paid(("Card", "26.20")), id=SOLD.format(cycle)),
                Person())  # fmt: skip
    thing = line("MISC", price="23.00", price_source="typed")
    pay = paid(("Gift Voucher", "20.00", code), ("Cash", "3.00"))
    sell.commit(till, asked(thing, pay=pay, id=USED.format(cycle)), Person())


def one_life(root: Path, point: str, cycle: int) -> None:
    child = os.fork()
    if child == 0:
        try:
            till = open_till(settings.load(root, environ={}))
            points.arm(point)
            trade(till, cycle)
        finally:
            os._exit(9)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, f"{point} was not passed"


def test_a_voucher_and_its_receipt_are_both_there_or_both_not(tmp_path: Path) -> None:
    config = settings.load(tmp_path, environ={})
    till = with_gifts(open_till(config))
    till.close()
    lives = [f"{point}:{count}" for point in ON_THE_WAY for count in (1, 2)]
    for cycle, point in enumerate(lives):
        one_life(tmp_path, point, cycle)
        till = open_till(config)  # recovers
        try:
            assert _whole(till.store, cycle), point
            trade(till, cycle)  # the screen sends the same again
            assert vouchers.balance(till.store, f"CARD-{cycle:04d}").balance == 500, point
            till.journal.flush()
        finally:
            till.close()
    report = verify(config)
    assert report.differences == [] and report.documents == 2 * len(lives)


def _whole(store: Store, cycle: int) -> bool:
    """What stands after the kill: nothing, the sale with its voucher, or both sales with both rows."""
    saved = [bool(store.execute("SELECT 1 FROM document WHERE id = ?", (key.format(cycle),)).fetchone())
             for key in (SOLD, USED)]  # fmt: skip
    rows = [x.act for x in vouchers.rows_of(store, f"CARD-{cycle:04d}")]
    return (saved, rows) in (([False, False], []), ([True, False], ["issue"]), ([True, True], ["issue", "redeem"]))
