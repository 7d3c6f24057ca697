"""The hub's tills as the console lists them: last contact, version, clock, how far they are, what is missing."""

from __future__ import annotations

from typing import Any

from pos import clock
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.rules import hub
from pos.said import Said, nsaid, said
from pos.store import hub_gaps, hub_tills
from pos.store.db import Store
from pos.store.hub_tills import Till

CSV = (
    "id", "till", "name", "state", "last_contact", "version", "clock_off_seconds", "head", "here", "waiting", "missing",
    "joined_at", "added_by", "revoked_at",
)  # fmt: skip
#: Not heard for so long while it was: worth a look.
SILENT_SECONDS = 900


def listed(store: Store, config: Config, *, revoked: bool = False) -> list[dict[str, Any]]:
    """Every till of this hub, those that need somebody first."""
    missing = hub_gaps.missing(store)
    rows = [_row(store, config, one, missing.get(one.till, 0)) for one in hub_tills.every(store, revoked=revoked)]
    rank = {"needs": 0, "check": 1, "waiting": 2}
    return sorted(rows, key=lambda row: rank.get(row["tone"], 3))


def one(store: Store, config: Config, key: str) -> dict[str, Any]:
    """One of them, withdrawn or not. NotFound."""
    found = hub_tills.whichever(store, key)
    return _row(store, config, found, hub_gaps.missing(store).get(found.till, 0))


def _row(store: Store, config: Config, till: Till, missing: int) -> dict[str, Any]:
    words, tone = _state(till, missing)
    head = max(till.head_sequence, till.top_sequence)
    gaps = hub_gaps.gaps(store, till.till) if missing else []
    return {
        "id": till.id,
        "till": till.till,
        "name": till.name,
        "state": till.state,
        "state_text": words,
        "tone": tone,
        "why": till.why if till.state == "doubled" else "",
        "last_contact": till.seen_at,
        "last_contact_text": moment(store, config, till.seen_at),
        "version": till.version,
        "clock_off_seconds": till.clock_off_seconds,
        "clock_text": _clock(till),
        "clock_off": abs(till.clock_off_seconds) > hub.CLOCK_OFF_SECONDS,
        "head": head,
        "here": till.top_sequence - missing,
        "waiting": hub.still_to_come(head, till.top_sequence, missing),
        "missing": missing,
        "gaps": [list(gap) for gap in gaps],
        "gaps_text": ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in gaps),
        "joined_at": till.joined_at,
        "joined_text": moment(store, config, till.joined_at),
        "added_by": till.added_by,
        "code_until_text": moment(store, config, till.code_until),
        "revoked_at": till.revoked_at,
        "may": _may(till),
    }


def _may(till: Till) -> list[str]:
    """What a person can do with it."""
    if till.revoked_at:
        return []
    return ["keep", "revoke"] if till.state == "doubled" else ["again", "revoke"]


def _state(till: Till, missing: int) -> tuple[Said, str]:
    if till.revoked_at:
        return said("Withdrawn"), "offline"
    if till.state == "doubled":
        return said("There twice"), "needs"
    if till.state == "waiting":
        late = till.code_until < clock.stamp(clock.now())
        return (said("Its code is too old"), "check") if late else (said("Waits for its code"), "waiting")
    if abs(till.clock_off_seconds) > hub.CLOCK_OFF_SECONDS:
        return said("Its clock is off"), "check"
    silent = (clock.now() - clock.parse(till.seen_at)).total_seconds() if till.seen_at else 0
    if silent > SILENT_SECONDS:
        return said("Not heard"), "check"
    if missing or till.head_sequence > till.top_sequence:
        return said("On their way"), "waiting"
    return said("All here"), "saved"


def _clock(till: Till) -> Said | str:
    off = till.clock_off_seconds
    if not till.seen_at:
        return ""
    if abs(off) <= 2:
        return said("agrees")
    if off > 0:
        return nsaid("{n} second ahead", "{n} seconds ahead", off)
    return nsaid("{n} second behind", "{n} seconds behind", -off)
