"""Logs: the newest line first, searched and filtered; the first page looks again by itself. Read from the end only.

GET  /console/logs?level=&agent=&run=&document=&q=&after=   operate, settings   console/logs.html
GET  /console/logs.csv?…                                    operate, settings   all that fits
GET  /api/console/logs?…&limit=                             operate, settings   {rows: [Row], after, cut}

level: that one and worse (debug, info, warning, error, critical). document: id, number, or id of the basket. cut: the
page stopped because it had read enough; go on with `after`. Row: {at, at_text, level, from, message, agent, connection,
run, document, correlation, trace, file, facts}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import log_views
from pos.said import said
from pos.store.logbook import LEVELS, Filter
from pos.web import auth, logs
from pos.web.console import frame, lists
from pos.web.console import shapes_lists as shapes
from pos.web.console.lists import Column
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("console_logs", __name__)

COLUMNS = (
    Column("level", said("Level")),
    Column("at", said("When"), sort="at"),
    Column("message", said("What")),
    Column("trail", said("Busy with")),
)
_NAMES = ("level", "agent", "run", "document", "q")


@bp.get("/console/logs")
@auth.needs("operate", "settings")
def page() -> ResponseReturnValue:
    here, chosen, asked = parts(), _chosen(), lists.asked(sorts=("at",), sort="at")
    found = log_views.page(here.store, here.config, _folder(), _filter(chosen), asked.after, asked.limit)
    kept = {name: value for name, value in chosen.items() if value}
    return frame.show(
        "logs",
        "logs",
        rows=found["rows"],
        cut=found["cut"],
        older=f"/console/logs?{urlencode({**kept, 'after': found['after']})}" if found["after"] else "",
        newest=f"/console/logs?{urlencode(kept)}" if asked.after else "",
        csv=f"/console/logs.csv?{urlencode(kept)}",
        columns=COLUMNS,
        chosen=chosen,
        levels={name: log_views.LEVELS[name][0] for name in LEVELS[1:]},
        agents=here.agents,
    )


@bp.get("/console/logs.csv")
@auth.needs("operate", "settings")
def export() -> ResponseReturnValue:
    return lists.as_csv("log", log_views.CSV, log_views.every(_folder(), _filter(_chosen())))


@bp.get("/api/console/logs")
@describe(query=shapes.LOGS_QUERY, answer=shapes.LOGS, refuses=(422,))
@auth.needs("operate", "settings")
def listed() -> ResponseReturnValue:
    here, asked = parts(), lists.asked(sorts=("at",), sort="at")
    found: dict[str, Any] = log_views.page(
        here.store, here.config, _folder(), _filter(_chosen()), asked.after, asked.limit
    )
    return jsonify({"ok": True, **found})


def _folder() -> Path:
    return parts().config.data / logs.FOLDER


def _chosen() -> dict[str, str]:
    return lists.filled(_NAMES, {"level": LEVELS})


def _filter(chosen: dict[str, str]) -> Filter:
    return Filter(chosen["level"], chosen["agent"], chosen["run"], chosen["document"], chosen["q"])
