"""The ledger of gift vouchers: rows by id, never a balance. What documents say of vouchers enters with them
(`store.entries`); what other tills did comes from the issuer, row by row, and each id counts once.

The issuer is the first connection that keeps vouchers; without one it is this till itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pos import clock
from pos.rules.voucher import ACTS, Standing
from pos.store import entries
from pos.store.db import Store

#: When the issuer last gave everything that is new, in `meta`.
KNOWN = "vouchers_known_at"
#: When the issuer was last asked without an answer, in `meta`.
AWAY = "vouchers_unheard_at"
#: When it answered again after that; older than AWAY while it does not.
BACK = "vouchers_heard_at"
#: A hold nobody used or released is let go after this.
HOLD_MINUTES = 15
#: Acts that put a voucher into somebody's hand.
MADE = ("issue", "refund")

__all__ = ["Hold", "LedgerRow", "Standing"]

_COLUMNS = "id, code, act, amount, at, expires, till, document, position, origin, exposure, sent_at"


class LedgerRow(NamedTuple):
    """One change of one voucher. amount, exposure: minor units. sent_at: when the issuer had it, "" = not yet."""

    id: str
    code: str
    act: str
    amount: int
    at: str
    expires: str = ""
    till: str = ""
    document: str = ""
    position: int = 0
    origin: str = "issuer"
    exposure: int = 0
    sent_at: str = ""


class Hold(NamedTuple):
    """Value set aside for a basket. till: where the basket is. released_at: "" while it is held."""

    id: str
    code: str
    amount: int
    till: str
    basket: str
    at: str
    released_at: str = ""


# -- reading ---------------------------------------------------------------------------------------------------------


def balance(store: Store, code: str, today: str = "") -> Standing:
    """What is known here of a voucher; state "unknown" without a row. today: the business day, ISO; "" = now."""
    rows = rows_of(store, code)
    if not rows:
        return Standing(code)
    day = today or business_day(store)
    known_at, status = _known(store, code)
    left, expires = sum(x.amount for x in rows), max(x.expires for x in rows)
    state = "used" if left <= 0 else "active"
    if expires and expires < day:
        state = "expired"
    if status:
        state = status
    made = [x for x in rows if x.act in MADE] or rows
    return Standing(
        code=code,
        issued=max(0, made[0].amount),
        balance=left,
        held=_held(store, code),
        expires=expires,
        state=state,
        known_at=known_at,
        issued_here=_issued_here(store, code),
        exposure=sum(x.exposure for x in rows if not x.sent_at),
        shared=any(x.sent_at or x.origin == "issuer" for x in rows),
    )


def business_day(store: Store) -> str:
    """The business day it is now."""
    shop = store.config.shop
    return clock.business_day(clock.now(), shop.timezone, shop.day_starts).isoformat()


def rows_of(store: Store, code: str) -> list[LedgerRow]:
    """Every row of a voucher, oldest first."""
    return _many(store, "code = ? ORDER BY at, document, position, id", (code,))


def of_document(store: Store, document: str) -> list[LedgerRow]:
    """The rows one document made."""
    return _many(store, "document = ? AND origin = 'document' ORDER BY position", (document,))


def with_ids(store: Store, ids: Iterable[str]) -> dict[str, LedgerRow]:
    """The rows among these that are known here, by id."""
    wanted = json.dumps(list(ids))
    return {row.id: row for row in _many(store, "id IN (SELECT value FROM json_each(?))", (wanted,))}


def numbers(store: Store, code: str) -> dict[str, str]:
    """The numbers of the documents here that touched a voucher, by id."""
    rows = store.execute(
        "SELECT d.id, d.number FROM voucher_row r JOIN document d ON d.id = r.document WHERE r.code = ?", (code,)
    )
    return dict(rows.fetchall())


def exists(store: Store, code: str) -> bool:
    """Whether anything is known of a voucher."""
    return store.execute("SELECT 1 FROM voucher_row WHERE code = ? LIMIT 1", (code,)).fetchone() is not None


def overdrawn(store: Store) -> list[Standing]:
    """Vouchers of which more was used than was on them: used at two tills that could not see each other."""
    codes = store.execute("SELECT code FROM voucher_row GROUP BY code HAVING sum(amount) < 0 ORDER BY code").fetchall()
    return [balance(store, code) for (code,) in codes]


def issued_twice(store: Store) -> list[str]:
    """Codes sold or issued more than once, at tills that could not ask each other, while something is on them and
    nobody has adjusted them."""
    codes = store.execute(
        "SELECT code FROM voucher_row GROUP BY code HAVING sum(act = 'issue') > 1 AND sum(act = 'adjust') = 0"
        " AND sum(amount) > 0 ORDER BY code"
    ).fetchall()
    return [code for (code,) in codes]


def expired(store: Store, today: str = "", limit: int = 500) -> list[Standing]:
    """Vouchers past their last day that still have something on them. today: a business day, ISO; "" = now."""
    day = today or business_day(store)
    codes = store.execute(
        "SELECT code FROM voucher_row GROUP BY code HAVING sum(amount) > 0 AND max(expires) <> '' AND max(expires) < ?"
        " ORDER BY code LIMIT ?",
        (day, limit),
    ).fetchall()
    return [balance(store, code, day) for (code,) in codes]


class Summed(NamedTuple):
    """What the rows of all vouchers come to, minor units; outstanding is their sum, exposure what is not settled."""

    vouchers: int
    issued: int
    refunded: int
    used: int
    expired: int
    adjusted: int
    outstanding: int
    exposure: int


_STATES = {
    "": "1 = 1",
    "active": "sum(amount) > 0 AND (max(expires) = '' OR max(expires) >= :day)",
    "used": "sum(amount) <= 0 AND (max(expires) = '' OR max(expires) >= :day)",
    "expired": "max(expires) <> '' AND max(expires) < :day",
    "overdrawn": "sum(amount) < 0",
    "exposed": "sum(CASE sent_at WHEN '' THEN exposure ELSE 0 END) > 0",
}
STATES = tuple(_STATES)


def listed(store: Store, state: str = "", part: str = "", limit: int = 50, offset: int = 0) -> list[Standing]:
    """Vouchers with some row, the last touched first. state: one of STATES; part: of the code."""
    codes = store.execute(
        "SELECT code FROM voucher_row WHERE instr(code, :part) > 0 OR :part = '' GROUP BY code"
        f" HAVING {_STATES[state]} ORDER BY max(at) DESC, code LIMIT :limit OFFSET :offset",
        {"part": part.upper(), "day": business_day(store), "limit": limit, "offset": offset},
    ).fetchall()
    return [balance(store, code) for (code,) in codes]


def count(store: Store, state: str = "", part: str = "") -> int:
    """How many vouchers `listed` would find without a limit."""
    row = store.execute(
        "SELECT count(*) FROM (SELECT 1 FROM voucher_row WHERE instr(code, :part) > 0 OR :part = '' GROUP BY code"
        f" HAVING {_STATES[state]}) AS found",
        {"part": part.upper(), "day": business_day(store)},
    ).fetchone()
    return int(row[0])


def summed(store: Store) -> Summed:
    """The whole ledger in a few figures."""
    acts = {act: (n, amount) for act, n, amount in store.execute(
        "SELECT act, count(*), sum(amount) FROM voucher_row GROUP BY act")}  # fmt: skip
    total, vouchers, exposure = store.execute(
        "SELECT coalesce(sum(amount), 0), count(DISTINCT code),"
        " coalesce(sum(CASE sent_at WHEN '' THEN exposure ELSE 0 END), 0) FROM voucher_row"
    ).fetchone()
    of = {act: acts.get(act, (0, 0))[1] for act in ACTS}
    return Summed(vouchers, of["issue"], of["refund"], -of["redeem"], -of["expire"], of["adjust"], total, exposure)


def _many(store: Store, where: str, values: Sequence[object]) -> list[LedgerRow]:
    rows = store.execute(f"SELECT {_COLUMNS} FROM voucher_row WHERE {where}", tuple(values)).fetchall()
    return [LedgerRow(*row) for row in rows]


def issuer(store: Store) -> str:
    """The connection that keeps the shop's vouchers; "" = this till itself does."""
    found = entries.connections(store)
    return found[0][0] if found else ""


