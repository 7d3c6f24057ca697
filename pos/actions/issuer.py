"""The issuer of gift vouchers: who it is, and what it says of one voucher while a customer waits.

Two tills in its reach must not use the same value. Each sets it aside with a row of its own at the issuer, then reads
all rows of the voucher back. The issuer's order is the order in which rows became readable, so of two tills that ask at
once one sees the other's row before its own: that one has lost. A hold counts until its till lets go of it, its basket
is paid (the row that used the value names the basket), or a day has passed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.config import Config
from pos.connectors import KINDS
from pos.connectors.base import RELEASED, Kind, VoucherBook, VoucherEntry, VoucherMade
from pos.errors import ConnectorError
from pos.rules import wording
from pos.rules.voucher import ACTS
from pos.said import said
from pos.store import connections, notices, vouchers
from pos.store.connections import Line
from pos.store.db import Store
from pos.store.vouchers import Hold, LedgerRow

log = logging.getLogger(__name__)

#: How long a customer waits for the issuer's word; then the shop's rule for a line that is away decides.
LIVE_SECONDS = 2.0
#: A hold of a till that never came back to let go of it counts for others no longer than this.
HELD_ELSEWHERE_MAX = timedelta(hours=24)
#: Questions of several screens at once.
_ASKING = ThreadPoolExecutor(max_workers=4, thread_name_prefix="issuer")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the issuer said in time.

    reached: it answered, so what is known here is its word of this moment. allowed: minor units this basket may use.
    hold: the row that sets them aside, "" = none. why_not: why it was not reached, in words.
    """

    reached: bool
    allowed: int = 0
    hold: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What was read of one voucher: all its rows, how it was made by hand there (if anybody did), what is allowed."""

    entries: tuple[VoucherEntry, ...]
    made: VoucherMade | None
    allowed: int


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a basket asks for. hold: the row to set it aside with, None when nothing is to be set aside. fresh: that
    row is not at the issuer yet. rows: what is known of the voucher here."""

    code: str
    basket: str
    hold: VoucherEntry | None
    fresh: bool
    rows: Sequence[LedgerRow]
    until: float


def find(store: Store, kinds: Sequence[Kind] = KINDS) -> tuple[Line, Kind] | None:
    """The connection that keeps the shop's vouchers and its kind; None when this till itself does."""
    name = vouchers.issuer(store)
    if not name:
        return None
    line = connections.line(store, name)
    kind = next((k for k in kinds if k.name == line.kind), None)
    return (line, kind) if kind is not None else None


def ask(store: Store, config: Config, code: str, basket: str, amount: int, kinds: Sequence[Kind] = KINDS) -> Asked:
    """Ask the issuer about a voucher and set `amount` (minor units; 0: nothing) of it aside for a basket.

    Takes at most LIVE_SECONDS, outside any transaction, and raises nothing for what the other side does. What it says
    is in the ledger here on return: its rows, what other tills hold before us, whether it is switched off.
    """
    found = find(store, kinds)
    if found is None:
        return Asked(reached=False, why_not="This till itself keeps the vouchers.")
    line, kind = found
    if line.offline_since or line.paused_reason:
        vouchers.went_unheard(store)
        return Asked(reached=False, why_not=line.paused_reason or line.last_error)
    wish = _wish(store, code, basket, amount)
    if wish.hold is not None and wish.fresh:  # written down first, so that it is let go of whatever happens now
        vouchers.hold(store, _held(wish.hold, clock.stamp(clock.now())))
    facts = connections.facts(store, kind.name)
    asking: Future[Told | None] = _ASKING.submit(_live, kind, config, facts, wish)
    try:
        told = asking.result(max(0.0, wish.until - clock.monotonic()))
        why_not = "" if told else f"{line.title} does not keep vouchers yet; run its setup."
    except TimeoutError:
        told, why_not = None, f"{line.title} did not answer in time."
    except ConnectorError as error:
        log.warning("%s was asked about a voucher: %s", line.id, error.message)
        told, why_not = None, error.message
    if told is not None:
        return _heard(store, line, wish, told)
    vouchers.went_unheard(store)
    if wish.hold is not None and wish.fresh:  # it may stand there all the same: the agent ends it in its next round
        vouchers.hold(store, _held(wish.hold, ""))
    return Asked(reached=False, why_not=why_not)


