"""Comparisons of our stock with somebody's books, and the list of what stands out, which people go through.

A finding has one row for as long as there are comparisons: since when it is seen, how often, whether it came back after
it was gone. What a person dismissed stays so while it is the same; another difference opens it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos import clock
from pos.errors import Conflict, NotFound
from pos.rules.parity import Finding
from pos.said import packed, said, unpacked
from pos.store import audit, listing
from pos.store.db import Store
from pos.store.listing import Asked, Page, Source

BITE = 500
OPEN = ("asked", "reading")
REASON_MAX = 500
_LISTED = "(SELECT value FROM json_each(?))"
_RUN = ("n", "company", "connection", "side", "strict", "state", "asked_by", "asked_at", "ended_at", "counts", "words")
NAMES = (
    "item", "field", "location", "status", "ours", "theirs", "difference", "detail", "state", "first_seen",
    "last_seen", "times", "reopened", "run", "proposal",
)  # fmt: skip
_SOURCE = Source(
    tuple(f"p.{name}" for name in NAMES),
    "parity_item p",
    "(p.item || '|' || p.field || '|' || p.location)",
    {"item": "p.item", "last_seen": "p.last_seen"},
)
_KEY = ("company", "side", "item", "field", "location")


@dataclass(frozen=True, slots=True)
class Run:
    """One comparison. counts: status -> items, and what else was counted. words: what could not be compared, or why it
    failed."""

    n: int
    company: str
    connection: str
    side: str
    strict: bool
    state: str
    asked_by: str
    asked_at: str
    ended_at: str
    counts: dict[str, int]
    words: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which findings. "" = any; words: anywhere in item, ours and theirs."""

    company: str
    side: str
    state: str = ""
    status: str = ""
    field: str = ""
    words: str = ""


# -- comparisons -------------------------------------------------------------------------------------------------------


def begin(store: Store, company: str, connection: str, side: str, *, strict: bool, by: str) -> Run:
    """One more comparison; the one that is under way, where there is one."""
    with store.transaction():
        found = under_way(store, company, side)
        if found is not None:
            return found
        row = store.execute(
            "INSERT INTO parity_run (company, connection, side, strict, state, asked_by, asked_at, ended_at, counts,"
            " words) VALUES (?, ?, ?, ?, 'asked', ?, ?, '', '{}', '') RETURNING n",
            (company, connection, side, int(strict), by, clock.stamp(clock.now())),
        ).fetchone()
        audit.record(store, by, "parity.ask", f"{company}/{side}", {"strict": strict, "run": row[0]})
        return run(store, row[0])


def run(store: Store, n: int) -> Run:
    """One comparison. NotFound."""
    found = _runs(store, "n = ?", (n,))
    if not found:
        raise NotFound(said("There is no comparison {n}.", n=n), field="run")
    return found[0]


def under_way(store: Store, company: str, side: str) -> Run | None:
    """The comparison that has not ended."""
    asked = "company = ? AND side = ? AND state IN ('asked', 'reading') ORDER BY n DESC LIMIT 1"
    return next(iter(_runs(store, asked, (company, side))), None)


def unfinished(store: Store) -> list[Run]:
    """Every comparison that has not ended."""
    return _runs(store, "state IN ('asked', 'reading') ORDER BY n", ())


def latest(store: Store, company: str, side: str) -> Run | None:
    """The last comparison that was made to its end."""
    asked = "company = ? AND side = ? AND state = 'done' ORDER BY n DESC LIMIT 1"
    return next(iter(_runs(store, asked, (company, side))), None)


def last(store: Store, company: str, side: str) -> Run | None:
    """The last one that ended, whichever way."""
    asked = "company = ? AND side = ? AND state IN ('done', 'failed') ORDER BY n DESC LIMIT 1"
    return next(iter(_runs(store, asked, (company, side))), None)


def reading(store: Store, one: Run) -> None:
    """Its answers come in."""
    with store.transaction():
        store.execute("UPDATE parity_run SET state = 'reading' WHERE n = ? AND state = 'asked'", (one.n,))


def end(store: Store, one: Run, state: str, counts: Mapping[str, int], words: str, now: datetime) -> Run:
    """It is over: done or failed. Once."""
    with store.transaction():
        store.execute(
            "UPDATE parity_run SET state = ?, ended_at = ?, counts = ?, words = ? WHERE n = ? AND state IN"
            " ('asked', 'reading')",
            (state, clock.stamp(now), json.dumps(dict(counts)), words, one.n),
        )
        return run(store, one.n)


