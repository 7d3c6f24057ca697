"""Gift vouchers in a basket: sold as a line, used or refunded onto as a payment, and made good in the very transaction
that saves the receipt. Nothing of a voucher lives before that: an abandoned basket leaves no trace."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pos import clock
from pos.config import Config
from pos.errors import BadSettings, Conflict, Invalid, NotFound
from pos.rules import voucher, voucher_doc
from pos.rules.basket import Basket
from pos.rules.cart import Cart, LineInput
from pos.rules.money import major, minor
from pos.rules.tender import Payment, Settlement
from pos.rules.voucher import Reach, Standing, Wanted
from pos.said import said
from pos.store import catalog, vouchers
from pos.store.db import Store

#: Tries for a code nobody has yet; a second one is hardly ever needed.
CODE_TRIES = 20


def reach_of(store: Store, known: Standing, basket: str = "") -> Reach:
    """How far the issuer's word on a voucher goes now, for a basket."""
    config = store.config
    limit = minor(config.vouchers.offline_limit, config.shop.currency)
    confirmed = vouchers.confirmed(store, known.code, basket) if vouchers.issuer(store) else None
    fresh = vouchers.is_fresh(store, known) or bool(confirmed)  # it answered for this very basket
    return Reach(fresh, config.vouchers.offline, limit, confirmed, away=vouchers.is_away(store))


def terms_of(config: Config) -> voucher.Terms:
    """What this shop sells as a voucher."""
    v, cur = config.vouchers, config.shop.currency
    return voucher.Terms(minor(v.amount_min, cur), minor(v.amount_max, cur), v.months)


def check_settings(config: Config) -> None:
    """BadSettings when vouchers cannot be sold as the settings say; called at the start."""
    v = config.vouchers
    try:
        terms, limit = terms_of(config), minor(v.offline_limit, config.shop.currency)
    except ValueError:
        raise BadSettings(f"[vouchers] holds an amount {config.shop.currency} has not; use fewer decimals.") from None
    if not 0 < terms.amount_min <= terms.amount_max:
        raise BadSettings("[vouchers] amount_min must be above 0 and not above amount_max.")
    if limit < 0 or v.months < 0 or v.fresh_minutes < 0:
        raise BadSettings("[vouchers] offline_limit, months and fresh_minutes must not be below 0.")
    if v.item and v.item == config.till.bag_item:
        raise BadSettings("[vouchers] item and [till] bag_item name the same item; a bag is no voucher.")


def today(config: Config) -> date:
    """The business day it is now."""
    return clock.business_day(clock.now(), config.shop.timezone, config.shop.day_starts)


def new_code(store: Store) -> str:
    """A code nobody has, which nobody can guess."""
    day = today(store.config)
    for _ in range(CODE_TRIES):
        code = voucher.make_code(day, secrets.choice)
        if not vouchers.exists(store, code):
            return code
    raise Conflict("No free voucher code was found. Try again.", code="voucher_taken")


def rows_of(tx: Store, wanted: Sequence[Wanted], document: str) -> list[dict[str, Any]]:
    """What a document writes under `vouchers`, looked at inside the transaction that saves it. Refused, Conflict."""
    config = tx.config
    return voucher.entered(
        wanted,
        document,
        lambda code: vouchers.balance(tx, code),
        lambda known: reach_of(tx, known, document),
        expires=voucher.expires_on(today(config), config.vouchers.months),
        currency=config.shop.currency,
        locale=config.shop.locale,
    )


# -- sold ------------------------------------------------------------------------------------------------------------


def marked(config: Config, basket: Basket) -> Basket:
    """The basket with every line of the voucher item as a voucher. Invalid for one that comes back or sells another
    item as one."""
    item = config.vouchers.item
    return replace(basket, lines=tuple(_marked(line, item) for line in basket.lines))


def _marked(line: LineInput, item: str) -> LineInput:
    where = f"lines.{line.line}"
    if not item or line.item_code != item:
        if line.voucher is not None:
            raise Invalid(
                said("{code} is not sold as a voucher here.", code=line.item_code), code="voucher_line", field=where
            )
        return line
    if line.qty < 0 and line.return_against is None:
        raise Invalid(
            "A gift voucher does not come back as goods: its value is in its code.", code="voucher_line", field=where
        )
    return line if line.voucher is not None or line.return_against is not None else replace(line, voucher="")


def check_sold(store: Store, config: Config, cart: Cart) -> None:
    """Invalid for an amount no voucher is made over, or one code on two lines; Conflict for a code that is taken."""
    terms, seen = terms_of(config), set()
    for x in cart.lines:
        if x.voucher is None:
            continue
        where = f"lines.{x.line}"
        voucher.check_amount(x.amount, terms, config.shop.currency, config.shop.locale, f"{where}.price")
        if x.voucher and (x.voucher in seen or vouchers.exists(store, x.voucher)):
            raise Conflict(
                said("The code {voucher} is already of another voucher; take another one.", voucher=x.voucher),
                code="voucher_taken",
                field=f"{where}.voucher.code",
            )
        check_free(store, x.voucher, f"{where}.voucher.code")
        seen.add(x.voucher)


