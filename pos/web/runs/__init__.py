"""The operator's screens of runs: what goes from the tills into the books, when, and what it came to.

All of them are below `[runs] prefix` (/epos-qbo where nobody chose another); each module here is a screen and gives its
addresses without it. Nothing in a template or script names the prefix: `runs_base` and static/js/runs/base.js know it.
"""

from __future__ import annotations

from pos.web.runs import artifacts, bank, companies, events, imports, logs, overview, runs, schedules, settings, tools

BLUEPRINTS = (
    overview.bp,
    events.bp,
    runs.bp,
    artifacts.bp,
    bank.bp,
    logs.bp,
    companies.bp,
    settings.bp,
    schedules.bp,
    imports.bp,
    tools.bp,
)
