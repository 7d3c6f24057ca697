"""Shapes of what the screens of stock set themselves: a part of the books, a Desktop company."""

from __future__ import annotations

from pos.web.shapes import FLAG, TEXT, ok, texts, thing

_PART = (
    "income_account", "cogs_account", "asset_account", "adjustment_account", "cost", "vendor", "mpn", "qb_name",
    "qb_id", "qb_type",
)  # fmt: skip
#: Any of them; what is left out stays.
PART_BODY = thing(None, texts(*_PART))
PART = ok({"part": thing(texts("item", *_PART))})
#: The company file of QuickBooks Desktop. A password that is left out is made here; it is answered this once.
NEW_DESKTOP = thing(texts("username"), texts("password"))
DESKTOP_PASSWORD = thing(None, texts("password"))
SECRET = ok({"password": TEXT})
ENABLED = thing({"enabled": FLAG})
REASON = thing(texts("reason"))
DONE = ok({})
CUT_OVER = thing(texts("moves", "day"))
SALES = thing({"on": FLAG}, texts("moves", "day"))
