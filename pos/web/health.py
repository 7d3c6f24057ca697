"""For programs that watch: does the process run, and can it save a sale.

GET /healthz   at_machine (operate)   200 {ok} as long as the process answers at all; asks nothing of disk or database
GET /readyz    at_machine (operate)   200 when a sale can be saved now, else 503; {ok, can_save, reason, …}

Nothing of the shop is told. `/health` (pos/web/status.py) is the same question asked by screens, also from tablets.
"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.web import auth
from pos.web import shapes_shop as shapes
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@describe(answer=shapes.DONE)
@auth.at_machine("operate")
def healthz() -> ResponseReturnValue:
    return jsonify({"ok": True})


@bp.get("/readyz")
@describe(answer=shapes.READY, also={503: shapes.READY})
@auth.at_machine("operate")
def readyz() -> ResponseReturnValue:
    """reason: names the remedy. free_bytes: room on the disk of data/; unsynced: receipts whose own file waits."""
    state = parts().journal.health()
    view = {
        "ok": state.can_save,
        "can_save": state.can_save,
        "reason": state.reason,
        "free_bytes": state.free_bytes,
        "wal_bytes": state.wal_bytes,
        "unsynced": state.unsynced,
    }
    return jsonify(view), 200 if state.can_save else 503
