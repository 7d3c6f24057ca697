"""A hub's PostgreSQL filled with millions of receipts, each with a hash and in the chain of its till, by COPY.

A few dozen sales are made as the program makes them; each is entered again and again under its own number, id, moment
and session. Every row a document has in the hub is there: head, bytes in the partition of its month, lines, tender,
movements, outbox and sums of takings. The audit's rows are there, and are no chain.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pos.config import Config
from pos.rules import documents, ledger
from pos.store import connections, entries, takings
from pos.store.db import Store, open_store
from tests import receipts

TILLS = 20
DAYS = 730
TEMPLATES = 60
SKUS = 400
#: Of them refused and on their way; the newest ones.
REFUSED, WAITING = 120, 900
CHUNK = 400  # rounds of all a worker's tills
WORKERS = 2
_MARKS = {
    "number": "TILL9-987654321", "session": "TILL9-S000001", "till": "TILL9", "at": "2001-02-03T04:05:06.789+00:00",
    "day": "2001-02-03", "sequence": "987654321", "id": "@id@", "prev": "@prev@", "hash": "@hash@", "l1": "@l1@",
    "l2": "@l2@", "n": "@n@",
}  # fmt: skip
_OUTBOX = (
    "document", "connection", "part", "state", "tries", "next_at", "lease_until", "owner", "after", "settle_at",
    "booked_at", "resolved", "remote_id", "remote", "code", "message", "difference", "created_at", "updated_at",
    "story",
)  # fmt: skip
_COLUMNS = {
    "document_head": ("n", *(c for c in ledger.DOCUMENT if c != "body")),
    "document_body": ("month", "n", "body"),
    "line": ledger.LINE,
    "tender": ledger.TENDER,
    "movement": ledger.MOVEMENT,
    "outbox": ("n", *_OUTBOX),
    "audit": ("n", "at", "actor", "act", "subject", "detail", "prev_hash", "hash"),
}


@dataclass(frozen=True, slots=True)
class Job:
    """What one worker fills: rounds of one receipt at each of its tills. days: the first one, and how many."""

    url: str
    worker: int
    rounds: int
    first: datetime
    days: int
    until: float


def fill(config: Config, size: int, seconds: float = 36_000) -> int:
    """Fill an empty database; how many receipts went in. The newest are of yesterday. No new ones after `seconds`."""
    store = open_store(config)
    try:
        connections.sync(store, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:9")])
        rounds = size // TILLS
        first = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
        for day in range(0, DAYS, 20):
            store.execute("SELECT document_month(?)", ((first + timedelta(days=day)).strftime("%Y-%m"),))
        store.execute("SELECT document_month(?)", ((first + timedelta(days=DAYS - 1)).strftime("%Y-%m"),))
        again = _without_indexes(store)
        jobs = [
            Job(config.storage.url, worker, rounds, first, DAYS, time.time() + seconds) for worker in range(WORKERS)
        ]
        with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
            sums = pool.map(_filled, jobs)
            _sums(store, sums)
            pool.map(_run, [(config.storage.url, again[i::WORKERS]) for i in range(WORKERS)])
        for statement in (
            "ALTER TABLE movement ENABLE TRIGGER USER",
            "INSERT INTO movement_total (item, warehouse, qty) SELECT item_code, warehouse, sum(qty) FROM movement"
            " GROUP BY 1, 2",
            "SELECT setval(pg_get_serial_sequence('document_head', 'n'), (SELECT max(n) FROM document_head))",
            "SELECT setval(pg_get_serial_sequence('outbox', 'n'), (SELECT max(n) FROM outbox))",
            "SELECT setval(pg_get_serial_sequence('audit', 'n'), (SELECT max(n) FROM audit))",
            "VACUUM ANALYZE",
        ):
            store.execute(statement)
        return int(store.execute("SELECT count(*) FROM document_head").fetchone()[0])
    finally:
        store.close()


def _without_indexes(store: Store) -> list[str]:
    """Take away what slows COPY down; the statements that make it again."""
    store.execute("ALTER TABLE movement DISABLE TRIGGER USER")
    again = []
    for table in _COLUMNS:
        parts = f"c.relname = '{table}' OR c.relname ~ '^document_body_[0-9]+_[0-9]+$' AND '{table}' = 'document_body'"
        keys = store.execute(
            "SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid ="
            f" k.conrelid WHERE ({parts}) AND k.contype IN ('p', 'u')"
        ).fetchall()
        for name, key, text in keys:
            store.execute(f'ALTER TABLE "{name}" DROP CONSTRAINT "{key}"')
            again.append(f'ALTER TABLE "{name}" ADD CONSTRAINT "{key}" {text}')
        indexes = store.execute(
            "SELECT i.relname, pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN"
            f" pg_class c ON c.oid = x.indrelid WHERE ({parts})"
        ).fetchall()
        for name, text in indexes:
            store.execute(f'DROP INDEX "{name}"')
            again.append(text)
    return again


def _run(given: tuple[str, list[str]]) -> None:
    import psycopg

    url, statements = given
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SET maintenance_work_mem = '512MB'")
        for statement in statements:
            db.execute(statement.encode())


# -- one worker --------------------------------------------------------------------------------------------------------


class _Template:
    """One sale whose rows are texts to fill in, as COPY wants them."""

    def __init__(self, rng: random.Random) -> None:
        lines = [
            receipts.line(
                f"SKU{rng.randint(1, SKUS)}", rng.randint(1, 3), f"{rng.randint(1, 90)}.{rng.randint(0, 99):02d}"
            )
            for _ in range(rng.choice((1, 1, 1, 2)))
        ]
        doc = receipts.sale(*lines, cashier={"code": f"C{rng.randint(1, 40)}", "name": "Somebody"})
        for item, mark in zip(doc["items"], ("l1", "l2"), strict=False):
            item["line"] = _MARKS[mark]
        doc["id"] = _MARKS["id"]
        doc, body = documents.stamp(
            doc, invoice_name=_MARKS["number"], till=_MARKS["till"], store="main", series="till",
            sequence=int(_MARKS["sequence"]),
            created_at=_MARKS["at"], business_day=_MARKS["day"], session=_MARKS["session"], mode="erpnext",
            prev_hash=_MARKS["prev"],
        )  # fmt: skip
        text = body.decode()
        head, tail = text[: text.rindex('"hash": ')], '"hash": "@hash@"\n}\n'
        rows = ledger.rows(doc, body)
        self.head, self.body = _filler(head), _filler(_escaped(head + tail))
        shown = dict(zip(ledger.DOCUMENT, rows.document, strict=True)) | {"hash": _MARKS["hash"]}
        shown.pop("body")
        self.document = _filler("@n@\t" + _line(tuple(shown.values())))
        self.lines = _filler("\n".join(map(_line, rows.lines)))
        self.tenders = _filler("\n".join(map(_line, rows.tenders)))
        self.movements = _filler("\n".join(map(_line, rows.movements)))
        self.total, self.cashier = rows.document[14], rows.document[11]
        self.goods = [
            (dict(zip(ledger.LINE, row, strict=True)), row) for row in rows.lines
        ]  # named, for the sums of takings
        self.tender = dict(zip(ledger.TENDER, rows.tenders[0], strict=True))


def _line(row: tuple[Any, ...]) -> str:
    return "\t".join("\\N" if value is None else _escaped(str(value)) for value in row)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _filler(text: str) -> str:
    text = text.replace("%", "%%")
    for name, mark in _MARKS.items():
        text = text.replace(mark, f"%({name})s")
    return text


class _Sums:
    """Sums of takings as the program keeps them."""

    def __init__(self) -> None:
        self.people: dict[tuple[Any, ...], list[int]] = {}
        self.goods: dict[tuple[Any, ...], list[int]] = {}
        self.tenders: dict[tuple[Any, ...], list[int]] = {}

    def add(self, template: _Template, session: str, day: str, hour: str) -> None:
        sold = sum(row["amount"] for row, _ in template.goods)
        _more(self.people, (session, day, hour, template.cashier, "sale"), (1, sold, 0, template.total))
        for row, _ in template.goods:
            key = (session, day, "sale", row["item_group"], row["brand"], row["tax_code"], row["tax_rate"], 1, 0)
            _more(self.goods, key, (1, row["qty"], row["amount"], row["net"], row["tax"], row["discount"]))
        pay = template.tender
        _more(self.tenders, (session, day, "sale", pay["kind"], pay["mode"], 1), (1, pay["amount"], pay["change"]))


def _more(sums: dict[tuple[Any, ...], list[int]], key: tuple[Any, ...], figures: tuple[int, ...]) -> None:
    have = sums.get(key)
    if have is None:
        sums[key] = list(figures)
    else:
        for i, figure in enumerate(figures):
            have[i] += figure


def _filled(job: Job) -> tuple[_Sums, list[tuple[Any, ...]]]:
    import psycopg

    rng = random.Random(7)
    templates = [_Template(rng) for _ in range(TEMPLATES)]
    sums, sessions = _Sums(), list[tuple[Any, ...]]()
    with psycopg.connect(job.url, autocommit=True) as db:
        rows: dict[str, list[str]] = {table: [] for table in _COLUMNS}
        for done, _ in enumerate(_receipts(job, templates, sums, sessions, rows), 1):
            if done % CHUNK == 0 or done == job.rounds:
                _copy(db, rows)
                if time.time() > job.until:
                    break
    return sums, sessions


def _copy(db: Any, rows: dict[str, list[str]]) -> None:
    for table, lines in rows.items():
        with db.cursor().copy(f"COPY {table} ({', '.join(_COLUMNS[table])}) FROM STDIN") as copy:
            copy.write("\n".join(lines) + "\n")
        lines.clear()


def _receipts(
    job: Job, templates: list[_Template], sums: _Sums, sessions: list[tuple[Any, ...]], rows: dict[str, list[str]]
) -> Iterator[None]:
    tills = range(job.worker, TILLS, WORKERS)
    before = dict.fromkeys(tills, documents.GENESIS)
    per_day, waiting = -(-job.rounds // job.days), job.rounds - WAITING // TILLS
    refused = max(job.rounds // max(REFUSED // TILLS, 1), 1)
    remote = json.dumps({"figures": {"grand_total": "12.00", "net_total": "10.00"}, "rows": [{"name": "abcdef0123"}]})
    day = name_of_day = ""
    for k in range(job.rounds):
        moment = job.first + timedelta(days=k // per_day, seconds=(k % per_day) * 36000 // per_day)
        if k % per_day == 0:
            day = moment.date().isoformat()
            name_of_day = f"S{k // per_day + 1:06d}"
        at, ms = moment.isoformat(timespec="milliseconds"), int(moment.timestamp() * 1000)
        state = "queued" if k >= waiting else "rejected" if k % refused == refused - 1 else "booked"
        for till in tills:
            named, n = f"T{till + 1:02d}", k * TILLS + till + 1
            session, number = f"{named}-{name_of_day}", f"{named}-{k + 1:06d}"
            if k % per_day == 0:
                sessions.append((named, session, k // per_day + 1, at, day, k + 1, min(k + per_day, job.rounds)))
            template = templates[n % TEMPLATES]
            key = f"{ms:012x}"
            facts: dict[str, Any] = {
                "id": f"{key[:8]}-{key[8:]}-7{till:03x}-9000-{n:012x}", "number": number, "till": named, "at": at,
                "day": day, "session": session, "prev": before[till], "sequence": k + 1, "n": n, "hash": "",
                "l1": f"{key[:8]}-{key[8:]}-7{till:03x}-9001-{n:012x}",
                "l2": f"{key[:8]}-{key[8:]}-7{till:03x}-9002-{n:012x}",
            }  # fmt: skip
            digest = hashlib.sha256((template.head % facts).encode()).hexdigest()
            facts["hash"] = before[till] = digest
            rows["document_head"].append(template.document % facts)
            rows["document_body"].append(f"{day[:7]}\t{n}\t{template.body % facts}")
            rows["line"].append(template.lines % facts)
            rows["tender"].append(template.tenders % facts)
            rows["movement"].append(template.movements % facts)
            rows["outbox"].append(_outbox(n, facts["id"], at, state, remote))
            rows["audit"].append(
                f"{n}\t{at}\t{named}\tadopt\t{facts['id']}\t"
                f'{{"number": "{number}", "total": "{template.total}"}}\t{digest}\t{digest}'
            )
            sums.add(template, session, day, at[11:13])
        yield


def _outbox(n: int, key: str, at: str, state: str, remote: str) -> str:
    if state == "booked":
        return (
            f"{n}\t{key}\terpnext\tsale\tbooked\t1\t{at}\t\t\t\t\t{at}\t\tACC-SINV-{n}\t{remote}\t\t\t\t{at}\t{at}\t"
            f'["{at}", "booked", "", ""]\\n'
        )
    code, words = ("item_missing", "Item SKU1 not found. Make it there.") if state == "rejected" else ("", "")
    tries = int(state == "rejected")
    return f"{n}\t{key}\terpnext\tsale\t{state}\t{tries}\t{at}\t\t\t\t\t\t\t\t\t{code}\t{words}\t\t{at}\t{at}\t"


# -- what follows ------------------------------------------------------------------------------------------------------


def _sums(store: Store, found: list[tuple[_Sums, list[tuple[Any, ...]]]]) -> None:
    """Sums of takings, sessions, and the marks that say how far both go."""
    with store.transaction():
        for sums, sessions in found:
            for table, rows in zip(takings.TABLES, (sums.people, sums.goods, sums.tenders), strict=False):
                marks = ", ".join("?" * len(table.columns.split(",")))
                given = [(*key, *figures) for key, figures in rows.items()]
                store.execute_many(f"INSERT INTO {table.name} ({table.columns}) VALUES ({marks})", given)
            store.execute_many(
                "INSERT INTO session (id, till, number, opened_at, opened_by, business_day, closed_at, open,"
                " first_sequence, last_sequence) VALUES (?, ?, ?, ?, 'C1', ?, ?, 0, ?, ?)",
                [(key, till, number, at, day, at, first, last) for till, key, number, at, day, first, last in sessions],
            )
        last = store.execute("SELECT max(n) FROM document_head").fetchone()[0]
        for mark in (takings.MARK, "files_durable"):
            entries.set_meta(store, mark, last)
