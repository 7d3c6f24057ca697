"""The company file of QuickBooks Desktop as people read it, and the lists it told us: sites, accounts."""

from __future__ import annotations

from typing import Any

from pos.actions import qbd_mapping, qbd_words
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.connectors.qbd.requests import ACCOUNT_TYPES as ACCOUNT_TYPES
from pos.rules import qwc
from pos.said import said
from pos.store import companies, conductor_companies, conductor_lists, connections, qbd_asks, qbd_companies
from pos.store.db import Store
from pos.store.qbd_companies import Desktop

ACCOUNTS_MAX = 2000
SITES_MAX = 500
MOVES_STOCK = {
    "adjustments": said("Adjustments by day and place"),
    "documents": said("Sales documents with their items"),
}


#: A list of QuickBooks -> words, in the order they are asked for.
LISTS = {
    "sites": said("Sites"),
    "accounts": said("Accounts"),
    "items": said("Items"),
    "levels": said("Levels of items at sites"),
}
_ASKED = {
    "": (said("Never asked"), "check"),
    "pending": (said("Asked with the next call"), "waiting"),
    "in_flight": (said("Being asked"), "waiting"),
    "applied": (said("Answered"), "saved"),
}


def lists(store: Store, config: Config, connection: str) -> list[dict[str, Any]]:
    """The lists of a company file and how it stands with asking for each."""
    found = []
    for name, words in LISTS.items():
        one = qbd_asks.asked(store, connection, f"ask_{name}")
        state, tone = _ASKED.get(one.state, (said("Went wrong"), "needs"))
        found.append(
            {
                "name": name,
                "title": words,
                "state_text": state,
                "tone": tone,
                "waits": one.state in ("pending", "in_flight"),
                "done_text": moment(store, config, one.done_at),
                "rows": one.rows,
                "message": qbd_words.again("", one.message),
            }
        )
    return found


def sites(store: Store, connection: str) -> list[dict[str, str]]:
    """Inventory sites of a company file, as it last told them; [] before it did."""
    asked = "SELECT list_id, full_name FROM qbd_site WHERE connection = ? AND active = 1 ORDER BY full_name LIMIT ?"
    return [{"id": key, "name": name} for key, name in store.execute(asked, (connection, SITES_MAX)).fetchall()]


def accounts(store: Store, connection: str) -> list[str]:
    """Names of the accounts of a company file, as it last told them; [] before it did."""
    asked = "SELECT full_name FROM qbd_account WHERE connection = ? AND active = 1 ORDER BY full_name LIMIT ?"
    return [name for (name,) in store.execute(asked, (connection, ACCOUNTS_MAX)).fetchall()]


def sites_of(store: Store, company: str) -> list[dict[str, str]]:
    """Sites of a company's file, whichever way leads there."""
    row = conductor_companies.by_company(store, company)
    if row is not None and row.enabled:
        listed = conductor_lists.listed(store, row.connection, "inventory_site", limit=SITES_MAX)
        return [{"id": one.id, "name": one.name} for one in listed]
    found = qbd_companies.by_company(store, company)
    return sites(store, found.connection) if found else []


def accounts_of(store: Store, company: str) -> list[str]:
    """Names of the accounts of a company's file, whichever way leads there."""
    row = conductor_companies.by_company(store, company)
    if row is not None and row.enabled:
        return [one.name for one in conductor_lists.listed(store, row.connection, "account", limit=ACCOUNTS_MAX)]
    found = qbd_companies.by_company(store, company)
    return accounts(store, found.connection) if found else []


def desktop(store: Store, config: Config, found: Desktop) -> dict[str, Any]:
    """How a company file is set up. Its password is shown to nobody."""
    cuts = qbd_mapping.cut_overs(store, found.company)
    return {
        "connection": found.connection,
        "username": found.username,
        "enabled": found.enabled,
        "has_password": bool(found.password_hash),
        "app_name": found.app_name,
        "bound": bool(found.bound_at),
        "bound_text": moment(store, config, found.bound_at),
        "company_file": found.company_file,
        "company_name": found.company_name,
        "version": found.version,
        "edition": " ".join(filter(None, (found.edition, found.country))),
        "moves_stock": found.moves_stock,
        "moves_text": MOVES_STOCK.get(found.moves_stock, found.moves_stock),
        "cut_overs": [{"day": day, "words": MOVES_STOCK.get(moves, moves)} for day, moves in cuts],
        "sales": found.connection in {line.id for line in connections.lines(store)},
        "mapped": not qbd_mapping.check(qbd_mapping.read(store, found.company).values),
        "last_contact": moment(store, config, found.last_contact_at),
        "last_error": qbd_words.again("", found.last_error),
        "app_url": config.qbwc.app_url,
        "app_url_wrong": qwc.why_not(config.qbwc.app_url) if config.qbwc.app_url else said("It is not set yet."),
    }


def is_of_settings(config: Config, found: Desktop) -> bool:
    """Whether its user name and password stand in the settings, where alone they are changed."""
    return found.company == companies.MAIN and bool(config.qbwc.password)
