"""What QuickBooks Desktop is handed: valid for both sets of schemas, or refused in words. Nothing is cut in silence."""

from __future__ import annotations

import functools
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pos.connectors.qbd import checks, markup, questions, requests
from pos.errors import Invalid
from tests.conftest import SHARED

GUID = "{0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b}"
SCHEMAS = {
    "13.0": SHARED / "contracts" / "qbwc" / "qbxml13" / "qbxmlops130.xsd",
    "16.0": SHARED / "contracts" / "qbwc" / "qbxml16" / "qbxmlops160.xsd",
}
NEEDS_SHARED = pytest.mark.skipif(
    not SCHEMAS["13.0"].is_file(), reason="the schemas of qbXML do not lie beside this repository"
)
HEAD: dict[str, Any] = {"date": "2026-11-22", "ref": "TKABC12345X", "memo": "moved", "tail": "[e1]", "guid": GUID}
LINE = {"item": "Parent:Child", "quantity": "1.5"}
TRANSFER: dict[str, Any] = {**HEAD, "from": {"name": "Front"}, "to": {"id": "80000001-1"}, "lines": [LINE, LINE]}
ADJUSTMENT: dict[str, Any] = {
    **HEAD, "account": "Inventory Adjustments", "site": "Front", "customer": "Job:One", "class": "North",
    "lines": [{"item": {"id": "80000002-1"}, "difference": "-2"}, {"item": "A", "new": "0"}],
}  # fmt: skip
SALE_LINES = [
    {"item": "Sales", "text": "Goods", "amount": "12.30", "tax_code": "Tax", "class": "North"},
    {"item": "Tea", "quantity": "3", "rate": "1.12345", "site": "Front", "tax_code": "Non"},
]
SALE: dict[str, Any] = {
    **HEAD, "customer": "Walk-in", "class": "North", "payment": "Cash", "check": "12", "tax_item": "VAT",
    "tax_included": False, "tax_code": "Tax", "deposit": "Undeposited Funds", "lines": SALE_LINES,
}  # fmt: skip
REFUND: dict[str, Any] = {
    **HEAD, "customer": "Walk-in", "class": "North", "receivable": "Accounts Receivable", "tax_item": "VAT",
    "tax_included": True, "tax_code": "Tax", "lines": SALE_LINES,
}  # fmt: skip
PAYOUT: dict[str, Any] = {
    **HEAD, "method": "card", "customer": "Walk-in", "account": "Bank", "receivable": "Accounts Receivable",
    "payment": "Visa", "credit": "1A2-1", "amount": "12.30",
}  # fmt: skip
ITEM: dict[str, Any] = {
    "name": "Tea", "parent": "Hot", "class": "North", "mpn": "M-1", "tax_code": "Tax", "text": "Tea, hot",
    "price": "2.50", "income": "Sales", "bought_text": "Tea", "cost": "1", "cogs": "Cost of Goods Sold",
    "vendor": "Maker", "asset": "Inventory Asset", "reorder": "5", "guid": GUID,
}  # fmt: skip
ACCOUNT = {"name": "Shrinkage", "parent": "Expenses", "type": "Expense", "number": "6100", "text": "what is gone"}
POSTS: list[tuple[str, dict[str, Any]]] = [
    ("transfer", TRANSFER), ("adjustment", ADJUSTMENT), ("sale", SALE), ("refund", REFUND), ("invoice", REFUND),
    ("payout", PAYOUT),
    ("payout", {**PAYOUT, "method": "check"}), ("item_add", ITEM), ("account_add", ACCOUNT),
    ("adjustment", {**HEAD, "account": {"id": "8-1"}, "lines": [{"item": "A", "difference": "1"}], "memo": ""}),
    ("sale", {**HEAD, "lines": [{"item": "Sales", "amount": "-0.01"}]}),
]  # fmt: skip
ASKS: list[tuple[str, dict[str, Any]]] = [
    ("ask_items", {"page": 200}), ("ask_items", {"page": 1, "since": "2026-11-22T08:00:00", "all": False}),
    ("ask_items", {"page": 200, "iterator": "Continue", "iterator_id": GUID}), ("ask_levels", {"page": 500}),
    ("ask_levels", {"page": 5, "iterator": "Stop", "iterator_id": GUID}), ("ask_sites", {}), ("ask_accounts", {}),
    ("ask_payments", {}), ("ask_tax_codes", {}), ("ask_classes", {"since": "2026-11-22T08:00:00+01:00"}),
    ("ask_company", {"owner": GUID}), ("ask_host", {}), ("ask_preferences", {}),
    ("ask_transfer", {"refs": ["A", "B"]}), ("ask_adjustment", {"ids": ["1A-1"]}), ("ask_sale", {"refs": ["A"]}),
    ("ask_refund", {"refs": ["A"]}), ("ask_invoice", {"refs": ["A"]}), ("ask_payout", {"refs": ["A"]}),
    ("ask_payout", {"refs": ["A"], "method": "check"}),
    ("ask_transfer", {"from": "2026-11-22T08:00:00", "to": "2026-11-22T09:00:00"}),
    ("ask_adjustment", {"from": "2026-11-22T08:00:00", "page": 5}), ("ask_sale", {"from": "2026-11-22T08:00:00"}),
]  # fmt: skip


