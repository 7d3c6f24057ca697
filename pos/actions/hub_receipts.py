"""Before goods come back: the hub is asked for the receipt, and for what any till gave back of it so far.

What it says is kept as a copy to read, and counts as what this till itself gave back. While the hub is away the rule
for a receipt that is not known here decides, and of an own receipt what is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos.actions import hub_ask
from pos.actions.hub_ask import Away
from pos.config import Config
from pos.connectors.hub import receipts
from pos.errors import Conflict, Rejected
from pos.rules import basket as rules
from pos.rules.cart import LINES_MAX
from pos.said import said
from pos.store import foreign, intake, sold
from pos.store.db import Store
from pos.store.foreign import Copy

CODE_CHARS_MAX = 60


def ask(store: Store, config: Config, key: str, *, claim: bool = False) -> str:
    """Ask the hub for a receipt by number or id; "" when it answered or there is none, else why not, in words.

    claim: goods of it are about to come back here. Conflict, code "being_returned", while they do at another till."""
    text = key.strip()
    if claim and config.server.role == "both":
        _claim_here(store, config, text)
    if not config.hub.url or not text or len(text) > CODE_CHARS_MAX or not text.isprintable() or "/" in text:
        return ""
    try:
        found = hub_ask.live(store, config, lambda speak: receipts.fetch(speak, text, claim=claim))
    except Away:
        return said("The hub, which knows the receipts of all tills, does not answer now.")
    except Rejected as error:
        if error.code == receipts.BEING_RETURNED:
            raise Conflict(error.message, code=error.code) from error
        return error.message
    if found is not None:
        (doc, body), back = found
        ours = intake.find(store, doc["id"])
        if ours is None or ours.doc["hash"] == doc["hash"]:
            foreign.keep(store, Copy(doc, body), [Copy(*one) for one in back])
    return ""


def _claim_here(store: Store, config: Config, key: str) -> None:
    """A hub that sells lets its own till at a receipt as it lets the others: one at a time. Conflict as `ask`."""
    found = foreign.told(store, key)
    if found is not None and not foreign.claim(store, found[0], config.till.id):
        raise Conflict(foreign.BEING_RETURNED, code=receipts.BEING_RETURNED)


def ask_unknown(store: Store, config: Config, code: str) -> str:
    """The same for one that is not known here, as it was typed or scanned."""
    return "" if code.strip().isdigit() or sold.document(store, code.strip()) else ask(store, config, code)


def before_sale(store: Store, config: Config, raw: Mapping[str, Any]) -> None:
    """Ask for each receipt a basket gives something back of, so that what any till gave back counts, and no other till
    gives back the same meanwhile. Conflict as `ask`. Not for a basket that is saved already."""
    lines = raw.get("lines")
    shared = config.hub.url or config.server.role == "both"
    if not shared or not isinstance(lines, list) or intake.find(store, str(raw.get("id"))):
        return
    against = [line.get("return_against") for line in lines if isinstance(line, Mapping)]
    named = [one.get("id") for one in against if isinstance(one, Mapping)]
    for key in list(dict.fromkeys(key for key in named if isinstance(key, str) and rules.UUID.match(key)))[:LINES_MAX]:
        if ask(store, config, key, claim=True):
            return  # it is away: the others would wait for nothing
