"""The mapping screen's own work against the emulated company: lists, what fits, what is created, what is put aside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import qbo_change, qbo_connect, qbo_items, qbo_lists, qbo_mapping, qbo_missing, qbo_starts, qbo_sync
from pos.errors import Conflict, Invalid, Unknown
from pos.store import catalog, sync_jobs
from pos.store import qbo_items as rows
from pos.store.models import Bundle, Outbox
from tests.contract import qbo_books
from tests.contract.emulators import qbo_shops as shops
from tests.contract.qbo_books import MAPPING, Shop
from tests.contract.qbo_sites import connected, environ, running, standing

SOAP = {"item_group": "Care"}
CATEGORY = {"type": "NonInventory", "income": shops.SALES, "costs": "", "stock": "", "starts": ""}


@pytest.fixture
def corner(tmp_path: Path) -> Iterator[Shop]:
    """A till that is signed in, with its lists loaded and MAPPING saved."""
    with running(standing(qbo_books.START)) as site:
        found = Shop(tmp_path, site, MAPPING, signed_in=False, **environ(site.url))
        with clock.set_to(found.now):
            connected(found.store, site)
            catalog.put_taxes(found.store, [{"code": "V20", "title": "VAT", "rate": "20"}])
            qbo_mapping.write(found.store, "main", MAPPING, qbo_mapping.read(found.store, "main"), "boss")
            qbo_lists.reload(found.store, found.config, "main", "boss", found.client)
            yield found
            found.journal.close()
            found.store.close()


def save(shop: Shop, **changes: Any) -> qbo_change.Saved:
    mark = qbo_change.mark_of(qbo_mapping.read(shop.store, "main"))
    return qbo_change.save(shop.store, "main", mark, changes, "boss")


def remapped(shop: Shop) -> None:
    shop.mapped(qbo_mapping.read(shop.store, "main").values)


def test_each_mapping_is_held_to_the_company_with_a_sentence(corner: Shop) -> None:
    before = qbo_mapping.read(corner.store, "main")
    assert qbo_change.faults(corner.store, "main", before.values, qbo_lists.needed(corner.store, "main").lists) == []
    with pytest.raises(Invalid, match="number 999 is not in QuickBooks") as refused:
        save(corner, tenders={"Card": {"code": "CD", "method": "3", "account": "999"}})
    assert refused.value.code == "mapping"
    for changes, words in (
        ({"tenders": {"Card": {"code": "CD", "method": "3", "account": shops.SALES}}}, "it must be Bank / Other Curr"),
        ({"taxes": {"V20": shops.REDUCED}}, "is 20% at the till, and 5.0% R charges 5%"),
        ({"tax": "us"}, "not that of a company in GB"),
        ({"categories": {"": {**CATEGORY, "type": "Inventory"}}}, "accounts for cost of sale and for stock"),
        ({"quarantine": "11"}, "is kept in stock itself"),
        ({"shops": {"main": {"code": "LON", "department": "77", "class": ""}}}, "Shop main: number 77"),
    ):
        with pytest.raises(Invalid, match=words):
            save(corner, **changes)
    corner.site.gb.find("Account", shops.CARDS).body["Active"] = False  # type: ignore[union-attr]
    loaded = qbo_lists.reload(corner.store, corner.config, "main", "boss", corner.client)
    assert [one.words for one in qbo_change.faults(corner.store, "main", before.values, loaded.lists)] == [
        "Way to pay Card: Card clearing is inactive in QuickBooks."
    ]
    assert qbo_mapping.read(corner.store, "main") == before, "nothing refused was kept"


def test_two_who_change_it_at_once_lose_nothing(corner: Shop) -> None:
    mark = qbo_change.mark_of(qbo_mapping.read(corner.store, "main"))
    qbo_change.save(corner.store, "main", mark, {"customers": {"Bo": "59"}}, "boss")
    with pytest.raises(Conflict, match="meanwhile"):
        qbo_change.save(corner.store, "main", mark, {"walk_in": ""}, "other")
    kept = qbo_mapping.read(corner.store, "main").values
    assert (kept["customers"]["Bo"], kept["customers"]["Ana Lopez"], kept["walk_in"]) == ("59", "59", "58")


def test_what_is_not_mapped_is_named_with_its_receipts_and_goes_when_it_is(corner: Shop) -> None:
    corner.sell(code="SOAP", line=SOAP)
    corner.sell(code="SOAP", way="Voucher", line=SOAP)
    corner.sell()
    corner.next_day()
    assert corner.round().booked == 1
    tables = qbo_items.tables_of(corner.store, "main")
    waiting = qbo_missing.waiting(corner.store, "quickbooks", tables)
    assert [(one.part, one.name, one.receipts) for one in waiting] == [("items", "SOAP", 2), ("tenders", "Voucher", 1)]
    made = save(
        corner, tenders={"Voucher": {"code": "VO", "method": "4", "account": shops.CARDS}}, items={"SOAP": "13"}
    )
    assert made.released == 2
    remapped(corner)
    corner.passes(seconds=90)
    assert corner.round().booked == 2
    assert qbo_missing.waiting(corner.store, "quickbooks", qbo_items.tables_of(corner.store, "main")) == []


def proposed(shop: Shop) -> dict[str, qbo_items.Proposal]:
    tables, lists = qbo_items.tables_of(shop.store, "main"), qbo_lists.needed(shop.store, "main").lists
    waiting = qbo_missing.waiting(shop.store, "quickbooks", tables)
    return {one.code: one for one in qbo_items.proposals(shop.store, "main", tables, lists, waiting)}


def approve(shop: Shop, *codes: str, renamed: bool = False) -> None:
    found = proposed(shop)
    qbo_items.approve(shop.store, "main", [found[code] for code in codes], "boss", renamed=renamed)


def there(shop: Shop, name: str) -> list[dict[str, Any]]:
    return [one.body for one in shop.site.gb.live("Item") if one.body["Name"] == name]


def test_an_approved_item_is_there_once_also_when_the_answer_was_lost(
    corner: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    corner.sell(code="SOAP", line=SOAP)
    corner.next_day()
    corner.round()
    with pytest.raises(Invalid, match="no accounts are chosen"):
        approve(corner, "SOAP")
    save(corner, categories={"": CATEGORY})
    assert proposed(corner)["SOAP"].waiting == 1, "how items are created releases nothing"
    approve(corner, "SOAP")
    made = corner.client.create

    def lost(*call: Any) -> None:
        made(*call)
        raise Unknown("The answer was lost.")

    monkeypatch.setattr(corner.client, "create", lost)
    assert qbo_items.create(corner.store, corner.config, "main", 5, corner.client) == 0
    assert qbo_items.create(corner.store, corner.config, "main", 5, corner.client) == 0, "not before it is settled"
    corner.passes(minutes=5)
    assert qbo_items.create(corner.store, corner.config, "main", 5, corner.client) == 1
    name = rows.listed(corner.store, "quickbooks", shops.GB)["SOAP"].name
    assert [one["Sku"] for one in there(corner, name)] == ["SOAP"]
    assert qbo_mapping.read(corner.store, "main").values["items"]["SOAP"] == there(corner, name)[0]["Id"]
    remapped(corner)
    corner.passes(seconds=90)
    assert corner.round().booked == 1


def test_a_name_that_is_taken_there_is_a_person_s_choice(corner: Shop) -> None:
    save(corner, categories={"": CATEGORY})
    catalog.put_items(corner.store, [{"code": "BRD", "name": "Bread", "item_group": "Food"}], "test")
    assert proposed(corner)["BRD"].alike is not None
    approve(corner, "BRD")
    assert qbo_items.create(corner.store, corner.config, "main", 5, corner.client) == 0
    tried = proposed(corner)["BRD"].made
    assert tried is not None
    assert (tried.state, tried.code, tried.other_id) == ("refused", "name_taken", "13")
    approve(corner, "BRD", renamed=True)
    assert qbo_items.create(corner.store, corner.config, "main", 5, corner.client) == 1
    assert [one["Sku"] for one in there(corner, "Bread (BRD)")] == ["BRD"]
    assert len(there(corner, "Bread")) == 1
    assert "BRD" not in proposed(corner)


def test_a_sale_before_the_start_of_stock_is_put_aside_only_by_a_person(corner: Shop) -> None:
    save(corner, items={"PUMP": "11"})
    corner.site.gb.find("Item", "11").body["InvStartDate"] = "2026-12-01"  # type: ignore[union-attr]
    remapped(corner)
    corner.sell(code="PUMP", line=SOAP)
    corner.next_day()
    assert corner.round().booked == 0
    assert [row.code for row in Outbox.select().where(Outbox.part == "book")] == ["before_stock"]
    assert qbo_starts.blocked(corner.store, "main").unexplained, "the lists are older than the change"
    qbo_lists.reload(corner.store, corner.config, "main", "boss", corner.client)
    found = qbo_starts.blocked(corner.store, "main")
    assert [(one.item, one.there.starts, one.documents[0].number) for one in found.blockers] == [
        ("PUMP", "2026-12-01", "TK-261120-LON-CA")
    ]
    with pytest.raises(Conflict, match="Choose the item"):
        qbo_starts.put_aside(corner.store, "main", "PUMP", "boss")
    save(corner, quarantine="20")
    assert qbo_starts.put_aside(corner.store, "main", "PUMP", "boss") == 1
    remapped(corner)
    corner.passes(seconds=90)
    assert corner.round().booked == 1
    line = corner.there("SalesReceipt")[0]["Line"][0]
    assert line["SalesItemLineDetail"]["ItemRef"]["value"] == "20"
    assert "before its start of stock" in line["Description"]


def test_another_company_is_asked_for_its_mapping_anew(corner: Shop) -> None:
    """The pitfall: ids of one company mean other things in another."""
    corner.sell()
    corner.next_day()
    assert corner.round().booked == 1
    Outbox.update(state="unknown").where(Outbox.part == "book").execute()  # say, its answer was lost
    corner.sell()
    corner.passes(days=1)
    qbo_sync.ask(corner.store, corner.config, "main", "pull", ["customers"], "boss", ["59"])
    connected(corner.store, corner.site, shops.US)
    assert qbo_mapping.read(corner.store, "main").values == MAPPING, "nothing is forgotten before a person decides"
    qbo_connect.decide(corner.store, corner.config, "main", True, "boss")
    kept = qbo_mapping.read(corner.store, "main").values
    assert qbo_mapping.check(kept) != []
    assert kept["tenders"]["Cash"] == {"code": "CA", "method": "", "account": ""}, "our own words stay"
    assert (kept["items"], kept["taxes"], kept["walk_in"], kept["customers"]) == ({}, {}, "", {})
    assert qbo_lists.cached(corner.store, "main") is None
    assert [job.code for job in sync_jobs.listed(corner.store, "main")] == ["other_company"]
    remapped(corner)
    assert corner.round().booked == 0
    assert corner.states("sale")[-1] == "queued"
    assert [(row.state, row.code) for row in corner.rows()] == [("rejected", "other_company")]
    assert [row.sent for row in Bundle.select()] == [""], "what was made of the old ids is never sent to the new one"
