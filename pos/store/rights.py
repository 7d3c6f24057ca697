"""The table of rights of this till: the defaults of `rules.rights` and what an admin changed of them.

Asked for each request, so it is kept in memory, and read anew after a change and every few seconds.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pos import clock
from pos.errors import Conflict, Invalid
from pos.rules import rights
from pos.rules.rights import Rights
from pos.said import said
from pos.store import audit
from pos.store.db import Store

__all__ = ["Change", "Rights", "change", "changes", "of", "replace"]

#: So many changes are told.
CHANGES = 100

_reading = threading.Lock()
_kept: weakref.WeakKeyDictionary[Store, tuple[float, Rights]] = weakref.WeakKeyDictionary()
#: Where agents run in a process of their own, or several serve one hub, another process may change the table.
ANEW_SECONDS = 5.0


def of(store: Store) -> Rights:
    """The table as it stands now."""
    found = _kept.get(store)
    if found is None or clock.monotonic() - found[0] > ANEW_SECONDS:
        with _reading:  # a table read before a change must not be kept after it
            found = _kept[store] = (clock.monotonic(), _read(store))
    return found[1]


def change(
    store: Store,
    allowed: Mapping[tuple[str, str], bool],
    ceilings: Mapping[str, Decimal],
    by: str,
) -> Rights:
    """Change some rights and discount ceilings, all or none; each change is audited. The table afterwards.

    Invalid names what is unknown; Conflict when the owner's role would lose something, or a hub keeps the table.
    """
    if store.config.hub.url:
        raise Conflict("Rights are kept at the hub. Change them there.", code="at_hub")
    _check(allowed, ceilings)
    try:
        with store.transaction():
            before = _read(store)
            for (role, right), wanted in allowed.items():
                if before.allowed(role, right) != wanted:
                    _put(store, role, right, wanted, by)
            for role, percent in ceilings.items():
                if before.discount_percent_max(role) != percent:
                    _put_ceiling(store, role, percent, before.discount_percent_max(role), by)
    finally:
        with _reading:
            _kept.pop(store, None)
    return of(store)


def replace(store: Store, allowed: Mapping[tuple[str, str], bool], ceilings: Mapping[str, Decimal], by: str) -> bool:
    """Make the table be the defaults with just these changes, as the hub has it; whether that changed anything. What a
    newer program calls rights or roles is left out."""
    wanted = {
        (role, right): on
        for (role, right), on in allowed.items()
        if role in rights.ROLES and right in rights.RIGHTS and role != rights.OWNER
    }
    tops = {role: top for role, top in ceilings.items() if role in rights.ROLES and role != rights.OWNER}
    _check(wanted, tops)
    try:
        with store.transaction():
            before = _read(store)
            if (before.overrides, before.ceilings) == (wanted, tops):
                return False
            for (role, right), on in before.overrides.items():
                if (role, right) not in wanted:
                    store.execute('DELETE FROM right_override WHERE role = ? AND "right" = ?', (role, right))
                    audit.record(store, by, "rights.change", role, {"right": right, "allowed": not on})
            for (role, right), on in wanted.items():
                if before.overrides.get((role, right)) != on:
                    _put(store, role, right, on, by)
            for role in before.ceilings.keys() - tops.keys():
                store.execute("DELETE FROM discount_ceiling WHERE role = ?", (role,))
            for role, top in tops.items():
                if before.ceilings.get(role) != top:
                    _put_ceiling(store, role, top, before.discount_percent_max(role), by)
            return True
    finally:
        with _reading:
            _kept.pop(store, None)


@dataclass(frozen=True, slots=True)
class Change:
    """One change on record: `right` given or taken, or, when it is "", the ceiling set to `percent`."""

    at: str
    by: str
    role: str
    right: str
    allowed: bool
    percent: str
    before: str


def changes(store: Store, limit: int = CHANGES) -> list[Change]:
    """What was changed, the newest first; names of people who are known."""
    with store.reading():
        rows = store.execute(
            "SELECT a.at, coalesce(u.name, a.actor), a.subject, a.detail FROM audit a LEFT JOIN user u"
            " ON u.code = a.actor WHERE a.act IN ('rights.change', 'rights.ceiling') ORDER BY a.n DESC LIMIT ?",
            (limit,),
        ).fetchall()
    found = []
    for at, by, role, text in rows:
        detail = json.loads(text)
        percent, before = detail.get("percent", ""), detail.get("before", "")
        found.append(Change(at, by, role, detail.get("right", ""), bool(detail.get("allowed")), percent, before))
    return found


def _check(allowed: Mapping[tuple[str, str], bool], ceilings: Mapping[str, Decimal]) -> None:
    for role, right in allowed:
        if role not in rights.ROLES:
            raise Invalid(
                said("There is no role {role}; roles are: {list}.", role=repr(role), list=", ".join(rights.ROLES)),
                field="role",
            )
        if right not in rights.RIGHTS:
            raise Invalid(said("There is no right {right}.", right=repr(right)), field="right")
    for role, percent in ceilings.items():
        if role not in rights.ROLES:
            raise Invalid(
                said("There is no role {role}; roles are: {list}.", role=repr(role), list=", ".join(rights.ROLES)),
                field="role",
            )
        if not percent.is_finite() or not 0 <= percent <= 100:
            raise Invalid("A discount ceiling is between 0 and 100 per cent.", field="ceilings")
    taken = [right for (role, right), wanted in allowed.items() if role == rights.OWNER and not wanted]
    if taken or ceilings.get(rights.OWNER, Decimal(100)) != 100:
        raise Conflict(
            said("The role {owner} keeps every right, so that somebody can give them back.", owner=rights.OWNER),
            code="owner_keeps_all",
        )


def _read(store: Store) -> Rights:
    with store.reading():
        rows = store.execute('SELECT role, "right", allowed FROM right_override').fetchall()
        ceilings = store.execute("SELECT role, percent FROM discount_ceiling").fetchall()
    known = {(role, right): bool(wanted) for role, right, wanted in rows if right in rights.RIGHTS}
    return Rights(known, {role: Decimal(percent) for role, percent in ceilings})


def _put(store: Store, role: str, right: str, wanted: bool, by: str) -> None:
    store.execute(
        'INSERT INTO right_override (role, "right", allowed) VALUES (?, ?, ?)'
        ' ON CONFLICT (role, "right") DO UPDATE SET allowed = excluded.allowed',
        (role, right, wanted),
    )
    audit.record(store, by, "rights.change", role, {"right": right, "allowed": wanted})


def _put_ceiling(store: Store, role: str, percent: Decimal, before: Decimal, by: str) -> None:
    store.execute(
        "INSERT INTO discount_ceiling (role, percent) VALUES (?, ?)"
        " ON CONFLICT (role) DO UPDATE SET percent = excluded.percent",
        (role, f"{percent:f}"),
    )
    audit.record(store, by, "rights.ceiling", role, {"percent": f"{percent:f}", "before": f"{before:f}"})
