"""Shapes of /api/integrations/…; see `pos/web/describe.py`. Names and spelling as documented for such programs."""

from __future__ import annotations

from pos.rules import oauth
from pos.web.describe import Shape
from pos.web.shapes import FLAG, TEXT, WHOLE, flags, ok, or_null, texts, thing, words

COMPANY: dict[str, Shape] = {"company": TEXT}
_STATE = words(*oauth.STATES)
STATUS = ok(
    {
        **flags("connected", "configured", "held"),
        **texts("companyName", "endsAt", "hardEndsAt", "error"),
        "state": _STATE,
        "environment": words("sandbox", "production"),
        "daysLeft": or_null(WHOLE),
    },
    texts("companyId", "connectedAt", "expiresAt"),
)
AUTH_URL = ok({"authUrl": TEXT})
ADDRESS = thing({"address": TEXT}, COMPANY)
CONNECTED = ok({"state": _STATE, "held": FLAG, "message": TEXT})
OF_COMPANY = thing({}, COMPANY)
DISCONNECTED = ok({**flags("success", "revoked"), "message": TEXT})
DECISION = thing({"take": FLAG}, COMPANY)
WORKER = ok({**flags("running", "isProcessing"), "pollIntervalMs": WHOLE})
CALLBACK_QUERY: dict[str, Shape] = texts("state", "code", "realmId", "error")
