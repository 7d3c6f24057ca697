"""Text as bytes of a printer's code page: £ and € come out right, and what the page lacks becomes a likeness.

A printer holds many pages; ESC t n chooses one. Letting a library choose per letter picks pages by their number, and
takes the € of one whose older print has something else in its place. So one page is set, and checked at the start.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from pos.errors import BadSettings

#: Page -> Python's codec of it, and its number in most printers (ESC t n).
PAGES: dict[str, tuple[str, int]] = {
    "CP437": ("cp437", 0),
    "CP850": ("cp850", 2),
    "CP852": ("cp852", 18),
    "CP858": ("cp858", 19),
    "CP860": ("cp860", 3),
    "CP862": ("cp862", 36),
    "CP864": ("cp864", 37),
    "CP865": ("cp865", 5),
    "CP866": ("cp866", 17),
    "CP1250": ("cp1250", 45),
    "CP1251": ("cp1251", 46),
    "CP1252": ("cp1252", 16),
    "CP1253": ("cp1253", 47),
    "CP1254": ("cp1254", 48),
    "CP1257": ("cp1257", 51),
    "ISO8859-15": ("iso8859_15", 40),
}
#: What python-escpos calls a page, where it differs.
_OTHER_NAMES = {"ISO8859-15": "ISO_8859-15"}
_SELECT = b"\x1bt"
_LIKE = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"',
    "…": "...", "·": ".", "•": "*", "×": "x", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "€": "EUR", "£": "GBP ",
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ß": "ss",
    "ı": "i", "™": "TM", "®": "(R)", "©": "(C)", "½": "1/2", "¼": "1/4", "¾": "3/4",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CodePage:
    """One page of a printer: its name, Python's codec, the number by which the printer knows it."""

    name: str
    codec: str
    number: int

    @property
    def select(self) -> bytes:
        """The command that chooses it."""
        return _SELECT + bytes([self.number])

    def has(self, letter: str) -> bool:
        """Whether the letter itself is in it."""
        return _encoded(letter, self.codec) is not None

    def encode(self, text: str) -> bytes:
        """The text in this page; a letter it lacks as the nearest one it has, a letter with none as "?"."""
        return b"".join(self._letter(letter) for letter in unicodedata.normalize("NFC", text))

    def _letter(self, letter: str) -> bytes:
        if letter < " " or letter == "\x7f":
            return b""
        found = None if letter in "\u00a0\u00ad" else _encoded(letter, self.codec)
        if found is None:
            found = _encoded(_LIKE.get(letter, ""), self.codec) or None
        if found is None:
            bare = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
            found = _encoded(bare, self.codec) if bare != letter else None
        if found is None:
            found = b"" if unicodedata.combining(letter) else b"?"
        return found

    def shown(self, text: str) -> str:
        """The text in the letters this page has, to lay it out by; no-break spaces and new lines stay."""
        return "".join(
            letter if letter in "\n\u00a0\u202f" else self._letter(letter).decode(self.codec)
            for letter in unicodedata.normalize("NFC", text)
        )


def _encoded(text: str, codec: str) -> bytes | None:
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return None


def code_page(setting: str, numbers: Mapping[str, int], needed: str) -> CodePage:
    """The page of `[printer] code_page` ("CP858" or "CP858:19").

    numbers: of the printer's model, by its profile. needed: letters that must be in it: the signs of money. BadSettings
    names the remedy.
    """
    name, _, number = setting.strip().partition(":")
    name = name.upper().replace("ISO_8859", "ISO8859").replace("WPC", "CP")
    if name not in PAGES:
        raise BadSettings(f"[printer] code_page is {setting!r}; use one of {', '.join(PAGES)}.")
    codec, usual = PAGES[name]
    if number and not (number.isdigit() and int(number) <= 255):
        raise BadSettings(f"[printer] code_page is {setting!r}; its number is a whole number up to 255, like CP858:19.")
    if not number and numbers and _OTHER_NAMES.get(name, name) not in numbers:
        raise BadSettings(
            f"[printer] code_page is {name}, which this printer's profile does not have. Use one of its own "
            f"({', '.join(n for n in numbers if n in PAGES)}), or give the number from its manual: {name}:{usual}."
        )
    own = int(number) if number else numbers.get(_OTHER_NAMES.get(name, name), usual)
    page = CodePage(name, codec, own)
    missing = [letter for letter in needed if not page.has(letter)]
    if missing:
        better = ", ".join(p for p, (c, _n) in PAGES.items() if all(_encoded(x, c) is not None for x in needed))
        raise BadSettings(f"[printer] code_page {name} has no {' '.join(missing)}; these do: {better}.")
    return page