def _wish(store: Store, code: str, basket: str, amount: int) -> _Wish:
    """A basket that asks again keeps its place: its first hold is used as long as it is large enough."""
    rows, until = vouchers.rows_of(store, code), clock.monotonic() + LIVE_SECONDS
    if not basket or amount <= 0:
        return _Wish(code, basket, None, False, rows, until)
    for held in vouchers.holds(store, code=code):
        young = clock.stamp(clock.now() - timedelta(minutes=vouchers.HOLD_MINUTES)) < held.at
        if (held.till, held.basket) == (store.config.till.id, basket) and held.amount >= amount and young:
            entry = VoucherEntry(held.id, code, "hold", held=held.amount, at=held.at, till=held.till, document=basket)
            return _Wish(code, basket, entry, False, rows, until)
    now = clock.stamp(clock.now())
    entry = VoucherEntry(clock.uuid7(), code, "hold", held=amount, at=now, till=store.config.till.id, document=basket)
    return _Wish(code, basket, entry, True, rows, until)


# -- on the wire: nothing here touches the database --------------------------------------------------------------------


def _live(kind: Kind, config: Config, facts: dict[str, Any], wish: _Wish) -> Told | None:
    """Ask, in a thread of its own. None when the site does not keep vouchers."""
    settings = replace(getattr(config, kind.name), timeout_seconds=max(1, int(LIVE_SECONDS)))
    book = kind.voucher_book(kind.connect(replace(config, **{kind.name: settings}), facts))
    if book is None:
        return None
    made, entries = None, ()  # type: VoucherMade | None, tuple[VoucherEntry, ...]
    if not (wish.rows and wish.fresh):
        made, entries = _read(book, wish.code)
    mine = wish.hold
    missing = mine is not None and all(e.id != mine.id for e in entries)
    if mine is not None and missing and (wish.rows or counting(entries)) and clock.monotonic() < wish.until:
        book.put_voucher(mine)
        made, entries = _read(book, wish.code)
    may = allowed(entries, wish.rows, wish.basket)
    if mine is not None and may <= 0 and any(e.id == mine.id for e in entries):
        book.put_voucher(release_of(mine.id, mine.code, mine.till, mine.document, mine.at))
        entries = tuple(e for e in entries if e.id != mine.id)
    return Told(entries, made, may)


def _read(book: VoucherBook, code: str) -> tuple[VoucherMade | None, tuple[VoucherEntry, ...]]:
    """All rows of a voucher. One that people made by hand there becomes a row first."""
    entries = book.voucher_entries(code)
    made = None
    if all(e.act != "issue" or e.id.endswith(f":{code}") for e in entries):  # no till has issued it
        made = book.voucher_made(code)
        if made is not None and enter_made(book, made, entries):
            entries = book.voucher_entries(code)
    return made, entries


def enter_made(book: VoucherBook, made: VoucherMade, entries: Sequence[VoucherEntry]) -> bool:
    """Enter the one row a voucher made by hand counts as; whether there was anything to enter."""
    if made.status or made.amount <= 0 or any(e.act == "issue" for e in entries):
        return False
    book.put_voucher(VoucherEntry(made.id, made.code, "issue", amount=made.amount, at=made.at, expires=made.expires))
    return True


# -- what rows mean ----------------------------------------------------------------------------------------------------


def counting(entries: Sequence[VoucherEntry]) -> list[VoucherEntry]:
    """The rows that change what is on a voucher."""
    return [e for e in entries if e.act in ACTS]


def standing_holds(entries: Sequence[VoucherEntry]) -> list[VoucherEntry]:
    """Holds that still count, in the issuer's order."""
    ended = {e.id.removesuffix(RELEASED) for e in entries if e.act == "release"}
    paid = {e.document for e in counting(entries)}
    latest = max((e.made_at for e in entries), default="")
    return [
        e
        for e in sorted(entries, key=lambda e: e.order)
        if e.act == "hold" and e.id not in ended and e.document not in paid and not _forgotten(e.made_at, latest)
    ]


def _forgotten(made_at: str, latest: str) -> bool:
    return bool(made_at) and clock.parse(latest) - clock.parse(made_at) > HELD_ELSEWHERE_MAX


def allowed(entries: Sequence[VoucherEntry], rows: Sequence[LedgerRow], basket: str) -> int:
    """Minor units a basket may use: what is on the voucher, the rows the issuer does not have yet among it, less what
    others hold. With holds of its own, only what other tills set aside before it counts."""
    known = counting(entries)
    there = {e.id for e in known}
    on_it = sum(e.amount for e in known) + sum(x.amount for x in rows if x.id not in there)
    holds = standing_holds(entries)
    mine = [e for e in holds if e.document == basket]
    if not mine:
        return max(0, on_it - sum(e.held for e in holds))
    return max(max(0, min(h.held, on_it - sum(e.held for e in before(holds, h, basket)))) for h in mine)