def is_fresh(store: Store, known: Standing) -> bool:
    """Whether the issuer was heard about this voucher a moment ago, or is this till itself."""
    if not issuer(store):
        return True
    minutes = store.config.vouchers.fresh_minutes
    if not known.known_at or known.known_at <= entries.meta(store, AWAY, ""):
        return False
    return clock.now() - clock.parse(known.known_at) <= timedelta(minutes=minutes)


def went_unheard(store: Store) -> None:
    """The issuer was asked and did not answer: what it said before now no longer counts as its word."""
    with store.transaction():
        entries.set_meta(store, AWAY, clock.stamp(clock.now()))


def was_heard(store: Store) -> None:
    """The issuer answered. Costs nothing while it always does."""
    if is_away(store):
        with store.transaction():
            entries.set_meta(store, BACK, clock.stamp(clock.now()))


def is_away(store: Store) -> bool:
    """Whether the issuer did not answer when it was last asked."""
    away = entries.meta(store, AWAY, "")
    return bool(away) and entries.meta(store, BACK, "") <= away and bool(issuer(store))


def _known(store: Store, code: str) -> tuple[str, str]:
    """(when the issuer was last heard about it, status)."""
    row = store.execute("SELECT known_at, status FROM voucher_known WHERE code = ?", (code,)).fetchone()
    known_at, status = row or ("", "")
    return max(known_at, entries.meta(store, KNOWN, "")), status


