"""What an error answer of QuickBooks Online means. Decided by the code in it, then by the status; for 6000 alone, which
is every business rule there is, by known words of its text.

Their errors come in three envelopes, and as text: `Fault` with capitals, `fault` of the gateway without, the same in
XML, and HTML or plain words of whatever stands in front. A Fault may come with HTTP 200.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from lxml import etree

from pos.connectors.base import ANSWERED
from pos.errors import ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from pos.http import Answer
from pos.said import said

Where = Literal["post", "read"]
Outcome = Literal["rejected", "unknown", "answered", "unavailable", "sign_in"]

#: After "too many requests" nothing is sent for so long; their Retry-After cannot be relied on.
THROTTLED_SECONDS = 60
SAID_CHARS_MAX = 220
REPLY_CHARS_MAX = 4000
#: Their message says that somebody works on the same stock this moment; it goes a moment later.
_STOCK_LOCK = re.compile(r"another user was (?:creating|editing|deleting)", re.IGNORECASE)
_NO_TAX = re.compile(r"(?:VAT|GST|HST|sales tax) rate before you save", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fault:
    """Their refusal. code: without leading noughts ("3200"), "" where there is none. text: one line, cut."""

    code: str
    text: str
    type: str = ""
    element: str = ""


#: code -> (outcome of a write, our code, what happened, what to do)
TABLE: dict[str, tuple[Outcome, str, str, str]] = {
    "3200": ("sign_in", "sign_in_needed", "QuickBooks does not accept the sign-in.", "Reconnect it at Integrations."),
    "3100": (
        "sign_in",
        "not_authorised",
        "QuickBooks does not let this program into the company.",
        "Look whether it is the right company and its subscription runs, then reconnect it at Integrations.",
    ),
    "3001": ("unavailable", "busy", "QuickBooks asks to send less; it goes on in a minute.", ""),
    "5010": ("rejected", "stale", "The document was changed in QuickBooks meanwhile.", "Look at it there."),
    "610": (
        "rejected",
        "not_there",
        "What this refers to is not in QuickBooks, or was made inactive there.",
        "Make it active again there, or map another one; then try it again.",
    ),
    "2500": (
        "rejected",
        "reference_missing",
        "What this refers to is not in QuickBooks, or was deleted there.",
        "Restore it there, or map another one; then try it again.",
    ),
    "6240": (
        "rejected",
        "name_taken",
        "QuickBooks has that name already; customers, vendors and employees share their names.",
        "Choose another name, or use the one that is there.",
    ),
    "6140": ("answered", "number_taken", "QuickBooks has a document with that number already.", ""),
    "6200": (
        "rejected",
        "period_closed",
        "The books are closed for that day in QuickBooks.",
        "Let the accountant open that period, or book it by hand; its day is not changed here.",
    ),
    "6270": (
        "rejected",
        "before_stock",
        "The day is before an item's inventory start date in QuickBooks.",
        "Change that start date there, or map another item; then try it again.",
    ),
    "6540": (
        "rejected",
        "deposited",
        "It is part of a deposit in QuickBooks and cannot be changed.",
        "Make a refund instead.",
    ),
    "2010": ("rejected", "not_understood", "QuickBooks could not read what was sent.", ""),
    "2020": ("rejected", "field_required", "QuickBooks requires a field that was not sent.", ""),
    "2030": ("rejected", "bad_id", "QuickBooks takes no such id.", ""),
    "2050": ("rejected", "too_long", "A text is too long for QuickBooks.", ""),
    "6070": ("rejected", "amount_differs", "QuickBooks works out another amount for a line.", ""),
    "2300": ("rejected", "unbalanced", "QuickBooks finds debits and credits unequal.", ""),
    "4000": ("rejected", "question_refused", "QuickBooks refused the question.", ""),
    "4001": ("rejected", "question_refused", "QuickBooks refused the question.", ""),
    "600": ("rejected", "request_id", "QuickBooks refused the request's id.", ""),
    "2130": ("rejected", "request_id", "QuickBooks refused the request's id.", ""),
    "10000": ("unknown", "server_error", "QuickBooks failed with an error of its own.", ""),
}
TABLE["6210"] = TABLE["6200"]
_SAFE = "Tell support; the receipt is safe here."


def error_for(answer: Answer, where: Where, now: datetime) -> ConnectorError:
    """The error to raise for an answer that is no success. Its text holds a line of theirs at most, never a document;
    the answer itself goes along beside it, cut."""
    error = _error_for(answer, fault_of(answer), where, now)
    tid = answer.headers.get("intuit_tid", "")
    error.reply = f"HTTP {answer.status} {tid}\n{answer.body[:REPLY_CHARS_MAX].decode('utf-8', 'replace')}"
    return error


def _error_for(answer: Answer, fault: Fault | None, where: Where, now: datetime) -> ConnectorError:
    code = fault.code if fault else ""
    if answer.status == 429 or code == "3001":
        later = now + timedelta(seconds=THROTTLED_SECONDS)
        return Unavailable(said(TABLE["3001"][2]), code="busy", retry_at=later)
    if answer.status == 401:
        code = "3200"
    elif answer.status == 403:
        code = "3100"
    if code == "6000" and fault is not None:
        return _business(fault)
    if code in TABLE:
        return _by_table(code, fault, where)
    if answer.status == 413:
        return Rejected(said("The document is larger than QuickBooks accepts."), code="too_large", remedy=said(_SAFE))
    if answer.status >= 500 or fault is None:
        return _without_words(answer, where, now)
    return Rejected(_with(said("QuickBooks refused it."), fault), code="refused", remedy=_look())


def _by_table(code: str, fault: Fault | None, where: Where) -> ConnectorError:
    outcome, ours, words, remedy = TABLE[code]
    sentence = _with(said(words), fault)
    if outcome == "sign_in":
        return SignInNeeded(sentence, code=ours, remedy=said(remedy))
    if outcome == "rejected":
        return Rejected(sentence, code=ours, remedy=said(remedy or _SAFE))
    if where == "read":
        return Unavailable(sentence, code=ours)
    return Unknown(sentence, code=f"{ANSWERED}:{code}" if outcome == "answered" else ours)


def _business(fault: Fault) -> ConnectorError:
    if _STOCK_LOCK.search(fault.text):
        return Unknown(_with(said("Somebody works on the same stock in QuickBooks."), fault), code=f"{ANSWERED}:6000")
    if _NO_TAX.search(fault.text):
        return Rejected(
            _with(said("A line has no tax code QuickBooks accepts."), fault),
            code="tax_code_missing",
            remedy=said("Map every tax of the till to a tax code there; then try it again."),
        )
    return Rejected(_with(said("QuickBooks refused it."), fault), code="refused", remedy=_look())


def _without_words(answer: Answer, where: Where, now: datetime) -> ConnectorError:
    """No Fault in it, or only somebody's in front: by the status alone."""
    status = answer.status
    if status == 404:
        return Unavailable(said("There is no QuickBooks at this address; check [quickbooks] api_url."), code="no_site")
    if 400 <= status < 500:
        return Rejected(
            said("QuickBooks answered {status} without a reason.", status=status), code="refused", remedy=_look()
        )
    kind = "gateway" if status >= 500 else "garbage"
    words = said("QuickBooks answered {status} with something that is no data.", status=status)
    if where == "read" or (status == 503 and answer.retry_at(now) is not None):
        return Unavailable(words, code=kind, retry_at=answer.retry_at(now))
    return Unknown(words, code=kind)