def count_up(store: Store, one: Run, name: str, by: int) -> None:
    """Add to what a comparison counted. In the caller's transaction."""
    counts = run(store, one.n).counts
    counts[name] = counts.get(name, 0) + by
    store.execute("UPDATE parity_run SET counts = ? WHERE n = ?", (json.dumps(counts), one.n))


def _runs(store: Store, where: str, facts: Sequence[Any]) -> list[Run]:
    rows = store.execute(f"SELECT {', '.join(_RUN)} FROM parity_run WHERE {where}", facts).fetchall()
    return [
        Run(**{**dict(zip(_RUN, row, strict=True)), "strict": bool(row[4]), "counts": json.loads(row[9])})
        for row in rows
    ]


# -- findings ----------------------------------------------------------------------------------------------------------


def keep(store: Store, one: Run, found: Sequence[Finding], now: datetime) -> None:
    """What a bite of items came to. The same bite of the same comparison again changes nothing."""
    for at in range(0, len(found), BITE):
        with store.transaction():
            _keep(store, one, found[at : at + BITE], clock.stamp(now))


def _keep(store: Store, one: Run, found: Sequence[Finding], stamp: str) -> None:
    before = {
        (row["item"], row["field"], row["location"]): row
        for row in _of_items(store, one, sorted({finding.item for finding in found}))
    }
    rows = []
    for finding in found:
        old = before.get((finding.item, finding.field, finding.location))
        rows.append((one.company, one.side, *_row(finding, old, one.n, stamp)))
    names = (*_KEY[:2], *NAMES)
    sets = ", ".join(f"{name} = excluded.{name}" for name in NAMES if name not in _KEY)
    store.execute_many(
        f"INSERT INTO parity_item ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {sets}",
        rows,
    )


def _of_items(store: Store, one: Run, items: Sequence[str]) -> list[dict[str, Any]]:
    asked = f"SELECT {', '.join(NAMES)} FROM parity_item WHERE company = ? AND side = ? AND item IN {_LISTED}"
    rows = store.execute(asked, (one.company, one.side, json.dumps(list(items)))).fetchall()
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


def _row(finding: Finding, old: Mapping[str, Any] | None, n: int, stamp: str) -> tuple[Any, ...]:
    detail, state, first, times, reopened, proposal = dict(finding.detail), "open", stamp, 1, 0, ""
    if old is not None:
        again = old["run"] == n
        first, proposal = old["first_seen"], old["proposal"]
        times = old["times"] + (not again)
        reopened, state = old["reopened"], old["state"]
        kept = json.loads(old["detail"]).get("dismissed")
        if state == "gone" or (state == "dismissed" and not _is_same(finding, old)):
            state, reopened, proposal = "open", reopened + 1, ""
        if kept:
            detail["dismissed"] = kept
    if made_of := packed(detail.get("why", "")):
        detail["why_made_of"] = made_of
    return (
        finding.item, finding.field, finding.location, finding.status, finding.ours, finding.theirs,
        finding.difference, json.dumps(detail, ensure_ascii=False), state, first, stamp, times, reopened, n, proposal,
    )  # fmt: skip


def _is_same(finding: Finding, old: Mapping[str, Any]) -> bool:
    """Whether it is still what a person saw: levels move with each sale, their difference does not."""
    if finding.status != old["status"]:
        return False
    if finding.field == "quantity":
        return bool(finding.difference == old["difference"])
    return (finding.ours, finding.theirs) == (old["ours"], old["theirs"])


def untold(store: Store, one: Run, pairs: Sequence[tuple[str, str]]) -> None:
    """Nobody could say anything of these items at these places: what is known of them stays as it is."""
    for at in range(0, len(pairs), BITE):
        with store.transaction():
            store.execute_many(
                "UPDATE parity_item SET run = ? WHERE company = ? AND side = ? AND item = ? AND field = 'quantity'"
                " AND location = ?",
                [(one.n, one.company, one.side, item, place) for item, place in pairs[at : at + BITE]],
            )


