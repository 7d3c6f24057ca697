"""The receipt file: exact in both directions, one form, and nothing unclear is read."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.errors import Corrupt
from pos.rules import documents
from tests.receipts import line, sale, stamped


def test_a_receipt_is_read_back_as_it_was_written() -> None:
    doc, body = stamped()
    assert documents.verify(body) == doc
    assert documents.encode(documents.decode(body)) == body


def test_each_top_level_key_and_each_line_of_the_sale_has_a_line_of_its_own() -> None:
    _, body = stamped(sale(line("A"), line("B")))
    text = body.decode().splitlines()
    assert text[0] == "{"
    assert text[1] == '"schema": "tillkeep.receipt/1",'
    assert text[-1] == "}"
    assert text[-2].startswith('"hash": "')
    assert text[-3].startswith('"prev_hash": "')
    assert sum(row.startswith(' {"line":') for row in text) == 2


def test_the_hash_covers_every_byte_before_it() -> None:
    doc, body = stamped()
    head, _, tail = body.rpartition(b'"hash":')
    assert tail == f' "{doc["hash"]}"\n}}\n'.encode()
    assert hashlib.sha256(head).hexdigest() == doc["hash"]


def test_money_has_the_digits_of_its_currency_and_quantities_three() -> None:
    _, pounds = stamped(sale(line(qty=1, price="12.00")))
    assert b'"qty":1.000,' in pounds
    assert b'"total": 12.00,' in pounds
    figures = {"subtotal": Decimal(500), "total": Decimal(500), "tax_total": Decimal(0), "rounding": Decimal(0)}
    yen = documents.encode({"currency": "JPY", **figures})
    assert b'"total": 500\n' in yen
    assert documents.decode(yen)["total"] == Decimal(500)
    assert type(documents.decode(yen)["total"]) is Decimal
    dinar = documents.encode({"currency": "KWD", "total": Decimal("1.5")})
    assert b'"total": 1.500' in dinar


@pytest.mark.parametrize(
    ("value", "written"),
    [("-0.00", "0.00"), ("5", "5.00"), ("5E+1", "50.00"), ("-5.1", "-5.10"), ("5.100", "5.10"), ("0.000", "0.00")],
)
def test_one_amount_has_one_form(value: str, written: str) -> None:
    assert f'"total": {written}\n'.encode() in documents.encode({"currency": "GBP", "total": Decimal(value)})


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (12.5, TypeError),
        (12, TypeError),
        (True, TypeError),
        ("12.50", TypeError),
        (Decimal("1.005"), ValueError),
        (Decimal("NaN"), ValueError),
        (Decimal("Infinity"), ValueError),
        (Decimal("1E+30"), ValueError),
    ],
)
def test_what_is_no_exact_amount_is_never_written(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        documents.encode({"currency": "GBP", "total": value})


def test_a_float_is_refused_at_any_depth_of_a_field_nobody_knows() -> None:
    with pytest.raises(TypeError, match="extra"):
        documents.encode({"currency": "GBP", "extra": {"a": [{"b": 0.1}]}})


def test_text_with_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="character"):
        documents.encode({"currency": "GBP", "note": "\ud800"})


def test_a_key_that_is_not_in_the_contract_keeps_its_place_before_the_chain() -> None:
    doc, body = stamped(sale(further={"b": 1, "a": Decimal("0.50")}))
    assert body.index(b'"further": {"b":1,"a":0.5}') < body.index(b'"prev_hash"')
    assert documents.verify(body) == doc


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"\0\0\0\0", "empty"),
        (b"[1]", "no JSON object"),
        (b'{"a":1', "not whole JSON"),
        (b'{"a":1}x', "not whole JSON"),
        (b'{"a":NaN}', "not whole JSON"),
        (b'{"a":Infinity}', "not whole JSON"),
        (b'{"a":1e999}', "no figure"),
        (b'{"total":' + b"9" * 40 + b"}", "no figure"),
        (b'{"a":"\xff"}', "not whole JSON"),
        (b'{"a":' + b"[" * 200_000, "not whole JSON"),
        (b'{"a":1,"a":2}', "'a' stands twice"),
        (b'{"a":{"b":1,"b" :1}}', "'b' stands twice"),
        (b'{"a":[{"b":1,"b"\n:1}]}', "'b' stands twice"),
        (b'{"a" : "x\\":y", "a": 1}', "'a' stands twice"),
        (b'{"n": "' + b"x" * documents.BODY_BYTES_MAX + b'"}', "no receipt is that large"),
    ],
)
def test_what_is_not_one_clean_object_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(Corrupt, match=words):
        documents.decode(body)


def test_text_that_looks_like_keys_is_no_key_twice() -> None:
    assert documents.decode(b'{"note": "\\"a\\": 1, \\"a\\": 2"}') == {"note": '"a": 1, "a": 2'}


def test_numbers_are_exact_decimals_however_long() -> None:
    assert documents.decode(b'{"x": 0.1000000000000000055511151231257827}')["x"] == Decimal(
        "0.1000000000000000055511151231257827"
    )


def test_any_changed_byte_is_found() -> None:
    _, body = stamped()
    for at in range(0, len(body), 7):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        with pytest.raises(Corrupt):
            documents.verify(changed)


@pytest.mark.parametrize("cut", [0, 1, 100, 500, -1, -2, -10])
def test_a_file_that_was_cut_off_is_found(cut: int) -> None:
    _, body = stamped()
    if cut == -1:  # only the last line end: nothing of the receipt is missing
        assert documents.verify(body[:-1])
        return
    with pytest.raises(Corrupt):
        documents.verify(body[:cut])


def test_something_behind_the_hash_is_found() -> None:
    doc, body = stamped()
    for extra in (b', "note": "x"', b', "hash": "' + b"0" * 64 + b'"'):
        with pytest.raises(Corrupt):
            documents.verify(body.replace(b'"\n}\n', b'"' + extra + b"\n}\n"))
    assert documents.verify(body) == doc


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "tillkeep.receipt/2"}, "schema"),
        ({"invoice_name": "../../etc/passwd"}, "not the number"),
        ({"invoice_name": "T1-000002"}, "not the number"),
        ({"business_day": "2026-13-01"}, "no date"),
        ({"business_day": "../2026-11-2"}, "no date"),
        ({"series": "other"}, "series"),
        ({"sequence": 0}, "sequence"),
        ({"sequence": -1, "invoice_name": "T1--00001"}, "sequence"),
        ({"id": "a b"}, "id is not"),
        ({"id": ""}, "id is not"),
        ({"prev_hash": "xyz"}, "prev_hash"),
        ({"cashier": {}}, "cashier"),
        ({"items": [1]}, "items"),
        ({"created_at": "2026-11-21T10:00:00"}, "created_at"),
        ({"till": None}, "till"),
    ],
)
def test_a_receipt_with_a_right_hash_and_a_wrong_shape_is_refused(change: dict[str, Any], words: str) -> None:
    doc, _ = stamped()
    doc.pop("hash")
    _, body = documents.stamp({**doc, **change}, prev_hash=change.get("prev_hash", documents.GENESIS))
    with pytest.raises(Corrupt, match=words):
        documents.verify(body)


def test_a_receipt_that_lost_its_line_ends_is_restored_to_its_own_bytes() -> None:
    """`curl -d @file` sends a file without its line ends."""
    _, body = stamped()
    assert documents.restored(body.replace(b"\n", b"")) == body
    assert documents.restored(body) == body
    changed = body.replace(b"Ann", b"Bob").replace(b"\n", b"")
    assert documents.restored(changed) == changed


words = st.text(st.characters(codec="utf-8"), max_size=30)
pennies = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n).scaleb(-2))


@settings(max_examples=200, deadline=None)
@given(
    name=words,
    note=words,
    prices=st.lists(pennies, min_size=1, max_size=4),
    qty=st.integers(-99_999, 99_999).filter(bool).map(lambda n: Decimal(n).scaleb(-3)),
)
def test_any_text_and_any_amount_come_back_as_they_went(
    name: str, note: str, prices: list[Decimal], qty: Decimal
) -> None:
    items = [line("X", name=name or "-", qty=1) | {"amount": p, "net": p, "qty": qty} for p in prices]
    doc, body = stamped(sale(*items, note=note))
    read = documents.verify(body)
    assert read == doc
    assert [i["amount"] for i in read["items"]] == prices
    assert documents.encode(read) == body
    assert documents.restored(body.replace(b"\n", b"")) == body
