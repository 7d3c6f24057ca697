"""Two companies on one hub: each one's documents go to its own books alone, and a till stays where it sold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos import clock
from pos.actions import hub_intake
from pos.config import Config
from pos.errors import Conflict, NotFound
from pos.rules import hub
from pos.store import companies, hub_places, hub_tills, leases, people, reach
from pos.store.companies import Place
from pos.store.db import Store, open_store
from pos.store.hub_tills import Joining, Till
from pos.store.journal import Journal
from pos.store.models import Connection, Outbox
from tests.actions.test_hub_intake import Made


def joined(store: Store, till: str, place: Place) -> Till:
    told = Joining(till, (till,), f"folder of {till}", hub.digest(f"key of {till}"), "1.0")
    return hub_tills.join(store, hub_tills.add(store, f"Till {till}", "ann", place), told)


@pytest.mark.both_engines
def test_each_document_goes_to_the_books_of_its_tills_company_alone(shop: Config) -> None:
    store = open_store(replace(shop, till=replace(shop.till, id="HUB"), server=replace(shop.server, role="hub")))
    journal = Journal(store)
    try:
        north = companies.add(store, "north", "North Ltd", "ann")
        companies.add_shop(store, "north", "pier", "Pier", "ann")
        Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
        Connection.create(id="erpnext-north", kind="erpnext", title="ERPNext of North", company=north.id)
        here, there = joined(store, "T1", Place("main", "main")), joined(store, "N1", Place("north", "pier"))
        sent = [Made("T1").next(), Made("N1").next()]
        for till, (doc, body) in zip((here, there), sent, strict=True):
            hub_intake.take_in(journal, till, doc["id"], body)
        rows = {row.document: row.connection for row in Outbox.select()}
        assert rows == {sent[0][0]["id"]: "erpnext", sent[1][0]["id"]: "erpnext-north"}

        now = clock.now()  # who posts for one company does not hold up who posts for another
        assert leases.take(store, "post:erpnext", "one", 60, now) is not None
        assert leases.take(store, "post:erpnext-north", "two", 60, now) is not None

        with pytest.raises(Conflict, match="stays where it is"):
            hub_places.move(store, there.id, Place("main", "main"), "ann")
        new = joined(store, "N2", Place("main", "main"))
        hub_places.move(store, new.id, Place("north", "pier"), "ann")
        assert companies.of_till(store, "N2") == ("north", "pier")
        hub_tills.revoke(store, there.id, "ann")
        with pytest.raises(Conflict, match="of North Ltd"):
            joined(store, "N1", Place("main", "main"))
    finally:
        journal.close()
        store.close()


@pytest.mark.both_engines
def test_how_far_a_person_reaches_follows_from_rows(store: Store) -> None:
    companies.add(store, "north", "North Ltd", "ann")
    companies.add_shop(store, "north", "pier", "Pier", "ann")
    people.add_user(store, "N1", "Nora", "manager", "2468", "ann")
    assert reach.of_person(store, "N1").is_all
    reach.keep_to(store, "N1", [Place("north", "")], "ann")
    found = reach.of_person(store, "N1")
    assert found.has(Place("north", "pier")) and not found.has(Place("main", "main"))
    reach.keep_to(store, "N1", [Place("north", "pier"), Place("main", "")], "ann")
    found = reach.of_person(store, "N1")
    assert [shop.id for shop in reach.shops_in(store, found)] == ["main", "pier"]
    assert not found.has(Place("north", "north"))
    assert reach.narrowed(store, found, "north", "").has(Place("north", "pier"))
    with pytest.raises(NotFound):
        reach.narrowed(store, found, "", "north")
