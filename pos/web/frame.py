"""The frame around every page: who is signed in, and which pages they may open.

In every template: `person` (None when nobody is signed in), `shop_name`, `till_name`, `may_open(path)`.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app
from werkzeug.exceptions import HTTPException

from pos.web import auth
from pos.web.parts import parts


def install(app: Flask) -> None:
    """Give every template of the app what the frame shows."""
    app.context_processor(_frame)


def _frame() -> dict[str, Any]:
    config = parts().config
    return {
        "person": auth.actor_or_none(),
        "shop_name": config.shop.name,
        "till_name": config.till.name,
        "may_open": may_open,
    }


def may_open(path: str) -> bool:
    """Whether there is such a page and whoever asks may see it, by the rule its own route declares."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return False
    rule, who = auth.rule_of(current_app, str(endpoint)), auth.actor_or_none()
    if rule is None or rule.proof is not None:
        return False
    if rule.kind == "right":
        inside = rule.within or auth.reach_of().is_all
        return who is not None and inside and any(who.may(right) for right in rule.rights)
    return rule.kind == "all" or who is not None
