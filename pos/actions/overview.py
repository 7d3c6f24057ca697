"""The overview: how today stands, every till with every reason, the worst first, the last days side by side."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from pos import clock
from pos.actions import charts, counting, figures, hub_views
from pos.actions.counting import Counted
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.said import Said, nsaid, said
from pos.store import connections, entries, notices, outbound, outlook, rounds, shifts
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.outlook import Day
from pos.store.reach import EVERYWHERE, Reach

#: Days side by side.
DAYS = 14
REASONS_MAX = 100
#: So many tills of a hub stand here; all of them at Tills.
TILLS_MAX = 100
RUNS_MAX = 9
RANK = {"needs": 0, "check": 1, "offline": 2, "saved": 3}
STATES = {
    "needs": said("Needs a person"),
    "check": said("Look today"),
    "offline": said("No line"),
    "saved": said("Fine"),
}


def overview(store: Store, config: Config, journal: Journal, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """Everything the first screen shows of what lies within a reach."""
    first, *others = counting.by_currency(store, config, reach)
    days = _days(store, first)
    found = reasons(store, config, journal, reach)
    lines = connections.lines(store, reach.companies)
    return {
        "today": _today(first.config, days[-1], connections.lines(store, first.reach.companies)),
        "counted": {"currency": first.config.shop.currency, "names": list(first.names) if others else []},
        "others": [_other(store, part) for part in others],
        "tills": _tills(store, config, days[-1], found, reach),
        "reasons": found,
        "chart": charts.days(first.config, days),
        "hours": charts.hours(store, first.config, _last(first.config), first.reach),
        "ages": charts.ages(store, reach) if lines else None,
        "runs": _runs(store, config) if reach.is_all else [],
    }


def _last(config: Config) -> date:
    return clock.business_day(clock.now(), config.shop.timezone, config.shop.day_starts)


def _days(store: Store, part: Counted) -> list[Day]:
    last = _last(part.config)
    wanted = [(last - timedelta(days=back)).isoformat() for back in reversed(range(DAYS))]
    return outlook.days(store, wanted, part.reach)


def _other(store: Store, part: Counted) -> dict[str, Any]:
    """Today of companies that count in another currency: never added to the rest."""
    lines = connections.lines(store, part.reach.companies)
    return {
        "currency": part.config.shop.currency,
        "names": list(part.names),
        "today": _today(part.config, _days(store, part)[-1], lines),
    }


def _today(config: Config, day: Day, lines: list[connections.Line]) -> list[dict[str, Any]]:
    """Four figures that add up to what was taken; a fifth where something goes to no books."""
    titles = ", ".join(line.title for line in lines)
    rows: list[tuple[str, str, outlook.Sum]] = [("taken", _taken(config), day.taken)]
    if titles:
        rows += [
            ("equal", said("In the books and equal"), day.equal),
            ("waiting", said("Waiting"), day.waiting),
            ("needs", said("Needs a person"), day.needs),
        ]
    if day.kept.count or not titles:
        rows.append(("kept", said("Kept here, goes to no books"), day.kept))
    return [
        {
            "key": key,
            "title": title,
            "amount": figures.plain(one.total, config),
            "amount_text": figures.money(one.total, config),
            "count": one.count,
            "count_text": nsaid("{n} receipt", "{n} receipts", one.count),
        }
        for key, title, one in rows
    ]


def _taken(config: Config) -> Said:
    if config.server.role == "till":
        return said("Taken today, {till}", till=config.till.name)
    return said("Taken today, all tills")


def reasons(store: Store, config: Config, journal: Journal, reach: Reach = EVERYWHERE) -> list[dict[str, Any]]:
    """Everything that is not as it should be, the worst first, each with what to do and where."""
    found = []
    health = journal.health()
    if not health.can_save:
        words = said("This till cannot save: {why}", why=health.reason)
        found.append(_reason("needs", words, said("Until then it sells nothing."), "", "", ""))
    for one in notices.open_notices(store, limit=REASONS_MAX, reach=reach):
        if one.level != "info":
            since = moment(store, config, one.first_at)
            found.append(_reason(one.level, one.text, one.remedy, since, way(one.key), one.key))
    for line in connections.lines(store, reach.companies):
        if line.offline_since and not any(reason["key"].startswith("line:") for reason in found):
            since = moment(store, config, line.offline_since)
            words = said("No line to {title} since {time}; selling goes on.", title=line.title, time=since)
            found.append(_reason("offline", words, line.last_error, since, "/console/outbox?show=waiting", "line"))
    if store.replica is not None and (why := store.replica.standing()[1]):
        words = said("The console does not ask the read replica: {why}.", why=why)
        found.append(_reason("check", words, said("Lists come from the primary meanwhile."), "", "", "replica"))
    found.sort(key=lambda reason: RANK[reason["tone"]])
    return found


def _reason(tone: str, text: str, remedy: str, since: str, way: str, key: str) -> dict[str, Any]:
    return {
        "tone": tone, "tone_text": STATES[tone], "text": text, "remedy": remedy, "since": since, "way": way, "key": key
    }  # fmt: skip


def way(key: str) -> str:
    """Where a person acts on a notice, "" = nowhere."""
    name, _, rest = key.partition(":")
    if name == "outbox" and not rest.isdigit():
        return "/console/outbox?show=needs"
    ways = {
        "outbox": f"/console/outbox/{rest}",
        "reconcile": "/console/reconciliation",
        "connection": "/console/outbox?show=waiting",
        "backup": "/console/backups",
        "agent": "/console/agents",
        "paused": "/console/agents",
        "inventory": "/inventory/approvals",
        "qbd": "/inventory/queue?show=error",
        "stock": "/inventory?low=1",
        "stock-many": "/inventory?low=1",
    }
    return ways.get(name, "")


def _tills(store: Store, config: Config, day: Day, found: list[dict[str, Any]], reach: Reach) -> list[dict[str, Any]]:
    """One row a till, those that need somebody first. A hub alone is none."""
    if config.server.role == "till":
        return [_till(store, config, day, found)]
    rows = [_of_hub(store, config, row) for row in hub_views.listed(store, config, reach=reach)[:TILLS_MAX]]
    if config.server.role == "both" and reach.is_all:
        rows.insert(0, _till(store, config, day, found))
    return rows


def _of_hub(store: Store, config: Config, row: dict[str, Any]) -> dict[str, Any]:
    """A till of this hub, as the row of one."""
    tone = row["tone"] if row["tone"] in RANK else "saved" if row["joined_at"] and not row["revoked_at"] else "offline"
    last = entries.last(store, row["till"], "till", "").created_at if row["till"] else ""
    shop = "" if row["shop_name"] == row["company_name"] else f", {row['shop_name']}"
    return {
        "id": row["till"] or row["name"],
        "name": row["name"],
        "company": f"{row['company_name']}{shop}",
        "tone": tone,
        "tone_text": row["state_text"],
        "reasons": [
            row["why"] or (row["gaps_text"] and said("Missing: {names}", names=row["gaps_text"])) or _contact(row)
        ],
        "taken": row["taken"],
        "taken_text": row["taken_text"],
        "open_count": row["waiting"],
        "session": row["session"],
        "contact_text": row["last_contact_text"],
        "last_text": moment(store, config, clock.stamp(clock.parse(last))) if last else "",
    }


def _contact(row: dict[str, Any]) -> Said:
    if not row["last_contact"]:
        return said("Not heard of yet")
    return said("Last heard of {time}", time=row["last_contact_text"])


def _till(store: Store, config: Config, day: Day, found: list[dict[str, Any]]) -> dict[str, Any]:
    """This till, as one row: the worst of its reasons, and all of them in words."""
    tone = found[0]["tone"] if found else "saved"
    session = shifts.current(store, config.till.id)
    last = outlook.newest(store)
    waits = outbound.counted(store, ("waiting", "parked"))
    return {
        "id": config.till.id,
        "name": config.till.name,
        "company": config.shop.name,
        "tone": tone,
        "tone_text": STATES[tone],
        "reasons": [reason["text"] for reason in found] or [_fine(store)],
        "taken": figures.plain(day.taken.total, config),
        "taken_text": figures.money(day.taken.total, config),
        "open_count": waits["waiting"] + waits["parked"],
        "session": session.id if session else "",
        "contact_text": moment(store, config, clock.stamp(clock.now())),
        "last_text": moment(store, config, clock.stamp(last)) if last else "",
    }


def _fine(store: Store) -> Said:
    return said("Saved, booked, equal") if connections.lines(store) else said("Saved; no books are connected")


def _runs(store: Store, config: Config) -> list[dict[str, Any]]:
    """What the agents did last, the newest first."""
    return [
        {
            "at_text": moment(store, config, past.ended_at or past.started_at, seconds=True),
            "agent": past.agent,
            "text": past.error or past.sentence,
            "failed": past.outcome in ("failed", "abandoned"),
        }
        for past in rounds.latest(store, limit=RUNS_MAX)
    ]
