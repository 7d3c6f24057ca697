"""The frame around every screen of runs: the console's, with a second row of ways to the screens."""

from __future__ import annotations

from typing import Any

from pos.said import said
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
    return console.show(template, "runs", folder="runs", tab=tab, tabs=tabs, runs_base=here, **values)
