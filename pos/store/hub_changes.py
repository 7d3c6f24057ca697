"""What tills of a hub hear of, in order: each change of a row they may want gets the next number.

Triggers in the hub's own database see to it, so no writer can forget; a till alone has none of them. Numbers are given
out under a lock that is held to the end of the transaction, so none turns up below one that could be read earlier.
A cursor is "epoch:number". One of another epoch, or above the newest number, begins anew: the hub was set up anew or
came back from a copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pos import clock
from pos.store import entries
from pos.store.db import Store

#: Between the parts of a name that has several.
SEP = "\x1f"
#: Meta, on a server: the digest of the triggers that are there.
_TRIGGERS = "hub.changes.triggers"


class _Watched(NamedTuple):
    """A table tills hear of. name: of a row of the feed, {0} standing for the row. of: columns that matter when a row
    is changed, "" = all; only_new: nothing but new rows matters."""

    table: str
    feed: str
    name: str
    of: str = ""
    only_new: bool = False


_WATCHED = (
    _Watched("item", "items", "{0}.code"),
    _Watched("barcode", "items", "{0}.item"),
    _Watched("attribute", "items", "{0}.item"),
    _Watched("price", "prices", f"{{0}}.price_list || '{SEP}' || {{0}}.item || '{SEP}' || {{0}}.valid_from"),
    _Watched("stock", "stock", f"{{0}}.item || '{SEP}' || {{0}}.warehouse"),
    _Watched("movement", "stock", f"{{0}}.item_code || '{SEP}' || {{0}}.warehouse", only_new=True),
    _Watched("tax_code", "taxes", "{0}.code"),
    _Watched("customer", "customers", "{0}.code"),
    _Watched("payment_mode", "modes", "{0}.name"),
    _Watched("user", "people", "{0}.code", of="name, role, active, pin_hash, badge_hash"),
    _Watched("person_scope", "people", "{0}.person"),
    _Watched("right_override", "rights", "'all'"),
    _Watched("discount_ceiling", "rights", "'all'"),
    _Watched("notice", "notices", "{0}.key", of="level, text, remedy, subject, resolved_at"),
    _Watched("voucher_row", "vouchers", "{0}.id", only_new=True),
    _Watched("voucher_hold", "holds", "{0}.id", only_new=True),
    _Watched("held", "held", "{0}.id"),
)
FEEDS = tuple(dict.fromkeys(one.feed for one in _WATCHED))

_MARK = (
    "UPDATE hub_top SET change = change + 1; "
    "INSERT INTO hub_change (feed, name, change) VALUES ('{feed}', {name}, "
    "coalesce((SELECT max(change) FROM hub_top), 0)) "
    "ON CONFLICT (feed, name) DO UPDATE SET change = excluded.change;"
)
_MARK_ONE = (
    "INSERT INTO hub_change (feed, name, change) SELECT ?, ?, change FROM hub_top WHERE 1 = 1"
    " ON CONFLICT (feed, name) DO UPDATE SET change = excluded.change"
)
_ALL = (
    "INSERT INTO hub_change (feed, name, change) SELECT '{feed}', w.name, "
    "(SELECT max(change) FROM hub_top) + row_number() OVER (ORDER BY w.name) FROM (SELECT DISTINCT {name} AS name "
    "FROM {table} AS r) AS w WHERE NOT EXISTS (SELECT 1 FROM hub_change h WHERE h.feed = '{feed}' AND h.name = w.name)"
)


def watch(store: Store) -> None:
    """Begin to number changes, at each start of a hub: what is there already is new to its tills. A hub that came
    back from a copy has begun another epoch before that (`hub_copy`)."""
    with store.transaction():
        if store.execute("SELECT count(*) FROM hub_top").fetchone()[0] == 0:
            store.execute("INSERT INTO hub_top (id, epoch, change) VALUES (1, ?, 0)", (clock.uuid7(),))
        _set_triggers(store)
        for one in _WATCHED:
            table = '"user"' if one.table == "user" else one.table
            store.execute(_ALL.format(feed=one.feed, name=one.name.format("r"), table=table))
            store.execute(
                "UPDATE hub_top SET change = (SELECT max(change) FROM hub_change)"
                " WHERE change < (SELECT max(change) FROM hub_change)"
            )


def _set_triggers(store: Store) -> None:
    """Anew at each start of a file, which may have been made anew; on a server, where several start on one store and
    nobody should wait for its tables, only when a program has others."""
    server = bool(store.database.locks_rows)
    wanted = list(_triggers(postgres=server))
    mark = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    if server and entries.meta(store, _TRIGGERS, "") == mark:
        return
    for statement in wanted:
        store.database.connection().execute(statement)
    if server:
        entries.set_meta(store, _TRIGGERS, mark)


def _triggers(*, postgres: bool) -> Iterator[str]:
    for one in _WATCHED:
        for act, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            if one.only_new and act != "INSERT":
                continue
            name = f"hub_{one.table}_{act.lower()}"
            body = _MARK.format(feed=one.feed, name=one.name.format(row))
            if act == "UPDATE" and not one.of:  # its name may change with it
                body = _MARK.format(feed=one.feed, name=one.name.format("OLD")) + " " + body
            when = f"{act} OF {one.of}" if act == "UPDATE" and one.of else act
            if postgres:
                yield (
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                    f"$$ BEGIN {body} RETURN NULL; END $$"
                )
                yield (
                    f'CREATE OR REPLACE TRIGGER {name} AFTER {when} ON "{one.table}" '
                    f"FOR EACH ROW EXECUTE FUNCTION {name}()"
                )
            else:
                yield f"DROP TRIGGER IF EXISTS {name}"
                yield f'CREATE TRIGGER {name} AFTER {when} ON "{one.table}" BEGIN {body} END'


class Changes(NamedTuple):
    """What changed after a cursor. names: with their numbers, the oldest change first. more: there is more now."""

    names: dict[str, int]
    cursor: str
    more: bool


def after(store: Store, feed: str, cursor: str, limit: int) -> Changes:
    """The next changes of a feed after a cursor, "" = from the beginning. Inside `reading()` with what they name."""
    epoch, top = store.execute("SELECT epoch, change FROM hub_top").fetchone() or ("", 0)
    since = _since(cursor, epoch, top)
    rows = store.execute(
        "SELECT name, change FROM hub_change WHERE feed = ? AND change > ? ORDER BY change LIMIT ?",
        (feed, since, limit + 1),
    ).fetchall()
    taken = rows[:limit]
    upto = taken[-1][1] if taken else since
    return Changes(dict(taken), f"{epoch}:{upto}", len(rows) > limit)


def _since(cursor: str, epoch: str, top: int) -> int:
    of, _, number = cursor.partition(":")
    if of != epoch or not (number.isascii() and number.isdigit()) or len(number) > 18 or int(number) > top:
        return 0
    return int(number)


def tell(store: Store, feed: str, names: Iterable[str]) -> None:
    """Number rows of a feed anew: what is said of them changed though no row did. Inside a transaction; nothing where
    no tills are told."""
    for name in sorted(set(names)):
        if store.execute("UPDATE hub_top SET change = change + 1").rowcount:
            store.execute(_MARK_ONE, (feed, name))


def top(store: Store) -> int:
    """The number of the newest change."""
    row = store.execute("SELECT change FROM hub_top").fetchone()
    return int(row[0]) if row else 0


def newest(store: Store) -> dict[str, int]:
    """The newest change of each feed."""
    asked = "SELECT max(change) FROM hub_change WHERE feed = ?"
    return {feed: int(store.execute(asked, (feed,)).fetchone()[0] or 0) for feed in FEEDS}


def marks(store: Store, feed: str, names: Sequence[str]) -> dict[str, int]:
    """The numbers of some rows of a feed."""
    asked = "SELECT change FROM hub_change WHERE feed = ? AND name = ?"
    found = {name: store.execute(asked, (feed, name)).fetchone() for name in names}
    return {name: int(row[0]) for name, row in found.items() if row is not None}
