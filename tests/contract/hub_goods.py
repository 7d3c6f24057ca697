"""What a hub of a small shop owns, and baskets of it as a page sends them: for the tests of several tills."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

from pos import clock
from pos.store import disk, feeds, people
from pos.store.db import Store

CUP: dict[str, Any] = {"code": "CUP", "name": "Cup", "item_group": "Mugs", "tax_code": "STD", "image": "/files/cup.jpg",
       "barcodes": [{"code": "50123457", "uom": ""}]}  # fmt: skip
PRICE = {"price_list": "Standard Selling", "item": "CUP", "amount": 500, "currency": "GBP"}


def goods(store: Store) -> None:
    """A cup with its picture, a voucher to sell, two ways to pay, somebody who works there."""
    feeds.put_taxes(store, [{"code": "STD", "title": "VAT 20%", "rate": "20"}])
    voucher = {"code": "GIFT-VOUCHER", "name": "Gift voucher", "item_group": "Vouchers", "open_price": True,
               "stocked": False}  # fmt: skip
    feeds.put_items(store, [CUP, voucher], "csv")
    picture = BytesIO()
    Image.new("RGB", (8, 8), "teal").save(picture, "JPEG")
    disk.write_whole(store.config.root / "data" / "thumbs" / "cup.jpg", picture.getvalue())
    assert feeds.set_thumb(store, "CUP", CUP["image"], "cup.jpg")
    feeds.put_prices(store, [PRICE])
    feeds.put_modes(store, [{"name": "Cash", "kind": "cash"}, {"name": "Gift Voucher", "kind": "voucher"}], "csv")
    people.add_user(store, "7", "Nora Fell", "supervisor", "4711")


def basket(qty: int = 1, **more: Any) -> dict[str, Any]:
    total = f"{5 * qty}.00"
    return {"id": clock.uuid7(), "customer": "", "lines": [{"line": "a", "item_code": "CUP", "qty": f"{qty}"}],
            "payments": [{"mode_of_payment": "Cash", "amount": total}], "total": total, **more}  # fmt: skip


def voucher_sale(code: str) -> dict[str, Any]:
    """A voucher over 20.00, for cash."""
    return basket(4, lines=[{"line": "a", "item_code": "GIFT-VOUCHER", "qty": "1", "price": "20.00",
                             "price_source": "typed", "voucher": {"code": code}}])  # fmt: skip


def back(sale: dict[str, Any], qty: int = 1) -> dict[str, Any]:
    line = {"line": "r", "item_code": "CUP", "qty": f"-{qty}", "reason": "Faulty",
            "return_against": {"id": sale["id"], "line": "a"}}  # fmt: skip
    return basket(-qty, lines=[line])


def waiting() -> dict[str, Any]:
    """A basket to set aside."""
    return {key: value for key, value in basket().items() if key in ("id", "customer", "lines")}
