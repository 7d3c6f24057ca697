"""The queue to QuickBooks Desktop: what is ready, held back, not known or wrong, who called, what went over the wire.

GET /inventory/queue?show=&q=      inventory/queue.html
GET /inventory/queue.csv?…         all that fits
GET /inventory/queue/wire?q=       inventory/wire.html: requests and answers by event, message set or words
GET /inventory/queue/wire/<n>      inventory/wire_one.html: one of them, whole

Whoever may look at stock. show: open, ready, held, unknown, error, applied or all.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from pos.actions import inventory_queue_views as views
from pos.actions import qbd_words
from pos.actions.inventory_queue_views import Filter
from pos.actions.outbox_views import moment
from pos.said import psaid, said
from pos.store import qbd_companies
from pos.store.listing import Page
from pos.web import auth
from pos.web.console import lists
from pos.web.console.lists import Column
from pos.web.inventory import frame
from pos.web.inventory.frame import LOOKING
from pos.web.parts import parts

bp = Blueprint("inventory_queue", __name__)

COLUMNS = (
    Column("n", said("Turn"), sort="n"),
    Column("what", said("What")),
    Column("state", said("State")),
    Column("tries", said("Tries"), number=True),
    Column("next", said("Next try")),
    Column("ref", psaid("books", "There")),
    Column("message", said("Why, and what to do")),
    Column("made", said("Since")),
)
WIRE_COLUMNS = (
    Column("at", said("When")),
    Column("direction", said("What")),
    Column("source", said("About")),
    Column("set", said("Message set")),
    Column("message", said("Answer")),
    Column("chars", said("Characters"), number=True),
)


@bp.get("/inventory/queue")
@auth.needs(*LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, company = parts(), frame.company()
    desktop = qbd_companies.by_company(here.store, company)
    given = _given()
    asked = lists.asked(sorts=("n",), sort="n", down=False)
    rows, found = list[dict[str, Any]](), Page([], "", "", 0)
    if desktop is not None:
        rows, found = views.listed(here.store, here.config, _filter(desktop.connection, given), asked)
    return frame.show(
        "queue",
        "queue",
        rows=rows,
        list=lists.view(COLUMNS, asked, {**given, "limit": str(asked.limit)}, found),
        chosen=given,
        limit=asked.limit,
        shows=views.SHOWS,
        desktop=_desktop(desktop),
        counts=views.counted(here.store, desktop.connection) if desktop else {},
        sessions=views.sessions(here.store, here.config, desktop.connection) if desktop else [],
    )


@bp.get("/inventory/queue.csv")
@auth.needs(*LOOKING, within=True)
def export() -> ResponseReturnValue:
    here = parts()
    connection = qbd_companies.of_company(here.store, frame.company()).connection
    asked = lists.asked(sorts=("n",), sort="n", down=False)
    rows = views.every(here.store, here.config, _filter(connection, _given()), asked)
    return lists.as_csv("inventory-queue", views.CSV, rows)


@bp.get("/inventory/queue/wire")
@auth.needs(*LOOKING, within=True)
def wire() -> ResponseReturnValue:
    here = parts()
    desktop = qbd_companies.by_company(here.store, frame.company())
    given = lists.filled(("q",), {})
    asked = lists.asked(sorts=("n",), sort="n")
    before = int(asked.after) if asked.after.isascii() and asked.after.isdigit() and len(asked.after) < 19 else 0
    rows, found = list[dict[str, Any]](), Page([], "", "", 0)
    if desktop is not None:
        rows, found = views.archived(
            here.store, here.config, desktop.connection, given["q"], before=before, limit=asked.limit
        )
    return frame.show(
        "wire",
        "queue",
        rows=rows,
        list=lists.view(WIRE_COLUMNS, asked, {**given, "limit": str(asked.limit)}, found),
        chosen=given,
        limit=asked.limit,
        days=here.config.qbwc.archive_days,
    )


@bp.get("/inventory/queue/wire/<int:n>")
@auth.needs(*LOOKING, within=True)
def wire_one(n: int) -> ResponseReturnValue:
    here = parts()
    connection = qbd_companies.of_company(here.store, frame.company()).connection
    return frame.show("wire_one", "queue", one=views.wire(here.store, here.config, n, connection))


def _given() -> dict[str, str]:
    given = lists.filled(("show", "q"), {"show": tuple(views.SHOWS)})
    return {**given, "show": given["show"] or ("all" if given["q"] else "open")}


def _filter(connection: str, given: dict[str, str]) -> Filter:
    return Filter(connection, given["show"], given["q"])


def _desktop(found: qbd_companies.Desktop | None) -> dict[str, Any] | None:
    if found is None:
        return None
    here = parts()
    return {
        "username": found.username,
        "enabled": found.enabled,
        "bound": bool(found.bound_at),
        "company_name": found.company_name or found.company_file,
        "version": found.version,
        "last_contact": moment(here.store, here.config, found.last_contact_at),
        "last_error": qbd_words.again("", found.last_error),
        "last_error_text": moment(here.store, here.config, found.last_error_at),
    }
