"""The frame around every screen of QuickBooks Desktop: the console's, with a second row of ways and the company."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import request

from pos.errors import NotAllowed
from pos.said import said
from pos.store import reach as within
from pos.store.companies import Company
from pos.web import auth
from pos.web.console import frame as console
from pos.web.frame import may_open
from pos.web.integrations import reached
from pos.web.parts import parts

#: Name, address and words of each screen in the second row; one who asks may not open is left out.
TABS = (
    ("overview", "/conductor", said("Overview")),
    ("customers", "/conductor/customers", said("Customers")),
    ("vendors", "/conductor/vendors", said("Vendors")),
    ("items", "/conductor/items", said("Items")),
    ("sales_orders", "/conductor/sales_orders", said("Sales orders")),
    ("purchase_orders", "/conductor/purchase_orders", said("Purchase orders")),
    ("inventory_adjustments", "/conductor/inventory_adjustments", said("Adjustments")),
    ("invoices", "/conductor/invoices", said("Invoices")),
    ("conflicts", "/conductor/conflicts", said("Conflicts")),
    ("history", "/conductor/history", said("History")),
    ("settings", "/conductor/settings", said("Settings")),
)


def show(template: str, tab: str, **values: Any) -> str:
    """A screen: templates/conductor/<template>.html. tab: its name in TABS. In the template: `company`, `companies`,
    and `at(path, name=value)`, an address within these screens that keeps the company."""
    return console.show(
        template,
        "conductor",
        folder="conductor",
        tab=tab,
        tabs=[one for one in TABS if may_open(one[1])],
        company=company(),
        companies=companies(),
        at=at,
        **values,
    )


def company() -> str:
    """Id of the company these screens are about: that of ?company=, else the first within reach. 403 where none is."""
    return reached.asked() if request.args.get("company") else companies()[0].id


def companies() -> list[Company]:
    """Companies all of which lies within the reach of who asks. 403 where none does."""
    found = [one for one in within.companies_in(parts().store, auth.reach_of()) if reached.may(one.id)]
    if not found:
        raise NotAllowed("Books belong to a whole company, and your rights are kept to a part of one.", code="reach")
    return found


def at(path: str, **query: Any) -> str:
    """An address of these screens with its query, and the company where it was chosen."""
    chosen = {name: value for name, value in query.items() if value not in ("", None)}
    if request.args.get("company"):
        chosen["company"] = company()
    return f"{path}?{urlencode(chosen)}" if chosen else path
