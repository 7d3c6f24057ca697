"""Alarms: told when it begins, not while it lasts, settled when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.actions import alarms, bring_in
from pos.config import Config
from pos.store import catalog, connections, disk, low, notices
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Connection, LowStock, Notice, Session
from tests import books, receipts
from tests.books import Time
from tests.store.looking import changes

HERE = "Stores - TS"
Look = Callable[[], alarms.Looked]


@pytest.fixture
def time() -> Iterator[Time]:
    now = Time()
    with clock.set_to(now):
        yield now


@pytest.fixture
def look(store: Store, time: Time, monkeypatch: pytest.MonkeyPatch) -> Look:
    """One look, in the same process as the one before; the steady clock moves with the wall's."""
    memory: dict[str, Any] = {}
    monkeypatch.setattr(alarms.clock, "steady", lambda: time().timestamp() - steady_off["seconds"])
    monkeypatch.setattr(disk, "free_bytes", lambda path: room["bytes"])
    return lambda: alarms.look(store, memory, time())


steady_off = {"seconds": 0.0}
room = {"bytes": 10 << 30}


@pytest.fixture(autouse=True)
def _plenty() -> None:
    steady_off["seconds"] = 0.0
    room["bytes"] = 10 << 30


def open_ones() -> dict[str, str]:
    return {row.key: row.level for row in Notice.select().where(Notice.resolved_at == "")}


def test_a_shop_where_all_is_well_is_quiet(look: Look, journal: Journal, time: Time) -> None:
    books.sell(journal, 3)
    for _ in range(3):
        assert look() == alarms.Looked()
        time.passes(60)
    assert open_ones() == {}


def test_the_disk_is_told_once_and_settled_with_room_to_spare(look: Look, shop: Config) -> None:
    least = shop.storage.disk_free_mb_min
    room["bytes"] = least << 20
    look()
    assert open_ones() == {}
    room["bytes"] = (least - 1) << 20
    assert look().raised == 1
    assert look() == alarms.Looked()
    assert open_ones() == {"disk:data": "needs"}
    assert f"{least - 1} MB" in Notice.get_by_id("disk:data").text
    room["bytes"] = (least + 1) << 20
    assert look() == alarms.Looked(), "at the edge it does not come and go"
    room["bytes"] = least * 5 // 4 << 20
    assert look().settled == 1
    assert open_ones() == {}


