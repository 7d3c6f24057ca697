"""Anchors: the head of a chain as it was known outside the till, so that a chain written anew as a whole shows.

A chain proves that nobody changed one receipt and left the next ones alone. Whoever changes all that follow, or takes
away the newest, has a chain that is whole again; only a head somebody else wrote down says that it was another one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pos.errors import Invalid
from pos.rules import ledger
from pos.rules.backup import Figures

#: What stands for a series where the chain is the audit's own.
AUDIT = "audit"
#: So many digits of a hash typed by hand are enough: nobody makes two documents that share them.
HASH_CHARS_MIN = 16
_GIVEN = re.compile(r"(?:(?P<chain>[A-Za-z0-9]{1,8}):)?(?P<hash>[0-9a-f]{16,64}):(?P<count>[0-9]{1,12})\Z")


@dataclass(frozen=True, slots=True)
class Anchor:
    """One chain's head. sequence: how many documents the chain had (the number of its last). hash: of that one, or its
    first digits. till: "" = this till, whatever it was called then. source: who knew it, in words."""

    till: str
    series: str
    sequence: int
    hash: str
    source: str


def given(text: str) -> Anchor | None:
    """HASH:COUNT as it stands on a Z, with spaces or without; a till's id or `audit` may stand before it. None for text
    that is not of this form. Invalid when its hash is too short to prove anything."""
    plain = "".join(text.split()).lower()
    match = _GIVEN.match(plain)
    if match is None:
        if re.fullmatch(r"(?:\w+:)?[0-9a-f]{1,15}:[0-9]+", plain):
            raise Invalid(f"An anchor needs at least {HASH_CHARS_MIN} digits of the hash.", field="anchor")
        return None
    chain = match["chain"] or ""
    audit = chain == AUDIT
    return Anchor("" if audit else chain.upper(), AUDIT if audit else "till", int(match["count"]), match["hash"],
                  "the anchor")  # fmt: skip


def text_of(sequence: int, digest: str) -> str:
    """An anchor as people write it down and `given` reads it."""
    return f"{digest}:{sequence}"


def of_document(doc: Mapping[str, Any], source: str = "") -> Anchor:
    """What a proven document says of its chain: all of it, up to itself."""
    return Anchor(doc["till"], doc["series"], doc["sequence"], ledger.chain_hash(doc), source or doc["invoice_name"])


def of_figures(figures: Figures, source: str) -> list[Anchor]:
    """What a snapshot's manifest says of each chain, and of the audit's."""
    found = [Anchor(one.till, one.series, one.sequence, one.hash, source) for one in figures.heads]
    if figures.audit_rows:
        found.append(Anchor("", AUDIT, figures.audit_rows, figures.audit_head, source))
    return found


# -- the list the console keeps ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the list: what was known of a chain, and when. broken: what did not follow; "" = all did."""

    at: str
    till: str
    series: str
    sequence: int
    hash: str
    broken: str = ""


def line_of(kept: Kept) -> bytes:
    """The line, with its end."""
    return json.dumps(asdict(kept), ensure_ascii=False).encode() + b"\n"


def kept_in(body: bytes) -> list[Kept]:
    """The lines of a list, in order. Each stands by itself: one that was cut by a power cut is left out."""
    found = []
    for line in body.split(b"\n"):
        try:
            one = Kept(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if type(one.sequence) is int and all(isinstance(x, str) for x in (one.at, one.till, one.series, one.hash)):
            found.append(one)
    return found


def of_kept(kept: Iterable[Kept], source: str) -> list[Anchor]:
    """Each line as an anchor."""
    return [Anchor(k.till, k.series, k.sequence, k.hash, f"{source} of {k.at[:16].replace('T', ' ')}") for k in kept]


def after(last: Mapping[tuple[str, str], Kept], docs: Iterable[Mapping[str, Any]], at: str) -> list[Kept]:
    """What is newly known once these documents arrived, one line a chain: its new head.

    last: what was known of each (till, series). A document that directly follows the known head and does not carry its
    hash says so from there on, in words: the chain was written anew behind our back.
    """
    heads = dict(last)
    for doc in docs:
        key = (doc["till"], doc["series"])
        head = heads.get(key)
        if head is not None and doc["sequence"] <= head.sequence:
            continue
        broken = ""
        if head is not None and doc["sequence"] == head.sequence + 1 and doc["prev_hash"] != head.hash:
            broken = f"{doc['invoice_name']} does not follow the document {head.sequence} that was known here"
        broken = broken or (head.broken if head is not None else "")
        heads[key] = Kept(at, *key, doc["sequence"], ledger.chain_hash(doc), broken)
    return [kept for key, kept in heads.items() if kept is not last.get(key)]
