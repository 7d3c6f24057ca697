"""Records of QuickBooks Desktop as JSON, for the pages and for programs with a key.

GET  /api/conductor/records/<type>?q=&state=&kind=&first=&last=&sort=&down=&after=&before=&limit=&company=   operate
POST /api/conductor/records/<type>               operate   {id?, fields, lines?, company?} -> 201, 200 when it was made
GET  /api/conductor/records/<type>/<id>          operate   {record}: each field with its state
PUT  /api/conductor/records/<type>/<id>          operate   {version, fields?, lines?}
POST /api/conductor/records/<type>/<id>/delete   operate   {version}
POST /api/conductor/records/<type>/<id>/retry    operate   {}
GET  /api/conductor/choices/<source>?q=          operate   {choices}: what a field may name
POST /api/conductor/sums                         operate   {lines} -> {amounts, total}
"""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import conductor_office as office
from pos.rules import conductor
from pos.store.conductor_records import STATES
from pos.web import auth
from pos.web.body import json_object
from pos.web.conductor.records import asked_of, wanted_of
from pos.web.console import lists
from pos.web.describe import Shape, describe
from pos.web.integrations import reached
from pos.web.parts import parts
from pos.web.shapes import ANY, FLAG, TEXT, WHOLE, by_name, flags, many, named, ok, or_null, texts, thing, words

bp = Blueprint("conductor_records_api", __name__)

BASE = "/api/conductor/records/<name>"
_FIELDS, _LINES = thing(more=True), many(thing(more=True))
_ROW = named(
    "ConductorRow",
    thing({
        "version": WHOLE, **flags("deleted", "active"),
        **texts("id", "title", "itemType", "party", "date", "total", "phone", "email", "companyName", "description",
                "price", "quantityOnHand", "balance", "state", "stateText", "tone", "message", "remoteId", "editedBy",
                "editedAt", "editedText"),
    }),
)  # fmt: skip
_FIELD_STATE = named(
    "ConductorFieldState", thing({"readOnly": FLAG, **texts("state", "text", "tone", "owner", "hint")})
)
_RECORD = named(
    "ConductorRecord",
    thing({
        "type": words(*conductor.TYPES), "version": WHOLE, "fields": _FIELDS, "lines": _LINES,
        "origin": words("here", "there"), **flags("readOnly", "deleted"),
        **texts("kind", "id", "title", "editedBy", "editedName", "editedAt", "editedText"),
        "sync": thing(texts("state", "text", "tone", "remoteId", "revision", "code", "message", "syncedAt",
                            "syncedText")),
        "states": by_name(_FIELD_STATE), "names": by_name(TEXT),
        "conflicts": many(thing({
            "id": WHOLE, "ours": ANY, "theirs": ANY,
            **texts("field", "label", "rule", "madeAt", "oursText", "theirsText"),
        })),
    }),
)  # fmt: skip
_COMPANY: dict[str, Shape] = {"company": TEXT}
_QUERY: dict[str, Shape] = {
    **_COMPANY, **texts("q", "kind", "first", "last", "sort", "after", "before"), "state": words(*STATES),
    "down": words("0", "1"), "limit": WHOLE,
}  # fmt: skip
_LIST = ok({"rows": many(_ROW), **texts("after", "before"), "total": or_null(WHOLE), "more": FLAG})
_ONE = ok({"record": _RECORD})
_NEW = thing({"fields": _FIELDS}, {**_COMPANY, "id": TEXT, "lines": many(ANY)})
_CHANGE = thing({"version": WHOLE}, {**_COMPANY, "fields": _FIELDS, "lines": many(ANY)})
_DELETE = thing({"version": WHOLE}, _COMPANY)
_CHOICES = ok({"choices": many(thing(texts(
    "id", "name", "hint", "remote", "salesDescription", "salesPrice", "purchaseDescription", "purchaseCost",
)))})  # fmt: skip
_SUMS = ok({"amounts": many(TEXT), "total": TEXT})


@bp.get(BASE)
@describe(query=_QUERY, answer=_LIST, refuses=(422,))
@auth.needs("operate", within=True)
def listed(name: str) -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    office.kind_of(name)
    wanted, _ = wanted_of(name)
    rows, page = office.listed(here.store, here.config, company, wanted, asked_of(name))
    return jsonify({"ok": True, **lists.as_json(rows, page)})


@bp.post(BASE)
@describe(body=_NEW, answer=_ONE, made=True, refuses=(404, 409))
@auth.needs("operate", within=True)
def create(name: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, kind = reached.in_body(body), office.kind_of(name)
    made, is_new = office.create(here.store, company, kind, body, auth.actor().code)
    record = office.one(here.store, here.config, company, kind, made.id)
    return jsonify({"ok": True, "record": record}), 201 if is_new else 200


@bp.get(f"{BASE}/<path:key>")
@describe(query=_COMPANY, answer=_ONE)
@auth.needs("operate", within=True)
def one(name: str, key: str) -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    return jsonify(
        {"ok": True, "record": office.one(here.store, here.config, company, office.kind_of(name), key)}
    )  # fmt: skip


@bp.put(f"{BASE}/<path:key>")
@describe(body=_CHANGE, answer=_ONE, refuses=(409,))
@auth.needs("operate", within=True)
def edit(name: str, key: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, kind = reached.in_body(body), office.kind_of(name)
    office.edit(here.store, company, kind, key, body, auth.actor().code)
    return jsonify({"ok": True, "record": office.one(here.store, here.config, company, kind, key)})


@bp.post(f"{BASE}/<path:key>/delete")
@describe(body=_DELETE, answer=_ONE, refuses=(409,))
@auth.needs("operate", within=True)
def delete(name: str, key: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, kind = reached.in_body(body), office.kind_of(name)
    office.delete(here.store, company, kind, key, body, auth.actor().code)
    return jsonify({"ok": True, "record": office.one(here.store, here.config, company, kind, key)})


@bp.post(f"{BASE}/<path:key>/retry")
@describe(body=thing({}, {**_COMPANY, "same": FLAG}), answer=_ONE, refuses=(409,))
@auth.needs("operate", within=True)
def retry(name: str, key: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, kind = reached.in_body(body), office.kind_of(name)
    office.retry(here.store, company, kind, key, auth.actor().code, same=body.get("same") is True)
    return jsonify({"ok": True, "record": office.one(here.store, here.config, company, kind, key)})


@bp.get("/api/conductor/choices/<source>")
@describe(query={**_COMPANY, "q": TEXT}, answer=_CHOICES)
@auth.needs("operate", within=True)
def choices(source: str) -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    asked = request.args.get("q", "")[:100].strip()
    return jsonify({"ok": True, "choices": office.choices(here.store, company, source, asked)})


@bp.post("/api/conductor/sums")
@describe(body=thing({"lines": many(ANY)}, _COMPANY), answer=_SUMS, refuses=(404,))
@auth.needs("operate", within=True)
def sums() -> ResponseReturnValue:
    here, body = parts(), json_object()
    company = reached.in_body(body)
    return jsonify({"ok": True, **office.sums(here.store, company, body.get("lines"))})
