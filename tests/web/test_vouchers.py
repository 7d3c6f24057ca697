"""Gift vouchers over HTTP: looked at, checked, made and corrected by hand, sold, used, scanned; the ledger's page."""

from __future__ import annotations

from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.store import catalog
from tests.web.conftest import PINS, Page


@pytest.fixture
def gifts(till: App) -> App:
    catalog.put_items(
        till.store,
        [{"code": "GIFT-VOUCHER", "name": "Gift voucher", "item_group": "Home", "open_price": True, "stocked": False}],
        "test",
    )
    catalog.put_modes(
        till.store,
        [{"name": n, "kind": k, "position": i} for i, (n, k) in enumerate((("Cash", "cash"), ("Voucher", "voucher")))],
        "test",
    )
    return till


def by_hand(page: Page, amount: str = "25.00", **more: Any) -> Any:
    return page.post("/api/vouchers/issue", {"id": clock.uuid7(), "amount": amount, "reason": "Goodwill", **more})


def test_sold_scanned_checked_and_used_over_http(gifts: App, anna: Page) -> None:
    line = {"line": "v", "item_code": "GIFT-VOUCHER", "qty": "1", "price": "25.00", "price_source": "typed"}
    sale = {
        "id": clock.uuid7(), "customer": "", "total": "25.00", "lines": [{**line, "voucher": {"code": ""}}],
        "payments": [{"mode_of_payment": "Cash", "amount": "25.00"}],
    }  # fmt: skip
    made = anna.post("/api/create-sale", sale)
    assert made.status_code == 201, made.json
    code = made.json["receipt"]["document"]["items"][0]["voucher"]["code"]
    assert anna.get(f"/api/lookup-barcode?code={code}").json["voucher"] == code
    told = anna.post("/api/vouchers/check", {"code": code.lower(), "basket": clock.uuid7(), "amount": "30.00"}).json
    assert (told["can_redeem"], told["may_use"], told["allowed"], told["voucher"]["balance_text"]) == (
        True, "25.00", "25.00", "£25.00",
    )  # fmt: skip
    mug = {"line": "a", "item_code": "MUG", "qty": "1"}
    paid = {"mode_of_payment": "Voucher", "amount": "4.99", "reference": code}
    sale = {"id": clock.uuid7(), "customer": "", "total": "4.99", "lines": [mug], "payments": [paid]}
    assert anna.post("/api/create-sale", sale).status_code == 201
    one = anna.get(f"/api/vouchers/{code}").json
    assert [(r["act"], r["amount"], r["balance_text"], r["number"]) for r in one["rows"]] == [
        ("issue", "25.00", "£25.00", "T1-000001"),
        ("redeem", "-4.99", "£20.01", "T1-000002"),
    ]


def test_a_refusal_says_what_may_be_used(gifts: App, anna: Page, admin: Page) -> None:
    code = by_hand(admin, "3.00").json["document"]["voucher"]
    paid = {"mode_of_payment": "Voucher", "amount": "4.99", "reference": code}
    mug = {"line": "a", "item_code": "MUG", "qty": "1"}
    sale = {"id": clock.uuid7(), "customer": "", "total": "4.99", "lines": [mug], "payments": [paid]}
    for address in ("/api/pay-check", "/api/create-sale"):
        refused = anna.post(address, sale)
        assert (refused.status_code, refused.json["code"], refused.json["may_use"], refused.json["field"]) == (
            422, "voucher_short", "3.00", "payments.0.amount",
        )  # fmt: skip


