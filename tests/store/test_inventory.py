"""Events of stock that is kept here: what they do to levels, how they are taken back, and that the sums always hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos import clock
from pos.errors import Conflict, Invalid, NotFound
from pos.rules.inventory import Draft, Line
from pos.store import (
    audit,
    catalog,
    companies,
    feeds,
    inventory,
    inventory_begin,
    inventory_places,
    inventory_read,
    stock,
)
from pos.store.db import Store
from pos.store.inventory_kept import standing
from pos.store.inventory_places import Location, Reason
from pos.store.models import Document, InventoryEvent, Movement, Stock
from pos.store.reach import Reach
from tests.store.goods import HERE, goods_in, item, put

__all__ = ["goods_in"]

pytestmark = pytest.mark.both_engines

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
BACK = "Back room"


@pytest.fixture
def shop_floor(store: Store) -> Store:
    """Two places and three goods; ten teas on the floor."""
    with clock.set_to(NOW):
        put(store, item("TEA", "Tea", reorder=2000), item("MUG", "Mug"), item("JUG", "Jug"))
        inventory_begin.begin(store)
        inventory_places.put_location(store, Location(BACK, "main", "The back room"), "ann")
        post(store, "receipt", Line("TEA", 10_000, destination=HERE), key="first")
    return store


def post(store: Store, kind: str, *lines: Line, key: str = "", **more: Any) -> inventory.Event:
    draft = Draft(key or clock.uuid7(), "main", kind, "2026-11-20", lines, **more)
    return inventory.post(store, draft, by="ann", now=NOW)


def sold(store: Store, code: str, qty: int, place: str = HERE, at: datetime = NOW) -> str:
    """A document as the journal leaves it, as far as stock is concerned."""
    key = clock.uuid7()
    with store.transaction():
        n = Document.select().count() + 1
        Document.create(
            id=key, kind="sale" if qty > 0 else "return", till="T1", store="main", series="till", sequence=n,
            number=f"T1-{n:06d}", path=f"{key}.json", created_at=at.isoformat(), business_day="2026-11-20", session="",
            cashier="ann", customer="", currency="GBP", total=0, tax=0, hash="", prev_hash="", body="{}",
        )  # fmt: skip
        Movement.create(document=key, position=1, item_code=code, warehouse=place, qty=-qty)
    return key


def there(store: Store, code: str = "TEA", place: str = HERE) -> int:
    return stock.stock_of(store, [code], place).get(code, 0)


def sums_hold(store: Store) -> None:
    wrong = store.execute(
        "SELECT s.item, s.warehouse FROM stock s WHERE s.own_at_set IS NOT NULL AND s.qty - s.own_at_set <> coalesce("
        "(SELECT sum(m.qty) FROM inventory_move m WHERE m.item = s.item AND m.location = s.warehouse), 0)"
    ).fetchall()
    assert wrong == []
    for code, place, qty in store.execute("SELECT item, warehouse, qty FROM movement_total").fetchall():
        found = [m.qty for m in Movement.select() if (m.item_code, m.warehouse) == (code, place)]
        assert qty == sum(found)


class TestEvents:
    def test_lines_moves_levels_and_audit_are_one_act(self, shop_floor: Store) -> None:
        event = post(shop_floor, "transfer", Line("TEA", 4000, HERE, BACK), memo="for the shelf")
        assert (there(shop_floor), there(shop_floor, place=BACK)) == (6000, 4000)
        assert event.lines == (Line("TEA", 4000, HERE, BACK),) and event.qb_status == "none"
        row = shop_floor.execute("SELECT actor, act, subject FROM audit ORDER BY n DESC LIMIT 1").fetchone()
        assert tuple(row) == ("ann", "inventory.transfer", event.id)
        assert audit.verify_chain(shop_floor)[1] == ""
        with pytest.raises(Invalid, match="has 5 of TEA"):  # all of it or nothing of it
            post(shop_floor, "transfer", Line("TEA", 1000, HERE, BACK), Line("TEA", 5001, HERE, BACK))
        assert (there(shop_floor), InventoryEvent.select().count()) == (6000, 2)
        sums_hold(shop_floor)

    def test_the_same_id_is_the_same_event_and_other_content_a_conflict(self, shop_floor: Store) -> None:
        again = post(shop_floor, "receipt", Line("TEA", 10_000, destination=HERE), key="first")
        assert (again.id, there(shop_floor)) == ("first", 10_000)
        with pytest.raises(Conflict) as refused:
            post(shop_floor, "receipt", Line("TEA", 10_001, destination=HERE), key="first")
        assert refused.value.code == "other_content"

    def test_a_level_is_set_on_what_is_there_then_with_sales_meanwhile(self, shop_floor: Store) -> None:
        sold(shop_floor, "TEA", 3000)
        event = post(shop_floor, "adjustment", Line("TEA", set_to=5000, destination=HERE))
        assert (event.lines[0].qty, event.lines[0].level, there(shop_floor)) == (-2000, 7000, 5000)
        sold(shop_floor, "TEA", 1000)
        count = post(shop_floor, "count", Line("TEA", set_to=4000, level=5000, destination=HERE))
        assert (count.lines[0].qty, there(shop_floor)) == (-1000, 3000)
        sums_hold(shop_floor)

    def test_a_sale_goes_below_nothing_and_events_do_not(self, shop_floor: Store) -> None:
        sold(shop_floor, "TEA", 12_000)
        assert there(shop_floor) == -2000
        with pytest.raises(Invalid, match="has -2 of TEA"):
            post(shop_floor, "transfer", Line("TEA", 1000, HERE, BACK))
        post(shop_floor, "receipt", Line("TEA", 5000, destination=HERE))
        assert there(shop_floor) == 3000

    def test_what_was_sold_before_anybody_counted_is_part_of_the_level(self, shop_floor: Store) -> None:
        sold(shop_floor, "JUG", 2000)
        post(shop_floor, "receipt", Line("JUG", 5000, destination=HERE))
        assert there(shop_floor, "JUG") == 3000
        sums_hold(shop_floor)

    def test_a_reason_is_known_and_in_use(self, shop_floor: Store) -> None:
        inventory_places.put_reason(shop_floor, Reason("main", "LOSS", "Lost or broken", "Shrinkage"), "ann")
        post(shop_floor, "adjustment", Line("TEA", -1000, destination=HERE, reason="LOSS"), reason="LOSS")
        with pytest.raises(Invalid, match="no reason GIFT"):
            post(shop_floor, "adjustment", Line("TEA", -1000, destination=HERE), reason="GIFT")
        off = Reason("main", "LOSS", "Lost or broken", "Shrinkage", active=False)
        inventory_places.put_reason(shop_floor, off, "ann")
        with pytest.raises(Invalid, match="no reason LOSS"):
            post(shop_floor, "adjustment", Line("TEA", -1000, destination=HERE), reason="LOSS")

    def test_stock_a_connection_keeps_is_changed_there(self, shop_floor: Store) -> None:
        feeds.put_stock(shop_floor, [{"item": "MUG", "warehouse": HERE, "qty": 3000}], "erpnext")
        shop_floor.execute(
            "INSERT INTO cursor (connection, feed, value, moved_at, checked_at) VALUES ('erpnext', 'stock', '', '', '')"
        )
        for code in ("MUG", "JUG"):  # JUG has no row there: what comes of it is ERPNext's to say, too
            with pytest.raises(Invalid, match=f"The stock of {code} at .* is kept by erpnext; change it there"):
                post(shop_floor, "receipt", Line(code, 1000, destination=HERE))
        post(shop_floor, "receipt", Line("JUG", 1000, destination=BACK))
        assert there(shop_floor, "MUG") == 3000


class TestTakenBack:
    def test_a_void_reverses_the_moves_and_stays_to_be_seen(self, shop_floor: Store) -> None:
        event = post(shop_floor, "transfer", Line("TEA", 4000, HERE, BACK))
        done = inventory.void(shop_floor, event.id, by="bob", reason="wrong place", now=NOW)
        assert (done.status, done.voided_by, done.void_reason) == ("voided", "bob", "wrong place")
        assert (there(shop_floor), there(shop_floor, place=BACK)) == (10_000, 0)
        assert inventory.void(shop_floor, event.id, by="eve", reason="again", now=NOW).voided_by == "bob"
        with pytest.raises(Conflict, match="taken back already"):
            inventory.counter(shop_floor, event.id, key="c1", by="bob", now=NOW)
        sums_hold(shop_floor)

    def test_nothing_is_taken_back_that_has_left_already(self, shop_floor: Store) -> None:
        sold(shop_floor, "TEA", 1000)
        with pytest.raises(Conflict, match="below nothing"):
            inventory.void(shop_floor, "first", by="bob", reason="never came", now=NOW)
        with pytest.raises(Invalid, match="has 9 of TEA"):
            inventory.counter(shop_floor, "first", key="c1", by="bob", now=NOW)
        assert (there(shop_floor), inventory.event(shop_floor, "first").status) == (9000, "committed")

    def test_a_counter_event_is_one_of_its_own_and_there_is_one(self, shop_floor: Store) -> None:
        event = post(shop_floor, "adjustment", Line("TEA", set_to=4000, destination=HERE))
        made = inventory.counter(shop_floor, event.id, key="c1", by="bob", memo="miscounted", now=NOW)
        assert (made.kind, made.counters, there(shop_floor)) == ("counter", event.id, 10_000)
        assert inventory.event(shop_floor, event.id).status == "committed"
        assert inventory.counter(shop_floor, event.id, key="c1", by="bob", memo="miscounted", now=NOW).n == made.n
        with pytest.raises(Conflict, match="taken back already"):
            inventory.counter(shop_floor, event.id, key="c2", by="bob", now=NOW)
        with pytest.raises(Conflict, match="by a counter-event"):
            inventory.void(shop_floor, event.id, by="bob", reason="x", now=NOW)
        with pytest.raises(Conflict, match="is not taken back itself"):
            inventory.counter(shop_floor, "c1", key="c3", by="bob", now=NOW)
        sums_hold(shop_floor)

    def test_what_quickbooks_has_is_not_voided_and_what_it_has_not_is_not_countered(self, shop_floor: Store) -> None:
        for state in ("in_flight", "unknown", "applied"):
            InventoryEvent.update(qb_status=state).execute()
            with pytest.raises(Conflict, match="QuickBooks has it, or may have it"):
                inventory.void(shop_floor, "first", by="bob", reason="x", now=NOW)
        for state in ("pending", "not_ready", "error", "in_flight", "unknown"):
            InventoryEvent.update(qb_status=state).execute()
            with pytest.raises(Conflict, match="QuickBooks"):
                inventory.counter(shop_floor, "first", key="c1", by="bob", now=NOW)

    def test_a_closed_period_stays_as_it_was(self, shop_floor: Store) -> None:
        own = replace(shop_floor.config.inventory, closed_until="2026-11-20")
        shop_floor.config = replace(shop_floor.config, inventory=own)
        with pytest.raises(Invalid, match="closed up to"):
            inventory.void(shop_floor, "first", by="bob", reason="x", now=NOW)
        with pytest.raises(Invalid, match="closed up to"):
            post(shop_floor, "receipt", Line("TEA", 1000, destination=HERE))


class TestBegin:
    def test_what_was_counted_before_gets_its_opening_once(self, store: Store) -> None:
        put(store, item("TEA", "Tea"), item("MUG", "Mug"))
        sold(store, "TEA", 2000)
        Stock.create(item="TEA", warehouse=HERE, qty=10_000, own_at_set=-2000)  # as a program before this one left it
        Stock.create(item="MUG", warehouse="Attic", qty=3000, own_at_set=0)
        Stock.create(item="MUG", warehouse="Theirs", qty=9000, own_at_set=None)
        sold(store, "TEA", 1000)
        assert there(store) == 9000
        inventory_begin.begin(store)
        sums_hold(store)
        events = inventory.events(store)
        assert [(e.kind, e.created_by, e.qb_status) for e in events] == [("opening", "system", "none")]
        assert sorted((x.item, x.set_to, x.level, x.qty) for x in events[0].lines) == [
            ("MUG", 3000, 0, 3000), ("TEA", 9000, -3000, 12_000),
        ]  # fmt: skip
        assert [x.code for x in inventory_places.locations(store)] == ["Attic", HERE]
        assert there(store) == 9000 and there(store, "MUG", "Theirs") == 9000
        before = audit.verify_chain(store)
        inventory_begin.begin(store)
        assert (audit.verify_chain(store), len(inventory.events(store))) == (before, 1)

    def test_a_list_of_stock_is_an_opening_of_the_differences(self, shop_floor: Store) -> None:
        sold(shop_floor, "TEA", 1000)
        rows = [{"item": "TEA", "warehouse": HERE, "qty": 12_000}, {"item": "MUG", "warehouse": HERE, "qty": 0}]
        catalog.put_stock(shop_floor, rows, "csv")
        newest = inventory.events(shop_floor)[0]
        assert [(x.item, x.set_to, x.level, x.qty) for x in newest.lines] == [("TEA", 12_000, 9000, 3000)]
        catalog.put_stock(shop_floor, rows, "csv")
        assert inventory.events(shop_floor)[0].id == newest.id and there(shop_floor) == 12_000
        sums_hold(shop_floor)
        feeds.put_stock(shop_floor, [{"item": "TEA", "warehouse": HERE, "qty": 7000}], "erpnext")
        assert inventory.events(shop_floor)[0].id == newest.id and there(shop_floor) == 7000
        catalog.put_stock(shop_floor, [{"item": "TEA", "warehouse": HERE, "qty": 8000}], "csv")  # ours again
        assert there(shop_floor) == 8000
        sums_hold(shop_floor)


class TestLooking:
    def test_history_holds_events_and_documents_in_order_with_the_level_after(self, shop_floor: Store) -> None:
        hour = [NOW.replace(hour=11 + n) for n in range(4)]
        sold(shop_floor, "TEA", 2000, at=hour[0])
        moved = Draft("m1", "main", "transfer", "2026-11-20", (Line("TEA", 3000, HERE, BACK),))
        inventory.post(shop_floor, moved, by="ann", now=hour[1])
        sold(shop_floor, "TEA", -1000, at=hour[2])
        inventory.void(shop_floor, "m1", by="bob", reason="no", now=hour[3])
        wanted = [
            ("transfer", HERE, 3000, 9000, True), ("transfer", BACK, -3000, 0, True),
            ("return", HERE, 1000, 6000, False), ("transfer", BACK, 3000, 3000, False),
            ("transfer", HERE, -3000, 5000, False), ("sale", HERE, -2000, 8000, False),
            ("receipt", HERE, 10_000, 10_000, False),
        ]  # fmt: skip
        pages, page = [], ""
        while True:
            found = inventory.moves(shop_floor, "TEA", "main", page=page, size=3)
            pages += [(x.kind, x.location, x.qty, x.level_after, x.void) for x in found.rows]
            page = found.after
            if not page:
                break
        assert pages == wanted
        here = inventory.moves(shop_floor, "TEA", "main", location=BACK).rows
        assert [(x.qty, x.level_after) for x in here] == [(-3000, 0), (3000, 3000)]

    def test_before_anybody_said_anything_no_level_is_known(self, shop_floor: Store) -> None:
        sold(shop_floor, "JUG", 1000, at=NOW.replace(hour=8))
        post(shop_floor, "receipt", Line("JUG", 5000, destination=HERE))
        found = inventory.moves(shop_floor, "JUG", "main").rows
        assert [(x.qty, x.level_after) for x in found] == [(5000, 4000), (-1000, None)]

    def test_what_is_set_aside_is_on_hand_and_not_available(self, shop_floor: Store) -> None:
        held = '{"lines": [{"item_code": "TEA", "qty": "8.5"}, {"item_code": "MUG", "qty": "-1"}]}'
        for key, state in (("b1", "held"), ("b2", "resumed")):
            shop_floor.execute(
                "INSERT INTO held (id, store, till, title, basket, lines, total, state, by_code, by_name, at,"
                " changed_at, changed_by, taken, reason, up, holder)"
                " VALUES (?, 'main', 'T1', '', ?, 1, '', ?, '', '', '', '', '', '', '', '', '')",
                (key, held, state),
            )
        (row,) = inventory.overview(shop_floor, "main", location=HERE).rows
        assert (row.on_hand, row.reserved, row.available, row.reorder, row.low) == (10_000, 8500, 1500, 2000, True)
        assert inventory.levels(shop_floor, "main", ["TEA", "MUG"]) == {("TEA", HERE): 10_000}

    def test_the_overview_goes_by_key_and_keeps_to_its_company(self, shop_floor: Store) -> None:
        post(shop_floor, "receipt", *[Line(c, 1000, destination=p) for c in ("MUG", "JUG") for p in (HERE, BACK)])
        pages, page = [], ""
        for _ in range(3):
            found = inventory.overview(shop_floor, "main", page=page, size=2)
            pages.append([(x.item, x.location) for x in found.rows])
            page = found.after
        assert pages == [[("JUG", BACK), ("JUG", HERE)], [("MUG", BACK), ("MUG", HERE)], [("TEA", HERE)]]
        assert page == ""
        assert [x.item for x in inventory.overview(shop_floor, "main", query="mug").rows] == ["MUG", "MUG"]
        here = inventory.overview(shop_floor, "main", location=HERE, size=2)
        assert [x.item for x in here.rows] == ["JUG", "MUG"]
        assert [x.item for x in inventory.overview(shop_floor, "main", location=HERE, page=here.after).rows] == ["TEA"]
        companies.add_shop(shop_floor, "main", "second", "Second", "ann")
        for away in (Reach(frozenset({"north"})), Reach(frozenset({"main"}), frozenset({"second"}))):
            for ask in (
                lambda reach: inventory.overview(shop_floor, "main", reach),
                lambda reach: inventory.item_detail(shop_floor, "TEA", "main", reach),
                lambda reach: inventory.moves(shop_floor, "TEA", "main", reach),
                lambda reach: inventory.event(shop_floor, "first", reach),
                lambda reach: inventory_places.location(shop_floor, HERE, reach),
            ):
                with pytest.raises(NotFound):
                    ask(away)
            assert inventory.events(shop_floor, reach=away) == inventory_places.locations(shop_floor, "", away) == []
        assert len(inventory.events(shop_floor, reach=Reach(frozenset({"main"})))) == 2
        assert inventory.figures(shop_floor, "main") == inventory_read.Figures(3, 0, 0, 0, 2)

    @pytest.mark.parametrize("page", ["x", "7", "[1]", "[-1, 2, {}]", f"[{10**30}, 2, {{}}]", '[1, 2, "x"]'])
    def test_a_page_that_is_none_is_refused(self, shop_floor: Store, page: str) -> None:
        with pytest.raises(Invalid, match="no page"):
            inventory.moves(shop_floor, "TEA", "main", page=page)

    def test_a_place_with_goods_stays_in_use(self, shop_floor: Store) -> None:
        found = inventory_places.location(shop_floor, HERE)
        with pytest.raises(Conflict, match="There are goods"):
            inventory_places.put_location(shop_floor, replace(found, active=False), "ann")
        put_back, new = inventory_places.put_location(
            shop_floor, Location(BACK, "main", "Back", active=False, qb_site_name="Back site"), "ann"
        )
        assert (put_back.active, new, put_back.qb_site_name) == (False, False, "Back site")

    def test_nothing_is_taken_back_to_a_place_that_is_off(self, shop_floor: Store) -> None:
        event = post(shop_floor, "adjustment", Line("TEA", set_to=0, destination=HERE))
        shop_floor.execute("UPDATE inventory_location SET active = 0 WHERE code = ?", (HERE,))
        with pytest.raises(Conflict, match="switched off"):
            inventory.void(shop_floor, event.id, by="bob", reason="x", now=NOW)
        with pytest.raises(Invalid, match="switched off"):
            inventory.counter(shop_floor, event.id, key="c1", by="bob", now=NOW)


PAIRS = {(code, place) for code in ("TEA", "MUG") for place in (HERE, BACK)}
ACTS = st.lists(
    st.tuples(
        st.sampled_from(("sale", "return", "receipt", "by", "set", "transfer", "void", "counter", "list")),
        st.sampled_from(("TEA", "MUG")),
        st.integers(-4000, 6000),
        st.integers(0, 5),
    ),
    max_size=14,
)


@pytest.mark.sqlite
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happens_a_level_is_the_sum_of_all_moves(
    shop_floor: Store, acts: list[tuple[str, str, int, int]]
) -> None:
    """Events lower nothing below nought; sales may."""
    store = shop_floor
    with store.transaction():
        for kind, code, qty, which in acts:
            before = standing(store, PAIRS)[0]
            act(store, kind, code, qty, which)
            if kind not in ("sale", "list"):
                for pair, now in standing(store, PAIRS)[0].items():
                    assert now >= min(before[pair], 0), (kind, pair)
            sums_hold(store)
        store.execute("SELECT 1")
        raise_back(store)


def act(store: Store, kind: str, code: str, qty: int, which: int) -> None:
    lines = {
        "receipt": Line(code, qty, destination=HERE),
        "by": Line(code, qty, destination=BACK if which % 2 else HERE),
        "set": Line(code, set_to=qty, destination=HERE),
        "transfer": Line(code, qty, HERE, BACK),
    }
    try:
        if kind in ("sale", "return"):
            sold(store, code, abs(qty) if kind == "sale" else -abs(qty))
        elif kind == "list":
            catalog.put_stock(store, [{"item": code, "warehouse": HERE, "qty": abs(qty)}], "csv")
        elif kind in ("void", "counter"):
            events = inventory.events(store)
            chosen = events[which % len(events)].id
            if kind == "void":
                inventory.void(store, chosen, by="bob", reason="x", now=NOW)
            else:
                inventory.counter(store, chosen, key=clock.uuid7(), by="bob", now=NOW)
        else:
            post(store, "adjustment" if kind in ("by", "set") else kind, lines[kind])
    except (Invalid, Conflict):
        pass


def raise_back(store: Store) -> None:
    """The next example begins where this one did."""
    for table in ("inventory_move", "inventory_line", "inventory_event", "movement", "document", "stock"):
        store.execute(f"DELETE FROM {table}")
    store.execute("DELETE FROM movement_total")
    post(store, "receipt", Line("TEA", 10_000, destination=HERE), key="first")
