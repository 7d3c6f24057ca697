"""Taking a customer out of a receipt: who it was and what was written about them goes, every figure stays.

What is left is worked out from the receipt alone, so that it comes out the same wherever it is done again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from pos.rules import daybook, documents, ledger

_numbers = msgspec.json.Encoder(decimal_format="number")


def blanked(doc: Mapping[str, Any], record: str, customer: str) -> tuple[dict[str, Any], bytes]:
    """The receipt without its customer, and its file's bytes. record: the id of the document that says so. customer:
    what stands in the customer's place, the same as on a receipt without one.

    Blanked are `customer`, `note`, the note of each line, and the whole of an `older` receipt that was kept beside.
    """
    left = {key: value for key, value in doc.items() if key not in ("hash", "blanked")}
    left["customer"] = customer
    left["note"] = ""
    left["items"] = [{**row, "note": ""} if row.get("note") else row for row in doc["items"]]
    if "older" in left:
        left["older"] = {}
    left["blanked"] = {"hash": ledger.chain_hash(doc), "record": record, "fields": fields(doc, customer)}
    return documents.stamp(left, prev_hash=doc["prev_hash"])


def fields(doc: Mapping[str, Any], customer: str) -> list[str]:
    """What of a receipt is blanked."""
    found = [key for key in ("customer",) if doc["customer"] != customer]
    found += ["note"] if doc.get("note") else []
    found += [f"items.{row['line']}.note" for row in doc["items"] if row.get("note")]
    return found + (["older"] if doc.get("older") else [])


#: What the customer is called in what was sent, to QuickBooks Online and to QuickBooks Desktop.
_CUSTOMER = {"CustomerRef", "customer"}


def blanked_book(body: str, sent: str) -> tuple[str, str]:
    """A document of the books that is about one receipt, and the bytes it was sent as, without the customer. The first
    keeps the digest it is told by, the second the hash of what was sent."""
    book = daybook.decode(body)
    if book.customer:
        body = daybook.encode(replace(book, customer="", was=daybook.digest(book))).decode()
    plain = documents.decode(sent.encode()) if sent else {}
    if _CUSTOMER & plain.keys():
        left = {key: value for key, value in plain.items() if key not in _CUSTOMER}
        left["blanked"] = hashlib.sha256(sent.encode()).hexdigest()
        sent = _numbers.encode(left).decode()
    return body, sent
