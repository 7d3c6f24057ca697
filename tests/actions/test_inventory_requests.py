"""Changes of stock that need a second person: asked for, answered once, by somebody else, on the stock of that day."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pos import clock
from pos.actions import inventory as door
from pos.actions import inventory_guard as guard
from pos.actions import inventory_requests as requests
from pos.errors import Conflict, Invalid, NotAllowed, NotFound, PosError
from pos.rules.inventory import Draft, Line
from pos.store import audit, inventory, inventory_approvals, inventory_begin, inventory_places, notices, stock
from pos.store.db import Store
from pos.store.inventory_places import Location
from pos.store.models import InventoryApproval, InventoryEvent
from pos.store.people import Person
from pos.store.reach import Reach
from tests.store.goods import HERE, item, put

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BACK = "BACK"
STOCK, APPROVE, ADMIN = "stock", "stock_approve", "stock_admin"


@dataclass(frozen=True)
class Who:
    """Somebody at the door."""

    code: str
    rights: tuple[str, ...] = (STOCK, APPROVE, ADMIN)
    behind: str | None = None
    name: str = field(default="Somebody")

    @property
    def person(self) -> str:
        return self.code if self.behind is None else self.behind

    def may(self, right: str) -> bool:
        return right in self.rights


ADA, BEN, CAT = Who("ada"), Who("ben"), Who("cat")


@pytest.fixture
def floor(store: Store) -> Store:
    """A hundred teas and mugs on the floor, none in the back; a tea costs 2.50, of a mug nobody knows."""
    with clock.set_to(NOON):
        put(store, item("TEA", "Tea"), item("MUG", "Mug"))
        inventory_begin.begin(store)
        inventory_places.put_location(store, Location(BACK, "main", "The back room"), "cli")
        inventory_places.put_parts(store, "main", [{"item": "TEA", "cost": "2.50"}], "cli")
        lines = tuple(Line(code, 0, destination=HERE, set_to=100_000) for code in ("TEA", "MUG"))
        inventory.post(store, Draft("open", "main", "opening", "2026-11-20", lines), by="cli", now=NOON)
    return store


def moved(qty: int, code: str = "TEA", key: str = "", **more: Any) -> Draft:
    line = Line(code, qty, source=HERE, destination=BACK)
    return Draft(key or clock.uuid7(), "main", "transfer", "2026-11-20", (line,), **more)


def set_to(level: int, code: str = "TEA", key: str = "") -> Draft:
    line = Line(code, 0, destination=HERE, set_to=level)
    return Draft(key or clock.uuid7(), "main", "adjustment", "2026-11-20", (line,))


def ask(store: Store, draft: Draft, who: Who = ADA, at: datetime = NOON, **more: Any) -> door.Outcome:
    with clock.set_to(at):
        return door.ask(store, store.config, draft, who, via="api", **more)


def waiting(store: Store, draft: Draft, who: Who = ADA) -> str:
    found = ask(store, draft, who).approval
    assert found is not None and found.state == "pending"
    return found.id


def approve(store: Store, key: str, who: Who = BEN, at: datetime = NOON) -> door.Outcome:
    with clock.set_to(at):
        return requests.approve(store, key, who, via="api")


def there(store: Store, code: str = "TEA", place: str = HERE) -> int:
    return stock.stock_of(store, [code], place).get(code, 0)


def state(store: Store, key: str) -> str:
    return inventory_approvals.one(store, key).state


def acts(store: Store) -> list[tuple[str, str]]:
    rows = store.execute("SELECT actor, act FROM audit WHERE act LIKE 'inventory.%' ORDER BY n").fetchall()
    return [(actor, act) for actor, act in rows]


def test_below_the_threshold_it_happens_at_once_and_at_it_somebody_else_agrees(floor: Store) -> None:
    done = ask(floor, moved(24_000))
    assert done.event is not None and done.approval is None
    key = waiting(floor, moved(25_000, "MUG"))
    assert there(floor, "MUG") == 100_000
    agreed = approve(floor, key)
    assert agreed.event is not None
    assert (agreed.event.created_by, agreed.event.approved_by, agreed.event.approval) == ("ada", "ben", key)
    assert there(floor, "MUG") == 75_000
    assert acts(floor)[-3:] == [
        ("ada", "inventory.request.asked"), ("ada", "inventory.transfer"), ("ben", "inventory.request.approved"),
    ]  # fmt: skip
    assert audit.verify_chain(floor)[1] == ""


def test_a_day_split_into_events_of_24_asks_somebody_else_whoever_made_the_others(floor: Store) -> None:
    assert ask(floor, moved(24_000)).event is not None
    second = ask(floor, moved(1_000), CAT)
    assert second.approval is not None and second.approval.why == ("over_item_day",)
    assert ask(floor, moved(24_000, "MUG")).event is not None  # another item has its own day
    tomorrow = replace(moved(1_000), effective_date="2026-11-21")
    assert ask(floor, tomorrow, at=NOON + timedelta(days=1)).event is not None


def test_what_was_taken_back_no_longer_counts_for_the_day(floor: Store) -> None:
    first = ask(floor, moved(24_000)).event
    assert first is not None
    with clock.set_to(NOON):
        door.void(floor, first.id, CAT, "by mistake", via="api")
    assert ask(floor, moved(24_000)).event is not None


def test_by_value_and_an_unknown_cost_is_named(floor: Store) -> None:
    inventory_places.put_parts(floor, "main", [{"item": "TEA", "cost": "50"}], "cli")
    dear = ask(floor, moved(10_000)).approval
    assert dear is not None and dear.why == ("over_value",)
    unknown = ask(floor, set_to(90_000, "MUG")).approval
    assert unknown is not None and unknown.payload["uncosted"] == ["MUG"]


def test_nobody_answers_their_own_whichever_way_they_come(floor: Store) -> None:
    by_key = Who("token:scanner", behind="ada")
    key = waiting(floor, moved(30_000), by_key)
    for oneself in (ADA, by_key):
        with pytest.raises(NotAllowed) as refused:
            approve(floor, key, oneself)
        assert refused.value.code == "four_eyes"
        with pytest.raises(NotAllowed):
            requests.reject(floor, key, oneself, via="api")
    env = waiting(floor, moved(30_000, "MUG"), Who("env-write", (STOCK,), behind="env-write"))
    with pytest.raises(NotAllowed) as refused:
        approve(floor, env, Who("env-admin", (APPROVE, ADMIN), behind="env-admin"))
    assert refused.value.code == "four_eyes"
    with pytest.raises(NotAllowed):
        approve(floor, key, Who("dan", (STOCK,)))
    assert (state(floor, key), state(floor, env), there(floor)) == ("pending", "pending", 100_000)
    assert acts(floor).count(("ada", "inventory.refused")) == 2


def test_a_key_that_is_nobodys_neither_asks_for_a_second_person_nor_is_one(floor: Store) -> None:
    bot = Who("token:bot", behind="")
    small = ask(floor, moved(1_000), bot).event
    assert small is not None and small.created_by == "token:bot"
    with pytest.raises(NotAllowed) as refused:
        ask(floor, moved(30_000), bot)
    assert refused.value.code == "nobody"
    with pytest.raises(NotAllowed):
        approve(floor, waiting(floor, moved(30_000)), bot)
    assert InventoryApproval.select().count() == 1


def test_a_second_click_changes_nothing_and_answers_the_same(floor: Store) -> None:
    key = waiting(floor, moved(30_000, key="once"))
    assert ask(floor, moved(30_000, key="once")).approval == inventory_approvals.one(floor, key)
    first, again = approve(floor, key), approve(floor, key)
    assert first.event == again.event and (first.made, again.made) == (True, False)
    assert approve(floor, key, CAT).event == first.event  # another one's click, too
    assert (there(floor), state(floor, key)) == (70_000, "approved")
    with pytest.raises(Conflict) as refused:
        requests.reject(floor, key, BEN, via="api")
    assert refused.value.facts["state"] == "approved"
    repeated = ask(floor, moved(30_000, key="once"))  # the asker's own second click
    assert repeated.event == first.event and repeated.made is False
    with pytest.raises(Conflict):
        ask(floor, moved(31_000, key="once"))


def test_two_who_agree_at_once_make_one_event(floor: Store) -> None:
    key, begin = waiting(floor, moved(30_000)), threading.Barrier(4)
    found: list[object] = []

    def click(who: Who) -> None:
        begin.wait(30)
        try:
            found.append(requests.approve(floor, key, who, via="api"))
        except PosError as error:
            found.append(error)
        finally:
            floor.release()

    threads = [threading.Thread(target=click, args=(Who(f"p{n}"),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    done = [one for one in found if isinstance(one, door.Outcome)]
    assert len(done) == 4 and sum(one.made for one in done) == 1
    assert len({one.event.id for one in done if one.event}) == 1
    assert InventoryEvent.select().where(InventoryEvent.kind == "transfer").count() == 1
    assert there(floor) == 70_000


def test_two_who_ask_at_once_for_what_only_one_may_alone(floor: Store) -> None:
    """The day's sum is read in the transaction that adds to it."""
    begin, found = threading.Barrier(2), list[door.Outcome]()

    def go() -> None:
        begin.wait(30)
        try:
            found.append(door.ask(floor, floor.config, replace(moved(24_000), effective_date=today), ADA, via="api"))
        finally:
            floor.release()

    today = inventory.today(floor, "main", clock.now())
    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(one.event is not None for one in found) == [False, True]


