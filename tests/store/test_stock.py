"""Stock: what its owner last said, and our own movements it does not know yet."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pos import clock
from pos.store import catalog, connections, stock
from pos.store.db import Store
from pos.store.models import Movement, Outbox
from tests.store.goods import HERE, goods_in, index_is_sound

__all__ = ["goods_in", "index_is_sound"]

pytestmark = pytest.mark.both_engines


class TestStock:
    """Thousandths here; a document is a name, its movements and its outbox rows as the journal writes them."""

    def move(self, store: Store, document: str, qty: int, code: str = "CREAM", place: str = HERE) -> None:
        count = Movement.select().where(Movement.document == document).count()
        with store.transaction():
            Movement.create(document=document, position=count, item_code=code, warehouse=place, qty=qty)

    def send(self, store: Store, document: str, state: str, at: str = "", part: str = "sale") -> None:
        at = at or clock.stamp(clock.now())
        with store.transaction():
            Outbox.create(
                document=document,
                connection="erpnext",
                part=part,
                state=state,
                next_at=at,
                created_at=at,
                updated_at=at,
            )

    def count(self, store: Store, qty: int, source: str = "csv") -> None:
        catalog.put_stock(store, [{"item": "CREAM", "warehouse": HERE, "qty": qty}], source)

    def here(self, store: Store) -> int | None:
        return catalog.stock_of(store, ["CREAM"]).get("CREAM")

    def test_nobody_counted_it(self, goods_in: Store) -> None:
        self.move(goods_in, "d1", -1000)
        assert self.here(goods_in) is None
        assert catalog.search(goods_in, "cream").items[0].stock is None

    def test_counted_here_every_later_movement_of_ours_counts(self, goods_in: Store) -> None:
        self.move(goods_in, "d1", -1000)
        self.count(goods_in, 10_000)
        assert self.here(goods_in) == 10_000
        self.move(goods_in, "d2", -3000)
        self.move(goods_in, "d3", 500)
        self.move(goods_in, "d3", -7000, place="Elsewhere")
        self.move(goods_in, "d4", -7000, code="LACE-BRN")
        assert self.here(goods_in) == 7500
        self.count(goods_in, 20_000)
        assert self.here(goods_in) == 20_000

    def test_a_document_that_is_taken_out_gives_its_goods_back(self, goods_in: Store) -> None:
        self.count(goods_in, 10_000)
        self.move(goods_in, "d1", -4000)
        with goods_in.transaction():
            Movement.delete().where(Movement.document == "d1").execute()
        assert self.here(goods_in) == 10_000

    def test_it_may_go_below_nothing(self, goods_in: Store) -> None:
        self.count(goods_in, 1000)
        self.move(goods_in, "d1", -3000)
        assert catalog.search(goods_in, "cream").items[0].stock == -2000

    @pytest.mark.parametrize("walk", [500, 0])
    def test_pulled_stock_lacks_what_its_owner_has_not_booked(
        self, goods_in: Store, monkeypatch: pytest.MonkeyPatch, walk: int
    ) -> None:
        monkeypatch.setattr(stock, "_WALK_MAX", walk)
        self.count(goods_in, 10_000, "erpnext")
        states = ("queued", "sending", "sent", "unknown", "rejected", "booked", "differs")
        for n, state in enumerate(states):
            self.move(goods_in, f"d{n}", -(10**n))
            self.send(goods_in, f"d{n}", state)
        self.move(goods_in, "mock", -5)  # made while there was no connection: its owner never hears of it
        assert self.here(goods_in) == 10_000 - 11_111

    @pytest.mark.parametrize("walk", [500, 0])
    def test_what_was_booked_after_the_last_pull_began_still_counts(
        self, goods_in: Store, monkeypatch: pytest.MonkeyPatch, walk: int
    ) -> None:
        monkeypatch.setattr(stock, "_WALK_MAX", walk)
        self.count(goods_in, 10_000, "erpnext")
        catalog.pulled_until(goods_in, datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
        self.move(goods_in, "early", -1000)
        self.send(goods_in, "early", "booked", clock.stamp(datetime(2026, 11, 21, 11, 59, tzinfo=UTC)))
        self.move(goods_in, "late", -300)
        self.send(goods_in, "late", "booked", clock.stamp(datetime(2026, 11, 21, 12, 1, tzinfo=UTC)))
        assert self.here(goods_in) == 9700
        catalog.pulled_until(goods_in, datetime(2026, 11, 21, 12, 5, tzinfo=UTC))
        assert self.here(goods_in) == 10_000

    def test_half_an_exchange_that_is_booked_counts_no_more(self, goods_in: Store) -> None:
        self.count(goods_in, 10_000, "erpnext")
        self.move(goods_in, "x", -2000)
        self.move(goods_in, "x", 1000)
        self.send(goods_in, "x", "booked")
        self.send(goods_in, "x", "queued", part="return")
        assert self.here(goods_in) == 11_000

    def test_a_template_shows_the_sum_of_what_was_found(self, goods_in: Store) -> None:
        rows = [("HB-2041-BROWN-UK8", 2000), ("HB-2041-BROWN-UK9", 3000), ("HB-2041-BLACK-UK8", 7000)]
        catalog.put_stock(goods_in, [{"item": c, "warehouse": HERE, "qty": q} for c, q in rows], "csv")
        assert catalog.search(goods_in, "chelsea").items[0].stock == 12_000
        assert catalog.search(goods_in, "chelsea brown").items[0].stock == 5000

    def test_of_other_places_what_is_there_the_most_first(self, goods_in: Store) -> None:
        assert (stock.elsewhere(goods_in, ["CREAM"]), stock.told_at(goods_in)) == ({}, "")
        self.count(goods_in, 1000)
        told = [("Ludford", 2000), ("Harbour", 5000), ("Market", 0), ("Quay", -1000)]
        rows = [{"item": "CREAM", "warehouse": place, "qty": qty} for place, qty in told]
        catalog.put_stock(goods_in, rows, "erpnext")
        self.move(goods_in, "d1", -1000, place="Ludford")
        self.send(goods_in, "d1", "queued")
        assert stock.elsewhere(goods_in, ["CREAM", "LACE-BRN"]) == {"CREAM": [("Harbour", 5000), ("Ludford", 1000)]}
        connections.checked(goods_in, "hub", "stock", datetime(2026, 11, 21, 14, 32, tzinfo=UTC))
        assert stock.told_at(goods_in).startswith("2026-11-21T14:32:00")
