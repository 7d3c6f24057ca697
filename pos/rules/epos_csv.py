"""The bookkeeping export of another till (EPOS Now): what its columns mean, row by row. Pure, and nothing is guessed.

A row is one line of goods. What cannot be taken as it stands is refused with the reason; no amount is ever made nothing
or rounded in silence. A row is told by its content: re-exported in another order, or in another number of files, it is
the same row, and identical rows are counted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from pos.errors import Invalid
from pos.rules.money import digits_of, minor, round_minor
from pos.rules.trading_day import trading_day
from pos.said import Said, nsaid, said

#: What we call a column -> what exports call it, without regard to capitals, spaces and signs.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "customer": ("Customer Full Name", "Customer Name", "Customer"),
    "place": ("Location Name", "Location", "Store", "Shop"),
    "qty": ("Quantity", "Qty"),
    "name": ("Product", "Product Name"),
    "category": ("Category", "Category Name"),
    "at": ("Date/Time", "Date Time", "Date and Time", "Date"),
    "gross": ("TOTAL Sales", "Total Sale", "Total"),
    "tender": ("Tender", "Tender Name", "Tender Type", "Payment Method", "Payment Type"),
    "net": ("NET Sales", "Net Sale", "Net"),
    "cost": ("Cost Price", "Cost"),
    "tax": ("Tax", "Tax Amount", "VAT", "VAT Amount"),
    "staff": ("Staff", "Staff Name", "Employee", "User"),
    "item": ("SKU", "Product Code", "Barcode"),
}
REQUIRED = ("customer", "place", "qty", "name", "category", "at", "gross")
TEXTS = ("place", "tender", "customer", "staff", "item", "name", "category")
#: What a row of sums is called where a name is to stand.
TOTALS = frozenset(("total", "totals", "grand total", "sub total", "subtotal", "total sales", "overall total"))
#: The heading stands in one of the first records; a report has its title above it.
HEADING_WITHIN = 20
CELL_MAX = 200
#: Amounts and quantities of a row lie below; nothing of ours reckons with more digits. A million of them add up.
AMOUNT_MAX, DIGITS_MAX = Decimal(10**11), 28
ORDERS = ("dmy", "mdy", "ymd")
SALE, REFUND = "sale", "refund"
_DATE = re.compile(
    r"(\d{1,4})[-/. ]+(\d{1,2}|[A-Za-z]{3,9})[-/., ]+(\d{1,4})"
    r"(?:[T, ]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d{1,6})?)?\s*([AaPp])?\.?(?:[Mm]\.?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?\Z"
)
_MONTHS = {name: at for at, name in enumerate(re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec"), start=1)}
_SIGN = r"(?:[A-Za-z]{3}|[$£€₦¥₵₹₺]|R)?"
_NUMBER = re.compile(rf"(\()?([-−+])?{_SIGN}([-−])?(\d[\d.,]*|[.,]\d+){_SIGN}(-)?(\))?\Z")
_SPACES = re.compile(r"(?<=\d)[\s\u00a0\u202f'’](?=\d)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PLAIN = re.compile(r"\d+(?:\.\d*)?|\.\d+")


class Refused(Invalid):
    """A row that is not taken, with the reason in words."""


@dataclass(frozen=True, slots=True)
class Form:
    """How to understand an export. order: one of ORDERS, "" = a date that can be read in two ways is refused.
    decimal: "." or ",". tax_mode: columns, inclusive, exclusive, none; rate: percent, for the two in the middle.
    zone, cutoff: whose business day it is. tender: the way to pay of rows that name none."""

    currency: str
    zone: str
    cutoff: time = time(0)
    order: str = ""
    decimal: str = "."
    tax_mode: str = "columns"
    rate: Decimal = Decimal(0)
    tender: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """Where which column stands."""

    cells: tuple[str, ...]
    at: Mapping[str, int]

    @property
    def missing(self) -> list[str]:
        """The columns that must be there and are not, as exports call them."""
        return [COLUMNS[name][0] for name in REQUIRED if name not in self.at]

    @property
    def doubled(self) -> list[str]:
        """The columns that stand there twice under the same name: which of them counts is not told."""
        plain = [_plain(cell) for cell in self.cells]
        return [self.cells[place].strip() for place in self.at.values() if plain.count(plain[place]) > 1]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of goods. at: wall clock of the shop. qty: thousandths, amounts: minor units, below nothing for what
    came back. rate: percent as text, "" = to be found by the tax codes of the books. hash: of all it says."""

    hash: str
    day: str
    at: str
    kind: str
    place: str
    tender: str
    customer: str
    staff: str
    item: str
    name: str
    category: str
    qty: int
    net: int
    tax: int
    gross: int
    cost: int
    rate: str


