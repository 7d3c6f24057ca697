"""Approvals: what waits for a second person and what became of the rest, with the stock as it was and as it is now.

GET /inventory/approvals?state=&q=   inventory/approvals.html: those that wait, unless another state is asked for
GET /inventory/approvals/<id>        inventory/approval.html

Whoever may look at stock; answering goes by POST /api/inventory/approvals/<id>/….
"""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from pos.actions import inventory_approval_views as views
from pos.actions import inventory_guard as guard
from pos.actions.inventory_approval_views import Filter
from pos.actions.inventory_words import APPROVALS
from pos.said import said
from pos.web import auth
from pos.web.console import lists
from pos.web.console.lists import Column
from pos.web.inventory import frame
from pos.web.inventory.frame import LOOKING
from pos.web.parts import parts

bp = Blueprint("inventory_approvals", __name__)

COLUMNS = (
    Column("asked", said("Asked"), sort="n"),
    Column("by", said("By")),
    Column("what", said("What")),
    Column("goods", said("Goods")),
    Column("where", said("Where")),
    Column("why", said("Why it waits")),
    Column("state", said("State")),
)
#: "all" is every state.
SHOWS = {**{name: words for name, (words, _) in APPROVALS.items()}, "all": said("All")}


@bp.get("/inventory/approvals")
@auth.needs(*LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, company = parts(), frame.company()
    given = lists.filled(("state", "q"), {"state": tuple(SHOWS)})
    given["state"] = given["state"] or ("all" if given["q"] else "pending")
    asked = lists.asked(sorts=("n",), sort="n")
    wanted = Filter(company, "" if given["state"] == "all" else given["state"], given["q"])
    rows, found = views.listed(here.store, here.config, wanted, asked)
    return frame.show(
        "approvals",
        "approvals",
        rows=rows,
        list=lists.view(COLUMNS, asked, {**given, "limit": str(asked.limit)}, found),
        chosen=given,
        limit=asked.limit,
        shows=SHOWS,
        counts=views.counted(here.store, company),
        guard=guard.security(here.store, here.config, company),
    )


@bp.get("/inventory/approvals/<key>")
@auth.needs(*LOOKING, within=True)
def page_of_one(key: str) -> ResponseReturnValue:
    here = parts()
    company = frame.company()
    row = views.one(here.store, here.config, key, company)
    may, why_not = views.acts(row, auth.actor())
    answerers = views.who_may(here.store, row["asked_by"], company) if row["state"] == "pending" else []
    return frame.show("approval", "approvals", row=row, may=may, why_not=why_not, answerers=answerers)
