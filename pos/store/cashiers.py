"""People kept in the books: taken in with name and role, switched off when they leave. Their PINs are made here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pos import clock
from pos.errors import Invalid
from pos.rules import rights
from pos.store import audit, people
from pos.store.db import Store
from pos.store.feeds import Counts
from pos.store.models import User


def put(store: Store, rows: Iterable[Mapping[str, Any]], source: str) -> Counts:
    """Cashiers by code. One who left is signed out everywhere. Invalid when the code is of a person made here."""
    counts = Counts()
    for row in rows:
        with store.transaction():
            counts += _put(store, row, source)
    return counts


def names(store: Store, source: str) -> set[str]:
    """Codes of the active people who came from this source."""
    with store.reading():
        return {user.code for user in User.select(User.code).where((User.source == source) & (User.active == 1))}


def leave(store: Store, codes: Iterable[str], source: str) -> int:
    """Switch off people the source no longer names; how many."""
    gone = names(store, source) & set(codes)
    for code in sorted(gone):
        people.set_active(store, code, False, by=source)
    return len(gone)


def _put(store: Store, row: Mapping[str, Any], source: str) -> Counts:
    code, role = str(row["code"]), str(row["role"])
    if not people.CODE.match(code):
        raise Invalid("a cashier code is 1 to 20 letters and digits", field="code")
    if role not in rights.ROLES:
        raise Invalid(f"there is no role {role!r}; roles are: {', '.join(rights.ROLES)}", field="role")
    here = User.get_or_none(User.code == code)
    active = bool(row.get("active", True))
    if here is None:
        if active:
            User.create(code=code, name=row["name"], role=role, source=source, modified=clock.stamp(clock.now()))
            audit.record(store, source, "user.add", code, {"name": row["name"], "role": role})
        return Counts(added=int(active), unchanged=int(not active))
    if here.source != source:
        raise Invalid(f"the code {code} belongs to {here.name}, who was added at this till", field="code")
    if (here.name, here.role) != (row["name"], role):
        User.update(name=row["name"], role=role).where(User.code == code).execute()
        audit.record(store, source, "user.change", code, {"name": row["name"], "role": role})
    elif here.active == active:
        return Counts(unchanged=1)
    if here.active != active:
        people.set_active(store, code, active, by=source)
    return Counts(changed=1)
