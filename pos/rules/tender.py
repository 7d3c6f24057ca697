"""Payments: who may pay what, change, cash rounding, the buttons with round amounts, and change in words.

Amounts are whole minor units; negative when money goes back to the customer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pos.errors import Invalid
from pos.rules.money import major, minor
from pos.rules.tax import TaxRule
from pos.said import said

#: cash: the only kind that gives change. foreign: notes of another currency, counted at what they are worth at home.
KINDS = ("cash", "card", "voucher", "account", "other", "foreign")
PAYMENTS_MAX = 20
QUICK_MAX = 4

_LAST4 = re.compile(r"[0-9]{4}\Z")
#: Groups of digits with up to three other marks between them; a letter ends the run.
_BETWEEN = r"[^0-9A-Za-z]{1,3}"
_DIGIT_RUN = re.compile(rf"[0-9]+(?:{_BETWEEN}[0-9]+)*")
CARD_DIGITS_MIN, CARD_DIGITS_MAX = 13, 19


@dataclass(frozen=True, slots=True)
class Payment:
    """One tender as it was handed over."""

    mode_of_payment: str
    kind: str
    amount: int
    reference: str = ""
    last4: str = ""
    change: int = 0  # of this payment, what went back; filled by settle()


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the payments make of a total.

    rounding: cash rounding, signed; total: cart total + rounding. taken: payments less change. left: still to pay in
    the way used so far; left_in_cash: still to pay when the rest is paid in cash. complete: nothing is left.
    """

    taken: int
    left: int
    left_in_cash: int
    rounding: int
    total: int
    change: int
    cash_given: int
    complete: bool
    payments: tuple[Payment, ...]


def settle(
    cart_total: int,
    payments: Sequence[Payment],
    rule: TaxRule,
    *,
    tender_max: Decimal = Decimal(50_000),
    customer_named: bool = True,
) -> Settlement:
    """Set payments against what the goods cost. Invalid("payments.<n>…") for a payment that cannot be taken.

    Only cash gives change, and only cash is rounded to the cash step; nothing else may be above what is due. For a
    refund every sign turns, and cash paid out is exact.
    """
    if len(payments) > PAYMENTS_MAX:
        raise Invalid(said("A sale takes at most {most} payments.", most=PAYMENTS_MAX), field="payments")
    sign = -1 if cart_total < 0 else 1
    for i, payment in enumerate(payments):
        _check_one(payment, sign, rule.currency, tender_max, customer_named, f"payments.{i}")
    due = abs(cart_total)
    other = _other_tenders(payments, due)
    cash_indexes = [i for i, p in enumerate(payments) if p.kind == "cash"]
    cash = sum(abs(payments[i].amount) for i in cash_indexes)
    cash_due = abs(rule.cash(sign * (due - other)))
    rounding = sign * (cash_due - (due - other)) if cash_indexes else 0
    change = max(0, cash - cash_due)
    if change:
        _check_change(cash_due, sign, cash_indexes[-1])
    total = cart_total + rounding
    taken = other + cash - change
    return Settlement(
        taken=sign * taken,
        left=total - sign * taken,
        left_in_cash=sign * max(0, cash_due - cash),
        rounding=rounding,
        total=total,
        change=sign * change,
        cash_given=sign * cash,
        complete=sign * taken == total,
        payments=_give_change(payments, cash_indexes, change),
    )


def _check_one(
    payment: Payment, sign: int, currency: str, tender_max: Decimal, customer_named: bool, where: str
) -> None:
    amount = f"{where}.amount"
    if payment.kind not in KINDS:
        raise Invalid(
            said("{mode} is of no kind known here.", mode=payment.mode_of_payment), field=f"{where}.mode_of_payment"
        )
    if payment.amount * sign < 0:
        raise Invalid("A payment has the sign of what is due.", field=amount)
    if not payment.amount and payment.kind != "cash":
        raise Invalid("Type an amount.", field=amount)
    if abs(payment.amount) > minor(tender_max, currency):
        raise Invalid(
            said(
                "{amount} looks like a typing mistake; take it in smaller amounts.",
                amount=major(abs(payment.amount), currency),
            ),
            code="tender_too_large",
            field=amount,
        )
    if payment.last4 and (payment.kind != "card" or not _LAST4.match(payment.last4)):
        raise Invalid("Keep only the last four digits of a card.", field=f"{where}.last4")
    if has_card_number(payment.reference):
        raise Invalid(
            "That is a whole card number; keep only its last four digits.",
            code="card_number",
            field=f"{where}.reference",
        )
    if payment.kind == "voucher" and not payment.reference and sign > 0:
        raise Invalid("Type or scan the voucher's code.", field=f"{where}.reference")
    if payment.kind == "account" and not customer_named:
        raise Invalid("Name the customer before putting it on account.", code="customer_needed", field="customer")


def _other_tenders(payments: Sequence[Payment], due: int) -> int:
    """What everything but cash adds up to; never above what is due."""
    other = 0
    for i, payment in enumerate(payments):
        if payment.kind != "cash":
            other += abs(payment.amount)
            if other > due:
                raise Invalid(
                    said("{mode} cannot be above what is due; only cash gives change.", mode=payment.mode_of_payment),
                    code="above_due",
                    field=f"payments.{i}.amount",
                )
    return other


