"""What a password of the console must be: long, and not one of those that are tried first."""

from __future__ import annotations

from pos.errors import Invalid
from pos.said import said

CHARS_MIN = 12
#: Longer ones would only cost time to hash.
CHARS_MAX = 128
#: Fewer different characters than this are a pattern, however long.
DIFFERENT_MIN = 5
#: Keys side by side, the alphabet and digits: a piece of them this long counts as one character.
_RUNS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertzuiop", "azertyuiop")
_RUN_CHARS = 4
#: What most guesses are made of; a password is what is left of it without these.
_USUAL = ("password", "passwort", "letmein", "welcome", "admin", "iloveyou", "monkey", "dragon", "football", "tillkeep")
_LEFT_MIN = 6


def check(password: str, *known: str) -> None:
    """Invalid, in words, when it is too short, too long, or easily guessed. known: code, names of person and shop."""
    if len(password) < CHARS_MIN:
        raise Invalid(said("A password has at least {least} characters.", least=CHARS_MIN), field="password")
    if len(password) > CHARS_MAX:
        raise Invalid(said("A password has at most {most} characters.", most=CHARS_MAX), field="password")
    if not password.isprintable():
        raise Invalid("A password holds letters, digits and signs only.", field="password")
    if len(set(password.casefold())) < DIFFERENT_MIN or len(_left(password.casefold(), known)) < _LEFT_MIN:
        raise Invalid(
            "This password is among the first that are tried. Four words that have nothing to do with each other are "
            "better.",
            field="password",
        )


def _left(text: str, known: tuple[str, ...]) -> str:
    """What is left without usual words, names, and keys side by side."""
    words = [w.casefold() for name in known for w in (name, *name.split()) if len(w) >= _RUN_CHARS]
    for word in sorted({*words, *_USUAL}, key=len, reverse=True):
        text = text.replace(word, "")
    runs = [run for row in _RUNS for run in (row, row[::-1])]
    kept, at = "", 0
    while at < len(text):
        piece = next(
            (n for n in range(len(text) - at, _RUN_CHARS - 1, -1) if any(text[at : at + n] in r for r in runs)), 1
        )
        kept += text[at]
        at += piece
    return kept
