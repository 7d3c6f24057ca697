"""Logs: what was said in all runs, and what schedules did between them, the newest first.

GET /logs/?level=&company=&run=&q=&first=&last=&after=   whoever may look   runs/logs.html

level: that one and worse (info, warning, error). run: a run's id. A page is found by its last line, so that lines that
come in meanwhile shift none.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import run_views
from pos.actions.outbox_views import moment
from pos.store import run_screens
from pos.store.listing import ROWS
from pos.store.run_logs import LEVELS
from pos.store.run_screens import Line, Wanted
from pos.web import auth
from pos.web.console import lists
from pos.web.parts import parts
from pos.web.runs import frame

bp = Blueprint("runs_logs", __name__)

_NAMES = ("level", "company", "run", "q", "first", "last")


@bp.get("/logs/")
@auth.needs(*frame.LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, chosen = parts(), _chosen()
    eyes = run_views.reader(here.store, here.config, auth.reach_of())
    after = request.args.get("after", "")[:200]
    found = run_screens.lines(here.store, _wanted(chosen), after, ROWS, auth.reach_of())
    kept = {name: value for name, value in chosen.items() if value}
    address = f"{frame.base()}/logs/"
    return frame.show(
        "logs",
        "logs",
        rows=[_row(eyes, one) for one in found.lines],
        older=f"{address}?{urlencode({**kept, 'after': found.after})}" if found.after else "",
        newest=f"{address}?{urlencode(kept)}" if after else "",
        chosen=chosen,
        filtered=bool(kept),
        companies=eyes.companies,
        levels={name: run_views.LEVEL_WORDS[name][0] for name in LEVELS},
    )


def _row(eyes: run_views.Reader, one: Line) -> dict[str, Any]:
    words, tone = run_views.LEVEL_WORDS.get(one.level, run_views.LEVEL_WORDS["info"])
    return {
        "at_text": moment(eyes.store, eyes.config, one.at, seconds=True),
        "level": one.level,
        "level_text": words,
        "tone": tone,
        "company": eyes.companies.get(one.company, one.company),
        "phase_text": run_views.PHASE_WORDS.get(one.phase, one.phase),
        "run": one.run,
        "words": one.words,
        "of_schedule": bool(one.kind),
        "schedule": one.schedule,
    }


def _chosen() -> dict[str, str]:
    return lists.filled(_NAMES, {"level": LEVELS})


def _wanted(chosen: dict[str, str]) -> Wanted:
    first, last = frame.day(chosen["first"], "first"), frame.day(chosen["last"], "last")
    return Wanted(
        level=chosen["level"], company=chosen["company"], run=chosen["run"], words=chosen["q"],
        first=_midnight(first) if first else "", last=_midnight(last + timedelta(days=1)) if last else "",
    )  # fmt: skip


def _midnight(day: date) -> str:
    """The moment a day of the shop's wall clock begins, as a stamp."""
    zone = ZoneInfo(parts().config.shop.timezone)
    return clock.stamp(datetime.combine(day, time(0), zone).astimezone(UTC))
