"""The API of stock, changing: all of it goes through the one door, `pos.actions.inventory`.

POST /api/inventory/location                     stock_admin     {code, displayName?, qbSiteFullName?, …} -> {location}
POST /api/inventory/reason                       stock_admin     {code, words, account?, active?} -> {reason}
POST /api/inventory/transfer                     stock           {fromLocation, toLocation, sku, quantity | lines, …}
POST /api/inventory/adjustment                   stock           {location, mode?, sku, quantity | lines, …}
POST /api/inventory/events/<key>/void            stock_admin     {reason?}; before the books heard of it
POST /api/inventory/events/<key>/counter         stock_admin     {id, reason?}: another event the other way
POST /api/inventory/events/<key>/retry           stock_admin     {}: to QuickBooks Desktop once more
POST /api/inventory/approvals/<key>/approve      stock_approve   {note?}; never by who asked
POST /api/inventory/approvals/<key>/reject       stock_approve   {note?}; never by who asked
POST /api/inventory/approvals/<key>/withdraw     stock           {note?}; by who asked alone

201 made, 202 waits for a second person, 200 as it was before; 400 names the field; 409 same id with other content, or
answered already. Answers of all but the first two: {status, event, approval, notes}.
"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import inventory as door
from pos.actions import inventory_requests as requests
from pos.errors import NotFound
from pos.rules.inventory import Draft
from pos.store import inventory_places
from pos.store.inventory_places import Location, Reason
from pos.web import auth
from pos.web.body import text
from pos.web.describe import describe
from pos.web.inventory import api_shapes as shapes
from pos.web.inventory import asked, shown
from pos.web.parts import parts

bp = Blueprint("inventory_acts", __name__)

#: What is rung when stock moved, or may.
BELL = "inventory"
_MAY_WAIT = {202: shapes.DONE}


@bp.post("/api/inventory/location")
@describe(body=shapes.NEW_LOCATION, answer=shapes.ONE_LOCATION, made=True, refuses=(404, 409))
@auth.needs("stock_admin", within=True)
def put_location() -> ResponseReturnValue:
    here, sent = parts(), asked.body()
    code = text(sent, "code", 140).strip()
    try:
        before = inventory_places.location(here.store, code, auth.reach_of())
    except NotFound:
        before = Location(code, asked.company_of(sent), "")
    given = Location(
        code=code,
        company=asked.company_of(sent, code) if before.made_at else before.company,
        display_name=text(sent, "displayName", 140) if "displayName" in sent else before.display_name,
        active=asked.flag(sent, "active", before.active),
        is_virtual=asked.flag(sent, "isVirtual", before.is_virtual),
        qb_site_name=text(sent, "qbSiteFullName", 200) if "qbSiteFullName" in sent else before.qb_site_name,
        qb_site_id=text(sent, "qbSiteListId", 200) if "qbSiteListId" in sent else before.qb_site_id,
    )
    found, new = door.set_location(
        here.store,
        given,
        auth.actor(),
        via=asked.via(),
        new=asked.flag(sent, "new", False) or None,
        reach=auth.reach_of(),
    )
    return jsonify({"ok": True, "location": shown.location(found)}), 201 if new else 200


@bp.post("/api/inventory/reason")
@describe(body=shapes.NEW_REASON, answer=shapes.ONE_REASON, made=True, refuses=(404, 409))
@auth.needs("stock_admin", within=True)
def put_reason() -> ResponseReturnValue:
    here, sent = parts(), asked.body()
    given = Reason(
        asked.company_of(sent), text(sent, "code", 60), text(sent, "words", 140), text(sent, "account", 200),
        asked.flag(sent, "active", True),
    )  # fmt: skip
    found, new = door.set_reason(
        here.store, given, auth.actor(), via=asked.via(), new=asked.flag(sent, "new", False), reach=auth.reach_of()
    )
    return jsonify({"ok": True, "reason": shown.reason(found)}), 201 if new else 200


@bp.post("/api/inventory/transfer")
@describe(body=shapes.TRANSFER, answer=shapes.DONE, made=True, also=_MAY_WAIT, refuses=(404, 409))
@auth.needs("stock", within=True)
def transfer() -> ResponseReturnValue:
    sent = asked.body()
    with asked.named("transfer", sent):
        return _asked(asked.transfer(sent))


@bp.post("/api/inventory/adjustment")
@describe(body=shapes.ADJUSTMENT, answer=shapes.DONE, made=True, also=_MAY_WAIT, refuses=(404, 409))
@auth.needs("stock", within=True)
def adjustment() -> ResponseReturnValue:
    sent = asked.body()
    with asked.named("adjustment", sent):
        return _asked(asked.adjustment(sent))


@bp.post("/api/inventory/events/<key>/void")
@describe(body=shapes.VOID, answer=shapes.DONE, refuses=(409,))
@auth.needs("stock_admin", within=True)
def void(key: str) -> ResponseReturnValue:
    here, sent = parts(), asked.body()
    done = door.void(
        here.store, key, auth.actor(), text(sent, "reason", door.REASON_MAX), via=asked.via(), reach=auth.reach_of()
    )
    return _done(done)


@bp.post("/api/inventory/events/<key>/counter")
@describe(body=shapes.COUNTER, answer=shapes.DONE, made=True, also=_MAY_WAIT, refuses=(409,))
@auth.needs("stock_admin", within=True)
def counter(key: str) -> ResponseReturnValue:
    here, sent = parts(), asked.body()
    memo = text(sent, "reason", door.REASON_MAX) or text(sent, "memo", door.REASON_MAX)
    done = door.counter(
        here.store, here.config, key, auth.actor(), key=text(sent, "id", 64) or clock.uuid7(), memo=memo,
        via=asked.via(), reach=auth.reach_of(),
    )  # fmt: skip
    here.ring(BELL)
    return shown.answered(done)


@bp.post("/api/inventory/events/<key>/retry")
@describe(body=shapes.NOTHING, answer=shapes.DONE, refuses=(409,))
@auth.needs("stock_admin", within=True)
def retry(key: str) -> ResponseReturnValue:
    asked.body()
    return _done(door.retry(parts().store, key, auth.actor(), via=asked.via(), reach=auth.reach_of()))


@bp.post("/api/inventory/approvals/<key>/approve")
@describe(body=shapes.NOTE, answer=shapes.DONE, refuses=(409,))
@auth.needs("stock_approve", within=True)
def approve(key: str) -> ResponseReturnValue:
    note = text(asked.body(), "note", door.REASON_MAX)
    return _done(requests.approve(parts().store, key, auth.actor(), note, via=asked.via(), reach=auth.reach_of()))


@bp.post("/api/inventory/approvals/<key>/reject")
@describe(body=shapes.NOTE, answer=shapes.DONE, refuses=(409,))
@auth.needs("stock_approve", within=True)
def reject(key: str) -> ResponseReturnValue:
    note = text(asked.body(), "note", door.REASON_MAX)
    return _done(requests.reject(parts().store, key, auth.actor(), note, via=asked.via(), reach=auth.reach_of()))


@bp.post("/api/inventory/approvals/<key>/withdraw")
@describe(body=shapes.NOTE, answer=shapes.DONE, refuses=(409,))
@auth.needs("stock", within=True)
def withdraw(key: str) -> ResponseReturnValue:
    note = text(asked.body(), "note", door.REASON_MAX)
    return _done(requests.withdraw(parts().store, key, auth.actor(), note, via=asked.via(), reach=auth.reach_of()))


def _asked(draft: Draft) -> ResponseReturnValue:
    here = parts()
    done = door.ask(here.store, here.config, draft, auth.actor(), via=asked.via(), reach=auth.reach_of())
    here.ring(BELL)
    return shown.answered(done)


def _done(outcome: door.Outcome) -> ResponseReturnValue:
    parts().ring(BELL)
    return jsonify(shown.of(outcome))
