"""The outbox as a person reads it: what stands where, why, and what was done about it. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from peewee import JOIN

from pos.errors import NotFound
from pos.rules.money import major
from pos.said import said
from pos.store.db import Store
from pos.store.models import Document, Outbox
from pos.store.outbox import tuples
from pos.store.tally import NEEDS, WAITING

LIST_ROWS_MAX = 1000
STATES = (*WAITING, *NEEDS, "booked")


@dataclass(frozen=True, slots=True)
class Row:
    """One document's part on its way to one connection. Moments are clock.stamp() text, "" = none; total: of the
    document, None when it is not here. settled: a person settled it by other means. parked: who set it aside, why."""

    n: int
    document: str
    number: str
    kind: str
    total: Decimal | None
    currency: str
    connection: str
    part: str
    state: str
    tries: int
    remote_id: str
    code: str
    message: str
    difference: str
    resolved: str
    created_at: str
    updated_at: str
    next_at: str
    booked_at: str
    parked: str = ""

    @property
    def settled(self) -> bool:
        return bool(self.resolved)

    @property
    def needs(self) -> bool:
        """Whether it stands until a person acts."""
        return self.state in NEEDS and not self.resolved and not self.parked


def listed(
    store: Store,
    states: Iterable[str],
    *,
    code: str = "",
    connections: Iterable[str] | None = None,
    limit: int = LIST_ROWS_MAX,
) -> list[Row]:
    """Rows in these states, oldest first; refused and differing ones without those a person settled. code: only with
    this reason; connections: only to these."""
    wanted = Outbox.state.in_(list(states)) & (Outbox.state.not_in(NEEDS) | (Outbox.resolved == ""))
    if code:
        wanted &= Outbox.code == code
    if connections is not None:
        wanted &= Outbox.connection.in_(list(connections))
    return _rows(store, wanted, limit)


def named(store: Store, word: str) -> list[Row]:
    """The rows a person means: by the row's own number, a receipt's number or a document's id. NotFound when none."""
    found = []
    if word.isascii() and word.isdigit():
        found = _rows(store, Outbox.n == int(word), 1)
    else:
        with store.reading():
            ids = [d for (d,) in tuples(Document.select(Document.id).where(Document.number == word.upper()))]
        found = _rows(store, Outbox.document.in_([*ids, word]), LIST_ROWS_MAX)
    if not found:
        raise NotFound(
            said("There is no {word} in the outbox. `outbox list --state all` shows what there is.", word=word),
            field="row",
        )
    return found


def of_document(store: Store, document: str) -> list[Row]:
    """The rows of one document, perhaps none."""
    return _rows(store, Outbox.document == document, LIST_ROWS_MAX)


def history(store: Store, document: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What people did about it, oldest first: (moment, who, act, detail)."""
    with store.reading():  # the list of acts word for word: its index is made with it
        found = store.execute(
            "SELECT at, actor, act, detail FROM audit WHERE subject = ? AND act IN"
            " ('outbox.retry', 'outbox.resolve', 'outbox.park', 'outbox.unpark') ORDER BY n",
            (document,),
        ).fetchall()
    return [(at, who, act, json.loads(detail) if detail else {}) for at, who, act, detail in found]


def _rows(store: Store, wanted: Any, limit: int) -> list[Row]:
    fields = (
        Outbox.n, Outbox.document, Document.number, Document.kind, Document.total, Document.currency,
        Outbox.connection, Outbox.part, Outbox.state, Outbox.tries, Outbox.remote_id, Outbox.code, Outbox.message,
        Outbox.difference, Outbox.resolved, Outbox.created_at, Outbox.updated_at, Outbox.next_at, Outbox.booked_at,
        Outbox.parked,
    )  # fmt: skip
    query = (
        Outbox.select(*fields)
        .join(Document, JOIN.LEFT_OUTER, on=(Document.id == Outbox.document))
        .where(wanted)
        .order_by(Outbox.n)
        .limit(limit)
    )
    with store.reading():
        return [_row(values) for values in tuples(query)]


def _row(values: tuple[Any, ...]) -> Row:
    n, document, number, kind, total, currency, *rest = values
    amount = None if total is None else major(total, currency)
    return Row(n, document, number or document, kind or "", amount, currency or "", *rest)
