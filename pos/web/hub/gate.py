"""Who is let in below /api/hub/v1: a till of this hub, by its key; one that types its code has none yet."""

from __future__ import annotations

from typing import cast

from flask import g, request

from pos import clock
from pos.actions import hub_intake
from pos.errors import Invalid, NotAllowed, NotFound, SignInNeededHere
from pos.rules import hub
from pos.store import hub_tills
from pos.store.hub_tills import Heard, Till
from pos.store.people import Actor
from pos.store.reach import Reach
from pos.web.parts import parts

#: The route that takes a document, which writes down what the till said together with that.
DOCUMENT = "hub_documents.put"


def is_hub() -> None:
    """NotFound where this server is no hub."""
    if parts().config.server.role not in ("hub", "both"):
        raise NotFound("This server is no hub: [server] role says so.", code="no_hub")


def is_till() -> None:
    """The key is that of a till of this hub, on the folder it joined with, once. Sets `till()`."""
    is_hub()
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    found = hub_tills.of_key(parts().store, secret.strip()) if kind.lower() == "bearer" and secret else None
    if found is None:
        raise SignInNeededHere(
            "This key is not known to the hub, or was withdrawn. Join again with a new code.", code="token"
        )
    if request.headers.get(hub.TILL, "").upper() != found.till.upper():
        raise NotAllowed("This key is another till's.", code="other_till")
    told = _heard()
    hub_intake.admit(parts().store, found, told, brings=request.method == "PUT" and request.endpoint == DOCUMENT)
    g.hub_till, g.hub_head = found, told.head
    g.actor = Actor(f"till:{found.till}", found.name, "till", "till", found.id)


def till() -> Till:
    """The till that asks. Only inside a route with `is_till`."""
    return cast(Till, g.hub_till)


def head() -> hub.Head | None:
    """What that till says its newest document is. Only inside a route with `is_till`."""
    return cast("hub.Head | None", g.hub_head)


def company() -> Reach:
    """What the till that asks may hear of: its company."""
    return Reach(frozenset({till().company}))


def shop() -> Reach:
    """The same of its own shop alone."""
    return Reach(frozenset({till().company}), frozenset({till().shop}))


def _heard() -> Heard:
    instance = request.headers.get(hub.INSTANCE, "")
    if not hub.is_instance(instance):
        raise Invalid("The request does not say which folder it comes from.", field=hub.INSTANCE, code="instance")
    return Heard(
        version=request.headers.get(hub.VERSION, ""),
        instance=instance,
        head=hub.head(request.headers.get(hub.HEAD, "")),
        clock_off_seconds=_clock_off(request.headers.get(hub.NOW, "")),
    )


def _clock_off(said: str) -> int | None:
    """How many seconds the till's clock is ahead of ours."""
    try:
        return int((clock.parse(said) - clock.now()).total_seconds()) if said else None
    except (ValueError, OverflowError):
        return None
