"""Outbox: every document on its way to every connection, and what a person does about it. Nothing is ever deleted.

GET  /console/outbox?show=&connection=&code=&q=       operate, z_read   console/outbox.html
GET  /console/outbox.csv?…                            operate, z_read   all that fits
GET  /console/outbox/<n>                              operate, z_read   console/outbox_row.html
GET  /api/console/outbox?…                            operate, z_read   {rows: [Row], after, before, total, more,
                                                                        unsorted, counts}
GET  /api/console/outbox/<n>                          operate, z_read   {row: Row with story, reply, missing, acts}
POST /api/console/outbox/retry                        operate   {rows: [n], reason?} or {fitting: {show, connection,
                                                                code, q}, reason?} -> {done, refused: [{n, message}],
                                                                left?}
POST /api/console/outbox/<n>/park                     operate   {reason} -> {row}
POST /api/console/outbox/<n>/unpark                   operate   {} -> {row}
POST /api/console/outbox/<n>/resolve                  operate   {reason, second: {code, secret}} -> {row}

show: needs, waiting, parked, settled, booked or all. second: another person with the right `operate`; secret is their
PIN or password.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import outbox_views
from pos.actions.whose_books import Books
from pos.errors import Invalid
from pos.said import said
from pos.store import connections, outbound, parking, passwords, unblock
from pos.store.outbound import SHOWS, Filter
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import frame, lists, shapes
from pos.web.console.lists import Column
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("console_outbox", __name__)

COLUMNS = (
    Column("state", said("State")),
    Column("number", said("Document"), sort="number"),
    Column("total", said("Total"), sort="total", number=True),
    Column("connection", said("To")),
    Column("tries", said("Tries"), sort="tries", number=True),
    Column("next", said("Next try"), sort="next", number=True),
    Column("message", said("Last answer")),
    Column("since", said("Since"), sort="since", number=True),
)
_SORTS = ("since", "next", "tries", "number", "total", "changed")
_SHOWN = {
    "needs": said("Needs a person"),
    "waiting": said("Waiting"),
    "parked": said("Parked"),
    "settled": said("Settled"),
    "booked": said("Booked"),
    "all": said("All"),
}


@bp.get("/console/outbox")
@auth.needs("operate", "z_read", within=True)
def page() -> ResponseReturnValue:
    here, wanted, asked = parts(), _filter(request.args), _asked()
    found = outbound.listed(here.store, wanted, asked, frame.reach())
    chosen = _chosen(wanted)
    return frame.show(
        "outbox",
        "outbox",
        rows=_views(found.rows),
        list=lists.view(COLUMNS, asked, chosen, found.page),
        unsorted=found.unsorted,
        chosen=chosen,
        shows=_SHOWN,
        counts=outbound.counted(here.store, reach=frame.reach()),
        codes=outbound.codes(here.store, frame.reach()),
        connections=connections.lines(here.store, frame.reach().companies),
    )


@bp.get("/console/outbox.csv")
@auth.needs("operate", "z_read", within=True)
def export() -> ResponseReturnValue:
    here, wanted, asked = parts(), _filter(request.args), _asked()
    books = Books(here.store, here.config)
    found = outbound.every(here.store, wanted, asked, frame.reach())
    rows = (outbox_views.shown(here.store, here.config, row, books) for row in found)
    return lists.as_csv(f"outbox-{wanted.show}", outbox_views.CSV, rows)


@bp.get("/console/outbox/<int:n>")
@auth.needs("operate", "z_read", within=True)
def page_of_one(n: int) -> ResponseReturnValue:
    here = parts()
    return frame.show("outbox_row", "outbox", row=outbox_views.detail(here.store, here.config, n, frame.reach()))


@bp.get("/api/console/outbox")
@describe(query=shapes.OUTBOX_QUERY, answer=shapes.OUTBOX, refuses=(422,))
@auth.needs("operate", "z_read", within=True)
def listed() -> ResponseReturnValue:
    here = parts()
    found = outbound.listed(here.store, _filter(request.args), _asked(), frame.reach())
    counts = outbound.counted(here.store, reach=frame.reach())
    answer = lists.as_json(_views(found.rows), found.page)
    return jsonify({"ok": True, **answer, "unsorted": found.unsorted, "counts": counts})


@bp.get("/api/console/outbox/<int:n>")
@describe(answer=shapes.OUTBOX_ONE)
@auth.needs("operate", "z_read", within=True)
def one(n: int) -> ResponseReturnValue:
    return _one(n)


@bp.post("/api/console/outbox/retry")
@describe(body=shapes.RETRY, answer=shapes.RETRIED)
@auth.needs("operate", within=True)
def retry() -> ResponseReturnValue:
    here, body, by = parts(), json_object(), auth.actor().code
    reason, rows, fitting = text(body, "reason", 300), body.get("rows"), body.get("fitting")
    if isinstance(fitting, dict) and rows is None:
        done = outbox_views.retry_fitting(here.store, _filter(fitting), by, reason, frame.reach())
    else:
        if not isinstance(rows, list) or not rows or not all(type(n) is int and 0 < n < 1 << 63 for n in rows):
            raise Invalid("rows is a list of numbers of rows, or fitting says which.", field="rows")
        if len(rows) > outbox_views.RETRY_MAX:
            raise Invalid(said("At most {most} rows at once.", most=outbox_views.RETRY_MAX), field="rows")
        done = outbox_views.retry_many(here.store, dict.fromkeys(rows), by, reason, frame.reach())
    if done["done"]:
        here.ring("line")
    return jsonify({"ok": True, **done})


@bp.post("/api/console/outbox/<int:n>/park")
@describe(body=shapes.REASON, answer=shapes.OUTBOX_ONE, refuses=(409,))
@auth.needs("operate", within=True)
def park(n: int) -> ResponseReturnValue:
    _inside(n)
    parking.park(parts().store, n, text(json_object(), "reason"), auth.actor().code)
    return _one(n)


@bp.post("/api/console/outbox/<int:n>/unpark")
@describe(answer=shapes.OUTBOX_ONE, refuses=(409, 422))
@auth.needs("operate", within=True)
def unpark(n: int) -> ResponseReturnValue:
    _inside(n)
    parking.unpark(parts().store, n, auth.actor().code)
    parts().ring("line")
    return _one(n)


@bp.post("/api/console/outbox/<int:n>/resolve")
@describe(body=shapes.RESOLVE, answer=shapes.OUTBOX_ONE, refuses=(409, 429))
@auth.needs("operate", within=True)
def resolve(n: int) -> ResponseReturnValue:
    here, body, who = parts(), json_object(), auth.actor()
    _inside(n)
    reason, other = parking.checked(text(body, "reason")), body.get("second")
    if not isinstance(other, dict):
        raise Invalid("A second person agrees to this: their code, and their PIN or password.", field="second")
    second = passwords.second(here.store, text(other, "code", 20), text(other, "secret", 200), who, "operate")
    unblock.resolve(here.store, n, reason, who.code, second.code)
    return _one(n)


def _inside(n: int) -> None:
    outbox_views.refuse_outside(parts().store, n, frame.reach())


def _one(n: int) -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, "row": outbox_views.detail(here.store, here.config, n, frame.reach())})


def _views(rows: list[Any]) -> list[dict[str, Any]]:
    here = parts()
    books = Books(here.store, here.config)
    return [outbox_views.shown(here.store, here.config, row, books) for row in rows]


def _asked() -> Any:
    return lists.asked(sorts=_SORTS, sort="since")


def _filter(given: Any) -> Filter:
    values = {name: given.get(name, "") for name in ("show", "connection", "code", "q")}
    if not all(isinstance(value, str) and len(value) <= lists.FILTER_CHARS_MAX for value in values.values()):
        raise Invalid(
            said("{name} is text of at most {most} letters.", name="q", most=lists.FILTER_CHARS_MAX), field="q"
        )
    show = values["show"] or ("all" if values["q"] else "needs")
    if show not in SHOWS:
        raise Invalid(said("{name} cannot be {value}.", name="show", value=repr(show[:40])), field="show")
    return Filter(show, values["connection"], values["code"], values["q"].strip())


def _chosen(wanted: Filter) -> dict[str, str]:
    return {"show": wanted.show, "connection": wanted.connection, "code": wanted.code, "q": wanted.words}
