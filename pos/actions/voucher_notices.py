"""What people are told of gift vouchers: used or issued twice, refused by the issuer, spoilt there, not expired."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from pos.actions.issuer import money
from pos.connectors.base import VoucherBook, VoucherEntry
from pos.errors import Rejected
from pos.rules import wording
from pos.said import nsaid, psaid, said
from pos.store import companies, hub_vouchers, notices, vouchers
from pos.store.connections import Line
from pos.store.db import Store
from pos.store.vouchers import LedgerRow

#: Receipts a notice of a double spend names; more than a handful helps nobody.
NAMED_MAX = 8
OVERDRAWN = "voucher:overdrawn:"
TWICE = "voucher:twice:"
REFUSED = "voucher:refused:"
UNREADABLE = "voucher:unreadable:"
NOT_EXPIRED = "voucher:not_expired"
NO_LEDGER = "voucher:no_ledger"
_ACTS = {
    "issue": psaid("voucher", "issued"),
    "redeem": psaid("voucher", "used"),
    "expire": psaid("voucher", "expired"),
    "adjust": psaid("voucher", "taken off by hand"),
}


# -- the issuer --------------------------------------------------------------------------------------------------------


def no_ledger(store: Store, told: Line) -> str:
    """The issuer has no place for rows; told once there are some to keep. The same in words, for the agent."""
    words = said("{title} does not keep the ledger of gift vouchers yet.", title=told.title)
    if vouchers.unsent(store, 1):
        remedy = said(
            "Run `pos_server.py erpnext setup` with an administrator's key. Until then this till alone knows them."
        )
        notices.raise_once(store, NO_LEDGER, "check", words, remedy, told.id)
    return words


def ledger_is_there(store: Store) -> None:
    """It has one now."""
    notices.settle(store, NO_LEDGER)


def refused(store: Store, told: Line, why: Mapping[str, tuple[LedgerRow, str, Rejected]]) -> None:
    """Rows the issuer does not take, by id, each with its receipt and what was said. One notice a cause, not a row;
    settled when it takes the last of them."""
    causes: dict[str, list[tuple[LedgerRow, str, Rejected]]] = {}
    for one in sorted(why.values(), key=lambda one: (one[0].at, one[0].id)):
        cause = hashlib.sha256(f"{one[2].code}\n{one[2].message}".encode()).hexdigest()[:12]
        causes.setdefault(f"{REFUSED}{cause}", []).append(one)
    for key, rows in causes.items():
        row, receipt, error = rows[0]
        text = nsaid(
            "{title} does not take {act} {amount} of voucher {code}: {why}",
            "{title} does not take {n} rows of vouchers, the first of them {act} {amount} of voucher {code}: {why}",
            len(rows), title=told.title, act=row.act, amount=money(store, row.amount),
            code=f"{row.code} ({receipt})" if receipt else row.code, why=error.message,
        )  # fmt: skip
        if all(text != known.text for known in notices.open_notices(store, prefix=key, limit=1)):
            notices.raise_notice(store, key, "needs", text, error.remedy, row.code)
    notices.settle_all_but(store, REFUSED, set(causes))


def unreadable(store: Store, told: Line, read: Sequence[str], bad: Sequence[tuple[str, str]]) -> None:
    """Rows somebody spoilt there are told until they can be read again."""
    is_open = {n.key for n in notices.open_notices(store, prefix=UNREADABLE, limit=10_000)}
    for name in read:
        if f"{UNREADABLE}{name}" in is_open:
            notices.settle(store, f"{UNREADABLE}{name}")
    for name, why in bad:
        words = said(
            "{title}: {name} is no row of a voucher's ledger and does not count: {why}.",
            title=told.title, name=name, why=why,
        )  # fmt: skip
        notices.raise_once(store, f"{UNREADABLE}{name}", "check", words, said("Put it right there."), name)


# -- what rows came to -------------------------------------------------------------------------------------------------


def not_expired(store: Store, why: str) -> None:
    """Vouchers past their last day are left alone for this reason; "" = no longer."""
    if not why:
        notices.settle(store, NOT_EXPIRED)
        return
    words = said("Vouchers past their last day are not taken off: {why}.", why=why)
    remedy = said("See that date and time are right; it goes on by itself.")
    notices.raise_once(store, NOT_EXPIRED, "check", words, remedy)


class _Short(NamedTuple):
    """A voucher of which more was used than was on it. whose: "" = of the one company there is."""

    whose: str
    code: str
    missing: int
    issued: bool
    rows: list[LedgerRow]

    @property
    def key(self) -> str:
        """Of its notice."""
        return f"{OVERDRAWN}{self.code}" + (f"@{self.whose}" if self.whose not in ("", companies.MAIN) else "")


def overdrawn(store: Store, book: VoucherBook | None = None, only: Collection[str] | None = None) -> int:
    """Tell of vouchers of which more was used than was on them: by whom, where and how much, until it is settled. How
    many. book: the issuer, who knows receipts of other tills. only: look at these codes, as far as it is known here
    who made them, and settle nothing. On a hub of several companies each counts within one of them."""
    told = {n.key: n.text for n in notices.open_notices(store, prefix=OVERDRAWN, limit=10_000)}
    short = [one for one in _short(store, only) if one.issued or only is None]
    for one in short:
        missing = _money(store, one.missing, one.whose)
        if f" {missing} short" in told.get(one.key, ""):
            continue
        ours = one.whose in ("", companies.MAIN)
        entries = book.voucher_entries(one.code) if book is not None and ours else ()
        taken = [row for row in one.rows if row.amount < 0]
        text = said(
            "Voucher {code} is {missing} short: {uses}.",
            code=one.code, missing=missing, uses=_named(store, one.code, taken, entries, one.whose),
        )  # fmt: skip
        remedy = said(
            "Its value was used more than once. Settle it between the tills, then adjust the voucher by hand."
        )
        about = vouchers.numbers(store, one.code).get(taken[-1].document, one.code) if one.whose else one.code
        notices.raise_notice(store, one.key, "needs", text, remedy, about)
    if only is None:
        notices.settle_all_but(store, OVERDRAWN, {one.key for one in short})
    return len(short)


def _short(store: Store, only: Collection[str] | None) -> Iterator[_Short]:
    if store.config.server.role == "till" or not companies.are_several(store):
        known = vouchers.overdrawn(store) if only is None else [vouchers.balance(store, code) for code in only]
        for one in known:
            if one.balance < 0:
                yield _Short("", one.code, -one.balance, one.issued > 0, vouchers.rows_of(store, one.code))
        return
    for whose, code in hub_vouchers.short(store, only):
        rows = [row for row in vouchers.rows_of(store, code) if companies.of_till(store, row.till).company == whose]
        made = [row for row in rows if row.act in vouchers.MADE] or rows
        yield _Short(whose, code, -sum(row.amount for row in rows), made[0].amount > 0, rows)


def _money(store: Store, amount: int, whose: str) -> str:
    """An amount in the currency of the company it is of."""
    if not whose:
        return money(store, amount)
    return wording.money(amount, companies.one(store, whose).currency, store.config.shop.locale)


def twice(store: Store, book: VoucherBook) -> None:
    """Tell of codes that two tills sold without knowing of each other: two customers hold what is on one voucher."""
    codes = vouchers.issued_twice(store)
    for code in codes:
        if notices.is_open(store, f"{TWICE}{code}"):
            continue
        made = [row for row in vouchers.rows_of(store, code) if row.act == "issue"]
        who = _named(store, code, made, book.voucher_entries(code))
        text = said("The code {code} was issued more than once: {uses}.", code=code, uses=who)
        remedy = said("Give one of the customers a new voucher, and adjust this one by hand.")
        notices.raise_notice(store, f"{TWICE}{code}", "needs", text, remedy, code)
    notices.settle_all_but(store, TWICE, {f"{TWICE}{code}" for code in codes})


def _named(store: Store, code: str, rows: Sequence[LedgerRow], entries: Sequence[VoucherEntry], whose: str = "") -> str:
    """The last of these rows, the newest first, each with its receipt and till."""
    receipts = vouchers.numbers(store, code) | {e.document: e.receipt for e in entries if e.receipt}
    named = ""
    for row in reversed(rows[-NAMED_MAX:]):
        one = said(
            "{amount} {act} on {number} (till {till})",
            amount=_money(store, abs(row.amount), whose), act=_ACTS.get(row.act, row.act),
            number=receipts.get(row.document) or row.document, till=row.till,
        )  # fmt: skip
        named = said("{before}, {one}", before=named, one=one) if named else one
    return named