@functools.cache
def schema(version: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMAS[version])))


def made(kind: str, payload: dict[str, Any], version: str = "13.0") -> bytes:
    set_id = "" if kind.startswith("ask_") else "a1B2c3D4e5F6g7H8i9J0k1L"
    return requests.build(kind, payload, request_id="r1", version=version, set_id=set_id).body


def parsed(body: bytes) -> etree._Element:
    return etree.fromstring(body)


def texts(body: bytes, name: str) -> list[str]:
    return [node.text or "" for node in parsed(body).iter(name)]


@pytest.mark.shared
@NEEDS_SHARED
@pytest.mark.parametrize("version", SCHEMAS)
def test_everything_built_is_valid_for_both_sets_of_schemas(version: str) -> None:
    for kind, payload in (*POSTS, *ASKS):
        root = parsed(made(kind, payload, version))
        assert schema(version).validate(root), (kind, schema(version).error_log)


def test_a_document_is_ascii_begins_with_its_head_and_has_its_set_id() -> None:
    body = made("transfer", {**TRANSFER, "from": {"name": "Café & <Bar>"}})
    head = (
        b'<?xml version="1.0" encoding="utf-8"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError" new'
    )
    assert body.startswith(head) and body.isascii() and b"Caf&#233; &amp; &lt;Bar&gt;" in body
    assert texts(body, "FullName")[0] == "Café & <Bar>"
    assert body == made("transfer", {**TRANSFER, "from": {"name": "Café & <Bar>"}})  # the same facts, the same bytes


def test_the_order_that_is_mixed_up_most_often() -> None:
    names = [node.tag for node in parsed(made("adjustment", ADJUSTMENT)).iterfind(".//InventoryAdjustmentAdd/*")]
    assert names[:8] == ["AccountRef", "TxnDate", "RefNumber", "InventorySiteRef", "CustomerRef", "ClassRef", "Memo",
                         "ExternalGUID"]  # fmt: skip
    names = [node.tag for node in parsed(made("transfer", TRANSFER)).iterfind(".//TransferInventoryAdd/*")]
    assert names[:6] == ["TxnDate", "RefNumber", "FromInventorySiteRef", "ToInventorySiteRef", "Memo", "ExternalGUID"]


def test_an_item_is_proposed_without_a_quantity() -> None:
    body = made("item_add", {**ITEM, "quantity": "5", "on_hand": "5"})
    assert not texts(body, "QuantityOnHand") and not texts(body, "TotalValue")