def test_a_disk_that_does_not_answer_is_not_called_full(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(path: object) -> int:
        raise OSError("stale handle")

    monkeypatch.setattr(disk, "free_bytes", gone)
    look()
    assert open_ones() == {}


def test_the_log_is_told_when_it_stays_large(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter([200, 20, 200, 200, 300, 100, 100])
    monkeypatch.setattr(disk, "file_bytes", lambda path: next(sizes) << 20)
    seen = [(look().raised, "database-log" in open_ones()) for _ in range(7)]
    assert seen == [(0, False), (0, False), (0, False), (1, True), (0, True), (0, False), (0, False)]


# -- the clock ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jump", "words"),
    [(121, "set forward by 2 minutes"), (-121, "set back by 2 minutes"), (-7300, "set back by 2 hours"), (119, "")],
)
def test_a_clock_that_was_set_is_told(look: Look, time: Time, jump: float, words: str) -> None:
    look()
    time.passes(60)
    look()
    time.passes(60 + jump)
    steady_off["seconds"] += jump
    looked = look()
    assert looked.raised == (1 if words else 0)
    if words:
        assert words in Notice.get_by_id("clock-jump").text
    time.passes(60)
    assert look().raised == 0


def test_a_night_asleep_is_no_jump(look: Look, time: Time) -> None:
    look()
    time.passes(9 * 3600)
    look()
    assert open_ones() == {}


def test_without_a_steady_clock_nothing_is_guessed(look: Look, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms.clock, "steady", lambda: None)
    look()
    time.passes(-9999)
    look()
    assert open_ones() == {}


def test_a_clock_behind_the_last_receipt_needs_a_person_also_after_a_restart(
    store: Store, look: Look, journal: Journal, time: Time
) -> None:
    books.sell(journal)
    time.passes(-3 * 3600)
    alarms.look(store, {}, time())
    assert open_ones() == {"clock-behind": "needs"}
    assert "3 hours behind" in Notice.get_by_id("clock-behind").text
    time.passes(3 * 3600)
    alarms.look(store, {}, time())
    assert open_ones() == {}


def test_this_machine_has_a_steady_clock() -> None:
    first = clock.steady()
    second = clock.steady()
    assert (first is None) == (second is None)
    assert first is None or second is None or 0 <= second - first < 60


# -- sessions and lines ------------------------------------------------------------------------------------------------


def test_a_session_open_for_longer_than_a_day(look: Look, journal: Journal, time: Time) -> None:
    books.sell(journal)
    session = Session.get()
    time.passes(24 * 3600)
    look()
    assert open_ones() == {}
    time.passes(1)
    assert look().raised == 1
    assert look().raised == 0
    assert open_ones() == {f"session:{session.id}": "check"}
    assert "21 Nov 2026, 10:00" in Notice.get_by_id(f"session:{session.id}").text
    with journal.store.transaction():
        Session.update(open=False).execute()
    assert look().settled == 1


def test_a_line_that_stays_away(store: Store, look: Look, journal: Journal, time: Time) -> None:
    books.connected(store)
    books.sell(journal, 2)
    with store.transaction():
        Connection.update(offline_since=time.stamp()).execute()
    time.passes(30 * 60 - 1)
    look()
    assert open_ones() == {}
    time.passes(1)
    look()
    assert open_ones() == {"offline:erpnext": "check"}
    assert "2 documents wait" in Notice.get_by_id("offline:erpnext").text
    with store.transaction():
        Connection.update(offline_since="").execute()
    look()
    assert open_ones() == {}
    assert connections.lines(store)[0].offline_since == ""


# -- stock -------------------------------------------------------------------------------------------------------------


def goods(store: Store, **stock: int) -> None:
    rows = [{"code": code, "name": f"Item {code}", "item_group": "x", "tax_code": ""} for code in stock]
    catalog.put_items(store, rows, "csv")
    count(store, **stock)


def count(store: Store, source: str = "csv", **stock: int) -> None:
    counted = [{"item": code, "warehouse": HERE, "qty": qty * 1000} for code, qty in stock.items()]
    catalog.put_stock(store, counted, source)


def sell(journal: Journal, code: str, qty: int = 1) -> None:
    journal.commit(receipts.sale(receipts.line(code, qty)))


def again(look: Look, monkeypatch: pytest.MonkeyPatch) -> alarms.Looked:
    """A look at everything."""
    with monkeypatch.context() as patch:
        patch.setattr(alarms, "EVERYTHING_SECONDS", -1.0)
        return look()


def test_empty_shelves_of_the_first_day_are_learned_and_not_told(store: Store, look: Look) -> None:
    goods(store, A=0, B=-2, C=5)
    look()
    assert open_ones() == {}
    assert sorted(row.item for row in LowStock.select()) == ["A", "B"]


def test_an_item_is_told_when_the_last_one_goes_and_settled_when_it_comes(
    store: Store, look: Look, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods(store, A=2, B=1)
    look()
    sell(journal, "A")
    look()
    assert open_ones() == {}
    sell(journal, "A")
    assert look().raised == 1
    assert open_ones() == {"stock:A": "info"}
    assert Notice.get_by_id("stock:A").text == "Item A (A): none left."
    sell(journal, "A")
    assert look() == alarms.Looked(), "below the line is no news"
    journal.commit(receipts.sale(receipts.line("A", -3)))
    assert look().settled == 1
    count(store, A=0)
    assert again(look, monkeypatch).raised == 1, "somebody counted it"


def test_the_reorder_point_is_the_line_where_it_is_known(store: Store, look: Look, journal: Journal) -> None:
    goods(store, A=10)
    row = {"code": "A", "name": "Item A", "group": "x", "reorder": "8"}
    assert bring_in.items(store, [row], "test").refused == ()
    look()
    sell(journal, "A")
    look()
    assert open_ones() == {}
    sell(journal, "A")
    look()
    assert Notice.get_by_id("stock:A").text == "Item A (A): 8 left, to be ordered at 8."


def test_another_place_is_named_and_told_by_itself(store: Store, look: Look) -> None:
    goods(store, A=10)
    at_back = {"item": "A", "warehouse": "Back"}
    catalog.put_stock(store, [{**at_back, "qty": 5000}], "csv")
    look()
    catalog.put_stock(store, [{**at_back, "qty": 0}], "csv")
    assert look().raised == 1
    assert open_ones() == {"stock:Back:A": "info"}
    assert Notice.get_by_id("stock:Back:A").text == "Item A (A) at Back: 0 in stock."
    catalog.put_stock(store, [{**at_back, "qty": 1000}], "csv")
    assert look().settled == 1


def test_what_others_sold_is_found_by_the_look_at_everything(
    store: Store, look: Look, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods(store, A=4)
    count(store, "erpnext", A=4)
    look()
    count(store, "erpnext", A=0)
    assert look().raised == 0
    assert again(look, monkeypatch).raised == 1


def test_a_first_look_after_a_restart_forgets_nothing(store: Store, look: Look, journal: Journal, time: Time) -> None:
    goods(store, A=1)
    look()
    sell(journal, "A")
    assert alarms.look(store, {}, time()).raised == 1
    assert alarms.look(store, {}, time()).raised == 0


def test_a_look_that_breaks_off_is_done_again(store: Store, look: Look, journal: Journal) -> None:
    goods(store, A=1)
    look()
    sell(journal, "A")

    def fails(crossed: low.Crossed) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        low.moved(store, clock.now(), fails)
    assert look().raised == 1


def test_a_shelf_that_empties_at_once_is_one_notice(store: Store, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {f"I{n:02}": 3 for n in range(alarms.ITEMS_TOLD_MAX + 1)}
    goods(store, **codes)
    look()
    count(store, **dict.fromkeys(codes, 0))
    again(look, monkeypatch)
    assert open_ones() == {"stock-many": "info"}
    assert Notice.get_by_id("stock-many").text.startswith("21 items ran low at once: Item I00, Item I01")


def test_services_templates_and_items_that_are_switched_off_never_run_low(
    store: Store, look: Look, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods(store, A=1, B=1)
    look()
    with store.transaction():
        store.execute("UPDATE item SET stocked = 0 WHERE code = 'A'")
        store.execute("UPDATE item SET disabled = 1 WHERE code = 'B'")
    sell(journal, "A", 2)
    sell(journal, "B", 2)
    look()
    again(look, monkeypatch)
    assert open_ones() == {}


def test_what_happened_leaves_the_list_after_days(store: Store, look: Look, time: Time, shop: Config) -> None:
    notices.raise_notice(store, "order", "check", "Web order 7.", event=True)
    time.passes(timedelta(days=shop.notices.event_days).total_seconds())
    assert look().settled == 0
    time.passes(1)
    assert look().settled == 1


def test_looking_at_nothing_new_writes_nothing(store: Store, look: Look, journal: Journal) -> None:
    goods(store, A=1)
    sell(journal, "A")
    look()
    look()
    before = changes(store)
    look()
    assert changes(store) == before


def test_settings_change_the_limits(store: Store, look: Look, shop: Config) -> None:
    store.config = replace(shop, storage=replace(shop.storage, disk_free_mb_min=20 * 1024))
    look()
    assert open_ones() == {"disk:data": "needs"}
