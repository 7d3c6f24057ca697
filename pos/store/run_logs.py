"""The log of a run: lines that are only added to, read by how many bytes of them somebody has seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pos import clock
from pos.store.db import Store
from pos.store.models import RunJob, RunLog, RunPart
from pos.store.reach import EVERYWHERE, Reach
from pos.store.run_rows import inside

LEVELS = ("info", "warning", "error")
#: Most of a log that is read at once.
TAIL_BYTES = 65536
#: A longer line is cut, so that one always fits.
LINE_CHARS = 2000
BITE_ROWS = 500
#: How the line begins that tells of a worker's death.
DIED = "Its worker died ("


def say(store: Store, job_id: str, company: str, phase: str, level: str, words: str, now: datetime) -> None:
    """One more line of a run's log. company, phase: "" = of the whole run."""
    at, text = clock.stamp(now), " ".join(words.split())[:LINE_CHARS].encode(errors="replace").decode()
    size = len(line(at, company, phase, level, text).encode())
    with store.transaction():
        RunJob.update(log_bytes=RunJob.log_bytes + size).where(RunJob.id == job_id).execute()
        ends = RunJob.select(RunJob.log_bytes).where(RunJob.id == job_id).scalar()
        if ends is not None:
            RunLog.create(
                job=job_id, company=company, phase=phase, level=level, at=at, words=text, ends_at_byte=ends
            )  # fmt: skip


def tail(
    store: Store, job_id: str, offset: int, max_bytes: int = TAIL_BYTES, reach: Reach = EVERYWHERE
) -> tuple[str, int]:
    """What a run's log says behind this many bytes, at most `max_bytes` of it, and where to go on. Whole lines, where
    the offset is the end of one. Lines of companies outside a reach are passed over; where there are such companies in
    the run, so are those of the whole run, which may name them."""
    found, at, size = list[str](), max(offset, 0), 0
    while rows := _behind(store, job_id, at, reach):
        for row in rows:
            text = line(row.at, row.company, row.phase, row.level, row.words).encode()
            begins = row.ends_at_byte - len(text)
            text = text[max(at - begins, 0) :]
            if size + len(text) > max_bytes:
                if not found:  # less than one line was asked for
                    found.append(text[:max_bytes].decode(errors="ignore"))
                    at = row.ends_at_byte - len(text) + len(found[0].encode())
                return "".join(found), at
            found.append(text.decode(errors="ignore"))
            size, at = size + len(text), row.ends_at_byte
        if len(rows) < BITE_ROWS:
            break
    return "".join(found), at


def line(at: str, company: str, phase: str, level: str, words: str) -> str:
    """A line as it is shown and counted."""
    whose = f" {company}" if company else ""
    where = f" {phase}" if phase else ""
    return f"{at[:19]}Z {level.upper()}{whose}{where}: {words}\n"


def _behind(store: Store, job_id: str, offset: int, reach: Reach) -> list[Any]:
    asked = (RunLog.job == job_id) & (RunLog.ends_at_byte > offset)
    with store.reading():
        mine = inside(store, reach)
        if mine is not None:
            theirs = RunPart.select().where((RunPart.job == job_id) & RunPart.company.not_in(mine)).exists()
            asked &= RunLog.company.in_(mine if theirs else ["", *mine])
        return list(RunLog.select().where(asked).order_by(RunLog.ends_at_byte).limit(BITE_ROWS))


def warned(store: Store, job_id: str, company: str, phases: Sequence[str]) -> int:
    """How many different warnings these phases of a company's part gave; that a worker died is none of what it did."""
    mine = (RunLog.job == job_id) & (RunLog.company == company) & RunLog.phase.in_(phases)
    with store.reading():
        rows = RunLog.select(RunLog.words).where(mine & (RunLog.level == "warning")).distinct()
        return sum(not row.words.startswith(DIED) for row in rows)
