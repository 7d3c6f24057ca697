"""What an error answer of ERPNext means. Decided by status and `exc_type` alone, never by the words of a message.

One row of OUTCOMES per line of the observed contract. With "allow error traceback" off, `exc_type` is all that is left
of an error, and 500 is not always transient: an unknown customer is a 500, and so is a deadlock.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pos.connectors.base import ANSWERED
from pos.errors import ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from pos.http import Answer

Where = Literal["post", "read"]
_Place = Literal["post", "read", "any"]
Outcome = Literal["rejected", "unknown", "answered", "unavailable", "sign_in"]

#: Role that gives the right, by doctype (observed: Accounts User books, Sales Master Manager sees prices).
ROLES = {
    "Sales Invoice": "Accounts User",
    "Payment Entry": "Accounts User",
    "Journal Entry": "Accounts User",
    "Stock Entry": "Stock User",
    "Bin": "Stock User",
    "Item": "Sales User",
    "Item Price": "Sales Master Manager",
    "Customer": "Sales User",
    "POS Profile": "Accounts User",
    "Custom Field": "System Manager",
    "Gift Voucher": "Accounts User",
    "Gift Voucher Entry": "Accounts User",
}
SAID_CHARS_MAX = 200
#: So much of an answer is kept for whoever looks into it.
REPLY_CHARS_MAX = 4000


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer is. exc_type: "*" = any, "" = a page instead of JSON. code: the key of WORDS."""

    status: int
    exc_type: str
    where: _Place
    outcome: Outcome
    code: str


#: status, exc_type, where, outcome, code. The first row that fits decides.
_ROWS: tuple[tuple[int, str, _Place, Outcome, str], ...] = (
    (401, "*", "any", "sign_in", "sign_in_needed"),
    (403, "*", "any", "rejected", "right_missing"),
    # limits and pauses: nothing was done
    (429, "*", "any", "unavailable", "busy"),
    (503, "SessionStopped", "any", "unavailable", "maintenance"),
    (400, "*", "any", "rejected", "request_refused"),
    (413, "*", "any", "rejected", "too_large"),
    # the same receipt a second time, or two at once: it is there, or will be in a moment
    (417, "UniqueValidationError", "post", "unknown", "already_there"),
    (409, "DuplicateEntryError", "post", "answered", "name_taken"),
    (417, "TimestampMismatchError", "post", "answered", "changed_meanwhile"),
    (417, "UpdateAfterSubmitError", "post", "answered", "submitted_meanwhile"),
    # a database in trouble
    (500, "QueryDeadlockError", "post", "answered", "deadlock"),
    (500, "QueryTimeoutError", "post", "answered", "lock_timeout"),
    (500, "OperationalError", "post", "answered", "database"),
    # what a person must put right
    (417, "NegativeStockError", "post", "rejected", "out_of_stock"),
    (404, "DoesNotExistError", "post", "rejected", "item_missing"),
    (500, "TypeError", "post", "rejected", "broken_reference"),
    (500, "JSONDecodeError", "post", "rejected", "not_understood"),
    (417, "FiscalYearError", "post", "rejected", "fiscal_year"),
    (417, "ClosedAccountingPeriod", "post", "rejected", "period_closed"),
    (417, "StockFreezeError", "post", "rejected", "stock_frozen"),
    (417, "PendingRepostingError", "post", "rejected", "reposting"),
    (417, "PartyDisabled", "post", "rejected", "customer_disabled"),
    (417, "LinkValidationError", "post", "rejected", "link_missing"),
    (417, "InvalidQtyError", "post", "rejected", "bad_quantity"),
    (417, "UOMMustBeIntegerError", "post", "rejected", "whole_units"),
    (417, "StockOverReturnError", "post", "rejected", "over_return"),
    (417, "CharacterLengthExceededError", "post", "rejected", "too_long"),
    (417, "MandatoryError", "post", "rejected", "field_required"),
    (409, "NameError", "post", "rejected", "bad_name"),
    (417, "DataError", "any", "rejected", "field_missing"),
    (404, "DoesNotExistError", "read", "rejected", "not_there"),
    (417, "*", "post", "rejected", "refused"),
    (417, "*", "read", "rejected", "question_refused"),
    # no ERPNext behind that address: it is so for every receipt, so they wait
    (404, "", "any", "unavailable", "no_site"),
)
OUTCOMES = tuple(Meaning(*row) for row in _ROWS)