#: What schemas let pass and QuickBooks does not: kind, what is changed, the field that is named.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("transfer", {"lines": []}, "lines"),
    ("transfer", {"to": "FRONT"}, "to"),
    ("transfer", {"to": {}}, "to"),
    ("transfer", {"from": {"name": "x" * 32}}, "from"),
    ("transfer", {"lines": [{"item": "A", "quantity": "0"}]}, "lines[0].quantity"),
    ("transfer", {"lines": [LINE, {"item": "A", "quantity": ""}]}, "lines[1].quantity"),
    ("transfer", {"lines": [{"item": "A", "quantity": "NaN"}]}, "lines[0].quantity"),
    ("transfer", {"lines": [{"item": "A", "quantity": "1e5"}]}, "lines[0].quantity"),
    ("transfer", {"lines": [{"item": "A", "quantity": ".5"}]}, "lines[0].quantity"),
    ("transfer", {"lines": [{"item": "A", "quantity": "0.123456"}]}, "lines[0].quantity"),
    ("transfer", {"lines": [{"item": "A", "quantity": "1,5"}]}, "lines[0].quantity"),
    ("transfer", {"lines": [{"item": "", "quantity": "1"}]}, "lines[0].item"),
    ("transfer", {"ref": "TKABC1234567"}, "ref"),
    ("transfer", {"ref": ""}, "ref"),
    ("transfer", {"date": "11/22/2026"}, "date"),
    ("transfer", {"date": "2026-02-30"}, "date"),
    ("transfer", {"date": "2026-11-22Z"}, "date"),
    ("transfer", {"guid": GUID.strip("{}")}, "guid"),
    ("adjustment", {"account": ""}, "account"),
    ("adjustment", {"account": "“Typographic”"}, "account"),
    ("adjustment", {"site": "Front\x00"}, "site"),
    ("adjustment", {"lines": [{"item": "A"}]}, "lines[0]"),
    ("adjustment", {"lines": [{"item": "A", "difference": "1", "new": "1"}]}, "lines[0]"),
    ("adjustment", {"lines": [{"item": "A", "difference": "0.00000"}]}, "lines[0].difference"),
    ("adjustment", {"lines": [{"item": "A", "new": "-1"}]}, "lines[0].new"),
    ("adjustment", {"lines": [{"item": "Tea\n", "new": "1"}]}, "lines[0].item"),
    ("sale", {"lines": [{"item": "A", "amount": "1.234"}]}, "lines[0].amount"),
    ("sale", {"lines": [{"item": "A", "amount": "1", "rate": "1"}]}, "lines[0]"),
    ("sale", {"payment": "x" * 32}, "payment"),
    ("sale", {"tax_included": "no"}, "tax_included"),
    ("refund", {"customer": ""}, "customer"),
    ("payout", {"amount": "-1.00"}, "amount"),
    ("payout", {"credit": ""}, "credit"),
    ("payout", {"method": "barter"}, "method"),
    ("item_add", {"name": "Hot:Tea"}, "name"),
    ("item_add", {"name": "x" * 32}, "name"),
    ("item_add", {"asset": ""}, "asset"),
    ("item_add", {"price": "-1"}, "price"),
    ("account_add", {"type": "Anything"}, "type"),
    ("account_add", {"name": " Shrinkage"}, "name"),
    ("ask_items", {"page": 0}, "page"),
    ("ask_items", {"iterator": "Continue"}, "iterator"),
    ("ask_transfer", {"refs": []}, "refs"),
    ("ask_company", {"owner": "me"}, "owner"),
]


@pytest.mark.parametrize(("kind", "change", "field"), REFUSED)
def test_what_the_schemas_let_pass_is_refused_and_named(kind: str, change: dict[str, Any], field: str) -> None:
    base = next(payload for name, payload in (*POSTS, *ASKS) if name == kind)
    with pytest.raises(Invalid) as caught:
        requests.request_of(kind, {**base, **change})
    assert caught.value.field == field and caught.value.message
    assert requests.check(kind, {**base, **change}) == [caught.value.message]


