"""Which way a company's QuickBooks Desktop is reached: its Web Connector or Conductor, never both. Both would tell one
company file of the same things, each without knowing of the other's.

Looked at inside the transaction that switches one on, and again wherever one of them is used.
"""

from __future__ import annotations

from typing import Any, Literal

from pos.errors import Conflict
from pos.said import nsaid, said
from pos.store.db import Store
from pos.store.models import ConductorCompany, ConductorSession, Connection, QbdCompany, QbdWork

Way = Literal["", "web_connector", "conductor"]
#: Postings in a Web Connector's queue that have yet to be told, or of which nobody knows whether they were.
OPEN = ("not_ready", "pending", "in_flight", "unknown")


def way(store: Store, company: str) -> Way:
    """The one that is on; "" = neither. Where both are, by a hand or an old copy, either is refused when it is used."""
    with store.reading():
        if ConductorCompany.select().where(_on(ConductorCompany, company)).exists():
            return "conductor"
        return "web_connector" if QbdCompany.select().where(_on(QbdCompany, company)).exists() else ""


def refuse_web_connector(store: Store, company: str) -> None:
    """Conflict where Conductor is the way. In the transaction that would make the Web Connector it, or use it."""
    if way(store, company) == "conductor":
        raise Conflict(
            said("QuickBooks Desktop of this company is reached through Conductor; switch that off first."),
            code="other_way",
        )


def refuse_conductor(store: Store, company: str) -> None:
    """Conflict where the Web Connector is the way, or something of it is still open: how many messages, and what to do.
    In the transaction that would make Conductor it."""
    with store.reading():
        desktop = QbdCompany.get_or_none(QbdCompany.company == company)
        if desktop is None:
            return
        posts = (QbdWork.connection == desktop.connection) & (QbdWork.writes == 1)  # a question changes nothing there
        left = QbdWork.select().where(posts & QbdWork.state.in_(OPEN)).count()
        sales = Connection.select().where((Connection.id == desktop.connection) & (Connection.enabled == 1)).exists()
    if left:
        raise Conflict(
            nsaid(
                "{n} message waits for the Web Connector of this company. Let it come round until nothing waits, or "
                "take back what is not to go, then switch it off.",
                "{n} messages wait for the Web Connector of this company. Let it come round until nothing waits, or "
                "take back what is not to go, then switch it off.", left,
            ), code="work_left", facts={"left": left},
        )  # fmt: skip
    if sales:
        raise Conflict(
            said("Sales of this company go to QuickBooks Desktop through its Web Connector; end that first."),
            code="sales_on",
        )
    if desktop.enabled:
        raise Conflict(
            said("QuickBooks Desktop of this company is reached through its Web Connector; switch that off first."),
            code="other_way",
        )


def refuse_beside(store: Store, company: str) -> None:
    """Conflict where a Web Connector is on beside Conductor, by a hand or an old copy. Before Conductor is used."""
    with store.reading():
        both = QbdCompany.select().where(_on(QbdCompany, company)).exists()
    if both:
        raise Conflict(
            said("QuickBooks Desktop of this company is reached through its Web Connector; switch that off first."),
            code="other_way",
        )


def refuse_while_running(connection: str) -> None:
    """Conflict while a session brings records together through Conductor."""
    running = (ConductorSession.connection == connection) & (ConductorSession.status == "running")
    if ConductorSession.select().where(running).exists():
        raise Conflict(said("A session is running; cancel it or wait until it has ended."), code="running")


def _on(table: Any, company: str) -> Any:
    return (table.company == company) & (table.enabled == 1)
