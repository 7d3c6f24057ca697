"""Selling: price a basket, look at its payments, and commit it as a sale or a return.

The browser's figures are never believed: each call prices the basket afresh from the till's own goods.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from pos import trail
from pos.actions import figures, permits, voucher_lines
from pos.actions.approve import Permission, ids_of
from pos.actions.repeated import once
from pos.config import Config
from pos.errors import BadSettings, Conflict, Invalid, NotFound, UserError
from pos.rules import barcode, receipt, rights, shift, tender
from pos.rules import basket as baskets
from pos.rules.basket import Basket, Tendered
from pos.rules.cart import Against, Cart, Goods, LineInput, price_cart
from pos.rules.money import major, minor
from pos.rules.refund import Sold
from pos.rules.tax import TaxRule
from pos.rules.tender import Payment, Settlement
from pos.said import said
from pos.store import audit, catalog, notices
from pos.store import sold as sales
from pos.store.db import Store
from pos.store.journal import Committed, Journal


class Till(Protocol):
    """What a sale is made with: settings, database and the one writer of receipts."""

    @property
    def config(self) -> Config: ...
    @property
    def store(self) -> Store: ...
    @property
    def journal(self) -> Journal: ...


class Seller(Protocol):
    """Who sells, and what they may do."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    def may(self, right: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Priced:
    basket: Basket
    goods: Mapping[str, Goods]
    sold: Mapping[Against, Sold]
    cart: Cart
    rule: TaxRule


def rule_of(config: Config) -> TaxRule:
    """The company's tax rule, as the settings name it."""
    p = config.pricing
    return TaxRule(p.tax_rule, p.rounding, p.prices_include_tax, config.shop.currency, p.cash_step)


def check_settings(config: Config) -> None:
    """BadSettings when the pricing settings cannot be worked with; called at the start, before anything is sold."""
    barcode.parse_rules(config.pricing.barcode_rules)
    step, currency = config.pricing.cash_step, config.shop.currency
    try:
        rule_of(config)
        whole = minor(step, currency) >= 1
    except ValueError:
        whole = False
    if not whole:
        raise BadSettings(f"[pricing] cash_step is {step}; use an amount {currency} has, like 0.05 or 1.")
    if not 0 <= config.pricing.discount_percent_max <= 100:
        raise BadSettings("[pricing] discount_percent_max must be between 0 and 100.")
    if config.pricing.tender_max <= 0:
        raise BadSettings("[pricing] tender_max must be above 0.")
    if config.shift.variance_max < 0 or config.shift.old_session_hours < 1:
        raise BadSettings("[shift] variance_max must not be below 0, and old_session_hours at least 1.")
    voucher_lines.check_settings(config)
    unknown = set(shift.ceilings(config.shift.paid_out_max)) - set(rights.ROLES)
    if unknown:
        raise BadSettings(f"[shift] paid_out_max names {min(unknown)}; roles are: {', '.join(rights.ROLES)}.")


def price(store: Store, config: Config, raw: Mapping[str, Any], by: Seller | None = None) -> dict[str, Any]:
    """The answer of /api/price. With `by`, what that person may not do is refused here already."""
    basket = _parse(config, raw, final=False)
    return figures.of_cart(_price(store, config, basket, _permission(store, by, basket, raw)).cart, config)


def pay_check(store: Store, config: Config, raw: Mapping[str, Any], by: Seller | None = None) -> dict[str, Any]:
    """The answer of /api/pay-check: payments so far and, in `typed`, one being typed, set against the total.

    What is typed counts for change and what is left, but is not among the payments taken. Invalid("typed…") for it.
    """
    basket = _parse(config, raw, final=False)
    may = _permission(store, by, basket, raw)
    priced = _price(store, config, basket, may)
    taken = _settle(store, config, priced, basket.payments)
    shown = taken
    typed = raw.get("typed")
    if typed is not None:
        payment = baskets.payment(typed, "typed", config.shop.currency)
        try:
            shown = _settle(store, config, priced, (*basket.payments, payment))
        except UserError as error:
            last = f"payments.{len(basket.payments)}"
            if error.field and error.field.startswith(last):
                error.field = "typed" + error.field.removeprefix(last)
            raise
    if may is not None:  # what is only being typed needs nobody's word yet
        permits.of_payments(may, config, priced.cart, taken)
    return figures.of_settlement(priced.cart, taken, shown, config)