_RETRY = "Then try it again: `pos_server.py outbox retry`."
_SAFE = "Tell support; the receipt is safe here."
#: code -> (what happened, what to do), for the person who looks after the till.
WORDS: dict[str, tuple[str, str]] = {
    "sign_in_needed": ("ERPNext does not accept the till's API key.", ""),
    "right_missing": (
        "The till's user in ERPNext lacks a right for {doctype}.",
        f"Give it the role {{role}} in ERPNext. {_RETRY}",
    ),
    "busy": ("ERPNext asks to come back later.", ""),
    "maintenance": ("ERPNext is in maintenance.", ""),
    "request_refused": ("ERPNext's web server could not read the request.", _SAFE),
    "too_large": (
        "The receipt is larger than ERPNext's web server accepts.",
        f"Raise its limit for the size of a request (client_max_body_size). {_RETRY}",
    ),
    "already_there": ("ERPNext already has a document with this receipt's id.", ""),
    "name_taken": ("ERPNext gave two documents the same number.", ""),
    "changed_meanwhile": ("The document was changed in ERPNext meanwhile.", ""),
    "submitted_meanwhile": ("The document was submitted in ERPNext meanwhile.", ""),
    "deadlock": ("ERPNext's database was busy (deadlock).", ""),
    "lock_timeout": ("ERPNext's database was busy (lock).", ""),
    "database": ("ERPNext's database failed.", ""),
    "out_of_stock": (
        "ERPNext has not enough stock for this receipt.",
        f"Book the missing stock in, or allow negative stock in Stock Settings. {_RETRY}",
    ),
    "item_missing": (
        "An item of this receipt does not exist in ERPNext.",
        f"Create it there with the same item code. {_RETRY}",
    ),
    "broken_reference": (
        "ERPNext could not process the receipt; usually its customer is not there.",
        f"Check that the customer and the items exist there. {_RETRY}",
    ),
    "not_understood": ("ERPNext could not read what was sent.", _SAFE),
    "fiscal_year": (
        "ERPNext has no open fiscal year for the day of this receipt.",
        f"Create or enable the Fiscal Year there. {_RETRY}",
    ),
    "period_closed": (
        "The accounting period of this receipt is closed in ERPNext.",
        f"Let accounts open it for Sales Invoices, or book this receipt by hand. {_RETRY}",
    ),
    "stock_frozen": (
        "Stock of that day is frozen in ERPNext.",
        f"Let somebody move the freeze date in Stock Settings. {_RETRY}",
    ),
    "reposting": (
        "ERPNext is still revaluing stock.",
        f"Wait until its Repost Item Valuation jobs are done. {_RETRY}",
    ),
    "customer_disabled": (
        "The customer of this receipt is disabled in ERPNext.",
        f"Enable the customer there. {_RETRY}",
    ),
    "link_missing": (
        "Something this receipt refers to is not in ERPNext (warehouse, price list, account, original).",
        f"See what ERPNext says, create it there. {_RETRY}",
    ),
    "bad_quantity": (
        "ERPNext does not accept a quantity on this receipt.",
        "See what ERPNext says; book this receipt by hand if it cannot be put right.",
    ),
    "whole_units": (
        "ERPNext sells an item of this receipt in whole units only.",
        f"Switch off 'Must be Whole Number' for its unit there. {_RETRY}",
    ),
    "over_return": (
        "ERPNext says more came back than was sold.",
        "Look for another return of the same receipt there, and book this one by hand if it is right.",
    ),
    "too_long": (
        "A text on this receipt is too long for ERPNext.",
        "See what ERPNext says, and book this receipt by hand.",
    ),
    "field_required": (
        "ERPNext requires a field the till does not know.",
        f"Make that field optional for Sales Invoices. {_RETRY}",
    ),
    "bad_name": ("ERPNext does not accept a name on this receipt.", f"See what ERPNext says. {_RETRY}"),
    "field_missing": (
        "ERPNext lacks a field the till needs.",
        "Run `pos_server.py erpnext setup` with an administrator's key.",
    ),
    "not_there": (
        "What was asked for is not in ERPNext any more.",
        "Look for it there; to post it again: `pos_server.py outbox retry`.",
    ),
    "refused": ("ERPNext refused the receipt.", f"See what it says, put it right there. {_RETRY}"),
    "question_refused": ("ERPNext refused the question.", "See what it says."),
    "no_site": ("There is no ERPNext site at this address; check [erpnext] url.", ""),
    "server_error": (
        "ERPNext answered with an error of its own ({status} {exc_type}).",
        f"Look into ERPNext's Error Log. {_RETRY}",
    ),
    "gateway": ("ERPNext's server answered {status} without saying whether it booked.", ""),
    "garbage": ("ERPNext answered {status} with something that is no data.", ""),
}