def _look() -> str:
    return said("See what QuickBooks says and put it right there; then try it again.")


def _with(sentence: str, fault: Fault | None) -> str:
    if fault is None or not fault.text:
        return sentence
    return said("{sentence} QuickBooks says: {said}", sentence=sentence, said=fault.text)


def fault_of(answer: Answer) -> Fault | None:
    """The first error in an answer, in whichever envelope; None when it holds none."""
    start = answer.body[:200].lstrip()
    if start.startswith(b"<") and not answer.is_html:
        return _of_xml(answer.body)
    try:
        body = answer.json()
    except ValueError:
        return None
    return fault_in(body)


def fault_in(body: Any) -> Fault | None:
    """The first error of a JSON answer, or of one part of a batch."""
    if not isinstance(body, Mapping):
        return None
    fault = body.get("Fault") or body.get("fault")
    if not isinstance(fault, Mapping):
        return None
    errors = fault.get("Error") or fault.get("error")
    first = errors[0] if isinstance(errors, list) and errors else errors
    if not isinstance(first, Mapping):
        return Fault("", _line(str(fault.get("type") or "")))
    parts = {str(name).lower(): value for name, value in first.items()}
    return _fault(parts, str(fault.get("type") or ""))


def _of_xml(body: bytes) -> Fault | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    found = root.xpath("//*[local-name()='Error']")
    if not isinstance(found, list) or not found or not isinstance(found[0], etree._Element):
        return None
    first = found[0]
    above = first.getparent()
    parts: dict[str, Any] = {str(name).lower(): value for name, value in first.attrib.items()}
    parts |= {etree.QName(one).localname.lower(): one.text for one in first if isinstance(one.tag, str)}
    return _fault(parts, str(above.get("type") or "") if above is not None else "")


def _fault(parts: Mapping[str, Any], kind: str) -> Fault:
    message, detail = (_line(str(parts.get(name) or "")) for name in ("message", "detail"))
    text = message if not detail or detail in message else f"{message}: {detail}"
    code = str(parts.get("code") or "").strip()
    inside = re.search(r"errorCode=0*(\d+)", message)
    code = code.lstrip("0") if code.isdigit() else (inside.group(1) if inside else code)
    return Fault(code, _cut(text), kind, str(parts.get("element") or ""))


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _cut(text: str) -> str:
    return text if len(text) <= SAID_CHARS_MAX else text[: SAID_CHARS_MAX - 1] + "…"
