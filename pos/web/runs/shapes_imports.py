"""Shapes of what the imports' screens take and answer."""

from __future__ import annotations

from pos.web.describe import Shape
from pos.web.shapes import TEXT, WHOLE, many, ok, texts, thing, wholes, words

_FIELDS = ("delimiter", "encoding", "date_format", "decimal", "tax_mode", "tax_rate", "tender", "prefix")
FORMAT_QUERY: dict[str, Shape] = dict.fromkeys(_FIELDS, TEXT)
FORMAT = thing({"company": TEXT}, {"mark": TEXT, **FORMAT_QUERY})
CHANGED = ok({"changed": many(TEXT), "message": TEXT})
_LINE = thing({
    "line": WHOLE, "tone": words("saved", "needs", "offline"),
    **texts("reason", "text", "day", "at", "kind", "place", "tender", "name", "qty", "net", "tax", "gross"),
})  # fmt: skip
PREVIEW = ok({"preview": thing({
    **texts("encoding", "delimiter", "order", "problem"), "columns": many(TEXT), "lines": many(_LINE),
})})  # fmt: skip
PIECE = thing({"company": TEXT, "id": TEXT, "offset": WHOLE, "data": TEXT})
OFFSET = ok({"offset": WHOLE})
UPLOADED = thing({**texts("company", "id", "name"), "size": WHOLE})
FILE = ok({**wholes("file"), "state": TEXT})
TAKE = thing({"company": TEXT})
TAKEN = ok({"files": many(WHOLE), "message": TEXT, "warnings": many(TEXT)})
