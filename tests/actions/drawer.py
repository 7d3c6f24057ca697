"""A day at the drawer in a few words: open, sell, move cash, count, close."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pos import clock
from pos.actions import cash, reports, sell, shift
from pos.store import approvals, people
from pos.store.journal import Committed
from tests.actions.shop import Person, Till, basket, line

MANAGER = Person("manager", "mia", "Mia")
CASHIER = Person("cashier", "cat", "Cat")


def start(till: Till, size: str = "100.00", by: Person = MANAGER, **more: Any) -> dict[str, Any]:
    return shift.open_session(till, {"id": clock.uuid7(), "float": size, **more}, by).doc


def mug(till: Till, qty: str = "1", pay: str = "Cash", by: Person = MANAGER, given: str = "") -> dict[str, Any]:
    """Mugs at 1.20."""
    total = str(Decimal("1.20") * int(qty))
    asked = basket(line("MUG", qty), total=total, pay=pay)
    asked["id"] = clock.uuid7()
    if given:
        asked["payments"][0]["amount"] = given
    return sell.commit(till, asked, by).doc


def back(till: Till, sold: dict[str, Any], qty: str = "-1", by: Person = MANAGER) -> dict[str, Any]:
    total = str(Decimal("1.20") * int(qty))
    row = line("MUG", qty, "r1", return_against={"id": sold["id"], "line": "a1"})
    return sell.commit(till, {**basket(row, total=total), "id": clock.uuid7()}, by).doc


def move(till: Till, kind: str, amount: str | None, by: Person = MANAGER, reason: str = "window cleaner", **more: Any):
    asked = {"id": clock.uuid7(), "kind": kind, "reason": reason, **({"amount": amount} if amount else {}), **more}
    return cash.record(till, asked, by).doc


def tally(till: Till, total: str, by: Person = MANAGER, **tenders: str) -> shift.Checked:
    return shift.count_check(till, {"id": clock.uuid7(), "cash": total, "tenders": tenders}, by)


def finish(till: Till, total: str, by: Person = MANAGER, *, reason: str = "", key: str = "", **more: Any) -> Committed:
    """Count and close."""
    counted = tally(till, total, by)
    asked = {"id": key or clock.uuid7(), "count": counted.count.id, "reason": reason, **more}
    return shift.close(till, asked, by)


def agreed(till: Till, act: str, subject: str, asker: Person, by: Person = MANAGER) -> str:
    """An approval by somebody who is really there."""
    if by.code not in {p.code for p in people.people(till.store)}:
        people.add_user(till.store, by.code, by.name, by.role)
    return approvals.grant(till.store, act, subject, by, asker.code)


def expected(till: Till) -> Decimal:
    """What must be in the drawer now."""
    return reports.x_read(till, MANAGER)["z"]["cash"]["expected"]
