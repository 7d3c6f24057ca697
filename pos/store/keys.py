"""Keys: what a browser or a program shows instead of a person's PIN. Enrolled devices and bearer tokens.

Each secret is long and random, handed out once, and kept only as its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pos import clock
from pos.errors import CannotSave, Conflict, Invalid, NotFound
from pos.rules import rights
from pos.rules.rights import Rights
from pos.said import said
from pos.store import audit, disk
from pos.store import rights as tables
from pos.store.db import Store
from pos.store.models import Device, PersonScope, SignIn, Token, User

NAME_CHARS_MAX = 80
PAGE_KEY_BYTES = 32
ENROL_CODE_MINUTES = 15
#: How often "seen" and "used" are written down.
SEEN_EVERY = timedelta(minutes=1)
#: Letters of a one-time code: none that is mistaken for another. 10 of 31 = 49 bits.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is behind a request. via: "pin" (a person at a screen) or "token" (a program). key: hash of their secret.
    behind: the code of the person a program's key belongs to, "" = it is nobody's."""

    code: str
    name: str
    role: str
    via: str
    key: str
    device: str = ""
    locked: bool = False
    seen_at: str = ""
    table: Rights = field(default=rights.DEFAULT, repr=False, compare=False)
    behind: str = ""

    @property
    def person(self) -> str:
        """The code of the person this is, whichever way they came; "" for a program that is nobody's."""
        return self.behind if self.via == "token" else self.code

    def may(self, right: str) -> bool:
        return self.table.allowed(self.role, right)


def page_key(path: Path) -> bytes:
    """The key that signs the page cookie: made once, for the till's user only, never in the database or a backup.

    Several servers on one folder that start together agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with disk.alone(path.with_name(f".{path.name}.lock")):
        key = path.read_bytes() if path.exists() else b""
        if len(key) < PAGE_KEY_BYTES:  # none, or torn by a power cut: worth nothing
            key = secrets.token_bytes(PAGE_KEY_BYTES)
            path.unlink(missing_ok=True)
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(key)
            disk.flush_file(path)
    return key


# -- devices -----------------------------------------------------------------------------------------------------------


def add_device(store: Store, name: str, by: str = "system") -> str:
    """Allow one more device. Returns the one-time code to type on it within ENROL_CODE_MINUTES."""
    name, now = clean_name(name), clock.now()
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    until = clock.stamp(now + timedelta(minutes=ENROL_CODE_MINUTES))
    with store.transaction():
        Device.create(
            id=clock.uuid7(), name=name, secret_hash=digest(code), code_until=until, enrolled_at="", enrolled_by=by
        )
        audit.record(store, by, "device.add", name, {})
    return f"{code[:5]}-{code[5:]}"


def enrol(store: Store, code: str) -> tuple[str, str]:
    """Use up a one-time code: (the cookie's secret, the device's name). Invalid when it is wrong, used or too old."""
    key = digest(re.sub(r"[\s-]", "", code).upper())
    secret, now = secrets.token_urlsafe(32), clock.stamp(clock.now())
    with store.transaction():
        device = Device.get_or_none(
            (Device.secret_hash == key) & (Device.code_until >= now) & (Device.revoked_at == "")
        )
        if device is None:
            raise Invalid(
                "This code is wrong, used or too old. Make a new one with `pos_server.py device add`.", field="code"
            )
        Device.update(secret_hash=digest(secret), code_until="", enrolled_at=now).where(
            (Device.id == device.id) & (Device.secret_hash == key)
        ).execute()
        audit.record(store, f"device {device.name}", "device.enrol", device.id, {"name": device.name})
    return secret, device.name


def find_device(store: Store, secret: str) -> str | None:
    """The id of the enrolled device that holds this cookie, or None."""
    row = store.execute(
        "SELECT id FROM device WHERE secret_hash = ? AND enrolled_at <> '' AND revoked_at = ''", (digest(secret),)
    ).fetchone()
    return None if row is None else row[0]


def revoke_device(store: Store, name: str, by: str = "system") -> int:
    """Enrolled devices of this name may no longer sign in; their sign-ins end. Returns how many there were."""
    now = clock.stamp(clock.now())
    with store.transaction():
        ids = [d.id for d in Device.select().where((Device.name == name) & (Device.revoked_at == ""))]
        Device.update(revoked_at=now).where(Device.id.in_(ids)).execute()
        SignIn.update(ended_at=now).where(SignIn.device.in_(ids) & (SignIn.ended_at == "")).execute()
        audit.record(store, by, "device.revoke", name, {"devices": len(ids)})
    return len(ids)


def revoke_one(store: Store, key: str, by: str = "system") -> None:
    """One machine, by its id, may no longer sign in, nor use its code; its sign-ins end. NotFound; twice is once."""
    now = clock.stamp(clock.now())
    with store.transaction():
        device = Device.get_or_none(Device.id == key)
        if device is None:
            raise NotFound("There is no such machine.", field="id")
        if device.revoked_at:
            return
        Device.update(revoked_at=now, code_until="").where(Device.id == key).execute()
        SignIn.update(ended_at=now).where((SignIn.device == key) & (SignIn.ended_at == "")).execute()
        audit.record(store, by, "device.revoke", device.name, {"devices": 1, "device": key})


def devices(store: Store) -> list[tuple[str, str, str]]:
    """Devices not withdrawn as (name, enrolled at or "", code valid until or "")."""
    rows = Device.select().where(Device.revoked_at == "").order_by(Device.name).execute(store.database)
    return [(d.name, d.enrolled_at, d.code_until) for d in rows]


# -- tokens ------------------------------------------------------------------------------------------------------------


def add_token(
    store: Store, name: str, role: str, by: str = "system", scopes: Collection[str] = (), person: str = ""
) -> str:
    """A key for a program, shown once: sent as `Authorization: Bearer …`. scopes: fewer rights than its role has.
    person: the code of whose it is; it never may more than they do, and stops when they leave. "" = nobody's."""
    if role not in rights.ROLES:
        raise Invalid(
            said("There is no role {role}; roles are: {list}.", role=repr(role), list=", ".join(rights.ROLES)),
            field="role",
        )
    name, secret, scope_text = clean_name(name), _token(), _scopes(role, scopes)
    with store.transaction():
        if Token.select().where((Token.name == name) & (Token.revoked_at == "")).exists():
            raise Conflict(
                said("There is a key called {name} already. Withdraw it first, or choose another name.", name=name),
                field="name",
            )
        Token.create(
            id=clock.uuid7(),
            name=name,
            secret_hash=digest(secret),
            role=role,
            created_at=clock.stamp(clock.now()),
            scopes=scope_text,
            person=_somebody(person),
        )
        PersonScope.delete().where(PersonScope.person == f"token:{name}").execute()  # of one withdrawn before
        told = {"role": role, "scopes": scope_text, "person": person}
        audit.record(store, by, "token.add", name, {key: value for key, value in told.items() if value})
    return secret


