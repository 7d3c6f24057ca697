"""Companies and their shops: what a hub has tills of. "main" of both is always there; a lone till stands in it.

What a part of the program keeps for a company (say, "quickbooks") is one JSON object under that part's name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from pos import clock
from pos.errors import BadSettings, Conflict, Invalid, NotFound
from pos.said import said
from pos.store import audit
from pos.store.db import Store
from pos.store.keys import clean_name
from pos.store.models import Company as Companies
from pos.store.models import Connection, Document, TillPlace
from pos.store.models import Shop as Shops

#: The company and the shop of whatever was given to no other.
MAIN = "main"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,29}\Z")


@dataclass(frozen=True, slots=True)
class Company:
    """One company. time_zone: IANA name; currency: ISO 4217; made_at: clock.stamp() text, "" of the first."""

    id: str
    name: str
    active: bool
    time_zone: str
    currency: str
    made_at: str


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop of a company."""

    id: str
    company: str
    name: str


class Place(NamedTuple):
    """Where something is: ids of a company and of one of its shops."""

    company: str
    shop: str


class Kept(NamedTuple):
    """What a part of the program keeps for a company. mark: given back with a change, so that none is lost."""

    values: dict[str, Any]
    mark: str


# -- companies ---------------------------------------------------------------------------------------------------------


def every(store: Store, *, active: bool = False) -> list[Company]:
    """All companies, the first one first, then by name. active: only those that are."""
    with store.reading():
        rows = [_company(store, row) for row in Companies.select()]
    rows = [row for row in rows if row.active or not active]
    return sorted(rows, key=lambda row: (row.id != MAIN, row.name.casefold(), row.id))


def are_several(store: Store) -> bool:
    """Whether there is another company than the first."""
    with store.reading():
        return Companies.select().where(Companies.id != MAIN).exists()


def refuse_selling(store: Store) -> None:
    """BadSettings where a hub of several companies is to sell itself: its own screens know no companies."""
    if store.config.server.role == "both" and are_several(store):
        raise BadSettings(
            "This hub has tills of several companies, so it does not sell itself: set [server] role = hub, and give "
            "its till a folder of its own."
        )


def one(store: Store, key: str) -> Company:
    """A company by its id, else by its name. NotFound."""
    with store.reading():
        return _company(store, _named(store, key))


def add(store: Store, key: str, name: str, by: str, *, time_zone: str = "", currency: str = "") -> Company:
    """One more company, under a lasting id of small letters, digits and hyphens, with a first shop of the same id and
    name. time_zone, currency: empty = those of this server. Invalid; Conflict when the id or the name is taken."""
    key, name = _clean_id(key), clean_name(name)
    if store.config.server.role == "both":
        raise Invalid("A hub of several companies does not sell itself: set [server] role = hub first.", field="id")
    _refuse_unknown(time_zone, currency)
    with store.transaction():
        _refuse(any(row.id == key for row in Companies.select(Companies.id)), key, "id")
        _refuse_name(store, name)
        _refuse(Shops.select().where(Shops.id == key).exists(), key, "id")
        Companies.create(
            id=key, name=name, time_zone=time_zone, currency=currency, made_at=clock.stamp(clock.now())
        )  # fmt: skip
        Shops.create(id=key, company=key, name=name)
        audit.record(store, by, "company.add", key, {"company": key, "name": name})
        return one(store, key)


def rename(store: Store, key: str, name: str, by: str) -> None:
    """Call a company otherwise; its id stays."""
    name = clean_name(name)
    with store.transaction():
        row = _named(store, key)
        before = _company(store, row).name
        if name == before:
            return
        _refuse_name(store, name)
        Companies.update(name=name).where(Companies.id == row.id).execute()
        audit.record(store, by, "company.rename", row.id, {"company": row.id, "before": before, "after": name})


def set_active(store: Store, key: str, active: bool, by: str) -> None:
    """Switch a company on or off: no till joins one that is off. What is there stays."""
    with store.transaction():
        row = _named(store, key)
        if row.id == MAIN and not active:
            raise Invalid("The first company stays on: what belongs to no other is there.", field="active")
        if Companies.update(active=active).where((Companies.id == row.id) & (Companies.active != active)).execute():
            audit.record(store, by, "company.active", row.id, {"company": row.id, "active": active})


