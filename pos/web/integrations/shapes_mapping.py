"""Shapes of the mapping to QuickBooks Online; see `pos/web/describe.py`."""

from __future__ import annotations

from pos.connectors.qbo import lists
from pos.web.describe import Shape
from pos.web.shapes import FLAG, TEXT, WHOLE, by_name, many, ok, or_null, texts, thing, wholes

COMPANY: dict[str, Shape] = {"company": TEXT}
OF_COMPANY = thing({}, COMPANY)
_WORDS = by_name(TEXT)
_ROWS = by_name(or_null(_WORDS))
_CHANGES = thing(
    {},
    {
        **texts("prefix", "tax", "tax_group", "tax_rounding", "default_item", "walk_in", "quarantine"),
        **dict.fromkeys(("groups", "items", "customers", "aside", "taxes", "rounding", "voucher"), _WORDS),
        **dict.fromkeys(("tenders", "shops", "categories"), _ROWS),
    },
)
CHANGE = thing({"mark": TEXT, "changes": _CHANGES}, COMPANY)
CHANGED = ok({**texts("mark", "message"), "released": WHOLE})
RELOADED = ok({"message": TEXT, "counts": thing(wholes(*lists.KINDS))})
LIST_QUERY: dict[str, Shape] = {**COMPANY, "q": TEXT}
LIST = ok({"rows": many(thing(texts("id", "name", "note"))), "total": WHOLE})
APPROVE = thing({}, {**COMPANY, "codes": many(TEXT), "all": FLAG, "renamed": FLAG})
APPROVED = ok({**wholes("approved", "created"), "message": TEXT})
ITEM = thing({"item": TEXT}, COMPANY)
TRIED = ok({"documents": WHOLE, "message": TEXT})
