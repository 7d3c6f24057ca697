"""People and keys as the console looks after them. Nobody gives, or takes over, more rights than they have themselves.

Secrets made here are told once and kept only as hashes. Nothing is deleted: who leaves is switched off.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pos.actions.outbox_views import moment
from pos.config import Config
from pos.errors import Conflict, Invalid, NotAllowed, NotFound
from pos.rules import password as rule
from pos.rules import rights
from pos.said import said
from pos.store import listing, passwords, people, roles
from pos.store import reach as within
from pos.store import rights as tables
from pos.store.db import Store
from pos.store.keys import Actor
from pos.store.listing import Asked, Page, Source
from pos.store.reach import EVERYWHERE, Reach

PEOPLE_SHOWS = {"on": "u.active = 1", "off": "u.active = 0", "all": "1 = 1"}
TOKEN_SHOWS = {"on": "t.revoked_at = ''", "off": "t.revoked_at <> ''", "all": "1 = 1"}
PEOPLE_CSV = ("code", "name", "role", "active", "pin", "password", "badge", "locked_until", "last_seen")
TOKEN_CSV = ("name", "role", "person", "scopes", "places", "created_at", "used_at", "revoked_at")
PIN_DIGITS = 6
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_PEOPLE = Source(
    (
        "u.code", "u.name", "u.role", "u.active", "u.pin_hash <> ''", "u.password_hash <> ''", "u.badge_hash <> ''",
        "u.locked_until", "u.password_locked_until",
        "coalesce((SELECT max(s.seen_at) FROM sign_in s WHERE s.user = u.code), '')",
    ),
    "user u",
    "u.code",
    {"name": "u.name", "code": "u.code", "role": "u.role"},
)  # fmt: skip
_TOKENS = Source(
    (
        "t.id",
        "t.name",
        "t.role",
        "t.scopes",
        "t.created_at",
        "t.used_at",
        "t.revoked_at",
        "t.person",
        "coalesce(u.name, '')",
    ),
    "token t LEFT JOIN user u ON u.code = t.person",
    "t.id",
    {"name": "t.name", "made": "t.id", "used": "t.used_at"},
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Whom to show. show: on, off or all. role: only this one. words: in code or name. "" = any."""

    show: str = "on"
    role: str = ""
    words: str = ""


# -- people ------------------------------------------------------------------------------------------------------------


def listed(
    store: Store, config: Config, who: Actor, wanted: Filter, asked: Asked, reach: Reach = EVERYWHERE
) -> tuple[list[dict[str, Any]], Page]:
    """A page of people."""
    with store.reading():
        found = listing.page(store, _PEOPLE, *_conditions(wanted, reach), asked)
    return [_person(store, config, who, row) for row in found.rows], found


def every(
    store: Store, config: Config, who: Actor, wanted: Filter, asked: Asked, reach: Reach = EVERYWHERE
) -> Iterator[dict[str, Any]]:
    """All that fit, for an export."""
    where, facts = _conditions(wanted, reach)
    return (_person(store, config, who, row) for row in listing.everything(store, _PEOPLE, where, facts, asked))


