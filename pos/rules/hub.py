"""What till and hub say to each other: names of headers, what goes up, and how each proves who it is.

The till's key is a long random text; the hub keeps its SHA-256 alone. A till asks with a challenge of its own before it
shows the key: only who holds that SHA-256 can answer, so an address that leads elsewhere learns nothing. Who stands
between them and passes both sides' words on is kept out by TLS alone.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

#: Every request of a till carries these.
VERSION, TILL, INSTANCE, HEAD, NOW = (
    "X-Tillkeep-Version", "X-Tillkeep-Till", "X-Tillkeep-Instance", "X-Tillkeep-Head", "X-Tillkeep-Now",
)  # fmt: skip
#: The one part every document goes up as, and the kind of connection it goes up by.
PART, KIND = "document", "hub"
#: A till's clock further off than this is flagged.
CLOCK_OFF_SECONDS = 60
#: Texts from a request are cut after so many letters.
TEXT_CHARS_MAX = 100

_HEAD = re.compile(r"([0-9]{1,12}):([0-9a-f]{64})\Z")
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}\Z")
_TILL_ID = re.compile(r"[0-9A-Za-z]{1,8}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_CHALLENGE = re.compile(r"[0-9A-Za-z_-]{16,128}\Z")


class Head(NamedTuple):
    """The newest document of a till's own series: its number, and the hash the next one will carry."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


def head(text: str) -> Head | None:
    """The head a header names; None when it names none."""
    found = _HEAD.match(text)
    return Head(int(found[1]), found[2]) if found else None


def digest(secret: str) -> str:
    """What is kept of a key or a one-time code."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def proof(key_digest: str, challenge: str, hub: str, till: str) -> str:
    """The answer to a till's challenge: it proves that the hub of this id holds the digest of this till's key."""
    said = "\n".join(("tillkeep.hub/1", challenge, hub, till.upper()))
    return hmac.new(bytes.fromhex(key_digest), said.encode(), hashlib.sha256).hexdigest()


def proves(answer: str, key: str, challenge: str, hub: str, till: str) -> bool:
    """Whether an answer is the one that only this till's own hub can give."""
    return hmac.compare_digest(answer.encode(), proof(digest(key), challenge, hub, till).encode())


def is_challenge(text: str) -> bool:
    return bool(_CHALLENGE.match(text))


def is_digest(text: str) -> bool:
    return bool(_DIGEST.match(text))


def is_till(text: str) -> bool:
    return bool(_TILL_ID.match(text))


def is_instance(text: str) -> bool:
    return bool(_ID.match(text))


def parts(doc: Mapping[str, Any]) -> tuple[str, ...]:
    """What goes up of a document: all of it, as one part. A copy of what the books hold stays where it was made."""
    return () if doc["series"] == "recovered" else (PART,)


def fingerprint(hub: str) -> str:
    """A hub's id as people compare it on two screens: "3F9A 12C4 77E0"."""
    letters = digest(hub)[:12].upper()
    return " ".join(letters[at : at + 4] for at in range(0, 12, 4))


def still_to_come(said: int, top: int, missing: int) -> int:
    """How many documents of a till are not here yet: what it says its newest is, against the newest that is here and
    the numbers missing below that."""
    return max(said - top, 0) + missing


def without(gap: tuple[int, int], sequence: int) -> list[tuple[int, int]]:
    """What is left of missing numbers (first to last) once one of them is here."""
    first, last = gap
    left = [(first, sequence - 1), (sequence + 1, last)]
    return [(a, b) for a, b in left if a <= b]