def _check_change(cash_due: int, sign: int, last_cash: int) -> None:
    where = f"payments.{last_cash}.amount"
    if sign < 0:
        raise Invalid("More cash would go back than is due.", code="above_due", field=where)
    if not cash_due:
        raise Invalid("Nothing is left to pay in cash; take the cash payment off.", code="above_due", field=where)


def _give_change(payments: Sequence[Payment], cash_indexes: Sequence[int], change: int) -> tuple[Payment, ...]:
    """Change goes back from the last cash payment first."""
    done, left = list(payments), change
    for i in reversed(cash_indexes):
        part = min(left, done[i].amount) if left else 0
        done[i] = replace(done[i], change=part)
        left -= part
    return tuple(done)


def has_card_number(text: str) -> bool:
    """Whether a Luhn-valid run of 13 to 19 digits stands in the text, in groups or in one piece, in any script."""
    for run in _DIGIT_RUN.findall(text if text.isascii() else _plain_digits(text)):
        groups = re.split(_BETWEEN, run)
        for start in range(len(groups)):
            digits = ""
            for group in groups[start:]:
                digits += group
                if len(digits) > CARD_DIGITS_MAX:
                    break
                if len(digits) >= CARD_DIGITS_MIN and luhn(digits):
                    return True
    return False


def _plain_digits(text: str) -> str:
    """Digits of every script as 0 to 9, and nothing that takes no room on the screen."""
    marks = (ch for ch in unicodedata.normalize("NFKC", text) if unicodedata.category(ch) != "Cf")
    return "".join(str(unicodedata.digit(ch)) if ch.isdigit() else ch for ch in marks)


def luhn(digits: str) -> bool:
    """Whether the check digit of a card number fits (ISO/IEC 7812-1, annex B)."""
    total = 0
    for i, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if i % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


# -- notes and coins -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Denomination:
    """One note or coin: its value in minor units, and what one and several of them are called."""

    value: int
    one: str
    many: str


def _pieces(*rows: tuple[int, str, str]) -> tuple[Denomination, ...]:
    return tuple(Denomination(*row) for row in rows)


#: What change is counted out in, largest first.
DENOMINATIONS = {
    "GBP": _pieces(
        *((n * 100, f"one £{n} note", f"£{n} notes") for n in (50, 20, 10, 5)),
        *((n * 100, f"a £{n} coin", f"£{n} coins") for n in (2, 1)),
        *((n, f"a {n}p", f"{n}p coins") for n in (50, 20, 10, 5, 2, 1)),
    ),
    "EUR": _pieces(
        *((n * 100, f"one €{n} note", f"€{n} notes") for n in (100, 50, 20, 10, 5)),
        *((n * 100, f"a €{n} coin", f"€{n} coins") for n in (2, 1)),
        *((n, f"a {n}c", f"{n}c coins") for n in (50, 20, 10, 5, 2, 1)),
    ),
    "USD": _pieces(
        *((n * 100, f"one ${n} bill", f"${n} bills") for n in (100, 50, 20, 10, 5, 1)),
        (25, "a quarter", "quarters"),
        (10, "a dime", "dimes"),
        (5, "a nickel", "nickels"),
        (1, "a penny", "pennies"),
    ),
}
#: Notes people hand over, in major units, for the quick buttons.
NOTES = {"GBP": (5, 10, 20, 50), "EUR": (5, 10, 20, 50, 100), "USD": (1, 5, 10, 20, 50, 100)}
_NUMBERS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def quick_amounts(left_in_cash: int, currency: str) -> tuple[int, ...]:
    """The buttons beside the pad: the exact amount, then the round sums a customer is likely to hand over.

    Each round sum is the next multiple of a note: 14.20 gives 14.20, 15, 20, 50. A refund has only the exact amount.
    """
    if left_in_cash <= 0:
        return (left_in_cash,) if left_in_cash else ()
    unit = minor(1, currency)
    sums = [left_in_cash]
    for note in NOTES.get(currency, (5, 10, 20, 50)):
        rounded = -(-left_in_cash // (note * unit)) * note * unit
        if rounded not in sums:
            sums.append(rounded)
    return (sums[0], *sorted(sums[1:])[: QUICK_MAX - 1])


def pieces(change: int, currency: str) -> list[tuple[int, int]]:
    """The fewest notes and coins of an amount, the largest first: (value in minor units, how many)."""
    found, left = [], change
    for piece in DENOMINATIONS.get(currency, ()):
        count, left = divmod(left, piece.value) if left > 0 else (0, left)
        if count:
            found.append((piece.value, count))
    return found


def change_words(change: int, currency: str) -> str:
    """How to count the change out: "One £10 note and a 5p". Empty for no change or a currency without a table."""
    words = []
    names = {piece.value: piece for piece in DENOMINATIONS.get(currency, ())}
    for value, count in pieces(change, currency):
        piece = names[value]
        if count == 1:
            words.append(piece.one)
        else:
            words.append(f"{_NUMBERS[count] if count < len(_NUMBERS) else count} {piece.many}")
    if not words:
        return ""
    text = words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
    return text[0].upper() + text[1:]
