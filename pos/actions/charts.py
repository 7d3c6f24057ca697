"""Pictures where people would rather look than read: whole units to draw, words for those who listen, figures behind.

Each is drawn as SVG by the page that shows it. What a bar means is told by its shape, too, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from pos import clock
from pos.actions import figures
from pos.config import Config
from pos.rules import wording
from pos.rules.money import major
from pos.said import Said, nsaid, said
from pos.store import outlook, takings
from pos.store.db import Store
from pos.store.outlook import AGES, Day
from pos.store.reach import EVERYWHERE, Reach

#: Heights of a picture and where it begins, in its own units; 520 wide.
_TOP, _BASE, _LEFT, _STEP, _BAR, _RIGHT = 24, 178, 44, 34, 24, 520
#: Hours that are shown when nothing was sold outside them.
_OPEN = range(9, 18)
AGE_WORDS: dict[str, Said] = {
    "minutes": said("under 5 minutes"),
    "hour": said("5 to 60 minutes"),
    "day": said("1 to 24 hours"),
    "week": said("1 to 7 days"),
    "older": said("over a week"),
}


def days(config: Config, wanted: Sequence[Day]) -> dict[str, Any]:
    """Bars of the last days, ready to be drawn: whole units of the picture, words for those who listen."""
    up, lines = _scale(config, max((day.taken.total for day in wanted), default=0))
    bars = []
    for at, day in enumerate(wanted):
        left, equal = _LEFT + 5 + at * _STEP, up(day.equal.total + day.kept.total)
        waiting = max(up(day.waiting.total), 3) if day.waiting.total > 0 else 0
        when = date.fromisoformat(day.day)
        title = wording.short_day(when, config.shop.locale)
        bars.append(
            {
                "x": left,
                "middle": left + _BAR // 2,
                "width": _BAR,
                "y": _BASE - equal,
                "height": equal,
                "wait_y": _BASE - equal - waiting,
                "wait_height": waiting,
                "needs_y": _BASE - equal - waiting - 4 if day.needs.count else None,
                "day": when.day,
                "title": _told(config, title, day),
                "today": day is wanted[-1],
                "text": title,
                "equal": figures.plain(day.equal.total, config),
                "equal_text": figures.money(day.equal.total + day.kept.total, config),
                "waiting": figures.plain(day.waiting.total, config),
                "waiting_text": figures.money(day.waiting.total, config),
                "needs": figures.plain(day.needs.total, config),
                "needs_text": figures.money(day.needs.total, config),
            }
        )
    unit = wording.symbol(config.shop.currency, config.shop.locale)
    return {"bars": bars, "lines": lines, "base": _BASE, "unit": unit}


def _told(config: Config, title: str, day: Day) -> Said:
    if not day.taken.count:
        return said("{day}: nothing sold", day=title)
    if not day.waiting.count and not day.needs.count:
        return said("{day}: {amount}, all equal", day=title, amount=figures.money(day.taken.total, config))
    return said(
        "{day}: {equal} equal, {waiting} waiting, {needs} needs a person",
        day=title,
        equal=figures.money(day.equal.total, config),
        waiting=figures.money(day.waiting.total, config),
        needs=figures.money(day.needs.total, config),
    )


def hours(store: Store, config: Config, today: date, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """What was sold in each hour of today, beside the same weekday a week ago."""
    before = today - timedelta(days=7)
    sold = [takings.by_hour(store, outlook.tills_of(store, reach), day.isoformat()) for day in (today, before)]
    known = [int(hour) for day in sold for hour in day]
    shown = range(min([*known, _OPEN.start]), max([*known, _OPEN.stop - 1]) + 1)
    up, lines = _scale(config, max((total for day in sold for _, total in day.values()), default=0))
    step = (_RIGHT - _LEFT - 6) // len(shown)
    bars = []
    for at, hour in enumerate(shown):
        (count, total), (count_then, total_then) = (day.get(f"{hour:02}", (0, 0)) for day in sold)
        left = _LEFT + 4 + at * step
        bars.append(
            {
                "x": left + 2,
                "then_x": left,
                "middle": left + step // 2 - 1,
                "width": step - 7,
                "then_width": step - 3,
                "y": _BASE - up(total),
                "height": up(total),
                "then_y": _BASE - up(total_then),
                "then_height": up(total_then),
                "hour": f"{hour:02}",
                "amount": figures.plain(total, config),
                "amount_text": figures.money(total, config),
                "count": count,
                "then": figures.plain(total_then, config),
                "then_text": figures.money(total_then, config),
                "then_count": count_then,
            }
        )
    unit = wording.symbol(config.shop.currency, config.shop.locale)
    day = wording.short_day(before, config.shop.locale)
    return {"bars": bars, "lines": lines, "base": _BASE, "unit": unit, "then": day}


def ages(store: Store, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """How long what is not booked has been waiting: so many rows of the outbox by their age, the oldest are counted."""
    counts, cut = outlook.ages(store, clock.now(), reach)
    most = max(counts.values())
    return {
        "bars": [
            {
                "age": age,
                "width": counts[age] * 300 // most if most else 0,
                "count": counts[age],
                "text": AGE_WORDS[age],
                "count_text": f"{counts[age]:,}",
            }
            for age in AGES
        ],
        "total": sum(counts.values()),
        "cut": cut,
        "title": nsaid("{n} part not booked", "{n} parts not booked", sum(counts.values())),
    }


def _scale(config: Config, most: int) -> tuple[Callable[[int], int], list[dict[str, Any]]]:
    """How high an amount stands, and the lines behind, so that the highest one fits."""
    step = _grid(most)
    top, height = max(step * 4, 1), _BASE - _TOP

    def up(units: int) -> int:
        return max(units, 0) * height // top

    currency, locale = config.shop.currency, config.shop.locale
    lines = [{"y": _BASE - up(step * n), "text": wording.quantity(major(step * n, currency), locale)} for n in range(5)]
    return up, lines


def _grid(most: int) -> int:
    """A round step so that four of them hold the highest bar."""
    step = 100
    while True:
        for factor in (1, 2, 5):
            if step * factor * 4 >= most:
                return step * factor
        step *= 10
