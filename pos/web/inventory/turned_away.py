"""Whoever is turned away from the API of stock is in the audit, whether nobody knows them or they lack the right."""

from __future__ import annotations

from flask import request

from pos.errors import UserError
from pos.store import inventory_refused
from pos.web import auth
from pos.web.parts import parts

NOBODY = "nobody"


def note(error: UserError) -> None:
    """Write it down, bounded for each address; of other addresses nothing."""
    if not request.path.startswith("/api/inventory/"):
        return
    who, address = auth.actor_or_none(), request.remote_addr or ""
    detail = {"act": request.method, "code": error.code, "status": error.status, "address": address}
    inventory_refused.note(
        parts().store, who.code if who else NOBODY, request.path, detail, asker="" if who else address
    )