def meaning_of(status: int, exc_type: str | None, where: Where, *, may_retry: bool = False) -> Meaning:
    """The row for an answer. exc_type None = it was no JSON error of ERPNext's. may_retry: it carried Retry-After."""
    for row in OUTCOMES:
        fits = row.exc_type == "*" or row.exc_type == (exc_type or "")
        if row.status == status and fits and row.where in ("any", where):
            return row
    if status == 503 and may_retry:
        return Meaning(status, "", "any", "unavailable", "busy")
    if status >= 500 and where == "read":
        return Meaning(status, "*", "read", "unavailable", "server_error")
    if status >= 500 and exc_type:
        # Its application answered, so the attempt is over and rolled back; the next one would end the same way.
        return Meaning(status, "*", "post", "rejected", "server_error")
    if status >= 500:
        return Meaning(status, "", "post", "unknown", "gateway")
    if status >= 400:
        return Meaning(status, "*", where, "rejected", "refused")
    return Meaning(status, "", where, "unknown", "garbage")


def error_for(answer: Answer, where: Where, doctype: str, now: datetime) -> ConnectorError:
    """The error to raise for an answer that is no success. Its message never holds more than a sentence of theirs; the
    answer itself goes along beside it."""
    error = _error_for(answer, where, doctype, now)
    error.reply = f"HTTP {answer.status}\n{answer.body[:REPLY_CHARS_MAX].decode('utf-8', 'replace')}"
    return error


def _error_for(answer: Answer, where: Where, doctype: str, now: datetime) -> ConnectorError:
    exc_type, said = _told(answer)
    retry_at = answer.retry_at(now)
    row = meaning_of(answer.status, exc_type, where, may_retry=retry_at is not None)
    fill = {"doctype": doctype, "role": ROLES.get(doctype, "System Manager")}
    fill |= {"status": str(answer.status), "exc_type": exc_type or "page"}
    sentence, remedy = (words.format(**fill) for words in WORDS[row.code])
    if row.outcome == "unavailable":
        return Unavailable(sentence, code=row.code, retry_at=retry_at)
    if row.outcome == "sign_in":
        return SignInNeeded(sentence)
    if row.outcome == "unknown":
        return Unavailable(sentence, code=row.code) if where == "read" else Unknown(sentence, code=row.code)
    if row.outcome == "answered":
        return Unknown(sentence, code=f"{ANSWERED}:{exc_type or row.code}")
    return Rejected(f"{sentence} ERPNext says: {said}" if said else sentence, code=row.code, remedy=remedy)


def _told(answer: Answer) -> tuple[str | None, str]:
    """(exc_type, their last message as plain text). None when the body is no error of ERPNext's own shape."""
    try:
        body = answer.json()
    except ValueError:
        return None, ""
    if not isinstance(body, dict):
        return None, ""
    errors = body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):  # version 2 of their API
        return str(errors[0].get("type") or "") or None, _plain(errors[0].get("message"))
    return str(body.get("exc_type") or "") or None, _plain(_last_message(body) or body.get("_error_message"))


def _last_message(body: Mapping[str, Any]) -> str:
    """`_server_messages` is the text of a list of texts of objects; the last one is what stopped it."""
    try:
        messages = json.loads(body.get("_server_messages") or "[]")
        return str(json.loads(messages[-1])["message"]) if messages else ""
    except (ValueError, KeyError, TypeError, IndexError):
        return ""


def _plain(text: Any) -> str:
    words = html.unescape(re.sub(r"<[^>]*>", " ", str(text or "")))
    words = re.sub(r"\s+", " ", words).strip()
    return words if len(words) <= SAID_CHARS_MAX else words[: SAID_CHARS_MAX - 1] + "…"
