"""Who is asking, and may they? Each route declares its rule; a route without one is never served.

Rules: `open_to_all` (nobody need be signed in), `at_till` (this machine or an enrolled device), `signed_in`
(a person, even behind the lock), `anybody` (a person or a token, not locked), `needs("sell")` (a person or a token with
that right, not locked), `at_machine("settings")` (whatever runs on this machine; from elsewhere as `needs`),
`at_setup` (this machine alone: who typed the terminal's code, or has the right `settings`),
`by_signature` (a program that signs what it sends), `by_till` (a till of this hub), `by_ticket` (a Web Connector: each
message says who it is).
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import Flask, g, request

from pos.errors import NotAllowed, SignInNeededHere
from pos.rules import rights
from pos.said import said
from pos.store import companies, env_users, passwords, people, reach
from pos.web.parts import parts

View = TypeVar("View", bound=Callable[..., Any])

#: Addresses of the console; the screens of runs are below `[runs] prefix`, too.
CONSOLE = (
    "/console", "/api/console", "/settings", "/api/integrations", "/api/office", "/conductor", "/api/conductor",
)  # fmt: skip
#: Addresses for whoever is signed in at the console or at a till.
BOTH = ("/inventory", "/api/inventory")
#: Headers of a key for stock, beside `Authorization: Bearer …`; a client may send both with each request.
INVENTORY_KEYS = ("X-Inventory-Token", "X-Inventory-Admin-Token")
#: Of the console's, what everybody signed in at a till may ask for, too.
AT_TILL_TOO = ("/api/integrations/quickbooks/status", "/api/integrations/quickbooks/worker/status")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks for. `touches`: whether a request counts as use of the till (idle lock)."""

    kind: str  # all | till | person | anybody | right | machine | setup | signature | hub | ticket
    rights: tuple[str, ...] = ()
    touches: bool = True
    proof: Callable[[], None] | None = None
    within: bool = False  # it shows and does only what lies in the reach of who asks


def _ruled(rule: Rule) -> Callable[[View], View]:
    def mark(view: View) -> View:
        cast(Any, view).rule = rule
        return view

    return mark


def open_to_all(view: View) -> View:
    """Anyone who reaches the port: the sign-in page, the styles, the health answer."""
    return _ruled(Rule("all", touches=False))(view)


def at_till(view: View) -> View:
    """This machine or an enrolled device, signed in or not: the status bar, typing a PIN."""
    return _ruled(Rule("till", touches=False))(view)


def signed_in(view: View) -> View:
    """A signed-in person, even while the screen is locked: unlock, sign out."""
    return _ruled(Rule("person", touches=False))(view)


def anybody(view: View) -> View:
    """A signed-in person whose screen is not locked, or a token, whatever their role: the bell."""
    return _ruled(Rule("anybody", touches=False))(view)


def at_machine(*any_of: str) -> Callable[[View], View]:
    """Whatever runs on this machine, signed in or not: health and figures for programs that watch. From elsewhere a
    token, or a person, with one of these rights."""
    return _ruled(Rule("machine", any_of, touches=False))


def at_setup(view: View) -> View:
    """This machine alone: the browser of whoever typed the code the terminal shows, or a person with `settings`."""
    return _ruled(Rule("setup", ("settings",), touches=False))(view)


def by_signature(proof: Callable[[], None]) -> Callable[[View], View]:
    """A program that nobody signed in: `proof` looks at the request's signature and raises when there is none."""
    return _ruled(Rule("signature", touches=False, proof=proof))


def by_till(proof: Callable[[], None]) -> Callable[[View], View]:
    """A till of this hub: `proof` looks at its key, or lets one in that has none yet, and raises otherwise."""
    return _ruled(Rule("hub", touches=False, proof=proof))


def by_ticket(view: View) -> View:
    """A Web Connector: the user and password, or the ticket, stand in the message itself and are looked at there."""
    return _ruled(Rule("ticket", touches=False, proof=lambda: None))(view)


