"""The audit as people read it: who did what to which document, before and after, and whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pos import clock
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.errors import Invalid
from pos.said import nsaid, said
from pos.store import audit, listing
from pos.store import reach as within
from pos.store.db import Store
from pos.store.listing import Asked, Page, Source
from pos.store.reach import EVERYWHERE, Reach

CSV = ("n", "at", "actor", "actor_name", "act", "subject", "detail", "hash", "prev_hash")
_SOURCE = Source(
    ("a.n", "a.at", "a.actor", "coalesce(u.name, '')", "a.act", "a.subject", "a.detail", "a.prev_hash", "a.hash"),
    "audit a LEFT JOIN user u ON u.code = a.actor",
    "a.n",
    {"n": "a.n"},
)
#: Pairs of keys in a detail that say how it was and how it is.
_PAIRS = (("before", "after"), ("from", "to"))
_VALUE_CHARS_MAX = 300


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows. actor: a code. act: a word, or the beginning of several ("user" for user.pin, too). words: anywhere
    in subject or detail. first, last: days of the shop's wall clock. "" = any."""

    actor: str = ""
    act: str = ""
    words: str = ""
    first: str = ""
    last: str = ""


def listed(
    store: Store, config: Config, wanted: Filter, asked: Asked, reach: Reach = EVERYWHERE
) -> tuple[list[dict[str, Any]], Page]:
    """One page, the newest first."""
    where, facts = _conditions(config, wanted, reach)
    with store.reading():
        found = listing.page(store, _SOURCE, where, facts, asked)
    return [_row(store, config, row) for row in found.rows], found


def every(
    store: Store, config: Config, wanted: Filter, asked: Asked, reach: Reach = EVERYWHERE
) -> Iterator[dict[str, Any]]:
    """All that fits, for an export."""
    where, facts = _conditions(config, wanted, reach)
    return (_row(store, config, row) for row in listing.everything(store, _SOURCE, where, facts, asked))


def verify(store: Store, by: str) -> dict[str, Any]:
    """Walk the whole chain and say in words how it stands; that somebody did is a row of it, too."""
    rows, broken = audit.verify_chain(store)
    head = store.execute("SELECT hash FROM audit ORDER BY n DESC LIMIT 1").fetchone()
    audit.record(store, by, "audit.verify", "", {"rows": rows, "broken": broken})
    words = (
        said("The chain is broken: {what}.", what=broken)
        if broken
        else nsaid(
            "The chain is whole: {n} row, each bound to the one before it by its hash.",
            "The chain is whole: {n} rows, each bound to the one before it by its hash.",
            rows,
        )
    )
    return {"rows": rows, "whole": not broken, "words": words, "head": head[0] if head else audit.GENESIS}


def _conditions(config: Config, wanted: Filter, reach: Reach) -> tuple[list[str], list[Any]]:
    where, facts = list[str](), list[Any]()
    more, others = within.audited(reach, "a")
    where += more
    facts += others
    if wanted.actor:
        where.append("a.actor = ?")
        facts.append(wanted.actor)
    if wanted.act:
        where.append("(a.act = ? OR (a.act >= ? AND a.act < ?))")
        facts += [wanted.act, f"{wanted.act}.", f"{wanted.act}/"]
    if wanted.words:
        where.append("(instr(lower(a.subject), lower(?)) > 0 OR instr(lower(a.detail), lower(?)) > 0)")
        facts += [wanted.words, wanted.words]
    if wanted.first:
        where.append("a.at >= ?")
        facts.append(midnight(config, wanted.first, "first", 0))
    if wanted.last:
        where.append("a.at < ?")
        facts.append(midnight(config, wanted.last, "last", 1))
    return where, facts


def midnight(config: Config, text: str, field: str, days: int) -> str:
    """The stamp at which a day begins on the shop's clock, so many days later. Invalid names the field."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise Invalid(said("{name} is a day like 2026-11-21.", name=field), field=field) from None
    return clock.stamp(datetime.combine(day, time(), ZoneInfo(config.shop.timezone)))


def _row(store: Store, config: Config, row: tuple[Any, ...]) -> dict[str, Any]:
    n, at, actor, name, act, subject, detail, previous, digest = row
    changes, facts = _told(detail)
    return {
        "n": n,
        "at": at,
        "at_text": moment(store, config, at, seconds=True),
        "actor": actor,
        "actor_name": name,
        "act": act,
        "subject": subject,
        "changes": changes,
        "facts": facts,
        "detail": detail,
        "prev_hash": previous,
        "hash": digest,
    }


def _told(detail: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """What changed, and what else is known of it."""
    try:
        found = json.loads(detail) if detail else {}
    except ValueError:  # changed behind the program's back: shown as it is, and the chain says the rest
        found = {"": detail}
    if not isinstance(found, dict):
        found = {"": found}
    changes = []
    for before, after in _PAIRS:
        if before in found and after in found:
            changes.append({"before": _text(found.pop(before)), "after": _text(found.pop(after))})
    return changes, [{"name": name, "value": _text(value)} for name, value in found.items() if value not in ("", None)]


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _VALUE_CHARS_MAX else f"{text[:_VALUE_CHARS_MAX]}…"
