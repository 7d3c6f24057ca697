"""What till and hub send each other, as JSON Schema."""

from __future__ import annotations

from pos.web.shapes import ANY, FLAG, TEXT, WHOLE, by_name, many, named, ok, texts, thing, wholes

DONE = ok({})
HELLO = ok(texts("hub", "title", "version", "proof"))
JOIN = thing({**texts("code", "till", "instance", "key_hash", "version"), "ids": many(TEXT)}, more=True)
JOINED = ok(texts("hub", "title", "version", "name"))
KNOWN = ok({**texts("hub", "title", "version", "name"), "head": WHOLE, "missing": many(many(WHOLE))})
NEW_KEY = thing(texts("key_hash"), more=True)
TAKEN = ok({**texts("hash"), "duplicate": FLAG})
STEP = named("HubStep", thing(texts("connection", "title", "part", "state", "resolved", "remote_id", "message", "at")))
THERE = ok({**texts("id", "hash", "number"), "way": many(STEP)})
FEED = ok({"rows": many(by_name(ANY)), "next": TEXT, "more": FLAG})
VOUCHER_ROW = named(
    "HubVoucherRow",
    thing({**texts("id", "code", "act", "at", "expires", "till", "document"), **wholes("amount", "held", "position")},
          more=True),
)  # fmt: skip
VOUCHER_PUT = thing({"rows": many(VOUCHER_ROW)}, more=True)
VOUCHER_IDS = thing({"ids": many(TEXT)}, more=True)
VOUCHERS_KEPT = ok(wholes("kept"))
VOUCHER_ROWS = ok({"rows": many(VOUCHER_ROW)})
_HELD = texts("id", "store", "till", "title", "basket", "total", "by_code", "by_name", "at")
HELD_UP = thing({**_HELD, **wholes("lines")}, more=True)
HELD_ROW = named(
    "HubHeld",
    thing({**_HELD, **wholes("lines"), **texts("state", "changed_at", "changed_by", "taken", "reason", "holder")}),
)
HELD_LIST = ok({"held": many(HELD_ROW), "taken": many(HELD_ROW)})
HELD_STATES = ok({"held": many(HELD_ROW)})
HELD_IDS = thing({"store": TEXT, "ids": many(TEXT)}, more=True)
HELD_CLAIM = thing(texts("store", "act", "to", "by", "reason", "again"), more=True)
HELD_CLAIMED = ok({"held": HELD_ROW})
RECEIPT = ok({"document": TEXT, "back": many(TEXT)})
