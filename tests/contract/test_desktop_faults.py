"""Whatever fails on the way to QuickBooks Desktop, each event is there once. At length: `tasks.py prove`."""

from __future__ import annotations

from pathlib import Path

from tests.contract import desktop_books as books
from tests.contract import desktop_faults
from tests.contract.desktop_judge import Judge, Result


def test_whatever_fails_each_event_is_there_once_and_in_order(tmp_path: Path) -> None:
    result = desktop_faults.one_run(tmp_path, 1, 40)
    assert result.wrong == []
    assert result.applied > 20
    assert len(result.faults) > 10
    assert result.outcomes["crashed"] > 3


def test_the_judge_sees_what_is_lost_doubled_changed_or_out_of_order(tmp_path: Path) -> None:
    """The control: a proof that cannot fail proves nothing."""
    with books.shop(tmp_path) as shop:
        events = [shop.transfer(item) for item in ("COLA", "COLA", "SHOE", "TEA")]
        connector = shop.connector()
        assert connector.run().outcome == "closed"

        def judged() -> list[str]:
            result = Result()
            Judge(shop, result, [connector]).judge()
            return result.wrong

        assert judged() == []
        first, second, third, fourth = (shop.there(event.id)[0] for event in events)
        first.number, second.number = second.number, first.number
        del shop.file.txns[third.txn_id]
        shop.file.txns["again"] = fourth
        first.moved["COLA", "Shop"] += 1
        assert [sentence.split(" ", 1)[1] for sentence in judged()] == [
            f"{events[0].n} did {shop.moves(events[0].id)} here and {first.moved} there",
            f"{events[2].n} is applied with ['applied'] and 0 transactions",
            f"{events[2].n} is applied with a TxnID nobody gave",
            f"{events[2].n} did {shop.moves(events[2].id)} here and {{}} there",
            f"{events[3].n} is applied with ['applied'] and 2 transactions",
        ] + [sentence.split(" ", 1)[1] for sentence in judged()[5:]]
        assert any("is there 2 times" in sentence for sentence in judged())
        assert any("came after" in sentence for sentence in judged())


def test_a_quickbooks_that_remembers_and_finds_nothing_has_it_twice(tmp_path: Path) -> None:
    """The control: it is the id and the question that keep it from being there twice, not luck."""
    with books.shop(tmp_path) as shop:
        shop.file.amnesia = True
        event = shop.transfer()
        connector = shop.connector()
        connector.faults.next("crash_after_run")
        connector.run()
        shop.passes(3600)
        connector.run()
        assert len(shop.there(event.id)) == 2
        result = Result()
        Judge(shop, result, [connector]).judge()
        assert any("is there 2 times" in sentence for sentence in result.wrong)