def set_counting(store: Store, key: str, time_zone: str, currency: str, by: str) -> None:
    """The time zone a company's days are counted in, and its currency; empty = those of this server. Conflict for
    another currency once a till of it has sold: what is booked is in the old one."""
    _refuse_unknown(time_zone, currency)
    with store.transaction():
        row = _named(store, key)
        if row.id == MAIN:
            raise Invalid("The first company counts as this server does: set [shop] timezone and currency.",
                          field="currency")  # fmt: skip
        before = _company(store, row)
        Companies.update(time_zone=time_zone, currency=currency).where(Companies.id == row.id).execute()
        after = one(store, row.id)
        if after.currency != before.currency and _has_sold(row.id):
            raise Conflict(
                said("{name} has sold in {currency} already, so it stays with it.", name=before.name,
                     currency=before.currency), field="currency", code="has_documents",
            )  # fmt: skip
        told = {name: [getattr(before, name), getattr(after, name)] for name in ("time_zone", "currency")}
        if any(old != new for old, new in told.values()):
            audit.record(store, by, "company.counting", row.id, {"company": row.id, **told})


# -- what parts of the program keep for a company ----------------------------------------------------------------------


def kept(store: Store, key: str, part: str) -> Kept:
    """What `part` keeps for a company; nothing yet = {}. NotFound for a company that is not there."""
    with store.reading():
        row = Companies.get_or_none(Companies.id == key)
    if row is None:
        raise _unknown(key)
    values = json.loads(row.settings or "{}").get(part)
    return Kept(values if isinstance(values, dict) else {}, row.settings)


def keep(store: Store, key: str, part: str, values: Mapping[str, Any], before: Kept, by: str) -> Kept:
    """Put `values` in place of what `part` kept. Conflict, code "changed", when anything of the company's changed since
    `before` was read: read again. Plain JSON values, and no secrets; the names of what changed go to the audit."""
    whole = json.loads(before.mark or "{}")
    old = whole.get(part) or {}
    whole[part] = dict(values)
    text = json.dumps(whole, sort_keys=True, ensure_ascii=False)
    with store.transaction():
        same = (Companies.id == key) & (Companies.settings == before.mark)
        if not Companies.update(settings=text).where(same).execute():
            raise Conflict("Somebody changed these settings meanwhile. Look again, then change them.", code="changed")
        changed = sorted(name for name in {*old, *values} if old.get(name) != values.get(name))
        if changed:
            audit.record(store, by, "company.settings", key, {"company": key, "part": part, "changed": changed})
    return Kept(dict(values), text)


def kept_as(store: Store, key: str, part: str, name: str) -> Kept:
    """One thing of what `part` keeps, an object; {} before it was made."""
    whole = kept(store, key, part)
    return Kept(dict(whole.values.get(name) or {}), whole.mark)


def keep_as(store: Store, key: str, part: str, name: str, values: Mapping[str, Any], before: Kept, by: str) -> Kept:
    """Put `values` in place of that one thing, beside what else `part` keeps. Conflict as `keep`."""
    whole = {**kept(store, key, part).values, name: dict(values)}
    return Kept(dict(values), keep(store, key, part, whole, Kept({}, before.mark), by).mark)


# -- shops -------------------------------------------------------------------------------------------------------------


def shops(store: Store, company: str = "") -> list[Shop]:
    """All shops, or those of one company: the first one first, then by name."""
    with store.reading():
        rows = [_shop(store, row) for row in Shops.select() if company in ("", row.company)]
    return sorted(rows, key=lambda row: (row.company != MAIN, row.company, row.id != MAIN, row.name.casefold()))


def shop(store: Store, key: str) -> Shop:
    """A shop by its id. NotFound."""
    with store.reading():
        row = Shops.get_or_none(Shops.id == key)
    if row is None:
        raise NotFound(said("There is no shop {name} here.", name=key[:30]), field="shop")
    return _shop(store, row)


def add_shop(store: Store, company: str, key: str, name: str, by: str) -> Shop:
    """One more shop of a company. Its id is lasting, and one shop's alone on this hub. Conflict when it is taken."""
    key, name = _clean_id(key), clean_name(name)
    with store.transaction():
        owner = _named(store, company).id
        _refuse(Shops.select().where(Shops.id == key).exists(), key, "id")
        _refuse(any(row.name == name for row in shops(store, owner)), name, "name")
        Shops.create(id=key, company=owner, name=name)
        audit.record(store, by, "shop.add", key, {"company": owner, "name": name})
        return shop(store, key)