def check_free(store: Store, code: str, field: str) -> None:
    """Conflict for a new voucher's code that is the barcode or code of an item: a scan of it would sell the item."""
    try:
        found = catalog.by_barcode(store, code) if code else None
    except (NotFound, Invalid):
        return
    if found is not None:
        raise Conflict(
            said("The code {code} is of the item {item}; take another one.", code=code, item=found.tile.name),
            code="voucher_taken",
            field=field,
        )


# -- asked for first -------------------------------------------------------------------------------------------------

#: Asks the issuer about a code, with a basket and the amount to set aside for it; takes in what it says.
Ask = Callable[[str, str, int], object]


def ask_first(store: Store, basket: Basket, ask: Ask | None) -> None:
    """Have the issuer set aside what a basket uses of vouchers, where no check has done so: two tills in its reach
    never use the same value, whoever asks. Of a code typed for a new voucher it says whether another till has sold it.
    """
    modes = {mode.name for mode in catalog.payment_modes(store) if mode.kind == "voucher"}
    wanted = {line.voucher: 0 for line in basket.lines if line.voucher}
    for i, paid in enumerate(basket.payments):
        if paid.mode_of_payment in modes and paid.reference and paid.amount > 0:
            code = voucher.code_of(paid.reference, f"payments.{i}.reference")
            wanted[code] = wanted.get(code, 0) + paid.amount
    ask_each(store, basket.id, wanted, ask)


def ask_each(store: Store, document: str, wanted: Mapping[str, int], ask: Ask | None) -> None:
    """Ask the issuer about each code and have it set aside so much for a document (0: nothing). It is not asked again
    where that was in vain a moment ago."""
    if ask is None or not vouchers.issuer(store):
        return
    for code, amount in wanted.items():
        in_vain = any(h.basket == document and not h.at for h in vouchers.holds(store, code=code))
        if not in_vain and (not amount or vouchers.confirmed(store, code, document) < amount):
            ask(code, document, amount)


# -- used and refunded -----------------------------------------------------------------------------------------------


def with_code(payment: Payment, place: int) -> Payment:
    """A payment by voucher with its code as it is kept."""
    if payment.kind != "voucher" or not payment.reference:
        return payment
    return replace(payment, reference=voucher.code_of(payment.reference, f"payments.{place}.reference"))


def check_payments(store: Store, cart: Cart, payments: Sequence[Payment], basket: str) -> None:
    """Refused, in words, for value that is not there as far as is known now; asked again in the commit."""
    paid = [(i, p) for i, p in enumerate(payments) if p.kind == "voucher" and p.reference]
    if not paid:
        return
    new = sum(x.amount for x in cart.lines if x.voucher is not None)
    room = cart.total - new
    if new and sum(p.amount for _, p in paid) > room:
        goods = max(0, room - sum(p.amount for _, p in paid[:-1]))
        raise voucher.Refused(
            "A voucher is not paid for with a voucher; pay for it another way.",
            "voucher_for_voucher",
            f"payments.{paid[-1][0]}.amount",
            str(major(goods, store.config.shop.currency)),
        )
    rows_of(store, voucher.of_payments((i, p.reference, p.amount) for i, p in paid), basket)


def made_good(store: Store, cart: Cart, settlement: Settlement) -> tuple[Cart, Settlement, list[Wanted]]:
    """Cart and settlement with a code on every voucher, and what the commit does to each of them."""
    wanted, lines = [], []
    for x in cart.lines:
        if x.voucher is not None:
            made = not x.voucher
            x = replace(x, voucher=x.voucher or new_code(store))
            where = f"lines.{x.line}.voucher.code"
            wanted.append(Wanted("issue", x.voucher or "", x.amount, made=made, new=True, field=where))
        lines.append(x)
    payments, fresh = [], set()
    for p in settlement.payments:
        if p.kind == "voucher" and not p.reference:
            p = replace(p, reference=new_code(store))
            fresh.add(p.reference)
        payments.append(p)
    paid = [(i, p.reference, p.amount) for i, p in enumerate(payments) if p.kind == "voucher"]
    wanted += voucher.of_payments(paid, frozenset(fresh))
    return replace(cart, lines=tuple(lines)), replace(settlement, payments=tuple(payments)), wanted


# -- voided ----------------------------------------------------------------------------------------------------------


def turned(doc: Mapping[str, Any]) -> list[Wanted]:
    """What voiding a sale does to its vouchers."""
    return voucher_doc.turned(doc, doc["currency"])


def ask_before_void(store: Store, doc: Mapping[str, Any], document: str, ask: Ask | None) -> None:
    """Have the issuer set aside what a void takes off the vouchers its sale sold: another till may have used it."""
    ask_each(store, document, {x.code: -x.amount for x in turned(doc) if x.amount < 0}, ask)


def void_refusal(store: Store, doc: Mapping[str, Any]) -> Conflict | None:
    """Why a sale cannot be voided for the sake of a voucher it sold; None when it can."""
    for x in turned(doc):
        known = vouchers.balance(store, x.code)
        if x.amount < 0 and known.balance - known.held + x.amount < 0:
            return Conflict(
                said(
                    "Voucher {code}, sold on {number}, was used meanwhile, so the sale cannot be "
                    "voided. Give back its goods as a return; what is left on the voucher stays.",
                    code=x.code,
                    number=doc["invoice_name"],
                ),
                code="voucher_used",
            )
    return None
