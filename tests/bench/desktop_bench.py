"""QuickBooks Desktop: what a call of the Web Connector takes of a real server with a long queue, and how fast a
thousand events are told to the emulated company file."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from pos import clock
from pos.store import qbd_rows
from tests.bench import measure
from tests.contract import desktop_books as books
from tests.contract.emulators.desktop_connector import WebConnector
from tests.contract.emulators.desktop_file import CompanyFile
from tests.contract.emulators.desktop_line import Line
from tests.till_process import Till

QUEUED, GOODS, CALLS, EVENTS = 100_000, 2_000, 500, 1_000
HEADS = ("what", "calls", "p50", "p95", "p99", "most")


def run() -> None:
    """Print the tables."""
    with measure.scratch() as folder:
        _long_queue(Path(folder))
    with measure.scratch() as folder:
        _drained(Path(folder))
    print(f"\nLoad {os.getloadavg()[0]:.1f}.")


def _long_queue(root: Path) -> None:
    """Calls with a hundred thousand events waiting, fifty on each item."""
    file = books.company_file()
    for n in range(GOODS):
        file.add_item(f"BULK-{n}")
    connector, env = _queued(root, file)
    times: dict[str, list[float]] = defaultdict(list)
    with Till(root, env=env) as till:
        _at(connector, till, times)
        for _ in connector.steps():
            if len(times["sendRequestXML"]) > CALLS:
                break
    rows = [[name, len(found), *measure.spread(found)] for name, found in times.items()]
    measure.table(f"A call over loopback HTTP, {QUEUED:,} events in the queue; aim p99 < 20", HEADS, rows)


def _queued(root: Path, file: CompanyFile) -> tuple[WebConnector, dict[str, str]]:
    with books.shop(root, file, start=clock.now()) as shop:
        shop.transfer()
        payload, name = shop.works()[0].payload, json.dumps(books.ITEMS["COLA"])
        with shop.store.transaction():
            for n in range(QUEUED):
                code = f"BULK-{n % GOODS}"
                told: dict[str, Any] = json.loads(payload.replace(name, json.dumps(code)))
                qbd_rows.put(
                    shop.store, "quickbooks_desktop", "main", "transfer", clock.uuid7(), told, [code], shop.moment
                )  # fmt: skip
        return shop.connector(app=None), shop.environ


def _drained(root: Path) -> None:
    """All of a thousand events, over one session."""
    file = books.company_file()
    with books.shop(root, file, start=clock.now()) as shop:
        for n in range(EVENTS):
            shop.transfer(
                sorted(books.ITEMS)[n % len(books.ITEMS)], 1, *(("SHOP", "BACK") if n % 2 else ("BACK", "SHOP"))
            )
        connector, env = shop.connector(app=None), shop.environ
    times: dict[str, list[float]] = defaultdict(list)
    with Till(root, env=env) as till:
        _at(connector, till, times)
        began, used = clock.monotonic(), measure.cpu_seconds(till.process.pid)
        told = connector.run()
        seconds = clock.monotonic() - began
        used = measure.cpu_seconds(till.process.pid) - used
    assert (told.outcome, len(file.txns)) == ("closed", EVENTS), told
    spent = sum(sum(found) for found in times.values())
    measure.table(
        f"{EVENTS:,} events told over one session", ("what", "figure"),
        [
            ("events a second, the emulated company file and zeep included", f"{EVENTS / seconds:.0f}"),
            ("events a second by the server's answers alone", f"{EVENTS / spent:.0f}"),
            ("server's processor time for one event, ms", measure.ms(used / EVENTS)),
        ],
    )  # fmt: skip


def _at(connector: WebConnector, till: Till, times: dict[str, list[float]]) -> None:
    connector.line = Line(f"http://127.0.0.1:{till.port}/qbwc")
    connector.line.session.hooks["response"].append(
        lambda answer, *given, **named: times[
            answer.request.headers["SOAPAction"].strip('"').rsplit("/", 1)[-1]
        ].append(answer.elapsed.total_seconds())
    )


if __name__ == "__main__":
    run()
