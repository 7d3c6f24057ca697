"""Shapes of scans, goods in, orders and counts."""

from __future__ import annotations

from pos.web.describe import Shape
from pos.web.shapes import FLAG, TEXT, WHOLE, by_name, flags, many, named, ok, texts, thing, wholes, words

_COMPANY: dict[str, Shape] = {"company": TEXT}
LOOKUP_QUERY: dict[str, Shape] = {**_COMPANY, "code": TEXT, "location": TEXT}
FIND_QUERY: dict[str, Shape] = {**_COMPANY, "q": TEXT, "location": TEXT}
ORDERS_QUERY: dict[str, Shape] = {**_COMPANY, "state": TEXT}
COUNTS_QUERY: dict[str, Shape] = {**_COMPANY, "over": words("", "yes")}

_STANDING = texts("level", "levelText", "available", "availableText")
_LINE = {**texts("sku", "name", "detail", "uom", "priceText", "barcode", "cost"), **_STANDING, "weighed": FLAG}
LOOKED_UP = ok({"line": named("ScannedLine", thing({**_LINE, "quantity": TEXT}))})
FOUND = ok({"lines": many(thing(_LINE))})
LEVELS_BODY = thing({"items": many(TEXT)}, {**_COMPANY, "location": TEXT})
LEVELS = ok({"levels": by_name(thing(_STANDING))})

_HEAD: dict[str, Shape] = {**_COMPANY, **texts("id", "location", "memo", "effectiveDate", "reference", "purchaseOrder")}
_IN = thing(texts("sku", "quantity"), {"cost": TEXT, "orderLine": WHOLE})
RECEIPT_BODY = thing({"lines": many(_IN)}, _HEAD)
_ORDER_LINE = thing(
    {"orderLine": WHOLE, **texts("sku", "name", "cost", "quantity", "quantityText", "received", "receivedText", "left",
                                 "leftText")}
)  # fmt: skip
_ORDER = named(
    "PurchaseOrder",
    thing(
        {
            **texts("id", "number", "supplier", "location", "locationName", "state", "stateText", "tone", "memo",
                    "madeBy", "madeAt", "madeText"),
            "lines": many(_ORDER_LINE),
        }
    ),
)  # fmt: skip
ORDERS = ok({"orders": many(_ORDER)})
ORDER = ok({"order": _ORDER})
ORDER_BODY = thing(
    {**texts("supplier", "location"), "lines": many(thing(texts("sku", "quantity"), {"cost": TEXT}))},
    {**_COMPANY, **texts("id", "number", "memo")},
)

_COUNT = named(
    "StockCount",
    thing(
        {
            **texts("id", "location", "locationName", "title", "state", "stateText", "tone", "madeBy", "madeText",
                    "touchedText", "endedText", "approval", "event"),
            **wholes("round", "items", "counted"), **flags("unfinished"),
        }
    ),
)  # fmt: skip
#: While a count goes on: no figure at all. Once it is over: what was found, and what was on hand then.
_TO_COUNT = thing(
    {**texts("sku", "name", "group"), "counted": FLAG},
    texts("by", "atText", "first", "firstText", "second", "secondText", "level", "levelText", "difference",
          "differenceText"),
)  # fmt: skip
COUNTS = ok({"counts": many(_COUNT)})
COUNT = ok({"count": _COUNT, "items": many(_TO_COUNT)}, {"of": WHOLE, "again": many(TEXT)})
COUNT_BODY = thing({"location": TEXT}, {**_COMPANY, **texts("id", "scope", "group", "title")})
COUNTED_BODY = thing(
    {"round": WHOLE, "lines": many(thing(texts("sku", "quantity"), {"mode": TEXT, "ago": WHOLE}))}, {"id": TEXT}
)
FINISH_BODY = thing(None, {"uncounted": words("", "leave", "zero"), "round": WHOLE})
