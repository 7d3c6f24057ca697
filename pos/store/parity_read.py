"""What is held against a company file of QuickBooks Desktop: our items and levels, theirs as they were told, and what
waits to be told there.

What of ours is not there yet is taken off ours. Where nobody can say just now (it is on its way, or went after their
lists were read) there is no verdict on that item at that place.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pos.rules import money
from pos.rules.parity import WHOLE, Ours, Theirs
from pos.store import companies, inventory_places, qbd_rows, qbd_sales, stock
from pos.store.db import Store
from pos.store.models import QbdItem, QbdLevel, QbdSite
from pos.store.qbd_ready import FREE

BITE = 500
#: Sources of corrections a person agreed to here: they change theirs and nothing of ours.
FIX = "parity:"
_LISTED = "(SELECT value FROM json_each(?))"
_NUMBERS = "(SELECT CAST(value AS BIGINT) FROM json_each(?))"
_GOODS = "'transfer', 'adjustment'"
_SALES = "'sale', 'refund', 'invoice'"
#: A part of a document moves the goods of its own direction.
_PART = "m.document = o.document AND (o.part = 'sale') = (m.qty < 0)"


@dataclass(frozen=True, slots=True)
class Sites:
    """Our places by their site there. places: code -> site, or WHOLE for every one where sites are not compared. lost:
    places that have none there. others: sites that are no place of ours."""

    places: dict[str, str]
    lost: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    whole: bool = False
    ids: Mapping[str, str] = field(default_factory=dict)

    def of_ref(self, ref: Mapping[str, Any]) -> str | None:
        """The site a message names; None for one that is not compared."""
        if self.whole:
            return WHOLE
        name = self.ids.get(str(ref.get("id", ""))) or str(ref.get("name", ""))
        return name if name in self.places.values() else None

    def place(self, site: str) -> str:
        """Our first place of a site."""
        return next((code for code, name in sorted(self.places.items()) if name == site), "")


@dataclass(slots=True)
class Waiting:
    """What is not there yet, (item, site) -> thousandths; and pairs nobody can say anything of."""

    qty: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    unsettled: set[tuple[str, str]] = field(default_factory=set)

    def add(self, item: str, site: str | None, qty: int, *, known: bool) -> None:
        if site is None:
            return
        if known:
            self.qty[item, site] += qty
        else:
            self.unsettled.add((item, site))


# -- theirs ------------------------------------------------------------------------------------------------------------


def sites(store: Store, connection: str, company: str, *, multi: bool) -> Sites:
    """How places are compared. multi: whether they keep stock by site."""
    here = inventory_places.locations(store, company)
    with store.reading():
        rows = list(QbdSite.select().where((QbdSite.connection == connection) & (QbdSite.active == True)))  # noqa: E712
    if not multi or not rows:
        return Sites({one.code: WHOLE for one in here}, whole=True)
    ids = {str(row.list_id): str(row.full_name) for row in rows}
    names = set(ids.values())
    found, lost = dict[str, str](), list[str]()
    for one in here:
        site = ids.get(one.qb_site_id, "") if one.qb_site_id else one.qb_site_name
        if site in names:
            found[one.code] = site
        elif one.active:
            lost.append(one.code)
    return Sites(found, tuple(lost), tuple(sorted(names - set(found.values()))), ids=ids)


def theirs(store: Store, connection: str, where: Sites) -> Iterator[Theirs]:
    """Every item of theirs, by id."""
    last = ""
    while True:
        with store.reading():
            asked = (QbdItem.connection == connection) & (QbdItem.list_id > last)
            rows = list(QbdItem.select().where(asked).order_by(QbdItem.list_id).limit(BITE))
            found = as_theirs(store, connection, rows, where)
        yield from found
        if len(rows) < BITE:
            return
        last = rows[-1].list_id


def as_theirs(store: Store, connection: str, rows: Sequence[Any], where: Sites) -> list[Theirs]:
    """Rows of their items with their levels. Inside a transaction or a reading."""
    levels = {} if where.whole else _levels(store, connection, [str(row.list_id) for row in rows], where)
    return [
        Theirs(
            row.list_id, row.full_name, row.kind, row.active,
            {WHOLE: row.on_hand} if where.whole else levels.get(row.list_id, {}),
            {"income_account": row.income_account, "cogs_account": row.cogs_account,
             "asset_account": row.asset_account},
            row.cost, row.price,
        )
        for row in rows
    ]  # fmt: skip


def _levels(store: Store, connection: str, items: Sequence[str], where: Sites) -> dict[str, dict[str, str]]:
    asked = f"SELECT item, site, on_hand FROM qbd_level WHERE connection = ? AND item IN {_LISTED}"
    found: dict[str, dict[str, str]] = {}
    for item, site, on_hand in store.execute(asked, (connection, json.dumps(list(items)))).fetchall():
        if site in where.ids:
            found.setdefault(item, {})[where.ids[site]] = on_hand
    return found


def read_at(store: Store, connection: str) -> str:
    """Since when their figures may be older than what they have: a stamp; "" = nothing is known."""
    with store.reading():
        found = [
            store.execute(f"SELECT min(seen_at) FROM {table} WHERE connection = ?", (connection,)).fetchone()[0]
            for table in (QbdItem._meta.table_name, QbdLevel._meta.table_name)
        ]
    return min((one for one in found if one), default="")


# -- ours --------------------------------------------------------------------------------------------------------------


def codes(store: Store, company: str) -> Iterator[list[str]]:
    """Codes of what a company keeps stock of, in bites. Where there are several companies: of what it has a place or
    an account for."""
    own = ""
    if companies.are_several(store):
        own = (
            " AND (EXISTS (SELECT 1 FROM inventory_part p WHERE p.company = ? AND p.item = i.code) OR EXISTS"
            " (SELECT 1 FROM stock s JOIN inventory_location l ON l.code = s.warehouse WHERE s.item = i.code"
            " AND l.company = ?))"
        )
    asked = (
        "SELECT i.code FROM item i WHERE i.code > ? AND i.stocked = 1 AND i.has_variants = 0 AND i.disabled = 0"
        f"{own} ORDER BY i.code LIMIT {BITE}"
    )
    last = ""
    while True:
        rows = store.execute(asked, (last, company, company) if own else (last,)).fetchall()
        found = [row[0] for row in rows]
        if found:
            yield found
        if len(found) < BITE:
            return
        last = found[-1]


def ours(
    store: Store, company: str, wanted: Sequence[str], where: Sites, waits: Waiting, *, currency: str, day: str
) -> list[Ours]:
    """These items as they ought to be there by now."""
    with store.reading():
        parts = inventory_places.parts(store, company, wanted)
        prices = _prices(store, wanted, currency, day)
        levels: dict[str, dict[str, int]] = {code: dict.fromkeys(where.places.values(), 0) for code in wanted}
        for place, site in where.places.items():
            for code, qty in stock.stock_of(store, wanted, place).items():
                levels[code][site] += qty
    found = []
    for code in wanted:
        part = parts.get(code)
        for site in levels[code]:
            levels[code][site] -= waits.qty.get((code, site), 0)
        found.append(
            Ours(
                code, (part.qb_name if part and part.qb_name else code), part.qb_id if part else "",
                {"income_account": part.income_account, "cogs_account": part.cogs_account,
                 "asset_account": part.asset_account} if part else {},
                part.cost if part else "", prices.get(code, ""), levels[code],
                frozenset(site for site in levels[code] if (code, site) in waits.unsettled),
            )
        )  # fmt: skip
    return found


def as_one(store: Store, company: str) -> Sites:
    """All places of a company as one, for a side that knows no places."""
    return Sites({one.code: WHOLE for one in inventory_places.locations(store, company)}, whole=True)


def named(store: Store, company: str) -> Iterator[tuple[str, str]]:
    """(code, name) of every item a company keeps stock of."""
    for bite in codes(store, company):
        asked = f"SELECT code, name FROM item WHERE code IN {_LISTED}"
        yield from store.execute(asked, (json.dumps(bite),)).fetchall()


def called(store: Store, company: str) -> Iterator[tuple[str, str, str]]:
    """(code, name there, id there) of every item a company keeps stock of."""
    for bite in codes(store, company):
        parts = inventory_places.parts(store, company, bite)
        for code in bite:
            part = parts.get(code)
            yield code, (part.qb_name if part and part.qb_name else code), part.qb_id if part else ""


def _prices(store: Store, items: Sequence[str], currency: str, day: str) -> dict[str, str]:
    """Prices of the till's list, major units."""
    asked = (
        f"SELECT item, amount, currency FROM price WHERE price_list = ? AND item IN {_LISTED} AND valid_from <= ?"
        " AND (valid_upto = '' OR valid_upto >= ?) ORDER BY valid_from"
    )
    facts = (store.config.till.price_list, json.dumps(list(items)), day, day)
    return {
        item: f"{money.major(amount, known):f}"
        for item, amount, known in store.execute(asked, facts).fetchall()
        if known == currency
    }


