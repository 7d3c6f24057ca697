"""The hub's side of its tills: one-time codes, keys, names, what is heard of each, numbers that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pos import clock
from pos.config import Config
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import hub
from pos.store import companies, hub_gaps, hub_tills, notices
from pos.store.companies import Place
from pos.store.db import Store, open_store
from pos.store.hub_tills import Heard, Joining


@pytest.fixture
def store(shop: Config) -> Iterator[Store]:
    found = open_store(replace(shop, till=replace(shop.till, id="HUB")))
    yield found
    found.close()


def told(till: str = "T1", key: str = "k", *before: str) -> Joining:
    return Joining(till, (till, *before), "folder-1", hub.digest(key), "1.0")


@pytest.mark.both_engines
def test_a_code_is_used_once_and_the_answer_that_got_lost_is_given_again(store: Store) -> None:
    code = hub_tills.add(store, "Till 1", "ann")
    joined = hub_tills.join(store, code.lower().replace("-", " "), told())
    assert (joined.till, joined.state, joined.name) == ("T1", "on", "Till 1")
    assert hub_tills.join(store, code, told()) == joined, "the same code with the same key"
    for other in (told(key="another"), told("T2")):
        with pytest.raises(Invalid, match="wrong, used or too old"):
            hub_tills.join(store, code, other)
    assert hub_tills.of_key(store, "k") == joined and hub_tills.of_key(store, "another") is None
    stored = " ".join(map(str, store.execute("SELECT * FROM hub_till").fetchone()))
    assert code.replace("-", "") not in stored, "nothing of a secret is kept but its digest"


def test_a_code_lasts_fifteen_minutes(store: Store) -> None:
    code = hub_tills.add(store, "Till 1", "ann")
    with (
        clock.set_to(clock.now() + timedelta(minutes=hub_tills.CODE_MINUTES, seconds=1)),
        pytest.raises(Invalid, match="too old"),
    ):
        hub_tills.join(store, code, told())


def test_an_id_is_one_tills_and_never_the_hubs_own(store: Store) -> None:
    hub_tills.join(store, hub_tills.add(store, "Till 1", "ann"), told())
    code = hub_tills.add(store, "Till 2", "ann")
    with pytest.raises(Conflict, match="t1 is a till of this hub already"):
        hub_tills.join(store, code, told("t1", "k2"))
    with pytest.raises(Conflict, match="id of the hub itself"):
        hub_tills.join(store, code, told("hub", "k2"))
    with pytest.raises(Conflict, match="called Till 1 already"):
        hub_tills.add(store, " Till  1 ", "ann")
    hub_tills.revoke(store, "Till 1", "ann")
    assert hub_tills.join(store, code, told("T1", "k2")).name == "Till 2", "its id is free, its documents stay"
    assert hub_tills.of_key(store, "k") is None


def test_an_id_of_before_is_neither_the_hubs_nor_another_companys_tills(store: Store) -> None:
    """What a till sends under an id it had before is taken as that id's: else it would write into others' books."""
    companies.add(store, "north", "North Ltd", "ann")
    north = Place("north", "north")
    first = hub_tills.join(store, hub_tills.add(store, "Till 1", "ann"), told())
    code = hub_tills.add(store, "Till 9", "ann", north)
    nine = replace(told(), till="T9", key_hash=hub.digest("nine"))
    for taken in (store.config.till.id, first.till):
        with pytest.raises(Conflict):
            hub_tills.join(store, code, replace(nine, ids=("T9", taken)))
    assert companies.of_till(store, first.till) == (companies.MAIN, companies.MAIN)
    assert hub_tills.join(store, code, replace(nine, ids=("T9",))).company == "north"


def test_a_new_code_makes_a_new_key_and_the_old_one_works_until_then(store: Store) -> None:
    first = hub_tills.join(store, hub_tills.add(store, "Till 1", "ann"), told())
    code = hub_tills.again(store, "T1", "ann")
    assert hub_tills.of_key(store, "k") is not None
    with pytest.raises(Conflict, match="This code is for T1"):
        hub_tills.join(store, code, told("T2", "new"))
    second = hub_tills.join(store, code, told(key="new"))
    assert hub_tills.of_key(store, "k") is None and hub_tills.of_key(store, "new") == second
    assert second.first_joined_at == first.first_joined_at <= second.joined_at
    hub_tills.change_key(store, second.id, hub.digest("by itself"))
    assert hub_tills.of_key(store, "by itself") is not None and hub_tills.of_key(store, "new") is None


@pytest.mark.both_engines
def test_of_two_that_say_they_are_it_a_person_keeps_one(store: Store) -> None:
    till = hub_tills.join(store, hub_tills.add(store, "Till 1", "ann"), told())
    with pytest.raises(Conflict, match="not there twice"):
        hub_tills.keep(store, "Till 1", "ann")
    hub_tills.doubled(store, till, "two machines.")
    hub_tills.doubled(store, till, "again.")
    assert [(n.key, n.count) for n in notices.open_notices(store)] == [(hub_tills.doubled_key(till.id), 1)]
    with pytest.raises(Conflict, match="Decide first"):
        hub_tills.again(store, "Till 1", "ann")
    code = hub_tills.keep(store, "Till 1", "ann")
    assert hub_tills.of_key(store, "k") is None, "neither of the two speaks any more"
    assert hub_tills.join(store, code, told(key="real")).state == "on"
    assert notices.open_notices(store) == []


def test_names_change_and_ids_do_not(store: Store) -> None:
    till = hub_tills.join(store, hub_tills.add(store, "Till 1", "ann"), told())
    hub_tills.add(store, "Till 2", "ann")
    hub_tills.rename(store, "T1", "By the door", "ann")
    assert hub_tills.one(store, "By the door").till == "T1"
    with pytest.raises(Conflict, match="called Till 2 already"):
        hub_tills.rename(store, till.id, "Till 2", "ann")
    with pytest.raises(NotFound):
        hub_tills.rename(store, "Till 9", "x", "ann")


def test_a_clock_that_is_off_is_flagged_until_it_is_right(store: Store) -> None:
    till = hub_tills.join(store, hub_tills.add(store, "Till 1", "ann"), told())

    def heard(off: int) -> list[str]:
        hub_tills.heard(store, hub_tills.one(store, till.id), Heard("1.1", "folder-1", hub.Head(7, "a" * 64), off))
        return [str(n.text) for n in notices.open_notices(store)]

    assert heard(2) == []
    assert heard(-300) == ["The clock of T1 is 300 seconds behind the hub's."]
    assert heard(1) == []
    now = hub_tills.one(store, till.id)
    assert (now.version, now.head_sequence, now.clock_off_seconds) == ("1.1", 7, 1)
    assert now.seen_at


@pytest.mark.both_engines
def test_what_is_missing_is_known_number_by_number(store: Store) -> None:
    hub_tills.join(store, hub_tills.add(store, "Till 1", "ann"), told())
    top = 0
    for sequence, left in ((4, [(1, 3)]), (2, [(1, 1), (3, 3)]), (9, [(1, 1), (3, 3), (5, 8)]), (1, [(3, 3), (5, 8)])):
        hub_gaps.arrived(store, "T1", sequence, top, 0)
        top = max(top, sequence)
        assert hub_gaps.gaps(store, "T1") == left, sequence
    assert (hub_gaps.missing(store), hub_tills.one(store, "T1").top_sequence) == ({"T1": 5}, 9)
    hub_gaps.arrived(store, "T1", 20, top, 19)
    assert hub_gaps.gaps(store, "T1") == [(3, 3), (5, 8)], "a record says that 10 to 19 are lost"
