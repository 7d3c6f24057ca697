"""Where a hub's tills stand: each is of one company and in one of its shops, and stays there once it has documents."""

from __future__ import annotations

from collections.abc import Collection

from pos.errors import Conflict
from pos.said import said
from pos.store import audit, companies
from pos.store.companies import Place
from pos.store.db import Store
from pos.store.models import Document, HubTill, TillPlace


def stands(store: Store, here: Place, ids: Collection[str]) -> None:
    """A till joins: documents of these ids are of the company and the shop its code was made for. Conflict when there
    are some already, of a till that stood elsewhere. Inside a transaction."""
    for till in ids:
        before = companies.of_till(store, till)
        if before != here and (_has_documents([till]) or _is_anothers(till, here)):
            raise Conflict(
                said(
                    "{till} is known here already, as a till of {company}. Give this till another [till] id, or make "
                    "its code for that company and shop.",
                    till=till,
                    company=companies.one(store, before.company).name,
                ),
                code="till_elsewhere",
                field="till",
            )
        TillPlace.put(till=till, company=here.company, shop=here.shop)


def move(store: Store, key: str, place: Place, by: str) -> None:
    """The till with this key here stands in another company or shop. Conflict once it has documents: they stay where
    they were made."""
    with store.transaction():
        row = HubTill.get(HubTill.id == key)
        before, ids = Place(row.company, row.shop), row.ids.split()
        if before == place:
            return
        if _has_documents(ids):
            raise Conflict(
                said(
                    "{name} has documents here, so it stays where it is. Withdraw it, and add it there under another "
                    "[till] id.",
                    name=row.name,
                ),
                code="has_documents",
            )
        HubTill.update(company=place.company, shop=place.shop).where(HubTill.id == row.id).execute()
        for till in ids:
            TillPlace.put(till=till, company=place.company, shop=place.shop)
        told = {"till": row.till, "before": before._asdict(), "after": place._asdict()}
        audit.record(store, by, "till.move", row.name, told)


def _has_documents(ids: Collection[str]) -> bool:
    return bool(Document.select().where(Document.till.in_(list(ids))).exists())


def _is_anothers(till: str, here: Place) -> bool:
    """Whether a till that stands elsewhere goes by this id now, though nothing of it came yet."""
    alive = HubTill.select(HubTill.company, HubTill.shop).where((HubTill.till == till) & (HubTill.revoked_at == ""))
    return any(Place(row.company, row.shop) != here for row in alive)
