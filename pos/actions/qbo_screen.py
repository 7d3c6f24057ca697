"""What the page of integrations shows beside the sign-in: jobs, a picture of them, conflicts, passing trouble."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from pos import clock
from pos.actions import office, qbo_standing, qbo_sync
from pos.actions import qbo_sync_views as views
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.errors import Invalid
from pos.rules import wording
from pos.said import nsaid, said
from pos.store import companies, connections, qbo_tokens, records, sync_jobs
from pos.store.db import Store
from pos.store.reach import Reach

RESOURCES = {
    "customers": said("Customers"), "items": said("Items"), "invoices": said("Invoices"),
    "orders": said("Sales receipts"), "payments": said("Payments"),
}  # fmt: skip
DIRECTIONS = {"pull": said("from QuickBooks"), "push": said("to QuickBooks")}
#: How a record stands in the books: colour and word.
LINKS = {
    "pending": ("waiting", said("not sent yet")), "sending": ("waiting", said("being sent")),
    "waiting": ("waiting", said("changed since")), "synced": ("saved", said("the same in both")),
    "conflict": ("needs", said("both changed it")), "error": ("needs", said("refused")),
    "gone": ("check", said("gone there")),
}  # fmt: skip
FIELDS = {
    "name": said("Name"), "company": said("Company"), "email": said("E-mail"), "phone": said("Telephone"),
    "address": said("Address"), "tax_id": said("Tax number"), "price": said("Price"), "sku": said("Code"),
    "description": said("Description"), "active": said("In use"), "number": said("Number"), "date": said("Date"),
    "due": said("Due"), "customer": said("Customer"), "memo": said("Note"), "reference": said("Reference"),
    "amount": said("Amount"), "lines": said("Lines"),
    "line1": said("Address"), "line2": said("Address, second line"), "line3": said("Address, third line"),
    "city": said("Town"), "region": said("Region"), "postcode": said("Postcode"), "country": said("Country"),
    "note": said("Note"), "given": said("Given name"), "family": said("Family name"), "mobile": said("Mobile"),
}  # fmt: skip
#: Whose change of a field counts where both changed it.
OWNERS = {
    "ask": said("a person decides"), "ours": said("ours"), "theirs": said("theirs"), "latest": said("the later one"),
    "only_ours": said("ours, theirs is never taken"), "only_theirs": said("theirs, ours is never sent"),
}  # fmt: skip
KINDS = {kind: RESOURCES[name] for name, kind in sync_jobs.RESOURCES.items()}
JOBS, CONFLICTS, DECIDED, RECORDS, RESULTS = 15, 50, 5, 50, 100
CHART_DAYS = 14
#: Where a picture 520 wide begins and how wide its bars are.
_TOP, _BASE, _LEFT, _STEP, _BAR = 30, 178, 44, 34, 24


def together(store: Store, config: Config, company: str) -> dict[str, Any]:
    """What is brought together with QuickBooks: the last jobs, conflicts, and the picture of the last days."""
    jobs = [_job(one) for one in views.jobs(store, config, company, state="", limit=JOBS, before=0)]
    found = views.conflicts(store, config, company, state="open", after=0, limit=CONFLICTS + 1)
    decided = [views.conflict(store, config, one) for one in records.last_decided(store, company, DECIDED)]
    return {
        "resources": RESOURCES,
        "jobs": jobs,
        "conflicts": [_conflict(one) for one in found[:CONFLICTS]],
        "more": len(found) > CONFLICTS,
        "decided": [_conflict(one) for one in decided],
        "owners": _owners(store, company),
        "words": OWNERS,
        "chart": chart(store, config, company),
    }


def job(store: Store, config: Config, company: str, number: int, state: str, after: str) -> dict[str, Any]:
    """A job with what became of its records."""
    found = views.detail(store, config, company, number, state=state, after=after, limit=RESULTS)
    tones = {"synced": "saved", "skipped": "offline", "error": "needs"}
    rows = [{**one, "tone": tones[one["status"]]} for one in found["records"]]
    return {"job": _job(found["job"]), "records": rows, "after": found["after"], "state": state}


def choice(store: Store, config: Config, company: str, resource: str, words: str, after: str) -> dict[str, Any]:
    """Records somebody may choose single ones from. Invalid for no such resource."""
    if resource not in sync_jobs.RESOURCES:
        raise Invalid(said("There is no kind {kind}.", kind=resource[:40]), field="resource")
    kind = sync_jobs.RESOURCES[resource]
    rows = office.listed(store, config, company, kind, after=after, limit=RECORDS, words=words)
    for row in rows:
        state = row["sync"]["state"] if row["sync"] else "pending"
        row["tone"], row["state_text"] = LINKS.get(state, LINKS["pending"])
    return {
        "resource": resource,
        "resources": RESOURCES,
        "rows": rows,
        "q": words,
        "after": rows[-1]["id"] if len(rows) == RECORDS else "",
    }


def chart(store: Store, config: Config, company: str) -> dict[str, Any]:
    """Bars of the last days: whole units of the picture, words for those who listen, and the figures behind."""
    known = {row["day"]: row for row in views.chart(store, company, CHART_DAYS)}
    today = clock.now().date()
    days = [today - timedelta(days=back) for back in range(CHART_DAYS - 1, -1, -1)]
    most = max((row["synced"] for row in known.values()), default=0)
    top = _round_up(most)
    bars = []
    for at, day in enumerate(days):
        row = known.get(day.isoformat(), {"jobs": 0, "failedJobs": 0, "synced": 0, "failed": 0})
        height = max((_BASE - _TOP) * row["synced"] // top, 2 if row["synced"] else 0)
        left = _LEFT + 5 + at * _STEP
        bars.append({
            **row, "x": left, "middle": left + _BAR // 2, "width": _BAR, "height": height,
            "y": _BASE - height, "day": day.day, "today": day == today,
            "text": wording.short_day(day, config.shop.locale), "title": _told(config, day, row),
            "rate": 100 * row["synced"] // (row["synced"] + row["failed"]) if row["synced"] + row["failed"] else None,
        })  # fmt: skip
    lines = [{"y": _BASE - (_BASE - _TOP) * part // 2, "text": f"{top * part // 2}"} for part in range(3)]
    return {"bars": bars, "lines": lines if most else lines[:1], "any": any(bar["jobs"] for bar in bars)}


def away(store: Store, config: Config, reach: Reach) -> list[dict[str, str]]:
    """Trouble of a sign-in that stands and passes by itself, for the line at the top of the console."""
    found, rows = [], [row for row in qbo_tokens.rows(store) if row.has_tokens]
    lines = {line.id: line for line in connections.lines(store, reach.companies)} if rows else {}
    for row in rows:
        line = lines.get(row.connection)
        words = row.error or (line.last_error if line else "")
        at = row.error_at or (line.offline_since if line else "")
        if not words or not (reach.companies is None or row.company in reach.companies):
            continue
        if not qbo_standing.standing(store, config, row.company).sends:
            continue  # a person is needed: said elsewhere
        found.append({
            "connection": row.connection, "company": row.company, "name": companies.one(store, row.company).name,
            "words": words, "at_text": moment(store, config, at) if at else "",
        })  # fmt: skip
    return found


# -- inside ------------------------------------------------------------------------------------------------------------


def _job(one: dict[str, Any]) -> dict[str, Any]:
    return {
        **one,
        "resource_text": RESOURCES[one["resourceType"]],
        "direction_text": DIRECTIONS[one["direction"]],
        "open": one["status"] in sync_jobs.OPEN,
        "chosen_text": nsaid("{n} chosen", "{n} chosen", one["chosen"]) if one["chosen"] else "",
    }


def _conflict(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "field_text": FIELDS.get(one["field"], one["field"])}


def _owners(store: Store, company: str) -> list[dict[str, Any]]:
    table = qbo_sync.owners(store, company)
    return [
        {
            "kind": kind,
            "title": KINDS[kind],
            "fields": [(name, FIELDS.get(name, name), word) for name, word in rows.items()],
        }
        for kind, rows in table.items()
    ]


def _told(config: Config, day: date, row: dict[str, Any]) -> str:
    title = wording.short_day(day, config.shop.locale)
    if not row["jobs"]:
        return said("{day}: nothing was brought together", day=title)
    return said("{day}: {synced} records went, {failed} failed", day=title, synced=row["synced"], failed=row["failed"])


def _round_up(most: int) -> int:
    """The top of the scale: 2, 4, 10, 20, 40, 100 …"""
    step = 2
    while step < most:
        step = step * 5 // 2 if str(step)[0] == "4" else step * 2
    return step
