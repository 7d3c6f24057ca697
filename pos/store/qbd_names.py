"""What goods are called in a company file of QuickBooks Desktop, as far as it is known here."""

from __future__ import annotations

from pos.store.db import Store
from pos.store.models import InventoryLocation, InventoryPart, QbdAccount, QbdCompany, QbdItem


def item_of(store: Store, company: str, code: str) -> dict[str, str]:
    """A reference to an item of ours there: its ListID, else its full name, else our own code."""
    with store.reading():
        row = InventoryPart.get_or_none((InventoryPart.company == company) & (InventoryPart.item == code))
    if row is not None and row.qb_id:
        return {"id": str(row.qb_id)}
    return {"name": str(row.qb_name) if row is not None and row.qb_name else code}


def account_of(store: Store, company: str, code: str) -> str:
    """The account its adjustments go to, where no reason names one; "" = the company's."""
    with store.reading():
        row = InventoryPart.get_or_none((InventoryPart.company == company) & (InventoryPart.item == code))
    return str(row.adjustment_account) if row is not None else ""


def kind_of(store: Store, connection: str, name: str) -> str:
    """The kind of the item with this full name there; "" = it was never told."""
    with store.reading():
        asked = (QbdItem.connection == connection) & (QbdItem.full_name == name)
        row = QbdItem.select(QbdItem.kind).where(asked).first()
    return str(row.kind) if row is not None else ""


def knows_items(store: Store, connection: str) -> bool:
    """Whether any of its items were told."""
    with store.reading():
        return QbdItem.select().where(QbdItem.connection == connection).exists()


def site_of(store: Store, location: str) -> dict[str, str]:
    """A reference to the site of a place of ours; {} = it has none."""
    with store.reading():
        row = InventoryLocation.get_or_none(InventoryLocation.code == location)
    if row is None or not (row.qb_site_id or row.qb_site_name):
        return {}
    return {"id": str(row.qb_site_id)} if row.qb_site_id else {"name": str(row.qb_site_name)}


def strangers(store: Store, connection: str, accounts: set[str], items: set[str]) -> tuple[list[str], list[str]]:
    """Of these accounts and items, the ones the lists of the company file do not have; none where no list was fetched.
    Names there are compared without case."""
    found = []
    for names, model in ((accounts, QbdAccount), (items, QbdItem)):
        with store.reading():
            rows = model.select(model.full_name).where(model.connection == connection)
            there = {str(row.full_name).casefold() for row in rows}
        found.append(sorted(name for name in names if there and name.casefold() not in there))
    return found[0], found[1]


def keep_moves(connection: str, moves: str) -> None:
    """What moves stock there by the newest cut-over. In the caller's transaction."""
    QbdCompany.update(moves_stock=moves).where(QbdCompany.connection == connection).execute()


def kind_of_ref(store: Store, connection: str, ref: dict[str, str]) -> str:
    """The same of a reference: by its id, or by its name."""
    if not ref.get("id"):
        return kind_of(store, connection, ref.get("name", ""))
    with store.reading():
        asked = (QbdItem.connection == connection) & (QbdItem.list_id == ref["id"])
        row = QbdItem.select(QbdItem.kind).where(asked).first()
    return str(row.kind) if row is not None else ""
