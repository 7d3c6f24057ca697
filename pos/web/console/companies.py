"""Companies of a hub: whose tills it has, in which shops, which books each posts to, who looks after them.

GET  /console/companies?show=&q=                        operate, people, settings   console/companies.html
GET  /console/companies.csv?…                           operate, people, settings   all that fit
GET  /console/companies/<key>                           operate, people, settings   console/company.html
GET  /api/console/companies?…                           operate, people, settings   {rows: [Company], after, before, …}
GET  /api/console/companies/<key>                       operate, people, settings   {row}
POST /api/console/companies                             settings   {id, name, time_zone?, currency?} -> 201 {row}
POST /api/console/companies/<key>/rename                settings   {name} -> {row}
POST /api/console/companies/<key>/active                settings   {active} -> {row}
POST /api/console/companies/<key>/counting              settings   {time_zone, currency} -> {row}
POST /api/console/companies/<key>/shops                 settings   {id, name} -> 201 {row}
POST /api/console/companies/<key>/shops/<shop>/rename   settings   {name} -> {row}
POST /api/console/companies/<key>/connections/<line>/test   settings   {there, words, remedy, row}: a real call

show: on, off or all. What is done to a company is done by who sees all of it; another one is added by who sees
everything. Each act is in the audit.
"""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import company_views, line
from pos.errors import ConnectorError, Invalid, NotAllowed, NotFound
from pos.said import said
from pos.store import companies, company_list, connections
from pos.store import reach as within
from pos.store.listing import Asked
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import frame, lists
from pos.web.console import shapes_lists as shapes
from pos.web.console.lists import Column
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("console_companies", __name__)

COLUMNS = (
    Column("state", said("State")),
    Column("name", said("Company"), sort="name"),
    Column("shops", said("Shops")),
    Column("tills", said("Tills"), number=True),
    Column("connections", said("Books")),
    Column("people", said("People of it"), number=True),
    Column("counting", said("Counts in")),
)
SHOWN = {"on": said("Working"), "off": said("Switched off"), "all": said("All")}
_SEE = ("operate", "people", "settings")


@bp.get("/console/companies")
@auth.needs(*_SEE, within=True)
def page() -> ResponseReturnValue:
    here, (show, words), asked = parts(), _filter(), _asked()
    rows, found = company_views.listed(here.store, here.config, show, words, asked, auth.reach_of())
    chosen = {"show": show, "q": words}
    return frame.show(
        "companies",
        "companies",
        rows=rows,
        list=lists.view(COLUMNS, asked, chosen, found),
        chosen=chosen,
        shows=SHOWN,
        zones=_zones(),
        may_add=here.config.server.role == "hub" and auth.reach_of().is_all,
        own=here.config.shop,
    )


@bp.get("/console/companies.csv")
@auth.needs(*_SEE, within=True)
def export() -> ResponseReturnValue:
    here, (show, words) = parts(), _filter()
    rows = company_views.every(here.store, here.config, show, words, _asked(), auth.reach_of())
    return lists.as_csv("companies", company_views.CSV, rows)


@bp.get("/console/companies/<key>")
@auth.needs(*_SEE, within=True)
def page_of_one(key: str) -> ResponseReturnValue:
    here = parts()
    row = company_views.one(here.store, here.config, key, auth.reach_of())
    return frame.show("company", "companies", row=row, zones=_zones(), is_hub=here.config.server.role == "hub")


@bp.get("/api/console/companies")
@describe(query=shapes.COMPANIES_QUERY, answer=shapes.COMPANIES, refuses=(422,))
@auth.needs(*_SEE, within=True)
def listed() -> ResponseReturnValue:
    here, (show, words) = parts(), _filter()
    rows, found = company_views.listed(here.store, here.config, show, words, _asked(), auth.reach_of())
    return jsonify({"ok": True, **lists.as_json(rows, found)})


@bp.get("/api/console/companies/<key>")
@describe(answer=shapes.COMPANY_ROW)
@auth.needs(*_SEE, within=True)
def one(key: str) -> ResponseReturnValue:
    return _one(key)


@bp.post("/api/console/companies")
@describe(body=shapes.NEW_COMPANY, answer=shapes.COMPANY_ROW, status=201, refuses=(409,))
@auth.needs("settings", within=True)
def add() -> ResponseReturnValue:
    body = json_object()
    if not auth.reach_of().is_all:
        raise NotAllowed("Your rights are kept to some companies or shops; another one is added by who sees all.",
                         code="reach")  # fmt: skip
    if parts().config.server.role != "hub":
        raise Invalid("Several companies need a hub that does nothing else: set [server] role = hub.", field="id")
    key = text(body, "id", 60).strip().lower()
    time_zone, currency = _counting(body)
    name = text(body, "name", 200)
    companies.add(parts().store, key, name, auth.actor().code, time_zone=time_zone, currency=currency)
    return _one(key), 201


