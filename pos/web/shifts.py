"""The session of the till's drawer, its reports, and its close.

GET  /api/shift                sell or z_read   what is open, own sales, what the close needs to know
POST /api/shift/open           sell             {id, float, denominations?} -> 201 {document, duplicate}; again 200
POST /api/shift/correct-float  sell or z_read   {id, amount, reason, approvals?} -> as above; z_read or an approval
GET  /api/shift/x              z_read           {report, lines, lines32}
POST /api/shift/count-check    sell or z_read   {id, denominations | cash, tenders} -> expected against counted
POST /api/shift/close          sell or z_read   {id, count, reason, note, approvals?} -> 201 {z, duplicate}; again 200
GET  /api/zreads/<number>      z_read           {z, lines, lines32, recomputed}
GET  /api/day?from=&to=        z_read           {report}
GET  /zreads?before=           z_read           till/zreads.html: rows, older
GET  /zreads/<number>          z_read           till/zread.html: the paper, the proof, how far it is printed
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from pos.actions import cash, printing, reports, shift
from pos.rules import anchor, ledger, wording
from pos.store import shifts
from pos.store.journal import Committed
from pos.web import auth
from pos.web import shapes_shop as shapes
from pos.web.body import json_object
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("shifts", __name__)


@bp.get("/api/shift")
@describe(answer=shapes.SHIFT)
@auth.needs("sell", "z_read")
def state() -> ResponseReturnValue:
    return jsonify({"ok": True, **reports.state(parts(), auth.actor())})


@bp.post("/api/shift/open")
@describe(body=shapes.SHIFT_OPEN, answer=shapes.MOVED, made=True, refuses=(409,))
@auth.needs("sell")
def open_session() -> ResponseReturnValue:
    return _document(shift.open_session(parts(), json_object(), auth.actor()))


@bp.post("/api/shift/correct-float")
@describe(body=shapes.FLOAT_CORRECTION, answer=shapes.MOVED, made=True, refuses=(409,))
@auth.needs("sell", "z_read")
def correct_float() -> ResponseReturnValue:
    return _document(shift.correct_float(parts(), json_object(), auth.actor()))


def _document(committed: Committed) -> ResponseReturnValue:
    view = {"ok": True, "document": cash.shown(committed, parts().config), "duplicate": committed.duplicate}
    return jsonify(view), 200 if committed.duplicate else 201


@bp.get("/api/shift/x")
@describe(answer=shapes.X, refuses=(409,))
@auth.needs("z_read")
def x_read() -> ResponseReturnValue:
    doc = reports.x_read(parts(), auth.actor())
    return jsonify({"ok": True, "report": reports.report(doc, parts().config), **_lines(doc)})


def _lines(doc: Mapping[str, Any]) -> dict[str, list[str]]:
    config = parts().store.config  # paper: as the shop has it, whoever reads
    return {"lines": reports.lines(doc, config, 42), "lines32": reports.lines(doc, config, 32)}


@bp.post("/api/shift/count-check")
@describe(body=shapes.COUNT, answer=shapes.COUNTED, refuses=(409,))
@auth.needs("sell", "z_read")
def count_check() -> ResponseReturnValue:
    found = shift.count_check(parts(), json_object(), auth.actor())
    return jsonify({"ok": True, **reports.compared(parts(), found)})


@bp.post("/api/shift/close")
@describe(body=shapes.CLOSE, answer=shapes.CLOSED, made=True, refuses=(404, 409))
@auth.needs("sell", "z_read")
def close() -> ResponseReturnValue:
    committed = shift.close(parts(), json_object(), auth.actor())
    view = {"ok": True, "z": _z(committed.doc), "duplicate": committed.duplicate}
    return jsonify(view), 200 if committed.duplicate else 201


def _z(doc: Mapping[str, Any]) -> dict[str, Any]:
    block = doc["z"]
    return {
        "number": block["number"],
        "name": block["name"],
        "document": doc["invoice_name"],
        "id": doc["id"],
        "hash": doc["hash"],
        "documents": block["documents"],
        "session": doc["session"],
        "report": reports.report(doc, parts().config),
    }


@bp.get("/api/zreads/<number>")
@describe(answer=shapes.Z)
@auth.needs("z_read")
def zread_json(number: str) -> ResponseReturnValue:
    store = parts().store
    doc = reports.z_read(store, number)
    return jsonify({"ok": True, "z": _z(doc), "recomputed": reports.recomputed(store, doc), **_lines(doc)})


@bp.get("/api/day")
@describe(query=shapes.DAY_ASKED, answer=shapes.DAY, refuses=(422,))
@auth.needs("z_read")
def day_report() -> ResponseReturnValue:
    first = request.args.get("from", "")
    found = reports.days(parts().store, parts().config, first, request.args.get("to", "") or first)
    return jsonify({"ok": True, "report": found})


@bp.get("/zreads")
@auth.needs("z_read")
def zread_list() -> str:
    rows = reports.zreads(parts().store, parts().config, request.args.get("before", type=int))
    older = rows[-1]["number"] if len(rows) == reports.ZREADS_PAGE else None
    return render_template("till/zreads.html", rows=rows, older=older, **_names())


@bp.get("/zreads/<number>")
@auth.needs("z_read")
def zread_page(number: str) -> str:
    store, config = parts().store, parts().config
    doc = reports.z_read(store, number)
    return render_template(
        "till/zread.html",
        name=doc["z"]["name"],
        number=doc["z"]["number"],
        newest=shifts.next_z(store, config.till.id) - 1,
        day_text=wording.day(date.fromisoformat(doc["z"]["business_day"]), config.shop.locale),
        document=doc["invoice_name"],
        id=doc["id"],
        z=doc["z"],
        anchor=anchor.text_of(doc["sequence"], " ".join(re.findall(".{8}", ledger.chain_hash(doc)))),
        lines=reports.lines(doc, store.config),
        recomputed=reports.recomputed(store, doc),
        printing=printing.state_view(parts().press, doc["id"]),
        **_names(),
    )


def _names() -> dict[str, str]:
    config = parts().config
    return {"shop_name": config.shop.name, "till_name": config.till.name}
