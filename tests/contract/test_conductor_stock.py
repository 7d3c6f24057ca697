"""Stock here and in QuickBooks Desktop: our changes told once as their net, theirs booked once, both side by side."""

from __future__ import annotations

import copy
import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import (
    conductor_jobs,
    conductor_manager,
    conductor_net,
    conductor_setup,
    conductor_stock,
)
from pos.actions.conductor_side import Lost
from pos.errors import Unavailable, Unknown
from pos.rules.inventory import Draft, Line
from pos.store import companies, conductor_sessions, connections, feeds, inventory, inventory_places
from pos.store.conductor_sessions import Session
from pos.store.inventory_events import Event
from pos.store.inventory_places import Location
from tests.contract.conductor_bench import CONNECTION
from tests.contract.conductor_bench import there as there
from tests.contract.conductor_pulls import Pulls
from tests.contract.emulators.conductor import Conductor
from tests.contract.emulators.conductor_file import CompanyFile

SHOP, BACK = "Shop", "Back room"


class Stock(Pulls):
    """A company file and two places, the sites of which nobody named."""

    lists_read = 0

    def set_up(self) -> None:
        for code in (SHOP, BACK):
            inventory_places.put_location(self.store, Location(code, companies.MAIN, code), "7")
        self.pen = self.stocked("Pen")["id"]
        self.session_of("items", "inventory_adjustments")
        self.choose(accounts={"adjustment": self.accounts["Inventory Asset"]})

    @property
    def code(self) -> str:
        return f"QBD-{self.pen}"

    def session_of(self, *names: str) -> int:
        """A session as a worker does it; how many adjustments there are then."""
        self.passes(60)
        rules = conductor_setup.settings(self.store, self.config, companies.MAIN).rules
        plan = conductor_manager.plan(rules, names)[self.lists_read :]  # their small lists once
        self.lists_read = 1
        conductor_sessions.start(self.store, companies.MAIN, CONNECTION, names, plan, "7", clock.now())
        session = conductor_sessions.claim(self.store, "worker", clock.now())
        assert session is not None
        self.last = session
        for step in conductor_sessions.steps(self.store, session.n):
            self.done(session, step.position)
        conductor_sessions.end(self.store, session, "completed", clock.now())
        return len(self.rows("inventory-adjustments"))

    def done(self, session: Session, position: int) -> None:
        """One step to its end, however often it has to wait."""
        for _ in range(20):
            step = next(one for one in conductor_sessions.steps(self.store, session.n) if one.position == position)
            try:
                does = conductor_jobs.STEPS[step.direction]
                after = does(self.side(session.n), session, step, lambda: False, lambda: None)
            except (Unavailable, Unknown):
                self.passes(60)
                continue
            if after is True:
                return
            assert isinstance(after, dt.datetime)
            self.moment = max(self.moment, after)
        raise AssertionError("it waits for ever")

    def adjusted(self) -> int:
        return self.session_of("inventory_adjustments")

    def post(self, qty: int, item: str = "", place: str = SHOP, kind: str = "adjustment", **more: Any) -> Event:
        """qty: whole pieces."""
        self.passes(1)
        line = Line(item or self.code, qty * 1000, destination=place, **more)
        draft = Draft(clock.uuid7(), companies.MAIN, kind, "2026-11-20", (line,))
        with self.store.transaction():
            return inventory.post(self.store, draft, by="7", now=clock.now())

    def on_hand(self, place: str = SHOP, item: str = "") -> int:
        rows = inventory.item_detail(self.store, item or self.code, companies.MAIN).rows
        return next((row.on_hand for row in rows if row.location == place), 0) // 1000

    def there_on_hand(self) -> Decimal:
        return Decimal(self.there.file.row("inventory-items", self.pen)["quantityOnHand"])


@pytest.fixture
def bench(there: Conductor, tmp_path: Path) -> Iterator[Stock]:
    made = Stock(tmp_path, there)
    try:
        with clock.set_to(lambda: made.moment):
            made.set_up()
            yield made
    finally:
        made.close()


# -- ours --------------------------------------------------------------------------------------------------------------


