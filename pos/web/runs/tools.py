"""Tools: a question to QuickBooks that only reads, and whether what is mapped is there.

GET  /tools/                 can_manage_portal_settings, operate, can_edit_companies   runs/tools.html
POST /tools/query            can_manage_portal_settings AND operate
                             {company, question} -> {question, columns, rows, count, more, took_ms}; in the audit
POST /tools/verify-mapping   can_edit_companies   {company} -> {checks}: lists loaded anew, each part with what is wrong
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import run_company_views, run_tools
from pos.errors import Conflict, ConnectorError, Unavailable, Unknown
from pos.rules import qbo_query
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.integrations.quickbooks import OutOfReach
from pos.web.parts import parts
from pos.web.runs import frame
from pos.web.shapes import FLAG, TEXT, WHOLE, many, ok, or_null, texts, thing, wholes

bp = Blueprint("runs_tools", __name__)

ASKED = thing({"company": TEXT, "question": TEXT})
FOUND = ok({"question": TEXT, "columns": many(TEXT), "rows": many(many(TEXT)), "count": or_null(WHOLE), "more": FLAG,
            "took_ms": WHOLE})  # fmt: skip
VERIFIED = ok({"checks": many(thing({**texts("title", "tone"), **wholes("count"), "words": many(TEXT)}, more=True))})


@bp.get("/tools/")
@auth.needs("can_manage_portal_settings", "operate", "can_edit_companies", within=True)
def page() -> ResponseReturnValue:
    here, who = parts(), auth.actor()
    return frame.show(
        "tools",
        "tools",
        companies=run_tools.choices(here.store, auth.reach_of()),
        may_ask=who.may("can_manage_portal_settings") and who.may("operate"),
        may_verify=who.may("can_edit_companies"),
        chars_max=qbo_query.CHARS_MAX,
        rows_max=qbo_query.ROWS_MAX,
    )


@bp.post("/tools/query")
@describe(body=ASKED, answer=FOUND, refuses=(404, 409, 503))
@auth.needs("can_manage_portal_settings", within=True)
def query() -> ResponseReturnValue:
    here, body, who = parts(), json_object(), auth.demand("operate")
    company = _company(body)
    with_limit = text(body, "question", qbo_query.CHARS_MAX)
    try:
        found = run_tools.ask(here.store, here.config, company, with_limit, who.code)
    except ConnectorError as error:
        raise _refused(error) from error
    return jsonify({"ok": True, **asdict(found)})


@bp.post("/tools/verify-mapping")
@describe(body=thing({"company": TEXT}), answer=VERIFIED, refuses=(404, 409, 503))
@auth.needs("can_edit_companies", within=True)
def verify() -> ResponseReturnValue:
    here = parts()
    company = _company(json_object())
    try:
        checks = run_tools.verify(here.store, here.config, company, auth.actor().code)
    except ConnectorError as error:
        raise _refused(error) from error
    return jsonify({"ok": True, "checks": checks})


def _company(body: dict[str, Any]) -> str:
    """The company a body names, when it is theirs. NotFound."""
    return run_company_views.seen(parts().store, text(body, "company", 40), auth.reach_of()).id


def _refused(error: ConnectorError) -> Exception:
    if isinstance(error, Unavailable | Unknown):
        return OutOfReach(error.message)
    return Conflict(error.message, code=error.code)
