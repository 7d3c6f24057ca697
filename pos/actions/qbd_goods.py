"""Goods that sales moved, told to QuickBooks Desktop as adjustments, where adjustments move stock: a business day and a
place at a time, once the day is over.

Each receipt counts once: how far they were gathered, what is gathered and what is told change in one transaction. A
receipt that comes late is told of in a further adjustment of its day. Receipts of days on which documents move stock
are passed over, as are goods that have no stock there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from pos import clock
from pos.actions.bundle import Rules
from pos.actions.line import Job
from pos.connectors.qbd.desk import Desk
from pos.connectors.qbd.mapping import BY_ADJUSTMENTS, STOCKED
from pos.rules.inventory import text_of
from pos.rules.qbd_split import ADJUSTMENT, Part
from pos.said import said
from pos.store import notices, qbd_asks, qbd_names, qbd_queue, qbd_sales

#: A receipt is counted no sooner: one that was queued before it and is not seen yet has come by then.
SETTLE = timedelta(minutes=2)
LINES_MAX = 500
Open = dict[str, dict[str, dict[str, int]]]


def tell(job: Job, desk: Desk, rules: Rules) -> int:
    """Gather what was sold and tell what is over; how many adjustments."""
    while _gather(job, desk, rules) and not job.stopping():
        job.breathe()
    return _tell(job, rules)


def is_listed(job: Job) -> bool:
    """Whether QuickBooks has told of its items, once: which of them have stock decides that nothing is moved twice, so
    nothing is told before. It is asked for by itself; people are told where no answer came."""
    store, key = job.store, f"qbd:{job.connection}:items"
    asked = qbd_asks.asked(store, job.connection, "ask_items")
    known = asked.state == "applied" or qbd_names.knows_items(store, job.connection)
    if not asked.state:
        qbd_asks.ask(store, job.connection, "ask_items", "outbox")
    if asked.state == "error" and not known:
        words = said("Sales wait: QuickBooks did not tell its items. {words}", words=asked.message)
        notices.raise_notice(store, key, "needs", words, said("Put it right there, then ask for its lists again."))
    elif notices.is_open(store, key):
        notices.settle(store, key)
    return known


def _gather(job: Job, desk: Desk, rules: Rules) -> bool:
    """Take in the next receipts; whether there may be more."""
    store, now = job.store, job.now()
    with store.transaction():
        state = qbd_sales.gathered(store, job.connection)
        rows = qbd_sales.moved(store, job.connection, state["n"])
        fresh = clock.stamp(now - SETTLE)
        taken = 0
        for row in rows:
            if fresh < row.queued_at <= clock.stamp(now):
                break  # later ones wait with it
            day = rules.day_of(datetime.fromisoformat(row.made_at)).isoformat()
            if desk.known.moves(day) == BY_ADJUSTMENTS:
                _add(state["open"], day, row.goods)
            state["n"] = row.n
            taken += 1
        if taken:
            qbd_sales.keep_gathered(store, job.connection, state)
    return taken == qbd_sales.BITE


def _add(found: Open, day: str, goods: Mapping[tuple[str, str], int]) -> None:
    for (place, item), qty in goods.items():
        items = found.setdefault(day, {}).setdefault(place, {})
        items[item] = items.get(item, 0) + qty


def _tell(job: Job, rules: Rules) -> int:
    store, now, count = job.store, job.now(), 0
    lacks: list[str] = []
    with store.transaction():
        state = qbd_sales.gathered(store, job.connection)
        for day in sorted(state["open"]):
            if rules.over_at(date.fromisoformat(day)) > now:
                continue
            for place in sorted(state["open"][day]):
                items = {item: qty for item, qty in state["open"][day][place].items() if qty}
                parts, reason = _parts(job, rules.company, day, place, items)
                if reason:
                    lacks.append(reason)
                    continue
                if parts:
                    source = qbd_sales.goods_source(store, rules.company, day, place)
                    qbd_queue.tell(store, job.connection, rules.company, ADJUSTMENT, source, parts, now)
                    count += len(parts)
                del state["open"][day][place]
            if not state["open"][day]:
                del state["open"][day]
        qbd_sales.keep_gathered(store, job.connection, state)
        _notice(job, lacks)
    return count


def _parts(job: Job, company: str, day: str, place: str, items: Mapping[str, int]) -> tuple[list[Part], str]:
    """The adjustments of a day at a place, one for each account; or why they cannot be told yet."""
    store = job.store
    site = qbd_names.site_of(store, place)
    accounts: dict[str, list[tuple[str, dict[str, str], int]]] = {}
    for item in sorted(items):
        ref = qbd_names.item_of(store, company, item)
        kind = qbd_names.kind_of_ref(store, job.connection, ref)
        if kind and kind not in STOCKED:
            continue
        account = qbd_names.account_of(store, company, item) or store.config.qbwc.adjustment_account
        if not account:
            return [], said("No account for {item}: name one at the item or for the company.", item=item)
        accounts.setdefault(account, []).append((item, ref, items[item]))
    if accounts and not site:
        return [], said("Place {place} has no QuickBooks site.", place=place or "–")
    parts = []
    for account, lines in accounts.items():
        for at in range(0, len(lines), LINES_MAX):
            bite = lines[at : at + LINES_MAX]
            payload: dict[str, Any] = {
                "date": day, "memo": f"Sales of {day} at {place}", "tail": f"goods {day} {place}", "account": account,
                "site": site, "lines": [{"item": ref, "difference": text_of(qty)} for _, ref, qty in bite],
            }  # fmt: skip
            parts.append(Part(ADJUSTMENT, payload, tuple(item for item, _, _ in bite)))
    return parts, ""


def _notice(job: Job, lacks: list[str]) -> None:
    key = f"qbd:{job.connection}:goods"
    if not lacks:
        if notices.is_open(job.store, key):
            notices.settle(job.store, key)
        return
    words = " ".join(dict.fromkeys(lacks[:5]))
    remedy = said("Map it; what was sold then goes to QuickBooks by itself.")
    notices.raise_notice(job.store, key, "needs", words, remedy)
