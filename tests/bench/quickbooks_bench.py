"""What QuickBooks Online costs the till: its token, and a document from looking its number up to reading it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import deliver, qbo_alive
from pos.connectors.qbo import pace
from pos.http import Http
from tests.bench import measure
from tests.contract import qbo_books

TOKENS, RENEWALS, DOCUMENTS = 2_000, 60, 300
HEADS = ("what", "p50", "p95", "p99", "most")


def run() -> None:
    """Print the table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pace, "APART_SECONDS", 0.0)  # its own wait, which is a setting and no cost
        with measure.scratch() as folder:
            _documents(folder, patch)


def _times(count: int, work: Callable[[], object]) -> list[float]:
    found = []
    for _ in range(count):
        began = clock.monotonic()
        work()
        found.append(clock.monotonic() - began)
    return found


def _documents(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """One document a receipt, so that there are many to time."""
    spent, calls, each = [0.0], [0], list[tuple[float, float]]()

    def timed(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            began = clock.monotonic()
            try:
                return real(*given, **named)
            finally:
                spent[0] += clock.monotonic() - began
                calls[0] += 1

        return call

    with qbo_books.shop(folder, signed_in=True, TILLKEEP_QUICKBOOKS_GRAIN="receipt") as shop:
        tokens = qbo_alive.Tokens(shop.store, shop.config, "quickbooks")
        rows = [["a token that is good", *measure.spread(_times(TOKENS, tokens.access))]]
        rows.append(["a token that is renewed", *measure.spread(_times(RENEWALS, tokens.keep_alive))])
        for _ in range(DOCUMENTS):
            shop.sell()
        shop.passes(minutes=11)
        one = deliver._one

        def measured(*given: Any) -> None:
            before, began = spent[0], clock.monotonic()
            one(*given)
            whole, there = clock.monotonic() - began, spent[0] - before
            each.append((whole, whole - there))

        patch.setattr(deliver, "_one", measured)
        patch.setattr(Http, "read", timed(Http.read))
        patch.setattr(Http, "send", timed(Http.send))
        shop.client.ping()
        calls[0] = 0
        done = shop.round()
        assert done.booked == DOCUMENTS, done
        shop.journal.close()
    rows.append([f"a document, {calls[0] / DOCUMENTS:.2f} calls", *measure.spread([whole for whole, _ in each])])
    rows.append(["of it outside of the calls", *measure.spread([own for _, own in each])])
    measure.table(f"QuickBooks Online, {DOCUMENTS} documents of one receipt, milliseconds", HEADS, rows)
