"""A till with a printer in memory, for the tests of printing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pos import clock
from pos.actions import cash, printing, sell
from pos.actions.press import Press
from pos.config import load
from pos.devices.base import Done
from pos.rules.paper import Row, readable
from pos.store import prints
from tests.actions.shop import Person, Till, basket, line, open_till

CASHIER = Person("cashier", "cat", "Cat")


class FakePrinter:
    """A printer in memory. `error` is raised for each slip while it is set; `hold` makes it wait."""

    def __init__(self) -> None:
        self.slips: list[str] = []
        self.kicks = 0
        self.order: list[str] = []
        self.error: Exception | None = None
        self.hold: threading.Event | None = None
        self.confirms = True

    def letters(self, text: str) -> str:
        return text

    def send(self, rows: Sequence[Row], *, must_answer: bool) -> Done:
        self._do("slip")
        self.slips.append(readable(rows, 42))
        return Done(confirmed=self.confirms)

    def print_pages(self) -> None:
        raise AssertionError("only a person's command asks for this")

    def kick(self) -> None:
        self._do("kick")
        self.kicks += 1

    def _do(self, what: str) -> None:
        if self.hold is not None:
            self.hold.wait(20)
        if self.error is not None:
            raise self.error
        self.order.append(what)


class Shop:
    """A till with a printer in memory."""

    def __init__(self, root: Path, **values: Any) -> None:
        loaded = load(root, environ={})
        self.config = replace(loaded, printer=replace(loaded.printer, **{"url": "dummy://fake", **values}))
        self.till: Till = open_till(self.config)
        self.store = self.till.store
        self.printer = FakePrinter()
        self.press = self.new_press()
        self.till.journal.on_commit.append(lambda committed: self.press.committed(committed.doc))

    def new_press(self) -> Press:
        return Press(self.store, self.config, self.printer)

    def sell(self, pay: str = "Cash", qty: str = "1", **more: Any) -> dict[str, Any]:
        asked = {**basket(line("MUG", qty), total=f"{1.2 * int(qty):.2f}", pay=pay), "id": clock.uuid7(), **more}
        return sell.commit(self.till, asked, Person()).doc

    def jobs(self, doc: dict[str, Any], template: str = "receipt") -> list[prints.Job]:
        return [job for job in prints.of_document(self.store, doc["id"]) if job.template == template]

    def settle(self, what: Callable[[], bool], seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, "it did not come about"
            time.sleep(0.01)

    def printed(self, count: int) -> None:
        self.settle(lambda: len(self.printer.slips) >= count)

    def state(self, doc: dict[str, Any]) -> str:
        found: str = printing.state_view(self.press, doc["id"])["state"]
        return found

    def no_sale(self) -> dict[str, Any]:
        asked = {"id": clock.uuid7(), "kind": "no_sale", "reason": "change"}
        return dict(cash.record(self.till, asked, Person()).doc)

    def close(self) -> None:
        self.press.stop()
        self.till.close()