# -- columns -----------------------------------------------------------------------------------------------------------


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


_NAMES = {_plain(alias): (name, rank) for name, names in COLUMNS.items() for rank, alias in enumerate(names)}


def header(cells: Sequence[str]) -> Header:
    """What of a record is the name of a known column; the better name wins."""
    found: dict[str, tuple[int, int]] = {}
    for place, cell in enumerate(cells):
        name, rank = _NAMES.get(_plain(cell), ("", 0))
        if name and (name not in found or rank < found[name][0]):
            found[name] = (rank, place)
    return Header(tuple(cells), {name: place for name, (_, place) in found.items()})


def usable(head: Header, tax_mode: str) -> str:
    """Why an export with this heading cannot be taken, in words; "" = it can."""
    if head.missing:
        return said("Columns are missing: {names}.", names=", ".join(head.missing))
    if head.doubled:
        return said("Columns are there twice: {names}.", names=", ".join(head.doubled))
    if tax_mode == "columns" and not {"tax", "net"} & set(head.at):
        return said("It has neither a column Tax nor NET Sales: say in its format how tax is reckoned.")
    return ""


# -- rows --------------------------------------------------------------------------------------------------------------


def cells_differ(count: int, wanted: int) -> Said:
    """That a record has other columns than the heading."""
    return nsaid(
        "It has {n} cell, the heading {wanted}.", "It has {n} cells, the heading {wanted}.", count, wanted=wanted
    )


def row(cells: Sequence[str], head: Header, form: Form) -> Row | None:
    """A record as a line of goods; None for a line of sums, a heading once more, or nothing at all. Refused."""
    if len(cells) > len(head.cells) and any(cell.strip() for cell in cells[len(head.cells) :]):
        raise Refused(cells_differ(len(cells), len(head.cells)))
    given = {name: _cell(cells, place) for name, place in head.at.items()}
    if not any(given.values()) or _is_heading(cells, head) or _is_sum(given, cells):
        return None
    if len(cells) < len(head.cells) and any(place >= len(cells) for place in head.at.values()):
        raise Refused(cells_differ(len(cells), len(head.cells)))
    for name in ("at", "qty", "gross", "name"):
        if not given[name]:
            raise Refused(said("{column} is empty.", column=COLUMNS[name][0]))
    at, day = moment(given["at"], form)
    numbers = {name: _number(given, name, form) for name in ("qty", "gross", "net", "tax", "cost")}
    texts = {name: given.get(name, "") for name in TEXTS}
    for name, text in texts.items():
        if _CONTROL.search(text):
            raise Refused(said("{column} has characters in it that are no text.", column=COLUMNS[name][0]))
    told = (at, *texts.values(), *("" if value is None else f"{value.normalize():f}" for value in numbers.values()))
    digest = hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:32]
    net, tax, gross, rate = _amounts(numbers, form)
    texts["tender"] = texts["tender"] or form.tender
    return Row(
        hash=digest, day=day, at=at, kind=_kind(numbers["qty"], gross), qty=_thousandths(numbers["qty"]), net=net,
        tax=tax, gross=gross, cost=round_minor(numbers["cost"] or Decimal(0), form.currency, "commercial"), rate=rate,
        **texts,
    )  # fmt: skip


def _cell(cells: Sequence[str], place: int) -> str:
    text = " ".join(cells[place].split()) if place < len(cells) else ""
    if len(text) > CELL_MAX:
        raise Refused(said("A cell is longer than {max} letters.", max=CELL_MAX))
    return text


def _is_heading(cells: Sequence[str], head: Header) -> bool:
    return [cell.strip() for cell in cells] == [cell.strip() for cell in head.cells]


