"""The basket, priced: lines, discounts, tax and total from goods and one company rule. Pure.

Amounts are whole minor units, negative for goods given back; quantities, unit rates and percentages exact Decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from pos.errors import Invalid
from pos.rules import label, price, refund
from pos.rules.lines import Against, Cart, CartLine, Goods, LineInput
from pos.rules.money import exact, major, minor
from pos.rules.price import Discount, Given
from pos.rules.tax import LineTax, RateTotal, TaxLine, TaxRule, line_taxes, rate_totals
from pos.said import said

__all__ = ["Against", "Cart", "CartLine", "Discount", "Given", "Goods", "LineInput", "price_cart"]

PRICE_SOURCES = ("list", "typed", "barcode")
LINES_MAX = 500
QTY_MAX = Decimal(100_000)
QTY_PLACES = 3


def price_cart(
    lines: Sequence[LineInput],
    goods: Mapping[str, Goods],
    rule: TaxRule,
    discount: Discount | None = None,
    sold: Mapping[Against, refund.Sold] | None = None,
    percent_max: Decimal = Decimal(100),
) -> Cart:
    """Price a basket. `sold` holds the receipt line behind each return_against.

    A line given back against its receipt costs what was paid for it, whatever the shelf says today. A whole-sale
    discount falls on the lines sold, not on those given back. Raises Invalid naming the line ("lines.<id>").
    """
    _check_list(lines)
    priced = [_price_line(line, goods, rule, sold or {}, percent_max) for line in lines]
    given = None
    if discount is not None:
        priced, given = _sale_discount(priced, rule, discount, percent_max)
    priced = _with_tax(priced, rule)
    return Cart(
        lines=tuple(_flag_oversold(priced, goods)),
        discount=given,
        taxes=_taxes(priced),
        goods=sum(x.before_sale_discount for x in priced),
        net=sum(x.net for x in priced),
        tax=sum(x.tax for x in priced),
        total=sum(x.amount for x in priced),
    )


def _check_list(lines: Sequence[LineInput]) -> None:
    if not lines:
        raise Invalid("The basket is empty.", code="empty", field="lines")
    if len(lines) > LINES_MAX:
        raise Invalid(
            said("A sale has at most {most} lines; finish this one and start another.", most=LINES_MAX), field="lines"
        )
    seen: set[str] = set()
    against: set[Against] = set()
    for line in lines:
        if line.line in seen:
            raise Invalid("Two lines have the same id.", field=f"lines.{line.line}")
        seen.add(line.line)
        if line.return_against in against:
            raise Invalid("The same receipt line is given back twice; put it on one line.", field=f"lines.{line.line}")
        if line.return_against:
            against.add(line.return_against)


def _price_line(
    line: LineInput, goods: Mapping[str, Goods], rule: TaxRule, sold: Mapping[Against, refund.Sold], ceiling: Decimal
) -> CartLine:
    where = f"lines.{line.line}"
    _check_qty(line, where)
    if line.return_against is not None:
        return _line_back(line, sold, goods, rule, where)
    thing = _sellable(goods.get(line.item_code), line, where)
    if line.voucher is not None:
        thing = _as_voucher(thing, line, where)
    unit = _unit_price(line, thing, rule.currency, where)
    base = price.line_amount(unit, line.qty, rule.currency, rule.rounding)
    qty, paid = line.qty, major(unit, rule.currency)
    if line.price_source == "barcode" and thing.weighed and thing.price and base:
        # Stock and books count kilograms; the request's 1 or -1 is one label.
        weight, paid = label.weighed(abs(base), minor(thing.price, rule.currency), rule.currency, rule.rounding)
        qty = weight * line.qty
    given = None
    if line.discount is not None:
        given = price.take_off(
            line.discount, base, qty, rule.currency, rule.rounding, field=f"{where}.discount", percent_max=ceiling
        )
    return CartLine(
        line=line.line,
        item_code=thing.code,
        item_name=thing.name,
        item_group=thing.item_group,
        barcode=line.barcode or thing.barcode,
        attributes=dict(thing.attributes),
        qty=qty,
        uom=thing.uom,
        list_price=unit if thing.price is None else minor(thing.price, rule.currency),
        price=paid,
        price_source=line.price_source,
        base=base,
        discount=given,
        sale_discount=0,
        rate=Decimal(0),
        tax_code=thing.tax_code,
        tax_rate=thing.tax_rate,
        tax_account=thing.tax_account,
        net=0,
        tax=0,
        amount=0,
        stocked=thing.stocked,
        note=line.note,
        sold=None,
        oversold=False,
        reason=line.reason if line.qty < 0 else "",
        return_of=line.return_of if line.qty < 0 else "",
        brand=thing.brand,
        overridden=_is_override(line, thing, unit, rule.currency),
        voucher=line.voucher,
    )


def _as_voucher(thing: Goods, line: LineInput, where: str) -> Goods:
    """The item behind a gift voucher: money owed, so no tax, no discount, nothing off a shelf, one voucher a line."""
    if line.qty != 1:
        raise Invalid("Each voucher is a line of its own.", code="voucher_line", field=f"{where}.qty")
    if line.discount is not None:
        raise Invalid("A voucher is sold at its full value.", code="voucher_line", field=f"{where}.discount")
    code = "" if thing.tax_rate else thing.tax_code
    return replace(
        thing, open_price=line.price is not None, tax_code=code, tax_rate=Decimal(0), tax_account="", stocked=False,
        weighed=False, stock=None,
    )  # fmt: skip


def _is_override(line: LineInput, thing: Goods, unit: int, currency: str) -> bool:
    if line.price_source != "typed" or line.qty < 0 or thing.open_price or thing.price is None:
        return False
    return unit != minor(thing.price, currency)


def _check_qty(line: LineInput, where: str) -> None:
    qty = exact(line.qty)
    if not qty:
        raise Invalid("The quantity is zero; take the line off instead.", field=f"{where}.qty")
    if abs(qty) > QTY_MAX:
        raise Invalid(said("{qty} is too many for one line.", qty=f"{qty:f}"), field=f"{where}.qty")
    if qty != qty.scaleb(QTY_PLACES).to_integral_value().scaleb(-QTY_PLACES):
        raise Invalid("A quantity has at most three decimals.", field=f"{where}.qty")


def _sellable(thing: Goods | None, line: LineInput, where: str) -> Goods:
    if thing is None:
        raise Invalid(
            said("{code} is not known here; take it off the basket.", code=line.item_code),
            code="unknown_item",
            field=where,
        )
    if thing.disabled:
        raise Invalid(
            said("{name} is no longer sold; take it off the basket.", name=thing.name),
            code="disabled_item",
            field=where,
        )
    if thing.has_variants:
        raise Invalid(
            said("{name} comes in variants; choose one.", name=thing.name), code="choose_variant", field=where
        )
    if not thing.weighed and line.qty != line.qty.to_integral_value():
        raise Invalid(
            said("{name} is sold in whole pieces.", name=thing.name), code="whole_pieces", field=f"{where}.qty"
        )
    return thing


def _unit_price(line: LineInput, thing: Goods, currency: str, where: str) -> int:
    if line.price_source not in PRICE_SOURCES:
        raise Invalid(
            said("price_source is one of: {list}.", list=", ".join(PRICE_SOURCES)), field=f"{where}.price_source"
        )
    if line.price_source != "list":
        if line.price is None:
            raise Invalid(
                said("Type the price of {name}.", name=thing.name), code="price_needed", field=f"{where}.price"
            )
        unit = price.units(line.price, currency, field=f"{where}.price")
        if unit < 0:
            raise Invalid("A price cannot be negative.", field=f"{where}.price")
        return unit
    if line.price is not None:
        raise Invalid("A line at list price carries no price of its own.", field=f"{where}.price")
    if thing.open_price or thing.price is None:
        raise Invalid(
            said("{name} has no price; type it.", name=thing.name), code="price_needed", field=f"{where}.price"
        )
    return price.units(thing.price, currency, field=where)


def _line_back(
    line: LineInput,
    sold: Mapping[Against, refund.Sold],
    goods: Mapping[str, Goods],
    rule: TaxRule,
    where: str,
) -> CartLine:
    assert line.return_against is not None
    original = sold.get(line.return_against)
    if original is None:
        raise Invalid("The receipt of this return is not known here.", code="unknown_receipt", field=where)
    _check_back(line, original, rule, where)
    item = original.item
    if not _may_be_fraction(item, goods) and line.qty != line.qty.to_integral_value():
        raise Invalid(
            said("{item} was sold in whole pieces.", item=item["item_name"]), code="whole_pieces", field=f"{where}.qty"
        )
    part = refund.part(original, -line.qty, field=f"{where}.qty")
    base = -(part.amount if rule.prices_include_tax else part.net)
    thing = goods.get(line.item_code)
    return CartLine(
        line=line.line,
        item_code=line.item_code,
        item_name=item["item_name"],
        item_group=item.get("item_group") or "",
        barcode=line.barcode or item.get("barcode") or "",
        attributes=dict(item.get("attributes") or {}),
        qty=line.qty,
        uom=item["uom"],
        list_price=minor(item["list_price"], rule.currency),
        price=exact(item["price"]),
        price_source="list",
        base=base,
        discount=None,
        sale_discount=0,
        rate=Decimal(0),
        tax_code=item["tax_code"],
        tax_rate=item["tax_rate"],
        tax_account=thing.tax_account if thing else "",
        net=-part.net,
        tax=-part.tax,
        amount=-part.amount,
        stocked=bool(item["stocked"]),
        note=line.note,
        sold=original,
        oversold=False,
        reason=line.reason,
        brand=str(item.get("brand") or ""),
    )


def _check_back(line: LineInput, original: refund.Sold, rule: TaxRule, where: str) -> None:
    if line.qty > 0:
        raise Invalid("A line given back has a negative quantity.", field=f"{where}.qty")
    if line.item_code != original.item["item_code"]:
        raise Invalid(
            said("That line of {number} sold something else.", number=original.invoice_name), field=f"{where}.item_code"
        )
    if line.discount is not None or line.price is not None:
        raise Invalid("What comes back costs what was paid for it: no discount, no other price.", field=where)
    if (original.currency, original.prices_include_tax) != (rule.currency, rule.prices_include_tax):
        raise Invalid(
            said(
                "{number} was priced under other rules; give it back without its receipt.", number=original.invoice_name
            ),
            field=where,
        )


def _may_be_fraction(item: Mapping[str, object], goods: Mapping[str, Goods]) -> bool:
    qty = item["qty"]
    assert isinstance(qty, Decimal)
    thing = goods.get(str(item["item_code"]))
    return qty != qty.to_integral_value() or (thing is not None and thing.weighed)


def _sale_discount(
    lines: Sequence[CartLine], rule: TaxRule, discount: Discount, ceiling: Decimal
) -> tuple[list[CartLine], Given]:
    sold = [x.before_sale_discount if _is_goods(x) else 0 for x in lines]
    if not any(sold):
        raise Invalid("There is nothing to take a discount from.", field="discount")
    given = price.take_off(
        discount, sum(sold), Decimal(1), rule.currency, rule.rounding, field="discount", percent_max=ceiling
    )
    off = given.amount + sum(x.discount.amount for x in lines if x.discount and _is_goods(x))
    full = sum(x.base for x in lines if _is_goods(x))
    price.check_ceiling(off, full, ceiling, rule.currency, rule.rounding, field="discount.value")
    shares = price.share_sale_discount(given.amount, sold)
    return [replace(x, sale_discount=share) for x, share in zip(lines, shares, strict=True)], given


def _is_goods(x: CartLine) -> bool:
    """Whether a discount on the whole falls on the line: not on what comes back, nor on a voucher."""
    return x.qty > 0 and x.voucher is None


def _with_tax(lines: Sequence[CartLine], rule: TaxRule) -> list[CartLine]:
    """Net, tax, amount and rate of each line.

    A line given back keeps the tax its sale had, so that parts sum up to the whole. The exception is `erpnext` with
    prices that include tax: there what is paid back is the same either way, and the tax is what ERPNext computes for
    this very return (equal to the sale's when the whole sale comes back at once).
    """
    own = [x for x in lines if not _keeps_its_tax(x, rule)]
    shares = dict(zip((x.line for x in own), line_taxes([_tax_line(x) for x in own], rule), strict=True))
    done = []
    for x in lines:
        share = shares.get(x.line)
        if share is not None:
            x = replace(x, net=share.net, tax=share.tax, amount=share.gross)
        done.append(replace(x, rate=price.rate_paid(x.cost, x.qty, rule.currency, rule.rounding)))
    return done


def _keeps_its_tax(line: CartLine, rule: TaxRule) -> bool:
    return line.sold is not None and not (rule.name == "erpnext" and rule.prices_include_tax)


def _tax_line(x: CartLine) -> TaxLine:
    return TaxLine(qty=x.qty, amount=x.cost, code=x.tax_code, rate=x.tax_rate, account=x.tax_account)


def _taxes(lines: Sequence[CartLine]) -> tuple[RateTotal, ...]:
    """Per code and rate. A voucher is no supply: it is taxed when it is used, by what it then buys."""
    lines = [x for x in lines if x.voucher is None]
    return rate_totals([_tax_line(x) for x in lines], [LineTax(x.net, x.tax, x.amount) for x in lines])


def _flag_oversold(lines: Iterable[CartLine], goods: Mapping[str, Goods]) -> list[CartLine]:
    """Mark lines that take more than is there. The sale goes on: the goods are in the customer's hands."""
    left = {code: thing.stock for code, thing in goods.items() if thing.stocked and thing.stock is not None}
    done = []
    for x in lines:
        stock = left.get(x.item_code)
        if stock is not None:
            left[x.item_code] = stock - x.qty
        done.append(replace(x, oversold=stock is not None and x.qty > 0 and x.qty > stock))
    return done
