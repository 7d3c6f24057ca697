"""What is kept of runs for some days alone: lines of logs, and files of exports that were taken in."""

from __future__ import annotations

from datetime import datetime

from pos import clock
from pos.store.db import Store

#: Lines taken out in one transaction, so that nobody waits for it.
BITE_ROWS = 5000
#: Files nobody needs again: the same file taken up anew is another row, and keeps it.
_FILES = (
    "SELECT DISTINCT f.place FROM import_file f WHERE f.company = ? AND f.state <> 'waiting' AND f.ended_at <> ''"
    " AND f.ended_at < ? AND f.place <> '' AND NOT EXISTS (SELECT 1 FROM import_file g WHERE g.company = f.company"
    " AND g.place = f.place AND (g.state = 'waiting' OR g.ended_at = '' OR g.ended_at >= ?))"
)


def drop_lines(store: Store, company: str, before: datetime) -> int:
    """Take out lines of logs about a company ("" = of whole runs) that were said before; how many. The bytes of what
    is left stay where they were."""
    count, at = 0, clock.stamp(before)
    while True:
        with store.transaction():
            done = store.execute(
                "DELETE FROM run_log WHERE n IN (SELECT n FROM run_log WHERE company = ? AND at < ? LIMIT ?)",
                (company, at, BITE_ROWS),
            ).rowcount
        count += done
        if done < BITE_ROWS:
            return count


def old_files(store: Store, company: str, before: datetime) -> list[str]:
    """Where files lie, below the data folder, that were taken in (or refused) before."""
    at = clock.stamp(before)
    with store.reading():
        return [place for (place,) in store.execute(_FILES, (company, at, at)).fetchall()]
