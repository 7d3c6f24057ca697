"""What a hub told this till: people, rights and notices. The hub owns them; what only this till knows stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pos import clock
from pos.errors import Invalid
from pos.rules import rights as rules
from pos.said import unpacked
from pos.store import audit, notices, people, rights
from pos.store.db import Store
from pos.store.feeds import Counts
from pos.store.models import User
from pos.store.people import PINS

Rows = Iterable[Mapping[str, Any]]
#: How the keys of the hub's notices begin here.
FROM_HUB = "hub:"


def put_people(store: Store, rows: Rows, source: str) -> Counts:
    """People by code, with what their PIN and badge are checked against. Who left, or has another PIN now, is signed
    out everywhere. Somebody this till has under the same code is the hub's from then on."""
    counts = Counts()
    for row in rows:
        with store.transaction():
            counts += _put_person(store, row, source)
    return counts


def _put_person(store: Store, row: Mapping[str, Any], source: str) -> Counts:
    code, role = str(row["code"]), str(row["role"])
    if not people.CODE.match(code):
        raise Invalid("a cashier code is 1 to 20 letters and digits", field="code")
    if role not in rules.ROLES:
        raise Invalid(f"there is no role {role!r}; roles are: {', '.join(rules.ROLES)}", field="role")
    wanted: dict[str, Any] = {"name": str(row["name"]), "role": role, "active": bool(row["active"]), "source": source,
              "pin_hash": str(row["pin_hash"]), "badge_hash": str(row["badge_hash"])}  # fmt: skip
    here = User.get_or_none(User.code == code)
    if here is None:
        if not wanted["active"]:
            return Counts(unchanged=1)
        User.create(code=code, modified=clock.stamp(clock.now()), **wanted)
        audit.record(store, source, "user.add", code, {"name": wanted["name"], "role": role})
        return Counts(added=1)
    if not wanted["active"]:
        wanted["name"] = wanted["name"] or here.name
    different = {key: value for key, value in wanted.items() if getattr(here, key) != value}
    if not different:
        return Counts(unchanged=1)
    if "source" in different:  # whoever had the code here is not who has it now
        different["password_hash"] = ""
    fresh = PINS.fresh(wanted["pin_hash"]) if "pin_hash" in different else {}
    changed = {**different, **fresh, "modified": clock.stamp(clock.now())}
    User.update(**changed).where(User.code == code).execute()
    if {"active", "pin_hash", "role", "source"} & set(different):
        people.end_all(code)
    audit.record(store, source, "user.change", code, {key: different[key] for key in different if "hash" not in key})
    return Counts(changed=1)


def put_rights(store: Store, rows: Rows, source: str) -> Counts:
    """The table of rights, as a whole."""
    counts = Counts()
    for row in rows:
        try:
            ceilings = {str(role): Decimal(str(percent)) for role, percent in row["ceilings"]}
        except InvalidOperation as error:
            raise Invalid("a ceiling is a number of per cent", field="ceilings") from error
        allowed = {(str(role), str(right)): bool(wanted) for role, right, wanted in row["rights"]}
        changed = rights.replace(store, allowed, ceilings, source)
        counts += Counts(changed=1) if changed else Counts(unchanged=1)
    return counts


def put_notices(store: Store, rows: Rows, _source: str) -> Counts:
    """Notices the hub has about this till: open while they are open there."""
    counts = Counts()
    for row in rows:
        key, level = f"{FROM_HUB}{row['code']}", row["level"]
        if level not in notices.RANK:
            raise Invalid(f"there is no level {level!r}", field="level")
        if row["open"]:
            text = unpacked(str(row["text"]), str(row["text_made_of"]))
            remedy = unpacked(str(row["remedy"]), str(row["remedy_made_of"]))
            new = notices.raise_notice(store, key, level, text, remedy, str(row["subject"]))
        else:
            new = notices.settle(store, key)
        counts += Counts(changed=1) if new else Counts(unchanged=1)
    return counts
