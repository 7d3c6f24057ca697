"""Settings of the screens of runs: defaults of all, chosen here or left to the files, and what one person sees first.

GET  /settings/       whoever may look             runs/settings.html
POST /settings/       can_manage_portal_settings   {name: value, null = as the files say} -> {changed}
POST /settings/own    whoever may look             {company?, period?} -> {changed}

What is chosen here holds at once in every process; a default says where it comes from: this screen, the environment,
config.ini, or the program.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import run_defaults
from pos.errors import Invalid, NotAllowed
from pos.said import said
from pos.store import run_choices, run_figures
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.runs import frame
from pos.web.runs import shapes_companies as shapes

bp = Blueprint("runs_settings", __name__)

PERIODS = {
    "yesterday": said("Yesterday"),
    "7d": said("Last 7 days"),
    "30d": said("Last 30 days"),
    "90d": said("Last 90 days"),
}


@bp.get("/settings/")
@auth.needs(*frame.LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, who = parts(), auth.actor()
    found = run_figures.companies_in(here.store, auth.reach_of(), active=True)
    return frame.show(
        "settings",
        "settings",
        groups=run_defaults.listed(here.store, here.config),
        own=run_choices.of_person(here.store, who.code),
        companies={"": said("All companies"), **{one.id: one.name for one in found}},
        periods=PERIODS,
        may_change=who.may("can_manage_portal_settings") and auth.reach_of().is_all,
    )


@bp.post("/settings/")
@describe(body=shapes.DEFAULTS, answer=shapes.CHOSEN)
@auth.needs("can_manage_portal_settings", within=True)
def change() -> ResponseReturnValue:
    here = parts()
    if not auth.reach_of().is_all:
        raise NotAllowed("Your rights are kept to some companies or shops; this is about all of them.", code="reach")
    changed = run_defaults.change(here.store, json_object(), auth.actor().code)
    return _answer(changed)


@bp.post("/settings/own")
@describe(body=shapes.OWN, answer=shapes.CHOSEN, refuses=(404,))
@auth.needs(*frame.LOOKING, within=True)
def own() -> ResponseReturnValue:
    here, body = parts(), json_object()
    wanted: dict[str, Any] = {}
    if "company" in body:
        company = text(body, "company", 40)
        if company and company not in [one.id for one in run_figures.companies_in(here.store, auth.reach_of())]:
            raise Invalid(said("There is no company {name} here.", name=company[:30]), field="company")
        wanted["company"] = company or None
    if "period" in body:
        if body["period"] not in run_choices.PERIODS:
            raise Invalid(said("{name} is one of {known}.", name="period", known=", ".join(run_choices.PERIODS)),
                          field="period")  # fmt: skip
        wanted["period"] = body["period"]
    who = auth.actor().code
    return _answer(run_choices.choose(here.store, wanted, who, who=who))


def _answer(changed: dict[str, Any]) -> ResponseReturnValue:
    words = said("Saved.") if changed else said("Nothing was changed.")
    return jsonify({"ok": True, "changed": changed, "message": words})
