"""Settings: what is in force, where it comes from, and what waits for the next start. Secrets are never shown.

GET  /console/settings?section=&show=&q=   settings   console/settings.html
GET  /console/settings.csv?…               settings   all that fit
GET  /api/console/settings?…               settings   {rows: [Setting], problem}

show: all or changed. Setting: {section, name, value, secret, default, changed, origin, environment, waits, then, help};
waits: the file says something else by now (then), which counts from the next start on.
"""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import effective
from pos.actions.effective import Filter
from pos.config import GROUPS
from pos.errors import Invalid
from pos.said import said
from pos.web import auth
from pos.web.console import frame, lists
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
@auth.needs("settings")
def listed() -> ResponseReturnValue:
    return jsonify({"ok": True, **effective.listed(parts().store.config, _filter())})


def _filter() -> Filter:
    section, show, words = (request.args.get(name, "").strip() for name in ("section", "show", "q"))
    if section and section not in GROUPS:
        raise Invalid(said("{name} cannot be {value}.", name="section", value=repr(section[:40])), field="section")
    if show and show not in SHOWN:
        raise Invalid(said("{name} cannot be {value}.", name="show", value=repr(show[:40])), field="show")
    return Filter(section, show or "all", words[: lists.FILTER_CHARS_MAX])
