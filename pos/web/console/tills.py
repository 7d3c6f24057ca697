"""Tills: this one, and the machines that may sign in at it. Enrolled by a one-time code, withdrawn, last heard of.

GET  /console/tills?show=                  operate, people   console/tills.html
GET  /console/tills.csv?…                  operate, people   all machines that fit
GET  /api/console/tills?…                  operate, people   {here, rows: [Machine], after, before, total, more}
POST /api/console/tills                    people            {name} -> 201 {secret, minutes}
POST /api/console/tills/<key>/revoke       people            {row}; its sign-ins end at once

show: on, off or all. secret: the code to type on the other machine, shown this once. Machine: {id, name, state,
enrolled_at, enrolled_by, code_until, last_contact, people, revoked_at, works}.
"""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import copies, hub_views, machines
from pos.actions.outbox_views import moment
from pos.errors import Invalid
from pos.rules.hub import fingerprint
from pos.said import said
from pos.store import anchors, hub_tills, keys
from pos.store import reach as within
from pos.store.listing import Asked
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import frame, lists
from pos.web.console import shapes_lists as shapes
from pos.web.console.lists import Column
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("console_tills", __name__)

COLUMNS = (
    Column("state", said("State")),
    Column("name", said("Machine"), sort="name"),
    Column("people", said("Signed in")),
    Column("contact", said("Last contact"), number=True),
    Column("enrolled", said("Enrolled"), sort="enrolled", number=True),
    Column("by", said("By")),
)
SERIES = {
    "till": said("Own receipts"),
    "imported": said("Taken in"),
    "recovered": said("Recovered"),
    "audit": said("Audit"),
}
SHOWN = {"on": said("Allowed"), "off": said("Withdrawn"), "all": said("All")}


@bp.get("/console/tills")
@auth.needs("operate", "people", within=True)
def page() -> ResponseReturnValue:
    here, show, asked = parts(), _show(), _asked()
    rows, found = machines.listed(here.store, here.config, show, asked)
    chosen = {"show": show}
    return frame.show(
        "tills",
        "tills",
        till=machines.here(here.store, here.config, here.journal),
        rows=rows,
        list=lists.view(COLUMNS, asked, chosen, found),
        chosen=chosen,
        shows=SHOWN,
        anchor=anchors.own(here.store, here.config.till.id),
        copied=[{**one, "at_text": moment(here.store, here.config, one["at"])} for one in copies.known(here.config)],
        series=SERIES,
        hub_tills=hub_views.listed(here.store, here.config, reach=frame.reach())
        if here.config.server.role != "till"
        else None,
        places=within.shops_in(here.store, auth.reach_of()) if here.config.server.role != "till" else [],
        company_names={one.id: one.name for one in within.companies_in(here.store, auth.reach_of())},
        whole=auth.reach_of().is_all,
        hub_sign=fingerprint(hub_tills.hub_id(here.store)) if here.config.server.role != "till" else "",
        hub_address=request.host_url.rstrip("/"),
    )


@bp.get("/console/tills.csv")
@auth.needs("operate", "people")
def export() -> ResponseReturnValue:
    here = parts()
    return lists.as_csv("machines", machines.CSV, machines.every(here.store, here.config, _show(), _asked()))


@bp.get("/api/console/tills")
@describe(query=shapes.TILLS_QUERY, answer=shapes.TILLS, refuses=(422,))
@auth.needs("operate", "people")
def listed() -> ResponseReturnValue:
    here = parts()
    rows, found = machines.listed(here.store, here.config, _show(), _asked())
    till = machines.here(here.store, here.config, here.journal)
    return jsonify({"ok": True, "here": till, **lists.as_json(rows, found)})


@bp.post("/api/console/tills")
@describe(body=shapes.NEW_MACHINE, answer=shapes.ENROL_CODE, status=201)
@auth.needs("people")
def enrol() -> ResponseReturnValue:
    name = text(json_object(), "name", 200)
    return jsonify({"ok": True, **machines.enrol(parts().store, name, auth.actor().code)}), 201


@bp.post("/api/console/tills/<key>/revoke")
@describe(answer=shapes.MACHINE_ROW, refuses=(409,))
@auth.needs("people")
def revoke(key: str) -> ResponseReturnValue:
    here = parts()
    keys.revoke_one(here.store, key, auth.actor().code)
    return jsonify({"ok": True, "row": machines.one(here.store, here.config, key)})


def _asked() -> Asked:
    return lists.asked(sorts=("name", "enrolled"), sort="name", down=False)


def _show() -> str:
    show = request.args.get("show", "") or "on"
    if show not in machines.SHOWS:
        raise Invalid(said("{name} cannot be {value}.", name="show", value=repr(show[:40])), field="show")
    return show