def test_what_is_on_a_voucher_is_printed_without_a_sale(gifts: App, anna: Page, admin: Page) -> None:
    code = by_hand(admin, "25.00").json["document"]["voucher"]
    asked = {"template": "balance", "voucher": code.lower()}
    told = anna.post("/api/print", asked)
    assert (told.status_code, told.json["browser"], told.json["job"]["title"]) == (202, True, "Voucher balance")
    paper = anna.get(told.json["page"]).text
    for words in ("£25.00", "is left on your voucher", code, "Valid until", "As of "):
        assert words in paper
    kept = gifts.store.execute("SELECT actor, detail FROM audit WHERE act = 'print' ORDER BY n DESC").fetchone()
    assert kept[0] == told.json["job"]["by"]["code"] and "balance" in kept[1]
    adjusted = {"id": clock.uuid7(), "code": code, "amount": "-25.00", "reason": "Goodwill"}
    assert admin.post("/api/vouchers/adjust", adjusted).status_code == 201
    for wrong, status in ((asked, 422), ({**asked, "voucher": "CARD-9999"}, 404), ({**asked, "voucher": "a b"}, 422)):
        assert anna.post("/api/print", wrong).status_code == status
    assert "£25.00" in anna.get(told.json["page"]).text, "the slip says what was so when it was asked for"


def test_an_unknown_code_is_told_not_guessed(gifts: App, anna: Page) -> None:
    told = anna.post("/api/vouchers/check", {"code": "CARD-9999"}).json
    assert (told["can_redeem"], told["code"], told["voucher"]["state"]) == (False, "voucher_unknown", "unknown")
    assert anna.get("/api/vouchers/CARD-9999").status_code == 404
    assert anna.post("/api/vouchers/check", {"code": "a b"}).json["code"] == "voucher_code"
    assert anna.get("/api/lookup-barcode?code=CARD-9999").status_code == 404


def test_by_hand_by_right_or_with_a_second_person_and_sent_twice(gifts: App, anna: Page, admin: Page) -> None:
    raw = {"id": clock.uuid7(), "amount": "25.00", "reason": "Goodwill", "code": "card-0001"}
    refused = anna.post("/api/vouchers/issue", raw)
    assert (refused.status_code, refused.json["act"], refused.json["bound"]) == (403, "voucher_issue", "25.00")
    told = refused.json
    asked = {"act": told["act"], "subject": told["subject"], "code": "9", "pin": PINS["9"], "bound": told["bound"]}
    agreed = anna.post("/api/approve", asked).json["approval"]
    made = anna.post("/api/vouchers/issue", {**raw, "approvals": [agreed]})
    assert (made.status_code, made.json["document"]["voucher"]) == (201, "CARD-0001")
    again = anna.post("/api/vouchers/issue", {**raw, "approvals": [agreed]})
    assert (again.status_code, again.json["duplicate"]) == (200, True)
    more = {"id": clock.uuid7(), "code": "CARD-0001", "amount": "-26.00", "reason": "x"}
    assert admin.post("/api/vouchers/adjust", more).json["code"] == "voucher_short"
    done = admin.post("/api/vouchers/adjust", {**more, "amount": "-5.00"}).json["document"]
    assert (done["act"], done["balance_text"]) == ("adjust", "£20.00")
    assert by_hand(admin, code="CARD-0001").json["code"] == "voucher_taken"


def test_the_ledger_sums_up_filters_and_has_a_page(gifts: App, anna: Page, admin: Page) -> None:
    codes = [by_hand(admin, amount).json["document"]["voucher"] for amount in ("25.00", "15.00")]
    admin.post("/api/vouchers/adjust", {"id": clock.uuid7(), "code": codes[1], "amount": "-15.00", "reason": "x"})
    found = admin.get("/api/vouchers").json
    sums = found["sums"]
    assert (sums["vouchers"], sums["issued"], sums["adjusted"], sums["outstanding"]) == (2, "40.00", "-15.00", "25.00")
    for query, wanted in (("state=active", codes[:1]), ("state=used", codes[1:]), (f"q={codes[0][-5:]}", codes[:1])):
        found = admin.get(f"/api/vouchers?{query}").json
        assert ([v["code"] for v in found["vouchers"]], found["total"]) == (wanted, 1)
    assert admin.get("/api/vouchers?state=lost").status_code == 422
    page = admin.get("/vouchers")
    assert page.status_code == 200 and codes[0] in page.text
    assert anna.get("/api/vouchers").status_code == 403
