"""Baskets between tills, and receipts of other tills: one till gets a basket, and what any till gave back counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos import config as settings
from pos.actions import hub_receipts
from pos.errors import Conflict, NotFound
from pos.rules import documents
from pos.rules.cart import Against
from pos.store import foreign, held, hub_baskets, people, rights, sold
from pos.store.db import Store, open_store
from pos.store.foreign import Copy
from pos.store.held import AtHub, Taken
from pos.store.journal import Journal
from pos.store.models import User
from tests import receipts

KEY = "01a1ff70-c569-7085-842e-6f22cf05a989"


def _held(till: str = "T1", **more: Any) -> dict[str, Any]:
    return {"id": KEY, "store": "Main", "till": till, "title": "Coat", "basket": "{}", "lines": 1, "total": "5.00",
            "by_code": "7", "by_name": "Nora", "at": clock.stamp(clock.now()), **more}  # fmt: skip


def _asked(act: str, to: str = "resumed", again: str = "") -> dict[str, str]:
    return {"store": "Main", "act": act, "to": to, "by": "7", "reason": "", "again": again}


@pytest.mark.both_engines
def test_of_many_tills_one_gets_a_basket(store: Store) -> None:
    hub_baskets.put(store, "T1", ("T1",), _held())
    hub_baskets.put(store, "T1", ("T1",), _held())
    start = threading.Barrier(4)

    def take(n: int) -> str:
        start.wait()
        try:
            return str(hub_baskets.claim(store, f"T{n}", (f"T{n}",), KEY, _asked(f"a{n}"))["holder"])
        except Taken:
            return ""
        finally:
            store.release()

    with ThreadPoolExecutor(4) as pool:
        (winner,) = [who for who in pool.map(take, range(1, 5)) if who]
    act = f"a{winner[1:]}"
    assert hub_baskets.claim(store, winner, (winner,), KEY, _asked(act))["state"] == "resumed", "a lost answer"
    assert [row["id"] for row in hub_baskets.listed(store, "Main", (winner,))[1]] == [KEY]
    assert hub_baskets.claim(store, winner, (winner,), KEY, _asked("b", again="yes"))["taken"] == "b"
    with pytest.raises(Taken):
        hub_baskets.put(store, "T9", ("T9",), _held("T9", basket='{"other": 1}'))
    hub_baskets.put(store, winner, (winner,), _held(winner))  # held again, by who has it
    assert [row["state"] for row in hub_baskets.states(store, "Main", [KEY])] == ["held"]
    with pytest.raises(NotFound):
        hub_baskets.claim(store, "T1", ("T1",), KEY, {**_asked("c"), "store": "Elsewhere"})


def test_what_a_hub_that_sells_took_up_is_its_own_tills(store: Store) -> None:
    shop, own = store.config.till.store, store.config.till.id
    hub_baskets.put(store, "T9", ("T9",), _held("T9", store=shop))
    assert [x.id for x in held.listed(store)] == [KEY]
    held.resume(store, KEY, "a", "7")
    assert [row["holder"] for row in hub_baskets.states(store, shop, [KEY])] == [own]
    with pytest.raises(Taken):
        hub_baskets.claim(store, "T9", ("T9",), KEY, {**_asked("b", again="yes"), "store": shop})


def test_what_was_handed_up_waits_for_the_hubs_word(store: Store) -> None:
    """On its way up already; what came back unsent is this till's alone again; another till has it; back here."""
    shop = store.config.till.store
    held.put(store, KEY, "{}", title="", lines=1, total="", by="7", name="Nora")
    assert hub_baskets.begin(store, KEY) is not None
    with pytest.raises(AtHub):
        held.resume(store, KEY, "a", "7")
    hub_baskets.came_back(store, KEY)
    assert held.resume(store, KEY, "a", "7").state == "resumed"
    assert hub_baskets.begin(store, KEY) is None, "it is on a screen"

    held.put(store, KEY, "{}", title="", lines=1, total="", by="7", name="Nora")
    hub_baskets.begin(store, KEY)
    hub_baskets.arrived(store, KEY)
    gone = {**_held(store=shop), "state": "resumed", "changed_at": clock.stamp(clock.now()), "changed_by": "8",
            "taken": "x", "reason": "", "holder": "T2"}  # fmt: skip
    hub_baskets.became(store, gone)
    assert (held.listed(store), held.taken_up(store), held.count(store)) == ([], [], 0)
    with pytest.raises(AtHub):
        held.resume(store, KEY, "b", "7")
    assert hub_baskets.moved(store, {**gone, "taken": "b", "holder": "T1"}, "7").taken == "b"
    assert [x.id for x in held.taken_up(store)] == [KEY]


