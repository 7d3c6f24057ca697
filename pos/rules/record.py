"""Records: documents of a till about its own documents. They sell nothing, move nothing and change no figure.

`blank`: names the documents out of which a customer was taken, each with the hash it was chained with and the hash of
what is left of it. So a blanked file proves what it is: its own hash holds, the chain carries the hash it had, and a
document of the chain says that both are the same receipt.

`numbers`: says that numbers up to one were given out before and that their receipts are lost here. The chain goes on
behind them, so that none is given out twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pos.errors import Corrupt

KIND = "record"
BLANK, NUMBERS = "blank", "numbers"
#: Documents one record names; more are spread over several, each well below what a file may hold.
NAMED_MAX = 2000
REASON_CHARS_MIN, REASON_CHARS_MAX = 5, 500
_HEX = re.compile(r"[0-9a-f]{64}\Z")


class Blanking(NamedTuple):
    """One document a record blanks. hash: of the original, as it is chained; blanked: of what is left of it."""

    document: str
    record: str
    hash: str
    blanked: str
    customer: str


class Lost(NamedTuple):
    """What was given out before, as far as it is known: numbers, sessions and Zs of a till."""

    record: str
    till: str
    sequence: int
    session: int
    z: int


def blank_block(reason: str, customer: str, named: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """customer: what stands in its place. named: id, invoice_name, hash and blanked of each document."""
    return {"act": BLANK, "reason": reason, "customer": customer, "documents": [dict(one) for one in named]}


def numbers_block(reason: str, sequence: int, session: int, z: int) -> dict[str, Any]:
    """The last number, session and Z that were given out before; 0 = none is known."""
    return {"act": NUMBERS, "reason": reason, "sequence": sequence, "session": session, "z": z}


def check(doc: Mapping[str, Any]) -> None:
    """Prove what a record says. Corrupt says what is wrong; a KeyError names a missing field."""
    block = doc[KIND]
    if not isinstance(block["reason"], str) or not block["reason"].strip():
        raise Corrupt("it gives no reason", field=KIND)
    if block["act"] == BLANK:
        _check_blank(doc, block)
    elif block["act"] == NUMBERS:
        counted = [block["sequence"], block["session"], block["z"]]
        if any(type(n) is not int or not 0 <= n < 10**12 for n in counted):
            raise Corrupt("the numbers it names are none", field=KIND)
        if doc.get("sequence") not in (None, block["sequence"] + 1):
            raise Corrupt("it does not stand behind the numbers it names", field=KIND)
    else:
        raise Corrupt(f"{str(block['act'])[:40]!r} is no act of a record", field=KIND)


def _check_blank(doc: Mapping[str, Any], block: Mapping[str, Any]) -> None:
    ids = [one["id"] for one in block["documents"]]
    if not ids or len(set(ids)) != len(ids) or doc["id"] in ids:
        raise Corrupt("the documents it names are none, or one is there twice", field=KIND)
    if not isinstance(block["customer"], str) or not block["customer"]:
        raise Corrupt("it does not say what stands in the customer's place", field=KIND)
    for one in block["documents"]:
        if not isinstance(one["id"], str) or not (_HEX.match(one["hash"]) and _HEX.match(one["blanked"])):
            raise Corrupt("a document it names has no hash", field=KIND)


def blankings(doc: Mapping[str, Any]) -> tuple[Blanking, ...]:
    """What a record blanks; nothing for any other document."""
    block = doc.get(KIND) or {}
    if doc["kind"] != KIND or block.get("act") != BLANK:
        return ()
    rows = block["documents"]
    return tuple(Blanking(one["id"], doc["id"], one["hash"], one["blanked"], block["customer"]) for one in rows)


def skipped_to(doc: Mapping[str, Any]) -> int:
    """The last number a document that is not numbered yet passes over; 0 for any but a record of lost numbers."""
    block = doc.get(KIND) or {}
    return int(block["sequence"]) if doc["kind"] == KIND and block.get("act") == NUMBERS else 0


def lost(doc: Mapping[str, Any]) -> Lost | None:
    """The numbers a record says were given out before; None for any other document."""
    block = doc.get(KIND) or {}
    if doc["kind"] != KIND or doc.get("series") != "till" or block.get("act") != NUMBERS:
        return None
    return Lost(doc["id"], doc["till"], block["sequence"], block["session"], block["z"])
