"""Settings of QuickBooks Desktop: whose computer, which way, who wins, accounts. Secrets are never answered.

GET  /conductor/settings?company=   settings   conductor/settings.html
POST /api/conductor/settings        settings   what is to change, all of it or nothing -> {mark, enabled}
POST /api/conductor/lists           settings   {company?}: accounts, terms and so on asked for now -> {counts}
"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import conductor_settings
from pos.actions import conductor_views as views
from pos.errors import BadSettings, ConnectorError, UserError
from pos.web import auth
from pos.web.body import json_object
from pos.web.conductor import frame
from pos.web.conductor import shapes_board as shapes
from pos.web.describe import describe
from pos.web.frame import may_open
from pos.web.integrations import reached
from pos.web.parts import parts

bp = Blueprint("conductor_settings", __name__)


class OutOfReach(UserError):
    """QuickBooks cannot be asked now."""

    code = "quickbooks_unreachable"
    status = 503


@bp.get("/conductor/settings")
@auth.needs("settings", within=True)
def page() -> ResponseReturnValue:
    here, company = parts(), frame.company()
    schedules = f"{here.config.runs.prefix}/schedules/"
    return frame.show(
        "settings",
        "settings",
        settings=conductor_settings.page(here.store, here.config, company),
        connection=views.connection(here.store, here.config, company),
        schedules_page=schedules if may_open(schedules) else "",
    )


@bp.post("/api/conductor/settings")
@describe(body=shapes.SETTINGS, answer=shapes.SAVED, refuses=(404, 409))
@auth.needs("settings", within=True)
def save() -> ResponseReturnValue:
    here, body = parts(), json_object()
    company = reached.in_body(body)
    kept = conductor_settings.change(here.store, here.config, company, body, auth.actor().code)
    return jsonify({"ok": True, **kept})


@bp.post("/api/conductor/lists")
@describe(body=shapes.OF_COMPANY, answer=shapes.LISTS, refuses=(404, 409, 503))
@auth.needs("settings", within=True)
def load_lists() -> ResponseReturnValue:
    here, company = parts(), reached.in_body(json_object())
    try:
        counts = conductor_settings.load_lists(here.store, here.config, company)
    except (ConnectorError, BadSettings) as error:
        raise OutOfReach(error.message) from error
    return jsonify({"ok": True, "counts": counts})
