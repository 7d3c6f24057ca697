"""Shapes of what the screens of stock set themselves: a part of the books, a Desktop company."""

from __future__ import annotations

from pos.web.shapes import ok, texts, thing

_PART = (
    "income_account", "cogs_account", "asset_account", "adjustment_account", "cost", "vendor", "mpn", "qb_name",
    "qb_id", "qb_type",
)  # fmt: skip
#: Any of them; what is left out stays.
PART_BODY = thing(None, texts(*_PART))
PART = ok({"part": thing(texts("item", *_PART))})