def commit(till: Till, raw: Mapping[str, Any], by: Seller, ask: voucher_lines.Ask | None = None) -> Committed:
    """Make the basket a saved receipt; durable on return. ask: the issuer of vouchers, before anything is saved.

    The same id and content again: the receipt of the first time, `duplicate` True, whatever prices are now. Raises
    Conflict other_content (naming the field; people are told) for the same id with something else in it, Conflict
    total_differs when the screen showed another total, Invalid, NotAllowed, and CannotSave when nothing was saved.
    """
    store = till.store
    basket = _parse(till.config, raw, final=True)
    return once(
        store,
        basket.id,
        lambda saved: _same_or_conflict(store, basket, saved, by),
        lambda: _save(till, basket, Permission(store, by, basket.id, ids_of(raw)), by, ask),
    )


def _save(till: Till, basket: Basket, may: Permission, by: Seller, ask: voucher_lines.Ask | None) -> Committed:
    store, config = till.store, till.config
    voucher_lines.ask_first(store, basket, ask)
    priced = _price(store, config, basket, may)
    _check_total(priced, config)
    settlement = _settle(store, config, priced, basket.payments)
    if not settlement.complete:
        left = figures.money(settlement.left, config)
        raise Invalid(said("{left} is still to pay.", left=left), code="not_paid", field="payments")
    permits.of_payments(may, config, priced.cart, settlement)
    cart, settlement, wanted = voucher_lines.made_good(store, priced.cart, settlement)
    doc = receipt.build(basket, cart, settlement, priced.rule, _circumstances(config, by))
    if approved := may.approved():
        doc["approved"] = approved

    def guard(tx: Store) -> None:
        _guard(tx, priced, may, by)

    if wanted:  # the journal checks the whole document once its vouchers are in it
        return till.journal.commit(doc, guard, lambda tx: {"vouchers": voucher_lines.rows_of(tx, wanted, basket.id)})
    receipt.check(doc)
    return till.journal.commit(doc, guard)


def _parse(config: Config, raw: Mapping[str, Any], *, final: bool) -> Basket:
    basket = baskets.parse(raw, walk_in=config.till.walk_in, currency=config.shop.currency, final=final)
    trail.follow(correlation=basket.id)
    return basket


def _circumstances(config: Config, by: Seller) -> receipt.Circumstances:
    return receipt.Circumstances(
        warehouse=config.till.warehouse,
        price_list=config.till.price_list,
        cashier_code=by.code,
        cashier_name=by.name,
    )


def _same_or_conflict(store: Store, basket: Basket, doc: Mapping[str, Any], by: Seller) -> None:
    """Pass when the saved document is what this basket asks for; else raise the alarm and Conflict."""
    field = receipt.first_difference(receipt.content(doc), receipt.content_of_request(basket))
    if field is None:
        return
    number = doc["invoice_name"]
    audit.record(store, by.code, "sale.other_content", number, {"id": basket.id, "field": field})
    notices.raise_notice(
        store,
        f"other-content:{basket.id}",
        "check",
        said(
            "A second sale came in under the id of {number}, with another {field}. It was refused.",
            number=number,
            field=field,
        ),
        said("Compare the receipt with what was sold, and sell what is missing as a new sale."),
        number,
    )
    raise Conflict(
        said(
            "This sale is already saved as {number}, with another {field}. Start a new sale for anything else.",
            number=number,
            field=field,
        ),
        code="other_content",
        field=field,
        facts={"number": number},
    )


# -- pricing ---------------------------------------------------------------------------------------------------------


def _price(store: Store, config: Config, basket: Basket, may: Permission | None) -> _Priced:
    rule, basket = rule_of(config), voucher_lines.marked(config, basket)
    goods = catalog.goods(store, {line.item_code for line in basket.lines})
    sold = sales.sold_lines(store, [x.return_against for x in basket.lines if x.return_against is not None])
    for line in basket.lines:
        if line.price_source == "barcode":
            _check_label(store, line)
        elif tender.has_card_number(line.barcode):
            _check_known(store, line)
    cart = price_cart(basket.lines, goods, rule, basket.discount, sold, config.pricing.discount_percent_max)
    voucher_lines.check_sold(store, config, cart)
    if may is not None:
        permits.of_cart(may, config, cart, goods)
    return _Priced(basket, goods, sold, cart, rule)


