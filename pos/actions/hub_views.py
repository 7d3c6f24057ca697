"""The hub's tills as the console lists them: last contact, version, clock, how far they are, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from pos import clock
from pos.actions import counting, figures
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.rules import hub
from pos.said import Said, nsaid, said
from pos.store import companies, hub_gaps, hub_sessions, hub_tills, takings
from pos.store import reach as within
from pos.store.db import Store
from pos.store.hub_tills import Till
from pos.store.reach import EVERYWHERE, Reach

CSV = (
    "id", "till", "name", "state", "last_contact", "version", "clock_off_seconds", "head", "here", "waiting", "missing",
    "joined_at", "added_by", "revoked_at", "company", "shop", "session", "receipts", "taken",
)  # fmt: skip
#: Not heard for so long while it was: worth a look.
SILENT_SECONDS = 900


@dataclass(frozen=True, slots=True)
class _Known:
    """What is asked once for all tills: names of companies and shops, what is missing, open sessions, takings of today
    in minor units by till and day; how each company counts, and its day now."""

    companies: dict[str, str]
    shops: dict[str, str]
    missing: dict[str, int]
    sessions: dict[str, tuple[str, str]]
    taken: dict[tuple[str, str], tuple[int, int]]
    counts: dict[str, Config]
    today: dict[str, str]


def _known(store: Store, config: Config, reach: Reach) -> _Known:
    every = companies.every(store)
    counts = {one.id: counting.of_company(store, config, one.id) for one in every}
    today = {key: _day(settings) for key, settings in counts.items()}
    return _Known(
        {one.id: one.name for one in every},
        {one.id: one.name for one in companies.shops(store)},
        hub_gaps.missing(store),
        hub_sessions.open_now(store, reach),
        takings.by_till(store, partial(within.tills, reach), min(today.values()), max(today.values())),
        counts,
        today,
    )


def _day(config: Config) -> str:
    return clock.business_day(clock.now(), config.shop.timezone, config.shop.day_starts).isoformat()


def listed(store: Store, config: Config, *, revoked: bool = False, reach: Reach = EVERYWHERE) -> list[dict[str, Any]]:
    """Every till of this hub within a reach, those that need somebody first."""
    known = _known(store, config, reach)
    rows = [_row(store, config, one, known) for one in hub_tills.every(store, revoked=revoked, reach=reach)]
    rank = {"needs": 0, "check": 1, "waiting": 2}
    return sorted(rows, key=lambda row: rank.get(row["tone"], 3))


def one(store: Store, config: Config, key: str) -> dict[str, Any]:
    """One of them, withdrawn or not. NotFound."""
    found = hub_tills.whichever(store, key)
    inside = Reach(frozenset({found.company}), frozenset({found.shop}))
    return _row(store, config, found, _known(store, config, inside))


def _row(store: Store, config: Config, till: Till, known: _Known) -> dict[str, Any]:
    missing = known.missing.get(till.till, 0)
    session, opened_at = known.sessions.get(till.till, ("", ""))
    counts = known.counts[till.company]
    receipts, taken = known.taken.get((till.till, known.today[till.company]), (0, 0))
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
        "company": till.company,
        "company_name": known.companies.get(till.company, till.company),
        "shop": till.shop,
        "shop_name": known.shops.get(till.shop, till.shop),
        "session": session,
        "session_text": moment(store, config, opened_at),
        "receipts": receipts,
        "taken": figures.plain(taken, counts),
        "taken_text": figures.money(taken, counts),
        "may": _may(till),
    }


def _may(till: Till) -> list[str]:
    """What a person can do with it."""
    if till.revoked_at:
        return []
    acts = ["keep", "rename", "revoke"] if till.state == "doubled" else ["again", "rename", "revoke"]
    return acts if till.top_sequence else [*acts, "move"]


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
