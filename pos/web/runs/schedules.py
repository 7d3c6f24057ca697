"""Schedules: when runs start by themselves, and what became of each moment.

GET  /schedules/?schedule=&kind=              whoever may look       runs/schedules.html
GET  /api/schedules/events?schedule=&kind=    whoever may look       {rows, after, before, …}: what they did
GET  /api/schedules/preview?cron=&time_zone=  whoever may look       {fine, words, field, next}: what is being typed
POST /schedules/create                        can_manage_schedules   {id?, name, company?, cron, …} -> 201 {schedule}
POST /schedules/<id>/update                   can_manage_schedules   {version, name, cron, …} -> {schedule}
POST /schedules/<id>/toggle                   can_manage_schedules   {enabled?, version?} -> {schedule}
POST /schedules/<id>/run-now                  can_manage_schedules   {} -> 201 {job, schedule}
POST /schedules/<id>/delete                   can_manage_schedules   {} -> {id}

what: runs, or conductor for sessions with QuickBooks Desktop of the types `objects` ([] = all), of one company.
company: "" = all, which only who sees everything may have. version: as it was read; 409, code "changed", when somebody
else changed it since. One of the settings is neither changed nor deleted here: 409, code "system".
"""

from __future__ import annotations

import uuid
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import schedule_views as views
from pos.actions import schedules
from pos.errors import Invalid, NotAllowed
from pos.said import said
from pos.store import run_figures
from pos.store import schedules as kept
from pos.store.schedules import Form, Schedule
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import lists
from pos.web.console.lists import Column
from pos.web.console.shapes_lists import NOTHING
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.runs import frame
from pos.web.runs import shapes_schedules as shapes

bp = Blueprint("runs_schedules", __name__)

COLUMNS = (
    Column("at", said("When")),
    Column("kind", said("What")),
    Column("name", said("Schedule")),
    Column("due", said("Due")),
    Column("words", said("Why")),
)


