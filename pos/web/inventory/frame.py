"""The frame around every screen of stock: whose stock it is, the screens there are, the way back."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from pos.errors import NotAllowed
from pos.said import psaid, said
from pos.store import reach as within
from pos.store.companies import Company
from pos.web import auth
from pos.web.frame import may_open
from pos.web.integrations import reached
from pos.web.parts import parts

#: Whoever has one of these may look; acts have rights of their own.
LOOKING = ("stock", "stock_approve", "stock_admin", "operate", "z_read")

#: Name, address and words of each screen; one without a page, or that who asks may not open, is left out.
TABS = (
    ("overview", "/inventory", said("Overview")),
    ("transfer", "/inventory/transfer", said("Transfer")),
    ("adjust", "/inventory/adjust", said("Adjust")),
    ("receive", "/inventory/receive", said("Receive")),
    ("count", "/inventory/counts", psaid("stock", "Count")),
    ("events", "/inventory/events", said("Events")),
    ("approvals", "/inventory/approvals", said("Approvals")),
    ("queue", "/inventory/queue", said("Queue")),
    ("parity", "/inventory/parity", said("Parity")),
    ("places", "/inventory/places", said("Places")),
    ("audit", "/inventory/audit", said("Audit")),
)


def show(template: str, tab: str, **values: Any) -> str:
    """A screen of stock: templates/inventory/<template>.html. tab: its name in TABS, "" for none."""
    who = auth.actor_or_none()
    return render_template(
        f"inventory/{template}.html",
        tab=tab,
        tabs=[one for one in TABS if may_open(one[1])],
        company=company(),
        companies=companies(),
        at_console=who is not None and who.via == "password",
        who=who.code if who else "",
        csrf=generate_csrf(),
        **values,
    )


def company() -> str:
    """Id of the company whose stock is looked at: that of ?company=, which is remembered while somebody is signed in;
    else the first within reach. 403 where none is."""
    if request.args.get("company"):
        session["stock_of"] = reached.asked()
        return str(session["stock_of"])
    allowed = [one.id for one in companies()]
    chosen = session.get("stock_of", "")
    return chosen if chosen in allowed else allowed[0]


def companies() -> list[Company]:
    """Companies all of which lies within the reach of who asks. 403 where none does."""
    found = [one for one in within.companies_in(parts().store, auth.reach_of()) if reached.may(one.id)]
    if not found:
        raise NotAllowed("Stock belongs to a whole company, and your rights are kept to a part of one.", code="reach")
    return found


def sign_in() -> ResponseReturnValue:
    """To the sign-in page that leads back here: the till's where this is one, or a device of it, else the console's."""
    at_till = parts().config.server.role == "till" and auth.device_id() is not None
    return redirect(url_for("people.sign_in_page" if at_till else "console.sign_in_page", to="inventory"))
