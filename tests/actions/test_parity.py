"""Our stock compared with QuickBooks Desktop: what waits is no finding, what differs is proposed, agreed to, told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.actions import inventory_requests, parity, parity_compare, parity_fix, qbd_mapping
from pos.errors import Conflict, Invalid, NotAllowed, NotFound
from pos.rules.inventory import Line
from pos.rules.parity import DESKTOP, ONLINE
from pos.store import inventory, inventory_places, qbd_asks, qbd_queue, qbd_sales
from pos.store import parity as kept
from pos.store.db import Store
from pos.store.models import InventoryEvent, InventoryMove, QbdAccount, QbdItem, QbdLevel, QbdSite, QbdWork
from pos.store.parity import Run
from tests.books import Time
from tests.desktop_queue import HERE, Queue
from tests.stock_people import ANN, BOB, KEY, Person


class Books(Queue):
    """A company file whose lists are filled by hand."""

    def compare(self, levels: dict[tuple[str, str], str], *, loose: bool = False, **more: Any) -> Run:
        """Ask, let these levels be the answer, compare. more: item -> fields of its row there."""
        store, config = self.store, self.store.config
        self.passes(minutes=5)
        run = parity.begin(store, "main", DESKTOP, ANN, loose=loose)
        assert parity.step(store, config, run).state == "asked", "nothing is compared before the lists are in"
        with store.transaction():
            for table in (QbdItem, QbdLevel, QbdSite, QbdAccount):
                table.delete().execute()
            stamp = clock.stamp(self.now)
            for name in ("Shop", "Back room"):
                QbdSite.create(connection=HERE, list_id=f"S-{name}", full_name=name, seen_at=stamp)
            for name in {item for item, _ in levels} | set(more):
                row = {"full_name": name, "kind": "ItemInventory", **more.get(name, {})}
                QbdItem.create(connection=HERE, list_id=f"I-{name}", seen_at=stamp, **row)
            for (item, site), on_hand in levels.items():
                QbdLevel.create(connection=HERE, item=f"I-{item}", site=f"S-{site}", on_hand=on_hand, seen_at=stamp)
            for account in ("Shrinkage", "Sales", "COGS", "Stock"):
                QbdAccount.create(connection=HERE, list_id=account, full_name=account, kind="Expense", seen_at=stamp)
        self.passes(seconds=1)
        for work in QbdWork.select().where(QbdWork.source == qbd_asks.SOURCE):
            self.put_in(work.n, state="applied", done_at=clock.stamp(self.now))
        self.passes(seconds=1)
        assert parity.begin(store, "main", DESKTOP, ANN) == run, "who asks meanwhile asks for nothing anew"
        done = parity.step(store, config, run)
        assert done.state == "done", done.words
        return done

    def found(self, state: str = "open") -> list[tuple[str, str, str, str, str]]:
        rows = kept.every(self.store, kept.Filter("main", DESKTOP, state))
        return [(row["item"], row["field"], row["location"], row["status"], row["difference"]) for row in rows]

    def row(self, item: str) -> dict[str, Any]:
        rows = [row for row in kept.every(self.store, kept.Filter("main", DESKTOP)) if row["item"] == item]
        return max(rows, key=lambda row: (row["run"], row["last_seen"]))

    def propose(self, products: Any = 10, what: str = "quantities", who: Person = ANN) -> parity_fix.Proposed:
        return parity.propose(self.store, self.store.config, "main", what, products, who)


SAME = {("COLA", "Shop"): "99", ("COLA", "Back room"): "99", ("TEA", "Shop"): "99", ("TEA", "Back room"): "99"}
SHOP = ("COLA", "Shop")


@pytest.fixture
def books(store: Store) -> Iterator[Books]:
    store.config = replace(store.config, qbwc=replace(store.config.qbwc, adjustment_account="Shrinkage"))
    time = Time()
    with clock.set_to(time):
        made = Books(store, time)
        made.furnish("COLA", "TEA")
        yield made


def test_what_is_the_same_is_in_sync_and_what_is_not_compared_is_said(books: Books) -> None:
    run = books.compare(SAME)
    assert books.found() == [] and (run.counts["items"], run.counts["in_sync"]) == (2, 2)
    assert "VAN" in run.words, "a place without a site"
    with pytest.raises(NotFound):
        parity.begin(books.store, "elsewhere", DESKTOP, ANN)
    with pytest.raises(NotAllowed):
        parity.begin(books.store, "main", DESKTOP, Person("cat", "cat", ("stock",)))
    with pytest.raises(Conflict, match="not connected"):
        parity.begin(books.store, "main", ONLINE, ANN)


def test_work_that_is_not_there_yet_is_no_finding(books: Books) -> None:
    books.post("transfer", Line("COLA", 4000, "SHOP", "BACK"))
    books.post("transfer", Line("COLA", 1000, "SHOP", "VAN"))  # not ready: the van has no site
    books.post("adjustment", Line("TEA", -2000, destination="SHOP"), reason="damage")
    assert books.compare(SAME).counts["in_sync"] == 2
    assert books.found() == []
    assert books.compare({**SAME, SHOP: "95"}).counts["needs_adjustment"] == 1
    assert books.found() == [("COLA", "quantity", "Shop", "needs_adjustment", "4")]
    ticket = books.session()
    out = books.taken(ticket)
    run = books.compare({**SAME, SHOP: "90", ("COLA", "Back room"): "1"})
    assert run.counts["unsettled"] == 1, "nobody knows what became of it"
    assert books.found() == [("COLA", "quantity", "Shop", "needs_adjustment", "4")], "so nothing new is said of it"
    books.book(ticket, out.n)
    books.compare({**SAME, SHOP: "95", ("COLA", "Back room"): "103"})
    assert books.found() == []


def test_what_went_after_their_lists_were_read_is_not_judged(books: Books) -> None:
    ticket = books.session()
    books.post("adjustment", Line("TEA", -2000, destination="SHOP"), reason="damage")
    run = parity.begin(books.store, "main", DESKTOP, ANN)
    books.compare(SAME)  # the same one: it is under way
    assert kept.last(books.store, "main", DESKTOP) == kept.run(books.store, run.n)
    books.drained(ticket)
    again = kept.begin(books.store, "main", HERE, DESKTOP, strict=True, by="ann")
    found = parity_compare.desktop(books.store, books.store.config, again, books.now)
    assert found.counts["unsettled"] == 1 and books.found() == []


@pytest.mark.both_engines
def test_sales_that_were_not_told_yet_are_no_finding(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    with books.store.transaction():
        qbd_sales.keep_gathered(
            books.store, HERE, {"n": 7, "told": 0, "open": {"2026-11-20": {"SHOP": {"TEA": -3000}}}}
        )
        books.store.execute("INSERT INTO movement_total (item, warehouse, qty) VALUES ('TEA', 'SHOP', -5000)")
    late = qbd_sales.Moved(8, "", "2026-11-21T10:00:00+00:00", {("SHOP", "TEA"): -2000})
    old = qbd_sales.Moved(9, "", "2026-01-01T10:00:00+00:00", {("SHOP", "TEA"): -70_000})  # before the cut-over
    monkeypatch.setattr(qbd_sales, "moved", lambda _s, _c, after: [late, old] if after == 7 else [])
    monkeypatch.setattr(qbd_mapping, "cut_overs", lambda _s, _c: [("2026-11-01", "adjustments")])
    assert books.compare(SAME).counts["in_sync"] == 2 and books.found() == []


@pytest.mark.both_engines
def test_a_difference_is_gone_comes_back_and_is_dismissed_until_it_is_another(books: Books) -> None:
    off = {**SAME, SHOP: "98"}
    for _ in range(2):
        books.compare(off)
    row = books.row("COLA")
    assert (row["times"], row["state"], row["reopened"]) == (2, "open", 0) and row["first_seen"] < row["last_seen"]
    books.compare(SAME)
    assert books.row("COLA")["state"] == "gone"
    books.compare(off)
    row = books.row("COLA")
    assert (row["times"], row["state"], row["reopened"]) == (3, "open", 1)
    key = ("COLA", "quantity", "Shop")
    with pytest.raises(Invalid):
        parity.dismiss(books.store, "main", DESKTOP, key, " ", ANN)
    with pytest.raises(NotFound):
        parity.dismiss(books.store, "main", DESKTOP, ("COLA", "quantity", "Moon"), "known", ANN)
    parity.dismiss(books.store, "main", DESKTOP, key, "One is on loan", ANN)
    books.compare(off)
    row = books.row("COLA")
    assert row["state"] == "dismissed" and row["detail"]["dismissed"]["reason"] == "One is on loan"
    assert books.propose().requests == [], "what is dismissed is not put right"
    books.compare({**SAME, SHOP: "90"})
    assert books.row("COLA")["state"] == "open"


def test_names_are_taken_as_they_are_unless_asked_otherwise(books: Books) -> None:
    theirs = {(" cola", "Shop"): "98", (" cola", "Back room"): "99", **{k: v for k, v in SAME.items() if k[0] == "TEA"}}
    books.compare(theirs)
    assert [one[:4] for one in books.found()] == [("COLA", "item", "", "missing")]
    assert books.row("COLA")["detail"]["near"] == [" cola"]
    left = books.propose(what="items").left
    assert "case" in left[0].why, "an item that nearly is there is not made a second time"
    books.compare(theirs, loose=True)
    assert books.found() == [("COLA", "quantity", "Shop", "needs_adjustment", "1")]
    assert books.row("COLA")["detail"]["names_differ"] == ["COLA", " cola"]


def test_what_they_alone_have_and_accounts_and_costs(books: Books) -> None:
    part = {"item": "COLA", "income_account": "Sales", "cogs_account": "COGs", "asset_account": "Shelf", "cost": "1.10"}
    inventory_places.put_parts(books.store, "main", [part], "ann")
    cola = {"income_account": "Sales", "cogs_account": "COGS", "asset_account": "Stock", "cost": "1.2"}
    books.compare(SAME, COLA=cola, GIN={}, FEE={"kind": "ItemService"})
    assert sorted(one[:2] + one[3:] for one in books.found()) == [
        ("COLA", "asset_account", "missing", ""), ("COLA", "cogs_account", "needs_adjustment", ""),
        ("COLA", "cost", "needs_adjustment", "-0.1"), ("GIN", "item", "missing", ""),
    ]  # fmt: skip
    (asked,) = books.propose(what="accounts").requests
    assert (asked.kind, asked.payload["type"]) == ("account_add", "OtherCurrentAsset")
    assert "already" in books.propose(what="accounts").left[0].why


@pytest.mark.both_engines
def test_a_fix_is_agreed_to_by_another_person_and_told_once(books: Books) -> None:
    store = books.store
    books.compare({**SAME, SHOP: "98.5"})
    before = [table.select().count() for table in (InventoryEvent, InventoryMove)]
    for products in (None, 0, True, "5"):
        with pytest.raises(Invalid):
            books.propose(products)
    with pytest.raises(NotAllowed):
        books.propose(who=KEY)
    (asked,) = books.propose().requests
    assert (asked.kind, asked.state, asked.payload["lines"][0]["difference"]) == ("quantity_fix", "pending", "0.5")
    assert "already" in books.propose().left[0].why
    assert books.take(books.session()) is None, "nothing is told before"
    with pytest.raises(NotAllowed):
        inventory_requests.approve(store, asked.id, ANN, via="api")
    for made in (True, False):
        assert inventory_requests.approve(store, asked.id, BOB, via="api").made is made
    (work,) = qbd_queue.work_of(store, f"parity:{asked.id}")
    assert work.kind == "adjustment" and work.payload["account"] == "Shrinkage"
    assert work.payload["lines"] == [{"item": {"id": "I-COLA"}, "difference": "0.5"}]
    assert [table.select().count() for table in (InventoryEvent, InventoryMove)] == before, "nothing changes here"
    assert "already" in books.propose().left[0].why, "it is on its way"
    assert books.compare({**SAME, SHOP: "98.5"}).counts["unsettled"] == 1
    books.drained(books.session())
    books.compare(SAME)
    assert books.found() == [] and inventory.levels(store, "main", ["COLA"])["COLA", "SHOP"] == 99_000


def test_a_sale_in_between_changes_no_difference_and_anything_else_is_refused(books: Books) -> None:
    store = books.store
    books.compare({**SAME, SHOP: "98"})
    (asked,) = books.propose().requests
    books.post("adjustment", Line("COLA", -2000, destination="SHOP"), reason="damage")
    with store.transaction():
        QbdLevel.update(on_hand="90").where(QbdLevel.item == "I-COLA", QbdLevel.site == "S-Shop").execute()
    with pytest.raises(Conflict, match="differs by 9 now, not by 1"):
        inventory_requests.approve(store, asked.id, BOB, via="api")
    books.compare({**SAME, SHOP: "98"})
    (asked,) = books.propose().requests
    books.taken(books.session())
    with pytest.raises(Conflict, match="on its way"):
        inventory_requests.approve(store, asked.id, BOB, via="api")


def test_old_figures_are_refused_and_a_later_event_that_waits_is_not(books: Books) -> None:
    store = books.store
    books.compare({**SAME, SHOP: "98", ("TEA", "Shop"): "97"})
    first, second = (books.propose(1).requests[0] for _ in range(2))
    books.post("adjustment", Line("COLA", -2000, destination="SHOP"), reason="damage")
    assert inventory_requests.approve(store, first.id, BOB, via="api").made
    books.time.passes(timedelta(hours=25).total_seconds())
    with pytest.raises(Conflict, match="more than a day ago"):
        inventory_requests.approve(store, second.id, BOB, via="api")


def test_caps_and_what_is_never_put_right_by_itself(books: Books) -> None:
    dozen = {"full_name": "TEA *12"}
    books.compare({**SAME, SHOP: "-2000", ("TEA", "Shop"): "90"}, TEA12=dozen)
    why = {one.item: one.why for one in books.propose().left}
    assert "above 1000" in why["COLA"] and "packs" in why["TEA"]
    books.compare({**SAME, SHOP: "98"}, COLA={"kind": "ItemInventoryAssembly"})
    assert "built of others" in books.propose().left[0].why
    books.compare({**SAME, SHOP: "98", ("TEA", "Shop"): "97"})
    done = books.propose(1)
    assert len(done.requests) == 1 and [one.item for one in done.left] == ["TEA"]
    assert kept.latest(books.store, "main", DESKTOP).counts["proposed"] == 1  # type: ignore[union-attr]


def test_a_comparison_nobody_answers_is_given_up(books: Books) -> None:
    run = parity.begin(books.store, "main", DESKTOP, ANN)
    assert parity.advance(books.store, books.store.config) == 0
    books.passes(days=3)
    assert parity.step(books.store, books.store.config, run).state == "failed"
