"""The second half of a document's way, from its till's side: what the hub made of it. Asked at that moment and briefly:
the first half is told whether the hub answers or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pos.config import Config
from pos.connectors.hub.client import Hub
from pos.errors import ConnectorError
from pos.rules import hub
from pos.said import Said, psaid, said
from pos.store import connections
from pos.store.db import Store
from pos.store.tally import NEEDS, WAITING
from pos.store.whereabouts import Sent

#: Somebody waits for the page.
ASK_SECONDS = 2

AT_HUB = psaid("trace", "At the hub")
BY_HUB = psaid("trace", "Booked by the hub")


@dataclass(frozen=True, slots=True)
class Beyond:
    """What the hub says. rows: one per connection and part of its own; None: it said nothing, and `why` tells why."""

    rows: tuple[dict[str, Any], ...] | None
    why: str = ""


def mine(sent: list[Sent]) -> Sent | None:
    """The row by which a document goes to the hub; None on a till without one."""
    return next((one for one in sent if one.connection == hub.KIND), None)


def ask(store: Store, config: Config, document: str, sent: list[Sent]) -> Beyond | None:
    """What became of it there; None where no hub has it. Raises nothing for what the other side does."""
    row = mine(sent)
    if row is None or row.state != "booked":
        return None
    line = connections.line(store, hub.KIND)
    if line.offline_since or line.paused_reason:
        return Beyond(None, line.paused_reason or line.last_error)
    brief = replace(config, hub=replace(config.hub, timeout_seconds=ASK_SECONDS))
    try:
        rows = Hub(brief, connections.facts(store, hub.KIND)).way(document)
    except ConnectorError as error:
        return Beyond(None, error.message)
    return Beyond(tuple(rows))


def told(row: Sent, beyond: Beyond | None) -> tuple[str, str | Said, str]:
    """The step "Booked by the hub": tone, words, moment."""
    if row.state != "booked":
        return "waiting", said("after it is at the hub"), ""
    if beyond is None or beyond.rows is None:
        return "waiting", said("not known now: {why}", why=beyond.why if beyond else said("the hub was not asked")), ""
    if not beyond.rows:
        return "none", said("goes to no books"), ""
    rank = {"needs": 0, "check": 1, "waiting": 2, "done": 3}
    worst = min(beyond.rows, key=lambda one: rank[_tone(one)])
    tone = _tone(worst)
    title, name = str(worst.get("title", "")), str(worst.get("remote_id", ""))
    if tone == "done":
        return tone, said("{title}: {name}", title=title, name=name), str(worst.get("at", ""))
    if tone == "check":
        return tone, said("settled by hand: {who}", who=str(worst.get("resolved", ""))), ""
    if tone == "needs":
        return tone, said("{title}: {name}", title=title, name=str(worst.get("message", ""))), ""
    return tone, said("waits at the hub for {title}", title=title), ""


def _tone(row: dict[str, Any]) -> str:
    if row.get("resolved"):
        return "check"
    state = row.get("state")
    return "needs" if state in NEEDS else "waiting" if state in WAITING else "done"
