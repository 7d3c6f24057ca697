"""Pages of what is brought together with QuickBooks Online; what they do is in `sync`.

GET  /settings/integrations/jobs/<n>?state=&after=&company=               settings   console/sync_job.html
GET  /settings/integrations/records?resource=&q=&after=&company=          settings   console/sync_records.html
"""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from pos.actions import qbo_screen
from pos.store import companies
from pos.web import auth
from pos.web.console import frame
from pos.web.integrations import reached
from pos.web.parts import parts

bp = Blueprint("integrations_quickbooks_screens", __name__)


@bp.get("/settings/integrations/jobs/<int:n>")
@auth.needs("settings", within=True)
def job(n: int) -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    state = request.args.get("state", "")
    found = qbo_screen.job(
        here.store, here.config, company, n, state if state == "error" else "", request.args.get("after", "")[:80]
    )
    return frame.show("sync_job", "integrations", company=company, **found)


@bp.get("/settings/integrations/records")
@auth.needs("settings", within=True)
def records() -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    words, after = request.args.get("q", "")[:100], request.args.get("after", "")[:100]
    found = qbo_screen.choice(here.store, here.config, company, request.args.get("resource", "customers"), words, after)
    several = [one for one in companies.every(here.store, active=True) if reached.may(one.id)]
    return frame.show("sync_records", "integrations", company=company, companies=several, **found)
