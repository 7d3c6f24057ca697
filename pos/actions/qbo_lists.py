"""What a company of QuickBooks has to choose from: fetched when somebody asks for it, kept until then with its age."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from pos.actions import qbo_alive
from pos.actions.qbo_standing import connection_of
from pos.config import Config
from pos.connectors.qbo import lists
from pos.connectors.qbo.client import Client
from pos.connectors.qbo.lists import Entry, Lists
from pos.errors import Conflict
from pos.said import said
from pos.store import qbo_lists, qbo_tokens
from pos.store.db import Store


@dataclass(frozen=True, slots=True)
class Loaded:
    """The lists with when and by whom they were fetched. loaded_at: a stamp."""

    lists: Lists
    loaded_at: str
    loaded_by: str


def reload(store: Store, config: Config, company: str, by: str, client: Client | None = None) -> Loaded:
    """Fetch all of them anew. One of the connector errors when they cannot be had: then the old ones stay."""
    connection, realm = bound(store, company)
    speaker = client or qbo_alive.client(store, config, connection)
    try:
        found = lists.load(speaker)
    finally:
        if client is None:
            speaker.close()
    if bound(store, company)[1] != realm:
        raise Conflict(said("Another company was connected meanwhile. Load the lists again."), code="changed")
    qbo_lists.keep(store, company, connection, realm, lists.encode(found), by)
    made = cached(store, company)
    assert made is not None
    return made


def cached(store: Store, company: str) -> Loaded | None:
    """The lists as they were fetched last; None when they never were for the company that is connected now."""
    connection = connection_of(store, company)
    row = qbo_tokens.row(store, connection)
    kept = qbo_lists.seen(store, connection, row.realm) if row and row.realm else None
    if kept is None:
        return None
    try:
        return Loaded(lists.decode(kept.body), kept.loaded_at, kept.loaded_by)
    except ValueError:  # of another version of this program
        return None


def needed(store: Store, company: str) -> Loaded:
    """The lists. Conflict ("no_lists") when they were never fetched."""
    found = cached(store, company)
    if found is None:
        raise Conflict(said("Load the lists of QuickBooks first."), code="no_lists")
    return found


def bound(store: Store, company: str) -> tuple[str, str]:
    """The connection of a company, and the company there it is bound to. Conflict when nobody signed in."""
    connection = connection_of(store, company)
    row = qbo_tokens.row(store, connection)
    if row is None or not row.realm:
        raise Conflict(said("QuickBooks is not connected."), code="not_connected")
    return connection, row.realm


def add_item(store: Store, company: str, one: Entry) -> None:
    """An item that was created there just now, so that nobody takes it for missing."""
    connection, realm = bound(store, company)
    with store.transaction():
        found = cached(store, company)
        if found is not None and one.id not in {item.id for item in found.lists.items}:
            more = msgspec.structs.replace(found.lists, items=(*found.lists.items, one))
            qbo_lists.amend(store, connection, realm, lists.encode(more))