def before(holds: Sequence[VoucherEntry], mine: VoucherEntry, basket: str) -> list[VoucherEntry]:
    """Holds of other tills that stand before this one in the issuer's order. Baskets of one till wait for each other in
    its own commit: what one gave up keeps no value from the next."""
    return [e for e in holds if e.document != basket and e.till != mine.till and e.order < mine.order]


def release_of(hold: str, code: str, till: str, basket: str, at: str) -> VoucherEntry:
    """The row that ends a hold."""
    return VoucherEntry(f"{hold}{RELEASED}", code, "release", at=at, till=till, document=basket)


# -- into the ledger here ----------------------------------------------------------------------------------------------


def _heard(store: Store, line: Line, wish: _Wish, told: Told) -> Asked:
    now = clock.now()
    take_in(store, line, told.entries, now, codes=[wish.code] if told.entries else [])
    vouchers.was_heard(store)
    if told.made is not None:
        tell_status(store, told.made)
    holds = standing_holds(told.entries)
    mine = next((e for e in holds if wish.hold is not None and e.id == wish.hold.id), None)
    ahead = before(holds, mine, wish.basket) if mine else [e for e in holds if e.document != wish.basket]
    ours = store.config.till.id
    for entry in ahead:
        if entry.till != ours:
            vouchers.hold(store, _held(entry, clock.stamp(now)))
    gone = {h.id for h in vouchers.holds(store, code=wish.code) if h.till != ours} - {e.id for e in ahead}
    lost = {wish.hold.id} if wish.hold is not None and mine is None else set()
    vouchers.release(store, gone | lost)
    if mine is not None:  # a larger hold takes the place of a smaller one: it is not set aside twice
        vouchers.give_up(store, wish.basket, code=wish.code, but=mine.id)
    return Asked(reached=True, allowed=told.allowed, hold=mine.id if mine else "")


def take_in(
    store: Store, line: Line, entries: Sequence[VoucherEntry], known_at: datetime, codes: Sequence[str] = ()
) -> int:
    """Enter the issuer's rows here by id; how many were new. A row that says something else than ours under the same id
    is left out, and told until somebody put it right."""
    good, here = [], vouchers.with_ids(store, [e.id for e in counting(entries)])
    open_now = {n.key for n in notices.open_notices(store, prefix="voucher:changed:", limit=10_000)}
    for entry in counting(entries):
        ours, key = here.get(entry.id), f"voucher:changed:{entry.id}"
        if ours is not None and (ours.code, ours.act, ours.amount) != (entry.code, entry.act, entry.amount):
            _tell_changed(store, line, key, entry, ours)
            continue
        if key in open_now:
            notices.settle(store, key)
        good.append(row_of(entry))
    with store.transaction():
        return vouchers.take_in(store, good, known_at, codes)


def row_of(entry: VoucherEntry) -> LedgerRow:
    """The issuer's row as the ledger here keeps it."""
    return LedgerRow(
        entry.id, entry.code, entry.act, entry.amount, entry.at, entry.expires, entry.till, entry.document,
        entry.position,
    )  # fmt: skip


def tell_status(store: Store, made: VoucherMade) -> None:
    """Keep whether a voucher made by hand is switched off there."""
    state = vouchers.balance(store, made.code).state
    if (state == "inactive") != (made.status == "inactive"):
        vouchers.set_status(store, made.code, made.status)


def _tell_changed(store: Store, line: Line, key: str, theirs: VoucherEntry, ours: LedgerRow) -> None:
    notices.raise_once(
        store,
        key,
        "needs",
        said(
            "{title}: row {row} of voucher {code} was changed by hand: {there} there, {here} here. Nothing was changed "
            "here.",
            title=line.title,
            row=theirs.order,
            code=ours.code,
            there=_stands(store, theirs),
            here=_stands(store, ours),
        ),
        said("Put it back there, and correct the voucher by an adjustment of its own."),
        ours.code,
    )


def _stands(store: Store, row: VoucherEntry | LedgerRow) -> str:
    return said("{act} {amount} on {code}", act=row.act, amount=money(store, row.amount), code=row.code)


def money(store: Store, units: int) -> str:
    """An amount in words for people."""
    return wording.money(units, store.config.shop.currency, store.config.shop.locale)


def _held(entry: VoucherEntry, at: str) -> Hold:
    return Hold(entry.id, entry.code, entry.held, entry.till, entry.document, at)
