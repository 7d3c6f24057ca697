"""How far somebody's rights reach: companies and shops of a hub, and what of a table lies inside.

A document is its till's, a row on its way its connection's; what cannot be told to lie inside is outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from peewee import SQL

from pos.errors import Invalid, NotFound
from pos.said import said
from pos.store import audit, companies
from pos.store.companies import MAIN, Place
from pos.store.db import Store
from pos.store.keys import Actor, clean_name
from pos.store.models import PersonLeft, PersonScope, User, database

#: Conditions with ? for the facts behind them; none for somebody who may see everything.
Conditions = tuple[list[str], list[str]]


@dataclass(frozen=True, slots=True)
class Reach:
    """Ids of what somebody may see; None = all. shops: only these of the companies."""

    companies: frozenset[str] | None = None
    shops: frozenset[str] | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is kept from them."""
        return self.companies is None and self.shops is None

    def has(self, place: Place) -> bool:
        """Whether a place lies inside."""
        inside = self.companies is None or place.company in self.companies
        return inside and (self.shops is None or place.shop in self.shops)


EVERYWHERE = Reach()


# -- whose rights reach how far ----------------------------------------------------------------------------------------


def of_person(store: Store, code: str) -> Reach:
    """How far a person's rights reach."""
    return of_places(store, scope_of(store, code))


def of_actor(store: Store, who: Actor) -> Reach:
    """How far somebody reaches who came in: a person's key no further than the key, nor than the person."""
    own = of_person(store, who.code)
    return own if who.via != "token" or not who.behind else both(own, of_person(store, who.behind))


def both(one: Reach, other: Reach) -> Reach:
    """What lies inside of both."""
    return Reach(_common(one.companies, other.companies), _common(one.shops, other.shops))


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def scope_of(store: Store, code: str) -> list[Place]:
    """The places a person's rights are kept to, in order; shop "" = all of the company's. [] = everywhere."""
    with store.reading():
        found = PersonScope.select().where(PersonScope.person == code)
        return sorted(Place(row.company, row.shop) for row in found)


def of_connection(store: Store, connection: str) -> Reach:
    """What a connection's books are about: the company's whose they are."""
    if store.config.server.role == "till" or len(companies.every(store)) == 1:
        return EVERYWHERE
    return Reach(frozenset({companies.of_connection(store, connection)}))


def of_places(store: Store, places: Iterable[Place]) -> Reach:
    """What lies in these places; [] = everything."""
    listed = list(places)
    if not listed:
        return EVERYWHERE
    whole = {place.company for place in listed if not place.shop}
    inside = frozenset(place.company for place in listed)
    if whole == inside:
        return Reach(inside)
    known = {shop.id for shop in companies.shops(store) if shop.company in whole}
    return Reach(inside, frozenset(known | {place.shop for place in listed if place.shop}))


def had(store: Store, code: str, place: Place) -> bool:
    """Whether a person's rights once reached a place, so that its tills may know them."""
    with store.reading():
        left = PersonLeft.select().where(PersonLeft.person == code)
        return any(row.company in ("", place.company) and row.shop in ("", place.shop) for row in left)


def keep_to(store: Store, code: str, places: Iterable[Place], by: str, *, new: bool = False) -> None:
    """Keep a person's rights to these places, [] = everywhere. new: nobody heard of this person before. NotFound for a
    person, a company or a shop that is not there; Invalid for a shop of another company."""
    wanted = sorted(set(places))
    with store.transaction():
        if not User.select().where(User.code == code).exists():
            raise NotFound(said("There is nobody with the code {code}.", code=code[:40]), field="code")
        for place in wanted:
            refuse_elsewhere(store, place)
        before = scope_of(store, code)
        if before == wanted:
            return
        for place in before or ([] if new else [Place("", "")]):
            PersonLeft.insert(person=code, company=place.company, shop=place.shop).on_conflict_ignore().execute()
        PersonScope.delete().where(PersonScope.person == code).execute()
        for place in wanted:
            PersonScope.create(person=code, company=place.company, shop=place.shop)
        told = {"before": [list(one) for one in before], "after": [list(one) for one in wanted]}
        audit.record(store, by, "user.scope", code, told)


def keep_key_to(store: Store, name: str, places: Iterable[Place], by: str) -> None:
    """Keep what a program's key of this name may do to these places, [] = everywhere. Refusals as `keep_to`."""
    wanted, name = sorted(set(places)), clean_name(name)
    code = key_code(name)
    with store.transaction():
        for place in wanted:
            refuse_elsewhere(store, place)
        before = scope_of(store, code)
        PersonScope.delete().where(PersonScope.person == code).execute()
        for place in wanted:
            PersonScope.create(person=code, company=place.company, shop=place.shop)
        if before != wanted:
            told = {"before": [list(one) for one in before], "after": [list(one) for one in wanted]}
            audit.record(store, by, "token.scope", name, told)


