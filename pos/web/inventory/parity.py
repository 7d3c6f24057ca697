"""Our stock compared with the books: asked for, gone through, dismissed with a reason, proposed to be put right.

GET  /inventory/parity?side=&state=&status=&q=   inventory/parity.html
GET  /inventory/parity.csv?…                     all that fits
POST /api/inventory/parity/ask       stock_admin  {side, loose?} -> {run}: made when their lists are in
POST /api/inventory/parity/dismiss   stock_admin  {side, item, field, location?, reason} -> {}
POST /api/inventory/parity/propose   stock_admin  {what, max} -> {requests, left}; nothing is put right before another
                                                  person agrees (`/api/inventory/approvals`)

Whoever may look at stock.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import parity
from pos.actions import parity_views as views
from pos.actions.parity_views import Filter
from pos.errors import Invalid
from pos.rules import parity as rules
from pos.said import psaid, said
from pos.store import parity as kept
from pos.web import auth
from pos.web.body import text
from pos.web.console import lists
from pos.web.console.lists import Column
from pos.web.describe import describe
from pos.web.inventory import asked, frame
from pos.web.inventory import shapes_parity as shapes
from pos.web.inventory.frame import LOOKING
from pos.web.parts import parts

bp = Blueprint("inventory_parity", __name__)

COLUMNS = (
    Column("item", said("Item"), sort="item"),
    Column("status", said("State")),
    Column("ours", said("Here"), number=True),
    Column("theirs", psaid("books", "There"), number=True),
    Column("difference", said("Difference"), number=True),
    Column("why", said("To be known")),
    Column("seen", said("Seen"), sort="last_seen"),
)
#: So many reasons why something was left out go with an answer; the rest are counted.
LEFT_MAX = 200


@bp.get("/inventory/parity")
@auth.needs(*LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, company = parts(), frame.company()
    sides = views.set_up(here.store, company)
    given = _given(sides)
    order = lists.asked(sorts=("item", "last_seen"), sort="item", down=False)
    rows, found = views.listed(here.store, here.config, _filter(company, given), order)
    shown = {name: value for name, value in given.items() if value}
    view = lists.view(COLUMNS, order, {**given, "limit": str(order.limit)}, found)
    run = kept.under_way(here.store, company, given["side"])
    last = kept.last(here.store, company, given["side"])
    return frame.show(
        "parity",
        "parity",
        rows=rows,
        list={**view, "here": f"/inventory/parity?{urlencode(shown)}"},
        chosen=given,
        limit=order.limit,
        sides=[(side, views.SIDE_WORDS[side]) for side in sides],
        states=views.STATES,
        statuses={name: words for name, (words, _) in views.STATUSES.items()},
        counts=kept.counted(here.store, company, given["side"]),
        run=views.run_shown(here.store, here.config, run),
        last=views.run_shown(here.store, here.config, last),
        is_desktop=given["side"] == rules.DESKTOP,
        caps={"difference": rules.DIFFERENCE_MAX, "lines": rules.LINES_MAX, "adjustments": rules.ADJUSTMENTS_MAX},
    )


@bp.get("/inventory/parity.csv")
@auth.needs(*LOOKING, within=True)
def export() -> ResponseReturnValue:
    here, company = parts(), frame.company()
    given = _given(views.set_up(here.store, company))
    return lists.as_csv("parity", views.CSV, views.every(here.store, _filter(company, given)))


@bp.post("/api/inventory/parity/ask")
@describe(body=shapes.ASK, answer=shapes.ASKED, refuses=(404, 409))
@auth.needs("stock_admin", within=True)
def ask() -> ResponseReturnValue:
    here, sent = parts(), asked.body()
    company = asked.company_of(sent)
    run = parity.begin(
        here.store, company, text(sent, "side", 40), auth.actor(), loose=asked.flag(sent, "loose", False),
        reach=auth.reach_of(),
    )  # fmt: skip
    return jsonify({"ok": True, "run": {"n": run.n, "side": run.side, "state": run.state, "strict": run.strict}})


@bp.post("/api/inventory/parity/dismiss")
@describe(body=shapes.DISMISS, answer=shapes.DISMISSED, refuses=(404, 409))
@auth.needs("stock_admin", within=True)
def dismiss() -> ResponseReturnValue:
    here, sent = parts(), asked.body()
    company = asked.company_of(sent)
    key = (text(sent, "item", 400), text(sent, "field", 40), text(sent, "location", 400))
    reason = text(sent, "reason", kept.REASON_MAX)
    parity.dismiss(here.store, company, text(sent, "side", 40), key, reason, auth.actor(), reach=auth.reach_of())
    return jsonify({"ok": True})


@bp.post("/api/inventory/parity/propose")
@describe(body=shapes.PROPOSE, answer=shapes.PROPOSED, refuses=(404,))
@auth.needs("stock_admin", within=True)
def propose() -> ResponseReturnValue:
    here, sent = parts(), asked.body()
    company = asked.company_of(sent)
    done = parity.propose(
        here.store, here.config, company, text(sent, "what", 20), _most(sent), auth.actor(), reach=auth.reach_of()
    )
    left = [{"item": one.item, "location": one.location, "why": one.why} for one in done.left[:LEFT_MAX]]
    return jsonify({
        "ok": True, "requests": [{"id": one.id, "words": one.words} for one in done.requests], "left": left,
        "leftCount": len(done.left),
    })  # fmt: skip


def _most(sent: dict[str, Any]) -> int:
    """For how many items at most: nobody's default."""
    given = sent.get("max")
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 7:
        given = int(given)
    if type(given) is not int or not 1 <= given < 10**6:
        raise Invalid(said("Say for how many items at most."), field="max")
    return given


def _given(sides: list[str]) -> dict[str, str]:
    words = {"side": views.SIDES, "state": tuple(views.STATES), "status": tuple(views.STATUSES)}
    given = lists.filled(("side", "state", "status", "q"), words)
    given["side"] = given["side"] or (sides[0] if sides else rules.DESKTOP)
    given["state"] = given["state"] or "open"
    return given


def _filter(company: str, given: dict[str, str]) -> Filter:
    return Filter(company, given["side"], given["state"], given["status"], words=given["q"])