def rotate_token(store: Store, name: str, by: str = "system") -> str:
    """Give a key a new secret, shown once; the old one stops working with the next request. NotFound."""
    secret = _token()
    with store.transaction():
        working = (Token.name == name) & (Token.revoked_at == "")
        if not Token.update(secret_hash=digest(secret), used_at="").where(working).execute():
            raise NotFound(said("There is no key called {name}.", name=name), field="name")
        audit.record(store, by, "token.rotate", name, {})
    return secret


def _token() -> str:
    return f"tk_{secrets.token_urlsafe(32)}"


def _somebody(code: str) -> str:
    if code and not User.select().where((User.code == code) & (User.active == 1)).exists():
        raise NotFound(said("Nobody here has the code {code}.", code=code[:20]), field="person")
    return code


def _scopes(role: str, wanted: Collection[str]) -> str:
    unknown = [right for right in wanted if right not in rights.RIGHTS]
    if unknown:
        raise Invalid(said("There is no right {name}.", name=repr(unknown[0][:40])), field="scopes")
    if wanted and role == rights.OWNER:
        raise Invalid("An owner's key has every right. Choose another role for a key that has fewer.", field="scopes")
    return " ".join(right for right in rights.RIGHTS if right in wanted)


_HOLDER = (
    "SELECT t.id, t.name, t.role, t.used_at, t.scopes, t.person, u.role, u.active FROM token t"
    " LEFT JOIN user u ON u.code = t.person WHERE t.secret_hash = ? AND t.revoked_at = ''"
)


def find_token(store: Store, secret: str) -> Actor | None:
    """The program that holds this key, or None when it is unknown or withdrawn, or whose it is left."""
    key = digest(secret)
    found = store.execute(_HOLDER, (key,)).fetchone()
    if found is None:
        return None
    token_id, name, role, used_at, scopes, person, own_role, active = found
    if person and not active:
        return None
    now = clock.now()
    if not used_at or now - clock.parse(used_at) >= SEEN_EVERY:
        with suppress(CannotSave), store.transaction():
            Token.update(used_at=clock.stamp(now)).where(Token.id == token_id).execute()
    role, table = _allowed(tables.of(store), role, scopes.split(), own_role if person else "")
    return Actor(f"token:{name}", name, role, "token", key, table=table, behind=person)


def _allowed(table: Rights, role: str, scopes: list[str], own_role: str) -> tuple[str, Rights]:
    """What a key may: the rights of its role, of these the scopes if there are any, and of these the person's own."""
    if own_role and role == rights.OWNER:
        role = own_role
    if own_role and own_role != rights.OWNER:
        own = table.rights_of(own_role)
        table = table.narrowed(role, [right for right in own if not scopes or right in scopes])
    elif scopes:
        table = table.narrowed(role, scopes)
    return role, table


def revoke_token(store: Store, name: str, by: str = "system") -> None:
    """Withdraw a key; it stops working with the next request."""
    with store.transaction():
        changed = (
            Token.update(revoked_at=clock.stamp(clock.now()))
            .where((Token.name == name) & (Token.revoked_at == ""))
            .execute()
        )
        if not changed:
            raise NotFound(said("There is no key called {name}.", name=name), field="name")
        audit.record(store, by, "token.revoke", name, {})


def tokens(store: Store) -> list[tuple[str, str, str]]:
    """Keys not withdrawn as (name, role, last used or "")."""
    rows = Token.select().where(Token.revoked_at == "").order_by(Token.name).execute(store.database)
    return [(t.name, t.role, t.used_at) for t in rows]


def owner_of(store: Store, name: str) -> str:
    """The code of whose a key is that works; "" = nobody's."""
    row = Token.select().where((Token.name == name) & (Token.revoked_at == "")).execute(store.database)
    return next((t.person for t in row), "")


def clean_name(name: str) -> str:
    """The name without stray spaces; Invalid when it is empty, too long or holds control characters."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_CHARS_MAX or not name.isprintable():
        raise Invalid(said("A name is 1 to {name_chars_max} letters.", name_chars_max=NAME_CHARS_MAX), field="name")
    return name


def digest(secret: str) -> str:
    """For secrets that are long and random already; a slow hash would only slow each request down."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
