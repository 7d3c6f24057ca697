"""What a company's words are called in its QuickBooks: read, checked, changed. Kept with the company's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos import clock
from pos.actions import qbo_alive
from pos.config import Config
from pos.connectors.qbo import mapping
from pos.connectors.qbo.client import Client
from pos.connectors.qbo.connector import Books
from pos.errors import Invalid
from pos.store import companies, qbo_tokens, unblock
from pos.store.companies import Kept
from pos.store.db import Store

PART = "quickbooks"
KEY = "mapping"
#: The part of it that says how items are created there.
CREATING = "categories"


def read(store: Store, company: str) -> Kept:
    """The mapping as plain JSON ({} before it was made), with the mark a change gives back. NotFound."""
    return companies.kept_as(store, company, PART, KEY)


def check(plain: Mapping[str, Any]) -> list[str]:
    """What is wrong with a mapping by itself, in words: codes that collide or make numbers too long, missing halves."""
    try:
        return mapping.problems(mapping.read(plain))
    except ValueError as error:
        return [str(error)]


def write(store: Store, company: str, plain: Mapping[str, Any], before: Kept, by: str) -> Kept:
    """Put it in place of the one before; whatever waited for it goes at once. Invalid names what is wrong with it;
    Conflict ("changed") when somebody changed the company's settings since `before` was read."""
    if found := check(plain):
        raise Invalid(" ".join(found), field=KEY, code="mapping")
    with store.transaction():
        made = companies.keep_as(store, company, PART, KEY, plain, before, by)
        if releases(before.values, plain):
            unblock.mapped(store, companies.connection_id(PART, company), clock.now())
    return made


def releases(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a change may be what a receipt waits for; how items are created is not."""
    return {**before, CREATING: None} != {**after, CREATING: None}


# -- the connector a round works with ----------------------------------------------------------------------------------


def facts(store: Store, connection: str) -> dict[str, Any]:
    """What a connector is made with; whoever finds it changed makes a new one."""
    signed, company = qbo_tokens.row(store, connection), companies.of_connection(store, connection)
    return {
        KEY: read(store, company).values,
        "currency": companies.one(store, company).currency,
        "realm": signed.realm if signed else "",
        "environment": signed.environment if signed else "",
    }


def connector(store: Store, config: Config, connection: str, found: Mapping[str, Any]) -> Books:
    """The books of a connection's company. Speaks to nobody; without a sign-in its first question says so."""

    def client() -> Client:
        return qbo_alive.client(store, config, connection)

    return Books(client, found.get(KEY) or {}, str(found.get("currency") or ""))
