"""News of runs for every screen of them: who goes on, how those stand that a page follows, and nudges to look again.

GET  /api/runs/status?job_ids=   whoever may look   {runs: [RunNews]}: at most 25, comma between; others are absent
GET  /api/runs/active?since=     whoever may look   {runs: [RunNews], last}: those that go on, and those asked for
                                                    behind the number `since`, over or not; the newest 25
GET  /live (WebSocket)           whoever may look   {"type": "run"}: something about runs changed, ask again
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import run_views
from pos.errors import Invalid, UserError
from pos.said import said
from pos.store import run_screens, runs
from pos.web import auth
from pos.web.describe import describe
from pos.web.live import sock
from pos.web.parts import parts
from pos.web.runs import frame, shapes

bp = Blueprint("runs_events", __name__)

#: A mark of a page is no larger.
_LAST_MAX = 1 << 62


@bp.get("/api/runs/status")
@describe(query=shapes.STATUS_QUERY, answer=shapes.STATUS, refuses=(422,))
@auth.needs(*frame.LOOKING, touches=False, within=True)
def status() -> ResponseReturnValue:
    asked = request.args.get("job_ids", "")
    ids = list(dict.fromkeys(one.strip() for one in asked.split(",") if one.strip()))
    if len(ids) > runs.STATUSES_MAX:
        raise Invalid(said("At most {most} runs at once.", most=runs.STATUSES_MAX), field="job_ids")
    return jsonify({"ok": True, "runs": run_views.news(_eyes(), ids)})


@bp.get("/api/runs/active")
@describe(query=shapes.ACTIVE_QUERY, answer=shapes.ACTIVE, refuses=(422,))
@auth.needs(*frame.LOOKING, touches=False, within=True)
def active() -> ResponseReturnValue:
    here, newest = parts(), run_screens.last(parts().store)
    given = request.args.get("since", "")
    if given and not (given.isascii() and given.isdigit() and len(given) < 19 and int(given) < _LAST_MAX):
        raise Invalid(said("{name} is a whole number.", name="since"), field="since")
    ids = run_screens.since(here.store, int(given) if given else newest, auth.reach_of(), runs.STATUSES_MAX)
    return jsonify({"ok": True, "runs": run_views.news(_eyes(), ids), "last": newest})


@sock.route("/live", bp=bp)  # type: ignore[untyped-decorator]
@auth.needs(*frame.LOOKING, touches=False, within=True)
def live(ws: Any) -> None:
    here = parts()
    try:
        here.hub.serve(ws, _may_listen, kinds=("run",))
    finally:
        here.store.release()


def _may_listen() -> bool:
    try:
        auth.admit(auth.Rule("right", frame.LOOKING, touches=False, within=True))
    except UserError:
        return False
    finally:
        parts().store.release()
    return True


def _eyes() -> run_views.Reader:
    here = parts()
    return run_views.reader(here.store, here.config, auth.reach_of())
