"""What was kept of an answer of QuickBooks Desktop, as a sentence that can be said in the reader's language."""

from __future__ import annotations

import re

from pos.connectors.qbd import codes
from pos.said import said

#: Sentences kept with facts, or with others, beside a message or a comparison: as `said` has them where they are made.
KEPT = (
    "No account for {item}: name one at the item or for the company.",
    "No account for {item}: name one in the reason, at the item or for the company.",
    "Place {place} has no QuickBooks site.",
    "And {n} more.",
    "Nobody could say whether it is in QuickBooks. Look there for {ref}.",
    "QuickBooks has {n} of {all} lines.",
    "{n} of {all} parts are in QuickBooks.",
    "It is there {n} times: {ids}.",
    "Something else has the name {name} there.",
    "QuickBooks booked {id} otherwise than it was sent: {difference} Put it right there, then let it go on.",
    "Compared with the lists of QuickBooks as they were loaded at {at} UTC.",
    "No quantities of theirs are kept here; load the lists of QuickBooks again.",
    "QuickBooks told no sites: quantities are compared for the company as a whole.",
    "Not compared, for they have no site in QuickBooks: {names}.",
    "Sites of QuickBooks that are no place here: {names}.",
    "QuickBooks did not answer in {n} days.",
    "QuickBooks did not answer: {words}",
)
#: Facts that are sentences themselves; all others are data.
_WORDS = ("difference", "words")


def _pattern(one: str) -> re.Pattern[str]:
    """A kept sentence, and the blank behind it; one that ends with a fact takes all that is left."""
    facts = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(one))
    return re.compile(facts + (r"\Z" if one.endswith("}") else r"(?: |\Z)"), re.DOTALL)


_KEPT = [(one, _pattern(one)) for one in KEPT]


def again(code: str, message: str) -> str:
    """A message as it was kept, in English, with the code that came with it. What we wrote around their own text is
    known again by the code, a sentence of ours by its words; any other stays as it is."""
    meaning = _meaning(code, message)
    words, remedy = (meaning.words, meaning.remedy) if meaning else ("", "")
    if not words or not remedy or len(message) <= len(words) + len(remedy):
        return _sentences(message)
    if not message.startswith(words) or not message.endswith(remedy):
        return _sentences(message)
    theirs = message[len(words) : -len(remedy)].strip()
    if not theirs:
        return said("{words} {remedy}", words=words, remedy=remedy)
    return said("{words} {theirs} {remedy}", words=words, theirs=theirs, remedy=remedy)


def _meaning(code: str, message: str) -> codes.Meaning | None:
    if code.isascii() and code.isdigit() and len(code) < 7:
        return codes.of_status(int(code), message)
    return codes.of_hresult(code) if code.startswith("0x") else None


def _sentences(message: str) -> str:
    found, rest = "", message
    while rest:
        known = next(((one, match) for one, pattern in _KEPT if (match := pattern.match(rest))), None)
        given = known[1].groupdict() if known else {}
        facts = {name: _sentences(fact) if name in _WORDS else fact for name, fact in given.items()}
        one = said(known[0], **facts) if known else said(rest)
        rest = rest[known[1].end() :] if known else ""
        found = said("{words} {more}", words=found, more=one) if found else one
    return found if found == message else message
