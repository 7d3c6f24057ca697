"""What must hold before the receipts of a month are put away, asked of the database; and their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pos.rules import archived
from pos.store import partitions
from pos.store.archives import DAY
from pos.store.db import Store

BITE = 500
_OF_MONTH = "business_day >= ? AND business_day < ?"


def _days(month: str) -> tuple[str, str]:
    return f"{month}-01", archived.month_end(month)


def months(store: Store) -> list[str]:
    """Months that have documents, oldest first."""
    if not store.keeps_files:  # those whose bytes lie in no archive
        return sorted({part.month for part in partitions.parts(store)} | set(partitions.unmoved(store)))
    rows = store.execute("SELECT DISTINCT business_day FROM document").fetchall()
    return sorted({day[:7] for (day,) in rows})


def loose(store: Store, month: str) -> int:
    """How many receipts of a month lie loose in invoices/."""
    invoices = store.config.invoices
    if not invoices.is_dir():
        return 0
    days = [p for p in invoices.iterdir() if DAY.match(p.name) and p.name.startswith(month) and p.is_dir()]
    return sum(1 for day in days for file in day.iterdir() if file.suffix == ".json" and file.name[0] != ".")


def open_session(store: Store, month: str) -> str:
    """A session that has documents of a month and is open; "" when there is none."""
    row = store.execute(
        "SELECT s.id FROM session s WHERE s.open = 1 AND EXISTS (SELECT 1 FROM document d WHERE d.session = s.id AND"
        f" d.{_OF_MONTH.replace(' AND ', ' AND d.')}) ORDER BY s.id LIMIT 1",
        _days(month),
    ).fetchone()
    return row[0] if row else ""


def not_booked(store: Store, month: str) -> tuple[str, str, int] | None:
    """(number, state, how many) of what of a month is neither booked nor settled by a person; None when all is."""
    where = (
        "FROM document d JOIN outbox o ON o.document = d.id WHERE d.business_day >= ? AND d.business_day < ?"
        " AND o.state <> 'booked' AND o.resolved = ''"
    )
    count = store.execute(f"SELECT count(*) {where}", _days(month)).fetchone()[0]
    if not count:
        return None
    number, state = store.execute(f"SELECT d.number, o.state {where} ORDER BY d.n LIMIT 1", _days(month)).fetchone()
    return number, state, count


def newest(store: Store, month: str) -> int:
    """The place of a month's newest document."""
    asked = f"SELECT coalesce(max(n), 0) FROM document WHERE {_OF_MONTH}"
    return int(store.execute(asked, _days(month)).fetchone()[0])


def bodies(store: Store, month: str) -> dict[str, bytes]:
    """Path -> the file's bytes of every document of a month, in the order they were saved."""
    rows = store.execute(f"SELECT path, body FROM document WHERE {_OF_MONTH} ORDER BY n", _days(month))
    return {path: body.encode("utf-8") for path, body in rows}


def some(store: Store, paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
    """Each path with its bytes; None when no document has it."""
    wanted = list(paths)
    for start in range(0, len(wanted), BITE):
        group = wanted[start : start + BITE]
        days = sorted({path[:10] for path in group})
        marks = ", ".join("?" * len(days))
        rows = store.execute(f"SELECT path, body FROM document WHERE business_day IN ({marks})", days).fetchall()
        known = {path: body.encode("utf-8") for path, body in rows}
        yield from ((path, known.get(path)) for path in group)
