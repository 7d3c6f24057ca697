"""The audit of stock: who moved, set up, agreed to and sent what, and what was refused; rows of the one audit there is.

GET /inventory/audit?about=&actor=&q=&first=&last=   stock_approve, stock_admin, operate   inventory/audit.html

about: stock, or desktop for what is between here and QuickBooks Desktop.
"""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from pos.actions import audit_views
from pos.actions.audit_views import Filter
from pos.said import said
from pos.store import companies
from pos.store.reach import EVERYWHERE, Reach
from pos.web import auth
from pos.web.console import lists
from pos.web.console.audit import COLUMNS
from pos.web.inventory import frame
from pos.web.parts import parts

bp = Blueprint("inventory_audit", __name__)

#: What is looked at -> how its acts begin, and words.
ABOUT = {"stock": ("inventory", said("Stock")), "desktop": ("qbd", said("QuickBooks Desktop"))}


@bp.get("/inventory/audit")
@auth.needs("stock_approve", "stock_admin", "operate", within=True)
def page() -> ResponseReturnValue:
    here, company = parts(), frame.company()
    given = lists.filled(("about", "actor", "q", "first", "last"), {"about": tuple(ABOUT)})
    given["about"] = given["about"] or "stock"
    act, _ = ABOUT[given["about"]]
    asked = lists.asked(sorts=("n",), sort="n")
    wanted = Filter(given["actor"], act, given["q"], given["first"], given["last"])
    reach = Reach(frozenset({company})) if companies.are_several(here.store) else EVERYWHERE
    rows, found = audit_views.listed(here.store, here.config, wanted, asked, reach)
    return frame.show(
        "audit",
        "audit",
        rows=rows,
        list=lists.view(COLUMNS, asked, {**given, "limit": str(asked.limit)}, found),
        chosen=given,
        limit=asked.limit,
        about={name: words for name, (_, words) in ABOUT.items()},
    )