def needs(*any_of: str, touches: bool = True, within: bool = False) -> Callable[[View], View]:
    """A person with one of these rights whose screen is not locked, or a token with it. touches, within: see Rule; one
    that does not keep to somebody's reach is closed to whose rights are kept to some companies or shops."""
    unknown = set(any_of) - set(rights.RIGHTS)
    if unknown or not any_of:
        raise ValueError(f"no such right: {unknown}")
    return _ruled(Rule("right", any_of, touches, within=within))


def demand(right: str) -> people.Actor:
    """Inside a view, where the body decides which right is asked for: who is asking, or 403."""
    who = actor()
    _admit_right(who, (right,))
    return who


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """The rule a route declared, or None."""
    return getattr(app.view_functions.get(endpoint), "rule", None)


def actor() -> people.Actor:
    """Who is asking. Only inside a route with `needs` or `signed_in`."""
    return cast(people.Actor, g.actor)


def reach_of() -> reach.Reach:
    """How far the rights of who asks reach."""
    return cast(reach.Reach, g.get("reach", reach.EVERYWHERE))


def actor_or_none() -> people.Actor | None:
    """Who is asking, or None; for routes that are open."""
    return cast("people.Actor | None", g.get("actor"))


def cookie_name(what: str) -> str:
    """The name of this till's cookie for "sign_in", "console" or "device". Cookies know no port: two tills may share a
    machine."""
    return f"till_{what}_{parts().config.till.id}"


def device_id() -> str | None:
    """The machine the request comes from: "" for this machine itself, an enrolled device's id, None for a stranger."""
    if from_this_machine():
        return ""
    secret = request.cookies.get(cookie_name("device"), "")
    return people.find_device(parts().store, secret) if secret else None


