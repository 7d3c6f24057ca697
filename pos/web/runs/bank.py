"""Bank: a bank's file held against what was taken by card, by day and company, with the gaps on both sides.

GET  /bank/?company=&first=&last=&file=   whoever may look    runs/bank.html; file: its lines that were not taken
GET  /bank.csv?company=&first=&last=      whoever may look    what was matched, and the gaps on both sides
POST /bank/upload                         can_trigger_runs    {company, name, data: base64, date_column?,
                                                              amount_column?, text_column?, delimiter?, date_format?}
                                                              -> {file, new, known, rejected, message}

first, last: business days; where nobody chose, those of the newest lines. Fields left out are as the company has them.
"""

from __future__ import annotations

import base64
import binascii

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import bank, bank_views, run_company_views, run_settings
from pos.errors import Invalid
from pos.said import nsaid, said
from pos.store import bank as rows
from pos.store import run_figures
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import lists
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.runs import frame
from pos.web.shapes import TEXT, ok, texts, thing, wholes

bp = Blueprint("runs_bank", __name__)

UPLOAD = thing(texts("company", "name", "data"), dict.fromkeys(bank.FIELDS, TEXT))
FILE = ok({**wholes("file", "new", "known", "rejected"), "message": TEXT})
DATA_CHARS_MAX = 4 * (bank.BYTES_MAX // 3 + 2)


@bp.get("/bank/")
@auth.needs(*frame.LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, mine = parts(), _companies()
    company, first, last = _asked(mine)
    if not company:
        return frame.show("bank", "bank", companies=mine, company="")
    n = min(request.args.get("file", 0, type=int), (1 << 63) - 1)
    file, rejects = rows.rejects(here.store, company, n) if n else (None, [])
    return frame.show(
        "bank",
        "bank",
        companies=mine,
        company=company,
        first=first,
        last=last,
        file=file,
        rejects=rejects,
        most_kb=bank.BYTES_MAX // 1000,
        **bank_views.page(here.store, here.config, company, first, last),
    )


@bp.get("/bank.csv")
@auth.needs(*frame.LOOKING, within=True)
def export() -> Response:
    here = parts()
    company, first, last = _asked(_companies())
    own = run_settings.of(here.store, company)
    found = bank_views.plain(own, bank.export(here.store, company, first, last))
    return lists.as_csv(f"bank-{company}-{first}-{last}", bank_views.COLUMNS, found)


@bp.post("/bank/upload")
@describe(body=UPLOAD, answer=FILE, made=True, refuses=(404, 413))
@auth.needs("can_trigger_runs", within=True)
def upload() -> ResponseReturnValue:
    here, body = parts(), json_object()
    company = run_company_views.seen(here.store, text(body, "company", 40).strip(), auth.reach_of()).id
    try:
        data = base64.b64decode(text(body, "data", DATA_CHARS_MAX), validate=True)
    except (ValueError, binascii.Error):
        raise Invalid(said("{name} is no base64.", name="data"), field="data") from None
    how = {name: text(body, name, 80) for name in bank.FIELDS if name in body}
    file = bank.upload(here.store, company, text(body, "name", 200), data, how, auth.actor().code)
    message = nsaid("{n} line is new.", "{n} lines are new.", file.new)
    told = {"file": file.n, "new": file.new, "known": file.known, "rejected": file.rejected, "message": message}
    return jsonify({"ok": True, **told}), 201


def _companies() -> dict[str, str]:
    return {one.id: one.name for one in run_figures.companies_in(parts().store, auth.reach_of())}


def _asked(mine: dict[str, str]) -> tuple[str, str, str]:
    """The company and the days of the address; the first of one's own where none is named."""
    here, given = parts(), request.args
    chosen = given.get("company", "").strip()
    company = run_company_views.seen(here.store, chosen, auth.reach_of()).id if chosen else next(iter(mine), "")
    if not company:
        return "", "", ""
    first, last = (frame.day(given.get(name, "").strip(), name) for name in ("first", "last"))
    return company, *bank_views.days(here.store, company, first, last)
