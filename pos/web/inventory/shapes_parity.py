"""Shapes of comparisons of stock with the books."""

from __future__ import annotations

from pos.rules.parity import FIELDS, SIDES
from pos.web.shapes import FLAG, TEXT, WHOLE, many, ok, texts, thing, words

_SIDE = words(*SIDES)
_COMPANY = {"company": TEXT}
#: loose: names are one without case and blanks, and each finding says that they differ.
ASK = thing({"side": _SIDE}, {"loose": FLAG, **_COMPANY}, more=True)
_RUN = thing({"n": WHOLE, "side": _SIDE, "state": words("asked", "reading", "done", "failed"), "strict": FLAG})
ASKED = ok({"run": _RUN})
DISMISS = thing(
    {**texts("item", "reason"), "side": _SIDE, "field": words(*FIELDS)}, {"location": TEXT, **_COMPANY}, more=True
)
DISMISSED = ok({})
#: max: for how many items at most; nobody's default.
PROPOSE = thing(
    {"what": words("quantities", "items", "accounts"), "max": {"type": ["integer", "string"]}}, _COMPANY, more=True
)
PROPOSED = ok(
    {"requests": many(thing(texts("id", "words"))), "left": many(thing(texts("item", "location", "why"))),
     "leftCount": WHOLE}
)  # fmt: skip
