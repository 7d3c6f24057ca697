"""Tax by a named company rule, and the rows in which ERPNext can hold a line exactly.

Amounts are whole minor units, signed (negative = given back). Quantities and rates are exact Decimals.

`erpnext`   what ERPNext v15 computes from the invoice we post: each posted row's net rounded, the tax of a tax
            account summed over its rows and rounded once. Observed: contracts, cases inv-06, inv-07 and inv-29.
`per_rate`  the tax of a rate on the rate's total, rounded once.
`per_line`  each line's tax rounded by itself.

Whatever the rule, the lines get their share of the rate's tax, so that lines always sum up to their total.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pos.rules.money import (
    frappe_amount,
    frappe_net,
    frappe_tax,
    major,
    minor,
    round_minor,
    round_to_step,
    share_out,
)

RULES = ("erpnext", "per_rate", "per_line")

#: ERPNext moves the penny difference of inclusive prices to "Round Off" only up to five minor units
#: (taxes_and_totals, adjust_grand_total_for_inclusive_tax); a larger one would change its grand total.
GAP_MAX = 5

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class TaxRule:
    """How a company works out tax and cash rounding.

    name: one of RULES. rounding: one of money.ROUNDING. prices_include_tax: shelf prices hold the tax.
    cash_step: smallest amount payable in cash, in major units (Decimal("0.05")); the minor unit = no cash rounding.
    """

    name: str = "erpnext"
    rounding: str = "bankers"
    prices_include_tax: bool = True
    currency: str = "GBP"
    cash_step: Decimal = Decimal("0.01")

    def __post_init__(self) -> None:
        if self.name not in RULES:
            raise ValueError(f"no tax rule {self.name!r}; there are: {', '.join(RULES)}")

    def cash(self, amount: int) -> int:
        """The amount as cash can pay it: the nearest cash step, the same for a sale and its refund."""
        return round_to_step(amount, minor(self.cash_step, self.currency))


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One line as the tax sees it: what its prices sum up to (with tax when prices include it, else without)."""

    qty: Decimal
    amount: int  # minor units, same sign as qty
    code: str
    rate: Decimal  # percent; 0 for zero-rated and exempt, told apart by the code
    account: str = ""  # tax account in the books; under `erpnext` codes that share one are rounded together


@dataclass(frozen=True, slots=True)
class LineTax:
    """net + tax = gross, in minor units."""

    net: int
    tax: int
    gross: int


@dataclass(frozen=True, slots=True)
class RateTotal:
    """The tax of one code at one rate over a document, in minor units."""

    code: str
    rate: Decimal
    net: int
    tax: int
    gross: int


@dataclass(frozen=True, slots=True)
class PostingRow:
    """One row of an invoice: amount = round(qty x rate), with a rate of the currency's own decimals.

    qty and amount carry the line's sign, the rate is never negative. Major units.
    """

    qty: Decimal
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Booked:
    """What ERPNext computes from posted rows, in minor units.

    total: sum of the rows. net_total: sum of the rows' nets. taxes: per account (or per rate where none is named).
    gap: total - net_total - taxes with inclusive prices, which goes to Round Off while it is at most GAP_MAX.
    grand_total: what the invoice will say.
    """

    total: int
    net_total: int
    taxes: dict[str, int]
    gap: int
    grand_total: int


def posting_rows(
    qty: Decimal, amount: Decimal, currency: str, rounding: str = "bankers", rate: Decimal | None = None
) -> tuple[PostingRow, ...]:
    """The line as one to three rows that ERPNext reproduces exactly; row amounts and quantities sum up to the line's.

    One row where round(qty x rate) can give the amount (with `rate` when that rate does, else the nearest one).
    Otherwise the whole units are split into those at one rate and those a minor unit dearer, the cheaper first,
    and a fraction of a unit, by which any minor unit can be reached, becomes its own row. All rows have the sign
    of the quantity. How many rows there are and what they amount to does not depend on `rate`.
    A return of some of the units, cheaper ones first, splits into rows at the same rates as its sale.
    ValueError when the amount's sign is not the quantity's.
    """
    total = minor(amount, currency)
    if not qty or (total and (total > 0) != (qty > 0)):
        raise ValueError(f"a line of {qty} cannot amount to {amount}")
    single = _single_rate(qty, total, currency, rounding, rate)
    if single is not None:
        return (_row(qty, single, total, currency),)
    whole = Decimal(int(qty))
    fraction = qty - whole
    rows = []
    if fraction:
        part = round_minor(major(total, currency) * fraction / qty, currency, rounding)
        its_rate = _single_rate(fraction, part, currency, rounding, rate)
        assert its_rate is not None, "below one unit every amount has its rate"
        rows.append(_row(fraction, its_rate, part, currency))
        total -= part
    return (*_whole_units(int(whole), total, currency), *rows)


def _single_rate(qty: Decimal, total: int, currency: str, rounding: str, wanted: Decimal | None) -> int | None:
    """The rate, in minor units, at which this quantity amounts to the total; the wanted one if it does."""
    nearest = round_minor(major(total, currency) / qty, currency, rounding)
    tries = [nearest, nearest - 1, nearest + 1]
    if wanted is not None and major(round_minor(wanted, currency), currency) == wanted:
        tries.insert(0, round_minor(wanted, currency))
    for unit in tries:
        rate = major(unit, currency)
        exact = unit >= 0 and round_minor(rate * qty, currency, rounding) == total
        if exact and frappe_amount(rate, qty, currency, rounding) == total:
            return unit
    return None