def _permission(store: Store, by: Seller | None, basket: Basket, raw: Mapping[str, Any]) -> Permission | None:
    return None if by is None else Permission(store, by, basket.id, ids_of(raw))


def _check_label(store: Store, line: LineInput) -> None:
    """A price from a label must be the one its barcode holds, for that very item: the browser cannot invent one."""
    where = f"lines.{line.line}"
    try:
        found = catalog.by_barcode(store, line.barcode)
    except (NotFound, Invalid):
        raise Invalid("That label cannot be read here; scan it again.", code="unreadable", field=where) from None
    if found.tile.code != line.item_code or found.price is None or found.price != line.price:
        raise Invalid("The price is not the one on the label; scan it again.", code="label_price", field=where)
    if line.qty not in (1, -1):
        raise Invalid("A label with a price is one line of quantity 1.", code="label_price", field=f"{where}.qty")


def _check_known(store: Store, line: LineInput) -> None:
    """What looks like a card number is kept as a barcode when the catalogue, or the item itself, is called so."""
    try:
        catalog.by_barcode(store, line.barcode)
    except (NotFound, Invalid):
        raise Invalid(
            "That looks like a card number, and no item has it as its barcode; scan the item.",
            code="card_number",
            field=f"lines.{line.line}.barcode",
        ) from None


def _check_total(priced: _Priced, config: Config) -> None:
    shown, total = priced.basket.total, priced.cart.total
    assert shown is not None, "parse(final=True) asks for it"
    if shown == total:
        return
    then, now = figures.money(shown, config), figures.money(total, config)
    raise Conflict(
        said(
            "The screen showed {then}, but the basket costs {now} now. Look at it again with the customer.",
            then=then,
            now=now,
        ),
        code="total_differs",
        field="total",
        facts={
            "shown": figures.plain(shown, config),
            "shown_text": then,
            "priced": figures.plain(total, config),
            "priced_text": now,
        },
    )


# -- payments --------------------------------------------------------------------------------------------------------


def _settle(store: Store, config: Config, priced: _Priced, tendered: tuple[Tendered, ...]) -> Settlement:
    kinds = {mode.name: mode.kind for mode in catalog.payment_modes(store)}
    payments = []
    for i, p in enumerate(tendered):
        kind = kinds.get(p.mode_of_payment)
        if kind is None:
            raise Invalid(
                said("{mode} is no way to pay here.", mode=p.mode_of_payment),
                code="unknown_mode",
                field=f"payments.{i}.mode_of_payment",
            )
        paid = Payment(p.mode_of_payment, kind, p.amount, p.reference, p.last4)
        payments.append(voucher_lines.with_code(paid, i))
    named = priced.basket.customer != config.till.walk_in
    if named:
        _check_customer(store, priced.basket.customer)
    settled = tender.settle(
        priced.cart.total, payments, priced.rule, tender_max=config.pricing.tender_max, customer_named=named
    )
    voucher_lines.check_payments(store, priced.cart, settled.payments, priced.basket.id)
    return settled


def _check_customer(store: Store, code: str) -> None:
    customer = catalog.customer(store, code)
    if customer is None:
        raise Invalid(said("Customer {code} is not known here.", code=code), code="unknown_customer", field="customer")
    if customer.disabled:
        raise Invalid(
            said("Customer {name} is switched off.", name=customer.name), code="disabled_customer", field="customer"
        )


def _guard(tx: Store, priced: _Priced, may: Permission, by: Seller) -> None:
    """Inside the transaction: nobody gave the same goods back since this basket was priced; changed prices are written
    down, and what somebody else agreed to is used up with it."""
    document = priced.basket.id
    for against, then in priced.sold.items():
        now = sales.given_back(tx, against)
        if sum((b.qty for b in now), Decimal(0)) != then.back.qty or sum(b.amount for b in now) != then.back.amount:
            raise Conflict(
                said(
                    "Of {item} on {number} something came back meanwhile. Look at it again.",
                    item=then.item["item_name"],
                    number=then.invoice_name,
                ),
                code="returned_meanwhile",
                field="lines",
            )
    for x in priced.cart.lines:
        if x.overridden:
            prices = {"price": f"{x.price:f}", "shelf": f"{major(x.list_price, priced.rule.currency):f}"}
            audit.record(tx, by.code, "price.override", document, {"line": x.line, "item": x.item_code, **prices})
    may.consume(tx, document)
