"""An X or Z laid out for paper of 42 or 32 columns, and for a page that shows it as paper does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pos.rules import anchor, wording
from pos.rules.ledger import chain_hash
from pos.rules.money import minor
from pos.rules.paper import Roll
from pos.said import said

Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """How figures and words look: the shop's locale, and what translates a text."""

    locale: str = "en_GB"
    say: Callable[[str], str] = str


_MOVED = {
    "float": said("Float"),
    "float_correction": said("Float correction"),
    "paid_in": said("Paid in"),
    "paid_out": said("Paid out"),
    "drop": said("To the safe"),
    "no_sale": said("Drawer opened"),
}


def lines(doc: Doc, width: int, words: Words) -> list[str]:
    """The lines of a Z document, or of an X (the same without number, hash and count); none is wider than `width`."""
    paper = _Paper(doc, width, words)
    paper.head()
    paper.takings()
    paper.table("taxes", said("Tax"), [[paper.rate(t), t["net"], t["tax"], t["gross"]] for t in doc["z"]["taxes"]])
    paper.lists()
    paper.drawer()
    paper.count()
    paper.foot()
    return [row.text for row in paper.roll.rows]


class _Paper:
    """One report on its way to paper."""

    def __init__(self, doc: Doc, width: int, words: Words) -> None:
        self.doc, self.z, self.words = doc, doc["z"], words
        self.roll = Roll(width)

    def money(self, amount: Decimal) -> str:
        return wording.money(minor(amount, self.doc["currency"]), self.doc["currency"], self.words.locale)

    def moment(self, text: str) -> str:
        return wording.moment(datetime.fromisoformat(text), self.words.locale)

    def time(self, text: str) -> str:
        return wording.clock_time(datetime.fromisoformat(text), self.words.locale)

    def rate(self, tax: Doc) -> str:
        return f"{tax['code']} {wording.percent(tax['rate'], self.words.locale)}".strip()

    def say(self, text: str, count: int | None = None) -> str:
        said = self.words.say(text)
        return said if count is None else f"{said} ({count})"

    def pair(self, text: str, amount: Decimal | None, count: int | None = None, *, bold: bool = False) -> None:
        self.roll.pair(self.say(text, count), "" if amount is None else self.money(amount), bold=bold)

    def title(self, text: str) -> None:
        self.roll.rule()
        self.roll.words(self.say(text), bold=True)

    def table(self, key: str, head: str, rows: list[list[Any]]) -> None:
        """A heading and rows of a name and figures; nothing when there are none."""
        if not self.z[key]:
            return
        self.roll.rule()
        names = {
            "taxes": [said("Net"), said("Tax"), said("Gross")],
            "tenders": [said("Taken"), said("Refunded"), said("Net")],
        }[key]
        shown = [[row[0], *(self.money(x) for x in row[1:])] for row in rows]
        self.roll.table([[self.say(head), *(self.say(n) for n in names)], *shown])

    # -- the parts, in the order of the list -------------------------------------------------------------------------

    def head(self) -> None:
        z, roll = self.z, self.roll
        roll.words(z["branch"], bold=True, centre=True)
        roll.words(f"{z['till_name']} ({self.doc['till']})", centre=True)
        roll.words(f"{self.say('Z-READ')} {z['name']}" if z["number"] else self.say("X-READ"), bold=True, centre=True)
        roll.words(wording.short_day(date.fromisoformat(z["business_day"]), self.words.locale), centre=True)
        roll.rule()
        roll.pair(self.say("Session"), z["session"])
        roll.pair(f"{self.say('Opened')} {self.moment(z['opened_at'])}", z["opened_by"]["name"])
        word = said("Closed") if z["number"] else said("Read")
        roll.pair(f"{self.say(word)} {self.moment(self.doc['created_at'])}", self.doc["cashier"]["name"])
        if z["first_number"]:
            roll.pair(self.say("First receipt"), z["first_number"])
            roll.pair(self.say("Last receipt"), z["last_number"])
        self.pair(said("Opening float"), z["cash"]["float"])

    def takings(self) -> None:
        z = self.z
        self.roll.rule()
        for word, side in ((said("Sales"), z["sales"]), (said("Returns"), z["returns"])):
            self.pair(word, side["amount"], side["count"])
            self.pair(said("  less discounts"), -side["discount"])
            self.pair(said("{what} net", what=word), side["net"])
        voids, vouchers = z["voids"], z["vouchers"]
        self.pair(said("Voids"), voids["amount"], voids["count"])
        self.pair(said("Lines taken off"), voids["lines_amount"], voids["lines"])
        self.roll.rule()
        self.pair(said("Gross"), z["gross"], bold=True)
        self.pair(said("Net of tax"), z["net"])
        self.pair(said("Tax"), z["tax"])
        if z["rounding"]:
            self.pair(said("Cash rounding"), z["rounding"])
        self.pair(said("Vouchers sold"), vouchers["issued"]["amount"], vouchers["issued"]["count"])
        self.pair(said("Total taken"), z["total"], bold=True)
        self.pair(said("Vouchers used"), vouchers["used"]["amount"], vouchers["used"]["count"])
        for text, key in (
            ("Refunded onto vouchers", "refunded"),
            ("Vouchers by hand", "by_hand"),
            ("Vouchers expired", "expired"),
        ):
            told = vouchers.get(key) or {"count": 0}
            if told["count"]:
                self.pair(text, told["amount"], told["count"])
        if vouchers.get("exposure"):
            self.pair(said("Used out of the issuer's reach"), vouchers["exposure"])
        count = z["sales"]["count"] + z["returns"]["count"] + z["voids"]["count"]
        self.roll.pair(self.say("Receipts"), str(count))
        self.roll.pair(self.say("Items sold"), wording.quantity(z["items"], self.words.locale))

    def lists(self) -> None:
        z = self.z
        for title, rows, key in (
            (said("By cashier"), z["cashiers"], "total"),
            (said("By item group"), z["groups"], "gross"),
            (said("By brand"), z["brands"], "gross"),
        ):
            if rows:
                self.title(title)
            for row in rows:
                self.pair(row["name"] or self.say("Without a group"), row[key], row.get("count"))
        self.table(
            "tenders", said("Tender"), [[self.say(t["name"]), t["sale"], t["refund"], t["net"]] for t in z["tenders"]]
        )
        if len(z["days"]) > 1:
            self.title(said("By day"))
            for row in z["days"]:
                day = wording.short_day(date.fromisoformat(row["business_day"]), self.words.locale)
                self.roll.pair(f"{day} ({row['count']})", self.money(row["total"]))

    def drawer(self) -> None:
        cash = self.z["cash"]
        self.title(said("Cash drawer"))
        for text, key in (
            (said("Float"), "float"),
            (said("Cash given"), "given"),
            (said("Change given"), "change"),
            (said("Cash refunds"), "refunds"),
            (said("Paid in"), "paid_in"),
            (said("Paid out"), "paid_out"),
            (said("To the safe"), "drops"),
        ):
            self.pair(text, cash[key])
        self.pair(said("Expected in the drawer"), cash["expected"], bold=True)
        for row in cash["movements"]:
            words = f"  {self.time(row['at'])} {self.say(_MOVED[row['kind']])}"
            told = f"{words}: {row['reason']}" if row["reason"] else words
            self.roll.pair(told, self.money(row["amount"]) if row["kind"] != "no_sale" else row["by"])
        self.roll.pair(self.say("Drawer opened without a sale"), str(self.z["no_sales"]))
        self.roll.pair(self.say("Float corrections"), str(self.z["float_corrections"]))

    def count(self) -> None:
        count = self.z["count"]
        if count is None:
            return
        self.title(said("Count"))
        self.roll.pair(f"{self.moment(count['at'])}", count["by"])
        for piece in count["pieces"]:
            self.roll.pair(f"  {piece['pieces']} x {self.money(piece['value'])}", self.money(piece["amount"]))
        for row in count["rows"]:
            self.roll.words(self.say(row["name"]), bold=True)
            self.pair(said("  Expected"), row["expected"])
            if row["counted"] is None:
                self.roll.words(f"  {self.say('Not counted')}")
            else:
                self.pair(said("  Counted"), row["counted"])
                self.pair(said("  Difference"), row["difference"], bold=bool(row["difference"]))
        if len(self.z["counts"]) > 1:
            for row in self.z["counts"]:
                told = f"  {self.say('Counted')} {self.time(row['at'])} {row['by']}"
                self.roll.pair(told, self.money(row["counted"]))
        for text, value in (
            (said("Reason"), count["reason"]),
            (said("Note"), count["note"]),
            (said("Agreed"), count["approved_by"]),
        ):
            if value:
                self.roll.words(f"{self.say(text)}: {value}")

    def foot(self) -> None:
        z = self.z
        self.roll.rule()
        self.roll.pair(self.say("Baskets held"), str(z["held"]))
        for row in z["late"]:
            self.roll.pair(f"{self.say('Came late')}: {row['number']} ({row['session']})", self.money(row["total"]))
        if z["missing"]:
            self.roll.words(f"{self.say('Missing')}: {', '.join(str(n) for n in z['missing'])}")
        size = f"{z['first_sequence']}-{z['last_sequence']}"
        self.roll.pair(f"{self.say('Documents')} {size}", str(z["documents"]))
        if self.doc.get("hash"):
            # What `verify --anchor` is told: this paper lies outside the box, so nobody changes it with the files.
            groups = " ".join(_groups(chain_hash(self.doc)))
            self.roll.words(f"{self.say(said('Anchor'))} {anchor.text_of(self.doc['sequence'], groups)}")


def _groups(digest: str) -> list[str]:
    return [digest[i : i + 8] for i in range(0, len(digest), 8)]
