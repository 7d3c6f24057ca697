"""What the company of a connection has to choose from, as it was last seen; and what of the outbox waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pos import clock
from pos.store import audit
from pos.store.db import Store
from pos.store.models import QboList

BITE_ROWS = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """The lists of one company there. body: as `pos.connectors.qbo.lists.encode` made it. loaded_at: a stamp."""

    body: bytes
    loaded_at: str
    loaded_by: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """A refused part of a receipt, or a refused document of the books. body: the receipt's file, b"" of the latter."""

    n: int
    document: str
    part: str
    till: str
    body: bytes


def seen(store: Store, connection: str, realm: str) -> Seen | None:
    """The lists of this very company there; None when nobody looked yet."""
    with store.reading():
        row = QboList.get_or_none((QboList.connection == connection) & (QboList.realm == realm))
    return Seen(row.body.encode(), row.loaded_at, row.loaded_by) if row else None


def keep(store: Store, company: str, connection: str, realm: str, body: bytes, by: str) -> None:
    """Put lists in place of those before."""
    now = clock.stamp(clock.now())
    with store.transaction():
        QboList.delete().where(QboList.connection == connection).execute()
        QboList.create(
            connection=connection, company=company, realm=realm, body=body.decode(), loaded_at=now, loaded_by=by
        )
        audit.record(store, by, "quickbooks.lists", connection, {"company": company})


def amend(store: Store, connection: str, realm: str, body: bytes) -> None:
    """The same lists with what this program changed itself; they are as old as they were."""
    with store.transaction():
        QboList.update(body=body.decode()).where(
            (QboList.connection == connection) & (QboList.realm == realm)
        ).execute()


def stuck(store: Store, connection: str, code: str) -> Iterator[Stuck]:
    """Everything of a connection that was refused for this reason and waits for somebody, in order."""
    last = 0
    while True:
        with store.reading():
            rows = store.execute(
                "SELECT o.n, o.document, o.part, coalesce(d.till, ''), coalesce(d.body, '') FROM outbox o"
                " LEFT JOIN document d ON d.id = o.document WHERE o.connection = ? AND o.state = 'rejected'"
                " AND o.code = ? AND o.resolved = '' AND o.n > ? ORDER BY o.n LIMIT ?",
                (connection, code, last, BITE_ROWS),
            ).fetchall()
        yield from (Stuck(n, document, part, till, body.encode()) for n, document, part, till, body in rows)
        if len(rows) < BITE_ROWS:
            return
        last = rows[-1][0]


def count_stuck(store: Store, connection: str, code: str) -> int:
    """How many those are."""
    with store.reading():
        return int(
            store.execute(
                "SELECT count(*) FROM outbox WHERE connection = ? AND state = 'rejected' AND code = ?"
                " AND resolved = ''",
                (connection, code),
            ).fetchone()[0]
        )


def goods(store: Store) -> Iterator[tuple[str, str, str]]:
    """Code, name and group of everything that can be sold, in order."""
    last = ""
    while True:
        with store.reading():
            rows = store.execute(
                "SELECT code, name, item_group FROM item WHERE disabled = 0 AND has_variants = 0 AND code > ?"
                " ORDER BY code LIMIT ?",
                (last, BITE_ROWS),
            ).fetchall()
        yield from ((code, name, group) for code, name, group in rows)
        if len(rows) < BITE_ROWS:
            return
        last = rows[-1][0]


def groups(store: Store) -> list[str]:
    """The groups the till's items are in, by name."""
    with store.reading():
        rows = store.execute("SELECT DISTINCT item_group FROM item WHERE disabled = 0 ORDER BY item_group").fetchall()
    return [group for (group,) in rows if group]


def tax_codes(store: Store) -> list[tuple[str, str, str]]:
    """Code, title and percent of the till's taxes, in order."""
    with store.reading():
        rows = store.execute("SELECT code, title, rate FROM tax_code ORDER BY code").fetchall()
    return [(code, title, rate) for code, title, rate in rows]
