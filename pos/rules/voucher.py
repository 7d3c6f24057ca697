"""Gift vouchers: what a document does to them, whether it may, and the rows of it.

A voucher is a ledger: its balance is the sum of its rows, signed minor units. Value comes onto one by `issue` (sold, or
by hand) and `refund`, and leaves it by `redeem` and `expire`; `adjust` corrects either way. A row's id is the
document's and its place there, so each counts once wherever it arrives.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pos.errors import Conflict, Invalid
from pos.rules import wording
from pos.rules.money import major
from pos.said import said

#: The kind of a document that issues, adjusts or expires vouchers without a sale.
KIND = "voucher"
#: Act -> the sign of its amount; 0: either.
ACTS = {"issue": 1, "redeem": -1, "refund": 1, "expire": -1, "adjust": 0}
#: Acts a document without a sale may hold.
BY_HAND = ("issue", "adjust", "expire")
CODE_CHARS_MAX = 40
#: Letters of a code made here: none that is taken for another one.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
SECRET_CHARS = 6

#: States in which a person puts nothing onto a voucher: nobody could use it. A void gives back what was there.
_CLOSED_TO = {"refund": ("inactive", "expired"), "adjust": ("expired",)}

_CODE = re.compile(r"[A-Z0-9][A-Z0-9._/-]{3,39}\Z")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known here of one voucher. Minor units.

    issued: what it was made over. held: set aside by other tills now. expires: the last day it can be used, "" = no
    end. state: unknown | active | used | expired | inactive. known_at: when the issuer last confirmed it, "" = never.
    issued_here: made in this shop. exposure: used out of the issuer's reach and not settled. shared: the issuer has
    some of its rows, so other tills may use it.
    """

    code: str
    issued: int = 0
    balance: int = 0
    held: int = 0
    expires: str = ""
    state: str = "unknown"
    known_at: str = ""
    issued_here: bool = False
    exposure: int = 0
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the issuer's word goes now. fresh: it was heard lately, or is this till itself. rule: [vouchers]
    offline; limit: minor units, with the rule "limit". confirmed: what it set aside for this very basket, minor units;
    None = it is this till itself. away: it did not answer when it was last asked."""

    fresh: bool
    rule: str
    limit: int = 0
    confirmed: int | None = None
    away: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What a shop sells as a voucher. amount_min, amount_max: minor units. months: 0 = no end."""

    amount_min: int
    amount_max: int
    months: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing a document does to a voucher. amount: signed. made: the code was made here, nobody typed it. new: the
    code must not be known yet. field: how errors name it."""

    act: str
    code: str
    amount: int
    made: bool = False
    new: bool = False
    field: str = ""


# -- codes -----------------------------------------------------------------------------------------------------------


def code_of(text: str, field: str = "code") -> str:
    """A typed or scanned code as it is kept: capital letters, no space around it. Invalid when it cannot be one."""
    code = text.strip().upper()
    if not _CODE.match(code):
        raise Invalid(
            "A voucher's code has 4 to 40 letters, digits and dashes; scan or type it again.",
            code="voucher_code",
            field=field,
        )
    return code


def may_be_code(text: str) -> bool:
    """Whether a scan could be a voucher's code."""
    return bool(_CODE.match(text.strip().upper()))


def make_code(day: date, choose: Callable[[str], str]) -> str:
    """A new code: GV-261121-K7M2QX. choose: one of these letters, so that nobody can guess it."""
    secret = "".join(choose(LETTERS) for _ in range(SECRET_CHARS))
    return f"GV-{day:%y%m%d}-{secret}"


def expires_on(day: date, months: int) -> str:
    """The last day of a voucher made on `day`, ISO: the same day so many months later, or the last one that month has.
    "" with 0 months: no end."""
    if months <= 0:
        return ""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])).isoformat()


# -- what may be used ------------------------------------------------------------------------------------------------


def may_use(known: Standing, reach: Reach) -> int:
    """How much of a voucher may be used now: what is on it, less what other tills hold, within the offline rule."""
    if known.state != "active":
        return 0
    left = max(0, known.balance - known.held)
    if reach.fresh or not known.shared:  # nobody else can know of a voucher the issuer does not
        return left
    if reach.rule == "limit":
        return max(0, min(left, reach.limit - known.exposure))
    if reach.rule == "issued_here":
        return left if known.issued_here else 0
    return 0


def exposed(known: Standing, reach: Reach, amount: int) -> int:
    """How much of a use the issuer has not confirmed: what it did not set aside for this basket, of a voucher it knows.
    Another till could use the same value."""
    if reach.confirmed is None or not known.shared:
        return 0
    return max(0, amount - reach.confirmed)


def offline_words(known: Standing, reach: Reach, currency: str, locale: str) -> str:
    """What the shop's rule says while the issuer is out of reach; "" while it is not, or nobody else knows it."""
    if known.state == "unknown" and reach.away:
        return said("The issuer is out of reach: what another till sold lately is not known here.")
    if reach.fresh or not known.shared or known.state in ("unknown", "inactive"):
        return ""
    if reach.rule == "limit":
        limit = wording.money(reach.limit, currency, locale)
        return said("The issuer is out of reach: up to {limit} of a voucher is taken until it is back.", limit=limit)
    if reach.rule == "issued_here" and known.issued_here:
        return said(
            "The issuer is out of reach: this voucher was made in this shop, so it is taken as it is known here."
        )
    if reach.rule == "issued_here":
        return said("The issuer is out of reach: only vouchers made in this shop are taken until it is back.")
    return said("The issuer is out of reach: no voucher is taken until it is back.")


