"""Baskets set aside: whole, of the shop, taken up once, never deleted, whatever happens to the server or the page."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pos import clock
from pos.actions import held, sell
from pos.errors import Conflict, Invalid, NotFound
from pos.store import held as rows
from pos.store.db import open_store
from tests.actions.shop import ID, Person, Till, basket, line
from tests.conftest import REPO

OFF = {"kind": "percent", "value": "10", "reason": "damaged"}
ANN, BEN = Person("cashier", "1", "Ann"), Person("cashier", "2", "Ben")


def draft(n: int = 1) -> dict[str, Any]:
    """A basket with everything a basket can have."""
    whole = basket(
        line("MUG", "2", "a1", discount=OFF, note="gift wrap", barcode="5000112637922", price=None),
        line("MISC", "1", "a2", price="3.50", price_source="typed"),
        total="5.66", n=n, pay=None, discount={"kind": "amount", "value": "0.10", "reason": "regular"},
    )  # fmt: skip
    return whole | {"customer": "C1", "colour": {"of": "the page's own"}}


def put_aside(till: Till, n: int = 1, title: str = "Blue coat", by: Person = ANN) -> dict[str, Any]:
    return held.hold(till.store, till.config, draft(n), title, "5.56", by)


def take_up(till: Till, n: int = 1, by: Person = BEN, act: str = "", **more: Any) -> dict[str, Any]:
    return held.resume(till.store, till.config, ID.format(n), act or clock.uuid7(), by, **more)


def acts(till: Till) -> list[tuple[str, str]]:
    return till.store.execute("SELECT actor, act FROM audit WHERE act LIKE 'basket.%' ORDER BY n").fetchall()


def test_a_held_basket_keeps_discounts_notes_attributes_and_the_customer(till):
    put_aside(till)
    again = take_up(till)["basket"]
    asked = {k: v for k, v in draft().items() if k not in ("payments", "total")}
    assert again == asked
    done = sell.commit(
        till, again | {"payments": [{"mode_of_payment": "Cash", "amount": "5.56"}], "total": "5.56"}, ANN
    )
    assert (done.doc["id"], done.doc["customer"]) == (ID.format(1), "C1")
    assert [x["discount"] is not None for x in done.doc["items"]] == [True, False]


def test_payments_and_approvals_are_not_kept_with_it(till):
    raw = draft() | {"payments": [{"mode_of_payment": "Cash", "amount": "1"}], "approvals": ["x"], "total": "5.56"}
    held.hold(till.store, till.config, raw, "", None, ANN)
    assert not {"payments", "approvals", "total"} & take_up(till)["basket"].keys()


def test_reading_the_list_takes_nothing_away(till):
    put_aside(till)
    for _ in range(3):
        listed = held.listed(till.store, till.config)
        assert [x["title"] for x in listed["held"]] == ["Blue coat"]
        assert (listed["count"], listed["held"][0]["total_text"], listed["held"][0]["lines"]) == (1, "£5.56", 2)


def test_two_screens_cannot_both_resume(till):
    put_aside(till)

    def attempt(n: int) -> str:
        try:
            take_up(till, act=clock.uuid7())
        except Conflict as refused:
            return refused.code
        return "mine"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(attempt, range(6)))
    assert sorted(outcomes) == ["mine", *["taken"] * 5]


def test_a_resume_whose_answer_was_lost_is_answered_again(till):
    put_aside(till)
    act = clock.uuid7()
    assert take_up(till, act=act)["basket"] == take_up(till, act=act)["basket"]
    assert acts(till) == [("1", "basket.hold"), ("2", "basket.resume")]


def test_a_basket_lost_with_its_page_can_be_taken_up_again_and_is_paid_once(till):
    put_aside(till)
    take_up(till)
    assert [x["id"] for x in held.listed(till.store, till.config)["taken"]] == [ID.format(1)]
    again = take_up(till, by=ANN, again=True)["basket"]
    asked = again | {"payments": [{"mode_of_payment": "Cash", "amount": "5.56"}], "total": "5.56"}
    first, second = sell.commit(till, asked, ANN), sell.commit(till, asked, ANN)
    assert (first.body, second.duplicate) == (second.body, True)
    assert held.listed(till.store, till.config)["taken"] == []
    with pytest.raises(Conflict, match="paid already: T1-000001"):
        take_up(till, again=True)


def test_a_held_and_resumed_basket_keeps_its_id_when_it_is_held_again(till):
    put_aside(till)
    take_up(till)
    more = draft() | {"lines": [*draft()["lines"], line("MUG", "1", "a9")]}
    held.hold(till.store, till.config, more, "Blue coat", "6.76", BEN)
    assert [(x["id"], x["lines"], x["by"]["code"]) for x in held.listed(till.store, till.config)["held"]] == [
        (ID.format(1), 3, "2")
    ]
    assert len(take_up(till)["basket"]["lines"]) == 3


def test_holding_twice_is_holding_once_and_other_lines_do_not_overwrite_it(till):
    assert put_aside(till)["duplicate"] is False
    assert put_aside(till)["duplicate"] is True
    with pytest.raises(Conflict) as refused:
        held.hold(till.store, till.config, basket(line("MUG"), total="1.20"), "Blue coat", "", BEN)
    assert refused.value.code == "held_elsewhere"
    assert len(take_up(till)["basket"]["lines"]) == 2


def test_discarding_needs_a_reason_deletes_nothing_and_ends_it(till):
    put_aside(till)
    with pytest.raises(Invalid):
        held.discard(till.store, till.config, ID.format(1), "  ", ANN)
    done = held.discard(till.store, till.config, ID.format(1), "never came back", ANN)
    assert done["count"] == 0
    assert rows.get(till.store, ID.format(1)).reason == "never came back"
    with pytest.raises(Conflict, match="discarded it: never came back"):
        take_up(till)
    assert acts(till)[-1] == ("1", "basket.discard")


def test_what_is_paid_cannot_be_held(till):
    sell.commit(till, basket(line("MUG"), total="1.20"), ANN)
    with pytest.raises(Conflict) as refused:
        held.hold(till.store, till.config, basket(line("MUG"), total="1.20"), "", "", ANN)
    assert refused.value.code == "already_paid"


def test_an_empty_basket_one_without_an_id_and_a_card_number_are_refused(till):
    for raw in (
        {},
        basket(total="0"),
        draft() | {"id": ""},
        [],
        draft() | {"lines": [line("MUG", note="4111111111111111")]},
    ):
        with pytest.raises(Invalid):
            held.hold(till.store, till.config, raw, "", "", ANN)
    with pytest.raises(Invalid):
        held.hold(till.store, till.config, draft(), "4111 1111 1111 1111", "", ANN)
    with pytest.raises(NotFound):
        take_up(till, 5)
    assert rows.count(till.store) == 0


def test_goods_no_longer_sold_can_still_be_set_aside(till):
    held.hold(till.store, till.config, basket(line("OLD"), total="5.00"), "", "5.00", ANN)
    assert rows.count(till.store) == 1


def test_a_basket_of_another_shop_is_not_ours(till):
    put_aside(till)
    till.store.execute("UPDATE held SET store = 'other'")
    assert held.listed(till.store, till.config)["held"] == []
    with pytest.raises(NotFound):
        take_up(till)


KILLED = """
import os, signal
from dataclasses import replace
from pathlib import Path
from pos import config
from pos.actions import held
from pos.store.db import open_store
from tests.actions.test_held import ANN, draft
settings = config.load(Path({root!r}), environ={{}})
settings = replace(settings, storage=config.Storage(url={url!r}))
store = open_store(settings)
held.hold(store, settings, draft(), "Blue coat", "5.56", ANN)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_held_basket_survives_a_killed_server(till):
    root = till.config.root
    run = subprocess.run(
        [sys.executable, "-c", KILLED.format(root=str(root), url=till.config.storage.url)],
        cwd=REPO,
        check=False,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert run.returncode == -signal.SIGKILL
    store = open_store(till.config)
    try:
        assert held.listed(store, till.config)["held"][0]["title"] == "Blue coat"
        found = held.resume(store, till.config, ID.format(1), clock.uuid7(), ANN)["basket"]
        assert found["lines"][0]["discount"] == OFF
    finally:
        store.close()
