"""Sessions with QuickBooks Desktop for programs, and what starts and cancels them on the dashboard.

POST /api/conductor/sync                               operate   {objects, id?, company?} -> 202 {session}
POST /api/conductor/sync/cancel                        operate   {session?, company?} -> {cancelled, session}
GET  /api/conductor/status?company=                    operate   {session | null, last_good_at, refused}
GET  /api/conductor/history?sort=&down=&status=&after= operate   {rows, after, before, total, more}
GET  /api/conductor/sessions/<n>                       operate   {session, steps}
GET  /api/conductor/sessions/<n>/errors?type=&after=   operate   {rows, after, before, total, more}

A session is told under the names of `SyncManager.get_sync_status`; `session` is its number. id: made by whoever asks;
asked for twice it is one session. None of the GETs writes anything.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import conductor_manager
from pos.actions.conductor_manager import SyncManager
from pos.errors import Invalid
from pos.said import said
from pos.store import conductor_boards as boards
from pos.store import conductor_companies, conductor_sessions
from pos.store.conductor_sessions import Session
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.conductor import shapes_api as shapes
from pos.web.console import lists
from pos.web.describe import describe
from pos.web.integrations import reached
from pos.web.parts import parts

bp = Blueprint("conductor_api", __name__)


@bp.post("/api/conductor/sync")
@describe(body=shapes.START, answer=shapes.STARTED, status=202, refuses=(404, 409))
@auth.needs("operate", within=True)
def start() -> ResponseReturnValue:
    here, body = parts(), json_object()
    manager, objects = _manager(reached.in_body(body)), body.get("objects")
    if not isinstance(objects, list) or not all(isinstance(one, str) for one in objects):
        raise Invalid(said("{field} is a list of words.", field="objects"), field="objects")
    key = _id(text(body, "id", 40)) if "id" in body else ""
    cause = "program" if auth.actor().code.startswith("token:") else "person"
    session = manager.start_sync(objects, by=auth.actor().code, cause=cause, key=key)
    here.ring(conductor_manager.BELL)
    return jsonify({"ok": True, "session": shown(manager, session)}), 202


@bp.post("/api/conductor/sync/cancel")
@describe(body=shapes.CANCEL, answer=shapes.CANCELLED, refuses=(404,))
@auth.needs("operate", within=True)
def cancel() -> ResponseReturnValue:
    here, body = parts(), json_object()
    manager = _manager(reached.in_body(body))
    n = body.get("session", 0)
    if type(n) is not int or not 0 <= n < 1 << 63:
        raise Invalid(said("{name} is a whole number.", name="session"), field="session")
    cancelled = manager.cancel_sync(auth.actor().code, n)
    here.ring(conductor_manager.BELL)
    return jsonify({"ok": True, "cancelled": cancelled, "session": _current(manager)})


@bp.get("/api/conductor/status")
@describe(query=shapes.COMPANY, answer=shapes.STATUS, refuses=(404,))
@auth.needs("operate", within=True, touches=False)
def status() -> ResponseReturnValue:
    here, manager = parts(), _manager(reached.asked())
    good = manager.get_last_sync_time()
    return jsonify({
        "ok": True, "session": _current(manager), "last_good_at": clock.stamp(good) if good else "",
        "refused": conductor_manager.refusal(here.store, here.config, manager.company),
    })  # fmt: skip


@bp.get("/api/conductor/history")
@describe(query=shapes.HISTORY_QUERY, answer=shapes.HISTORY, refuses=(404, 422))
@auth.needs("operate", within=True, touches=False)
def history() -> ResponseReturnValue:
    manager = _manager(reached.asked())
    chosen = lists.filled(("status",), {"status": boards.STATES})
    asked = lists.asked(sorts=tuple(boards.HISTORY.orders), sort="started")
    rows, page = boards.history(manager.store, _connection(manager), asked, state=chosen["status"])
    return jsonify({"ok": True, **lists.as_json([shapes.ran(row) for row in rows], page)})


@bp.get("/api/conductor/sessions/<int:n>")
@describe(query=shapes.COMPANY, answer=shapes.ONE)
@auth.needs("operate", within=True, touches=False)
def one(n: int) -> ResponseReturnValue:
    manager = _manager(reached.asked())
    session = conductor_sessions.numbered(manager.store, _connection(manager), n)
    steps = [shapes.step(row) for row in conductor_sessions.steps(manager.store, session.n)]
    return jsonify({"ok": True, "session": shown(manager, session), "steps": steps})


@bp.get("/api/conductor/sessions/<int:n>/errors")
@describe(query=shapes.ERRORS_QUERY, answer=shapes.ERRORS, refuses=(422,))
@auth.needs("operate", within=True, touches=False)
def errors(n: int) -> ResponseReturnValue:
    manager = _manager(reached.asked())
    session = conductor_sessions.numbered(manager.store, _connection(manager), n)
    chosen = lists.filled(("type",), {"type": shapes.TYPES})
    asked = lists.asked(sorts=("n",), sort="n", down=False)
    rows, page = boards.failures(manager.store, session.n, asked, object_type=chosen["type"])
    return jsonify({"ok": True, **lists.as_json([asdict(row) for row in rows], page)})


def shown(manager: SyncManager, session: Session) -> dict[str, Any]:
    """A session as programs read it."""
    return shapes.session(session, manager.status_of(session))


def _manager(company: str) -> SyncManager:
    here = parts()
    return SyncManager(here.store, here.config, company)


def _connection(manager: SyncManager) -> str:
    return conductor_companies.connection_of(manager.company)


def _current(manager: SyncManager) -> dict[str, Any] | None:
    session = conductor_sessions.current(manager.store, _connection(manager))
    return shown(manager, session) if session else None


def _id(given: str) -> str:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise Invalid(said("An id is a UUID."), field="id") from None
