"""How a till comes to its hub: who the hub is, the one-time code, the till as the hub knows it, a new key.

GET  /api/hub/v1/hello?challenge=&till=   open     {hub, title, version, proof}: it proves that it holds this till's key
POST /api/hub/v1/join                     a code   {code, till, ids, instance, key_hash, version} -> {hub, title, name}
GET  /api/hub/v1/till                     a till   {hub, title, version, name, head, missing: [[first, last]]}
POST /api/hub/v1/key                      a till   {key_hash}: it made itself a new key; the old one works no more

proof: HMAC-SHA256 over challenge, hub and till under the SHA-256 of the till's key, hex; "" where the till is unknown.
key_hash: that SHA-256; the key itself is never sent before the hub has proven itself. A lost answer to join or key is
asked for again with the same body.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos import __version__
from pos.actions import hub_intake
from pos.errors import Invalid, UserError
from pos.rules import hub
from pos.said import said
from pos.store import entries, hub_gaps, hub_tills
from pos.store.hub_tills import Joining
from pos.web import auth, wrong_codes
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.hub import gate, shapes
from pos.web.parts import parts
from pos.web.shapes import TEXT

bp = Blueprint("hub", __name__)


@bp.get("/api/hub/v1/hello")
@describe(query={"challenge": TEXT, "till": TEXT}, answer=shapes.HELLO, refuses=(404, 422))
@auth.by_till(gate.is_hub)
def hello() -> ResponseReturnValue:
    challenge, till = request.args.get("challenge", ""), request.args.get("till", "")
    if not hub.is_challenge(challenge) or not hub.is_till(till):
        raise Invalid("A till asks with its id and a challenge of its own.", field="challenge")
    return jsonify({**_self(), "proof": hub_intake.proof_for(parts().store, till, challenge)})


@bp.post("/api/hub/v1/join")
@describe(body=shapes.JOIN, answer=shapes.JOINED, refuses=(404, 409, 429))
@auth.by_till(gate.is_hub)
def join() -> ResponseReturnValue:
    body = json_object()
    ids = body.get("ids")
    told = Joining(
        till=text(body, "till", 8),
        ids=tuple(ids) if isinstance(ids, list) and all(isinstance(one, str) for one in ids) else (),
        instance=text(body, "instance", 64),
        key_hash=text(body, "key_hash", 64),
        version=text(body, "version", 40),
    )
    right = hub.is_digest(told.key_hash) and hub.is_instance(told.instance) and len(told.ids) <= 20
    if not right or told.till not in told.ids or not all(map(hub.is_till, told.ids)):
        raise Invalid("This is not how a till joins.", field="till")
    wrong_codes.refuse_too_many()
    try:
        joined = hub_tills.join(parts().store, text(body, "code", 40), told)
    except UserError:
        wrong_codes.count()
        raise
    parts().hub.nudge()
    return jsonify({**_self(), "name": joined.name})


@bp.get("/api/hub/v1/till")
@describe(answer=shapes.KNOWN, refuses=(404, 409))
@auth.by_till(gate.is_till)
def known() -> ResponseReturnValue:
    found = gate.till()
    missing = [list(one) for one in hub_gaps.gaps(parts().store, found.till)]
    newest = entries.last(parts().store, found.till, "till", "")
    return jsonify({**_self(), "name": found.name, "head": newest.sequence, "missing": missing})


@bp.post("/api/hub/v1/key")
@describe(body=shapes.NEW_KEY, answer=shapes.DONE, refuses=(404, 409))
@auth.by_till(gate.is_till)
def key() -> ResponseReturnValue:
    key_hash = text(json_object(), "key_hash", 64)
    if not hub.is_digest(key_hash):
        raise Invalid("key_hash is the SHA-256 of the new key, in hex.", field="key_hash")
    hub_tills.change_key(parts().store, gate.till().id, key_hash)
    return jsonify({"ok": True})


def _self() -> dict[str, Any]:
    here = parts()
    title = said("Hub of {shop}", shop=here.config.shop.name)
    return {"ok": True, "hub": hub_tills.hub_id(here.store), "title": title, "version": __version__}
