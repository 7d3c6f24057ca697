"""The client against the emulator: checks, lookups, drafts, lost answers, feeds, and setup."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos.connectors.base import Context
from pos.connectors.erpnext.client import Erpnext
from pos.errors import Rejected, SignInNeeded, Unavailable, Unknown
from pos.store import connections
from tests.contract import baskets
from tests.contract.emulators.erpnext import Emulator
from tests.contract.sites import basket_site, learned, till_config
from tests.contract.tills import SETTLE_SECONDS, Till, till


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Till]:
    with till(tmp_path, read_seconds=10.0, slow_seconds=0.8) as made:
        yield made


@pytest.fixture
def site() -> Iterator[Emulator]:
    with Emulator(basket_site()) as made:
        yield made


def connector(tmp_path: Path, emulator: Emulator, **more: str) -> Erpnext:
    config = till_config(tmp_path, emulator.url, **more)
    return Erpnext(config, learned(config))


class InTurn:
    """These faults for the coming requests, in their order; none after them."""

    def __init__(self, *kinds: str) -> None:
        self.kinds = list(kinds)

    def draw(self, writes: bool) -> str:
        return self.kinds.pop(0) if self.kinds else ""


# -- before anything is sent --


def test_check_names_version_and_company(tmp_path: Path, site: Emulator) -> None:
    assert connector(tmp_path, site).check() == "ERPNext 15.71.1, Test Shop Ltd"


def test_without_the_field_nothing_is_sent(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site)
    site.site.custom_fields.pop(("Sales Invoice", "pos_receipt_id"))
    with pytest.raises(Rejected) as caught:
        there.check()
    assert caught.value.code == "field_missing"
    assert "erpnext setup" in caught.value.remedy


def test_a_missing_field_pauses_the_connection_and_the_queue_goes_when_it_is_back(shop: Till) -> None:
    field = shop.emulator.site.custom_fields.pop(("Sales Invoice", "pos_receipt_id"))
    (sold,) = shop.sell()
    shop.round()
    assert shop.invoices() == []
    assert connections.line(shop.store, "erpnext").paused_reason
    shop.emulator.site.custom_fields["Sales Invoice", "pos_receipt_id"] = field
    shop.later(120)
    shop.round()
    assert shop.row(sold).state == "booked"


def test_a_field_that_vanishes_between_check_and_post_leaves_a_draft_at_most(shop: Till) -> None:
    shop.sell()
    shop.round()
    shop.emulator.site.custom_fields.pop(("Sales Invoice", "pos_receipt_id"))
    (sold,) = shop.sell()
    shop.round()
    assert shop.row(sold).state == "rejected"
    assert [d["docstatus"] for d in shop.emulator.site.docs["Sales Invoice"].values()] == [1, 0]


def test_a_site_that_was_never_set_up_is_refused_with_the_remedy(tmp_path: Path, site: Emulator) -> None:
    with pytest.raises(Rejected) as caught:
        Erpnext(till_config(tmp_path, site.url), {}).check()
    assert caught.value.code == "setup_needed"


def test_another_rounding_than_the_tills_is_refused(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site, TILLKEEP_PRICING_ROUNDING="bankers")
    config = till_config(tmp_path, site.url, TILLKEEP_PRICING_ROUNDING="commercial")
    with pytest.raises(Rejected, match="pennies would differ"):
        Erpnext(config, there.facts.as_json()).check()


def test_a_wrong_key_asks_for_a_new_one(tmp_path: Path, site: Emulator) -> None:
    there = Erpnext(till_config(tmp_path, site.url, ERPNEXT_API_SECRET="wrong"), {})
    for ask in (there.check, there.ping):
        with pytest.raises(SignInNeeded):
            ask()


def test_ping_is_unavailable_whatever_answers_there(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site)
    there.ping()
    for kind in ("html_500", "rate_limit", "maintenance", "reset_after", "garbage", "redirect"):
        site.faults.next(kind, hits="all")
        with pytest.raises(Unavailable):
            there.ping()
    site.site.host = "erp.example.com"
    with pytest.raises(Unavailable):
        there.ping()


# -- posting --


def one(shop: Till) -> dict[str, Any]:
    doc = None
    while doc is None:
        doc = baskets.random_sale(shop.chance, shop.world)
    return baskets.numbered(shop.world, doc)


def test_the_payment_is_booked_and_not_lost(shop: Till) -> None:
    doc = one(shop)
    there = shop.world.connector
    posted = there.post(doc, "sale", doc["id"], Context())
    stored = there.fetch(posted.remote_id)
    assert stored.state == "submitted"
    assert there.compare(doc, "sale", stored) == ""


def test_a_one_step_post_would_have_lost_it(shop: Till) -> None:
    """The control of the test above: this is what the emulator, like ERPNext, does without a word."""
    doc = one(shop)
    there = shop.world.connector
    from pos.connectors.erpnext import compare, mapping

    body = mapping.invoice(doc, "sale", doc["id"], Context(), there.facts, shop.world.config)
    made = compare.posted(there._send("POST", "/api/resource/Sales%20Invoice", body | {"docstatus": 1}))
    assert "paid is 0.00" in there.compare(doc, "sale", there.fetch(made.remote_id)) or not body.get("payments")


def test_find_answers_the_whole_document_or_none(shop: Till) -> None:
    doc = one(shop)
    there = shop.world.connector
    assert there.find(doc["id"]) is None
    there.post(doc, "sale", doc["id"], Context())
    found = there.find(doc["id"])
    assert found is not None
    assert there.compare(doc, "sale", found) == ""
    assert len(found.rows) >= len(doc["items"])


def test_the_same_key_twice_is_one_document(shop: Till) -> None:
    doc = one(shop)
    there = shop.world.connector
    there.post(doc, "sale", doc["id"], Context())
    with pytest.raises(Unknown) as caught:
        there.post(doc, "sale", doc["id"], Context())
    assert caught.value.code == "already_there"
    assert len(shop.invoices(doc["id"])) == 1


def test_a_draft_whose_figures_are_not_the_receipts_is_not_submitted(shop: Till) -> None:
    (sold,) = shop.sell()
    for item in shop.emulator.site.docs["Item"].values():
        item["taxes"] = []
    for template in shop.emulator.site.docs["Item Tax Template"].values():
        template["taxes"][0]["tax_rate"] = 17.5
    shop.emulator.site.docs["Item Tax Template"]["Zero - TS"]["taxes"][0]["tax_rate"] = 12.5
    sold = [*[sold], *shop.sell(12)]
    shop.round()
    rejected = [i for i in sold if shop.row(i).state == "rejected"]
    assert rejected, "some of these sold goods at a rate that has changed there"
    for document in rejected:
        assert shop.row(document).code == "figures_differ"
        assert [d["docstatus"] for d in shop.invoices(document)] == [0]
    assert {shop.row(i).state for i in sold} <= {"booked", "rejected"}


def test_a_receipt_that_cannot_be_mapped_waits_for_a_person_and_the_next_one_goes(shop: Till) -> None:
    doc = one(shop)
    doc["items"][0] |= {"qty": Decimal(0)}
    with pytest.raises(Rejected) as caught:
        shop.world.connector.post(doc, "sale", doc["id"], Context())
    assert caught.value.code == "not_mappable"
    assert shop.invoices() == []


# -- lost answers: what the client saw, and what was there in truth --


@pytest.mark.parametrize(
    ("fault", "there_after"),
    [
        ("slow_before", True),  # a client time-out: the document appears later
        ("reset_after", True),
        ("closed_after", True),
        ("half_answer", True),
        ("garbage", True),
        ("html_502_after", True),
        ("reset_before", False),
        ("html_504", False),
    ],
)
def test_lost_answers_are_settled_by_asking(shop: Till, fault: str, there_after: bool) -> None:
    shop.sell()
    shop.round()
    (sold,) = shop.sell()
    shop.emulator.faults.next(fault)
    patience = shop.world.connector._http
    patience._read_seconds = 0.4 if fault == "slow_before" else 10.0
    shop.round()
    patience._read_seconds = 10.0
    shop.emulator.wait_idle()
    assert bool(shop.invoices(sold)) == there_after
    assert shop.row(sold).state == "unknown"
    posts = sum(m == "POST" for m, _ in shop.emulator.requests)
    shop.later(SETTLE_SECONDS + 1)
    shop.round()
    shop.later(1)
    shop.round()
    assert shop.row(sold).state == "booked"
    assert [d["docstatus"] for d in shop.invoices(sold)] == [1]
    again = sum(m == "POST" for m, _ in shop.emulator.requests) - posts
    assert again == (0 if there_after else 1)


def test_a_submission_whose_answer_is_lost_is_found_submitted(shop: Till) -> None:
    shop.sell()
    shop.round()
    (sold,) = shop.sell()
    shop.emulator.faults = InTurn("", "reset_after")  # type: ignore[assignment]
    shop.round()
    assert shop.row(sold).state == "booked", "it is proof at once that it is there and submitted"
    assert len(shop.invoices(sold)) == 1


def test_a_document_cancelled_in_the_back_office_is_not_posted_again(shop: Till) -> None:
    (sold,) = shop.sell()
    shop.emulator.faults.next("reset_after")
    shop.round()
    (there,) = shop.invoices(sold)
    there["docstatus"] = 2
    for _ in range(3):
        shop.later(SETTLE_SECONDS)
        shop.round()
    assert (shop.row(sold).state, shop.row(sold).code) == ("rejected", "cancelled")
    assert len(shop.invoices(sold)) == 1


# -- customers --


def test_a_customer_made_at_the_till_is_created_once(tmp_path: Path, site: Emulator) -> None:
    there = connector(tmp_path, site)
    first = there.ensure_customer("till-c-1", "Jane Till", phone="07700 900000")
    assert there.ensure_customer("till-c-1", "Jane Till") == first
    other = there.ensure_customer("till-c-2", "Jane Till")
    assert (first, other) == ("Jane Till", "Jane Till - 1")
    site.faults = InTurn("", "reset_after", "html_500")  # type: ignore[assignment]
    with pytest.raises(Unknown):  # the answer is lost, and so is the question after it
        there.ensure_customer("till-c-3", "Max")
    assert there.ensure_customer("till-c-3", "Max") == "Max"
    assert sum(c["customer_name"].startswith("Max") for c in site.site.docs["Customer"].values()) == 1