@pytest.mark.both_engines
def test_what_another_till_gave_back_counts_here(store: Store, journal: Journal) -> None:
    """Of its own receipt and of a copy; what this till gave back itself is not counted twice."""
    own = documents.decode(journal.commit(receipts.sale(receipts.line(qty=3))).body)
    line = own["items"][0]["line"]
    body = journal.commit(receipts.refund(own)).body
    mine = documents.decode(body)
    theirs, bytes_ = receipts.stamped(receipts.refund(own), 7, till="T2", invoice_name="T2-000007")
    foreign.keep(store, Copy(own, b"{}"), [Copy(theirs, bytes_), Copy(mine, body)])
    wanted = Against(own["id"], line)
    both = -(mine["items"][0]["qty"] + theirs["items"][0]["qty"])
    assert sold.sold_lines(store, [wanted])[wanted].back.qty == both
    assert sold.pieces_back(store, own["id"]) == both
    assert [x.number for x in sold.returns_of(store, own["id"])] == [mine["invoice_name"], theirs["invoice_name"]]

    other, other_bytes = receipts.stamped(receipts.sale(receipts.line(qty=2)), 8, till="T2", invoice_name="T2-000008")
    foreign.keep(store, Copy(other, other_bytes), [])
    found = sold.document(store, other["invoice_name"].lower())
    assert found is not None and found["id"] == other["id"]
    assert sold.sold_lines(store, [Against(other["id"], other["items"][0]["line"])])
    assert foreign.told(store, other["id"]) is None, "a copy is no document of this till"
    told = foreign.told(store, own["invoice_name"])
    assert told is not None and told[2] == [body]


def test_goods_of_a_receipt_come_back_at_one_till_at_a_time(store: Store) -> None:
    """Until the document is here; a till that never sends it is not waited for long."""
    doc = {"till": "T1", "items": [{"return_against": {"id": KEY}}, {}]}
    assert foreign.claim(store, KEY, "T1")
    assert foreign.claim(store, KEY, "T1")
    assert not foreign.claim(store, KEY, "T2")
    foreign.returned(store, {**doc, "till": "T3"})
    assert not foreign.claim(store, KEY, "T2"), "another till's document, made before, ends nothing of this one's"
    foreign.returned(store, doc)
    assert foreign.claim(store, KEY, "T2")


def test_a_hub_that_sells_waits_like_any_other_till(store: Store, journal: Journal) -> None:
    own = journal.commit(receipts.sale(receipts.line(qty=3))).doc
    both = replace(store.config, server=replace(store.config.server, role="both"))
    basket = {"id": KEY, "lines": [{"return_against": {"id": own["id"]}}]}
    assert foreign.claim(store, own["id"], "T2")
    with pytest.raises(Conflict, match="Another till is giving goods"):
        hub_receipts.before_sale(store, both, basket)
    others = [{"return_against": {"id": clock.uuid7()}} for _ in range(12)]
    with pytest.raises(Conflict):
        hub_receipts.before_sale(store, both, {**basket, "lines": [*others, *basket["lines"]]})
    foreign.returned(store, {"till": "T2", "items": basket["lines"]})
    hub_receipts.before_sale(store, both, basket)
    assert not foreign.claim(store, own["id"], "T2")


def test_who_and_what_the_hub_keeps_is_changed_there(tmp_path: Path) -> None:
    with _till(tmp_path) as store:
        User.create(code="7", name="Nora", role="cashier", source="hub", modified="")
        people.add_user(store, "8", "Own", "cashier", "4826")
        for act in (
            lambda: people.set_pin(store, "7", "4711"),
            lambda: people.set_active(store, "7", False),
            lambda: people.add_user(store, "7", "Nora", "admin", "4711"),
            lambda: rights.change(store, {("cashier", "void"): True}, {"cashier": Decimal(3)}, "8"),
        ):
            with pytest.raises(Conflict):
                act()
        people.set_active(store, "8", False)


@contextmanager
def _till(root: Path) -> Iterator[Store]:
    config = settings.load(root, environ={})
    store = open_store(replace(config, hub=replace(config.hub, url="http://127.0.0.1:9")))
    try:
        yield store
    finally:
        store.close()
