"""The time zone and the currency a company is counted in: its own, where the console shows one company of several.

Sums of two currencies are never added; what lies in a reach is told apart by currency first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pos.config import Config
from pos.store import companies, company_list
from pos.store import reach as within
from pos.store.companies import Company
from pos.store.db import Store
from pos.store.reach import Reach


@dataclass(frozen=True, slots=True)
class Counted:
    """A part of a reach with one currency, and the settings it is counted by. names: of its companies."""

    config: Config
    reach: Reach
    names: tuple[str, ...]


def of_company(store: Store, config: Config, company: str) -> Config:
    """The settings as they count for one company."""
    if config.server.role == "till" or company == companies.MAIN:
        return config
    return _counts(config, [companies.one(store, company)])


def of_connection(store: Store, config: Config, connection: str) -> Config:
    """The settings as they count for the company whose books these are."""
    return of_company(store, config, companies.of_connection(store, connection)) if connection else config


def by_currency(store: Store, config: Config, reach: Reach) -> list[Counted]:
    """What lies in a reach, a part for each currency; the first company's first. Companies without a till are in none,
    unless there is no other."""
    inside = within.companies_in(store, reach) if config.server.role != "till" else []
    if len(inside) < 2:
        return [Counted(_counts(config, inside), reach, _names(inside))]
    tills = company_list.counts(store, [one.id for one in inside], reach)
    found: dict[str, list[Company]] = {}
    for one in [one for one in inside if tills[one.id].tills] or inside[:1]:
        found.setdefault(one.currency, []).append(one)
    if len(found) == 1:
        (some,) = found.values()
        return [Counted(_counts(config, some), reach, _names(some))]
    return [
        Counted(_counts(config, some), Reach(frozenset(one.id for one in some), reach.shops), _names(some))
        for some in found.values()
    ]


def _names(some: Sequence[Company]) -> tuple[str, ...]:
    return tuple(one.name for one in some)


def _counts(config: Config, some: Sequence[Company]) -> Config:
    """Their currency, and their time zone where they have one together."""
    if not some:
        return config
    zones = {one.time_zone for one in some}
    zone = zones.pop() if len(zones) == 1 else config.shop.timezone
    return replace(config, shop=replace(config.shop, currency=some[0].currency, timezone=zone))
