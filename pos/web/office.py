"""Records of the office as JSON: customers, items, invoices, orders, payments of one company.

GET  /api/office/records/<kind>?q=&after=&limit=&company=   operate   {records: […], after}
POST /api/office/records/<kind>                             operate   {id?, fields, lines?, company?} -> 201
GET  /api/office/records/<kind>/<id>                        operate   {record}
PUT  /api/office/records/<kind>/<id>                        operate   {version, fields?, lines?}
POST /api/office/records/<kind>/<id>/delete                 operate   {version}
"""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import office
from pos.rules import office as rules
from pos.store import records, sync_jobs
from pos.web import auth
from pos.web.body import json_object
from pos.web.describe import Shape, describe
from pos.web.integrations import reached
from pos.web.parts import parts
from pos.web.shapes import ANY, FLAG, TEXT, WHOLE, many, named, ok, or_null, texts, thing, words

bp = Blueprint("office", __name__)

BASE = "/api/office/records"
KINDS = tuple(sync_jobs.RESOURCES.values())

_FIELDS = thing(more=True)
_LINES = many(thing(more=True))
_RECORD = named(
    "OfficeRecord",
    thing(
        {
            "kind": words(*KINDS), "version": WHOLE, "fields": _FIELDS, "lines": _LINES, "readOnly": FLAG,
            "deleted": FLAG, "origin": words("here", "there"),
            **texts("id", "title", "editedBy", "editedAt", "editedText"),
            "sync": or_null(thing(texts("state", "remoteId", "code", "message", "syncedAt"))),
        }
    ),
)  # fmt: skip
_COMPANY: dict[str, Shape] = {"company": TEXT}
_LIST_QUERY: dict[str, Shape] = {**_COMPANY, "q": TEXT, "after": TEXT, "limit": WHOLE}
_LIST = ok({"records": many(_RECORD), "after": TEXT})
_ONE = ok({"record": _RECORD})
_NEW = thing({"fields": _FIELDS}, {**_COMPANY, "id": TEXT, "lines": many(ANY)})
_CHANGE = thing({"version": WHOLE}, {**_COMPANY, "fields": _FIELDS, "lines": many(ANY)})
_DELETE = thing({"version": WHOLE}, _COMPANY)


@bp.get(f"{BASE}/<kind>")
@describe(query=_LIST_QUERY, answer=_LIST)
@auth.needs("operate", within=True)
def listed(kind: str) -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    given = request.args.get("limit", "")
    limit = min(int(given) if given.isdecimal() and len(given) < 9 else office.PAGE, records.LIST_MAX)
    after, asked = request.args.get("after", "")[:100], request.args.get("q", "")[:100]
    rows = office.listed(here.store, here.config, company, kind, after=after, limit=max(1, limit), words=asked)
    return jsonify({"ok": True, "records": rows, "after": rows[-1]["id"] if len(rows) >= limit else ""})


@bp.post(f"{BASE}/<kind>")
@describe(body=_NEW, answer=_ONE, status=201, refuses=(404, 409))
@auth.needs("operate", within=True)
def create(kind: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company = reached.in_body(body)
    made = office.create(here.store, here.config, company, kind, body, auth.actor().code)
    return jsonify({"ok": True, "record": office.shown(here.store, here.config, made, None)}), 201


@bp.get(f"{BASE}/<kind>/<path:key>")
@describe(query=_COMPANY, answer=_ONE)
@auth.needs("operate", within=True)
def one(kind: str, key: str) -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    return jsonify({"ok": True, "record": office.one(here.store, here.config, company, kind, key)})


@bp.put(f"{BASE}/<kind>/<path:key>")
@describe(body=_CHANGE, answer=_ONE, refuses=(409,))
@auth.needs("operate", within=True)
def edit(kind: str, key: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company = reached.in_body(body)
    office.edit(here.store, here.config, company, kind, key, body, auth.actor().code)
    return jsonify({"ok": True, "record": office.one(here.store, here.config, company, kind, key)})


@bp.post(f"{BASE}/<kind>/<path:key>/delete")
@describe(body=_DELETE, answer=_ONE, refuses=(409,))
@auth.needs("operate", within=True)
def delete(kind: str, key: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company = reached.in_body(body)
    office.delete(here.store, company, kind, key, body, auth.actor().code)
    return jsonify({"ok": True, "record": office.one(here.store, here.config, company, kind, key)})


assert set(KINDS) == set(rules.FIELDS)
