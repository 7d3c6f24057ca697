"""The operator's console, below /console: one module a screen, one frame around them, one component for every list.

A screen is a blueprint in BLUEPRINTS and an entry in SCREENS. An entry shows only where its page exists and the person
may open it. Its own sign-in is in `door`; rights are those of `pos/rules/rights.py`.
"""

from __future__ import annotations

from pos.web.console import (
    agents,
    anchors,
    audit,
    companies,
    door,
    hub_tills,
    logs,
    outbox,
    overview,
    people,
    reconciliation,
    replay,
    replica,
    settings,
    tills,
    tokens,
    trace,
    zreads,
)
from pos.web.console.frame import SCREENS

__all__ = ["BLUEPRINTS", "SCREENS", "replica"]

BLUEPRINTS = (
    door.bp,
    overview.bp,
    outbox.bp,
    trace.bp,
    replay.bp,
    reconciliation.bp,
    zreads.bp,
    agents.bp,
    logs.bp,
    audit.bp,
    companies.bp,
    people.bp,
    tokens.bp,
    tills.bp,
    hub_tills.bp,
    anchors.bp,
    settings.bp,
)