def from_this_machine() -> bool:
    """Loopback and not forwarded: a proxy on this machine must not lend its address to strangers."""
    forwarded = {"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} & set(request.headers.keys())
    try:
        return not forwarded and ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def at_console() -> bool:
    """Whether the request is for the console."""
    return _below(*CONSOLE) or at_runs()


def at_runs() -> bool:
    """Whether the request is for the screens of runs."""
    return _below(parts().config.runs.prefix)


def at_inventory() -> bool:
    """Whether the request is for stock: opened by the sign-in of the console, or of a till."""
    return _below(*BOTH)


def _below(*paths: str) -> bool:
    return request.path.startswith(tuple(f"{path}/" for path in paths)) or request.path in paths


def identify(rights: tuple[str, ...] = ()) -> people.Actor | None:
    """The person or program behind the request: a key first, else the cookie of the door they came through. None =
    nobody. rights: what the route asks for, where a request may show two keys."""
    store = parts().store
    header = request.headers.get("Authorization", "")
    kind, _, secret = header.partition(" ")
    bearer = secret.strip() if kind.lower() == "bearer" else ""
    if _below(BOTH[1]):
        shown = [key for name in INVENTORY_KEYS if (key := request.headers.get(name, "").strip())]
        if shown:
            return _of_keys([*shown, bearer] if bearer else shown, rights)
    if header:
        found = _program(bearer) if bearer else None
        if found is None:
            raise _unknown_key()
        return found
    if at_console() or at_inventory():
        secret = request.cookies.get(cookie_name("console"), "")
        found = passwords.find(store, secret) if secret else None
        if found is not None or not (at_inventory() or request.path in AT_TILL_TOO):
            return found
    secret = request.cookies.get(cookie_name("sign_in"), "")
    return people.find_sign_in(store, secret) if secret else None


def _of_keys(shown: list[str], rights: tuple[str, ...]) -> people.Actor:
    """Of several keys the one that may do what is asked for. Each must be known: a wrong one is never passed over."""
    found = [_program(secret) for secret in shown]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        raise _unknown_key()
    return next((one for one in known if any(one.may(right) for right in rights)), known[0])


def _unknown_key() -> SignInNeededHere:
    return SignInNeededHere(
        "This key is not known here or was withdrawn. Make a new one with `token add`.", code="token"
    )


def _program(secret: str) -> people.Actor | None:
    """Who holds this bearer key: a command on this machine, or a program with a key of its own."""
    here = parts()
    if hmac.compare_digest(secret.encode(), here.control_key.encode()):
        return people.Actor("cli", "This machine", "admin", "token", "") if from_this_machine() else None
    found = env_users.find(here.config.inventory, secret) if _below(BOTH[1]) else None
    return found or people.find_token(here.store, secret)


def admit(rule: Rule) -> None:
    """Let the request pass or raise: 401 nobody or locked, 403 without the right. Sets `g.actor`."""
    if rule.proof is not None:
        g.actor = None  # whatever key it carries besides is not looked at
        rule.proof()
        return
    g.actor = identify(rule.rights)
    if rule.kind == "all" or (rule.kind == "machine" and from_this_machine()):
        return
    if rule.kind == "setup":
        _admit_setup(g.actor)
        return
    if rule.kind == "till":
        if device_id() is None and g.actor is None:
            raise _not_enrolled()
        _admit_where_several(g.actor)
        return
    if g.actor is None:
        raise SignInNeededHere("Please sign in.")
    if g.actor.via == "pin" and device_id() != g.actor.device:
        raise _not_enrolled()
    if g.actor.via == "password":
        require_console()
    _admit_within(rule, g.actor)
    if rule.kind == "anybody":
        _refuse_locked(g.actor)
    if rule.kind in ("right", "machine"):
        _admit_right(g.actor, rule.rights)
    if rule.touches:
        (passwords if g.actor.via == "password" else people).touch(parts().store, g.actor)


def _admit_where_several(who: people.Actor | None) -> None:
    """The screens of a till say how the whole server stands; that of a hub of several companies is for who may see all
    of them."""
    here = parts()
    if here.config.server.role == "till" or request.path == "/api/sign-in" or not companies.are_several(here.store):
        return
    if who is None or not reach.of_person(here.store, who.code).is_all:
        raise NotAllowed("This hub has tills of several companies; look at its console.", code="reach")


def _admit_within(rule: Rule, who: people.Actor) -> None:
    """What is about the whole hub is not for whose rights are kept to a part of it."""
    here = parts()
    if here.config.server.role == "till":
        return
    g.reach = reach.of_actor(here.store, who)
    if rule.kind != "person" and not rule.within and not g.reach.is_all:
        raise NotAllowed("Your rights are kept to some companies or shops; this is about the whole hub.", code="reach")


def _admit_setup(who: people.Actor | None) -> None:
    door = parts().door
    if not from_this_machine():
        raise NotAllowed("The first questions are answered on the till's own machine.", code="not_here")
    if door.holds(request.cookies.get(cookie_name("setup"), "")):
        return
    if who is None and door.is_open:
        raise SignInNeededHere("Type the code that stands where the till was started.", code="setup_code")
    if who is None:
        raise SignInNeededHere("Please sign in.")
    _admit_right(who, ("settings",))


def _refuse_locked(who: people.Actor) -> None:
    if who.locked:
        raise SignInNeededHere("The screen is locked. Enter your PIN to go on.", code="locked")


def _admit_right(who: people.Actor, any_of: tuple[str, ...]) -> None:
    _refuse_locked(who)
    if not any(who.may(right) for right in any_of):
        words = ", or to ".join(rights.RIGHTS[right] for right in any_of)
        raise NotAllowed(said("{name} may not do this: it needs the right to {words}.", name=who.name, words=words))


def _not_enrolled() -> NotAllowed:
    return NotAllowed(
        "This device is not enrolled here. On the till's own machine run `pos_server.py device add NAME` "
        "and type the code it prints.",
        code="not_enrolled",
    )


def require_till() -> str:
    """The device a PIN is typed on ("" = this machine). Raises when it is neither this machine nor enrolled."""
    found = device_id()
    if found is None:
        raise _not_enrolled()
    return found


def require_console() -> str:
    """The machine the console is used on, as `device_id`; "elsewhere" for a stranger where the shop lets them in."""
    found = device_id()
    if found is not None:
        return found
    if parts().config.console.from_elsewhere:
        return "elsewhere"
    raise NotAllowed(
        "The console is closed to other machines. Open it on the till's own machine or an enrolled one, or set "
        "[console] from_elsewhere = yes.",
        code="console_closed",
    )
