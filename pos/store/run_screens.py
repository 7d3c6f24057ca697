"""What the screens of runs read beside the runs themselves: parts of a whole page of them, and what was said in all of
them with what schedules did between."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pos.errors import Invalid
from pos.said import unpacked
from pos.store.db import Store
from pos.store.models import RunPart
from pos.store.reach import EVERYWHERE, Reach
from pos.store.run_logs import LEVELS
from pos.store.run_rows import OPEN, Part, inside, part_of

#: Kinds of events of schedules that are more than information.
WARNINGS = ("skipped_overlap", "missed", "run_cancelled", "clock_set_back")
ERRORS = ("error", "skipped_invalid", "run_failed")
#: Of two lines of the same moment, that of the run stands before that of the schedule.
_SCHEDULE, _RUN = 0, 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines. level: that and worse; company: an id; run: a run's id; words: anywhere in the line; first, last:
    stamps, last exclusive. "" = any."""

    level: str = ""
    company: str = ""
    run: str = ""
    words: str = ""
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a run's log, or what a schedule did (kind not "")."""

    n: int
    at: str
    level: str
    company: str
    phase: str
    run: str
    words: str
    kind: str
    schedule: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of them, the newest first. after: the mark for the older ones, "" = there are none."""

    lines: list[Line]
    after: str


def parts_of(store: Store, ids: Sequence[str], reach: Reach = EVERYWHERE) -> dict[str, list[Part]]:
    """Parts of these runs that lie in a reach, by run, in their turn."""
    asked = RunPart.job.in_(list(ids))
    found: dict[str, list[Part]] = {}
    with store.reading():
        mine = inside(store, reach)
        if mine is not None:
            asked &= RunPart.company.in_(mine)
        for row in RunPart.select().where(asked).order_by(RunPart.job, RunPart.place):
            found.setdefault(row.job, []).append(part_of(row))
    return found


def sizes(store: Store, ids: Sequence[str]) -> dict[str, int]:
    """How many companies each of these runs is for."""
    marks = ", ".join("?" * len(ids)) or "NULL"
    with store.reading():
        rows = store.execute(f"SELECT job, count(*) FROM run_part WHERE job IN ({marks}) GROUP BY job", tuple(ids))
        return {job: int(many) for job, many in rows}


def names(store: Store, codes: Collection[str]) -> dict[str, str]:
    """What people are called, by code."""
    marks = ", ".join("?" * len(codes)) or "NULL"
    with store.reading():
        return dict(store.execute(f"SELECT code, name FROM user WHERE code IN ({marks})", tuple(codes)).fetchall())


def since(store: Store, n: int, reach: Reach = EVERYWHERE, limit: int = 25) -> list[str]:
    """Ids of runs that go on, and of those asked for behind number n, whatever became of them; the newest ones."""
    where, facts = ["(j.status IN (?, ?) OR j.n > ?)"], [*OPEN, n]
    mine = inside(store, reach)
    if mine is not None:
        marks = ", ".join("?" * len(mine)) or "NULL"
        where.append(f"EXISTS (SELECT 1 FROM run_part p WHERE p.job = j.id AND p.company IN ({marks}))")
        facts += mine
    with store.reading():
        rows = store.execute(
            f"SELECT j.id FROM run_job j WHERE {' AND '.join(where)} ORDER BY j.n DESC LIMIT ?", (*facts, limit)
        ).fetchall()
    return [job for (job,) in reversed(rows)]


def last(store: Store) -> int:
    """The number of the run asked for last; 0 = there is none."""
    with store.reading():
        found = store.execute("SELECT max(n) FROM run_job").fetchone()
    return int(found[0] or 0)


def news_mark(store: Store) -> str:
    """Another text whenever a run began, ended, or its parts went on: what screens that listen are nudged by."""
    with store.reading():
        newest = store.execute("SELECT max(n) FROM run_job").fetchone()[0]
        jobs = store.execute(
            "SELECT n, status, cancel_at FROM run_job WHERE status IN ('queued', 'running') ORDER BY n"
        ).fetchall()
        parts = store.execute(
            "SELECT n, status, phase FROM run_part WHERE status IN ('queued', 'running') ORDER BY n"
        ).fetchall()
    return hashlib.sha256(repr((newest, jobs, parts)).encode()).hexdigest()[:16]


# -- what was said in all of them --------------------------------------------------------------------------------------


def lines(store: Store, wanted: Wanted, after: str = "", limit: int = 50, reach: Reach = EVERYWHERE) -> Lines:
    """A page of what was said in runs and of what schedules did. after: the mark of the page before. Invalid for a mark
    that is none."""
    seen = _unmarked(after) if after else None
    with store.reading():
        mine = inside(store, reach)
        found = _of_runs(store, wanted, seen, limit + 1, mine) + _of_schedules(store, wanted, seen, limit + 1, mine)
    found.sort(key=_place, reverse=True)
    more = len(found) > limit
    found = found[:limit]
    return Lines(found, "|".join(map(str, _place(found[-1]))) if more else "")


def _place(line: Line) -> tuple[str, int, int]:
    return line.at, _SCHEDULE if line.kind else _RUN, line.n


def _unmarked(mark: str) -> tuple[str, int, int]:
    at, _, rest = mark.partition("|")
    which, _, n = rest.partition("|")
    if which not in ("0", "1") or not (n.isascii() and n.isdigit() and len(n) < 19) or len(at) > 40:
        raise Invalid("This is no place in the list; begin at its first page.", field="after")
    return at, int(which), int(n)


def _behind(seen: tuple[str, int, int] | None, which: int, alias: str) -> tuple[list[str], list[Any]]:
    """Only what comes behind the last line somebody saw, in one of the two tables."""
    if seen is None:
        return [], []
    at, there, n = seen
    if which == there:
        return [f"({alias}.at < ? OR ({alias}.at = ? AND {alias}.n < ?))", f"{alias}.at <= ?"], [at, at, n, at]
    return [f"{alias}.at {'<=' if which < there else '<'} ?"], [at]


def _common(wanted: Wanted, alias: str) -> tuple[list[str], list[Any]]:
    where, facts = list[str](), list[Any]()
    for column, sign, value in (
        ("company", "=", wanted.company), ("job", "=", wanted.run), ("at", ">=", wanted.first),
        ("at", "<", wanted.last),
    ):  # fmt: skip
        if value:
            where.append(f"{alias}.{column} {sign} ?")
            facts.append(value)
    if wanted.words:
        where.append(f"lower({alias}.words) LIKE ? ESCAPE '!'")
        facts.append("%" + "".join(f"!{c}" if c in "!%_" else c for c in wanted.words.lower()) + "%")
    return where, facts


def _of_runs(
    store: Store, wanted: Wanted, seen: tuple[str, int, int] | None, limit: int, mine: list[str] | None
) -> list[Line]:
    where, facts = _common(wanted, "l")
    if wanted.level in LEVELS[1:]:
        where.append(f"l.level IN ({', '.join(repr(one) for one in LEVELS[LEVELS.index(wanted.level) :])})")
    if mine is not None:
        marks = ", ".join("?" * len(mine)) or "NULL"
        # What is said of a whole run may name each of its companies.
        where.append(
            f"(l.company IN ({marks}) OR (l.company = '' AND EXISTS (SELECT 1 FROM run_part o WHERE o.job = l.job)"
            f" AND NOT EXISTS (SELECT 1 FROM run_part p WHERE p.job = l.job AND p.company NOT IN ({marks}))))"
        )
        facts += [*mine, *mine]
    further, more = _behind(seen, _RUN, "l")
    rows = _rows(
        store, "SELECT l.n, l.at, l.level, l.company, l.phase, l.job, l.words FROM run_log l", [*where, *further],
        [*facts, *more], "l", limit,
    )  # fmt: skip
    return [Line(n, at, level, company, phase, job, words, "", "") for n, at, level, company, phase, job, words in rows]


def _of_schedules(
    store: Store, wanted: Wanted, seen: tuple[str, int, int] | None, limit: int, mine: list[str] | None
) -> list[Line]:
    where, facts = _common(wanted, "e")
    kinds = {"warning": (*WARNINGS, *ERRORS), "error": ERRORS}.get(wanted.level)
    if kinds:
        where.append(f"e.kind IN ({', '.join('?' * len(kinds))})")
        facts += kinds
    if mine is not None:
        where.append(f"e.company IN ({', '.join('?' * len(mine)) or 'NULL'})")
        facts += mine
    further, more = _behind(seen, _SCHEDULE, "e")
    rows = _rows(
        store,
        "SELECT e.n, e.at, e.kind, e.company, e.job, e.words, e.made_of, coalesce(s.name, '')"
        " FROM run_schedule_event e LEFT JOIN run_schedule s ON s.id = e.schedule",
        [*where, *further], [*facts, *more], "e", limit,
    )  # fmt: skip
    return [
        Line(n, at, _level(kind), company, "", job, unpacked(words, made_of), kind, name)
        for n, at, kind, company, job, words, made_of, name in rows
    ]


def _level(kind: str) -> str:
    return "error" if kind in ERRORS else "warning" if kind in WARNINGS else "info"


def _rows(store: Store, select: str, where: list[str], facts: list[Any], alias: str, limit: int) -> list[Any]:
    conditions = f" WHERE {' AND '.join(where)}" if where else ""
    order = f" ORDER BY {alias}.at DESC, {alias}.n DESC LIMIT ?"
    return store.execute(select + conditions + order, (*facts, limit)).fetchall()
