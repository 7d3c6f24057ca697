"""Replay: take in a receipt that exists already, from a file or from the operator's POST. Harmless when repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos.actions import older, voucher_notices
from pos.errors import Conflict, Corrupt, Invalid
from pos.rules import documents
from pos.said import said
from pos.store import audit, notices, unblock, vouchers
from pos.store.journal import Committed, Journal


def is_receipt(body: Mapping[str, Any]) -> bool:
    """Whether a decoded body is a receipt to take in, rather than a basket to sell."""
    return ("schema" in body and "hash" in body) or older.is_older(body)


def take_in(journal: Journal, body: bytes, origin: str, actor: str) -> Committed:
    """Take in one receipt as it is: it keeps its number, day and totals, is never re-priced, and is asked for at the
    books before it is sent. `body` is the file; white space lost on the way (curl -d) does not matter.

    `duplicate` is True when it was here already; then nothing of it changed, and what the books refused of it or hold
    differently is tried again. Invalid when it is no whole receipt; Conflict
    when its id holds other content or its number is another sale's; CannotSave when nothing can be saved now.
    """
    try:
        doc = documents.decode(body)
        if older.is_older(doc):
            taken = journal.adopt_imported(older.document(doc, journal.store.config), origin, actor)
        else:
            taken = journal.adopt(documents.restored(body), origin, actor)
    except Conflict as error:
        if error.code == "other_content":
            _alarm(journal, doc, error, actor)
        raise
    except Corrupt as error:
        raise Invalid(
            said(
                "This is no receipt that can be taken in: {message}. Use the file from invoices/ "
                "or from a backup, unchanged.",
                message=error.message,
            ),
            code="corrupt",
            field=error.field,
        ) from error
    if taken.duplicate:
        unblock.again(journal.store, taken.doc["id"], actor)
    elif taken.doc["vouchers"] and not vouchers.issuer(journal.store):  # else the agent, which hears of all tills
        voucher_notices.overdrawn(journal.store, only={row["code"] for row in taken.doc["vouchers"]})
    return taken


def _alarm(journal: Journal, doc: Mapping[str, Any], error: Conflict, actor: str) -> None:
    """Two different receipts under one id: somebody changed one of them, or an id was used twice."""
    key, number = (
        str(doc.get("id") or doc.get("sale_id") or doc.get("invoice_name")),
        str(error.facts.get("number", "")),
    )
    audit.record(journal.store, actor, "replay.other_content", number, {"id": key, "field": error.field})
    notices.raise_notice(
        journal.store,
        f"other-content:{key}",
        "check",
        said(
            "A receipt was offered again as {number}, with another {field}. It was refused.",
            number=number,
            field=error.field,
        ),
        said("Compare the file with the receipt in invoices/; run `pos_server.py verify`."),
        number,
    )
