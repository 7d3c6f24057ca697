"""Random losses, deaths and edits on the way to QuickBooks Desktop, and what has to stand at the end."""

from __future__ import annotations

import random
from typing import Any

import pytest

from pos.actions import conductor_merge
from pos.connectors.conductor.client import Client
from pos.rules.conductor_fields import plain
from pos.store import conductor_sessions, record_links
from tests.contract.conductor_bench import CONNECTION, DAY, Bench, Killed

ORDER = "qbd_sales_order"
LINES = [{"item": "Pen", "quantity": "3", "rate": "1.20"}]
#: How often a request meets which fault.
RATES = dict.fromkeys(
    ("reset_before", "reset_after", "closed_after", "half_answer", "garbage", "timeout_before", "timeout_after",
     "timeout_late", "late", "not_connected", "limited", "internal_before", "internal_after", "gateway",
     "gateway_after"), 0.035,
)  # fmt: skip


def order(bench: Bench, key: str) -> None:
    bench.add(ORDER, key, LINES, customer="C0", transactionDate=DAY)


class Shaken:
    """A process that dies at any step, and records that are edited meanwhile."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench, self.draw, self.kills = bench, random.Random(seed), 0
        self.keys = {"qbd_customer": list[str](), ORDER: list[str]()}
        bench.waited = self.meanwhile  # type: ignore[method-assign]

    def shaken(self, patch: pytest.MonkeyPatch) -> None:
        for module, name in ((record_links, "put"), (conductor_sessions, "went"), (Client, "create"),
                             (Client, "update"), (Client, "delete"), (conductor_merge, "bring")):  # fmt: skip
            patch.setattr(module, name, self.dying(getattr(module, name)))

    def dying(self, real: Any) -> Any:
        def called(*given: Any, **named: Any) -> Any:
            when = self.draw.random()
            if when < 0.05:
                raise Killed
            done = real(*given, **named)
            if when > 0.95:
                raise Killed
            return done

        return called

    def meanwhile(self) -> None:
        self.bench.there.settle()
        self.edits(1)

    def edits(self, most: int) -> None:
        for _ in range(self.draw.randint(0, most)):
            kind = self.draw.choice(["qbd_customer", ORDER])
            known = [key for key in self.keys[kind] if not self.bench.get(kind, key).deleted]
            does = self.draw.random()
            if not known or does < 0.5:
                self.made(kind)
            elif does < 0.9 and kind == ORDER:
                key = self.draw.choice(known)
                self.bench.change(ORDER, key, self.lines(self.bench.get(ORDER, key).lines))
            else:
                gone = does >= 0.9
                self.bench.change(kind, self.draw.choice(known), deleted=gone, phone=str(self.draw.random())[:9]) if (
                    kind != ORDER
                ) else self.bench.change(kind, self.draw.choice(known), deleted=gone)

    def lines(self, before: Any) -> Any:
        kept = [line for line in before if self.draw.random() < 0.7]
        return [*kept, {"item": "Pen", "quantity": str(self.draw.randint(1, 9)), "rate": "1.20"}]

    def made(self, kind: str) -> None:
        key = f"K{len(self.keys[kind])}"
        self.keys[kind].append(key)
        if kind == ORDER:
            order(self.bench, key)
        else:
            self.bench.add(kind, key, name=f"Name {key}")

    def session(self) -> None:
        """One session, taken up again as often as it dies."""
        bench = self.bench
        session = bench.session("customers", "sales_orders")
        for step in conductor_sessions.steps(bench.store, session.n):
            for _ in range(200):
                try:
                    assert bench.step(session, step)
                    break
                except Killed:
                    self.kills += 1
                    bench.there.wait_idle()
            else:
                raise AssertionError("it never comes to its end")
        conductor_sessions.end(bench.store, session, "completed", bench.moment)
        bench.there.settle()


def upright(bench: Bench, keys: dict[str, list[str]]) -> None:
    """Each record is there once, as it is here; what is deleted here is not, or is inactive."""
    for kind, resource in (("qbd_customer", "customers"), (ORDER, "sales_orders")):
        there = [row for row in bench.rows(resource) if row["externalId"]]
        assert len({row["externalId"] for row in there}) == len(there), "something is there twice"
        by_id = {row["id"]: row for row in there}
        for key in keys[kind]:
            record = bench.get(kind, key)
            link = record_links.of_record(bench.store, "main", CONNECTION, kind, key)
            row = by_id.get(link.remote_id) if link else None
            if record.deleted:
                assert row is None or row.get("isActive") is False, (key, link)
                continue
            assert row is not None and link is not None and link.state == "synced", (key, link)
            if kind == ORDER:
                ours = [(line["quantity"], line["id"]) for line in record.lines]
                assert ours == [(plain(line["quantity"]), line["id"]) for line in row["lines"]], key
            else:
                assert (row["phone"] or "") == record.fields["phone"], key