def test_the_net_of_what_moved_here_goes_there_as_one_adjustment_once(bench: Stock) -> None:
    bench.post(5)
    bench.post(-2)
    bench.post(4, place=BACK)
    assert bench.adjusted() == 1
    row = bench.rows("inventory-adjustments")[0]
    assert [(line["item"]["id"], line["quantityDifference"]) for line in row["lines"]] == [(bench.pen, 7)]
    assert row["account"]["id"] == bench.accounts["Inventory Asset"]
    assert len(row["refNumber"]) == 11
    assert bench.there_on_hand() == 7
    assert bench.adjusted() == 1, "it is told"
    assert bench.on_hand() + bench.on_hand(BACK) == 7


def test_what_comes_to_nothing_and_what_stays_in_one_site_is_not_told(bench: Stock) -> None:
    bench.post(3)
    bench.post(-3)
    assert bench.adjusted() == 0
    bench.post(2, kind="opening")
    bench.post(2, source=SHOP, kind="transfer", place=BACK)
    assert bench.adjusted() == 0


def test_what_was_taken_back_after_it_was_told_is_told_too(bench: Stock) -> None:
    event = bench.post(5)
    bench.adjusted()
    bench.passes(5)
    with bench.store.transaction():
        inventory.void(bench.store, event.id, by="7", reason="wrong", now=clock.now())
    assert bench.adjusted() == 2
    assert bench.there_on_hand() == 0


def test_ours_come_back_and_are_never_booked_again(bench: Stock) -> None:
    bench.choose(stock_owner="quickbooks")
    bench.adjusted()
    bench.post(5)
    assert [bench.adjusted(), bench.adjusted(), bench.adjusted()] == [1, 1, 1]
    assert bench.on_hand() == bench.there_on_hand() == 5


def test_an_unknown_item_waits_and_holds_nothing_else(bench: Stock) -> None:
    feeds.put_items(bench.store, [{"code": "Ink", "name": "Ink", "item_group": "x", "stocked": True}], "here")
    bench.rules(items={"direction": "from_quickbooks"})
    bench.post(2)
    bench.post(6, "Ink")
    assert bench.adjusted() == 1
    assert [(one.object_id, one.code) for one in bench.failures()] == [("Ink", "item_waits")]
    bench.post(1, "Ink")
    assert bench.adjusted() == 1
    bench.rules()
    bench.booked()
    bench.choose(accounts={use: bench.accounts["Inventory Asset"] for use in ("adjustment", "income", "cogs", "asset")})
    bench.session_of("items", "inventory_adjustments")
    lines = [line for row in bench.rows("inventory-adjustments") for line in row["lines"]]
    assert sorted(int(line["quantityDifference"]) for line in lines) == [2, 7], "all that moved meanwhile, together"


def test_without_an_account_it_waits_in_words(bench: Stock) -> None:
    bench.choose(accounts={})
    bench.post(2)
    assert bench.adjusted() == 0
    assert [one.code for one in bench.failures()] == ["no_account"]
    bench.choose(accounts={"adjustment": bench.accounts["Inventory Asset"]})
    assert bench.adjusted() == 1


def test_sites_and_accounts_of_reasons_are_apart(tmp_path: Path) -> None:
    with Conductor(CompanyFile(sites=True)) as there:
        bench = Stock(tmp_path, there)
        with clock.set_to(lambda: bench.moment):
            bench.set_up()
            site = bench.rows("inventory-sites")[0]
            place = Location(BACK, companies.MAIN, BACK, qb_site_name=site["name"])
            inventory_places.put_location(bench.store, place, "7")
            bench.session_of("items")
            bench.post(5)
            bench.post(1, account="Cost of Goods Sold")
            bench.post(2, source=SHOP, kind="transfer", place=BACK)
            assert bench.adjusted() == 3
            told = {
                ((row["inventorySite"] or {}).get("id"), row["account"]["fullName"]): row["lines"][0][
                    "quantityDifference"
                ]
                for row in bench.rows("inventory-adjustments")
            }
            assert told == {
                (None, "Inventory Asset"): 3, (None, "Cost of Goods Sold"): 1, (site["id"], "Inventory Asset"): 2
            }  # fmt: skip
        bench.close()


