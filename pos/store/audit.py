"""Audit: who did what to which document. Each row carries the hash of the one before, so a change or a gap shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from pos import clock

if TYPE_CHECKING:
    from pos.store.db import Store

GENESIS = "0" * 64
LAST = "SELECT hash FROM audit ORDER BY n DESC LIMIT 1"
INSERT = "INSERT INTO audit (at, actor, act, subject, detail, prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?)"


class Readable(Protocol):
    """What checking the chain asks of a store."""

    def reading(self) -> AbstractContextManager[Any]: ...
    def execute(self, sql: str, /) -> Any: ...


def record(store: Store, actor: str, act: str, subject: str = "", detail: Mapping[str, Any] | None = None) -> None:
    """Write one row, in the transaction that runs on this thread or in one of its own.

    actor: a person's code, a token's or an agent's name. act: a stable word ("sale", "user.pin"). subject: what it was
    done to. detail: plain values; no secret, no card number.
    """
    if not store.in_transaction():
        with store.transaction():
            record(store, actor, act, subject, detail)
        return
    last = store.execute(LAST).fetchone()
    row = chained(last[0] if last else GENESIS, [(actor, act, subject, detail)])[0]
    store.execute(INSERT, row)


def chained(previous: str, entries: Iterable[tuple[str, str, str, Mapping[str, Any] | None]]) -> list[tuple[str, ...]]:
    """Rows for INSERT, each behind the one before it: what `record` is given, several at once. previous: the newest
    row's hash, asked for by LAST in the same transaction."""
    at, rows = clock.stamp(clock.now()), list[tuple[str, ...]]()
    for actor, act, subject, detail in entries:
        text = json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str) if detail else ""
        row = (at, actor, act, subject, text)
        digest = _digest(previous, row)
        rows.append((*row, previous, digest))
        previous = digest
    return rows


def verify_chain(store: Readable) -> tuple[int, str]:
    """How many rows stand, and "" when the chain is whole, else the first break in words."""
    previous, count = GENESIS, 0
    with store.reading():
        for n, *row, before, digest in store.execute(
            "SELECT n, at, actor, act, subject, detail, prev_hash, hash FROM audit ORDER BY n"
        ):
            count += 1
            if before != previous:
                return count, f"audit row {n} does not follow the row before it: one was removed or put in between"
            if digest != _digest(before, row):
                return count, f"audit row {n} was changed after it was written"
            previous = digest
    return count, ""


def _digest(previous: str, row: Any) -> str:
    return hashlib.sha256(json.dumps([previous, *row], ensure_ascii=False).encode("utf-8")).hexdigest()