def rename_shop(store: Store, key: str, name: str, by: str) -> None:
    """Call a shop otherwise; its id stays."""
    name = clean_name(name)
    with store.transaction():
        row = shop(store, key)
        if row.name == name:
            return
        _refuse(any(other.name == name for other in shops(store, row.company)), name, "name")
        Shops.update(name=name).where(Shops.id == row.id).execute()
        audit.record(
            store, by, "shop.rename", row.id, {"company": row.company, "before": row.name, "after": name}
        )  # fmt: skip


# -- what belongs where ------------------------------------------------------------------------------------------------


def place(store: Store, company: str = "", shop_id: str = "") -> Place:
    """The place these words name: a company by id or name ("" = the shop's, else the first), a shop by its id ("" = the
    company's first). NotFound; Invalid when the shop is another company's, or the company is switched off."""
    if not company:
        company = shop(store, shop_id).company if shop_id else MAIN
    owner = one(store, company)
    if not owner.active:
        raise Invalid(said("{name} is inactive.", name=owner.name), field="company")
    if not shop_id:
        listed = [row.id for row in shops(store, owner.id)]
        shop_id = owner.id if owner.id in listed else listed[0]
    elif shop(store, shop_id).company != owner.id:
        raise Invalid(said("{shop} is no shop of {company}.", shop=shop_id, company=owner.name), field="shop")
    return Place(owner.id, shop_id)


def of_till(store: Store, till: str) -> Place:
    """Where the till stands (or stood) whose documents carry this id."""
    with store.reading():
        row = TillPlace.get_or_none(TillPlace.till == till)
    return Place(row.company, row.shop) if row else Place(MAIN, MAIN)


def of_connection(store: Store, connection: str) -> str:
    """Whose books a connection is: a company's id."""
    with store.reading():
        row = Connection.get_or_none(Connection.id == connection)
    return row.company if row else MAIN


def connection_id(kind: str, company: str) -> str:
    """The id of a company's connection of a kind: "quickbooks" of the first company, "quickbooks-north" of another."""
    return kind if company == MAIN else f"{kind}-{company}"


def _refuse_unknown(time_zone: str, currency: str) -> None:
    if time_zone and time_zone not in available_timezones():
        raise Invalid(said("{name} is no time zone; write it like Europe/London.", name=time_zone), field="time_zone")
    if currency and not re.fullmatch(r"[A-Z]{3}", currency):
        raise Invalid("A currency is three capital letters, like GBP.", field="currency")


def _has_sold(company: str) -> bool:
    tills = TillPlace.select(TillPlace.till).where(TillPlace.company == company)
    return bool(Document.select().where(Document.till.in_(tills)).exists())


def _company(store: Store, row: Any) -> Company:
    own = store.config.shop
    return Company(
        row.id,
        row.name or own.name,
        bool(row.active),
        row.time_zone or own.timezone,
        row.currency or own.currency,
        row.made_at,
    )


def _shop(store: Store, row: Any) -> Shop:
    own = store.config.till.store if store.config.till.store != MAIN else ""
    return Shop(row.id, row.company, row.name or own or store.config.shop.name)


def _named(store: Store, key: str) -> Any:
    row = Companies.get_or_none(Companies.id == key) or Companies.get_or_none(Companies.name == key)
    if row is None and key == store.config.shop.name:
        row = Companies.get_or_none((Companies.id == MAIN) & (Companies.name == ""))
    if row is None:
        raise _unknown(key)
    return row


def _unknown(key: str) -> NotFound:
    return NotFound(said("There is no company {name} here.", name=key[:30]), field="company")


def _clean_id(key: str) -> str:
    if not _ID.match(key):
        raise Invalid(
            "An id is 1 to 30 small letters, digits and hyphens, and begins with a letter or a digit.", field="id"
        )
    return key


def _refuse_name(store: Store, name: str) -> None:
    _refuse(any(row.name.casefold() == name.casefold() for row in every(store)), name, "name")


def _refuse(taken: bool, word: str, field: str) -> None:
    if taken:
        raise Conflict(said("{name} is taken already. Choose another.", name=word), field=field, code="taken")
