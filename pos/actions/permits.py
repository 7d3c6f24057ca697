"""What of a priced basket its seller may not do alone: discounts, prices, goods that come back, and where money goes.

Each need names its field and how far it reaches, so that an approval is for what was shown and no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from pos import clock
from pos.actions.approve import Permission
from pos.config import Config
from pos.errors import Invalid
from pos.rules import price, refund, wording
from pos.rules import rights as known
from pos.rules.cart import Cart, CartLine, Goods
from pos.rules.money import major, minor
from pos.rules.tender import Payment
from pos.said import nsaid, said
from pos.store import rights as tables
from pos.store import sold as sales
from pos.store.db import Store


class Settled(Protocol):
    """How the basket is paid."""

    @property
    def payments(self) -> Sequence[Payment]: ...


def of_cart(may: Permission, config: Config, cart: Cart, goods: Mapping[str, Goods]) -> None:
    """Discounts, typed prices and returns: alone, by approval, or NeedsApproval / NotAllowed naming the line."""
    _reasons(cart, config)
    _discounts(may, cart, config)
    _prices(may, cart, goods, config)
    _returns(may, cart, config)


def of_payments(may: Permission, config: Config, cart: Cart, settled: Settled) -> None:
    """Money that goes back: the way it came, to a kind the shop lets everybody use, or by the right `refund_tender`."""
    backward = [(p.mode_of_payment, p.kind, -p.amount) for p in settled.payments if p.amount < 0]
    if not backward or may.by.may("refund_tender"):
        return
    originals = dict.fromkeys(x.sold.document for x in cart.lines if x.sold is not None)
    came = [one for document in originals for one in sales.came_in(may.store, document)]
    unbound = -sum(x.amount for x in cart.lines if x.qty < 0 and x.sold is None)
    step = minor(config.pricing.cash_step, config.shop.currency)
    other = refund.elsewhere(backward, came, free_kinds(config), unbound, tolerance=step if step > 1 else 0)
    if other:
        shown = _money(other, config)
        may.need(
            "refund_tender",
            "payments",
            reach=major(other, config.shop.currency),
            alone=False,
            message=said("{shown} would go back another way than it was paid.", shown=shown),
        )


def free_kinds(config: Config) -> Collection[str]:
    """The kinds of payment a refund may always go to."""
    return frozenset(kind.strip() for kind in config.returns.free_kinds.split(",") if kind.strip())


def today(config: Config) -> date:
    """The business day it is now."""
    return clock.business_day(clock.now(), config.shop.timezone, config.shop.day_starts)


def _money(units: int, config: Config) -> str:
    return wording.money(units, config.shop.currency, config.shop.locale)


# -- discounts and prices --------------------------------------------------------------------------------------------


def _discounts(may: Permission, cart: Cart, config: Config) -> None:
    """One approval covers the largest percentage of the basket, so all of them are looked at first."""
    currency, rounding = config.shop.currency, config.pricing.rounding
    given = [(f"lines.{x.line}.discount", abs(x.discount.amount), abs(x.base)) for x in cart.lines if x.discount]
    if cart.discount is not None:
        plus = [x for x in cart.lines if x.qty > 0]
        off = abs(cart.discount.amount) + sum(x.discount.amount for x in plus if x.discount)
        given.append(("discount", off, sum(x.base for x in plus)))
    if not given:
        return
    own = tables.of(may.store).discount_percent_max(may.by.role)
    over = [g for g in given if not may.by.may("discount") or not price.within(g[1], g[2], own, currency, rounding)]
    if not over:
        return
    sizes = [(price.percent_off(off, cost, currency, rounding), field) for field, off, cost in over]
    percent, field = max(sizes, key=lambda size: size[0])
    words = said("{name} may not {what}.", name=may.by.name, what=known.RIGHTS["discount"])
    if may.by.may("discount"):
        most, this = f"{own.normalize():f}", f"{percent:f}"
        words = said("{name} may give up to {most} %; this is {percent} %.", name=may.by.name, most=most, percent=this)
    suffix = ".value" if may.by.may("discount") else ""
    may.need("discount", field + suffix, reach=percent, alone=False, message=words)


def _prices(may: Permission, cart: Cart, goods: Mapping[str, Goods], config: Config) -> None:
    typed = []
    for x in cart.lines:
        thing = goods.get(x.item_code)
        if x.voucher is None and x.price_source == "typed" and x.qty > 0 and thing is not None and not thing.open_price:
            typed.append(x)
    if not typed:
        return
    lower = sum(
        (max(Decimal(0), major(x.list_price, config.shop.currency) - x.price) * x.qty for x in typed), Decimal(0)
    )
    may.need("price_override", f"lines.{typed[0].line}.price", reach=lower)


# -- goods that come back --------------------------------------------------------------------------------------------


def _reasons(cart: Cart, config: Config) -> None:
    for x in cart.lines:
        needed = x.sold is None or config.returns.reason_required
        if x.qty < 0 and needed and not x.reason and not x.note:
            blind = said("Say why it comes back without a receipt.")
            words = blind if x.sold is None else said("Say why it comes back.")
            raise Invalid(words, code="reason", field=f"lines.{x.line}.reason")


def _returns(may: Permission, cart: Cart, config: Config) -> None:
    now, window = today(config), config.returns.window_days
    back = [x for x in cart.lines if x.sold is not None]
    late = [x for x in back if x.sold and refund.is_late(date.fromisoformat(x.sold.business_day), now, window)]
    in_time = [x for x in back if x not in late]
    if in_time:
        may.need("refund", f"lines.{in_time[0].line}", reach=_worth(in_time, config))
    if late:
        assert late[0].sold is not None
        words = nsaid(
            "{number} is older than {n} day.",
            "{number} is older than {n} days.",
            window,
            number=late[0].sold.invoice_name,
        )
        message = words if not may.by.may("late_return") else ""
        may.need("late_return", f"lines.{late[0].line}", reach=_worth(late, config), message=message)
    _blind(may, [x for x in cart.lines if x.qty < 0 and x.sold is None], config)


def _blind(may: Permission, lines: list[CartLine], config: Config) -> None:
    rule = config.returns.unknown_receipt
    named = [x for x in lines if x.return_of]
    for x in named:
        known = sales.document(may.store, x.return_of)
        if known is not None and known["series"] == "till":
            raise Invalid(
                said("{number} is known here: take its goods back against it.", number=known["invoice_name"]),
                code="known_here",
                field=f"lines.{x.line}",
            )
    if named and rule == "refuse":
        raise Invalid(
            said(
                "{number} is not known at this till, and this shop takes such goods back only where they were sold.",
                number=named[0].return_of,
            ),
            code="not_known_here",
            field=f"lines.{named[0].line}",
        )
    if named and rule == "limit" and _below_limit(may.store, named, config):
        may.need("refund", f"lines.{named[0].line}", reach=_worth(named, config))
        lines = [x for x in lines if not x.return_of]
    if lines:
        may.need("blind_return", f"lines.{lines[0].line}", reach=_worth(lines, config))


def _below_limit(store: Store, lines: list[CartLine], config: Config) -> bool:
    """Whether each unknown receipt stays within the shop's limit, with what came back on its number before."""
    limit = minor(config.returns.unknown_limit, config.shop.currency)
    for number in {x.return_of for x in lines}:
        before = sum(-row.amount for row in sales.on_unknown(store, number))
        if before - sum(x.amount for x in lines if x.return_of == number) > limit:
            return False
    return True


def _worth(lines: list[CartLine], config: Config) -> Decimal:
    return major(-sum(x.amount for x in lines), config.shop.currency)


def offered(setting: str) -> list[str]:
    """The texts of a setting that holds several with a bar between."""
    return [part.strip() for part in setting.split("|") if part.strip()]
