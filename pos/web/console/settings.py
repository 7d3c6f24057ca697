"""Settings: what is in force, where it comes from, what waits for the next start; changed here. Secrets never pass.

GET  /console/settings?section=&show=&q=   settings   console/settings.html
GET  /console/settings.csv?…               settings   all that fit
GET  /api/console/settings?…               settings   {rows: [Setting], problem, waiting}
POST /api/console/settings                 settings   {section, name, value, was?} -> {row, kept}; written to config.ini

show: all or changed. Setting: {section, name, value, secret, default, changed, origin, environment, waits, then, help,
kind, choices, fixed, file}; waits: the file says something else by now (then), which counts from the next start on.
fixed: why it is not changed here, "" = it is. was: the value that was seen, refused with 409 `changed` when it is
another one by now. kept: the copy of the file before, in data/settings/.
"""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import change_setting, effective
from pos.actions.effective import Filter
from pos.config import GROUPS
from pos.errors import Invalid
from pos.said import said
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import frame, lists
from pos.web.console import shapes_lists as shapes
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("console_settings", __name__)

SHOWN = {"all": said("All"), "changed": said("Not as it comes")}


@bp.get("/console/settings")
@auth.needs("settings")
def page() -> ResponseReturnValue:
    wanted = _filter()
    found = effective.listed(parts().store.config, wanted)
    chosen = {"section": wanted.section, "show": wanted.show, "q": wanted.words}
    return frame.show("settings", "settings", **found, chosen=chosen, shows=SHOWN, sections=list(GROUPS))


@bp.get("/console/settings.csv")
@auth.needs("settings")
def export() -> ResponseReturnValue:
    return lists.as_csv("settings", effective.CSV, effective.listed(parts().store.config, _filter())["rows"])


@bp.get("/api/console/settings")
@describe(query=shapes.SETTINGS_QUERY, answer=shapes.SETTINGS, refuses=(422,))
@auth.needs("settings")
def listed() -> ResponseReturnValue:
    return jsonify({"ok": True, **effective.listed(parts().store.config, _filter())})


@bp.post("/api/console/settings")
@describe(body=shapes.CHANGE_SETTING, answer=shapes.CHANGED_SETTING, refuses=(404, 409))
@auth.needs("settings")
def change() -> ResponseReturnValue:
    here, body = parts(), json_object()
    section, name = text(body, "section", 40), text(body, "name", 40)
    if "value" not in body:
        raise Invalid(said("value is missing; an empty one is an answer, too."), field="value")
    value = text(body, "value", change_setting.VALUE_CHARS_MAX)
    was = text(body, "was", change_setting.VALUE_CHARS_MAX) if "was" in body else None
    kept = change_setting.change(here.store, here.config, section, name, value, auth.actor().code, was)
    return jsonify({"ok": True, "row": effective.one(here.config, section, name), "kept": kept})


def _filter() -> Filter:
    section, show, words = (request.args.get(name, "").strip() for name in ("section", "show", "q"))
    if section and section not in GROUPS:
        raise Invalid(said("{name} cannot be {value}.", name="section", value=repr(section[:40])), field="section")
    if show and show not in SHOWN:
        raise Invalid(said("{name} cannot be {value}.", name="show", value=repr(show[:40])), field="show")
    return Filter(section, show or "all", words[: lists.FILTER_CHARS_MAX])