def _whole_units(count: int, total: int, currency: str) -> list[PostingRow]:
    sign = 1 if count > 0 else -1
    cheaper, dearer_count = divmod(abs(total), abs(count))
    rows = []
    for units, rate in ((abs(count) - dearer_count, cheaper), (dearer_count, cheaper + 1)):
        if units:
            rows.append(_row(Decimal(sign * units), rate, sign * units * rate, currency))
    return rows


def _row(qty: Decimal, rate: int, amount: int, currency: str) -> PostingRow:
    return PostingRow(qty=qty, rate=major(rate, currency), amount=major(amount, currency))


def line_taxes(lines: Sequence[TaxLine], rule: TaxRule) -> list[LineTax]:
    """Each line's net, tax and gross. Lines sold and lines given back are rounded apart, as the two documents an
    exchange becomes in the books."""
    taxes = [0] * len(lines)
    for indexes in _groups(lines, rule):
        group = [lines[i] for i in indexes]
        for i, tax in zip(indexes, _group_taxes(group, rule), strict=True):
            taxes[i] = tax
    return [_split(line, tax, rule) for line, tax in zip(lines, taxes, strict=True)]


def _split(line: TaxLine, tax: int, rule: TaxRule) -> LineTax:
    if rule.prices_include_tax:
        return LineTax(net=line.amount - tax, tax=tax, gross=line.amount)
    return LineTax(net=line.amount, tax=tax, gross=line.amount + tax)


def _groups(lines: Sequence[TaxLine], rule: TaxRule) -> list[list[int]]:
    """Indexes of the lines whose tax is rounded together."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for i, line in enumerate(lines):
        key: tuple[object, ...] = (line.qty < 0, _tax_row(line) if rule.name == "erpnext" else (line.code, line.rate))
        if rule.name == "per_line":
            key = (i,)
        groups.setdefault(key, []).append(i)
    return list(groups.values())


def _tax_row(line: TaxLine) -> str:
    """Under which tax row of the invoice a line falls: ERPNext keeps one per account."""
    return line.account or f"{line.code} {line.rate.normalize():f}"


def _group_taxes(group: Sequence[TaxLine], rule: TaxRule) -> list[int]:
    exact = [_exact_tax(line, rule) for line in group]
    if rule.name == "per_rate":
        # One rate, one division: the tax inside a sum, not the sum of the lines' taxes.
        gross = major(sum(line.amount for line in group), rule.currency)
        total = round_minor(_tax_of(gross, group[0].rate, rule), rule.currency, rule.rounding)
    else:
        total = round_minor(sum(exact, Decimal(0)), rule.currency, rule.rounding)
    return share_out(total, exact)


def _exact_tax(line: TaxLine, rule: TaxRule) -> Decimal:
    """The line's tax before the rule's one rounding, in major units."""
    if rule.name != "erpnext":
        return _tax_of(major(line.amount, rule.currency), line.rate, rule)
    rows = posting_rows(line.qty, major(line.amount, rule.currency), rule.currency, rule.rounding)
    nets = (major(_row_net(row.amount, line.rate, rule), rule.currency) for row in rows)
    return sum((net * line.rate / _HUNDRED for net in nets), Decimal(0))


def _tax_of(amount: Decimal, rate: Decimal, rule: TaxRule) -> Decimal:
    return amount * rate / (_HUNDRED + rate) if rule.prices_include_tax else amount * rate / _HUNDRED


def _row_net(amount: Decimal, rate: Decimal, rule: TaxRule) -> int:
    net = amount / (1 + rate / _HUNDRED) if rule.prices_include_tax else amount
    return round_minor(net, rule.currency, rule.rounding)


def booked(lines: Iterable[TaxLine], rule: TaxRule) -> Booked:
    """What ERPNext will make of these lines (all of one sign) when each is posted as its posting_rows, in this order.

    The mapping compares it with the receipt before posting: where `grand_total` or a tax differs from the receipt (a
    gap above GAP_MAX, the last part of a refund, noise of its floats at an exact half), it adds the difference as a
    tax row of charge type Actual, so that the books say what the customer paid.
    """
    cur, method = rule.currency, rule.rounding
    total = net_total = 0
    nets: dict[str, list[tuple[Decimal, Decimal]]] = {}
    for line in lines:
        total += line.amount
        for row in posting_rows(line.qty, major(line.amount, cur), cur, method):
            included = rule.prices_include_tax and line.rate
            net = frappe_net(row.amount, line.rate, cur, method) if included else minor(row.amount, cur)
            net_total += net
            nets.setdefault(_tax_row(line), []).append((major(net, cur), line.rate))
    taxes = {key: frappe_tax(pairs, cur, method) for key, pairs in nets.items()}
    gap = total - net_total - sum(taxes.values()) if rule.prices_include_tax else 0
    grand_total = net_total + sum(taxes.values()) + (gap if abs(gap) <= GAP_MAX else 0)
    return Booked(total=total, net_total=net_total, taxes=taxes, gap=gap, grand_total=grand_total)


def rate_totals(lines: Sequence[TaxLine], shares: Sequence[LineTax]) -> tuple[RateTotal, ...]:
    """Net, tax and gross per code and rate, in the order the codes first appear."""
    sums: dict[tuple[str, Decimal], list[int]] = {}
    for line, share in zip(lines, shares, strict=True):
        total = sums.setdefault((line.code, line.rate), [0, 0, 0])
        total[0] += share.net
        total[1] += share.tax
        total[2] += share.gross
    return tuple(RateTotal(code, rate, *figures) for (code, rate), figures in sums.items())