@bp.get("/schedules/")
@auth.needs(*frame.LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, reach, chosen = parts(), auth.reach_of(), _chosen()
    asked = lists.asked(sorts=("at",), sort="at")
    found, marks = kept.events(here.store, reach, **chosen, asked=asked)
    return frame.show(
        "schedules",
        "schedules",
        **views.page(here.store, here.config, reach),
        zones=sorted(available_timezones()),
        events=views.events(here.store, here.config, found, reach),
        list=lists.view(COLUMNS, asked, chosen, marks),
        chosen=chosen,
        kinds=views.KINDS,
    )


@bp.get("/api/schedules/events")
@describe(query=shapes.EVENTS_QUERY, answer=shapes.EVENTS, refuses=(422,))
@auth.needs(*frame.LOOKING, within=True)
def events() -> ResponseReturnValue:
    here, reach = parts(), auth.reach_of()
    found, marks = kept.events(here.store, reach, **_chosen(), asked=lists.asked(sorts=("at",), sort="at"))
    return jsonify({"ok": True, **lists.as_json(views.events(here.store, here.config, found, reach), marks)})


@bp.get("/api/schedules/preview")
@describe(query=shapes.PREVIEW_QUERY, answer=shapes.PREVIEW)
@auth.needs(*frame.LOOKING, within=True)
def preview() -> ResponseReturnValue:
    cron, zone = request.args.get("cron", "")[:200], request.args.get("time_zone", "")[:80]
    return jsonify({"ok": True, **views.preview(parts().config, " ".join(cron.split()), zone)})


@bp.post("/schedules/create")
@describe(body=shapes.CREATE, answer=shapes.ONE, made=True, refuses=(404,))
@auth.needs("can_manage_schedules", within=True)
def create() -> ResponseReturnValue:
    here, body = parts(), json_object()
    key = _id(text(body, "id", 40)) if "id" in body else ""
    before = key and any(one.id == key for one in kept.listed(here.store, auth.reach_of()))
    if before:  # the answer to the first was lost
        return jsonify({"ok": True, "schedule": _shown(kept.one(here.store, key, auth.reach_of()))})
    enabled = _flag(body, "enabled", True)
    made = schedules.create(
        here.store, _form(body), auth.actor().code, enabled=enabled, reach=auth.reach_of(), key=key
    )  # fmt: skip
    here.ring(schedules.BELL)
    return jsonify({"ok": True, "schedule": _shown(made)}), 201


@bp.post("/schedules/<schedule_id>/update")
@describe(body=shapes.UPDATE, answer=shapes.ONE, refuses=(409,))
@auth.needs("can_manage_schedules", within=True)
def update(schedule_id: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    changed = schedules.update(
        here.store, schedule_id, _whole(body, "version", -1), _form(body), auth.actor().code, reach=auth.reach_of()
    )  # fmt: skip
    here.ring(schedules.BELL)
    return jsonify({"ok": True, "schedule": _shown(changed)})


@bp.post("/schedules/<schedule_id>/toggle")
@describe(body=shapes.TOGGLE, answer=shapes.ONE, refuses=(409,))
@auth.needs("can_manage_schedules", within=True)
def toggle(schedule_id: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    enabled = _flag(body, "enabled", True) if "enabled" in body else None
    version = _whole(body, "version", -1) if "version" in body else None
    changed = schedules.toggle(
        here.store, schedule_id, auth.actor().code, enabled=enabled, version=version, reach=auth.reach_of()
    )  # fmt: skip
    here.ring(schedules.BELL)
    return jsonify({"ok": True, "schedule": _shown(changed)})


@bp.post("/schedules/<schedule_id>/run-now")
@describe(body=NOTHING, answer=shapes.STARTED, status=201, refuses=(409,))
@auth.needs("can_manage_schedules", within=True)
def run_now(schedule_id: str) -> ResponseReturnValue:
    here = parts()
    _may_start(kept.one(here.store, schedule_id, auth.reach_of()).what)
    job = schedules.run_now(
        here.store, here.config, schedule_id, auth.actor().code, reach=auth.reach_of(), ring=here.ring
    )  # fmt: skip
    shown = _shown(kept.one(here.store, schedule_id, auth.reach_of()))
    return jsonify({"ok": True, "job": job, "schedule": shown}), 201


@bp.post("/schedules/<schedule_id>/delete")
@describe(body=NOTHING, answer=shapes.DELETED, refuses=(409,))
@auth.needs("can_manage_schedules", within=True)
def delete(schedule_id: str) -> ResponseReturnValue:
    here = parts()
    gone = schedules.delete(here.store, schedule_id, auth.actor().code, reach=auth.reach_of())
    here.ring(schedules.BELL)
    return jsonify({"ok": True, "id": gone.id})


def _chosen() -> dict[str, str]:
    kind = request.args.get("kind", "")
    if kind and kind not in views.KINDS:
        raise Invalid(said("There is nothing of that kind."), field="kind")
    return {"schedule": request.args.get("schedule", "")[:40], "kind": kind}


def _form(body: dict[str, Any]) -> Form:
    begins = schedules.defaults(parts().store, parts().config)
    return Form(
        name=text(body, "name", 200),
        company=text(body, "company", 40).strip(),
        cron=text(body, "cron", 200),
        time_zone=text(body, "time_zone", 80).strip(),
        date_mode=text(body, "date_mode", 40) or begins.date_mode,
        parallel=_whole(body, "parallel", begins.parallel),
        stagger_seconds=_whole(body, "stagger_seconds", begins.stagger_seconds),
        continue_on_failure=_flag(body, "continue_on_failure", begins.continue_on_failure),
        what=_may_start(text(body, "what", 20) or kept.RUNS),
        objects=_objects(body),
    )


def _may_start(what: str) -> str:
    """Sessions with QuickBooks Desktop are started by whoever may start one by hand, by a schedule as well."""
    if what == kept.CONDUCTOR and not auth.actor().may("operate"):
        raise NotAllowed(said("You may not start sessions with QuickBooks Desktop."), field="what")
    return what


def _objects(body: dict[str, Any]) -> tuple[str, ...]:
    given = body.get("objects", [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise Invalid(said("{field} is a list of words.", field="objects"), field="objects")
    return tuple(given)


def _shown(one: Schedule) -> dict[str, Any]:
    here = parts()
    names = {company.id: company.name for company in run_figures.companies_in(here.store, auth.reach_of())}
    return views.shown(here.config, one, names)


def _whole(body: dict[str, Any], field: str, default: int) -> int:
    value = body.get(field, default)
    if type(value) is not int:
        raise Invalid(said("{name} is a whole number.", name=field), field=field)
    return value


def _flag(body: dict[str, Any], field: str, default: bool) -> bool:
    value = body.get(field, default)
    if not isinstance(value, bool):
        raise Invalid(said("{name} is true or false.", name=field), field=field)
    return value


def _id(given: str) -> str:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise Invalid(said("An id is a UUID."), field="id") from None
