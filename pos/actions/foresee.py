"""What a replay would do, before it does it: each receipt looked at as it would be taken in, and nothing changed.

new: it would be taken in. known: it is here, and what the books refused of it would be tried again. booked: it is here
and in the books; nothing would happen. differs: its id or number holds something else; it would be refused. unreadable:
it is no receipt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pos.actions import older, replay
from pos.config import Config
from pos.errors import Conflict, PosError
from pos.rules import documents, wording
from pos.rules.money import minor
from pos.said import said
from pos.store import intake, standing
from pos.store.db import Store
from pos.store.intake import Entered
from pos.store.journal import Journal

#: Receipts in one request, and characters of all of them.
RECEIPTS_MAX = 200
WORDS = {
    "new": said("New: it is taken in, asked for at the books, and sent if it is not there."),
    "known": said("Here already, and on its way to the books. Nothing changes."),
    "again": said("Here already; what the books refused of it is tried again."),
    "booked": said("Here already and in the books. Nothing changes."),
    "kept": said("Here already; it goes to no books. Nothing changes."),
}


def look(store: Store, config: Config, text: str) -> dict[str, Any]:
    """What would happen to one receipt. Never raises for what it holds."""
    view: dict[str, Any] = {"number": "", "what": "", "total_text": "", "at_text": ""}
    try:
        body = text.encode("utf-8")
        doc, found = _looked(store, config, body)
    except Conflict as error:
        return {**view, "number": str(error.facts.get("number", "")), "verdict": "differs", "words": error.message}
    except (PosError, UnicodeEncodeError) as error:
        words = getattr(error, "message", "") or str(error)
        return {**view, "verdict": "unreadable", "words": said("This is no receipt: {why}", why=words)}
    verdict = "new" if found is None else _known(store, doc["id"])
    shown = found.doc if found is not None else doc
    return {
        "number": str(shown["invoice_name"]),
        "what": str(shown["kind"]),
        "total_text": wording.money(minor(shown["total"], shown["currency"]), shown["currency"], config.shop.locale),
        "at_text": str(shown["created_at"])[:16].replace("T", " "),
        "id": str(shown["id"]),
        "verdict": "known" if verdict in ("again", "kept") else verdict,
        "words": WORDS[verdict],
    }


def take_in(journal: Journal, text: str, actor: str) -> dict[str, Any]:
    """Do it for one receipt: taken, known or refused, with the words for it."""
    try:
        taken = replay.take_in(journal, text.encode("utf-8"), "console", actor)
    except (PosError, UnicodeEncodeError) as error:
        return {"number": "", "result": "refused", "words": getattr(error, "message", "") or str(error)}
    number = str(taken.doc["invoice_name"])
    if taken.duplicate:
        return {"number": number, "result": "known", "words": said("It was here already.")}
    return {"number": number, "result": "taken", "words": said("Taken in.")}


def split(text: str) -> Iterator[str]:
    """The receipts in a text somebody pasted: one after the other, or in a list. Each keeps its own characters, for a
    figure written otherwise would not carry the receipt's hash. What is no JSON comes back as it is."""
    decoder, at = json.JSONDecoder(), 0
    text = text.strip().lstrip("\ufeff")
    if text.startswith("["):
        text, at = text.removesuffix("]"), 1
    while at < len(text):
        if text[at] in " \t\r\n,":
            at += 1
            continue
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield text[at:]
            return
        yield text[at:end]
        at = end


def _looked(store: Store, config: Config, body: bytes) -> tuple[dict[str, Any], Entered | None]:
    doc = documents.decode(body)
    with store.reading():
        if older.is_older(doc):
            mapped = older.document(doc, config)
            return mapped, intake.imported_already(store, mapped)
        body = documents.restored(body)
        proven, _rows = intake.proven(body)
        return proven, intake.here_already(store, proven, body)


def _known(store: Store, document: str) -> str:
    rows = standing.of_document(store, document)
    if not rows:
        return "kept"
    if any(row.needs for row in rows):
        return "again"
    return "booked" if all(row.state == "booked" for row in rows) else "known"
