"""The order people expect of sizes and other attribute values, and how a run of them is written. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

_LETTER_SIZE = re.compile(r"(\d*)(X*)(S|M|L)\Z")
_NAMES = {"SMALL": "S", "MEDIUM": "M", "LARGE": "L", "X-SMALL": "XS", "X-LARGE": "XL", "ONE SIZE": "0"}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_HALVES = str.maketrans({"½": ".5", "¼": ".25", "¾": ".75"})
#: Attribute names that run across the grid.
SIZE_NAMES = ("size", "length", "waist", "größe", "groesse", "taille", "talla", "taglia", "maat")

Key = tuple[int, tuple[tuple[int, Decimal, str], ...]]


@functools.lru_cache(maxsize=4096)
def natural(value: str) -> Key:
    """Sort key: XS before S before M before XXL, 8 before 8½ before 10, text by letters with numbers counted."""
    text = value.strip().upper()
    letters = _letter_size(_NAMES.get(text, text))
    if letters is not None:
        return (1, ((0, Decimal(letters), ""),))
    text = re.sub(r"(?<=\d)\s*(?=[½¼¾])", "", text).translate(_HALVES)
    pieces: list[tuple[int, Decimal, str]] = []
    at = 0
    for found in _NUMBER.finditer(text):
        if found.start() > at:
            pieces.append((1, Decimal(0), text[at : found.start()].strip()))
        pieces.append((0, Decimal(found.group().replace(",", ".")), ""))
        at = found.end()
    if at < len(text):
        pieces.append((1, Decimal(0), text[at:].strip()))
    return (0 if pieces and pieces[0][0] == 0 else 2, tuple(pieces))


def _letter_size(text: str) -> int | None:
    """XS -2, S -1, M 0, L 1, XL 2, 3XL 4; None for anything else."""
    found = _LETTER_SIZE.match(text)
    if not found:
        return None
    times, xs, letter = found.groups()
    if letter == "M":
        return None if times or xs else 0
    steps = len(xs) if not times else int(times[:3]) + len(xs) - 1
    if times and not xs:
        return None
    return (1 + steps) * (-1 if letter == "S" else 1)


def ordered(values: Iterable[str]) -> list[str]:
    """Each value once, in natural order."""
    listed = list(dict.fromkeys(values))
    return sorted(listed, key=lambda v: (natural(v), v)) if len(listed) > 1 else listed


def looks_like_size(name: str, values: Sequence[str]) -> bool:
    """Whether an attribute runs across the grid: by its name, or because all its values are sizes or numbers."""
    if any(word in name.lower() for word in SIZE_NAMES):
        return True
    return bool(values) and all(
        _letter_size(_NAMES.get(v.strip().upper(), v.strip().upper())) is not None or natural(v)[0] == 0 for v in values
    )


def in_short(values: Iterable[str]) -> str:
    """A run of sizes as one would say it: "UK 6–11", "S–XL", "8"."""
    listed = ordered(values)
    if len(listed) < 2:
        return "".join(listed)
    first, last = listed[0], listed[-1]
    start = re.match(r"\D*", first)
    lead = start.group() if start else ""
    if lead.strip() and len(lead) < len(first) and all(v.startswith(lead) for v in listed):
        return f"{first}–{last[len(lead) :]}"
    return f"{first}–{last}"