def _issued_here(store: Store, code: str) -> bool:
    row = store.execute(
        "SELECT 1 FROM voucher_row r LEFT JOIN document d ON d.id = r.document"
        " WHERE r.code = ? AND r.act IN ('issue', 'refund') AND (r.till = ? OR d.store = ?) LIMIT 1",
        (code, store.config.till.id, store.config.till.store),
    ).fetchone()
    return row is not None


# -- the issuer ------------------------------------------------------------------------------------------------------


def unsent(store: Store, limit: int = 200) -> list[LedgerRow]:
    """Rows of documents here that the issuer does not have yet, oldest first."""
    where = "sent_at = '' AND origin = 'document' ORDER BY at, document, position LIMIT ?"
    return _many(store, where, (limit,))


def mark_sent(store: Store, ids: Iterable[str], at: datetime | None = None) -> int:
    """The issuer has these rows; how many that was new of."""
    stamp = clock.stamp(at or clock.now())
    with store.transaction():
        changed = [
            store.execute("UPDATE voucher_row SET sent_at = ? WHERE id = ? AND sent_at = ''", (stamp, key)).rowcount
            for key in ids
        ]
    return sum(changed)


def take_in(
    store: Store, rows: Iterable[LedgerRow], known_at: datetime, codes: Iterable[str] = (), *, everything: bool = False
) -> int:
    """Enter rows of the issuer by id, each once; how many were new. Nothing is ever set or taken away.

    A row that is one of ours only learns that the issuer has it. codes: vouchers of which these are all rows, so the
    issuer's word on them is as new as known_at; everything: that holds for all vouchers.
    """
    stamp, new = clock.stamp(known_at), 0
    marks = ", ".join("?" * len(LedgerRow._fields))
    insert = f"INSERT INTO voucher_row ({_COLUMNS}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING"
    with store.transaction():
        for row in rows:
            if row.act not in ACTS:
                raise ValueError(f"{row.act} is no act on a voucher")
            new += store.execute(insert, row._replace(origin="issuer", sent_at=stamp)).rowcount
            store.execute("UPDATE voucher_row SET sent_at = ? WHERE id = ? AND sent_at = ''", (stamp, row.id))
        for code in codes:
            store.execute(
                "INSERT INTO voucher_known (code, known_at, status) VALUES (?, ?, '') ON CONFLICT (code) DO UPDATE"
                " SET known_at = max(voucher_known.known_at, excluded.known_at)",
                (code, stamp),
            )
        if everything:
            entries.set_meta(store, KNOWN, stamp)
    return new


