"""Which role a person has: changed with what it was before in the audit."""

from __future__ import annotations

from pos import clock
from pos.errors import Invalid, NotFound
from pos.rules import rights
from pos.said import said
from pos.store import audit, people
from pos.store.db import Store
from pos.store.models import User


def set_role(store: Store, code: str, role: str, by: str = "system") -> None:
    """Give a person another role; it counts from their next request on. NotFound, Invalid."""
    if role not in rights.ROLES:
        raise Invalid(
            said("There is no role {role}; roles are: {list}.", role=repr(role), list=", ".join(rights.ROLES)),
            field="role",
        )
    people.refuse_hubs(store, code)
    with store.transaction():
        user = User.get_or_none((User.code == code) & (User.active == 1))
        if user is None:
            raise NotFound(said("Nobody here has the code {code}.", code=code), field="code")
        if user.role != role:
            User.update(role=role, modified=clock.stamp(clock.now())).where(User.code == code).execute()
            audit.record(store, by, "user.role", code, {"before": user.role, "after": role})
