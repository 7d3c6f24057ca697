"""Exports of another till: uploaded, looked at as they would be understood, and what became of each.

GET  /imports/?company=             whoever may look      runs/imports.html
GET  /imports/<n>/                  whoever may look      runs/import_file.html: its rows that were not taken
GET  /imports/<n>/rejects.csv       whoever may look      the same, all of them
GET  /imports/<n>/preview?…         whoever may look      {preview}: its first 20 rows with a format that is not kept
POST /imports/upload                can_trigger_runs      {company, id, offset, data: base64} -> {offset}
POST /imports/uploaded              can_trigger_runs      {company, id, name, size} -> {file}
POST /imports/take                  can_trigger_runs      {company} -> {files, message}: what waits is taken in now
POST /imports/<n>/again             can_trigger_runs      a refused one waits anew -> {file}
POST /imports/format                can_edit_companies    {company, mark, fields of csv.…} -> {changed, message}

An upload comes in pieces, in order, under an id of its own; the same piece twice is there once.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import company_setup, import_format, import_views, run_company_views, run_settings
from pos.actions import imports as act
from pos.actions.run_settings import CsvFormat
from pos.errors import Invalid
from pos.said import nsaid, said
from pos.store import imports as rows
from pos.store import run_figures
from pos.store.companies import Company
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import lists
from pos.web.console.shapes_lists import NOTHING
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.runs import frame
from pos.web.runs import shapes_imports as shapes

bp = Blueprint("runs_imports", __name__)

PAGE_FILES = 50
PIECE_CHARS_MAX = 1_000_000
#: Of the format, as the form names them.
FIELDS = ("delimiter", "encoding", "date_format", "decimal", "tax_mode", "tax_rate", "tender", "prefix")


@bp.get("/imports/")
@auth.needs(*frame.LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, mine = parts(), _companies()
    chosen = request.args.get("company", "").strip()
    before = _whole(request.args.get("before", "0"), "before")
    wanted = [run_company_views.seen(here.store, chosen, auth.reach_of()).id] if chosen else list(mine)
    found = rows.files(here.store, wanted, before, PAGE_FILES)
    sources = {key: run_settings.of(here.store, key).source for key in mine}
    return frame.show(
        "imports",
        "imports",
        files=[import_views.shown(here.store, here.config, file, mine) for file in found],
        companies=mine,
        company=chosen,
        sources=sources,
        upload_to=chosen or next((key for key, source in sources.items() if source == "csv"), ""),
        folders={key: f"data/{act.FOLDER}/{key}/" for key in mine},
        most_mb=here.config.runs.import_mb_max,
        older=found[-1].n if len(found) == PAGE_FILES else 0,
        waiting=any(file.state == rows.WAITING for file in found),
    )


@bp.get("/imports/<n>/")
@auth.needs(*frame.LOOKING, within=True)
def one(n: str) -> ResponseReturnValue:
    here, file = parts(), _file(n)
    rejects = rows.rejects(here.store, file.n, limit=import_views.REJECTS_SHOWN)
    return frame.show(
        "import_file",
        "imports",
        file=import_views.shown(here.store, here.config, file, _companies()),
        rejects=rejects,
        preview=_preview(file, _kept(file)),
        form=_kept(file),
        mark=company_setup.mark_of(here.store, file.company),
        offers=import_views.CHOICES,
    )


@bp.get("/imports/<n>/rejects.csv")
@auth.needs(*frame.LOOKING, within=True)
def rejects_csv(n: str) -> Response:
    here, file = parts(), _file(n)
    found = (
        {"line": one.line, "reason": one.reason, "row": one.row_text} for one in rows.all_rejects(here.store, file.n)
    )
    return lists.as_csv(f"import-{file.n}-rejects", ("line", "reason", "row"), found)


@bp.get("/imports/<n>/preview")
@describe(query=shapes.FORMAT_QUERY, answer=shapes.PREVIEW, refuses=(422,))
@auth.needs(*frame.LOOKING, within=True)
def preview(n: str) -> ResponseReturnValue:
    file = _file(n)
    given = {name: request.args[name][:40] for name in FIELDS if name in request.args}
    return jsonify({"ok": True, "preview": _preview(file, replace(_kept(file), **given))})


@bp.post("/imports/upload")
@describe(body=shapes.PIECE, answer=shapes.OFFSET, refuses=(404, 413))
@auth.needs("can_trigger_runs", within=True)
def upload() -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, offset = _company(body), _number(body, "offset")
    try:
        data = base64.b64decode(text(body, "data", PIECE_CHARS_MAX), validate=True)
    except (ValueError, binascii.Error):
        raise Invalid(said("{name} is no base64.", name="data"), field="data") from None
    return jsonify({"ok": True, "offset": act.piece(here.config, company.id, text(body, "id", 40), offset, data)})


@bp.post("/imports/uploaded")
@describe(body=shapes.UPLOADED, answer=shapes.FILE, status=201, refuses=(404,))
@auth.needs("can_trigger_runs", within=True)
def uploaded() -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, size = _company(body), _number(body, "size")
    key, name = text(body, "id", 40), text(body, "name", 200)
    file = act.uploaded(here.store, here.config, company.id, key, name, size, auth.actor().code)
    return jsonify({"ok": True, "file": file.n, "state": file.state}), 201


@bp.post("/imports/take")
@describe(body=shapes.TAKE, answer=shapes.TAKEN, refuses=(404,))
@auth.needs("can_trigger_runs", within=True)
def take() -> ResponseReturnValue:
    here, company = parts(), _company(json_object())
    done = act.take_in(here.store, here.config, company.id, auth.actor().code)
    message = nsaid("{n} file was taken in.", "{n} files were taken in.", sum(one.state == rows.TAKEN for one in done))
    warnings = act.warnings(here.store, done)
    return jsonify({"ok": True, "files": [one.n for one in done], "message": message, "warnings": warnings})


@bp.post("/imports/<n>/again")
@describe(body=NOTHING, answer=shapes.FILE, refuses=(404,))
@auth.needs("can_trigger_runs", within=True)
def again(n: str) -> ResponseReturnValue:
    here, file = parts(), _file(n)
    found = act.again(here.store, file.company, file.n, auth.actor().code)
    return jsonify({"ok": True, "file": found.n, "state": found.state})


@bp.post("/imports/format")
@describe(body=shapes.FORMAT, answer=shapes.CHANGED, refuses=(404, 409))
@auth.needs("can_edit_companies", within=True)
def keep_format() -> ResponseReturnValue:
    here, body = parts(), json_object()
    company = _company(body)
    values = {f"csv.{name}": text(body, name, 40) for name in FIELDS if name in body}
    mark = text(body, "mark", 80)
    changed = company_setup.change(here.store, here.config, company.id, values, auth.actor().code, mark)
    words = said("Saved.") if changed else said("Nothing was changed.")
    return jsonify({"ok": True, "changed": changed, "message": words})


# -- small pieces ------------------------------------------------------------------------------------------------------


def _companies() -> dict[str, str]:
    """The companies somebody may see all of, with their names."""
    return {one.id: one.name for one in run_figures.companies_in(parts().store, auth.reach_of())}


def _company(body: dict[str, Any]) -> Company:
    return run_company_views.seen(parts().store, text(body, "company", 40).strip(), auth.reach_of())


def _file(n: str) -> rows.File:
    """NotFound, also for what is no number: no program is answered with a page."""
    number = int(n) if n.isascii() and n.isdecimal() and len(n) <= 15 else 0
    return rows.find(parts().store, number, list(_companies()))


def _kept(file: rows.File) -> CsvFormat:
    return run_settings.of(parts().store, file.company).csv


def _preview(file: rows.File, form: CsvFormat) -> dict[str, Any]:
    here = parts()
    found = import_format.preview(here.store, here.config, file, form)
    currency = run_settings.of(here.store, file.company).currency
    return import_views.preview(found, currency, here.config.shop.locale)


def _number(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if type(value) is not int or not 0 <= value < 1 << 40:
        raise Invalid(said("{name} is a whole number.", name=name), field=name)
    return value


def _whole(given: str, name: str) -> int:
    if not given.isdecimal() or len(given) > 15 or not given.isascii():
        raise Invalid(said("{name} is a whole number.", name=name), field=name)
    return int(given)