def _is_sum(given: Mapping[str, str], cells: Sequence[str]) -> bool:
    """A line of sums has no product or no date. One that has both is goods sold by somebody called Total: no money is
    left out for a name."""
    named = {given.get("staff", ""), next((cell.strip() for cell in cells if cell.strip()), ""), given["name"]}
    is_total = any(name.casefold().rstrip(":") in TOTALS for name in named)
    return is_total and (not given["at"] or given["name"].casefold().rstrip(":") in ("", *TOTALS))


# -- dates -------------------------------------------------------------------------------------------------------------


def order_of(date_format: str) -> str:
    """The order of day, month and year in a format as of strptime ("%d/%m/%Y"), or one of ORDERS; "" = not told.
    Invalid when it is none."""
    if not date_format or date_format in ORDERS:
        return date_format
    found = "".join({"b": "m", "B": "m", "m": "m", "d": "d", "y": "y", "Y": "y"}.get(x, "") for x in
                    re.findall(r"%-?([A-Za-z])", date_format))  # fmt: skip
    if found in ORDERS:
        return found
    if "F" in re.findall(r"%-?([A-Za-z])", date_format):
        return "ymd"
    raise Invalid(said("{format} is no order of day, month and year.", format=date_format), field="date_format")


def orders_of(text: str) -> set[str]:
    """The orders a date can be read in; nothing for one that is none. {"dmy", "mdy"}: it says nothing by itself."""
    matched = _DATE.match(text)
    if matched is None:
        return set()
    return {order for order in ORDERS if _date(matched, order) is not None}


def moment(text: str, form: Form) -> tuple[str, str]:
    """A date as ISO text in the shop's wall clock, and its business day. A date alone is a business day."""
    matched = _DATE.match(text)
    if matched is None:
        raise Refused(said("{text} is no date.", text=text))
    found = {order: _date(matched, order) for order in ([form.order] if form.order else ORDERS)}
    days = {day for day in found.values() if day is not None}
    if not days:
        raise Refused(said("There is no day {text}.", text=text))
    if len(days) > 1:
        raise Refused(said("{text} can be read in two ways: choose the order of day and month.", text=text))
    (day,) = days
    if not 2000 <= day.year <= 2099:
        raise Refused(said("There is no day {text}.", text=text))
    if matched[4] is None:
        return day.isoformat(), day.isoformat()
    wall = datetime.combine(day, _time(matched, text))
    zone = ZoneInfo(form.zone)
    if matched[8]:
        try:
            wall = datetime.fromisoformat(f"{wall.isoformat()}{matched[8].replace('Z', '+00:00')}").astimezone(zone)
        except ValueError:
            raise Refused(said("There is no time {text}.", text=text)) from None
    business = trading_day(wall.replace(tzinfo=zone), form.zone, form.cutoff)
    return wall.replace(tzinfo=None).isoformat(), business.isoformat()


def _date(matched: re.Match[str], order: str) -> date | None:
    parts = dict(zip(order, matched.group(1, 2, 3), strict=True))
    if not parts["d"].isdigit() or not parts["y"].isdigit() or len(parts["d"]) > 2:
        return None
    month = int(parts["m"]) if parts["m"].isdigit() else _MONTHS.get(parts["m"][:3].casefold(), 0)
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    if len(parts["y"]) not in (2, 4) or (order == "ymd" and len(parts["y"]) != 4):
        return None
    try:
        return date(year, month, int(parts["d"]))
    except ValueError:
        return None


def _time(matched: re.Match[str], text: str) -> time:
    hour, half = int(matched[4]), (matched[7] or "").casefold()
    if half and not 1 <= hour <= 12:
        raise Refused(said("There is no time {text}.", text=text))
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    try:
        return time(hour, int(matched[5]), int(matched[6] or 0))
    except ValueError:
        raise Refused(said("There is no time {text}.", text=text)) from None


# -- numbers -----------------------------------------------------------------------------------------------------------