def key_code(name: str) -> str:
    """What a program is called where a person has a code."""
    return f"token:{name}"


def words(store: Store, code: str) -> list[str]:
    """Where somebody's rights are kept to, as people type it: COMPANY or COMPANY/SHOP; [] = everywhere."""
    return [f"{place.company}/{place.shop}".rstrip("/") for place in scope_of(store, code)]


def read(store: Store, text: str) -> Place:
    """The place such a word names; its company by id or name. NotFound."""
    company, _, shop = text.partition("/")
    return Place(companies.one(store, company).id, shop)


def refuse_elsewhere(store: Store, place: Place) -> None:
    """NotFound for a company or a shop that is not there; Invalid for a shop of another company."""
    owner = companies.one(store, place.company)
    if place.shop and companies.shop(store, place.shop).company != owner.id:
        raise Invalid(said("{shop} is no shop of {company}.", shop=place.shop, company=owner.name), field="shop")


def narrowed(store: Store, reach: Reach, company: str, shop: str) -> Reach:
    """The part of a reach that lies in one company, or in one shop. NotFound for what lies outside of it."""
    if not company and not shop:
        return reach
    owner = company or companies.shop(store, shop).company
    if not any(one.id == owner for one in companies_in(store, reach)):
        raise NotFound(said("There is no company {name} here.", name=owner[:30]), field="company")
    if not shop:
        return Reach(frozenset({owner}), reach.shops)
    if not any(one.id == shop and one.company == owner for one in shops_in(store, reach)):
        raise NotFound(said("There is no shop {name} here.", name=shop[:30]), field="shop")
    return Reach(frozenset({owner}), frozenset({shop}))


def companies_in(store: Store, reach: Reach) -> list[companies.Company]:
    """Companies somebody may see anything of."""
    return [one for one in companies.every(store) if reach.companies is None or one.id in reach.companies]


def shops_in(store: Store, reach: Reach) -> list[companies.Shop]:
    """Shops somebody may see."""
    return [one for one in companies.shops(store) if reach.has(Place(one.company, one.id))]


def whole(store: Store, reach: Reach, company: str) -> bool:
    """Whether all of a company lies inside: each of its shops, and so what is the company's own."""
    return reach.is_all or all(reach.has(Place(company, shop.id)) for shop in companies.shops(store, company))


# -- what lies inside --------------------------------------------------------------------------------------------------


def tills(reach: Reach, column: str) -> Conditions:
    """That the till whose id stands in a column lies inside. One that was given no place is in the first shop."""
    if reach.is_all:
        return [], []
    where, facts = _places(reach)
    if reach.has(Place(MAIN, MAIN)):
        return [f"{column} NOT IN (SELECT till FROM till_place WHERE NOT ({where}))"], facts
    return [f"{column} IN (SELECT till FROM till_place WHERE {where})"], facts


def of_companies(reach: Reach, column: str) -> Conditions:
    """That the company whose id stands in a column lies inside, or a shop of it."""
    if reach.companies is None:
        return [], []
    marks, facts = _marks(reach.companies)
    return [f"{column} IN ({marks})"], facts


def documents(reach: Reach, column: str) -> Conditions:
    """That the document whose id stands in a column lies inside."""
    where, facts = tills(reach, "mine.till")
    return (
        ([f"EXISTS (SELECT 1 FROM document mine WHERE mine.id = {column} AND {where[0]})"], facts)
        if where
        else ([], [])
    )


def connections(reach: Reach, column: str) -> Conditions:
    """That the connection whose id stands in a column is a company's inside."""
    where, facts = of_companies(reach, "company")
    return [f"{column} IN (SELECT id FROM connection WHERE {one})" for one in where], facts


def outbox(reach: Reach, alias: str) -> Conditions:
    """That a row of the outbox lies inside: it goes to books of a company, and is of a till of the shops."""
    where, facts = connections(reach, f"{alias}.connection")
    more, others = documents(reach, f"{alias}.document")
    return where + more, facts + others


def notices(reach: Reach, alias: str) -> Conditions:
    """That a notice is about a till, a document or, for who sees the whole company, a connection inside."""
    if reach.is_all:
        return [], []
    column = f"{alias}.subject"
    by_till, facts = tills(reach, "t.till")
    by_document, others = tills(reach, "d.till")
    ways = [
        f"EXISTS (SELECT 1 FROM hub_till t WHERE t.till <> '' AND {column} IN (t.till, t.id) AND {by_till[0]})",
        f"EXISTS (SELECT 1 FROM document d WHERE d.number = {column} AND {by_document[0]})",
        f"EXISTS (SELECT 1 FROM document d WHERE d.id = {column} AND {by_document[0]})",
    ]
    given = [*facts, *others, *others]
    if reach.shops is None:
        by_connection, more = connections(reach, column)
        ways, given = [*ways, *by_connection], [*given, *more]
    return [f"{column} <> '' AND ({' OR '.join(ways)})"], given


