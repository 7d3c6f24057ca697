"""Companies whose runs these are: found, set up, switched on and off, written to a file.

GET  /companies/?show=&q=&sort=&down=       whoever may look     runs/companies.html
GET  /api/companies/panels?…                as above             its cards and its list alone, as HTML
GET  /companies/new                         can_edit_companies   runs/company_new.html
POST /companies/new                         can_edit_companies   fields of a set-up -> 201 {company, next}
GET  /companies/<key>/                      whoever may look     runs/company.html
GET  /companies/<key>/advanced              can_edit_companies   runs/company_advanced.html
POST /companies/<key>/advanced              can_edit_companies   {field: value, mark?} -> {changed}
POST /companies/<key>/toggle-active/        can_edit_companies   {active?} -> {active}; without a word the other way
POST /companies/<key>/sync-json             can_edit_companies   its set-up to data/companies/<key>.json -> {file}
GET  /companies/<key>/export.json           can_edit_companies   the same, for the browser to keep

show: all, active, inactive, attention or never; sort: name, sync or health. What cannot be is refused with 422 and
`faults`: [{field, words}], one for each field. Another company is added by who sees everything.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import available_timezones

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from pos.actions import company_setup, run_company_views
from pos.actions.run_company_views import Wanted
from pos.errors import Invalid, NotAllowed
from pos.rules import company_file
from pos.said import said
from pos.store import companies
from pos.web import auth
from pos.web.body import json_object
from pos.web.console import lists
from pos.web.describe import PAGE, describe
from pos.web.parts import parts
from pos.web.runs import frame
from pos.web.runs import shapes_companies as shapes

bp = Blueprint("runs_companies", __name__)

TAX_MODES = {
    "": said("Not known yet"),
    "inclusive": said("Outside the US, prices include tax"),
    "exclusive": said("Outside the US, tax comes on top"),
    "us": said("In the US"),
    "none": said("Without tax"),
}


@bp.get("/companies/")
@auth.needs(*frame.LOOKING, within=True)
def page() -> ResponseReturnValue:
    return frame.show("companies", "companies", **_listed())


@bp.get("/api/companies/panels")
@describe(query=shapes.LIST_QUERY, kinds=(PAGE,), refuses=(422,))
@auth.needs(*frame.LOOKING, within=True)
def panels() -> ResponseReturnValue:
    return render_template("runs/_companies.html", runs_base=frame.base(), **_listed())


@bp.get("/companies/new")
@auth.needs("can_edit_companies", within=True)
def new() -> ResponseReturnValue:
    here = parts()
    why = ""
    try:
        _may_add()
    except (Invalid, NotAllowed) as error:
        why = error.message
    return frame.show("company_new", "companies", why=why, own=here.config.shop, **_choices())


@bp.post("/companies/new")
@describe(body=shapes.changes(company_setup.BASIC, company_file.NEEDED), answer=shapes.MADE, status=201,
          refuses=(409,))  # fmt: skip
@auth.needs("can_edit_companies", within=True)
def add() -> ResponseReturnValue:
    here, values = parts(), _fields(company_setup.BASIC)
    _may_add()
    key = company_setup.onboard(here.store, here.config, values, auth.actor().code)
    way = f"/settings/integrations?company={key}" if values.get("books") == "quickbooks" else ""
    message = said("{name} is set up.", name=values["display_name"])
    return jsonify({"ok": True, "company": key, "message": message, "next": way}), 201


@bp.get("/companies/<key>/")
@auth.needs(*frame.LOOKING, within=True)
def one(key: str) -> ResponseReturnValue:
    here = parts()
    row = run_company_views.one(here.store, here.config, key, auth.reach_of())
    return frame.show("company", "companies", row=row, tax_modes=TAX_MODES, fields=company_file.BY_NAME)


@bp.get("/companies/<key>/advanced")
@auth.needs("can_edit_companies", within=True)
def advanced(key: str) -> ResponseReturnValue:
    here = parts()
    owner = run_company_views.seen(here.store, key, auth.reach_of())
    return frame.show(
        "company_advanced",
        "companies",
        owner=owner,
        first=owner.id == companies.MAIN,
        values=company_setup.read(here.store, here.config, owner.id),
        mark=company_setup.mark_of(here.store, owner.id),
        given=company_setup.given(here.store, here.config),
        **_choices(),
    )


@bp.post("/companies/<key>/advanced")
@describe(body=shapes.changes(company_setup.ADVANCED), answer=shapes.CHANGED, refuses=(404, 409))
@auth.needs("can_edit_companies", within=True)
def change(key: str) -> ResponseReturnValue:
    here, mark = parts(), json_object().get("mark", "")
    owner = run_company_views.seen(here.store, key, auth.reach_of())
    if not isinstance(mark, str):
        raise Invalid(said("{name} is text.", name="mark"), field="mark")
    changed = company_setup.change(
        here.store, here.config, owner.id, _fields(company_setup.ADVANCED), auth.actor().code, mark
    )
    here.ring("line")
    words = said("Saved.") if changed else said("Nothing was changed.")
    return jsonify({"ok": True, "changed": changed, "message": words})


@bp.post("/companies/<key>/toggle-active/")
@describe(body=shapes.TOGGLE, answer=shapes.TOGGLED, refuses=(404,))
@auth.needs("can_edit_companies", within=True)
def toggle(key: str) -> ResponseReturnValue:
    here = parts()
    owner = run_company_views.seen(here.store, key, auth.reach_of())
    wanted = json_object().get("active", not owner.active)
    if not isinstance(wanted, bool):
        raise Invalid(said("{name} is yes or no.", name="active"), field="active")
    company_setup.change(here.store, here.config, owner.id, {"is_active": wanted}, auth.actor().code)
    pattern = said("{name} is active.", name=owner.name) if wanted else said("{name} is inactive.", name=owner.name)
    return jsonify({"ok": True, "active": wanted, "message": pattern})


@bp.post("/companies/<key>/sync-json")
@describe(answer=shapes.WRITTEN, refuses=(404, 503))
@auth.needs("can_edit_companies", within=True)
def sync_json(key: str) -> ResponseReturnValue:
    here = parts()
    owner = run_company_views.seen(here.store, key, auth.reach_of())
    path = company_setup.save(here.store, here.config, owner.id, auth.actor().code)
    file = f"data/{company_setup.FOLDER}/{path.name}"
    words = said("Written to {file}: a backup, nothing is read from it by itself.", file=file)
    return jsonify({"ok": True, "file": file, "message": words})


@bp.get("/companies/<key>/export.json")
@auth.needs("can_edit_companies", within=True)
def export(key: str) -> ResponseReturnValue:
    here = parts()
    owner = run_company_views.seen(here.store, key, auth.reach_of())
    answer = Response(company_setup.export(here.store, here.config, owner.id), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{owner.id}.json"'
    return answer


# -- inside ------------------------------------------------------------------------------------------------------------


def _listed() -> dict[str, Any]:
    here, wanted = parts(), _wanted()
    found = run_company_views.listed(here.store, here.config, wanted, auth.reach_of())
    query = {"show": wanted.show, "q": wanted.words, "sort": wanted.sort, "down": "1" if wanted.down else "0"}

    def link(**more: str) -> str:
        return f"{frame.base()}/companies/?{urlencode({**query, **more})}"

    return {**found, "wanted": wanted, "link": link, "shows": run_company_views.SHOWS, "sorts": run_company_views.SORTS,
            "may_edit": auth.actor().may("can_edit_companies")}  # fmt: skip


def _wanted() -> Wanted:
    given = {name: request.args.get(name, "").strip() for name in ("show", "sort", "down", "q")}
    for name, known in (("show", run_company_views.SHOWS), ("sort", run_company_views.SORTS)):
        if given[name] and given[name] not in known:
            words = said("{name} cannot be {value}.", name=name, value=repr(given[name][:40]))
            raise Invalid(words, field=name)
    return Wanted(
        given["show"] or "all", given["q"][: lists.FILTER_CHARS_MAX], given["sort"] or "name", given["down"] == "1"
    )


def _may_add() -> None:
    company_setup.refuse_alone(parts().config)
    if not auth.reach_of().is_all:
        raise NotAllowed(
            "Your rights are kept to some companies or shops; another one is added by who sees all.", code="reach"
        )


def _fields(known: tuple[str, ...]) -> dict[str, Any]:
    """The fields of the body; 422 for one that is none of these."""
    body = {name: value for name, value in json_object().items() if name != "mark"}
    for name in body:
        if name not in known:
            raise Invalid(said("{field} is not changed here.", field=name[:80]), field=name[:80])
    return body


def _choices() -> dict[str, Any]:
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return {"zones": zones, "books": run_company_views.BOOKS, "sources": run_company_views.SOURCES,
            "tax_modes": TAX_MODES, "fields": company_file.BY_NAME}  # fmt: skip
