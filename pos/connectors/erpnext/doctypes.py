"""Doctypes of ours that `erpnext setup` makes on a site: cashiers, gift vouchers and the ledger of their rows.

One that is there already is used when it has the fields, and is never changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

CASHIER, VOUCHER, ENTRY = "Cashier", "Gift Voucher", "Gift Voucher Entry"

_RIGHTS = [
    {"role": "System Manager", "read": 1, "write": 1, "create": 1},
    {"role": "Accounts User", "read": 1, "write": 1, "create": 1},
    {"role": "Sales User", "read": 1},
]
#: Rows of a ledger are added and read. Nobody but a System Manager changes one.
_LEDGER_RIGHTS = [
    {"role": "System Manager", "read": 1, "write": 1, "create": 1},
    {"role": "Accounts User", "read": 1, "create": 1},
    {"role": "Sales User", "read": 1},
]


def _f(fieldname: str, fieldtype: str = "Data", **more: Any) -> dict[str, Any]:
    return {"fieldname": fieldname, "label": fieldname.replace("_", " ").capitalize(), "fieldtype": fieldtype, **more}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A doctype of ours. autoname: how its documents are named. series: they must be numbered one after the other."""

    autoname: str
    fields: tuple[dict[str, Any], ...]
    rights: list[dict[str, Any]]

    @property
    def series(self) -> bool:
        return "#" in self.autoname


DOCTYPES: dict[str, Wanted] = {
    CASHIER: Wanted(
        "field:cashier_code",
        (
            _f("cashier_code", reqd=1, unique=1, in_list_view=1),
            _f("cashier_name", reqd=1, in_list_view=1),
            _f("role", "Select", options="cashier\nsupervisor\nmanager", in_list_view=1),
            _f("active", "Check"),
        ),
        _RIGHTS,
    ),
    VOUCHER: Wanted(
        "field:voucher_code",
        (
            _f("voucher_code", reqd=1, unique=1, in_list_view=1),
            _f("initial_amount", "Currency", in_list_view=1),
            _f("balance_amount", "Currency", in_list_view=1),
            _f("status", "Select", options="Active\nInactive\nExpired", in_list_view=1),
            _f("issued_on", "Date"),
            _f("expires_on", "Date"),
        ),
        _RIGHTS,
    ),
    ENTRY: Wanted(
        "GVE-.########",
        (
            _f("entry_id", reqd=1, unique=1),
            _f("voucher_code", reqd=1, search_index=1, in_list_view=1, in_standard_filter=1),
            _f("act", "Select", options="issue\nredeem\nrefund\nexpire\nadjust\nhold\nrelease", reqd=1, in_list_view=1),
            _f("amount", "Currency", in_list_view=1),
            _f("held_amount", "Currency"),
            _f("made_at"),
            _f("expires_on", "Date"),
            _f("till", in_list_view=1),
            _f("receipt", in_list_view=1),
            _f("document"),
            _f("position", "Int"),
        ),
        _LEDGER_RIGHTS,
    ),
}


class Admin(Protocol):
    """The part of the client this needs."""

    def rows(self, doctype: str, fields: list[str], filters: list[list[Any]] | None = None) -> list[dict[str, Any]]: ...

    def document(self, doctype: str, name: str) -> dict[str, Any]: ...

    def create(self, doctype: str, body: Mapping[str, Any]) -> dict[str, Any]: ...


class Report(Protocol):
    """Where it says what it did and what a person must do."""

    done: list[str]
    todo: list[str]


def create(admin: Admin, report: Report) -> None:
    """Make those that are missing; say what one that is there lacks."""
    for name, wanted in DOCTYPES.items():
        if not _is_there(admin, name):
            body = {"name": name, "module": "Accounts", "custom": 1, "autoname": wanted.autoname}
            admin.create("DocType", body | {"fields": list(wanted.fields), "permissions": wanted.rights})
            report.done.append(f"Created the doctype {name}.")
        elif lacks := _lacks(admin.document("DocType", name), wanted):
            report.todo.append(f"The doctype {name} lacks {', '.join(lacks)}; it is not used until that is put right.")
        else:
            report.done.append(f"The doctype {name} is there.")


def usable(admin: Admin, name: str) -> bool:
    """Whether it is there with everything the till needs of it."""
    return _is_there(admin, name) and not _lacks(admin.document("DocType", name), DOCTYPES[name])


def _is_there(admin: Admin, name: str) -> bool:
    return bool(admin.rows("DocType", ["name"], [["name", "=", name]]))


def _lacks(doc: Mapping[str, Any], wanted: Wanted) -> list[str]:
    """What is missing, in words. Unique fields and the series are what keeps a row from being counted twice."""
    has = {f["fieldname"]: f for f in doc["fields"]}
    lacks = [f["fieldname"] for f in wanted.fields if f["fieldname"] not in has]
    if wanted.series:
        unique = [f["fieldname"] for f in wanted.fields if f.get("unique")]
        lacks += [f"a unique {name}" for name in unique if name in has and not int(has[name].get("unique") or 0)]
        if doc.get("autoname") != wanted.autoname:
            lacks.append(f"the naming series {wanted.autoname}")
    return lacks
