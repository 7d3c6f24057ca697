"""Recovery at each start, alone on the folder: files follow the database, and files it does not know are taken in.

Nothing is deleted or moved. What does not verify stays where it is and is reported.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pos.errors import CannotSave, Conflict, Corrupt
from pos.rules import ledger
from pos.said import said
from pos.store import archives, blanking, disk, entries, intake
from pos.store.archives import Files
from pos.store.db import Store

log = logging.getLogger(__name__)

#: A folder of receipts is called so.
DAY = archives.DAY
#: Meta: archives whose receipts the database knows, with what their file looked like then.
ARCHIVES_SEEN = "archives_seen"
ROWS_MAX = 1000
NOTICES_MAX = 50


@dataclass(slots=True)
class Recovered:
    """What a start found. notices: sentences for people about files that were left alone."""

    compared: int = 0
    rewritten: list[str] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def recover(store: Store) -> Recovered:
    """Bring invoices/ and the database together. Called under the folder's lock, before the first sale.

    A disk that takes nothing now stops neither the start nor the screen: the journal refuses sales by itself.
    """
    found = Recovered()
    try:
        if store.keeps_files:
            _compare(store, found)
            _adopt(store, found)
        _blank(store, found)
    except (OSError, CannotSave) as error:
        found.notices.append(f"Recovery could not be finished: {error}. It goes on at the next start.")
    for notice in found.notices[:NOTICES_MAX]:
        log.warning("%s", notice)
    if found.rewritten or found.adopted:
        log.warning("recovery wrote %d files again and took in %d", len(found.rewritten), len(found.adopted))
    return found


def _compare(store: Store, found: Recovered) -> None:
    """Above the watermark a file may be missing, empty or cut: compare its content, never its mere existence."""
    mark = intake.remembered(store)
    while True:
        rows = store.execute(
            "SELECT n, path, body FROM document WHERE n > ? ORDER BY n LIMIT ?", (mark, ROWS_MAX)
        ).fetchall()
        if not rows:
            return
        paths = []
        for _n, path, text in rows:
            file, body = store.config.invoices / path, text.encode("utf-8")
            if _content(file) != body:
                disk.write_whole(file, body)
                found.rewritten.append(path)
            paths.append(file)
        disk.flush_files(paths, store.config.invoices)
        found.compared += len(rows)
        mark = rows[-1][0]
        intake.remember(store, mark)


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes() if file.is_file() else None
    except OSError:
        return None


def _adopt(store: Store, found: Recovered) -> None:
    """Receipts the database does not know, loose ones and those in archives it has not seen as they lie there now."""
    known = {row[0] for row in store.execute("SELECT path FROM document")}
    files, seen = Files(store.config), json.loads(entries.meta(store, ARCHIVES_SEEN, "{}"))
    now = {name: files.archives.seal(name) for name in files.archives.names()}
    for name, words in files.archives.trouble([name for name in now if seen.get(name) != now[name]]):
        found.notices.append(disk.printable(f"{words}. Its receipts are read from the database alone."))
        now[name] = ""
    fresh = [name for name, seal in now.items() if seal and seen.get(name) != seal]
    unknown = {path for path in archives.loose(store.config.invoices) if path not in known}
    unknown |= {path for name in fresh for path in files.archives.open(name).paths() if path not in known}
    for path, doc, body in _readable(files, sorted(unknown), found.notices.append):
        try:
            _adopt_one(store, path, doc, body, found)
        except Conflict as error:
            found.notices.append(disk.printable(f"{path} was left alone: {error.message}"))
    if now != seen:
        with store.transaction():
            entries.set_meta(store, ARCHIVES_SEEN, now)


def _blank(store: Store, found: Recovered) -> None:
    """What a record blanks and was not reached, or came back with an older copy, is blanked now."""
    with store.transaction():
        blanking.apply(store)
    found.rewritten += blanking.finish(store)


def _readable(
    files: Files, paths: list[str], say: Callable[[str], None]
) -> Iterator[tuple[str, dict[str, Any], bytes]]:
    """The receipts among these files that are proven and lie where they belong, in the order they were made."""
    good = []
    for path in paths:
        try:
            body = files.read(path)
            doc, _rows = intake.proven(body)
            if ledger.path_of(doc) != path:
                raise Corrupt(f"it says it belongs at {ledger.path_of(doc)}")
        except (Corrupt, OSError) as error:
            say(disk.printable(f"{path} is no receipt this till can trust and was left alone: {error}."))
            continue
        good.append((path, doc, body))
    good.sort(key=lambda one: order(one[1]))
    yield from good


def order(doc: dict[str, Any]) -> tuple[Any, ...]:
    """Sorts documents as they were committed: own numbers, and those taken in from elsewhere behind the number they
    came after."""
    if doc["series"] in ("imported", "recovered"):
        return ("", (doc.get("taken_in") or {}).get("after", 0), 1, doc["till"], doc["sequence"])
    return ("", doc["sequence"], 0, doc["till"], doc["sequence"])


def _adopt_one(store: Store, path: str, doc: dict[str, Any], body: bytes, found: Recovered) -> None:
    with store.transaction(sale=True):
        before = intake.find(store, doc["id"])
        if before is not None:
            raise intake.other_content(before.doc, doc)
        taken = store.execute(
            "SELECT id FROM document WHERE till = ? AND series = ? AND sequence = ?",
            (doc["till"], doc["series"], doc["sequence"]),
        ).fetchone()
        if taken:
            raise Conflict(
                said("its number belongs to another document here (id {what}).", what=taken[0]), code="number_taken"
            )
        intake.adopt_found(store, doc, body)
    found.adopted.append(path)
