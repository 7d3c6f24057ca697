"""What QuickBooks Desktop is told of an event: parts by account, site and form, or why it cannot be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pos.connectors.qbd import requests
from pos.rules import qbd_split
from pos.rules.qbd_split import Change, Item, Known, Site, Told

KNOWN = Known(
    sites={"SHOP": Site("Shop", "80-1"), "BACK": Site("Back room"), "SAME": Site("BACK ROOM"), "VAN": Site()},
    items={"COLA": Item("Drinks:Cola", "", "Cola changes"), "MUG": Item("MUG", "90-2")},
    reasons={"damage": "Shrinkage", "gift": ""},
    account="Inventory Adjustments",
)


def told(kind: str, *lines: Change, **more: Any) -> Told:
    return Told("0190-e", kind, "2026-11-20", "A memo", lines, **more)


def test_a_transfer_is_one_part_with_the_sites_of_its_places() -> None:
    made = qbd_split.split(told("transfer", Change("COLA", 2500, "BACK", "SHOP"), Change("MUG", 1000, "BACK", "SHOP")),
                           KNOWN)  # fmt: skip
    (part,) = made.parts
    assert (part.kind, part.items) == ("transfer", ("COLA", "MUG"))
    assert part.payload == {
        "date": "2026-11-20", "memo": "A memo", "tail": "0190-e", "from": {"id": "80-1"}, "to": {"name": "Back room"},
        "lines": [
            {"item": {"name": "Drinks:Cola"}, "quantity": "2.5"}, {"item": {"id": "90-2"}, "quantity": "1"},
        ],
    }  # fmt: skip


def test_what_changes_stock_is_a_part_for_each_account_and_site_in_the_order_of_the_lines() -> None:
    made = qbd_split.split(
        told(
            "adjustment", Change("COLA", -1000, "SHOP"), Change("MUG", -2000, "SHOP", reason="damage"),
            Change("MUG", 3000, "BACK"), Change("TEA", 500, "SHOP", account="Own"), Change("TEA", 250, "SHOP"),
        ),
        KNOWN,
    )  # fmt: skip
    found = [(p.payload["account"], p.payload["site"], [one["difference"] for one in p.payload["lines"]])
             for p in made.parts]  # fmt: skip
    assert found == [
        ("Cola changes", {"id": "80-1"}, ["-1"]),
        ("Shrinkage", {"id": "80-1"}, ["-2"]),
        ("Inventory Adjustments", {"name": "Back room"}, ["3"]),
        ("Own", {"id": "80-1"}, ["0.5"]),
        ("Inventory Adjustments", {"id": "80-1"}, ["0.25"]),
    ]
    assert sum(len(part.payload["lines"]) for part in made.parts) == 5  # no line is ever dropped


def test_the_account_is_the_lines_its_reasons_the_events_the_items_the_companys() -> None:
    lines = (
        Change("COLA", 1000, "SHOP", account="Own", reason="damage"), Change("COLA", 1000, "SHOP", reason="damage"),
        Change("COLA", 1000, "SHOP", reason="gift"), Change("COLA", 1000, "SHOP"), Change("TEA", 1000, "SHOP"),
    )  # fmt: skip
    with_reason = qbd_split.split(told("adjustment", *lines, reason="damage"), KNOWN)
    assert [part.payload["account"] for part in with_reason.parts] == ["Own", "Shrinkage", "Cola changes"]
    without = qbd_split.split(told("adjustment", lines[4]), KNOWN)
    assert [part.payload["account"] for part in without.parts] == ["Inventory Adjustments"]


def test_what_is_missing_is_named_and_nothing_of_the_event_is_told() -> None:
    made = qbd_split.split(
        told("adjustment", Change("COLA", 1000, "SHOP"), Change("TEA", 1000, "VAN"), Change("SOAP", 1000, "ATTIC")),
        replace(KNOWN, account=""),
    )
    assert made.parts == ()
    assert made.words == (
        "Place VAN has no QuickBooks site."
        " No account for TEA: name one in the reason, at the item or for the company."
        " Place ATTIC has no QuickBooks site."
        " No account for SOAP: name one in the reason, at the item or for the company."
    )
    many = qbd_split.split(
        told("adjustment", *(Change(f"I{n}", 1, "SHOP") for n in range(9))), Known(sites=KNOWN.sites)
    )
    assert len(many.reasons) == 6 and many.reasons[-1] == "And 4 more."
    moved = qbd_split.split(told("transfer", Change("TEA", 1000, "VAN", "SHOP")), KNOWN)
    assert moved.reasons == ("Place VAN has no QuickBooks site.",)


def test_a_level_is_told_only_where_the_company_asked_for_it_and_only_of_what_was_set() -> None:
    event = told("count", Change("COLA", -2000, "SHOP", set_to=7000), Change("MUG", 0, "SHOP", set_to=5000))
    (part,) = qbd_split.split(event, KNOWN).parts
    assert part.payload["lines"] == [{"item": {"name": "Drinks:Cola"}, "difference": "-2"}]
    as_levels = qbd_split.split(event, replace(KNOWN, levels=True)).parts
    assert [part.payload["lines"][0]["new"] for part in as_levels] == ["7", "5"]
    mixed = told("adjustment", Change("MUG", 0, "SHOP", set_to=5000), Change("TEA", 1000, "SHOP"))
    forms = [set(part.payload["lines"][0]) for part in qbd_split.split(mixed, replace(KNOWN, levels=True)).parts]
    assert forms == [{"item", "new"}, {"item", "difference"}]  # one form a transaction


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (told("opening", Change("COLA", 1000, "SHOP")), "QuickBooks is not told of stock that was there before."),
        (told("count", Change("COLA", 0, "SHOP", set_to=3)),
         "Nothing changed, so there is nothing to tell QuickBooks."),
        (told("transfer", Change("COLA", 1, "SAME", "BACK")),
         "Both places are one site in QuickBooks; nothing moves there."),
    ],
)  # fmt: skip
def test_what_there_is_nothing_to_tell_of_says_so(event: Told, words: str) -> None:
    made = qbd_split.split(event, KNOWN)
    assert (made.parts, made.reasons, made.nothing) == ((), (), words)


def test_a_counter_event_is_told_as_what_it_takes_back() -> None:
    (back,) = qbd_split.split(told("counter", Change("COLA", 1000, "SHOP", "BACK")), KNOWN).parts
    assert (back.kind, back.payload["from"], back.payload["to"]) == ("transfer", {"name": "Back room"}, {"id": "80-1"})
    (change,) = qbd_split.split(told("counter", Change("MUG", 2000, "SHOP")), KNOWN).parts
    assert (change.kind, change.payload["lines"][0]["difference"]) == ("adjustment", "2")


def test_every_part_is_one_the_builder_takes() -> None:
    lines = (Change("COLA", 1, "SHOP"), Change("MUG", -(10**12), "BACK", reason="damage"), Change("TEA", 5, "SHOP"))
    for made in (
        qbd_split.split(told("adjustment", *lines), KNOWN),
        qbd_split.split(told("transfer", Change("TEA", 1, "BACK", "SHOP")), KNOWN),
        qbd_split.split(told("count", Change("TEA", 0, "SHOP", set_to=0)), replace(KNOWN, levels=True)),
    ):
        for part in made.parts:
            named = ("c", "e", part.kind, 1)
            payload = part.payload | {"ref": qbd_split.ref_number(*named), "guid": qbd_split.guid(*named)}
            built = requests.build(part.kind, payload, request_id="r", version="16.0", set_id="a" * 20)
            assert built.writes and b"0190-e" in built.body


def test_a_ref_number_has_11_characters_is_made_of_what_it_is_and_no_slip_of_it_is_one() -> None:
    seen = {qbd_split.ref_number("c", f"e{n}", "sale", part) for n in range(200) for part in (1, 2)}
    assert len(seen) == 400 and all(len(ref) == 11 and ref.isascii() and ref.isalnum() for ref in seen)
    assert qbd_split.ref_number("c", "e7", "sale", 1) in seen
    known = {ref[1:10]: ref[10] for ref in seen}
    for digits, check in sorted(known.items())[:5]:
        slips = [digits[:at] + one + digits[at + 1 :] for at in range(9) for one in "0123456789GZ" if digits[at] != one]
        assert qbd_split._check(digits) == check not in {qbd_split._check(slip) for slip in slips}


def test_the_guid_is_made_of_what_it_is_and_of_nothing_else() -> None:
    one = qbd_split.guid("quickbooks_desktop", "e", "adjustment", 1)
    assert one == qbd_split.guid("quickbooks_desktop", "e", "adjustment", 1)
    assert one[0] + one[-1] == "{}" and len(one) == 38
    others = [("quickbooks_desktop:b", "e", "adjustment", 1), ("quickbooks_desktop", "f", "adjustment", 1),
              ("quickbooks_desktop", "e", "transfer", 1), ("quickbooks_desktop", "e", "adjustment", 2)]  # fmt: skip
    assert len({one, *(qbd_split.guid(*other) for other in others)}) == 5