# -- what waits --------------------------------------------------------------------------------------------------------


def waiting(
    store: Store,
    connection: str,
    company: str,
    where: Sites,
    since: str,
    moves: Callable[[str], str],
    items: Sequence[str] = (),
) -> Waiting:
    """Everything that is not there yet, or went after `since`. moves: what moves stock there on a business day. items:
    of messages, only those that move one of these."""
    found = Waiting()
    for bite in _works(store, connection, since, items):
        with store.reading():
            for row, refs in zip(bite, _refs(store, company, bite), strict=True):
                _of_work(store, row, refs, where, found)
    of_sales(store, connection, where, found, since, moves)
    _of_goods(store, connection, where, found, moves)
    return found


def _works(store: Store, connection: str, since: str, items: Sequence[str]) -> Iterator[list[qbd_rows.Work]]:
    """Messages that move goods and are open, or were answered since."""
    kept = ""
    if items:
        kept = f" AND EXISTS (SELECT 1 FROM qbd_work_item k WHERE k.work = qbd_work.n AND k.item IN {_LISTED})"
    more_facts = (json.dumps(list(items)),) if items else ()
    for more, facts in (
        (f"state IN ({', '.join('?' * len(qbd_rows.OPEN))})", qbd_rows.OPEN),
        ("state = 'applied' AND done_at >= ?", (since,)),
    ):
        last = 0
        while True:
            where = f"connection = ? AND {more} AND kind IN ({_GOODS}) AND n > ?{kept} ORDER BY n LIMIT {BITE}"
            with store.reading():
                rows = qbd_rows.works(store, where, (connection, *facts, last, *more_facts))
            if rows:
                yield rows
                last = rows[-1].n
            if len(rows) < BITE:
                break