def test_told_and_made_is_one_thing(bench: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies, or loses its session, in the middle has told nothing."""
    bench.post(5)
    mark = connections.mark(bench.store, CONNECTION, conductor_net.TOLD)

    def lost(*_: Any, **__: Any) -> None:
        raise Lost

    with monkeypatch.context() as patched:
        patched.setattr(conductor_net, "went", lost)
        with pytest.raises(Lost):
            conductor_net.tell(bench.side(), bench.last, conductor_sessions.steps(bench.store, bench.last.n)[0])
    assert connections.mark(bench.store, CONNECTION, conductor_net.TOLD) == mark
    assert bench.every("qbd_adjustment") == []
    assert bench.adjusted() == 1


# -- theirs ------------------------------------------------------------------------------------------------------------


def events(bench: Stock) -> list[tuple[str, int]]:
    found = inventory.events(bench.store, companies.MAIN)
    return [(one.kind, one.lines[0].qty // 1000) for one in reversed(found)]


def owned(bench: Stock) -> None:
    """QuickBooks owns the stock; one place alone has no site."""
    place = Location(BACK, companies.MAIN, BACK, qb_site_name="Warehouse")
    inventory_places.put_location(bench.store, place, "7")
    bench.there.file.adjust(bench.pen, 100)
    bench.choose(stock_owner="quickbooks")
    bench.adjusted()
    assert events(bench) == [], "what was adjusted before is in what is on hand already"


def test_theirs_are_copies_where_we_own_the_stock(bench: Stock) -> None:
    bench.there.file.adjust(bench.pen, 9)
    bench.adjusted()
    assert (len(bench.every("qbd_adjustment")), events(bench), bench.on_hand()) == (1, [], 0)


def test_theirs_are_booked_once_where_they_own_it(bench: Stock) -> None:
    owned(bench)
    bench.passes(60)
    bench.there.file.adjust(bench.pen, 9)
    assert [bench.adjusted(), bench.adjusted()] == [2, 2]
    assert (events(bench), bench.on_hand()) == ([("adjustment", 9)], 9)
    event = inventory.events(bench.store, companies.MAIN)[0]
    assert (event.connection, event.qb_status) == ("", "none"), "nobody is told of it"


def test_a_changed_one_is_countered_and_booked_anew_a_deleted_one_countered(bench: Stock) -> None:
    owned(bench)
    bench.passes(60)
    row = bench.there.file.adjust(bench.pen, 9)
    bench.adjusted()
    bench.passes(60)
    bench.there.file.edit("inventory-adjustments", row["id"], memo="As counted by Bo")
    bench.adjusted()
    assert events(bench) == [("adjustment", 9)], "its words move nothing"
    bench.passes(60)
    line = {"id": row["lines"][0]["id"], "quantityDifference": Decimal(4)}
    bench.there.file.edit("inventory-adjustments", row["id"], lines=[line])
    bench.adjusted()
    assert (events(bench), bench.on_hand()) == ([("adjustment", 9), ("counter", -9), ("adjustment", 4)], 4)
    bench.passes(60)
    bench.there.file.delete("inventory-adjustments", row["id"])
    assert [bench.adjusted(), bench.adjusted()] == [1, 1]
    assert (events(bench)[3:], bench.on_hand()) == ([("counter", -4)], 0)


def test_one_that_stands_as_it_was_before_after_a_backup_is_put_back_is_booked_anew(bench: Stock) -> None:
    owned(bench)
    bench.passes(60)
    row = bench.there.file.adjust(bench.pen, 9)
    bench.adjusted()
    file, line = bench.there.file, {"id": row["lines"][0]["id"], "quantityDifference": Decimal(4)}
    kept = copy.deepcopy((file.tables, file.where, file.gone))
    for after in (4, 0):
        bench.passes(60)
        if after:
            file.edit("inventory-adjustments", row["id"], lines=[line])
        else:
            file.delete("inventory-adjustments", row["id"])
        bench.adjusted()
        assert bench.on_hand() == after
        file.tables, file.where, file.gone = copy.deepcopy(kept)
        bench.passes(60)
        bench.adjusted()
        assert (bench.on_hand(), bench.failures()) == (9, [])


def test_one_that_cannot_be_booked_says_why_and_is_tried_again(bench: Stock) -> None:
    owned(bench)
    inventory_places.put_location(bench.store, Location(BACK, companies.MAIN, BACK), "7")
    bench.passes(60)
    bench.there.file.adjust(bench.pen, 9)
    bench.adjusted()
    assert [one.code for one in bench.failures()] == ["place_unknown"]
    inventory_places.put_location(bench.store, Location(BACK, companies.MAIN, BACK, qb_site_name="Warehouse"), "7")
    bench.adjusted()
    assert (events(bench), bench.failures()) == ([("adjustment", 9)], [])


_LOST = ("closed_after", "timeout_after", "timeout_before", "internal_after", "gateway_after", "gateway")


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_both_have_the_same_on_hand_at_the_end(bench: Stock, seed: int) -> None:
    """Stock moves on both sides while answers get lost; QuickBooks owns it, and there is a place without a site."""
    drawn = random.Random(seed)
    owned(bench)
    ahead = bench.there_on_hand()
    bench.post(1000)
    rows: list[dict[str, Any]] = []
    for _ in range(8):
        bench.passes(60)
        bench.post(1)
        for _ in range(drawn.randint(1, 3)):
            act = drawn.choice(("here", "there", "there", "edit", "delete", "back"))
            if act == "here":
                bench.post(drawn.choice((-3, 2, 5)))
            elif act == "there":
                rows.append(bench.there.file.adjust(bench.pen, drawn.choice((-4, 6, 1))))
            elif act == "edit" and rows:
                row = drawn.choice(rows)
                line = {"id": row["lines"][0]["id"], "quantityDifference": Decimal(drawn.choice((-2, 7)))}
                bench.there.file.edit("inventory-adjustments", row["id"], lines=[line])
            elif act == "delete" and rows:
                bench.there.file.delete("inventory-adjustments", rows.pop(drawn.randrange(len(rows)))["id"])
            elif act == "back":
                event = bench.post(4)
                with bench.store.transaction():
                    inventory.counter(bench.store, event.id, key=clock.uuid7(), by="7", now=clock.now())
        if drawn.random() < 0.7:
            bench.there.faults.next(drawn.choice(_LOST), hits="create inventory-adjustments")
        bench.adjusted()
    bench.adjusted()
    assert bench.failures() == []
    assert bench.on_hand() == bench.there_on_hand() - ahead
    told = [row for row in bench.rows("inventory-adjustments") if row["externalId"]]
    assert len({row["externalId"] for row in told}) == len(told), "none is there twice"
    assert sum(bench.there.faults.counts.values()) > 2


# -- side by side ------------------------------------------------------------------------------------------------------


def test_what_is_on_hand_there_stands_beside_ours(bench: Stock) -> None:
    bench.there.file.adjust(bench.pen, 12)
    bench.session_of("items")
    found = conductor_stock.beside(bench.store, companies.MAIN, [bench.code, "Nothing"])
    assert list(found) == [bench.code]
    assert (found[bench.code].record, found[bench.code].on_hand, found[bench.code].sites) == (bench.code, "12", ())
    assert found[bench.code].seen_at == clock.stamp(clock.now())
    bench.there.file.adjust(bench.pen, -1)
    bench.session_of("items")
    assert conductor_stock.beside(bench.store, companies.MAIN, [bench.code])[bench.code].on_hand == "11"
    assert conductor_stock.beside(bench.store, "north", [bench.code]) == {}


def test_many_items_are_asked_for_once_a_day(bench: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conductor_stock, "FEW_ITEMS", 0)
    bench.there.file.adjust(bench.pen, 12)
    bench.session_of("items")
    assert conductor_stock.beside(bench.store, companies.MAIN, [bench.code])[bench.code].on_hand == "0"
    bench.passes(dt.timedelta(days=1).total_seconds())
    bench.session_of("items")
    assert conductor_stock.beside(bench.store, companies.MAIN, [bench.code])[bench.code].on_hand == "12"


def test_each_site_is_told(tmp_path: Path) -> None:
    with Conductor(CompanyFile(sites=True)) as there:
        bench = Stock(tmp_path, there)
        with clock.set_to(lambda: bench.moment):
            bench.set_up()
            site = bench.rows("inventory-sites")[0]
            there.file.adjust(bench.pen, 8, site=site["id"])
            bench.session_of("items")
            found = conductor_stock.beside(bench.store, companies.MAIN, [bench.code])[bench.code]
            assert (found.on_hand, dict(found.sites)[site["name"]]) == ("8", "8")
        bench.close()