def set_status(store: Store, code: str, status: str) -> None:
    """What the issuer says beside the rows: "inactive" while it is switched off there, else ""."""
    with store.transaction():
        store.execute(
            "INSERT INTO voucher_known (code, known_at, status) VALUES (?, '', ?)"
            " ON CONFLICT (code) DO UPDATE SET status = excluded.status",
            (code, status),
        )


# -- holds -----------------------------------------------------------------------------------------------------------


def hold(store: Store, held: Hold) -> None:
    """Set value aside; the same id again changes the amount and begins anew."""
    with store.transaction():
        store.execute(
            "INSERT INTO voucher_hold (id, code, amount, till, basket, at, released_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET amount = excluded.amount, at = excluded.at,"
            " released_at = excluded.released_at",
            held,
        )


def give_up(store: Store, basket: str, *, code: str = "", but: str = "") -> int:
    """A basket of this till no longer needs what was set aside for it (of one code; but for one hold): their time is
    over, and the agent lets go of them at the issuer. A paid basket keeps its own until its rows are there. How many.
    """
    over = clock.stamp(clock.now() - timedelta(minutes=HOLD_MINUTES))
    with store.transaction():
        return store.execute(
            "UPDATE voucher_hold SET at = ? WHERE basket = ? AND till = ? AND released_at = '' AND at > ? AND id <> ?"
            " AND (? = '' OR code = ?) AND NOT EXISTS (SELECT 1 FROM document d WHERE d.id = basket)",
            (over, basket, store.config.till.id, over, but, code, code),
        ).rowcount


def release(store: Store, ids: Iterable[str]) -> None:
    """Let go of holds."""
    now = clock.stamp(clock.now())
    with store.transaction():
        for key in ids:
            store.execute("UPDATE voucher_hold SET released_at = ? WHERE id = ? AND released_at = ''", (now, key))


def holds(store: Store, *, code: str = "", stale_only: bool = False) -> list[Hold]:
    """Open holds, oldest first. stale_only: nobody used them in time, or their basket was paid."""
    since = clock.stamp(clock.now() - timedelta(minutes=HOLD_MINUTES))
    stale = " AND (at <= ? OR EXISTS (SELECT 1 FROM document d WHERE d.id = basket))" if stale_only else ""
    rows = store.execute(
        "SELECT id, code, amount, till, basket, at, released_at FROM voucher_hold WHERE released_at = ''"
        f" AND (? = '' OR code = ?){stale} ORDER BY at, id",
        (code, code, *((since,) if stale_only else ())),
    ).fetchall()
    return [Hold(*row) for row in rows]


def confirmed(store: Store, code: str, basket: str) -> int:
    """What the issuer set aside for a basket of this till and has confirmed since; minor units."""
    since = clock.stamp(clock.now() - timedelta(minutes=HOLD_MINUTES))
    row = store.execute(
        "SELECT coalesce(sum(h.amount), 0) FROM voucher_hold h JOIN voucher_known k ON k.code = h.code"
        " WHERE h.code = ? AND h.basket = ? AND h.till = ? AND h.released_at = '' AND h.at > ? AND h.at <= k.known_at",
        (code, basket, store.config.till.id, since),
    ).fetchone()
    return int(row[0])


def _held(store: Store, code: str) -> int:
    """What other tills set aside. Baskets of this till wait for each other in the commit itself."""
    since = clock.stamp(clock.now() - timedelta(minutes=HOLD_MINUTES))
    row = store.execute(
        "SELECT coalesce(sum(amount), 0) FROM voucher_hold"
        " WHERE code = ? AND released_at = '' AND till <> ? AND at > ?",
        (code, store.config.till.id, since),
    ).fetchone()
    return int(row[0])