def test_one_posting_in_a_set_and_never_a_number_cleared_alone() -> None:
    post, ask = requests.request_of("transfer", TRANSFER), questions.question("ask_sites", {})
    for given_, kept in (
        ({"requests": [("1", post)]}, "set_id"), ({"requests": [("1", ask)], "set_id": "A"}, "set_id"),
        ({"requests": [("1", post), ("2", ask)], "set_id": "A"}, "requests"), ({"requests": []}, "requests"),
        ({"requests": [("1", post)], "set_id": "A", "old_set": "A"}, "old_set"),
        ({"requests": [("1", ask)], "old_set": "A"}, "old_set"),
        ({"requests": [("1", post)], "set_id": "A" * 24}, "set_id"),
        ({"requests": [("1", post)], "set_id": "0190a1b2-c3d4"}, "set_id"),
        ({"requests": [("1", post)], "set_id": "A", "old_set": "ClearAllMessageSets"}, "set_id"),
        ({"requests": [("1", ask)], "on_error": "rollbackOnError"}, "on_error"),
        ({"requests": [("x" * 51, ask)]}, "request_id"), ({"requests": [("1", ask), ("1", ask)]}, "request_id"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as caught:
            markup.message_set(given_.pop("requests"), "13.0", **given_)  # type: ignore[arg-type]
        assert (caught.value.field or "").startswith(kept) or "old_set" in str(caught.value.field), given_
    body = markup.message_set([("1", ask), ("2", questions.question("ask_accounts", {}))], "13.0")
    assert b"MessageSetID" not in body
    assert b'newMessageSetID="B" oldMessageSetID="A"' in markup.message_set(
        [("1", post)], "13.0", set_id="B", old_set="A"
    )


def test_a_version_both_speak() -> None:
    assert markup.best_version(["1.1", "12.0", "13.0", "16.0", "17.0"]) == "16.0"
    assert markup.best_version(["13.0", "16.0"], "13.0") == "13.0"
    assert markup.best_version(["CA3.0", "8.0"]) == ""
    assert markup.upto("14") == "14.0" and markup.upto("17", "0", "13.0") == "13.0" and markup.upto("6", "0") == ""


def test_a_memo_is_written_for_them_and_says_so() -> None:
    text, notes = checks.memo("“Crème brûlée” — 5 € Łódź\x07\n中", tail="[id]")
    assert text == '"Crème brûlée" - 5 EUR Lódz ? [id]'
    assert len(notes) == 2 and "€" in notes[0] and "中" in notes[0]
    text, notes = checks.memo("x" * 5000, tail="[id]")
    assert len(text) == 4095 and text.endswith("x... [id]") and "913" in notes[0]
    assert checks.memo("plain") == ("plain", [])


# -- whatever people type ----------------------------------------------------------------------------------------------

WORDS = st.text(max_size=40)
NUMBERS = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True).map(str), st.text(max_size=12),
    st.decimals(min_value=-(10**11), max_value=10**11, places=6).map(str),
    st.integers(-(10**12), 10**12).map(str),
)  # fmt: skip


def known(version: str, body: bytes) -> None:
    if SCHEMAS[version].is_file():
        assert schema(version).validate(parsed(body)), schema(version).error_log


@settings(max_examples=120, deadline=None)
@given(site=WORDS, item=WORDS, memo=st.text(max_size=300), quantity=NUMBERS)
def test_a_transfer_is_valid_and_says_the_same_or_is_refused(site: str, item: str, memo: str, quantity: str) -> None:
    payload = {**TRANSFER, "from": {"name": site}, "memo": memo, "lines": [{"item": item, "quantity": quantity}]}
    try:
        body = made("transfer", payload)
    except Invalid as error:
        assert error.message and error.field
        plain = re.fullmatch(r"[+-]?[0-9]{1,10}(\.[0-9]{1,5})?", quantity)
        assert _refusable(site, 31) or _refusable(item, 159) or not plain or Decimal(quantity) <= 0
        return
    assert body.isascii()
    known("13.0", body)
    assert texts(body, "FullName") == [site, item]
    assert Decimal(texts(body, "QuantityToTransfer")[0]) == Decimal(quantity)
    assert texts(body, "Memo")[0].endswith("[e1]") and max(map(ord, texts(body, "Memo")[0])) < 256


def _refusable(name: str, most: int) -> bool:
    control = any(ord(one) < 32 or 127 <= ord(one) < 160 or ord(one) > 255 for one in name)
    return not name or control or len(name) > most or name != name.strip()


@settings(max_examples=120, deadline=None)
@given(item=WORDS, amount=NUMBERS, text=st.text(max_size=100))
def test_a_sale_is_valid_and_says_the_same_or_is_refused(item: str, amount: str, text: str) -> None:
    payload = {**SALE, "lines": [{"item": item, "text": text, "amount": amount}]}
    try:
        body = made("sale", payload, "16.0")
    except Invalid as error:
        assert error.message and error.field
        return
    known("16.0", body)
    found = texts(body, "Amount")[0]
    assert re.fullmatch(r"-?[0-9]{1,13}\.[0-9]{2}", found) and Decimal(found) == Decimal(amount)


@given(units=st.integers(-(10**12), 10**12))
def test_money_keeps_its_minor_units(units: int) -> None:
    assert Decimal(checks.money(units, "GBP", "total")).scaleb(2) == units


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_a_currency_without_two_decimals_is_refused(currency: str) -> None:
    with pytest.raises(Invalid, match=currency):
        checks.money(1, currency, "total")
