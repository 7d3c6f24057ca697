"""What the slips of a shop share: its name on top, number and time, the barcode and whose copy it is at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos.rules import wording
from pos.rules.money import minor
from pos.rules.paper import Roll
from pos.said import said

Doc = Mapping[str, Any]

KIND_WORDS = {
    "sale": said("Sale"),
    "return": said("Return"),
    "void": said("Void"),
    "float": said("Opening float"),
    "paid_in": said("Paid in"),
    "paid_out": said("Paid out"),
    "drop": said("Safe drop"),
    "no_sale": said("No sale"),
    "voucher": said("Voucher"),
    "z": said("Z-read"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """What each slip of a shop shares.

    walk_in: the customer without a name. return_days: 0 = no end. columns, letters: see `paper.Roll`.
    say: puts a text into the language of the shop.
    """

    name: str
    tagline: str = ""
    address: str = ""
    phone: str = ""
    tax_number: str = ""
    footer: str = ""
    locale: str = "en_GB"
    currency: str = "GBP"
    till_name: str = ""
    walk_in: str = ""
    return_days: int = 0
    columns: int = 42
    letters: Callable[[str], str] = str
    say: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Copy:
    """Why a slip says COPY: by whom and when it was asked for."""

    by: str
    at: datetime


class Letterhead:
    """A slip that is begun: the roll, and what every slip of a document begins and ends with."""

    def __init__(self, look: Look, doc: Doc, copy: Copy | None) -> None:
        self.look, self.doc, self.copy = look, doc, copy
        self.roll = Roll(look.columns, look.letters)
        self.currency = doc.get("currency") or look.currency

    def say(self, text: str) -> str:
        return self.look.say(text)

    def money(self, amount: Any) -> str:
        return wording.money(minor(amount, self.currency), self.currency, self.look.locale)

    def head(self, band: str = "") -> None:
        roll, look = self.roll, self.look
        roll.words(look.name, bold=True, tall=True, wide=True, centre=True)
        for text in (look.tagline, look.address, look.phone):
            roll.words(text, centre=True)
        if band:
            roll.band(self.say(band))
        if self.copy is not None:
            roll.band(self.say("COPY"))

    def when(self, word: str, *, cashier: bool = True) -> None:
        doc, locale = self.doc, self.look.locale
        at = datetime.fromisoformat(doc["created_at"])
        name = str((doc.get("cashier") or {}).get("name") or "").split(" ")[0] if cashier else ""
        till = self.look.till_name or self.say(said("Till {name}", name=doc["till"]))
        self.roll.rule()
        self.roll.pair(f"{self.say(word)} {doc['invoice_name']}", ", ".join(x for x in (till, name) if x))
        self.roll.pair(wording.short_day(at, locale), wording.clock_time(at, locale))

    def foot(self) -> None:
        """The number for the scanner, where it stands in the chain, whose copy it is; then the cut."""
        doc, roll = self.doc, self.roll
        number, digest = doc["invoice_name"], str(doc.get("hash") or "")
        roll.bars(number)
        chain = f" · {self.say('chain')} {digest[:4]} {digest[4:8]}" if digest else ""
        roll.words(f"{number}{chain}", centre=True)
        self.copied()
        roll.cut()

    def copied(self) -> None:
        if self.copy is not None:
            at = wording.moment(self.copy.at, self.look.locale)
            self.roll.words(f"{self.say('COPY')}, {at}, {self.copy.by}", centre=True)
