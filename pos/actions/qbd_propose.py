"""Items and accounts QuickBooks Desktop does not have: made there only when a second person agrees to a proposal.

Nothing is ever made in somebody's books because a name was mistyped: a message that names what is not there waits as an
error, and a person asks for the item or the account here. What they agree to is one more message of the queue; once an
item is there, what waited for it goes again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pos.actions import inventory_requests
from pos.actions.inventory import Who, by, demand, inside
from pos.config import Config
from pos.connectors.qbd import requests
from pos.errors import Conflict, Invalid, NotAllowed, NotFound
from pos.rules.qbd_split import Part
from pos.said import said
from pos.store import inventory_approvals, inventory_places, qbd_companies, qbd_queue
from pos.store.db import Store
from pos.store.inventory_approvals import Request
from pos.store.reach import EVERYWHERE, Reach

ITEM, ACCOUNT = "item_add", "account_add"
#: So many that wait are looked through for the same.
WAITING_MAX = 500


def item(
    store: Store, config: Config, company: str, sku: str, values: Mapping[str, str], who: Who,
    *, reach: Reach = EVERYWHERE,
) -> Request:  # fmt: skip
    """Ask for an item in QuickBooks, as it is known here: its name there, accounts, cost, the maker's number. values:
    income, cogs, asset, price or text, where they are to be others. Invalid names what is missing or does not fit;
    NotFound for an item that is not here; Conflict when it has one there, or was asked for already."""
    inside(store, company, reach)
    with store.transaction() as tx:
        found = inventory_places.parts(tx, company, [sku]).get(sku)
        known = tx.execute("SELECT name FROM item WHERE code = ?", (sku,)).fetchone()
        if known is None:
            raise NotFound(said("There is no item {code}.", code=sku[:140]), field="sku")
        if found is not None and found.qb_id:
            raise Conflict(said("{code} is an item of QuickBooks already.", code=sku), code="known_there")
        above, _, name = (found.qb_name if found and found.qb_name else sku).rpartition(":")
        payload = {
            "code": sku, "name": name, "parent": above, "text": values.get("text") or str(known[0]),
            "income": values.get("income") or (found.income_account if found else ""),
            "cogs": values.get("cogs") or (found.cogs_account if found else ""),
            "asset": values.get("asset") or (found.asset_account if found else ""),
            "mpn": found.mpn if found else "", "cost": found.cost if found else "", "price": values.get("price", ""),
        }  # fmt: skip
        words = said("Item {name} in QuickBooks.", name=payload["name"])
        return _proposed(tx, config, company, ITEM, {k: v for k, v in payload.items() if v}, words, who)


def account(
    store: Store, config: Config, company: str, values: Mapping[str, str], who: Who, *, reach: Reach = EVERYWHERE
) -> Request:
    """Ask for an account in QuickBooks. values: name (with its parents before colons), type as QuickBooks calls it,
    number, text. Never guessed: what is missing is Invalid."""
    inside(store, company, reach)
    above, _, name = str(values.get("name", "")).rpartition(":")
    payload = {"name": name, "parent": above} | {key: values.get(key, "") for key in ("type", "number", "text")}
    with store.transaction() as tx:
        words = said("Account {name} in QuickBooks.", name=str(values.get("name", "")))
        return _proposed(tx, config, company, ACCOUNT, {k: v for k, v in payload.items() if v}, words, who)


def _proposed(
    tx: Store, config: Config, company: str, kind: str, payload: Mapping[str, Any], words: str, who: Who
) -> Request:
    demand(who, "stock_admin")
    if not who.person:
        raise NotAllowed(said("Only a person asks for this."), code="nobody")
    if qbd_companies.by_company(tx, company) is None:
        raise NotFound(said("This company has no QuickBooks Desktop."))
    wrong = requests.check(kind, payload)
    if wrong:
        raise Invalid(wrong[0], field=kind)
    for one in inventory_approvals.listed(tx, company, state="pending", kind=kind, limit=WAITING_MAX):
        if one.payload.get("name") == payload["name"] and one.payload.get("parent") == payload.get("parent"):
            raise Conflict(
                said("It was asked for already and waits for a second person."), code="waits",
                facts={"approval": one.id},
            )  # fmt: skip
    return inventory_requests.propose(tx, config, company, kind, payload, words, by=by(who), name=who.name)


def _agreed(tx: Store, request: Request, _who: Who, now: datetime) -> str:
    """It goes into the queue, once. In the transaction that agrees to it."""
    desktop = qbd_companies.by_company(tx, request.company)
    if desktop is None:
        raise NotFound(said("This company has no QuickBooks Desktop."))
    part = Part(request.kind, dict(request.payload), ())
    qbd_queue.tell(tx, desktop.connection, request.company, request.kind, request.id, [part], now)
    return request.id


inventory_requests.PROPOSALS[ITEM] = _agreed
inventory_requests.PROPOSALS[ACCOUNT] = _agreed