def refusal(
    known: Standing, amount: int, reach: Reach, currency: str, locale: str, field: str = "amount"
) -> Invalid | None:
    """Why `amount` (positive) of a voucher cannot be used, in words for the customer; None when it can."""
    code = known.code
    if known.state == "unknown":
        words = said("Voucher {code} is not known here. Look at the code again.", code=code)
        if reach.away:  # the code may be right all the same
            words = said("Voucher {code} is not known here, and the issuer is out of reach. Look at it again when the "
                         "issuer answers.", code=code)  # fmt: skip
        return Refused(words, "voucher_unknown", field)
    if known.state == "inactive":
        return Refused(said("Voucher {code} is switched off; it cannot be used.", code=code), "voucher_inactive", field)
    if known.state == "expired":
        day = wording.short_day(date.fromisoformat(known.expires), locale)
        return Refused(
            said("Voucher {code} could be used until {day}; it has expired.", code=code, day=day),
            "voucher_expired",
            field,
        )
    can = may_use(known, reach)
    if amount <= can:
        return None
    offline = offline_words(known, reach, currency, locale)
    left = max(0, known.balance - known.held)
    if can < left:
        most = wording.money(can, currency, locale)
        words = said("{offline} Of {code} {amount} may be used now.", offline=offline, code=code, amount=most)
        return Refused(words, "voucher_offline", field, str(major(can, currency)))
    if not known.balance > 0:
        return Refused(
            said("Nothing is left on voucher {code}.", code=code), "voucher_short", field, str(major(0, currency))
        )
    most, held = wording.money(can, currency, locale), wording.money(known.held, currency, locale)
    words = said("{amount} of voucher {code} may be used.", amount=most, code=code)
    if known.held:
        words = said(
            "{amount} of voucher {code} may be used; {held} is set aside at another till.",
            amount=most,
            code=code,
            held=held,
        )
    return Refused(words, "voucher_short", field, str(major(can, currency)))


class Refused(Invalid):
    """A voucher cannot be used so. may_use: how much of it can, as text in major units; None when nothing is known."""

    def __init__(self, message: str, code: str, field: str, may_use: str | None = None) -> None:
        super().__init__(message, code=code, field=field)
        self.may_use = may_use

    def details(self) -> dict[str, Any]:
        return {"may_use": self.may_use}


def check_amount(amount: int, terms: Terms, currency: str, locale: str, field: str) -> None:
    """Invalid unless a voucher may be made over this."""
    if terms.amount_min <= amount <= terms.amount_max:
        return
    low, high = (wording.money(x, currency, locale) for x in (terms.amount_min, terms.amount_max))
    raise Invalid(
        said("A voucher is made over {low} to {high}.", low=low, high=high), code="voucher_amount", field=field
    )


# -- the rows of a document ------------------------------------------------------------------------------------------


def entered(
    wanted: Sequence[Wanted],
    document: str,
    find: Callable[[str], Standing],
    reach: Callable[[Standing], Reach],
    *,
    expires: str,
    currency: str,
    locale: str,
) -> list[dict[str, Any]]:
    """What a document writes under `vouchers`, each row with what is on its voucher after it.

    find: what is known inside the transaction that saves the document. expires: of vouchers it makes. Raises Refused
    for value that is not there, Conflict `voucher_taken` for a new code that is known already.
    """
    rows: list[dict[str, Any]] = []
    seen: dict[str, Standing] = {}
    left: dict[str, int] = {}
    for position, x in enumerate(wanted, start=1):
        known, before = seen.setdefault(x.code, find(x.code)), left.get(x.code, 0)
        _admit(x, known, before, reach(known), currency, locale)
        left[x.code] = before + x.amount
        row: dict[str, Any] = {
            "id": f"{document}:{position}",
            "code": x.code,
            "act": x.act,
            "amount": major(x.amount, currency),
            "balance": major(known.balance + left[x.code], currency),
            "expires": expires if x.new else known.expires,
        }
        if x.made:
            row["made"] = True
        open_, was_open = (exposed(known, reach(known), max(0, -y)) for y in (left[x.code], before))
        if open_ > was_open and x.act != "expire":
            row["exposure"] = major(open_ - was_open, currency)
        rows.append(row)
    return rows


def _admit(x: Wanted, known: Standing, before: int, reach: Reach, currency: str, locale: str) -> None:
    """Pass when one row may be written. before: what this very document did to the voucher already."""
    if x.new:
        if known.state != "unknown" or before:
            raise Conflict(
                said("The code {code} is already of another voucher; take another one.", code=x.code),
                code="voucher_taken",
                field=x.field or None,
            )
        return
    on_it = known.balance + before
    if x.act == "redeem":
        refused = refusal(known, -x.amount - before, reach, currency, locale, x.field)
        if refused is not None:
            raise refused
    elif known.state == "unknown" or (x.field and known.state in _CLOSED_TO.get(x.act, ()) and 0 < x.amount > -on_it):
        refused = refusal(known, 0, reach, currency, locale, x.field)
        assert refused is not None
        raise refused
    elif on_it + x.amount < (known.held if x.act == "adjust" and x.amount < 0 else 0):
        free = wording.money(max(0, on_it - known.held), currency, locale)
        raise Refused(
            said("Only {on_it} is on voucher {code}.", on_it=free, code=x.code),
            "voucher_short",
            x.field,
            str(major(known.balance, currency)),
        )


def of_payments(payments: Iterable[tuple[int, str, int]], made: frozenset[str] = frozenset()) -> list[Wanted]:
    """What payments by voucher do: (place among the payments, code, amount). Taken: redeem; given back: refund, onto a
    new one when the code was made for it."""
    return [
        Wanted(
            "redeem" if amount > 0 else "refund",
            code,
            -amount,
            made=code in made,
            new=code in made,
            field=f"payments.{place}.amount",
        )
        for place, code, amount in payments
    ]
