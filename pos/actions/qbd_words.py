"""What was kept of an answer of QuickBooks Desktop, as a sentence that can be said in the reader's language."""

from __future__ import annotations

from pos.connectors.qbd import codes
from pos.said import said


def again(code: str, message: str) -> str:
    """A message as it was kept, in English, with the code that came with it. What we wrote around their own text is
    known again by the code; a sentence of ours without facts is known as it stands; any other stays as it is."""
    meaning = _meaning(code, message)
    words, remedy = (meaning.words, meaning.remedy) if meaning else ("", "")
    least = len(words) + len(remedy) + 1
    if not words or not remedy or len(message) < least or message[: len(words)] != words:
        return said(message) if message else ""
    if not message.endswith(remedy):
        return said(message)
    theirs = message[len(words) : -len(remedy)].strip()
    if not theirs:
        return said("{words} {remedy}", words=words, remedy=remedy)
    return said("{words} {theirs} {remedy}", words=words, theirs=theirs, remedy=remedy)


def _meaning(code: str, message: str) -> codes.Meaning | None:
    if code.isascii() and code.isdigit() and len(code) < 7:
        return codes.of_status(int(code), message)
    return codes.of_hresult(code) if code.startswith("0x") else None
