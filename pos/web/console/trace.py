"""Trace: the way of one receipt, from what this till knows; without any line it shows the last known states.

GET /console/trace?q=                      operate, z_read   console/trace.html
GET /console/trace.csv?q=                  operate, z_read   what happened, in order
GET /api/console/trace?q=                  operate, z_read   see pos/actions/trace.py
GET /api/console/documents/<id>/file       operate, z_read   the document as it was written, byte for byte
GET /console/receipts/<id>                 operate, z_read   console/receipt.html: its slip, to look at

q: a number or its beginning, an id, or the name it has in the books.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import paper, trace
from pos.errors import Invalid, NotFound
from pos.said import said
from pos.store import companies, outbox, whereabouts
from pos.store.prints import Job
from pos.web import auth
from pos.web.console import frame, lists, shapes
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import DOCUMENT, TEXT

bp = Blueprint("console_trace", __name__)

CSV = ("number", "at", "title", "words")


@bp.get("/console/trace")
@auth.needs("operate", "z_read", within=True)
def page() -> ResponseReturnValue:
    here, words = parts(), _words()
    found = trace.trace(here.store, here.config, words, frame.reach()) if words else None
    return frame.show("trace", "trace", traced=words, found=found)


@bp.get("/console/trace.csv")
@auth.needs("operate", "z_read", within=True)
def export() -> ResponseReturnValue:
    here = parts()
    found = trace.trace(here.store, here.config, _words(), frame.reach())
    if found["document"] is None:
        raise NotFound("Nothing here fits that, or more than one.", field="q")
    number = found["document"]["number"]
    rows = ({"number": number, **event} for event in found["events"])
    return lists.as_csv(f"trace-{number}", CSV, rows)


@bp.get("/api/console/trace")
@describe(query={"q": TEXT}, answer=shapes.TRACE, refuses=(422,))
@auth.needs("operate", "z_read", within=True)
def api() -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, **trace.trace(here.store, here.config, _words(), frame.reach())})


@bp.get("/api/console/documents/<document>/file")
@describe(answer=DOCUMENT)
@auth.needs("operate", "z_read", within=True)
def file(document: str) -> ResponseReturnValue:
    here = parts()
    found = whereabouts.find(here.store, document, frame.reach())
    if not found or document not in (found[0].id, found[0].number):
        raise NotFound("This document is not here.", field="document")
    body, number = outbox.body(here.store, found[0].id), found[0].number
    answer = Response(body, mimetype="application/json")
    safe = "".join(letter for letter in number if letter.isascii() and (letter.isalnum() or letter in "-_."))
    answer.headers["Content-Disposition"] = f'attachment; filename="{safe or "receipt"}.json"'
    return answer


@bp.get("/console/receipts/<document>")
@auth.needs("operate", "z_read", within=True)
def receipt(document: str) -> ResponseReturnValue:
    """The document as its slip has it; nothing is printed."""
    here = parts()
    doc = paper.document(here.store, document)
    if not frame.reach().has(companies.of_till(here.store, doc["till"])):
        raise NotFound("This document is not here.", field="document")
    templates = paper.templates_of(doc)
    if not templates:
        raise NotFound("This document has no slip.", field="document")
    look = paper.look_of(here.store.config)
    job = Job("", doc["id"], doc["invoice_name"], templates[0], made_at=clock.stamp(clock.now()))
    rows = paper.rows_of(here.store, here.store.config, job, look)
    return frame.show("receipt", "trace", number=doc["invoice_name"], rows=rows, columns=look.columns)


def _words() -> str:
    words = request.args.get("q", "").strip()
    if len(words) > lists.FILTER_CHARS_MAX or not words.isprintable():
        raise Invalid(
            said("{name} is text of at most {most} letters.", name="q", most=lists.FILTER_CHARS_MAX), field="q"
        )
    return words
