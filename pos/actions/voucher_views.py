"""Gift vouchers as pages and programs see them: one with its rows, the ledger, what a check answers."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from pos import clock
from pos.actions.figures import money, plain
from pos.actions.voucher_lines import reach_of
from pos.config import Config
from pos.errors import NotFound
from pos.rules import voucher, voucher_doc, wording
from pos.rules.voucher import Standing
from pos.said import said
from pos.store import vouchers
from pos.store.db import Store
from pos.store.journal import Committed

STATE_WORDS = {
    "unknown": said("Not known here"),
    "active": said("Can be used"),
    "used": said("Used up"),
    "expired": said("Expired"),
    "inactive": said("Switched off"),
}
ACT_WORDS = {
    "issue": said("Issued"),
    "redeem": said("Used"),
    "refund": said("Refunded onto it"),
    "expire": said("Expired"),
    "adjust": said("Adjusted"),
}


def checked(store: Store, config: Config, known: Standing, amount: int = 0, basket: str = "") -> dict[str, Any]:
    """What a check answers: the voucher, how much of it may be used now, and the rule that holds while the issuer is
    out of reach. amount: what was asked for, minor units."""
    reach = reach_of(store, known, basket)
    cur, loc = config.shop.currency, config.shop.locale
    can = voucher.may_use(known, reach)
    refused = voucher.refusal(known, min(amount, can) or 1, reach, cur, loc)
    return {
        "voucher": one(config, known),
        "can_redeem": refused is None,
        "why_not": refused.message if refused else "",
        "code": refused.code if refused else "",
        "may_use": plain(can, config),
        "may_use_text": money(can, config),
        "allowed": plain(min(can, amount) if amount else can, config),
        "fresh": reach.fresh,
        "offline_text": voucher.offline_words(known, reach, cur, loc),
        "exposed": plain(voucher.exposed(known, reach, min(can, amount) if amount else can), config),
    }


def one(config: Config, known: Standing) -> dict[str, Any]:
    """One voucher."""
    loc = config.shop.locale
    day = date.fromisoformat(known.expires) if known.expires else None
    view: dict[str, Any] = {
        "code": known.code,
        "state": known.state,
        "state_text": STATE_WORDS[known.state],
        "expires": known.expires or None,
        "expires_text": wording.short_day(day, loc) if day else None,
        "issued_here": known.issued_here,
        "known_at": known.known_at or None,
        "known_text": _moment(known.known_at, config) if known.known_at else None,
        "overdrawn": known.balance < 0,
    }
    for name in ("issued", "balance", "held", "exposure"):
        units = getattr(known, name)
        view |= {name: plain(units, config), f"{name}_text": money(units, config)}
    return view


def with_rows(store: Store, config: Config, code: str) -> dict[str, Any]:
    """One voucher, what may be used, and its rows, oldest first. NotFound."""
    known = vouchers.balance(store, voucher.code_of(code))
    if known.state == "unknown":
        raise NotFound(said("Voucher {code} is not known here.", code=known.code), code="voucher_unknown", field="code")
    numbers = vouchers.numbers(store, known.code)
    rows, left = [], 0
    for row in vouchers.rows_of(store, known.code):
        left += row.amount
        rows.append(
            {
                "id": row.id,
                "act": row.act,
                "act_text": ACT_WORDS[row.act],
                "amount": plain(row.amount, config),
                "amount_text": money(row.amount, config),
                "balance_text": money(left, config),
                "at": row.at,
                "at_text": _moment(row.at, config),
                "till": row.till,
                "document": row.document,
                "number": numbers.get(row.document, ""),
                "origin": row.origin,
                "sent": bool(row.sent_at),
                "exposure_text": money(row.exposure, config) if row.exposure else None,
                "expires": row.expires or None,
            }
        )
    return {**checked(store, config, known), "rows": rows}


def ledger(store: Store, config: Config, state: str, part: str, limit: int, offset: int) -> dict[str, Any]:
    """The ledger: sums over all of it, and one page of vouchers, the last touched first."""
    with store.reading():
        sums = vouchers.summed(store)
        found = vouchers.listed(store, state, part, limit, offset)
        total = vouchers.count(store, state, part)
        lost = vouchers.overdrawn(store)
    figures: dict[str, Any] = {"vouchers": sums.vouchers}
    for name in ("issued", "refunded", "used", "expired", "adjusted", "outstanding", "exposure"):
        units = getattr(sums, name)
        figures |= {name: plain(units, config), f"{name}_text": money(units, config)}
    return {
        "sums": figures,
        "vouchers": [one(config, x) for x in found],
        "total": total,
        "offset": offset,
        "overdrawn": [one(config, x) for x in lost],
        "issuer": vouchers.issuer(store) or None,
        "rule": config.vouchers.offline,
    }


def made(committed: Committed, config: Config) -> dict[str, Any]:
    """A voucher document as the page shows it."""
    doc = committed.doc
    row = doc["vouchers"][0]
    cur = doc["currency"]
    return {
        "number": doc["invoice_name"],
        "id": doc["id"],
        "kind": doc["kind"],
        "voucher": row["code"],
        "act": row["act"],
        "amount": str(row["amount"]),
        "amount_text": wording.money(voucher_doc.units(row["amount"], cur), cur, config.shop.locale),
        "balance": str(row["balance"]),
        "balance_text": wording.money(voucher_doc.units(row["balance"], cur), cur, config.shop.locale),
        "expires": row["expires"] or None,
        "saved_at": doc["created_at"],
        "by": doc["cashier"]["name"],
    }


def _moment(stamp: str, config: Config) -> str:
    return wording.moment(clock.parse(stamp).astimezone(ZoneInfo(config.shop.timezone)), config.shop.locale)
