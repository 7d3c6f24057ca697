"""Audit: who did what to which document, before and after. Chained, so that a change or a gap shows.

GET  /console/audit?actor=&act=&q=&first=&last=   operate, rights, people   console/audit.html
GET  /console/audit.csv?…                         operate, rights, people   all that fits, with the hashes
GET  /api/console/audit?…                         operate, rights, people   {rows: [Row], after, before, total, more}
POST /api/console/audit/verify                    operate, rights, people   {rows, whole, words, head}

act: a word, or the beginning of several: "user" finds user.pin. first, last: days of the shop's clock. Row: {n, at,
at_text, actor, actor_name, act, subject, changes: [{before, after}], facts: [{name, value}], detail, prev_hash, hash}.
"""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import audit_views
from pos.actions.audit_views import Filter
from pos.errors import Invalid
from pos.said import said
from pos.store.listing import Asked
from pos.web import auth
from pos.web.console import frame, lists
from pos.web.console import shapes_lists as shapes
from pos.web.console.lists import Column
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("console_audit", __name__)

COLUMNS = (
    Column("at", said("When"), sort="n"),
    Column("actor", said("Who")),
    Column("act", said("What")),
    Column("subject", said("To what")),
    Column("detail", said("Before, after, and why")),
    Column("hash", said("Hash")),
)


@bp.get("/console/audit")
@auth.needs("operate", "rights", "people", within=True)
def page() -> ResponseReturnValue:
    here, wanted, asked = parts(), _filter(), _asked()
    rows, found = audit_views.listed(here.store, here.config, wanted, asked, frame.reach())
    chosen = _chosen(wanted)
    return frame.show("audit", "audit", rows=rows, list=lists.view(COLUMNS, asked, chosen, found), chosen=chosen)


@bp.get("/console/audit.csv")
@auth.needs("operate", "rights", "people", within=True)
def export() -> ResponseReturnValue:
    here = parts()
    rows = audit_views.every(here.store, here.config, _filter(), _asked(), frame.reach())
    return lists.as_csv("audit", audit_views.CSV, rows)


@bp.get("/api/console/audit")
@describe(query=shapes.AUDIT_QUERY, answer=shapes.AUDIT, refuses=(422,))
@auth.needs("operate", "rights", "people", within=True)
def listed() -> ResponseReturnValue:
    here = parts()
    rows, found = audit_views.listed(here.store, here.config, _filter(), _asked(), frame.reach())
    return jsonify({"ok": True, **lists.as_json(rows, found)})


@bp.post("/api/console/audit/verify")
@describe(answer=shapes.CHAIN)
@auth.needs("operate", "rights", "people")
def verify() -> ResponseReturnValue:
    return jsonify({"ok": True, **audit_views.verify(parts().store, auth.actor().code)})


def _asked() -> Asked:
    return lists.asked(sorts=("n",), sort="n")


def _filter() -> Filter:
    given = {name: request.args.get(name, "").strip() for name in ("actor", "act", "q", "first", "last")}
    for name, value in given.items():
        if len(value) > lists.FILTER_CHARS_MAX:
            raise Invalid(
                said("{name} is text of at most {most} letters.", name=name, most=lists.FILTER_CHARS_MAX), field=name
            )
    return Filter(given["actor"], given["act"], given["q"], given["first"], given["last"])


def _chosen(wanted: Filter) -> dict[str, str]:
    return {
        "actor": wanted.actor,
        "act": wanted.act,
        "q": wanted.words,
        "first": wanted.first,
        "last": wanted.last,
    }
