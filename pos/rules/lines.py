"""What a basket is made of: items as they are sold, lines as they are asked for and as they are priced.

Amounts are whole minor units, negative for goods given back; quantities, unit rates and percentages exact Decimals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pos.rules import refund
from pos.rules.price import Discount, Given
from pos.rules.tax import RateTotal


@dataclass(frozen=True, slots=True)
class Goods:
    """One item as the till sells it. `store.catalog.goods` answers them by code."""

    code: str
    name: str
    item_group: str = ""
    uom: str = "Nos"
    price: Decimal | None = None  # major units, from the till's price list; None = has no price
    tax_code: str = ""
    tax_rate: Decimal = Decimal(0)  # percent; zero-rated and exempt are both 0 and told apart by the code
    tax_account: str = ""  # the tax account in the books; empty where none is named
    brand: str = ""
    barcode: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    open_price: bool = False  # the cashier types the price
    weighed: bool = False  # quantity with three decimals
    stocked: bool = True
    disabled: bool = False
    has_variants: bool = False  # a template: opens the grid, cannot be sold itself
    stock: Decimal | None = None  # what is there now, when known


@dataclass(frozen=True, slots=True)
class Against:
    """The receipt line that a return line gives back."""

    id: str
    line: str


@dataclass(frozen=True, slots=True)
class LineInput:
    """One line as asked for. qty: negative for goods given back. price: per unit, major units; None = the list's.

    reason: why it comes back. return_of: the number of a receipt this till does not know. voucher: the code of the
    gift voucher the line sells, "" = one is made when it is paid, None = it sells none.
    """

    line: str
    item_code: str
    qty: Decimal
    price: Decimal | None = None
    price_source: str = "list"
    barcode: str = ""
    discount: Discount | None = None
    note: str = ""
    return_against: Against | None = None
    reason: str = ""
    return_of: str = ""
    voucher: str | None = None


@dataclass(frozen=True, slots=True)
class CartLine:
    """One priced line. base: price x qty; base - discount - sale_discount = what it costs in price terms;
    net + tax = amount = what is paid for it."""

    line: str
    item_code: str
    item_name: str
    item_group: str
    barcode: str
    attributes: Mapping[str, str]
    qty: Decimal
    uom: str
    list_price: int  # the shelf's unit price; the typed one where the shelf has none
    price: Decimal  # the unit price before discounts, major units; finer than a coin where a label sets the amount
    price_source: str
    base: int
    discount: Given | None
    sale_discount: int
    rate: Decimal  # unit price paid, after discounts, in price terms, major units
    tax_code: str
    tax_rate: Decimal
    tax_account: str
    net: int
    tax: int
    amount: int
    stocked: bool
    note: str
    sold: refund.Sold | None
    oversold: bool
    reason: str = ""
    return_of: str = ""
    brand: str = ""
    overridden: bool = False  # a person typed another price than the shelf's
    voucher: str | None = None  # as in LineInput

    @property
    def before_sale_discount(self) -> int:
        """What the line costs in price terms, its own discount taken off: the figure beside the line on the screen."""
        return self.base - (self.discount.amount if self.discount else 0)

    @property
    def cost(self) -> int:
        """What the line costs in price terms, all discounts taken off: the amount its posted rows sum up to."""
        return self.before_sale_discount - self.sale_discount


@dataclass(frozen=True, slots=True)
class Cart:
    """lines + tax = total. goods: the lines in price terms before the whole-sale discount."""

    lines: tuple[CartLine, ...]
    discount: Given | None
    taxes: tuple[RateTotal, ...]
    goods: int
    net: int
    tax: int
    total: int
