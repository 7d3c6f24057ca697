"""Two looks into QuickBooks for a person: a question of their own that only reads, and whether what is mapped is there.

Each question goes to the audit, with who asked it, before it goes out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pos import clock
from pos.actions import qbo_alive, qbo_lists, run_company_views
from pos.actions.qbo_standing import KIND, connection_of
from pos.config import Config
from pos.connectors.qbo.client import Client, TokenSource
from pos.errors import Unavailable
from pos.rules import qbo_query
from pos.said import said
from pos.store import audit, companies, connections, qbo_tokens, run_figures
from pos.store.companies import Company
from pos.store.db import Store
from pos.store.reach import Reach

QUERY_SECONDS, VERIFY_SECONDS = 30, 60
CELL_CHARS_MAX = 300
#: Columns that come first where an answer has them.
_FIRST = ("Id", "DocNumber", "Name", "DisplayName", "TxnDate", "TotalAmt")


@dataclass(frozen=True, slots=True)
class Found:
    """What came back. columns: names over all rows; rows: as texts, in their order; count: of a question that counts;
    more: there may be further ones. took_ms: how long it took."""

    question: str
    columns: list[str]
    rows: list[list[str]]
    count: int | None
    more: bool
    took_ms: int


@dataclass(frozen=True, slots=True)
class _Until:
    """A TokenSource that gives no more tokens, and so begins no more requests, when the time is over."""

    tokens: TokenSource
    end: float

    def access(self) -> str:
        self._refuse_late()
        return self.tokens.access()

    def renew(self, used: str) -> str:
        self._refuse_late()
        return self.tokens.renew(used)

    def _refuse_late(self) -> None:
        if clock.monotonic() > self.end:
            raise Unavailable(said("QuickBooks took too long. Ask for less, or try again."), code="too_long")


def choices(store: Store, reach: Reach) -> list[Company]:
    """Companies whose QuickBooks can be asked: somebody signed in."""
    signed = {row.company for row in qbo_tokens.rows(store) if row.has_tokens}
    on = {line.company for line in connections.lines(store) if line.kind == KIND}
    return [one for one in run_figures.companies_in(store, reach) if one.id in signed & on]


def ask(store: Store, config: Config, company: str, words: str, by: str) -> Found:
    """The answer to a question. Invalid for one that cannot be asked; a connector error when there is no answer."""
    question = qbo_query.read(words)
    owner = companies.one(store, company).id
    audit.record(store, by, "company.query", owner, {"company": owner, "question": question.text})
    client, began = _client(store, config, owner, QUERY_SECONDS), clock.monotonic()
    try:
        answer = client.ask(question.text)
    finally:
        client.close()
    response = answer.get("QueryResponse")
    found = response if isinstance(response, dict) else {}
    kept = next((value for value in found.values() if isinstance(value, list)), [])
    rows = [row for row in kept if isinstance(row, dict)][: qbo_query.ROWS_MAX]
    columns = _columns(rows)
    return Found(
        question.text,
        columns,
        [[_cell(row.get(name)) for name in columns] for row in rows],
        int(found.get("totalCount", 0)) if question.counts else None,
        len(rows) >= qbo_query.ROWS_MAX,
        int((clock.monotonic() - began) * 1000),
    )


def verify(store: Store, config: Config, company: str, by: str) -> list[dict[str, Any]]:
    """Load the lists of QuickBooks anew and hold the mapping against them: each part with what does not fit, as on the
    company's page. A connector error when they cannot be had; then the ones before stay."""
    owner = companies.one(store, company).id
    audit.record(store, by, "company.verify_mapping", owner, {"company": owner})
    client = _client(store, config, owner, VERIFY_SECONDS)
    try:
        qbo_lists.reload(store, config, owner, by, client)
    finally:
        client.close()
    return run_company_views.checks(store, owner, KIND)


def _client(store: Store, config: Config, company: str, seconds: int) -> Client:
    """A client that begins nothing after so many seconds, and waits no longer for any one answer."""
    connection = connection_of(store, company)
    tokens = _Until(qbo_alive.Tokens(store, config, connection), clock.monotonic() + seconds)
    patience = min(config.quickbooks.timeout_seconds, seconds)
    brief = replace(config, quickbooks=replace(config.quickbooks, timeout_seconds=patience))
    return qbo_alive.client(store, brief, connection, tokens)


def _columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    found = dict.fromkeys(name for row in rows for name in row)
    first = [name for name in _FIRST if name in found]
    return [*first, *(name for name in found if name not in first)]


def _cell(value: object) -> str:
    """A value as text: a reference by what it names, anything else that has parts as JSON."""
    if value is None:
        return ""
    if isinstance(value, dict) and "value" in value and value.keys() <= {"value", "name", "type"}:
        text = f"{value['name']} ({value['value']})" if value.get("name") else str(value["value"])
    elif isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False, default=str)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = str(value)
    return text if len(text) <= CELL_CHARS_MAX else f"{text[: CELL_CHARS_MAX - 1]}…"
