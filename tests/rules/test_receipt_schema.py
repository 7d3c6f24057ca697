"""docs/receipt.schema.json and docs/receipt-format.md against real receipts."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from pos import clock
from pos.actions import replay, sell, voucher
from pos.actions import void as void_sale
from pos.config import Config
from pos.rules import documents, void
from pos.store.journal import Journal
from tests.actions.gifts import asked, gift, paid, used, with_gifts
from tests.actions.shop import Person, open_till
from tests.actions.shop import line as shop_line
from tests.actions.test_replay import OLDER
from tests.conftest import REPO
from tests.receipts import line, refund, sale

SCHEMA = json.loads((REPO / "docs" / "receipt.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def read(body: bytes) -> Any:
    """A receipt as any program reads it that knows JSON and decimals."""
    return json.loads(body, parse_float=Decimal)


def problems(doc: Any) -> list[str]:
    return [f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in VALIDATOR.iter_errors(doc)]


@pytest.fixture
def written(journal: Journal, shop: Config) -> list[bytes]:
    """A sale, its return, an exchange, and one of the older shape, as they lie in invoices/."""
    sold = journal.commit(sale(line("A", 2), given="30.00"))
    back = refund(sold.doc)
    swap = sale(line("B"), back["items"][0] | {"line": "x"})
    saved = [sold, journal.commit(back), journal.commit(swap)]
    saved.append(replay.take_in(journal, json.dumps(OLDER).encode(), "replay", "ann"))
    return [(shop.invoices / s.path).read_bytes() for s in saved]


def test_the_schema_itself_is_sound() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_real_receipts_are_what_the_schema_says(written: list[bytes]) -> None:
    assert [problems(read(body)) for body in written] == [[], [], [], []]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kind": "gift"}, "kind"),
        ({"total": "12.00"}, "total"),
        ({"sequence": 0}, "sequence"),
        ({"invoice_name": "T1"}, "invoice_name"),
        ({"created_at": "2026-11-21T12:00:00"}, "created_at"),
        ({"cashier": {"code": "C1"}}, "cashier"),
        ({"hash": "abc"}, "hash"),
        ({"extra": 1}, ""),
        ({"items": []}, "items"),
        ({"series": "imported"}, ""),
    ],
)
def test_the_schema_refuses_what_is_no_receipt(written: list[bytes], change: dict[str, Any], where: str) -> None:
    found = problems({**read(written[0]), **change})
    assert found and found[0].startswith(f"{where}:")


def test_every_key_is_in_the_schema_and_on_the_page(written: list[bytes]) -> None:
    page = (REPO / "docs" / "receipt-format.md").read_text(encoding="utf-8")
    keys = set(SCHEMA["properties"])
    assert keys <= {*documents.KEYS, *documents.LAST_KEYS, "older"}
    assert all(set(read(body)) <= keys for body in written)
    inside = set(SCHEMA["$defs"]["item"]["properties"]) | set(SCHEMA["$defs"]["payment"]["properties"])
    assert [key for key in sorted(keys | inside) if f"`{key}`" not in page] == []


def test_a_void_a_reason_and_an_approval_are_what_the_schema_says(journal: Journal, shop: Config) -> None:
    approved = [{"act": "discount", "by": {"code": "8", "name": "Ben"}, "field": "lines.a1.discount.value"}]
    sold = journal.commit(sale(line("A", 2)) | {"approved": approved})
    back = refund(sold.doc)
    back["items"][0] |= {"reason": "Faulty", "return_of": "T2-000812", "return_against": None}
    other = journal.commit(sale(line("A", 2)))
    who = {"code": "8", "name": "Ben"}
    voided = void.document(other.doc, "0193a1b2-0000-7000-8000-0000000000ff", "Wrong items", "", who)
    for saved in (sold, journal.commit(back), journal.commit(voided)):
        body = (shop.invoices / saved.path).read_bytes()
        assert problems(read(body)) == []
    broken = read((shop.invoices / saved.path).read_bytes())
    assert problems({k: v for k, v in broken.items() if k != "void"})
    assert problems({**broken, "kind": "return"}), "only a void names what it voids"


def test_receipts_with_vouchers_are_what_the_schema_says(shop: Config) -> None:
    """Sold beside goods, used, refunded onto, voided, made by hand; and a row of a document must be a whole one."""
    till = with_gifts(open_till(shop))
    sold_doc = sell.commit(till, asked(shop_line("MUG"), gift("25.00"), pay=paid(("Card", "26.20"))), Person())
    code = sold_doc.doc["vouchers"][0]["code"]
    spent = used(till, code, "20.00")
    hand = voucher.issue(till, {"id": clock.uuid7(), "amount": "15.00", "reason": "Goodwill"}, Person())
    voided = void_sale.commit(till, {"id": clock.uuid7(), "document": spent.doc["id"], "reason": "x"}, Person())
    till.close()
    for saved in (sold_doc, spent, hand, voided):
        assert problems(read(saved.body)) == []
    whole = read(hand.body)
    assert problems({**whole, "kind": "no_sale"}) and problems({k: v for k, v in whole.items() if k != "voucher"})
    assert problems({**whole, "vouchers": [{"code": code, "amount": 1, "act": "issue"}]}), "a row names id and balance"