def _refs(store: Store, company: str, rows: Sequence[qbd_rows.Work]) -> list[dict[str, str]]:
    """Of each message: name or id there -> our code of what it moves."""
    asked = f"SELECT work, item FROM qbd_work_item WHERE work IN {_NUMBERS}"
    moved = store.execute(asked, (json.dumps([row.n for row in rows]),)).fetchall()
    parts = inventory_places.parts(store, company, {item for _, item in moved})
    found: dict[int, dict[str, str]] = {row.n: {} for row in rows}
    for n, item in moved:
        part = parts.get(item)
        for name in (item, part.qb_name if part else "", part.qb_id if part else ""):
            if name:
                found[n][name] = item
    return [found[row.n] for row in rows]


def _of_work(store: Store, row: qbd_rows.Work, refs: Mapping[str, str], where: Sites, found: Waiting) -> None:
    known = row.state in FREE and not (row.doubt or row.probing or row.remote_id)
    known = known and not row.source.startswith(FIX)
    if row.state == "not_ready":
        asked = "SELECT item, location, qty FROM inventory_move WHERE event = ?"
        for item, place, qty in store.execute(asked, (row.source,)).fetchall():
            found.add(item, where.places.get(place), qty, known=known)
        return
    steps = (("from", -1), ("to", 1)) if row.kind == "transfer" else (("site", 1),)
    for line in row.payload.get("lines", ()):
        ref = line.get("item", {})
        item = refs.get(str(ref.get("id") or ref.get("name") or ""))
        figure = line.get("quantity") or line.get("difference")
        qty = int(money.exact(figure).scaleb(3)) if figure else 0
        for name, sign in steps:
            site = where.of_ref(row.payload.get(name) or {})
            # What is called otherwise by now may be any of what it moves.
            for code in (item,) if item else set(refs.values()):
                found.add(code, site, sign * qty, known=known and bool(figure and item))


