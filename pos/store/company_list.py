"""Companies of a hub as a list: searched and paged, with how many shops, tills and people each has within a reach."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from pos.store import companies, listing
from pos.store import reach as within
from pos.store.companies import MAIN, Company
from pos.store.db import Store
from pos.store.listing import Asked, Page, Source
from pos.store.reach import EVERYWHERE, Reach

SHOWS = {"on": "c.active = 1", "off": "c.active = 0", "all": "1 = 1"}
_ON = Source(("c.id",), "company c", "c.id", {"name": "lower(c.name)", "id": "c.id"})


@dataclass(slots=True)
class Counts:
    """Of one company, by shop: tills that are not withdrawn, and how many of them are there twice. people: those who
    are working and whose rights are kept to this company or a part of it."""

    tills: dict[str, int] = field(default_factory=dict)
    doubled: dict[str, int] = field(default_factory=dict)
    people: int = 0


def page(store: Store, show: str, words: str, asked: Asked, reach: Reach) -> tuple[list[Company], Page]:
    """A page of companies somebody may see anything of, the first one first."""
    where, facts = _conditions(store, show, words, reach)
    with store.reading():
        found = listing.page(store, _ON, where, facts, asked)
        known = {one.id: one for one in companies.every(store)}
    return [known[key] for (key,) in found.rows], found


def everything(store: Store, show: str, words: str, asked: Asked, reach: Reach) -> Iterator[Company]:
    """All that fit, for an export."""
    known = {one.id: one for one in companies.every(store)}
    for (key,) in listing.everything(store, _ON, *_conditions(store, show, words, reach), asked):
        if key in known:
            yield known[key]


def counts(store: Store, ids: Collection[str], reach: Reach = EVERYWHERE) -> dict[str, Counts]:
    """Counts of these companies, of what lies within a reach."""
    found = {key: Counts() for key in ids}
    if not found:
        return found
    marks = ", ".join("?" * len(found))
    asked, facts = within.people(reach, "u.code")
    with store.reading():
        tills = store.execute(
            "SELECT company, shop, count(*), sum(CASE WHEN state = 'doubled' THEN 1 ELSE 0 END) FROM hub_till"
            f" WHERE revoked_at = '' AND company IN ({marks}) GROUP BY company, shop",
            tuple(found),
        ).fetchall()
        people = store.execute(
            "SELECT p.company, count(DISTINCT p.person) FROM person_scope p JOIN user u ON u.code = p.person"
            f" WHERE u.active = 1 AND p.company IN ({marks}){''.join(f' AND {one}' for one in asked)}"
            " GROUP BY p.company",
            (*found, *facts),
        ).fetchall()
    for company, shop, many, doubled in tills:
        if reach.has(companies.Place(company, shop)):
            found[company].tills[shop], found[company].doubled[shop] = int(many), int(doubled)
    for company, many in people:
        found[company].people = int(many)
    return found


def everywhere(store: Store) -> int:
    """How many working people's rights are kept to nothing."""
    asked = "SELECT count(*) FROM user u WHERE u.active = 1 AND NOT EXISTS (SELECT 1 FROM person_scope p WHERE"
    with store.reading():
        return int(store.execute(f"{asked} p.person = u.code)").fetchone()[0])


def _conditions(store: Store, show: str, words: str, reach: Reach) -> tuple[list[str], list[str]]:
    where, facts = within.of_companies(reach, "c.id")
    where = [SHOWS[show], *where]
    if words:
        ways = [f"instr(lower({column}), lower(?)) > 0" for column in ("c.name", "c.id")]
        some = [words, words]
        if words.casefold() in store.config.shop.name.casefold():
            ways.append(f"(c.id = '{MAIN}' AND c.name = '')")
        ways.append(
            "EXISTS (SELECT 1 FROM shop s WHERE s.company = c.id AND instr(lower(s.name), lower(?)) > 0"
            f"{_shops(reach)})"
        )
        where.append(f"({' OR '.join(ways)})")
        facts = [*facts, *some, words, *sorted(reach.shops or ())]
    return where, facts


def _shops(reach: Reach) -> str:
    return "" if reach.shops is None else f" AND s.id IN ({', '.join('?' * len(reach.shops)) or 'NULL'})"