def people(reach: Reach, column: str) -> Conditions:
    """That all of the rights of the person whose code stands in a column lie inside."""
    if reach.is_all:
        return [], []
    where, facts = _places(reach)
    whole = where if reach.shops is None else f"{where} AND shop <> ''"
    mine = f"SELECT 1 FROM person_scope p WHERE p.person = {column}"
    return [f"EXISTS ({mine}) AND NOT EXISTS ({mine} AND NOT ({whole}))"], facts


def audited(reach: Reach, alias: str) -> Conditions:
    """That a row of the audit is of a document, a till, a person, a company or a shop inside."""
    if reach.is_all:
        return [], []
    subject, actor, act = f"{alias}.subject", f"{alias}.actor", f"{alias}.act"
    by_document, facts = tills(reach, "d.till")
    by_till, more = tills(reach, "t.till")
    by_person, others = people(reach, subject)
    ways = [
        f"EXISTS (SELECT 1 FROM document d WHERE d.id = {subject} AND {by_document[0]})",
        f"EXISTS (SELECT 1 FROM document d WHERE d.number = {subject} AND {by_document[0]})",
        f"EXISTS (SELECT 1 FROM hub_till t WHERE t.till <> '' AND {actor} = 'till:' || t.till AND {by_till[0]})",
        f"({act} LIKE 'user.%' AND {by_person[0]})",
    ]
    given = [*facts, *facts, *more, *others]
    if reach.companies is not None and reach.shops is None:
        marks, those = _marks(reach.companies)
        ways.append(f"({act} LIKE 'company.%' AND {subject} IN ({marks}))")
        ways.append(_of_stock(alias, marks))
        given += those * (1 + len(_STOCKED) + 1)
    return [f"({' OR '.join(ways)})"], given


#: What an act of stock, or of a company file, may be about: table and the column that names it.
_STOCKED = (
    ("inventory_event", "id"), ("inventory_count", "id"), ("purchase_order", "id"), ("qbd_company", "connection"),
    ("conductor_company", "connection"),
)  # fmt: skip


def _of_stock(alias: str, marks: str) -> str:
    """That a row of the audit is of a company's stock, company file or office records: its detail names the company, or
    its subject is the company's.
    The company's ids are given once for each of _STOCKED, and once more."""
    subject, act, detail = f"{alias}.subject", f"{alias}.act", f"{alias}.detail"
    told = f"CASE WHEN {detail} LIKE '{{%' THEN json_extract({detail}, '$.company') END IN ({marks})"
    ways = [
        f"EXISTS (SELECT 1 FROM {table} s WHERE s.{column} = {subject} AND s.company IN ({marks}))"
        for table, column in _STOCKED
    ]
    acts = " OR ".join(f"{act} LIKE '{part}.%'" for part in ("inventory", "qbd", "conductor", "record"))
    of_stock = f"({acts}) AND {act} <> 'inventory.refused'"  # names who asked
    return f"({of_stock} AND ({' OR '.join([told, *ways])}))"


def compared(reach: Reach, alias: str) -> Conditions:
    """That a comparison with books lies inside. A whole day holds all shops, so who sees some of them sees sessions."""
    where, facts = connections(reach, f"{alias}.connection")
    if reach.shops is not None:
        more, others = tills(reach, "s.till")
        where.append(
            f"{alias}.scope = 'session' AND EXISTS (SELECT 1 FROM session s WHERE s.id = {alias}.name AND {more[0]})"
        )
        facts = [*facts, *others]
    return where, facts


def terms(conditions: Conditions) -> list[SQL]:
    """Conditions for a query of peewee, whose engine has placeholders of its own."""
    where, facts = conditions
    return [SQL(where[0].replace("?", database.param), facts)] if where else []


def inside(store: Store, conditions: Conditions, table: str, where: str, fact: object) -> bool:
    """Whether the row of a table that `where` (one ?) names fits conditions on the alias x."""
    more, facts = conditions
    asked = " AND ".join([where, *more])
    return store.execute(f"SELECT 1 FROM {table} x WHERE {asked} LIMIT 1", (fact, *facts)).fetchone() is not None


def _places(reach: Reach) -> tuple[str, list[str]]:
    """The condition on columns `company` and `shop`."""
    where, facts = list[str](), list[str]()
    for column, inside in (("company", reach.companies), ("shop", reach.shops)):
        if inside is not None:
            marks, those = _marks(inside)
            where.append(f"{column} IN ({marks})")
            facts += those
    return " AND ".join(where), facts


def _marks(inside: frozenset[str]) -> tuple[str, list[str]]:
    facts = sorted(inside) or ["-"]  # nothing has that id
    return ", ".join("?" * len(facts)), facts
