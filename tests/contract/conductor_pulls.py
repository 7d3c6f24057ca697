"""A bench that also pulls: steps of a session, one after the other, as a worker does them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pos import clock
from pos.actions import conductor_lists, conductor_pull, conductor_setup
from pos.rules import conductor as types
from pos.store import companies, conductor_sessions, records
from pos.store.conductor_sessions import Session
from pos.store.records import Record
from tests.contract.conductor_bench import CONNECTION, DAY, Bench
from tests.contract.emulators.conductor import Conductor

ACCOUNTS = {"income": "Merchandise Sales", "cogs": "Cost of Goods Sold", "asset": "Inventory Asset"}


class Pulls(Bench):
    """stop: asked before each request; one that answers True ends the step there."""

    def begun(self, *names: str, direction: str = "pull") -> Session:
        now = clock.now()
        plan = [(name, direction) for name in (*types.TYPES, "lists") if name in names]
        conductor_sessions.start(self.store, companies.MAIN, CONNECTION, names, plan, "7", now)
        taken = conductor_sessions.claim(self.store, "worker", now)
        assert taken is not None
        self.last = taken
        return taken

    def work(self, session: Session, stop: Callable[[], bool] = lambda: False) -> bool:
        """Each step of it from where it is; whether all came to their end."""
        for step in conductor_sessions.steps(self.store, session.n):
            if not conductor_pull.run(self.side(session.n), session, step, stop, lambda: None):
                return False
        return True

    def ended(self, session: Session) -> tuple[int, int, int]:
        """Synced, failed, unchanged."""
        steps = conductor_sessions.steps(self.store, session.n)
        conductor_sessions.end(self.store, session, "completed", clock.now())
        return sum(one.synced for one in steps), sum(one.failed for one in steps), sum(one.unchanged for one in steps)

    def pull(self, *names: str, direction: str = "pull") -> tuple[int, int, int]:
        """A session of pulls, to its end."""
        session = self.begun(*names, direction=direction)
        assert self.work(session)
        return self.ended(session)

    def rules(self, **table: Any) -> None:
        """The company's table of directions and winners."""
        self.choose(rules=table)

    def choose(self, **given: Any) -> None:
        mark = conductor_setup.settings(self.store, self.config, companies.MAIN).mark
        conductor_setup.save(self.store, self.config, companies.MAIN, given, mark, "7")

    def booked(self) -> None:
        """Accounts for what is made here."""
        conductor_lists.load(self.store, CONNECTION, self.client)
        self.choose(accounts={use: self.accounts[title] for use, title in ACCOUNTS.items()})

    def of(self, kind: str, remote: str) -> Record:
        """The record of one of theirs that began there."""
        return self.get(kind, f"QBD-{remote}")

    def every(self, kind: str) -> list[Record]:
        return records.listed(self.store, companies.MAIN, kind)

    def calls(self, does: str) -> int:
        return sum(call == does for call in self.there.calls)

    def customers(self, count: int) -> list[str]:
        """Ids of customers somebody at QuickBooks makes."""
        return [self.there.file.put("customers", name=f"C{n}")["id"] for n in range(count)]

    def ordered(self, customer: str, *items: str, day: str = DAY, **given: Any) -> str:
        """An order somebody at QuickBooks makes."""
        lines = [{"itemId": one, "quantity": 2, "rate": "1.20"} for one in items] or [{"description": "Thanks"}]
        row = self.there.file.put("sales_orders", customerId=customer, transactionDate=day, lines=lines, **given)
        return str(row["id"])

    def asked(self, words: str, since: int = 0) -> list[str]:
        """Addresses that were asked for and hold these words."""
        return [path for _, path in self.there.requests[since:] if words in path]

    def stocked(self, name: str = "Pen", **given: Any) -> dict[str, Any]:
        """An item somebody at QuickBooks makes."""
        named = {"incomeAccountId": "Merchandise Sales", "cogsAccountId": "Cost of Goods Sold",
                 "assetAccountId": "Inventory Asset"}  # fmt: skip
        refs = {field: self.accounts[title] for field, title in named.items()}
        return self.there.file.put("inventory_items", name=name, **refs, **given)


@contextmanager
def pulls_at(root: Path, there: Conductor, **more: str) -> Iterator[Pulls]:
    made = Pulls(root, there, **more)
    try:
        with clock.set_to(lambda: made.moment):
            yield made
    finally:
        made.close()
