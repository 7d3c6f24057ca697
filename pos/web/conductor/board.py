"""The dashboard of QuickBooks Desktop, and the history of its sessions. What starts and cancels them is in `api`.

GET  /conductor?company=                                            operate    conductor/overview.html
GET  /conductor/panel?company=                                      operate    the piece of it that is asked for again
GET  /conductor/connection?company=                                 operate    likewise, how the connection stands
POST /conductor/test?company=                                       settings   asks QuickBooks now; the same piece
GET  /conductor/history?status=&first=&last=&sort=&down=&company=   operate    conductor/history.html
GET  /conductor/history/<n>?type=&after=&company=                   operate    conductor/session.html: steps, errors
GET  /conductor/history/<n>.csv?type=&company=                      operate    all of its errors

None of the GETs writes anything.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from pos.actions import conductor_manager
from pos.actions import conductor_views as views
from pos.said import said
from pos.store import conductor_boards as boards
from pos.web import auth
from pos.web.conductor import frame
from pos.web.console import lists
from pos.web.console.lists import Column
from pos.web.describe import PAGE, describe
from pos.web.parts import parts

bp = Blueprint("conductor_board", __name__)

COLUMNS = (
    Column("started", said("Started"), sort="started"),
    Column("ended", said("Ended"), sort="ended"),
    Column("status", said("State"), sort="status"),
    Column("total", said("Total"), sort="total", number=True),
    Column("synced", said("Brought together"), sort="synced", number=True),
    Column("failed", said("Failed"), sort="failed", number=True),
    Column("took", said("Took"), sort="took", number=True),
)
_CSV = ("at", "object_type", "object_id", "remote_id", "title", "code", "message", "remedy")


@bp.get("/conductor")
@auth.needs("operate", within=True)
def overview() -> ResponseReturnValue:
    here, company = parts(), frame.company()
    return frame.show(
        "overview",
        "overview",
        choice=views.choice(here.store, company),
        refused=conductor_manager.refusal(here.store, here.config, company),
        connection=views.connection(here.store, here.config, company),
        panel=views.panel(here.store, here.config, company),
    )


@bp.get("/conductor/panel")
@auth.needs("operate", within=True, touches=False)
def panel() -> ResponseReturnValue:
    here = parts()
    return _piece("panel", panel=views.panel(here.store, here.config, frame.company()))


@bp.get("/conductor/connection")
@auth.needs("operate", within=True, touches=False)
def connection() -> ResponseReturnValue:
    here = parts()
    return _piece("connection", connection=views.connection(here.store, here.config, frame.company()))


@bp.post("/conductor/test")
@describe(kinds=(PAGE,))
@auth.needs("settings", within=True)
def test() -> ResponseReturnValue:
    here = parts()
    return _piece("connection", connection=views.tested(here.store, here.config, frame.company(), auth.actor().code))


def _piece(name: str, **values: Any) -> str:
    return render_template(f"conductor/_{name}.html", at=frame.at, **values)


@bp.get("/conductor/history")
@auth.needs("operate", within=True)
def history() -> ResponseReturnValue:
    here, company = parts(), frame.company()
    chosen = lists.filled(("status", "first", "last", "company"), {"status": boards.STATES})
    asked = lists.asked(sorts=tuple(boards.HISTORY.orders), sort="started")
    rows, page = views.history(
        here.store, here.config, company, asked, state=chosen["status"], first=chosen["first"], last=chosen["last"],
    )  # fmt: skip
    return frame.show(
        "history",
        "history",
        rows=rows,
        list=lists.view(COLUMNS, asked, chosen, page),
        chosen=chosen,
        filtered=any(chosen[name] for name in ("status", "first", "last")),
        states={name: views.STATES[name][1] for name in boards.STATES},
        keep_days=here.config.conductor.keep_days,
    )


@bp.get("/conductor/history/<int:n>")
@auth.needs("operate", within=True)
def session(n: int) -> ResponseReturnValue:
    here, company = parts(), frame.company()
    found = views.session(here.store, here.config, company, n)
    chosen = lists.filled(("type", "company"), {"type": tuple(views.ABOUT)})
    asked = lists.asked(sorts=("n",), sort="n", down=False)
    rows, page = boards.failures(here.store, n, asked, object_type=chosen["type"])
    return frame.show(
        "session",
        "history",
        **found,
        errors=[views.error(here.store, here.config, row) for row in rows],
        list=lists.view((), asked, chosen, page),
        chosen=chosen["type"],
    )


@bp.get("/conductor/history/<int:n>.csv")
@describe(kinds=("text/csv",))
@auth.needs("operate", within=True)
def errors_csv(n: int) -> ResponseReturnValue:
    here = parts()
    views.session(here.store, here.config, frame.company(), n)  # NotFound for another company's
    chosen = lists.filled(("type",), {"type": tuple(views.ABOUT)})
    rows = boards.every_failure(here.store, n, chosen["type"])
    return lists.as_csv(f"quickbooks-desktop-session-{n}-errors", _CSV, (asdict(row) for row in rows))
