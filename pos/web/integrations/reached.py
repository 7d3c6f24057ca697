"""Which company a request is about, and whether it lies in the reach of who asks."""

from __future__ import annotations

from typing import Any

from flask import request

from pos.errors import NotAllowed
from pos.store import companies
from pos.store.companies import Place
from pos.web import auth
from pos.web.body import text
from pos.web.parts import parts


def named(name: str) -> str:
    """The company's id, that of the first for ""; NotFound, or 403 when it lies outside of whose rights are kept to
    others."""
    key = companies.one(parts().store, name[:40] or companies.MAIN).id
    if not may(key):
        raise NotAllowed("Your rights are kept to other companies.", code="reach")
    return key


def may(company: str) -> bool:
    """Whether all of a company lies in the reach of who asks."""
    reach = auth.reach_of()
    return reach.is_all or all(reach.has(Place(company, shop.id)) for shop in companies.shops(parts().store, company))


def asked() -> str:
    """The company of `?company=`."""
    return named(request.args.get("company", ""))


def in_body(body: dict[str, Any]) -> str:
    """The company a body names."""
    return named(text(body, "company", 40) if "company" in body else "")