def one(store: Store, config: Config, who: Actor, code: str, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """One person within a reach. NotFound."""
    more, facts = within.people(reach, "u.code")
    with store.reading():
        rows = listing.page(store, _PEOPLE, ["u.code = ?", *more], [code, *facts], Asked(limit=1)).rows
    if not rows:
        raise NotFound(said("Nobody here has the code {code}.", code=code[:20]), field="code")
    return _person(store, config, who, rows[0])


def _conditions(wanted: Filter, reach: Reach) -> tuple[list[str], list[Any]]:
    more, others = within.people(reach, "u.code")
    where, facts = [PEOPLE_SHOWS[wanted.show], *more], list[Any](others)
    if wanted.role:
        where.append("u.role = ?")
        facts.append(wanted.role)
    if wanted.words:
        where.append("(instr(lower(u.name), lower(?)) > 0 OR instr(lower(u.code), lower(?)) > 0)")
        facts += [wanted.words, wanted.words]
    return where, facts


def _person(store: Store, config: Config, who: Actor, row: tuple[Any, ...]) -> dict[str, Any]:
    code, name, role, active, pin, password, badge, locked, password_locked, seen = row
    until = max(locked, password_locked)
    return {
        "code": code,
        "name": name,
        "role": role,
        "active": bool(active),
        "pin": bool(pin),
        "password": bool(password),
        "badge": bool(badge),
        "locked_until": until,
        "locked_text": moment(store, config, until),
        "last_seen": seen,
        "last_seen_text": moment(store, config, seen),
        "self": code == who.code,
        "scope": within.words(store, code),
        "may_change": _reaches(who, tables.of(store).rights_of(role)),
    }


def add(store: Store, who: Actor, code: str, name: str, role: str, pin: str) -> str:
    """Add a person, or bring a former one back. Returns the PIN that was made, "" when one was given."""
    _may_give(store, who, role)
    own = within.scope_of(store, who.code)
    former = next((one for one in people.people(store) if one.code == code), None)
    if former is not None:
        if own and not within.inside(store, within.people(within.of_person(store, who.code), "x.code"), '"user"',
                                     "x.code = ?", code):  # fmt: skip
            raise Conflict(said("The code {code} is in use. Choose another.", code=code), field="code")
        _may_change(store, who, code)
    made = "" if pin else _pin()
    with store.transaction():
        people.add_user(store, code, name, role, pin or made, who.code)
        if own:
            within.keep_to(store, code, own, who.code, new=former is None)
    return made


def set_role(store: Store, who: Actor, code: str, role: str) -> None:
    """Another role, within one's own rights before and after; not one's own."""
    _not_oneself(who, code)
    person = _may_change(store, who, code)
    _may_give(store, who, role)
    with store.transaction():
        if role != rights.OWNER:
            _not_the_last_owner(store, person)
        roles.set_role(store, code, role, who.code)


def set_active(store: Store, who: Actor, code: str, active: bool) -> None:
    """Switch a person off, who is signed out everywhere at once, or on again."""
    if not active:
        _not_oneself(who, code)
    person = _may_change(store, who, code)
    with store.transaction():
        if not active:
            _not_the_last_owner(store, person)
        if person.active != active:
            people.set_active(store, code, active, who.code)


def set_pin(store: Store, who: Actor, code: str, pin: str) -> str:
    """A new PIN; every sign-in ends. Returns the one that was made, "" when one was given."""
    _may_change(store, who, code)
    made = "" if pin else _pin()
    people.set_pin(store, code, pin or made, who.code)
    return made


def set_password(store: Store, who: Actor, code: str, password: str | None) -> str:
    """A new password, None = none any more. Returns the one that was made, "" when one was given or taken away."""
    person = _may_change(store, who, code)
    made = _password(person.code, person.name, store.config.shop.name) if password == "" else ""
    passwords.set_password(store, code, made or password, who.code)
    return made


def set_badge(store: Store, who: Actor, code: str, badge: str | None) -> str:
    """A badge: the text of a card there is, "" = one is made here, None = none any more. Returns what was made."""
    _may_change(store, who, code)
    text = people.set_badge(store, code, "" if badge is None else badge or None, who.code)
    return text if badge == "" else ""


# -- keys for programs -------------------------------------------------------------------------------------------------


def tokens(store: Store, config: Config, who: Actor, show: str, asked: Asked) -> tuple[list[dict[str, Any]], Page]:
    """A page of keys, without their secrets: those are nowhere."""
    with store.reading():
        found = listing.page(store, _TOKENS, [TOKEN_SHOWS[show]], [], asked)
    return [_token(store, config, who, row) for row in found.rows], found


def every_token(store: Store, config: Config, who: Actor, show: str, asked: Asked) -> Iterator[dict[str, Any]]:
    """All of them, for an export."""
    rows = listing.everything(store, _TOKENS, [TOKEN_SHOWS[show]], [], asked)
    return (_token(store, config, who, row) for row in rows)


def one_token(store: Store, config: Config, who: Actor, key: str) -> dict[str, Any]:
    """One key by its id. NotFound."""
    with store.reading():
        rows = listing.page(store, _TOKENS, ["t.id = ?"], [key], Asked(limit=1)).rows
    if not rows:
        raise NotFound(said("There is no such key."), field="id")
    return _token(store, config, who, rows[0])


def _token(store: Store, config: Config, who: Actor, row: tuple[Any, ...]) -> dict[str, Any]:
    key, name, role, scopes, created_at, used_at, revoked_at, person, person_name = row
    has = scopes.split() or list(tables.of(store).rights_of(role))
    return {
        "id": key,
        "name": name,
        "role": role,
        "person": person,
        "person_name": person_name,
        "scopes": scopes,
        "rights": has,
        "places": within.words(store, within.key_code(name)),
        "created_at": created_at,
        "created_text": moment(store, config, created_at),
        "used_at": used_at,
        "used_text": moment(store, config, used_at),
        "revoked_at": revoked_at,
        "revoked_text": moment(store, config, revoked_at),
        "works": not revoked_at,
        "may_change": not revoked_at and _reaches(who, has),
    }


def add_token(
    store: Store,
    who: Actor,
    name: str,
    role: str,
    scopes: Collection[str],
    places: Collection[str] = (),
    person: str = "",
) -> str:
    """Make a key within one's own rights. places: COMPANY or COMPANY/SHOP it is kept to, none = everywhere. person:
    whose it is, "" = nobody's; somebody else's is for an owner to make. Returns its secret, told this once."""
    _refuse_anothers(who, person)
    if role not in rights.ROLES or not set(scopes) <= set(rights.RIGHTS):
        return people.add_token(store, name, role, who.code, scopes, person)  # which says what is wrong
    full = tables.of(store).rights_of(role)
    wanted = [right for right in full if right in scopes] if scopes else full
    if scopes and not wanted:
        raise Invalid("The role has none of these rights.", field="scopes")
    if not _reaches(who, wanted):
        raise _too_much()
    with store.transaction():
        secret = people.add_token(store, name, role, who.code, wanted if scopes else (), person)
        if places:
            within.keep_key_to(store, name, [within.read(store, one) for one in places], who.code)
    return secret


def whose(store: Store, who: Actor) -> list[people.Person]:
    """Whose a key may be that this person makes: their own, an owner's choice of everybody."""
    active = [one for one in people.people(store) if one.active]
    return active if who.role == rights.OWNER else [one for one in active if one.code == who.person]


def rotate_token(store: Store, config: Config, who: Actor, key: str) -> str:
    """A new secret, told this once; the old one stops at once. Somebody else's key is for an owner to make anew: who
    holds its secret acts in their name."""
    _refuse_anothers(who, str(one_token(store, config, who, key)["person"]))
    return people.rotate_token(store, _mine(store, config, who, key), who.code)


def revoke_token(store: Store, config: Config, who: Actor, key: str) -> None:
    """It stops working with the next request."""
    people.revoke_token(store, _mine(store, config, who, key), who.code)


def _refuse_anothers(who: Actor, person: str) -> None:
    if person and person != who.person and who.role != rights.OWNER:
        raise NotAllowed("A key in somebody else's name is made by an owner.", code="not_yours", field="person")


def _mine(store: Store, config: Config, who: Actor, key: str) -> str:
    found = one_token(store, config, who, key)
    if not found["works"]:
        raise Conflict("This key was withdrawn. Make a new one.", code="revoked")
    if not found["may_change"]:
        raise _too_much()
    return str(found["name"])


# -- who may -----------------------------------------------------------------------------------------------------------


def _reaches(who: Actor, wanted: Iterable[str]) -> bool:
    """Whether these rights are all among one's own."""
    return set(wanted) <= set(who.table.rights_of(who.role))


def _may_give(store: Store, who: Actor, role: str) -> None:
    if role in rights.ROLES and not _reaches(who, tables.of(store).rights_of(role)):
        raise _too_much()


def _may_change(store: Store, who: Actor, code: str) -> people.Person:
    person = next((one for one in people.people(store) if one.code == code), None)
    mine = within.people(within.of_person(store, who.code), "x.code")
    if person is None or (mine[0] and not within.inside(store, mine, '"user"', "x.code = ?", code)):
        raise NotFound(said("Nobody here has the code {code}.", code=code[:20]), field="code")
    if not _reaches(who, tables.of(store).rights_of(person.role)):
        raise _too_much()
    return person


def _too_much() -> NotAllowed:
    return NotAllowed("Only somebody who has all these rights themselves can do this.", code="above_yourself")


def _not_oneself(who: Actor, code: str) -> None:
    if who.code == code:
        raise NotAllowed("Nobody does this to themselves; ask another person.", code="oneself")


def _not_the_last_owner(store: Store, person: people.Person) -> None:
    owners = [one.code for one in people.people(store) if one.active and one.role == rights.OWNER]
    if owners == [person.code]:
        raise Conflict("This is the last owner. Make somebody else one first.", code="last_owner")


def _pin() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))


def _password(*known: str) -> str:
    """Twenty letters, 98 bits, in four groups that are easily read out."""
    while True:
        made = "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))
        try:
            rule.check(made, *known)
        except Invalid:  # by chance it holds a word that is guessed first
            continue
        return made