def gone(store: Store, one: Run) -> int:
    """What this comparison did not see any more is gone; how much."""
    asked = (
        "SELECT item, field, location FROM parity_item WHERE company = ? AND side = ? AND state IN ('open',"
        f" 'dismissed') AND run < ? LIMIT {BITE}"
    )
    count = 0
    while True:
        with store.transaction():
            rows = store.execute(asked, (one.company, one.side, one.n)).fetchall()
            store.execute_many(
                "UPDATE parity_item SET state = 'gone', proposal = '' WHERE company = ? AND side = ? AND item = ?"
                " AND field = ? AND location = ?",
                [(one.company, one.side, *row) for row in rows],
            )
        count += len(rows)
        if len(rows) < BITE:
            return count


# -- as people go through them -----------------------------------------------------------------------------------------


def listed(store: Store, wanted: Filter, asked: Asked) -> tuple[list[dict[str, Any]], Page]:
    """One page."""
    where, facts = _conditions(wanted)
    with store.reading():
        found = listing.page(store, _SOURCE, where, facts, asked)
        total = listing.count(store, "parity_item p", where, facts)
    return [_shown(row) for row in found.rows], Page(found.rows, found.after, found.before, total)


def every(store: Store, wanted: Filter) -> Iterator[dict[str, Any]]:
    """All of them, by item."""
    where, facts = _conditions(wanted)
    asked = Asked(sort="item", down=False)
    return (_shown(row) for row in listing.everything(store, _SOURCE, where, facts, asked))


def counted(store: Store, company: str, side: str) -> dict[str, int]:
    """How many are in each state."""
    asked = "SELECT state, count(*) FROM parity_item WHERE company = ? AND side = ? GROUP BY state"
    return dict(store.execute(asked, (company, side)).fetchall())


def proposed(store: Store, one: Run, keys: Sequence[tuple[str, str, str]], request: str) -> None:
    """These (item, field, location) are asked for by a request. In the caller's transaction."""
    store.execute_many(
        "UPDATE parity_item SET proposal = ? WHERE company = ? AND side = ? AND item = ? AND field = ?"
        " AND location = ?",
        [(request, one.company, one.side, *key) for key in keys],
    )


def dismiss(
    store: Store, company: str, side: str, key: tuple[str, str, str], reason: str, *, by: str, now: datetime
) -> None:
    """A person looked at it and it is all right so. key: item, field, location. NotFound; Conflict when it is gone."""
    with store.transaction():
        rows = store.execute(
            "SELECT state, detail FROM parity_item WHERE company = ? AND side = ? AND item = ? AND field = ? AND"
            " location = ?",
            (company, side, *key),
        ).fetchall()
        if not rows:
            raise NotFound(said("There is no such finding here."), field="item")
        if rows[0][0] == "gone":
            raise Conflict(said("It is gone already."), code="gone")
        said_so = {"by": by, "at": clock.stamp(now), "reason": reason}
        detail = json.dumps(json.loads(rows[0][1]) | {"dismissed": said_so}, ensure_ascii=False)
        store.execute(
            "UPDATE parity_item SET state = 'dismissed', detail = ? WHERE company = ? AND side = ? AND item = ?"
            " AND field = ? AND location = ?",
            (detail, company, side, *key),
        )
        more = {"company": company, "side": side, "field": key[1], "location": key[2], "reason": reason}
        audit.record(store, by, "parity.dismiss", key[0], more)


def _shown(row: Sequence[Any]) -> dict[str, Any]:
    found = dict(zip(NAMES, row, strict=True))
    detail = json.loads(found["detail"])
    if detail.get("why"):
        detail["why"] = unpacked(detail["why"], detail.pop("why_made_of", ""))
    return {**found, "detail": detail}


def _conditions(wanted: Filter) -> tuple[list[str], list[Any]]:
    where, facts = ["p.company = ?", "p.side = ?"], [wanted.company, wanted.side]
    for name in ("state", "status", "field"):
        if getattr(wanted, name):
            where.append(f"p.{name} = ?")
            facts.append(getattr(wanted, name))
    if wanted.words:
        where.append(
            "(instr(lower(p.item), lower(?)) > 0 OR instr(lower(p.ours), lower(?)) > 0"
            " OR instr(lower(p.theirs), lower(?)) > 0)"
        )
        facts += [wanted.words] * 3
    return where, facts