def test_nothing_is_stranded_when_it_stops_in_between(floor: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    key = waiting(floor, moved(30_000))

    class PowerCut(BaseException):
        """The end of the process, between the event and the answer."""

    def cut(*_: object, **__: object) -> None:
        raise PowerCut

    for place, name in ((inventory_approvals, "decide"), (inventory_approvals, "audited"), (requests, "tell")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, cut)
            with pytest.raises(PowerCut):
                approve(floor, key)
        assert (state(floor, key), there(floor)) == ("pending", 100_000)
        assert InventoryEvent.select().where(InventoryEvent.kind == "transfer").count() == 0
    assert approve(floor, key).event is not None


def test_nobody_answers_in_time(floor: Store) -> None:
    key, other = waiting(floor, moved(30_000)), waiting(floor, moved(30_000, "MUG"))
    late = NOON + timedelta(hours=floor.config.inventory.approval_hours)
    assert notices.is_open(floor, f"{door.WAITING}main")
    with pytest.raises(Conflict) as refused:
        approve(floor, key, at=late)
    assert refused.value.facts["state"] == "expired"
    with clock.set_to(late):
        assert requests.expire(floor) == 1
        assert requests.expire(floor) == 0
    assert (state(floor, key), state(floor, other), there(floor)) == ("expired", "expired", 100_000)
    assert not notices.is_open(floor, f"{door.WAITING}main")
    assert acts(floor).count(("system", "inventory.request.expired")) == 2


def test_who_asked_withdraws_and_nobody_else_does(floor: Store) -> None:
    key = waiting(floor, moved(30_000))
    with pytest.raises(NotAllowed):
        requests.withdraw(floor, key, BEN, via="api")
    for _ in range(2):
        withdrawn = requests.withdraw(floor, key, ADA, via="api").approval
        assert withdrawn is not None and withdrawn.state == "withdrawn"
    with pytest.raises(Conflict):
        approve(floor, key)


def test_a_level_asked_for_keeps_what_was_moved_since_and_says_so(floor: Store) -> None:
    key = waiting(floor, set_to(103_000))  # three more were found
    ask(floor, moved(8_000))
    agreed = approve(floor, key)
    assert there(floor) == 95_000
    assert len(agreed.notes) == 1 and "103 was asked for while 100 were there" in agreed.notes[0]
    kept = inventory_approvals.one(floor, key)
    assert kept.state == "approved" and "it becomes 95" in kept.note


def test_what_the_stock_no_longer_gives_has_failed_and_moves_nothing(floor: Store) -> None:
    key = waiting(floor, moved(90_000))
    approve(floor, waiting(floor, moved(50_000), CAT))
    for _ in range(2):  # the second click says the same
        with pytest.raises(Conflict) as refused:
            approve(floor, key)
        assert refused.value.code == "failed" and "has 50 of TEA" in refused.value.message
    assert (state(floor, key), there(floor)) == ("failed", 50_000)
    assert ("ben", "inventory.request.failed") in acts(floor)


def test_what_cannot_happen_is_refused_when_it_is_asked_for(floor: Store) -> None:
    with pytest.raises(Invalid) as refused:
        ask(floor, moved(101_000))
    assert refused.value.field == "lines[0].quantity"
    assert InventoryApproval.select().count() == 0
    with pytest.raises(NotAllowed):
        ask(floor, moved(1_000), Who("dan", (APPROVE,)))
    with pytest.raises(NotFound):
        ask(floor, moved(1_000), reach=Reach(frozenset({"north"})))
    refusals = [json.loads(row[0]) for row in floor.execute("SELECT detail FROM audit WHERE act = 'inventory.refused'")]
    assert [one["code"] for one in refusals] == ["below_zero", "not_allowed", "not_found"]


def test_a_counter_event_of_that_size_needs_somebody_else_as_well(floor: Store) -> None:
    first = approve(floor, waiting(floor, moved(30_000))).event
    assert first is not None
    with clock.set_to(NOON):
        asked = door.counter(floor, floor.config, first.id, ADA, key="back", memo="wrong shelf", via="api")
        again = door.counter(floor, floor.config, first.id, ADA, key="back", memo="wrong shelf", via="api")
    assert asked.approval is not None and again.approval == asked.approval
    with pytest.raises(NotAllowed):
        approve(floor, "back", ADA)
    made = approve(floor, "back").event
    assert made is not None and made.counters == first.id
    assert there(floor) == 100_000
    small = ask(floor, moved(1_000, "MUG")).event
    assert small is not None
    with clock.set_to(NOON):
        for made_now in (True, False):
            done = door.counter(floor, floor.config, small.id, ADA, key="little", via="api")
            assert done.event is not None and done.made is made_now


def test_the_setting_alone_switches_nothing_off(floor: Store) -> None:
    config = replace(floor.config, inventory=replace(floor.config.inventory, require_approval=False))
    guard.announce(floor, config)
    assert notices.is_open(floor, guard.WARNED)
    assert door.ask(floor, config, moved(30_000), ADA, via="api").approval is not None
    assert "no effect" in guard.security(floor, config, "main")["warning"]
    guard.announce(floor, floor.config)
    assert not notices.is_open(floor, guard.WARNED)


def test_another_threshold_in_a_file_is_told_and_audited(floor: Store) -> None:
    guard.announce(floor, floor.config)
    guard.announce(floor, floor.config)
    assert acts(floor).count(("system", "inventory.thresholds")) == 0
    higher = replace(floor.config, inventory=replace(floor.config.inventory, approval_qty_threshold="9999"))
    for _ in range(2):
        guard.announce(floor, higher)
    assert acts(floor).count(("system", "inventory.thresholds")) == 1
    (told,) = [one.text for one in notices.open_notices(floor, prefix="inventory:thresholds")]
    assert "from 9999 on" in told and "before it was 25 or 500" in told


def test_an_owner_switches_approvals_off_with_a_reason_and_it_is_told(floor: Store) -> None:
    owner, manager = (Person(role, role.title(), role, True, "", True) for role in ("admin", "manager"))
    with pytest.raises(NotAllowed):
        guard.turn(floor, "main", manager, on=False, reason="Stocktaking")
    with pytest.raises(Invalid):
        guard.turn(floor, "main", owner, on=False, reason="  ")
    assert guard.switch(floor, "main").on
    stands = guard.turn(floor, "main", owner, on=False, reason="Stocktaking")
    assert (stands.on, stands.by, stands.reason) == (False, "admin", "Stocktaking")
    assert notices.is_open(floor, f"{guard.OFF}main")
    assert ask(floor, set_to(1_000)).event is not None
    guard.turn(floor, "main", owner, on=True, reason="Done")
    assert not notices.is_open(floor, f"{guard.OFF}main")
    assert ask(floor, set_to(2_000)).approval is not None
    assert [one for one in acts(floor) if one[1] == "inventory.approvals"] == [("admin", "inventory.approvals")] * 2


def test_what_two_people_did_one_does_not_take_back_alone(floor: Store) -> None:
    big, small = approve(floor, waiting(floor, moved(30_000))).event, ask(floor, moved(20_000, "MUG")).event
    assert big is not None and small is not None
    with clock.set_to(NOON):
        with pytest.raises(Conflict) as refused:
            door.void(floor, big.id, ADA, "oops", via="api")
        assert refused.value.code == "second_person" and there(floor) == 70_000
        assert door.void(floor, big.id, CAT, "oops", via="api").made and there(floor) == 100_000
        assert not door.void(floor, big.id, ADA, "oops", via="api").made, "it was done already"
        assert door.void(floor, small.id, ADA, "oops", via="api").made, "below the threshold"