def number(text: str, decimal: str = ".") -> Decimal:
    """Exactly what is written: 1,234.50; -£5; (5.00); 5.00-; NGN 1 234. ValueError for anything else."""
    groups = "," if decimal == "." else "."
    matched = _NUMBER.match("".join(_SPACES.sub(groups, text.strip()).split()))
    if matched is None or not matched[4].isascii():
        raise ValueError(text)
    opened, closed = matched[1] is not None, matched[6] is not None
    minus = opened + ((matched[2] or "+") in "-−") + (matched[3] is not None) + (matched[5] is not None)
    whole, point, fraction = matched[4].partition(decimal)
    if groups in whole:
        first, *rest = whole.split(groups)
        if not 1 <= len(first) <= 3 or any(len(one) != 3 for one in rest):
            raise ValueError(text)
        whole = first + "".join(rest)
    plain = whole + ("." if point else "") + fraction
    if minus > 1 or opened != closed or not _PLAIN.fullmatch(plain) or len(plain) > DIGITS_MAX:
        raise ValueError(text)
    return -Decimal(plain) if minus else Decimal(plain)


def _number(given: Mapping[str, str], name: str, form: Form) -> Decimal | None:
    text = given.get(name, "")
    if not text:
        return None
    try:
        value = number(text, form.decimal)
    except ValueError:
        words = said("{column}: {text} is no number.", column=COLUMNS[name][0], text=text)
        raise Refused(words) from None
    if abs(value) >= AMOUNT_MAX:
        raise Refused(said("{column}: {text} is too large.", column=COLUMNS[name][0], text=text))
    return value


def _thousandths(qty: Decimal | None) -> int:
    units = (qty or Decimal(0)).scaleb(3)
    if units != int(units):
        raise Refused(said("{column}: {text} has more than three decimals.", column="Quantity", text=f"{qty}"))
    return int(units)


def _kind(qty: Decimal | None, gross: int) -> str:
    if not qty and gross:
        raise Refused(said("It has an amount and no quantity."))
    if qty is not None and qty < 0 and gross > 0:
        raise Refused(said("Its quantity is negative and its amount is not."))
    return REFUND if qty is not None and qty < 0 else SALE


def _amounts(numbers: Mapping[str, Decimal | None], form: Form) -> tuple[int, int, int, str]:
    """net, tax and gross in minor units, and the rate where it is told."""
    total = _money(numbers["gross"], form, "gross")
    if form.tax_mode == "columns":
        return (*_columns(numbers, total, form), "")
    if form.tax_mode == "none":
        if numbers["tax"]:
            raise Refused(said("It has tax, and the format says that there is none."))
        return total, 0, total, "0"
    rate, exact = f"{form.rate.normalize():f}", numbers["gross"] or Decimal(0)
    if form.tax_mode == "exclusive":
        tax = round_minor(exact * form.rate / 100, form.currency, "commercial")
        return total, tax, total + tax, rate
    net = round_minor(exact * 100 / (100 + form.rate), form.currency, "commercial")
    return net, total - net, total, rate


def _columns(numbers: Mapping[str, Decimal | None], gross: int, form: Form) -> tuple[int, int, int]:
    """By its own columns: TOTAL is what was paid, and NET and Tax make it up to the smallest unit."""
    given, unit = numbers["gross"] or Decimal(0), Decimal(1).scaleb(-digits_of(form.currency))
    net, tax = numbers["net"], numbers["tax"]
    if net is None and tax is None:
        raise Refused(said("{column} is empty.", column=COLUMNS["tax"][0]))
    if net is not None and tax is not None and abs(given - net - tax) >= unit:
        raise Refused(said("NET {net} and Tax {tax} do not make TOTAL {total}.", net=f"{net}", tax=f"{tax}",
                           total=f"{given}"))  # fmt: skip
    exact = tax if tax is not None else given - (net or Decimal(0))
    if exact and (exact < 0) != (given < 0):
        raise Refused(said("Tax {tax} is not of TOTAL {total}.", tax=f"{exact}", total=f"{given}"))
    units = round_minor(exact, form.currency, "commercial")
    return gross - units, units, gross


def _money(value: Decimal | None, form: Form, column: str) -> int:
    try:
        return minor(value if value is not None else Decimal(0), form.currency)
    except ValueError:
        raise Refused(said("{column}: {text} has more decimals than {currency}.", column=COLUMNS[column][0],
                           text=f"{value}", currency=form.currency)) from None  # fmt: skip


# -- rows as they are kept ---------------------------------------------------------------------------------------------


def key_of(digest: str, ordinal: int) -> str:
    """What a row is kept under: its content, and which of the same of its business day it is, from 0."""
    return f"{digest}:{ordinal}"