def of_sales(
    store: Store, connection: str, where: Sites, found: Waiting, since: str, moves: Callable[[str], str]
) -> None:
    """Receipts whose documents move stock there: those that are in none yet, and those of documents on their way."""
    asked = (
        "SELECT o.n, o.document, d.business_day FROM outbox o JOIN document d ON d.id = o.document WHERE o.connection"
        " = ? AND o.part IN ('sale', 'return') AND o.state NOT IN ('booked', 'differs', 'bundled') AND o.n > ?"
        f" ORDER BY o.n LIMIT {BITE}"
    )
    last = 0
    while True:
        rows = store.execute(asked, (connection, last)).fetchall()
        _moved(store, [n for n, _, day in rows if moves(day) == "documents"], where, found, known=True)
        if len(rows) < BITE:
            break
        last = rows[-1][0]
    roots: dict[int, bool] = {}
    for bundle, known in _bundles(store, connection, since).items():
        row = store.execute("SELECT root, n, day FROM bundle WHERE n = ?", (bundle,)).fetchone()
        if row is None or moves(row[2]) != "documents":
            continue
        root = row[0] or row[1]
        roots[root] = known and roots.get(root, True)
    for root, known in roots.items():
        members = store.execute("SELECT outbox FROM bundle_member WHERE bundle = ?", (root,)).fetchall()
        _moved(store, [n for (n,) in members], where, found, known=known)


def _bundles(store: Store, connection: str, since: str) -> dict[int, bool]:
    """Documents of sales that are not there, or went since: whether none of it can be there."""
    found = {
        one.bundle: one.state in ("queued", "rejected")
        for one in qbd_sales.standing(store, connection)
        if not one.works
    }
    asked = (
        "SELECT b.n FROM outbox o JOIN bundle b ON b.connection = o.connection AND b.number = o.document WHERE"
        " o.connection = ? AND o.state IN ('booked', 'differs') AND o.part = 'book' AND o.updated_at >= ?"
    )
    found |= {n: False for (n,) in store.execute(asked, (connection, since)).fetchall()}
    asked = (
        f"SELECT source, state, doubt, probing, remote_id FROM qbd_work WHERE connection = ? AND kind IN ({_SALES})"
        f" AND (state IN ({', '.join('?' * len(qbd_rows.OPEN))}) OR (state = 'applied' AND done_at >= ?))"
    )
    for source, state, doubt, probing, remote in store.execute(asked, (connection, *qbd_rows.OPEN, since)).fetchall():
        number = source.removeprefix("book:")
        if number.isdigit():
            free = state in FREE and not (doubt or probing or remote)
            found[int(number)] = free and found.get(int(number), True)
    return found


def _moved(store: Store, receipts: Sequence[int], where: Sites, found: Waiting, *, known: bool) -> None:
    """What these rows of the outbox moved."""
    for at in range(0, len(receipts), BITE):
        bite = json.dumps(list(receipts[at : at + BITE]))
        asked = (
            f"SELECT m.item_code, m.warehouse, m.qty FROM outbox o JOIN movement m ON {_PART} WHERE o.n IN {_NUMBERS}"
        )
        for item, place, qty in store.execute(asked, (bite,)).fetchall():
            found.add(item, where.places.get(place), qty, known=known)


def _of_goods(store: Store, connection: str, where: Sites, found: Waiting, moves: Callable[[str], str]) -> None:
    """Goods of sales that adjustments tell of once their day is over."""
    state = qbd_sales.gathered(store, connection)
    for places in state["open"].values():
        for place, items in places.items():
            for item, qty in items.items():
                found.add(item, where.places.get(place), qty, known=True)
    last = state["n"]
    while True:
        rows = qbd_sales.moved(store, connection, last)
        for row in rows:
            if moves(row.made_at[:10]) == "adjustments":
                for (place, item), qty in row.goods.items():
                    found.add(item, where.places.get(place), qty, known=True)
        if len(rows) < qbd_sales.BITE:
            return
        last = rows[-1].n
