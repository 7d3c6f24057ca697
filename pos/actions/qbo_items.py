"""Items the till sells and QuickBooks does not know: proposed, and created there once a person approved it.

Before each try the name is looked up. What is called so and has our code as its SKU is the item, from a try whose
answer was lost; what is called so without is somebody else's, and the person says whether that one is meant.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pos import clock
from pos.actions import qbo_alive, qbo_lists, qbo_mapping
from pos.actions.qbo_missing import Wanting
from pos.actions.qbo_standing import settings_of
from pos.config import Config
from pos.connectors.qbo import fit, mapping
from pos.connectors.qbo.client import Client, encoded, text
from pos.connectors.qbo.lists import Entry, Lists
from pos.connectors.qbo.mapping import Category, Tables
from pos.errors import Conflict, ConnectorError, Invalid, Rejected, SignInNeeded, Unavailable, Unknown
from pos.said import said
from pos.store import qbo_items, qbo_tokens
from pos.store import qbo_lists as kept_lists
from pos.store.db import Store
from pos.store.qbo_items import NewItem

log = logging.getLogger(__name__)

NAME_MAX = 100
#: Proposals a page shows; the most needed first.
SHOWN_MAX = 200
#: Items created before a person gets an answer; the agent creates the others.
AT_ONCE = 5
#: Items of one round of the agent.
ROUND_MAX = 100
AGAIN_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Proposal:
    """One item of the till that nothing in QuickBooks is mapped to.

    title: what it would be called there, with its code where several of ours have one name. lack: why it cannot be
    created yet, "" = it can. waiting: receipts it holds up. alike: the entry there with the same name or our code.
    made: what was tried."""

    code: str
    name: str
    title: str
    group: str
    category: Category | None
    lack: str
    waiting: int
    alike: Entry | None
    made: NewItem | None


def proposals(store: Store, company: str, tables: Tables, lists: Lists, waiting: Sequence[Wanting]) -> list[Proposal]:
    """Everything that can be sold and is not mapped, what holds up most receipts first, then by code."""
    connection, realm = qbo_lists.bound(store, company)
    made = qbo_items.listed(store, connection, realm)
    held = {one.name: one for one in waiting if one.part == "items"}
    found = {one.name: (one.title, one.group) for one in held.values()}
    if not tables.default_item:
        for code, name, group in kept_lists.goods(store):
            if not tables.items.get(code) and not tables.groups.get(group):
                found[code] = (name, group)
    by_name = _by_name(lists)
    often = Counter(_name(name, code).casefold() for code, (name, _) in found.items())
    rows = []
    for code, (name, group) in found.items():
        category = category_of(tables, group)
        lack = fit.lacking(category) if category else said("no accounts are chosen for this category.")
        count = held[code].receipts if code in held else 0
        title = _name(name, code)
        title = _coded(title, code) if often[title.casefold()] > 1 else title
        alike = by_name.get(code.casefold()) or by_name.get(title.casefold())
        rows.append(Proposal(code, name, title, group, category, lack, count, alike, made.get(code)))
    return sorted(rows, key=lambda one: (-one.waiting, one.code))


def category_of(tables: Tables, group: str) -> Category | None:
    """How items of a group are created; None when nobody said."""
    return tables.categories.get(group) or tables.categories.get("")


def approve(store: Store, company: str, wanted: Sequence[Proposal], by: str, *, renamed: bool = False) -> int:
    """A person has these created; how many were taken. renamed: under another name, with the code behind it. Conflict
    when the mapping does not hold together; Invalid names what a category lacks."""
    connection, realm = qbo_lists.bound(store, company)
    if found := qbo_mapping.check(qbo_mapping.read(store, company).values):
        raise Conflict(" ".join(found), code="mapping")
    bodies: dict[str, tuple[str, bytes]] = {}
    for one in wanted:
        if one.lack or one.category is None:
            raise Invalid(said("{code} cannot be created: {lack}", code=one.code, lack=one.lack), field="codes")
        name = _coded(_name(one.name, one.code), one.code) if renamed else one.title
        bodies[one.code] = (name, encoded(body(one.code, name, one.category)))
    return qbo_items.approve(store, company, connection, realm, bodies, by)


def body(code: str, name: str, category: Category) -> dict[str, Any]:
    """An item as QuickBooks is sent it."""
    found: dict[str, Any] = {
        "Name": name,
        "Sku": code[:NAME_MAX],
        "Type": category.kind,
        "IncomeAccountRef": {"value": category.income},
    }
    if category.costs:
        found["ExpenseAccountRef"] = {"value": category.costs}
    if category.kind == "Inventory":
        found |= {
            "TrackQtyOnHand": True,
            "QtyOnHand": 0,
            "InvStartDate": category.starts,
            "AssetAccountRef": {"value": category.stock},
        }
    return found


def create(store: Store, config: Config, company: str, limit: int, client: Client | None = None) -> int:
    """Create what was approved and may be tried now, and map it; how many are there now. SignInNeeded; what else goes
    wrong stands with the item."""
    connection, realm = qbo_lists.bound(store, company)
    codes = qbo_items.due(store, connection, realm, clock.now(), limit)
    if not codes:
        return 0
    speaker = client or qbo_alive.client(store, config, connection)
    try:
        for code in codes:
            one = qbo_items.take(store, connection, code, clock.now())
            if one is not None:
                _create(store, config, company, connection, one, speaker)
    finally:
        if client is None:
            speaker.close()
    return _mapped(store, company, connection, realm)


def follow(store: Store, config: Config) -> int:
    """One round of the agent: what was approved and is not there yet, of every company; how many are there now."""
    made = 0
    for row in qbo_tokens.rows(store):
        if row.realm and row.has_tokens:
            try:
                made += create(store, config, row.company, ROUND_MAX)
            except ConnectorError as error:
                log.warning("items wait to be created for %s: %s", row.connection, error.message)
    return made


def _create(store: Store, config: Config, company: str, connection: str, one: NewItem, client: Client) -> None:
    try:
        there = _there(client, one.name)
        if there is None:
            there = client.create("Item", one.sent, one.request_id)
        elif not _is_ours(there, one):
            _taken(store, connection, one, there)
            return
    except SignInNeeded as error:
        qbo_items.later(store, connection, one, error.message, clock.now() + timedelta(seconds=AGAIN_SECONDS))
        raise
    except Unknown as error:
        wait = settings_of(store, config, company).settle_seconds
        qbo_items.later(store, connection, one, error.message, clock.now() + timedelta(seconds=wait))
    except Unavailable as error:
        qbo_items.later(store, connection, one, error.message, clock.now() + timedelta(seconds=AGAIN_SECONDS))
    except Rejected as error:
        _refused(store, connection, one, error, client)
    else:
        qbo_items.created(store, connection, one, str(there["Id"]))
        qbo_lists.add_item(
            store, company, Entry(str(there["Id"]), one.name, str(there.get("Type") or ""), sku=one.item)
        )


def _refused(store: Store, connection: str, one: NewItem, error: Rejected, client: Client) -> None:
    if error.code != "name_taken":
        qbo_items.refused(store, connection, one, error.code, error.message)
        return
    try:
        there = _there(client, one.name)
    except (Unknown, Unavailable):
        there = None
    if there is not None and _is_ours(there, one):
        qbo_items.created(store, connection, one, str(there["Id"]))
    else:
        _taken(store, connection, one, there)


def _taken(store: Store, connection: str, one: NewItem, there: dict[str, Any] | None) -> None:
    if there is not None and there.get("Active") is False:
        words = said("{name} is there already, inactive. Make it active there, or create ours under another name.",
                     name=one.name)  # fmt: skip
    else:
        words = said("{name} is there already, without our code. Use that one, or create ours under another name.",
                     name=one.name)  # fmt: skip
    usable = there is not None and there.get("Active") is not False and there.get("Type") in fit.SELLABLE
    qbo_items.refused(store, connection, one, "name_taken", words, str(there["Id"]) if there and usable else "")


def _there(client: Client, name: str) -> dict[str, Any] | None:
    rows = client.query("Item", f"Name = {text(name)} AND Active IN (true, false)").rows
    return rows[0] if rows else None


def _is_ours(there: dict[str, Any], one: NewItem) -> bool:
    return there.get("Sku") == one.item and there.get("Active") is not False


def _mapped(store: Store, company: str, connection: str, realm: str) -> int:
    """What was created becomes part of the mapping. Nothing where the mapping does not hold together: then it waits."""
    made = [one for one in qbo_items.listed(store, connection, realm).values() if one.state == "created"]
    if not made:
        return 0
    for _ in range(5):
        before = qbo_mapping.read(store, company)
        items = {**(before.values.get("items") or {}), **{one.item: one.remote_id for one in made}}
        try:
            with store.transaction():
                qbo_mapping.write(store, company, {**before.values, "items": items}, before, "quickbooks")
                qbo_items.in_use(store, connection, [one.item for one in made])
        except Conflict:
            continue
        except Invalid as error:
            log.warning("what was created in QuickBooks is not mapped yet: %s", error.message)
            return 0
        return len(made)
    return 0


def _name(name: str, code: str) -> str:
    """As QuickBooks takes it: no colon, no tab, one line, 100 characters."""
    return (" ".join(name.replace(":", " -").split()) or code)[:NAME_MAX]


def _coded(name: str, code: str) -> str:
    """With its code behind it, within what a name may have."""
    code = _name(code, code)
    return f"{name[: max(1, NAME_MAX - len(code) - 3)]} ({code})"[:NAME_MAX]


def _by_name(lists: Lists) -> dict[str, Entry]:
    """Items in use by name, and by our code where they have it; a name two have is nobody's."""
    found: dict[str, Entry] = {}
    twice: set[str] = set()
    for one in lists.items:
        if not one.active or one.kind not in fit.SELLABLE:
            continue
        for word in {one.name.casefold(), one.sku.casefold()} - {""}:
            if word in found:
                twice.add(word)
            found[word] = one
    return {word: one for word, one in found.items() if word not in twice}


def tables_of(store: Store, company: str) -> Tables:
    """The mapping of a company, read."""
    return mapping.read(qbo_mapping.read(store, company).values)
