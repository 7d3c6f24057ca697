"""Customers and invoices of a CSV file into a company's office records, as JSON.

POST /api/office/import/<kind>/preview   operate   {data: base64, company?, how…}             what would happen
POST /api/office/import/<kind>           operate   {data: base64, name, company?, how…}       what happened

kind: customers, invoices. how…: encoding, delimiter, decimal, dateOrder, dueDays, aliases; overwrite where it writes.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import office_csv
from pos.actions.office_csv import How
from pos.errors import Invalid
from pos.rules.office_csv import DUE_DAYS
from pos.said import said
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.describe import Shape, describe
from pos.web.integrations import reached
from pos.web.parts import parts
from pos.web.shapes import TEXT, WHOLE, by_name, many, named, ok, texts, thing, wholes, words

bp = Blueprint("office_csv", __name__)

BASE = "/api/office/import/<kind>"
DATA_CHARS_MAX = 4 * (office_csv.BYTES_MAX // 3 + 2)
NAMED_MAX = 1000

_ROW = named(
    "OfficeImportRecord",
    thing(
        {
            "rows": many(WHOLE), "state": words(*office_csv.STATES), "version": WHOLE,
            **texts("key", "reason", "id", "token", "quickbooksId", "total", "done"),
            "differences": many(thing(texts("field", "here", "file"))),
            "proposals": many(thing(texts("id", "name", "email"))),
        }
    ),
)  # fmt: skip
_ANSWER = ok({"counts": thing(wholes(*office_csv.STATES)), "ignored": many(TEXT), "records": many(_ROW)})
_HOW: dict[str, Shape] = {
    **texts("company", "encoding", "delimiter", "decimal", "dateOrder"), "dueDays": WHOLE, "aliases": by_name(TEXT),
}  # fmt: skip
_LOOK = thing({"data": TEXT}, _HOW)
_TAKE = thing({"data": TEXT, "name": TEXT}, {**_HOW, "overwrite": many(TEXT)})


@bp.post(f"{BASE}/preview")
@describe(body=_LOOK, answer=_ANSWER, refuses=(404, 409, 413))
@auth.needs("operate", within=True)
def preview(kind: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company = reached.in_body(body)
    found = office_csv.look(here.store, here.config, company, kind, _data(body), _how(body))
    return jsonify({"ok": True, **office_csv.shown(found)})


@bp.post(BASE)
@describe(body=_TAKE, answer=_ANSWER, refuses=(404, 409, 413))
@auth.needs("operate", within=True)
def take_in(kind: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, data, name = reached.in_body(body), _data(body), text(body, "name", 200)
    by = auth.actor().code
    found = office_csv.take_in(here.store, here.config, company, kind, name, data, _how(body), by)
    return jsonify({"ok": True, **office_csv.shown(found)})


def _data(body: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(text(body, "data", DATA_CHARS_MAX), validate=True)
    except (ValueError, binascii.Error):
        raise Invalid(said("{name} is no base64.", name="data"), field="data") from None


def _how(body: dict[str, Any]) -> How:
    told = {name: text(body, name, 40) if name in body else "" for name in ("encoding", "delimiter", "dateOrder")}
    days, aliases, chosen = body.get("dueDays", DUE_DAYS), body.get("aliases", {}), body.get("overwrite", [])
    if type(days) is not int:
        raise Invalid(said("{field} is a whole number.", field="dueDays"), field="dueDays")
    if not isinstance(aliases, dict) or not all(isinstance(one, str) for one in aliases.values()):
        raise Invalid(said("{field} is an object of texts.", field="aliases"), field="aliases")
    if not isinstance(chosen, list) or not all(isinstance(one, str) for one in chosen):
        raise Invalid(said("{field} is a list of texts.", field="overwrite"), field="overwrite")
    decimal = text(body, "decimal", 1) if "decimal" in body else "."
    return How(
        told["encoding"], told["delimiter"], decimal, told["dateOrder"], days, aliases, frozenset(chosen)
    )  # fmt: skip
