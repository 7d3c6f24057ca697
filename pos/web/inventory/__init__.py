"""Stock at /inventory: what there is and where, moving and counting it, what waits for a second person.

Each module is a screen or a part of the API; all are opened by the sign-in of the console or of a till.
"""

from __future__ import annotations

from flask import Blueprint

from pos.web.inventory import (
    api,
    api_acts,
    approvals,
    audit,
    desktop_lists,
    events,
    items,
    overview,
    parity,
    places,
    queue,
    work,
    work_api,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    overview.bp,
    items.bp,
    events.bp,
    approvals.bp,
    queue.bp,
    places.bp,
    audit.bp,
    work.bp,
    work_api.bp,
    api.bp,
    api_acts.bp,
    desktop_lists.bp,
    parity.bp,
)
