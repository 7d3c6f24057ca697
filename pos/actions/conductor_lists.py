"""Small lists of a company file that forms choose from and records name: accounts, terms, taxes, sales people, ...

They are asked for whole, with what is inactive; a list the company file does not keep (sites without the inventory
extension, currencies where there is one) is no failure.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from pos import clock
from pos.actions.conductor_side import Lost, Side
from pos.connectors.conductor.client import Client
from pos.errors import Rejected
from pos.store import conductor_lists, conductor_sessions
from pos.store.conductor_lists import Entry
from pos.store.conductor_sessions import Failure, Session, Step
from pos.store.db import Store

log = logging.getLogger(__name__)

#: sort -> where it is asked for, and what is kept of each entry beside its name.
SORTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "account": (("accounts",), ("accountType", "accountNumber", "specialAccountType")),
    "terms": (("standard_terms", "date_driven_terms"), ("dueDays", "dueDayOfMonth")),
    "sales_representative": (("sales_representatives",), ()),
    "customer_type": (("customer_types",), ()),
    "payment_method": (("payment_methods",), ("paymentMethodType",)),
    "unit_of_measure_set": (("unit_of_measure_sets",), ("unitOfMeasureType",)),
    "sales_tax_code": (("sales_tax_codes",), ("isTaxable",)),
    "sales_tax_item": (("sales_tax_items", "sales_tax_group_items"), ("taxRate",)),
    "class": (("classes",), ()),
    "price_level": (("price_levels",), ("priceLevelType", "fixedPercentage")),
    "shipping_method": (("shipping_methods",), ()),
    "template": (("templates",), ("templateType",)),
    "currency": (("currencies",), ("currencyCode",)),
    "inventory_site": (("inventory_sites",), ("isDefault",)),
}
#: Without these nothing can be made there; of the others a company file may have none.
NEEDED = ("account",)
TYPE = "lists"


def run(
    on: Side, session: Session, step: Step, stopping: Callable[[], bool], breathe: Callable[[], None]
) -> bool:  # fmt: skip
    """Ask for all of them, from where the step is; whether it came to its end. ConnectorError; Lost."""
    done = list(step.cursor.get("done") or ())
    for sort in SORTS:
        if sort in done:
            continue
        if stopping():
            return False
        entries, error = asked(on.client, sort)
        failures = [_failure(step, sort, error)] if error is not None and sort in NEEDED else []
        done.append(sort)
        with on.store.transaction():
            if error is None:
                conductor_lists.keep(on.store, on.connection, sort, entries, clock.now())
            if not conductor_sessions.went(
                on.store, session, step, {"done": done}, total=len(SORTS), synced=int(not failures),
                unchanged=0, failed=len(failures), failures=failures,
            ):  # fmt: skip
                raise Lost
        breathe()
    return True


def load(store: Store, connection: str, client: Client) -> dict[str, int]:
    """All of them, outside of a session, as the settings' page asks for them; how many entries each has. Rejected where
    one that is needed is refused."""
    counts = {}
    for sort in SORTS:
        entries, error = asked(client, sort)
        if error is not None:
            if sort in NEEDED:
                raise error
            continue
        conductor_lists.keep(store, connection, sort, entries, clock.now())
        counts[sort] = len(entries)
    return counts


def asked(client: Client, sort: str) -> tuple[list[Entry], Rejected | None]:
    """One list of theirs, or why it is refused."""
    resources, facts = SORTS[sort]
    found: list[Entry] = []
    for resource in resources:
        try:
            rows = client.whole(resource)
        except Rejected as error:
            if error.code == "no_match":
                continue
            log.info("conductor: no list of %s (%s)", resource, error.code)
            return [], error
        found += [_entry(sort, row, facts) for row in rows]
    return found, None


def _entry(sort: str, row: Mapping[str, Any], facts: tuple[str, ...]) -> Entry:
    kept = {name: _plain(row[name]) for name in facts if row.get(name) not in (None, "")}
    name = str(row.get("fullName") or row.get("name") or row.get("initial") or row["id"])
    return Entry(sort, str(row["id"]), name, bool(row.get("isActive", True)), kept)


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool) else str(value)


def _failure(step: Step, sort: str, error: Rejected) -> Failure:
    return Failure(
        object_type=step.object_type, object_id="", remote_id=sort, title=sort, code=error.code, message=error.message,
        remedy=error.remedy,
    )  # fmt: skip
