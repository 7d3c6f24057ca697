"""Clients that buy: each with its own connection and basket, as fast as the till answers."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

from tests.till_process import Till


def codes(till: Till, count: int) -> list[str]:
    """Item codes that can be sold as they are: no template, no price to type, not weighed."""
    line = till.line()
    found: list[str] = []
    offset = 0
    while len(found) < count:
        _, answer = line.ask("GET", f"/api/items?limit=60&offset={offset}")
        tiles = answer["items"]
        assert tiles, "the shop has too few plain items"
        offset += len(tiles)
        found += [t["code"] for t in tiles if not (t["has_variants"] or t["open_price"] or t["weighed"])]
    line.close()
    return found[:count]


def basket(items: list[str]) -> dict[str, Any]:
    """One of each, not yet paid."""
    lines = [
        {
            "line": f"l{i}",
            "item_code": code,
            "qty": "1",
            "barcode": "",
            "price": None,
            "price_source": "list",
            "discount": None,
            "note": "",
            "return_against": None,
        }
        for i, code in enumerate(items)
    ]
    return {"id": str(uuid.uuid4()), "customer": "", "lines": lines, "discount": None, "payments": [], "total": ""}


def priced(till: Till, items: list[str], mode: str = "Cash") -> dict[str, Any]:
    """A basket the till has priced, paid exactly; buy it by giving it a new id."""
    line = till.line()
    found = basket(items)
    status, answer = line.ask("POST", "/api/price", found)
    assert status == 200, answer
    line.close()
    paid = {"mode_of_payment": mode, "amount": answer["total"], "reference": "", "last4": ""}
    return {**found, "total": answer["total"], "payments": [paid]}


def new_id() -> str:
    """A UUIDv7 as the page makes it."""
    value = (int(time.time() * 1000) & ((1 << 48) - 1)) << 80 | uuid.uuid4().int & ((1 << 80) - 1)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def buy(
    till: Till, template: dict[str, Any], clients: int, seconds: float, pause: float = 0.0
) -> tuple[list[float], float]:
    """Each client buys for so long: (seconds of every acknowledged sale, seconds it took in all)."""
    samples: list[list[float]] = [[] for _ in range(clients)]
    failures: list[str] = []
    start = threading.Barrier(clients + 1)

    def client(mine: list[float]) -> None:
        line = till.line()
        line.ask("GET", "/health")
        start.wait()
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            sale = {**template, "id": new_id()}
            began = time.perf_counter()
            status, answer = line.ask("POST", "/api/create-sale", sale)
            mine.append(time.perf_counter() - began)
            if status != 201:
                failures.append(f"{status} {answer}")
                return
            if pause:
                time.sleep(pause)
        line.close()

    till.line().close()  # makes the key once
    threads = [threading.Thread(target=client, args=(mine,)) for mine in samples]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    assert not failures, failures[0]
    return [s for mine in samples for s in mine], took