@bp.post("/api/console/companies/<key>/rename")
@describe(body=shapes.RENAMED, answer=shapes.COMPANY_ROW, refuses=(409,))
@auth.needs("settings", within=True)
def rename(key: str) -> ResponseReturnValue:
    _mine(key)
    companies.rename(parts().store, key, text(json_object(), "name", 200), auth.actor().code)
    return _one(key)


@bp.post("/api/console/companies/<key>/active")
@describe(body=shapes.ACTIVE, answer=shapes.COMPANY_ROW)
@auth.needs("settings", within=True)
def active(key: str) -> ResponseReturnValue:
    _mine(key)
    wanted = json_object().get("active")
    if not isinstance(wanted, bool):
        raise Invalid("active is true or false.", field="active")
    companies.set_active(parts().store, key, wanted, auth.actor().code)
    return _one(key)


@bp.post("/api/console/companies/<key>/counting")
@describe(body=shapes.COUNTING, answer=shapes.COMPANY_ROW, refuses=(409,))
@auth.needs("settings", within=True)
def counting(key: str) -> ResponseReturnValue:
    _mine(key)
    time_zone, currency = _counting(json_object())
    companies.set_counting(parts().store, key, time_zone, currency, auth.actor().code)
    return _one(key)


@bp.post("/api/console/companies/<key>/shops")
@describe(body=shapes.NEW_SHOP, answer=shapes.COMPANY_ROW, status=201, refuses=(409,))
@auth.needs("settings", within=True)
def add_shop(key: str) -> ResponseReturnValue:
    _mine(key)
    body = json_object()
    companies.add_shop(
        parts().store, key, text(body, "id", 60).strip().lower(), text(body, "name", 200), auth.actor().code
    )
    return _one(key), 201


@bp.post("/api/console/companies/<key>/shops/<shop>/rename")
@describe(body=shapes.RENAMED, answer=shapes.COMPANY_ROW, refuses=(409,))
@auth.needs("settings", within=True)
def rename_shop(key: str, shop: str) -> ResponseReturnValue:
    _mine(key)
    if companies.shop(parts().store, shop).company != key:
        raise NotFound(said("There is no shop {name} here.", name=shop[:30]), field="shop")
    companies.rename_shop(parts().store, shop, text(json_object(), "name", 200), auth.actor().code)
    return _one(key)


@bp.post("/api/console/companies/<key>/connections/<connection>/test")
@describe(answer=shapes.TESTED)
@auth.needs("settings", within=True)
def test(key: str, connection: str) -> ResponseReturnValue:
    _mine(key)
    here = parts()
    if connection not in [one.id for one in connections.lines(here.store, (key,))]:
        raise NotFound("There is no such connection.", field="connection")
    job = line.job_by_hand(here.store, here.config, connection, f"console:{auth.actor().code}")
    try:
        there, words, remedy = True, job.memory.connector.check(), ""
    except ConnectorError as error:
        there, words, remedy = False, error.message, getattr(error, "remedy", "")
    row = company_views.one(here.store, here.config, key, auth.reach_of())
    return jsonify({"ok": True, "there": there, "words": words, "remedy": remedy, "row": row})


def _mine(key: str) -> None:
    """NotFound for a company outside the reach of who asks; 403 for who sees some of its shops alone."""
    store, reach = parts().store, auth.reach_of()
    if not any(one.id == key for one in within.companies_in(store, reach)):
        raise NotFound(said("There is no company {name} here.", name=key[:30]), field="company")
    if not within.whole(store, reach, key):
        raise NotAllowed("Your rights are kept to some of its shops; this is about the whole company.", code="reach")


def _one(key: str) -> Response:
    here = parts()
    return jsonify({"ok": True, "row": company_views.one(here.store, here.config, key, auth.reach_of())})


def _counting(body: dict[str, object]) -> tuple[str, str]:
    zone, currency = (text(body, name, 60).strip() if name in body else "" for name in ("time_zone", "currency"))
    return zone, currency.upper()


def _zones() -> list[str]:
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))


def _asked() -> Asked:
    return lists.asked(sorts=("name", "id"), sort="name", down=False)


def _filter() -> tuple[str, str]:
    show, words = (request.args.get(name, "").strip() for name in ("show", "q"))
    if show and show not in company_list.SHOWS:
        raise Invalid(said("{name} cannot be {value}.", name="show", value=repr(show[:40])), field="show")
    return show or ("all" if words else "on"), words[: lists.FILTER_CHARS_MAX]
