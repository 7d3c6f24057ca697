"""What QuickBooks Desktop has and lacks: its lists asked for, items and accounts it is to get, what it refused.

POST /api/inventory/desktop/ask       stock_admin   {what: items|levels|sites|accounts} -> {state, askedAt, doneAt, …}
POST /api/inventory/desktop/item      stock_admin   {sku, income?, cogs?, asset?, price?, text?} -> 202 a request
POST /api/inventory/desktop/account   stock_admin   {name, type, number?, text?} -> 202 a request
POST /api/inventory/desktop/retry     stock_admin   {code?} -> {count}: all that waits for a person goes once more

Nothing is made there before a second person agrees (`/api/inventory/approvals`). company=: whose, as everywhere here.
"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import inventory as door
from pos.actions import qbd_propose
from pos.actions.inventory import Outcome
from pos.errors import Invalid
from pos.said import said
from pos.store import qbd_asks, qbd_companies, qbd_queue
from pos.web import auth
from pos.web.body import text
from pos.web.describe import describe
from pos.web.inventory import api_shapes as shapes
from pos.web.inventory import asked, shown
from pos.web.parts import parts

bp = Blueprint("inventory_desktop_lists", __name__)


@bp.post("/api/inventory/desktop/ask")
@describe(body=shapes.ASK_DESKTOP, answer=shapes.ASKED_DESKTOP, refuses=(404,))
@auth.needs("stock_admin", within=True)
def ask() -> ResponseReturnValue:
    here, sent = parts(), asked.body()
    kind = f"ask_{text(sent, 'what', 20)}"
    if kind not in qbd_asks.KINDS:
        raise Invalid(said("what is one of: {list}.", list="items, levels, sites, accounts"), field="what")
    company = asked.company_of(sent)
    door.inside(here.store, company, auth.reach_of())
    connection = qbd_companies.of_company(here.store, company).connection
    qbd_asks.ask(here.store, connection, kind, auth.actor().code)
    found = qbd_asks.asked(here.store, connection, kind)
    return jsonify({
        "ok": True, "what": kind.removeprefix("ask_"), "state": found.state, "askedAt": found.asked_at,
        "doneAt": found.done_at, "rows": found.rows, "message": found.message,
    })  # fmt: skip


@bp.post("/api/inventory/desktop/item")
@describe(body=shapes.DESKTOP_ITEM, answer=shapes.DONE, status=202, refuses=(404, 409))
@auth.needs("stock_admin", within=True)
def item() -> ResponseReturnValue:
    here, sent = parts(), asked.body()
    values = {name: text(sent, name, 200).strip() for name in ("income", "cogs", "asset", "price", "text")}
    made = qbd_propose.item(
        here.store, here.config, asked.company_of(sent), text(sent, "sku", 140), values, auth.actor(),
        reach=auth.reach_of(),
    )  # fmt: skip
    return shown.answered(Outcome(approval=made))


@bp.post("/api/inventory/desktop/account")
@describe(body=shapes.DESKTOP_ACCOUNT, answer=shapes.DONE, status=202, refuses=(404, 409))
@auth.needs("stock_admin", within=True)
def account() -> ResponseReturnValue:
    here, sent = parts(), asked.body()
    values = {name: text(sent, name, 200).strip() for name in ("name", "type", "number", "text")}
    made = qbd_propose.account(
        here.store, here.config, asked.company_of(sent), values, auth.actor(), reach=auth.reach_of()
    )
    return shown.answered(Outcome(approval=made))


@bp.post("/api/inventory/desktop/retry")
@describe(body=shapes.DESKTOP_RETRY, answer=shapes.DESKTOP_RETRIED, refuses=(404,))
@auth.needs("stock_admin", within=True)
def retry() -> ResponseReturnValue:
    here, sent = parts(), asked.body()
    company = asked.company_of(sent)
    door.inside(here.store, company, auth.reach_of())
    connection = qbd_companies.of_company(here.store, company).connection
    who, code = door.by(auth.actor()), text(sent, "code", 20).strip()
    return jsonify({"ok": True, "count": qbd_queue.retry_all(here.store, connection, who, clock.now(), code=code)})
