"""The frame around every screen of runs: the console's, with a second row of ways to the screens."""

from __future__ import annotations

from datetime import date
from typing import Any

from pos.errors import Invalid
from pos.said import said
from pos.store import run_screens
from pos.web.console import frame as console
from pos.web.frame import may_open
from pos.web.parts import parts

#: Whoever has one of these may look; acts have rights of their own.
LOOKING = console.RIGHTS

#: Name, address below the prefix, and words of each screen in the second row.
TABS = (
    ("overview", "/", said("Overview")),
    ("runs", "/runs/", said("Runs")),
    ("schedules", "/schedules/", said("Schedules")),
    ("companies", "/companies/", said("Companies")),
    ("imports", "/imports/", said("Imports")),
    ("bank", "/bank/", said("Bank")),
    ("logs", "/logs/", said("Logs")),
    ("tools", "/tools/", said("Tools")),
    ("settings", "/settings/", said("Settings")),
)


def base() -> str:
    """What comes before every address of these screens, as /epos-qbo."""
    return parts().config.runs.prefix


def show(template: str, tab: str, **values: Any) -> str:
    """A screen of runs: templates/runs/<template>.html. tab: its name in TABS."""
    here = base()
    tabs = [(name, f"{here}{path}", words) for name, path, words in TABS if may_open(f"{here}{path}")]
    return console.show(
        template,
        "runs",
        folder="runs",
        tab=tab,
        tabs=tabs,
        runs_base=here,
        runs_last=run_screens.last(parts().store),
        **values,
    )


def day(given: str, field: str) -> date | None:
    """A day of an address, None for "". Invalid names the field."""
    try:
        found = date.fromisoformat(given) if given else None
    except ValueError:
        found = date.min
    if found is not None and not date(1970, 1, 1) < found < date(9000, 1, 1):
        raise Invalid(said("Write a day like 2026-11-20."), field=field)
    return found
