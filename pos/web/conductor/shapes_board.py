"""Shapes of conflicts and settings of /api/conductor/…; see `pos/web/describe.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos.actions import conductor_setup, conductor_views
from pos.rules import conductor_rules, merge
from pos.store import conductor_companies
from pos.web.describe import Shape
from pos.web.shapes import ANY, FLAG, TEXT, WHOLE, by_name, many, named, ok, texts, thing, words

COMPANY: dict[str, Shape] = {"company": TEXT}
OF_COMPANY = thing({}, COMPANY)
_TYPE = words(*conductor_views.TITLES)
_STATE = words("open", "decided")
_DECISION = words("", "ours", "theirs")
_CONFLICT = named(
    "ConductorConflict",
    thing(
        {
            "id": WHOLE,
            **texts("kind", "recordId", "title", "field", "how", "madeText"),
            "type": _TYPE,
            "ours": ANY,
            "theirs": ANY,
            "state": _STATE,
            "decision": _DECISION,
        }
    ),
)
CONFLICTS_QUERY: dict[str, Shape] = {**COMPANY, "state": _STATE, "type": _TYPE, "after": TEXT, "limit": WHOLE}
CONFLICTS = ok({"conflicts": many(_CONFLICT), "after": TEXT})
CHOICE = thing({"choice": words("ours", "theirs")}, COMPANY)
DECIDED = ok({"conflict": thing({"id": WHOLE, **texts("field", "decidedBy"), "state": _STATE, "decision": _DECISION})})

_OWNER = words(*merge.OWNERS)
_RULE = thing(
    {}, {"direction": words(*conductor_rules.DIRECTIONS), "winner": _OWNER, "fields": by_name(_OWNER)}
)  # fmt: skip
SETTINGS = thing(
    {},
    {
        **COMPANY,
        "enabled": FLAG,
        "end_user": TEXT,
        "same_file": FLAG,
        "stock_owner": words(*conductor_companies.STOCK_OWNERS),
        "history_from": TEXT,
        "rules": by_name(_RULE),
        "accounts": thing({}, {use: TEXT for use in conductor_setup.ACCOUNT_USES}),
        "mark": TEXT,
    },
)
SAVED = ok({"mark": TEXT, "enabled": FLAG})
LISTS = ok({"counts": by_name(WHOLE)})


def conflict(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the page as a program reads it."""
    return {
        "id": row["id"], "kind": row["kind"], "type": row["type"], "recordId": row["record_id"],
        "title": row["title"], "field": row["field"], "ours": row["ours_value"], "theirs": row["theirs_value"],
        "state": row["state"], "decision": row["decision"], "how": row["how"], "madeText": row["made_text"],
    }  # fmt: skip
